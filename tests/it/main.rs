//! Whole walks with real files: a city's SQLite database, a ledger, the sandbox province, and the real program.

mod answer_key;
mod attachments;
mod bad_input;
mod books;
mod callback;
mod codes;
mod cursor;
mod doubt;
mod drift;
mod form;
mod hand;
mod kill;
mod later;
mod manners;
mod next_schemas;
mod papers;
mod program;
mod propose;
mod resubmitted;
mod reviewed;
mod scheduled;
mod storm;
mod trouble;
mod walk;
mod world;
