//! The door through which forms and receipts are read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::receipt::{BYTES_MAX, Receipt, unreadable};
use crate::platform::HandReading;
use crate::record::Complaint;

/// The province's forms are small; this is far above any of them.
const TEMPLATE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A form. Errors: Q7804.
pub(super) fn template(path: &Path, named: &str) -> Result<Vec<u8>, Complaint> {
    let broken =
        |reason: &dyn std::fmt::Display| Complaint::new("Q7804").fact("file", named).fact("reason", reason);
    read(path, TEMPLATE_BYTES_MAX).map_err(|error| broken(&error))?.ok_or_else(|| broken(&"too large"))
}

/// Reads a receipt by its ending. Errors: Q7806 it cannot be read, Q7807 it is larger than any receipt is.
pub fn read_receipt(path: &Path, reading: &HandReading) -> Result<Receipt, Complaint> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read(path, BYTES_MAX).map_err(|error| unreadable(&name, 0, &error))?;
    let bytes = bytes.ok_or_else(|| Complaint::new("Q7807").fact("file", &name).fact("limit", BYTES_MAX))?;
    Receipt::read(&name, &bytes, reading)
}

/// `None` for a file that is larger than the limit.
fn read(path: &Path, bytes_max: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}
