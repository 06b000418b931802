//! An expression of a profile. A plain path such as `body.data.results` is walked directly in the JSON; all
//! else goes through the expression language. Both mean the same.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use chrono_tz::Asia::Shanghai;
use serde_json::Value as Json;

use super::bindings::{Bindings, Known};
use crate::codes::Codes;
use crate::config::{Fault, Located};
use crate::expression::{Expression, Scope};
use crate::record::{Complaint, Value};

/// A compiled expression of a profile.
#[derive(Clone, Debug)]
pub struct Formula {
    expression: Expression,
    /// Name and members, where the expression is nothing but that.
    path: Option<Box<[Box<str>]>>,
}

/// A profile names no code tables: what goes into a payload has been coded by the mapping.
static NO_CODES: LazyLock<Codes> = LazyLock::new(Codes::default);

impl Formula {
    /// Compiles and checks that every name is one of `known`. Faults are left with `faults`.
    pub(super) fn compile(
        text: &Located<String>,
        known: &[&str],
        file: &Path,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let expression = match Expression::compile(text) {
            Ok(expression) => expression,
            Err(found) => {
                faults
                    .extend(found.into_iter().map(|fault| place(text, fault.offset, file, fault.complaint)));
                return None;
            }
        };
        let mut good = true;
        for name in expression.names() {
            if !known.contains(&name.as_ref()) {
                let at = text.find(name.as_ref()).unwrap_or(0);
                let complaint = Complaint::new("Q7404").found(name).fact("known", known.join(", "));
                faults.push(place(text, at, file, complaint));
                good = false;
            }
        }
        for table in expression.tables() {
            faults.push(place(text, 0, file, Complaint::new("Q7405").found(table)));
            good = false;
        }
        let is_word = |word: &str| {
            let mut chars = word.chars();
            chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let written = text.trim();
        let is_path = !expression.names().is_empty() && written.split('.').all(is_word);
        let path = is_path.then(|| written.split('.').map(Box::from).collect());
        good.then_some(Formula { expression, path })
    }

    /// The names it looks at.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.expression.names().iter().map(AsRef::as_ref)
    }

    /// Whether it is just this name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.path.as_deref().is_some_and(|path| path.len() == 1 && path[0].as_ref() == name)
    }

    /// The expression as it stands in the profile.
    pub(super) fn written(&self) -> &str {
        self.expression.text()
    }

    /// Every `NAME` of a `credentials.NAME` in it.
    pub(super) fn credentials(&self) -> impl Iterator<Item = &str> {
        let members = self.expression.members().iter();
        members.filter(|(name, _)| name.as_ref() == "credentials").map(|(_, member)| member.as_ref())
    }

    /// The logins whose gifts it reads, with the gift's name: `session.LOGIN.NAME`. A login alone has no second.
    pub(super) fn sessions(&self) -> Vec<(&str, Option<&str>)> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let word = |text: &'_ str| text.find(|c| !is_part(c)).unwrap_or(text.len());
        if !self.names().any(|name| name == "session") {
            return Vec::new();
        }
        let text = self.expression.text();
        let mut found = Vec::new();
        for (at, _) in text.match_indices("session.") {
            if text[..at].ends_with(is_part) || text[..at].ends_with('.') {
                continue;
            }
            let rest = &text[at + "session.".len()..];
            let (login, rest) = rest.split_at(word(rest));
            let gift = rest.strip_prefix('.').map(|rest| &rest[..word(rest)]);
            found.push((login, gift));
        }
        found
    }

    /// The value. Errors: the complaint of the expression, with its text as a fact.
    pub fn value(&self, bindings: &Bindings<'_>) -> Result<Value, Complaint> {
        if let Some(json) = self.walk(bindings) {
            return Ok(json.map_or(Value::Null, Value::from_json));
        }
        self.expression.evaluate(&Scope::new(bindings, &NO_CODES, Shanghai))
    }

    /// The value as JSON; a path into an answer or a document gives that very part of it.
    pub fn json<'b>(&self, bindings: &Bindings<'b>) -> Result<Cow<'b, Json>, Complaint> {
        if let Some(json) = self.walk(bindings) {
            return Ok(json.map_or(Cow::Owned(Json::Null), Cow::Borrowed));
        }
        self.value(bindings).map(|value| Cow::Owned(value.to_json()))
    }

    /// A text or a number as text; `None` for null, for lists and maps, and where the expression fails: an
    /// answer that cannot be read that way does not say anything.
    pub fn text(&self, bindings: &Bindings<'_>) -> Option<String> {
        match self.walk(bindings) {
            Some(json) => json_text(json?),
            None => scalar_text(&self.value(bindings).ok()?),
        }
    }

    /// A whole number, also one written as text.
    pub fn number(&self, bindings: &Bindings<'_>) -> Option<i64> {
        self.text(bindings)?.trim().parse().ok()
    }

    /// Whether it is true. Null, and an expression that fails, are not.
    pub fn holds(&self, bindings: &Bindings<'_>) -> bool {
        matches!(self.value(bindings), Ok(Value::Bool(true)))
    }

    /// `None`: not a path into JSON. `Some(None)`: a path to something that is not there.
    pub(super) fn walk<'b>(&self, bindings: &Bindings<'b>) -> Option<Option<&'b Json>> {
        let (first, rest) = self.path.as_deref()?.split_first()?;
        let (mut place, rest) = match bindings.get(first)? {
            Known::Json(json) | Known::Tree(json, _) => (*json, rest),
            Known::Object(fields) => {
                let (second, rest) = rest.split_first()?;
                match fields.get(second.as_ref()) {
                    Some(json) => (json, rest),
                    None => return Some(None),
                }
            }
            _ => return None,
        };
        for member in rest {
            match place.get(member.as_ref()) {
                Some(inner) => place = inner,
                None => return Some(None),
            }
        }
        Some(Some(place))
    }
}

