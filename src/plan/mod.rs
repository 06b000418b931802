//! Known × wanted → what to do: create, update, withdraw, leave or hold; and when a run must stop for a person.
//!
//! Pure: no database, and the time is given. What it decides, `ledger` writes down.

mod action;
mod brakes;
mod decide;
mod grace;
mod verdict;

pub use action::Action;
pub use brakes::{Brake, Changes, brakes};
pub use decide::{Cause, Decision, Known, Owed, OwedState, Presence, Step, Wanted, decide, decide_absent};
pub use grace::grace_ends;
pub use verdict::Verdict;
