//! Tables as a package: one row for each cell in an SQLite file, archived, encrypted and archived again, all of it as
//! the profile says.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::sqlite;
use super::table::{Table, bind_item, failed, text_of};
use crate::ledger::Item;
use crate::platform::{Bindings, Formula, Known, PackageReading};
use crate::record::{Complaint, Value};

/// Random bytes that are thrown once for each package.
#[derive(Clone, Copy)]
pub(super) struct Secrets {
    /// The key of the file.
    pub file_key: [u8; 16],
    /// For ciphers that need chance of their own.
    pub entropy: [u8; 32],
}

/// The package's bytes. Errors: Q7815 where an expression fails, Q7801 for what no file can be called.
pub(super) fn make(
    package: &PackageReading,
    tables: &[Table],
    items: &[Item],
    file: &Bindings<'_>,
    stem: &str,
    secrets: Secrets,
    join: &str,
) -> Result<Vec<u8>, Complaint> {
    let columns: Vec<String> = package.cell.iter().map(|(name, _)| name.clone()).collect();
    let rows = rows(package, tables, items, file, join)?;
    let database = sqlite::database(&package.table, &columns, &rows);
    let bytes = |bytes: &[u8]| Known::Value(Value::Bytes(bytes.into()));
    let mut bindings = file
        .clone()
        .with("stem", Known::Text(stem))
        .with("database", bytes(&database))
        .with("file_key", bytes(&secrets.file_key))
        .with("entropy", bytes(&secrets.entropy))
        .with("archive", Known::NULL);
    let mut values = Vec::with_capacity(package.values.len());
    for (name, formula) in &package.values {
        // A value may be of the archive, which is not made yet: then it is made below.
        if formula.names().any(|name| name == "archive") {
            continue;
        }
        values.push((name.as_str(), formula.value(&bindings).map_err(|cause| failed(name, &cause))?));
        if let Some((name, value)) = values.last() {
            bindings.bind(name, Known::Value(value.clone()));
        }
    }
    let archive = archive(&package.inside, &bindings)?;
    bindings.bind("archive", bytes(&archive));
    for (name, formula) in
        package.values.iter().filter(|(_, formula)| formula.names().any(|name| name == "archive"))
    {
        let value = formula.value(&bindings).map_err(|cause| failed(name, &cause))?;
        bindings.bind(name, Known::Value(value));
    }
    self::archive(&package.outside, &bindings)
}

fn rows(
    package: &PackageReading,
    tables: &[Table],
    items: &[Item],
    file: &Bindings<'_>,
    join: &str,
) -> Result<Vec<Vec<Option<String>>>, Complaint> {
    let mut rows = Vec::new();
    for table in tables {
        // Lines are counted within their record.
        let mut counted: Option<(usize, i64)> = None;
        for line in &table.rows {
            let number = counted.filter(|(item, _)| *item == line.item).map_or(1, |(_, number)| number + 1);
            counted = Some((line.item, number));
            let Some(item) = items.get(line.item) else { continue };
            let bindings =
                bind_item(file, item, line.item + 1).with("line", Known::Value(Value::Int(number)));
            for (cell, column) in line.cells.iter().zip(&table.columns) {
                let Some(value) = cell else { continue };
                let bindings = bindings
                    .clone()
                    .with("column", Known::Text(&column.id))
                    .with("heading", Known::Text(&column.heading))
                    .with("value", Known::Text(value));
                let texts = package.cell.iter().map(|(name, formula)| {
                    let value = formula.value(&bindings).map_err(|cause| failed(name, &cause))?;
                    Ok(text_of(&value, join))
                });
                rows.push(texts.collect::<Result<_, Complaint>>()?);
            }
        }
    }
    Ok(rows)
}

/// A ZIP archive of files whose names and contents are expressions; its times are the format's beginning, so that the
/// same files give the same bytes.
fn archive(files: &[(Formula, Formula)], bindings: &Bindings<'_>) -> Result<Vec<u8>, Complaint> {
    let broken =
        |error: &dyn std::fmt::Display| Complaint::new("Q7815").fact("place", "zip").fact("reason", error);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, content) in files {
        let name = name.text(bindings).unwrap_or_default();
        if !is_file_name(&name) {
            return Err(Complaint::new("Q7801").found(name));
        }
        let content = content.value(bindings).map_err(|cause| failed(&name, &cause))?;
        zip.start_file(name, options).map_err(|error| broken(&error))?;
        let bytes: &[u8] = match &content {
            Value::Bytes(bytes) => bytes,
            Value::Text(text) => text.as_bytes(),
            other => {
                let reason = format!("{} ({})", other, other.type_name());
                return Err(Complaint::new("Q7815").fact("place", "content").fact("reason", reason));
            }
        };
        zip.write_all(bytes).map_err(|error| broken(&error))?;
    }
    Ok(zip.finish().map_err(|error| broken(&error))?.into_inner())
}

/// The longest name that every file system takes, in bytes, with room for what is put around it.
const NAME_BYTES_MAX: usize = 200;

/// Whether a text may be a file's name as it is: one step of a path, visible, on any system.
pub(super) fn is_file_name(name: &str) -> bool {
    let good = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    !name.is_empty()
        && name.len() <= NAME_BYTES_MAX
        && name.chars().all(good)
        && !name.starts_with('.')
        && !name.ends_with(['.', ' '])
        && name.trim() == name
}
