//! The door to SQLite.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr, Sqlite, Transaction};

use super::Arg;

/// The open database: one writer, several readers.
#[derive(Clone, Debug)]
pub struct Db {
    writer: SqlitePool,
    reader: SqlitePool,
}

/// One numbered step of the tables' history. Applied steps never change; their text is checked at every start.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Unique over all rooms: 1000 and up for `audit`, 2000 and up for `ledger`, 3000 and up for `schedule`.
    pub version: i64,
    pub about: &'static str,
    pub sql: &'static str,
}

/// A failed statement, named by the comment on its first line, with the database's own words.
#[derive(Debug, thiserror::Error)]
#[error("database: {doing}: {cause}")]
pub struct Error {
    pub doing: String,
    #[source]
    pub cause: sqlx::Error,
}

/// What kind of failure it is, as far as a person must act differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another process holds it.
    Locked,
    DiskFull,
    ReadOnly,
    Corrupt,
    /// A unique key is taken.
    Duplicate,
    Other,
}

impl Error {
    pub fn trouble(&self) -> Trouble {
        let Some(database) = self.cause.as_database_error() else { return Trouble::Other };
        if database.is_unique_violation() {
            return Trouble::Duplicate;
        }
        // Primary result codes of SQLite; extended codes keep them in the low byte.
        match database.code().and_then(|code| code.parse::<i64>().ok()).map(|code| code & 0xff) {
            Some(5 | 6) => Trouble::Locked,
            Some(13) => Trouble::DiskFull,
            Some(8) => Trouble::ReadOnly,
            Some(11 | 26) => Trouble::Corrupt,
            _ => Trouble::Other,
        }
    }
}

fn failed(doing: &str) -> impl FnOnce(sqlx::Error) -> Error {
    let doing = doing.lines().next().unwrap_or_default().trim_start_matches("-- ").to_owned();
    move |cause| Error { doing, cause }
}

