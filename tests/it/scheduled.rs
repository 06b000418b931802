//! The first use: routes run by themselves, and a person decides when anything may leave at all.

use std::fs;

use crate::books::{agree, entries, own};
use crate::program::{Running, count, qilu, rows, until};
use crate::world::{PROFILE, World};

async fn there(world: &World) -> usize {
    own(&world.path("sandbox.db")).await.len()
}

#[tokio::test]
async fn a_daemon_runs_routes_on_schedule_and_every_due_time_is_one_row() {
    let world = World::for_program().await;
    for route in ["enterprise", "achievement", "tech_contract"] {
        let file = format!("config/routes/{route}.toml");
        world.edit(&file, &[("platform =", "schedule = '*/2 * * * * *'\nplatform =")]);
    }
    world.fill(1..6).await;
    let running = Running::start(world.root(), &["daemon"]);
    until("the first fifteen are there", async || there(&world).await == 15).await;
    world.fill(6..8).await;
    until("what came later is there too", async || there(&world).await == 21).await;
    running.terminate();
    running.end().await.ended(0);
    let rows =
        rows(&world.ledger(), "select route, outcome, run, due_at from due order by route, due_at").await;
    for route in ["enterprise", "achievement", "tech_contract"] {
        let mut times: Vec<&str> = Vec::new();
        let mut ran = 0;
        for row in rows.iter().filter(|row| row[0] == route) {
            ran += usize::from(row[1] == "ran" && !row[2].is_empty());
            // A run that takes longer than its interval lets a due time go by, and that is written down.
            assert!(["ran", "missed", "skipped"].contains(&row[1].as_str()), "{row:?}");
            times.push(&row[3]);
        }
        assert!(ran >= 2, "{route}: {rows:?}");
        let two_seconds = times.windows(2).all(|pair| {
            let [one, next] = [pair[0], pair[1]].map(|time| time.parse::<i64>().expect("a time"));
            next - one == 2_000_000
        });
        assert!(two_seconds, "a due time without a row: {times:?}");
    }
    let by_schedule = "select count(*) from run where cause = 'scheduled' and outcome = 'running'";
    assert_eq!(count(&world.ledger(), by_schedule).await, 0);
    let entries = entries(&world.ledger()).await;
    assert!(entries.values().all(|entry| entry.is_settled()), "{entries:?}");
    agree(&world.ledger(), &entries, &own(&world.path("sandbox.db")).await, 0).await;
    let listed =
        qilu(world.root(), &["audit", "list", "--event", "run_ended", "--actor", "schedule", "--json"]).await;
    assert!(listed.ended(0).json().as_array().expect("events").len() >= 6);
}

#[tokio::test]
async fn nothing_leaves_in_a_rehearsal_then_five_then_all() {
    let world = World::for_program().await;
    // As a new instance: no ledger yet, and a profile as it is shipped.
    fs::remove_dir_all(world.path("data/checkpoints")).expect("checkpoints");
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        fs::remove_file(world.path("data").join(file)).ok();
    }
    world.edit(PROFILE, &[("\"live\"", "\"rehearse\"")]);
    world.fill(1..5).await;
    qilu(world.root(), &["adopt"]).await.ended(0);
    qilu(world.root(), &["sync"]).await.ended(0).says(&["演练中，什么也不发送", "mode 改为 live"]);
    let go_live = ["go-live", "shandong", "--approved-by", "李局长"];
    qilu(world.root(), &go_live).await.ended(2).says(&["平台 shandong 的配置仍是演练", "mode 改为 \"live\""]);
    assert_eq!(world.faults().counts().posts, 0, "a rehearsal sends nothing");

    world.edit(PROFILE, &[("\"rehearse\"", "\"live\"")]);
    qilu(world.root(), &["sync"])
        .await
        .ended(0)
        .says(&["还没有批准正式报送，什么也不发送：qilu go-live shandong"]);
    assert_eq!(world.faults().counts().posts, 0, "the file alone is not enough");

    qilu(world.root(), &go_live).await.ended(0).says(&["批准人 李局长", "先发 5"]);
    for _ in 0..2 {
        let ran = qilu(world.root(), &["sync"]).await.ended(4);
        ran.says(&["首批已发完", "到省平台核对", "--all"]);
        assert_eq!(there(&world).await, 5, "{ran}");
    }
    qilu(world.root(), &["go-live", "shandong", "--approved-by", "李局长", "--all"]).await.ended(0);
    qilu(world.root(), &["sync"]).await.ended(0);
    assert_eq!(there(&world).await, 12);
    let approvals =
        qilu(world.root(), &["audit", "list", "--event", "go_live", "--json"]).await.ended(0).json();
    let subjects: Vec<&str> =
        approvals.as_array().expect("events").iter().filter_map(|event| event["subject"].as_str()).collect();
    assert_eq!(subjects, ["approved by 李局长, without limit", "approved by 李局长, the first 5"]);
    let entries = entries(&world.ledger()).await;
    agree(&world.ledger(), &entries, &own(&world.path("sandbox.db")).await, 0).await;
}

#[tokio::test]
async fn a_stop_halts_all_sending_even_while_a_route_is_broken() {
    let world = World::for_program().await;
    world.fill(1..3).await;
    qilu(world.root(), &["sync"]).await.ended(0);
    let broken = [("publish_when", "publish_wen")];
    world.edit("config/routes/achievement.toml", &broken);
    qilu(world.root(), &["stop", "--reason", "省平台通知停机"])
        .await
        .ended(0)
        .says(&["已停止发送：", "shandong"]);
    qilu(world.root(), &["records", "tally"]).await.ended(0).says(&["已发布"]);
    world.edit("config/routes/achievement.toml", &broken.map(|(old, new)| (new, old)));

    world.fill(3..6).await;
    let posts = world.faults().counts().posts;
    let stopped = qilu(world.root(), &["sync"]).await.ended(4);
    stopped.says(&["王经办 已下令停止发送", "qilu resume shandong"]);
    assert_eq!((world.faults().counts().posts, there(&world).await), (posts, 6));
    qilu(world.root(), &["resume", "shandong"]).await.ended(0).says(&["已恢复发送："]);
    qilu(world.root(), &["sync"]).await.ended(0);
    assert_eq!(there(&world).await, 15);
    let orders =
        qilu(world.root(), &["audit", "list", "--actor", "王经办", "--event", "stop", "--json"]).await;
    assert_eq!(orders.ended(0).json()[0]["subject"], "省平台通知停机");
}

#[tokio::test]
async fn what_was_delivered_to_one_province_never_counts_at_another() {
    let world = World::for_program().await;
    world.fill(1..3).await;
    qilu(world.root(), &["sync"]).await.ended(0);
    world.edit(PROFILE, &[("/api/v1\"", "/api/v2\"")]);
    let refused = qilu(world.root(), &["sync"]).await.ended(2);
    refused.says(&["台账记的是另一个省平台地址的报送情况", "/api/v1", "/api/v2", "另建实例"]);
    world.edit(PROFILE, &[("/api/v2\"", "/api/v1\"")]);
    qilu(world.root(), &["sync"]).await.ended(0);
}
