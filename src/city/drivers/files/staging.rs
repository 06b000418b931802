//! From files to tables: everything is read once, in one transaction, in constant memory.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::mpsc;

use super::cell::{Cell, mark};
use super::headings::{self, Numbered, OWN_COLUMNS, ROWS_LOOKED_AT};
use super::place::Place;
use super::{csv, sqlite, workbook};
use crate::record::Complaint;

/// A sheet of the city's files, and the table that it became.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub table: String,
    pub file: PathBuf,
    /// `None` of a file without sheets.
    pub sheet: Option<String>,
    /// The row of the headings, as a person counts.
    pub heading_row: u64,
    pub columns: Vec<SheetColumn>,
    is_text: bool,
}

/// A column of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetColumn {
    /// As queries and expressions name it.
    pub name: String,
    /// The heading as it stands in the sheet.
    pub written: String,
    /// Counted from zero.
    pub place: usize,
}

impl Sheet {
    /// The file's name, and its sheet.
    pub fn shown(&self) -> String {
        shown(&self.file, self.sheet.as_deref())
    }
}

/// Staged files. Dropping it removes what was staged.
#[derive(Debug)]
pub struct Stage {
    pub sheets: Vec<Sheet>,
    pub sqlite: sqlite::Reader,
    _place: Place,
}

/// Stages a file, or all files of a folder.
///
/// Errors: Q2060 for a file that cannot be read to its end, Q2065 if there is none, Q2066 if one changes meanwhile,
///         Q2067 if there is no room.
pub async fn stage(path: &Path) -> Result<Stage, Complaint> {
    let files = files(path)?;
    let before = stamps(&files)?;
    let place = Place::new().map_err(|error| no_room(&error))?;
    let staged = place.path("staged.db");
    let mut writer = Writer::open(&staged).await.map_err(|error| no_room(&error))?;
    let (sender, mut steps) = mpsc::channel(STEPS_AHEAD);
    let reading = files.clone();
    let reader = tokio::task::spawn_blocking(move || read(&reading, &sender));
    let mut written = Ok(());
    while let Some(step) = steps.recv().await {
        written = writer.take(step).await;
        if written.is_err() {
            break;
        }
    }
    // A reader that nobody listens to any more ends by itself.
    drop(steps);
    let read = reader.await;
    written.map_err(|error| no_room(&error))?;
    // A workbook that is not what it seems may make the library that reads it give up altogether.
    read.unwrap_or_else(|_| Err(broken(path, None, 0, &"the file is damaged")))?;
    let sheets = writer.finish().await.map_err(|error| no_room(&error))?;
    if before != stamps(&files)? {
        return Err(Complaint::new("Q2066").found(path.display()));
    }
    Ok(Stage { sheets, sqlite: sqlite::Reader::new(&staged), _place: place })
}

/// A file that cannot be read to its end; `row` is zero where no row is known.
pub fn broken(path: &Path, sheet: Option<&str>, row: u64, why: &dyn Display) -> Complaint {
    let complaint = Complaint::new("Q2060").fact("place", shown(path, sheet)).fact("reason", why);
    complaint.fact("row", if row > 0 { row.to_string() } else { "–".to_owned() })
}

pub fn is_csv(path: &Path) -> bool {
    ending(path) == "csv"
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

fn shown(path: &Path, sheet: Option<&str>) -> String {
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    sheet.map_or_else(|| file.to_string(), |sheet| format!("{file} › {sheet}"))
}

fn no_room(error: &dyn Display) -> Complaint {
    Complaint::new("Q2067").fact("reason", error)
}

/// The file, or those of the folder by name. What spreadsheet programs put beside an open file is none.
fn files(path: &Path) -> Result<Vec<PathBuf>, Complaint> {
    let none = |why: &dyn Display| Complaint::new("Q2065").found(path.display()).fact("reason", why);
    let about = fs::metadata(path).map_err(|error| none(&error))?;
    let mut files = Vec::new();
    if about.is_file() {
        files.push(path.to_owned());
    } else {
        for entry in fs::read_dir(path).map_err(|error| none(&error))? {
            let file = entry.map_err(|error| none(&error))?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(['.', '~']) && file.is_file() {
                files.push(file);
            }
        }
    }
    files.retain(|file| ["csv", "xls", "xlsx"].contains(&ending(file).as_str()));
    files.sort();
    if files.is_empty() { Err(none(&"–")) } else { Ok(files) }
}

/// What shows that a file was written to.
fn stamps(files: &[PathBuf]) -> Result<Vec<(u64, Option<SystemTime>)>, Complaint> {
    let stamp = |file: &PathBuf| {
        let about = fs::metadata(file).map_err(|error| broken(file, None, 0, &error))?;
        Ok((about.len(), about.modified().ok()))
    };
    files.iter().map(stamp).collect()
}

enum Step {
    Sheet(Sheet),
    /// Rows of the last sheet.
    Rows(Vec<Numbered>),
}

/// Rows that travel together.
const ROWS_TOGETHER: usize = 256;
const STEPS_AHEAD: usize = 8;
/// Parameters of one statement; SQLite takes some thirty thousand.
const PARAMETERS_MAX: usize = 4096;
/// SQLite's own limit is 2000.
const COLUMNS_MAX: usize = 1900;

fn read(files: &[PathBuf], sender: &mpsc::Sender<Step>) -> Result<(), Complaint> {
    let mut out = Out { sender };
    for file in files {
        if is_csv(file) {
            csv::read(file, &mut out)?;
        } else {
            workbook::read(file, &mut out)?;
        }
    }
    Ok(())
}

/// Where a reader's sheets go.
pub struct Out<'s> {
    sender: &'s mpsc::Sender<Step>,
}

