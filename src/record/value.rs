//! The one value type of the house: what a database cell, an expression and a document field hold.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;

/// A cell, the result of an expression, or a field before it becomes JSON.
///
/// Decimals are exact and never pass through a float. `Null` is "not given" and is different from an empty
/// text until a filter says otherwise. `DateTime` always carries its offset: a naive time of a source gets
/// the zone that the source's configuration names when it is read.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    Date(NaiveDate),
    DateTime(DateTime<FixedOffset>),
    List(Vec<Value>),
    /// In the order of the source; keys are unique.
    Map(Vec<(Arc<str>, Value)>),
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Value::Text(text.into())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The type's name as a complaint says it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Decimal(_) => "decimal",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Date(_) => "date",
            Value::DateTime(_) => "datetime",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        }
    }

    /// The value as a document holds it.
    ///
    /// Shape: decimals become JSON strings without trailing zeros, dates `yyyy-MM-dd`, times RFC 3339 with
    ///        their offset, bytes lower-case hex; maps keep their order and leave out nothing.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Int(number) => Json::from(*number),
            Value::Decimal(number) => Json::from(number.normalize().to_string()),
            Value::Text(text) => Json::from(text.as_ref()),
            Value::Bytes(bytes) => Json::from(hex(bytes)),
            Value::Date(date) => Json::from(date.format("%Y-%m-%d").to_string()),
            Value::DateTime(time) => Json::from(time.to_rfc3339()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Map(entries) => Json::Object(
                entries.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect(),
            ),
        }
    }

    /// A JSON value as expressions see it. Numbers with a fraction become decimals by their shortest text.
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => {
                    let written = number.to_string();
                    match written.parse().or_else(|_| Decimal::from_scientific(&written)) {
                        Ok(exact) => Value::Decimal(exact),
                        Err(_) => Value::text(written),
                    }
                }
            },
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(items) => Value::List(items.iter().map(Value::from_json).collect()),
            Json::Object(fields) => Value::Map(
                fields
                    .iter()
                    .map(|(name, value)| (Arc::from(name.as_str()), Value::from_json(value)))
                    .collect(),
            ),
        }
    }
}

/// The value as a person would write it in one line; lists joined with `、`, maps as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Bool(flag) => write!(f, "{flag}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Decimal(number) => write!(f, "{}", number.normalize()),
            Value::Text(text) => f.write_str(text),
            Value::Bytes(bytes) => f.write_str(&hex(bytes)),
            Value::Date(date) => write!(f, "{}", date.format("%Y-%m-%d")),
            Value::DateTime(time) => f.write_str(&time.to_rfc3339()),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str("、")?;
                    }
                    write!(f, "{item}")?;
                }
                Ok(())
            }
            Value::Map(_) => write!(f, "{}", self.to_json()),
        }
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
