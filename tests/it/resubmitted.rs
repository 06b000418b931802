//! The second use: a person sends records again.

use crate::books::{agree, entries, own};
use crate::program::{count, qilu, rows};
use crate::world::World;

const REASON: &str = "省平台口径已调整";

/// Five of each kind, of which the province refuses two achievements for their names.
async fn with_two_refused() -> World {
    let world = World::for_program().await;
    world.fill(1..6).await;
    world.sql("update t_cg set cgmc = '填补空白的陶瓷窑炉节能技术' || id where id in (2, 3)").await;
    qilu(world.root(), &["sync"]).await.ended(1).says(&[
        "Q7201 省平台不接收：",
        "（列 cgmc）",
        "改用技术名称",
    ]);
    world
}

async fn resubmit(world: &World, more: &[&str]) -> crate::program::Ran {
    let arguments = [&["resubmit", "--kind", "achievement", "--reason", REASON], more].concat();
    qilu(world.root(), &arguments).await
}

/// Everything that a resubmission may change.
async fn state(world: &World) -> Vec<Vec<String>> {
    let sql = "select (select count(*) from delivery), (select count(*) from run), (select count(*) from audit_leaf),
        (select group_concat(state || version) from delivery), (select max(changed_at) from record)";
    rows(&world.ledger(), sql).await
}

#[tokio::test]
async fn a_dry_run_shows_counts_and_samples_and_changes_nothing() {
    let world = with_two_refused().await;
    let before = state(&world).await;
    let shown = resubmit(&world, &["--state", "refused", "--dry-run"]).await.ended(0);
    shown.says(&[
        "会重报： 2    不能重报： 0",
        "填补空白的陶瓷窑炉节能技术2",
        "填补空白的陶瓷窑炉节能技术3",
        "refused",
    ]);
    let json = resubmit(&world, &["--state", "refused", "--dry-run", "--json"]).await.ended(0).json();
    assert_eq!(
        (&json["run"], &json["queued"], &json["left_out"]),
        (&().into(), &2.into(), &0.into()),
        "{json}"
    );
    // Nobody is here to agree, so without --yes it stays at the preview.
    resubmit(&world, &["--state", "refused"]).await.ended(0).says(&["只是预览，什么也没做", "--yes"]);
    resubmit(&world, &["--keys", "77", "--yes"]).await.ended(0).says(&["没有这样的记录"]);
    assert_eq!(state(&world).await, before);
}

#[tokio::test]
async fn a_resubmission_is_a_run_of_its_own_with_actor_and_reason() {
    let world = with_two_refused().await;
    let done = resubmit(&world, &["--state", "refused", "--yes", "--json"]).await.ended(0).json();
    assert_eq!((&done["queued"], done["selected"].as_array().map(Vec::len)), (&2.into(), Some(2)), "{done}");
    let run = done["run"].as_i64().expect("a run");
    let shown = qilu(world.root(), &["runs", "show", &run.to_string(), "--json"]).await.ended(0).json();
    let facts =
        ["cause", "actor", "reason", "outcome", "kind"].map(|name| shown["run"][name].as_str().unwrap_or(""));
    assert_eq!(facts, ["resubmission", "王经办", REASON, "well", "achievement"], "{shown}");
    let events =
        ["audit", "list", "--event", "resubmission", "--actor", "王经办", "--kind", "achievement", "--json"];
    let events = qilu(world.root(), &events).await.ended(0).json();
    assert_eq!(
        (events[0]["run"].as_str(), events[0]["items"].as_i64()),
        (Some(&*run.to_string()), Some(2)),
        "{events}"
    );
    // They leave again, and the province has not changed its mind.
    qilu(world.root(), &["sync"]).await.ended(1);
    let versions = "select d.version, d.state from delivery d join record r on r.seq = d.record
        where r.kind = 'achievement' and r.key_text = '2' order by d.version";
    assert_eq!(rows(&world.ledger(), versions).await, [["1", "superseded"], ["2", "refused"]]);

    // By key, also what the province has already: it is updated with the same content, and nothing else is touched.
    let done = resubmit(&world, &["--keys", "1,4", "--yes", "--json"]).await.ended(0).json();
    assert_eq!(done["queued"], 2, "{done}");
    qilu(world.root(), &["sync"]).await.ended(0);
    let held = own(&world.path("sandbox.db")).await;
    let achievements = held.values().filter(|one| one.kind == "achievement");
    let sent: Vec<_> = achievements.filter_map(|one| one.item_key.as_ref()?.rsplit('/').next()).collect();
    assert_eq!(sent, ["2", "2", "1"], "the version that arrived last: {held:#?}");
    agree(&world.ledger(), &entries(&world.ledger()).await, &held, 0).await;
    qilu(world.root(), &["audit", "verify"]).await.ended(0);
}

#[tokio::test]
async fn a_newer_accepted_version_is_never_overwritten() {
    let world = with_two_refused().await;
    world.sql("update t_cg set cgmc = '陶瓷窑炉节能控制技术新版' || id where id in (2, 3)").await;
    qilu(world.root(), &["sync"]).await.ended(0);
    let titles = async || -> Vec<String> {
        let held = own(&world.path("sandbox.db")).await;
        let title = |data: &serde_json::Value| data["title"].as_str().map(str::to_owned);
        held.values().filter_map(|one| title(&one.data)).filter(|title| title.contains("新版")).collect()
    };
    assert_eq!(titles().await.len(), 2);
    // Nothing is refused any more; and whoever names the records sends what is newest.
    resubmit(&world, &["--state", "refused", "--yes"]).await.ended(0).says(&["没有这样的记录"]);
    resubmit(&world, &["--keys", "2,3", "--yes"]).await.ended(0);
    qilu(world.root(), &["sync"]).await.ended(0);
    assert_eq!(titles().await.len(), 2);

    // The newest row is no good: what the province has stays as it is, and the reason is told.
    world.sql("update t_cg set nf = '二〇二三' where id = 2").await;
    qilu(world.root(), &["sync"]).await.ended(1);
    let posts = world.faults().counts().posts;
    let left = resubmit(&world, &["--keys", "2", "--yes"]).await.ended(0);
    left.says(&["会重报： 0    不能重报： 1", "最新数据不可报送，先改数据"]);
    qilu(world.root(), &["sync"]).await.ended(0);
    assert_eq!((world.faults().counts().posts, titles().await.len()), (posts, 2));
    let newest = "select count(*) from record where accepted_version is not null and accepted_version < (
        select max(version) from delivery where record = seq and state = 'accepted')";
    assert_eq!(count(&world.ledger(), newest).await, 0, "an older version stands there");
}
