//! Q7: what the province answered.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
