//! Nothing is changed where listings are read.

use qilu::city::Ask;
use qilu::config::{Located, Relation};
use qilu::source::{Ending, fetch};

use super::{Ground, city, push, push_with, see};

pub async fn a_query_that_writes_fails<G: Ground>(ground: G) {
    let (sql, query) = G::writing_query();
    ground.run(&format!("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1); {sql}")).await;
    let city = city(&ground).await;
    // The room `config` refuses some of these already; here they must fail as well.
    let place = |text: &str| Located { value: text.to_owned(), line: 1, column: 1 };
    let (relation, key) = (Relation::Query(place(query)), [place("id")]);
    let is_described = city.describe(&relation).await.is_ok();
    let (since, under) = (None, None);
    let ask = Ask { relation: &relation, key: &key, settle_ties: false, only: None, since, under };
    let failed = match city.read(&[ask]).await {
        Err(_) => true,
        Ok(mut cursors) => cursors[0].next().await.is_some_and(|line| line.is_err()),
    };
    assert!(failed, "described: {is_described}");
    let rows = see(&city, &push("table = 't'", &["id"])).await.expect("the table is there").whole();
    assert_eq!(rows.len(), 1);
}

pub async fn reading_leaves_every_byte_as_it_was<G: Ground>(ground: G) {
    let short = G::short_text();
    ground
        .run(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x {short}); INSERT INTO t VALUES (1, '甲'), (2, NULL), (3, '');
             CREATE TABLE p (pid INTEGER, px INTEGER); INSERT INTO p VALUES (1, 1);"
        ))
        .await;
    let before = ground.bytes().await;
    assert!(!before.is_empty());
    let city = city(&ground).await;
    let push = push_with("query = 'SELECT * FROM t'", &["id"], "query = 'SELECT * FROM p'\nkey = 'pid'");
    assert_eq!(see(&city, &push).await.expect("the tables are there").whole().len(), 3);
    assert!(fetch(&city, &push, "2").await.expect("the row is good").is_some());
    let survey = city.survey().await.expect("the catalogue can be read");
    for table in &survey.tables {
        city.sample(table, 5).await.expect("rows can be looked at");
    }
    let missing = see(&city, &super::push("table = 'no_such_table'", &["id"])).await;
    assert!(missing.is_err() || matches!(missing.map(|seen| seen.ending), Ok(Ending::Incomplete(_))));
    assert!(before == ground.bytes().await, "the table has changed");
}
