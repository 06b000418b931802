//! Single cases that a storm or a hostile reader found: each was wrong once.

use std::time::Duration;

use qilu::ledger::Selection;
use qilu::sandbox::{Fault, Held, Seed};
use qilu::sync::{Connector, DeliverReport};

use crate::world::{World, guard, request, sync};

const DAY: Duration = Duration::from_secs(86_400);

async fn scan(connector: &Connector) {
    let guard = guard(connector).await;
    for route in connector.push_routes_in_order() {
        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
    }
}

async fn deliver(connector: &Connector) -> DeliverReport {
    let guard = guard(connector).await;
    connector.deliver_once(&guard, "shandong", &request(), &()).await.expect("a delivery")
}

async fn deliver_until_quiet(connector: &Connector) -> DeliverReport {
    let guard = guard(connector).await;
    let sent = connector.deliver_until_quiet(&guard, "shandong", &request(), DAY, &()).await;
    sent.expect("a delivery")
}

/// The achievement as the province has it, by its title.
async fn there(world: &World, title: &str) -> Option<Held> {
    world.inspect().await.records.into_iter().find(|one| one.data["title"] == title)
}

const TITLE: &str = "面向陶瓷窑炉的节能控制技术1";

/// One enterprise, achievement and contract, all at the province.
async fn settled() -> (World, Connector) {
    let world = World::new().await;
    world.fill(1..3).await;
    let connector = world.connector().await;
    sync(&connector).await;
    (world, connector)
}

#[tokio::test]
async fn a_second_attempt_that_is_turned_away_leaves_the_first_one_in_doubt() {
    let world = World::new().await;
    world.fill(1..6).await;
    let connector = world.connector().await;
    world.faults().next_posts(1, Fault::DropAfter);
    world.faults().next_posts(1, Fault::TooMany { retry_after_s: 30 });
    sync(&connector).await;
    let held = world.inspect().await;
    assert_eq!(held.records.len(), 15);
    assert!(held.records.iter().all(|one| one.creates == 1), "the same batch went again, never a new one");
}

#[tokio::test]
async fn a_listing_that_was_deleted_while_its_first_delivery_was_in_doubt_is_taken_down() {
    let world = World::new().await;
    world.fill(1..2).await;
    let connector = world.connector().await;
    world.sql("update t_cg set mj = '内部'").await;
    sync(&connector).await;
    world.sql("update t_cg set mj = '公开'").await;
    scan(&connector).await;
    world.faults().next_posts(1, Fault::DropAfter);
    deliver(&connector).await;
    world.sql("update t_cg set del = 1").await;
    scan(&connector).await;
    deliver_until_quiet(&connector).await;
    assert!(
        there(&world, TITLE).await.is_some_and(|one| !one.withdrawn),
        "it was sent before it was deleted"
    );
    sync(&connector).await;
    assert!(there(&world, TITLE).await.is_some_and(|one| one.withdrawn));
}

#[tokio::test]
async fn a_change_that_is_taken_back_behind_a_doubtful_one_is_undone_at_the_province() {
    let (world, connector) = settled().await;
    world.sql("update t_cg set cgmc = '窑炉余热利用技术一' where id = 1").await;
    scan(&connector).await;
    world.faults().next_posts(1, Fault::DropAfter);
    deliver(&connector).await;
    world.sql("update t_cg set cgmc = '窑炉余热利用技术二' where id = 1").await;
    scan(&connector).await;
    world.sql(&format!("update t_cg set cgmc = '{TITLE}' where id = 1")).await;
    scan(&connector).await;
    let runs = connector.ledger.runs(None, 1000).await.expect("runs").len();
    deliver_until_quiet(&connector).await;
    assert!(there(&world, TITLE).await.is_some());
    let more = connector.ledger.runs(None, 1000).await.expect("runs").len() - runs;
    assert!(more <= 3, "{more} runs: what waits behind a doubtful delivery is not due");
}

#[tokio::test]
async fn a_change_that_is_taken_back_after_the_answer_left_it_out_is_undone_at_the_province() {
    let (world, connector) = settled().await;
    world.sql("update t_cg set cgmc = cgmc || '新版'").await;
    scan(&connector).await;
    world.faults().every_post(1, Fault::AlienIds);
    deliver(&connector).await;
    world.faults().clear();
    world.sql("update t_cg set cgmc = replace(cgmc, '新版', '')").await;
    scan(&connector).await;
    deliver_until_quiet(&connector).await;
    assert!(there(&world, TITLE).await.is_some());
    assert!(there(&world, "面向陶瓷窑炉的节能控制技术2").await.is_some());
}

