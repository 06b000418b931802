//! What a session is told and what it may do, whatever the server's administrator has set.

use std::path::Path;
use std::time::Duration;

use qilu::city::{City, Reference};
use qilu::config::{Database, Engine, Located, Relation};
use qilu::record::{Row, Value};
use qilu::source::{Ending, scan};

use super::{SHANGHAI, Town, cells, complete, push, query, read};
use crate::servers::mariadb;
use crate::suite::said;

#[tokio::test]
async fn the_city_s_sql_means_what_it_means_on_its_server_and_no_limit_cuts_a_scan() {
    let Some(server) = mariadb::odd_url() else { return };
    let town = Town::at(
        server,
        "SET SESSION sql_select_limit = DEFAULT, max_statement_time = 0, sql_mode = @@GLOBAL.sql_mode;
         CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(200), b TEXT, count INT);
         INSERT INTO t VALUES (1, '甲', '乙', 1), (2, '丙', '', 2), (3, '\\n', REPEAT('字', 100), 3), (4, 'd', 'e', 4);",
    )
    .await;
    let sql = "SELECT \"id\", @@max_statement_time AS patience, \"a\" || \"b\" AS \"ab\", '\\n' AS n, count,
               (SELECT GROUP_CONCAT(a ORDER BY id SEPARATOR '、') FROM t) AS all_, @@sql_mode AS mode FROM t";
    let (rows, unreadable, ending) = town.scan(&push(sql, "id", "SELECT id AS pid, a FROM t")).await;
    assert_eq!((ending, unreadable), (complete(4, 0), Vec::new()));
    assert_eq!(cells(&rows[0])[..4], ["id=int 1", "patience=decimal 0", "ab=text 甲乙", "n=text \\n"]);
    assert_eq!(rows[0].get("all_").map(ToString::to_string).as_deref(), Some("甲、丙、\\n、d"));
    assert_eq!(
        rows[0].get("mode").map(ToString::to_string).as_deref(),
        Some("PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES")
    );
    assert!(rows.iter().all(|row| row.children[0].1.len() == 1));

    // On the plain server the same sign is an OR.
    let Some(town) = Town::with("").await else { return };
    let (rows, ..) = town.scan(&push("SELECT 1 AS id, 'a' || '1' AS x, @@sql_mode AS mode", "id", "")).await;
    assert_eq!(rows[0].get("x"), Some(&Value::Int(1)));
    let mode = rows[0].get("mode").map(ToString::to_string).unwrap_or_default();
    assert!(!mode.contains("PIPES_AS_CONCAT"), "{mode}");
}

#[tokio::test]
async fn names_of_any_characters_are_quoted_and_doubles_are_told() {
    let Some(town) = Town::with("CREATE TABLE `研发-表` (`编 号` INT PRIMARY KEY, `research-content` TEXT, `select` INT, `a``b` INT, URL TEXT);
         INSERT INTO `研发-表` VALUES (1, '内容', 2, 3, 'u');",
    )
    .await
    else {
        return;
    };
    let (rows, ..) = town.scan(&push("SELECT * FROM `研发-表` # 说明", "编 号", "")).await;
    assert_eq!(
        cells(&rows[0]),
        ["编 号=int 1", "research-content=text 内容", "select=int 2", "a`b=int 3", "URL=text u"]
    );
    let city = town.city().await;
    let rows = [
        ("SELECT a.*, a.URL FROM `研发-表` a", "Q2002", "rename one with AS"),
        ("SELECT nothing FROM `研发-表`", "Q2002", "Unknown column 'nothing'"),
        ("SELECT POINT(1, 2) AS place", "Q2030", "place"),
    ];
    for (sql, id, words) in rows {
        let complaint = city.describe(&query(sql)).await.expect_err(sql);
        let said = said(&complaint);
        assert!(said.starts_with(id) && said.contains(words), "{sql}: {said}");
    }
    let table = Relation::Table(Located { value: format!("{}.研发-表", town.name), line: 1, column: 1 });
    let columns = city.describe(&table).await.expect("a table with its schema");
    let declared: Vec<_> = columns.iter().map(|column| column.declared_type.as_str()).collect();
    assert_eq!(declared, ["INT", "TEXT", "INT", "INT", "TEXT"]);
}

