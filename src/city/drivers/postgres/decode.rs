//! Cells as the server sends them, in its binary forms.
//!
//! The way to read a column is decided once, by its type, and then followed for every row.
//!
//! Source: PostgreSQL documentation, "Frontend/Backend Protocol"; the `send` function of each type.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgColumn, PgRow, PgTypeInfo, PgTypeKind};
use sqlx::{Column, Row, TypeInfo};

use super::super::super::column::Sort;
use super::super::super::cursor::Line;
use super::super::{json, number};
use crate::record::{Complaint, Value};

/// How to read the cells of a column.
pub(super) enum Decoder {
    Bool,
    Int2,
    Int4,
    Int8,
    /// An object's number in the catalogue.
    Oid,
    Numeric,
    Float4,
    Float8,
    Text,
    /// `CHAR(n)`, filled up with blanks.
    Padded,
    Bytes,
    Date,
    /// A time of day.
    Time,
    /// A time without a zone, which is that of the database.
    Local(Tz),
    /// A moment, shown in the zone of the database.
    Moment(Tz),
    Uuid,
    Json,
    Jsonb,
    List(Box<Decoder>),
    /// A type without a `Value`, by its name.
    Unknown(String),
}

/// The type's name as the server's catalogue has it; in capitals where it is one of the server's own.
pub(super) fn type_name(info: &PgTypeInfo) -> &str {
    match info.oid().map(|Oid(oid)| oid) {
        Some(142) => "XML",
        _ => info.name(),
    }
}

/// The complaint of a column that cannot be read.
pub(super) fn unknown(column: &str, type_name: &str) -> Complaint {
    let cast = format!("CAST(\"{}\" AS text)", column.replace('"', "\"\""));
    Complaint::new("Q2030").column(column).fact("type", type_name).fact("cast", cast)
}

pub(super) fn decoders(columns: &[PgColumn], zone: Tz) -> Vec<Decoder> {
    columns.iter().map(|column| Decoder::new(column.type_info(), zone)).collect()
}

/// A row; `decoders` go with its columns.
pub(super) fn line(row: &PgRow, decoders: &[Decoder], columns: &[impl AsRef<str>]) -> Line {
    let mut line = Line { cells: Vec::with_capacity(decoders.len()), troubles: Vec::new() };
    for (index, decoder) in decoders.iter().enumerate() {
        let raw = row.try_get_raw(index).ok();
        let cell = match raw.as_ref().and_then(|raw| raw.as_bytes().ok()) {
            Some(bytes) => decoder.read(bytes),
            None => Ok(Value::Null),
        };
        line.cells.push(cell.unwrap_or_else(|complaint| {
            let column = columns.get(index).map_or("", AsRef::as_ref);
            line.troubles.push(match decoder {
                Decoder::Unknown(name) => unknown(column, name),
                _ => complaint.column(column),
            });
            Value::Null
        }));
    }
    line
}

impl Decoder {
    pub fn new(info: &PgTypeInfo, zone: Tz) -> Self {
        // The numbers that `pg_type.dat` gives the server's own types for good.
        match info.oid().map_or(0, |Oid(oid)| oid) {
            16 => Decoder::Bool,
            17 => Decoder::Bytes,
            20 => Decoder::Int8,
            21 => Decoder::Int2,
            23 => Decoder::Int4,
            26 => Decoder::Oid,
            700 => Decoder::Float4,
            701 => Decoder::Float8,
            1700 => Decoder::Numeric,
            // "char", name, text, xml, unknown, varchar.
            18 | 19 | 25 | 142 | 705 | 1043 => Decoder::Text,
            1042 => Decoder::Padded,
            1082 => Decoder::Date,
            1083 => Decoder::Time,
            1114 => Decoder::Local(zone),
            1184 => Decoder::Moment(zone),
            2950 => Decoder::Uuid,
            114 => Decoder::Json,
            3802 => Decoder::Jsonb,
            // One that the catalogue has no name for has no kind either.
            _ if info.name() == "?" => Decoder::Unknown(info.name().to_owned()),
            _ => match info.kind() {
                PgTypeKind::Enum(_) => Decoder::Text,
                PgTypeKind::Domain(base) => Decoder::new(base, zone),
                PgTypeKind::Array(element) => match Decoder::new(element, zone) {
                    Decoder::Unknown(_) => Decoder::Unknown(info.name().to_owned()),
                    element => Decoder::List(Box::new(element)),
                },
                PgTypeKind::Simple if info.name().eq_ignore_ascii_case("citext") => Decoder::Text,
                PgTypeKind::Simple | PgTypeKind::Pseudo | PgTypeKind::Composite(_) | PgTypeKind::Range(_) => {
                    Decoder::Unknown(info.name().to_owned())
                }
            },
        }
    }

