//! JSON that a stranger wrote: read into a tree that can neither outgrow memory nor be read two ways.
//!
//! Four megabytes of `[[],[],[],…` are a million values and a hundred megabytes as a tree, so that the length of a
//! text bounds nothing. The tree is weighed while it grows, and given up before it is too heavy.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

/// How much of a tree is let grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
    /// Lists and objects inside each other.
    pub depth_max: usize,
    /// What the tree may take in memory, by a cautious estimate.
    pub bytes_max: usize,
}

/// Why a text did not become a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeFault {
    /// Not the language it should be; why, and where.
    Malformed(String),
    TooDeep,
    TooHeavy,
    /// It says two things at once: this key twice with different values, this number more exactly than we can keep.
    Ambiguous(String),
    /// XML that brings definitions of its own, or uses some.
    Definitions,
}

/// Weighs a tree while it grows.
#[derive(Debug)]
pub struct Scale {
    limits: TreeLimits,
    bytes_left: Cell<usize>,
}

/// Vectors and tables double when they grow, so that a value may take its place twice.
const VALUE_BYTES: usize = 2 * size_of::<Json>();
/// Name and hash beside the value, and the place in the table.
const FIELD_BYTES: usize = 2 * (size_of::<String>() + 16);
/// The first table of an object, before it holds a thing.
const OBJECT_BYTES: usize = 128;
/// What the allocator keeps for itself beside every text.
const TEXT_BYTES: usize = 16;
/// From here on a double no longer tells whole numbers apart that are written differently.
const EXACT_MAX: f64 = 18_446_744_073_709_551_615.0;

impl Scale {
    pub fn new(limits: TreeLimits) -> Self {
        Scale { limits, bytes_left: Cell::new(limits.bytes_max) }
    }

    pub fn value(&self) -> Result<(), TreeFault> {
        self.take(VALUE_BYTES)
    }

    pub fn text(&self, text: &str) -> Result<(), TreeFault> {
        self.take(text.len() + TEXT_BYTES)
    }

    pub fn object(&self) -> Result<(), TreeFault> {
        self.take(OBJECT_BYTES)
    }

    pub fn field(&self, name: &str) -> Result<(), TreeFault> {
        self.take(FIELD_BYTES + name.len() + TEXT_BYTES)
    }

    pub fn depth(&self, depth: usize) -> Result<(), TreeFault> {
        if depth > self.limits.depth_max { Err(TreeFault::TooDeep) } else { Ok(()) }
    }

    fn take(&self, bytes: usize) -> Result<(), TreeFault> {
        let left = self.bytes_left.get().checked_sub(bytes).ok_or(TreeFault::TooHeavy)?;
        self.bytes_left.set(left);
        Ok(())
    }
}

/// The tree of a JSON text.
///
/// Errors: as `TreeFault` says. The same key twice is a fault unless it says the same twice; a whole number beyond
///         64 bits is one, since what we kept would be another number; `-0` is 0.
/// Source: RFC 8259 §4 (names that are not unique), §6 (numbers).
pub fn read_json(text: &str, limits: TreeLimits) -> Result<Json, TreeFault> {
    let scale = Scale::new(limits);
    let why = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let branch = Branch { scale: &scale, why: &why, depth: 0 };
    let tree = branch.deserialize(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    tree.map_err(|error| why.take().unwrap_or_else(|| TreeFault::Malformed(error.to_string())))
}

/// One value and all inside it.
#[derive(Clone, Copy)]
struct Branch<'a> {
    scale: &'a Scale,
    /// The fault behind serde's error, which is only a text.
    why: &'a RefCell<Option<TreeFault>>,
    depth: usize,
}

