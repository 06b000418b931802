//! Writes the city's tables into SQLite and the answer key beside them.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use super::listing::{Cell, Line, Planted, Shelf, Stock};

/// Creates the database with all tables and rows in one transaction.
///
/// Errors: the file exists already, or the disk refuses it.
pub async fn write(
    market: &Path,
    shelves: &[(&'static Shelf, Stock)],
    more_ddl: &[&'static str],
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !market.exists(),
        "{} exists already; the demo's city is only ever built anew",
        market.display()
    );
    let mut database = open(market, true).await?;
    let mut work = database.begin().await?;
    for ddl in shelves.iter().map(|(shelf, _)| shelf.ddl).chain(more_ddl.iter().copied()) {
        sqlx::raw_sql(ddl).execute(&mut *work).await.with_context(|| format!("creating tables: {ddl}"))?;
    }
    for (shelf, stock) in shelves {
        for listing in &stock.listings {
            insert(&mut work, shelf.table, &listing.main).await?;
            for (table, child) in &listing.children {
                insert(&mut work, table, child).await?;
            }
        }
    }
    work.commit().await?;
    database.close().await.with_context(|| format!("closing {}", market.display()))
}

/// Opens the market. WAL, so that imports can be written while a push reads, as on a database server.
pub async fn open(market: &Path, create: bool) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(market)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    options.connect().await.with_context(|| format!("opening {}", market.display()))
}

/// Inserts one row.
pub async fn insert(database: &mut SqliteConnection, table: &str, line: &Line) -> anyhow::Result<()> {
    let mut sql = format!("INSERT INTO \"{table}\" (");
    let mut marks = String::new();
    for (index, (column, _)) in line.0.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        // Names come from this room's own tables of columns; writing to a String cannot fail.
        let _ = write!(sql, "{comma}\"{column}\"");
        let _ = write!(marks, "{comma}?");
    }
    let _ = write!(sql, ") VALUES ({marks})");
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (_, cell) in &line.0 {
        query = match cell {
            Cell::Null => query.bind(None::<i64>),
            Cell::Int(number) => query.bind(*number),
            Cell::Real(number) => query.bind(*number),
            Cell::Text(text) => query.bind(text.clone()),
        };
    }
    query.execute(database).await.with_context(|| format!("inserting into {table}"))?;
    Ok(())
}

/// Writes `answer-key.csv` beside the database.
pub fn write_answer_key(market: &Path, planted: &[Planted]) -> anyhow::Result<()> {
    let path = market.with_file_name("answer-key.csv");
    let mut file = csv::Writer::from_path(&path).with_context(|| format!("writing {}", path.display()))?;
    file.write_record(["kind", "table", "key", "class", "planted", "fate", "column", "family"])?;
    for row in planted {
        let fate = row.fate.name();
        file.write_record([
            row.kind,
            row.table,
            &row.key,
            row.class,
            row.planted,
            fate,
            row.column,
            row.family,
        ])?;
    }
    file.flush().with_context(|| format!("writing {}", path.display()))
}