#[tokio::test]
async fn a_query_that_the_server_gives_up_makes_the_scan_incomplete() {
    let sql = "CREATE TABLE t (id INT PRIMARY KEY, x TEXT);
               INSERT INTO t SELECT seq, REPEAT('x', 2000) FROM seq_1_to_20000;";
    let Some(town) = Town::with(sql).await else { return };
    let push = push("SELECT t.*, CONNECTION_ID() AS c FROM t", "id", "");
    let mut scan = scan(&town.city().await, &push).await.expect("the query is good");
    let mut rows = 0;
    while let Some(found) = scan.next().await {
        let row = found.expect("every row is good");
        rows += 1;
        if rows == 10 {
            let session = row.get("c").map(ToString::to_string).expect("the session's number");
            // As it does by itself when a limit of time has passed.
            town.run(&format!("KILL QUERY {session}")).await;
        }
    }
    let Ending::Incomplete(complaint) = scan.end() else { panic!("read whole") };
    assert!(complaint.id == "Q2004" && complaint.to_string().contains("interrupted"), "{complaint}");
    assert!((10..20_000).contains(&rows), "{rows}");
}

#[tokio::test]
async fn reading_changes_nothing_and_cannot() {
    let Some(town) = Town::with("CREATE TABLE t (id INT PRIMARY KEY, x TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL);
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
    let (rows, _, ending) = town.scan(&push("SELECT * FROM t", "id", "SELECT * FROM m")).await;
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
        let push = push(sql, "id", "");
        let complaint = match scan(&city, &push).await {
            Err(complaint) => complaint,
            Ok(mut scan) => {
                assert_eq!(scan.next().await, None, "{sql}");
                match scan.end() {
                    Ending::Incomplete(complaint) => complaint,
                    complete => panic!("{sql}: {complete:?}"),
                }
            }
        };
        assert!(complaint.to_string().contains("READ ONLY"), "{sql}: {complaint}");
    }
    assert_eq!(town.checksums("t, m").await, before);
}

#[tokio::test]
async fn listings_and_children_are_of_one_state_while_others_write() {
    let Some(town) = Town::with("CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE p (pid INT); INSERT INTO t VALUES (1); INSERT INTO p VALUES (1);",
    )
    .await
    else {
        return;
    };
    let (city, push) = (town.city().await, push("SELECT * FROM t", "id", "SELECT * FROM p"));
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
        database.engine = Engine::parse(url, Some(reference), Path::new("")).expect("a good URL");
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

#[tokio::test]
async fn the_server_tells_its_tables_with_comments_keys_and_references() {
    let Some(town) = Town::with("CREATE TABLE t_dw (dm VARCHAR(18), nf INT, mc VARCHAR(50) COMMENT '单位名称', PRIMARY KEY (dm, nf)) COMMENT '单位';
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
async fn a_connection_is_as_safe_as_its_url_says() {
    let Some(url) = mariadb::odd_url() else { return };
    let root = mariadb::odd_folder();
    let open = async |parameters: &str| {
        let database = Database::from_url("market", &format!("{url}{parameters}"), SHANGHAI);
        City::open(&Database { root: root.clone(), ..database.expect("a good URL") }).await
    };
    // A certificate is found beside the configuration.
    for good in [
        "",
        "?ssl-mode=required",
        "?ssl-mode=verify_identity&ssl-ca=certificate.pem",
        "?ssl-mode=verify_ca&ssl-ca=./certificate.pem",
    ] {
        let city = open(good).await.unwrap_or_else(|complaint| panic!("{good}: {complaint}"));
        let cipher = "SELECT 1 AS id, variable_value AS x FROM information_schema.session_status
                      WHERE variable_name = 'SSL_CIPHER'";
        let (rows, ..) = read(&city, &push(cipher, "id", "")).await;
        let cipher = rows[0].get("x").map(ToString::to_string).unwrap_or_default();
        assert!(cipher.starts_with("TLS_"), "{good}: {cipher}");
    }
    for (bad, words) in [
        ("?ssl-mode=disabled", "Access denied"),
        ("?ssl-mode=verify_ca", "UnknownIssuer"),
        ("?ssl-mode=verify_identity&ssl-ca=nothing.pem", "nothing.pem"),
    ] {
        let complaint = open(bad).await.map(drop).expect_err(bad).to_string();
        assert!(complaint.starts_with("Q2001") && complaint.contains(words), "{bad}: {complaint}");
    }
}
