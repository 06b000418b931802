//! Listings as a complete, ordered, typed stream.
//!
//! Says at the end whether it saw everything: what is missing from an incomplete scan has not vanished. Does not
//! decide what a listing is worth or what happens to it.

mod fetch;
mod gauge;
mod group;
mod idle;
mod scan;
mod versions;

pub use fetch::{fetch, parts};
pub use gauge::Gauge;
pub use scan::{Ending, Scan, Unreadable, scan, scan_since};
pub use versions::{Glimpse, VersionScan, version_scan};

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

    use super::*;
    use crate::city::{City, Precision, Since, Stamp, Upsert, Writer};
    use crate::clock::Timestamp;
    use crate::config::{Database, Flow, Located, Push, Relation, Route};
    use crate::record::{Complaint, Row, Value};

    struct Market {
        folder: tempfile::TempDir,
    }

    impl Market {
        async fn new(sql: &str) -> Self {
            let market = Market { folder: tempfile::tempdir().expect("a temporary folder") };
            market.run(sql).await;
            market
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("市场 market.db")
        }

        fn database(&self) -> Database {
            database(&self.path())
        }

        async fn connect(&self) -> SqliteConnection {
            let options = SqliteConnectOptions::new().filename(self.path()).create_if_missing(true);
            options.connect().await.expect("a temporary database opens")
        }

        async fn run(&self, sql: &str) {
            let mut connection = self.connect().await;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
            connection.close().await.expect("a temporary database closes");
        }

        async fn city(&self) -> City {
            City::open(&self.database()).await.expect("the database is there")
        }

        async fn scan(&self, push: &Push) -> (Vec<Row>, Vec<Unreadable>, Ending) {
            let mut scan = scan(&self.city().await, push).await.expect("the query is good");
            let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
            while let Some(found) = scan.next().await {
                match found {
                    Ok(row) => rows.push(row),
                    Err(row) => unreadable.push(row),
                }
            }
            (rows, unreadable, scan.end())
        }
    }

    fn database(path: &Path) -> Database {
        let url = format!("sqlite:{}", path.display());
        Database::from_url("market", &url, chrono_tz::Tz::Asia__Shanghai).expect("a good URL")
    }

    /// A route over a query and, if `child` is not empty, over a group of children keyed by `pid`.
    fn push(query: &str, key: &str, child: &str) -> Push {
        let mut text = format!(
            "kind = 'a'\nplatform = 'p'\n[source]\ndatabase = 'market'\nquery = '''{query}'''\nkey = {key}\n\
             publish_when = 'true'\n[fields]\nt = 'row'\n"
        );
        if !child.is_empty() {
            text += &format!(
                "[children.people]\nquery = '''{child}'''\nkey = 'pid'\n[children.people.fields]\nn = 'row'\n"
            );
        }
        let (route, faults) = Route::read("r", Path::new("r.toml"), &text);
        assert_eq!(faults, []);
        match route.map(|route| route.flow) {
            Some(Flow::Push(push)) => push,
            other => panic!("not a push route: {other:?}"),
        }
    }

    fn ids(complaints: &[Complaint]) -> Vec<&str> {
        complaints.iter().map(|complaint| complaint.id.as_str()).collect()
    }

    fn keys(rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| row.key.to_string()).collect()
    }

    fn complete(rows: u64, unreadable: u64) -> Ending {
        Ending::Complete { rows, unreadable, orphans: Vec::new() }
    }

    #[tokio::test]
    async fn cells_have_the_types_of_their_values_under_any_column_name() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, \"research-content\" TEXT, 合同金额 REAL, \"a\"\"b\" BLOB, n, d DATETIME);
             INSERT INTO t VALUES (1, '内容', 12.5, x'00ff', NULL, '2023-05-01');
             INSERT INTO t VALUES (2, 7, 9e999, '', 'x', 1700000000);",
        )
        .await;
        let (rows, unreadable, ending) = market.scan(&push("SELECT * FROM t", "['id']", "")).await;
        assert_eq!(ending, complete(1, 1));
        let row = &rows[0];
        assert_eq!(row.get("research-content"), Some(&Value::text("内容")));
        assert_eq!(row.get("合同金额").map(ToString::to_string).as_deref(), Some("12.5"));
        assert!(matches!(row.get("合同金额"), Some(Value::Decimal(_))));
        assert_eq!(row.get("a\"b"), Some(&Value::Bytes([0, 255].into())));
        assert_eq!((row.get("n"), row.get("D")), (Some(&Value::Null), Some(&Value::text("2023-05-01"))));
        let row = &unreadable[0];
        assert_eq!(row.key.as_ref().map(ToString::to_string).as_deref(), Some("2"));
        assert_eq!((ids(&row.complaints), row.complaints[0].column.as_str()), (vec!["Q2014"], "合同金额"));
    }

    #[tokio::test]
    async fn text_that_is_not_utf8_names_its_column_and_the_others_go_on() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER, cgmc TEXT, dw TEXT);
             INSERT INTO t VALUES (1, CAST(x'b3c9b9fb' AS TEXT), '山东理工大学'), (2, '好', '淄博');",
        )
        .await;
        let (rows, unreadable, _) = market.scan(&push("SELECT * FROM t", "['id']", "")).await;
        assert_eq!(keys(&rows), ["2"]);
        assert_eq!(
            (ids(&unreadable[0].complaints), unreadable[0].complaints[0].column.as_str()),
            (vec!["Q2013"], "cgmc")
        );
        assert_eq!(unreadable[0].named, "dw=山东理工大学");
    }

    #[tokio::test]
    async fn what_cannot_be_read_where_nothing_looks_keeps_no_row_back() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER, cgmc TEXT, bz TEXT); INSERT INTO t VALUES (1, '好', CAST(x'b3c9' AS TEXT));",
        )
        .await;
        let mut push = push("SELECT * FROM t", "['id']", "");
        assert_eq!(market.scan(&push).await.2, complete(0, 1));
        push.fields[0].expression.value = "cgmc | text".into();
        let (rows, _, ending) = market.scan(&push).await;
        assert_eq!((ending, rows[0].get("bz")), (complete(1, 0), Some(&Value::Null)));
    }

    #[tokio::test]
    async fn keys_order_by_bytes_whatever_the_column_collates_and_holds() {
        let market = Market::new(
            "CREATE TABLE t (k COLLATE NOCASE, x);
             INSERT INTO t VALUES ('b', 1), ('B', 2), ('a', 3), ('é', 4), ('Z', 5), ('中', 6), (10, 7), (9, 8), ('ab', 9), ('', 10);",
        )
        .await;
        let (rows, _, ending) = market.scan(&push("SELECT * FROM t", "['K']", "")).await;
        assert_eq!(keys(&rows), ["9", "10", "", "B", "Z", "a", "ab", "b", "é", "中"]);
        assert_eq!(ending, complete(10, 0));
        assert!(rows.windows(2).all(|pair| pair[0].key.sort_bytes() < pair[1].key.sort_bytes()));
    }

    #[tokio::test]
    async fn a_row_without_a_key_is_named_by_what_else_it_holds() {
        let market = Market::new(
            "CREATE TABLE t (id, nf, cgmc, lxdh);
             INSERT INTO t VALUES (NULL, 2023, '高精度协作机器人', '13812345678'), (1, 2023, '甲', ''), (1, NULL, '乙', ''), (1.5, 2, '丙', '');",
        )
        .await;
        let (rows, unreadable, ending) = market.scan(&push("SELECT * FROM t", "['id', 'nf']", "")).await;
        assert_eq!((keys(&rows), ending), (vec!["1,2023".to_owned()], complete(1, 3)));
        let found: Vec<_> = unreadable
            .iter()
            .map(|row| (row.complaints[0].id.as_str(), row.complaints[0].column.as_str(), row.named.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("Q2010", "id", "cgmc=高精度协作机器人, lxdh=138****5678"),
                ("Q2010", "nf", "cgmc=乙"),
                ("Q2011", "id", "cgmc=丙")
            ]
        );
        assert!(unreadable.iter().all(|row| row.key.is_none()));
    }

    #[tokio::test]
    async fn of_a_key_that_occurs_twice_the_first_row_counts_and_both_are_named() {
        let market = Market::new(
            "CREATE TABLE t (id, cgmc); INSERT INTO t VALUES ('x', '甲'), ('x', '乙'), ('y', '丙'), ('x', '丁');",
        )
        .await;
        let (rows, unreadable, ending) = market.scan(&push("SELECT * FROM t", "['id']", "")).await;
        assert_eq!((keys(&rows), ending), (vec!["x".to_owned(), "y".to_owned()], complete(2, 2)));
        assert_eq!(rows[0].get("cgmc"), Some(&Value::text("甲")));
        let said = unreadable[0].complaints[0].message(crate::record::Language::Chinese);
        assert!(
            said.contains("主键 x 重复") && said.contains("cgmc=甲") && said.contains("cgmc=乙"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn children_stand_under_their_listing_in_a_settled_order_and_lost_ones_are_counted() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, cgmc);
             INSERT INTO t VALUES (1, '甲'), (2, '乙'), (4, '丁'), (5, '戊');
             CREATE TABLE p (pid INTEGER, px INTEGER, xm);
             INSERT INTO p VALUES (4, 2, '王'), (1, 2, '李'), (1, 1, '张'), (3, 1, '孤'), (NULL, 1, '无'), (9, 1, '末'),
                                  (5, 1, CAST(x'b3c9' AS TEXT)), (0, 1, '先');",
        )
        .await;
        let push = push("SELECT * FROM t", "['id']", "SELECT * FROM p WHERE px > 0");
        let (rows, unreadable, ending) = market.scan(&push).await;
        let names: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                row.children[0]
                    .1
                    .iter()
                    .filter_map(|child| child.get("xm"))
                    .map(ToString::to_string)
                    .collect()
            })
            .collect();
        assert_eq!(names, [vec!["张", "李"], vec![], vec!["王"]]);
        let complaint = &unreadable[0].complaints[0];
        assert_eq!((complaint.id.as_str(), complaint.column.as_str()), ("Q2013", "people.xm"));
        let orphans = vec![(Arc::from("people"), 4)];
        assert_eq!(ending, Ending::Complete { rows: 3, unreadable: 1, orphans });
    }

    #[tokio::test]
    async fn a_table_of_a_hundred_thousand_is_read_whole_with_its_children() {
        let market = Market::new(
            "CREATE TABLE t (id TEXT, n INTEGER); CREATE TABLE p (pid TEXT, x);
             WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000)
             INSERT INTO t SELECT 'k' || n, n FROM c;
             INSERT INTO p SELECT id, n FROM t WHERE n % 2 = 0;",
        )
        .await;
        let push = push("SELECT * FROM t", "['id']", "SELECT * FROM p");
        let mut scan = scan(&market.city().await, &push).await.expect("the query is good");
        let (mut children, mut last) = (0, None);
        while let Some(row) = scan.next().await {
            let row = row.expect("every row is good");
            children += row.children[0].1.len();
            assert!(last < Some(row.key.clone()));
            last = Some(row.key);
        }
        assert_eq!((children, scan.end()), (50_000, complete(100_000, 0)));
    }

    #[tokio::test]
    async fn listings_and_children_are_of_one_state_while_others_write() {
        for journal in ["WAL", "DELETE"] {
            let market = Market::new(&format!(
                "PRAGMA journal_mode = {journal}; CREATE TABLE t (id INTEGER PRIMARY KEY);
                 CREATE TABLE p (pid INTEGER); INSERT INTO t VALUES (1); INSERT INTO p VALUES (1);"
            ))
            .await;
            let mut writer = market.connect().await;
            let push = push("SELECT * FROM t", "['id']", "SELECT * FROM p");
            let city = market.city().await;
            let writing = async {
                for id in 2..100_i64 {
                    let sql =
                        format!("BEGIN; INSERT INTO t VALUES ({id}); INSERT INTO p VALUES ({id}); COMMIT;");
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut writer).await.expect("readers give way");
                    tokio::task::yield_now().await;
                }
            };
            let reading = async {
                for _ in 0..20 {
                    let mut scan = scan(&city, &push).await.expect("a quiet moment comes");
                    while let Some(row) = scan.next().await {
                        assert_eq!(row.expect("every row is good").children[0].1.len(), 1);
                    }
                    let ending = scan.end();
                    let whole = matches!(&ending, Ending::Complete { orphans, .. } if orphans.is_empty());
                    assert!(whole, "{ending:?}");
                }
            };
            tokio::join!(writing, reading);
        }
    }

    #[tokio::test]
    async fn what_the_database_refuses_is_told_with_its_words_and_the_line() {
        let market = Market::new("CREATE TABLE t (id INTEGER, cgmc TEXT);").await;
        let city = market.city().await;
        let rows = [
            ("SELECT id, mj FROM t", "['id']", "", "Q2002", "no such column: mj"),
            ("SELECT * FROM t_cg", "['id']", "", "Q2002", "no such table: t_cg"),
            ("SELECT cgmc FROM t", "['id']", "", "Q2003", "cgmc"),
            ("SELECT * FROM t", "['id']", "SELECT * FROM t", "Q2003", "pid"),
            ("SELECT * FROM t WHERE", "['id']", "", "Q2002", "syntax"),
        ];
        for (query, key, child, id, words) in rows {
            let Err(complaint) = scan(&city, &push(query, key, child)).await else {
                panic!("{query} passed")
            };
            let said = format!("{complaint} {}", complaint.advice(crate::record::Language::English));
            assert!(said.starts_with(id) && said.contains(words), "{query}: {said}");
            let line = if child.is_empty() { "line 5" } else { "line 11" };
            assert!(said.contains(line), "{query}: {said}");
        }
    }

    #[tokio::test]
    async fn an_error_half_way_ends_the_scan_as_incomplete() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);
             INSERT INTO t VALUES (1, 5), (2, 6), (3, -9223372036854775808), (4, 7);",
        )
        .await;
        let (rows, _, ending) = market.scan(&push("SELECT id, abs(n) AS n FROM t", "['id']", "")).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
        assert_eq!(complaint.id, "Q2004");
        assert!(rows.len() <= 2 && complaint.to_string().contains("overflow"), "{complaint}");
    }

    #[tokio::test]
    async fn a_damaged_file_ends_the_scan_as_incomplete() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x);
             WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000)
             INSERT INTO t SELECT n, hex(randomblob(50)) FROM c;",
        )
        .await;
        let mut bytes = std::fs::read(market.path()).expect("the file is there");
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0xee);
        std::fs::write(market.path(), bytes).expect("the file is ours");
        let (rows, _, ending) = market.scan(&push("SELECT * FROM t", "['id']", "")).await;
        assert!(matches!(&ending, Ending::Incomplete(complaint) if complaint.id == "Q2004"), "{ending:?}");
        assert!(!rows.is_empty() && rows.len() < 5000);
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_opened_is_told_with_its_path() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("market.db");
        let missing = City::open(&database(&path)).await.expect_err("nothing is there");
        std::fs::write(&path, "this is not a database, but it is long enough to be read as one".repeat(20))
            .expect("the folder is ours");
        let strange = City::open(&database(&path)).await.expect_err("a text is no database");
        for complaint in [missing, strange] {
            let said = complaint.to_string();
            assert!(said.starts_with("Q2001") && said.contains("market.db: "), "{said}");
        }
        let unwritable =
            Writer::open(&database(&folder.path().join("no.db"))).await.expect_err("nothing is there");
        assert_eq!(unwritable.id, "Q2001");
    }

    #[tokio::test]
    async fn one_listing_is_fetched_by_its_readable_key() {
        let market = Market::new(
            "CREATE TABLE t (id, nf INTEGER, x); INSERT INTO t VALUES ('a,b', 1, 'text'), (7, 1, 'number'), ('7', 2, 'digits'), (8, 1, 9e999);
             CREATE TABLE n (id TEXT COLLATE NOCASE, x); INSERT INTO n VALUES ('a', 'small'), ('A', 'big');
             CREATE TABLE p (pid TEXT, x); INSERT INTO p VALUES ('A', 1), ('a', 2);",
        )
        .await;
        let city = market.city().await;
        let pair = push("SELECT * FROM t", "['id', 'nf']", "");
        let rows =
            [("a\\,b,1", "text"), ("7,1", "number"), ("7,2", "digits"), ("7,3", ""), ("7", ""), ("07,1", "")];
        for (key, expect) in rows {
            let found = fetch(&city, &pair, key).await.expect("the row is good");
            let found = found.and_then(|row| row.get("x").map(ToString::to_string)).unwrap_or_default();
            assert_eq!(found, expect, "{key}");
        }
        assert_eq!(
            fetch(&city, &pair, "8,1").await.map_err(|complaint| complaint.id),
            Err("Q2014".to_owned())
        );
        let group = push("SELECT * FROM n", "['id']", "SELECT * FROM p");
        let row = fetch(&city, &group, "A").await.expect("the row is good").expect("it is there");
        assert_eq!(row.get("x"), Some(&Value::text("big")));
        assert_eq!(row.children[0].1[0].get("x"), Some(&Value::Int(1)));
    }

    #[tokio::test]
    async fn a_city_database_cannot_be_written_where_it_is_read() {
        let market = Market::new("CREATE TABLE t (id INTEGER); CREATE VIEW v AS SELECT 1 AS one;").await;
        let city = market.city().await;
        assert_eq!(city.tables().await, Ok(vec!["t".to_owned(), "v".to_owned()]));
        // The room `config` refuses this already; here it must fail as well.
        let query = Located { value: "DELETE FROM t RETURNING id".to_owned(), line: 1, column: 1 };
        assert_eq!(
            city.describe(&Relation::Query(query)).await.map_err(|complaint| complaint.id),
            Err("Q2002".to_owned())
        );
    }

    #[tokio::test]
    async fn a_scan_since_a_time_reads_changed_listings_with_their_children_and_no_others() {
        let market = Market::new(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, gxsj);
             INSERT INTO t VALUES (1, '2026-05-01'), (2, '2026-05-02'), (3, NULL), (4, '2026-05-03'), (5, '');
             CREATE TABLE p (pid INTEGER, px INTEGER, xm);
             INSERT INTO p VALUES (1, 1, '张'), (2, 1, '李'), (2, 2, '王'), (3, 1, '赵'), (5, 1, '钱'), (9, 1, '孤');",
        )
        .await;
        for query in ["SELECT * FROM t", "SELECT id, gxsj FROM t WHERE id < 100"] {
            let push = push(query, "['id']", "SELECT * FROM p");
            let since = Since {
                column: Located { value: "GXSJ".to_owned(), line: 1, column: 1 },
                stamp: Stamp::Text { sign: Some('-'), join: None, precision: Precision::Day },
                // 2026-05-02 08:30 in Shanghai.
                from: Timestamp(1_777_681_800_000_000),
                zone: chrono_tz::Tz::Asia__Shanghai,
                also: Vec::new(),
            };
            let mut scan = scan_since(&market.city().await, &push, &since).await.expect("the query is good");
            let mut found = Vec::new();
            while let Some(row) = scan.next().await {
                let row = row.expect("a listing");
                found.push(format!("{}:{}", row.key, row.children[0].1.len()));
            }
            assert_eq!((found.join(" ").as_str(), scan.end()), ("2:2 3:1 4:0 5:1", complete(4, 0)));
        }
    }

    #[tokio::test]
    async fn imports_are_written_whole_or_not_at_all() {
        let market = Market::new(
            "CREATE TABLE \"外来 成果\" (id INTEGER PRIMARY KEY, sid TEXT, \"成果-名称\" TEXT NOT NULL, je REAL, gxsj TEXT);
             INSERT INTO \"外来 成果\" (sid, \"成果-名称\") VALUES ('SD-2', '旧'), ('SD-9', '一'), ('SD-9', '二');",
        )
        .await;
        let writer = Writer::open(&market.database()).await.expect("the file is there");
        let (table, columns) = ("外来 成果", ["成果-名称", "je", "gxsj"]);
        let time = chrono::DateTime::parse_from_rfc3339("2026-05-01T00:30:00Z").expect("a good time");
        let values = |name: &str| {
            vec![Value::text(name), Value::Decimal("12.50".parse().expect("a number")), Value::DateTime(time)]
        };
        let mut batch = writer.begin().await.expect("nobody else writes");
        let key = Value::text("SD-1");
        let done = batch.upsert(table, "sid", &key, &columns, &values("新'; DROP TABLE t; --")).await;
        assert_eq!(done, Ok(Upsert::Inserted));
        let done = batch.upsert(table, "sid", &Value::text("SD-2"), &columns, &values("改")).await;
        assert_eq!(done, Ok(Upsert::Updated));
        let refused = batch.upsert(table, "sid", &Value::text("SD-9"), &columns, &values("双")).await;
        assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2022".to_owned()));
        let refused = batch.upsert(table, "sid", &key, &["je"], &[Value::List(Vec::new())]).await;
        assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2021".to_owned()));
        batch.commit().await.expect("the disk is there");

        let mut batch = writer.begin().await.expect("the batch before is closed");
        let found = batch.select_by_key(table, "sid", &key, &columns).await.expect("one row");
        let found: Vec<_> = found.unwrap_or_default().iter().map(ToString::to_string).collect();
        assert_eq!(found, ["新'; DROP TABLE t; --", "12.5", "2026-05-01 08:30:00"]);
        let refused = batch.upsert(table, "sid", &Value::text("SD-3"), &["je"], &[Value::Int(1)]).await;
        assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2020".to_owned()));
        assert_eq!(
            batch.upsert(table, "sid", &Value::text("SD-2"), &columns, &values("丢")).await,
            Ok(Upsert::Updated)
        );
        drop(batch);

        let mut batch = writer.begin().await.expect("the dropped batch is undone");
        let found = batch.select_by_key(table, "sid", &Value::text("SD-2"), &["成果-名称"]).await;
        assert_eq!(found, Ok(Some(vec![Value::text("改")])));
        assert_eq!(batch.select_by_key(table, "sid", &Value::text("SD-3"), &["je"]).await, Ok(None));
    }
}
