//! What only MySQL and MariaDB do, on real MariaDB servers.

use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;
use qilu::city::{City, Reference, Upsert, Writer};
use qilu::config::{Database, Flow, Located, Push, Relation, Route};
use qilu::record::{Complaint, Language, Row, Value};
use qilu::source::{Ending, Unreadable, fetch, scan};
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row as _};

use super::servers::mariadb;

const SHANGHAI: Tz = Tz::Asia__Shanghai;
const NEW_YORK: Tz = Tz::America__New_York;

/// A database of its own on a server, and its administrator.
struct Town {
    url: String,
    admin: MySqlConnection,
}

impl Town {
    /// `None` if servers are left out.
    async fn new(name: &str, sql: &str) -> Option<Self> {
        Self::at(mariadb::url()?, name, sql).await
    }

    async fn at(server: String, name: &str, sql: &str) -> Option<Self> {
        let mut admin = MySqlConnection::connect(&server).await.expect("the server answers");
        // What the tests write, the server must take as it is.
        let begin = format!(
            "SET SESSION sql_mode = 'ANSI_QUOTES'; CREATE DATABASE {name} CHARACTER SET utf8mb4; USE {name}"
        );
        for sql in [begin.as_str(), "SET SESSION time_zone = '+08:00'", sql] {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.expect(sql);
        }
        Some(Town { url: server.replace("/market", &format!("/{name}")), admin })
    }

    async fn run(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.admin).await.expect(sql);
    }

    fn database(&self, zone: Tz) -> Database {
        Database::from_url("market", &self.url, zone).expect("a good URL")
    }

    async fn city(&self) -> City {
        City::open(&self.database(SHANGHAI)).await.expect("the server is there")
    }

    async fn scan(&self, push: &Push) -> (Vec<Row>, Vec<Unreadable>, Ending) {
        read(&self.city().await, push).await
    }

    /// The checksums of tables, as the server computes them over every row.
    async fn checksums(&mut self, tables: &str) -> Vec<Option<i64>> {
        let sql = AssertSqlSafe(format!("CHECKSUM TABLE {tables} EXTENDED"));
        let rows = self.admin.fetch_all(sqlx::raw_sql(sql)).await.expect("the tables are there");
        rows.iter().map(|row| row.get_unchecked(1)).collect()
    }
}

async fn read(city: &City, push: &Push) -> (Vec<Row>, Vec<Unreadable>, Ending) {
    let mut scan = scan(city, push).await.unwrap_or_else(|complaint| panic!("{complaint}"));
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(found) = scan.next().await {
        match found {
            Ok(row) => rows.push(row),
            Err(row) => unreadable.push(row),
        }
    }
    (rows, unreadable, scan.end())
}

