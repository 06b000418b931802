//! MySQL 5.6 and later, MariaDB 10.0 and later.
//!
//! A scan is one transaction on InnoDB's snapshot. MyISAM has none: each question then sees its tables as they
//! are when its turn comes, children before their listings, and writers wait until it is answered.
//! Tested against MariaDB; MySQL 8 differs from it in JSON, which is read as a value, and in how accounts sign in.

mod kind;
mod session;
mod survey;

use std::sync::Arc;

use async_stream::stream;
use futures_util::stream::Stream;
use sqlx::mysql::{MySqlArguments, MySqlConnection, MySqlDatabaseError, MySqlRow};
use sqlx::{AssertSqlSafe, Column, Connection, Executor, MySql, Row, SqlSafeStr, Statement as _, TypeInfo};

use super::super::column::{ColumnInfo, Statement};
use super::super::cursor::{Cursor, Line};
use super::super::survey::SurveyedTable;
use super::spool::Spool;
use super::{Held, Refusal, next_row};
use crate::config::{Database, Server};
use crate::record::{Complaint, Value};
use kind::{Kind, Zones};
use session::Address;

/// A server that is only read.
#[derive(Clone, Debug)]
pub struct Reader {
    address: Arc<Address>,
}

/// A server that is written to.
#[derive(Clone, Debug)]
pub struct Writer {
    address: Arc<Address>,
}

/// A transaction; closing the connection without a commit undoes it.
pub struct Batch {
    connection: MySqlConnection,
    zones: Zones,
    /// Why the server has undone all of it already.
    undone: Option<String>,
}

impl Reader {
    /// Errors: Q2001 and Q2041 for the URL, Q1013-Q1015 for the password.
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        Address::new(database, server).map(|address| Reader { address: Arc::new(address) })
    }

    pub async fn probe(&self) -> Result<(), String> {
        let (connection, _) = self.address.reader().await?;
        connection.close().await.map_err(|error| words(&error))
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        let (mut connection, _) = self.address.reader().await?;
        let mut tables = survey::tables(&mut connection).await.map_err(|error| words(&error))?;
        tables.sort();
        Ok(tables)
    }

    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        let (mut connection, _) = self.address.reader().await?;
        survey::survey(&mut connection).await.map_err(|error| words(&error))
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        let (mut connection, _) = self.address.reader().await.map_err(Refusal::Words)?;
        let statement = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
        let statement = statement.map_err(|error| Refusal::Words(words(&error)))?;
        let mut columns = Vec::with_capacity(statement.columns().len());
        for column in statement.columns() {
            let (name, info) = (column.name(), column.type_info());
            let kind = Kind::of(info);
            if kind == Kind::Shape {
                return Err(Refusal::Column(Box::new(kind::unknown(name, info.name()))));
            }
            let declared_type = kind.declared(info).to_owned();
            columns.push(ColumnInfo { name: name.to_owned(), declared_type, sort: kind.sort() });
        }
        Ok(columns)
    }

    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        let mut statements = statements.into_iter();
        let Some(first) = statements.next() else { return Ok(Vec::new()) };
        let (mut connection, zones) = self.address.reader().await?;
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        connection.execute(begin).await.map_err(|error| words(&error))?;
        let mut others = Vec::with_capacity(statements.len());
        for statement in statements {
            let (columns, key) = (statement.columns.clone(), statement.key.clone());
            let spool = Spool::fill(lines(Held::Lent(&mut connection), statement, zones)).await?;
            others.push(Cursor::new(columns, key, spool.read()));
        }
        let (columns, key) = (first.columns.clone(), first.key.clone());
        let cursor = Cursor::new(columns, key, lines(Held::Own(connection), first, zones));
        Ok(std::iter::once(cursor).chain(others).collect())
    }
}

impl Writer {
    /// Errors: Q2001 and Q2041 for the URL, Q1013-Q1015 for the password.
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        Address::new(database, server).map(|address| Writer { address: Arc::new(address) })
    }

    pub async fn probe(&self) -> Result<(), String> {
        let Batch { mut connection, .. } = self.begin().await?;
        connection.execute("ROLLBACK").await.map_err(|error| words(&error))?;
        connection.close().await.map_err(|error| words(&error))
    }

    pub async fn begin(&self) -> Result<Batch, String> {
        let (mut connection, zones) = self.address.writer().await?;
        connection.execute("START TRANSACTION READ WRITE").await.map_err(|error| words(&error))?;
        Ok(Batch { connection, zones, undone: None })
    }
}

