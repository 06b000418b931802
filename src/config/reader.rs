//! Walks a parsed TOML file, collecting every fault instead of stopping at the first.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Fault, Located};
use crate::record::Complaint;

/// One file being read. Sections borrow it and leave their faults with it.
pub struct Reader<'a> {
    file: PathBuf,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
    /// The text has syntax errors, so that a key may seem missing although it was written.
    broken: Cell<bool>,
}

/// A table of the file. Every key that is asked for is known; `finish` complains about all others.
pub struct Section<'a> {
    reader: &'a Reader<'a>,
    table: &'a DeTable<'a>,
    /// `source.withdraw`, as a person would name it; empty for the file itself.
    path: String,
    start: usize,
    known: RefCell<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub fn new(file: impl Into<PathBuf>, text: &'a str) -> Self {
        Reader { file: file.into(), text, faults: RefCell::default(), broken: Cell::new(false) }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Parses the text, going on after syntax errors. The caller owns the tree that sections borrow.
    pub fn parse(&self) -> Spanned<DeTable<'a>> {
        let (tree, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.broken.set(true);
            self.complain(at, Complaint::new("Q1001").fact("reason", error.message()));
        }
        tree
    }

    pub fn root(&'a self, tree: &'a Spanned<DeTable<'a>>) -> Section<'a> {
        Section {
            reader: self,
            table: tree.get_ref(),
            path: String::new(),
            start: tree.span().start,
            known: RefCell::default(),
        }
    }

    pub fn complain(&self, at: usize, complaint: Complaint) {
        let (line, column) = self.place(at);
        self.faults.borrow_mut().push(Fault { file: self.file.clone(), line, column, complaint });
    }

    /// All faults, in the order of the file.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn locate<T>(&self, value: T, at: usize) -> Located<T> {
        let (line, column) = self.place(at);
        Located { value, line, column }
    }

    /// A text with the place of its first character inside the quotes, so that a fault within an expression
    /// or a query can be counted from there.
    fn locate_text(&self, text: String, at: usize) -> Located<String> {
        let written = self.text.get(at..).unwrap_or_default();
        let quotes = match written.get(..3) {
            Some("\"\"\"" | "'''") => 3,
            _ => usize::from(written.starts_with(['"', '\''])),
        };
        let inside = &written[quotes..];
        let newline = match quotes {
            3 if inside.starts_with("\r\n") => 2,
            3 => usize::from(inside.starts_with('\n')),
            _ => 0,
        };
        self.locate(text, at + quotes + newline)
    }
}

impl<'a> Section<'a> {
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Complains about the section as a whole, at its first character.
    pub fn complain(&self, complaint: Complaint) {
        self.reader.complain(self.start, complaint);
    }

    /// Complains at a key of this section.
    pub fn complain_at(&self, key: &str, complaint: Complaint) {
        let at = self.raw(key).map_or(self.start, |value| value.span().start);
        self.reader.complain(at, complaint);
    }

    /// Complains at the place of a name or text that was read.
    pub fn complain_located<T>(&self, at: &Located<T>, complaint: Complaint) {
        let fault = Fault { file: self.reader.file.clone(), line: at.line, column: at.column, complaint };
        self.reader.faults.borrow_mut().push(fault);
    }

    /// Complains at a byte inside a text that was read.
    pub fn complain_inside(&self, text: &Located<String>, byte: usize, complaint: Complaint) {
        let before = text.get(..byte).unwrap_or(&text.value);
        let lines = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = if lines == 0 { text.column + last } else { last + 1 };
        self.complain_located(&Located { value: (), line: text.line + lines, column }, complaint);
    }

    pub fn file(&self) -> &Path {
        &self.reader.file
    }

    /// Where the section starts.
    pub fn place(&self) -> Located<()> {
        self.reader.locate((), self.start)
    }

    /// Where a key's value stands; the section's beginning if it is not there.
    pub fn place_of(&self, key: &str) -> Located<()> {
        self.reader.locate((), self.raw(key).map_or(self.start, |value| value.span().start))
    }

