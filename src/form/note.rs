//! Complaints as notes in a copy of the sender's workbook.

use std::collections::BTreeMap;
use std::io::Cursor;

use rust_xlsxwriter::XlsxError;
use umya_spreadsheet::{Comment, reader, writer};

/// What is wrong with a cell, for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub sheet: String,
    /// As a person counts.
    pub row: u32,
    /// Counted from zero.
    pub column: u32,
    pub text: String,
}

/// Who signs the notes.
const AUTHOR: &str = "qilu";
/// Light red.
const COLOUR: &str = "FFFFC7CE";

/// The workbook with every note as a comment on its cell, which is filled light red; everything else stays as the
/// sender made it. Notes of one cell become one comment, under one that is there already.
///
/// Errors: a workbook that the library cannot take apart, in its words.
pub fn annotate(workbook: &[u8], notes: &[Note]) -> Result<Vec<u8>, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let mut book = reader::xlsx::read_reader(Cursor::new(workbook), true).map_err(|error| words(&error))?;
    let mut by_cell: BTreeMap<(&str, u32, u32), Vec<&str>> = BTreeMap::new();
    for note in notes {
        let texts = by_cell.entry((&note.sheet, note.row, note.column)).or_default();
        if !texts.contains(&note.text.as_str()) {
            texts.push(&note.text);
        }
    }
    for ((sheet, row, column), texts) in by_cell {
        let sheet = book.sheet_by_name_mut(sheet).map_err(|error| words(&error))?;
        let place = (column + 1, row);
        sheet.cell_mut(place).style_mut().set_background_color(COLOUR);
        let text = texts.join("\n\n");
        let known = sheet
            .comments_mut()
            .iter_mut()
            .find(|comment| (comment.coordinate().col_num(), comment.coordinate().row_num()) == place);
        match known {
            Some(comment) => {
                let before = words_of(comment);
                comment.set_text_string(format!("{before}\n\n{text}"));
            }
            None => {
                let mut comment = Comment::default();
                comment.new_comment(place).set_author(AUTHOR).set_text_string(text);
                sheet.add_comments(comment);
            }
        }
    }
    let mut bytes = Vec::new();
    writer::xlsx::write_writer(&book, &mut bytes).map_err(|error| words(&error))?;
    Ok(bytes)
}

/// A workbook with one sheet of texts, for a sender whose file can hold no notes.
///
/// Errors: as `template`.
pub fn workbook_of(sheet: &str, rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let text = rust_xlsxwriter::Format::new().set_num_format("@");
    let page = book.add_worksheet().set_name(sheet)?;
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            page.write_string_with_format(row as u32, column as u16, cell, &text)?;
        }
    }
    book.save_to_buffer()
}

fn words_of(comment: &Comment) -> String {
    let text = comment.text();
    match (text.text(), text.rich_text()) {
        (Some(plain), _) => plain.value().to_owned(),
        (None, Some(rich)) => rich.text().into_owned(),
        (None, None) => String::new(),
    }
}
