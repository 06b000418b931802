//! What is due now, and the one row that each due time ends as.

use std::time::Duration;

use chrono_tz::Tz;

use super::cron::Cron;
use super::history::Outcome;
use super::policy::{Overlap, Policy, jitter};
use crate::args;
use crate::clock::Timestamp;
use crate::config::{Fault, Instance};
use crate::db::{Error, Tx};

/// How long a started run counts as alive without a sign of life.
const LEASE: Duration = Duration::from_secs(15 * 60);

/// Due times of one route decided in one tick. After a long absence of a route that is due every second, the
/// ticks that follow decide the rest.
const DECIDED_MAX: usize = 2000;

/// One route with its schedule.
#[derive(Clone, Debug)]
pub struct TimedRoute {
    pub name: String,
    pub cron: Cron,
    pub policy: Policy,
}

/// All routes that have a schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: Tz,
    routes: Vec<TimedRoute>,
}

/// A route to be run now. It is taken: nobody else gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRun {
    pub route: String,
    pub due_at: Timestamp,
    /// How much later than due it starts.
    pub late: Duration,
}

impl Schedule {
    pub fn new(zone: Tz, routes: Vec<TimedRoute>) -> Self {
        Schedule { zone, routes }
    }

    /// The schedules of an instance's routes.
    ///
    /// Errors: every schedule that cannot be read, at its place in the route's file.
    pub fn of(instance: &Instance) -> Result<Self, Vec<Fault>> {
        let (mut routes, mut faults) = (Vec::new(), Vec::new());
        for route in instance.routes.values() {
            let Some(text) = &route.schedule else { continue };
            match Cron::parse(text) {
                Ok(cron) => {
                    routes.push(TimedRoute { name: route.name.clone(), cron, policy: Policy::default() })
                }
                Err(complaint) => faults.push(text.fault(&route.file, 0, complaint)),
            }
        }
        if faults.is_empty() { Ok(Schedule::new(instance.zone, routes)) } else { Err(faults) }
    }

    pub fn routes(&self) -> &[TimedRoute] {
        &self.routes
    }

