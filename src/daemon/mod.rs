//! Runs an instance: a loop around the same ticks that everybody else calls.
//!
//! Wakes when a schedule or a delivery is due, lets scans, imports, deliveries and reviews run side by side, and stops
//! within ten seconds when asked.

mod board;
mod live;
mod stand_in;

pub use live::run;
pub use stand_in::stand_in;
