//! `qilu template --notes`: copies of the senders' files with what is wrong written on the cells.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::desk::Desk;
use super::exit::Exit;
use super::failure::Failure;
use super::table::{Table, count};
use super::template::{save, unwritten};
use crate::city::{Sheet, raw_rows};
use crate::form::{Note, annotate, workbook_of};
use crate::record::{Language, Owner, find_column};
use crate::sync::{Error, Remark, Remarks, compile, remarks};

/// Judges a route's files and writes a copy of each that has complaints.
pub async fn run(desk: &Desk, route: &str, out: Option<&Path>, force: bool) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let parts = compile(&instance)?;
    let Some(found) = parts.push_routes.get(route) else {
        let known = parts.push_routes.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Error::Unknown { what: "push route", name: route.to_owned(), known }.into());
    };
    let today = desk.clock.now().to_utc().with_timezone(&instance.zone).date_naive();
    let found = remarks(&instance, found, today).await?;
    let mut by_file: BTreeMap<&Path, Vec<&Remark>> = BTreeMap::new();
    for remark in &found.remarks {
        by_file.entry(&found.sheets[remark.sheet].file).or_default().push(remark);
    }
    // They go to units of the city, whatever language this shell speaks.
    let language = instance.language.unwrap_or(Language::Chinese);
    let mut written = Vec::new();
    for (file, remarks) in &by_file {
        let to = destination(file, out, by_file.len() > 1)?;
        let bytes = copy(file, &found, remarks, language);
        let bytes = bytes.await.map_err(|why| unwritten(&to, &why))?;
        save(&to, &bytes, force)?;
        written.push((file.display().to_string(), remarks.len() as u64, to));
    }
    show(desk, &found, &written);
    let has_trouble = desk.strict && found.remarks.iter().any(|one| one.complaint.is_error());
    Ok(if has_trouble { Exit::Trouble } else { Exit::Well })
}

/// `甲公司.xlsx` → `甲公司-问题.xlsx`, in the folder that was named, or here.
fn destination(file: &Path, out: Option<&Path>, several: bool) -> Result<PathBuf, Failure> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-问题.xlsx");
    match out {
        None => Ok(PathBuf::from(name)),
        Some(folder) if several || folder.is_dir() => {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
            Ok(folder.join(name))
        }
        Some(file) => Ok(file.to_owned()),
    }
}

/// The file with notes in it; one that can hold none becomes a workbook first.
async fn copy(
    file: &Path,
    found: &Remarks,
    remarks: &[&Remark],
    language: Language,
) -> Result<Vec<u8>, String> {
    let is_workbook = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    let sheets: Vec<(usize, Sheet)> =
        found.sheets.iter().cloned().enumerate().filter(|(_, sheet)| sheet.file == file).collect();
    let remarks: Vec<Remark> = remarks.iter().map(|remark| (*remark).clone()).collect();
    let file = file.to_owned();
    // Libraries that take workbooks apart wait for the disk, and may give up on a strange one altogether.
    let made = tokio::task::spawn_blocking(move || {
        let mut notes = Vec::new();
        let bytes = if is_workbook {
            for remark in &remarks {
                let sheet = sheets.iter().find(|(index, _)| *index == remark.sheet);
                notes.extend(sheet.map(|(_, sheet)| note(sheet, remark, remark.row, language)));
            }
            std::fs::read(&file).map_err(|error| error.to_string())?
        } else {
            // Only the first sheet of an old workbook goes back; forms have one, or come as .xlsx.
            let Some((index, sheet)) = sheets.first() else { return Err("no sheet".to_owned()) };
            let rows = raw_rows(&file, sheet.sheet.as_deref()).map_err(|complaint| complaint.to_string())?;
            for remark in remarks.iter().filter(|remark| remark.sheet == *index) {
                let row = rows.iter().position(|(number, _)| *number == remark.row);
                notes.extend(row.map(|row| note(sheet, remark, row as u64 + 1, language)));
            }
            let cells: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
            workbook_of(sheet_name(sheet), &cells).map_err(|error| error.to_string())?
        };
        annotate(&bytes, &notes)
    });
    made.await.unwrap_or_else(|_| Err("the workbook is damaged".to_owned()))
}

fn sheet_name(sheet: &Sheet) -> &str {
    sheet.sheet.as_deref().unwrap_or("问题")
}

/// On the cell that the complaint speaks of; on the first one where it speaks of the row.
fn note(sheet: &Sheet, remark: &Remark, row: u64, language: Language) -> Note {
    let names = sheet.columns.iter().map(|column| column.name.as_str());
    let named = find_column(&remark.column, names.clone());
    let column = named.or_else(|| find_column(crate::config::FORM_KEY, names));
    let place = column.and_then(|column| sheet.columns.get(column)).map_or(0, |column| column.place);
    let complaint = &remark.complaint;
    // Whoever filled the form in can mend data, but no configuration.
    let advice = match complaint.owner {
        Owner::Integrator => language.pick(
            "按填写说明改写这一格；不知道怎么改，请告知发表单位的对接人员。",
            "write the cell as the form's explanations say; if you do not know how, tell the office that sent the form",
        )
        .to_owned(),
        _ => complaint.advice(language),
    };
    let text = format!("{} {}\n→ {advice}", complaint.id, complaint.message(language));
    Note {
        sheet: sheet_name(sheet).to_owned(),
        row: u32::try_from(row).unwrap_or(u32::MAX),
        column: u32::try_from(place).unwrap_or_default(),
        text,
    }
}

fn show(desk: &Desk, found: &Remarks, written: &[(String, u64, PathBuf)]) {
    let screen = &desk.screen;
    let files: Vec<_> = written
        .iter()
        .map(|(file, complaints, to)| serde_json::json!({"file": file, "complaints": complaints, "copy": to}))
        .collect();
    screen.document(&serde_json::json!({"rows": found.rows, "files": files}));
    if written.is_empty() {
        screen.line(screen.pick("没有发现问题，不必退回。", "nothing to complain of, nothing to send back"));
        return;
    }
    let mut table = Table::new()
        .words(screen.pick("报来的文件", "the sender's file"))
        .numbers(screen.pick("问题", "complaints"))
        .words(screen.pick("带批注的副本", "the copy with notes"));
    for (file, complaints, to) in written {
        table.row([file.clone(), count(*complaints), to.display().to_string()]);
    }
    screen.table(&table);
}
