//! The province's state file: what it holds, what it answered, and what its reviewers decided.
//!
//! SQLite in WAL mode with `synchronous=FULL`: an answer that left is an answer that is kept. One connection
//! writes; readers have their own.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Row, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::Timestamp;

pub type Tx<'a> = Transaction<'a, Sqlite>;

/// The open state file.
pub struct Store {
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
}

/// One record as the province holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The province's id, such as `SD-ACH-00000017`.
    pub remote_id: String,
    /// The sender's id; none for what somebody typed in by hand.
    pub local_id: Option<String>,
    pub kind: String,
    pub city: String,
    pub data: Value,
    /// Counts the changes that took effect, from 1.
    pub version: i64,
    /// `in_review`, `published`, `returned`, `rejected` or `delisted`.
    pub status: String,
    pub opinion: String,
    pub withdrawn: bool,
    /// How many create items for this record were heard (an answer replayed by its key is not heard again).
    /// More than one means that somebody asked twice; there is still one record.
    pub creates: i64,
    /// The sender's `instance/record/version` of the last item that took effect.
    pub item_key: Option<String>,
    pub updated_at: Timestamp,
}

/// What a city may list: its own records, or what the other cities have published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Own,
    Others,
}

/// One page's question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub kind: &'a str,
    pub city: &'a str,
    pub scope: Scope,
    pub since: Timestamp,
    /// Only records whose id comes after this one.
    pub after: &'a str,
    pub skip: i64,
    pub size: i64,
}

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS record (
    remote_id   TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    city        TEXT NOT NULL,
    local_id    TEXT,                         -- null: typed in by hand
    title       TEXT NOT NULL,                -- for the look-up
    uscc        TEXT NOT NULL,                -- for the look-up
    data        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    status      TEXT NOT NULL,
    opinion     TEXT NOT NULL,
    withdrawn   INTEGER NOT NULL,
    creates     INTEGER NOT NULL,
    item_key    TEXT,
    updated_at  INTEGER NOT NULL,             -- microseconds since 1970, UTC
    review_at   INTEGER NOT NULL,             -- when the reviewer gets to it
    keys_read   INTEGER NOT NULL              -- 0: its natural keys are not in the table natural_key yet
);
CREATE UNIQUE INDEX IF NOT EXISTS record_local ON record (kind, city, local_id) WHERE local_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_kind ON record (kind, remote_id);
CREATE INDEX IF NOT EXISTS record_title ON record (kind, title);
CREATE INDEX IF NOT EXISTS record_uscc ON record (kind, uscc);
CREATE INDEX IF NOT EXISTS record_review ON record (review_at) WHERE status = 'in_review' AND withdrawn = 0;
CREATE INDEX IF NOT EXISTS record_unread ON record (remote_id) WHERE keys_read = 0;
CREATE TABLE IF NOT EXISTS natural_key (
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    remote_id   TEXT NOT NULL,
    PRIMARY KEY (kind, text, remote_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS natural_key_record ON natural_key (remote_id);
CREATE TABLE IF NOT EXISTS file (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    bytes       INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS counter (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answer (
    idempotency_key TEXT PRIMARY KEY,
    request         TEXT NOT NULL,            -- SHA-256 of path and body
    text            TEXT NOT NULL,            -- what was answered, byte for byte
    at              INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS review (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    remote_id   TEXT NOT NULL,
    state       TEXT NOT NULL,
    opinion     TEXT NOT NULL,
    at          INTEGER NOT NULL
);
";

impl Store {
    /// Opens or makes the state file. Errors: a folder that is not there, a file that is no state file.
    pub async fn open(path: &Path) -> anyhow::Result<Self> {
        let writer = Mutex::new(connect(path, true).await?);
        let readers = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options(path));
        Ok(Store { writer, readers })
    }

    /// The one writing connection; whoever holds it is alone.
    pub async fn writer(&self) -> MutexGuard<'_, SqliteConnection> {
        self.writer.lock().await
    }

    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Lets the readers go and tidies the write-ahead log; the file is whole with and without.
    pub async fn rest(&self) {
        self.readers.close().await;
        let mut writer = self.writer.lock().await;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *writer).await.ok();
    }
}

/// A connection to a state file; `make` creates file and tables.
pub async fn connect(path: &Path, make: bool) -> anyhow::Result<SqliteConnection> {
    let opening = || format!("opening the sandbox's state file {}", path.display());
    let mut connection = options(path).create_if_missing(make).connect().await.with_context(opening)?;
    if make {
        sqlx::raw_sql(TABLES).execute(&mut connection).await.with_context(opening)?;
    }
    Ok(connection)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
}

/// Begins a transaction that holds the file's write lock from its first statement.
pub async fn begin(connection: &mut SqliteConnection) -> sqlx::Result<Tx<'_>> {
    connection.begin_with("BEGIN IMMEDIATE").await
}

/// The next id of a kind: three letters of its name and a number.
pub async fn next_id(tx: &mut SqliteConnection, kind: &str) -> sqlx::Result<String> {
    let prefix = kind.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_uppercase();
    let sql = "INSERT INTO counter (prefix, last) VALUES (?1, 1)
               ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last";
    let number: i64 = sqlx::query_scalar(sql).bind(&prefix).fetch_one(tx).await?;
    Ok(format!("SD-{prefix}-{number:08}"))
}

/// Writes a record, new or changed, whole.
pub async fn put(tx: &mut SqliteConnection, held: &Held, review_at: Timestamp) -> sqlx::Result<()> {
    let sql = "INSERT INTO record (remote_id, kind, city, local_id, title, uscc, data, version, status, opinion,
                   withdrawn, creates, item_key, updated_at, review_at, keys_read)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0)
               ON CONFLICT (remote_id) DO UPDATE SET local_id = ?4, title = ?5, uscc = ?6, data = ?7, version = ?8,
                   status = ?9, opinion = ?10, withdrawn = ?11, creates = ?12, item_key = ?13, updated_at = ?14,
                   review_at = ?15, keys_read = 0";
    sqlx::query(sql)
        .bind(&held.remote_id)
        .bind(&held.kind)
        .bind(&held.city)
        .bind(&held.local_id)
        .bind(title_of(&held.data))
        .bind(held.data["uscc"].as_str().unwrap_or_default())
        .bind(held.data.to_string())
        .bind(held.version)
        .bind(&held.status)
        .bind(&held.opinion)
        .bind(held.withdrawn)
        .bind(held.creates)
        .bind(&held.item_key)
        .bind(held.updated_at.0)
        .bind(review_at.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// The record with this id of the province.
pub async fn find(tx: &mut SqliteConnection, remote_id: &str) -> sqlx::Result<Option<Held>> {
    let row =
        sqlx::query("SELECT * FROM record WHERE remote_id = ?1").bind(remote_id).fetch_optional(tx).await?;
    row.as_ref().map(held).transpose()
}

/// The record with this id of the sender.
pub async fn find_local(
    tx: &mut SqliteConnection,
    kind: &str,
    city: &str,
    local_id: &str,
) -> sqlx::Result<Option<Held>> {
    let sql = "SELECT * FROM record WHERE kind = ?1 AND city = ?2 AND local_id = ?3";
    let row = sqlx::query(sql).bind(kind).bind(city).bind(local_id).fetch_optional(tx).await?;
    row.as_ref().map(held).transpose()
}

/// A page of records by id, and how many there are on all pages together.
pub async fn page(reader: &SqlitePool, question: &Question<'_>) -> sqlx::Result<(i64, Vec<Held>)> {
    let (count, list) = match question.scope {
        Scope::Own => (
            "SELECT count(*) FROM record WHERE kind = ?1 AND city = ?2 AND updated_at >= ?3",
            "SELECT * FROM record WHERE kind = ?1 AND city = ?2 AND updated_at >= ?3 AND remote_id > ?4
             ORDER BY remote_id LIMIT ?5 OFFSET ?6",
        ),
        Scope::Others => (
            "SELECT count(*) FROM record WHERE kind = ?1 AND city <> ?2 AND updated_at >= ?3
                 AND status IN ('published', 'delisted')",
            "SELECT * FROM record WHERE kind = ?1 AND city <> ?2 AND updated_at >= ?3 AND remote_id > ?4
                 AND status IN ('published', 'delisted') ORDER BY remote_id LIMIT ?5 OFFSET ?6",
        ),
    };
    let mut snapshot = reader.begin().await?;
    let total = sqlx::query_scalar(count)
        .bind(question.kind)
        .bind(question.city)
        .bind(question.since.0)
        .fetch_one(&mut *snapshot)
        .await?;
    let rows = sqlx::query(list)
        .bind(question.kind)
        .bind(question.city)
        .bind(question.since.0)
        .bind(question.after)
        .bind(question.size)
        .bind(question.skip)
        .fetch_all(&mut *snapshot)
        .await?;
    Ok((total, rows.iter().map(held).collect::<sqlx::Result<_>>()?))
}

/// Every record, or those of one kind with this title or this credit code.
pub async fn search(
    tx: &mut SqliteConnection,
    kind: &str,
    title: &str,
    uscc: &str,
) -> sqlx::Result<Vec<Held>> {
    let sql = "SELECT * FROM record WHERE kind = ?1 AND title = ?2 AND ?2 <> ''
               UNION SELECT * FROM record WHERE kind = ?1 AND uscc = ?3 AND ?3 <> '' ORDER BY remote_id";
    let rows = sqlx::query(sql).bind(kind).bind(title).bind(uscc).fetch_all(tx).await?;
    rows.iter().map(held).collect()
}

/// Reads a row of the table `record`.
pub fn held(row: &SqliteRow) -> sqlx::Result<Held> {
    let data: String = row.try_get("data")?;
    Ok(Held {
        remote_id: row.try_get("remote_id")?,
        local_id: row.try_get("local_id")?,
        kind: row.try_get("kind")?,
        city: row.try_get("city")?,
        data: serde_json::from_str(&data).map_err(|error| sqlx::Error::Decode(error.into()))?,
        version: row.try_get("version")?,
        status: row.try_get("status")?,
        opinion: row.try_get("opinion")?,
        withdrawn: row.try_get("withdrawn")?,
        creates: row.try_get("creates")?,
        item_key: row.try_get("item_key")?,
        updated_at: Timestamp(row.try_get("updated_at")?),
    })
}

/// What people call a record: its name, or its title where it has none. (A person's `title` is a rank.)
pub fn title_of(data: &Value) -> &str {
    ["name", "projectName", "productName", "title", "unitName"]
        .into_iter()
        .find_map(|field| data[field].as_str())
        .unwrap_or_default()
}
