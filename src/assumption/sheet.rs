//! The sheet as Markdown, CSV or a workbook.

use std::path::Path;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use super::row::{Row, Sheet};
use crate::record::Language;

/// The kinds of files that the sheet can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Markdown,
    Csv,
    Workbook,
}

const HEADINGS: [[&str; 2]; 8] = [
    ["序号", "no."],
    ["部分", "part"],
    ["对象", "about"],
    ["位置", "place"],
    ["名称", "name"],
    ["目前的做法或问题", "what we do now, or the question"],
    ["依据或原因", "source or reason"],
    // Empty: this is the column that the sheet is sent for.
    ["省平台的答复", "the province's answer"],
];
const WIDTHS: [f64; 8] = [6.0, 10.0, 22.0, 26.0, 22.0, 60.0, 36.0, 40.0];

impl Form {
    /// By a file's ending.
    pub fn of_file(path: &Path) -> Option<Form> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" => Some(Form::Markdown),
            "csv" => Some(Form::Csv),
            "xlsx" => Some(Form::Workbook),
            _ => None,
        }
    }

    /// The file's bytes. Errors: what the library that writes workbooks says.
    pub fn write(self, sheet: &Sheet, language: Language) -> Result<Vec<u8>, XlsxError> {
        match self {
            Form::Markdown => Ok(markdown(sheet, language).into_bytes()),
            Form::Csv => Ok(comma_separated(sheet, language)),
            Form::Workbook => workbook(sheet, language),
        }
    }
}

/// A table in Markdown.
pub fn markdown(sheet: &Sheet, language: Language) -> String {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("# {}\n\n", one_line(language.pick(&sheet.title[0], &sheet.title[1])));
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(&headings(language)));
    text.push_str(&line(&HEADINGS.map(|_| "---".to_owned())));
    for (index, row) in sheet.rows.iter().enumerate() {
        let cells =
            cells(index, row, language).map(|cell| one_line(&cell.replace('\\', "\\\\").replace('|', "\\|")));
        text.push_str(&line(&cells));
    }
    text
}

fn comma_separated(sheet: &Sheet, language: Language) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let rows = sheet.rows.iter().enumerate().map(|(index, row)| cells(index, row, language).map(harmless));
    for cells in std::iter::once(headings(language)).chain(rows) {
        // Writing to memory does not fail, and every row has the same length.
        writer.write_record(&cells).unwrap_or_default();
    }
    let bytes = writer.into_inner().unwrap_or_default();
    // Without the mark, spreadsheets take UTF-8 for the local code page.
    [b"\xef\xbb\xbf".as_slice(), &bytes].concat()
}

/// A text that a spreadsheet would take for a formula gets an apostrophe. Source: RFC 4180; OWASP, CSV Injection.
fn harmless(cell: String) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{cell}") } else { cell }
}

fn workbook(sheet: &Sheet, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let line = Color::RGB(0x00BF_BFBF);
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let text = text.set_border(FormatBorder::Thin).set_border_color(line);
    let head = Format::new().set_bold().set_text_wrap().set_border(FormatBorder::Thin).set_border_color(line);
    let answer = text.clone().set_background_color(Color::RGB(0x00FC_E4D6));
    let head = head.set_background_color(Color::RGB(0x00DD_EBF7));
    page.set_name(language.pick("假设与问题", "assumptions"))?.set_freeze_panes(2, 0)?;
    page.write_string_with_format(
        0,
        0,
        language.pick(&sheet.title[0], &sheet.title[1]),
        &Format::new().set_bold().set_font_size(14),
    )?;
    for (column, (heading, width)) in headings(language).iter().zip(WIDTHS).enumerate() {
        page.set_column_width(column as u16, width)?;
        page.write_string_with_format(1, column as u16, heading, &head)?;
    }
    for (index, row) in sheet.rows.iter().enumerate() {
        for (column, cell) in cells(index, row, language).into_iter().enumerate() {
            // Written as strings: a cell never becomes a formula, but somebody may save it as CSV.
            let format = if column + 1 == HEADINGS.len() { &answer } else { &text };
            page.write_string_with_format(index as u32 + 2, column as u16, harmless(cell), format)?;
        }
    }
    let last = (sheet.rows.len() as u32 + 1).max(2);
    page.autofilter(1, 0, last, HEADINGS.len() as u16 - 1)?;
    page.set_landscape().set_repeat_rows(1, 1)?;
    book.save_to_buffer()
}

fn headings(language: Language) -> [String; 8] {
    HEADINGS.map(|[zh, en]| language.pick(zh, en).to_owned())
}

fn cells(index: usize, row: &Row, language: Language) -> [String; 8] {
    let pick = |texts: &[String; 2]| language.pick(&texts[0], &texts[1]).to_owned();
    [
        (index + 1).to_string(),
        row.part.name(language).to_owned(),
        pick(&row.about),
        row.place.clone(),
        pick(&row.name),
        pick(&row.now),
        pick(&row.source),
        String::new(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{Part, questions};
    use super::*;

    fn sheet(text: &str) -> Sheet {
        let twice = || [text.to_owned(), text.to_owned()];
        let row = Row {
            part: Part::Interface,
            about: twice(),
            place: text.to_owned(),
            name: twice(),
            now: twice(),
            source: twice(),
        };
        Sheet { title: twice(), rows: vec![row] }
    }

    #[test]
    fn no_cell_becomes_a_formula_and_none_breaks_the_table() {
        for evil in ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", "=cmd|' /C calc'!A0"] {
            let text = String::from_utf8(Form::Csv.write(&sheet(evil), Language::Chinese).unwrap()).unwrap();
            let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            let starts: Vec<_> =
                record.iter().filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '＝'])).collect();
            assert!(starts.is_empty(), "{evil}: {record:?}");
            assert!(!Form::Workbook.write(&sheet(evil), Language::Chinese).unwrap().is_empty());
        }
        let text = markdown(&sheet("a|b\nc"), Language::English);
        assert_eq!(text.lines().count(), 2 + 3, "{text}");
        assert!(text.contains("a\\|b c"), "{text}");
    }

    #[test]
    fn questions_are_read_with_their_headings_or_not_at_all() {
        let read = questions("\u{feff}topic,question,reason\n# 注\n接口,\"有文档吗,何时\",要联调\n").unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].question, "有文档吗,何时");
        assert_eq!(questions("a,b\n1,2\n").unwrap_err().id, "Q7702");
        assert_eq!(questions("topic,question,reason\n1,2\n").unwrap_err().id, "Q7702");
    }

    #[test]
    fn a_files_ending_decides() {
        for (name, expect) in [
            ("a.md", Some(Form::Markdown)),
            ("a.CSV", Some(Form::Csv)),
            ("a.xlsx", Some(Form::Workbook)),
            ("a.docx", None),
            ("a", None),
        ] {
            assert_eq!(Form::of_file(Path::new(name)), expect, "{name}");
        }
    }
}
