//! Reading by a cursor: what it finds, what only a full scan finds, and what is told of it.

mod absence;
mod history;
mod town;

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use qilu::ledger::RunEnd;
use qilu::sync::{Reach, Stage, Watcher, Why};

use crate::world::{guard, request, sync, uscc};
use town::{FILE, HOUR, MINUTE, Town, ids, is_incremental};

#[tokio::test]
async fn each_form_of_a_cursor_finds_what_changed_and_nothing_else() {
    let forms = [
        "{t}",
        "replace({t}, ' ', 'T')",
        "replace({t}, '-', '/')",
        "substr({t}, 1, 16)",
        "{t} || '.123'",
        "replace(replace(replace({t}, '-', ''), ':', ''), ' ', '')",
        "{s}",
        "{s} * 1000 + 7",
    ];
    for form in forms {
        let town = Town::new(8, form).await;
        town.rename(&[3, 5], "新星", &town.stamp(form, Duration::ZERO)).await;
        town.world
            .sql(&format!(
                "insert into t_dw values ('{}', '淄博博山机械厂', 1, {})",
                uscc(9),
                town.stamp(form, MINUTE)
            ))
            .await;
        let report = town.scan().await;
        assert!(is_incremental(&report), "{form}: {report:?}");
        let counts = report.counts;
        // The eight are as old as the newest of them: they lie within the overlap.
        assert_eq!((counts.read, counts.created, counts.updated, counts.vanished), (9, 1, 2, 0), "{form}");
        town.pass(HOUR);
        town.rename(&[4], "新星", &town.stamp(form, Duration::ZERO)).await;
        let report = town.scan().await;
        assert_eq!((report.counts.read, report.counts.updated), (4, 1), "{form}: {report:?}");
        assert_eq!(report.counts.unchanged, 3, "{form}");
    }
    // Whole days: everything of the day is read again.
    let town = Town::new(4, "substr({t}, 1, 10)").await;
    town.rename(&[2], "新星", &town.stamp("substr({t}, 1, 10)", Duration::ZERO)).await;
    let report = town.scan().await;
    assert!(is_incremental(&report) && report.counts.updated == 1, "{report:?}");
}

#[tokio::test]
async fn a_column_that_does_not_sort_as_it_dates_is_told_and_everything_is_read() {
    for (form, odd) in [("{t}", "'2021.3.12'"), ("{t}", "'2023年5月'"), ("{s}", "{s} * 1000"), ("{t}", "{s}")]
    {
        let town = Town::new(3, form).await;
        town.rename(&[2], "新星", &town.stamp(odd, Duration::ZERO)).await;
        // Reading by the cursor may or may not meet the odd one; a full scan does.
        let first = town.full().await;
        assert_eq!(ids(&first), ["Q2050"], "{form} {odd}");
        assert_eq!((first.end, first.counts.new_trouble), (RunEnd::Well, 0), "a warning, no trouble");
        let second = town.scan().await;
        assert_eq!(second.scan, Reach::Full { why: Some(Why::NoForm) }, "{form} {odd}");
        assert_eq!((second.counts.read, ids(&second)), (3, vec!["Q2050"]), "{form} {odd}");
        town.world.sql(&format!("update t_dw set gxsj = {}", town.stamp(form, Duration::ZERO))).await;
        assert_eq!(ids(&town.scan().await), [""; 0]);
        assert!(is_incremental(&town.scan().await), "{form} {odd}");
    }
}

#[tokio::test]
async fn rows_that_were_never_stamped_and_ties_are_read_each_time() {
    let town = Town::new(6, "{t}").await;
    let (tie, key) = (town.now(), uscc);
    town.world
        .sql(&format!(
            "insert into t_dw values ('{}', '淄博甲字机械厂', 1, null), ('{}', '淄博乙字机械厂', 1, ''), ('{}', '淄博丙字机械厂', 1, {tie})",
            key(11), key(12), key(13)
        ))
        .await;
    let report = town.scan().await;
    assert_eq!((report.counts.read, report.counts.created), (9, 3), "{report:?}");
    town.pass(HOUR);
    // The same second as what was seen last, and a row without a stamp: both come later than the scan.
    town.rename(&[1], "新星", &tie).await;
    town.rename(&[11, 12], "新星", "").await;
    let report = town.scan().await;
    assert_eq!((report.counts.read, report.counts.updated), (4, 1), "{report:?}");
    assert_eq!(report.counts.created, 2, "not sent yet, so still to be created: {report:?}");
}

