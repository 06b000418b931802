//! Where output goes: people's lines or one JSON document on stdout, complaints on stderr.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::Mutex;

use chrono_tz::Tz;
use serde::Serialize;
use serde_json::Value as Json;

use super::table::{Table, clean};
use crate::clock::Timestamp;
use crate::record::{Complaint, Language};

/// One command's output.
///
/// Verbs hand over both forms, the document and the lines; only the one that was asked for is written.
#[derive(Debug)]
pub struct Screen {
    pub language: Language,
    pub zone: Tz,
    pub json: bool,
    /// The first failure to write. Nothing is written after it.
    broken: Mutex<Option<std::io::Error>>,
}

impl Screen {
    pub fn new(language: Language, zone: Tz, json: bool) -> Self {
        Screen { language, zone, json, broken: Mutex::new(None) }
    }

    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, english)
    }

    /// One line, or several, for people.
    pub fn line(&self, text: impl Display) {
        if !self.json {
            self.write(&clean(&text.to_string(), true));
        }
    }

    /// A heading with an empty line before it.
    pub fn heading(&self, text: impl Display) {
        self.line(format_args!("\n{text}"));
    }

    pub fn table(&self, table: &Table) {
        for line in table.lines() {
            self.line(line);
        }
    }

    /// The command's result for programs. Times become RFC 3339.
    pub fn document(&self, document: &impl Serialize) {
        if !self.json {
            return;
        }
        let mut json = serde_json::to_value(document).unwrap_or_default();
        readable_times(&mut json);
        self.write(&serde_json::to_string_pretty(&json).unwrap_or_default());
    }

    /// A complaint in full: what, whose turn it is, what to do.
    pub fn complaint(&self, complaint: &Complaint, indent: &str) {
        for line in self.complaint_lines(complaint) {
            self.line(format_args!("{indent}{line}"));
        }
    }

    pub fn complaint_lines(&self, complaint: &Complaint) -> Vec<String> {
        let column = match complaint.column.as_str() {
            "" => String::new(),
            column => match self.language {
                Language::Chinese => format!("（列 {column}）"),
                Language::English => format!(" (column {column})"),
            },
        };
        let owner = complaint.owner.name(self.language);
        let first = format!("{} {}{column}", complaint.id, complaint.message(self.language));
        vec![first, format!("    → {owner}{}{}", self.pick("：", ": "), complaint.advice(self.language))]
    }

    /// A time in the instance's zone, with its offset; empty for no time.
    pub fn time(&self, micros: i64) -> String {
        if micros <= 0 { String::new() } else { Timestamp(micros).show(self.zone) }
    }

    /// What went wrong, and on its own line what to do.
    pub fn failure(&self, sentence: &str, hint: &str) {
        let mut text = format!("{}{}\n", self.pick("错误：", "error: "), clean(sentence, true));
        if !hint.is_empty() {
            text += &format!("{}{}\n", self.pick("建议：", "hint: "), clean(hint, true));
        }
        // A closed stderr leaves nobody to tell.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Whether a person sits there to answer a question.
    pub fn can_ask(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    /// Whether the output could be written, or nobody wanted it any more.
    pub fn finish(self) -> std::io::Result<()> {
        match self.broken.into_inner().ok().flatten() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn write(&self, text: &str) {
        let Ok(mut broken) = self.broken.lock() else { return };
        if broken.is_some() {
            return;
        }
        let mut out = std::io::stdout().lock();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        *broken = written.err();
    }
}

/// Fields that hold microseconds since 1970 become RFC 3339 texts; zero means no time.
fn readable_times(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(readable_times),
        Json::Object(fields) => {
            for (name, value) in fields {
                match value.as_i64() {
                    Some(micros) if name.ends_with("_at") || name == "until" => {
                        *value = if micros > 0 { Timestamp(micros).rfc3339().into() } else { Json::Null };
                    }
                    _ => readable_times(value),
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_in_documents_are_readable_and_counts_stay_numbers() {
        let mut document =
            json!({"runs": [{"started_at": 1_700_000_000_000_000_i64, "ended_at": 0, "read": 3}]});
        readable_times(&mut document);
        assert_eq!(
            document,
            json!({"runs": [{"started_at": "2023-11-14T22:13:20.000000Z", "ended_at": null, "read": 3}]})
        );
    }
}
