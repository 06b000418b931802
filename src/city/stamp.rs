//! How a column writes when a row was changed: the forms that sort as they date.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::clock::Timestamp;
use crate::record::Value;

/// A form of times whose values compare as the times do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The database's own dates.
    Date,
    /// The database's own times.
    Time,
    /// Numbers that count seconds since 1970 in UTC.
    Seconds,
    /// Numbers that count milliseconds since 1970 in UTC.
    Millis,
    /// Numbers of eight digits, `20260501`, or of fourteen.
    Number(Precision),
    /// Texts, all parted by the same signs; `join` is not known while only dates have been seen.
    Text { sign: Option<char>, join: Option<char>, precision: Precision },
}

/// The coarsest that was seen: what compares with all values must not be finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Day,
    Minute,
    Second,
}

/// What one value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// NULL, 0 or an empty text: the row was never stamped.
    Unset,
    /// The form, and the time; `None` for a day that no calendar has, such as `0000-00-00`.
    Stamped(Stamp, Option<Timestamp>),
    /// Nothing that sorts as it dates.
    Unusable,
}

/// Numbers from here on count seconds: 1973, and more than any date of eight digits.
const SECONDS_MIN: i64 = 100_000_000;
/// Numbers from here on count milliseconds.
const MILLIS_MIN: i64 = 100_000_000_000;
const MILLIS_MAX: i64 = 100_000_000_000_000;

