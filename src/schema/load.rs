//! The door of `schema`: reads a folder of schema files.

use std::fs;
use std::path::{Path, PathBuf};

use super::SchemaSet;
use super::set::ENDING;
use crate::codes::Codes;
use crate::config::Fault;
use crate::record::Complaint;

/// A schema has tens of kilobytes; a file beyond this is something else.
const FILE_BYTES_MAX: u64 = 4 << 20;

impl SchemaSet {
    /// Every `KIND.schema.json` of a folder such as `schemas/shandong/v1`.
    ///
    /// Errors: every fault of every file at once, with line and column.
    pub fn load(dir: &Path, codes: &Codes) -> Result<SchemaSet, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut paths: Vec<PathBuf> = match fs::read_dir(dir) {
            Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
            Err(error) => return Err(vec![unreadable(dir, error)]),
        };
        paths.retain(|path| path.to_string_lossy().ends_with(ENDING));
        paths.sort();
        if paths.is_empty() {
            return Err(vec![unreadable(dir, format!("no file *{ENDING}"))]);
        }
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            match read(&path) {
                Ok(text) => files.push((path, text)),
                Err(reason) => faults.push(unreadable(&path, reason)),
            }
        }
        match SchemaSet::from_files(files, codes) {
            Ok(set) if faults.is_empty() => Ok(set),
            Ok(_) => Err(faults),
            Err(more) => Err(faults.into_iter().chain(more).collect()),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("{length} bytes, at most {FILE_BYTES_MAX}"));
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unreadable(path: &Path, why: impl std::fmt::Display) -> Fault {
    let complaint = Complaint::new("Q4014").found(path.display()).fact("why", why);
    Fault { file: path.to_owned(), line: 1, column: 1, complaint }
}
