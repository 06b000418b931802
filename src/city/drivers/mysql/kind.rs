//! What the server's types are to us, decided once for each column of a result, and cells read by it.
//!
//! Cells come in the binary form of prepared statements and are read from their bytes: sqlx takes a date of
//! zeros for NULL, and would round what it cannot hold.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use sqlx::mysql::{MySqlRow, MySqlTypeInfo};
use sqlx::{Column, Decode, MySql, Row, Type, TypeInfo};

use super::super::super::column::Sort;
use super::super::super::cursor::Line;
use super::super::{json, number};
use crate::record::{Complaint, Value};

/// How a column's cells are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Unsigned,
    Decimal,
    Float,
    Double,
    Date,
    DateTime,
    Timestamp,
    Time,
    Year,
    Bit,
    Text,
    Bytes,
    Json,
    /// There is no value that could hold it.
    Shape,
}

/// How the naive times of a session become instants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zones {
    /// The city's: that of DATETIME, and the one in which all times are given out.
    pub city: Tz,
    /// What the session was told, which the server turns TIMESTAMP into; `None` where that is the city's zone.
    pub session: Option<FixedOffset>,
}

impl Kind {
    pub fn of(info: &MySqlTypeInfo) -> Self {
        // Texts of a binary collation are called VARBINARY or BLOB; only their character set tells.
        if <str as Type<MySql>>::compatible(info) {
            return Kind::Text;
        }
        match info.name() {
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "TINYINT UNSIGNED"
            | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED" | "BIGINT UNSIGNED" => {
                // BOOLEAN is any tinyint(1), whether it has a sign or not.
                if <u64 as Type<MySql>>::compatible(info) { Kind::Unsigned } else { Kind::Int }
            }
            "DECIMAL" => Kind::Decimal,
            "FLOAT" => Kind::Float,
            "DOUBLE" => Kind::Double,
            "DATE" => Kind::Date,
            "DATETIME" => Kind::DateTime,
            "TIMESTAMP" => Kind::Timestamp,
            "TIME" => Kind::Time,
            "YEAR" => Kind::Year,
            "BIT" => Kind::Bit,
            "ENUM" | "SET" => Kind::Text,
            "JSON" => Kind::Json,
            "GEOMETRY" => Kind::Shape,
            _ => Kind::Bytes,
        }
    }

    pub fn sort(self) -> Sort {
        match self {
            Kind::Int
            | Kind::Unsigned
            | Kind::Decimal
            | Kind::Float
            | Kind::Double
            | Kind::Year
            | Kind::Bit => Sort::Number,
            Kind::Text => Sort::Text,
            Kind::Date
            | Kind::DateTime
            | Kind::Timestamp
            | Kind::Time
            | Kind::Bytes
            | Kind::Json
            | Kind::Shape => Sort::Other,
        }
    }

    /// The type as the table's maker wrote it, as far as a result tells.
    pub fn declared(self, info: &MySqlTypeInfo) -> &str {
        match (self, info.name()) {
            (_, "BOOLEAN") => "TINYINT(1)",
            (Kind::Text, "BINARY") => "CHAR",
            (Kind::Text, "VARBINARY") => "VARCHAR",
            (Kind::Text, "TINYBLOB") => "TINYTEXT",
            (Kind::Text, "BLOB") => "TEXT",
            (Kind::Text, "MEDIUMBLOB") => "MEDIUMTEXT",
            (Kind::Text, "LONGBLOB") => "LONGTEXT",
            (_, name) => name,
        }
    }

    /// A cell from its bytes. Errors: a complaint without its column.
    fn read(self, bytes: &[u8], zones: Zones) -> Result<Value, Complaint> {
        match self {
            Kind::Int => signed(bytes).map(Value::Int).ok_or_else(|| damaged(bytes)),
            Kind::Unsigned | Kind::Year => unsigned(bytes.iter().rev()).ok_or_else(|| damaged(bytes)),
            Kind::Bit => unsigned(bytes.iter()).ok_or_else(|| damaged(bytes)),
            Kind::Decimal => {
                let text = text(bytes)?;
                exact(text).ok_or_else(|| inexact(text))
            }
            Kind::Float => {
                let float = f32::from_le_bytes(bytes.try_into().map_err(|_| damaged(bytes))?);
                number::exact(float).map(Value::Decimal).ok_or_else(|| inexact(float))
            }
            Kind::Double => {
                let float = f64::from_le_bytes(bytes.try_into().map_err(|_| damaged(bytes))?);
                number::exact(float).map(Value::Decimal).ok_or_else(|| inexact(float))
            }
            Kind::Date => {
                let moment = Moment::read(bytes).ok_or_else(|| damaged(bytes))?;
                moment.date().map(Value::Date).ok_or_else(|| moment.complaint(false))
            }
            Kind::DateTime | Kind::Timestamp => {
                let moment = Moment::read(bytes).ok_or_else(|| damaged(bytes))?;
                let naive = moment.naive().ok_or_else(|| moment.complaint(true))?;
                let session = zones.session.filter(|_| self == Kind::Timestamp);
                // Of an hour that a zone has twice, the first is meant; one that it leaps over is nobody's.
                let zoned = match session {
                    Some(offset) => offset
                        .from_local_datetime(&naive)
                        .single()
                        .map(|time| time.with_timezone(&zones.city)),
                    None => zones.city.from_local_datetime(&naive).earliest(),
                };
                zoned.map(|time| Value::DateTime(time.fixed_offset())).ok_or_else(|| moment.complaint(true))
            }
            Kind::Time => time_of_day(bytes).map(Value::text).ok_or_else(|| damaged(bytes)),
            Kind::Text => text(bytes).map(Value::text),
            Kind::Bytes => Ok(Value::Bytes(bytes.into())),
            Kind::Json => json::value(text(bytes)?),
            Kind::Shape => Err(unknown("", "GEOMETRY")),
        }
    }
}

