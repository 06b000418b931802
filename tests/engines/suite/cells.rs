//! Every type of column: the right value, or a complaint with the column's name.

use qilu::record::Value;

use super::{Expect, Ground, Seen, city, push, see};

/// A column's name for all cases.
const COLUMN: &str = "合同-金额";

/// What several engines have, and what must come of it on each.
fn cases() -> Vec<(&'static str, Expect)> {
    vec![
        ("null", Expect::Is(Value::Null)),
        ("whole", Expect::Is(Value::Int(-7))),
        ("whole, the smallest", Expect::Is(Value::Int(i64::MIN))),
        ("whole, the largest", Expect::Is(Value::Int(i64::MAX))),
        ("whole, beyond the signed", Expect::decimal("18446744073709551615")),
        ("decimal", Expect::decimal("12345678901234.5678")),
        ("decimal, negative", Expect::decimal("-0.0001")),
        ("decimal, zeros behind", Expect::decimal("1.5")),
        ("decimal, no places", Expect::Is(Value::Int(12_500))),
        ("decimal, 28 digits", Expect::decimal("1234567890123456789012345.678")),
        ("decimal, 30 digits", Expect::Row("Q2014")),
        ("decimal, not a number", Expect::Row("Q2014")),
        ("float", Expect::decimal("0.1")),
        ("float, short", Expect::decimal("0.1")),
        ("float, large", Expect::decimal("3075000000.25")),
        ("float, infinite", Expect::Row("Q2014")),
        ("float, not a number", Expect::Row("Q2014")),
        ("flag", Expect::Is(Value::Bool(true))),
        ("text", Expect::text("高精度协作机器人")),
        ("text, empty", Expect::text("")),
        ("text, blanks around", Expect::text("  甲  ")),
        ("text, four bytes each", Expect::text("𠮷😀")),
        ("text, control characters", Expect::text("a\tb\u{1}\r\n\u{7f}")),
        ("text, NUL", Expect::text("a\0b")),
        ("text, not UTF-8", Expect::Row("Q2013")),
        ("text, padded", Expect::text("AB")),
        ("text, one of a set", Expect::text("已发布")),
        ("bytes", Expect::Is(Value::Bytes([0, 39, 255].into()))),
        ("bytes, empty", Expect::Is(Value::Bytes([].into()))),
        ("date", Expect::date("2023-05-01")),
        ("date, leap day", Expect::date("2024-02-29")),
        ("date, before 1970", Expect::date("1949-10-01")),
        ("date, infinite", Expect::Row("Q2031")),
        ("date, before the year 1", Expect::Row("Q2031")),
        ("time of day", Expect::text("08:30:00")),
        ("time, no zone", Expect::time("2023-05-01T08:30:00+08:00")),
        ("time, no zone, microseconds", Expect::time("2023-05-01T08:30:00.123456+08:00")),
        // China put its clocks forward on 4 May 1986 at 02:00, and back on 14 September.
        ("time, no zone, summer", Expect::time("1986-07-01T08:30:00+09:00")),
        ("time, no zone, leapt over", Expect::Row("Q2031")),
        ("time, no zone, twice", Expect::time("1986-09-14T01:30:00+09:00")),
        ("time, infinite", Expect::Row("Q2031")),
        ("time, zone", Expect::time("2023-05-01T08:30:00+08:00")),
        ("identifier", Expect::text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
        ("json", Expect::json(r#"{"b": [1, null, "甲"], "a": {"c": true}}"#)),
        ("json, null", Expect::Is(Value::Null)),
        ("list of texts", Expect::json(r#"["甲", null, "乙,丙"]"#)),
        ("list of numbers", Expect::json("[1, 2, 3]")),
    ]
}

pub async fn common_cells_come_out_as_the_same_values<G: Ground>(ground: G) {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (place, (case, expect)) in cases().into_iter().enumerate() {
        let Some((declaration, literal)) = G::cell(case) else { continue };
        tried += 1;
        let found = found(&ground, &format!("common_{place}"), declaration, literal).await;
        if found != expect {
            wrong.push(format!(
                "{case}: {literal} in {declaration}\n  expected {expect:?}\n  found    {found:?}"
            ));
        }
    }
    assert!(tried >= 10, "only {tried} cases were tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub async fn cells_of_this_engine_alone_come_out_or_are_refused<G: Ground>(ground: G) {
    let mut wrong = Vec::new();
    for (place, (declaration, literal, expect)) in G::own_cells().into_iter().enumerate() {
        let found = found(&ground, &format!("own_{place}"), declaration, literal).await;
        if found != expect {
            wrong.push(format!("{literal} in {declaration}\n  expected {expect:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What comes of a cell, in a row between two good ones. Every complaint must name the column.
async fn found<G: Ground>(ground: &G, table: &str, declaration: &str, literal: &str) -> Expect {
    let column = G::quoted(COLUMN);
    ground
        .run(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, {column} {declaration});
             INSERT INTO {table} (id) VALUES (1), (3); INSERT INTO {table} VALUES (2, {literal});"
        ))
        .await;
    let seen = match see(&city(ground).await, &push(&format!("table = '{table}'"), &["id"])).await {
        Ok(seen) => seen,
        Err(complaint) => {
            assert_eq!(complaint.column, COLUMN, "{complaint}");
            return Expect::Query(known(&complaint.id));
        }
    };
    let Seen { rows, unreadable, ending } = &seen;
    assert!(matches!(ending, qilu::source::Ending::Complete { .. }), "{literal}: {ending:?}");
    assert_eq!(rows.len() + unreadable.len(), 3, "{literal}: one bad cell must not hide other rows");
    match (&unreadable[..], rows.iter().find(|row| row.key.to_string() == "2")) {
        ([], Some(row)) => Expect::Is(row.get(COLUMN).cloned().expect("the column is there")),
        ([bad], None) => {
            assert_eq!(bad.key.as_ref().map(ToString::to_string).as_deref(), Some("2"));
            assert_eq!((bad.complaints.len(), bad.complaints[0].column.as_str()), (1, COLUMN));
            Expect::Row(known(&bad.complaints[0].id))
        }
        other => panic!("{literal}: {other:?}"),
    }
}

/// The id as the catalogue holds it.
fn known(id: &str) -> &'static str {
    let mut entries = qilu::record::catalogue();
    entries.find(|entry| entry.id == id).expect("complaints have their ids from the catalogue").id
}