/// A route over a query and, if `child` is not empty, over a group of children keyed by `pid`.
fn push(query: &str, key: &str, child: &str) -> Push {
    let mut text = format!(
        "kind = 'a'\nplatform = 'p'\n[source]\ndatabase = 'market'\nquery = '''{query}'''\nkey = {key}\n\
         publish_when = 'true'\n[fields]\nt = 'x'\n"
    );
    if !child.is_empty() {
        text += &format!(
            "[children.people]\nquery = '''{child}'''\nkey = 'pid'\n[children.people.fields]\nn = 'x'\n"
        );
    }
    let (route, faults) = Route::read("r", Path::new("r.toml"), &text);
    assert_eq!(faults, []);
    match route.map(|route| route.flow) {
        Some(Flow::Push(push)) => push,
        other => panic!("not a push route: {other:?}"),
    }
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

fn said(complaint: &Complaint) -> String {
    format!("{complaint} {}", complaint.advice(Language::English))
}

#[tokio::test]
async fn every_type_is_read_as_the_value_that_it_holds() {
    let Some(town) = Town::new(
        "types",
        "CREATE TABLE t (
            id INT PRIMARY KEY, flag TINYINT(1), uflag TINYINT(1) UNSIGNED, tiny TINYINT, utiny TINYINT UNSIGNED,
            small SMALLINT UNSIGNED, medium MEDIUMINT, umedium MEDIUMINT UNSIGNED, uint_ INT UNSIGNED, big BIGINT,
            ubig BIGINT UNSIGNED, exact_ DECIMAL(30, 2), short_ FLOAT, long_ DOUBLE, zero INT(8) ZEROFILL,
            year_ YEAR, one BIT(1), bits BIT(20), all_ BIT(64), day_ DATE, moment DATETIME, fine DATETIME(6),
            stamp TIMESTAMP(3) NULL, time_ TIME, fine_time TIME(3), choice ENUM('公开','内部'), some SET('a','b','c'),
            fixed CHAR(8), words VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, old VARCHAR(50) CHARACTER SET utf8mb3,
            gbk VARCHAR(50) CHARACTER SET gbk, west VARCHAR(50) CHARACTER SET latin1, wide VARCHAR(50) CHARACTER SET utf16,
            long_text LONGTEXT, json_ JSON, raw_ BINARY(3), raws VARBINARY(20), blob_ BLOB, uuid_ UUID, inet INET6);
         INSERT INTO t VALUES (1, 2, 1, -128, 255, 65535, -8388608, 16777215, 4294967295, -9223372036854775808,
            18446744073709551615, 1234567890123456789012345678.90, 0.1, 12.345678901234567, 42,
            2023, 1, 4097, 18446744073709551615, '2023-05-01', '2023-05-01 08:30:00', '2023-05-01 08:30:00.000001',
            '2023-05-01 08:30:00.250', '-838:59:59', '08:30:00.500', '内部', 'a,c',
            'ab', '😀甲 ', '', '成果', 'é', '宽', REPEAT('长', 70000), '{\"a\": 1.50}', 'a', x'00ff', x'',
            '123e4567-e89b-12d3-a456-426614174000', '::1');
         INSERT INTO t (id) VALUES (2);",
    )
    .await
    else {
        return;
    };
    let (rows, unreadable, ending) = town.scan(&push("SELECT * FROM t", "['id']", "")).await;
    assert_eq!((ending, unreadable), (complete(2, 0), Vec::new()));
    let long_text = format!("long_text=text {}", "长".repeat(70_000));
    let expect = [
        "id=int 1",
        "flag=int 2",
        "uflag=int 1",
        "tiny=int -128",
        "utiny=int 255",
        "small=int 65535",
        "medium=int -8388608",
        "umedium=int 16777215",
        "uint_=int 4294967295",
        "big=int -9223372036854775808",
        "ubig=decimal 18446744073709551615",
        "exact_=decimal 1234567890123456789012345678.9",
        "short_=decimal 0.1",
        "long_=decimal 12.345678901234567",
        "zero=int 42",
        "year_=int 2023",
        "one=int 1",
        "bits=int 4097",
        "all_=decimal 18446744073709551615",
        "day_=date 2023-05-01",
        "moment=datetime 2023-05-01T08:30:00+08:00",
        "fine=datetime 2023-05-01T08:30:00.000001+08:00",
        "stamp=datetime 2023-05-01T08:30:00.250+08:00",
        "time_=text -838:59:59",
        "fine_time=text 08:30:00.5",
        "choice=text 内部",
        "some=text a,c",
        "fixed=text ab",
        "words=text 😀甲 ",
        "old=text ",
        "gbk=text 成果",
        "west=text é",
        "wide=text 宽",
        &long_text,
        "json_=text {\"a\": 1.50}",
        "raw_=bytes 610000",
        "raws=bytes 00ff",
        "blob_=bytes ",
        "uuid_=text 123e4567-e89b-12d3-a456-426614174000",
        "inet=text ::1",
    ];
    for (found, expect) in cells(&rows[0]).iter().zip(expect) {
        assert_eq!(found, expect);
    }
    assert_eq!(rows[0].cells.len(), expect.len());
    assert!(rows[1].cells.iter().skip(1).all(Value::is_null), "{:?}", rows[1]);
}

#[tokio::test]
async fn a_date_of_zeros_is_refused_by_its_column_and_its_row_is_still_there() {
    let Some(town) = Town::new(
        "zeros",
        "CREATE TABLE t (id INT, d DATE, dt DATETIME, ts TIMESTAMP NULL);
         INSERT INTO t VALUES (1, '0000-00-00', NULL, NULL), (2, '2023-00-00', NULL, NULL), (3, '2023-05-00', NULL, NULL),
            (4, NULL, '0000-00-00 00:00:00', NULL), (5, NULL, NULL, '0000-00-00 00:00:00'), (6, NULL, '2023-05-00 12:00:00', NULL),
            (7, NULL, NULL, NULL);",
    )
    .await
    else {
        return;
    };
    let (rows, unreadable, ending) = town.scan(&push("SELECT * FROM t", "['id']", "")).await;
    assert_eq!((keys(&rows), ending), (vec!["7".to_owned()], complete(1, 6)));
    let found: Vec<_> = unreadable
        .iter()
        .map(|row| {
            let complaint = &row.complaints[0];
            (complaint.id.as_str(), complaint.column.as_str(), complaint.found.as_str())
        })
        .collect();
    let expect = [
        ("Q2040", "d", "0000-00-00"),
        ("Q2040", "d", "2023-00-00"),
        ("Q2040", "d", "2023-05-00"),
        ("Q2040", "dt", "0000-00-00 00:00:00"),
        ("Q2040", "ts", "0000-00-00 00:00:00"),
        ("Q2040", "dt", "2023-05-00 12:00:00"),
    ];
    assert_eq!(found, expect);
    assert!(unreadable.iter().all(|row| row.key.is_some()));
    let advice = unreadable[0].complaints[0].advice(Language::English);
    assert!(advice.contains("NULLIF(column, '0000-00-00')"), "{advice}");
    let (rows, _, ending) =
        town.scan(&push("SELECT id, NULLIF(d, '0000-00-00') AS d FROM t WHERE id = 1", "['id']", "")).await;
    assert_eq!((rows[0].get("d"), ending), (Some(&Value::Null), complete(1, 0)));
}

