//! Workbooks: `.xlsx` cell by cell, `.xls` sheet by sheet.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Data, Reader, SheetType, SheetVisible, Xls, Xlsx};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::cell::Cell;
use super::headings::Numbered;
use super::staging::{Out, broken};
use crate::record::Complaint;

/// A row has at most this many columns.
const COLUMNS_MAX: usize = 16_384;

/// Hands out every visible sheet.
pub fn read(path: &Path, out: &mut Out<'_>) -> Result<(), Complaint> {
    walk(path, &mut |sheet, rows| out.sheet(path, Some(sheet), rows, true))
}

type Rows<'r> = dyn Iterator<Item = Result<Numbered, Complaint>> + 'r;

/// Calls somebody with the rows of every visible sheet.
pub fn walk(
    path: &Path,
    look: &mut dyn FnMut(&str, &mut Rows<'_>) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    let file = File::open(path).map_err(|error| broken(path, None, 0, &error))?;
    let fail = |sheet: Option<&str>, row: u64, error: &dyn std::fmt::Display| broken(path, sheet, row, error);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xls")) {
        let mut book: Xls<_> = Xls::new(BufReader::new(file)).map_err(|error| fail(None, 0, &error))?;
        for sheet in visible(book.sheets_metadata()) {
            let range = book.worksheet_range(&sheet).map_err(|error| fail(Some(&sheet), 0, &error))?;
            let (above, left) = range.start().unwrap_or_default();
            let mut rows = range.rows().enumerate().map(|(index, cells)| {
                let blank = std::iter::repeat_n(Cell::Empty, left as usize);
                let cells = blank.chain(cells.iter().map(cell)).collect();
                Ok((u64::from(above) + index as u64 + 1, cells))
            });
            look(&sheet, &mut rows)?;
        }
        return Ok(());
    }
    let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(|error| fail(None, 0, &error))?;
    for sheet in visible(book.sheets_metadata()) {
        let mut cells = book.worksheet_cells_reader(&sheet).map_err(|error| fail(Some(&sheet), 0, &error))?;
        let mut last = 0;
        let next = || match cells.next_cell() {
            Ok(Some(found)) => {
                let (row, column) = found.get_position();
                last = u64::from(row) + 1;
                if column as usize >= COLUMNS_MAX {
                    return Err(fail(Some(&sheet), last, &"a cell lies beyond the last column"));
                }
                Ok(Some((last, column as usize, cell(&found.get_value().clone().into()))))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(fail(Some(&sheet), last, &error)),
        };
        look(&sheet, &mut InRows { next, ahead: None, done: false })?;
    }
    Ok(())
}

fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    let seen = sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible);
    seen.map(|sheet| sheet.name.clone()).collect()
}

/// Cells gathered to rows.
struct InRows<F> {
    next: F,
    ahead: Option<(u64, usize, Cell)>,
    done: bool,
}

impl<F: FnMut() -> Result<Option<(u64, usize, Cell)>, Complaint>> Iterator for InRows<F> {
    type Item = Result<Numbered, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut gathered: Option<Numbered> = None;
        loop {
            let found = match self.ahead.take() {
                Some(found) => Some(found),
                None if self.done => None,
                None => match (self.next)() {
                    Ok(found) => found,
                    Err(complaint) => {
                        self.done = true;
                        return Some(Err(complaint));
                    }
                },
            };
            let Some((row, column, cell)) = found else {
                self.done = true;
                return gathered.map(Ok);
            };
            match &mut gathered {
                Some((number, _)) if *number != row => {
                    self.ahead = Some((row, column, cell));
                    return gathered.map(Ok);
                }
                // Cells that are only formatted would make every row as wide as the sheet.
                _ if cell == Cell::Empty => (),
                None => {
                    let mut cells = vec![Cell::Empty; column];
                    cells.push(cell);
                    gathered = Some((row, cells));
                }
                Some((_, cells)) => {
                    if cells.len() <= column {
                        cells.resize(column + 1, Cell::Empty);
                    }
                    cells[column] = cell;
                }
            }
        }
    }
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Whole(*number),
        Data::Float(number) => Cell::number(*number),
        Data::String(text) => Cell::text(text),
        Data::Bool(flag) => Cell::Whole(i64::from(*flag)),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::text(text),
        Data::Error(error) => Cell::Refused("Q2061", error.to_string()),
        Data::DateTime(time) if time.is_duration() => duration(time.as_f64()),
        Data::DateTime(time) if (0.0..1.0).contains(&time.as_f64()) => {
            Cell::Text(clock_time(time.as_f64()).format("%H:%M:%S").to_string())
        }
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
            let date = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
            let instant = date.and_then(|date| {
                date.and_hms_milli_opt(hour.into(), minute.into(), second.into(), milli.into())
            });
            match instant {
                Some(instant) => Cell::Text(written(instant)),
                // A day that only a spreadsheet knows: 29 February 1900.
                None => Cell::Refused("Q2061", format!("{year:04}-{month:02}-{day:02}")),
            }
        }
    }
}

/// A day, with its time where it has one. Spreadsheets count in parts of a day, which fall short of a second.
fn written(instant: NaiveDateTime) -> String {
    let rounded = instant.checked_add_signed(TimeDelta::milliseconds(500)).unwrap_or(instant);
    let midnight = rounded.date().and_time(NaiveTime::MIN);
    if (rounded - midnight).num_seconds() == 0 {
        rounded.format("%Y-%m-%d").to_string()
    } else {
        rounded.format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

const DAY_S: f64 = 86_400.0;

fn clock_time(part_of_day: f64) -> NaiveTime {
    let seconds = (part_of_day * DAY_S).round().clamp(0.0, DAY_S - 1.0);
    NaiveTime::from_num_seconds_from_midnight_opt(seconds as u32, 0).unwrap_or(NaiveTime::MIN)
}

/// `36:30:00` of a cell that is shown as `[h]:mm:ss`.
fn duration(days: f64) -> Cell {
    let seconds = (days * DAY_S).round();
    if !(0.0..1e12).contains(&seconds) {
        return Cell::Refused("Q2061", days.to_string());
    }
    let seconds = seconds as u64;
    Cell::Text(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTime, ExcelDateTimeType};

    use super::*;

    #[test]
    fn cells_hold_what_was_typed() {
        let time = |value| Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false));
        let span = |value| Data::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::TimeDelta, false));
        let text = |text: &str| Cell::Text(text.into());
        let rows = [
            (Data::String("01".into()), text("01")),
            (Data::String(String::new()), Cell::Empty),
            (Data::Float(2023.0), Cell::Whole(2023)),
            (Data::Bool(true), Cell::Whole(1)),
            (time(45_107.0), text("2023-06-30")),
            (time(45_107.5), text("2023-06-30 12:00:00")),
            (time(45_107.354_166_666_66), text("2023-06-30 08:30:00")),
            (time(45_106.999_999_999), text("2023-06-30")),
            (time(0.395_833_333_333), text("09:30:00")),
            (time(60.0), Cell::Refused("Q2061", "1900-02-29".into())),
            (span(1.520_833_333_333), text("36:30:00")),
            (Data::Error(CellErrorType::NA), Cell::Refused("Q2061", "#N/A".into())),
        ];
        for (given, expect) in rows {
            assert_eq!(cell(&given), expect, "{given:?}");
        }
    }
}
