//! Where a sheet's headings stand, and what its columns are called.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::staging::SheetColumn;
use crate::record::heading;

/// Rows that are looked at in search of the headings; titles, notes and blank rows may stand above them.
pub const ROWS_LOOKED_AT: usize = 30;

/// Columns that say where a row stands.
pub const OWN_COLUMNS: [&str; 3] = ["_file", "_sheet", PLACE_COLUMN];
/// The row of the sheet.
pub const PLACE_COLUMN: &str = "_row";

/// A row with its number, as a person counts.
pub type Numbered = (u64, Vec<Cell>);

/// Which of a sheet's first rows holds the headings; `None` if there is no row.
///
/// Shape: the first row that is filled at least three fifths as far as the fullest one, mostly with texts, and not
///        with `填报单位：…`. A title that is merged over the columns fills one cell, a note the same.
pub fn find(rows: &[Numbered]) -> Option<usize> {
    let filled = |row: &Numbered| row.1.iter().filter(|cell| !cell.is_empty()).count();
    let most = rows.iter().map(filled).max()?;
    let needed = (most * 3).div_ceil(5).max(most.min(2));
    let full = |row: &&Numbered| filled(row) >= needed;
    let says_headings = |row: &Numbered| {
        let is_name =
            |text: &str| !text.trim_end_matches(['：', ':']).contains(['：', ':']) && text.len() < 400;
        let names = row.1.iter().filter(|cell| matches!(cell, Cell::Text(text) if is_name(text.trim())));
        names.filter(|cell| !cell.is_empty()).count() * 2 > filled(row)
    };
    let best = rows.iter().position(|row| full(&row) && says_headings(row));
    best.or_else(|| rows.iter().position(|row| full(&row)))
}

/// The columns under a row of headings.
///
/// Shape: blank headings at the end count only where a row below them has a value, within `widest` columns. A blank
///        heading is called by its place (`列3`), a repeated one gets a number (`电话2`).
pub fn columns(headings: &[Cell], below: &[Numbered], widest: usize) -> Vec<SheetColumn> {
    let width = |cells: &[Cell]| cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let named = width(headings);
    let used = below.iter().map(|(_, cells)| width(cells)).max().unwrap_or(0);
    let count = named.max(used.min(widest));
    let mut taken: BTreeSet<String> = OWN_COLUMNS.into_iter().map(str::to_owned).collect();
    let column = |place: usize| {
        let written = headings.get(place).map(Cell::shown).unwrap_or_default();
        let plain = heading(&written);
        let plain = if plain.is_empty() { format!("列{}", place + 1) } else { plain };
        let mut name = plain.clone();
        let mut again = 2;
        // SQLite takes names that differ in case for one.
        while !taken.insert(name.to_ascii_lowercase()) {
            name = format!("{plain}{again}");
            again += 1;
        }
        SheetColumn { name, written, place }
    };
    (0..count).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        let cell = |text: &&str| match text.parse() {
            Ok(number) => Cell::number(number),
            Err(_) => Cell::text(text),
        };
        cells.iter().map(cell).collect()
    }

    #[test]
    fn headings_are_found_below_titles_notes_and_forms_of_address() {
        let rows: &[(&[&[&str]], usize)] = &[
            (&[&["编号", "名称"], &["1", "甲"]], 0),
            (
                &[
                    &["淄博市科技成果征集表", "", "", ""],
                    &["编号", "名称", "价格", "电话"],
                    &["1", "甲", "2", "3"],
                ],
                1,
            ),
            (
                &[
                    &["某市科技成果征集表"],
                    &["填报单位：甲公司", "", "", "填报日期：2024-5-1", "", "填报人：王"],
                    &["注：带*的必填"],
                    &["编号", "成果名称*", "技术领域", "价格", "", "电话"],
                    &["1", "甲", "", "", "", ""],
                ],
                3,
            ),
            // One heading of two is blank; numbers are no headings.
            (&[&["专家", "", "单位"], &["王", "机器人", "理工"]], 0),
            (&[&["2023", "2024", "甲"], &["编号", "名称", "单位"], &["1", "乙", "丙"]], 1),
            (&[&["说明"], &["第一条"], &["第二条"]], 0),
            (&[&["1", "2"], &["3", "4"]], 0),
        ];
        for (given, expect) in rows {
            let numbered: Vec<_> = given.iter().map(|cells| (1, row(cells))).collect();
            assert_eq!(find(&numbered), Some(*expect), "{given:?}");
        }
        assert_eq!(find(&[]), None);
    }

    #[test]
    fn columns_are_named_once_each_and_blank_ones_by_their_place() {
        let headings = row(&["编号", "电话", "", "电话", "_row", "Doi", "DOI", "", ""]);
        let below = [(2, row(&["a", "", "", "", "", "", "", "", "x", "far out"]))];
        let names = |widest| {
            columns(&headings, &below, widest).into_iter().map(|column| column.name).collect::<Vec<_>>()
        };
        assert_eq!(names(9), ["编号", "电话", "列3", "电话2", "_row2", "Doi", "DOI2", "列8", "列9"]);
        assert_eq!(names(100).last().map(String::as_str), Some("列10"));
        assert_eq!(columns(&headings, &[], 100).len(), 7);
    }
}
