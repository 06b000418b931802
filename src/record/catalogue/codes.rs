//! Q5: code tables and crosswalks.

use super::Entry;

pub const ENTRIES: &[Entry] = &[];
