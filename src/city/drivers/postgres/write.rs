//! Writing what was imported.
//!
//! Every value travels as text, and the statement says what type to make of it: that of its column, without the
//! column's length, so that a text too long is refused and not cut.

use std::collections::HashMap;

use chrono_tz::Tz;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, Executor, Postgres, Row};

use super::super::super::cursor::Line;
use super::super::super::dialect::Dialect;
use super::super::{Held, words};
use super::{Access, decode};
use crate::config::{Database, Server};
use crate::record::{Complaint, Value};

/// A database that is written to.
#[derive(Clone, Debug)]
pub struct Writer {
    access: Access,
}

/// A transaction; closing the connection without a commit undoes it.
pub struct Batch {
    connection: PgConnection,
    zone: Tz,
    /// Table → column → type.
    types: HashMap<String, HashMap<String, String>>,
}

impl Writer {
    pub fn new(database: &Database, server: &Server) -> Result<Self, Complaint> {
        Access::new(database, server).map(|access| Writer { access })
    }

    /// Errors also for a server that only repeats what another one writes.
    pub async fn probe(&self) -> Result<(), String> {
        let connection = self.begin().await?.connection;
        Held::Own(connection).done().await;
        Ok(())
    }

    pub async fn begin(&self) -> Result<Batch, String> {
        let connection = self.access.begin("READ WRITE").await?;
        Ok(Batch { connection, zone: self.access.zone, types: HashMap::new() })
    }
}

impl Batch {
    /// A column that the table does not have gets a plain place: the server will say what is wrong.
    pub async fn places(&mut self, table: &str, columns: &[&str]) -> Result<Vec<String>, String> {
        if !self.types.contains_key(table) {
            let types = column_types(&mut self.connection, table).await?;
            self.types.insert(table.to_owned(), types);
        }
        let types = &self.types[table];
        let place = |(index, column): (usize, &&str)| match types.get(*column) {
            Some(kind) => format!("CAST(${} AS {kind})", index + 1),
            None => format!("${}", index + 1),
        };
        Ok(columns.iter().enumerate().map(place).collect())
    }

    pub async fn execute(&mut self, sql: String, cells: &[Value]) -> Result<u64, String> {
        self.mark().await?;
        let done = bind(sqlx::query(AssertSqlSafe(sql)), cells).execute(&mut self.connection).await;
        let done = done.map(|done| done.rows_affected());
        self.settle(done).await
    }

    pub async fn select(
        &mut self,
        sql: String,
        cells: &[Value],
        columns: &[&str],
    ) -> Result<Vec<Line>, String> {
        self.mark().await?;
        let rows = bind(sqlx::query(AssertSqlSafe(sql)), cells).fetch_all(&mut self.connection).await;
        let rows = self.settle(rows).await?;
        let decoders = rows.first().map(|row| decode::decoders(row.columns(), self.zone)).unwrap_or_default();
        Ok(rows.iter().map(|row| decode::line(row, &decoders, columns)).collect())
    }

    pub async fn commit(mut self) -> Result<(), String> {
        self.connection.execute("COMMIT").await.map_err(|error| words(&error))?;
        self.connection.close().await.map_err(|error| words(&error))
    }

    /// A place to come back to: without it, one row that is refused would take the whole batch with it.
    async fn mark(&mut self) -> Result<(), String> {
        self.connection.execute("SAVEPOINT row").await.map(drop).map_err(|error| words(&error))
    }

    async fn settle<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, String> {
        let sql = if done.is_ok() { "RELEASE SAVEPOINT row" } else { "ROLLBACK TO SAVEPOINT row" };
        let settled = self.connection.execute(sql).await;
        let done = done.map_err(|error| words(&error))?;
        settled.map(|_| done).map_err(|error| words(&error))
    }
}

async fn column_types(connection: &mut PgConnection, table: &str) -> Result<HashMap<String, String>, String> {
    let sql = "SELECT attname::text, format_type(atttypid, -1) FROM pg_catalog.pg_attribute
               WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
    let rows = sqlx::query(sql).bind(Dialect::Postgres.table(table)).fetch_all(connection).await;
    let rows = rows.map_err(|error| words(&error))?;
    let pair = |row: &sqlx::postgres::PgRow| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(pair).collect::<Result<_, sqlx::Error>>().map_err(|error| words(&error))
}

/// Binds what `Batch::cell` lets through: null, whole numbers, texts and bytes.
fn bind<'q>(query: Query<'q, Postgres, PgArguments>, cells: &[Value]) -> Query<'q, Postgres, PgArguments> {
    cells.iter().fold(query, |query, cell| match cell {
        Value::Null => query.bind(None::<String>),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        other => query.bind(other.to_string()),
    })
}