#[tokio::test]
async fn numbers_with_more_digits_than_can_be_kept_are_refused_and_never_rounded() {
    let Some(town) = Town::new(
        "digits",
        "CREATE TABLE t (id INT, n DECIMAL(65, 30), f DOUBLE);
         INSERT INTO t VALUES (1, 1.5, 1), (2, 1.000000000000000000000000000001, 1), (3, 99999999999999999999999999999999999, 1),
            (4, 1, 1e40);",
    )
    .await
    else {
        return;
    };
    let (rows, unreadable, _) = town.scan(&push("SELECT * FROM t", "['id']", "")).await;
    assert_eq!(cells(&rows[0])[1], "n=decimal 1.5");
    let found: Vec<_> = unreadable
        .iter()
        .map(|row| (row.complaints[0].id.as_str(), row.complaints[0].column.as_str()))
        .collect();
    assert_eq!(found, [("Q2014", "n"), ("Q2014", "n"), ("Q2014", "f")]);
}

#[tokio::test]
async fn keys_sort_by_their_bytes_whatever_their_character_set_and_collation() {
    let texts = "('b'), ('B'), ('a'), ('a '), ('ab'), ('Z'), (''), ('_'), ('aa')";
    let Some(mut town) = Town::new(
        "orders",
        &format!(
            "CREATE TABLE ci (k VARCHAR(50) COLLATE utf8mb4_general_ci, INDEX (k));
             CREATE TABLE bin (k VARCHAR(50) COLLATE utf8mb4_bin, INDEX (k));
             CREATE TABLE chinese (k VARCHAR(50) CHARACTER SET gbk);
             CREATE TABLE west (k VARCHAR(50) CHARACTER SET latin1);
             CREATE TABLE three (k TEXT CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci);
             INSERT INTO ci VALUES {texts}, ('中'), ('啊'), ('é'), ('😀'), ('ﬀ'), ('a\\0'), ('a\\t');
             INSERT INTO bin SELECT * FROM ci;
             INSERT INTO chinese VALUES {texts}, ('中'), ('啊'), ('一');
             INSERT INTO west VALUES {texts}, ('é'), ('ÿ'), ('€');
             INSERT INTO three VALUES {texts}, ('中'), ('啊'), ('é');"
        ),
    )
    .await
    else {
        return;
    };
    for (table, count) in [("ci", 16), ("bin", 16), ("chinese", 12), ("west", 12), ("three", 12)] {
        let (rows, unreadable, ending) =
            town.scan(&push(&format!("SELECT * FROM {table}"), "['k']", "")).await;
        assert_eq!((ending, unreadable), (complete(count, 0), Vec::new()), "{table}");
        let texts: Vec<_> = rows.iter().filter_map(|row| row.get("k").and_then(Value::as_str)).collect();
        assert!(texts.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()), "{table}: {texts:?}");
    }
    town.run(
        "CREATE TABLE other (e ENUM('z','m','甲'), y YEAR, t TIME(3), d DATE, dt DATETIME(3), n SMALLINT UNSIGNED, b BIT(9));
         INSERT INTO other VALUES ('甲', 2030, '-01:00:00', '2024-01-01', '2024-01-01 00:00:00.100', 9, 9),
            ('m', 1999, '100:00:00', '1999-12-31', '2024-01-01', 65535, 256), ('z', 2001, '99:00:00.1', '2023-05-01', '1999-01-01', 10, 7),
            (NULL, NULL, '99:00:00.01', NULL, '2024-01-01 00:00:00.010', NULL, NULL);",
    )
    .await;
    for (column, expect) in [
        ("e", "m z 甲"),
        ("y", "1999 2001 2030"),
        ("t", "-01:00:00 100:00:00 99:00:00.01 99:00:00.1"),
        ("d", "1999-12-31 2023-05-01 2024-01-01"),
        (
            "dt",
            "1999-01-01T00:00:00+08:00 2024-01-01T00:00:00+08:00 2024-01-01T00:00:00.010+08:00 2024-01-01T00:00:00.100+08:00",
        ),
        ("n", "9 10 65535"),
        ("b", "7 9 256"),
    ] {
        let (rows, _, ending) = town.scan(&push("SELECT * FROM other", &format!("['{column}']"), "")).await;
        assert!(matches!(ending, Ending::Complete { .. }), "{column}: {ending:?}");
        assert_eq!(keys(&rows).join(" "), expect, "{column}");
        let city = town.city().await;
        for key in keys(&rows) {
            let found = fetch(&city, &push("SELECT * FROM other", &format!("['{column}']"), ""), &key).await;
            let found = found.unwrap_or_else(|complaint| panic!("{column} {key}: {complaint}"));
            assert_eq!(found.map(|row| row.key.to_string()), Some(key), "{column}");
        }
    }
}

