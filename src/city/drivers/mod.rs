//! The engines. A further one is its own file, and a further line in each list here.
//!
//! Errors are the database's own words; the callers say what was being done.
//!
//! What an engine's `Reader` promises:
//! * `describe` refuses, by name, a column whose type has no `Value`, and tells of every other how it sorts.
//! * `open_cursors` reads every question from one state of the database: one connection, one read-only
//!   transaction. All questions but the first are read to their ends into spools; then the first one, the listings,
//!   is streamed as it comes, so that it never waits in memory.
//! * Nothing can be written through it.

mod files;
mod json;
mod mysql;
mod number;
#[cfg(feature = "odbc")]
pub(super) mod odbc;
mod postgres;
mod spool;
mod sqlite;

use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use sqlx::Connection;

pub use files::{PLACE_COLUMN, Sheet, SheetColumn, raw_rows};
pub(super) use postgres::SameState;

use super::column::{ColumnInfo, Statement};
use super::cursor::{Cursor, Line};
use super::dialect::Dialect;
use super::survey::SurveyedTable;
use super::versions::PlainTable;
use crate::config::{Database, Engine};
use crate::record::{Complaint, Value};

/// A server that does not answer for so long is not going to. Sorting a large table takes minutes, not this.
const SILENCE_MAX: Duration = Duration::from_secs(30 * 60);
/// For the greeting, which costs a server nothing.
const GREETING_MAX: Duration = Duration::from_secs(30);

/// An engine that is read from.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    Sqlite(sqlite::Reader),
    Postgres(postgres::Reader),
    Mysql(mysql::Reader),
    Files(files::Reader),
    #[cfg(feature = "odbc")]
    Odbc(odbc::Reader),
}

/// Does the same with whichever engine it is; some are only read.
macro_rules! with {
    (Driver, $one:expr, $engine:ident => $do:expr) => {
        match $one {
            Driver::Sqlite($engine) => $do,
            Driver::Postgres($engine) => $do,
            Driver::Mysql($engine) => $do,
            Driver::Files($engine) => $do,
            #[cfg(feature = "odbc")]
            Driver::Odbc($engine) => $do,
        }
    };
    ($list:ident, $one:expr, $engine:ident => $do:expr) => {
        match $one {
            $list::Sqlite($engine) => $do,
            $list::Postgres($engine) => $do,
            $list::Mysql($engine) => $do,
        }
    };
}

/// Why a query is not described.
pub(super) enum Refusal {
    /// The database's words.
    Words(String),
    /// A column that cannot be read.
    Column(Box<Complaint>),
}

impl Driver {
    /// Errors: Q2007 for an engine that this build has no driver for, Q1013-Q1015 for its password.
    pub fn new(database: &Database) -> Result<Self, Complaint> {
        match &database.engine {
            Engine::Sqlite(path) => Ok(Driver::Sqlite(sqlite::Reader::new(path))),
            Engine::Postgres(server) => postgres::Reader::new(database, server).map(Driver::Postgres),
            Engine::Mysql(server) => mysql::Reader::new(database, server).map(Driver::Mysql),
            Engine::Files(path) => Ok(Driver::Files(files::Reader::new(path))),
            #[cfg(feature = "odbc")]
            Engine::Odbc(server) => odbc::Reader::new(database, server).map(Driver::Odbc),
            #[cfg(not(feature = "odbc"))]
            Engine::Odbc(_) => Err(no_driver(database)),
        }
    }

    /// What an engine does before it is asked anything. Errors: why its files cannot be read.
    pub async fn prepare(&self) -> Result<(), Complaint> {
        self.sheets().await.map(drop)
    }

    /// The sheets behind the tables; none of an engine that has no files.
    pub async fn sheets(&self) -> Result<&[Sheet], Complaint> {
        match self {
            Driver::Files(engine) => engine.stage().await,
            _ => Ok(&[]),
        }
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Driver::Sqlite(_) | Driver::Files(_) => Dialect::Sqlite,
            Driver::Postgres(_) => Dialect::Postgres,
            Driver::Mysql(_) => Dialect::Mysql,
            #[cfg(feature = "odbc")]
            Driver::Odbc(engine) => Dialect::Odbc(engine.writing()),
        }
    }

    pub async fn probe(&self) -> Result<(), String> {
        with!(Driver, self, engine => engine.probe().await)
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        with!(Driver, self, engine => engine.tables().await)
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        with!(Driver, self, engine => engine.describe(sql).await)
    }

    /// In any order.
    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        with!(Driver, self, engine => engine.survey().await)
    }

    /// A narrow look at a table and a way to look again at the same state of it. Errors: also of an engine that has
    /// no versions of rows.
    pub async fn same_state(&self, table: PlainTable) -> Result<(Cursor, SameState), String> {
        match self {
            Driver::Postgres(engine) => engine.same_state(table).await,
            _ => Err("only PostgreSQL tells the versions of rows".to_owned()),
        }
    }

    /// Cursors over one state of the database, in the order of the questions.
    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        with!(Driver, self, engine => engine.open_cursors(statements).await)
    }
}