/// The complaint of a column that cannot be read.
pub(super) fn unknown(column: &str, type_name: &str) -> Complaint {
    let cast = format!("ST_AsText(`{}`)", column.replace('`', "``"));
    Complaint::new("Q2030").column(column).fact("type", type_name).fact("cast", cast)
}

/// How each column of a row's result is read.
pub(super) fn kinds(row: &MySqlRow) -> Vec<Kind> {
    row.columns().iter().map(|column| Kind::of(column.type_info())).collect()
}

/// A row, cell by cell; those that cannot be read are NULL and have a complaint.
pub(super) fn line(row: &MySqlRow, kinds: &[Kind], columns: &[impl AsRef<str>], zones: Zones) -> Line {
    let mut line = Line { cells: Vec::with_capacity(kinds.len()), troubles: Vec::new() };
    for (index, kind) in kinds.iter().enumerate() {
        // `is_null` would call a date of zeros NULL; the bytes fail for a true NULL alone.
        let raw = row.try_get_raw(index).ok();
        let bytes = raw.and_then(|raw| <&[u8] as Decode<MySql>>::decode(raw).ok());
        let cell = bytes.map_or(Ok(Value::Null), |bytes| kind.read(bytes, zones));
        line.cells.push(cell.unwrap_or_else(|complaint| {
            line.troubles.push(complaint.column(columns.get(index).map_or("", |name| name.as_ref())));
            Value::Null
        }));
    }
    line
}

/// Little-endian, of any width, with its sign.
fn signed(bytes: &[u8]) -> Option<i64> {
    Some(match *bytes {
        [one] => i64::from(i8::from_le_bytes([one])),
        [one, two] => i64::from(i16::from_le_bytes([one, two])),
        [one, two, three, four] => i64::from(i32::from_le_bytes([one, two, three, four])),
        _ => i64::from_le_bytes(bytes.try_into().ok()?),
    })
}

/// The highest byte first; a decimal where it is too large for a whole number.
fn unsigned<'b>(bytes: impl ExactSizeIterator<Item = &'b u8>) -> Option<Value> {
    if bytes.len() > 8 {
        return None;
    }
    let number = bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(i64::try_from(number).map_or_else(|_| Value::Decimal(number.into()), Value::Int))
}

/// What the protocol does not allow.
fn damaged(bytes: &[u8]) -> Complaint {
    Complaint::new("Q2013").found(String::from_utf8_lossy(bytes))
}

fn inexact(found: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q2014").found(found)
}

/// Always UTF-8, since the server turns every character set into the session's; only damaged cells are not.
fn text(bytes: &[u8]) -> Result<&str, Complaint> {
    std::str::from_utf8(bytes).map_err(|_| damaged(bytes))
}