#[tokio::test]
async fn one_listing_is_fetched_by_its_key_and_what_no_cell_can_hold_is_not_there() {
    let Some(town) = Town::new(
        "fetches",
        "CREATE TABLE t (w VARCHAR(20) CHARACTER SET latin1, g VARCHAR(20) CHARACTER SET gbk, n BIGINT UNSIGNED, d DATE,
            dt DATETIME, ts TIMESTAMP(6) NULL, u VARCHAR(20) COLLATE utf8mb4_general_ci);
         INSERT INTO t VALUES ('a', '甲', 7, '2023-05-01', '2023-05-01 08:00:00', '2023-05-01 08:00:00.000001', 'x'),
            ('A', '乙', 8, '2023-05-02', '2023-05-02 08:00:00', '2023-05-02 08:00:00', 'X');",
    )
    .await
    else {
        return;
    };
    let rows = [
        ("w", "a", "7"),
        ("w", "A", "8"),
        ("w", "甲", ""),
        ("w", "7", ""),
        ("g", "甲", "7"),
        ("g", "😀", ""),
        ("u", "X", "8"),
        ("n", "7", "7"),
        ("n", "07", ""),
        ("n", "甲", ""),
        ("n", "", ""),
        ("d", "2023-05-01", "7"),
        ("d", "甲", ""),
        ("dt", "2023-05-01T08:00:00+08:00", "7"),
        ("dt", "2023-05-01", ""),
        ("ts", "2023-05-01T08:00:00.000001+08:00", "7"),
        ("ts", "2023-05-02T08:00:00+08:00", "8"),
        ("ts", "yesterday", ""),
    ];
    let city = town.city().await;
    for (column, key, expect) in rows {
        let found = fetch(&city, &push("SELECT * FROM t", &format!("['{column}']"), ""), key).await;
        let found = found.unwrap_or_else(|complaint| panic!("{column} {key}: {complaint}"));
        let n = found.and_then(|row| row.get("n").map(ToString::to_string)).unwrap_or_default();
        assert_eq!(n, expect, "{column} {key}");
    }
}

