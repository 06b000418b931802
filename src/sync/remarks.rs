//! What is wrong with the rows of a route's files, each with its place: what goes back to whoever filled them in.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::route::PushRoute;
use crate::city::{City, PLACE_COLUMN, Sheet};
use crate::config::{Instance, Located, Push, Relation};
use crate::form::EXAMPLE_KEY;
use crate::record::{Complaint, Key, Row, Value};
use crate::source::{self, Ending, Unreadable};

/// Every complaint about a route's rows, and the sheets that they stand in.
#[derive(Debug)]
pub struct Remarks {
    pub sheets: Vec<Sheet>,
    pub remarks: Vec<Remark>,
    /// Listings that were judged, those that nobody wants sent among them.
    pub rows: u64,
}

/// One complaint with its place in a file.
#[derive(Clone, Debug)]
pub struct Remark {
    /// In the list of sheets.
    pub sheet: usize,
    /// As a person counts.
    pub row: u64,
    /// Empty for the row as a whole.
    pub column: String,
    pub complaint: Complaint,
}

/// The columns by which a staged row knows its place.
const PLACE: [&str; 2] = ["_file", PLACE_COLUMN];

/// Judges every row of a route over files as a scan would.
///
/// Errors: Q1172 if the database is not made of files; what keeps them from being read; Q2003 if the route's query
///         leaves out `_file` and `_row`.
pub async fn remarks(instance: &Instance, route: &PushRoute, today: NaiveDate) -> Result<Remarks, Complaint> {
    let database = &route.push.source.database.value;
    let city = match instance.databases.get(database) {
        Some(database) => City::open(database).await?,
        None => return Err(Complaint::new("Q2001").fact("database", database)),
    };
    let sheets = city.sheets().await?.to_vec();
    if sheets.is_empty() {
        return Err(Complaint::new("Q1172").found(&route.route.name).fact("database", database));
    }
    let mut desk = Desk { route, sheets: &sheets, remarks: Vec::new() };
    let (rows, keys) = desk.keys(&city).await?;
    desk.judge(&city, today).await?;
    desk.strays(&city, &keys).await?;
    let mut remarks = desk.remarks;
    remarks.sort_by_key(|one| (one.sheet, one.row));
    Ok(Remarks { sheets, remarks, rows })
}

struct Desk<'a> {
    route: &'a PushRoute,
    sheets: &'a [Sheet],
    remarks: Vec<Remark>,
}