/// One without a fraction is whole. `None` for more digits than a decimal holds; zeros behind the last digit do not
/// count.
fn exact(text: &str) -> Option<Value> {
    let has_point = text.contains('.');
    if !has_point && let Ok(whole) = text.parse() {
        return Some(Value::Int(whole));
    }
    let short = || if has_point { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_str_exact(short())).map(Value::Decimal).ok()
}

/// A date and time as the server keeps it, which may be none that the calendar has.
#[derive(Clone, Copy, Default)]
struct Moment {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
}

impl Moment {
    /// The length stands in front; what is all zeros at the end is left out.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first()?;
        if usize::from(*length) != rest.len() {
            return None;
        }
        let mut moment = Moment::default();
        if let [low, high, month, day, ..] = *rest {
            moment = Moment { year: u16::from_le_bytes([low, high]), month, day, ..moment };
        }
        if let [hour, minute, second, ..] = *rest.get(4..).unwrap_or_default() {
            moment = Moment { hour, minute, second, ..moment };
        }
        if let Some(micros) = rest.get(7..11) {
            moment.micros = u32::from_le_bytes(micros.try_into().ok()?);
        }
        Some(moment)
    }

    /// Of the years that everybody writes with four digits.
    fn date(&self) -> Option<NaiveDate> {
        let date = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into());
        date.filter(|_| (1..=9999).contains(&self.year))
    }

    fn naive(&self) -> Option<NaiveDateTime> {
        let Moment { hour, minute, second, micros, .. } = *self;
        let time = NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micros);
        self.date().zip(time).map(|(date, time)| date.and_time(time))
    }

    /// Why there is no such moment. The server keeps any part of a date as zero, and all of them for "none".
    fn complaint(&self, with_time: bool) -> Complaint {
        let Moment { year, month, day, hour, minute, second, .. } = self;
        let is_incomplete = [usize::from(*year), usize::from(*month), usize::from(*day)].contains(&0);
        let complaint = Complaint::new(if is_incomplete { "Q2040" } else { "Q2031" });
        let date = format!("{year:04}-{month:02}-{day:02}");
        if with_time {
            complaint.found(format!("{date} {hour:02}:{minute:02}:{second:02}"))
        } else {
            complaint.found(date)
        }
    }
}

