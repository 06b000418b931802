//! Days and instants.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveTime, TimeDelta};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::calendar::{Moment, in_zone, is_zero_date, is_zero_day};
use super::{Call, Filter, Ready, bad_argument};
use crate::codes::{narrow, trim};
use crate::expression::operators::bounded;
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("date", date).takes("date | date('UTC')", 0..=1).prepared(zone).says(
            "日期：认 2023-05-01、2023.5.1、2023/5/1、20230501、2023年5月1日，可带时间；0000-00-00 和 1899-12-31 一类的空日期变为空值；缺日、缺月的报错，不补。文本是没写时区的 UTC 时间时写 date('UTC')。",
            "A day: 2023-05-01, 2023.5.1, 2023/5/1, 20230501, 2023年5月1日, also with a time; the likes of 0000-00-00 and 1899-12-31, which stand for no day, become null; a missing day or month is a complaint, never filled in. date('UTC') for texts of UTC times without a zone.",
            DATE_EXAMPLES,
        ),
        Filter::plain("datetime", datetime).takes("datetime | datetime('UTC')", 0..=1).prepared(zone).says(
            "时刻：日期加时间；没写时区的按数据源的时区，或按括号里的时区。",
            "An instant: a day with its time, in the source's zone where none is written, or in the zone given.",
            &[
                ("'2023-05-01 08:30:00' | datetime", "\"2023-05-01T08:30:00+08:00\""),
                ("'2023/5/1' | datetime", "\"2023-05-01T00:00:00+08:00\""),
                ("'2023-04-30 16:00:00' | datetime('UTC')", "\"2023-05-01T00:00:00+08:00\""),
                ("'2023-05-01 08:30' | datetime('北京')", "Q3005"),
            ],
        ),
        Filter::plain("excel", excel).says(
            "Excel 日期序号变日期，有小数的变时刻；同一列里写成日期的文本照 date 读。",
            "A day from an Excel serial number, an instant if it has a fraction; texts in the same column that write a day are read as by date.",
            &[
                ("45047 | excel", "\"2023-05-01\""),
                ("'45047.354166666667' | excel", "\"2023-05-01T08:30:00+08:00\""),
                ("'2023.5.1' | excel", "\"2023-05-01\""),
                ("2023 | excel", "Q3206"),
                ("0 | excel", "null"),
                ("1682899200 | excel", "Q3121"),
            ],
        ),
        Filter::plain("format", format).takes("format('%Y%m%d%H%M%S')", 1..=1).prepared(written_form).says(
            "日期或时刻写成文本，写法同 strftime：%Y 年 %m 月 %d 日 %H 时 %M 分 %S 秒 %3f 毫秒。",
            "A day or an instant as text, by strftime: %Y %m %d %H %M %S, %3f for milliseconds.",
            &[
                ("'2023-05-01 08:30:05' | datetime | format('%Y%m%d%H%M%S')", "\"20230501083005\""),
                ("'2023-05-01' | date | format('%Y年%-m月%-d日')", "\"2023年5月1日\""),
                ("'2023-05-01' | date | format('%H')", "Q3165"),
                ("'2023-05-01' | format('%Y')", "Q3102"),
                ("'2023-05-01' | date | format('%Q')", "Q3005"),
            ],
        ),
        Filter::plain("year", year).says(
            "年份（整数）；只有年份的文本也认。",
            "The year as a whole number; a text with a year only will do.",
            &[
                ("'2023年' | year", "2023"),
                ("'2021.3.12' | year", "2021"),
                ("2023 | year", "2023"),
                ("'99' | year", "Q3205"),
            ],
        ),
        Filter::plain("month", month).says(
            "年月，写作 2023-05；只有年月的文本也认。",
            "The month of a year as 2023-05; a text with year and month only will do.",
            &[
                ("'2023年5月' | month", "\"2023-05\""),
                ("'2023-05-00' | month", "\"2023-05\""),
                ("'2023' | month", "Q3206"),
            ],
        ),
        Filter::plain("unix", unix).says(
            "Unix 秒变时刻；0 变为空值。",
            "An instant from Unix seconds; 0 becomes null.",
            &[
                ("1682899200 | unix", "\"2023-05-01T08:00:00+08:00\""),
                ("0 | unix", "null"),
                ("1682899200000 | unix", "Q3209"),
            ],
        ),
        Filter::plain("unix_ms", unix_ms).says(
            "Unix 毫秒变时刻；0 变为空值。",
            "An instant from Unix milliseconds; 0 becomes null.",
            &[
                ("'1682899200500' | unix_ms", "\"2023-05-01T08:00:00.500+08:00\""),
                ("1682899200 | unix_ms", "Q3209"),
            ],
        ),
        Filter::plain("add_days", add_days).takes("add_days(n)", 1..=1).says(
            "加 n 天，可为负。",
            "n days later, or earlier if negative.",
            &[("'2023-12-31' | date | add_days(1)", "\"2024-01-01\"")],
        ),
        Filter::plain("add_years", add_years).takes("add_years(n)", 1..=1).says(
            "加 n 年，可为负；2 月 29 日遇平年取 28 日。",
            "n years later, or earlier if negative; 29 February becomes the 28th where it must.",
            &[("'2024-02-29' | date | add_years(-1)", "\"2023-02-28\"")],
        ),
    ]
}

