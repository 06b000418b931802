//! `qilu schema report`: what we have assumed about the province, for the province to confirm or correct.

use std::path::Path;

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::schema::{Writing, described, told};
use super::template::{save, unwritten};
use crate::assumption::{self, Form, Sheet};
use crate::record::Language;

/// The province's open questions beside its schemas.
const QUESTIONS: &str = "questions.csv";

pub(super) fn run(desk: &Desk, writing: &Writing) -> Result<Exit, Failure> {
    let instance = desk.instance_alone()?;
    let described = described(&instance, writing.platform.as_deref())?;
    let questions = read_questions(&described.folder.join(QUESTIONS))?;
    let sheet = Sheet::of(&described.platform, &described.schemas, questions);
    let Some(path) = &writing.output else {
        desk.screen.document(&sheet.rows);
        desk.screen.line(assumption::markdown(&sheet, desk.screen.language));
        return Ok(Exit::Well);
    };
    let Some(form) = Form::of_file(path) else {
        return Err(Failure::usage(
            format!("{} 的扩展名不认识", path.display()),
            format!("the ending of {} is not known", path.display()),
            "写 .md、.csv 或 .xlsx。",
            "use .md, .csv or .xlsx",
        ));
    };
    // A sheet for a Chinese province is Chinese unless somebody asks for English.
    let language = if desk.asked == Some(Language::English) { Language::English } else { Language::Chinese };
    let bytes = form.write(&sheet, language).map_err(|why| unwritten(path, &why))?;
    save(path, &bytes, writing.force)?;
    let rows = sheet.rows.len();
    desk.screen.document(&serde_json::json!({ "file": path, "rows": rows }));
    told(desk, path, rows, ("行", "rows"));
    Ok(Exit::Well)
}

/// Errors: a file that is there and cannot be read as `topic,question,reason`. A folder without one asks nothing.
fn read_questions(path: &Path) -> Result<Vec<assumption::Question>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::file(path, &error)),
    };
    assumption::questions(&text).map_err(|complaint| {
        Failure::from(vec![crate::config::Fault { file: path.to_owned(), line: 1, column: 1, complaint }])
    })
}
