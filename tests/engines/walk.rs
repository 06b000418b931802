//! The demo's city, copied to each engine: the same listings become the same documents and the same complaints.

use std::collections::BTreeMap;

use qilu::city::City;
use qilu::clock::Clock;
use qilu::config::Database;
use qilu::demo::Demo;
use qilu::source::{Ending, scan};
use qilu::sync::PushRoute;
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, TypeInfo, ValueRef};

use crate::servers;

/// Rows in one INSERT.
const ROWS_AT_ONCE: usize = 200;

/// What became of each listing, by route and key.
type Fates = BTreeMap<(String, String), String>;

#[tokio::test]
async fn the_same_city_on_three_engines_leads_to_the_same_documents() {
    if servers::are_skipped() {
        return;
    }
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Clock::manual(Clock::machine().now(), 7);
    let demo = Demo::open(&folder.path().join("demo"), &clock).await.expect("the demo's folder");
    let market = folder.path().join("demo/market.db");
    let tables = Copied::read(&market).await;
    let copied = [on_postgres(&tables, "walk").await, on_mariadb(&tables).await];
    let routes = demo.connector.push_routes_in_order();
    let own = fates(&format!("sqlite:{}", market.display()), &routes, &demo).await;
    assert!(own.len() > 4_000, "the demo's city has {} listings", own.len());
    for url in &copied {
        let theirs = fates(url, &routes, &demo).await;
        let differ: Vec<_> = own
            .iter()
            .filter(|(listing, fate)| theirs.get(*listing) != Some(*fate))
            .map(|(listing, fate)| format!("{listing:?}\n   {fate}\n   {:?}", theirs.get(listing)))
            .collect();
        assert!(
            differ.is_empty(),
            "{url}: {} differ\n{}",
            differ.len(),
            differ[..differ.len().min(9)].join("\n")
        );
        assert_eq!(theirs.len(), own.len(), "{url}");
    }
    demo.close().await;
}

async fn fates(url: &str, routes: &[&PushRoute], demo: &Demo) -> Fates {
    let database = Database::from_url("market", url, chrono_tz::Asia::Shanghai).expect("a good URL");
    let city = City::open(&database).await.expect("the database");
    let mut fates = Fates::new();
    for route in routes {
        let name = &route.route.name;
        let mut scan =
            scan(&city, &route.push).await.unwrap_or_else(|complaint| panic!("{url} {name}: {complaint}"));
        while let Some(found) = scan.next().await {
            let (key, fate) = match found {
                Ok(row) => {
                    let judged = route.judge(&row, demo.connector.today());
                    let complaints = judged.complaints.iter().map(|one| format!("{} {}", one.id, one.column));
                    let complaints: Vec<_> = complaints.collect();
                    (row.key.to_string(), format!("{:?} {} {complaints:?}", judged.wanted, judged.title))
                }
                Err(row) => {
                    let ids: Vec<_> = row.complaints.iter().map(|one| one.id.as_str()).collect();
                    let key = row.key.map_or_else(|| row.named.clone(), |key| key.to_string());
                    (key, format!("unreadable {ids:?}"))
                }
            };
            fates.insert((name.clone(), key), fate);
        }
        assert!(matches!(scan.end(), Ending::Complete { .. }), "{url} {name}");
    }
    fates
}

/// The tables in a new database of PostgreSQL; its URL.
pub async fn on_postgres(tables: &[Copied], name: &str) -> String {
    let url = servers::postgres::url().expect("servers are not left out");
    let mut connection = PgConnection::connect(&url).await.expect("the server");
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a new database");
    let url = servers::postgres::url_of("postgres", name).expect("servers are not left out");
    let mut connection = PgConnection::connect(&url).await.expect("the server");
    for sql in tables.iter().flat_map(|table| table.statements(&Target::Postgres)) {
        sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&mut connection).await.expect(&sql);
    }
    url
}

/// The same on MariaDB.
async fn on_mariadb(tables: &[Copied]) -> String {
    let url = servers::mariadb::url().expect("servers are not left out");
    let mut connection = MySqlConnection::connect(&url).await.expect("the server");
    connection.execute("CREATE DATABASE walk CHARACTER SET utf8mb4").await.expect("a new database");
    let url = servers::mariadb::url_of("root", "walk").expect("servers are not left out");
    let mut connection = MySqlConnection::connect(&url).await.expect("the server");
    for sql in tables.iter().flat_map(|table| table.statements(&Target::Mysql)) {
        sqlx::raw_sql(AssertSqlSafe(sql.as_str())).execute(&mut connection).await.expect(&sql);
    }
    url
}