    pub fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    pub fn text(&self, key: &str) -> Option<Located<String>> {
        let found = self.take(key, "text", |value| value.as_str().map(str::to_owned))?;
        let at = self.raw(key)?.span().start;
        Some(self.reader.locate_text(found.value, at))
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.take(key, "true or false", DeValue::as_bool).map(|found| found.value)
    }

    /// A whole number that is not negative.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.take(key, "a whole number", |value| value.as_integer()?.as_str().replace('_', "").parse().ok())
            .map(|found| found.value)
    }

    /// A number between 0 and 1, written `0.1`, `0` or `1`.
    pub fn ratio(&self, key: &str) -> Option<f64> {
        let read = |value: &DeValue<'_>| {
            let written = value.as_float().map(|float| float.as_str().to_owned());
            let written = written.or_else(|| value.as_integer().map(|whole| whole.as_str().to_owned()))?;
            written.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
        };
        self.take(key, "a number from 0 to 1", read).map(|found| found.value)
    }

    /// `"250ms"`, `"30s"`, `"5m"`, `"2h"` or `"7d"`; `"0"` needs no unit.
    pub fn duration(&self, key: &str) -> Option<std::time::Duration> {
        self.take(key, "a duration such as \"30s\", \"5m\", \"2h\"", |value| parse_duration(value.as_str()?))
            .map(|found| found.value)
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn texts(&self, key: &str) -> Option<Vec<Located<String>>> {
        self.know(key);
        let value = self.raw(key)?;
        if let Some(text) = value.get_ref().as_str() {
            return Some(vec![self.reader.locate_text(text.to_owned(), value.span().start)]);
        }
        let items = value.get_ref().as_array().map(|items| {
            let read = |item: &Spanned<DeValue<'_>>| {
                let text = item.get_ref().as_str()?.to_owned();
                Some(self.reader.locate_text(text, item.span().start))
            };
            items.iter().map(read).collect::<Option<Vec<_>>>()
        });
        let texts = items.flatten();
        if texts.is_none() {
            self.wrong_type(key, value, "a list of texts");
        }
        texts
    }

    /// As `text`, but complains when the key is missing.
    pub fn need_text(&self, key: &str) -> Option<Located<String>> {
        let found = self.text(key);
        self.miss(key);
        found
    }

    /// Complains if a key is missing. Silent in a file with syntax errors, which may have swallowed the key.
    pub fn miss(&self, key: &str) {
        if !self.has(key) && !self.reader.broken.get() {
            self.complain(Complaint::new("Q1002").fact("key", self.full(key)));
        }
    }

    /// One of the listed words.
    pub fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
        let known = words.iter().find(|(word, _)| *word == found.value).map(|(_, meaning)| *meaning);
        if known.is_none() {
            let list: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let complaint = Complaint::new("Q1004").fact("key", self.full(key)).found(&found.value);
            self.complain_at(key, complaint.fact("expected", list.join(" | ")));
        }
        known
    }

    pub fn section(&self, key: &str) -> Option<Section<'a>> {
        self.know(key);
        let value = self.raw(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table");
            return None;
        };
        Some(self.inside(self.full(key), table, value.span().start))
    }

    pub fn need_section(&self, key: &str) -> Option<Section<'a>> {
        let found = self.section(key);
        self.miss(key);
        found
    }

    /// The tables of `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'a>> {
        self.know(key);
        let Some(value) = self.raw(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables ([[…]])");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.get_ref().as_table() {
                Some(table) => {
                    found.push(self.inside(format!("{}[{index}]", self.full(key)), table, item.span().start));
                }
                None => self.wrong_type(key, item, "a table"),
            }
        }
        found
    }

    /// Every key of the section with its text, in the order of the file: for tables whose keys are names.
    pub fn all_texts(&self) -> Vec<(Located<String>, Located<String>)> {
        let mut found = Vec::new();
        for (name, _) in self.table.iter() {
            let key = name.get_ref().as_ref();
            if let Some(text) = self.text(key) {
                found.push((self.reader.locate(key.to_owned(), name.span().start), text));
            }
        }
        found
    }

    /// Every text of the section and of the tables inside it, by dotted name: `contact.phone = "…"` and
    /// `"contact.phone" = "…"` say the same.
    pub fn all_texts_deep(&self) -> Vec<(Located<String>, Located<String>)> {
        let mut found = Vec::new();
        for (name, value) in self.table.iter() {
            let key = name.get_ref().as_ref();
            if value.get_ref().is_table() {
                let inside = self.section(key).map(|section| section.all_texts_deep()).unwrap_or_default();
                found.extend(inside.into_iter().map(|(mut inner, text)| {
                    inner.value = format!("{key}.{}", inner.value);
                    (inner, text)
                }));
            } else if let Some(text) = self.text(key) {
                found.push((self.reader.locate(key.to_owned(), name.span().start), text));
            }
        }
        found
    }

    /// Every key of the section with its table, in the order of the file.
    pub fn all_sections(&self) -> Vec<(Located<String>, Section<'a>)> {
        let mut found = Vec::new();
        for (name, _) in self.table.iter() {
            let key = name.get_ref().as_ref();
            if let Some(section) = self.section(key) {
                found.push((self.reader.locate(key.to_owned(), name.span().start), section));
            }
        }
        found
    }

    /// A key's value of any type as JSON: for examples. Dates become their text.
    pub fn json(&self, key: &str) -> Option<serde_json::Value> {
        self.know(key);
        self.raw(key).map(|value| to_json(value.get_ref()))
    }

    /// Complains about every key that nobody asked for, naming the nearest known one.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (name, _) in self.table.iter() {
            let key = name.get_ref().as_ref();
            if !known.contains(key) {
                let near = nearest(key, known.iter().map(String::as_str)).unwrap_or("-");
                let complaint = Complaint::new("Q1003").fact("key", self.full(key)).fact("near", near);
                self.reader.complain(name.span().start, complaint);
            }
        }
    }

    fn inside(&self, path: String, table: &'a DeTable<'a>, start: usize) -> Section<'a> {
        Section { reader: self.reader, table, path, start, known: RefCell::default() }
    }

    fn take<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<Located<T>> {
        self.know(key);
        let value = self.raw(key)?;
        match read(value.get_ref()) {
            Some(found) => Some(self.reader.locate(found, value.span().start)),
            None => {
                self.wrong_type(key, value, expected);
                None
            }
        }
    }

    fn raw(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    fn know(&self, key: &str) {
        self.known.borrow_mut().insert(key.to_owned());
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let complaint = Complaint::new("Q1004").fact("key", self.full(key)).fact("expected", expected);
        self.reader.complain(value.span().start, complaint.found(value.get_ref().type_str()));
    }
}

fn parse_duration(text: &str) -> Option<std::time::Duration> {
    if text == "0" {
        return Some(std::time::Duration::ZERO);
    }
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(std::time::Duration::from_millis)
}

fn to_json(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Integer(whole) => whole
            .as_str()
            .replace('_', "")
            .parse::<i64>()
            .map_or_else(|_| Json::from(whole.as_str()), Json::from),
        DeValue::Float(float) => {
            float.as_str().replace('_', "").parse::<f64>().map_or(Json::Null, Json::from)
        }
        DeValue::Boolean(flag) => Json::from(*flag),
        DeValue::Datetime(time) => Json::from(time.to_string()),
        DeValue::Array(items) => Json::Array(items.iter().map(|item| to_json(item.get_ref())).collect()),
        DeValue::Table(table) => Json::Object(
            table.iter().map(|(name, item)| (name.get_ref().to_string(), to_json(item.get_ref()))).collect(),
        ),
    }
}

/// The known word within two edits of what was written.
pub(super) fn nearest<'w>(written: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    words
        .map(|word| (edits(written, word), word))
        .filter(|(edits, _)| *edits <= 2)
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein distance in characters.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[other.len()]
}
