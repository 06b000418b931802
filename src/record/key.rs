//! The key of a listing, in two forms: one that sorts, one that people read.

use std::fmt;

use super::Value;

/// One column of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPart {
    Int(i64),
    Text(String),
}

/// A listing's key: one or more parts, in the order of the route's `key` columns.
///
/// Whole numbers sort before texts, numbers by value, texts by their UTF-8 bytes: the order in which SQLite's
/// BINARY collation, PostgreSQL's "C" and MySQL's `utf8mb4_bin` hand rows out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<KeyPart>);

/// Why a row has no usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("key column {0} is NULL")]
    Null(usize),
    #[error("key column {0} holds a {1}, which cannot be a key")]
    Type(usize, &'static str),
}

impl Key {
    pub fn new(parts: Vec<KeyPart>) -> Self {
        Key(parts)
    }

    pub fn parts(&self) -> &[KeyPart] {
        &self.0
    }

    /// A key from the cells of its columns.
    ///
    /// Errors: a NULL or a type without a stable order (decimal, bytes, list, map), with the column's position.
    pub fn from_cells<'a>(cells: impl IntoIterator<Item = &'a Value>) -> Result<Self, KeyError> {
        let part = |(index, cell): (usize, &Value)| match cell {
            Value::Int(number) => Ok(KeyPart::Int(*number)),
            Value::Text(text) => Ok(KeyPart::Text(text.to_string())),
            Value::Date(_) | Value::DateTime(_) => Ok(KeyPart::Text(cell.to_string())),
            Value::Null => Err(KeyError::Null(index)),
            other => Err(KeyError::Type(index, other.type_name())),
        };
        cells.into_iter().enumerate().map(part).collect::<Result<_, _>>().map(Key)
    }

    /// Bytes whose order is the key's order: `01` + big-endian with the sign flipped, or `02` + the text with
    /// `00` written as `00 FF`, closed by `00 00`.
    pub fn sort_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 16);
        for part in &self.0 {
            match part {
                KeyPart::Int(number) => {
                    bytes.push(1);
                    bytes.extend_from_slice(&((*number as u64) ^ (1 << 63)).to_be_bytes());
                }
                KeyPart::Text(text) => {
                    bytes.push(2);
                    for byte in text.bytes() {
                        bytes.push(byte);
                        if byte == 0 {
                            bytes.push(0xff);
                        }
                    }
                    bytes.extend_from_slice(&[0, 0]);
                }
            }
        }
        bytes
    }
}

/// Parts joined with a comma; a comma or backslash inside a text is escaped by a backslash.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match part {
                KeyPart::Int(number) => write!(f, "{number}")?,
                KeyPart::Text(text) => f.write_str(&text.replace('\\', "\\\\").replace(',', "\\,"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = KeyPart> {
        prop_oneof![any::<i64>().prop_map(KeyPart::Int), ".{0,6}".prop_map(KeyPart::Text)]
    }

    proptest! {
        #[test]
        fn bytes_sort_as_the_parts_do(
            one in prop::collection::vec(part(), 1..3),
            other in prop::collection::vec(part(), 1..3),
        ) {
            let (one, other) = (Key::new(one), Key::new(other));
            prop_assert_eq!(one.cmp(&other), one.sort_bytes().cmp(&other.sort_bytes()));
        }
    }

    #[test]
    fn keys_read_as_people_write_them() {
        let key = Key::new(vec![KeyPart::Int(-7), KeyPart::Text("甲,乙\\".into())]);
        assert_eq!(key.to_string(), "-7,甲\\,乙\\\\");
    }

    #[test]
    fn a_null_or_a_decimal_is_no_key() {
        assert_eq!(Key::from_cells([&Value::Null]), Err(KeyError::Null(0)));
        let decimal = Value::Decimal(15.into());
        assert_eq!(Key::from_cells([&Value::Int(1), &decimal]), Err(KeyError::Type(1, "decimal")));
    }
}