/// An engine that is written to.
#[derive(Clone, Debug)]
pub(super) enum WriteDriver {
    Sqlite(sqlite::Writer),
    Postgres(postgres::Writer),
    Mysql(mysql::Writer),
}

impl WriteDriver {
    /// Errors: Q2007 for an engine that cannot be written to, Q1013-Q1015 for its password.
    pub fn new(database: &Database) -> Result<Self, Complaint> {
        match &database.engine {
            Engine::Sqlite(path) => Ok(WriteDriver::Sqlite(sqlite::Writer::new(path))),
            Engine::Postgres(server) => postgres::Writer::new(database, server).map(WriteDriver::Postgres),
            Engine::Mysql(server) => mysql::Writer::new(database, server).map(WriteDriver::Mysql),
            Engine::Files(_) | Engine::Odbc(_) => Err(no_driver(database)),
        }
    }

    pub async fn probe(&self) -> Result<(), String> {
        with!(WriteDriver, self, engine => engine.probe().await)
    }

    pub async fn begin(&self) -> Result<Batch, String> {
        match self {
            WriteDriver::Sqlite(engine) => engine.begin().await.map(Batch::Sqlite),
            WriteDriver::Postgres(engine) => engine.begin().await.map(Batch::Postgres),
            WriteDriver::Mysql(engine) => engine.begin().await.map(Batch::Mysql),
        }
    }
}

/// An open transaction.
pub(super) enum Batch {
    Sqlite(sqlite::Batch),
    Postgres(postgres::Batch),
    Mysql(mysql::Batch),
}

impl Batch {
    pub fn dialect(&self) -> Dialect {
        match self {
            Batch::Sqlite(_) => Dialect::Sqlite,
            Batch::Postgres(_) => Dialect::Postgres,
            Batch::Mysql(_) => Dialect::Mysql,
        }
    }

    /// How a statement writes its parameters, counted from one, so that each fits its column.
    pub async fn places(&mut self, table: &str, columns: &[&str]) -> Result<Vec<String>, String> {
        with!(Batch, self, batch => batch.places(table, columns).await)
    }

    /// Rows that the statement touched.
    pub async fn execute(&mut self, sql: String, cells: &[Value]) -> Result<u64, String> {
        with!(Batch, self, batch => batch.execute(sql, cells).await)
    }

    pub async fn select(
        &mut self,
        sql: String,
        cells: &[Value],
        columns: &[&str],
    ) -> Result<Vec<Line>, String> {
        with!(Batch, self, batch => batch.select(sql, cells, columns).await)
    }

    pub async fn commit(self) -> Result<(), String> {
        with!(Batch, self, batch => batch.commit().await)
    }
}

/// A connection for one question: the session's own for the last, lent for those before.
enum Held<'c, C> {
    Own(C),
    Lent(&'c mut C),
}

impl<C: Connection> Held<'_, C> {
    fn get(&mut self) -> &mut C {
        match self {
            Held::Own(connection) => connection,
            Held::Lent(connection) => connection,
        }
    }

    /// Takes leave of the server if nobody has a further question. Whether it hears it makes no difference.
    async fn done(self) {
        if let Held::Own(connection) = self {
            let _ = connection.close().await;
        }
    }
}

/// The next row of a server. Errors: it has fallen silent.
async fn next_row<R>(rows: &mut (impl Stream<Item = R> + Unpin)) -> Result<Option<R>, String> {
    // Most rows are there already, and need no clock.
    match rows.next().now_or_never() {
        Some(row) => Ok(row),
        None => tokio::time::timeout(SILENCE_MAX, rows.next()).await.map_err(|_| silent(SILENCE_MAX)),
    }
}

/// A server's greeting. Errors: its words, or that there were none in time.
async fn greeting<C>(connecting: impl Future<Output = Result<C, sqlx::Error>>) -> Result<C, String> {
    match tokio::time::timeout(GREETING_MAX, connecting).await {
        Ok(connected) => connected.map_err(|error| words(&error)),
        Err(_) => Err(silent(GREETING_MAX)),
    }
}

fn silent(waited: Duration) -> String {
    format!("no answer for {} seconds", waited.as_secs())
}

/// What a database says of an error.
fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        other => other.to_string(),
    }
}

fn no_driver(database: &Database) -> Complaint {
    Complaint::new("Q2007").fact("database", &database.name).found(format!("{:?}", database.engine))
}
