//! Files of tables as a database: one `.xlsx`, `.xls` or `.csv`, or a folder of them.
//!
//! Opening stages every file into a private SQLite file in a folder of its own, which goes when nobody reads any
//! more; queries, joins, keys and order are SQLite's from there on. A file that cannot be read to its end is an
//! error, never a table with rows missing.
//!
//! * A visible sheet is a table of its name, a CSV one of its file's name; a dot in it becomes `_`. Sheets of one
//!   name in several files are one table. The columns `_file`, `_sheet` and `_row`, which come last, say where a row
//!   stands, as a person counts.
//! * A workbook's texts, numbers and times are what the cells hold, not how they are shown; formulas count by their
//!   value, merged cells by their first. Hidden rows are read. A heading over several rows counts by its first.
//! * A cell that cannot be what somebody wrote (`#N/A`, bytes of another encoding, an 18-digit number) is refused
//!   by itself, with its place.

mod cell;
mod csv;
mod headings;
mod place;
mod raw;
mod staging;
mod workbook;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::stream::StreamExt;
use tokio::sync::OnceCell;

use super::super::column::{ColumnInfo, Statement};
use super::super::cursor::{Cursor, Line};
use super::super::survey::SurveyedTable;
use super::{Refusal, sqlite};
use crate::record::{Complaint, Language};

#[cfg(test)]
mod tests;

pub use headings::PLACE_COLUMN;
pub use raw::raw_rows;
pub use staging::{Sheet, SheetColumn};

use staging::Stage;

/// Files that are read as one database. A clone shares what is staged.
#[derive(Clone, Debug)]
pub struct Reader {
    path: PathBuf,
    stage: Arc<OnceCell<Stage>>,
}

impl Reader {
    pub fn new(path: &Path) -> Self {
        Reader { path: path.into(), stage: Arc::default() }
    }

    /// Reads the files, once. Errors: Q2060, Q2065-Q2067.
    pub async fn stage(&self) -> Result<&[Sheet], Complaint> {
        self.staged().await.map(|stage| stage.sheets.as_slice())
    }

    pub async fn probe(&self) -> Result<(), String> {
        self.sqlite().await?.probe().await
    }

    pub async fn tables(&self) -> Result<Vec<String>, String> {
        self.sqlite().await?.tables().await
    }

    /// The heading as it was written is the column's comment: it may hold what the name leaves out.
    pub async fn survey(&self) -> Result<Vec<SurveyedTable>, String> {
        let stage = self.staged().await.map_err(|complaint| words(&complaint))?;
        let mut tables = stage.sqlite.survey().await?;
        for table in &mut tables {
            let sheets = stage.sheets.iter().filter(|sheet| sheet.table.eq_ignore_ascii_case(&table.name));
            let written: Vec<_> = sheets.flat_map(|sheet| &sheet.columns).collect();
            for column in &mut table.columns {
                if let Some(known) = written.iter().find(|known| known.name == column.name) {
                    column.comment.clone_from(&known.written);
                }
            }
        }
        Ok(tables)
    }

    pub async fn describe(&self, sql: String) -> Result<Vec<ColumnInfo>, Refusal> {
        self.sqlite().await.map_err(Refusal::Words)?.describe(sql).await
    }

    pub async fn open_cursors(&self, statements: Vec<Statement>) -> Result<Vec<Cursor>, String> {
        let cursors = self.sqlite().await?.open_cursors(statements).await?;
        let translated = cursors.into_iter().map(|mut cursor| {
            let (columns, key) = (cursor.columns().clone(), cursor.key().to_vec());
            // The staged file stays as long as a cursor reads it.
            let stage = self.stage.clone();
            let lines = async_stream::stream! {
                while let Some(line) = cursor.next().await {
                    yield line.map(|line| match stage.get() {
                        Some(stage) => in_words(line, &stage.sheets),
                        None => line,
                    });
                }
            };
            Cursor::new(columns, key, lines.boxed())
        });
        Ok(translated.collect())
    }

    async fn staged(&self) -> Result<&Stage, Complaint> {
        self.stage.get_or_try_init(|| staging::stage(&self.path)).await
    }

    async fn sqlite(&self) -> Result<&sqlite::Reader, String> {
        self.staged().await.map(|stage| &stage.sqlite).map_err(|complaint| words(&complaint))
    }
}

/// Puts what was wrong with a cell when it was staged in the place of what SQLite says of it.
fn in_words(mut line: Line, sheets: &[Sheet]) -> Line {
    if line.troubles.is_empty() {
        return line;
    }
    let mut told = Vec::with_capacity(line.troubles.len());
    for trouble in std::mem::take(&mut line.troubles) {
        let trouble = cell::unmark(trouble, sheets);
        // A row with too many cells is refused cell by cell, and once is enough.
        let again = trouble.id == "Q2062" && told.iter().any(|other: &Complaint| other.id == "Q2062");
        if !again {
            told.push(trouble);
        }
    }
    line.troubles = told;
    line
}

fn words(complaint: &Complaint) -> String {
    complaint.message(Language::English)
}
