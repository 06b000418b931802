//! The order of keys, and listings found by them.

use qilu::record::Value;
use qilu::source::{Ending, fetch};

use super::{Town, complete, keys, push};

#[tokio::test]
async fn keys_sort_by_their_bytes_whatever_their_character_set_and_collation() {
    let texts = "('b'), ('B'), ('a'), ('a '), ('ab'), ('Z'), (''), ('_'), ('aa')";
    let Some(town) = Town::with(&format!(
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
    ))
    .await
    else {
        return;
    };
    for (table, count) in [("ci", 16), ("bin", 16), ("chinese", 12), ("west", 12), ("three", 12)] {
        let (rows, unreadable, ending) = town.scan(&push(&format!("SELECT * FROM {table}"), "k", "")).await;
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
        let (rows, _, ending) = town.scan(&push("SELECT * FROM other", column, "")).await;
        assert!(matches!(ending, Ending::Complete { .. }), "{column}: {ending:?}");
        assert_eq!(keys(&rows).join(" "), expect, "{column}");
        let city = town.city().await;
        for key in keys(&rows) {
            let found = fetch(&city, &push("SELECT * FROM other", column, ""), &key).await;
            let found = found.unwrap_or_else(|complaint| panic!("{column} {key}: {complaint}"));
            assert_eq!(found.map(|row| row.key.to_string()), Some(key), "{column}");
        }
    }
}

#[tokio::test]
async fn one_listing_is_fetched_by_its_key_and_what_no_cell_can_hold_is_not_there() {
    let Some(town) = Town::with("CREATE TABLE t (w VARCHAR(20) CHARACTER SET latin1, g VARCHAR(20) CHARACTER SET gbk, n BIGINT UNSIGNED, d DATE,
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
        let found = fetch(&city, &push("SELECT * FROM t", column, ""), key).await;
        let found = found.unwrap_or_else(|complaint| panic!("{column} {key}: {complaint}"));
        let n = found.and_then(|row| row.get("n").map(ToString::to_string)).unwrap_or_default();
        assert_eq!(n, expect, "{column} {key}");
    }
}
