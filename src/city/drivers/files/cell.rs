//! One cell on its way into the staged table.

use super::staging::Sheet;
use crate::record::Complaint;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Whole(i64),
    Real(f64),
    Text(String),
    /// What nobody can have meant: the id of the complaint, and what was found.
    Refused(&'static str, String),
}

impl Cell {
    /// A text; an empty one is no value.
    pub fn text(text: &str) -> Cell {
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
    }

    /// A workbook's number.
    ///
    /// Shape: a program computes in binary and keeps 15 digits, so that 36.9 may be stored as 36.900000000000006:
    ///        what is beyond 15 digits is not what somebody wrote. A whole number of more digits has lost its end,
    ///        and is refused.
    pub fn number(number: f64) -> Cell {
        /// Digits that a spreadsheet keeps.
        const DIGITS: usize = 15;
        if !number.is_finite() {
            return Cell::Refused("Q2061", number.to_string());
        }
        let is_whole = number.fract() == 0.0;
        if is_whole && number.abs() >= 10_f64.powi(DIGITS as i32) {
            return Cell::Refused("Q2064", number.to_string());
        }
        let shown = format!("{number:.*e}", DIGITS - 1);
        let number = shown.parse().unwrap_or(number);
        // Below 10^15 every whole number is exact.
        if number.fract() == 0.0 { Cell::Whole(number as i64) } else { Cell::Real(number) }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            Cell::Whole(_) | Cell::Real(_) | Cell::Refused(..) => false,
        }
    }

    /// As a heading, or in a copy for people.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Whole(number) => number.to_string(),
            Cell::Real(number) => number.to_string(),
            Cell::Text(text) | Cell::Refused(_, text) => text.clone(),
        }
    }
}

/// The byte that begins a refused cell: no UTF-8 has it, so that SQLite's text is refused whoever reads it.
const MARK: u8 = 0xff;

/// A refused cell as the staged table holds it.
pub fn mark(id: &str, sheet: usize, row: u64, found: &str) -> Vec<u8> {
    let mut bytes = vec![MARK];
    bytes.extend_from_slice(format!("{id}\t{sheet}\t{row}\t{found}").as_bytes());
    bytes
}

/// The complaint behind a refused cell; any other complaint stays as it is.
pub fn unmark(complaint: Complaint, sheets: &[Sheet]) -> Complaint {
    let found = complaint.found.clone();
    let Some(rest) = found.strip_prefix('\u{fffd}').filter(|_| complaint.id == "Q2013") else {
        return complaint;
    };
    let mut parts = rest.splitn(4, '\t');
    let (Some(id), Some(sheet), Some(row), Some(found)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return complaint;
    };
    let known = ["Q2061", "Q2062", "Q2063", "Q2064"].into_iter().find(|known| *known == id);
    let sheet = sheet.parse::<usize>().ok().and_then(|sheet| sheets.get(sheet));
    let (Some(id), Some(sheet)) = (known, sheet) else { return complaint };
    let told = Complaint::new(id).column(complaint.column).found(found);
    told.fact("place", sheet.shown()).fact("row", row).fact("columns", sheet.columns.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbooks_number_is_what_its_program_shows() {
        let rows = [
            (12.0, Cell::Whole(12)),
            (0.1 + 0.2, Cell::Real(0.3)),
            (36.900_000_000_000_006, Cell::Real(36.9)),
            (2.999_999_999_999_999_6, Cell::Whole(3)),
            (-0.0, Cell::Whole(0)),
            (30_750_000_000.0, Cell::Whole(30_750_000_000)),
            (999_999_999_999_999.0, Cell::Whole(999_999_999_999_999)),
            (1e-7, Cell::Real(1e-7)),
        ];
        for (given, expect) in rows {
            assert_eq!(Cell::number(given), expect, "{given}");
        }
        for (given, id) in [(370_303_198_001_011_000.0, "Q2064"), (f64::NAN, "Q2061"), (1e300, "Q2064")] {
            assert!(matches!(Cell::number(given), Cell::Refused(found, _) if found == id), "{given}");
        }
    }
}
