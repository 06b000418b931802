//! One record through every room, and what an operator may count on.

use crate::world::{World, guard, request, sync};

#[tokio::test]
async fn parents_go_first_and_their_ids_flow_into_children_and_the_second_sync_sends_nothing() {
    let world = World::new().await;
    world.fill(1..21).await;
    let connector = world.connector().await;
    let first = sync(&connector).await;
    for report in &first.pushed {
        assert_eq!((report.counts.read, report.counts.created), (20, 20), "{report:?}");
    }
    assert_eq!(
        first.delivered.counts.accepted,
        60,
        "{:?} {:?}",
        first.delivered,
        connector.ledger.problems(9).await
    );
    let held = world.inspect().await;
    assert_eq!(held.records.len(), 60);
    let remote = |kind: &str| held.records.iter().find(|one| one.kind == kind).expect("one of the kind");
    let contract = remote("tech_contract");
    assert!(contract.data["seller"].as_str().is_some_and(|id| id.starts_with("SD-")), "{contract:?}");
    assert!(contract.data["achievement"].as_str().is_some_and(|id| id.starts_with("SD-")), "{contract:?}");

    let second = sync(&connector).await;
    for report in &second.pushed {
        assert_eq!((report.counts.unchanged, report.counts.read), (20, 20), "{report:?}");
    }
    assert_eq!(second.delivered.run, None, "nothing was ready, so nothing ran");
    assert_eq!(world.inspect().await.batches, held.batches);
}

#[tokio::test]
async fn changes_withdrawals_and_relisting_reach_the_province_under_one_identity() {
    let world = World::new().await;
    world.fill(1..31).await;
    let connector = world.connector().await;
    sync(&connector).await;
    world.sql("update t_cg set cgmc = '面向陶瓷窑炉的节能控制技术新版' where id = 3; update t_cg set del = 1 where id = 4").await;
    let second = sync(&connector).await;
    let counts = second.push("achievement").counts;
    assert_eq!((counts.updated, counts.withdrawn, counts.unchanged), (1, 1, 28));
    assert_eq!(second.delivered.counts.accepted, 2, "{second:?} {:?}", connector.ledger.problems(9).await);
    let there = |title: &str, held: &qilu::sandbox::Inspection| {
        let found = held.records.iter().find(|one| one.data["title"] == title).cloned();
        found.map(|one| (one.remote_id, one.withdrawn))
    };
    let held = world.inspect().await;
    assert!(there("面向陶瓷窑炉的节能控制技术新版", &held).is_some_and(|(_, withdrawn)| !withdrawn));
    let (id, withdrawn) = there("面向陶瓷窑炉的节能控制技术4", &held).expect("still known");
    assert!(withdrawn);
    world.sql("update t_cg set del = 0 where id = 4").await;
    let third = sync(&connector).await;
    assert_eq!(third.delivered.counts.accepted, 1, "{third:?}");
    assert_eq!(there("面向陶瓷窑炉的节能控制技术4", &world.inspect().await), Some((id, false)));
}

#[tokio::test]
async fn an_emptied_table_withdraws_nothing_and_a_lost_answer_makes_no_second_record() {
    let world = World::new().await;
    world.fill(1..11).await;
    let connector = world.connector().await;
    world.faults().next_posts(3, qilu::sandbox::Fault::DropAfter);
    let first = sync(&connector).await;
    assert_eq!(first.delivered.counts.accepted, 30, "{first:?}");
    assert_eq!(world.inspect().await.records.len(), 30);
    world.sql("delete from t_cg").await;
    let second = sync(&connector).await;
    let report = second.push("achievement");
    assert_eq!((report.counts.vanished, report.counts.withdrawn), (10, 0), "{report:?}");
    assert!(world.inspect().await.records.iter().all(|one| !one.withdrawn));
    let guard = guard(&connector).await;
    let report = connector.deliver_once(&guard, "shandong", &request(), &()).await.expect("a delivery");
    assert_eq!(report.run, None, "the proposed withdrawals wait for a person");
}
