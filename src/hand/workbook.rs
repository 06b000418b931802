//! Tables as a workbook: one of our own, or the province's form with our rows in it.
//!
//! Every cell is written as a text and formatted as one. A value that begins with `=` or `+` therefore arrives as it
//! is, neither changed nor ever a formula, also when somebody edits the cell.

use std::io::Cursor;

use chrono::{Datelike, Timelike};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use umya_spreadsheet::{Worksheet, reader, writer};

use super::table::Table;
use crate::clock::Timestamp;
use crate::record::Complaint;

/// The most that a cell holds, in UTF-16 units. Source: Excel specifications and limits.
const CELL_MAX: usize = 32_767;
/// The sheet of a layout that names none.
const SHEET: &str = "报送";

/// A workbook of our own. Errors: Q7802 a text that no cell holds, Q7815 what no sheet can be called.
pub(super) fn make(tables: &[Table], now: Timestamp) -> Result<Vec<u8>, Complaint> {
    check_lengths(tables)?;
    write(tables, now)
        .map_err(|error| Complaint::new("Q7815").fact("place", "workbook").fact("reason", error))
}

fn write(tables: &[Table], now: Timestamp) -> Result<Vec<u8>, XlsxError> {
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_num_format("@").set_bold().set_text_wrap();
    let mut book = Workbook::new();
    // The library would ask the machine's clock.
    let at = now.to_utc();
    let made = ExcelDateTime::from_ymd(at.year().clamp(1900, 9999) as u16, at.month() as u8, at.day() as u8)?
        .and_hms(at.hour() as u16, at.minute() as u8, f64::from(at.second()))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for table in tables {
        let sheet = book.add_worksheet().set_name(table.name.as_deref().unwrap_or(SHEET))?;
        let top = table.heading_row - 1;
        sheet.set_freeze_panes(top + 1, 0)?;
        for (column, place) in table.columns.iter().zip(0_u16..) {
            sheet.set_column_format(place, &text)?;
            sheet.set_column_width(place, width(&column.heading))?;
            sheet.write_string_with_format(top, place, &column.heading, &head)?;
        }
        for (line, below) in table.rows.iter().zip(top + 1..) {
            for (cell, place) in line.cells.iter().zip(0_u16..) {
                if let Some(cell) = cell {
                    sheet.write_string_with_format(below, place, cell, &text)?;
                }
            }
        }
    }
    book.save_to_buffer()
}

fn width(heading: &str) -> f64 {
    // A Chinese character is as wide as two digits.
    (heading.chars().take(14).count() * 2 + 2).clamp(10, 30) as f64
}

/// The province's form with our rows below its headings. Examples that it holds there are taken out.
///
/// Errors: Q7802; Q7804 a workbook that cannot be taken apart; Q7805 a heading that it does not have.
pub(super) fn fill(template: &[u8], file: &str, tables: &[Table]) -> Result<Vec<u8>, Complaint> {
    check_lengths(tables)?;
    let broken =
        |error: &dyn std::fmt::Display| Complaint::new("Q7804").fact("file", file).fact("reason", error);
    let mut book = reader::xlsx::read_reader(Cursor::new(template), true).map_err(|error| broken(&error))?;
    for table in tables {
        let sheet = match &table.name {
            Some(name) => book.sheet_by_name_mut(name),
            None => book.sheet_mut(0),
        };
        let sheet = sheet.map_err(|_| missing(file, table, table.name.as_deref().unwrap_or("1")))?;
        fill_sheet(sheet, file, table)?;
    }
    let mut bytes = Vec::new();
    writer::xlsx::write_writer(&book, &mut bytes).map_err(|error| broken(&error))?;
    Ok(bytes)
}

/// Whether a form has what the layout asks of it. Errors: as `fill`.
pub(super) fn check_form(template: &[u8], file: &str, tables: &[Table]) -> Result<(), Complaint> {
    fill(template, file, tables).map(|_| ())
}

fn fill_sheet(sheet: &mut Worksheet, file: &str, table: &Table) -> Result<(), Complaint> {
    let (wide, high) = (sheet.highest_column(), sheet.highest_row());
    let mut places = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let is_it = |place: &u32| {
            let found = sheet.cell((*place, table.heading_row)).map(|cell| cell.value());
            found.is_some_and(|text| plain(&text) == plain(&column.heading))
        };
        let place = (1..=wide).find(is_it).ok_or_else(|| missing(file, table, &column.heading))?;
        places.push(place);
    }
    for row in table.heading_row + 1..=high {
        for place in &places {
            if sheet.cell((*place, row)).is_some() {
                sheet.cell_mut((*place, row)).set_blank();
            }
        }
    }
    for (line, row) in table.rows.iter().zip(table.heading_row + 1..) {
        for (cell, place) in line.cells.iter().zip(&places) {
            if let Some(text) = cell {
                let cell = sheet.cell_mut((*place, row));
                cell.set_value_string(text);
                cell.style_mut().numbering_format_mut().set_format_code("@");
            }
        }
    }
    Ok(())
}

fn missing(file: &str, table: &Table, heading: &str) -> Complaint {
    let sheet = table.name.as_deref().unwrap_or("1");
    let complaint = Complaint::new("Q7805").found(heading).fact("file", file).fact("sheet", sheet);
    complaint.fact("row", table.heading_row)
}

/// Headings are compared without the spaces, line ends and stars that forms put into them.
fn plain(heading: &str) -> String {
    heading.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | '＊')).collect()
}

fn check_lengths(tables: &[Table]) -> Result<(), Complaint> {
    for table in tables {
        for line in &table.rows {
            for (cell, column) in line.cells.iter().zip(&table.columns) {
                let units = cell.as_ref().map_or(0, |text| text.encode_utf16().count());
                if units > CELL_MAX {
                    let complaint = Complaint::new("Q7802").fact("heading", &column.heading);
                    return Err(complaint.fact("length", units).fact("limit", CELL_MAX));
                }
            }
        }
    }
    Ok(())
}
