//! ODBC: the suite through PostgreSQL's driver, and what only a driver between us and the database can do wrong.
//!
//! The drivers are named by their files, so that the machine needs no registration of them.

use qilu::city::{City, Writer};
use qilu::config::{Database, Engine, Located};
use qilu::record::{Language, Value};
use qilu::source::{Ending, scan};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::postgres;
use crate::suite::{Expect, Ground, ZONE, city, city_at, database, push, push_with, said, see};

const POSTGRES_DRIVER: &str = "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so";
const SQLITE_DRIVER: &str = "/usr/lib/x86_64-linux-gnu/odbc/libsqlite3odbc.so";

/// A database of the PostgreSQL server, read through its ODBC driver.
pub struct Postgres {
    server: postgres::Postgres,
}

crate::conformance!(reading Postgres);

impl Postgres {
    /// As ODBC reaches it.
    fn odbc_for(&self, account: &str) -> String {
        let url = self.server.url_for(account);
        let port = url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).expect("a port");
        format!(
            "odbc:Driver={POSTGRES_DRIVER};Server=127.0.0.1;Port={port};Database={};UID={account};",
            self.server.name
        )
    }
}

/// What is not said here is as without the driver between.
impl Ground for Postgres {
    async fn new() -> Option<Self> {
        Some(Postgres { server: postgres::Postgres::new().await? })
    }

    fn url(&self) -> String {
        self.odbc_for("postgres")
    }

    async fn run(&self, sql: &str) {
        self.server.run(sql).await;
    }

    fn cell(case: &str) -> Option<(&'static str, &'static str)> {
        match case {
            "decimal, 30 digits" => Some(("numeric", "1234567890.12345678901234567899")),
            "text, four bytes each" => Some(("varchar(2)", "'𠮷😀'")),
            // ODBC has no such types, or its dates do not reach so far.
            "flag"
            | "text, one of a set"
            | "date, infinite"
            | "date, before the year 1"
            | "time, infinite"
            | "json"
            | "json, null"
            | "list of texts"
            | "list of numbers" => None,
            other => postgres::Postgres::cell(other),
        }
    }

    fn own_cells() -> Vec<(&'static str, &'static str, Expect)> {
        let int = |number| Expect::Is(Value::Int(number));
        vec![
            // ODBC's bit is a number; every other type that only PostgreSQL has comes as text.
            ("boolean", "true", int(1)),
            ("boolean", "false", int(0)),
            ("numeric", "1e27", Expect::decimal("1000000000000000000000000000")),
            ("numeric", "1.00000000000000000000000000000000", Expect::decimal("1")),
            ("numeric", "1e-29", Expect::Row("Q2014")),
            ("numeric", "1e200", Expect::Row("Q2014")),
            ("numeric", "1e-200", Expect::Row("Q2014")),
            ("varchar", "repeat('长', 300)", Expect::text(&"长".repeat(300))),
            ("jsonb", r#"'{"a": "甲"}'"#, Expect::text(r#"{"a": "甲"}"#)),
            ("text[]", "'{甲,乙}'", Expect::text("{甲,乙}")),
            ("xml", "'<a/>'", Expect::text("<a/>")),
            ("interval", "'1 day'", Expect::text("1 day")),
        ]
    }

    fn text_columns() -> &'static [&'static str] {
        &["text", "varchar(9)", "varchar", "text COLLATE \"en-x-icu\""]
    }

    fn stamps() -> Vec<(&'static str, [&'static str; 3])> {
        postgres::Postgres::stamps()
    }

    fn short_text() -> &'static str {
        postgres::Postgres::short_text()
    }

    fn comments() -> Option<&'static str> {
        postgres::Postgres::comments()
    }

    fn writing_query() -> (&'static str, &'static str) {
        postgres::Postgres::writing_query()
    }

    async fn bytes(&self) -> Vec<u8> {
        let sql = "SELECT string_agg(concat_ws(',', ctid, xmin, xmax, cmin, t), ';' ORDER BY ctid) FROM t";
        self.server.ask(sql).await.into_bytes()
    }

    async fn cut_readers(&self) -> bool {
        self.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
        true
    }

    async fn stranger(&self) -> Option<String> {
        self.server.stranger().await?;
        Some(self.odbc_for(&format!("stranger_{}", self.server.name)))
    }
}

/// A database of one table through the driver for SQLite, which knows no Unicode in statements.
struct Sqlite {
    folder: tempfile::TempDir,
}

impl Sqlite {
    async fn new(sql: &str) -> Option<Self> {
        let ground = Sqlite { folder: tempfile::tempdir().expect("a temporary folder") };
        let options = SqliteConnectOptions::new().filename(ground.path()).create_if_missing(true);
        let mut connection = options.connect().await.expect("a temporary database opens");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
        Some(ground)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("market.db")
    }