impl Stamp {
    /// What a value says of its row's time. Naive times are in `zone`.
    pub fn read(value: &Value, zone: Tz) -> Reading {
        match value {
            Value::Null => Reading::Unset,
            Value::Int(0) => Reading::Unset,
            Value::Int(number) => read_number(*number, Decimal::from(*number), zone),
            Value::Decimal(number) if number.is_zero() => Reading::Unset,
            Value::Decimal(number) => {
                number.floor().to_i64().map_or(Reading::Unusable, |whole| read_number(whole, *number, zone))
            }
            Value::Text(text) => match text.trim_end_matches(' ') {
                "" => Reading::Unset,
                text => read_text(text, zone).unwrap_or(Reading::Unusable),
            },
            Value::Date(date) => {
                Reading::Stamped(Stamp::Date, date.and_hms_opt(0, 0, 0).map(|time| instant(time, zone)))
            }
            Value::DateTime(time) => Reading::Stamped(Stamp::Time, Some(Timestamp(time.timestamp_micros()))),
            Value::Bool(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => Reading::Unusable,
        }
    }

    /// The form that holds the values of both; `None` where together they do not sort as they date.
    pub fn and(self, other: Stamp) -> Option<Stamp> {
        match (self, other) {
            (
                Stamp::Text { sign, join, precision },
                Stamp::Text { sign: other_sign, join: other_join, precision: other_precision },
            ) => {
                let joins_agree = join.is_none() || other_join.is_none() || join == other_join;
                let precision = precision.min(other_precision);
                (sign == other_sign && joins_agree).then_some(Stamp::Text {
                    sign,
                    join: join.or(other_join),
                    precision,
                })
            }
            (one, other) => (one == other).then_some(one),
        }
    }

    /// The word in the ledger: `time`, `seconds`, or a pattern such as `yyyy-MM-dd HH:mm`.
    pub fn word(self) -> String {
        match self {
            Stamp::Date => "date".to_owned(),
            Stamp::Time => "time".to_owned(),
            Stamp::Seconds => "seconds".to_owned(),
            Stamp::Millis => "millis".to_owned(),
            Stamp::Number(precision) => format!("number {}", pattern(None, None, precision)),
            Stamp::Text { sign, join, precision } => {
                // That times were seen besides the dates decides what may be met next.
                let joined = join.filter(|_| precision == Precision::Day).map(|join| format!("{join}…"));
                format!("{}{}", pattern(sign, join, precision), joined.unwrap_or_default())
            }
        }
    }

    /// The reverse of `word`.
    pub fn parse(word: &str) -> Option<Stamp> {
        let plain = [Stamp::Date, Stamp::Time, Stamp::Seconds, Stamp::Millis];
        let precisions = [Precision::Day, Precision::Minute, Precision::Second];
        let numbers = precisions.map(Stamp::Number);
        let texts = [None, Some('-'), Some('/')].into_iter().flat_map(|sign| {
            [None, Some(' '), Some('T')].into_iter().flat_map(move |join| {
                precisions.into_iter().map(move |precision| Stamp::Text { sign, join, precision })
            })
        });
        plain.into_iter().chain(numbers).chain(texts).find(|stamp| stamp.word() == word)
    }

    /// The least value of this form that stands for `from` or later, as digits or text; for the database's own
    /// types without their sign words, in `zone` or, where `zone` is none, in UTC.
    pub fn write(self, from: Timestamp, zone: Option<Tz>) -> String {
        let naive = || naive(from, zone);
        match self {
            Stamp::Seconds => from.0.div_euclid(1_000_000).to_string(),
            Stamp::Millis => from.0.div_euclid(1_000).to_string(),
            Stamp::Date => naive().format("%Y-%m-%d").to_string(),
            Stamp::Time => naive().format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
            Stamp::Number(precision) => shown(naive(), &pattern(None, None, precision)),
            Stamp::Text { sign, join, precision } => shown(naive(), &pattern(sign, join, precision)),
        }
    }
}

fn read_number(whole: i64, exact: Decimal, zone: Tz) -> Reading {
    let digits = whole.to_string();
    let calendar = match digits.len() {
        8 => read_digits(&digits, zone).map(|(precision, time)| (Stamp::Number(precision), time)),
        14 => read_digits(&digits, zone).map(|(precision, time)| (Stamp::Number(precision), time)),
        _ => None,
    };
    if let Some((stamp, Some(time))) = calendar {
        return Reading::Stamped(stamp, Some(time));
    }
    let (stamp, micros_each) = match whole {
        SECONDS_MIN..MILLIS_MIN => (Stamp::Seconds, 1_000_000),
        MILLIS_MIN..MILLIS_MAX => (Stamp::Millis, 1_000),
        _ => return Reading::Unusable,
    };
    let micros = exact.checked_mul(Decimal::from(micros_each)).and_then(|micros| micros.floor().to_i64());
    micros.map_or(Reading::Unusable, |micros| Reading::Stamped(stamp, Some(Timestamp(micros))))
}

/// `yyyyMMdd`, `yyyyMMddHHmm` or `yyyyMMddHHmmss`.
fn read_digits(text: &str, zone: Tz) -> Option<(Precision, Option<Timestamp>)> {
    let precision = match text.len() {
        8 => Precision::Day,
        12 => Precision::Minute,
        14 => Precision::Second,
        _ => return None,
    };
    let part = |from: usize, to: usize| digits(text.get(from..to)?);
    let time = if precision == Precision::Day { Some((0, 0)) } else { part(8, 10).zip(part(10, 12)) };
    let second = if precision == Precision::Second { part(12, 14)? } else { 0 };
    let ((hour, minute), date) = (time?, (part(0, 4)?, part(4, 6)?, part(6, 8)?));
    Some((precision, calendar(date, (hour, minute, second, 0), zone)))
}

/// `None` for a text of another shape.
fn read_text(text: &str, zone: Tz) -> Option<Reading> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (precision, time) = read_digits(text, zone)?;
        return Some(Reading::Stamped(Stamp::Text { sign: None, join: None, precision }, time));
    }
    let part = |from: usize, to: usize| digits(text.get(from..to)?);
    let sign_at = |at: usize| text.as_bytes().get(at).copied().map(char::from);
    let sign = sign_at(4).filter(|sign| ['-', '/'].contains(sign) && sign_at(7) == Some(*sign))?;
    let date = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    if text.len() == 10 {
        let stamp = Stamp::Text { sign: Some(sign), join: None, precision: Precision::Day };
        return Some(Reading::Stamped(stamp, calendar(date, (0, 0, 0, 0), zone)));
    }
    let join = sign_at(10).filter(|join| [' ', 'T'].contains(join))?;
    let (hour, minute) = (part(11, 13)?, part(14, 16).filter(|_| sign_at(13) == Some(':'))?);
    let (precision, second, micro) = match text.len() {
        16 => (Precision::Minute, 0, 0),
        length if length >= 19 && sign_at(16) == Some(':') => {
            let fraction = text.get(19..)?;
            let micro = match fraction.strip_prefix('.') {
                Some(tail) if (1..=9).contains(&tail.len()) && digits(tail).is_some() => {
                    format!("{tail:0<6}").get(..6).and_then(digits)?
                }
                None if fraction.is_empty() => 0,
                _ => return None,
            };
            (Precision::Second, part(17, 19)?, micro)
        }
        _ => return None,
    };
    let stamp = Stamp::Text { sign: Some(sign), join: Some(join), precision };
    Some(Reading::Stamped(stamp, calendar(date, (hour, minute, second, micro), zone)))
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `None` for a day or a time that does not exist.
fn calendar(
    (year, month, day): (u32, u32, u32),
    (hour, minute, second, micro): (u32, u32, u32, u32),
    zone: Tz,
) -> Option<Timestamp> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    date.and_hms_micro_opt(hour, minute, second, micro).map(|time| instant(time, zone))
}

