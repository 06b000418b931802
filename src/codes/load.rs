//! The door of `codes`: reads code tables and crosswalks from CSV files and reports all their faults at once.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::table::with_near;
use super::{CodeRow, CodeTable, Codes, trim};
use crate::config::Fault;
use crate::record::Complaint;

/// A code table has thousands of lines at most; a file beyond this is something else.
const FILE_BYTES_MAX: u64 = 16 << 20;

impl Codes {
    /// Every `NAME.csv` in `dir` as the table NAME, with the crosswalk of the same name from `crosswalks`.
    ///
    /// Shape:  tables `code,name[,parent,from,to]` with days as yyyy-MM-dd; crosswalks `value,code`. UTF-8, with
    ///         or without byte order mark. A crosswalk directory that is not there is an empty one.
    /// Errors: what could be read, and one fault for everything that could not, with file and line.
    pub fn load(dir: &Path, crosswalks: &Path) -> (Codes, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut tables: Vec<CodeTable> = Vec::new();
        for (name, file) in csv_files(dir, &mut faults) {
            let mut table = CodeTable::new(&name);
            read_table(&file, &mut table, &mut faults);
            tables.push(table);
        }
        if crosswalks.exists() {
            for (name, file) in csv_files(crosswalks, &mut faults) {
                match tables.iter_mut().find(|table| table.name() == name) {
                    Some(table) => read_crosswalk(&file, table, &mut faults),
                    None => {
                        let known: Vec<&str> = tables.iter().map(CodeTable::name).collect();
                        let complaint = Complaint::new("Q5006").found(&name).fact("tables", known.join(", "));
                        faults.push(fault(&file, 1, 1, complaint));
                    }
                }
            }
        }
        (Codes::from_tables(tables), faults)
    }
}

fn fault(file: &Path, line: usize, column: usize, complaint: Complaint) -> Fault {
    Fault { file: file.to_owned(), line, column, complaint }
}

/// The CSV files of a directory with their stems, sorted.
fn csv_files(dir: &Path, faults: &mut Vec<Fault>) -> Vec<(String, PathBuf)> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            let complaint = Complaint::new("Q5001").found(dir.display()).fact("why", error);
            faults.push(fault(dir, 1, 1, complaint));
            return Vec::new();
        }
    };
    let mut files: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect();
    files.sort();
    files
}

fn read_table(file: &Path, table: &mut CodeTable, faults: &mut Vec<Fault>) {
    let Some(text) = read_text(file, faults) else { return };
    let Some(sheet) = Sheet::open(file, &text, &["code", "name"], &["parent", "from", "to"], faults) else {
        return;
    };
    let mut levels = Vec::new();
    for (line, record) in sheet.rows(faults) {
        let [code, name, parent, from, to] = sheet.cells(&record);
        if code.is_empty() || name.is_empty() {
            faults.push(fault(file, line, 1, Complaint::new("Q5004")));
            continue;
        }
        let mut day = |text: &str, heading: &str| match text {
            "" => None,
            text => {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
                if day.is_none() {
                    let complaint = Complaint::new("Q5008").found(text).fact("heading", heading);
                    faults.push(fault(file, line, 1, complaint));
                }
                day
            }
        };
        let (from, to) = (day(from, "from"), day(to, "to"));
        let parent = (!parent.is_empty()).then(|| parent.into());
        if let Some(parent) = &parent {
            levels.push((line, std::sync::Arc::clone(parent)));
        }
        let row = CodeRow { code: code.into(), name: name.into(), parent, from, to };
        if !table.add(row) {
            faults.push(fault(file, line, 1, Complaint::new("Q5003").found(code)));
        }
    }
    for (line, parent) in levels {
        if table.row(&parent).is_none() {
            faults.push(fault(file, line, 1, Complaint::new("Q5009").found(parent)));
        }
    }
}

fn read_crosswalk(file: &Path, table: &mut CodeTable, faults: &mut Vec<Fault>) {
    let Some(text) = read_text(file, faults) else { return };
    let Some(sheet) = Sheet::open(file, &text, &["value", "code"], &[], faults) else { return };
    for (line, record) in sheet.rows(faults) {
        let [value, code, ..] = sheet.cells(&record);
        if value.is_empty() || code.is_empty() {
            faults.push(fault(file, line, 1, Complaint::new("Q5004")));
        } else if table.row(code).is_none() {
            let complaint =
                Complaint::new("Q5005").found(code).fact("value", value).fact("table", table.name());
            faults.push(fault(file, line, 1, with_near(complaint, table, code)));
        } else if !table.cross(value, code) {
            faults.push(fault(file, line, 1, Complaint::new("Q5007").found(value)));
        }
    }
}

/// The file's text without its byte order mark.
fn read_text(file: &Path, faults: &mut Vec<Fault>) -> Option<String> {
    let mut refuse = |id: &str, line: usize, why: String| {
        faults.push(fault(file, line, 1, Complaint::new(id).found(file.display()).fact("why", why)));
        None
    };
    let bytes = match fs::metadata(file).map(|facts| facts.len()) {
        Ok(length) if length > FILE_BYTES_MAX => {
            return refuse("Q5001", 1, format!("{length} bytes, at most {FILE_BYTES_MAX}"));
        }
        Ok(_) => fs::read(file),
        Err(error) => Err(error),
    };
    match bytes.map(String::from_utf8) {
        Ok(Ok(text)) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Ok(Err(error)) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            refuse("Q5010", 1 + good.iter().filter(|byte| **byte == b'\n').count(), error.to_string())
        }
        Err(error) => refuse("Q5001", 1, error.to_string()),
    }
}

