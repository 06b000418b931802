//! The engines. A further one is a further variant in each enum, and its own file.
//!
//! Errors are the database's own words; the callers say what was being done.

mod sqlite;

use super::cursor::{Cursor, Line};
use super::dialect::Dialect;
use super::reader::{ColumnInfo, Statement};
use super::survey::SurveyedTable;
use crate::config::{Database, Engine};
use crate::record::{Complaint, Value};

/// An engine that is read from.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    Sqlite(sqlite::Reader),
}

impl Driver {
    /// Errors: Q2007 for an engine that this build has no driver for.
    pub fn new(database: &Database) -> Result<Self, Complaint> {
        match &database.engine {
            Engine::Sqlite(path) => Ok(Driver::Sqlite(sqlite::Reader::new(path))),
            Engine::Files(_) | Engine::Postgres(_) | Engine::Mysql(_) | Engine::Odbc(_) => {
                Err(no_driver(database))
            }
        }
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Driver::Sqlite(_) => Dialect::Sqlite,
        }
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

    /// In any order.
    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        match self {
            Driver::Sqlite(engine) => engine.survey().await,
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
    /// Errors: Q2007 for an engine that cannot be written to.
    pub fn new(database: &Database) -> Result<Self, Complaint> {
        match &database.engine {
            Engine::Sqlite(path) => Ok(WriteDriver::Sqlite(sqlite::Writer::new(path))),
            Engine::Files(_) | Engine::Postgres(_) | Engine::Mysql(_) | Engine::Odbc(_) => {
                Err(no_driver(database))
            }
        }
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
    pub fn dialect(&self) -> Dialect {
        match self {
            Batch::Sqlite(_) => Dialect::Sqlite,
        }
    }

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

fn no_driver(database: &Database) -> Complaint {
    Complaint::new("Q2007").fact("database", &database.name).found(format!("{:?}", database.engine))
}
