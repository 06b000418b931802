//! Whether a province may be asked anything now: its quiet windows, its own words, its limit for the day.
//!
//! Every request of every lane, import, look-up and review passes here before the street takes it.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use futures_util::future::BoxFuture;

use super::limiter::Limiter;
use crate::clock::{Clock, Timestamp};
use crate::config::Platform;
use crate::config::platform::{PROVINCE_ZONE, Quiet, quiet_until};
use crate::record::Complaint;

/// Nothing is sent to the province before then.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub until: Timestamp,
    /// Q7601 a quiet window, Q7602 the day's requests are used up, Q7603 the province asked to be left alone, Q7604
    /// the day's requests cannot be counted.
    pub complaint: Complaint,
}

/// Keeps over restarts what a province is owed in manners. The ledger does; without one a street counts by itself.
pub trait Memory: Send + Sync {
    /// Counts one request of a day, unless `max` are counted already: gives how many are counted then, or `None`.
    ///
    /// Errors: it cannot be kept, in words; then nothing is sent.
    fn spend<'a>(&'a self, day: NaiveDate, max: u64) -> BoxFuture<'a, Result<Option<u64>, String>>;

    /// Keeps until when the province asked to be left alone, and its words.
    fn keep_away<'a>(&'a self, until: Timestamp, why: &'a Complaint) -> BoxFuture<'a, ()>;
}

/// How long to wait where the day's requests cannot be counted.
const UNCOUNTED: Duration = Duration::from_secs(60);

pub(super) struct Gate {
    quiet: Vec<Quiet>,
    per_day: Option<u64>,
    limiter: Limiter,
    known: Mutex<Known>,
    memory: OnceLock<Box<dyn Memory>>,
}

#[derive(Default)]
struct Known {
    away: Option<Closed>,
    day: Option<NaiveDate>,
    spent: u64,
}

impl Gate {
    pub(super) fn new(platform: &Platform) -> Self {
        let limits = &platform.limits;
        Gate {
            quiet: platform.quiet.clone(),
            per_day: limits.requests_per_day,
            limiter: Limiter::new(limits.requests_per_second),
            known: Mutex::default(),
            memory: OnceLock::new(),
        }
    }

    /// From now on what is to be kept is kept there. The first memory stays.
    pub(super) fn remember(&self, memory: Box<dyn Memory>) {
        self.memory.set(memory).ok();
    }

    /// Takes over what was kept before, by this process or another.
    pub(super) fn recall(&self, away: Option<Closed>, day: Option<NaiveDate>, spent: u64) {
        let mut known = self.known();
        known.away = away;
        (known.day, known.spent) = (day, spent);
    }

    /// Why nothing may be sent now, as far as it is known without asking.
    pub(super) fn closed(&self, now: Timestamp) -> Option<Closed> {
        if let Some(until) = quiet_until(&self.quiet, now) {
            let complaint = Complaint::new("Q7601").fact("until", until.show(PROVINCE_ZONE));
            return Some(Closed { until, complaint });
        }
        let known = self.known();
        if let Some(away) = known.away.as_ref().filter(|away| away.until > now) {
            return Some(away.clone());
        }
        let today = day_of(now);
        let max = self.per_day?;
        (known.day == Some(today) && known.spent >= max).then(|| used_up(today, max))
    }

    /// Waits for this request's turn and counts it. Errors: nothing may be sent now.
    pub(super) async fn admit(&self, clock: &Clock) -> Result<(), Closed> {
        if let Some(closed) = self.closed(clock.now()) {
            return Err(closed);
        }
        self.limiter.wait(clock).await;
        // While it waited, a window may have begun, or an answer to another request may have said: not now.
        let now = clock.now();
        if let Some(closed) = self.closed(now) {
            return Err(closed);
        }
        match self.per_day {
            Some(max) => self.spend(now, max).await,
            None => Ok(()),
        }
    }

    /// A request that belongs to one that was admitted, such as the login before it: waits for its turn and counts it.
    pub(super) async fn take_turn(&self, clock: &Clock) {
        self.limiter.wait(clock).await;
        if let Some(max) = self.per_day {
            self.spend(clock.now(), max).await.ok();
        }
    }

    async fn spend(&self, now: Timestamp, max: u64) -> Result<(), Closed> {
        let today = day_of(now);
        let spent = match self.memory.get() {
            Some(memory) => memory.spend(today, max).await.map_err(|reason| Closed {
                until: now.plus(UNCOUNTED),
                complaint: Complaint::new("Q7604").fact("reason", reason),
            })?,
            None => {
                let known = self.known();
                let spent = if known.day == Some(today) { known.spent } else { 0 };
                (spent < max).then_some(spent + 1)
            }
        };
        let mut known = self.known();
        (known.day, known.spent) = (Some(today), spent.unwrap_or(max));
        spent.map(|_| ()).ok_or_else(|| used_up(today, max))
    }

