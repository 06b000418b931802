//! The rows of one result: in whole sets where every cell has its bounds, else cell by cell.

use chrono_tz::Tz;
use odbc_api::buffers::{
    AnyColumnBufferSlice, BinColumnSlice, BufferDesc, ColumnarDynBuffer, NullableSlice, TextColumnSlice,
};
use odbc_api::sys::{Date, Timestamp};
use odbc_api::{Bit, Cursor, CursorRow, Error, Nullable, Pod};
use tokio::sync::mpsc::Sender;

use super::super::super::cursor::Line;
use super::cell::{Raw, value};
use super::column::{Column, Kind};
use super::reading::{BROKEN, Part, Stop, failed, hand_over};
use crate::record::{Columns, Value};

/// The driver's buffers of one set of rows.
const ROWS_MAX: usize = 1_000;
const BUFFER_BYTES_MAX: usize = 4 << 20;
/// Lines that were read cell by cell are handed over when they are so many or hold so much.
const LINES_MAX: usize = 256;
const LINES_BYTES_MAX: usize = 1 << 20;
/// A buffer that a long text has stretched beyond this is not kept.
const KEPT_UNITS_MAX: usize = 64 << 10;

/// Hands over all rows. `columns` are as the driver describes them, `names` as the question knows them.
pub fn read(
    cursor: impl Cursor,
    columns: &[Column],
    names: &Columns,
    zone: Tz,
    parts: &Sender<Part>,
) -> Result<(), Stop> {
    match columns.iter().map(Column::buffer).collect::<Option<Vec<_>>>() {
        Some(buffers) => in_sets(cursor, columns, &buffers, names, zone, parts),
        None => cell_by_cell(cursor, columns, names, zone, parts),
    }
}

/// Whole sets of rows at once, into buffers that the driver fills.
fn in_sets(
    cursor: impl Cursor,
    columns: &[Column],
    buffers: &[BufferDesc],
    names: &Columns,
    zone: Tz,
    parts: &Sender<Part>,
) -> Result<(), Stop> {
    let row_bytes: usize = buffers.iter().map(BufferDesc::bytes_per_row).sum();
    let rows = (BUFFER_BYTES_MAX / row_bytes.max(1)).clamp(1, ROWS_MAX);
    let buffer = ColumnarDynBuffer::from_descs(rows, buffers.iter().copied());
    let mut cursor = cursor.bind_buffer(buffer).map_err(failed)?;
    while let Some(set) = cursor.fetch().map_err(failed)? {
        let mut lines =
            vec![Line { cells: Vec::with_capacity(columns.len()), troubles: Vec::new() }; set.num_rows()];
        for (index, column) in columns.iter().enumerate() {
            let view = View::of(set.column(index), column)?;
            for (row, line) in lines.iter_mut().enumerate() {
                push(line, column.kind, view.raw(row), &names[index], zone);
            }
        }
        hand_over(parts, Part::Lines(lines))?;
    }
    Ok(())
}

/// One cell at a time, each as long as it is.
fn cell_by_cell(
    mut cursor: impl Cursor,
    columns: &[Column],
    names: &Columns,
    zone: Tz,
    parts: &Sender<Part>,
) -> Result<(), Stop> {
    let mut lines = Vec::new();
    let mut bytes_read = 0;
    let (mut units, mut bytes) = (Vec::new(), Vec::new());
    while let Some(mut row) = cursor.next_row().map_err(failed)? {
        let mut line = Line { cells: Vec::with_capacity(columns.len()), troubles: Vec::new() };
        for (number, (column, name)) in (1..).zip(columns.iter().zip(names.iter())) {
            let raw = raw(&mut row, number, column.kind, &mut units, &mut bytes).map_err(failed)?;
            push(&mut line, column.kind, raw, name, zone);
            bytes_read += units.len() * 2 + bytes.len();
            if units.capacity() > KEPT_UNITS_MAX {
                units = Vec::new();
            }
            if bytes.capacity() > KEPT_UNITS_MAX {
                bytes = Vec::new();
            }
        }
        lines.push(line);
        if lines.len() >= LINES_MAX || bytes_read >= LINES_BYTES_MAX {
            bytes_read = 0;
            hand_over(parts, Part::Lines(std::mem::take(&mut lines)))?;
        }
    }
    hand_over(parts, Part::Lines(lines))
}

fn push(line: &mut Line, kind: Kind, raw: Raw<'_>, name: &str, zone: Tz) {
    line.cells.push(value(kind, raw, zone).unwrap_or_else(|complaint| {
        line.troubles.push(complaint.column(name));
        Value::Null
    }));
}

