//! What comes in, what changes, what stays out.

use serde_json::json;

use super::{World, altered, compile, document, numbers};
use crate::ledger::RunEnd;
use crate::sandbox;

#[tokio::test]
async fn a_first_import_lands_everything_and_a_second_changes_nothing() {
    let world = World::new("ask").await;
    let ids = world.others(&(1..=7).map(document).collect::<Vec<_>>()).await;
    let first = world.import().await;
    assert_eq!((numbers(&first), first.end), ((7, 7, 0, 0, 0, 0, 0), RunEnd::Well), "{first:?}");
    assert_eq!(first.counts.pages, 3);
    let table = world.table().await;
    let expect =
        format!("{}|山东科技大市场|节能窑炉控制技术之1|12.5|2021|新材料|技术转让,技术许可|370100|", ids[0]);
    let expect = expect.replace("新材料", &local(&world, "tech-field", "04"));
    let modes = ["02", "03"].map(|code| local(&world, "transfer-mode", code)).join(",");
    assert_eq!(table[0], expect.replace("技术转让,技术许可", &modes));
    assert_eq!(table.len(), 7);
    let second = world.import().await;
    assert_eq!((numbers(&second), second.end), ((7, 0, 0, 7, 0, 0, 0), RunEnd::Well));
    assert_eq!(world.table().await, table);
    assert_eq!(world.ledger.import_tally("wd").await.unwrap(), [("landed".to_owned(), 7)]);
}

#[tokio::test]
async fn changes_and_withdrawals_of_the_province_reach_the_table_and_a_return_does_too() {
    let world = World::new("ask").await;
    let ids = world.others(&(1..=4).map(document).collect::<Vec<_>>()).await;
    world.import().await;
    sandbox::amend(&world.state(), &ids[1], &altered(2, &json!({"priceWan": "99"}))).await.unwrap();
    sandbox::withdraw(&world.state(), &ids[2..3], "已转化").await.unwrap();
    sandbox::delist(&world.state(), &ids[3..4], "违规").await.unwrap();
    let second = world.import().await;
    assert_eq!(numbers(&second), (4, 0, 1, 1, 0, 0, 2), "{second:?}");
    assert_eq!(world.cell(&ids[1], "jg").await.as_deref(), Some("99"));
    for gone in [&ids[2], &ids[3]] {
        assert_eq!(world.cell(gone, "ly").await.as_deref(), Some("山东科技大市场（已下架）"));
        assert!(world.cell(gone, "cgmc").await.is_some());
    }
    let third = world.import().await;
    assert_eq!(numbers(&third), (4, 0, 0, 2, 0, 0, 2), "still off the shelf, and nothing written");
}

#[tokio::test]
async fn what_was_withdrawn_before_we_ever_met_it_does_not_land() {
    let world = World::new("ask").await;
    let ids = world.others(&[document(1), document(2)]).await;
    sandbox::withdraw(&world.state(), &ids[..1], "已转化").await.unwrap();
    let report = world.import().await;
    assert_eq!(numbers(&report), (2, 1, 0, 0, 0, 0, 1));
    assert_eq!(world.table().await.len(), 1);
}

#[tokio::test]
async fn the_citys_own_records_never_land_by_whatever_they_are_known() {
    let world = World::new("remote_wins").await;
    // The province lists a record of ours under another city's name; only the ledger knows better.
    let ids = world.others(&[document(1), document(2)]).await;
    world.seed("370300", &[document(3)]).await;
    world.own(17, document(1), Some(&ids[0])).await;
    let report = world.import().await;
    assert_eq!(numbers(&report), (2, 1, 0, 0, 0, 1, 0), "{report:?}");
    assert_eq!(world.table().await.len(), 1);
    assert_eq!(world.quarantine().await, []);
}

