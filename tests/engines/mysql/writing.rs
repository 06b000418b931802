//! Imports into the city's tables.

use qilu::city::{Batch, Upsert, Writer};
use qilu::record::Value;
use sqlx::{Executor, Row};

use super::{SHANGHAI, Town, push};

#[tokio::test]
async fn imports_are_written_whole_or_not_at_all() {
    let Some(town) = Town::with("CREATE TABLE `外来 成果` (id INT AUTO_INCREMENT PRIMARY KEY, sid VARCHAR(40), `成果-名称` VARCHAR(30) NOT NULL, je DECIMAL(12, 2),
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
    let moment = "SELECT CAST(UNIX_TIMESTAMP(sj) AS SIGNED) FROM `外来 成果` WHERE sid = 'SD-1'";
    let row = town.connect().await.fetch_one(moment).await.expect("the row");
    assert_eq!(row.get_unchecked::<i64, _>(0), time.timestamp());
}

#[tokio::test]
async fn of_two_batches_that_wait_for_each_other_one_is_undone_whole() {
    let sql = "CREATE TABLE t (sid VARCHAR(9) PRIMARY KEY, x INT); INSERT INTO t VALUES ('a', 0), ('b', 0), ('c', 0);";
    let Some(town) = Town::with(sql).await else { return };
    let writer = Writer::open(&town.database(SHANGHAI)).await.expect("the server is there");
    let (mut one, mut two) =
        (writer.begin().await.expect("a transaction"), writer.begin().await.expect("another"));
    let write = async |batch: &mut Batch, key: &str, x: i64| {
        batch.upsert("t", "sid", &Value::text(key), &["x"], &[Value::Int(x)]).await
    };
    assert_eq!(write(&mut one, "a", 1).await, Ok(Upsert::Updated));
    assert_eq!(write(&mut two, "b", 2).await, Ok(Upsert::Updated));
    let (first, second) = tokio::join!(write(&mut one, "b", 1), write(&mut two, "a", 2));
    let (kept, mut undone, refused, x) = match (first, second) {
        (Ok(_), Err(refused)) => (one, two, refused, 1),
        (Err(refused), Ok(_)) => (two, one, refused, 2),
        both => panic!("{both:?}"),
    };
    assert!(refused.id == "Q2020" && refused.to_string().contains("Deadlock"), "{refused}");
    // Its transaction is over: what came now would be written by itself.
    assert_eq!(write(&mut undone, "c", 3).await.map_err(|complaint| complaint.id), Err("Q2020".to_owned()));
    assert!(undone.commit().await.is_err_and(|complaint| complaint.to_string().contains("Deadlock")));
    kept.commit().await.expect("the server is there");
    let (rows, ..) = town.scan(&push("SELECT * FROM t", "sid", "")).await;
    let found: Vec<_> = rows.iter().map(|row| row.cells[1].clone()).collect();
    assert_eq!(found, [Value::Int(x), Value::Int(x), Value::Int(0)]);
}
