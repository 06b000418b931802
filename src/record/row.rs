//! A listing as the city's database gave it.

use std::sync::Arc;

use super::{Fingerprint, Fingerprinter, Key, Value, is_heading_of};

/// The column names of a query, shared by all its rows.
pub type Columns = Arc<[Arc<str>]>;

/// One listing: its key, its cells in the order of the columns, and its child rows by group name.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub key: Key,
    pub columns: Columns,
    pub cells: Vec<Value>,
    /// For each group of `[children.NAME]`, in the order of configuration: the child rows under this key.
    pub children: Vec<(Arc<str>, Vec<Row>)>,
}

impl Row {
    /// The cell under a column's name, as [`find_column`] finds it.
    pub fn get(&self, column: &str) -> Option<&Value> {
        let names = self.columns.iter().map(AsRef::as_ref);
        find_column(column, names).and_then(|index| self.cells.get(index))
    }

    /// A fast look at everything the row holds, children included: two equal rows have equal fingerprints.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut printer = Fingerprinter::new("row");
        self.add_to(&mut printer);
        printer.finish()
    }

    fn add_to(&self, printer: &mut Fingerprinter) {
        printer.number(self.cells.len() as u64);
        for (name, cell) in self.columns.iter().zip(&self.cells) {
            printer.part(name.as_bytes());
            printer.value(cell);
        }
        for (group, rows) in &self.children {
            printer.part(group.as_bytes());
            printer.number(rows.len() as u64);
            for row in rows {
                row.add_to(printer);
            }
        }
    }
}

/// The place of the column that an expression means: of exactly this name; else ignoring ASCII case; else the only
/// one whose heading it is, as people write headings in sheets.
pub fn find_column<'n>(wanted: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<usize> {
    let exact = names.clone().position(|name| name == wanted);
    exact.or_else(|| names.clone().position(|name| name.eq_ignore_ascii_case(wanted))).or_else(|| {
        let mut found = names.enumerate().filter(|(_, name)| is_heading_of(wanted, name));
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    })
}