impl Desk<'_> {
    /// Reads the rows by their place, which every row has: those without a key, and such as have one that was used
    /// already, are found only so. How many rows there are, and where each key stands first.
    async fn keys(&mut self, city: &City) -> Result<(u64, HashMap<String, String>), Complaint> {
        let mut scan = source::scan(city, &self.by_place(&self.route.push.source.relation)).await?;
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut rows = 0;
        while let Some(found) = scan.next().await {
            rows += 1;
            let row = match found {
                Ok(row) => row,
                Err(unreadable) => {
                    self.unreadable(unreadable);
                    continue;
                }
            };
            let Some((sheet, number)) = self.place_of(&row, None) else { continue };
            let key = &self.route.push.source.key;
            let cells = key.iter().map(|column| row.get(column).unwrap_or(&Value::Null));
            match Key::from_cells(cells) {
                Err(_) => {
                    for column in key.iter().filter(|column| row.get(column).is_none_or(Value::is_null)) {
                        let complaint = Complaint::new("Q2010").column(&column.value);
                        self.say(sheet, number, &column.value, complaint);
                    }
                }
                Ok(key) => {
                    let text = key.to_string();
                    let before = seen.get(&text).cloned();
                    match before {
                        None => _ = seen.insert(text, self.named(sheet, number)),
                        // Every sender's form has the same example.
                        Some(_) if text == EXAMPLE_KEY => (),
                        Some(first) => {
                            let complaint = Complaint::new("Q2012").fact("key", &text);
                            let complaint = complaint.found(self.named(sheet, number)).fact("first", first);
                            self.say(sheet, number, "", complaint);
                        }
                    }
                }
            }
        }
        whole(scan.end())?;
        Ok((rows, seen))
    }

    /// A row as a person finds it among several senders' files.
    fn named(&self, sheet: usize, number: u64) -> String {
        let file = self.sheets[sheet].file.file_name().unwrap_or_default().to_string_lossy();
        format!("{file} {number}")
    }

    /// Details under a number that no listing has: a scan can only count them.
    async fn strays(&mut self, city: &City, keys: &HashMap<String, String>) -> Result<(), Complaint> {
        for child in &self.route.push.children {
            let Some(table) = child.relation.table() else { continue };
            let mut scan = source::scan(city, &self.by_place(&child.relation)).await?;
            while let Some(found) = scan.next().await {
                let Ok(row) = found else { continue };
                let cells = child.key.iter().map(|column| row.get(column).unwrap_or(&Value::Null));
                let key = Key::from_cells(cells).map(|key| key.to_string());
                let is_home = key.as_ref().is_ok_and(|key| keys.contains_key(key));
                if let Some((sheet, number)) = self.place_of(&row, Some(&child.name)).filter(|_| !is_home) {
                    let column = child.key.last().map_or("", |column| column.as_str());
                    let complaint = Complaint::new("Q2068").column(column).found(key.unwrap_or_default());
                    let main = self.route.push.source.relation.table().map_or("", |table| table.as_str());
                    self.say(
                        sheet,
                        number,
                        column,
                        complaint.fact("table", main).fact("details", &table.value),
                    );
                }
            }
            whole(scan.end())?;
        }
        Ok(())
    }

    /// The route over rows that are known by their place alone.
    fn by_place(&self, relation: &Relation) -> Push {
        let at = relation.text();
        let located = |name: &str| Located { value: name.to_owned(), line: at.line, column: at.column };
        let mut push = Push { children: Vec::new(), ..self.route.push.clone() };
        push.source.relation = relation.clone();
        push.source.key = PLACE.map(located).to_vec();
        push
    }

    async fn judge(&mut self, city: &City, today: NaiveDate) -> Result<(), Complaint> {
        let mut scan = source::scan(city, &self.route.push).await?;
        while let Some(found) = scan.next().await {
            match found {
                Ok(row) => {
                    for complaint in self.route.judge(&row, today).complaints {
                        self.complaint(&row, complaint);
                    }
                }
                Err(unreadable) => self.unreadable(unreadable),
            }
        }
        whole(scan.end())
    }

    /// Cells that could not be read say themselves where they are.
    fn unreadable(&mut self, unreadable: Unreadable) {
        for complaint in unreadable.complaints {
            let fact = |name: &str| complaint.facts.iter().find(|(known, _)| known == name);
            let place = fact("place").and_then(|(_, place)| self.sheet_of(place));
            let row = fact("row").and_then(|(_, row)| row.parse().ok());
            let (Some(sheet), Some(row)) = (place, row) else { continue };
            let column = complaint.column.rsplit('.').next().unwrap_or_default().to_owned();
            let said = self.remarks.iter().any(|one| {
                (one.sheet, one.row, one.column.as_str()) == (sheet, row, column.as_str())
                    && one.complaint.id == complaint.id
            });
            if !said {
                self.say(sheet, row, &column, complaint);
            }
        }
    }

    fn complaint(&mut self, row: &Row, complaint: Complaint) {
        let columns: Vec<&str> = complaint.column.split(", ").filter(|name| !name.is_empty()).collect();
        if columns.is_empty() {
            if let Some((sheet, number)) = self.place_of(row, None) {
                self.say(sheet, number, "", complaint.clone());
            }
            return;
        }
        for column in columns {
            let group = column.split_once('.').and_then(|(group, inner)| {
                let (_, rows) = row.children.iter().find(|(name, _)| name.as_ref() == group)?;
                let index = complaint.pointer.split('/').nth(2).and_then(|step| step.parse::<usize>().ok());
                Some((group, inner, index.and_then(|index| rows.get(index))))
            });
            let (place, column) = match group {
                Some((group, inner, Some(child))) => (self.place_of(child, Some(group)), inner),
                // Of all the rows of a list, or of one that is missing: on the listing.
                Some((_, _, None)) => (self.place_of(row, None), ""),
                None => (self.place_of(row, None), column),
            };
            if let Some((sheet, number)) = place {
                self.say(sheet, number, column, complaint.clone());
            }
        }
    }

    fn say(&mut self, sheet: usize, row: u64, column: &str, complaint: Complaint) {
        self.remarks.push(Remark { sheet, row, column: column.to_owned(), complaint });
    }

    fn sheet_of(&self, shown: &str) -> Option<usize> {
        self.sheets.iter().position(|sheet| sheet.shown() == shown)
    }

    /// Where a row stands; of a child row, in the sheet of its group.
    fn place_of(&self, row: &Row, group: Option<&str>) -> Option<(usize, u64)> {
        let push = &self.route.push;
        let relation = match group {
            None => &push.source.relation,
            Some(group) => &push.children.iter().find(|child| child.name.value == group)?.relation,
        };
        let file = row.get("_file")?.to_string();
        let number = match row.get(PLACE_COLUMN) {
            Some(Value::Int(number)) => u64::try_from(*number).ok()?,
            _ => return None,
        };
        let named = row.get("_sheet").map(ToString::to_string);
        let is_it = |sheet: &Sheet| {
            let same_file = sheet.file.file_name().is_some_and(|name| name.to_string_lossy() == file);
            let same_sheet = match (&named, relation.table()) {
                (Some(named), _) => sheet.sheet.as_deref().unwrap_or_default() == named,
                (None, Some(table)) => sheet.table.eq_ignore_ascii_case(table),
                (None, None) => true,
            };
            same_file && same_sheet
        };
        Some((self.sheets.iter().position(is_it)?, number))
    }
}

fn whole(ending: Ending) -> Result<(), Complaint> {
    match ending {
        Ending::Complete { .. } => Ok(()),
        Ending::Incomplete(complaint) => Err(complaint),
    }
}
