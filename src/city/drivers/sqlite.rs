//! SQLite files.
//!
//! Reading opens a connection for each question and closes it after: that costs less than a tenth of a
//! millisecond, and nothing is left open that could hold a city's writers up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_stream::stream;
use futures_util::stream::{Stream, StreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Decode, Executor, Row, SqlSafeStr, Sqlite,
    Statement as _, TypeInfo, ValueRef,
};

use super::super::column::{ColumnInfo, Sort, Statement};
use super::super::cursor::{Cursor, Line};
use super::super::survey::{Reference, SurveyedColumn, SurveyedTable};
use super::number::exact;
use super::spool::Spool;
use super::{Held, Refusal, words};
use crate::record::{Complaint, Value};

/// Rows that the engine's thread reads ahead.
const ROWS_AHEAD: usize = 256;
/// How long to wait for a city's program that is just writing.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// A file that is only read: opened with `mode=ro` and `query_only`.
#[derive(Clone, Debug)]
pub struct Reader {
    path: PathBuf,
}

/// A file that is written to.
#[derive(Clone, Debug)]
pub struct Writer {
    path: PathBuf,
}

/// An immediate transaction; closing the connection without a commit undoes it.
pub struct Batch {
    connection: SqliteConnection,
}

impl Reader {
    pub fn new(path: &Path) -> Self {
        Reader { path: path.into() }
    }

    pub async fn probe(&self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        let read = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").await;
        read.map(drop).map_err(|error| self.words_with_path(&error))
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        let mut connection = self.connect().await?;
        let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' \
                   ESCAPE '\\' ORDER BY name COLLATE BINARY";
        let rows = connection.fetch_all(sql).await.map_err(|error| words(&error))?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| words(&error))).collect()
    }

    /// Tables and views with their columns. SQLite keeps no comments.
    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        let mut connection = self.connect().await?;
        let sql = "SELECT m.name, m.type = 'view', c.name, c.type, c.pk > 0
                   FROM sqlite_schema m, pragma_table_info(m.name) c
                   WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY m.name, c.cid";
        let rows = connection.fetch_all(sql).await.map_err(|error| words(&error))?;
        let mut tables: Vec<SurveyedTable> = Vec::new();
        for row in &rows {
            let name: String = row.try_get(0).map_err(|error| words(&error))?;
            if tables.last().is_none_or(|table| table.name != name) {
                let is_view = row.try_get(1).map_err(|error| words(&error))?;
                tables.push(SurveyedTable { name, is_view, ..SurveyedTable::default() });
            }
            let column = SurveyedColumn {
                name: row.try_get(2).map_err(|error| words(&error))?,
                declared_type: row.try_get(3).map_err(|error| words(&error))?,
                comment: String::new(),
                in_key: row.try_get(4).map_err(|error| words(&error))?,
            };
            if let Some(table) = tables.last_mut() {
                table.columns.push(column);
            }
        }
        let sql = "SELECT m.name, f.id, f.\"from\", f.\"table\", coalesce(f.\"to\", '')
                   FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
                   ORDER BY m.name, f.id, f.seq";
        let rows = connection.fetch_all(sql).await.map_err(|error| words(&error))?;
        let mut last = None;
        for row in &rows {
            let table: String = row.try_get(0).map_err(|error| words(&error))?;
            let id: i64 = row.try_get(1).map_err(|error| words(&error))?;
            let (from, to): (String, String) = (
                row.try_get(2).map_err(|error| words(&error))?,
                row.try_get(4).map_err(|error| words(&error))?,
            );
            let Some(surveyed) = tables.iter_mut().find(|one| one.name == table) else { continue };
            if last != Some((table.clone(), id)) {
                let to_table = row.try_get(3).map_err(|error| words(&error))?;
                surveyed.references.push(Reference {
                    columns: Vec::new(),
                    table: to_table,
                    others: Vec::new(),
                });
                last = Some((table, id));
            }
            if let Some(reference) = surveyed.references.last_mut() {
                reference.columns.push(from);
                reference.others.push(to);
            }
        }
        Ok(tables)
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        let mut connection = self.connect().await.map_err(Refusal::Words)?;
        let statement = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
        let statement = statement.map_err(|error| Refusal::Words(words(&error)))?;
        let columns = statement.columns().iter().map(|column| ColumnInfo {
            name: column.name().to_owned(),
            declared_type: column.type_info().name().to_owned(),
            sort: match column.type_info().name() {
                "INTEGER" | "BOOLEAN" => Sort::Number,
                "TEXT" | "DATE" | "DATETIME" | "TIME" => Sort::Text,
                _ => Sort::Other,
            },
        });
        Ok(columns.collect())
    }

    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        let mut statements = statements.into_iter();
        let Some(first) = statements.next() else { return Ok(Vec::new()) };
        let mut connection = self.connect().await?;
        // The state that all questions see is fixed by the first of them to be read.
        connection.execute("BEGIN").await.map_err(|error| words(&error))?;
        let mut others = Vec::with_capacity(statements.len());
        for statement in statements {
            let (columns, key) = (statement.columns.clone(), statement.key.clone());
            let spool = Spool::fill(lines(Held::Lent(&mut connection), statement)).await?;
            others.push(Cursor::new(columns, key, spool.read()));
        }
        let (columns, key) = (first.columns.clone(), first.key.clone());
        let cursor = Cursor::new(columns, key, lines(Held::Own(connection), first));
        Ok(std::iter::once(cursor).chain(others).collect())
    }

    async fn connect(&self) -> Result<SqliteConnection, String> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .read_only(true)
            .pragma("query_only", "ON")
            .busy_timeout(BUSY_WAIT)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        options.connect().await.map_err(|error| self.words_with_path(&error))
    }

    fn words_with_path(&self, error: &sqlx::Error) -> String {
        format!("{}: {}", self.path.display(), words(error))
    }
}