#[tokio::test]
async fn times_are_instants_in_the_zone_of_the_city_through_the_whole_year() {
    let Some(town) = Town::new(
        "zones",
        "SET time_zone = '+00:00';
         CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME);
         INSERT INTO t VALUES (1, '2026-01-15 12:00:00', '2026-01-15 12:00:00'), (2, '2026-07-15 12:00:00', '2026-07-15 12:00:00'),
            (3, '2026-11-01 05:30:00', '2026-11-01 01:30:00'), (4, '2026-11-01 06:30:00', '2026-03-08 02:30:00');",
    )
    .await
    else {
        return;
    };
    let rows = [
        (
            NEW_YORK,
            [
                "2026-01-15T07:00:00-05:00 2026-01-15T12:00:00-05:00",
                "2026-07-15T08:00:00-04:00 2026-07-15T12:00:00-04:00",
                "2026-11-01T01:30:00-04:00 2026-11-01T01:30:00-04:00",
                "2026-11-01T01:30:00-05:00 2026-03-08T02:30:00-05:00",
            ],
        ),
        (
            SHANGHAI,
            [
                "2026-01-15T20:00:00+08:00 2026-01-15T12:00:00+08:00",
                "2026-07-15T20:00:00+08:00 2026-07-15T12:00:00+08:00",
                "2026-11-01T13:30:00+08:00 2026-11-01T01:30:00+08:00",
                "2026-11-01T14:30:00+08:00 2026-03-08T02:30:00+08:00",
            ],
        ),
    ];
    for (zone, expect) in rows {
        let city = City::open(&town.database(zone)).await.expect("the server is there");
        let (rows, ..) = read(&city, &push("SELECT * FROM t", "['id']", "")).await;
        let found: Vec<_> = rows.iter().map(|row| format!("{} {}", row.cells[1], row.cells[2])).collect();
        assert_eq!(found, expect, "{zone}");
        let now =
            "SELECT 1 AS id, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS ahead, CONNECTION_ID() AS c";
        let (rows, ..) = read(&city, &push(now, "['id']", "")).await;
        let ahead: i64 =
            rows[0].get("ahead").and_then(|cell| cell.to_string().parse().ok()).expect("a number");
        let now = chrono::TimeZone::offset_from_utc_datetime(&zone, &chrono::Utc::now().naive_utc());
        assert_eq!(ahead, i64::from(chrono::Offset::fix(&now).local_minus_utc()), "{zone}");
    }
}

#[tokio::test]
async fn the_city_s_sql_means_what_it_means_on_its_server_and_no_limit_cuts_a_scan() {
    let Some(server) = mariadb::odd_url() else { return };
    let Some(mut town) = Town::at(
        server,
        "odd",
        "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(200), b TEXT);
         INSERT INTO t VALUES (1, '甲', '乙'), (2, '丙', ''), (3, '\\n', REPEAT('字', 100)), (4, 'd', 'e');
         CREATE TABLE long_ (k VARCHAR(500));
         INSERT INTO long_ SELECT CONCAT(REPEAT('x', 100), a) FROM t;",
    )
    .await
    else {
        return;
    };
    let sql = "SELECT \"id\", \"a\" || \"b\" AS \"ab\", '\\n' AS n,
               (SELECT GROUP_CONCAT(a ORDER BY id SEPARATOR '、') FROM t) AS all_, @@sql_mode AS mode FROM t";
    let (rows, unreadable, ending) = town.scan(&push(sql, "['id']", "SELECT id AS pid, a FROM t")).await;
    assert_eq!((ending, unreadable), (complete(4, 0), Vec::new()));
    assert_eq!(cells(&rows[0])[..3], ["id=int 1", "ab=text 甲乙", "n=text \\n"]);
    assert_eq!(rows[0].get("all_").map(ToString::to_string).as_deref(), Some("甲、丙、\n、d"));
    assert_eq!(
        rows[0].get("mode").map(ToString::to_string).as_deref(),
        Some("PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES")
    );
    assert!(rows.iter().all(|row| row.children[0].1.len() == 1));
    town.run("SET SESSION sql_select_limit = DEFAULT").await;

    // On the plain server the same sign is an OR.
    let Some(town) = Town::new("plain", "").await else { return };
    let (rows, ..) =
        town.scan(&push("SELECT 1 AS id, 'a' || '1' AS x, @@sql_mode AS mode", "['id']", "")).await;
    assert_eq!(rows[0].get("x"), Some(&Value::Int(1)));
    let mode = rows[0].get("mode").map(ToString::to_string).unwrap_or_default();
    assert!(!mode.contains("PIPES_AS_CONCAT"), "{mode}");
}

#[tokio::test]
async fn names_of_any_characters_are_quoted_and_doubles_are_told() {
    let Some(town) = Town::new(
        "names",
        "CREATE TABLE `研发-表` (`编 号` INT PRIMARY KEY, `research-content` TEXT, `select` INT, `a``b` INT, URL TEXT);
         INSERT INTO `研发-表` VALUES (1, '内容', 2, 3, 'u');",
    )
    .await
    else {
        return;
    };
    let (rows, ..) = town.scan(&push("SELECT * FROM `研发-表` # 说明", "['编 号']", "")).await;
    assert_eq!(
        cells(&rows[0]),
        ["编 号=int 1", "research-content=text 内容", "select=int 2", "a`b=int 3", "URL=text u"]
    );
    let city = town.city().await;
    let rows = [
        ("SELECT a.*, a.URL FROM `研发-表` a", "Q2002", "rename one of them with AS"),
        ("SELECT nothing FROM `研发-表`", "Q2002", "Unknown column 'nothing'"),
        ("SELECT POINT(1, 2) AS place", "Q2030", "place"),
    ];
    for (sql, id, words) in rows {
        let complaint = city.describe(&query(sql)).await.expect_err(sql);
        let said = said(&complaint);
        assert!(said.starts_with(id) && said.contains(words), "{sql}: {said}");
    }
    let table = Relation::Table(Located { value: "names.研发-表".to_owned(), line: 1, column: 1 });
    let columns = city.describe(&table).await.expect("a table with its schema");
    let declared: Vec<_> = columns.iter().map(|column| column.declared_type.as_str()).collect();
    assert_eq!(declared, ["INT", "TEXT", "INT", "INT", "TEXT"]);
}

