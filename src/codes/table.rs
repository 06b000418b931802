//! One code table and the city's crosswalk onto it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::{narrow, nearest, trim};
use crate::record::{Fingerprint, Fingerprinter};

/// One code of the province.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeRow {
    pub code: Arc<str>,
    pub name: Arc<str>,
    /// The code one level up.
    pub parent: Option<Arc<str>>,
    /// The first day on which the code is in force; none: since ever.
    pub from: Option<NaiveDate>,
    /// The last day; none: still in force.
    pub to: Option<NaiveDate>,
}

impl CodeRow {
    /// A code without levels, in force at all times.
    pub fn new(code: &str, name: &str) -> Self {
        CodeRow { code: code.into(), name: name.into(), parent: None, from: None, to: None }
    }

    pub fn is_current(&self, on: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
    }
}

/// A code table in the order of its file, with the city's words for its codes.
#[derive(Clone, Debug)]
pub struct CodeTable {
    name: Arc<str>,
    rows: Vec<CodeRow>,
    by_code: HashMap<Arc<str>, usize>,
    /// Folded names; of two rows with one name the first counts.
    by_name: HashMap<Box<str>, usize>,
    /// The crosswalk in its file's order, as written.
    crosswalk: Vec<(Arc<str>, Arc<str>)>,
    by_value: HashMap<Box<str>, Arc<str>>,
}

impl CodeTable {
    /// An empty table.
    pub fn new(name: &str) -> Self {
        CodeTable {
            name: name.into(),
            rows: Vec::new(),
            by_code: HashMap::new(),
            by_name: HashMap::new(),
            crosswalk: Vec::new(),
            by_value: HashMap::new(),
        }
    }

    /// Adds a code; `false`, and nothing is added, if the code is there already.
    pub fn add(&mut self, row: CodeRow) -> bool {
        if self.by_code.contains_key(&row.code) {
            return false;
        }
        self.by_code.insert(row.code.clone(), self.rows.len());
        self.by_name.entry(fold(&row.name).into()).or_insert(self.rows.len());
        self.rows.push(row);
        true
    }

    /// Adds a word of the city for a code; `false`, and nothing is added, if the word is there already.
    pub fn cross(&mut self, value: &str, code: &str) -> bool {
        let folded = fold(value);
        if self.by_value.contains_key(folded.as_ref()) {
            return false;
        }
        let code = self.row(code).map_or_else(|| Arc::from(code), |row| row.code.clone());
        self.by_value.insert(folded.into(), code.clone());
        self.crosswalk.push((value.into(), code));
        true
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn rows(&self) -> &[CodeRow] {
        &self.rows
    }

    pub fn row(&self, code: &str) -> Option<&CodeRow> {
        self.by_code.get(code).map(|index| &self.rows[*index])
    }

    /// The city's words with their codes, in the order of the crosswalk file.
    pub fn crosswalk(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.crosswalk
    }

    /// By crosswalk, code or name, in this order. See [`super::Codes::to_code`].
    pub fn to_code(&self, local: &str) -> Option<Arc<str>> {
        let folded = fold(local);
        if let Some(code) = self.by_value.get(folded.as_ref()) {
            return Some(code.clone());
        }
        let index = self.by_code.get(folded.as_ref()).or_else(|| self.by_name.get(folded.as_ref()))?;
        Some(self.rows[*index].code.clone())
    }

    pub fn to_local(&self, code: &str) -> Option<Arc<str>> {
        let word = self.crosswalk.iter().find(|(_, known)| known.as_ref() == code).map(|(value, _)| value);
        word.or_else(|| self.row(code).map(|row| &row.name)).cloned()
    }

    /// Up to three entries, as `code name`, that somebody may have meant.
    pub fn near(&self, local: &str) -> Vec<String> {
        let words = self.crosswalk.iter().map(|(value, _)| value.as_ref());
        let names = self.rows.iter().flat_map(|row| [row.name.as_ref(), row.code.as_ref()]);
        let mut shown: Vec<String> = Vec::new();
        for word in nearest(&fold(local), names.chain(words), 6) {
            let Some(code) = self.to_code(word) else { continue };
            let name = self.row(&code).map_or("", |row| row.name.as_ref());
            let entry = format!("{code} {name}");
            if !shown.contains(&entry) {
                shown.push(entry);
            }
        }
        shown.truncate(3);
        shown
    }

    /// Of the codes and the crosswalk, in their order.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut printer = Fingerprinter::new("code-table");
        printer.part(self.name.as_bytes()).number(self.rows.len() as u64);
        for row in &self.rows {
            let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
            printer.part(row.code.as_bytes()).part(row.name.as_bytes());
            printer.part(row.parent.as_deref().unwrap_or_default().as_bytes());
            printer.part(day(row.from).as_bytes()).part(day(row.to).as_bytes());
        }
        for (value, code) in &self.crosswalk {
            printer.part(value.as_bytes()).part(code.as_bytes());
        }
        printer.finish()
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }
}

/// The form in which values, codes and names are compared.
fn fold(text: &str) -> Cow<'_, str> {
    match narrow(trim(text)) {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}
