//! SHA-256 fingerprints over unambiguous encodings.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Value;
use super::value::hex;

/// A SHA-256 digest; shown as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    pub fn of(bytes: &[u8]) -> Self {
        Fingerprint(Sha256::digest(bytes).into())
    }

    /// Reads back what was stored. Errors: anything that is not 32 bytes is `None`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Fingerprint)
    }

    /// Reads back what is shown. Errors: anything that is not 64 hex digits is `None`.
    pub fn parse_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(Fingerprint(bytes))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first eight hex digits: enough to tell two versions apart on a screen.
    pub fn short(&self) -> String {
        hex(&self.0[..4])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.short())
    }
}

/// Builds a fingerprint part by part; every part is preceded by its length, so that no two different
/// sequences of parts hash the same bytes.
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// `domain` keeps fingerprints of different things apart.
    pub fn new(domain: &str) -> Self {
        let mut printer = Fingerprinter(Sha256::new());
        printer.part(domain.as_bytes());
        printer
    }

    pub fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(number.to_be_bytes());
        self
    }

    /// A value with its type, so that `1`, `'1'` and `1.0` differ.
    pub fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Null => self.tag(0),
            Value::Bool(flag) => self.tag(1).number(u64::from(*flag)),
            Value::Int(number) => self.tag(2).number(*number as u64),
            Value::Decimal(number) => self.tag(3).part(&number.normalize().serialize()),
            Value::Text(text) => self.tag(4).part(text.as_bytes()),
            Value::Bytes(bytes) => self.tag(5).part(bytes),
            Value::Date(date) => self.tag(6).part(date.to_string().as_bytes()),
            Value::DateTime(time) => self.tag(7).part(time.to_rfc3339().as_bytes()),
            Value::List(items) => {
                self.tag(8).number(items.len() as u64);
                items.iter().fold(self, |printer, item| printer.value(item))
            }
            Value::Map(entries) => {
                self.tag(9).number(entries.len() as u64);
                entries.iter().fold(self, |printer, (name, item)| printer.part(name.as_bytes()).value(item))
            }
        }
    }

    pub fn finish(&self) -> Fingerprint {
        Fingerprint(self.0.clone().finalize().into())
    }

    fn tag(&mut self, tag: u8) -> &mut Self {
        self.0.update([tag]);
        self
    }
}
