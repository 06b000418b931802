//! Q4: what the province's schema asks.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
