//! One cell: from the driver's form to a value.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use odbc_api::sys::{Date, Timestamp};
use rust_decimal::Decimal;

use super::super::number;
use super::column::{Kind, SHORT_UNITS};
use crate::record::{Complaint, Value};

/// A cell as the driver hands it over.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'r> {
    Null,
    Int(i64),
    Single(f32),
    Double(f64),
    /// UTF-16.
    Text(&'r [u16]),
    Bytes(&'r [u8]),
    Date(Date),
    Moment(Timestamp),
}

/// The value of a cell in a column of this kind; `zone` is that of times without one.
///
/// Errors: Q2013 for a text that is none, Q2014 for a number that has no exact value, Q2031 for a time that no calendar
///         has; without the column.
pub fn value(kind: Kind, raw: Raw<'_>, zone: Tz) -> Result<Value, Complaint> {
    match raw {
        Raw::Null => Ok(Value::Null),
        Raw::Int(number) => Ok(Value::Int(number)),
        Raw::Single(number) => float(number::exact(number), number),
        Raw::Double(number) => float(number::exact(number), number),
        Raw::Bytes(bytes) => Ok(Value::Bytes(bytes.into())),
        Raw::Date(Date { year, month, day: number }) => {
            let no_such_day = || no_such_time(format!("{year:04}-{month:02}-{number:02}"));
            day(year, month, number).map(Value::Date).ok_or_else(no_such_day)
        }
        Raw::Moment(time) => {
            let zoned = moment(time).and_then(|naive| zone.from_local_datetime(&naive).earliest());
            zoned.map(|time| Value::DateTime(time.fixed_offset())).ok_or_else(|| {
                let Timestamp { year, month, day, hour, minute, second, .. } = time;
                no_such_time(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
            })
        }
        Raw::Text(units) => {
            let text = String::from_utf16(units)
                .map_err(|_| Complaint::new("Q2013").found(String::from_utf16_lossy(units)))?;
            written(kind, text)
        }
    }
}

/// A cell that came as text.
fn written(kind: Kind, text: String) -> Result<Value, Complaint> {
    match kind {
        Kind::Padded => Ok(Value::text(text.trim_end_matches(' '))),
        Kind::Time if text.contains('.') => Ok(Value::text(text.trim_end_matches('0').trim_end_matches('.'))),
        Kind::Whole | Kind::Int | Kind::Bit if text.trim().parse::<i64>().is_ok() => {
            // The guard has parsed it; a whole number that is larger is a decimal.
            Ok(text.trim().parse().map_or(Value::Null, Value::Int))
        }
        Kind::Whole | Kind::Int | Kind::Bit | Kind::Decimal | Kind::Single | Kind::Double => {
            let number = exact(text.trim()).filter(|_| text.len() < SHORT_UNITS);
            number.map(Value::Decimal).ok_or_else(|| Complaint::new("Q2014").found(text))
        }
        Kind::Guid => Ok(Value::text(text.trim_matches(['{', '}']).to_ascii_lowercase())),
        Kind::Instant => {
            let time = DateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S%.f %:z");
            time.map(|time| Value::DateTime(to_micros(time))).map_err(|_| no_such_time(text))
        }
        Kind::Text | Kind::Time | Kind::Bytes | Kind::Date | Kind::Moment => Ok(Value::text(text)),
    }
}

fn float(exact: Option<Decimal>, number: impl std::fmt::Display) -> Result<Value, Complaint> {
    exact.map(Value::Decimal).ok_or_else(|| Complaint::new("Q2014").found(number))
}

fn no_such_time(found: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q2031").found(found)
}

/// `None` where digits would be lost; zeros behind the point are none.
fn exact(text: &str) -> Option<Decimal> {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(if short.is_empty() { "0" } else { short }).ok()
}

/// Within the years that everybody writes with four digits.
fn day(year: i16, month: u16, day: u16) -> Option<NaiveDate> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
}

fn moment(time: Timestamp) -> Option<NaiveDateTime> {
    let micros = time.fraction / 1_000;
    let day = day(time.year, time.month, time.day)?;
    day.and_hms_micro_opt(time.hour.into(), time.minute.into(), time.second.into(), micros)
}

fn to_micros(time: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let beyond = i64::from(time.timestamp_subsec_nanos() % 1_000);
    time - TimeDelta::nanoseconds(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: Kind, raw: Raw<'_>) -> String {
        match value(kind, raw, Tz::Asia__Shanghai) {
            Ok(value) => format!("{} {value}", value.type_name()),
            Err(complaint) => format!("{} {}", complaint.id, complaint.found),
        }
    }

    #[test]
    fn texts_become_what_their_column_holds() {
        let rows = [
            (Kind::Text, "高精度😀", "text 高精度😀"),
            (Kind::Text, "", "text "),
            (Kind::Whole, "42", "int 42"),
            (Kind::Whole, "18446744073709551615", "decimal 18446744073709551615"),
            (Kind::Decimal, "12.50", "decimal 12.5"),
            (Kind::Decimal, ".50", "decimal 0.5"),
            (Kind::Decimal, "-0.0000001", "decimal -0.0000001"),
            (Kind::Decimal, "1.5E+3", "decimal 1500"),
            (Kind::Decimal, "0.12345678901234567890123456789", "Q2014 0.12345678901234567890123456789"),
            (Kind::Decimal, "1.00000000000000000000000000000000", "decimal 1"),
            (Kind::Decimal, ".0", "decimal 0"),
            (Kind::Decimal, "100", "decimal 100"),
            (Kind::Decimal, "NaN", "Q2014 NaN"),
            (Kind::Decimal, "99999999999999999999999999999999", "Q2014 99999999999999999999999999999999"),
            (
                Kind::Guid,
                "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}",
                "text a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            (Kind::Time, "12:34:56.7000000", "text 12:34:56.7"),
            (Kind::Time, "12:30:00", "text 12:30:00"),
            (Kind::Padded, "ab   ", "text ab"),
            (
                Kind::Instant,
                "2023-05-01 12:00:00.1234567 +09:00",
                "datetime 2023-05-01T12:00:00.123456+09:00",
            ),
            (Kind::Instant, "soon", "Q2031 soon"),
        ];
        for (kind, text, expect) in rows {
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(shown(kind, Raw::Text(&units)), expect);
        }
        assert_eq!(shown(Kind::Text, Raw::Text(&[0x6210, 0xd800])), "Q2013 成\u{fffd}");
    }

    #[test]
    fn floats_become_the_decimals_that_people_wrote() {
        let rows = [
            (Raw::Single(0.1), "decimal 0.1"),
            (Raw::Double(0.1), "decimal 0.1"),
            (Raw::Double(3_075_000_000.0), "decimal 3075000000"),
            (Raw::Double(f64::INFINITY), "Q2014 inf"),
            (Raw::Double(f64::NAN), "Q2014 NaN"),
            (Raw::Double(1e40), "Q2014 10000000000000000000000000000000000000000"),
        ];
        for (raw, expect) in rows {
            assert_eq!(shown(Kind::Double, raw), expect);
        }
    }

    #[test]
    fn times_stand_in_the_zone_of_their_database() {
        let at = |year, month, day, hour, fraction| {
            Raw::Moment(Timestamp { year, month, day, hour, minute: 30, second: 0, fraction })
        };
        let rows = [
            (at(2023, 5, 1, 12, 123_456_789), "datetime 2023-05-01T12:30:00.123456+08:00"),
            // Summer time began in the night of 1986-05-04.
            (at(1986, 5, 4, 2, 0), "Q2031 1986-05-04 02:30:00"),
            (at(0, 0, 0, 0, 0), "Q2031 0000-00-00 00:30:00"),
        ];
        for (raw, expect) in rows {
            assert_eq!(shown(Kind::Moment, raw), expect);
        }
        assert_eq!(shown(Kind::Date, Raw::Date(Date { year: 2023, month: 2, day: 30 })), "Q2031 2023-02-30");
        assert_eq!(shown(Kind::Date, Raw::Date(Date { year: 2024, month: 2, day: 29 })), "date 2024-02-29");
        assert_eq!(shown(Kind::Bytes, Raw::Bytes(&[0, 255])), "bytes 00ff");
        assert_eq!(shown(Kind::Text, Raw::Null), "null ");
    }
}