const DATE_EXAMPLES: &[(&str, &str)] = &[
    ("'2023-05-01' | date", "\"2023-05-01\""),
    ("'2021.3.12' | date", "\"2021-03-12\""),
    ("'2021/3/12' | date", "\"2021-03-12\""),
    ("20230501 | date", "\"2023-05-01\""),
    ("'２０２３年５月１日' | date", "\"2023-05-01\""),
    ("'2023-05-01 00:00:00.0' | date", "\"2023-05-01\""),
    ("'2023-04-30T16:00:00Z' | date", "\"2023-05-01\""),
    ("'2023-04-30 16:00:00' | date", "\"2023-04-30\""),
    ("'2023-04-30 16:00:00' | date('UTC')", "\"2023-05-01\""),
    ("'2023-05-01' | date('UTC')", "\"2023-05-01\""),
    ("'1899-12-31 16:00:00' | date", "null"),
    ("'0000-00-00' | date", "null"),
    ("'2023' | date", "Q3206"),
    ("'2023年5月' | date", "Q3206"),
    ("'2023-05-00' | date", "Q3206"),
    ("'去年' | date", "Q3205"),
];

fn zone(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    if values.is_empty() {
        return Ok(Ready::Nothing);
    }
    let name = super::one_text(filter, values)?;
    name.parse().map(Ready::Zone).map_err(|_| bad_argument(filter, &name))
}

/// The moment in a text or number; `None` if none is given. Errors: Q3205.
fn moment(input: &Value, call: &Call<'_>) -> Result<Option<Moment>, Complaint> {
    let written = call.written(input)?;
    if trim(&written).is_empty() || is_zero_date(&written) {
        return Ok(None);
    }
    let moment = Moment::read(&written).ok_or_else(|| Complaint::new("Q3205").found(&written))?;
    Ok(Some(moment).filter(|moment| !moment.date().is_some_and(is_zero_day)))
}

/// The instant that a text gives: by its own offset, else in the filter's zone, else at home. A day without a time
/// begins at home. Errors: a typed instant has its zone already, and another one for it would be a mistake.
fn instant_of(input: &Value, call: &Call<'_>) -> Result<Option<Option<DateTime<FixedOffset>>>, Complaint> {
    let home = call.scope.zone;
    let zone = match call.ready {
        Ready::Zone(_) if matches!(input, Value::DateTime(_)) => return Err(call.unfit(input, "text")),
        Ready::Zone(zone) => Some(*zone),
        _ => None,
    };
    Ok(match input {
        Value::DateTime(time) => Some(Some(*time)),
        Value::Date(day) => Some(in_zone(day.and_time(NaiveTime::MIN), home)),
        other => moment(other, call)?.map(|moment| {
            let written = moment.time.and(zone).unwrap_or(home);
            moment.instant(written).map(|time| match zone {
                Some(_) => time.with_timezone(&home).fixed_offset(),
                None => time,
            })
        }),
    })
}