    fn url(&self) -> String {
        format!("odbc:Driver={SQLITE_DRIVER};Database={};", self.path().display())
    }
}

#[tokio::test]
async fn whole_sets_and_single_cells_give_the_same_values() {
    let Some(ground) = Postgres::new().await else { return };
    let columns = "i bigint, n numeric(14, 2), f real, g double precision, b boolean, v varchar(20), d date, \
                   s timestamp, z timestamptz, o time, u uuid";
    let values = "7, 12.50, 0.1, 0.1, true, '高精度😀', '2023-05-01', '2023-05-01 08:30:00.5', \
                  '2023-05-01 08:30:00+00', '08:30:00.25', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'";
    ground
        .run(&format!(
            "CREATE TABLE sets (id integer PRIMARY KEY, {columns}); CREATE TABLE cells (LIKE sets, x text);
             INSERT INTO sets VALUES (1, {values}); INSERT INTO sets VALUES (2); INSERT INTO cells SELECT *, '长' FROM sets;"
        ))
        .await;
    let city = city(&ground).await;
    let read = async |table: &str| {
        let rows = see(&city, &push(&format!("table = '{table}'"), &["id"])).await;
        rows.expect("the table is there").whole().into_iter().map(|row| row.cells).collect::<Vec<_>>()
    };
    let (sets, cells) = (read("sets").await, read("cells").await);
    assert_eq!(sets[0].len(), 12);
    for (one, other) in sets.iter().zip(&cells) {
        assert_eq!(one[..], other[..12]);
    }
    assert!(sets[1][1..].iter().all(Value::is_null));
}

#[tokio::test]
async fn a_text_of_a_megabyte_is_not_cut() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run(
            "CREATE TABLE t (id integer PRIMARY KEY, x text, y bytea, z varchar(20));
             INSERT INTO t VALUES (1, repeat('成果😀', 100000) || '完', decode(repeat('00ff', 500000), 'hex'), 'a'),
                                  (2, '', '', ''), (3, NULL, NULL, NULL), (4, '短', '\\x01', '短');",
        )
        .await;
    let rows =
        see(&city(&ground).await, &push("table = 't'", &["id"])).await.expect("the table is there").whole();
    let text = rows[0].get("x").and_then(Value::as_str).expect("a text");
    assert_eq!((text.chars().count(), text.len()), (300_001, 1_000_003));
    assert!(text.ends_with("😀完"));
    assert!(
        matches!(rows[0].get("y"), Some(Value::Bytes(bytes)) if bytes.len() == 1_000_000 && bytes[..2] == [0, 255])
    );
    assert_eq!(rows[1].get("x"), Some(&Value::text("")));
    assert_eq!(rows[2].get("x"), Some(&Value::Null));
    assert_eq!(rows[3].cells[1..], [Value::text("短"), Value::Bytes([1].into()), Value::text("短")]);
}

