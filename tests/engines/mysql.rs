//! MySQL and MariaDB: the suite, and what only they do, on real MariaDB servers. MySQL itself is not tried here.

mod cells;
mod keys;
mod sessions;
mod writing;

use std::sync::atomic::{AtomicU32, Ordering};

use chrono_tz::Tz;
use qilu::city::City;
use qilu::config::{Database, Located, Push, Relation};
use qilu::record::{Row, Value};
use qilu::source::{Ending, Unreadable};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row as _};

use crate::servers::mariadb;
use crate::suite::{Expect, Ground, Seen, push_with, see};

const SHANGHAI: Tz = Tz::Asia__Shanghai;

/// A database of its own on a server.
pub struct Town {
    server: String,
    name: String,
}

crate::conformance!(Town);

impl Town {
    /// On the plain server; `None` if servers are left out.
    async fn with(sql: &str) -> Option<Self> {
        Some(Self::at(mariadb::url()?, sql).await)
    }

    async fn at(server: String, sql: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("market_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let town = Town { server, name };
        let mut connection = MySqlConnection::connect(&town.server).await.expect("the server answers");
        let create = format!("CREATE DATABASE {} CHARACTER SET utf8mb4", town.name);
        connection.execute(AssertSqlSafe(create)).await.expect("a database can be made");
        if !sql.is_empty() {
            town.run(sql).await;
        }
        town
    }

    fn url(&self) -> String {
        self.server.replace("/market", &format!("/{}", self.name))
    }

    /// As the city's own program: at Chinese time, and allowed to write what makes no sense.
    async fn connect(&self) -> MySqlConnection {
        let mut connection = MySqlConnection::connect(&self.url()).await.expect("the server answers");
        connection
            .execute("SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+08:00'")
            .await
            .expect("known settings");
        connection
    }

    async fn run(&self, sql: &str) {
        let mut connection = self.connect().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn database(&self, zone: Tz) -> Database {
        Database::from_url("market", &self.url(), zone).expect("a good URL")
    }

    async fn city(&self) -> City {
        City::open(&self.database(SHANGHAI)).await.expect("the server is there")
    }

    async fn scan(&self, push: &Push) -> (Vec<Row>, Vec<Unreadable>, Ending) {
        read(&self.city().await, push).await
    }

    /// The checksums of tables, as the server computes them over every row.
    async fn checksums(&self, tables: &str) -> Vec<Option<i64>> {
        let sql = AssertSqlSafe(format!("CHECKSUM TABLE {tables} EXTENDED"));
        let rows = self.connect().await.fetch_all(sqlx::raw_sql(sql)).await.expect("the tables are there");
        rows.iter().map(|row| row.get_unchecked(1)).collect()
    }
}

impl Ground for Town {
    async fn new() -> Option<Self> {
        Town::with("").await
    }

    fn url(&self) -> String {
        self.url()
    }

    async fn run(&self, sql: &str) {
        self.run(sql).await;
    }

    fn quoted(name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn literal(text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    fn cell(case: &str) -> Option<(&'static str, &'static str)> {
        Some(match case {
            "null" => ("DECIMAL(5)", "NULL"),
            "whole" => ("SMALLINT", "-7"),
            "whole, the smallest" => ("BIGINT", "-9223372036854775808"),
            "whole, the largest" => ("BIGINT UNSIGNED", "9223372036854775807"),
            "whole, beyond the signed" => ("BIGINT UNSIGNED", "18446744073709551615"),
            "decimal" => ("DECIMAL(18, 4)", "12345678901234.5678"),
            "decimal, negative" => ("DECIMAL(12, 4)", "-0.0001"),
            "decimal, zeros behind" => ("DECIMAL(12, 6)", "1.50"),
            "decimal, no places" => ("DECIMAL(12)", "12500"),
            "decimal, 28 digits" => ("DECIMAL(28, 3)", "1234567890123456789012345.678"),
            "decimal, 30 digits" => ("DECIMAL(38, 20)", "1234567890.12345678901234567891"),
            "float" => ("DOUBLE", "0.1"),
            "float, short" => ("FLOAT", "0.1"),
            "float, large" => ("DOUBLE", "3075000000.25"),
            "text" => ("TEXT", "'高精度协作机器人'"),
            "text, empty" => ("VARCHAR(9)", "''"),
            "text, blanks around" => ("VARCHAR(9)", "'  甲  '"),
            "text, four bytes each" => ("TEXT COLLATE utf8mb4_bin", "'𠮷😀'"),
            "text, control characters" => ("TEXT", "CONCAT('a\\tb', CHAR(1), '\\r\\n', CHAR(127))"),
            "text, NUL" => ("TEXT", "'a\\0b'"),
            "text, padded" => ("CHAR(5)", "'AB'"),
            "text, one of a set" => ("ENUM('草稿', '已发布')", "'已发布'"),
            "bytes" => ("VARBINARY(9)", "x'0027ff'"),
            "bytes, empty" => ("BLOB", "''"),
            "date" => ("DATE", "'2023-05-01'"),
            "date, leap day" => ("DATE", "'2024-02-29'"),
            "date, before 1970" => ("DATE", "'1949-10-01'"),
            "time of day" => ("TIME", "'08:30'"),
            "time, no zone" => ("DATETIME", "'2023-05-01 08:30'"),
            "time, no zone, microseconds" => ("DATETIME(6)", "'2023-05-01 08:30:00.123456'"),
            "time, no zone, summer" => ("DATETIME", "'1986-07-01 08:30'"),
            "time, no zone, leapt over" => ("DATETIME", "'1986-05-04 02:30'"),
            "time, no zone, twice" => ("DATETIME", "'1986-09-14 01:30'"),
            "time, zone" => ("TIMESTAMP NULL", "'2023-05-01 08:30'"),
            "identifier" => ("UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"),
            _ => return None,
        })
    }

    fn own_cells() -> Vec<(&'static str, &'static str, Expect)> {
        let int = |number| Expect::Is(Value::Int(number));
        let bytes = |bytes: &[u8]| Expect::Is(Value::Bytes(bytes.into()));
        let incomplete = Expect::Row("Q2040");
        vec![
            ("TINYINT(1)", "2", int(2)),
            ("TINYINT(1) UNSIGNED", "255", int(255)),
            ("TINYINT", "-128", int(-128)),
            ("MEDIUMINT", "-8388608", int(-8_388_608)),
            ("MEDIUMINT UNSIGNED", "16777215", int(16_777_215)),
            ("INT(8) UNSIGNED ZEROFILL", "42", int(42)),
            ("YEAR", "2023", int(2023)),
            ("YEAR", "0", int(0)),
            ("BIT(1)", "1", int(1)),
            ("BIT(20)", "4097", int(4097)),
            ("BIT(64)", "18446744073709551615", Expect::decimal("18446744073709551615")),
            ("DECIMAL(65, 30)", "1.5", Expect::decimal("1.5")),
            ("DECIMAL(65, 30)", "1.000000000000000000000000000001", Expect::Row("Q2014")),
            ("DECIMAL(65)", "100000000000000000000000000000", Expect::Row("Q2014")),
            ("FLOAT", "16777216", Expect::Is(Value::Decimal(16_777_216.into()))),
            ("DOUBLE", "1e300", Expect::Row("Q2014")),
            ("DATE", "'0000-00-00'", incomplete.clone()),
            ("DATE", "'2023-00-00'", incomplete.clone()),
            ("DATE", "'2023-05-00'", incomplete.clone()),
            ("DATE", "'9999-12-31'", Expect::date("9999-12-31")),
            ("DATETIME", "'0000-00-00'", incomplete.clone()),
            ("DATETIME(6)", "'2023-05-00 12:00:00.5'", incomplete.clone()),
            ("TIMESTAMP NULL", "'0000-00-00'", incomplete),
            ("TIME", "'-838:59:59'", Expect::text("-838:59:59")),
            ("TIME(3)", "'08:30:00.5'", Expect::text("08:30:00.5")),
            ("SET('甲', '乙', '丙')", "'丙,甲'", Expect::text("甲,丙")),
            ("ENUM('a') COLLATE utf8mb4_bin", "'a'", Expect::text("a")),
            ("VARCHAR(9) CHARACTER SET gbk", "'成果'", Expect::text("成果")),
            ("CHAR(9) CHARACTER SET latin1", "'é€'", Expect::text("é€")),
            ("VARCHAR(9) CHARACTER SET utf16", "'宽😀'", Expect::text("宽😀")),
            ("TINYTEXT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", "'甲'", Expect::text("甲")),
            ("LONGTEXT COLLATE utf8mb4_bin", "'长'", Expect::text("长")),
            ("JSON", r#"'{"a": 1.50}'"#, Expect::text(r#"{"a": 1.50}"#)),
            ("BINARY(3)", "'a'", bytes(b"a\0\0")),
            ("TINYBLOB", "x'ff'", bytes(&[255])),
            ("LONGBLOB", "'甲'", bytes("甲".as_bytes())),
            ("INET6", "'::1'", Expect::text("::1")),
            ("POINT", "POINT(1, 2)", Expect::Query("Q2030")),
        ]
    }

    fn text_columns() -> &'static [&'static str] {
        &[
            "VARCHAR(50)",
            "VARCHAR(50) COLLATE utf8mb4_bin",
            "VARCHAR(50) COLLATE utf8mb4_unicode_ci",
            "VARCHAR(50) COLLATE utf8mb4_nopad_bin",
            "VARCHAR(50) CHARACTER SET utf16 COLLATE utf16_unicode_ci",
            "TEXT",
        ]
    }

    fn stamps() -> Vec<(&'static str, [&'static str; 3])> {
        vec![
            ("DATETIME(6)", ["'2026-04-28 08:30'", "'2026-05-01 08:30:00.123456'", "'2026-05-04 08:30'"]),
            (
                "TIMESTAMP(6) NULL",
                ["'2026-04-28 08:30'", "'2026-05-01 08:30:00.123456'", "'2026-05-04 08:30'"],
            ),
            ("DATE", ["'2026-04-28'", "'2026-05-01'", "'2026-05-04'"]),
            ("INT UNSIGNED", ["1777300000", "1777595400", "1777900000"]),
            ("BIGINT", ["1777300000123", "1777595400123", "1777900000123"]),
            ("DECIMAL(14, 0)", ["20260428083000", "20260501083000", "20260504083000"]),
            ("VARCHAR(30)", ["'2026-04-28 08:30'", "'2026-05-01 08:30'", "'2026-05-04 08:30'"]),
            ("VARCHAR(30) CHARACTER SET gbk", ["'2026/04/28'", "'2026/05/01'", "'2026/05/04'"]),
            ("CHAR(14)", ["'20260428083000'", "'20260501083000'", "'20260504083000'"]),
        ]
    }

    fn short_text_elsewhere() -> &'static str {
        "VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    }

    fn short_text() -> &'static str {
        "VARCHAR(100)"
    }

    fn comments() -> Option<&'static str> {
        Some("ALTER TABLE t COMMENT '成果表', MODIFY cgmc VARCHAR(100) COMMENT '成果名称'")
    }

    fn writing_query() -> (&'static str, &'static str) {
        (
            "CREATE FUNCTION grow() RETURNS INT BEGIN INSERT INTO t VALUES (99); RETURN 1; END",
            "SELECT grow() AS id",
        )
    }

    async fn bytes(&self) -> Vec<u8> {
        let mut connection = self.connect().await;
        // What the server still has to tidy up after the table was filled is done first.
        for sql in ["SET GLOBAL innodb_max_purge_lag_wait = 0", "FLUSH TABLES t FOR EXPORT"] {
            connection.execute(sql).await.expect(sql);
        }
        let file = mariadb::data_folder().join(&self.name).join("t.ibd");
        std::fs::read(file).expect("each table has its file")
    }

    async fn cut_readers(&self) -> bool {
        let mut connection = self.connect().await;
        let sql =
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
        for row in connection.fetch_all(sql).await.expect("sessions can be listed") {
            let kill = format!("KILL {}", row.get_unchecked::<i64, _>(0));
            connection.execute(AssertSqlSafe(kill)).await.expect("they are there");
        }
        true
    }

    async fn stranger(&self) -> Option<String> {
        let account = format!("stranger_{}", self.name);
        self.run(&format!("CREATE USER {account}; GRANT SELECT ON {}.open_t TO {account};", self.name)).await;
        mariadb::url_of(&account, &self.name)
    }
}

async fn read(city: &City, push: &Push) -> (Vec<Row>, Vec<Unreadable>, Ending) {
    let Seen { rows, unreadable, ending } =
        see(city, push).await.unwrap_or_else(|complaint| panic!("{complaint}"));
    (rows, unreadable, ending)
}

/// A route over a query and, if `child` is not empty, over a group of children keyed by `pid`.
fn push(query: &str, key: &str, child: &str) -> Push {
    let children =
        if child.is_empty() { String::new() } else { format!("query = '''{child}'''\nkey = 'pid'") };
    push_with(&format!("query = '''{query}'''"), &[key], &children)
}

fn query(text: &str) -> Relation {
    Relation::Query(Located { value: text.to_owned(), line: 1, column: 1 })
}

/// `name=type value` of every cell.
fn cells(row: &Row) -> Vec<String> {
    let cells = row.columns.iter().zip(&row.cells);
    cells.map(|(name, cell)| format!("{name}={} {cell}", cell.type_name())).collect()
}

fn keys(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.key.to_string()).collect()
}

fn complete(rows: u64, unreadable: u64) -> Ending {
    Ending::Complete { rows, unreadable, orphans: Vec::new() }
}