    pub fn sort(&self) -> Sort {
        match self {
            Decoder::Int2
            | Decoder::Int4
            | Decoder::Int8
            | Decoder::Oid
            | Decoder::Numeric
            | Decoder::Float4
            | Decoder::Float8 => Sort::Number,
            Decoder::Text | Decoder::Padded => Sort::Text,
            Decoder::Bool
            | Decoder::Bytes
            | Decoder::Date
            | Decoder::Time
            | Decoder::Local(_)
            | Decoder::Moment(_)
            | Decoder::Uuid
            | Decoder::Json
            | Decoder::Jsonb
            | Decoder::List(_)
            | Decoder::Unknown(_) => Sort::Other,
        }
    }

    /// Errors: a complaint without its column.
    fn read(&self, bytes: &[u8]) -> Result<Value, Complaint> {
        match self {
            Decoder::Bool => Ok(Value::Bool(array::<1>(bytes)? != [0])),
            Decoder::Int2 => Ok(Value::Int(i16::from_be_bytes(array(bytes)?).into())),
            Decoder::Int4 => Ok(Value::Int(i32::from_be_bytes(array(bytes)?).into())),
            Decoder::Int8 => Ok(Value::Int(i64::from_be_bytes(array(bytes)?))),
            Decoder::Oid => Ok(Value::Int(u32::from_be_bytes(array(bytes)?).into())),
            Decoder::Numeric => numeric(bytes),
            Decoder::Float4 => {
                let float = f32::from_be_bytes(array(bytes)?);
                number::exact(float).map(Value::Decimal).ok_or_else(|| inexact(float))
            }
            Decoder::Float8 => {
                let float = f64::from_be_bytes(array(bytes)?);
                number::exact(float).map(Value::Decimal).ok_or_else(|| inexact(float))
            }
            Decoder::Text => text(bytes).map(Value::text),
            Decoder::Padded => text(bytes).map(|text| Value::text(text.trim_end_matches(' '))),
            Decoder::Bytes => Ok(Value::Bytes(bytes.into())),
            Decoder::Date => date(i32::from_be_bytes(array(bytes)?)),
            Decoder::Time => Ok(Value::text(time_of_day(i64::from_be_bytes(array(bytes)?)))),
            Decoder::Local(zone) => local(i64::from_be_bytes(array(bytes)?), *zone),
            Decoder::Moment(zone) => moment(i64::from_be_bytes(array(bytes)?), *zone),
            Decoder::Uuid => Ok(Value::text(uuid(array(bytes)?))),
            Decoder::Json => json::value(text(bytes)?),
            // A version in front, and there has been only one.
            Decoder::Jsonb => json::value(text(bytes.strip_prefix(&[1]).unwrap_or(bytes))?),
            Decoder::List(element) => list(bytes, element),
            Decoder::Unknown(name) => Err(Complaint::new("Q2030").fact("type", name)),
        }
    }
}

/// What the protocol does not allow.
fn damaged(bytes: &[u8]) -> Complaint {
    Complaint::new("Q2013").found(String::from_utf8_lossy(bytes))
}

fn inexact(found: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q2014").found(found)
}

fn no_such_time(found: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q2031").found(found)
}

fn array<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], Complaint> {
    bytes.try_into().map_err(|_| damaged(bytes))
}

/// Valid UTF-8, except from a database whose encoding is `SQL_ASCII`.
fn text(bytes: &[u8]) -> Result<&str, Complaint> {
    std::str::from_utf8(bytes).map_err(|_| damaged(bytes))
}

/// Groups of four digits, the first worth 10000 to the power of `weight`. One without a fraction is whole.
fn numeric(bytes: &[u8]) -> Result<Value, Complaint> {
    const NEGATIVE: u16 = 0x4000;
    const POSITIVE: u16 = 0;
    /// Their digits fit into 128 bits; one more has more digits than a decimal.
    const GROUPS_MAX: usize = 9;
    let (head, groups) = bytes.split_first_chunk::<8>().ok_or_else(|| damaged(bytes))?;
    let field = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let (weight, sign, scale) = (field(2).cast_signed(), field(4), u32::from(field(6)));
    if sign != NEGATIVE && sign != POSITIVE {
        let name = match sign {
            0xd000 => "Infinity",
            0xf000 => "-Infinity",
            _ => "NaN",
        };
        return Err(inexact(name));
    }
    let groups: &[[u8; 2]] = groups.as_chunks().0;
    let too_long = || inexact(format!("{} digits", (groups.len() * 4).max(29)));
    if groups.len() > GROUPS_MAX {
        return Err(too_long());
    }
    let mut digits =
        groups.iter().fold(0_i128, |sum, group| sum * 10_000 + i128::from(u16::from_be_bytes(*group)));
    let last = 4 * (i32::from(weight) + 1 - groups.len() as i32);
    let mut places = last.min(0).unsigned_abs();
    for _ in 0..last.max(0) {
        digits = digits.checked_mul(10).ok_or_else(too_long)?;
    }
    // The last group is filled up with zeros.
    while places > scale && digits % 10 == 0 {
        digits /= 10;
        places -= 1;
    }
    if sign == NEGATIVE {
        digits = -digits;
    }
    if scale == 0
        && places == 0
        && let Ok(whole) = i64::try_from(digits)
    {
        return Ok(Value::Int(whole));
    }
    Decimal::try_from_i128_with_scale(digits, places).map(Value::Decimal).map_err(|_| too_long())
}

