//! Receipts in text: CSV in UTF-8 or GBK, and JSON.

use encoding_rs::GB18030;
use serde_json::Value as Json;

use super::{Gathering, JSON_BYTES_MAX, RESULTS_MAX, too_large, unreadable};
use crate::platform::{Bindings, HandReading, Known};
use crate::record::Complaint;

/// The results of a CSV file.
pub(super) fn read_csv(file: &str, bytes: &[u8], heading_row: u32) -> Result<Vec<Json>, Complaint> {
    let text = decode(bytes);
    let first = text.lines().nth(heading_row as usize - 1).unwrap_or_default();
    let delimiter = if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut gathering = Gathering::new(file, heading_row);
    for (row, number) in reader.records().zip(1_u64..) {
        let row = row.map_err(|error| unreadable(file, number, &error))?;
        gathering.row(number, row.iter().map(str::to_owned).enumerate())?;
    }
    gathering.finish()
}

/// UTF-8 with or without its mark; what is no UTF-8 is what Chinese spreadsheets save.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode(bytes).0.into_owned(),
    }
}

pub(super) fn read_json(file: &str, bytes: &[u8]) -> Result<Json, Complaint> {
    if bytes.len() > JSON_BYTES_MAX {
        return Err(too_large(file, JSON_BYTES_MAX));
    }
    serde_json::from_str(&decode(bytes)).map_err(|error| unreadable(file, 0, &error))
}

/// The list of results inside a JSON receipt.
pub(super) fn results_of(file: &str, body: &Json, reading: &HandReading) -> Result<Vec<Json>, Complaint> {
    let list = match &reading.receipt.list {
        Some(formula) => {
            let bindings = Bindings::default().with("body", Known::Json(body));
            formula.json(&bindings).map_err(|error| unreadable(file, 0, &error))?.into_owned()
        }
        None => body.clone(),
    };
    let Json::Array(results) = list else {
        let reason = "没有结果列表，核对 [hand.receipt] 的 list · there is no list of results";
        return Err(unreadable(file, 0, &reason));
    };
    if results.len() > RESULTS_MAX {
        return Err(too_large(file, RESULTS_MAX));
    }
    Ok(results)
}
