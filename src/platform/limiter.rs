//! At most so many requests a second, counted from start to start, over all lanes of a platform.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

#[derive(Debug)]
pub(super) struct Limiter {
    gap: Duration,
    /// When the next request may start, by the clock's `elapsed`.
    next: Mutex<Duration>,
}

impl Limiter {
    pub(super) fn new(requests_per_second: u32) -> Self {
        Limiter { gap: Duration::from_secs(1) / requests_per_second.max(1), next: Mutex::default() }
    }

    /// Takes the next free start and waits for it. Who comes later starts later, in the order of asking.
    pub(super) async fn wait(&self, clock: &Clock) {
        let now = clock.elapsed();
        let start = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(now);
            *next = start + self.gap;
            start
        };
        if start > now {
            clock.sleep(start - now).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[tokio::test]
    async fn requests_start_no_closer_than_the_limit_and_an_idle_hour_saves_nothing_up() {
        let clock = Clock::manual(Timestamp(1_780_000_000_000_000), 1);
        let limiter = Limiter::new(5);
        let start = clock.elapsed();
        let mut starts = Vec::new();
        for _ in 0..4 {
            limiter.wait(&clock).await;
            starts.push((clock.elapsed() - start).as_millis());
        }
        clock.advance(Duration::from_secs(3600));
        let idle = clock.elapsed();
        for _ in 0..3 {
            limiter.wait(&clock).await;
            starts.push((clock.elapsed() - idle).as_millis());
        }
        assert_eq!(starts, [0, 200, 400, 600, 0, 200, 400]);
    }
}
