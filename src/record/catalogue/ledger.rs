//! Q9: ledger, audit and schedule.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
