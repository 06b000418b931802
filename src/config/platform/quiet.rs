//! When a province is not to be disturbed: its nightly maintenance, its weekends.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;

use super::expected_at;
use crate::clock::Timestamp;
use crate::config::Section;

/// The province's clock on the wall; its calendar day counts requests.
pub const PROVINCE_ZONE: Tz = Tz::Asia__Shanghai;

/// One `[[quiet]]` window by the province's clock. It may pass midnight; its days are those on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: NaiveTime,
    /// How long it lasts, at most a day.
    lasts: TimeDelta,
    days: Vec<Weekday>,
}

/// Windows may follow upon one another; longer than this nobody looks ahead.
const WINDOWS_FOLLOWED_MAX: usize = 32;

/// Until when nothing may be sent; `None` where something may be sent now.
pub fn quiet_until(windows: &[Quiet], now: Timestamp) -> Option<Timestamp> {
    let mut until = None;
    for _ in 0..WINDOWS_FOLLOWED_MAX {
        let at = until.unwrap_or(now);
        match windows.iter().filter_map(|window| window.ends(at)).max() {
            Some(end) => until = Some(end),
            None => break,
        }
    }
    until
}

impl Quiet {
    /// The end of the window that a point in time lies in; the end itself is not quiet.
    fn ends(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_utc().with_timezone(&PROVINCE_ZONE).date_naive();
        let begun = [today.pred_opt()?, today].into_iter().filter(|day| self.days.contains(&day.weekday()));
        let ends = begun.filter_map(|day| {
            let start = local(day, self.from)?;
            let end = start + self.lasts;
            let (start, end) = (Timestamp::from_utc(start.to_utc()), Timestamp::from_utc(end.to_utc()));
            (start <= at && at < end).then_some(end)
        });
        ends.max()
    }
}

/// Source: there has been no summer time in China since 1991; before that the earlier of two equal hours is meant.
fn local(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Tz>> {
    PROVINCE_ZONE.from_local_datetime(&day.and_time(time)).earliest()
}

pub(super) fn read(root: &Section<'_>) -> Vec<Quiet> {
    root.sections("quiet").iter().filter_map(read_one).collect()
}

fn read_one(section: &Section<'_>) -> Option<Quiet> {
    let from = section.need_text("from");
    let to = section.need_text("to");
    let days = section.texts("days");
    section.finish();
    let key = |name: &str| format!("{}.{name}", section.path());
    let from = from.and_then(|text| {
        let minutes = minutes_of(&text).filter(|minutes| *minutes < DAY_MINUTES);
        if minutes.is_none() {
            let complaint = expected_at(&key("from"), "a time of day such as \"23:30\"").found(&text.value);
            section.complain_at("from", complaint);
        }
        minutes
    });
    let to = to.and_then(|text| {
        let minutes = minutes_of(&text).filter(|minutes| Some(*minutes) != from);
        if minutes.is_none() {
            let expected = "a time of day other than `from`, up to \"24:00\"";
            section.complain_at("to", expected_at(&key("to"), expected).found(&text.value));
        }
        minutes
    });
    let days = match days {
        None => DAYS.map(|(_, day)| day).to_vec(),
        Some(texts) => {
            let mut days = Vec::new();
            for word in texts.iter().flat_map(|text| text.split([',', ' '])).filter(|word| !word.is_empty()) {
                match DAYS.iter().find(|(known, _)| *known == word) {
                    Some((_, day)) => days.push(*day),
                    None => {
                        let expected = "mon tue wed thu fri sat sun, with commas between";
                        section.complain_at("days", expected_at(&key("days"), expected).found(word));
                    }
                }
            }
            days
        }
    };
    let (from, to) = (from?, to?);
    let minutes = if to > from { to - from } else { to + DAY_MINUTES - from };
    let from = NaiveTime::from_num_seconds_from_midnight_opt(from * 60, 0)?;
    Some(Quiet { from, lasts: TimeDelta::minutes(i64::from(minutes)), days })
}

const DAY_MINUTES: u32 = 24 * 60;
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Minutes since midnight of `H:MM` or `HH:MM`, up to 24:00.
fn minutes_of(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) || hours.is_empty() || hours.len() > 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= DAY_MINUTES).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Reader;

    fn windows(text: &str) -> Vec<Quiet> {
        let reader = Reader::new("p.toml", text);
        let tree = reader.parse();
        let windows = read(&reader.root(&tree));
        assert!(reader.into_faults().is_empty(), "{text}");
        windows
    }

    fn at(written: &str) -> Timestamp {
        let time = chrono::NaiveDateTime::parse_from_str(written, "%Y-%m-%d %H:%M:%S").unwrap();
        Timestamp::from_utc(PROVINCE_ZONE.from_local_datetime(&time).unwrap().to_utc())
    }

    #[test]
    fn a_window_holds_from_its_first_second_to_its_last_on_the_days_it_begins() {
        // 2026-05-02 is a Saturday.
        let night = "[[quiet]]\nfrom = '23:30'\nto = '1:00'\ndays = 'sat,sun'";
        let noon = "[[quiet]]\nfrom = '12:00'\nto = '13:30'";
        let chain = "[[quiet]]\nfrom = '12:00'\nto = '13:00'\n[[quiet]]\nfrom = '13:00'\nto = '24:00'\ndays = ['sat']";
        let rows = [
            (night, "2026-05-02 23:29:59", None),
            (night, "2026-05-02 23:30:00", Some("2026-05-03 01:00:00")),
            (night, "2026-05-03 00:59:59", Some("2026-05-03 01:00:00")),
            (night, "2026-05-03 01:00:00", None),
            // Begun on Sunday, it goes on into Monday; Monday's own does not begin.
            (night, "2026-05-04 00:30:00", Some("2026-05-04 01:00:00")),
            (night, "2026-05-04 23:45:00", None),
            (night, "2026-05-02 00:30:00", None),
            (noon, "2026-05-06 12:15:00", Some("2026-05-06 13:30:00")),
            (noon, "2026-05-06 13:30:00", None),
            (chain, "2026-05-02 12:15:00", Some("2026-05-03 00:00:00")),
            (chain, "2026-05-03 12:15:00", Some("2026-05-03 13:00:00")),
            ("", "2026-05-02 12:15:00", None),
        ];
        for (text, now, until) in rows {
            assert_eq!(quiet_until(&windows(text), at(now)), until.map(at), "{text} at {now}");
        }
    }

    #[test]
    fn who_is_quiet_all_week_does_not_keep_us_looking_for_ever() {
        let always = windows("[[quiet]]\nfrom = '0:00'\nto = '24:00'");
        assert!(quiet_until(&always, at("2026-05-02 12:00:00")).is_some());
    }
}
