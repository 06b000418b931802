//! Lines laid down as they come, and read when they are all there.
//!
//! One connection answers one question at a time. Child rows are wanted in step with their listings and from the
//! same state of the database, so they are read first and wait here: in memory while they are few, else in a
//! temporary file that has no name and vanishes with the program.

use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::pin::pin;

use async_stream::stream;
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone};
use futures_util::stream::{Stream, StreamExt};
use rust_decimal::Decimal;
use tempfile::SpooledTempFile;

use super::super::cursor::Line;
use crate::record::Value;

/// What may wait in memory.
const MEMORY_BYTES_MAX: usize = 4 << 20;
const BUFFER_BYTES: usize = 64 << 10;

/// Lines that wait to be read.
pub(in crate::city) struct Spool {
    lines: SpooledTempFile,
    count: u64,
    /// The database's words, if it stopped before the end.
    failure: Option<String>,
}

impl Spool {
    /// All lines of a stream. A line that fails is its last, and fails again when it is read.
    ///
    /// Errors: the temporary file cannot be written.
    pub async fn fill(lines: impl Stream<Item = Result<Line, String>>) -> Result<Spool, String> {
        let mut writer = BufWriter::with_capacity(BUFFER_BYTES, tempfile::spooled_tempfile(MEMORY_BYTES_MAX));
        let (mut count, mut failure, mut bytes) = (0, None, Vec::new());
        let mut lines = pin!(lines);
        while let Some(line) = lines.next().await {
            match line {
                Ok(line) => {
                    bytes.clear();
                    write_line(&line, &mut bytes)?;
                    let length = (bytes.len() as u64).to_le_bytes();
                    writer.write_all(&length).and_then(|()| writer.write_all(&bytes)).map_err(full)?;
                    count += 1;
                }
                Err(words) => {
                    failure = Some(words);
                    break;
                }
            }
        }
        let mut lines = writer.into_inner().map_err(|error| full(error.into_error()))?;
        lines.rewind().map_err(full)?;
        Ok(Spool { lines, count, failure })
    }

    /// The lines as they were laid down.
    pub fn read(self) -> impl Stream<Item = Result<Line, String>> + Send {
        stream! {
            let Spool { lines, count, failure } = self;
            let mut reader = BufReader::with_capacity(BUFFER_BYTES, lines);
            let mut bytes = Vec::new();
            for _ in 0..count {
                let line = read_bytes(&mut reader, &mut bytes).and_then(|()| read_line(&bytes));
                let is_broken = line.is_err();
                yield line;
                if is_broken {
                    return;
                }
            }
            if let Some(words) = failure {
                yield Err(words);
            }
        }
    }
}

fn full(error: std::io::Error) -> String {
    format!("temporary file in {}: {error}", std::env::temp_dir().display())
}

fn damaged() -> String {
    full(std::io::ErrorKind::InvalidData.into())
}

fn read_bytes(reader: &mut impl Read, bytes: &mut Vec<u8>) -> Result<(), String> {
    let mut length = [0; 8];
    reader.read_exact(&mut length).map_err(full)?;
    bytes.resize(usize::try_from(u64::from_le_bytes(length)).map_err(|_| damaged())?, 0);
    reader.read_exact(bytes).map_err(full)
}

/// The cells, counted; then the troubles as JSON, which they seldom need.
fn write_line(line: &Line, bytes: &mut Vec<u8>) -> Result<(), String> {
    write_count(line.cells.len(), bytes);
    for cell in &line.cells {
        write_value(cell, bytes);
    }
    if !line.troubles.is_empty() {
        serde_json::to_writer(bytes, &line.troubles).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn read_line(bytes: &[u8]) -> Result<Line, String> {
    let mut rest = bytes;
    let count = read_count(&mut rest).ok_or_else(damaged)?;
    let cells = (0..count).map(|_| read_value(&mut rest)).collect::<Option<_>>().ok_or_else(damaged)?;
    let troubles =
        if rest.is_empty() { Vec::new() } else { serde_json::from_slice(rest).map_err(|_| damaged())? };
    Ok(Line { cells, troubles })
}

fn write_count(count: usize, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&(count as u64).to_le_bytes());
}

fn write_part(part: &[u8], bytes: &mut Vec<u8>) {
    write_count(part.len(), bytes);
    bytes.extend_from_slice(part);
}

/// A letter for the type, and the value behind it.
fn write_value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(b'n'),
        Value::Bool(false) => bytes.push(b'f'),
        Value::Bool(true) => bytes.push(b't'),
        Value::Int(number) => {
            bytes.push(b'i');
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Value::Decimal(number) => {
            bytes.push(b'd');
            bytes.extend_from_slice(&number.serialize());
        }
        Value::Text(text) => {
            bytes.push(b's');
            write_part(text.as_bytes(), bytes);
        }
        Value::Bytes(content) => {
            bytes.push(b'b');
            write_part(content, bytes);
        }
        Value::Date(date) => {
            bytes.push(b'y');
            bytes.extend_from_slice(&days(*date).to_le_bytes());
        }
        Value::DateTime(time) => {
            bytes.push(b'z');
            bytes.extend_from_slice(&time.timestamp().to_le_bytes());
            bytes.extend_from_slice(&time.timestamp_subsec_nanos().to_le_bytes());
            bytes.extend_from_slice(&time.offset().local_minus_utc().to_le_bytes());
        }
        Value::List(items) => {
            bytes.push(b'l');
            write_count(items.len(), bytes);
            items.iter().for_each(|item| write_value(item, bytes));
        }
        Value::Map(entries) => {
            bytes.push(b'm');
            write_count(entries.len(), bytes);
            for (name, value) in entries {
                write_part(name.as_bytes(), bytes);
                write_value(value, bytes);
            }
        }
    }
}

