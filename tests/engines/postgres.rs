//! PostgreSQL: the suite, and what only a server with accounts, schemas and settings can do wrong.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use qilu::city::{City, Sort};
use qilu::config::{Database, Engine, Located, Relation};
use qilu::record::Value;
use qilu::source::fetch;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use crate::servers::postgres::url_of;
use crate::suite::{Expect, Ground, city, city_at, database, push, said, see};

/// A database of the one server.
pub struct Postgres {
    pub name: String,
}

crate::conformance!(Postgres);

/// What tests find in an empty database.
const FURNITURE: &str = "
    CREATE TYPE zt AS ENUM ('草稿', '已发布');
    CREATE TYPE pair AS (a integer, b text);
    CREATE DOMAIN je AS numeric(12, 2) CHECK (VALUE >= 0);
    CREATE EXTENSION citext;
    CREATE COLLATION careless (provider = icu, locale = 'und-u-ks-level1', deterministic = false);";

impl Postgres {
    async fn connect(&self) -> PgConnection {
        connect(&self.url()).await
    }

    pub fn url_for(&self, account: &str) -> String {
        url_of(account, &self.name).expect("servers are not left out")
    }

    /// One text that the owner asks for.
    pub async fn ask(&self, sql: &str) -> String {
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut self.connect().await).await;
        row.expect(sql).try_get(0).expect("a text")
    }

    async fn describe(&self, query: &str) -> Vec<(String, Sort)> {
        let query = Located { value: query.to_owned(), line: 1, column: 1 };
        let columns = city(self).await.describe(&Relation::Query(query)).await.expect("the query is good");
        columns.into_iter().map(|column| (column.declared_type, column.sort)).collect()
    }
}

async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().expect("a good URL");
    options.connect().await.expect("the server is there")
}