impl Db {
    /// Opens the file, making it if need be, and brings its tables up to date.
    ///
    /// Source: SQLite, "Write-Ahead Logging": with `synchronous=FULL` a commit survives a power loss.
    pub async fn open(path: &Path, migrations: &[&[Migration]]) -> Result<Db, Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-8000")
            .statement_cache_capacity(200);
        let doing = format!("open {}", path.display());
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await;
        let writer = writer.map_err(failed(&doing))?;
        let mut steps: Vec<_> = migrations.iter().copied().flatten().collect();
        steps.sort_by_key(|step| step.version);
        let steps = steps.into_iter().map(|step| {
            let sql = step.sql.into_sql_str();
            sqlx::migrate::Migration::new(step.version, step.about.into(), MigrationType::Simple, sql, false)
        });
        let migrated = Migrator::with_migrations(steps.collect()).run(&writer).await;
        migrated.map_err(|cause| failed("migrate the tables")(sqlx::Error::Migrate(Box::new(cause))))?;
        // Caches bound the memory of a long run: the writer's is the larger, readers only pass by.
        let options = options.read_only(true).pragma("cache_size", "-2000");
        let reader = SqlitePoolOptions::new().max_connections(2).connect_with(options).await;
        Ok(Db { writer, reader: reader.map_err(failed(&doing))? })
    }

    /// Opens an existing file for reading alone: for verifying and for showing, never for changing.
    pub async fn open_read_only(path: &Path) -> Result<Db, Error> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let reader = SqlitePoolOptions::new().max_connections(2).connect_with(options).await;
        let reader = reader.map_err(failed(&format!("open {}", path.display())))?;
        Ok(Db { writer: reader.clone(), reader })
    }

    /// Begins a transaction that holds the write lock from its start, so that it never fails half-way for it.
    pub async fn begin(&self) -> Result<Tx, Error> {
        self.writer.begin_with("begin immediate").await.map(Tx).map_err(failed("begin"))
    }

    /// All rows of a query, read outside any transaction.
    pub async fn fetch(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, Error> {
        let rows = query(sql, args).fetch_all(&self.reader).await.map_err(failed(sql))?;
        Ok(rows.into_iter().map(Row).collect())
    }

    /// The first row, if there is one.
    pub async fn fetch_one(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, Error> {
        query(sql, args).fetch_optional(&self.reader).await.map(|row| row.map(Row)).map_err(failed(sql))
    }

    /// As [`Tx::fetch_rows`], read outside any transaction.
    pub async fn fetch_rows(
        &self,
        before: &'static str,
        rows: &[Vec<Arg<'_>>],
        after: &'static str,
    ) -> Result<Vec<Row>, Error> {
        let mut found = Vec::new();
        for (sql, rows) in portions(before, rows, after) {
            let part = query(sql, rows.iter().flatten()).fetch_all(&self.reader).await;
            found.extend(part.map_err(failed(before))?.into_iter().map(Row));
        }
        Ok(found)
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropped without `commit`, it never happened.
pub struct Tx(Transaction<'static, Sqlite>);

impl Tx {
    /// Runs a statement; tells how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64, Error> {
        let done = query(sql, args).execute(&mut *self.0).await.map_err(failed(sql))?;
        Ok(done.rows_affected())
    }

    /// All rows, as this transaction sees them; also for `… returning …`.
    pub async fn fetch(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, Error> {
        let rows = query(sql, args).fetch_all(&mut *self.0).await.map_err(failed(sql))?;
        Ok(rows.into_iter().map(Row).collect())
    }

    pub async fn fetch_one(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, Error> {
        query(sql, args).fetch_optional(&mut *self.0).await.map(|row| row.map(Row)).map_err(failed(sql))
    }

    /// Runs one statement over many rows: `before values (?, ?), (?, ?) … after`.
    ///
    /// A statement's trip to the database costs more than its work; a page of a scan is a dozen trips this way
    /// instead of thousands. Where the values stand in a `from`, their columns are `column1`, `column2` …
    pub async fn execute_rows(
        &mut self,
        before: &'static str,
        rows: &[Vec<Arg<'_>>],
        after: &'static str,
    ) -> Result<u64, Error> {
        let mut touched = 0;
        for (sql, rows) in portions(before, rows, after) {
            let done =
                query(sql, rows.iter().flatten()).execute(&mut *self.0).await.map_err(failed(before))?;
            touched += done.rows_affected();
        }
        Ok(touched)
    }

    /// As `execute_rows`, with the rows that `returning` or a `select` gives, in no settled order.
    pub async fn fetch_rows(
        &mut self,
        before: &'static str,
        rows: &[Vec<Arg<'_>>],
        after: &'static str,
    ) -> Result<Vec<Row>, Error> {
        let mut found = Vec::new();
        for (sql, rows) in portions(before, rows, after) {
            let part =
                query(sql, rows.iter().flatten()).fetch_all(&mut *self.0).await.map_err(failed(before))?;
            found.extend(part.into_iter().map(Row));
        }
        Ok(found)
    }

    pub async fn commit(self) -> Result<(), Error> {
        self.0.commit().await.map_err(failed("commit"))
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tx")
    }
}

/// One row of an answer; columns by position. A value of another type than asked reads as its default:
/// the tables are ours, and `not null` stands where a default would lie.
pub struct Row(SqliteRow);

impl Row {
    pub fn int(&self, index: usize) -> i64 {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn opt_int(&self, index: usize) -> Option<i64> {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn text(&self, index: usize) -> String {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn opt_text(&self, index: usize) -> Option<String> {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn blob(&self, index: usize) -> Vec<u8> {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn opt_blob(&self, index: usize) -> Option<Vec<u8>> {
        self.0.try_get(index).unwrap_or_default()
    }

    pub fn flag(&self, index: usize) -> bool {
        self.int(index) != 0
    }
}

/// How many rows one statement takes: few sizes, so that the prepared ones are met again.
const PORTIONS: [usize; 4] = [100, 20, 5, 1];

/// Cuts rows into portions, each with the text of its statement.
fn portions<'r, 'a>(
    before: &'static str,
    mut rows: &'r [Vec<Arg<'a>>],
    after: &'static str,
) -> impl Iterator<Item = (String, &'r [Vec<Arg<'a>>])> {
    std::iter::from_fn(move || {
        let size = PORTIONS.into_iter().find(|size| *size <= rows.len())?;
        let (portion, rest) = rows.split_at(size);
        rows = rest;
        let width = portion.first().map_or(0, Vec::len);
        let mut sql = String::with_capacity(before.len() + after.len() + size * width * 6);
        sql.push_str(before);
        sql.push_str(" values ");
        for row in 0..size {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            // Plain places, not `$1`: sqlx asks SQLite for the name of each, which takes a walk along all of them.
            for column in 0..width {
                sql.push_str(if column == 0 { "?" } else { ", ?" });
            }
            sql.push(')');
        }
        sql.push(' ');
        sql.push_str(after);
        Some((sql, portion))
    })
}

/// Statements are made of constants of this crate, never of text from outside; arguments are always bound.
fn query<'q, 'a: 'q>(
    sql: impl Into<Cow<'static, str>>,
    args: impl IntoIterator<Item = &'q Arg<'a>>,
) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql.into()));
    for arg in args {
        query = match arg {
            Arg::Null => query.bind(None::<i64>),
            Arg::Int(number) => query.bind(*number),
            Arg::Text(text) => query.bind((*text).to_owned()),
            Arg::Blob(bytes) => query.bind(bytes.to_vec()),
        };
    }
    query
}
