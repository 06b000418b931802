//! How each engine writes SQL where the engines differ.

use super::reader::{ColumnInfo, Sort};
use crate::config::Relation;

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

    /// The place of a parameter, counted from one.
    pub fn place(&self, number: usize) -> String {
        match self {
            Dialect::Sqlite => format!("${number}"),
        }
    }

    /// The relation as something to select from.
    pub fn from(&self, relation: &Relation) -> String {
        match relation {
            Relation::Table(name) => self.table(name),
            Relation::Query(query) => format!("(\n{}\n) AS listing", query.value),
        }
    }

    /// A column with whatever makes it sort by bytes.
    pub fn ordered(&self, column: &ColumnInfo) -> String {
        let name = self.quoted(&column.name);
        match (self, column.sort) {
            (Dialect::Sqlite, Sort::Number | Sort::Text | Sort::Other) => format!("{name} COLLATE BINARY"),
        }
    }
}