    /// Decides every due time up to `now` and gives the routes to be run.
    ///
    /// Shape:  at most one run a route. To be called at every tick; calling it twice gives nothing twice.
    pub async fn due(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<DueRun>, Error> {
        let mut runs = Vec::new();
        for route in &self.routes {
            runs.extend(self.decide(tx, route, now).await?);
        }
        Ok(runs)
    }

    /// Notes that a run has ended, well or badly: how, is in the ledger's run.
    pub async fn record(
        &self,
        tx: &mut Tx,
        due: &DueRun,
        run: Option<i64>,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "-- schedule record\nupdate due set outcome = 'ran', run = $3, reason = $4, decided_at = $5, \
                   lease_until = null where route = $1 and due_at = $2 and outcome = 'started'";
        tx.execute(sql, args![&due.route, due.due_at, run, reason, now]).await?;
        Ok(())
    }

    /// A sign of life of a long run; without one for a quarter of an hour it counts as interrupted.
    pub async fn prolong(&self, tx: &mut Tx, due: &DueRun, now: Timestamp) -> Result<(), Error> {
        let sql = "-- schedule prolong\nupdate due set lease_until = $3 \
                   where route = $1 and due_at = $2 and outcome = 'started'";
        tx.execute(sql, args![&due.route, due.due_at, now.plus(LEASE)]).await?;
        Ok(())
    }

    /// Ends what was running when the program stopped last time; tells how many. For the only daemon of an
    /// instance, at its start.
    pub async fn recover(&self, tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
        let sql = "-- schedule recover\nupdate due set outcome = 'ran', reason = 'interrupted', decided_at = $1, \
                   lease_until = null where outcome = 'started'";
        tx.execute(sql, args![now]).await
    }

    /// The next due times of a route, for people; none if it has no schedule.
    pub fn next_times(&self, route: &str, now: Timestamp, count: usize) -> Vec<Timestamp> {
        let route = self.routes.iter().find(|known| known.name == route);
        route.map(|route| route.cron.next_times(now, self.zone, count)).unwrap_or_default()
    }

    /// When the next route can start: until then there is nothing to decide.
    pub fn next_start(&self, now: Timestamp) -> Option<Timestamp> {
        self.routes.iter().filter_map(|route| self.start_after(route, now)).min()
    }

    fn start_after(&self, route: &TimedRoute, now: Timestamp) -> Option<Timestamp> {
        let mut due_at = route.cron.next(now.minus(route.policy.jitter), self.zone)?;
        loop {
            let start = self.start_of(route, due_at);
            if start > now {
                return Some(start);
            }
            due_at = route.cron.next(due_at, self.zone)?;
        }
    }

    /// A due time with its jitter.
    fn start_of(&self, route: &TimedRoute, due_at: Timestamp) -> Timestamp {
        let interval = route.cron.next(due_at, self.zone).map_or(Duration::MAX, |next| next.since(due_at));
        due_at.plus(jitter(&route.name, &route.policy, interval))
    }

    /// Writes the rows of the due times that passed in a pause, before it ends.
    pub(super) async fn close_pause(&self, tx: &mut Tx, name: &str, now: Timestamp) -> Result<(), Error> {
        let Some(route) = self.routes.iter().find(|route| route.name == name) else { return Ok(()) };
        let Some(standing) = self.standing(tx, route, now).await? else { return Ok(()) };
        let Some(paused_at) = standing.paused_at else { return Ok(()) };
        let from = standing.decided_until.max(paused_at.minus(Duration::from_micros(1)));
        let times =
            std::iter::successors(route.cron.next(from, self.zone), |at| route.cron.next(*at, self.zone));
        for due_at in times.take_while(|at| *at <= now).take(DECIDED_MAX) {
            put(tx, name, due_at, Outcome::Paused, &standing.pause_reason, now).await?;
        }
        Ok(())
    }

    async fn decide(&self, tx: &mut Tx, route: &TimedRoute, now: Timestamp) -> Result<Option<DueRun>, Error> {
        let Some(standing) = self.standing(tx, route, now).await? else { return Ok(None) };
        let mut times = Vec::new();
        let mut next = route.cron.next(standing.decided_until, self.zone);
        while let Some(due_at) = next.filter(|due_at| self.start_of(route, *due_at) <= now) {
            times.push(due_at);
            if times.len() == DECIDED_MAX {
                break;
            }
            next = route.cron.next(due_at, self.zone);
        }
        let Some(&latest) = times.last() else { return Ok(None) };
        let running = is_running(tx, &route.name, now).await?;
        if running && route.policy.overlap == Overlap::QueueOne {
            // Undecided until the route is free.
            return Ok(None);
        }
        let mut run = None;
        for due_at in times {
            let late = now.since(due_at);
            let (outcome, reason) = if standing.paused_at.is_some_and(|at| due_at >= at) {
                (Outcome::Paused, standing.pause_reason.clone())
            } else if route.policy.quiet.iter().any(|quiet| quiet.covers(due_at, self.zone)) {
                (Outcome::Quiet, String::new())
            } else if running {
                (Outcome::Skipped, "the run before it was still going".to_owned())
            } else if late > route.policy.catch_up {
                (Outcome::Missed, "nobody was there to run it".to_owned())
            } else if due_at < latest {
                let made_up = format!("made up for by the one of {}", latest.show(self.zone));
                match route.policy.overlap {
                    Overlap::Skip => (Outcome::Missed, made_up),
                    Overlap::QueueOne => (Outcome::Skipped, made_up),
                }
            } else {
                (Outcome::Started, String::new())
            };
            let taken = put(tx, &route.name, due_at, outcome, &reason, now).await?;
            if taken && outcome == Outcome::Started {
                run = Some(DueRun { route: route.name.clone(), due_at, late });
            }
        }
        set_decided(tx, &route.name, latest).await?;
        Ok(run)
    }

    /// Where a route stands; `None` where there is nothing to decide before the next tick.
    async fn standing(
        &self,
        tx: &mut Tx,
        route: &TimedRoute,
        now: Timestamp,
    ) -> Result<Option<Standing>, Error> {
        know(tx, now, &route.name).await?;
        let sql = "-- schedule standing\nselect cron, decided_until, paused_at, pause_reason from timed_route \
                   where route = $1";
        let Some(row) = tx.fetch_one(sql, args![&route.name]).await? else { return Ok(None) };
        let (text, decided_until) = (row.text(0), Timestamp(row.int(1)));
        if text != route.cron.to_string() {
            self.change(tx, route, &text, decided_until, now).await?;
            return Ok(None);
        }
        if decided_until > now {
            // The clock was ahead and has been set back. What was decided about times that have yet to come is
            // forgotten, unless it was run.
            let sql = "-- schedule clock set back\ndelete from due \
                       where route = $1 and due_at > $2 and outcome not in ('ran', 'started')";
            tx.execute(sql, args![&route.name, now]).await?;
            set_decided(tx, &route.name, now).await?;
            return Ok(None);
        }
        let paused_at = row.opt_int(2).map(Timestamp);
        Ok(Some(Standing { decided_until, paused_at, pause_reason: row.text(3) }))
    }

    /// A new cron text counts from now; what the old one still had open is missed.
    async fn change(
        &self,
        tx: &mut Tx,
        route: &TimedRoute,
        old: &str,
        decided_until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Ok(old) = Cron::parse(old) {
            let open =
                std::iter::successors(old.next(decided_until, self.zone), |at| old.next(*at, self.zone));
            for due_at in open.take_while(|at| *at <= now).take(DECIDED_MAX) {
                put(tx, &route.name, due_at, Outcome::Missed, "the schedule was changed", now).await?;
            }
        }
        let sql = "-- schedule change\nupdate timed_route set cron = $2, decided_until = $3 where route = $1";
        tx.execute(sql, args![&route.name, &route.cron.to_string(), now]).await?;
        Ok(())
    }
}

struct Standing {
    decided_until: Timestamp,
    paused_at: Option<Timestamp>,
    pause_reason: String,
}

/// Makes the row of a route that was never seen; its due times count from now.
pub(super) async fn know(tx: &mut Tx, now: Timestamp, route: &str) -> Result<(), Error> {
    let sql = "-- schedule know\ninsert into timed_route (route, cron, decided_until) values ($1, '', $2) \
               on conflict (route) do nothing";
    tx.execute(sql, args![route, now]).await?;
    Ok(())
}

/// Writes the row of a due time; false if it has one already.
async fn put(
    tx: &mut Tx,
    route: &str,
    due_at: Timestamp,
    outcome: Outcome,
    reason: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let lease = (outcome == Outcome::Started).then(|| now.plus(LEASE));
    let sql = "-- schedule outcome\ninsert into due (route, due_at, outcome, reason, decided_at, lease_until) \
               values ($1, $2, $3, $4, $5, $6) on conflict (route, due_at) do nothing";
    Ok(tx.execute(sql, args![route, due_at, outcome.word(), reason, now, lease]).await? > 0)
}

async fn set_decided(tx: &mut Tx, route: &str, until: Timestamp) -> Result<(), Error> {
    let sql = "-- schedule decided\nupdate timed_route set decided_until = $2 where route = $1";
    tx.execute(sql, args![route, until]).await?;
    Ok(())
}

/// Whether a run of the route is alive; one whose lease has run out is ended here.
async fn is_running(tx: &mut Tx, route: &str, now: Timestamp) -> Result<bool, Error> {
    let sql = "-- schedule interrupted\nupdate due set outcome = 'ran', reason = 'interrupted', decided_at = $2, \
               lease_until = null where route = $1 and outcome = 'started' and lease_until < $2";
    tx.execute(sql, args![route, now]).await?;
    let sql = "-- schedule running\nselect 1 from due where route = $1 and outcome = 'started' limit 1";
    Ok(tx.fetch_one(sql, args![route]).await?.is_some())
}
