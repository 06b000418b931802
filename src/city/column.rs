//! What drivers and readers say to each other: the columns of a result, and a question made ready.

use crate::record::{Columns, Value};

/// A column of a query's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// As the database declares it; an SQLite cell may hold something else.
    pub declared_type: String,
    pub sort: Sort,
}

/// How a column's values compare: a number and a text never meet, even if they read the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Number,
    Text,
    /// Neither, or not known before the values are seen.
    Other,
}

/// A question made ready for the driver.
pub(super) struct Statement {
    pub sql: String,
    /// In the order of their places: null, whole numbers, texts and bytes.
    pub parameters: Vec<Value>,
    pub columns: Columns,
    /// Positions of the key's columns.
    pub key: Vec<usize>,
}