/// The first instant at which the zone's clocks showed a time; one that they leapt over counts as after the leap.
fn instant(time: NaiveDateTime, zone: Tz) -> Timestamp {
    let utc = match zone.from_local_datetime(&time) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.with_timezone(&Utc),
        LocalResult::None => {
            let before = zone.offset_from_utc_datetime(&(time - Duration::days(1)));
            DateTime::from_naive_utc_and_offset(time - before.fix(), Utc)
        }
    };
    Timestamp::from_utc(utc)
}

/// The least that the zone's clocks show at an instant or later. When they are set back, they show some times twice:
/// a row of the second hour must not count as older than one of the first.
fn naive(from: Timestamp, zone: Option<Tz>) -> NaiveDateTime {
    /// No zone sets its clocks back by more.
    const SET_BACK_HOURS_MAX: i64 = 3;
    let utc = from.to_utc().naive_utc();
    let Some(zone) = zone else { return utc };
    let shown = (0..=SET_BACK_HOURS_MAX).map(|hours| {
        let offset = zone.offset_from_utc_datetime(&(utc + Duration::hours(hours)));
        utc + offset.fix()
    });
    shown.min().unwrap_or(utc)
}

fn pattern(sign: Option<char>, join: Option<char>, precision: Precision) -> String {
    let (date, parted) = match sign {
        Some(sign) => (format!("yyyy{sign}MM{sign}dd"), true),
        None => ("yyyyMMdd".to_owned(), false),
    };
    let join = join.map(String::from).unwrap_or_default();
    match (precision, parted) {
        (Precision::Day, _) => date,
        (Precision::Minute, true) => format!("{date}{join}HH:mm"),
        (Precision::Minute, false) => format!("{date}HHmm"),
        (Precision::Second, true) => format!("{date}{join}HH:mm:ss"),
        (Precision::Second, false) => format!("{date}HHmmss"),
    }
}