    /// The province asked to be left alone: a shorter wish does not end a longer one.
    pub(super) async fn keep_away(&self, until: Timestamp, asked: Duration) {
        let complaint = Complaint::new("Q7603")
            .fact("until", until.show(PROVINCE_ZONE))
            .fact("asked", asked.as_secs().to_string());
        {
            let mut known = self.known();
            if known.away.as_ref().is_some_and(|away| away.until >= until) {
                return;
            }
            known.away = Some(Closed { until, complaint: complaint.clone() });
        }
        if let Some(memory) = self.memory.get() {
            memory.keep_away(until, &complaint).await;
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Each change is one assignment: whoever panicked while holding it left it whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The province's calendar day.
pub fn day_of(now: Timestamp) -> NaiveDate {
    now.to_utc().with_timezone(&PROVINCE_ZONE).date_naive()
}

fn used_up(today: NaiveDate, max: u64) -> Closed {
    let midnight = (today + Days::new(1)).and_time(NaiveTime::MIN);
    let until = PROVINCE_ZONE.from_local_datetime(&midnight).earliest();
    let until = until.map_or(Timestamp(i64::MAX), |time| Timestamp::from_utc(time.to_utc()));
    Closed {
        until,
        complaint: Complaint::new("Q7602").fact("max", max).fact("until", until.show(PROVINCE_ZONE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(quiet: &str, per_day: &str) -> Gate {
        let text = include_str!("../../config/platforms/shandong.toml");
        let text = text.replace("[paging]", &format!("{quiet}\n[paging]"));
        let text = text.replace("requests_per_second = 5", &format!("requests_per_second = 5\n{per_day}"));
        let (platform, faults) = Platform::read("p", std::path::Path::new("p.toml"), &text);
        assert!(faults.is_empty(), "{faults:?}");
        Gate::new(&platform.unwrap())
    }

    /// 2026-05-02 23:00 in Shanghai, a Saturday.
    fn clock() -> Clock {
        Clock::manual(Timestamp(1_777_734_000_000_000), 1)
    }

    #[tokio::test]
    async fn the_days_requests_are_counted_by_the_provinces_calendar() {
        let (gate, clock) = (gate("", "requests_per_day = 3"), clock());
        for _ in 0..3 {
            gate.admit(&clock).await.unwrap();
        }
        let closed = gate.admit(&clock).await.unwrap_err();
        assert_eq!(closed.complaint.id, "Q7602");
        assert_eq!(closed.until.show(PROVINCE_ZONE), "2026-05-03 00:00:00 +08:00");
        assert_eq!(gate.closed(clock.now()), Some(closed.clone()));
        clock.advance(closed.until.since(clock.now()));
        for _ in 0..3 {
            gate.admit(&clock).await.unwrap();
        }
        assert!(gate.admit(&clock).await.is_err());
    }

    #[tokio::test]
    async fn a_window_that_begins_while_a_request_waits_for_its_turn_keeps_it_back() {
        let (gate, clock) = (gate("[[quiet]]\nfrom = '23:30'\nto = '1:00'", ""), clock());
        clock.advance(Duration::from_millis(30 * 60 * 1000 - 100));
        gate.admit(&clock).await.unwrap();
        let closed = gate.admit(&clock).await.unwrap_err();
        assert_eq!(closed.complaint.id, "Q7601");
        assert_eq!(closed.until.show(PROVINCE_ZONE), "2026-05-03 01:00:00 +08:00");
        clock.advance(closed.until.since(clock.now()));
        gate.admit(&clock).await.unwrap();
    }

    #[tokio::test]
    async fn a_wish_to_be_left_alone_holds_to_its_last_second_and_only_grows() {
        let (gate, clock) = (gate("", ""), clock());
        let start = clock.now();
        gate.keep_away(start.plus(Duration::from_secs(90)), Duration::from_secs(90)).await;
        gate.keep_away(start.plus(Duration::from_secs(30)), Duration::from_secs(30)).await;
        clock.advance(Duration::from_secs(89));
        assert_eq!(gate.admit(&clock).await.unwrap_err().complaint.id, "Q7603");
        clock.advance(Duration::from_secs(1));
        gate.admit(&clock).await.unwrap();
    }
}
