//! Records, deliveries, batches, lanes and runs: the only writer of their state.

mod event;

pub use event::{Attempt, Event, Item, ItemOutcome, LaneEffect, Lease, Payload, Trouble};
