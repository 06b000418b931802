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
use super::super::super::versions::PlainTable;
use super::super::{Held, words};
use super::{Reader, lines};
use crate::record::{Columns, Value};

/// A second connection that sees what the first one sees.
pub struct SameState {
    connection: PgConnection,
    zone: chrono_tz::Tz,
    table: PlainTable,
}

impl Reader {
    /// The narrow look, and a way to look again at the same state.
    pub async fn same_state(&self, table: PlainTable) -> Result<(Cursor, SameState), String> {
        let mut first = self.begin().await?;
        let sql = "SELECT relkind = 'r' AND NOT relhassubclass FROM pg_catalog.pg_class WHERE oid = to_regclass($1)";
        let is_plain = sqlx::query(sql).bind(&table.name).fetch_optional(&mut first).await;
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
        let (zone, narrow) = (self.access.zone, narrow(&table));
        let (columns, key) = (narrow.columns.clone(), narrow.key.clone());
        let cursor = Cursor::new(columns, key, lines(Held::Own(first), narrow, zone));
        Ok((cursor, SameState { connection: second, zone, table }))
    }
}

/// Of every row its key, its version and its place.
fn narrow(table: &PlainTable) -> Statement {
    let PlainTable { name, key_names, order, .. } = table;
    let own = ["version".into(), "place".into()];
    Statement {
        sql: format!(
            "SELECT {}, concat(tableoid, '/', xmin, '/', ctid) AS version, CAST(ctid AS text) AS place \
             FROM {name} ORDER BY {order}",
            key_names.join(", ")
        ),
        parameters: Vec::new(),
        columns: table.key.iter().map(|position| table.columns[*position].clone()).chain(own).collect(),
        key: (0..key_names.len()).collect(),
    }
}

impl SameState {
    /// The columns of full rows.
    pub fn columns(&self) -> &Columns {
        &self.table.columns
    }

    /// The rows at some places, read to their end: few enough to be held at once.
    pub async fn rows(&mut self, places: &[String]) -> Result<Cursor, String> {
        let PlainTable { name, order, columns, key, .. } = &self.table;
        let (columns, key) = (columns.clone(), key.clone());
        // A place is two numbers in brackets, as the server wrote it.
        let places: Vec<_> = places.iter().map(|place| format!("\"{place}\"")).collect();
        let statement = Statement {
            sql: format!("SELECT * FROM {name} WHERE ctid = ANY(CAST($1 AS tid[])) ORDER BY {order}"),
            parameters: vec![Value::text(format!("{{{}}}", places.join(",")))],
            columns: columns.clone(),
            key: key.clone(),
        };
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