/// The years that everybody writes with four digits.
fn is_common_year(date: NaiveDate) -> bool {
    use chrono::Datelike;
    (1..=9999).contains(&date.year())
}

/// Days since the year 2000; the first and the last number stand for infinity.
fn date(days: i32) -> Result<Value, Complaint> {
    let start = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
    let distance = Days::new(days.unsigned_abs().into());
    let date = if days < 0 { start.checked_sub_days(distance) } else { start.checked_add_days(distance) };
    match date {
        Some(date) if is_common_year(date) => Ok(Value::Date(date)),
        Some(date) => Err(no_such_time(date)),
        None => Err(no_such_time(beyond(days == i32::MAX, days == i32::MIN))),
    }
}

/// What is shown of a time that no calendar of ours reaches.
fn beyond(is_last: bool, is_first: bool) -> &'static str {
    match (is_last, is_first) {
        (true, _) => "infinity",
        (_, true) => "-infinity",
        _ => "beyond the year 200000",
    }
}

/// Microseconds since the year 2000; the first and the last number stand for infinity.
fn naive(micros: i64) -> Result<NaiveDateTime, Complaint> {
    const YEAR_2000: i64 = 946_684_800_000_000;
    match micros.checked_add(YEAR_2000).and_then(DateTime::from_timestamp_micros) {
        Some(time) if is_common_year(time.date_naive()) => Ok(time.naive_utc()),
        Some(time) => Err(no_such_time(time.naive_utc())),
        None => Err(no_such_time(beyond(micros == i64::MAX, micros == i64::MIN))),
    }
}

/// Of an hour that a zone has twice, the first is meant; one that it leaps over is nobody's.
fn local(micros: i64, zone: Tz) -> Result<Value, Complaint> {
    let time = naive(micros)?;
    let zoned = zone.from_local_datetime(&time).earliest();
    zoned.map(|time| Value::DateTime(time.fixed_offset())).ok_or_else(|| no_such_time(time))
}

fn moment(micros: i64, zone: Tz) -> Result<Value, Complaint> {
    let time = naive(micros)?;
    let offset = zone.offset_from_utc_datetime(&time).fix();
    Ok(Value::DateTime(offset.from_utc_datetime(&time)))
}

/// `HH:mm:ss`, with a fraction if there is one. The day's end may be 24:00:00.
fn time_of_day(micros: i64) -> String {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        return clock;
    }
    format!("{clock}.{fraction:06}").trim_end_matches('0').to_owned()
}

fn uuid(bytes: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Dimensions, each a length and a first index, and then the elements in their order; lists within lists where there
/// are several.
fn list(bytes: &[u8], element: &Decoder) -> Result<Value, Complaint> {
    /// As the server allows.
    const DIMENSIONS_MAX: usize = 6;
    let mut rest = bytes;
    let mut number = || -> Result<i32, Complaint> {
        let (head, tail) = rest.split_first_chunk().ok_or_else(|| damaged(bytes))?;
        rest = tail;
        Ok(i32::from_be_bytes(*head))
    };
    let length = |number: i32| usize::try_from(number).map_err(|_| damaged(bytes));
    let (dimensions, _, _) = (length(number()?)?, number()?, number()?);
    if dimensions > DIMENSIONS_MAX {
        return Err(damaged(bytes));
    }
    let mut lengths = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        lengths.push(length(number()?)?);
        number()?;
    }
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (head, tail) = rest.split_first_chunk().ok_or_else(|| damaged(bytes))?;
        rest = tail;
        items.push(match i32::from_be_bytes(*head) {
            -1 => Value::Null,
            count => {
                let (item, tail) = rest.split_at_checked(length(count)?).ok_or_else(|| damaged(bytes))?;
                rest = tail;
                element.read(item)?
            }
        });
    }
    for length in lengths.into_iter().skip(1).rev() {
        let mut lists = Vec::with_capacity(items.len() / length.max(1));
        let mut inner = items.into_iter().peekable();
        while inner.peek().is_some() {
            lists.push(Value::List(inner.by_ref().take(length.max(1)).collect()));
        }
        items = lists;
    }
    Ok(Value::List(items))
}