enum Target {
    Postgres,
    Mysql,
}

/// A table of the SQLite city.
pub struct Copied {
    name: String,
    columns: Vec<(String, &'static str)>,
    /// Cells as SQL writes them; bytes as hexadecimal digits in the form of SQLite.
    rows: Vec<Vec<String>>,
}

impl Copied {
    pub async fn read(market: &std::path::Path) -> Vec<Copied> {
        let mut connection =
            SqliteConnectOptions::new().filename(market).connect().await.expect("the market");
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        let names = sqlx::query(sql).fetch_all(&mut connection).await.expect("the tables");
        let mut tables = Vec::new();
        for name in &names {
            let table = Copied::one(&mut connection, name.get(0)).await;
            // Without rows there is nothing to tell columns by, and no route reads it.
            tables.extend((!table.rows.is_empty()).then_some(table));
        }
        tables
    }

    async fn one(connection: &mut SqliteConnection, name: String) -> Copied {
        let sql = format!("SELECT * FROM \"{name}\"");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.expect("the rows");
        let names = rows.first().map_or_else(Vec::new, |row| {
            row.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>()
        });
        // By what the cells hold: a column that holds a text anywhere is a text to a stricter engine.
        let columns = names.into_iter().enumerate().map(|(index, name)| {
            let kinds: Vec<_> =
                rows.iter().map(|row| kind(row, index)).filter(|kind| *kind != "NULL").collect();
            let all = |wanted: &[&str]| kinds.iter().all(|kind| wanted.contains(&kind.as_str()));
            let declared = match () {
                () if all(&["INTEGER"]) => "BIGINT",
                () if all(&["INTEGER", "REAL"]) => "NUMERIC(24,8)",
                () => "TEXT",
            };
            (name, declared)
        });
        let columns: Vec<_> = columns.collect();
        let cells = |row: &SqliteRow| (0..row.len()).map(|index| literal(row, index)).collect();
        Copied { name, columns, rows: rows.iter().map(cells).collect() }
    }

    fn statements(&self, target: &Target) -> Vec<String> {
        // As a shop of each engine would have made it: PostgreSQL folds names to lower case.
        let quoted = |name: &str| match target {
            Target::Postgres => format!("\"{}\"", name.to_lowercase()),
            Target::Mysql => format!("`{name}`"),
        };
        let declared = |kind: &str| match (target, kind) {
            (Target::Mysql, "TEXT") => "LONGTEXT".to_owned(),
            _ => kind.to_owned(),
        };
        let columns = self.columns.iter().map(|(name, kind)| format!("{} {}", quoted(name), declared(kind)));
        let columns: Vec<_> = columns.collect();
        let charset = if matches!(target, Target::Mysql) { " CHARACTER SET utf8mb4" } else { "" };
        let mut statements =
            vec![format!("CREATE TABLE {} ({}){charset}", quoted(&self.name), columns.join(", "))];
        for rows in self.rows.chunks(ROWS_AT_ONCE) {
            let rows: Vec<_> = rows.iter().map(|cells| format!("({})", self.cells(cells, target))).collect();
            statements.push(format!("INSERT INTO {} VALUES {}", quoted(&self.name), rows.join(", ")));
        }
        statements
    }

    fn cells(&self, cells: &[String], target: &Target) -> String {
        let cells = cells.iter().zip(&self.columns).map(|(cell, (_, kind))| {
            let is_number = !cell.starts_with('\'') && cell != "NULL";
            let cell = if *kind == "TEXT" && is_number { format!("'{cell}'") } else { cell.clone() };
            match target {
                Target::Mysql => cell.replace('\\', "\\\\"),
                Target::Postgres => cell,
            }
        });
        cells.collect::<Vec<_>>().join(", ")
    }
}

fn kind(row: &SqliteRow, index: usize) -> String {
    let cell = row.try_get_raw(index).expect("a cell");
    if cell.is_null() { "NULL".to_owned() } else { cell.type_info().name().to_owned() }
}

fn literal(row: &SqliteRow, index: usize) -> String {
    match kind(row, index).as_str() {
        "NULL" => "NULL".to_owned(),
        "INTEGER" => row.get::<i64, _>(index).to_string(),
        "REAL" => row.get::<f64, _>(index).to_string(),
        _ => {
            let bytes: Vec<u8> = row.try_get_unchecked(index).expect("a text");
            format!("'{}'", String::from_utf8(bytes).expect("the demo's texts are UTF-8").replace('\'', "''"))
        }
    }
}