#[tokio::test]
async fn a_text_longer_than_its_driver_says_ends_the_scan_and_is_not_cut() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run("CREATE TABLE t (id integer, mc varchar); INSERT INTO t VALUES (1, '甲'), (2, repeat('长', 99))")
        .await;
    let city = city_at(&format!("{}MaxVarcharSize=20;", ground.url())).await;
    let seen = see(&city, &push("table = 't'", &["id"])).await.expect("the table is there");
    let Ending::Incomplete(complaint) = seen.ending else { panic!("{:?}", seen.ending) };
    let said = said(&complaint);
    assert!(
        said.starts_with("Q2004") && said.contains("column mc") && said.contains("VARCHAR(20)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_hundred_thousand_rows_stream_and_may_be_left_early() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run(
            "CREATE TABLE t AS SELECT id, 'KJ-' || id AS bh, id * 1.5 AS je, now() AS sj, repeat('长', 20)::varchar(40) AS mc
             FROM generate_series(1, 100000) AS id; ALTER TABLE t ADD PRIMARY KEY (id)",
        )
        .await;
    let city = city(&ground).await;
    let push = push("table = 't'", &["id"]);
    let mut left = scan(&city, &push).await.expect("the table is there");
    for _ in 0..10 {
        left.next().await.expect("there are more").expect("every row is good");
    }
    assert!(matches!(left.end(), Ending::Incomplete(_)));
    let mut whole = scan(&city, &push).await.expect("the table is there");
    while let Some(row) = whole.next().await {
        row.expect("every row is good");
    }
    assert_eq!(whole.end(), Ending::Complete { rows: 100_000, unreadable: 0, orphans: Vec::new() });
    // The thread of the first reading has noticed that nobody listens, and closed its connection.
    let sql = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..200 {
        if ground.server.ask(sql).await == "0" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a reading is still open");
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is() {
    let message = async |url: &str| match City::open(&database(url)).await {
        Ok(_) => panic!("{url} opens"),
        Err(complaint) => said(&complaint),
    };
    let missing = message("odbc:DSN=no_such_source;UID=READER").await;
    assert!(missing.starts_with("Q2070") && missing.contains("no_such_source"), "{missing}");
    assert!(missing.contains("odbc.ini") && missing.contains("Driver="), "{missing}");
    for driver in ["DM8 ODBC DRIVER", "/opt/dmdbms/bin/libdodbc.so"] {
        let missing = message(&format!("odbc:Driver={{{driver}}};Server=10.0.0.5;UID=READER")).await;
        assert!(missing.starts_with("Q2071") && missing.contains(driver), "{missing}");
    }
    let closed = message(&format!("odbc:Driver={POSTGRES_DRIVER};Server=127.0.0.1;Port=1;UID=READER")).await;
    assert!(closed.starts_with("Q2001") && closed.contains("SQLSTATE 08001"), "{closed}");
}

#[tokio::test]
async fn a_password_comes_from_its_reference_and_is_never_shown() {
    let Some(ground) = Postgres::new().await else { return };
    // Every sign that means something in a connection string.
    let password = "p@ss;w}or d+%3D=1";
    ground.run(&format!("CREATE ROLE keyed LOGIN PASSWORD '{password}'")).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |text: &str| Located { value: text.to_owned(), line: 1, column: 1 };
    let open = async |secret: &str| {
        let path = folder.path().join("password");
        std::fs::write(&path, secret).expect("the folder is there");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("it is ours");
        let url = ground.odbc_for("keyed");
        let engine = Engine::parse(&url, Some(at("file:password")), folder.path()).expect("a good URL");
        let root = folder.path().to_owned();
        City::open(&Database { name: "market".into(), engine, zone: ZONE, root, ..database(&url) }).await
    };
    let city = open(password).await.unwrap_or_else(|complaint| panic!("{complaint}"));
    assert!(!format!("{city:?}").contains("p@ss"));
    let refused = open("wr0ng;").await.map(drop).expect_err("the password is wrong");
    let said = said(&refused);
    assert!(said.starts_with("Q2001") && said.contains("keyed") && !said.contains("wr0ng"), "{said}");
}

#[tokio::test]
async fn imports_are_not_written_through_odbc() {
    let url = format!("odbc:Driver={POSTGRES_DRIVER};Server=127.0.0.1;UID=WRITER");
    let refused = Writer::open(&database(&url)).await.map(drop).expect_err("ODBC is for reading");
    assert_eq!(refused.id, "Q2007");
}

#[tokio::test]
async fn children_come_from_the_same_connection_and_long_columns_settle_ties() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run(
            "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE p (pid integer, j json, x text);
             INSERT INTO t SELECT generate_series(1, 3);
             INSERT INTO p VALUES (3, '[2]', 'b'), (1, '{}', 'c'), (3, '[1]', 'z'), (3, '[1]', 'a');",
        )
        .await;
    let push = push_with("table = 't'", &["id"], "table = 'p'\nkey = 'pid'");
    let rows = see(&city(&ground).await, &push).await.expect("the tables are there").whole();
    let found: Vec<Vec<_>> = rows
        .iter()
        .map(|row| {
            row.children[0].1.iter().filter_map(|child| child.get("x")).map(ToString::to_string).collect()
        })
        .collect();
    assert_eq!(found, [vec!["c"], vec![], vec!["a", "z", "b"]]);
}

#[tokio::test]
async fn a_driver_without_unicode_takes_chinese_whole_or_is_not_asked() {
    let sql = "CREATE TABLE t_cg (id INTEGER PRIMARY KEY, mc TEXT, zt VARCHAR(20), je DOUBLE);
               INSERT INTO t_cg VALUES (1, '高精度😀', '已发布', 12.5), (2, NULL, '草稿', 0.1)";
    let Some(ground) = Sqlite::new(sql).await else { return };
    let city = city_at(&ground.url()).await;
    let rows = see(&city, &push("table = 't_cg'", &["id"])).await.expect("the table is there").whole();
    assert_eq!(
        rows[0].cells,
        [
            Value::Int(1),
            Value::text("高精度😀"),
            Value::text("已发布"),
            Value::Decimal("12.5".parse().expect("a number"))
        ]
    );
    let query = "query = \"SELECT * FROM t_cg WHERE zt = '已发布'\"";
    // Another driver of this process may have set its locale; then what is said arrives. It is never half of it.
    match see(&city, &push(query, &["id"])).await {
        Ok(seen) => assert_eq!(seen.keys(), ["1"]),
        Err(refused) => {
            assert_eq!(refused.id, "Q2072", "{refused}");
            assert!(refused.advice(Language::English).contains("Unicode"));
        }
    }
    let tables = city.survey().await.expect("the catalogue can be read").tables;
    assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["t_cg"]);
    assert_eq!(tables[0].columns.len(), 4);
    assert!(tables[0].columns[0].in_key);
}
