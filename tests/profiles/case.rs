//! One recorded case, as `cases.json` tells it.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// What is done, with which dice and at what time, what must leave, what comes back, what must be made of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// RFC 3339.
    pub now: String,
    /// 64 hex digits; every throw gives these bytes from their beginning, so the nonce is the first 16 of them.
    pub dice: String,
    #[serde(default)]
    pub credentials: Map<String, Json>,
    #[serde(rename = "do")]
    pub deed: Deed,
    pub exchanges: Vec<Exchange>,
    pub expect: Json,
}

/// What qilu is asked to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    /// create | update | withdraw | lookup | list | reviews | ping …
    pub operation: String,
    #[serde(default = "achievement")]
    pub kind: String,
    #[serde(default)]
    pub key: String,
    #[serde(default)]
    pub items: Vec<Part>,
    /// For the operations that read: `local_id`, `remote_id`, `page`, `since`, `after`, `scope`, `ticket` …
    #[serde(default)]
    pub names: Map<String, Json>,
    /// Seconds that pass before it.
    #[serde(default)]
    pub after_s: u64,
    /// What is done after it on the same street, where a session lives on. Told under `then`.
    #[serde(default)]
    pub then: Vec<Deed>,
}

fn achievement() -> String {
    "achievement".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub record_id: String,
    #[serde(default)]
    pub item_key: String,
    #[serde(default)]
    pub version: i64,
    #[serde(default)]
    pub remote_id: Option<String>,
    #[serde(default)]
    pub document: Map<String, Json>,
    #[serde(default)]
    pub reason: String,
}

/// One request that must leave and the answer it gets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    pub request: Sent,
    pub answer: Came,
}

/// A header that is not named here may be sent too; one that is `null` must not be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    pub method: String,
    pub url: String,
    #[serde(default)]
    pub headers: Map<String, Json>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub body_hex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Came {
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: Map<String, Json>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub body_hex: Option<String>,
}

fn ok() -> u16 {
    200
}

impl Case {
    pub fn read_all(file: &Path) -> Vec<Case> {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }
}

impl Sent {
    pub fn bytes(&self) -> Vec<u8> {
        bytes(self.body.as_deref(), self.body_hex.as_deref())
    }
}

impl Came {
    pub fn bytes(&self) -> Vec<u8> {
        bytes(self.body.as_deref(), self.body_hex.as_deref())
    }
}

fn bytes(text: Option<&str>, hex: Option<&str>) -> Vec<u8> {
    match (text, hex) {
        (_, Some(hex)) => unhex(hex),
        (text, None) => text.unwrap_or_default().as_bytes().to_vec(),
    }
}

pub fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hex digits");
    digits.chunks(2).map(byte).collect()
}
