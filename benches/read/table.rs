//! The table of the comparison on each engine, and the bare loop over it.

use futures_util::TryStreamExt;
use qilu::config::Database;
use rust_decimal::Decimal;
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::types::chrono::{NaiveDate, NaiveDateTime};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::servers;

/// Of the table: a key, eleven texts, three whole numbers, two amounts, a date, two times.
pub const COLUMNS: usize = 20;

/// What a listing holds, as each engine writes it: the number of the row is `n`.
const TEXTS: [&str; 11] = [
    "高精度协作机器人关键技术及产业化应用",
    "山东理工大学",
    "12370000495570303U",
    "先进制造与自动化",
    "针对复杂曲面零件装配的力控难题，提出了基于多传感融合的柔顺控制方法，已在三家企业应用，节拍缩短两成。",
    "机器人,力控,柔顺装配",
    "产业化",
    "技术转让,技术许可",
    "ZL202110123456.7",
    "公开",
    "370303",
];

/// A table of listings in a database that ends with this value.
pub struct Table {
    url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Table {
    pub async fn build(engine: &str, rows: u64) -> Table {
        let (url, folder) = match engine {
            "sqlite" => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                (format!("sqlite:{}", folder.path().join("market.db").display()), Some(folder))
            }
            "postgres" => (servers::postgres::url().expect("servers are not left out"), None),
            "mariadb" => (servers::mariadb::url().expect("servers are not left out"), None),
            other => panic!("no engine {other}: sqlite, postgres, mariadb"),
        };
        let table = Table { url, _folder: folder };
        table.fill(rows).await;
        table
    }

    pub fn database(&self) -> Database {
        Database::from_url("market", &self.url, chrono_tz::Asia::Shanghai).expect("a good URL")
    }

    async fn fill(&self, rows: u64) {
        let texts: Vec<_> = (0..TEXTS.len()).map(|index| format!("t{index}")).collect();
        let (numbers, decimal, text, series) = match self.scheme() {
            "sqlite" => (
                ["INTEGER"; 2],
                "REAL",
                "TEXT",
                format!("WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"),
            ),
            "postgres" => (
                ["BIGINT", "SMALLINT"],
                "NUMERIC(18,4)",
                "VARCHAR(600)",
                format!("WITH s (n) AS (SELECT generate_series(1, {rows}))"),
            ),
            _ => (
                ["BIGINT", "TINYINT"],
                "DECIMAL(18,4)",
                "VARCHAR(600)",
                format!("WITH s (n) AS (SELECT seq FROM seq_1_to_{rows})"),
            ),
        };
        let columns: Vec<_> = std::iter::once("cgmc".to_owned()).chain(texts.into_iter().skip(1)).collect();
        let declared: Vec<_> = columns.iter().map(|name| format!("{name} {text}")).collect();
        let (times, days) =
            if self.scheme() == "sqlite" { ("TEXT", "TEXT") } else { ("TIMESTAMP NULL", "DATE") };
        let create = format!(
            "CREATE TABLE t_cg (id {} PRIMARY KEY, {}, cgnf {}, shzt {}, llcs {}, yxjg {decimal}, tzje {decimal}, wcrq {days}, cjsj {times}, gxsj {times})",
            numbers[0],
            declared.join(", "),
            numbers[0],
            numbers[1],
            numbers[0]
        );
        let create = if self.scheme() == "mysql" { create.replace("TIMESTAMP", "DATETIME") } else { create };
        let joined = |text: &str| match self.scheme() {
            "mysql" => format!("CONCAT('{text}', n)"),
            _ => format!("'{text}' || n"),
        };
        let values: Vec<_> = TEXTS.iter().map(|text| joined(text)).collect();
        let insert = format!(
            "INSERT INTO t_cg {} SELECT n, {}, 2000 + n % 25, n % 4, n * 7, n * 1.25, n / 8.0, '2023-05-17', '2023-05-17 08:30:00', '2024-01-02 03:04:05' FROM s",
            if self.scheme() == "mysql" { &series } else { "" },
            values.join(", "),
        );
        let insert = match self.scheme() {
            "mysql" => insert,
            "postgres" => format!(
                "{series} {}",
                insert
                    .replace("'2023-05-17',", "DATE '2023-05-17',")
                    .replace("'2023-05-17 08", "TIMESTAMP '2023-05-17 08")
                    .replace("'2024-", "TIMESTAMP '2024-")
            ),
            _ => format!("{series} {insert}"),
        };
        self.run(&[&create, &insert]).await;
    }

    async fn run(&self, statements: &[&str]) {
        match self.scheme() {
            "sqlite" => {
                let mut connection = self.sqlite(true).await;
                for sql in statements {
                    sqlx::raw_sql(AssertSqlSafe(*sql)).execute(&mut connection).await.expect(sql);
                }
            }
            "postgres" => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the server");
                for sql in statements {
                    sqlx::raw_sql(AssertSqlSafe(*sql)).execute(&mut connection).await.expect(sql);
                }
            }
            _ => {
                let mut connection = MySqlConnection::connect(&self.url).await.expect("the server");
                for sql in statements {
                    sqlx::raw_sql(AssertSqlSafe(*sql)).execute(&mut connection).await.expect(sql);
                }
            }
        }
    }

    fn scheme(&self) -> &str {
        self.url.split(':').next().unwrap_or_default()
    }

    async fn sqlite(&self, create: bool) -> SqliteConnection {
        let path = self.url.trim_start_matches("sqlite:");
        let options =
            SqliteConnectOptions::new().filename(path).create_if_missing(create).row_buffer_size(256);
        options.connect().await.expect("the file")
    }

    /// Every row by sqlx alone, each cell decoded to the type of its column; how many rows there were.
    pub async fn bare_loop(&self) -> u64 {
        /// One body for three engines: their rows share no type that could be named.
        macro_rules! bare {
            ($connection:expr, $key:ty, $small:ty, $amount:ty, $day:ty, $time:ty) => {{
                let mut connection = $connection;
                let mut rows = sqlx::query("SELECT * FROM t_cg ORDER BY id").fetch(&mut connection);
                let mut count = 0;
                while let Some(row) = rows.try_next().await.expect("a row") {
                    std::hint::black_box(row.get::<$key, _>(0));
                    for index in 1..=11 {
                        std::hint::black_box(row.get::<Option<String>, _>(index));
                    }
                    std::hint::black_box(row.get::<Option<$key>, _>(12));
                    std::hint::black_box(row.get::<Option<$small>, _>(13));
                    std::hint::black_box(row.get::<Option<$key>, _>(14));
                    std::hint::black_box(row.get::<Option<$amount>, _>(15));
                    std::hint::black_box(row.get::<Option<$amount>, _>(16));
                    std::hint::black_box(row.get::<Option<$day>, _>(17));
                    std::hint::black_box(row.get::<Option<$time>, _>(18));
                    std::hint::black_box(row.get::<Option<$time>, _>(19));
                    count += 1;
                }
                count
            }};
        }
        match self.scheme() {
            "sqlite" => bare!(self.sqlite(false).await, i64, i64, f64, String, String),
            "postgres" => bare!(
                PgConnection::connect(&self.url).await.expect("the server"),
                i64,
                i16,
                Decimal,
                NaiveDate,
                NaiveDateTime
            ),
            _ => bare!(
                MySqlConnection::connect(&self.url).await.expect("the server"),
                i64,
                i8,
                Decimal,
                NaiveDate,
                NaiveDateTime
            ),
        }
    }
}
