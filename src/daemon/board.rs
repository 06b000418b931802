//! What runs now, and what has to wait for it: a stuck call stops its own desk and no other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::clock::Timestamp;
use crate::config::Flow;
use crate::ledger::{Actor, Alarm, RunCause};
use crate::schedule::{DueRun, Schedule};
use crate::sync::{Connector, Error, Request, Watcher, WorkGuard};

/// How long to wait for another process that works on the ledger.
const PATIENCE: Duration = Duration::from_secs(600);
/// A delivery that could send nothing is not begun again sooner.
const NOTHING_LEFT: Duration = Duration::from_secs(5);
/// Busy for so long without a pause, the daemon lets another process have its turn.
const SHIFT: Duration = Duration::from_secs(300);
/// How long the ledger is left free between two shifts: longer than a waiting process sleeps.
const BREAK: Duration = Duration::from_millis(500);
/// How often a run that is under way, or that waits for its desk, says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(120);

/// A place where one thing happens at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Desk {
    /// The scan of a route; those of one database wait for each other, and each for what is out of its kind.
    Scan(String),
    /// Imports from one platform.
    Imports(String),
    Deliveries(String),
    Reviews(String),
    /// The look at a platform's code tables.
    Dictionaries(String),
}

/// A job that has ended, and whether it found anything to do.
struct Ended {
    desk: Desk,
    moved: bool,
}

/// All desks of an instance. Each job is a task of its own, since one that waits must not keep another from going on.
pub(super) struct Board {
    connector: Arc<Connector>,
    schedule: Arc<Schedule>,
    watcher: Arc<dyn Watcher>,
    jobs: JoinSet<Result<Ended, Error>>,
    /// What stands at each desk: the due run of a route, or none.
    busy: BTreeMap<Desk, Option<DueRun>>,
    /// Taken from the schedule, and waiting for their desk or for the province's quiet time to end.
    waiting: VecDeque<DueRun>,
    not_before: BTreeMap<Desk, Timestamp>,
    /// Held by every job under way; gone when none is.
    guard: Weak<WorkGuard>,
    shift_began: Timestamp,
    said_alive: Timestamp,
}

impl Board {
    pub fn new(connector: Arc<Connector>, schedule: Arc<Schedule>, watcher: Arc<dyn Watcher>) -> Self {
        let now = connector.clock.now();
        Board {
            connector,
            schedule,
            watcher,
            jobs: JoinSet::new(),
            busy: BTreeMap::new(),
            waiting: VecDeque::new(),
            not_before: BTreeMap::new(),
            guard: Weak::new(),
            shift_began: now,
            said_alive: now,
        }
    }

