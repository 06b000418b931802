//! What the names in a profile's expressions stand for at one moment.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use crate::expression::{self, Hint};
use crate::record::Value;

/// Names with what they stand for; a later binding of a name hides an earlier one.
///
/// JSON and bytes are borrowed and turned into values only where an expression asks for them: a record's
/// document passes through untouched, so that its numbers arrive as they are written.
#[derive(Clone, Default)]
pub struct Bindings<'a>(Vec<(&'a str, Known<'a>)>);

/// What a name stands for.
#[derive(Clone)]
pub enum Known<'a> {
    Text(&'a str),
    Json(&'a Json),
    /// The same, for a large one that many expressions look into: it becomes a value once.
    Tree(&'a Json, &'a OnceLock<Value>),
    Object(&'a Map<String, Json>),
    Bytes(Cow<'a, [u8]>),
    Value(Value),
}

impl<'a> Bindings<'a> {
    pub fn with(mut self, name: &'a str, known: Known<'a>) -> Self {
        self.bind(name, known);
        self
    }

    pub fn bind(&mut self, name: &'a str, known: Known<'a>) {
        self.0.push((name, known));
    }

    pub fn get(&self, name: &str) -> Option<&Known<'a>> {
        self.0.iter().rev().find(|(known, _)| *known == name).map(|(_, known)| known)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl Known<'_> {
    pub const NULL: Known<'static> = Known::Value(Value::Null);

    /// Text, or null for `None`.
    pub fn maybe(text: Option<&str>) -> Known<'_> {
        text.map_or(Known::NULL, Known::Text)
    }

    pub(super) fn to_value(&self) -> Cow<'_, Value> {
        match self {
            Known::Text(text) => Cow::Owned(Value::text(*text)),
            Known::Json(json) => Cow::Owned(Value::from_json(json)),
            Known::Tree(json, value) => Cow::Borrowed(value.get_or_init(|| Value::from_json(json))),
            Known::Object(fields) => Cow::Owned(Value::Map(
                fields
                    .iter()
                    .map(|(name, json)| (Arc::from(name.as_str()), Value::from_json(json)))
                    .collect(),
            )),
            Known::Bytes(bytes) => Cow::Owned(match std::str::from_utf8(bytes) {
                Ok(text) => Value::text(text),
                Err(_) => Value::Bytes(bytes.as_ref().into()),
            }),
            Known::Value(value) => Cow::Borrowed(value),
        }
    }
}

impl expression::Names for Bindings<'_> {
    fn get(&self, name: &str, _: &Hint) -> Option<Cow<'_, Value>> {
        Bindings::get(self, name).map(Known::to_value)
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.0.iter().map(|(name, _)| Arc::from(*name)).collect()
    }
}