#[tokio::test]
async fn what_looks_like_an_own_listing_waits_for_a_person_and_names_it() {
    let world = World::new("remote_wins").await;
    world.own(17, document(1), None).await;
    world.own(18, document(2), None).await;
    let ids = world
        .others(&[
            altered(1, &json!({"priceWan": "1", "title": "节能窑炉 控制技术之１"})),
            altered(2, &json!({"year": 2016})),
            altered(2, &json!({"year": 2016, "ownerName": "济南另一家研究院"})),
        ])
        .await;
    let report = world.import().await;
    assert_eq!(numbers(&report), (3, 1, 0, 0, 2, 0, 0), "{report:?}");
    assert_eq!((report.counts.duplicates, report.counts.new_trouble, report.end), (2, 2, RunEnd::Trouble));
    let held = world.ledger.quarantine(Some("wd"), None, 9).await.unwrap();
    let found = |id: &str| &held.iter().find(|one| one.remote_id == id).unwrap().complaints[0];
    assert_eq!(
        (found(&ids[0]).id.as_str(), found(&ids[0]).found.as_str()),
        ("Q8201", "节能窑炉控制技术之1（17）")
    );
    assert_eq!(
        (found(&ids[1]).id.as_str(), found(&ids[1]).found.as_str()),
        ("Q8202", "节能窑炉控制技术之2（18）")
    );
    let second = world.import().await;
    assert_eq!(numbers(&second), (3, 0, 0, 1, 2, 0, 0));
    assert_eq!((second.counts.new_trouble, second.end), (0, RunEnd::Well), "old trouble is no news");
    // A record that turns out to be ours leaves quarantine.
    world.ledger_sql("update record set remote_id = (select remote_id from quarantine order by remote_id limit 1) where key_text = '17'").await;
    let third = world.import().await;
    assert_eq!(numbers(&third), (3, 0, 0, 1, 1, 1, 0));
    assert_eq!(world.quarantine().await.len(), 1);
}

#[tokio::test]
async fn hostile_records_wait_and_hostile_words_are_only_words() {
    let world = World::new("remote_wins").await;
    let formula = "=HYPERLINK(\"http://evil.example.com\",\"成果\")";
    let sql = "'); DROP TABLE t_wd; -- 智能传感器";
    let rows: Vec<(serde_json::Value, &[&str])> = vec![
        (json!({"title": "<script>alert('成果')</script>智能传感器"}), &["Q8103"]),
        (json!({"title": formula}), &[]),
        (json!({"title": sql}), &[]),
        (json!({"title": "智能传感\u{202e}器exe.pdf成果"}), &["Q4205"]),
        (json!({"summary": "长".repeat(350_000)}), &["Q8101"]),
        (json!({"summary": "长".repeat(3_000)}), &["Q4201"]),
        (json!({"title": null}), &["Q4101"]),
        (json!({"ownerUscc": "91370303MADE99990B"}), &["Q4403"]),
        (json!({"techField": "77"}), &["Q4501"]),
        (json!({"priceWan": "-5", "year": "二〇二三"}), &["Q4105", "Q4301"]),
        (json!({"secretLevel": "03"}), &["Q4504"]),
        (json!({"completedOn": "2023-02-30"}), &["Q4425"]),
        (
            json!({"summary": "<img src=x onerror=alert(1)>本成果完成了关键技术攻关并通过第三方检测，可推广。"}),
            &["Q8103"],
        ),
        (json!({"transferModes": []}), &["Q4312"]),
        (json!({"title": "甲\u{0}乙控制技术"}), &["Q4204"]),
        (json!({"title": "此表拒收的成果"}), &["Q2020"]),
        (json!({"aNewFieldOfTheProvince": "x"}), &[]),
    ];
    let documents: Vec<_> =
        rows.iter().enumerate().map(|(number, (fields, _))| altered(number, fields)).collect();
    let ids = world.others(&documents).await;
    let report = world.import().await;
    let held = world.ledger.quarantine(Some("wd"), None, 99).await.unwrap();
    for ((fields, expect), id) in rows.iter().zip(&ids) {
        let found = held.iter().find(|one| one.remote_id == *id);
        let mut found: Vec<&str> =
            found.iter().flat_map(|one| &one.complaints).map(|one| one.id.as_str()).collect();
        found.sort_unstable();
        let shown: String = fields.to_string().chars().take(80).collect();
        assert_eq!(found, *expect, "{shown}");
        assert_eq!(world.cell(id, "cgmc").await.is_some(), expect.is_empty(), "{shown}");
    }
    assert_eq!(world.cell(&ids[1], "cgmc").await.as_deref(), Some(formula));
    assert_eq!(world.cell(&ids[2], "cgmc").await.as_deref(), Some(sql));
    assert_eq!(numbers(&report), (17, 3, 0, 0, 14, 0, 0));
    let huge = held.iter().find(|one| one.remote_id == ids[4]).unwrap();
    assert_eq!(huge.data, "");
    let scripted = held.iter().find(|one| one.remote_id == ids[0]).unwrap();
    assert!(scripted.data.contains("alert"), "a person can look at what was sent");
}

