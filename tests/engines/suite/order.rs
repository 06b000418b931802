//! Rows come in the order of their keys, whatever the engine's own order is.

use qilu::record::{Key, KeyPart, Value};
use qilu::source::fetch;

use super::{Ground, city, push, push_with, see};

/// In the order of their bytes. Case, accents, full width, blanks behind, and characters that UTF-16 sorts otherwise.
const TEXTS: [&str; 20] = [
    "", " ", "0", "10", "9", "A", "B", "Z", "_", "a", "a b", "aa", "b", "e", "é", "ß", "中", "文", "ｚ", "𠮷",
];
/// The same to an engine that pads, so they are tried where it does not.
const PADDED: [&str; 3] = ["k", "k\t", "k "];

pub async fn texts_sort_by_their_bytes<G: Ground>(ground: G) {
    for (place, declaration) in G::text_columns().iter().enumerate() {
        let table = format!("texts_{place}");
        let mut rows: Vec<_> =
            TEXTS.iter().chain(&PADDED).map(|text| format!("({})", G::literal(text))).collect();
        rows.sort_by_key(|row| row.chars().rev().collect::<String>());
        ground
            .run(&format!(
                "CREATE TABLE {table} (k {declaration}, n INTEGER);
                 INSERT INTO {table} (k) VALUES {};",
                rows.join(", ")
            ))
            .await;
        let seen = see(&city(&ground).await, &push(&format!("table = '{table}'"), &["k"])).await;
        let found = seen.expect("the table is there").whole();
        let found: Vec<_> = found.iter().map(|row| row.key.to_string()).collect();
        let mut expect: Vec<_> = TEXTS.iter().chain(&PADDED).copied().collect();
        expect.sort_unstable();
        assert_eq!(found, expect, "{declaration}");
    }
}

pub async fn keys_of_several_columns_and_of_numbers_sort_by_value<G: Ground>(ground: G) {
    let short = G::short_text();
    ground
        .run(&format!(
            "CREATE TABLE t (dw {short}, nd INTEGER); CREATE TABLE p (dw {short}, nd INTEGER, px INTEGER);
             INSERT INTO t VALUES ('b', 1), ('a', 10), ('a', 9), ('a', -1), ('B', 2), ('a', -10), ('中', 0);
             INSERT INTO p VALUES ('a', 9, 2), ('a', -10, 1), ('a', 9, 1), ('中', 0, 1), ('B', 2, 7);"
        ))
        .await;
    let children = "query = 'SELECT * FROM p'\nkey = ['dw', 'nd']";
    let push = push_with("query = 'SELECT * FROM t'", &["dw", "nd"], children);
    let rows = see(&city(&ground).await, &push).await.expect("the tables are there").whole();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            let children: Vec<_> = row.children[0].1.iter().map(|child| child.get("px").cloned()).collect();
            (row.key.to_string(), children.into_iter().flatten().collect::<Vec<_>>())
        })
        .collect();
    let int = Value::Int;
    let expect = [
        ("B,2", vec![int(7)]),
        ("a,-10", vec![int(1)]),
        ("a,-1", vec![]),
        ("a,9", vec![int(1), int(2)]),
        ("a,10", vec![]),
        ("b,1", vec![]),
        ("中,0", vec![int(1)]),
    ];
    assert_eq!(found, expect.map(|(key, children)| (key.to_owned(), children)));
    assert_eq!(rows[1].key, Key::new(vec![KeyPart::Text("a".into()), KeyPart::Int(-10)]));
}

pub async fn one_listing_is_fetched_by_its_readable_key<G: Ground>(ground: G) {
    let short = G::short_text();
    ground
        .run(&format!(
            "CREATE TABLE t (dw {short}, nd INTEGER, x {short}); CREATE TABLE p (dw {short}, nd INTEGER, px INTEGER);
             INSERT INTO t VALUES ('a,b', 1, 'comma'), ('A', 1, 'big'), ('a', 1, 'small'), ('7', 7, 'digits');
             INSERT INTO p VALUES ('A', 1, 1), ('a', 1, 2);"
        ))
        .await;
    let city = city(&ground).await;
    let children = "query = 'SELECT * FROM p'\nkey = ['dw', 'nd']";
    let push = push_with("query = 'SELECT * FROM t'", &["dw", "nd"], children);
    let rows = [
        ("a\\,b,1", Some(("comma", 0))),
        ("A,1", Some(("big", 1))),
        ("a,1", Some(("small", 1))),
        ("7,7", Some(("digits", 0))),
        ("7,07", None),
        ("a,2", None),
        ("a,one", None),
        ("a,99999999999999999999", None),
        ("a", None),
        ("'; DROP TABLE t; --,1", None),
    ];
    for (key, expect) in rows {
        let found = fetch(&city, &push, key).await.unwrap_or_else(|complaint| panic!("{key}: {complaint}"));
        let found = found.map(|row| (row.get("x").map(ToString::to_string), row.children[0].1.len()));
        assert_eq!(found, expect.map(|(text, count)| (Some(text.to_owned()), count)), "{key}");
    }
}
