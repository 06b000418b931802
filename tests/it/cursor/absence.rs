//! Rows that are gone: who finds them, what holds them, and how long.

use qilu::ledger::RunEnd;
use qilu::sync::{Reach, Why, preview, preview_next};

use super::town::{HOUR, Town, is_incremental};
use crate::world::{sync, uscc};

#[tokio::test]
async fn rows_that_are_gone_are_found_by_the_next_full_scan_alone() {
    let town = Town::new(8, "{t}").await;
    town.world.sql(&format!("delete from t_dw where dm = '{}'", uscc(4))).await;
    let report = town.scan().await;
    assert!(is_incremental(&report));
    assert_eq!((report.counts.vanished, report.counts.held), (0, 0), "{report:?}");
    town.pass(24 * HOUR);
    let report = town.scan().await;
    assert_eq!(report.counts.vanished, 1, "{report:?}");
    assert_eq!(town.number("select count(*) from delivery where state = 'waiting_person'").await, 1);
    assert!(
        is_incremental(&town.scan().await),
        "a record that waits for a person keeps nobody from the cursor"
    );
}

#[tokio::test]
async fn an_emptied_or_cut_source_withdraws_nothing_by_itself() {
    let cuts = ["delete from t_dw", "delete from t_dw where rowid > 3", "update t_dw set zt = -1"];
    for absence in ["auto", "ask"] {
        for cut in cuts {
            let filtering = ("FROM t_dw\"", "FROM t_dw WHERE zt >= 0\"");
            let ask = ("absence = \"ask\"", format!("absence = \"{absence}\""));
            let town = Town::with(30, "{t}", &[filtering, (ask.0, &ask.1)]).await;
            let told = format!("{absence}: {cut}");
            town.world.sql(cut).await;
            let report = town.scan().await;
            assert!(is_incremental(&report), "{told}");
            assert_eq!((report.counts.vanished, report.end), (0, RunEnd::Well), "{told}: {report:?}");

            let (ledger, instance) = (&town.connector.ledger, &town.connector.instance);
            let route = town.connector.push_route("enterprise").expect("the route");
            let next = preview_next(instance, ledger, route, 3, None, &()).await.expect("a preview");
            assert!(matches!(next.scan, Reach::Incremental { .. }) && next.samples.is_empty(), "{told}");
            let shown = preview(instance, ledger, route, 3, None, &()).await.expect("a preview");
            assert_eq!(shown.scan, Reach::Full { why: Some(Why::Asked) });
            let gone = shown.counts.vanished;
            assert!(gone >= 27 && shown.samples.len() == 3, "{told}: {shown:?}");

            let report = town.full().await;
            assert_eq!(report.counts.vanished, gone, "{told}");
            let (held, proposed) =
                if absence == "auto" { (RunEnd::Held, 0) } else { (RunEnd::Trouble, gone) };
            assert_eq!((report.end, shown.proposed), (held, proposed), "{told}: {report:?}");
            assert_eq!(shown.brakes.len(), usize::from(absence == "auto"), "{told}: {shown:?}");
            let waiting =
                "select count(*) from delivery where action = 'withdraw' and state = 'waiting_person'";
            assert_eq!(town.number(waiting).await as u64, gone, "{told}");
            let sent = sync(&town.connector).await;
            assert_eq!(sent.delivered.counts.accepted, 0, "{told}: {sent:?}");
            assert!(town.world.inspect().await.records.iter().all(|one| !one.withdrawn), "{told}");
        }
    }
}

#[tokio::test]
async fn a_vanished_row_has_its_time_to_come_back() {
    for absence in ["auto", "ask"] {
        let ask = format!("absence = \"{absence}\"");
        let edits =
            [("absence = \"ask\"", ask.as_str()), ("[limits]\n", "[limits]\nabsence_grace = \"2d\"\n")];
        let town = Town::with(30, "{t}", &edits).await;
        let before = town.state().await;
        let gone = uscc(7);
        let kept = "create table kept as select * from t_dw";
        town.world.sql(&format!("{kept}; delete from t_dw where dm = '{gone}'")).await;
        let report = town.full().await;
        assert_eq!((report.counts.vanished, report.counts.new_trouble), (1, 1), "{report:?}");
        let held = town.state().await[&gone].clone();
        assert!(held.starts_with("held there") && held.ends_with("owes nothing local Q6030"), "{held}");
        town.pass(40 * HOUR);
        let report = town.full().await;
        assert_eq!((report.counts.vanished, report.counts.new_trouble), (1, 0), "it is no news: {report:?}");
        assert_eq!(town.state().await[&gone], held);

        // It returns without any trace, and the time begins anew when it goes again.
        town.world.sql(&format!("insert into t_dw select * from kept where dm = '{gone}'")).await;
        let report = town.scan().await;
        assert_eq!((report.counts.unchanged, report.counts.updated), (30, 0), "{report:?}");
        assert_eq!(town.state().await, before);
        town.world.sql(&format!("delete from t_dw where dm = '{gone}'")).await;
        town.full().await;
        town.pass(47 * HOUR);
        town.full().await;
        assert_eq!(town.number("select count(*) from delivery where action = 'withdraw'").await, 0);
        town.pass(HOUR);
        let (ledger, instance) = (&town.connector.ledger, &town.connector.instance);
        let route = town.connector.push_route("enterprise").expect("the route");
        let shown = preview(instance, ledger, route, 3, None, &()).await.expect("a preview");
        let expect = if absence == "auto" { (1, 0) } else { (0, 1) };
        assert_eq!(
            (shown.brakes.len(), shown.proposed, shown.samples.len()),
            (0, expect.1 as u64, 1),
            "{shown:?}"
        );
        town.full().await;
        let queued = "select count(*) from delivery where action = 'withdraw' and state = 'queued'";
        let waiting = "select count(*) from delivery where action = 'withdraw' and state = 'waiting_person'";
        assert_eq!((town.number(queued).await, town.number(waiting).await), expect);
        assert!(!town.state().await[&gone].contains("Q6030"), "{:?}", town.state().await[&gone]);
    }
}
