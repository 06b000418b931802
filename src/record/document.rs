//! The JSON that a listing maps to, and its canonical form.

use serde_json::{Map, Value as Json};

use super::Fingerprint;

/// How a reference to a parent stands in a document until the province's id of that parent is known.
pub const PARENT_PREFIX: &str = "urn:qilu:parent:";

/// A reference to a parent record: `urn:qilu:parent:KIND:KEY`.
///
/// The reference is what is fingerprinted; the province's id takes its place when the payload is rendered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParentRef {
    pub kind: String,
    /// The parent's key as people read it.
    pub key: String,
}

impl ParentRef {
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, key) = text.strip_prefix(PARENT_PREFIX)?.split_once(':')?;
        Some(ParentRef { kind: kind.to_owned(), key: key.to_owned() })
    }

    pub fn to_text(&self) -> String {
        format!("{PARENT_PREFIX}{}:{}", self.kind, self.key)
    }
}

/// The province-shaped JSON of one listing. Field order is the order of the route's `[fields]`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Document(pub Map<String, Json>);

impl Document {
    /// SHA-256 of the canonical form, without the named volatile top-level fields.
    pub fn fingerprint(&self, volatile: &[String]) -> Fingerprint {
        let mut text = Vec::with_capacity(2048);
        write_object(self.0.iter().filter(|(name, _)| !volatile.contains(name)), &mut text);
        Fingerprint::of(&text)
    }

    /// Every parent the document refers to, in document order, without repetition.
    pub fn parents(&self) -> Vec<ParentRef> {
        let mut found = Vec::new();
        self.0.values().for_each(|value| collect_parents(value, &mut found));
        found
    }

    pub fn to_text(&self) -> String {
        // A map of JSON values always serialises: its keys are strings and it holds no foreign types.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// Reads back what the ledger keeps. Errors: serde's message if the text is not a JSON object.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Document)
    }
}

fn collect_parents(value: &Json, found: &mut Vec<ParentRef>) {
    match value {
        Json::String(text) => {
            if let Some(parent) = ParentRef::parse(text)
                && !found.contains(&parent)
            {
                found.push(parent);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_parents(item, found)),
        Json::Object(fields) => fields.values().for_each(|item| collect_parents(item, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => (),
    }
}

/// The canonical text of a JSON value: no white space, object keys sorted, strings escaped as serde does.
///
/// Source: RFC 8785, with one difference: keys sort by their UTF-8 bytes instead of UTF-16 code units, which
/// is the same for every key in the Basic Multilingual Plane.
pub fn canonical_json(value: &Json) -> String {
    let mut text = Vec::new();
    write_canonical(value, &mut text);
    // Everything written came from `str`s and serde's own UTF-8.
    String::from_utf8(text).unwrap_or_default()
}

fn write_object<'a>(fields: impl Iterator<Item = (&'a String, &'a Json)>, text: &mut Vec<u8>) {
    let mut fields: Vec<(&String, &Json)> = fields.collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    text.push(b'{');
    for (index, (name, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write_scalar(name, text);
        text.push(b':');
        write_canonical(value, text);
    }
    text.push(b'}');
}

fn write_canonical(value: &Json, text: &mut Vec<u8>) {
    match value {
        Json::Object(fields) => write_object(fields.iter(), text),
        Json::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_canonical(item, text);
            }
            text.push(b']');
        }
        scalar => write_scalar(scalar, text),
    }
}

fn write_scalar(scalar: &impl serde::Serialize, text: &mut Vec<u8>) {
    // Writing a text, number, flag or null into memory cannot fail.
    let _ = serde_json::to_writer(text, scalar);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(json: Json) -> Document {
        Document(json.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn order_of_keys_does_not_change_the_fingerprint_and_content_does() {
        let one = document(json!({"title": "甲", "year": 2023, "tags": [{"b": 1, "a": 2}]}));
        let same = document(json!({"tags": [{"a": 2, "b": 1}], "year": 2023, "title": "甲"}));
        let other = document(json!({"title": "甲", "year": "2023", "tags": [{"b": 1, "a": 2}]}));
        assert_eq!(one.fingerprint(&[]), same.fingerprint(&[]));
        assert_ne!(one.fingerprint(&[]), other.fingerprint(&[]));
    }

    #[test]
    fn a_volatile_field_is_not_a_change() {
        let one = document(json!({"title": "甲", "viewCount": 3}));
        let other = document(json!({"title": "甲", "viewCount": 4}));
        let volatile = ["viewCount".to_owned()];
        assert_eq!(one.fingerprint(&volatile), other.fingerprint(&volatile));
        assert_ne!(one.fingerprint(&[]), other.fingerprint(&[]));
    }

    #[test]
    fn parents_are_found_wherever_they_stand() {
        let parent = ParentRef { kind: "achievement".into(), key: "a:7".into() };
        let found =
            document(json!({"items": [{"ref": parent.to_text()}, {"ref": parent.to_text()}]})).parents();
        assert_eq!(found, [parent]);
    }

    #[test]
    fn canonical_text_is_sorted_and_tight() {
        assert_eq!(canonical_json(&json!({"b": [1, "甲\n"], "a": null})), r#"{"a":null,"b":[1,"甲\n"]}"#);
    }
}