fn date(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::Date(day) = input {
        return Ok(if is_zero_day(day) { Value::Null } else { input });
    }
    let Some(time) = instant_of(&input, call)? else { return Ok(Value::Null) };
    // An instant in another zone: its day is the day at home.
    let day = time.map(|time| time.with_timezone(&call.scope.zone).date_naive());
    let day = day.ok_or_else(|| Complaint::new("Q3206").found(&input))?;
    Ok(if is_zero_day(day) { Value::Null } else { Value::Date(day) })
}

fn datetime(input: Value, call: &Call<'_>) -> Outcome {
    let Some(time) = instant_of(&input, call)? else { return Ok(Value::Null) };
    let time = time.ok_or_else(|| Complaint::new("Q3206").found(&input))?;
    let day = time.with_timezone(&call.scope.zone).date_naive();
    Ok(if is_zero_day(day) { Value::Null } else { Value::DateTime(time) })
}

/// Serial numbers of the days from 1927 to 2099: five digits, which no other way to write a date has.
const SERIALS: std::ops::RangeInclusive<i64> = 10_000..=73_050;
const DAY_SECONDS: i64 = 86_400;

/// Source: ECMA-376, date serials of the 1900 system: 25569 is 1970-01-01.
fn excel(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::Date(_) | Value::DateTime(_) = input {
        return Ok(input);
    }
    let written = call.written(&input)?;
    let Some(serial) = super::number::exact(&narrow(trim(&written))) else { return date(input, call) };
    if serial.is_zero() {
        return Ok(Value::Null);
    }
    let whole = serial.trunc().to_i64().filter(|whole| SERIALS.contains(whole));
    let Some(whole) = whole else {
        // 2023, 202305 and 20230501 are dates that somebody wrote as numbers.
        let looks_written = serial.is_integer() && matches!(trim(&written).len(), 4 | 6 | 8 | 14);
        let complaint = || Complaint::new("Q3121").found(&input);
        return if looks_written { date(input, call) } else { Err(complaint()) };
    };
    let day = DateTime::from_timestamp((whole - 25_569) * DAY_SECONDS, 0).map(|time| time.date_naive());
    let seconds = (serial.fract() * Decimal::from(DAY_SECONDS)).round().to_i64().unwrap_or(0);
    let complaint = || Complaint::new("Q3121").found(&input);
    let day = day.ok_or_else(complaint)?;
    if serial.is_integer() {
        return Ok(Value::Date(day));
    }
    let time = day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(seconds));
    time.and_then(|time| in_zone(time, call.scope.zone)).map(Value::DateTime).ok_or_else(complaint)
}

/// A pattern is read when the profile is, so that a mistake in it shows before the first request.
fn written_form(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    let pattern = super::one_text(filter, values)?;
    match StrftimeItems::new(&pattern).any(|item| matches!(item, Item::Error)) {
        true => Err(bad_argument(filter, &pattern)),
        false => Ok(Ready::Moment(pattern)),
    }
}

fn format(input: Value, call: &Call<'_>) -> Outcome {
    use std::fmt::Write;
    let Ready::Moment(pattern) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    let mut text = String::new();
    let written = match &input {
        Value::Date(day) => write!(text, "{}", day.format(pattern)),
        Value::DateTime(time) => write!(text, "{}", time.format(pattern)),
        other => return Err(call.unfit(other, "date, datetime")),
    };
    match written {
        Ok(()) => bounded(text),
        Err(_) => Err(Complaint::new("Q3165").found(&input).fact("pattern", pattern)),
    }
}

fn year(input: Value, call: &Call<'_>) -> Outcome {
    let year = match &input {
        Value::Date(day) => Some(day.year()),
        Value::DateTime(time) => Some(time.with_timezone(&call.scope.zone).year()),
        other => moment(other, call)?.map(|moment| moment.year),
    };
    Ok(year.map_or(Value::Null, |year| Value::Int(year.into())))
}

