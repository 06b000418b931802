//! Days in an office with a manual clock: every way in which a due time can end.

use std::time::Duration;

use chrono_tz::Asia::Shanghai;

use super::policy::jitter;
use super::{
    Cron, DueRow, DueRun, MIGRATIONS, Overlap, Policy, Quiet, Schedule, TimedRoute, history, paused,
};
use crate::audit;
use crate::clock::{Clock, Timestamp};
use crate::db::Db;

/// Thursday, 1 January 2026, 00:00 in Shanghai.
const START: Timestamp = Timestamp(1_767_196_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

struct Office {
    clock: Clock,
    schedule: Schedule,
    db: Db,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn open(text: &str, policy: Policy) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let db = Db::open(&path, &[MIGRATIONS, audit::MIGRATIONS]).await.unwrap();
        let mut office =
            Office { clock: Clock::manual(START, 1), schedule: timed(text, policy), db, _folder: folder };
        assert_eq!(office.tick(Duration::ZERO).await, [], "a new route is not due for the past");
        office
    }

    /// Some time later, what is due?
    async fn tick(&mut self, later: Duration) -> Vec<DueRun> {
        self.clock.advance(later);
        let mut tx = self.db.begin().await.unwrap();
        let runs = self.schedule.due(&mut tx, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        runs
    }

    async fn ran(&self, run: &DueRun) {
        let mut tx = self.db.begin().await.unwrap();
        self.schedule.record(&mut tx, run, Some(7), "", self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// `HH:MM outcome` of every due time, oldest first.
    async fn rows(&self) -> Vec<String> {
        let mut rows = history(&self.db, "", 10_000).await.unwrap();
        rows.reverse();
        let show = |row: &DueRow| {
            let time = row.due_at.to_utc().with_timezone(&Shanghai);
            format!("{} {}", time.format("%H:%M"), row.outcome.unwrap().word())
        };
        rows.iter().map(show).collect()
    }
}

fn timed(text: &str, policy: Policy) -> Schedule {
    let route = TimedRoute { name: "achievement".into(), cron: Cron::parse(text).unwrap(), policy };
    Schedule::new(Shanghai, vec![route])
}

fn prompt() -> Policy {
    Policy { jitter: Duration::ZERO, ..Policy::default() }
}

#[tokio::test]
async fn a_due_time_is_given_once_and_ends_as_ran() {
    let mut office = Office::open("0 * * * *", prompt()).await;
    assert_eq!(office.tick(59 * MINUTE).await, []);
    let runs = office.tick(MINUTE).await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].due_at, runs[0].late), (START.plus(HOUR), Duration::ZERO));
    assert_eq!(office.tick(Duration::ZERO).await, []);
    assert_eq!(office.rows().await, ["01:00 started"]);
    office.ran(&runs[0]).await;
    assert_eq!(office.rows().await, ["01:00 ran"]);
    assert_eq!(history(&office.db, "achievement", 1).await.unwrap()[0].run, Some(7));
}

#[tokio::test]
async fn a_due_time_during_a_run_is_skipped() {
    let mut office = Office::open("*/10 * * * *", prompt()).await;
    let runs = office.tick(10 * MINUTE).await;
    assert_eq!(office.tick(10 * MINUTE).await, []);
    office.ran(&runs[0]).await;
    assert_eq!(office.tick(10 * MINUTE).await.len(), 1);
    assert_eq!(office.rows().await, ["00:10 ran", "00:20 skipped", "00:30 started"]);
}

#[tokio::test]
async fn a_queue_of_one_runs_the_latest_as_soon_as_the_route_is_free() {
    let policy = Policy { overlap: Overlap::QueueOne, ..prompt() };
    let mut office = Office::open("*/10 * * * *", policy).await;
    let runs = office.tick(10 * MINUTE).await;
    assert_eq!(office.tick(10 * MINUTE).await, []);
    let mut tx = office.db.begin().await.unwrap();
    office.schedule.prolong(&mut tx, &runs[0], office.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(office.tick(12 * MINUTE).await, []);
    assert_eq!(office.rows().await, ["00:10 started"]);
    office.ran(&runs[0]).await;
    assert_eq!(office.tick(Duration::ZERO).await[0].due_at, START.plus(30 * MINUTE));
    assert_eq!(office.rows().await, ["00:10 ran", "00:20 skipped", "00:30 started"]);
}

#[tokio::test]
async fn after_an_absence_the_latest_is_made_up_for_and_the_rest_is_missed() {
    let mut office = Office::open("0 * * * *", Policy { catch_up: 2 * HOUR, ..prompt() }).await;
    let runs = office.tick(5 * HOUR + 30 * MINUTE).await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].due_at, runs[0].late), (START.plus(5 * HOUR), 30 * MINUTE));
    let expect = ["01:00 missed", "02:00 missed", "03:00 missed", "04:00 missed", "05:00 started"];
    assert_eq!(office.rows().await, expect);
}

#[tokio::test]
async fn what_is_too_old_is_missed_and_not_run() {
    let mut office = Office::open("0 2 * * *", Policy { catch_up: HOUR, ..prompt() }).await;
    assert_eq!(office.tick(4 * HOUR).await, []);
    assert_eq!(office.rows().await, ["02:00 missed"]);
}

#[tokio::test]
async fn a_long_absence_is_decided_in_several_ticks_without_losing_a_row() {
    let mut office = Office::open("* * * * *", prompt()).await;
    assert_eq!(office.tick(3000 * MINUTE).await, []);
    let runs = office.tick(Duration::ZERO).await;
    assert_eq!(runs[0].due_at, START.plus(3000 * MINUTE));
    assert_eq!(office.rows().await.len(), 3000);
}

