//! The rows of a sheet as they stand in the file, for a copy that goes back to its sender.

use std::path::Path;

use super::staging::is_csv;
use super::{csv, workbook};
use crate::record::Complaint;

/// Every row that is not blank, with its number: headings, titles and all. Waits for the disk.
///
/// Errors: Q2060.
pub fn raw_rows(path: &Path, sheet: Option<&str>) -> Result<Vec<(u64, Vec<String>)>, Complaint> {
    let mut found = Vec::new();
    let mut keep = |rows: &mut dyn Iterator<Item = Result<super::headings::Numbered, Complaint>>| {
        for row in rows {
            let (number, cells) = row?;
            found.push((number, cells.iter().map(super::cell::Cell::shown).collect()));
        }
        Ok(())
    };
    if is_csv(path) {
        csv::walk(path, &mut |rows| keep(rows))?;
    } else {
        workbook::walk(path, &mut |name, rows| if Some(name) == sheet { keep(rows) } else { Ok(()) })?;
    }
    Ok(found)
}