/// `-838:59:59.5` as people write it, the fraction only as far as there is one.
fn time_of_day(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first()?;
    if usize::from(*length) != rest.len() {
        return None;
    }
    let [negative, d0, d1, d2, d3, hour, minute, second, fraction @ ..] = rest else {
        return rest.is_empty().then(|| "00:00:00".to_owned());
    };
    let hours = u64::from(u32::from_le_bytes([*d0, *d1, *d2, *d3])) * 24 + u64::from(*hour);
    let sign = if *negative == 1 { "-" } else { "" };
    let text = format!("{sign}{hours:02}:{minute:02}:{second:02}");
    match <[u8; 4]>::try_from(fraction).map(u32::from_le_bytes) {
        Ok(micros) if micros > 0 => Some(format!("{text}.{micros:06}").trim_end_matches('0').to_owned()),
        _ => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: Zones = Zones { city: Tz::Asia__Shanghai, session: None };

    fn check(kind: Kind, bytes: &[u8], expect: &str) {
        let found = match kind.read(bytes, SHANGHAI) {
            Ok(value) => format!("{} {value}", value.type_name()),
            Err(complaint) => format!("{} {}", complaint.id, complaint.found),
        };
        assert_eq!(found, expect, "{kind:?} {bytes:?}");
    }

    #[test]
    fn numbers_of_every_width_keep_their_sign_and_every_digit() {
        let rows: [(Kind, &[u8], &str); 17] = [
            (Kind::Int, &[0xff], "int -1"),
            (Kind::Int, &[0, 0x80], "int -32768"),
            (Kind::Int, &[0, 0, 0x80, 0xff], "int -8388608"),
            (Kind::Int, &[0, 0, 0, 0, 0, 0, 0, 0x80], "int -9223372036854775808"),
            (Kind::Int, &[49, 50, 51], "Q2013 123"),
            (Kind::Unsigned, &[0xff], "int 255"),
            (Kind::Unsigned, &[0xff; 8], "decimal 18446744073709551615"),
            (Kind::Year, &[0xe7, 7], "int 2023"),
            (Kind::Bit, &[1, 0], "int 256"),
            (Kind::Decimal, b"-0.001", "decimal -0.001"),
            (Kind::Decimal, b"-7", "int -7"),
            (Kind::Decimal, b"79228162514264337593543950335", "decimal 79228162514264337593543950335"),
            (Kind::Decimal, b"79228162514264337593543950336", "Q2014 79228162514264337593543950336"),
            (Kind::Decimal, b"1.500000000000000000000000000000", "decimal 1.5"),
            (Kind::Decimal, b"1.00000000000000000000000000001", "Q2014 1.00000000000000000000000000001"),
            (Kind::Float, &0.1_f32.to_le_bytes(), "decimal 0.1"),
            (Kind::Double, &1e40_f64.to_le_bytes(), "Q2014 10000000000000000000000000000000000000000"),
        ];
        for (kind, bytes, expect) in rows {
            check(kind, bytes, expect);
        }
    }

    #[test]
    fn dates_that_no_calendar_has_are_refused_and_never_null() {
        let rows: [(Kind, &[u8], &str); 12] = [
            (Kind::Date, &[0], "Q2040 0000-00-00"),
            (Kind::DateTime, &[0], "Q2040 0000-00-00 00:00:00"),
            (Kind::Timestamp, &[0], "Q2040 0000-00-00 00:00:00"),
            (Kind::Date, &[4, 0xe7, 7, 0, 0], "Q2040 2023-00-00"),
            (Kind::Date, &[4, 0xe7, 7, 5, 0], "Q2040 2023-05-00"),
            (Kind::Date, &[4, 0xe7, 7, 2, 30], "Q2031 2023-02-30"),
            (Kind::Date, &[4, 0, 0, 5, 1], "Q2040 0000-05-01"),
            (Kind::DateTime, &[7, 0, 0, 0, 0, 8, 30, 0], "Q2040 0000-00-00 08:30:00"),
            (Kind::Date, &[4, 0xe7, 7, 5, 1], "date 2023-05-01"),
            (Kind::DateTime, &[4, 0xe7, 7, 5, 1], "datetime 2023-05-01T00:00:00+08:00"),
            (
                Kind::DateTime,
                &[11, 0xe7, 7, 5, 1, 8, 30, 0, 0x20, 0xa1, 7, 0],
                "datetime 2023-05-01T08:30:00.500+08:00",
            ),
            (Kind::Date, &[9, 49], "Q2013 \t1"),
        ];
        for (kind, bytes, expect) in rows {
            check(kind, bytes, expect);
        }
    }

    #[test]
    fn times_reach_beyond_a_day_and_below_zero() {
        let rows: [(&[u8], &str); 4] = [
            (&[0], "text 00:00:00"),
            (&[8, 0, 0, 0, 0, 0, 8, 30, 0], "text 08:30:00"),
            (&[8, 1, 34, 0, 0, 0, 22, 59, 59], "text -838:59:59"),
            (&[12, 0, 0, 0, 0, 0, 8, 30, 0, 0x20, 0xa1, 7, 0], "text 08:30:00.5"),
        ];
        for (bytes, expect) in rows {
            check(Kind::Time, bytes, expect);
        }
    }

    #[test]
    fn of_two_hours_the_first_is_meant_and_one_that_never_was_is_refused() {
        let zones = Zones { city: Tz::America__New_York, session: None };
        let rows: [(&[u8], _); 3] = [
            (&[7, 0xea, 7, 7, 1, 8, 0, 0], Ok("2026-07-01T08:00:00-04:00")),
            (&[7, 0xea, 7, 11, 1, 1, 30, 0], Ok("2026-11-01T01:30:00-04:00")),
            (&[7, 0xea, 7, 3, 8, 2, 30, 0], Err("2026-03-08 02:30:00")),
        ];
        for (bytes, expect) in rows {
            let found = Kind::DateTime.read(bytes, zones);
            let found = found.map(|value| value.to_string()).map_err(|complaint| complaint.found);
            assert_eq!(found.as_deref().map_err(String::as_str), expect);
        }
    }

    #[test]
    fn a_timestamp_has_the_offset_of_its_session_and_is_shown_in_the_zone() {
        let zones = Zones { city: Tz::America__New_York, session: FixedOffset::west_opt(5 * 3600) };
        let read = |kind: Kind| kind.read(&[7, 0xea, 7, 7, 1, 7, 0, 0], zones).map(|value| value.to_string());
        assert_eq!(read(Kind::Timestamp).as_deref(), Ok("2026-07-01T08:00:00-04:00"));
        assert_eq!(read(Kind::DateTime).as_deref(), Ok("2026-07-01T07:00:00-04:00"));
    }
}