impl Out<'_> {
    /// One sheet. `stretches`: rows may be wider than their headings, as far as can be seen from the first ones.
    pub fn sheet(
        &mut self,
        file: &Path,
        sheet: Option<&str>,
        rows: &mut dyn Iterator<Item = Result<Numbered, Complaint>>,
        stretches: bool,
    ) -> Result<(), Complaint> {
        let is_blank = |row: &Numbered| row.1.iter().all(Cell::is_empty);
        let mut rows = rows.filter(|row| row.as_ref().map_or(true, |row| !is_blank(row)));
        let first: Vec<Numbered> = rows.by_ref().take(ROWS_LOOKED_AT).collect::<Result<_, _>>()?;
        let Some(place) = headings::find(&first) else { return Ok(()) };
        let (heading_row, headings) = &first[place];
        let widest = if stretches { usize::MAX } else { headings.len() };
        let columns = headings::columns(headings, &first[place + 1..], widest);
        if columns.len() > COLUMNS_MAX {
            return Err(broken(file, sheet, *heading_row, &format!("{} columns", columns.len())));
        }
        let name = match sheet {
            Some(sheet) => sheet.to_owned(),
            None => file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let count = columns.len();
        self.send(Step::Sheet(Sheet {
            table: table_name(&name),
            file: file.to_owned(),
            sheet: sheet.map(str::to_owned),
            heading_row: *heading_row,
            columns,
            is_text: sheet.is_none(),
        }))?;
        let mut together = Vec::with_capacity(ROWS_TOGETHER);
        for row in first.into_iter().skip(place + 1).map(Ok).chain(rows) {
            together.push(fitted(row?, count));
            if together.len() == ROWS_TOGETHER {
                self.send(Step::Rows(std::mem::replace(&mut together, Vec::with_capacity(ROWS_TOGETHER))))?;
            }
        }
        if together.is_empty() { Ok(()) } else { self.send(Step::Rows(together)) }
    }

    fn send(&self, step: Step) -> Result<(), Complaint> {
        // Who listens no longer has a reason of its own.
        self.sender.blocking_send(step).map_err(|_| no_room(&"–"))
    }
}

/// The row with a cell for every column. One with more has shifted somewhere, and is refused but for its first
/// cell, by which people know it.
fn fitted((number, mut cells): Numbered, columns: usize) -> Numbered {
    let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    if used > columns {
        for cell in cells.iter_mut().skip(1) {
            *cell = Cell::Refused("Q2062", used.to_string());
        }
    }
    cells.resize(columns, Cell::Empty);
    (number, cells)
}

/// Dots part a schema from its table, and SQLite keeps names of its own.
fn table_name(name: &str) -> String {
    let plain: String =
        name.trim().chars().map(|c| if c == '.' || c.is_control() { '_' } else { c }).collect();
    let is_taken = plain.is_empty() || plain.to_ascii_lowercase().starts_with("sqlite_");
    if is_taken { format!("_{plain}") } else { plain }
}

/// A table under way.
struct Table {
    name: String,
    columns: Vec<String>,
    is_text: bool,
    /// Columns were added behind those that come last.
    has_grown: bool,
}

struct Writer {
    connection: SqliteConnection,
    tables: Vec<Table>,
    sheets: Vec<Sheet>,
}

