//! One sheet of an `.xlsx` receipt, part by part and within limits.
//!
//! The libraries for workbooks believe what a file says of its own size, and unpack all of it; a receipt comes from
//! outside. Only the parts that are needed are unpacked, as streams under one limit.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value as Json;
use zip::ZipArchive;

use super::{CELLS_MAX, COLUMNS_MAX, DECODED_BYTES_MAX, Gathering, too_large, unreadable};
use crate::record::Complaint;

/// What was read.
pub(super) struct Found {
    pub results: Vec<Json>,
    pub formulas: (Vec<String>, u64),
}

/// How many places of formulas are named.
const FORMULAS_NAMED_MAX: usize = 5;

/// The results of one sheet: the named one, or the first that can be seen.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    sheet: Option<&str>,
    heading_row: u32,
) -> Result<Found, Complaint> {
    let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(file, 0, &error))?;
    let mut book = Book { file, zip, left: DECODED_BYTES_MAX };
    let sheets = book.sheets()?;
    let chosen = match sheet {
        Some(name) => sheets.iter().find(|(known, ..)| known == name),
        None => sheets.iter().find(|(_, _, visible)| *visible),
    };
    let Some((_, relation, _)) = chosen else {
        let names: Vec<&str> = sheets.iter().map(|(name, ..)| name.as_str()).collect();
        let reason = format!("没有工作表 · no sheet {}: {}", sheet.unwrap_or("–"), names.join(", "));
        return Err(unreadable(file, 0, &reason));
    };
    let targets = book.targets()?;
    let target = targets.get(relation).cloned().unwrap_or_default();
    let strings = book.strings()?;
    book.rows(&target, &strings, heading_row)
}

struct Book<'a> {
    file: &'a str,
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// How much may still be unpacked.
    left: u64,
}

impl Book<'_> {
    /// Calls somebody with every event of a part; `false` where there is no such part.
    fn walk(
        &mut self,
        part: &str,
        mut see: impl FnMut(&Event<'_>) -> Result<(), Complaint>,
    ) -> Result<bool, Complaint> {
        let file = self.file;
        let Ok(entry) = self.zip.by_name(part) else { return Ok(false) };
        // One byte more than allowed tells that there is more.
        let mut source =
            Reader::from_reader(BufReader::new(Counted { inner: entry.take(self.left + 1), count: 0 }));
        source.config_mut().check_end_names = true;
        let mut buffer = Vec::new();
        loop {
            let event = source.read_event_into(&mut buffer);
            if source.get_ref().get_ref().count > self.left {
                return Err(too_large(file, DECODED_BYTES_MAX));
            }
            match event {
                Ok(Event::Eof) => break,
                Ok(event) => see(&event)?,
                Err(error) => return Err(unreadable(file, 0, &error)),
            }
            buffer.clear();
        }
        self.left -= source.get_ref().get_ref().count.min(self.left);
        Ok(true)
    }

    /// Name, relation and visibility of every sheet, in the book's order.
    fn sheets(&mut self) -> Result<Vec<(String, String, bool)>, Complaint> {
        let mut sheets = Vec::new();
        self.walk("xl/workbook.xml", |event| {
            if let Event::Start(tag) | Event::Empty(tag) = event
                && tag.local_name().as_ref() == b"sheet"
            {
                let visible = !attribute(tag, "state").is_some_and(|state| state.contains("idden"));
                let name = attribute(tag, "name").unwrap_or_default();
                sheets.push((name, attribute(tag, "id").unwrap_or_default(), visible));
            }
            Ok(())
        })?;
        if sheets.is_empty() {
            return Err(unreadable(self.file, 0, &"不是 Excel 工作簿 · not a workbook"));
        }
        Ok(sheets)
    }

    /// Relation → part.
    fn targets(&mut self) -> Result<BTreeMap<String, String>, Complaint> {
        let mut targets = BTreeMap::new();
        self.walk("xl/_rels/workbook.xml.rels", |event| {
            if let Event::Start(tag) | Event::Empty(tag) = event
                && tag.local_name().as_ref() == b"Relationship"
                && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
            {
                let part = match target.strip_prefix('/') {
                    Some(whole) => whole.to_owned(),
                    None => format!("xl/{target}"),
                };
                targets.insert(id, part);
            }
            Ok(())
        })?;
        Ok(targets)
    }

    fn strings(&mut self) -> Result<Vec<String>, Complaint> {
        let file = self.file;
        let mut strings = Vec::new();
        let mut text = Text::default();
        self.walk("xl/sharedStrings.xml", |event| {
            match event {
                Event::Start(tag) if tag.local_name().as_ref() == b"si" => text.begin(),
                Event::End(tag) if tag.local_name().as_ref() == b"si" => strings.push(text.take()),
                Event::Empty(tag) if tag.local_name().as_ref() == b"si" => strings.push(String::new()),
                other => text.see(other),
            }
            if strings.len() > CELLS_MAX { Err(too_large(file, CELLS_MAX)) } else { Ok(()) }
        })?;
        Ok(strings)
    }

    fn rows(&mut self, part: &str, strings: &[String], heading_row: u32) -> Result<Found, Complaint> {
        let file = self.file;
        let mut gathering = Gathering::new(file, heading_row);
        let mut formulas = (Vec::new(), 0_u64);
        let mut text = Text::default();
        let (mut row, mut column) = (0_u64, 0_usize);
        let mut kind = String::new();
        let mut is_formula = false;
        let mut cells: Vec<(usize, String)> = Vec::new();
        let found = self.walk(part, |event| {
            match event {
                Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == b"row" => {
                    let written = attribute(tag, "r").and_then(|number| number.parse().ok());
                    row = written.unwrap_or(row + 1);
                    column = 0;
                    cells.clear();
                }
                Event::End(tag) if tag.local_name().as_ref() == b"row" => {
                    gathering.row(row, cells.drain(..))?;
                }
                Event::Start(tag) if tag.local_name().as_ref() == b"c" => {
                    column = attribute(tag, "r").and_then(|place| column_of(&place)).unwrap_or(column);
                    kind = attribute(tag, "t").unwrap_or_default();
                    is_formula = false;
                    text.begin();
                }
                Event::Empty(tag) if tag.local_name().as_ref() == b"c" => column += 1,
                Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == b"f" => {
                    is_formula = true;
                }
                Event::End(tag) if tag.local_name().as_ref() == b"c" => {
                    let value = text.take();
                    if is_formula {
                        formulas.1 += 1;
                        if formulas.0.len() < FORMULAS_NAMED_MAX {
                            formulas.0.push(format!("{}{row}", letters(column)));
                        }
                    } else if column < COLUMNS_MAX && !value.is_empty() {
                        cells.push((column, shown(&kind, value, strings)));
                    }
                    column += 1;
                }
                other => text.see(other),
            }
            Ok(())
        })?;
        if !found {
            return Err(unreadable(file, 0, &format!("工作表缺失 · the sheet is not there: {part}")));
        }
        Ok(Found { results: gathering.finish()?, formulas })
    }
}

