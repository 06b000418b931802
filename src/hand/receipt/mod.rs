//! A receipt: results, each a map from heading to text, out of a workbook, a CSV or a JSON file.
//!
//! It comes from outside on somebody's stick. Everything is read with limits, decoded sizes included; formulas are
//! never believed, because what they show depends on who opened the file last.

mod text;
mod workbook;

use serde_json::Value as Json;

use crate::platform::HandReading;
use crate::record::{Complaint, Fingerprint};

/// The size of the file itself.
pub(super) const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Of what is unpacked from it, all parts together.
const DECODED_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// JSON grows most when it is read.
const JSON_BYTES_MAX: usize = 4 * 1024 * 1024;
const RESULTS_MAX: usize = 50_000;
const CELLS_MAX: usize = 500_000;
const COLUMNS_MAX: usize = 500;

/// What stands in a receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The file's name.
    pub file: String,
    pub print: Fingerprint,
    /// In the order of the file.
    pub results: Vec<Json>,
    /// The whole of a JSON receipt; null for tables.
    pub body: Json,
    /// Cells with formulas, which were not read: the first few of them, and how many there are.
    pub formulas: (Vec<String>, u64),
}

impl Receipt {
    /// Reads a receipt by its name's ending.
    ///
    /// Errors: Q7806 it is no workbook, CSV or JSON file that can be read; Q7807 it is larger than any receipt.
    pub fn read(file: &str, bytes: &[u8], reading: &HandReading) -> Result<Receipt, Complaint> {
        let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let told = &reading.hand.receipt;
        let mut receipt = Receipt {
            file: file.to_owned(),
            print: Fingerprint::of(bytes),
            results: Vec::new(),
            body: Json::Null,
            formulas: Default::default(),
        };
        match ending.as_str() {
            "xlsx" | "xlsm" => {
                let sheet = told.sheet.as_ref().map(|sheet| sheet.value.as_str());
                let found = workbook::read(file, bytes, sheet, told.heading_row)?;
                (receipt.results, receipt.formulas) = (found.results, found.formulas);
            }
            "csv" | "txt" => receipt.results = text::read_csv(file, bytes, told.heading_row)?,
            "json" => {
                receipt.body = text::read_json(file, bytes)?;
                receipt.results = text::results_of(file, &receipt.body, reading)?;
            }
            other => {
                let reason = format!(
                    "`{other}` 不是 xlsx、csv 或 json；旧式 .xls 请另存为 .xlsx · not xlsx, csv or json"
                );
                return Err(unreadable(file, 0, &reason));
            }
        }
        Ok(receipt)
    }
}

/// `Q7806`; `row` is 0 where it is about the whole file.
pub(super) fn unreadable(file: &str, row: u64, reason: &dyn std::fmt::Display) -> Complaint {
    Complaint::new("Q7806").fact("file", file).fact("row", row).fact("reason", reason)
}

fn too_large(file: &str, limit: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q7807").fact("file", file).fact("limit", limit)
}

/// Headings and the texts below them, gathered within limits.
struct Gathering<'a> {
    file: &'a str,
    heading_row: u64,
    /// By column; empty where there is none.
    headings: Vec<String>,
    results: Vec<Json>,
    cells: usize,
}

impl<'a> Gathering<'a> {
    fn new(file: &'a str, heading_row: u32) -> Self {
        Gathering {
            file,
            heading_row: u64::from(heading_row),
            headings: Vec::new(),
            results: Vec::new(),
            cells: 0,
        }
    }

    /// One row with its number as people count. Errors: Q7807.
    fn row(&mut self, number: u64, cells: impl Iterator<Item = (usize, String)>) -> Result<(), Complaint> {
        if number < self.heading_row {
            return Ok(());
        }
        if number == self.heading_row {
            for (column, text) in cells.filter(|(column, _)| *column < COLUMNS_MAX) {
                let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if self.headings.len() <= column {
                    self.headings.resize(column + 1, String::new());
                }
                // Two columns of one heading are told apart by a number, as everywhere else.
                let count = self.headings.iter().filter(|known| **known == text).count();
                self.headings[column] =
                    if count == 0 || text.is_empty() { text } else { format!("{text}_{}", count + 1) };
            }
            return Ok(());
        }
        let mut item = serde_json::Map::new();
        for (column, text) in cells {
            let text = text.trim();
            let Some(heading) = self.headings.get(column).filter(|heading| !heading.is_empty()) else {
                continue;
            };
            if !text.is_empty() {
                self.cells += 1;
                item.insert(heading.clone(), Json::from(text));
            }
        }
        if self.cells > CELLS_MAX {
            return Err(too_large(self.file, CELLS_MAX));
        }
        if !item.is_empty() {
            if self.results.len() >= RESULTS_MAX {
                return Err(too_large(self.file, RESULTS_MAX));
            }
            self.results.push(Json::Object(item));
        }
        Ok(())
    }

    /// Errors: Q7806 where the heading row has nothing.
    fn finish(self) -> Result<Vec<Json>, Complaint> {
        if self.headings.iter().all(String::is_empty) {
            let reason = "标题行是空的，核对 [hand.receipt] 的 heading_row · the heading row is empty";
            return Err(unreadable(self.file, self.heading_row, &reason));
        }
        Ok(self.results)
    }
}