impl Branch<'_> {
    fn allow<E: Error>(&self, allowed: Result<(), TreeFault>) -> Result<(), E> {
        allowed.map_err(|fault| self.refuse(fault))
    }

    fn refuse<E: Error>(&self, fault: TreeFault) -> E {
        self.why.replace(Some(fault));
        E::custom("refused")
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        let inner = Branch { depth: self.depth + 1, ..self };
        self.allow(self.scale.depth(inner.depth))?;
        Ok(inner)
    }
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        self.allow(self.scale.value())?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Branch<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json, E> {
        match Number::from_f64(number) {
            Some(_) if number == 0.0 => Ok(Json::from(0)),
            Some(kept) if number.abs() < EXACT_MAX => Ok(Json::Number(kept)),
            _ => Err(self.refuse(TreeFault::Ambiguous(number.to_string()))),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        self.allow(self.scale.text(text))?;
        Ok(Json::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(inner)? {
            list.push(entry);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        self.allow(self.scale.object())?;
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            self.allow(self.scale.field(&name))?;
            let value = fields.next_value_seed(inner)?;
            match object.get(&name) {
                Some(earlier) if *earlier != value => return Err(self.refuse(TreeFault::Ambiguous(name))),
                Some(_) => (),
                None => _ = object.insert(name, value),
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMITS: TreeLimits = TreeLimits { depth_max: 64, bytes_max: 1 << 20 };

    fn check(text: &str, expect: Result<Json, TreeFault>) {
        let shown: String = text.chars().take(60).collect();
        assert_eq!(read_json(text, LIMITS), expect, "{shown}");
    }

    #[test]
    fn what_is_ordinary_is_read_as_ever() {
        for text in [
            r#"{"b":[1,-2,2.50,true,null,"山\u4e1c\ud83d\ude00"],"a":{"":{}}}"#,
            "9007199254740993",
            "18446744073709551615",
            "-9223372036854775808",
            "[]",
            r#""""#,
        ] {
            check(text, Ok(serde_json::from_str(text).unwrap()));
        }
        let order: Vec<String> = read_json(r#"{"z":1,"a":2,"m":3}"#, LIMITS)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(order, ["z", "a", "m"]);
    }

    #[test]
    fn what_can_be_read_two_ways_is_not_read() {
        let ambiguous = |what: &str| Err(TreeFault::Ambiguous(what.to_owned()));
        check(r#"{"code":"0","code":"1"}"#, ambiguous("code"));
        check(r#"{"a":{"code":0,"code":"0"}}"#, ambiguous("code"));
        check(r#"{"code":"0","code":"0"}"#, Ok(json!({"code": "0"})));
        check(r#"{"code":"0","Code":"1"}"#, Ok(json!({"code": "0", "Code": "1"})));
        check("123456789012345678901", ambiguous("123456789012345680000"));
        check("-0", Ok(json!(0)));
        check("-0.0", Ok(json!(0)));
        check("1e400", Err(TreeFault::Malformed("number out of range at line 1 column 5".into())));
        check("1e15", Ok(json!(1e15)));
    }

    #[test]
    fn a_tree_that_grows_too_large_is_given_up() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_json(&nested(64), LIMITS).is_ok());
        check(&nested(65), Err(TreeFault::TooDeep));
        check(&"[".repeat(100_000), Err(TreeFault::TooDeep));
        check(&"{\"a\":".repeat(100_000), Err(TreeFault::TooDeep));
        check(&format!("[{}]", vec!["[]"; 100_000].join(",")), Err(TreeFault::TooHeavy));
        check(&format!("[{}]", vec!["0"; 100_000].join(",")), Err(TreeFault::TooHeavy));
        check(&format!("[{}]", vec![r#"{"":0}"#; 10_000].join(",")), Err(TreeFault::TooHeavy));
        check(&format!("\"{}\"", "x".repeat(2 << 20)), Err(TreeFault::TooHeavy));
        // Unfinished, and given up before its end is missed.
        check(&format!("[{}", "0,".repeat(1 << 20)), Err(TreeFault::TooHeavy));
    }

    #[test]
    fn what_is_no_json_says_where() {
        for text in ["", "{", "[1,]", "{\"a\" 1}", "<html>", "{} {}", "nul", "\"\u{0}\"", "01", "'a'", "NaN"]
        {
            assert!(matches!(read_json(text, LIMITS), Err(TreeFault::Malformed(_))), "{text}");
        }
    }
}
