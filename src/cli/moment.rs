//! Points in time as people type them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use super::arguments::duration;
use crate::clock::Timestamp;

/// A date, a date with a time, RFC 3339, or how long ago (`7d`); `None` for anything else.
///
/// Shape: what names no zone is in `zone`; a date alone is its first moment.
pub fn moment(text: &str, zone: Tz, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let timed = || forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    if let Some(naive) = date.or_else(timed) {
        // Where a clock change skips or repeats the hour, the earlier reading takes in more.
        return zone.from_local_datetime(&naive).earliest().map(|time| Timestamp::from_utc(time.to_utc()));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Timestamp::from_utc(time.to_utc()));
    }
    // A bare number is rather a slip than seconds ago.
    let has_unit = text.bytes().any(|byte| !byte.is_ascii_digit());
    duration(text).ok().filter(|_| has_unit).map(|ago| now.minus(ago))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_zone_of_the_instance() {
        let now = Timestamp(1_777_000_000_000_000);
        for (given, expect) in [
            ("2026-05-01", Some("2026-04-30T16:00:00.000000Z")),
            ("2026-05-01T08:30", Some("2026-05-01T00:30:00.000000Z")),
            ("2026-05-01 08:30:05", Some("2026-05-01T00:30:05.000000Z")),
            ("2026-05-01T08:30:00Z", Some("2026-05-01T08:30:00.000000Z")),
            ("1d", Some("2026-04-23T03:06:40.000000Z")),
            ("2026", None),
            ("2026-02-30", None),
            ("gestern", None),
            ("", None),
        ] {
            let found = moment(given, Tz::Asia__Shanghai, now).map(Timestamp::rfc3339);
            assert_eq!(found.as_deref(), expect, "{given}");
        }
    }
}