#[tokio::test]
async fn a_quiet_window_may_pass_midnight() {
    let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let quiet = Quiet { from: time(22), to: time(2) };
    let mut office = Office::open("0 * * * *", Policy { quiet: vec![quiet], ..prompt() }).await;
    assert_eq!(office.tick(HOUR).await, []);
    assert_eq!(office.tick(HOUR).await.len(), 1);
    assert_eq!(office.rows().await, ["01:00 quiet", "02:00 started"]);
}

#[tokio::test]
async fn a_pause_has_a_reason_an_end_and_two_events() {
    let mut office = Office::open("0 * * * *", prompt()).await;
    let who = ("wang", "operator");
    let mut tx = office.db.begin().await.unwrap();
    let schedule = office.schedule.clone();
    assert!(schedule.pause(&mut tx, office.clock.now(), who, "achievement", "省平台维护").await.unwrap());
    assert!(!schedule.pause(&mut tx, office.clock.now(), who, "achievement", "again").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(paused(&office.db).await.unwrap()[0].reason, "省平台维护");
    assert_eq!(office.tick(HOUR).await, []);
    // Nobody ticks for two hours; then a person resumes.
    office.clock.advance(2 * HOUR);
    let mut tx = office.db.begin().await.unwrap();
    assert!(schedule.resume(&mut tx, office.clock.now(), who, "achievement").await.unwrap());
    assert!(!schedule.resume(&mut tx, office.clock.now(), who, "achievement").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(office.tick(Duration::ZERO).await, []);
    assert_eq!(office.tick(HOUR).await.len(), 1);
    assert_eq!(office.rows().await, ["01:00 paused", "02:00 paused", "03:00 paused", "04:00 started"]);
    assert_eq!(audit::size(&office.db).await.unwrap(), 2);
}

#[tokio::test]
async fn a_clock_that_jumps_back_runs_nothing_twice() {
    let mut office = Office::open("0 * * * *", prompt()).await;
    let runs = office.tick(HOUR).await;
    office.ran(&runs[0]).await;
    office.clock = Clock::manual(START.plus(10 * MINUTE), 1);
    assert_eq!(office.tick(Duration::ZERO).await, []);
    assert_eq!(office.tick(HOUR).await, [], "01:00 has been run");
    assert_eq!(office.tick(50 * MINUTE).await.len(), 1);
    assert_eq!(office.rows().await, ["01:00 ran", "02:00 started"]);
}

#[tokio::test]
async fn a_clock_that_was_a_year_ahead_does_not_silence_a_route() {
    let mut office = Office::open("0 0 * * *", prompt()).await;
    let ahead = office.tick(365 * 24 * HOUR).await;
    office.ran(&ahead[0]).await;
    office.clock = Clock::manual(START.plus(HOUR), 1);
    assert_eq!(office.tick(Duration::ZERO).await, []);
    assert_eq!(office.tick(24 * HOUR).await.len(), 1);
    let outcomes: Vec<_> = office.rows().await;
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
}

#[tokio::test]
async fn what_was_running_when_the_program_stopped_does_not_block_the_route() {
    let mut office = Office::open("0 * * * *", prompt()).await;
    assert_eq!(office.tick(HOUR).await.len(), 1);
    let mut tx = office.db.begin().await.unwrap();
    assert_eq!(office.schedule.recover(&mut tx, office.clock.now()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(office.tick(HOUR).await.len(), 1);
    // And without recovery, when the lease has run out.
    assert_eq!(office.tick(HOUR).await.len(), 1);
    assert_eq!(office.rows().await, ["01:00 ran", "02:00 ran", "03:00 started"]);
}

#[tokio::test]
async fn a_changed_schedule_counts_from_now() {
    let mut office = Office::open("0 * * * *", prompt()).await;
    office.schedule = timed("30 * * * *", prompt());
    assert_eq!(office.tick(2 * HOUR + 10 * MINUTE).await, []);
    assert_eq!(office.tick(20 * MINUTE).await.len(), 1);
    assert_eq!(office.rows().await, ["01:00 missed", "02:00 missed", "02:30 started"]);
}

#[tokio::test]
async fn two_daemons_never_get_the_same_due_time() {
    let office = Office::open("0 * * * *", prompt()).await;
    let now = START.plus(HOUR);
    let mut given = 0;
    for _ in 0..5 {
        let mut tx = office.db.begin().await.unwrap();
        given += office.schedule.due(&mut tx, now).await.unwrap().len();
        tx.commit().await.unwrap();
    }
    assert_eq!(given, 1);
}

#[tokio::test]
async fn jitter_is_later_the_same_each_time_and_small() {
    let policy = Policy { jitter: 10 * MINUTE, ..Policy::default() };
    let mut office = Office::open("0 * * * *", policy.clone()).await;
    let late = jitter("achievement", &policy, HOUR);
    assert!(late > Duration::ZERO && late < 6 * MINUTE, "{late:?}");
    assert_eq!(office.schedule.next_start(START.plus(30 * MINUTE)), Some(START.plus(HOUR + late)));
    assert_eq!(office.tick(HOUR).await, []);
    assert_eq!(office.schedule.next_start(office.clock.now()), Some(START.plus(HOUR + late)));
    let runs = office.tick(late).await;
    assert_eq!((runs[0].due_at, runs[0].late), (START.plus(HOUR), late));
    assert_eq!(office.schedule.next_times("achievement", START, 2), [START.plus(HOUR), START.plus(2 * HOUR)]);
    assert_eq!(office.schedule.next_times("nobody", START, 2), []);
}