/// `None` where the bytes are not what `write_value` writes.
fn read_value(bytes: &mut &[u8]) -> Option<Value> {
    let (letter, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(match letter {
        b'n' => Value::Null,
        b'f' => Value::Bool(false),
        b't' => Value::Bool(true),
        b'i' => Value::Int(i64::from_le_bytes(take(bytes)?)),
        b'd' => Value::Decimal(Decimal::deserialize(take(bytes)?)),
        b's' => Value::text(std::str::from_utf8(read_part(bytes)?).ok()?),
        b'b' => Value::Bytes(read_part(bytes)?.into()),
        b'y' => Value::Date(day(i64::from_le_bytes(take(bytes)?))?),
        b'z' => {
            let seconds = i64::from_le_bytes(take(bytes)?);
            let nanos = u32::from_le_bytes(take(bytes)?);
            let offset = chrono::FixedOffset::east_opt(i32::from_le_bytes(take(bytes)?))?;
            Value::DateTime(offset.from_utc_datetime(&DateTime::from_timestamp(seconds, nanos)?.naive_utc()))
        }
        b'l' => Value::List((0..read_count(bytes)?).map(|_| read_value(bytes)).collect::<Option<_>>()?),
        b'm' => {
            let count = read_count(bytes)?;
            let entry = |_| {
                let name = std::str::from_utf8(read_part(bytes)?).ok()?.into();
                Some((name, read_value(bytes)?))
            };
            Value::Map((0..count).map(entry).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn read_count(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(take(bytes)?)).ok()
}

fn read_part<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = read_count(bytes)?;
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (part, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*part)
}

/// Counted from the first day that the calendar has.
fn days(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::MIN).num_days()
}

fn day(days: i64) -> Option<NaiveDate> {
    NaiveDate::MIN.checked_add_signed(TimeDelta::try_days(days)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::FixedOffset;
    use futures_util::stream;
    use proptest::prelude::*;

    use super::*;
    use crate::record::Complaint;

    fn value() -> impl Strategy<Value = Value> {
        let flat = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (any::<i64>(), 0..28_u32).prop_map(|(number, scale)| Value::Decimal(Decimal::new(number, scale))),
            any::<String>().prop_map(Value::text),
            any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())),
            (0..190_000_000_i64).prop_map(|number| day(number).map_or(Value::Null, Value::Date)),
            (-9_000_000_000_000..8_000_000_000_000_i64, 0..2_000_000_000_u32, -86_399..86_400_i32).prop_map(
                |(seconds, nanos, offset)| {
                    let offset = FixedOffset::east_opt(offset).expect("less than a day");
                    let time = DateTime::from_timestamp(seconds, nanos);
                    time.map_or(Value::Null, |time| Value::DateTime(time.with_timezone(&offset)))
                }
            ),
        ];
        flat.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::vec((any::<String>().prop_map(Arc::from), inner), 0..4)
                    .prop_map(Value::Map),
            ]
        })
    }

    fn line() -> impl Strategy<Value = Line> {
        let trouble = any::<String>().prop_map(|text| Complaint::new("Q2013").column("列").found(text));
        (prop::collection::vec(value(), 0..6), prop::collection::vec(trouble, 0..3))
            .prop_map(|(cells, troubles)| Line { cells, troubles })
    }

    /// The stream as it comes out of the spool.
    fn through(lines: &[Result<Line, String>]) -> Vec<Result<Line, String>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let spool = Spool::fill(stream::iter(lines.to_vec())).await.expect("there is room");
            spool.read().collect().await
        })
    }

    proptest! {
        #[test]
        fn lines_read_back_as_they_were_written(lines in prop::collection::vec(line(), 0..8)) {
            let lines: Vec<_> = lines.into_iter().map(Ok).collect();
            prop_assert_eq!(through(&lines), lines);
        }

        #[test]
        fn bytes_of_any_other_origin_are_refused_and_not_believed(bytes in any::<Vec<u8>>()) {
            // Only that it ends: a few bytes do happen to be a line.
            let _ = read_line(&bytes);
        }
    }

    #[test]
    fn a_stream_that_stopped_stops_again_at_the_same_place() {
        let lines = [Ok(Line::default()), Err("connection lost".to_owned()), Ok(Line::default())];
        assert_eq!(through(&lines), lines[..2]);
    }

    #[test]
    fn more_than_fits_in_memory_reads_back_too() {
        let text = "成果".repeat(1_000);
        let line = |number| Line {
            cells: vec![Value::Int(number), Value::text(text.as_str())],
            troubles: Vec::new(),
        };
        let lines: Vec<_> = (0..2_000).map(|number| Ok(line(number))).collect();
        assert!(text.len() * lines.len() > 2 * MEMORY_BYTES_MAX);
        assert!(through(&lines) == lines);
    }
}