#[tokio::test]
async fn late_commits_are_met_within_the_overlap_and_caught_up_with_beyond_it() {
    let town = Town::new(5, "{t}").await;
    town.rename(&[1], "新星", &town.now()).await;
    assert_eq!(town.scan().await.counts.updated, 1);
    town.rename(&[2], "晚到", &town.stamp("{t}", 10 * MINUTE)).await;
    town.rename(&[3], "太晚", &town.stamp("{t}", 20 * MINUTE)).await;
    let report = town.scan().await;
    assert_eq!((report.counts.updated, report.counts.behind_cursor), (1, 0), "{report:?}");
    town.pass(24 * HOUR);
    let report = town.scan().await;
    assert_eq!(report.scan, Reach::Full { why: Some(Why::Due) });
    assert_eq!((report.counts.updated, report.counts.behind_cursor), (1, 1), "{report:?}");
    assert_eq!(ids(&report), ["Q2051"]);
}

#[tokio::test]
async fn a_lying_cursor_is_told_with_its_count_and_examples_and_nothing_is_lost() {
    let town = Town::new(30, "{t}").await;
    town.rename(&[20], "新星", &town.now()).await;
    assert_eq!(town.scan().await.counts.updated, 1);
    let lied: Vec<u32> = (1..=13).collect();
    town.rename(&lied, "偷改", "").await;
    town.world
        .sql(&format!("insert into t_dw values ('{}', '淄博旧日机械厂', 1, '2020-01-01 00:00:00')", uscc(31)))
        .await;
    town.pass(HOUR);
    let report = town.scan().await;
    assert_eq!((report.counts.read, report.counts.updated, report.counts.created), (1, 0, 0), "{report:?}");
    town.pass(HOUR);
    let report = town.full().await;
    assert_eq!(report.scan, Reach::Full { why: Some(Why::Asked) });
    assert_eq!((report.counts.updated, report.counts.created), (13, 1), "{report:?}");
    assert_eq!((report.counts.behind_cursor, report.counts.new_trouble), (14, 1));
    assert_eq!(report.end, RunEnd::Held, "the brake on changes, as without a cursor");
    let said = report.complaints[0].to_string();
    assert!(said.contains("gxsj is lying: 14 rows") && said.matches("偷改").count() == 3, "{said}");
    let run = town.connector.ledger.run(report.run).await.expect("the ledger").expect("the run");
    assert!(run.note.contains("14 rows") && run.scan == "full", "{run:?}");
    assert_eq!(run.counts["behind_cursor"], 14);
    let again = town.full().await;
    assert_eq!((again.counts.behind_cursor, again.counts.new_trouble, again.end), (0, 0, RunEnd::Well));
}

#[tokio::test]
async fn times_to_come_do_not_move_the_mark() {
    let town = Town::new(5, "{t}").await;
    town.rename(&[1], "穿越", "'2099-01-01 00:00:00'").await;
    assert_eq!(town.scan().await.counts.updated, 1);
    town.pass(HOUR);
    town.rename(&[2], "新星", &town.now()).await;
    let report = town.scan().await;
    assert!(is_incremental(&report));
    assert_eq!((report.counts.read, report.counts.updated), (2, 1), "{report:?}");
}

#[tokio::test]
async fn a_changed_route_reads_everything_once() {
    let town = Town::new(5, "{t}").await;
    assert!(is_incremental(&town.scan().await));
    let edits: [&[(&str, &str)]; 3] = [
        &[("\"mc | text\"", "\"mc ~ '（淄博）' | text\"")],
        &[("FROM t_dw\"", "FROM t_dw WHERE zt > 0\"")],
        &[("\"gxsj\"", "\"gxsj2\""), ("SELECT *", "SELECT *, gxsj AS gxsj2")],
    ];
    let mut town = town;
    for edit in edits {
        town.world.edit(FILE, edit);
        town = town.reopen().await;
        let report = town.scan().await;
        assert_eq!(
            (report.scan, report.counts.read),
            (Reach::Full { why: Some(Why::Changed) }, 5),
            "{edit:?}"
        );
        assert_eq!(report.counts.behind_cursor, 0, "what the route changed is not the cursor's fault");
        assert!(is_incremental(&town.scan().await), "{edit:?}");
    }
    town.world.sql("alter table t_dw add column bz text default '备注'").await;
    let report = town.scan().await;
    assert_eq!(report.scan, Reach::Full { why: Some(Why::Columns) });
    assert_eq!((report.counts.behind_cursor, ids(&report).len()), (0, 0), "{report:?}");
    town.world.sql("alter table t_dw rename column gxsj to gengxin").await;
    town.world.edit(FILE, &[(", gxsj AS gxsj2", "")]);
    let town = town.reopen().await;
    let report = town.scan().await;
    assert_eq!((report.counts.read, ids(&report)), (5, vec!["Q2052"]));
}