#[tokio::test]
async fn an_unreadable_entry_or_a_record_shown_twice_disturbs_no_other() {
    let world = World::new("ask").await;
    let entry = |id: &str, number: usize| json!({"remoteId": id, "city": "370100", "data": document(number)});
    let page = |list: serde_json::Value, next: Option<&str>| json!({"code": "0", "data": {"list": list, "next": next}});
    let first = page(json!([entry("A1", 1), {"remoteId": "A2"}, "nonsense"]), Some("A2"));
    let second = page(json!([entry("A1", 1), entry("A3", 3), entry("A3", 3)]), None);
    let report = world.import_bodies(&[first, second]).await;
    assert_eq!(numbers(&report), (6, 2, 0, 2, 2, 0, 0), "{report:?}");
    let lost = world.ledger.unreadable(report.run).await.unwrap();
    let lost: Vec<_> = lost.iter().map(|(named, found)| (named.as_str(), found[0].id.as_str())).collect();
    assert_eq!(lost, [("1/2", "Q7301"), ("1/3", "Q7301")]);
}

#[tokio::test]
async fn an_id_with_hidden_characters_waits() {
    let world = World::new("ask").await;
    let entry = json!({"remoteId": "SD-\u{202e}1", "city": "370100", "data": document(1)});
    let page = json!({"code": "0", "data": {"list": [entry], "next": null}});
    assert_eq!(numbers(&world.import_bodies(&[page]).await), (1, 0, 0, 0, 1, 0, 0));
    assert_eq!(world.quarantine().await, [("节能窑炉控制技术之1".to_owned(), vec!["Q8102".to_owned()])]);
}

#[tokio::test]
async fn a_record_mended_at_the_province_leaves_quarantine_and_lands() {
    let world = World::new("ask").await;
    let ids = world.others(&[altered(1, &json!({"techField": "77"}))]).await;
    assert_eq!(numbers(&world.import().await), (1, 0, 0, 0, 1, 0, 0));
    sandbox::amend(&world.state(), &ids[0], &document(1)).await.unwrap();
    assert_eq!(numbers(&world.import().await), (1, 1, 0, 0, 0, 0, 0));
    assert_eq!(world.quarantine().await, []);
}

#[tokio::test]
async fn a_table_that_is_not_there_fails_the_run_and_blames_no_record() {
    let world = World::new("ask").await;
    world.others(&[document(1)]).await;
    world.sql("alter table t_wd rename to t_old").await;
    let report = world.import().await;
    assert_eq!((report.end, report.complaints[0].id.as_str()), (RunEnd::Failed, "Q2020"));
    assert_eq!((report.counts.fetched, world.quarantine().await.len()), (0, 0));
    world.sql("alter table t_old rename to t_wd; alter table t_wd rename column nf to xx").await;
    let report = world.import().await;
    assert_eq!((report.end, report.complaints[0].id.as_str()), (RunEnd::Failed, "Q2020"), "{report:?}");
}

#[tokio::test]
async fn another_mapping_writes_every_row_anew() {
    let world = World::new("ask").await;
    world.others(&[document(1), document(2)]).await;
    world.import().await;
    world.ledger_sql("update imported set print = x'00' where rowid % 2 = 0").await;
    assert_eq!(numbers(&world.import().await), (2, 0, 1, 1, 0, 0, 0));
}

#[tokio::test]
async fn each_slip_in_a_column_is_told_with_its_place() {
    let world = World::new("ask").await;
    let rows = [
        ("titel | text", "Q3101", 0),
        ("title | txt", "Q3003", 8),
        ("techField | local('tech-fields')", "Q5102", 19),
        ("title | parent('enterprise')", "Q8001", 16),
        ("title |", "Q3001", 6),
        ("contact.phone | phone", "", 0),
        ("remoteId ~ city ~ updatedAt", "", 0),
    ];
    for (expression, id, offset) in rows {
        let text = super::ROUTE.replace("CONFLICT", "ask").replace("title | text", expression);
        let faults = compile(&text, &world.kind, &world.codes).err().unwrap_or_default();
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.complaint.id.as_str(), fault.line, fault.column)).collect();
        let expect = (id, 12, 8 + 1 + offset);
        assert_eq!(found, Vec::from_iter((!id.is_empty()).then_some(expect)), "{expression}");
    }
}

fn local(world: &World, table: &str, code: &str) -> String {
    world.codes.to_local(table, code).unwrap().to_string()
}
