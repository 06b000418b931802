//! A cursor's column and settings, on the contracts that have no children.

use super::world::check;
use super::{A, C, SQL};

/// What is said when the contracts are stamped in an SQL form of `i`, with lines of the route after their key.
async fn said(form: &str, lines: &str) -> Vec<String> {
    let lines = format!("key = '编号'\n{lines}");
    let stamped = format!("iif(i = 30, 'Y', 'N'), {form} FROM n;");
    check(&[
        (SQL, "作废 TEXT)", "作废 TEXT, gxsj)"),
        (SQL, "iif(i = 30, 'Y', 'N') FROM n;", &stamped),
        (C, "key = '编号'", &lines),
    ])
    .await
}

#[tokio::test]
async fn a_column_that_sorts_as_it_dates_passes_in_silence() {
    for form in [
        "'2026-04-' || printf('%02d', i)",
        "'2026-04-' || printf('%02d', i) || ' 08:30:00'",
        "'202604' || printf('%02d', i)",
        "1777000000 + i * 60",
        "iif(i < 20, NULL, 1777000000000 + i)",
    ] {
        assert_eq!(said(form, "cursor = 'gxsj'").await, [""; 0], "{form}");
    }
}

#[tokio::test]
async fn one_that_does_not_is_named_with_what_to_do() {
    let day = "'2026-04-' || printf('%02d', i)";
    let rows = [
        (day, "cursor = 'gxsi'", "contract.toml:7:11 Q1160"),
        ("NULL", "cursor = 'gxsj'", "contract.toml:7:11 Q1161"),
        ("''", "cursor = 'gxsj'", "contract.toml:7:11 Q1161"),
        ("'2026.4.' || i", "cursor = 'gxsj'", "contract.toml:7:11 Q1162"),
        ("i", "cursor = 'gxsj'", "contract.toml:7:11 Q1162"),
        ("iif(i % 2, 1777000000, '2026-04-01')", "cursor = 'gxsj'", "contract.toml:7:11 Q1162"),
        (day, "cursor = { column = 'gxsj', overlap = '0' }", "contract.toml:7:10 Q1164"),
        (day, "cursor = { column = 'gxsj', overlap = '2d' }", "contract.toml:7:10 Q1164"),
        (day, "cursor = { column = 'gxsj', full_every = '90d' }", "contract.toml:7:10 Q1164"),
        (day, "cursor = { column = 'gxsj', overlap = '1s', full_every = '5s' }", "contract.toml:7:10 Q1164"),
    ];
    for (form, line, expect) in rows {
        assert_eq!(said(form, line).await, [expect], "{form} {line}");
    }
}

#[tokio::test]
async fn children_change_without_it() {
    let found = check(&[(A, "key = [\"id\"]", "key = [\"id\"]\ncursor = \"zt\"")]).await;
    assert_eq!(found, ["achievement.toml:10:11 Q1162", "achievement.toml:10:11 Q1163"]);
}
