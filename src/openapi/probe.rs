//! Tries an expression out: what text, type or verdict comes of it for made-up names.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use chrono::TimeZone;
use chrono_tz::Asia::Shanghai;

use crate::codes::Codes;
use crate::expression::{Expression, Hint, Names, Scope};
use crate::record::{Complaint, Value};

/// Names that stand for something, with what they stand for; every other name stands for its own mark.
#[derive(Clone, Default)]
pub(super) struct Probe<'a>(Vec<(&'a str, Value)>);

static NO_CODES: LazyLock<Codes> = LazyLock::new(Codes::default);

impl<'a> Probe<'a> {
    pub(super) fn with(mut self, name: &'a str, value: Value) -> Self {
        self.0.push((name, value));
        self
    }

    /// Errors: the text is no expression, or it fails for these names.
    pub(super) fn value(&self, text: &str) -> Result<Value, Complaint> {
        let expression = Expression::compile(text).map_err(|mut faults| {
            faults.pop().map_or_else(|| Complaint::new("Q7701").found(text), |fault| fault.complaint)
        })?;
        expression.evaluate(&Scope::new(self, &NO_CODES, Shanghai))
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        matches!(self.value(text), Ok(Value::Bool(true)))
    }
}

impl Names for Probe<'_> {
    fn get(&self, name: &str, _: &Hint) -> Option<Cow<'_, Value>> {
        let known = self.0.iter().rev().find(|(known, _)| *known == name);
        Some(match known {
            Some((_, value)) => Cow::Borrowed(value),
            None => Cow::Owned(stand_in(name)),
        })
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.0.iter().map(|(name, _)| Arc::from(*name)).collect()
    }
}

/// A value of the type that a name has in requests; a text carries its own name, so that it can be found again.
fn stand_in(name: &str) -> Value {
    match name {
        "page" | "size" | "after" | "version" | "timestamp" | "timestamp_ms" => Value::Int(1),
        "now" | "received" => Value::DateTime(Shanghai.timestamp_opt(0, 0).unwrap().fixed_offset()),
        "credentials" | "session" | "document" | "params" | "body" | "item" | "headers" => {
            Value::Map(Vec::new())
        }
        _ => Value::text(mark(name)),
    }
}

/// `{name}`: as a path of OpenAPI writes a variable.
pub(super) fn mark(name: &str) -> String {
    format!("{{{name}}}")
}

/// The names that an expression reads; none if it cannot be read.
pub(super) fn names(text: &str) -> Vec<Arc<str>> {
    Expression::compile(text).map(|expression| expression.names().to_vec()).unwrap_or_default()
}

/// The steps of a plain path such as `body.data.results`; `None` for anything more.
pub(super) fn path(text: &str) -> Option<Vec<&str>> {
    let steps: Vec<&str> = text.trim().split('.').collect();
    let is_word = |word: &str| {
        word.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    steps.iter().all(|step| is_word(step)).then_some(steps)
}

/// The texts and numbers that are written out in an expression: what a test compares with.
pub(super) fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '\'' || c == '"' || c.is_ascii_alphanumeric() || c == '_') {
        let tail = &rest[at..];
        let first = tail.chars().next().unwrap_or_default();
        let (literal, length) = if first == '\'' || first == '"' {
            let end = tail[1..].find(first).map_or(tail.len() - 1, |end| end);
            (Some(&tail[1..=end]), (end + 2).min(tail.len()))
        } else {
            let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
            (Some(&tail[..end]).filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())), end)
        };
        if let Some(literal) = literal
            && !found.iter().any(|known| known == literal)
        {
            found.push(literal.to_owned());
        }
        rest = &tail[length..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_wherever_they_stand() {
        for (text, expect) in [
            ("status == 200 and code == '0'", &["200", "0"][..]),
            ("code in ['00', \"0000\", '00'] or body.x1 == 7", &["00", "0000", "7"]),
            ("message | matches('已存在')", &["已存在"]),
            ("body.ok", &[]),
            ("code == '", &[""]),
        ] {
            assert_eq!(literals(text), expect, "{text}");
        }
    }

    #[test]
    fn an_unknown_name_leaves_its_mark() {
        let probe = Probe::default().with("kind", Value::text("demand"));
        let text = |text: &str| probe.value(text).unwrap().to_string();
        assert_eq!(text("'/' ~ kind ~ '/batch'"), "/demand/batch");
        assert_eq!(text("'/dictionaries/' ~ table"), "/dictionaries/{table}");
    }
}
