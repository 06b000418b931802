//! SQLite, whose columns hold what they are given, whatever they declare.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::suite::{Expect, Ground};

/// A file in a folder of its own.
pub struct Sqlite {
    folder: tempfile::TempDir,
}

crate::conformance!(Sqlite);

impl Ground for Sqlite {
    async fn new() -> Option<Self> {
        let ground = Sqlite { folder: tempfile::tempdir().expect("a temporary folder") };
        // So that a city's program may write while a scan reads.
        ground.run("PRAGMA journal_mode = WAL").await;
        Some(ground)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.folder.path().join("市场 market.db").display())
    }

    async fn run(&self, sql: &str) {
        let path = self.folder.path().join("市场 market.db");
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut connection = options.connect().await.expect("a temporary database opens");
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
        connection.close().await.expect("a temporary database closes");
    }

    fn cell(case: &str) -> Option<(&'static str, &'static str)> {
        Some(match case {
            "null" => ("TEXT", "NULL"),
            "whole" => ("INTEGER", "-7"),
            "whole, the smallest" => ("INTEGER", "-9223372036854775808"),
            "whole, the largest" => ("INTEGER", "9223372036854775807"),
            "decimal, negative" => ("REAL", "-0.0001"),
            "decimal, zeros behind" => ("DECIMAL(12, 2)", "1.50"),
            "decimal, no places" => ("DECIMAL(12, 0)", "12500"),
            "float" => ("DOUBLE", "0.1"),
            "float, large" => ("REAL", "3075000000.25"),
            "float, infinite" => ("REAL", "9e999"),
            "text" => ("TEXT", "'高精度协作机器人'"),
            "text, empty" => ("TEXT", "''"),
            "text, blanks around" => ("VARCHAR(20)", "'  甲  '"),
            "text, four bytes each" => ("TEXT", "'𠮷😀'"),
            "text, control characters" => ("TEXT", "'a' || char(9) || 'b' || char(1, 13, 10, 127)"),
            "text, NUL" => ("TEXT", "'a' || char(0) || 'b'"),
            "text, not UTF-8" => ("TEXT", "CAST(x'b3c9b9fb' AS TEXT)"),
            "bytes" => ("BLOB", "x'0027ff'"),
            "bytes, empty" => ("BLOB", "x''"),
            _ => return None,
        })
    }

    fn own_cells() -> Vec<(&'static str, &'static str, Expect)> {
        vec![
            ("INTEGER", "'不详'", Expect::text("不详")),
            ("TEXT", "7", Expect::text("7")),
            ("", "7", Expect::Is(qilu::record::Value::Int(7))),
            ("DATETIME", "'2023-05-01 08:30:00'", Expect::text("2023-05-01 08:30:00")),
            ("DATETIME", "1700000000", Expect::Is(qilu::record::Value::Int(1_700_000_000))),
            ("BOOLEAN", "1", Expect::Is(qilu::record::Value::Int(1))),
        ]
    }

    fn text_columns() -> &'static [&'static str] {
        &["TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM", "BLOB", ""]
    }

    fn short_text() -> &'static str {
        "VARCHAR(100)"
    }

    fn comments() -> Option<&'static str> {
        None
    }

    fn writing_query() -> (&'static str, &'static str) {
        ("", "DELETE FROM t RETURNING id")
    }

    async fn bytes(&self) -> Vec<u8> {
        self.run("PRAGMA wal_checkpoint(TRUNCATE)").await;
        std::fs::read(self.folder.path().join("市场 market.db")).expect("the file is there")
    }

    async fn cut_readers(&self) -> bool {
        false
    }

    async fn stranger(&self) -> Option<String> {
        None
    }
}