impl Batch {
    /// The server turns a text into its column's type, or refuses it.
    pub async fn places(&mut self, _: &str, columns: &[&str]) -> Result<Vec<String>, String> {
        Ok(columns.iter().map(|_| "?".to_owned()).collect())
    }

    /// Rows that were found, whether or not they had to change.
    pub async fn execute(&mut self, sql: String, cells: &[Value]) -> Result<u64, String> {
        self.still()?;
        let query = bind(sqlx::query(AssertSqlSafe(sql)), cells);
        let done = query.execute(&mut self.connection).await;
        done.map(|done| done.rows_affected()).map_err(|error| self.failed(&error))
    }

    pub async fn select(
        &mut self,
        sql: String,
        cells: &[Value],
        columns: &[&str],
    ) -> Result<Vec<Line>, String> {
        self.still()?;
        let query = bind(sqlx::query(AssertSqlSafe(sql)), cells);
        let rows = query.fetch_all(&mut self.connection).await.map_err(|error| self.failed(&error))?;
        let kinds = rows.first().map(kind::kinds).unwrap_or_default();
        Ok(rows.iter().map(|row| kind::line(row, &kinds, columns, self.zones)).collect())
    }

    pub async fn commit(mut self) -> Result<(), String> {
        self.still()?;
        self.connection.execute("COMMIT").await.map_err(|error| words(&error))?;
        self.connection.close().await.map_err(|error| words(&error))
    }

    /// Errors: the transaction is over; what came now would be written at once and by itself.
    fn still(&self) -> Result<(), String> {
        self.undone.clone().map_or(Ok(()), Err)
    }

    /// A row that is refused leaves the others as they are; two transactions that wait for each other do not.
    fn failed(&mut self, error: &sqlx::Error) -> String {
        const LOCK_WAIT: u16 = 1205;
        const DEADLOCK: u16 = 1213;
        let words = words(error);
        if matches!(number(error), Some(LOCK_WAIT | DEADLOCK)) {
            self.undone = Some(words.clone());
        }
        words
    }
}

fn lines(
    mut connection: Held<'_, MySqlConnection>,
    statement: Statement,
    zones: Zones,
) -> impl Stream<Item = Result<Line, String>> + Send {
    stream! {
        let Statement { sql, parameters, columns, .. } = statement;
        let query = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &parameters);
        let mut rows = query.fetch(connection.get());
        let mut kinds = None;
        loop {
            let read = match next_row(&mut rows).await {
                Ok(None) => break,
                Ok(Some(row)) => row.map_err(|error| words(&error)),
                Err(silence) => Err(silence),
            };
            let line = read.and_then(|row| {
                let kinds = match &kinds {
                    Some(kinds) => kinds,
                    None => kinds.insert(kinds_of(&row, &columns)?),
                };
                Ok(kind::line(&row, kinds, &columns, zones))
            });
            let is_last = line.is_err();
            yield line;
            if is_last {
                break;
            }
        }
        drop(rows);
        connection.done().await;
    }
}

/// Errors: a table that was altered after it was described: its cells would stand under wrong names.
fn kinds_of(row: &MySqlRow, columns: &[impl AsRef<str>]) -> Result<Vec<Kind>, String> {
    let names = row.columns().iter().map(Column::name);
    if !names.eq(columns.iter().map(AsRef::as_ref)) {
        return Err("the table was altered while it was being read".to_owned());
    }
    Ok(kind::kinds(row))
}

type Query<'q> = sqlx::query::Query<'q, MySql, MySqlArguments>;

/// Binds what a key has and what `Batch::cell` lets through: null, whole numbers, texts and bytes.
fn bind<'q>(query: Query<'q>, cells: &[Value]) -> Query<'q> {
    cells.iter().fold(query, |query, cell| match cell {
        Value::Int(number) => query.bind(*number),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        Value::Null => query.bind(None::<i64>),
        text => query.bind(text.to_string()),
    })
}

/// The server's own words, and for what integrators meet first also what to do.
fn words(error: &sqlx::Error) -> String {
    const DUPLICATE_COLUMN: u16 = 1060;
    let words = super::words(error);
    match number(error) {
        Some(DUPLICATE_COLUMN) => {
            format!("{words}: two columns of the query have this name; rename one with AS")
        }
        _ => words,
    }
}

/// The error's number in the server's manual.
fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}