    pub fn is_busy(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Waits for the next job to end.
    ///
    /// Errors: the job's own. Then the daemon ends, for without a ledger there is no sending.
    pub async fn next_ended(&mut self) -> Result<(), Error> {
        let Some(joined) = self.jobs.join_next().await else { return Ok(()) };
        let ended = match joined {
            Ok(ended) => ended?,
            // Nobody aborts a job: it panicked, and its message stands in the log.
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        };
        let now = self.connector.clock.now();
        match &ended.desk {
            Desk::Reviews(platform) => {
                let every = self.connector.instance.platforms[platform].reviews.every;
                self.not_before.insert(ended.desk.clone(), now.plus(every));
            }
            Desk::Deliveries(_) if !ended.moved => {
                self.not_before.insert(ended.desk.clone(), now.plus(NOTHING_LEFT));
            }
            // When to look again is in the ledger.
            Desk::Deliveries(_) | Desk::Dictionaries(_) => (),
            // What a scan has queued, or kept back while it worked, may leave now.
            Desk::Scan(_) | Desk::Imports(_) => {
                self.not_before.retain(|desk, _| !matches!(desk, Desk::Deliveries(_)));
            }
        }
        self.busy.remove(&ended.desk);
        Ok(())
    }

    pub async fn wait_for_all(&mut self) -> Result<(), Error> {
        while self.is_busy() {
            self.next_ended().await?;
        }
        Ok(())
    }

    /// Starts every job that is due and whose desk is free.
    pub async fn start_what_is_due(&mut self) -> Result<(), Error> {
        let now = self.connector.clock.now();
        self.say_alive(now).await?;
        let mut tx = self.connector.ledger.db().begin().await?;
        let due = self.schedule.due(&mut tx, now).await?;
        tx.commit().await?;
        self.waiting.extend(due);
        if self.is_busy() && now.since(self.shift_began) >= SHIFT {
            // Nothing new is begun until all is in and somebody else has had a turn.
            return Ok(());
        }
        let platforms: Vec<String> = self.connector.instance.platforms.keys().cloned().collect();
        for run in std::mem::take(&mut self.waiting) {
            match self.desk_of(&run) {
                Some(desk) if self.is_free(&desk, now) => self.start_route(desk, run).await?,
                Some(_) => self.waiting.push_back(run),
                None => (),
            }
        }
        for platform in platforms {
            let desk = Desk::Deliveries(platform.clone());
            if self.is_free(&desk, now) && self.connector.ledger.has_work(&platform, now).await? {
                self.start_delivery(desk, platform.clone()).await?;
            }
            let desk = Desk::Reviews(platform.clone());
            if self.is_free(&desk, now) {
                self.start_reviews(desk, platform.clone()).await?;
            }
            let desk = Desk::Dictionaries(platform.clone());
            let is_due = self.connector.next_drift(&platform).await?.is_some_and(|next| next <= now);
            if is_due && self.is_free(&desk, now) {
                self.start_dictionaries(desk, platform).await?;
            }
        }
        Ok(())
    }

    fn is_free(&self, desk: &Desk, now: Timestamp) -> bool {
        let closed = match desk {
            // An import whose hour falls into a quiet window comes after it.
            Desk::Imports(platform) | Desk::Reviews(platform) | Desk::Dictionaries(platform) => {
                self.connector.street(platform).is_ok_and(|street| street.closed(now).is_some())
            }
            Desk::Scan(_) | Desk::Deliveries(_) => false,
        };
        !closed
            && !self.busy.contains_key(desk)
            && self.not_before.get(desk).is_none_or(|not_before| *not_before <= now)
    }

    fn desk_of(&self, due: &DueRun) -> Option<Desk> {
        let route = self.connector.instance.routes.get(&due.route)?;
        Some(match &route.flow {
            Flow::Push(_) => Desk::Scan(route.name.clone()),
            Flow::Import(_) => Desk::Imports(route.platform.clone()),
        })
    }

    /// The proof that no other process works on the ledger: taken when the first job starts, gone with the last.
    async fn guard(&mut self) -> Result<Arc<WorkGuard>, Error> {
        if let Some(guard) = self.guard.upgrade() {
            return Ok(guard);
        }
        if self.connector.clock.now().since(self.shift_began) >= SHIFT {
            self.connector.clock.sleep(BREAK).await;
        }
        let guard = Arc::new(self.connector.work(PATIENCE).await?);
        self.guard = Arc::downgrade(&guard);
        self.shift_began = self.connector.clock.now();
        Ok(guard)
    }

    async fn start_route(&mut self, desk: Desk, due: DueRun) -> Result<(), Error> {
        let guard = self.guard().await?;
        let (connector, watcher) = (self.connector.clone(), self.watcher.clone());
        let schedule = self.schedule.clone();
        self.busy.insert(desk.clone(), Some(due.clone()));
        self.jobs.spawn(async move {
            tick(&connector, &guard, &schedule, &due, watcher.as_ref()).await?;
            Ok(Ended { desk, moved: true })
        });
        Ok(())
    }

    async fn start_delivery(&mut self, desk: Desk, platform: String) -> Result<(), Error> {
        let guard = self.guard().await?;
        let (connector, watcher) = (self.connector.clone(), self.watcher.clone());
        self.busy.insert(desk.clone(), None);
        self.jobs.spawn(async move {
            let moved = deliver(&connector, &guard, &platform, watcher.as_ref()).await?;
            Ok(Ended { desk, moved })
        });
        Ok(())
    }

    async fn start_reviews(&mut self, desk: Desk, platform: String) -> Result<(), Error> {
        let guard = self.guard().await?;
        let (connector, watcher) = (self.connector.clone(), self.watcher.clone());
        self.busy.insert(desk.clone(), None);
        self.jobs.spawn(async move {
            let report = connector.review_once(&guard, &platform, watcher.as_ref()).await?;
            for complaint in report.trouble.iter().chain(&report.unread) {
                tracing::warn!(platform, "reviews: {complaint}");
            }
            Ok(Ended { desk, moved: true })
        });
        Ok(())
    }

    async fn start_dictionaries(&mut self, desk: Desk, platform: String) -> Result<(), Error> {
        let guard = self.guard().await?;
        let connector = self.connector.clone();
        self.busy.insert(desk.clone(), None);
        self.jobs.spawn(async move {
            let report = connector.drift_once(&guard, &platform, &Actor::schedule()).await?;
            tell(&platform, &report.alarms);
            Ok(Ended { desk, moved: true })
        });
        Ok(())
    }

    /// Tells the schedule that runs are alive: one that is silent for long counts as interrupted.
    async fn say_alive(&mut self, now: Timestamp) -> Result<(), Error> {
        if now.since(self.said_alive) < SIGN_OF_LIFE {
            return Ok(());
        }
        self.said_alive = now;
        let mut tx = self.connector.ledger.db().begin().await?;
        for due in self.busy.values().flatten().chain(&self.waiting) {
            self.schedule.prolong(&mut tx, due, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// One due route.
async fn tick(
    connector: &Connector,
    guard: &WorkGuard,
    schedule: &Schedule,
    due: &DueRun,
    watcher: &dyn Watcher,
) -> Result<(), Error> {
    if connector.stopping() {
        return Ok(());
    }
    let Some(route) = connector.instance.routes.get(&due.route) else { return Ok(()) };
    let request = by_schedule();
    let run = match &route.flow {
        Flow::Push(_) => {
            let route = connector.push_route(&due.route)?;
            connector.push_once(guard, route, &request, watcher).await?.run
        }
        Flow::Import(_) => {
            let route = connector.import_route(&due.route)?;
            connector.import_once(guard, route, &request, watcher).await?.run
        }
    };
    let mut tx = connector.ledger.db().begin().await?;
    schedule.record(&mut tx, due, Some(run), "", connector.clock.now()).await?;
    tx.commit().await?;
    tracing::info!(route = %due.route, run, "scheduled run ended");
    Ok(())
}

/// Says whether anything moved.
async fn deliver(
    connector: &Connector,
    guard: &WorkGuard,
    platform: &str,
    watcher: &dyn Watcher,
) -> Result<bool, Error> {
    let report = connector.deliver_once(guard, platform, &by_schedule(), watcher).await?;
    if let Some(run) = report.run {
        tracing::info!(
            platform,
            run,
            accepted = report.counts.accepted,
            refused = report.counts.refused,
            "delivered"
        );
    }
    tell(platform, &report.alarms);
    for halt in &report.halts {
        tracing::debug!(platform, ?halt, "a lane is closed");
    }
    Ok(report.counts.accepted + report.counts.refused + report.counts.doubtful > 0)
}

fn tell(platform: &str, alarms: &[Alarm]) {
    for alarm in alarms {
        tracing::warn!(platform, alarm.subject = %alarm.subject, "alarm: {}", alarm.complaint);
    }
}

fn by_schedule() -> Request {
    Request { cause: RunCause::Scheduled, actor: Actor::schedule(), reason: String::new() }
}
