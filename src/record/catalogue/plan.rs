//! Q6: holds and brakes of the plan.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
