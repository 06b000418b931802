//! Whole walks with real files: a city's SQLite database, a ledger, the sandbox province.

mod storm;
mod walk;
mod world;