impl Ground for Postgres {
    async fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let url = url_of("postgres", "postgres")?;
        let ground = Postgres { name: format!("market_{}", COUNT.fetch_add(1, Ordering::Relaxed)) };
        let sql = format!("CREATE DATABASE {}", ground.name);
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connect(&url).await).await;
        done.expect("a database can be made");
        ground.run(FURNITURE).await;
        Some(ground)
    }

    fn url(&self) -> String {
        self.url_for("postgres")
    }

    async fn run(&self, sql: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connect().await).await;
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    fn cell(case: &str) -> Option<(&'static str, &'static str)> {
        Some(match case {
            "null" => ("numeric", "NULL"),
            "whole" => ("smallint", "-7"),
            "whole, the smallest" => ("bigint", "-9223372036854775808"),
            "whole, the largest" => ("bigint", "9223372036854775807"),
            "whole, beyond the signed" => ("numeric(20)", "18446744073709551615"),
            "decimal" => ("numeric(18, 4)", "12345678901234.5678"),
            "decimal, negative" => ("numeric(12, 4)", "-0.0001"),
            "decimal, zeros behind" => ("numeric", "1.50"),
            "decimal, no places" => ("numeric(12)", "12500"),
            "decimal, 28 digits" => ("numeric", "1234567890123456789012345.678"),
            "decimal, 30 digits" => ("numeric", "1234567890.12345678901234567890"),
            "decimal, not a number" => ("numeric", "'NaN'"),
            "float" => ("double precision", "0.1"),
            "float, short" => ("real", "0.1"),
            "float, large" => ("double precision", "3075000000.25"),
            "float, infinite" => ("double precision", "'Infinity'"),
            "float, not a number" => ("real", "'NaN'"),
            "flag" => ("boolean", "true"),
            "text" => ("text", "'高精度协作机器人'"),
            "text, empty" => ("varchar(9)", "''"),
            "text, blanks around" => ("varchar(9)", "'  甲  '"),
            "text, four bytes each" => ("text", "'𠮷😀'"),
            "text, control characters" => ("text", r"E'a\tb\u0001\r\n\u007f'"),
            "text, padded" => ("char(5)", "'AB'"),
            "text, one of a set" => ("zt", "'已发布'"),
            "bytes" => ("bytea", r"'\x0027ff'"),
            "bytes, empty" => ("bytea", "''"),
            "date" => ("date", "'2023-05-01'"),
            "date, leap day" => ("date", "'2024-02-29'"),
            "date, before 1970" => ("date", "'1949-10-01'"),
            "date, infinite" => ("date", "'infinity'"),
            "date, before the year 1" => ("date", "'0044-03-15 BC'"),
            "time of day" => ("time", "'08:30'"),
            "time, no zone" => ("timestamp", "'2023-05-01 08:30'"),
            "time, no zone, microseconds" => ("timestamp", "'2023-05-01 08:30:00.123456'"),
            "time, no zone, summer" => ("timestamp", "'1986-07-01 08:30'"),
            "time, no zone, leapt over" => ("timestamp", "'1986-05-04 02:30'"),
            "time, no zone, twice" => ("timestamp", "'1986-09-14 01:30'"),
            "time, infinite" => ("timestamptz", "'-infinity'"),
            "time, zone" => ("timestamptz", "'2023-04-30 19:30-05'"),
            "identifier" => ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"),
            "json" => ("json", r#"'{"b": [1, null, "甲"], "a": {"c": true}}'"#),
            "json, null" => ("jsonb", "'null'"),
            "list of texts" => ("text[]", r#"'{甲,NULL,"乙,丙"}'"#),
            "list of numbers" => ("integer[]", "'{1,2,3}'"),
            _ => return None,
        })
    }

    fn own_cells() -> Vec<(&'static str, &'static str, Expect)> {
        let refused = Expect::Query("Q2030");
        let int = |number| Expect::Is(Value::Int(number));
        vec![
            ("numeric", "0", int(0)),
            ("numeric", "100000000", int(100_000_000)),
            ("numeric", "-9223372036854775808", int(i64::MIN)),
            ("numeric", "1e27", Expect::decimal("1000000000000000000000000000")),
            ("numeric", "0.0000001", Expect::decimal("0.0000001")),
            ("numeric", "-1.5e-20", Expect::decimal("-0.000000000000000000015")),
            ("numeric", "10000.0001", Expect::decimal("10000.0001")),
            ("numeric", "1.00000000000000000000000000000000", Expect::decimal("1")),
            ("numeric", "1e-29", Expect::Row("Q2014")),
            ("numeric", "1e200", Expect::Row("Q2014")),
            ("numeric", "'-Infinity'", Expect::Row("Q2014")),
            ("je", "12.50", Expect::decimal("12.5")),
            ("oid", "4294967295", int(4_294_967_295)),
            ("citext", "'Ab'", Expect::text("Ab")),
            ("name", "'n'", Expect::text("n")),
            ("\"char\"", "'x'", Expect::text("x")),
            ("xml", "'<a/>'", Expect::text("<a/>")),
            ("jsonb", r#"'{"b": 1.50, "a": "x"}'"#, Expect::json(r#"{"a": "x", "b": 1.5}"#)),
            ("jsonb", "'0.1234567890123456789'", Expect::decimal("0.1234567890123456789")),
            ("jsonb", "'1e300'", Expect::Row("Q2014")),
            ("json", r#"'{"a": 1, "a": 2}'"#, Expect::json(r#"{"a": 2}"#)),
            ("json", r#"'"\ud800"'"#, Expect::Row("Q2032")),
            ("integer[]", "'{{1,2},{3,NULL}}'", Expect::json("[[1, 2], [3, null]]")),
            ("integer[]", "'{}'", Expect::json("[]")),
            ("integer[]", "'[5:6]={1,2}'", Expect::json("[1, 2]")),
            ("zt[]", "'{草稿,已发布}'", Expect::json(r#"["草稿", "已发布"]"#)),
            ("je[]", "'{1.5}'", Expect::json("[1.5]")),
            ("float8[]", "'{1,NaN}'", Expect::Row("Q2014")),
            ("time", "'24:00'", Expect::text("24:00:00")),
            ("time", "'08:30:00.5'", Expect::text("08:30:00.5")),
            ("timestamp", "'0044-03-15 12:00 BC'", Expect::Row("Q2031")),
            ("timestamp", "'12345-01-01'", Expect::Row("Q2031")),
            ("date", "'5874897-12-31'", Expect::Row("Q2031")),
            ("interval", "'1 day'", refused.clone()),
            ("interval[]", "'{1 day}'", refused.clone()),
            ("money", "1", refused.clone()),
            ("inet", "'10.0.0.1'", refused.clone()),
            ("cidr", "'10.0.0.0/8'", refused.clone()),
            ("macaddr", "'08:00:2b:01:02:03'", refused.clone()),
            ("point", "'(1,2)'", refused.clone()),
            ("int4range", "'[1,2)'", refused.clone()),
            ("bit(3)", "B'101'", refused.clone()),
            ("tsvector", "'a'", refused.clone()),
            ("timetz", "'08:30+08'", refused.clone()),
            ("pair", "'(1,a)'", refused),
        ]
    }

    fn text_columns() -> &'static [&'static str] {
        &["text", "varchar(50)", "varchar(50) COLLATE \"zh-x-icu\"", "text COLLATE careless", "citext"]
    }

    fn stamps() -> Vec<(&'static str, [&'static str; 3])> {
        vec![
            ("timestamp", ["'2026-04-28 08:30'", "'2026-05-01 08:30:00.123456'", "'2026-05-04 08:30'"]),
            (
                "timestamptz",
                ["'2026-04-28 08:30+08'", "'2026-05-01 08:30:00.123456-05'", "'2026-05-04 08:30Z'"],
            ),
            ("date", ["'2026-04-28'", "'2026-05-01'", "'2026-05-04'"]),
            ("integer", ["1777300000", "1777595400", "1777900000"]),
            ("bigint", ["1777300000123", "1777595400123", "1777900000123"]),
            ("numeric(14)", ["20260428083000", "20260501083000", "20260504083000"]),
            ("double precision", ["1777300000.5", "1777595400.5", "1777900000.5"]),
            ("text", ["'2026/04/28 08:30:00'", "'2026/05/01 08:30:00'", "'2026/05/04 08:30:00'"]),
            ("char(20)", ["'2026-04-28T08:30'", "'2026-05-01T08:30'", "'2026-05-04T08:30'"]),
        ]
    }

    fn short_text() -> &'static str {
        "varchar(100)"
    }

    fn comments() -> Option<&'static str> {
        Some("COMMENT ON TABLE t IS '成果表'; COMMENT ON COLUMN t.cgmc IS '成果名称'")
    }

    fn writing_query() -> (&'static str, &'static str) {
        let function = "CREATE FUNCTION plant() RETURNS integer LANGUAGE sql AS
                        'INSERT INTO t VALUES (2) RETURNING id';";
        (function, "SELECT plant() AS id")
    }

    /// At rest when every page is known to be frozen, which waits for sessions that could still see a row otherwise.
    async fn bytes(&self) -> Vec<u8> {
        for _ in 0..100 {
            self.run("VACUUM (FREEZE) t").await;
            let is_frozen =
                "SELECT (relpages > 0 AND relallvisible = relpages)::text FROM pg_class WHERE relname = 't'";
            if self.ask(is_frozen).await == "true" {
                self.run("CHECKPOINT").await;
                let sql = "SELECT encode(pg_read_binary_file(pg_relation_filepath('t')), 'hex')";
                return self.ask(sql).await.into_bytes();
            }
        }
        panic!("the table does not come to rest");
    }

    async fn cut_readers(&self) -> bool {
        let sql = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity
                   WHERE application_name = 'qilu' AND datname = current_database()";
        assert_ne!(self.ask(sql).await, "0", "nobody reads");
        true
    }

    async fn stranger(&self) -> Option<String> {
        let account = format!("stranger_{}", self.name);
        self.run(&format!("CREATE ROLE {account} LOGIN; GRANT SELECT ON open_t TO {account}")).await;
        Some(self.url_for(&account))
    }
}

#[tokio::test]
async fn settings_of_an_account_do_not_change_what_a_query_means() {
    let Some(ground) = Postgres::new().await else { return };
    let account = format!("odd_{}", ground.name);
    ground.run(&format!("CREATE ROLE {account} LOGIN; GRANT pg_read_all_data TO {account}")).await;
    for setting in [
        "TimeZone = 'America/New_York'",
        "DateStyle = 'German'",
        "IntervalStyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = -10",
        "standard_conforming_strings = off",
        "transform_null_equals = on",
        "statement_timeout = '50ms'",
        "idle_in_transaction_session_timeout = '50ms'",
        "default_transaction_isolation = 'serializable'",
    ] {
        ground.run(&format!("ALTER ROLE {account} SET {setting}")).await;
    }
    let query = r"query = '''SELECT 1 AS id, pg_sleep(0.1)::text AS slow,
                  timestamptz '2023-05-01 00:30+00'::text AS t, date '2023-05-01'::text AS d, '\x41'::bytea::text AS b,
                  (1 / 3.0::float8)::text AS f, 'a\n' AS s, interval '1 day'::text AS i, NULL = NULL AS n'''";
    let url = ground.url_for(&account);
    let rows = see(&city_at(&url).await, &push(query, &["id"])).await.expect("the query is good").whole();
    let texts: Vec<_> = rows[0].cells[2..].iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["2023-05-01 08:30:00+08", "2023-05-01", r"\x41", "0.3333333333333333", r"a\n", "1 day", ""]
    );
}

#[tokio::test]
async fn tables_of_other_schemas_go_by_their_full_names() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run(
            "CREATE SCHEMA kj; CREATE TABLE kj.cg (id integer PRIMARY KEY, mc text); INSERT INTO kj.cg VALUES (1, '甲');
             CREATE TABLE own (id integer REFERENCES kj.cg, PRIMARY KEY (id)); INSERT INTO own VALUES (1);
             CREATE TABLE parted (id integer) PARTITION BY RANGE (id);
             CREATE TABLE part_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
             CREATE MATERIALIZED VIEW seen AS SELECT * FROM own;",
        )
        .await;
    let city = city(&ground).await;
    let rows = see(&city, &push("table = 'kj.cg'", &["id"])).await.expect("it is there").whole();
    assert_eq!(rows[0].get("mc"), Some(&Value::text("甲")));
    let rows = see(&city, &push("table = 'public.own'", &["id"])).await.expect("it is there").whole();
    assert_eq!(rows.len(), 1);
    let names = city.tables().await.expect("tables can be listed");
    assert_eq!(
        names,
        ["kj.cg", "own", "parted", "public.own", "public.parted", "public.seen", "seen"].map(str::to_owned)
    );
    let survey = city.survey().await.expect("the catalogue can be read");
    let found: Vec<_> = survey.tables.iter().map(|table| (table.name.as_str(), table.is_view)).collect();
    assert_eq!(found, [("kj.cg", false), ("own", false), ("parted", false), ("seen", true)]);
    assert_eq!(survey.tables[1].references[0].table, "kj.cg");
}

#[tokio::test]
async fn a_column_that_cannot_be_read_is_told_with_the_cast_that_helps() {
    let Some(ground) = Postgres::new().await else { return };
    ground
        .run(
            "CREATE TABLE t (id integer PRIMARY KEY, \"登录 IP\" inet); INSERT INTO t VALUES (1, '10.0.0.1')",
        )
        .await;
    let city = city(&ground).await;
    let refused = see(&city, &push("table = 't'", &["id"])).await.err().expect("an address has no value");
    let advice = r#"CAST("登录 IP" AS text)"#;
    assert!(said(&refused).starts_with("Q2030") && said(&refused).contains(advice), "{}", said(&refused));
    let query = format!("query = '''SELECT id, {advice} AS ip FROM t'''");
    let rows = see(&city, &push(&query, &["id"])).await.expect("the advice is good").whole();
    assert_eq!(rows[0].get("ip"), Some(&Value::text("10.0.0.1/32")));
    // Whoever only looks around sees the other columns, and the same words.
    let survey = city.survey().await.expect("the catalogue can be read");
    let lines = city.sample(&survey.tables[0], 5).await.expect("rows can be looked at");
    assert_eq!(lines[0].cells, [Value::Int(1), Value::Null]);
    assert!(said(&lines[0].troubles[0]).contains(advice));
}

#[tokio::test]
async fn columns_tell_how_they_sort() {
    let Some(ground) = Postgres::new().await else { return };
    let found = ground
        .describe("SELECT 1::bigint AS a, 1.5 AS b, 'x' AS c, 'x'::char(3) AS d, current_date AS e, true AS f, 1::real AS g")
        .await;
    let expect = [
        ("INT8", Sort::Number),
        ("NUMERIC", Sort::Number),
        ("TEXT", Sort::Text),
        ("CHAR", Sort::Text),
        ("DATE", Sort::Other),
        ("BOOL", Sort::Other),
        ("FLOAT4", Sort::Number),
    ];
    assert_eq!(found, expect.map(|(name, sort)| (name.to_owned(), sort)));
}

#[tokio::test]
async fn keys_of_every_type_come_in_their_order_and_are_found_again() {
    let Some(ground) = Postgres::new().await else { return };
    let rows = [
        ("numeric", "9, 10, -1, 2", &["-1", "2", "9", "10"][..]),
        ("char(4)", "'b', 'a', 'a!', 'B'", &["B", "a", "a!", "b"]),
        ("date", "'2023-05-01', '0999-01-01', '2022-12-31'", &["0999-01-01", "2022-12-31", "2023-05-01"]),
        (
            "timestamp",
            "'2023-05-01 08:30:00.5', '2023-05-01 08:30', '2023-05-01 08:29:59.999999'",
            &[
                "2023-05-01T08:29:59.999999+08:00",
                "2023-05-01T08:30:00+08:00",
                "2023-05-01T08:30:00.500+08:00",
            ],
        ),
        (
            "timestamptz",
            "'1986-09-13 16:30+00', '1986-09-13 15:30+00', '1986-09-13 14:30+00', '1986-09-13 14:30:00.25+00'",
            &[
                "1986-09-13T23:30:00+09:00",
                "1986-09-13T23:30:00.250+09:00",
                "1986-09-14T00:30:00+09:00",
                "1986-09-14T01:30:00+09:00",
            ],
        ),
        (
            "uuid",
            "'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '0aeebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            &["0aeebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
        ),
        ("zt", "'已发布', '草稿'", &["已发布", "草稿"]),
        ("time", "'10:00', '08:30:00.5', '08:30'", &["08:30:00", "08:30:00.5", "10:00:00"]),
    ];
    let city = city(&ground).await;
    for (place, (declaration, values, expect)) in rows.into_iter().enumerate() {
        let values: Vec<_> = values.split(", ").map(|value| format!("({value})")).collect();
        ground
            .run(&format!(
                "CREATE TABLE t{place} (k {declaration}); INSERT INTO t{place} VALUES {}",
                values.join(", ")
            ))
            .await;
        let push = push(&format!("table = 't{place}'"), &["k"]);
        let seen = see(&city, &push).await.expect("the table is there");
        assert_eq!(seen.keys(), expect, "{declaration}");
        for key in expect {
            let found = fetch(&city, &push, key).await.expect("the row is good");
            assert!(found.is_some(), "{declaration}: {key}");
        }
        assert!(fetch(&city, &push, "nothing").await.is_ok_and(|found| found.is_none()), "{declaration}");
    }
}

#[tokio::test]
async fn a_password_is_looked_up_where_it_is_kept() {
    let Some(ground) = Postgres::new().await else { return };
    let sql = "DO $$ BEGIN CREATE ROLE guarded LOGIN PASSWORD 's3cret'; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
    ground.run(sql).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = async |text: &str| {
        let path = folder.path().join("password");
        std::fs::write(&path, text).expect("the folder is ours");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("ours");
        let place = |value: &str| Located { value: value.to_owned(), line: 1, column: 1 };
        let reference = place("file:password");
        let url = ground.url_for("guarded");
        let engine = Engine::parse(&url, Some(reference), Path::new("")).expect("a good URL");
        let database = Database { engine, root: folder.path().to_owned(), ..database(&url) };
        City::open(&database).await.map(drop)
    };
    assert_eq!(open("s3cret\n").await, Ok(()));
    let refused = open("hunter2").await.expect_err("the password is wrong").to_string();
    assert!(
        refused.starts_with("Q2001") && refused.contains("guarded") && !refused.contains("hunter2"),
        "{refused}"
    );
    let nobody = City::open(&database(&url_of("nobody", "no_such_database").expect("as before"))).await;
    assert!(nobody.is_err_and(|complaint| complaint.id == "Q2001"));
}
