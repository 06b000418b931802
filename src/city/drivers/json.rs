//! JSON columns as values, with their numbers exact.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::record::{Complaint, Value};

/// Deeper nesting than this is no listing.
const DEPTH_MAX: usize = 64;

/// The value of a JSON text. Of a name that an object has twice, the last counts.
///
/// Errors: Q2014 for a number that cannot be kept exactly, Q2032 for anything else.
pub(super) fn value(text: &str) -> Result<Value, Complaint> {
    read(text.trim(), 0)
}

fn read(text: &str, depth: usize) -> Result<Value, Complaint> {
    let broken = |why: &str| Complaint::new("Q2032").found(text).fact("reason", why);
    if depth > DEPTH_MAX {
        return Err(broken("nested too deeply"));
    }
    let parse = |error: serde_json::Error| broken(&error.to_string());
    match text.as_bytes().first() {
        Some(b'{') => {
            let Pairs(pairs) = serde_json::from_str(text).map_err(parse)?;
            let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(pairs.len());
            for (name, raw) in pairs {
                let value = read(raw.get(), depth + 1)?;
                match entries.iter_mut().find(|(known, _)| known.as_ref() == name) {
                    Some((_, known)) => *known = value,
                    None => entries.push((name.into(), value)),
                }
            }
            Ok(Value::Map(entries))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(parse)?;
            items.into_iter().map(|raw| read(raw.get(), depth + 1)).collect::<Result<_, _>>().map(Value::List)
        }
        Some(b'"') => serde_json::from_str::<String>(text).map(Value::text).map_err(parse),
        Some(b't' | b'f') => serde_json::from_str(text).map(Value::Bool).map_err(parse),
        Some(b'n') => serde_json::from_str::<()>(text).map(|()| Value::Null).map_err(parse),
        Some(_) | None => {
            serde_json::from_str::<&RawValue>(text).map_err(parse)?;
            number(text).ok_or_else(|| Complaint::new("Q2014").found(text))
        }
    }
}

/// A number as it is written; `None` if it has more digits than a decimal.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse() {
        return Some(Value::Int(whole));
    }
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mut decimal = Decimal::from_str_exact(digits).ok()?.normalize();
    let exponent: i32 = exponent.parse().ok()?;
    if decimal.is_zero() {
        return Some(Value::Decimal(decimal));
    }
    if exponent >= 0 {
        for _ in 0..exponent {
            decimal = decimal.checked_mul(Decimal::TEN)?;
        }
    } else {
        let scale = decimal.scale().checked_add(exponent.unsigned_abs())?;
        decimal.set_scale(scale).ok()?;
    }
    Some(Value::Decimal(decimal))
}

/// The members of an object in their order, their values unread.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = members.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn json_keeps_its_order_and_every_digit() {
        let rows = [
            (r#" {"b": 1, "a": [null, true, "甲\n"]} "#, Ok(r#"{"b":1,"a":[null,true,"甲\n"]}"#)),
            ("0.1234567890123456789012345678", Ok(r#""0.1234567890123456789012345678""#)),
            ("18446744073709551615", Ok(r#""18446744073709551615""#)),
            ("[1.50, -7, 1e3, 2.5E-3, 0e5]", Ok(r#"["1.5",-7,"1000","0.0025","0"]"#)),
            (r#"{"a": 1, "a": 2}"#, Ok(r#"{"a":2}"#)),
            ("1e400", Err("Q2014")),
            ("0.12345678901234567890123456789", Err("Q2014")),
            ("[1", Err("Q2032")),
            ("", Err("Q2032")),
            ("nothing", Err("Q2032")),
            (r#""\ud800""#, Err("Q2032")),
        ];
        for (given, expect) in rows {
            let found =
                value(given).map(|value| value.to_json().to_string()).map_err(|complaint| complaint.id);
            assert_eq!(found.as_deref().map_err(String::as_str), expect, "{given}");
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(value(&deep).map_err(|complaint| complaint.id), Err("Q2032".to_owned()));
    }
}
