//! Runs that end before the list does, wherever they are cut.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use serde_json::json;

use super::{World, altered, document, numbers};
use crate::ledger::RunEnd;
use crate::sandbox::{self, Fault};

/// Makes the second commit of a page fail, as a crash between the two would.
const CUT: &str = "create trigger cut before insert on imported when new.state <> 'landing'
    begin select raise(abort, 'cut'); end";

#[tokio::test]
async fn a_stopped_run_goes_on_at_its_page() {
    let world = World::new("ask").await;
    world.others(&(1..=8).map(document).collect::<Vec<_>>()).await;
    let pages = AtomicU64::new(0);
    let first = world.import_while(|_| pages.fetch_add(1, Ordering::Relaxed) < 1).await.unwrap();
    assert_eq!((first.end, numbers(&first)), (RunEnd::Failed, (6, 6, 0, 0, 0, 0, 0)));
    assert_eq!(first.complaints[0].id, "Q8901");
    let second = world.import().await;
    assert_eq!((second.end, numbers(&second)), (RunEnd::Well, (2, 2, 0, 0, 0, 0, 0)));
    assert_eq!(second.counts.vanished, 0, "what the first run saw was seen in this pass");
    assert_eq!(numbers(&world.import().await), (8, 0, 0, 8, 0, 0, 0));
}

#[tokio::test]
async fn a_province_that_goes_away_in_mid_run_is_asked_again_and_the_next_run_goes_on() {
    let mut world = World::new("ask").await;
    world.others(&(1..=8).map(document).collect::<Vec<_>>()).await;
    world.sandbox.faults().next(1, Fault::Html);
    let looks = AtomicU64::new(0);
    let faults = world.sandbox.faults();
    let first = world
        .import_while(|counts| {
            if counts.pages == 1 && looks.fetch_add(1, Ordering::Relaxed) == 0 {
                faults.next(9, Fault::Unavailable { retry_after_s: 600 });
            }
            true
        })
        .await
        .unwrap();
    assert_eq!((first.end, first.complaints[0].id.as_str()), (RunEnd::Failed, "Q7109"), "{first:?}");
    assert_eq!(numbers(&first).0, 3);
    world.restart().await;
    let second = world.import().await;
    assert_eq!((second.end, numbers(&second)), (RunEnd::Well, (5, 5, 0, 0, 0, 0, 0)), "{second:?}");
    assert_eq!(world.table().await.len(), 8);
}

#[tokio::test]
async fn a_place_that_the_province_no_longer_takes_is_forgotten() {
    let world = World::new("ask").await;
    world.others(&(1..=4).map(document).collect::<Vec<_>>()).await;
    world.import_while(|_| false).await.unwrap();
    world.ledger_sql("update import_place set cursor = 'nonsense'").await;
    let second = world.import().await;
    assert_eq!((second.end, second.complaints[0].id.as_str()), (RunEnd::Failed, "Q7104"), "{second:?}");
    let third = world.import().await;
    assert_eq!((third.end, numbers(&third)), (RunEnd::Well, (4, 1, 0, 3, 0, 0, 0)));
}

#[tokio::test]
async fn a_crash_between_the_two_commits_of_a_page_is_harmless() {
    let world = World::new("ask").await;
    let ids = world.others(&[document(1), document(2)]).await;
    world.ledger_sql(CUT).await;
    world.import_while(|_| true).await.unwrap_err();
    assert_eq!(world.table().await.len(), 2, "the city has committed");
    world.ledger_sql("drop trigger cut").await;
    let after = world.import().await;
    assert_eq!(numbers(&after), (2, 2, 0, 0, 0, 0, 0), "{after:?}");
    assert_eq!(after.counts.conflicts, 0);

    // An update is cut off, and the province takes it back before the next run.
    sandbox::amend(&world.state(), &ids[0], &altered(1, &json!({"priceWan": "99"}))).await.unwrap();
    world.ledger_sql(CUT).await;
    world.import_while(|_| true).await.unwrap_err();
    assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), Some("99"));
    world.ledger_sql("drop trigger cut").await;
    sandbox::amend(&world.state(), &ids[0], &document(1)).await.unwrap();
    let after = world.import().await;
    assert_eq!((numbers(&after), after.counts.conflicts), ((2, 0, 1, 1, 0, 0, 0), 0), "{after:?}");
    assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), Some("12.5"));

    // An update is cut off, and the province changes the record again: our own hand is no edit.
    sandbox::amend(&world.state(), &ids[0], &altered(1, &json!({"priceWan": "7"}))).await.unwrap();
    world.ledger_sql(CUT).await;
    world.import_while(|_| true).await.unwrap_err();
    world.ledger_sql("drop trigger cut").await;
    sandbox::withdraw(&world.state(), &ids[..1], "已转化").await.unwrap();
    assert_eq!(numbers(&world.import().await), (2, 0, 0, 1, 0, 0, 1));
    sandbox::amend(&world.state(), &ids[1], &altered(2, &json!({"priceWan": "8"}))).await.unwrap();
    assert_eq!(numbers(&world.import().await), (2, 0, 1, 0, 0, 0, 1));
    assert_eq!(world.cell(&ids[0], "jg").await.as_deref(), Some("7"));
    assert_eq!(world.cell(&ids[0], "ly").await.as_deref(), Some("山东科技大市场（已下架）"));
}

#[tokio::test]
async fn an_import_cut_at_any_moment_ends_up_as_an_undisturbed_one() {
    let documents: Vec<_> = (1..=7).map(document).collect();
    let undisturbed = World::new("ask").await;
    undisturbed.others(&documents).await;
    undisturbed.import().await;
    let expect = undisturbed.table().await;
    let world = World::new("ask").await;
    let ids = world.others(&documents).await;
    let mut cuts = 0;
    // Each run lives a little longer than the one before, and is then dropped where it stands.
    for life in 1.. {
        let finished = {
            let mut import = pin!(world.import_while(|_| true));
            let mut finished = false;
            for _ in 0..life * 3 {
                tokio::time::sleep(std::time::Duration::from_micros(300)).await;
                if let Poll::Ready(report) = import.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    assert_eq!(report.unwrap().counts.conflicts, 0);
                    finished = true;
                    break;
                }
            }
            finished
        };
        if finished {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 5, "{cuts}");
    // Once more in peace, since the last run went on from the last cut.
    assert_eq!(numbers(&world.import().await).0, 7);
    assert_eq!(world.table().await, expect);
    assert_eq!(world.quarantine().await, []);
    assert_eq!(ids.len(), 7);
}

#[tokio::test]
async fn records_that_vanish_from_the_list_are_counted_and_left() {
    let world = World::new("ask").await;
    world.others(&[document(1)]).await;
    world.import().await;
    world.ledger_sql("insert into imported select route, 'SD-ACH-gone', 'x', platform, kind, state, print, written, null, pass, 0, 0 from imported").await;
    let report = world.import().await;
    assert_eq!(
        (report.counts.vanished, report.complaints[0].id.as_str(), report.end),
        (1, "Q8902", RunEnd::Well)
    );
}
