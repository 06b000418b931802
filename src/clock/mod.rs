//! The only place that knows the time and throws dice.
//!
//! Other rooms take a `now` or a `&Clock`. The manual clock makes whole days pass in a test, and its dice are
//! seeded, so that the same seed gives the same run.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset, TimeZone, Utc};
use chrono_tz::Tz;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub fn plus(self, duration: Duration) -> Self {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Self {
        Timestamp(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier`; zero if it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same instant as a calendar time in UTC; years far outside chrono's range become the epoch.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    pub fn from_utc(time: DateTime<Utc>) -> Self {
        Timestamp(time.timestamp_micros())
    }

    /// The same instant as people in a zone write it.
    pub fn in_zone(self, zone: Tz) -> DateTime<FixedOffset> {
        zone.from_utc_datetime(&self.to_utc().naive_utc()).fixed_offset()
    }

    /// `2026-05-01 08:30:00 +08:00`: to the second, with its zone's offset.
    pub fn show(self, zone: Tz) -> String {
        self.in_zone(zone).format("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// RFC 3339 in UTC with microseconds.
    pub fn rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Time and dice: the machine's, or a test's.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    Machine { started: Instant },
    Manual(Arc<Mutex<Manual>>),
}

struct Manual {
    now: Timestamp,
    dice: Dice,
}

enum Dice {
    /// SplitMix64.
    Seeded(u64),
    /// Every throw gives these bytes from their beginning.
    Loaded([u8; 32]),
}

impl Clock {
    /// The machine's clock and the operating system's randomness.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn machine() -> Self {
        Clock(Kind::Machine { started: Instant::now() })
    }

    /// A clock that stands still until it is moved, with dice seeded by `seed`.
    pub fn manual(now: Timestamp, seed: u64) -> Self {
        Clock(Kind::Manual(Arc::new(Mutex::new(Manual { now, dice: Dice::Seeded(seed) }))))
    }

    /// A manual clock whose every throw gives the same bytes, again and again: for requests that somebody else
    /// has computed, down to their nonce.
    pub fn loaded(now: Timestamp, dice: [u8; 32]) -> Self {
        Clock(Kind::Manual(Arc::new(Mutex::new(Manual { now, dice: Dice::Loaded(dice) }))))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Machine { .. } => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Kind::Manual(manual) => lock(manual).now,
        }
    }

    /// Time since this clock was made, on a clock that never jumps: for durations, not for dates.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Kind::Machine { started } => Instant::now().duration_since(*started),
            Kind::Manual(manual) => Duration::from_micros(lock(manual).now.0.unsigned_abs()),
        }
    }

    /// Waits; a manual clock moves forward instead and returns at once.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Kind::Machine { .. } => tokio::time::sleep(duration).await,
            Kind::Manual(_) => {
                self.advance(duration);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Moves a manual clock forward; does nothing to the machine's.
    pub fn advance(&self, duration: Duration) {
        if let Kind::Manual(manual) = &self.0 {
            let mut manual = lock(manual);
            manual.now = manual.now.plus(duration);
        }
    }

    /// `N` random bytes. The manual clock's are a function of its seed, or those it was loaded with.
    pub fn dice<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            // Without randomness there are no unguessable ids and no salts: going on would be wrong.
            Kind::Machine { .. } => {
                getrandom::fill(&mut bytes).expect("the operating system gives random bytes")
            }
            Kind::Manual(manual) => match &mut lock(manual).dice {
                Dice::Loaded(loaded) => {
                    bytes.chunks_mut(32).for_each(|chunk| chunk.copy_from_slice(&loaded[..chunk.len()]));
                }
                Dice::Seeded(state) => {
                    for chunk in bytes.chunks_mut(8) {
                        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                        let mut z = *state;
                        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                        chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
                    }
                }
            },
        }
        bytes
    }
}

fn lock(manual: &Mutex<Manual>) -> MutexGuard<'_, Manual> {
    // A test that panicked while holding the clock has failed already; the time itself is still good.
    manual.lock().unwrap_or_else(PoisonError::into_inner)
}
