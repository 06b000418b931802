//! How long until a batch goes again.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

use crate::platform::Profile;

/// The wait after the `attempts`th attempt, counted from 1; `None` when they are spent and a person must look.
///
/// Shape:  first, first × factor, first × factor² … never above the cap. The dice only ever make it later, by at
///         most `jitter` of the wait, and never above the cap either. Derived from the stored count alone, so
///         that a restart continues the series.
/// Units:  whole milliseconds.
pub fn next_wait(profile: &Profile, attempts: u32, dice: [u8; 8]) -> Option<Duration> {
    let retry = &profile.platform().retry;
    if attempts >= retry.attempts_max {
        return None;
    }
    let grown =
        retry.factor.checked_pow(attempts.saturating_sub(1)).and_then(|by| retry.first.checked_mul(by));
    let nth = grown.unwrap_or(retry.cap).min(retry.cap);
    // `backoff` is the policy alone: no jitter of its own (it would apply after the cap), no end by elapsed time.
    let mut policy = ExponentialBackoff {
        current_interval: nth,
        initial_interval: retry.first,
        randomization_factor: 0.0,
        multiplier: f64::from(retry.factor),
        max_interval: retry.cap,
        max_elapsed_time: None,
        ..ExponentialBackoff::default()
    };
    let wait = policy.next_backoff().unwrap_or(retry.cap);
    let roll = u64::from_le_bytes(dice) as f64 / u64::MAX as f64;
    let later = wait.mul_f64(1.0 + retry.jitter * roll).min(retry.cap);
    Some(Duration::from_millis(u64::try_from(later.as_millis()).unwrap_or(u64::MAX)))
}
