//! One code table and the city's crosswalk onto it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use super::near::ranked;
use super::{narrow, trim};
use crate::record::{Complaint, Fingerprint, Fingerprinter};

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

    /// Whether the code stands for whatever fits nowhere else: 其他, 其他省级计划, `…99 数论其他学科`.
    pub fn is_other(&self) -> bool {
        let says_so = |text: &str| text.contains("其他") || text.contains("其它");
        let name = self.name.as_ref();
        name.starts_with("其他") || name.starts_with("其它") || (self.code.ends_with("99") && says_so(name))
    }
}

/// `04 新材料`.
impl fmt::Display for CodeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

/// A code table in the order of its file, with the city's words for its codes.
#[derive(Clone, Debug)]
pub struct CodeTable {
    name: Arc<str>,
    rows: Vec<CodeRow>,
    by_code: HashMap<Arc<str>, usize>,
    /// Folded names; several rows may have one.
    by_name: HashMap<Box<str>, Vec<usize>>,
    /// The crosswalk in its file's order, as written.
    crosswalk: Vec<(Arc<str>, Arc<str>)>,
    /// Folded values with their place in the crosswalk.
    by_value: HashMap<Box<str>, usize>,
}

/// Where a word of the city led.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit<'t> {
    pub code: &'t Arc<str>,
    /// The value of the crosswalk line that led there, as written; `None` for a code or a name of the province.
    pub line: Option<&'t Arc<str>>,
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
        self.by_name.entry(fold(&row.name).into()).or_default().push(self.rows.len());
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
        self.by_value.insert(folded.into(), self.crosswalk.len());
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

    /// By crosswalk, code or name, in this order; of two rows with one name the first counts. See
    /// [`super::Codes::to_code`].
    pub fn find(&self, local: &str) -> Option<Hit<'_>> {
        let folded = fold(local);
        if let Some(hit) = self.crossed(&folded) {
            return Some(hit);
        }
        let named = || self.by_name.get(folded.as_ref()).and_then(|rows| rows.first());
        let index = self.by_code.get(folded.as_ref()).or_else(named)?;
        Some(Hit { code: &self.rows[*index].code, line: None })
    }

    /// By the crosswalk alone.
    pub fn crossed(&self, local: &str) -> Option<Hit<'_>> {
        let (value, code) = &self.crosswalk[*self.by_value.get(fold(local).as_ref())?];
        Some(Hit { code, line: Some(value) })
    }

    /// Every row of a name, in the order of the table.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &CodeRow> {
        self.by_name.get(fold(name).as_ref()).into_iter().flatten().map(|index| &self.rows[*index])
    }

    /// Q5101: a value that has no code here, with the near entries in words.
    pub fn unknown(&self, local: &str) -> Complaint {
        with_near(Complaint::new("Q5101").found(local).fact("table", &self.name), self, local)
    }

    pub fn to_local(&self, code: &str) -> Option<Arc<str>> {
        let word = self.crosswalk.iter().find(|(_, known)| known.as_ref() == code).map(|(value, _)| value);
        word.or_else(|| self.row(code).map(|row| &row.name)).cloned()
    }

    /// Up to three rows that somebody may have meant, best first; those that are no longer in force come last.
    pub fn near(&self, local: &str) -> Vec<&CodeRow> {
        let mut rows: Vec<&CodeRow> = self.ranked(local).into_iter().map(|(_, row)| row).collect();
        rows.sort_by_key(|row| row.to.is_some());
        rows.truncate(3);
        rows
    }

    /// The one row in force that is nearer than every other; a number that is near another number tells nothing.
    pub fn guess(&self, local: &str) -> Option<&CodeRow> {
        if fold(local).bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ranked = self.ranked(local);
        let mut in_force = ranked.iter().filter(|(_, row)| row.to.is_none());
        let (far, best) = in_force.next()?;
        in_force.next().is_none_or(|(other, _)| other > far).then_some(*best)
    }

    /// The rows near a value with how far they are, nearest first and each once.
    fn ranked(&self, local: &str) -> Vec<(usize, &CodeRow)> {
        const WORDS_MAX: usize = 6;
        let words = self.crosswalk.iter().map(|(value, _)| value.as_ref());
        let names = self.rows.iter().flat_map(|row| [row.name.as_ref(), row.code.as_ref()]);
        let mut found: Vec<(usize, &CodeRow)> = Vec::new();
        for (far, word) in ranked(&fold(local), names.chain(words), WORDS_MAX) {
            let crossed = self.crossed(word).and_then(|hit| self.row(hit.code));
            for row in crossed.into_iter().chain(self.row(word)).chain(self.named(word)) {
                if !found.iter().any(|(_, known)| known.code == row.code) {
                    found.push((far, row));
                }
            }
        }
        found
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

/// The complaint with the near entries of a table in words: a dash would leave people guessing.
pub(super) fn with_near(complaint: Complaint, table: &CodeTable, local: &str) -> Complaint {
    let near: Vec<String> = table.near(local).iter().map(ToString::to_string).collect();
    let (zh, en) = match near.join("; ") {
        none if none.is_empty() => ("表中也没有相近的".to_owned(), "nothing in the table is near".to_owned()),
        some => (format!("相近的有：{some}"), format!("near: {some}")),
    };
    complaint.fact("near_zh", zh).fact("near_en", en)
}

/// The form in which values, codes and names are compared: half-width, without what nobody sees.
fn fold(text: &str) -> Cow<'_, str> {
    let is_unseen = |c: char| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
    let folded = match narrow(trim(text)) {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    };
    if folded.is_ascii() || !folded.contains(is_unseen) {
        return folded;
    }
    Cow::Owned(folded.chars().filter(|c| !is_unseen(*c)).collect())
}
