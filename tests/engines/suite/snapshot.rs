//! One state of the database for a whole scan, and an honest end.

use qilu::source::{Ending, scan};

use super::{Ground, city, city_at, push, push_with, said, see};

pub async fn listings_and_children_are_of_one_state<G: Ground>(ground: G) {
    ground
        .run(
            "CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE p (pid INTEGER, px INTEGER);
             INSERT INTO t VALUES (1), (2); INSERT INTO p VALUES (1, 1), (2, 1);",
        )
        .await;
    let push = push_with("query = 'SELECT * FROM t'", &["id"], "query = 'SELECT * FROM p'\nkey = 'pid'");
    let city = city(&ground).await;
    let mut scan = scan(&city, &push).await.expect("the tables are there");
    // The children have been read, and the listings have not.
    ground.run("INSERT INTO t VALUES (3); INSERT INTO p VALUES (3, 1); DELETE FROM p WHERE pid = 2; DELETE FROM t WHERE id = 2;").await;
    let mut found = Vec::new();
    while let Some(row) = scan.next().await {
        let row = row.expect("every row is good");
        found.push((row.key.to_string(), row.children[0].1.len()));
    }
    assert_eq!(found, [("1".to_owned(), 1), ("2".to_owned(), 1)]);
    assert_eq!(scan.end(), Ending::Complete { rows: 2, unreadable: 0, orphans: Vec::new() });
    let after = see(&city, &push).await.expect("the tables are there");
    assert_eq!(after.keys(), ["1", "3"]);
    after.whole();
}

pub async fn a_connection_that_is_cut_ends_the_scan_as_incomplete<G: Ground>(ground: G) {
    // More than the buffers of both sides hold.
    let digits: Vec<_> = (0..10).map(|digit| format!("({digit})")).collect();
    ground
        .run(&format!(
            "CREATE TABLE d (n INTEGER); INSERT INTO d VALUES {};
             CREATE TABLE t (id INTEGER PRIMARY KEY, x {});
             INSERT INTO t SELECT a.n * 10000 + b.n * 1000 + c.n * 100 + e.n * 10 + f.n, {}
             FROM d a, d b, d c, d e, d f;",
            digits.join(", "),
            G::short_text(),
            G::literal(&"长".repeat(80))
        ))
        .await;
    let city = city(&ground).await;
    let mut scan = scan(&city, &push("table = 't'", &["id"])).await.expect("the table is there");
    for _ in 0..10 {
        scan.next().await.expect("there are more").expect("every row is good");
    }
    if !ground.cut_readers().await {
        return;
    }
    let mut rows = 10;
    while scan.next().await.is_some() {
        rows += 1;
    }
    assert!(rows < 100_000);
    let Ending::Incomplete(complaint) = scan.end() else { panic!("a scan of {rows} rows was complete") };
    assert_eq!(complaint.id, "Q2004", "{complaint}");
}

pub async fn a_table_that_may_not_be_read_is_named<G: Ground>(ground: G) {
    ground.run("CREATE TABLE open_t (id INTEGER); CREATE TABLE t_secret (id INTEGER); INSERT INTO open_t VALUES (1);").await;
    let Some(url) = ground.stranger().await else { return };
    let city = city_at(&url).await;
    let push = |table: &str| push(&format!("table = '{table}'"), &["id"]);
    see(&city, &push("open_t")).await.expect("it may be read").whole();
    let complaint = match see(&city, &push("t_secret")).await {
        Err(complaint) => complaint,
        Ok(seen) => match seen.ending {
            Ending::Incomplete(complaint) => complaint,
            ending => panic!("{ending:?}"),
        },
    };
    assert!(said(&complaint).contains("t_secret"), "{complaint}");
    let tables = city.survey().await.expect("what may be seen can be surveyed").tables;
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert!(names.contains(&"open_t") && !names.contains(&"t_secret"), "{names:?}");
}
