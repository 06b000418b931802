//! Which routes are due, and what became of every due time.
//!
//! A due time ends as exactly one row: ran, skipped because the run before it was still going, missed while
//! nobody was there to run it, paused, or in a quiet window. The unique pair of route and due time decides who
//! runs it, also among several daemons. This room starts nothing itself: it is asked at every tick, and whoever
//! asks runs what it is given.

mod cron;
mod due;
mod field;
mod history;
#[cfg(test)]
mod office;
mod pause;
mod policy;
mod tables;

pub use cron::Cron;
pub use due::{DueRun, Schedule, TimedRoute};
pub use history::{DueRow, Outcome, history};
pub use pause::{Pause, paused};
pub use policy::{Overlap, Policy, Quiet};
pub use tables::MIGRATIONS;