/// A column of a set of rows.
enum View<'s> {
    Int(NullableSlice<'s, i64>),
    Bit(NullableSlice<'s, Bit>),
    Single(NullableSlice<'s, f32>),
    Double(NullableSlice<'s, f64>),
    Date(NullableSlice<'s, Date>),
    Moment(NullableSlice<'s, Timestamp>),
    Bytes(BinColumnSlice<'s>),
    Text(TextColumnSlice<'s, u16>),
}

impl<'s> View<'s> {
    /// Errors: a text or bytes that did not fit and would be cut.
    fn of(slice: AnyColumnBufferSlice<'s>, column: &Column) -> Result<Self, Stop> {
        let cut = || {
            Stop::Failed(format!(
                "column {} holds a value that is longer than its declared type {}; write CAST({} AS ...) to a long \
                 text type in the query",
                column.name, column.declared, column.name
            ))
        };
        let view = match column.kind {
            Kind::Int => slice.as_nullable_slice().map(View::Int),
            Kind::Bit => slice.as_nullable_slice().map(View::Bit),
            Kind::Single => slice.as_nullable_slice().map(View::Single),
            Kind::Double => slice.as_nullable_slice().map(View::Double),
            Kind::Date => slice.as_nullable_slice().map(View::Date),
            Kind::Moment => slice.as_nullable_slice().map(View::Moment),
            Kind::Bytes => slice.as_binary().map(View::Bytes),
            Kind::Whole
            | Kind::Decimal
            | Kind::Text
            | Kind::Padded
            | Kind::Time
            | Kind::Guid
            | Kind::Instant => slice.as_wide_text().map(View::Text),
        };
        let is_cut = match &view {
            Some(View::Bytes(bytes)) => bytes.has_truncated_values().is_some(),
            // A number that is cut shows by its length.
            Some(View::Text(text)) if !matches!(column.kind, Kind::Whole | Kind::Decimal) => {
                text.has_truncated_values().is_some()
            }
            _ => false,
        };
        // The buffers were made for the columns, so each has its form.
        if is_cut { Err(cut()) } else { view.ok_or_else(|| Stop::Failed(BROKEN.into())) }
    }

    fn raw(&self, row: usize) -> Raw<'s> {
        match self {
            View::Int(cells) => cells.get(row).map_or(Raw::Null, |number| Raw::Int(*number)),
            View::Bit(cells) => cells.get(row).map_or(Raw::Null, |bit| Raw::Int(i64::from(bit.0 != 0))),
            View::Single(cells) => cells.get(row).map_or(Raw::Null, |number| Raw::Single(*number)),
            View::Double(cells) => cells.get(row).map_or(Raw::Null, |number| Raw::Double(*number)),
            View::Date(cells) => cells.get(row).map_or(Raw::Null, |date| Raw::Date(*date)),
            View::Moment(cells) => cells.get(row).map_or(Raw::Null, |time| Raw::Moment(*time)),
            View::Bytes(cells) => cells.get(row).map_or(Raw::Null, Raw::Bytes),
            View::Text(cells) => cells.get(row).map_or(Raw::Null, Raw::Text),
        }
    }
}

/// A single cell, its text or bytes in the buffers given.
fn raw<'b>(
    row: &mut CursorRow<'_>,
    number: u16,
    kind: Kind,
    units: &'b mut Vec<u16>,
    bytes: &'b mut Vec<u8>,
) -> Result<Raw<'b>, Error> {
    fn fixed<T: Pod>(row: &mut CursorRow<'_>, number: u16) -> Result<Option<T>, Error> {
        let mut cell = Nullable::<T>::null();
        row.get_data(number, &mut cell)?;
        Ok(cell.into_opt())
    }
    units.clear();
    bytes.clear();
    Ok(match kind {
        Kind::Int => fixed(row, number)?.map_or(Raw::Null, Raw::Int),
        Kind::Bit => fixed::<Bit>(row, number)?.map_or(Raw::Null, |bit| Raw::Int(i64::from(bit.0 != 0))),
        Kind::Single => fixed(row, number)?.map_or(Raw::Null, Raw::Single),
        Kind::Double => fixed(row, number)?.map_or(Raw::Null, Raw::Double),
        Kind::Date => fixed(row, number)?.map_or(Raw::Null, Raw::Date),
        Kind::Moment => fixed(row, number)?.map_or(Raw::Null, Raw::Moment),
        Kind::Bytes if row.get_binary(number, bytes)? => Raw::Bytes(bytes),
        Kind::Bytes => Raw::Null,
        Kind::Whole | Kind::Decimal | Kind::Text | Kind::Padded | Kind::Time | Kind::Guid | Kind::Instant => {
            if row.get_wide_text(number, units)? {
                Raw::Text(units)
            } else {
                Raw::Null
            }
        }
    })
}
