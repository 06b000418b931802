//! Counts of one route's values, in bounded memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::codes::Codes;
use crate::mapping::{Found, Lookup, Mapping, Wish};
use crate::record::Row;

/// Distinct unmapped values that are kept of each column; one that has more holds no codes at all.
const VALUES_MAX: usize = 10_000;
/// Longer values are prose; they are cut here, and count together where they begin alike.
pub(super) const VALUE_CHARS_MAX: usize = 120;

pub(super) struct Tally<'a> {
    codes: &'a Codes,
    /// The one table that counts, if not all do.
    only: Option<&'a str>,
    pub columns: BTreeMap<Place, Seen>,
    lines: HashMap<Arc<str>, BTreeSet<Arc<str>>>,
}

/// A column that is looked up in a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub column: String,
    pub table: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Values without a code.
    pub values: HashMap<String, Count>,
    /// Rows with values beyond those.
    pub beyond: u64,
    /// Crosswalk line and code, where the code is a 其他.
    pub others: BTreeMap<(Arc<str>, Arc<str>), Count>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub publishable: u64,
    pub rows: u64,
}

impl Count {
    fn add(&mut self, is_publishable: bool) {
        self.rows += 1;
        self.publishable += u64::from(is_publishable);
    }
}

impl<'a> Tally<'a> {
    pub fn new(codes: &'a Codes, only: Option<&'a str>) -> Self {
        Tally { codes, only, columns: BTreeMap::new(), lines: HashMap::new() }
    }

    /// Counts what a listing looks up.
    pub fn add(&mut self, mapping: &Mapping, row: &Row) {
        // Conditions are evaluated only for rows that have something to count.
        let mut is_publishable = None;
        for Lookup { column, table, value, found } in mapping.lookups(row) {
            if self.only.is_some_and(|only| only != table.as_ref()) {
                continue;
            }
            let mut publishable =
                || *is_publishable.get_or_insert_with(|| mapping.wish(row) == Wish::Publish);
            match found {
                None => {
                    let is_publishable = publishable();
                    self.seen(column, table).add(value, is_publishable);
                }
                Some(Found { code, line: Some(line) }) => {
                    self.mark(&table, &line);
                    if self.is_other(&table, &code) {
                        let is_publishable = publishable();
                        let others = &mut self.seen(column, table).others;
                        others.entry((line, code)).or_default().add(is_publishable);
                    }
                }
                Some(Found { line: None, .. }) => (),
            }
        }
    }

    /// The crosswalk lines that led somewhere, by table.
    pub fn lines(&self) -> &HashMap<Arc<str>, BTreeSet<Arc<str>>> {
        &self.lines
    }

    fn seen(&mut self, column: String, table: Arc<str>) -> &mut Seen {
        self.columns.entry(Place { column, table }).or_default()
    }

    fn mark(&mut self, table: &Arc<str>, line: &Arc<str>) {
        if !self.lines.get(table).is_some_and(|lines| lines.contains(line)) {
            self.lines.entry(table.clone()).or_default().insert(line.clone());
        }
    }

    fn is_other(&self, table: &str, code: &str) -> bool {
        self.codes.table(table).ok().and_then(|table| table.row(code)).is_some_and(|row| row.is_other())
    }
}

impl Seen {
    fn add(&mut self, value: String, is_publishable: bool) {
        let value = match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((end, _)) => value[..end].to_owned(),
            None => value,
        };
        let has_room = self.values.len() < VALUES_MAX;
        match self.values.get_mut(&value) {
            Some(count) => count.add(is_publishable),
            None if has_room => self.values.entry(value).or_default().add(is_publishable),
            None => self.beyond += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_prose_costs_bounded_memory() {
        let mut seen = Seen::default();
        for number in 0..VALUES_MAX + 5 {
            seen.add(format!("值{number}"), true);
        }
        seen.add("值0".to_owned(), false);
        assert_eq!((seen.values.len(), seen.beyond), (VALUES_MAX, 5));
        assert_eq!(seen.values["值0"], Count { publishable: 1, rows: 2 });
        let mut seen = Seen::default();
        seen.add("长".repeat(500), true);
        assert_eq!(seen.values.keys().next().map(|value| value.chars().count()), Some(VALUE_CHARS_MAX));
    }
}
