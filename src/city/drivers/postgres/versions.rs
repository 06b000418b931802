//! Two looks at one state of a table: at the versions of all rows, and at some rows in full.
//!
//! `xmin` is the transaction that wrote a row as it stands, and `ctid` where it stands. While a snapshot is held no row
//! that it sees moves.

use async_stream::stream;
use futures_util::StreamExt;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::super::super::column::Statement;
use super::super::super::cursor::{Cursor, Line};
use super::super::{Held, words};
use super::{Reader, lines};

/// A second connection that sees what the first one sees.
pub struct SameState {
    connection: PgConnection,
    zone: chrono_tz::Tz,
}

impl Reader {
    /// The narrow look, and a way to look again at the same state.
    pub async fn same_state(&self, table: String, narrow: Statement) -> Result<(Cursor, SameState), String> {
        let mut first = self.begin().await?;
        let sql = "SELECT relkind = 'r' AND NOT relhassubclass FROM pg_catalog.pg_class WHERE oid = to_regclass($1)";
        let is_plain = sqlx::query(sql).bind(table).fetch_optional(&mut first).await;
        let is_plain = is_plain.map_err(|error| words(&error))?.is_some_and(|row| row.get(0));
        if !is_plain {
            return Err("a view, or a table of several parts".to_owned());
        }
        let snapshot = first.fetch_one("SELECT pg_catalog.pg_export_snapshot()").await;
        let snapshot: String = snapshot.map_err(|error| words(&error))?.get(0);
        let mut second = self.access.connect().await?;
        // The snapshot can only be taken over before anything else is asked.
        let sql = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{}'; {}",
            snapshot.replace('\'', "''"),
            super::settings(self.access.zone),
        );
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut second).await.map_err(|error| words(&error))?;
        let (zone, columns, key) = (self.access.zone, narrow.columns.clone(), narrow.key.clone());
        let cursor = Cursor::new(columns, key, lines(Held::Own(first), narrow, zone));
        Ok((cursor, SameState { connection: second, zone }))
    }
}

impl SameState {
    /// Rows of the state, read to their end: few enough to be held at once.
    pub async fn read(&mut self, statement: Statement) -> Result<Cursor, String> {
        let (columns, key) = (statement.columns.clone(), statement.key.clone());
        let mut found: Vec<Result<Line, String>> = Vec::new();
        let mut rows = std::pin::pin!(lines(Held::Lent(&mut self.connection), statement, self.zone));
        while let Some(line) = rows.next().await {
            found.push(line);
        }
        let found = stream! {
            for line in found {
                yield line;
            }
        };
        Ok(Cursor::new(columns, key, found))
    }
}
