//! One finding about a record or a file, in words a clerk can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{catalogue, mask};

/// The language of messages; ids are the same in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    /// One of two texts.
    pub fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The unit that filled in the listing.
    Enterprise,
    /// The clerk at the city's market.
    Operator,
    /// The city's IT: mapping, code tables, database.
    Integrator,
    /// The provincial platform.
    Province,
}

impl Owner {
    /// The word in stored complaints.
    pub fn word(self) -> &'static str {
        match self {
            Owner::Enterprise => "enterprise",
            Owner::Operator => "operator",
            Owner::Integrator => "integrator",
            Owner::Province => "province",
        }
    }

    pub fn name(self, language: Language) -> &'static str {
        match (self, language) {
            (Owner::Enterprise, Language::Chinese) => "填报单位",
            (Owner::Operator, Language::Chinese) => "经办人",
            (Owner::Integrator, Language::Chinese) => "技术人员",
            (Owner::Province, Language::Chinese) => "省平台",
            (Owner::Enterprise, Language::English) => "the unit that filled it in",
            (Owner::Operator, Language::English) => "the operator",
            (Owner::Integrator, Language::English) => "city IT",
            (Owner::Province, Language::English) => "the province",
        }
    }
}

/// Whether the finding keeps the record at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record does not leave until it is mended.
    Error,
    /// The record leaves; a reviewer at the province may object.
    Warning,
}

impl Severity {
    /// The word in stored complaints.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One finding. Its words live in the catalogue under its id; here are only the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Stable, as in `Q4103`; `qilu explain Q4103` tells its meaning offline.
    pub id: String,
    /// JSON pointer into the document; empty when it concerns the whole record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// The field's Chinese title in the schema.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The city's column (or columns, joined by `, `) from which the field comes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// What was found, masked and cut to 120 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// Facts for the catalogue's `{name}` places, e.g. the limit that was passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    pub owner: Owner,
    pub severity: Severity,
}

/// The longest found text that a complaint repeats, in characters.
const FOUND_CHARS_MAX: usize = 120;

impl Complaint {
    /// A complaint with its catalogue's owner and severity.
    ///
    /// `id` must stand in the catalogue; a test walks every id in the source text and checks that it does.
    pub fn new(id: &str) -> Self {
        let known = catalogue::entry(id);
        Complaint {
            id: id.to_owned(),
            pointer: String::new(),
            label: String::new(),
            column: String::new(),
            found: String::new(),
            facts: Vec::new(),
            owner: known.map_or(Owner::Integrator, |entry| entry.owner),
            severity: known.map_or(Severity::Error, |entry| entry.severity),
        }
    }

    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = column.into();
        self
    }

    /// What was found; masked and shortened here, so that no caller can forget it.
    pub fn found(mut self, found: impl fmt::Display) -> Self {
        let masked = mask(&found.to_string());
        self.found = match masked.char_indices().nth(FOUND_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &masked[..end]),
            None => masked,
        };
        self
    }

    pub fn fact(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.facts.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn owner(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What is wrong, in one sentence: found and expected.
    pub fn message(&self, language: Language) -> String {
        match catalogue::entry(&self.id) {
            Some(entry) => self.fill(language.pick(entry.zh, entry.en), language),
            None => format!("{} {}", self.id, self.found),
        }
    }

    /// What to do about it, in one sentence.
    pub fn advice(&self, language: Language) -> String {
        match catalogue::entry(&self.id) {
            Some(entry) => self.fill(language.pick(entry.advice_zh, entry.advice_en), language),
            None => String::new(),
        }
    }

    /// The field as a person knows it: title, or pointer where there is none.
    pub fn place(&self) -> &str {
        if self.label.is_empty() { &self.pointer } else { &self.label }
    }

    fn fill(&self, template: &str, language: Language) -> String {
        let mut text = String::with_capacity(template.len() + 40);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                rest = after;
                continue;
            };
            text.push_str(match name {
                "found" if self.found.is_empty() => language.pick("（空）", "(empty)"),
                "found" => &self.found,
                "field" => self.place(),
                "column" => &self.column,
                "pointer" => &self.pointer,
                fact => self.facts.iter().find(|(known, _)| known == fact).map_or("", |(_, value)| value),
            });
            rest = tail;
        }
        text.push_str(rest);
        text
    }
}

/// English, in one line: id, place, message.
impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.message(Language::English))?;
        if !self.column.is_empty() {
            write!(f, " (column {})", self.column)?;
        }
        Ok(())
    }
}
