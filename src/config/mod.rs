//! What the operator wrote, as data.
//!
//! Checks shape and references and reports every fault at once with file, line and column. Does not know
//! what an expression means, which columns a table has or whether a platform answers: `check` does.

mod console;
mod database;
mod fault;
mod instance;
mod load;
mod parse_cursor;
mod parse_import;
mod parse_instance;
mod parse_route;
pub mod platform;
mod query;
mod reader;
mod route;
mod secret;

pub use console::ConsoleSettings;
pub use database::{Database, Engine, Server};
pub use fault::{Fault, Located};
pub use instance::{AuditSettings, Instance, LedgerPlace, SandboxSettings};
pub use platform::{Mode, Platform};
pub use reader::{Reader, Section};
pub use route::{
    Act, Child, Conflict, Example, FORM_CONSENT, FORM_KEY, Field, Flow, Import, Limits, Push, Relation,
    Route, Source, SourceCursor, Target, Withdraw,
};
pub use secret::{Secret, SecretReference};

/// Whether a name may stand in a path, a URL and an idempotency key as it is.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    !name.is_empty() && name.chars().all(plain)
}
