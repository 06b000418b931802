//! The time that a vanished row has to come back.

use std::time::Duration;

use crate::clock::Timestamp;

/// Until when a vanished row may come back before its absence leads to anything; `None` when that time is over.
///
/// Shape: `absent_since` is when a complete scan first missed it; `None` where this one is the first.
pub fn grace_ends(absent_since: Option<Timestamp>, grace: Duration, now: Timestamp) -> Option<Timestamp> {
    let until = absent_since.unwrap_or(now).plus(grace);
    (now < until).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grace_counts_from_the_first_complete_scan_that_missed_the_row() {
        let hours = |hours: u64| Timestamp::default().plus(Duration::from_secs(hours * 3600));
        let rows = [
            (None, 0, 5, None),
            (Some(1), 0, 5, None),
            (None, 48, 5, Some(53)),
            (Some(5), 48, 30, Some(53)),
            (Some(5), 48, 52, Some(53)),
            (Some(5), 48, 53, None),
        ];
        for (since, grace, now, expect) in rows {
            let found = grace_ends(since.map(hours), Duration::from_secs(grace * 3600), hours(now));
            assert_eq!(found, expect.map(hours), "{since:?} {grace} {now}");
        }
    }
}
