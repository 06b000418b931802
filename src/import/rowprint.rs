//! A local row as we left it, column by column: enough to see which cells somebody edited since.

use std::fmt;

use crate::record::{Fingerprint, Value};

/// Sixteen bytes a column: eight of its name's hash, eight of its cell's. In front, eight of the table's.
///
/// It survives a change of the route's columns, since each column is compared by itself; a print of another
/// table tells nothing about this one.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RowPrint(Vec<u8>);

const SHORT: usize = 8;

impl RowPrint {
    pub fn of(table: &Fingerprint, columns: &[&str], cells: &[Value]) -> Self {
        let mut bytes = Vec::with_capacity(SHORT + columns.len() * 2 * SHORT);
        bytes.extend_from_slice(&table.as_bytes()[..SHORT]);
        for (column, cell) in columns.iter().zip(cells) {
            bytes.extend_from_slice(&short(column.as_bytes()));
            bytes.extend_from_slice(&cell_print(cell));
        }
        RowPrint(bytes)
    }

    /// Reads back what the ledger keeps; `None` for a print of another table.
    pub fn read(table: &Fingerprint, bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&table.as_bytes()[..SHORT])?;
        rest.len().is_multiple_of(2 * SHORT).then(|| RowPrint(bytes.to_vec()))
    }

    /// The columns whose cells differ from what was written; columns that were not written are not compared.
    pub fn edited<'c>(&self, columns: &[&'c str], cells: &[Value]) -> Vec<&'c str> {
        let edited = columns.iter().zip(cells).filter(|(column, cell)| {
            let name = short(column.as_bytes());
            let known = self.columns().find(|known| known[..SHORT] == name);
            known.is_some_and(|known| known[SHORT..] != cell_print(cell))
        });
        edited.map(|(column, _)| *column).collect()
    }

    /// The same row after one of its cells was written anew.
    pub fn with(mut self, column: &str, cell: &Value) -> Self {
        let name = short(column.as_bytes());
        let place = self.columns().position(|known| known[..SHORT] == name);
        if let Some(place) = place {
            let at = SHORT + place * 2 * SHORT + SHORT;
            self.0[at..at + SHORT].copy_from_slice(&cell_print(cell));
        }
        self
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn columns(&self) -> impl Iterator<Item = &[u8]> {
        self.0[SHORT..].chunks_exact(2 * SHORT)
    }
}

impl fmt::Debug for RowPrint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowPrint({} columns)", self.columns().count())
    }
}

/// A cell as text, for comparing what a database made of a value with the value: `1.50`, `1.5` and a float 1.5 are
/// one number to a person. Null is apart from the empty text.
pub(super) fn cell_text(cell: &Value) -> String {
    match cell {
        Value::Null => "\0null".to_owned(),
        Value::Bool(flag) => i64::from(*flag).to_string(),
        other => other.to_string(),
    }
}

fn cell_print(cell: &Value) -> [u8; SHORT] {
    short(cell_text(cell).as_bytes())
}

fn short(bytes: &[u8]) -> [u8; SHORT] {
    let mut first = [0; SHORT];
    first.copy_from_slice(&Fingerprint::of(bytes).as_bytes()[..SHORT]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_edited_columns_are_named_and_new_columns_are_not_compared() {
        let table = Fingerprint::of(b"market/t_wd");
        let written = RowPrint::of(&table, &["cgmc", "jg"], &[Value::text("甲"), Value::Int(5)]);
        let check = |cells: [Value; 3], expect: &[&str]| {
            assert_eq!(written.edited(&["jg", "cgmc", "bz"], &cells), expect, "{cells:?}");
        };
        check([Value::Int(5), Value::text("甲"), Value::text("新列")], &[]);
        check([Value::text("5"), Value::text("甲"), Value::Null], &[]);
        check([Value::Int(6), Value::text("甲"), Value::Null], &["jg"]);
        check([Value::Null, Value::text(""), Value::Null], &["jg", "cgmc"]);
        let marked = written.clone().with("cgmc", &Value::text("乙"));
        assert_eq!(marked.edited(&["cgmc"], &[Value::text("乙")]), Vec::<&str>::new());
        assert_eq!(marked.edited(&["cgmc"], &[Value::text("甲")]), ["cgmc"]);
    }

    #[test]
    fn a_print_of_another_table_or_a_damaged_one_tells_nothing() {
        let (one, other) = (Fingerprint::of(b"a"), Fingerprint::of(b"b"));
        let bytes = RowPrint::of(&one, &["x"], &[Value::Null]).into_bytes();
        assert!(RowPrint::read(&one, &bytes).is_some());
        assert!(RowPrint::read(&other, &bytes).is_none());
        assert!(RowPrint::read(&one, &bytes[..bytes.len() - 1]).is_none());
        assert!(RowPrint::read(&one, &[]).is_none());
    }
}
