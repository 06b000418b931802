//! Whole walks with real files: a city's SQLite database, a ledger, the sandbox province.

mod walk;
mod world;
