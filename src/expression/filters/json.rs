//! JSON text: read and written with its order and its numbers as they stand.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Call, Filter};
use crate::expression::operators::bounded;
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("from_json", from_json).says(
            "JSON 文本（或字节）读成值；字段次序和数字的写法不变（1.50 还是 1.50）。",
            "The value of JSON text or bytes; the order of fields and the writing of numbers stay (1.50 is still 1.50).",
            &[
                ("('{\"b\": 1.50, \"a\": [1, null]}' | from_json).b + 1", "\"2.5\""),
                ("'{\"b\": 1.50, \"a\": [1, null]}' | from_json | to_json", "\"{\\\"b\\\":1.50,\\\"a\\\":[1,null]}\""),
                ("'{\"a\":' | from_json", "Q3164"),
            ],
        ),
        Filter::plain("to_json", to_json).says(
            "写成紧凑的 JSON 文本，次序不变；小数写成数字。",
            "Compact JSON text in the same order; decimals are written as numbers.",
            &[
                ("{'甲': 1.5, 'b': ['x\"', true]} | to_json", "\"{\\\"甲\\\":1.5,\\\"b\\\":[\\\"x\\\\\\\"\\\",true]}\""),
                ("'x' | to_json", "\"\\\"x\\\"\""),
            ],
        ),
    ]
}

/// The deepest nesting that is read: reading goes down a level at a time.
const DEPTH_MAX: usize = 64;
/// The most values: what was decrypted may be a stranger's, and a million of them are a hundred megabytes.
const VALUES_MAX: usize = 200_000;

fn from_json(input: Value, call: &Call<'_>) -> Outcome {
    let bytes = call.bytes(&input)?;
    // The reason names a place and never quotes: what was decrypted may be personal.
    let complaint = |why: String| call.named(Complaint::new("Q3164").fact("why", why));
    let text = std::str::from_utf8(&bytes).map_err(|error| complaint(error.to_string()))?;
    let raw: &RawValue = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| complaint(place(&error)))?;
    read(raw, 0, &Cell::new(VALUES_MAX)).map_err(complaint)
}

fn place(error: &serde_json::Error) -> String {
    format!("{:?}, {}:{}", error.classify(), error.line(), error.column())
}

/// The value of JSON whose outline is sound.
fn read(raw: &RawValue, depth: usize, left: &Cell<usize>) -> Result<Value, String> {
    let text = raw.get().trim();
    left.set(left.get().checked_sub(1).ok_or_else(|| format!("> {VALUES_MAX}"))?);
    if depth > DEPTH_MAX {
        return Err(format!("> {DEPTH_MAX} × [ {{"));
    }
    let why = |error: serde_json::Error| place(&error);
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text).map_err(why)?;
            let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(fields.len());
            let mut places: HashMap<Arc<str>, usize> = HashMap::with_capacity(fields.len());
            for (name, raw) in fields {
                let value = read(raw, depth + 1, left)?;
                let name: Arc<str> = name.into();
                // Of a name that comes twice the last counts, as everywhere.
                match places.get(&name) {
                    Some(place) => entries[*place].1 = value,
                    None => {
                        places.insert(name.clone(), entries.len());
                        entries.push((name, value));
                    }
                }
            }
            Value::Map(entries)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(why)?;
            if items.len() > left.get() {
                return Err(format!("> {VALUES_MAX}"));
            }
            Value::List(items.into_iter().map(|raw| read(raw, depth + 1, left)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::text(serde_json::from_str::<String>(text).map_err(why)?),
        _ => match text {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => self::number(number),
        },
    })
}

/// A number as exact as it is written; one beyond 28 digits stays as it is written, as text.
fn number(written: &str) -> Value {
    let exact = || Decimal::from_str_exact(written).or_else(|_| Decimal::from_scientific(written));
    match written.parse() {
        Ok(whole) => Value::Int(whole),
        Err(_) => exact().map_or_else(|_| Value::text(written), Value::Decimal),
    }
}

/// The fields of an object in their order, unread.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

fn to_json(input: Value, _: &Call<'_>) -> Outcome {
    bounded(json(&input))
}

/// A value as compact JSON text.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    let quoted = |part: &str| serde_json::Value::from(part).to_string();
    match value {
        Value::Null => text.push_str("null"),
        Value::Decimal(number) => text.push_str(&number.to_string()),
        Value::Bool(_) | Value::Int(_) => text.push_str(&value.to_string()),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push('{');
            for (index, (name, value)) in entries.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&quoted(name));
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Text(part) => text.push_str(&quoted(part)),
        // As a document holds them.
        Value::Bytes(_) | Value::Date(_) | Value::DateTime(_) => text.push_str(&value.to_json().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Value, String> {
        read(serde_json::from_str(text).map_err(|error| place(&error))?, 0, &Cell::new(VALUES_MAX))
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for text in [
            r#"{"z":1.50,"a":[0,-1,0.000,12345678901234567890,1e400x"#,
            "[1,2",
            "{\"a\":1,}",
            "tru",
            "",
            "1 2",
            "{1:2}",
            "\"\\ud800\"",
            "01",
        ] {
            assert!(read_text(text).is_err(), "{text}");
        }
        for text in [
            r#"{"z":1.50,"a":[0,-1,0.000,12345678901234567890],"n":null,"t":true,"":{}}"#,
            r#""汉\"\\\n""#,
            "9223372036854775807",
            "[]",
        ] {
            assert_eq!(json(&read_text(text).unwrap()), text);
        }
        assert_eq!(json(&read_text(" {\"a\" : 1 , \"b\":2, \"a\": 3 } ").unwrap()), r#"{"a":3,"b":2}"#);
        assert_eq!(read_text("1e400"), Ok(Value::text("1e400")));
        assert_eq!(read_text("1.5e3"), Ok(Value::Decimal(Decimal::from(1500))));
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read_text(&nested(DEPTH_MAX)).is_ok());
        assert!(read_text(&nested(DEPTH_MAX + 1)).is_err());
        assert!(read_text(&nested(20_000)).is_err());
        assert!(read_text(&format!("{}1{}", "{\"a\":".repeat(9_000), "}".repeat(9_000))).is_err());
    }

    #[test]
    fn number_has_an_end() {
        assert!(read_text(&format!("[{}0]", "0,".repeat(100_000))).is_ok());
        assert!(read_text(&format!("[{}0]", "0,".repeat(VALUES_MAX))).is_err());
        assert!(read_text(&format!("[{}[]]", "[0],".repeat(VALUES_MAX / 2))).is_err());
    }
}