#[tokio::test]
async fn a_province_that_never_answers_about_a_record_is_not_asked_for_ever() {
    let (world, connector) = settled().await;
    world.sql("update t_cg set cgmc = cgmc || '新版'").await;
    scan(&connector).await;
    world.faults().every_post(1, Fault::AlienIds);
    let before = world.faults().counts().posts;
    tokio::time::timeout(Duration::from_secs(60), deliver_until_quiet(&connector)).await.expect("it ends");
    assert!(world.faults().counts().posts - before < 40);
}

#[tokio::test]
async fn a_name_that_moves_from_a_listing_taken_down_to_a_new_one_waits_until_the_province_let_go_of_it() {
    let (world, connector) = settled().await;
    world
        .sql(
            "update t_cg set del = 1 where id = 1;
             insert into t_cg select 9, cgmc, qydm, qymc, nf, yxjg, mj, shzt, 0 from t_cg where id = 1",
        )
        .await;
    let first = sync(&connector).await;
    assert_eq!(first.delivered.counts.refused, 0, "{first:?}");
    sync(&connector).await;
    let held = world.inspect().await.records;
    let named: Vec<_> = held.iter().filter(|one| one.data["title"] == TITLE).collect();
    assert_eq!(named.iter().map(|one| one.withdrawn).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn the_first_few_of_a_go_live_are_found_out_after_they_left() {
    let world = World::new().await;
    world.fill(1..4).await;
    let connector = world.connector().await;
    let now = connector.clock.now();
    let actor = request().actor;
    connector.ledger.go_live("shandong", "a tester", Some(2), &actor, now).await.expect("live");
    world.faults().next_posts(1, Fault::DropAfter);
    sync(&connector).await;
    let sent = deliver_until_quiet(&connector).await;
    assert_eq!(world.inspect().await.records.len(), 2);
    let accepted = connector.ledger.at_province("shandong", "enterprise").await.expect("a count");
    assert_eq!(accepted, 2, "{sent:?}");
}

#[tokio::test]
async fn children_wait_while_their_parent_is_withdrawn_and_go_when_it_is_back() {
    let (world, connector) = settled().await;
    world.sql("update t_cg set del = 1 where id = 1").await;
    sync(&connector).await;
    world.sql("update t_ht set mc = '节能控制技术开发合同新版' where htbh = 'HT-1'").await;
    let second = sync(&connector).await;
    assert_eq!((second.delivered.counts.refused, second.delivered.counts.postponed), (0, 0), "{second:?}");
    world.sql("update t_cg set del = 0 where id = 1").await;
    sync(&connector).await;
    let held = world.inspect().await.records;
    assert!(held.iter().any(|one| one.data["name"] == "节能控制技术开发合同新版"));
}

#[tokio::test]
async fn a_listing_that_may_be_at_the_province_already_waits_for_a_person_also_after_an_edit() {
    let world = World::new().await;
    world.fill(1..2).await;
    let connector = world.connector().await;
    // Somebody typed the same thing there, under a name that is only alike.
    let data = serde_json::json!({"title": format!("{TITLE}号"), "ownerName": "淄博测试企业", "year": 2020});
    let typed = Seed { kind: "achievement".into(), city: "370300".into(), local_id: None, data };
    let ids = qilu::sandbox::seed(&world.path("sandbox.db"), &[typed]).await.expect("a seed");
    sync(&connector).await;
    world.sql("update t_cg set yxjg = '13'").await;
    sync(&connector).await;
    assert!(there(&world, TITLE).await.is_none(), "nobody has said that it is new");
    let worker = guard(&connector).await;
    let route = connector.push_route("achievement").expect("a route");
    let linked = connector.decide_adoption(&worker, route, "1", Some(&ids[0]), &request()).await;
    linked.expect("the doubt is still there to be decided");
    drop(worker);
    sync(&connector).await;
    assert_eq!(there(&world, TITLE).await.map(|one| one.remote_id), Some(ids[0].clone()));
}

#[tokio::test]
async fn a_withdrawal_that_failed_too_often_can_be_sent_again_by_a_person() {
    let (world, connector) = settled().await;
    world.sql("update t_cg set del = 1 where id = 1").await;
    scan(&connector).await;
    world.faults().every_post(1, Fault::AlienIds);
    for _ in 0..12 {
        deliver_until_quiet(&connector).await;
        world.clock.advance(DAY);
    }
    world.faults().clear();
    let worker = guard(&connector).await;
    let (platform, kind) = ("shandong".to_owned(), "achievement".to_owned());
    let parked = Selection { platform, kind, state: Some("parked".into()), keys: Vec::new() };
    let again = connector.resubmit(&worker, &parked, &request()).await.expect("a resubmission");
    drop(worker);
    assert_eq!(again.queued, 1, "{again:?}");
    deliver_until_quiet(&connector).await;
    assert!(there(&world, TITLE).await.is_some_and(|one| one.withdrawn));
    let open = connector.ledger.open_deliveries().await.expect("open deliveries");
    assert!(open.is_empty(), "{open:?}");
}