#[tokio::test]
async fn the_server_tells_its_tables_with_comments_keys_and_references() {
    let Some(town) = Town::new(
        "surveys",
        "CREATE TABLE t_dw (dm VARCHAR(18), nf INT, mc VARCHAR(50) COMMENT '单位名称', PRIMARY KEY (dm, nf)) COMMENT '单位';
         CREATE TABLE t_cg (id BIGINT UNSIGNED PRIMARY KEY, cgmc VARCHAR(200) COMMENT '成果名称', dm VARCHAR(18), nf INT, u INT,
            FOREIGN KEY (dm, nf) REFERENCES t_dw (dm, nf)) COMMENT '成果 表';
         CREATE TABLE T_CG2 (x ENUM('a','b') COMMENT 'it''s');
         CREATE VIEW v_cg AS SELECT id, cgmc FROM t_cg;",
    )
    .await
    else {
        return;
    };
    let city = town.city().await;
    let names = ["T_CG2", "t_cg", "t_dw", "v_cg"];
    assert_eq!(city.tables().await.expect("tables"), names);
    let survey = city.survey().await.expect("a survey");
    assert_eq!(survey.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), names);
    let [other, results, units, view] = &survey.tables[..] else { panic!("{survey:?}") };
    assert_eq!((results.comment.as_str(), results.is_view), ("成果 表", false));
    assert_eq!((view.comment.as_str(), view.is_view, view.columns.len()), ("", true, 2));
    assert_eq!(
        (other.columns[0].declared_type.as_str(), other.columns[0].comment.as_str()),
        ("enum('a','b')", "it's")
    );
    let column = |name: &str| results.columns.iter().find(|column| column.name == name).expect("the column");
    assert_eq!(
        (column("cgmc").comment.as_str(), column("cgmc").declared_type.as_str()),
        ("成果名称", "varchar(200)")
    );
    assert_eq!((column("id").in_key, column("cgmc").in_key), (true, false));
    assert!(units.columns[..2].iter().all(|column| column.in_key) && !units.columns[2].in_key);
    let pair = || vec!["dm".to_owned(), "nf".to_owned()];
    assert_eq!(results.references, [Reference { columns: pair(), table: "t_dw".to_owned(), others: pair() }]);
    let sample = city.sample(units, 5).await;
    assert_eq!(sample, Ok(Vec::new()));
}

#[tokio::test]
async fn a_session_that_is_killed_in_mid_scan_makes_it_incomplete() {
    let Some(mut town) = Town::new(
        "kills",
        "CREATE TABLE t (id INT PRIMARY KEY, x TEXT);
         INSERT INTO t SELECT seq, REPEAT('x', 2000) FROM seq_1_to_20000;",
    )
    .await
    else {
        return;
    };
    let push = push("SELECT t.*, CONNECTION_ID() AS c FROM t", "['id']", "");
    let mut scan = scan(&town.city().await, &push).await.expect("the query is good");
    let mut rows = 0;
    while let Some(found) = scan.next().await {
        let row = found.expect("every row is good");
        rows += 1;
        if rows == 10 {
            let session = row.get("c").map(ToString::to_string).expect("the session's number");
            town.run(&format!("KILL {session}")).await;
        }
    }
    let Ending::Incomplete(complaint) = scan.end() else { panic!("read whole") };
    assert_eq!(complaint.id, "Q2004");
    assert!((10..20_000).contains(&rows), "{rows}");
    // A limit of time that the server sets has the same end.
    town.run("SET GLOBAL max_statement_time = 0").await;
    let slow = self::push("SELECT id, SLEEP(0.01) AS s FROM t WHERE id <= 500", "['id']", "");
    let limited = slow.clone();
    let (_, _, ending) = town.scan(&limited_to(limited, "0.3")).await;
    let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
    assert!(complaint.to_string().contains("max_statement_time"), "{complaint}");
}