impl Writer {
    async fn open(path: &Path) -> Result<Writer, sqlx::Error> {
        // Nobody but us will ever see the file before it is whole.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        connection.execute("BEGIN").await?;
        Ok(Writer { connection, tables: Vec::new(), sheets: Vec::new() })
    }

    async fn take(&mut self, step: Step) -> Result<(), sqlx::Error> {
        match step {
            Step::Sheet(sheet) => self.begin(sheet).await,
            Step::Rows(rows) => {
                let columns = self.sheets.last().map_or(0, |sheet| sheet.columns.len()) + OWN_COLUMNS.len();
                for rows in rows.chunks((PARAMETERS_MAX / columns).max(1)) {
                    self.insert(rows).await?;
                }
                Ok(())
            }
        }
    }

    async fn begin(&mut self, mut sheet: Sheet) -> Result<(), sqlx::Error> {
        let known = self.tables.iter_mut().find(|table| table.name.eq_ignore_ascii_case(&sheet.table));
        if let Some(table) = known {
            sheet.table.clone_from(&table.name);
            for column in &mut sheet.columns {
                let same = table.columns.iter().find(|known| known.eq_ignore_ascii_case(&column.name));
                if let Some(same) = same {
                    column.name.clone_from(same);
                    continue;
                }
                let sql = format!("ALTER TABLE {} ADD COLUMN {}", quoted(&table.name), quoted(&column.name));
                self.connection.execute(AssertSqlSafe(sql)).await?;
                table.columns.push(column.name.clone());
                table.has_grown = true;
            }
        } else {
            let columns = sheet.columns.iter().map(|column| column.name.clone()).collect();
            let is_text = sheet.is_text;
            let table = Table { name: sheet.table.clone(), columns, is_text, has_grown: false };
            self.connection.execute(AssertSqlSafe(table.create())).await?;
            self.tables.push(table);
        }
        self.sheets.push(sheet);
        Ok(())
    }

    async fn insert(&mut self, rows: &[Numbered]) -> Result<(), sqlx::Error> {
        let Some(sheet) = self.sheets.last() else { return Ok(()) };
        let number = self.sheets.len() - 1;
        let names = sheet.columns.iter().map(|column| column.name.as_str()).chain(OWN_COLUMNS);
        let names: Vec<_> = names.map(quoted).collect();
        let places: Vec<String> = rows
            .iter()
            .map(|(_, cells)| {
                // SQLite takes bytes for a text without looking at them.
                let place = |cell: &Cell| match cell {
                    Cell::Refused(..) => "CAST(? AS TEXT),",
                    _ => "?,",
                };
                format!("({}?,?,?)", cells.iter().map(place).collect::<String>())
            })
            .collect();
        let sql =
            format!("INSERT INTO {} ({}) VALUES {}", quoted(&sheet.table), names.join(","), places.join(","));
        let file = sheet.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (row, cells) in rows {
            for cell in cells {
                query = match cell {
                    Cell::Empty => query.bind(None::<i64>),
                    Cell::Whole(number) => query.bind(*number),
                    Cell::Real(number) => query.bind(*number),
                    Cell::Text(text) => query.bind(text.clone()),
                    Cell::Refused(id, found) => query.bind(mark(id, number, *row, found)),
                };
            }
            query = query.bind(file.clone()).bind(sheet.sheet.clone()).bind(*row as i64);
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    async fn finish(mut self) -> Result<Vec<Sheet>, sqlx::Error> {
        for table in self.tables.iter().filter(|table| table.has_grown) {
            let name = quoted(&table.name);
            let columns: Vec<_> =
                table.columns.iter().map(String::as_str).chain(OWN_COLUMNS).map(quoted).collect();
            let columns = columns.join(",");
            let steps = [
                format!("ALTER TABLE {name} RENAME TO \"_before\""),
                table.create(),
                format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM \"_before\""),
                "DROP TABLE \"_before\"".to_owned(),
            ];
            for sql in steps {
                self.connection.execute(AssertSqlSafe(sql)).await?;
            }
        }
        self.connection.execute("COMMIT").await?;
        self.connection.close().await?;
        Ok(self.sheets)
    }
}

impl Table {
    fn create(&self) -> String {
        let kind = if self.is_text { " TEXT" } else { "" };
        let columns: String = self.columns.iter().map(|name| format!("{}{kind},", quoted(name))).collect();
        format!("CREATE TABLE {} ({columns} _file TEXT, _sheet TEXT, _row INTEGER)", quoted(&self.name))
    }
}

fn quoted(name: impl AsRef<str>) -> String {
    format!("\"{}\"", name.as_ref().replace('"', "\"\""))
}
