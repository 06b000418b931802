//! What the operator wrote, as data.
//!
//! Checks shape and references and reports every fault at once with file, line and column. Does not know
//! what an expression means, which columns a table has or whether a platform answers: `check` does.

mod fault;
mod instance;
mod platform;
mod reader;
mod route;

pub use fault::{Fault, Located};
pub use instance::{AuditSettings, Database, Instance, LedgerPlace};
pub use platform::{Mode, Platform};
pub use reader::{Reader, Section};
pub use route::{
    Act, Child, Conflict, Example, Field, Flow, Import, Limits, Push, Route, Source, Target, Withdraw,
};
