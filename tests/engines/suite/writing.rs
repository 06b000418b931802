//! Imports come to a city's tables by the types of their columns.

use qilu::city::{Upsert, Writer};
use qilu::record::Value;

use super::{Ground, city, database, push, see};

pub async fn imports_are_written_whole_and_by_type<G: Ground>(ground: G) {
    let column = |case: &str| G::cell(case).map_or_else(|| G::short_text(), |(declaration, _)| declaration);
    let short = G::short_text();
    ground
        .run(&format!(
            "CREATE TABLE t (id INTEGER, sid {short}, {mc} {short} NOT NULL, je {decimal}, nd {whole}, rq {date}, sj {time},
                             fb {flag}, fj {bytes});
             INSERT INTO t (sid, {mc}) VALUES ('SD-2', '旧'), ('SD-9', '一'), ('SD-9', '二');",
            mc = G::quoted("成果-名称"),
            decimal = column("decimal"),
            whole = column("whole"),
            date = column("date"),
            time = column("time, no zone"),
            flag = column("flag"),
            bytes = column("bytes"),
        ))
        .await;
    let writer = Writer::open(&database(&ground.url())).await.expect("it may be written to");
    let columns = ["成果-名称", "je", "nd", "rq", "sj", "fb", "fj"];
    let time = chrono::DateTime::parse_from_rfc3339("2026-05-01T00:30:00Z").expect("a good time");
    let values = |name: &str| {
        vec![
            Value::text(name),
            Value::Decimal("12.50".parse().expect("a number")),
            Value::Int(2026),
            Value::Date("2026-05-01".parse().expect("a date")),
            Value::DateTime(time),
            Value::Bool(true),
            Value::Bytes([0, 255].into()),
        ]
    };
    let key = |text: &str| Value::text(text);
    let mut batch = writer.begin().await.expect("nobody else writes");
    let done = batch.upsert("t", "sid", &key("SD-1"), &columns, &values("新'; DROP TABLE t; --")).await;
    assert_eq!(done, Ok(Upsert::Inserted));
    assert_eq!(batch.upsert("t", "sid", &key("SD-2"), &columns, &values("改")).await, Ok(Upsert::Updated));
    // The same again is an update too, though it changes nothing.
    assert_eq!(batch.upsert("t", "sid", &key("SD-2"), &columns, &values("改")).await, Ok(Upsert::Updated));
    let refused = batch.select_by_key("t", "sid", &key("SD-9"), &columns).await;
    assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2022".to_owned()));
    // One row that is refused leaves the others of its batch as they are.
    let refused = batch.upsert("t", "sid", &key("SD-3"), &["je"], &[Value::Int(1)]).await;
    assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2020".to_owned()));
    let refused = batch.upsert("t", "sid", &key("SD-3"), &["no_such"], &[Value::Int(1)]).await;
    assert_eq!(refused.map_err(|complaint| complaint.id), Err("Q2020".to_owned()));
    let nulls = vec![Value::Null; columns.len() - 1];
    assert_eq!(batch.upsert("t", "sid", &key("SD-2"), &columns[1..], &nulls).await, Ok(Upsert::Updated));
    assert_eq!(batch.upsert("t", "sid", &key("SD-2"), &[], &[]).await, Ok(Upsert::Updated));
    batch.commit().await.expect("the disk is there");

    let mut batch = writer.begin().await.expect("the batch before is closed");
    let found = batch.select_by_key("t", "sid", &key("SD-1"), &columns).await.expect("one row");
    let found = found.expect("it was written");
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(texts[..4], ["新'; DROP TABLE t; --", "12.5", "2026", "2026-05-01"]);
    assert!(
        ["2026-05-01 08:30:00", "2026-05-01T08:30:00+08:00"].contains(&texts[4].as_str()),
        "{}",
        texts[4]
    );
    assert!(["true", "1"].contains(&texts[5].as_str()), "{}", texts[5]);
    assert_eq!(found[6], Value::Bytes([0, 255].into()));
    let found = batch.select_by_key("t", "sid", &key("SD-2"), &columns).await.expect("one row");
    assert!(found.expect("it was written")[1..].iter().all(Value::is_null));
    assert_eq!(batch.select_by_key("t", "sid", &key("SD-3"), &["je"]).await, Ok(None));
    assert_eq!(batch.upsert("t", "sid", &key("SD-2"), &columns, &values("丢")).await, Ok(Upsert::Updated));
    drop(batch);

    let query = format!(
        "query = '''SELECT * FROM t WHERE sid IN ({}, {})'''",
        G::literal("SD-1"),
        G::literal("SD-2")
    );
    let rows = see(&city(&ground).await, &push(&query, &["sid"])).await.expect("the table is there").whole();
    let names: Vec<_> = rows.iter().map(|row| row.get("成果-名称").cloned()).collect();
    assert_eq!(names, [Some(Value::text("新'; DROP TABLE t; --")), Some(Value::text("改"))]);
}
