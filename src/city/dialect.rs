//! How each engine writes SQL where the engines differ.

use super::reader::{ColumnInfo, Sort};
use crate::config::Relation;
use crate::record::Value;

/// An engine's way of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
}

impl Dialect {
    /// A name, whatever characters it has.
    pub fn quoted(&self, name: &str) -> String {
        match self {
            Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A table's name; dots part the schema from it.
    pub fn table(&self, name: &str) -> String {
        name.split('.').map(|part| self.quoted(part)).collect::<Vec<_>>().join(".")
    }

    /// The end of a statement that gives no more than so many rows.
    pub fn limit(&self, rows: usize) -> String {
        match self {
            Dialect::Sqlite => format!(" LIMIT {rows}"),
        }
    }

    /// The relation as something to select from.
    pub fn from(&self, relation: &Relation) -> String {
        match relation {
            Relation::Table(name) => self.table(name),
            Relation::Query(query) => format!("(\n{}\n) AS listing", query.value),
        }
    }

    /// A column with whatever makes it sort as `Key` does.
    pub fn ordered(&self, column: &ColumnInfo) -> String {
        let name = self.quoted(&column.name);
        match (self, column.sort) {
            (Dialect::Sqlite, Sort::Number | Sort::Text | Sort::Other) => format!("{name} COLLATE BINARY"),
        }
    }

    /// The condition that a column of the key holds what reads as `part`; the parameters that it needs are added.
    pub fn holds(&self, column: &ColumnInfo, part: &str, parameters: &mut Vec<Value>) -> String {
        let name = self.quoted(&column.name);
        let number = part.parse().map(Value::Int);
        let mut place = |value| {
            parameters.push(value);
            parameters.len()
        };
        match (self, column.sort) {
            // Its columns may hold anything, and a number is the same only as a number, a text only as a text.
            (Dialect::Sqlite, Sort::Number | Sort::Text | Sort::Other) => {
                let text = place(Value::text(part));
                let number = number.map(|number| format!(", ${}", place(number))).unwrap_or_default();
                format!("{name} IN (${text}{number})")
            }
        }
    }
}
