//! What applies when a due time comes at a bad moment.

use std::time::Duration;

use chrono::{NaiveTime, Timelike};
use chrono_tz::Tz;

use crate::clock::Timestamp;
use crate::record::Fingerprint;

/// How a route's due times are treated.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub overlap: Overlap,
    /// A due time that nobody was there for is still run if it is not older than this; of several, the latest.
    pub catch_up: Duration,
    /// Starts are spread over this span, so that not all cities call at 02:00:00. Never more than a tenth of the
    /// time to the next due time.
    pub jitter: Duration,
    pub quiet: Vec<Quiet>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            overlap: Overlap::Skip,
            catch_up: Duration::from_secs(6 * 3600),
            jitter: Duration::from_secs(30),
            quiet: Vec::new(),
        }
    }
}

/// What happens to a due time while the route is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// It is skipped.
    Skip,
    /// The latest of them runs as soon as the route is free.
    QueueOne,
}

/// A span of the day in which nothing is started, in the instance's zone; it may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub from: NaiveTime,
    /// Not itself quiet.
    pub to: NaiveTime,
}

impl Quiet {
    pub fn covers(&self, at: Timestamp, zone: Tz) -> bool {
        let time = at.to_utc().with_timezone(&zone).time().with_nanosecond(0).unwrap_or_default();
        if self.from <= self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

/// How long after its due time a route starts: always the same for the same route, and never before it.
pub fn jitter(route: &str, policy: &Policy, interval: Duration) -> Duration {
    let span = policy.jitter.min(interval / 10).as_millis() as u64;
    let hash = Fingerprint::of(route.as_bytes()).0;
    let dice = u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]);
    Duration::from_millis(if span == 0 { 0 } else { dice % span })
}