/// A CSV text with its columns in the order asked for.
struct Sheet<'a> {
    file: &'a Path,
    text: &'a str,
    /// For each asked column its place in the file.
    places: [Option<usize>; 5],
}

impl<'a> Sheet<'a> {
    fn open(
        file: &'a Path,
        text: &'a str,
        required: &[&str],
        optional: &[&str],
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let header = reader(text).headers().cloned().unwrap_or_default();
        let asked: Vec<&str> = required.iter().chain(optional).copied().collect();
        let found: Vec<&str> = header.iter().map(trim).collect();
        let missing: Vec<&str> = required.iter().copied().filter(|name| !found.contains(name)).collect();
        let strange = found.iter().any(|name| !asked.contains(name));
        if !missing.is_empty() || strange {
            let complaint = Complaint::new("Q5002").found(found.join(",")).fact("expected", asked.join(","));
            faults.push(fault(file, 1, 1, complaint));
        }
        let mut places = [None; 5];
        for (place, name) in places.iter_mut().zip(&asked) {
            *place = found.iter().position(|other| other == name);
        }
        missing.is_empty().then_some(Sheet { file, text, places })
    }

    /// The rows that can be read, with their lines; a fault for every other.
    fn rows(&self, faults: &mut Vec<Fault>) -> Vec<(usize, csv::StringRecord)> {
        let mut rows = Vec::new();
        for record in reader(self.text).into_records() {
            match record {
                Ok(record) => rows.push((record.position().map_or(1, |at| at.line() as usize), record)),
                Err(error) => {
                    let line = error.position().map_or(1, |at| at.line() as usize);
                    faults.push(fault(self.file, line, 1, Complaint::new("Q5011").found(error)));
                }
            }
        }
        rows
    }

    /// The asked cells, trimmed; empty where the file has no such column.
    fn cells<'r>(&self, record: &'r csv::StringRecord) -> [&'r str; 5] {
        self.places.map(|place| trim(place.and_then(|index| record.get(index)).unwrap_or_default()))
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(tables: &[(&str, &[u8])], crosswalks: &[(&str, &[u8])]) -> (Codes, Vec<(String, usize)>) {
        let dir = tempfile::tempdir().unwrap();
        let write = |place: &str, files: &[(&str, &[u8])]| {
            let place = dir.path().join(place);
            fs::create_dir(&place).unwrap();
            files.iter().for_each(|(name, bytes)| fs::write(place.join(name), bytes).unwrap());
            place
        };
        let (codes, faults) = Codes::load(&write("codes", tables), &write("crosswalks", crosswalks));
        (codes, faults.into_iter().map(|fault| (fault.complaint.id, fault.line)).collect())
    }

    #[test]
    fn tables_and_crosswalks_are_read_with_mark_comments_and_days() {
        let (codes, faults) = load(
            &[(
                "region.csv",
                "\u{feff}code,name,parent,from,to\n370000,山东省,,,\n371200,莱芜市,370000,,2018-12-31\n"
                    .as_bytes(),
            )],
            &[("region.csv", "value,code\n# 2019 年撤销\n\"莱芜,旧\",371200\n".as_bytes())],
        );
        assert_eq!(faults, []);
        assert_eq!(codes.to_code("region", "莱芜，旧").unwrap().as_ref(), "371200");
        assert_eq!(codes.parent("region", "371200"), Some("370000"));
        assert!(!codes.is_current("region", "371200", NaiveDate::from_ymd_opt(2019, 1, 1).unwrap()));
    }

    #[test]
    fn every_fault_is_reported_with_its_line_and_the_rest_is_read() {
        let (codes, faults) = load(
            &[
                ("a.csv", "code,name,from\n1,甲,2020-1-32\n1,乙,\n,丙,\n2,丁,\n".as_bytes()),
                ("b.csv", "code,title\n1,甲\n".as_bytes()),
                ("c.csv", b"code,name\n1,\xbc\xd7\n"),
                ("d.csv", "code,name,parent\n1,甲,9\n2,乙\n".as_bytes()),
            ],
            &[
                ("a.csv", "value,code\n甲等,1\n乙等,7\n甲等,2\n".as_bytes()),
                ("z.csv", "value,code\n".as_bytes()),
            ],
        );
        let expect = [
            ("Q5008", 2),
            ("Q5003", 3),
            ("Q5004", 4),
            ("Q5002", 1),
            ("Q5010", 2),
            ("Q5011", 3),
            ("Q5009", 2),
            ("Q5005", 3),
            ("Q5007", 4),
            ("Q5006", 1),
        ];
        assert_eq!(faults, expect.map(|(id, line)| (id.to_owned(), line)));
        assert_eq!(codes.to_code("a", "甲等").unwrap().as_ref(), "1");
        assert!(codes.contains("a", "2"));
    }

    #[test]
    fn a_directory_that_is_not_there_is_one_fault() {
        let (_, faults) = Codes::load(Path::new("/nowhere/codes"), Path::new("/nowhere/crosswalks"));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].complaint.id, "Q5001");
    }
}