/// The same query under a limit of seconds, as MariaDB lets a statement have it for itself.
fn limited_to(mut push: Push, seconds: &str) -> Push {
    if let Relation::Query(query) = &mut push.source.relation {
        query.value = format!("SELECT * FROM ({}) AS inner_ WHERE {seconds} > 0", query.value);
    }
    push
}

#[tokio::test]
async fn reading_changes_nothing_and_cannot() {
    let Some(mut town) = Town::new(
        "guards",
        "CREATE TABLE t (id INT PRIMARY KEY, x TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL);
         CREATE TABLE m (pid INT, x VARCHAR(20)) ENGINE = MyISAM; INSERT INTO m VALUES (1, '王'), (2, '李'), (1, '张');
         CREATE SEQUENCE s;
         CREATE FUNCTION grow() RETURNS INT BEGIN INSERT INTO t VALUES (99, 'x'); RETURN 1; END;",
    )
    .await
    else {
        return;
    };
    let before = town.checksums("t, m").await;
    assert!(before.iter().all(Option::is_some));
    let (rows, _, ending) = town.scan(&push("SELECT * FROM t", "['id']", "SELECT * FROM m")).await;
    assert_eq!(ending, complete(2, 0));
    let names =
        |row: &Row| row.children[0].1.iter().map(|child| child.cells[1].to_string()).collect::<Vec<_>>();
    assert_eq!(
        (names(&rows[0]), names(&rows[1])),
        (vec!["张".to_owned(), "王".to_owned()], vec!["李".to_owned()])
    );
    let city = town.city().await;
    // The room `config` refuses the first already; here all must fail as well.
    for sql in ["DELETE FROM t RETURNING id", "SELECT id FROM t FOR UPDATE"] {
        let _ = city.describe(&query(sql)).await;
    }
    for sql in ["SELECT grow() AS id", "SELECT NEXTVAL(s) AS id"] {
        let (rows, _, ending) = town.scan(&push(sql, "['id']", "")).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{sql}: {ending:?} {rows:?}") };
        assert!(complaint.to_string().contains("READ ONLY"), "{sql}: {complaint}");
    }
    assert_eq!(town.checksums("t, m").await, before);
}

