//! Runs an instance: a loop around the same ticks that everybody else calls.
//!
//! Wakes when a schedule or a delivery is due, does one tick at a time, and stops within ten seconds when asked.

mod live;
mod stand_in;

pub use live::run;
pub use stand_in::stand_in;
