//! The city against its own promises. What the routes make of it is tested where routes and city meet.

mod routes;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, Row};

use super::*;

#[tokio::test]
async fn the_city_is_built_with_every_kind_and_the_figures_of_the_letter() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("market.db");
    let planted = build(&market).await.unwrap();
    let mut database = store::open(&market, false).await.unwrap();
    let mut count = async |sql: &str| -> i64 {
        sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut database).await.unwrap().get(0)
    };
    for shelf in SHELVES {
        let rows = count(&format!("SELECT count(*) FROM \"{}\"", shelf.table)).await;
        assert_eq!(rows as usize, shelf.good + shelf.faults.len(), "{}", shelf.table);
    }
    let figures = [
        ("SELECT count(*) FROM zhanting_buzhan", 44, "exhibitor"),
        ("SELECT count(*) FROM jishuxuqiu", 10, "demand"),
        ("SELECT count(*) FROM good_result WHERE apply_year = 2023", 32, "recommendation"),
        ("SELECT count(*) FROM good_result WHERE half = 1", 33, "recommendation"),
        ("SELECT count(*) FROM good_result WHERE province_state = '入选山东好成果'", 4, "recommendation"),
        ("SELECT count(*) FROM kjfz_ba", 680, "vice_president"),
        ("SELECT count(DISTINCT pcgx) FROM kjfz_ba", 69, "vice_president"),
        ("SELECT sum(xms) FROM kjfz_ba", 459, "vice_president"),
        ("SELECT sum(zhs) FROM kjfz_ba", 267, "vice_president"),
        ("SELECT CAST(sum(xzxs) AS INTEGER) FROM kjfz_ba", 257_900, "vice_president"),
        ("SELECT count(*) FROM kjzy", 12, "commissioner"),
        ("SELECT sum(djrc) FROM kjzy", 126, "commissioner"),
        ("SELECT sum(jzdj) FROM kjzy", 73, "commissioner"),
        ("SELECT sum(dcyx) FROM kjzy", 11, "commissioner"),
        ("SELECT count(*) FROM jsjlr", 1_057, "manager"),
        ("SELECT count(*) FROM jsjlr WHERE dj = '中级'", 172, "manager"),
        ("SELECT count(*) FROM jsjlr WHERE pxpc = '2024-04 初级'", 150, "manager"),
        ("SELECT count(*) FROM jsjlr WHERE pxpc = '2024-05 中级'", 138, "manager"),
        ("SELECT count(*) FROM jszy_jg WHERE pjdc = '优秀'", 3, "institution"),
    ];
    for (sql, expect, kind) in figures {
        let shelf = SHELVES.into_iter().find(|shelf| shelf.kind == kind).unwrap();
        let bad: Vec<String> =
            planted.iter().filter(|row| row.kind == kind).map(|row| format!("'{}'", row.key)).collect();
        let joint = if sql.contains("WHERE") { "AND" } else { "WHERE" };
        let good = format!("{sql} {joint} \"{}\" NOT IN ({})", shelf.key[0], bad.join(","));
        assert_eq!(count(&good).await, expect, "{sql}");
    }
    let two =
        "SELECT count(*) FROM t_cg WHERE cgmc IN ('10微米超薄氢燃料电池全氟质子膜', '高精度协作机器人')";
    assert_eq!(count(two).await, 2);
    database.close().await.unwrap();
    let key = std::fs::read_to_string(folder.path().join("answer-key.csv")).unwrap();
    assert_eq!(key.lines().count(), planted.len() + 1);
    assert!(build(&market).await.is_err(), "a market that is there already is not overwritten");
}

#[test]
fn the_answer_key_knows_many_faults_and_never_the_same_row_twice() {
    let planted = City::planted().unwrap();
    let rows: BTreeSet<_> = planted.iter().map(|row| (row.kind, row.key.as_str())).collect();
    assert_eq!(rows.len(), planted.len());
    let classes: BTreeSet<_> = planted.iter().map(|row| row.class).collect();
    assert!(classes.len() >= 25, "{classes:?}");
    let mut rules: BTreeMap<&str, usize> = SHELVES.iter().map(|shelf| (shelf.kind, 0)).collect();
    for row in planted.iter().filter(|row| row.fate == Fate::Invalid && row.family == "schema") {
        *rules.entry(row.kind).or_default() += 1;
    }
    assert!(rules.values().all(|count| *count >= 3), "{rules:?}");
}

#[test]
fn the_same_seed_gives_the_same_city() {
    let listings = || stocks().unwrap().1.into_iter().map(|(_, stock)| stock.listings).collect::<Vec<_>>();
    assert_eq!(listings(), listings());
}

#[tokio::test]
async fn a_later_day_changes_about_one_row_in_a_hundred() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("market.db");
    build(&market).await.unwrap();
    let changes = change_one_percent(&market).await.unwrap();
    let kinds: BTreeSet<_> = changes.iter().map(|change| change.expected).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    let keys: BTreeSet<_> = changes.iter().map(|change| (change.kind, change.key.clone())).collect();
    assert_eq!(keys.len(), changes.len());
}

#[test]
fn the_provinces_books_hold_copies_traps_and_rubbish_in_known_places() {
    let seeds = province_seeds().unwrap();
    assert!(seeds.len() > 5_500);
    assert!(seeds.iter().all(|seed| seed.local_id.is_none()));
    let adoption = adoption_key().unwrap();
    let fates: BTreeMap<AdoptionFate, usize> =
        adoption.iter().fold(BTreeMap::new(), |mut fates, (.., fate)| {
            *fates.entry(*fate).or_default() += 1;
            fates
        });
    assert_eq!(adoption.len(), 30);
    assert_eq!(fates[&AdoptionFate::Doubtful], 4);
    let import = import_key().unwrap();
    for fate in [ImportFate::New, ImportFate::Own, ImportFate::Duplicate, ImportFate::Quarantined] {
        assert!(import.iter().any(|(.., found)| *found == fate), "{fate:?}");
    }
    let classes: BTreeSet<_> = import.iter().map(|(_, class, _)| *class).collect();
    assert!(classes.len() >= 14, "{classes:?}");
}
