//! The engines. A further one is a further variant in each enum, and its own file.
//!
//! Errors are the database's own words; the callers say what was being done.

mod sqlite;

use super::cursor::{Cursor, Line};
use super::reader::{ColumnInfo, Statement};
use crate::record::Value;

/// An engine that is read from.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    Sqlite(sqlite::Reader),
}

impl Driver {
    /// The room `config` lets no URL through that no engine takes.
    pub fn new(url: &str) -> Self {
        Driver::Sqlite(sqlite::Reader::new(path_of(url)))
    }

    pub async fn probe(&self) -> Result<(), String> {
        match self {
            Driver::Sqlite(engine) => engine.probe().await,
        }
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        match self {
            Driver::Sqlite(engine) => engine.tables().await,
        }
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, String> {
        match self {
            Driver::Sqlite(engine) => engine.describe(sql).await,
        }
    }

    /// An identifier with whatever makes it sort by bytes.
    pub fn ordered(&self, identifier: &str) -> String {
        match self {
            Driver::Sqlite(_) => format!("{identifier} COLLATE BINARY"),
        }
    }

    /// Cursors over one state of the database. Errors: `None` if it does not hold still.
    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, Option<String>> {
        match self {
            Driver::Sqlite(engine) => engine.open_cursors(statements).await,
        }
    }
}

/// An engine that is written to.
#[derive(Clone, Debug)]
pub(super) enum WriteDriver {
    Sqlite(sqlite::Writer),
}

impl WriteDriver {
    pub fn new(url: &str) -> Self {
        WriteDriver::Sqlite(sqlite::Writer::new(path_of(url)))
    }

    pub async fn probe(&self) -> Result<(), String> {
        match self {
            WriteDriver::Sqlite(engine) => engine.probe().await,
        }
    }

    pub async fn begin(&self) -> Result<Batch, String> {
        match self {
            WriteDriver::Sqlite(engine) => engine.begin().await.map(Batch::Sqlite),
        }
    }
}

/// An open transaction.
pub(super) enum Batch {
    Sqlite(sqlite::Batch),
}

impl Batch {
    /// Rows that the statement touched.
    pub async fn execute(&mut self, sql: String, cells: &[Value]) -> Result<u64, String> {
        match self {
            Batch::Sqlite(batch) => batch.execute(sql, cells).await,
        }
    }

    pub async fn select(
        &mut self,
        sql: String,
        cells: &[Value],
        columns: &[&str],
    ) -> Result<Vec<Line>, String> {
        match self {
            Batch::Sqlite(batch) => batch.select(sql, cells, columns).await,
        }
    }

    pub async fn commit(self) -> Result<(), String> {
        match self {
            Batch::Sqlite(batch) => batch.commit().await,
        }
    }
}

fn path_of(url: &str) -> &str {
    url.strip_prefix("sqlite:").unwrap_or(url)
}
