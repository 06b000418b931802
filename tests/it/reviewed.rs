//! The third use: an auditor looks back, and finds out whether anybody tampered with what he sees.

use std::fs;
use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::program::{count, qilu};
use crate::world::World;

/// A history worth looking at: accepted, refused, changed, withdrawn, resubmitted.
async fn with_history() -> World {
    let world = World::for_program().await;
    world.fill(1..6).await;
    world.sql("update t_cg set cgmc = '填补空白的陶瓷窑炉节能技术' || id where id = 2").await;
    qilu(world.root(), &["sync"]).await.ended(1);
    world
        .sql("update t_cg set cgmc = cgmc || '（改进型）' where id = 1; update t_cg set del = 1 where id = 5")
        .await;
    qilu(world.root(), &["sync"]).await.ended(0);
    let again = ["resubmit", "--kind", "achievement", "--state", "refused", "--reason", "再试", "--yes"];
    qilu(world.root(), &again).await.ended(0);
    qilu(world.root(), &["sync"]).await.ended(1);
    world
}

#[tokio::test]
async fn a_record_shows_every_version_attempt_request_and_answer_with_personal_data_masked() {
    let world = with_history().await;
    let shown = qilu(world.root(), &["records", "show", "achievement", "1"]).await.ended(0);
    shown.says(&[
        "版本 1  新增  已接收",
        "版本 2  更新  已接收",
        "（改进型）",
        "> POST http://127.0.0.1:",
        "/api/v1/achievement/batch",
    ]);
    shown.says(&["HTTP 200", "\"code\": \"0\"", "SD-ACH-"]);
    let json =
        qilu(world.root(), &["records", "show", "achievement", "1", "--json", "--whole"]).await.ended(0);
    let record = json.json();
    let deliveries = record["deliveries"].as_array().expect("deliveries");
    assert_eq!(
        deliveries.iter().map(|one| one["exchanges"].as_array().map_or(0, Vec::len)).collect::<Vec<_>>(),
        [1, 1]
    );
    for text in [&shown.out, &json.out] {
        for secret in ["0533-2300123", "a-secret-of-the-test-province"] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
    let refused = qilu(world.root(), &["records", "show", "achievement", "2"]).await.ended(0);
    refused.says(&["被省平台拒收", "Q7201 省平台不接收：", "版本 2  新增  被退回", "\"code\": \"2102\""]);
    qilu(world.root(), &["records", "show", "achievement", "77"])
        .await
        .ended(2)
        .says(&["台账里没有 achievement 77"]);
}

#[tokio::test]
async fn events_are_found_by_time_kind_actor_and_outcome_and_looking_is_an_event_too() {
    let world = with_history().await;
    let list = async |more: &[&str]| {
        let arguments = [&["audit", "list", "--limit", "1000", "--json"], more].concat();
        let events = qilu(world.root(), &arguments).await.ended(0).json();
        events.as_array().expect("events").clone()
    };
    let all = list(&[]).await;
    let achievements = list(&["--kind", "achievement"]).await;
    assert!(!achievements.is_empty() && achievements.len() < all.len());
    assert!(achievements.iter().all(|event| event["kind"] == "achievement"));
    let refused = list(&["--outcome", "refused"]).await;
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused.iter().all(|event| event["event"] == "batch_settled" && event["outcomes"].is_array()));
    let mine = list(&["--actor", "王经办", "--event", "resubmission"]).await;
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert!(list(&["--actor", "tester", "--event", "resubmission"]).await.is_empty());
    assert_eq!(list(&["--since", "1h", "--event", "resubmission"]).await.len(), 1);
    assert!(list(&["--until", "1h"]).await.is_empty());
    assert!(list(&["--since", "2001-05-01", "--until", "2001-06-01"]).await.is_empty());
    let looks = list(&["--event", "viewed", "--actor", "王经办"]).await;
    assert!(looks.len() >= 8, "{looks:?}");
    qilu(world.root(), &["audit", "list", "--since", "昨天早上"])
        .await
        .ended(2)
        .says(&["看不懂时间 昨天早上"]);
    qilu(world.root(), &["audit", "show", "3"]).await.ended(0);
}

#[tokio::test]
async fn whatever_is_done_to_the_log_by_hand_is_found() {
    let world = with_history().await;
    qilu(world.root(), &["audit", "checkpoint"]).await.ended(0);
    qilu(world.root(), &["audit", "verify"]).await.ended(0).says(&["审计日志完好", "本次核对不能证明的"]);
    let last = count(&world.ledger(), "select max(idx) from audit_leaf").await;
    let rows = [
        ("an actor", "update audit_leaf set actor = '别人' where idx = 7".to_owned(), "Q9020"),
        ("a time", "update audit_leaf set time = time + 1 where idx = 9".to_owned(), "Q9020"),
        ("an outcome", "update audit_leaf set items = replace(items, cast('refused' as blob), cast('accepts' as blob)) where event = 'batch_settled'".to_owned(), "Q9020"),
        ("a removal", "delete from audit_leaf where idx = 11".to_owned(), "Q9021"),
        ("a removal that closes the gap", "delete from audit_leaf where idx = 11; update audit_leaf set idx = -idx where idx > 11; update audit_leaf set idx = -idx - 1 where idx < 0".to_owned(), "Q902"),
        ("an insertion", format!("create temp table one as select * from audit_leaf where idx = 8; update one set idx = {}; insert into audit_leaf select * from one", last + 1), "Q9022"),
        ("two that changed places", "update audit_leaf set idx = -1 where idx = 8; update audit_leaf set idx = 8 where idx = 9; update audit_leaf set idx = 9 where idx = -1".to_owned(), "Q902"),
        ("an end cut off", format!("delete from audit_leaf where idx > {}", last - 4), "Q902"),
        ("an end cut off with its traces", format!("delete from audit_leaf where idx > {0}; delete from audit_checkpoint where size > {0}; delete from audit_tile", last - 4), "Q902"),
    ];
    for (what, sql, id) in rows {
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_folder(world.root(), copy.path());
        let options = SqliteConnectOptions::new().filename(copy.path().join("data/ledger.db"));
        let mut ledger = options.connect().await.expect("the copied ledger");
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut ledger)
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        ledger.close().await.expect("closed");
        let verified = qilu(copy.path(), &["audit", "verify"]).await;
        assert_eq!(verified.code, Some(1), "{what}: {verified}");
        verified.says(&["审计日志有问题", id, "→"]);
    }
    qilu(world.root(), &["audit", "verify"]).await.ended(0);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true => copy_folder(&entry.path(), &to),
            false => _ = fs::copy(entry.path(), to).expect("a copy"),
        }
    }
}

/// The evidence of one event, in a folder of its own.
#[tokio::test]
async fn an_event_can_be_proved_to_others() {
    let world = with_history().await;
    qilu(world.root(), &["audit", "checkpoint"]).await.ended(0);
    let folder = world.path("evidence");
    let shown = ["audit", "show", "5", "--evidence", folder.to_str().expect("a readable path")];
    qilu(world.root(), &shown).await.ended(0).says(&["证据已写入"]);
    assert!(fs::read_dir(&folder).expect("the evidence").count() > 0);
}