#[tokio::test]
async fn listings_and_children_are_of_one_state_while_others_write() {
    let Some(mut town) = Town::new(
        "states",
        "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE p (pid INT); INSERT INTO t VALUES (1); INSERT INTO p VALUES (1);",
    )
    .await
    else {
        return;
    };
    let (city, push) = (town.city().await, push("SELECT * FROM t", "['id']", "SELECT * FROM p"));
    let writing = async {
        for id in 2..200 {
            town.run(&format!("BEGIN; INSERT INTO t VALUES ({id}); INSERT INTO p VALUES ({id}); COMMIT;"))
                .await;
        }
    };
    let reading = async {
        for _ in 0..20 {
            let (rows, _, ending) = read(&city, &push).await;
            assert!(rows.iter().all(|row| row.children[0].1.len() == 1));
            assert_eq!(ending, complete(rows.len() as u64, 0));
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn imports_are_written_whole_or_not_at_all() {
    let Some(mut town) = Town::new(
        "imports",
        "CREATE TABLE `外来 成果` (id INT AUTO_INCREMENT PRIMARY KEY, sid VARCHAR(40), `成果-名称` VARCHAR(30) NOT NULL, je DECIMAL(12, 2),
            gxsj DATETIME, sj TIMESTAMP NULL, rq DATE, gk TINYINT(1));
         INSERT INTO `外来 成果` (sid, `成果-名称`) VALUES ('SD-2', '旧'), ('SD-9', '一'), ('SD-9', '二');",
    )
    .await
    else {
        return;
    };
    let writer = Writer::open(&town.database(SHANGHAI)).await.expect("the server is there");
    let (table, columns) = ("外来 成果", ["成果-名称", "je", "gxsj", "sj", "rq", "gk"]);
    let time = chrono::DateTime::parse_from_rfc3339("2026-05-01T00:30:00Z").expect("a good time");
    let values = |name: &str| {
        vec![
            Value::text(name),
            Value::Decimal("12.50".parse().expect("a number")),
            Value::DateTime(time),
            Value::DateTime(time),
            Value::Date(time.date_naive()),
            Value::Bool(true),
        ]
    };
    let mut batch = writer.begin().await.expect("a transaction");
    let (key, two) = (Value::text("SD-1"), Value::text("SD-2"));
    let done = batch.upsert(table, "sid", &key, &columns, &values("新'; DROP TABLE t; -- \\")).await;
    assert_eq!(done, Ok(Upsert::Inserted));
    // Written again as it is, the row is found, though the server has nothing to change.
    for _ in 0..2 {
        assert_eq!(batch.upsert(table, "sid", &two, &columns, &values("改😀")).await, Ok(Upsert::Updated));
    }
    assert_eq!(batch.upsert(table, "sid", &two, &[], &[]).await, Ok(Upsert::Updated));
    let refused = batch.upsert(table, "sid", &Value::text("SD-9"), &columns, &values("双")).await;
    assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2022".to_owned()));
    batch.commit().await.expect("the server is there");

    let mut batch = writer.begin().await.expect("a transaction");
    let found = batch.select_by_key(table, "sid", &key, &columns).await.expect("one row");
    let found: Vec<_> = found.unwrap_or_default().iter().map(ToString::to_string).collect();
    let local = "2026-05-01T08:30:00+08:00";
    assert_eq!(found, ["新'; DROP TABLE t; -- \\", "12.5", local, local, "2026-05-01", "1"]);
    // What does not fit is refused, not cut; what must be there is asked for.
    let long = "长".repeat(31);
    for (columns, values) in [
        (vec!["成果-名称"], vec![Value::text(long.as_str())]),
        (vec!["je"], vec![Value::Int(1)]),
        (vec!["成果-名称", "rq"], vec![Value::text("名"), Value::text("2023-02-30")]),
    ] {
        let refused = batch.upsert(table, "sid", &Value::text("SD-3"), &columns, &values).await;
        assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2020".to_owned()), "{columns:?}");
    }
    assert_eq!(batch.upsert(table, "sid", &two, &columns, &values("丢")).await, Ok(Upsert::Updated));
    drop(batch);

    let mut batch = writer.begin().await.expect("the dropped batch is undone");
    let found = batch.select_by_key(table, "sid", &two, &["成果-名称"]).await;
    assert_eq!(found, Ok(Some(vec![Value::text("改😀")])));
    assert_eq!(batch.select_by_key(table, "sid", &Value::text("SD-3"), &["je"]).await, Ok(None));
    drop(batch);
    town.run("SET SESSION time_zone = '+00:00'").await;
    let row = town.admin.fetch_one("SELECT CAST(sj AS CHAR) FROM `外来 成果` WHERE sid = 'SD-1'").await;
    assert_eq!(row.expect("the row").get_unchecked::<String, _>(0), "2026-05-01 00:30:00");
}

#[tokio::test]
async fn a_password_is_needed_where_the_server_asks_for_one_and_is_never_shown() {
    let Some(url) = mariadb::url_of("guarded", "market") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = async |password: &str, url: &str| {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.path().join("密码.txt");
        std::fs::write(&file, format!("{password}\n")).expect("the folder is ours");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("the file is ours");
        let mut database = Database::from_url("market", url, SHANGHAI).expect("a good URL");
        let reference = Located { value: "file:密码.txt".to_owned(), line: 1, column: 1 };
        database.engine =
            qilu::config::Engine::parse(url, Some(reference), Path::new("")).expect("a good URL");
        folder.path().clone_into(&mut database.root);
        City::open(&database).await
    };
    let city = open("s3cret", &url).await.expect("the password is right");
    assert!(!format!("{city:?}").contains("s3cret"), "{city:?}");
    for (password, url, id, words) in [
        ("hunter2", url.clone(), "Q2001", "Access denied"),
        ("s3cret", url.replace("/market", "/nowhere"), "Q2001", "nowhere"),
        ("s3cret", url.replace("127.0.0.1", "127.0.0.9"), "Q2001", "127.0.0.9"),
        ("s3cret", format!("{url}?useSSL=true"), "Q2041", "useSSL"),
        ("s3cret", format!("{url}?ssl-mode=required"), "Q2001", "TLS"),
    ] {
        let complaint = open(password, &url).await.map(drop).expect_err(&url);
        let said = said(&complaint);
        assert!(said.starts_with(id) && said.contains(words) && !said.contains(password), "{url}: {said}");
    }
}

#[tokio::test]
async fn a_server_that_ends_its_greeting_early_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let url = format!("mysql://root@127.0.0.1:{port}/market");
    let database = Database::from_url("market", &url, SHANGHAI).expect("a good URL");
    let opened =
        tokio::time::timeout(Duration::from_secs(20), City::open(&database)).await.expect("an answer");
    let complaint = opened.map(drop).expect_err("nobody is there");
    assert!(said(&complaint).starts_with("Q2001") && complaint.to_string().contains(&url), "{complaint}");
}