/// Counts what was unpacked.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// The text of a cell or a shared string: what stands in `t` and `v`, without phonetic hints and formulas.
#[derive(Default)]
struct Text {
    text: String,
    /// Inside `t` or `v`.
    open: bool,
    /// Inside `rPh`.
    hint: bool,
}

impl Text {
    fn begin(&mut self) {
        *self = Text::default();
    }

    fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.begin();
        unescape(&text)
    }

    fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) if matches!(tag.local_name().as_ref(), b"t" | b"v") => self.open = true,
            Event::End(tag) if matches!(tag.local_name().as_ref(), b"t" | b"v") => self.open = false,
            Event::Start(tag) if tag.local_name().as_ref() == b"rPh" => self.hint = true,
            Event::End(tag) if tag.local_name().as_ref() == b"rPh" => self.hint = false,
            Event::Text(text) if self.open && !self.hint => {
                self.text.push_str(&String::from_utf8_lossy(text));
            }
            Event::CData(text) if self.open && !self.hint => {
                self.text.push_str(&String::from_utf8_lossy(text));
            }
            // `&amp;` and its like, and characters by number. A name of the file's own stands for nothing.
            Event::GeneralRef(name) if self.open && !self.hint => {
                let raw: &[u8] = name;
                let named = match raw {
                    b"amp" => Some('&'),
                    b"lt" => Some('<'),
                    b"gt" => Some('>'),
                    b"quot" => Some('"'),
                    b"apos" => Some('\''),
                    _ => name.resolve_char_ref().ok().flatten(),
                };
                self.text.extend(named);
            }
            _ => (),
        }
    }
}

/// `_x000D_` and its like, as workbooks write characters that XML has not.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let found = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match found {
            Some(c) => {
                out.push_str(&rest[..at]);
                out.push(c);
                rest = &rest[at + 7..];
            }
            None => {
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A cell's value as people see it, but for dates, which are numbers here.
fn shown(kind: &str, value: String, strings: &[String]) -> String {
    match kind {
        "s" => value
            .trim()
            .parse::<usize>()
            .ok()
            .and_then(|place| strings.get(place))
            .cloned()
            .unwrap_or_default(),
        "b" => if value.trim() == "1" { "true" } else { "false" }.to_owned(),
        "e" => String::new(),
        "str" | "inlineStr" | "d" => value,
        _ => {
            let number = value.trim().parse::<rust_decimal::Decimal>();
            let number = number.or_else(|_| rust_decimal::Decimal::from_scientific(value.trim()));
            number.map_or(value, |number| number.normalize().to_string())
        }
    }
}

/// `BC12` → 54. Errors: no letters, or more columns than any sheet has.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    let mut column = 0_usize;
    for letter in letters {
        column = column.checked_mul(26)?.checked_add(usize::from(letter - b'A') + 1)?;
        if column > 16_384 {
            return None;
        }
    }
    column.checked_sub(1)
}

fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|one| one.key.local_name().as_ref() == name.as_bytes())?;
    let raw = String::from_utf8_lossy(&found.value);
    Some(quick_xml::escape::unescape(&raw).map_or_else(|_| raw.to_string(), |text| text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_letters() {
        for (place, column) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA1", Some(26)),
            ("XFD1", Some(16_383)),
            ("12", None),
            ("ZZZZZZ1", None),
        ] {
            assert_eq!(column_of(place), column, "{place}");
        }
        for column in [0, 25, 26, 701, 702, 16_383] {
            assert_eq!(column_of(&letters(column)), Some(column));
        }
    }

    #[test]
    fn escapes_of_workbooks_are_read_and_others_left() {
        for (given, expect) in [
            ("a_x000D_b", "a\rb"),
            ("_x0009_", "\t"),
            ("_x_", "_x_"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_x00", "_x00"),
            ("项_x4e00", "项_x4e00"),
        ] {
            assert_eq!(unescape(given), expect);
        }
    }

    #[test]
    fn numbers_are_texts_without_a_tail() {
        for (given, expect) in [("1", "1"), ("1.0", "1"), ("1E3", "1000"), ("0.1000", "0.1"), ("x", "x")] {
            assert_eq!(shown("", given.to_owned(), &[]), expect);
        }
    }
}