/// A scalar as the text that goes into a path, a header or a signature.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

fn json_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        // By way of a value, so that a path and an expression write `200.0` the same: `200`.
        Json::Number(_) => Some(Value::from_json(json).to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A fault at a byte of a text that may have several lines.
fn place(text: &Located<String>, byte: usize, file: &Path, complaint: Complaint) -> Fault {
    let before = text.get(..byte).unwrap_or(&text.value);
    let lines = before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let column = if lines == 0 { text.column + last } else { last + 1 };
    Fault { file: file.to_owned(), line: text.line + lines, column, complaint }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn formula(text: &str) -> Result<Formula, Vec<String>> {
        let located = Located { value: text.to_owned(), line: 3, column: 10 };
        let mut faults = Vec::new();
        let known = ["body", "status", "code"];
        let compiled = Formula::compile(&located, &known, Path::new("p.toml"), &mut faults);
        let shown = |fault: &Fault| format!("{}:{} {}", fault.line, fault.column, fault.complaint.id);
        compiled.ok_or_else(|| faults.iter().map(shown).collect())
    }

    #[test]
    fn a_path_and_an_expression_read_the_same() {
        let body =
            json!({"double": 200.0, "code": 0, "data": {"list": [1, 2.50, "x"], "id": "SD-1", "none": null}});
        let bindings = Bindings::default()
            .with("body", Known::Json(&body))
            .with("status", Known::Value(Value::Int(200)))
            .with("code", Known::Text("0"));
        for (text, expect) in [
            ("body.code", Some("0")),
            ("body.code | text", Some("0")),
            ("body.data.id", Some("SD-1")),
            ("(body.data.id)", Some("SD-1")),
            ("body.data.none", None),
            ("body.double", Some("200")),
            ("(body.double)", Some("200")),
            ("body.data.none.deeper", None),
            ("body.absent.deeper", None),
            ("body.data", None),
            ("body.data.list", None),
            ("status", Some("200")),
            ("code", Some("0")),
            ("body.code ~ '-' ~ code", Some("0-0")),
            // Text against number is a complaint in the language, and silence here.
            ("'a' if body.code == '0' else 'b'", None),
        ] {
            assert_eq!(formula(text).unwrap().text(&bindings).as_deref(), expect, "{text}");
        }
        let list = formula("body.data.list").unwrap();
        assert_eq!(*list.json(&bindings).unwrap(), json!([1, 2.50, "x"]));
    }

    #[test]
    fn only_true_holds() {
        let body = json!({"ok": true, "code": "0"});
        let bindings = Bindings::default().with("body", Known::Json(&body));
        for (text, expect) in [
            ("body.ok", true),
            ("body.code == '0'", true),
            ("body.code == '1'", false),
            ("body.absent == '0'", false),
            ("body.code", false),
            ("body.code == 0", false),
            ("body.absent", false),
        ] {
            assert_eq!(formula(text).unwrap().holds(&bindings), expect, "{text}");
        }
    }

    #[test]
    fn a_fault_points_into_the_expression() {
        assert_eq!(formula("body.code == stauts").unwrap_err(), ["3:23 Q7404"]);
        assert_eq!(formula("body ~\n  nonsense").unwrap_err(), ["4:3 Q7404"]);
        assert_eq!(formula("body.code | code('tech-field')").unwrap_err(), ["3:10 Q7405"]);
        assert!(formula("body ==").is_err());
    }
}
