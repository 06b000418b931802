//! Rows that somebody edited at home.

use serde_json::json;

use super::{World, altered, document, numbers};
use crate::sandbox;

/// What the province and somebody at home did to one imported row, and what must become of it.
struct Case {
    local: &'static str,
    rule: &'static str,
    /// Updated, unchanged, quarantined; conflicts.
    counts: (u64, u64, u64, u64),
    price: Option<&'static str>,
    complaint: Option<&'static str>,
}

#[tokio::test]
async fn an_edited_row_follows_the_routes_rule_and_other_columns_are_nobodys_business() {
    const EDIT: &str = "update t_wd set jg = 50, cgmc = '本地改过的名称'";
    const DELETE: &str = "delete from t_wd";
    const NOTE: &str = "update t_wd set bz = '已约谈'";
    const SAME: &str = "update t_wd set jg = 99";
    let case = |local, rule, counts, price, complaint| Case { local, rule, counts, price, complaint };
    let cases = [
        case(EDIT, "remote_wins", (1, 0, 0, 1), Some("99"), None),
        case(EDIT, "local_wins", (0, 1, 0, 1), Some("50"), None),
        case(EDIT, "ask", (0, 0, 1, 1), Some("50"), Some("Q8301")),
        case(DELETE, "remote_wins", (1, 0, 0, 1), Some("99"), None),
        case(DELETE, "local_wins", (0, 1, 0, 1), None, None),
        case(DELETE, "ask", (0, 0, 1, 1), None, Some("Q8302")),
        case(NOTE, "ask", (1, 0, 0, 0), Some("99"), None),
        case(SAME, "ask", (1, 0, 0, 0), Some("99"), None),
    ];
    for Case { local, rule, counts, price, complaint } in cases {
        let world = World::new(rule).await;
        let ids = world.others(&[document(1)]).await;
        world.import().await;
        world.sql(local).await;
        let quiet = world.import().await;
        assert_eq!(numbers(&quiet), (1, 0, 0, 1, 0, 0, 0), "without a change of the province edits are safe");
        sandbox::amend(&world.state(), &ids[0], &altered(1, &json!({"priceWan": "99"}))).await.unwrap();
        let report = world.import().await;
        let found = report.counts;
        assert_eq!(
            (found.updated, found.unchanged, found.quarantined, found.conflicts),
            counts,
            "{local} {rule}"
        );
        assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), price, "{local} {rule}");
        let held = world.ledger.quarantine(Some("wd"), None, 9).await.unwrap();
        assert_eq!(held.first().map(|one| one.complaints[0].id.as_str()), complaint, "{local} {rule}");
        if complaint == Some("Q8301") {
            assert_eq!(held[0].complaints[0].column, "cgmc, jg");
        }
        let again = world.import().await;
        assert_eq!(again.counts.new_trouble, 0, "{local} {rule}");
        assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), price, "{local} {rule}: and it stays so");
    }
}

#[tokio::test]
async fn a_conflict_is_over_when_the_edit_is_taken_back() {
    let world = World::new("ask").await;
    let ids = world.others(&[document(1)]).await;
    world.import().await;
    world.sql("update t_wd set jg = 50").await;
    sandbox::amend(&world.state(), &ids[0], &altered(1, &json!({"priceWan": "99"}))).await.unwrap();
    world.import().await;
    world.sql("update t_wd set jg = 12.5").await;
    assert_eq!(numbers(&world.import().await), (1, 0, 1, 0, 0, 0, 0));
    assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), Some("99"));
    assert_eq!(world.quarantine().await, []);
}

#[tokio::test]
async fn a_row_that_was_never_imported_is_never_overwritten() {
    let world = World::new("remote_wins").await;
    let ids = world.others(&[document(1), document(2), document(3)]).await;
    world
        .sql(&format!(
            "insert into t_wd (sid, ly, cgmc) values ('{}', '自有', '本市自己的行'), ('{}', '山东科技大市场', '旧台账导入的行')",
            ids[0], ids[1]
        ))
        .await;
    let report = world.import().await;
    assert_eq!(numbers(&report), (3, 2, 0, 0, 1, 0, 0), "{report:?}");
    assert_eq!(world.cell(&ids[0], "cgmc").await.as_deref(), Some("本市自己的行"));
    assert_eq!(world.cell(&ids[1], "cgmc").await.as_deref(), Some("节能窑炉控制技术之2"));
    assert_eq!(world.quarantine().await, [("节能窑炉控制技术之1".to_owned(), vec!["Q8303".to_owned()])]);
}

#[tokio::test]
async fn a_row_off_the_shelf_keeps_its_edits_and_a_deleted_one_is_not_made_again() {
    let world = World::new("ask").await;
    let ids = world.others(&[document(1), document(2)]).await;
    world.import().await;
    world
        .sql(&format!(
            "update t_wd set jg = 50 where sid = '{}'; delete from t_wd where sid = '{}'",
            ids[0], ids[1]
        ))
        .await;
    sandbox::withdraw(&world.state(), &ids, "已转化").await.unwrap();
    assert_eq!(numbers(&world.import().await), (2, 0, 0, 0, 0, 0, 2));
    assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), Some("50"));
    assert_eq!(world.cell(&ids[0], "ly").await.as_deref(), Some("山东科技大市场（已下架）"));
    assert_eq!(world.table().await.len(), 1);
}