#[tokio::test]
async fn one_that_lost_its_natural_key_is_looked_at_until_it_is_free() {
    // The code stands in a column of its own, and two units give the same.
    let columns = "dm int primary key, tyxy text, mc text, zt int, gxsj";
    let town = Town::empty(columns, &[("\"dm | uscc\"", "\"tyxy | uscc\"")]).await;
    let (one, now) = (uscc(1), town.now());
    town.world
        .sql(&format!(
            "insert into t_dw values (1, '{one}', '淄博甲字机械厂', 1, {now}), (2, '{one}', '淄博乙字机械厂', 1, {now})"
        ))
        .await;
    sync(&town.connector).await;
    town.pass(HOUR);
    let report = town.scan().await;
    assert!(is_incremental(&report), "a single double keeps nobody from the cursor: {report:?}");
    assert_eq!((report.counts.read, report.counts.invalid), (2, 1), "{report:?}");
    // Nothing in the second one changes: the first one takes another code.
    let now = town.now();
    town.pass(HOUR);
    town.world
        .sql(&format!("update t_dw set tyxy = '{}', gxsj = {} where dm = 1", uscc(2), town.now()))
        .await;
    for _ in 0..2 {
        assert!(is_incremental(sync(&town.connector).await.push("enterprise")));
    }
    assert_eq!(town.world.inspect().await.records.len(), 2);
    // Many of them are sooner found among all.
    let mut sql = String::from("begin;");
    for n in 10..120 {
        sql += &format!("insert into t_dw values ({n}, '{one}', '淄博第{n}机械厂', 1, {now});");
    }
    town.world.sql(&(sql + "commit;")).await;
    town.full().await;
    assert_eq!(town.scan().await.scan, Reach::Full { why: Some(Why::LookAgain) });
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_news_only_once_whichever_way_they_are_met() {
    let town = Town::new(4, "{t}").await;
    let old = "'2020-01-01 00:00:00'";
    town.world
        .sql(&format!(
            "insert into t_dw values (null, '无码甲厂', 1, {old}), (null, '无码乙厂', 1, {}), (x'00', '无码丙厂', 1, null)",
            town.now()
        ))
        .await;
    let report = town.full().await;
    assert_eq!((report.counts.unreadable, report.counts.new_trouble), (3, 3), "{report:?}");
    let report = town.scan().await;
    assert!(is_incremental(&report));
    assert!(report.counts.unreadable < 3 && report.counts.new_trouble == 0, "{report:?}");
    assert_eq!(town.full().await.counts.new_trouble, 0);
}

/// Stops looking after so many reports, as if the process had died there.
struct Looker {
    left: AtomicU64,
}

impl Watcher for Looker {
    fn saw(&self, _: Stage, _: &str, _: u64) {
        self.left.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_crash_between_pages_leaves_the_mark_where_it_was() {
    let town = Town::new(2, "{t}").await;
    let before = town.number("select seen_until from cursor_mark").await;
    let now = town.now();
    let mut sql = String::from("begin;");
    for n in 100..1700 {
        sql += &format!("insert into t_dw values ('{}', '淄博第{n}机械厂', 1, {now});", uscc(n));
    }
    town.world.sql(&(sql + "commit;")).await;
    let looker = Looker { left: AtomicU64::new(5) };
    let written = {
        let guard = guard(&town.connector).await;
        let route = town.connector.push_route("enterprise").expect("the route");
        let (request, scan) = (request(), &looker);
        let mut scan = pin!(town.connector.push_once(&guard, route, &request, scan));
        std::future::poll_fn(|context| match scan.as_mut().poll(context) {
            Poll::Pending if looker.left.load(Ordering::SeqCst) == 0 => Poll::Ready(()),
            Poll::Ready(_) => panic!("it should have been cut"),
            Poll::Pending => Poll::Pending,
        })
        .await;
        town.number("select count(*) from record").await
    };
    assert!((500..1602).contains(&written), "{written}");
    assert_eq!(town.number("select seen_until from cursor_mark").await, before);
    let town = town.reopen().await;
    let report = town.scan().await;
    assert!(is_incremental(&report), "{report:?}");
    assert_eq!(
        (report.counts.read, report.counts.created + report.counts.unchanged),
        (1602, 1602),
        "{report:?}"
    );
    assert_eq!(town.number("select count(*) from record").await, 1602);
    assert!(town.number("select seen_until from cursor_mark").await > before);
}
