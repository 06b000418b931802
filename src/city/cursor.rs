//! The rows of one query, one after the other.

use std::pin::Pin;

use futures_util::stream::{Stream, StreamExt};

use crate::record::{Columns, Complaint, Value};

/// One row as the database gave it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Line {
    /// In the order of the columns; NULL where the cell could not be read.
    pub cells: Vec<Value>,
    /// One complaint for each cell that could not be read.
    pub troubles: Vec<Complaint>,
}

/// The rows of a query in constant memory. Dropping it early is fine.
pub struct Cursor {
    columns: Columns,
    key: Vec<usize>,
    lines: Pin<Box<dyn Stream<Item = Result<Line, String>> + Send>>,
}

impl Cursor {
    /// Shape: `key` are positions in `columns`; a line that fails ends the stream with the database's words.
    pub fn new(
        columns: Columns,
        key: Vec<usize>,
        lines: impl Stream<Item = Result<Line, String>> + Send + 'static,
    ) -> Self {
        Cursor { columns, key, lines: Box::pin(lines) }
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Positions of the key's columns.
    pub fn key(&self) -> &[usize] {
        &self.key
    }

    /// The next row; `None` at the end. Errors: why the database stopped, in its own words.
    pub async fn next(&mut self) -> Option<Result<Line, String>> {
        self.lines.next().await
    }
}
