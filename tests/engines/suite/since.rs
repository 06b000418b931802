//! What was changed since a time is asked for in the words of each column's own type.

use qilu::city::{City, Reading, Since, Stamp};
use qilu::config::Located;
use qilu::source::{Ending, scan_since};

use super::{Ground, ZONE, city, push_with, see};

pub async fn what_was_changed_since_a_time_is_read_with_its_children_and_nothing_else<G: Ground>(ground: G) {
    let (short, elsewhere) = (G::short_text(), G::short_text_elsewhere());
    for (place, (declaration, [before, at, after])) in G::stamps().into_iter().enumerate() {
        ground
            .run(&format!(
                "CREATE TABLE t_{place} (id INTEGER, dw {short}, gxsj {declaration});
                 CREATE TABLE p_{place} (pid INTEGER, dw {elsewhere}, px INTEGER);
                 INSERT INTO t_{place} VALUES (1, '甲', {before}), (2, '乙', {at}), (3, '丙', {after}), (4, '丁', NULL),
                    (5, '戊', {before});
                 INSERT INTO p_{place} SELECT id, dw, 1 FROM t_{place};
                 INSERT INTO p_{place} SELECT id, dw, 2 FROM t_{place};"
            ))
            .await;
        must_read_what_changed(&city(&ground).await, place, declaration).await;
    }
}

/// Reads everything to find the form and the time of the second listing, then what was changed since then. There are
/// five, stamped before, at and after a time, and never; each has two children, under a number and a text.
async fn must_read_what_changed(city: &City, place: usize, told: &str) {
    let children = format!("query = 'SELECT * FROM p_{place}'\nkey = ['pid', 'dw']");
    let push = push_with(&format!("query = 'SELECT * FROM t_{place}'"), &["id", "dw"], &children);
    let rows = see(city, &push).await.expect(told).whole();
    let Some(value) = rows[1].get("gxsj") else { panic!("{told}: no stamp") };
    let Reading::Stamped(stamp, Some(from)) = Stamp::read(value, ZONE) else {
        panic!("{told}: {value:?} is no stamp")
    };
    let column = Located { value: "gxsj".to_owned(), line: 1, column: 1 };
    // The first one is old, but named; of the last one there is none.
    let also = [["1", "甲"], ["99", "癸"]].map(|parts| parts.map(str::to_owned).to_vec()).to_vec();
    let since = Since { column, stamp, from, zone: ZONE, also };
    let covered: Vec<_> = rows
        .iter()
        .filter(|row| row.get("gxsj").is_some_and(|value| since.covers(value)))
        .map(|row| row.key.to_string())
        .collect();
    assert_eq!(covered, ["2,乙", "3,丙", "4,丁"], "{told}: {stamp:?}");
    let mut scan =
        scan_since(city, &push, &since).await.unwrap_or_else(|complaint| panic!("{told}: {complaint}"));
    let mut found = Vec::new();
    while let Some(row) = scan.next().await {
        let row = row.expect(told);
        assert_eq!(row.children[0].1.len(), 2, "{told}: {}", row.key);
        found.push(row.key.to_string());
    }
    assert_eq!(found, ["1,甲", "2,乙", "3,丙", "4,丁"], "{told}: {stamp:?}");
    let whole =
        matches!(scan.end(), Ending::Complete { rows: 4, unreadable: 0, orphans } if orphans.is_empty());
    assert!(whole, "{told}");
}
