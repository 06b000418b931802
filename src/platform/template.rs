//! Bodies from templates: the stable payload with its items, and the envelope around it.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::bindings::{Bindings, Known};
use super::formula::Formula;
use crate::config::{Fault, platform};
use crate::record::{Complaint, Value};

/// One record's part of a payload.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub record_id: &'a str,
    pub item_key: &'a str,
    pub version: i64,
    pub remote_id: Option<&'a str>,
    /// Empty for a withdrawal.
    pub document: &'a Map<String, Json>,
    pub reason: &'a str,
}

/// A compiled JSON template. A field whose value is null is left out.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// The name `items` alone: the list of all parts.
    Items,
    Formula(Formula),
    Constant(Json),
    Object(Vec<(String, Template)>),
}

impl Template {
    pub(super) fn compile(
        template: &platform::Template,
        known: &[&str],
        file: &Path,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        Some(match template {
            platform::Template::Constant(json) => Template::Constant(json.clone()),
            platform::Template::Object(fields) => {
                let mut compiled = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    compiled.push((name.clone(), Template::compile(field, known, file, faults)?));
                }
                Template::Object(compiled)
            }
            platform::Template::Expression(text) => {
                let formula = Formula::compile(text, known, file, faults)?;
                if formula.is("items") { Template::Items } else { Template::Formula(formula) }
            }
        })
    }

    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Template::Items | Template::Constant(_) => Vec::new(),
            Template::Formula(formula) => formula.names().collect(),
            Template::Object(fields) => fields.iter().flat_map(|(_, field)| field.names()).collect(),
        }
    }

    pub(super) fn formulas(&self) -> Vec<&Formula> {
        match self {
            Template::Items | Template::Constant(_) => Vec::new(),
            Template::Formula(formula) => vec![formula],
            Template::Object(fields) => fields.iter().flat_map(|(_, field)| field.formulas()).collect(),
        }
    }

    /// Appends the JSON text. `item` is the template of one part; `parts` are written where `items` stands.
    pub(super) fn write(
        &self,
        bindings: &Bindings<'_>,
        item: Option<&Template>,
        parts: &[Part<'_>],
        out: &mut Vec<u8>,
    ) -> Result<(), Complaint> {
        if !self.write_unless_null(bindings, item, parts, out)? {
            out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// False, and nothing written, if the value is null.
    fn write_unless_null(
        &self,
        bindings: &Bindings<'_>,
        item: Option<&Template>,
        parts: &[Part<'_>],
        out: &mut Vec<u8>,
    ) -> Result<bool, Complaint> {
        match self {
            Template::Constant(json) => write_json(json, out),
            Template::Formula(formula) => return write_formula(formula, bindings, out),
            Template::Items => {
                out.push(b'[');
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    if let Some(item) = item {
                        item.write(&part.bind(bindings.clone()), None, &[], out)?;
                    }
                }
                out.push(b']');
            }
            Template::Object(fields) => {
                out.push(b'{');
                let mut first = true;
                for (name, field) in fields {
                    let start = out.len();
                    if !first {
                        out.push(b',');
                    }
                    write_json(name, out);
                    out.push(b':');
                    if field.write_unless_null(bindings, item, parts, out)? {
                        first = false;
                    } else {
                        out.truncate(start);
                    }
                }
                out.push(b'}');
            }
        }
        Ok(true)
    }
}

impl<'a> Part<'a> {
    fn bind(&self, bindings: Bindings<'a>) -> Bindings<'a> {
        let document = match self.document.is_empty() {
            true => Known::NULL,
            false => Known::Object(self.document),
        };
        bindings
            .with("record_id", Known::Text(self.record_id))
            .with("item_key", Known::Text(self.item_key))
            .with("version", Known::Value(Value::Int(self.version)))
            .with("remote_id", Known::maybe(self.remote_id))
            .with("reason", Known::maybe(Some(self.reason).filter(|reason| !reason.is_empty())))
            .with("document", document)
    }
}

fn write_formula(formula: &Formula, bindings: &Bindings<'_>, out: &mut Vec<u8>) -> Result<bool, Complaint> {
    // A bare name is written as what it stands for, without a detour over values: documents and payloads are
    // large, and their numbers must stay as they were written.
    let bare = formula.names().next().filter(|name| formula.is(name)).and_then(|name| bindings.get(name));
    match bare {
        Some(Known::Text(text)) => write_json(text, out),
        Some(Known::Object(fields)) => write_json(fields, out),
        Some(Known::Json(json)) if !json.is_null() => write_json(json, out),
        // The payload inside an envelope: it is JSON already.
        Some(Known::Bytes(bytes)) => out.extend_from_slice(bytes),
        _ => {
            let json = formula.json(bindings)?;
            if json.is_null() {
                return Ok(false);
            }
            write_json(json.as_ref(), out);
        }
    }
    Ok(true)
}

fn write_json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Texts, JSON values and maps with text keys always serialise, and writing to memory does not fail.
    serde_json::to_writer(out, value).expect("JSON serialises into memory");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Located;

    fn expression(text: &str) -> platform::Template {
        platform::Template::Expression(Located { value: text.to_owned(), line: 1, column: 1 })
    }

    fn compile(template: &platform::Template, known: &[&str]) -> Template {
        let mut faults = Vec::new();
        let compiled = Template::compile(template, known, Path::new("p.toml"), &mut faults);
        compiled.unwrap_or_else(|| panic!("{faults:?}"))
    }

    #[test]
    fn order_and_numbers_stay_as_written_and_nulls_are_left_out() {
        let known = ["key", "items", "record_id", "remote_id", "document", "reason"];
        let object = |fields: Vec<(&str, platform::Template)>| {
            platform::Template::Object(fields.into_iter().map(|(name, field)| (name.into(), field)).collect())
        };
        let payload = object(vec![
            ("z", expression("key ~ '!'")),
            ("constant", platform::Template::Constant(json!(1.50))),
            ("absent", expression("remote_id")),
            ("inner", object(vec![("a", expression("remote_id")), ("list", expression("items"))])),
        ]);
        let item = object(vec![
            ("id", expression("record_id")),
            ("remote", expression("remote_id")),
            ("data", expression("document")),
            ("why", expression("reason")),
            ("title", expression("document.title")),
        ]);
        let document = json!({"title": "引\"号", "price": 12.30, "big": 90071992547409931_u64});
        let parts = [
            Part {
                record_id: "r1",
                item_key: "k/r1/1",
                version: 1,
                remote_id: None,
                document: document.as_object().unwrap(),
                reason: "",
            },
            Part {
                record_id: "r2",
                item_key: "k/r2/1",
                version: 1,
                remote_id: Some("SD-2"),
                document: &Map::new(),
                reason: "撤销",
            },
        ];
        let bindings = Bindings::default().with("key", Known::Text("b1")).with("remote_id", Known::NULL);
        let mut out = Vec::new();
        compile(&payload, &known).write(&bindings, Some(&compile(&item, &known)), &parts, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"z":"b1!","constant":1.5,"inner":{"list":[{"id":"r1","data":{"title":"引\"号","price":12.3,"big":90071992547409931},"title":"引\"号"},{"id":"r2","remote":"SD-2","why":"撤销"}]}}"#
        );
    }

    #[test]
    fn the_payload_stands_in_its_envelope_byte_for_byte() {
        let envelope = platform::Template::Object(vec![
            ("data".into(), expression("payload")),
            ("text".into(), expression("payload ~ ''")),
        ]);
        let bindings = Bindings::default().with("payload", Known::Bytes(br#"{"a": 1.0}"#.as_slice().into()));
        let mut out = Vec::new();
        compile(&envelope, &["payload"]).write(&bindings, None, &[], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"data":{"a": 1.0},"text":"{\"a\": 1.0}"}"#);
    }
}
