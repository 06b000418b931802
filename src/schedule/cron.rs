//! Cron texts with the meaning that Unix gives them, over the crate `cron`, which gives some of them another.

use std::fmt;
use std::str::FromStr;

use chrono::{Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::field::{DAY, HOUR, MINUTE, MONTH, SECOND, WEEKDAY};
use crate::clock::Timestamp;
use crate::record::Complaint;

/// Offsets of a zone change by at most this much at once; near a change both sides are looked at.
const SHIFT_MAX: Duration = Duration::hours(3);

/// When a route is due.
#[derive(Clone, Debug)]
pub struct Cron {
    text: String,
    /// One schedule; or two where day of month and day of week are both given, of which either decides.
    schedules: Vec<cron::Schedule>,
    /// It is due in every hour, so that an hour that comes twice counts twice.
    hourly: bool,
}

impl Cron {
    /// Reads five fields (minute, hour, day, month, weekday), or six with seconds before them, or `@daily` and
    /// its like.
    ///
    /// Shape:  weekdays are 0-7 with Sunday 0 and 7, or words. Where day and weekday are both given (neither
    ///         written with a star), either decides. In the six-field form weekdays are words only, since
    ///         programs that read six fields do not agree on their numbers.
    /// Errors: what cannot be read, with the field and its range; a date that never comes (30 February).
    /// Source: crontab(5).
    pub fn parse(text: &str) -> Result<Cron, Complaint> {
        let text = text.trim();
        let fields: Vec<&str> = match text {
            "@hourly" => vec!["0", "*", "*", "*", "*"],
            "@daily" | "@midnight" => vec!["0", "0", "*", "*", "*"],
            "@weekly" => vec!["0", "0", "*", "*", "0"],
            "@monthly" => vec!["0", "0", "1", "*", "*"],
            "@yearly" | "@annually" => vec!["0", "0", "1", "1", "*"],
            other => other.split_whitespace().collect(),
        };
        let (second, rest) = match fields.len() {
            5 => ("0", &fields[..]),
            6 => (fields[0], &fields[1..]),
            count => return Err(Complaint::new("Q9201").found(text).fact("count", count)),
        };
        let (second, minute, hour) = (SECOND.parse(second)?, MINUTE.parse(rest[0])?, HOUR.parse(rest[1])?);
        let (day, month, weekday) = (DAY.parse(rest[2])?, MONTH.parse(rest[3])?, WEEKDAY.parse(rest[4])?);
        if fields.len() == 6 && weekday.numeric {
            return Err(Complaint::new("Q9203").found(rest[4]));
        }
        let time = format!("{} {} {}", second.list(0), minute.list(0), hour.list(0));
        // The crate counts weekdays from Sunday = 1.
        let (days, months, weekdays) = (day.list(0), month.list(0), weekday.list(1));
        let texts = if day.star || weekday.star {
            vec![format!("{time} {days} {months} {weekdays}")]
        } else {
            vec![format!("{time} {days} {months} *"), format!("{time} * {months} {weekdays}")]
        };
        let schedules: Result<Vec<_>, _> = texts.iter().map(|text| cron::Schedule::from_str(text)).collect();
        let schedules =
            schedules.map_err(|_| Complaint::new("Q9201").found(text).fact("count", fields.len()))?;
        let cron = Cron { text: text.to_owned(), schedules, hourly: hour.bits == (1 << 24) - 1 };
        match cron.next_local(NaiveDateTime::default()) {
            Some(_) => Ok(cron),
            None => Err(Complaint::new("Q9204").found(text)),
        }
    }

    /// The first due time after `after`; `None` only beyond the year 2100.
    ///
    /// Shape:  where clocks go forward, a time that does not exist is due at the moment of the change. Where they
    ///         go back, a time that comes twice is due the first time, but a text for every hour is due in both.
    pub fn next(&self, after: Timestamp, zone: Tz) -> Option<Timestamp> {
        let instant = after.to_utc();
        let local = zone.from_utc_datetime(&instant.naive_utc()).naive_local();
        let offset = |at: chrono::DateTime<Utc>| {
            zone.from_utc_datetime(&at.naive_utc()).naive_local() - at.naive_utc()
        };
        let quiet = offset(instant - SHIFT_MAX) == offset(instant + SHIFT_MAX);
        // Near a change a due time may stand before `local` on the clock on the wall and still come after it.
        let mut local = if quiet { local } else { local - SHIFT_MAX };
        let mut best: Option<Timestamp> = None;
        while let Some(next) = self.next_local(local) {
            let instants = instants(next, zone, self.hourly);
            best = instants.into_iter().filter(|at| *at > after).chain(best).min();
            match best {
                Some(_) if quiet => break,
                Some(found) if next - SHIFT_MAX > wall(found, zone) => break,
                _ => local = next,
            }
        }
        best
    }

    /// The next `count` due times, for people.
    pub fn next_times(&self, after: Timestamp, zone: Tz, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(after, zone), |last| self.next(*last, zone)).take(count).collect()
    }

    /// On the clock on the wall, strictly after. Calculated in UTC, where the crate knows no changes of clocks.
    fn next_local(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let after = Utc.from_utc_datetime(&after);
        self.schedules
            .iter()
            .filter_map(|schedule| schedule.after(&after).next())
            .min()
            .map(|next| next.naive_utc())
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn wall(at: Timestamp, zone: Tz) -> NaiveDateTime {
    zone.from_utc_datetime(&at.to_utc().naive_utc()).naive_local()
}

/// When the clock on the wall shows this time.
fn instants(local: NaiveDateTime, zone: Tz, both: bool) -> Vec<Timestamp> {
    let at = |time: chrono::DateTime<Tz>| Timestamp(time.timestamp_micros());
    match zone.from_local_datetime(&local) {
        chrono::LocalResult::Single(time) => vec![at(time)],
        chrono::LocalResult::Ambiguous(first, second) if both => vec![at(first), at(second)],
        chrono::LocalResult::Ambiguous(first, _) => vec![at(first)],
        // Skipped by the clock: the moment of the change, found by halving between a time before and one after.
        chrono::LocalResult::None => {
            let (mut before, mut after) = (local - SHIFT_MAX, local + SHIFT_MAX);
            let Some(start) = zone.from_local_datetime(&before).earliest() else { return Vec::new() };
            let offset = before - start.naive_utc();
            (before, after) = (before - offset, after - offset);
            while after - before > Duration::seconds(1) {
                let middle = before + (after - before) / 2;
                if zone.from_utc_datetime(&middle).naive_local() - middle == offset {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            let second = after.and_utc().timestamp();
            vec![Timestamp(second * 1_000_000)]
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;
    use chrono_tz::Asia::Shanghai;
    use proptest::prelude::*;

    use super::*;
    use crate::record::Language;

    fn at(text: &str, zone: Tz) -> Timestamp {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
        Timestamp(zone.from_local_datetime(&local).earliest().unwrap().timestamp_micros())
    }

    fn shown(text: &str, after: Timestamp, zone: Tz, count: usize) -> Vec<String> {
        let times = Cron::parse(text).unwrap().next_times(after, zone, count);
        times
            .iter()
            .map(|time| time.to_utc().with_timezone(&zone).format("%a %m-%d %H:%M:%S%z").to_string())
            .collect()
    }

    #[test]
    fn texts_mean_what_crontab_says() {
        // After Thursday, 1 January 2026, noon.
        let rows = [
            ("0 2 * * *", "Fri 01-02 02:00:00+0800"),
            ("30 8 * * 1-5", "Fri 01-02 08:30:00+0800"),
            ("0 2 * * 1", "Mon 01-05 02:00:00+0800"),
            ("0 2 * * 0", "Sun 01-04 02:00:00+0800"),
            ("0 2 * * 7", "Sun 01-04 02:00:00+0800"),
            ("0 2 * * 5-7", "Fri 01-02 02:00:00+0800"),
            ("0 2 * * 6-7/1", "Sat 01-03 02:00:00+0800"),
            ("0 2 * * SAT-SUN", "Sat 01-03 02:00:00+0800"),
            ("0 2 * * mon,Wed", "Mon 01-05 02:00:00+0800"),
            ("*/15 * * * *", "Thu 01-01 12:15:00+0800"),
            ("7/20 * * * *", "Thu 01-01 12:07:00+0800"),
            ("0 8-18/4 * * *", "Thu 01-01 16:00:00+0800"),
            ("0 0 1 FEB *", "Sun 02-01 00:00:00+0800"),
            // Day or weekday, whichever comes first; with a star in one, both must hold.
            ("0 0 15 * MON", "Mon 01-05 00:00:00+0800"),
            ("0 0 3 * MON", "Sat 01-03 00:00:00+0800"),
            ("0 0 */2 * MON", "Mon 01-05 00:00:00+0800"),
            ("0 0 15 * ?", "Thu 01-15 00:00:00+0800"),
            ("0 0 30 2 MON", "Mon 02-02 00:00:00+0800"),
            ("0 0 29 2 *", "Tue 02-29 00:00:00+0800"),
            ("*/10 * * * * *", "Thu 01-01 12:00:10+0800"),
            ("15 30 2 * * MON", "Mon 01-05 02:30:15+0800"),
            ("@hourly", "Thu 01-01 13:00:00+0800"),
            ("@daily", "Fri 01-02 00:00:00+0800"),
            ("@weekly", "Sun 01-04 00:00:00+0800"),
            ("@monthly", "Sun 02-01 00:00:00+0800"),
            ("@yearly", "Fri 01-01 00:00:00+0800"),
        ];
        for (text, expect) in rows {
            assert_eq!(shown(text, at("2026-01-01 12:00:00", Shanghai), Shanghai, 1), [expect], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_never_comes_says_why() {
        let rows = [
            ("", "Q9201"),
            ("daily", "Q9201"),
            ("@reboot", "Q9201"),
            ("0 2 * *", "Q9201"),
            ("0 0 2 * * * 2026", "Q9201"),
            ("60 2 * * *", "Q9202"),
            ("0 24 * * *", "Q9202"),
            ("0 2 0 * *", "Q9202"),
            ("0 2 32 * *", "Q9202"),
            ("0 2 * 13 *", "Q9202"),
            ("0 2 * * 8", "Q9202"),
            ("0 2 * * 5-1", "Q9202"),
            ("0 22-2 * * *", "Q9202"),
            ("0 2 * * MON-", "Q9202"),
            ("*/0 * * * *", "Q9202"),
            ("/5 * * * *", "Q9202"),
            ("? * * * *", "Q9202"),
            ("+5 * * * *", "Q9202"),
            ("0 2 L * *", "Q9202"),
            ("０ 2 * * *", "Q9202"),
            ("0 2 99999999999 * *", "Q9202"),
            ("0 0 2 * * 1", "Q9203"),
            ("0 0 30 2 *", "Q9204"),
            ("0 0 31 4,6,9,11 *", "Q9204"),
        ];
        for (text, id) in rows {
            let complaint = Cron::parse(text).unwrap_err();
            assert_eq!(complaint.id, id, "{text}");
            for language in [Language::Chinese, Language::English] {
                assert!(!complaint.message(language).contains('{'), "{}", complaint.message(language));
            }
        }
        let complaint = Cron::parse("0 24 * * *").unwrap_err();
        assert_eq!(complaint.message(Language::Chinese), "计划时间的“时”一段写的是 24，应在 0-23 之内");
    }

    #[test]
    fn a_time_that_the_clock_skips_is_due_once_at_the_change() {
        // 8 March 2026: 02:00 EST is 03:00 EDT.
        let before = at("2026-03-07 12:00:00", New_York);
        let expect = ["Sun 03-08 03:00:00-0400", "Mon 03-09 02:30:00-0400"];
        assert_eq!(shown("30 2 * * *", before, New_York, 2), expect);
        let before = at("2026-03-08 01:30:00", New_York);
        let expect = ["Sun 03-08 03:00:00-0400", "Sun 03-08 03:30:00-0400"];
        assert_eq!(shown("*/30 * * * *", before, New_York, 2), expect);
    }

    #[test]
    fn a_time_that_comes_twice_is_due_once_unless_every_hour_is() {
        // 1 November 2026: 02:00 EDT is 01:00 EST.
        let before = at("2026-10-31 12:00:00", New_York);
        let expect = ["Sun 11-01 01:30:00-0400", "Mon 11-02 01:30:00-0500"];
        assert_eq!(shown("30 1 * * *", before, New_York, 2), expect);
        let before = at("2026-11-01 00:30:00", New_York);
        let expect = [
            "Sun 11-01 01:00:00-0400",
            "Sun 11-01 01:30:00-0400",
            "Sun 11-01 01:00:00-0500",
            "Sun 11-01 01:30:00-0500",
            "Sun 11-01 02:00:00-0500",
        ];
        assert_eq!(shown("*/30 * * * *", before, New_York, 5), expect);
        // From inside the second 01:15.
        let inside = before.plus(std::time::Duration::from_secs(105 * 60));
        assert_eq!(shown("30 1 * * *", inside, New_York, 1), ["Mon 11-02 01:30:00-0500"]);
    }

    #[test]
    fn due_times_only_ever_move_forward() {
        for text in ["*/7 * * * *", "0 1,2,3 * * *", "59 23 * * 0", "*/30 1-3 * * *"] {
            let cron = Cron::parse(text).unwrap();
            let mut last = at("2026-03-06 00:00:00", New_York);
            for _ in 0..2000 {
                let next = cron.next(last, New_York).unwrap();
                assert!(next > last, "{text}");
                last = next;
            }
        }
    }

    /// Fields that both readers know.
    fn field(min: u32, max: u32) -> impl Strategy<Value = String> {
        let one = move || (min..=max, min..=max, 1..6_u32);
        prop_oneof![
            3 => Just("*".to_owned()),
            3 => (min..=max).prop_map(|n| n.to_string()),
            1 => (1..9_u32).prop_map(|step| format!("*/{step}")),
            2 => one().prop_map(|(a, b, _)| format!("{}-{}", a.min(b), a.max(b))),
            1 => one().prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
            1 => one().prop_map(|(a, b, _)| format!("{a},{b}")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn due_times_are_those_of_another_reader(
            (minute, hour, day, month, weekday) in (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)),
            // Since 1992: before, Shanghai's clocks changed, and what then is due is our own choice.
            start in 700_000_000..2_000_000_000_i64,
        ) {
            // The two read `*/n` beside a weekday differently; ours follows crontab(5).
            prop_assume!(!day.starts_with("*/") && !weekday.starts_with("*/"));
            let text = format!("{minute} {hour} {day} {month} {weekday}");
            let other: croner::Cron = text.parse().unwrap();
            let Ok(own) = Cron::parse(&text) else {
                let none = other.find_next_occurrence(&Utc.timestamp_opt(start, 0).unwrap(), false);
                prop_assert!(none.is_err(), "{text}");
                return Ok(());
            };
            let mut last = Utc.timestamp_opt(start, 0).unwrap().with_timezone(&Shanghai);
            for _ in 0..4 {
                let expect = other.find_next_occurrence(&last, false).unwrap();
                let found = own.next(Timestamp(last.timestamp_micros()), Shanghai).unwrap();
                prop_assert_eq!(found.0, expect.timestamp_micros(), "{} after {}", text, last);
                last = expect;
            }
        }
    }
}