/// A time in the words of a pattern.
fn shown(time: NaiveDateTime, pattern: &str) -> String {
    let marks = [("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")];
    let format =
        marks.into_iter().fold(pattern.to_owned(), |format, (mark, code)| format.replace(mark, code));
    time.format(&format).to_string()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz::{America__New_York, Asia__Shanghai, UTC};

    use super::*;

    /// 2026-05-01 08:30:00 in Shanghai.
    const MORNING: Timestamp = Timestamp(1_777_595_400_000_000);

    #[test]
    fn values_tell_their_form_and_their_time() {
        let rows: &[(Value, &str, &str)] = &[
            (Value::Null, "unset", ""),
            (Value::Int(0), "unset", ""),
            (Value::text("  "), "unset", ""),
            (Value::Int(1_777_595_400), "seconds", "2026-05-01 08:30:00 +08:00"),
            (Value::Int(1_777_595_400_000), "millis", "2026-05-01 08:30:00 +08:00"),
            (
                Value::Decimal("1777595400.50".parse().expect("a number")),
                "seconds",
                "2026-05-01 08:30:00 +08:00",
            ),
            (Value::Int(20_260_501), "number yyyyMMdd", "2026-05-01 00:00:00 +08:00"),
            (Value::Int(20_260_501_083_000), "number yyyyMMddHHmmss", "2026-05-01 08:30:00 +08:00"),
            (Value::text("2026-05-01"), "yyyy-MM-dd", "2026-05-01 00:00:00 +08:00"),
            (Value::text("2026-05-01 08:30"), "yyyy-MM-dd HH:mm", "2026-05-01 08:30:00 +08:00"),
            (Value::text("2026-05-01 08:30:00"), "yyyy-MM-dd HH:mm:ss", "2026-05-01 08:30:00 +08:00"),
            (
                Value::text("2026-05-01 08:30:00.123456789"),
                "yyyy-MM-dd HH:mm:ss",
                "2026-05-01 08:30:00 +08:00",
            ),
            (Value::text("2026-05-01T08:30:00 "), "yyyy-MM-ddTHH:mm:ss", "2026-05-01 08:30:00 +08:00"),
            (Value::text("2026/05/01 08:30:00"), "yyyy/MM/dd HH:mm:ss", "2026-05-01 08:30:00 +08:00"),
            (Value::text("20260501"), "yyyyMMdd", "2026-05-01 00:00:00 +08:00"),
            (Value::text("20260501083000"), "yyyyMMddHHmmss", "2026-05-01 08:30:00 +08:00"),
            (Value::text("0000-00-00 00:00:00"), "yyyy-MM-dd HH:mm:ss", "-"),
            (Value::Date(NaiveDate::MAX), "date", "+262142-12-31 00:00:00 +08:00"),
            (Value::DateTime(MORNING.to_utc().fixed_offset()), "time", "2026-05-01 08:30:00 +08:00"),
            (Value::text("2026.5.1"), "unusable", ""),
            (Value::text("2026-5-1"), "unusable", ""),
            (Value::text("2026年5月"), "unusable", ""),
            (Value::text("2026-05-01 8:30"), "unusable", ""),
            (Value::text("2026-05-01 08:30:00Z"), "unusable", ""),
            (Value::text("2026-05-01 08:30:00."), "unusable", ""),
            (Value::text("2026-05/01"), "unusable", ""),
            (Value::text("昨天 2026-05-01"), "unusable", ""),
            (Value::text("202605"), "unusable", ""),
            (Value::Int(7), "unusable", ""),
            (Value::Int(-1_777_595_400), "unusable", ""),
            (Value::Int(i64::MAX), "unusable", ""),
            (Value::Decimal(Decimal::MAX), "unusable", ""),
            (Value::Bool(true), "unusable", ""),
        ];
        for (value, form, time) in rows {
            let (found, shown) = match Stamp::read(value, Asia__Shanghai) {
                Reading::Unset => ("unset".to_owned(), String::new()),
                Reading::Unusable => ("unusable".to_owned(), String::new()),
                Reading::Stamped(stamp, time) => {
                    (stamp.word(), time.map_or("-".to_owned(), |time| time.show(Asia__Shanghai)))
                }
            };
            assert_eq!((found.as_str(), shown.as_str()), (*form, *time), "{value:?}");
        }
    }

    #[test]
    fn forms_join_only_where_they_sort_together() {
        let stamp = |text: &str| match Stamp::read(&Value::text(text), UTC) {
            Reading::Stamped(stamp, _) => stamp,
            other => panic!("{text}: {other:?}"),
        };
        let rows = [
            ("2026-05-01", "2026-05-01 08:30:00", Some("yyyy-MM-dd …")),
            ("2026-05-01T08:30", "2026-05-01T08:30:00.5", Some("yyyy-MM-ddTHH:mm")),
            ("2026-05-01 08:30", "2026-05-01T08:30", None),
            ("2026-05-01", "2026/05/01", None),
            ("2026-05-01", "20260501", None),
            ("20260501", "20260501083000", Some("yyyyMMdd")),
        ];
        for (one, other, expect) in rows {
            for (one, other) in [(one, other), (other, one)] {
                assert_eq!(stamp(one).and(stamp(other)).map(Stamp::word).as_deref(), expect, "{one} {other}");
            }
        }
        let dates = stamp("2026-05-01").and(stamp("2026-05-01T08:30"));
        assert_eq!(dates.and_then(|dates| dates.and(stamp("2026-05-01 08:30"))), None);
        assert_eq!(Stamp::Seconds.and(Stamp::Millis), None);
        assert_eq!(Stamp::Number(Precision::Day).and(Stamp::Number(Precision::Second)), None);
        for word in [
            "date",
            "time",
            "seconds",
            "millis",
            "number yyyyMMdd",
            "yyyy-MM-dd",
            "yyyy-MM-dd …",
            "yyyy/MM/ddTHH:mm",
        ] {
            assert_eq!(Stamp::parse(word).map(Stamp::word).as_deref(), Some(word));
        }
        assert_eq!(Stamp::parse("dd.MM.yyyy"), None);
    }

    #[test]
    fn what_is_written_is_never_later_than_what_it_stands_for() {
        let from = Timestamp(MORNING.0 + 59_123_456);
        let text = |sign, join, precision| Stamp::Text { sign, join, precision };
        let rows = [
            (Stamp::Date, "2026-05-01"),
            (Stamp::Time, "2026-05-01 08:30:59.123456"),
            (Stamp::Seconds, "1777595459"),
            (Stamp::Millis, "1777595459123"),
            (Stamp::Number(Precision::Day), "20260501"),
            (Stamp::Number(Precision::Second), "20260501083059"),
            (text(Some('-'), Some(' '), Precision::Day), "2026-05-01"),
            (text(Some('-'), Some('T'), Precision::Minute), "2026-05-01T08:30"),
            (text(Some('/'), Some(' '), Precision::Second), "2026/05/01 08:30:59"),
            (text(None, None, Precision::Second), "20260501083059"),
        ];
        for (stamp, expect) in rows {
            assert_eq!(stamp.write(from, Some(Asia__Shanghai)), expect, "{stamp:?}");
        }
        assert_eq!(Stamp::Time.write(from, None), "2026-05-01 00:30:59.123456");
    }

    #[test]
    fn clocks_that_are_set_back_lose_no_row() {
        // In New York the hour from 01:00 was there twice on 2026-11-01.
        let zone = America__New_York;
        let first = instant("2026-11-01T01:40:00".parse().expect("a time"), zone);
        assert_eq!(first.rfc3339(), "2026-11-01T05:40:00.000000Z");
        assert_eq!(Stamp::Time.write(first, Some(zone)), "2026-11-01 00:40:00.000000");
        let leapt = instant("2026-03-08T02:30:00".parse().expect("a time"), zone);
        assert_eq!(leapt.rfc3339(), "2026-03-08T07:30:00.000000Z");
        assert_eq!(Stamp::Seconds.write(Timestamp(-1), None), "-1");
    }
}