fn month(input: Value, call: &Call<'_>) -> Outcome {
    let (year, month) = match &input {
        Value::Date(day) => (day.year(), day.month()),
        Value::DateTime(time) => {
            let local = time.with_timezone(&call.scope.zone);
            (local.year(), local.month())
        }
        other => {
            let Some(moment) = moment(other, call)? else { return Ok(Value::Null) };
            (moment.year, moment.month.ok_or_else(|| Complaint::new("Q3206").found(other))?)
        }
    };
    Ok(Value::text(format!("{year:04}-{month:02}")))
}

/// Seconds of the years 1970 to 2286; milliseconds of a date after 1973 are beyond.
const SECONDS_MAX: i64 = 9_999_999_999;
/// The smallest number of milliseconds that is no number of seconds of a plausible date.
const MILLISECONDS_MIN: i64 = 10_000_000_000;

fn unix(input: Value, call: &Call<'_>) -> Outcome {
    let Some(seconds) = whole(&input, call)? else { return Ok(Value::Null) };
    let fits = (1..=SECONDS_MAX).contains(&seconds);
    instant(seconds.checked_mul(1000).filter(|_| fits), &input, call, "unix_ms")
}

fn unix_ms(input: Value, call: &Call<'_>) -> Outcome {
    let Some(milliseconds) = whole(&input, call)? else { return Ok(Value::Null) };
    let fits = (MILLISECONDS_MIN..=SECONDS_MAX * 1000).contains(&milliseconds);
    instant(Some(milliseconds).filter(|_| fits), &input, call, "unix")
}

/// `None` for an empty text and for 0, which is how an unset column looks.
fn whole(input: &Value, call: &Call<'_>) -> Result<Option<i64>, Complaint> {
    let number = match input {
        Value::Int(number) => *number,
        other => {
            let written = call.written(other)?;
            let digits = trim(&written);
            if digits.is_empty() {
                return Ok(None);
            }
            let other = if call.filter.name == "unix" { "unix_ms" } else { "unix" };
            digits.parse().map_err(|_| Complaint::new("Q3209").found(&written).fact("other", other))?
        }
    };
    Ok(Some(number).filter(|number| *number != 0))
}

fn instant(milliseconds: Option<i64>, input: &Value, call: &Call<'_>, other: &str) -> Outcome {
    let time = milliseconds.and_then(DateTime::from_timestamp_millis);
    let time = time.ok_or_else(|| Complaint::new("Q3209").found(input).fact("other", other))?;
    Ok(Value::DateTime(time.with_timezone(&call.scope.zone).fixed_offset()))
}

fn add_days(input: Value, call: &Call<'_>) -> Outcome {
    let days = call.whole(0)?;
    let moved = match &input {
        Value::Date(day) => {
            let count = Days::new(days.unsigned_abs());
            if days < 0 { day.checked_sub_days(count) } else { day.checked_add_days(count) }.map(Value::Date)
        }
        Value::DateTime(time) => {
            TimeDelta::try_days(days).and_then(|delta| time.checked_add_signed(delta)).map(Value::DateTime)
        }
        other => return Err(call.unfit(other, "date")),
    };
    moved.ok_or_else(|| Complaint::new("Q3105").found(&input).fact("sign", "add_days"))
}

fn add_years(input: Value, call: &Call<'_>) -> Outcome {
    let years = call.whole(0)?;
    let months = u32::try_from(years.unsigned_abs().saturating_mul(12)).ok().map(Months::new);
    let moved = match (&input, months) {
        (Value::Date(day), Some(months)) => {
            if years < 0 { day.checked_sub_months(months) } else { day.checked_add_months(months) }
                .map(Value::Date)
        }
        (Value::DateTime(time), Some(months)) => {
            if years < 0 { time.checked_sub_months(months) } else { time.checked_add_months(months) }
                .map(Value::DateTime)
        }
        (Value::Date(_) | Value::DateTime(_), None) => None,
        (other, _) => return Err(call.unfit(other, "date")),
    };
    moved.ok_or_else(|| Complaint::new("Q3105").found(&input).fact("sign", "add_years"))
}
