//! Q3: mapping fields.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