impl Writer {
    pub fn new(path: &Path) -> Self {
        Writer { path: path.into() }
    }

    pub async fn probe(&self) -> Result<(), String> {
        let Batch { mut connection } = self.begin().await?;
        connection.execute("ROLLBACK").await.map(drop).map_err(|error| words(&error))
    }

    pub async fn begin(&self) -> Result<Batch, String> {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .busy_timeout(BUSY_WAIT)
            .disable_statement_logging();
        let path = self.path.display();
        let fail = |error: sqlx::Error| format!("{path}: {}", words(&error));
        let mut connection = options.connect().await.map_err(fail)?;
        // Immediate: a reader that turns into a writer half-way can only fail.
        connection.execute("BEGIN IMMEDIATE").await.map_err(fail)?;
        Ok(Batch { connection })
    }
}

impl Batch {
    /// A value takes on its column's own type where that is possible.
    pub async fn places(&mut self, _: &str, columns: &[&str]) -> Result<Vec<String>, String> {
        Ok((1..=columns.len()).map(|place| format!("${place}")).collect())
    }

    pub async fn execute(&mut self, sql: String, cells: &[Value]) -> Result<u64, String> {
        let query = bind(sqlx::query(AssertSqlSafe(sql)), cells);
        let done = query.execute(&mut self.connection).await;
        done.map(|done| done.rows_affected()).map_err(|error| words(&error))
    }

    pub async fn select(
        &mut self,
        sql: String,
        cells: &[Value],
        columns: &[&str],
    ) -> Result<Vec<Line>, String> {
        let query = bind(sqlx::query(AssertSqlSafe(sql)), cells);
        let rows = query.fetch_all(&mut self.connection).await.map_err(|error| words(&error))?;
        Ok(rows.iter().map(|row| decode(row, columns)).collect())
    }

    pub async fn commit(mut self) -> Result<(), String> {
        self.connection.execute("COMMIT").await.map_err(|error| words(&error))?;
        self.connection.close().await.map_err(|error| words(&error))
    }
}

fn lines(
    mut connection: Held<'_, SqliteConnection>,
    statement: Statement,
) -> impl Stream<Item = Result<Line, String>> + Send {
    stream! {
        let Statement { sql, parameters, columns, .. } = statement;
        let query = bind(sqlx::query(AssertSqlSafe(sql)).persistent(false), &parameters);
        let mut rows = query.fetch(connection.get());
        while let Some(row) = rows.next().await {
            match row {
                Ok(row) => yield Ok(decode(&row, &columns)),
                Err(error) => {
                    yield Err(words(&error));
                    break;
                }
            }
        }
        drop(rows);
        connection.done().await;
    }
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>;

/// Binds what a key has and what `Batch::cell` lets through: null, whole numbers, texts and bytes.
fn bind<'q>(query: Query<'q>, cells: &[Value]) -> Query<'q> {
    cells.iter().fold(query, |query, cell| match cell {
        Value::Int(number) => query.bind(*number),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
        Value::Null => query.bind(None::<i64>),
        text => query.bind(text.to_string()),
    })
}

/// A row by the types of its values: a column's declared type is only a wish in SQLite.
fn decode(row: &SqliteRow, columns: &[impl AsRef<str>]) -> Line {
    let mut line = Line { cells: Vec::with_capacity(columns.len()), troubles: Vec::new() };
    for (index, column) in columns.iter().enumerate() {
        line.cells.push(cell(row, index).unwrap_or_else(|complaint| {
            line.troubles.push(complaint.column(column.as_ref()));
            Value::Null
        }));
    }
    line
}

/// What a value is, whatever its column says.
enum Kind {
    Whole,
    Float,
    Bytes,
    Text,
}

fn cell(row: &SqliteRow, index: usize) -> Result<Value, Complaint> {
    let unreadable = |found: &str| Complaint::new("Q2013").found(found);
    let raw = row.try_get_raw(index).map_err(|error| unreadable(&words(&error)))?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = match raw.type_info().name() {
        "INTEGER" => Kind::Whole,
        "REAL" => Kind::Float,
        "BLOB" => Kind::Bytes,
        _ => Kind::Text,
    };
    let failed = |error: sqlx::error::BoxDynError| unreadable(&error.to_string());
    match kind {
        Kind::Whole => <i64 as Decode<Sqlite>>::decode(raw).map(Value::Int).map_err(failed),
        Kind::Float => {
            let number = <f64 as Decode<Sqlite>>::decode(raw).map_err(failed)?;
            exact(number).map(Value::Decimal).ok_or_else(|| Complaint::new("Q2014").found(number))
        }
        Kind::Bytes => {
            <&[u8] as Decode<Sqlite>>::decode(raw).map(|bytes| Value::Bytes(bytes.into())).map_err(failed)
        }
        Kind::Text => {
            let bytes = <&[u8] as Decode<Sqlite>>::decode(raw).map_err(failed)?;
            let text = std::str::from_utf8(bytes);
            text.map(Value::text).map_err(|_| unreadable(&String::from_utf8_lossy(bytes)))
        }
    }
}
