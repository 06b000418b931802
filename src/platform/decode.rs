//! From the bytes of an answer to something that can be judged: genuine, readable, a tree; or why not.
//!
//! Nothing is parsed before it is believed, nothing is guessed where it could be read two ways, and nothing grows
//! beyond a few times the size that the profile allows an answer.

use std::borrow::Cow;

use chrono_tz::Asia::Shanghai;
use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use serde_json::{Map, Number, Value as Json};

use super::markup::read_xml;
use super::reading::AnswerReading;
use super::{Answer, Bindings, Credentials, Formula, Fresh, Known, Profile};
use crate::config::platform::{AnswerFormat, Charset, Operation};
use crate::record::{Complaint, Language, TreeFault, TreeLimits, Value, read_json};

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The body as the profile reads it: a tree, or the text itself.
    pub body: Result<Json, Unread>,
    /// Whether `body` is what was inside of what came: decrypted, unwrapped.
    pub is_opened: bool,
    /// Of what came.
    pub charset: &'static Encoding,
}

/// Why a body is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The profile's `verify` is not true: somebody else may have written it. The reason, if one is known.
    Unbelieved(Option<String>),
    Empty,
    /// A web page: a login, a gateway, a maintenance notice.
    Page,
    /// It says of itself to be a web page and does not look like one.
    Mislabelled,
    /// Bytes that are no text in this charset.
    Charset(&'static str),
    Tree(TreeFault),
    /// The profile's `open` fails; why.
    Unopened(String),
}

/// Lists and objects inside each other. Real answers have ten.
const DEPTH_MAX: usize = 64;
/// What a tree may take for each byte that an answer may have: records of thirty fields take five to six.
const TREE_BYTES_PER_BYTE: usize = 7;
/// Where a web page says that it is one.
const HEAD_BYTES: usize = 1024;

impl Content {
    /// No answer came.
    pub fn none() -> Self {
        Content { body: Err(Unread::Empty), is_opened: false, charset: UTF_8 }
    }
}

impl Profile {
    /// Reads an answer as far as it can be believed and understood.
    ///
    /// Shape:  `sent` is what was fresh in the request: an answer may have to repeat it. Pure.
    /// Errors: none; what is not read says why.
    pub fn read(
        &self,
        operation: Operation,
        answer: &Answer,
        sent: Fresh,
        credentials: &Credentials,
        session: &Value,
    ) -> Content {
        let reading = self.answer(operation);
        self.read_by(reading, operation, answer, sent, credentials, session)
    }

    /// The same, of an answer that is no operation's.
    pub(super) fn read_by(
        &self,
        reading: &AnswerReading,
        operation: Operation,
        answer: &Answer,
        sent: Fresh,
        credentials: &Credentials,
        session: &Value,
    ) -> Content {
        let limits = TreeLimits {
            depth_max: DEPTH_MAX,
            bytes_max: self.platform().limits.answer_bytes_max.saturating_mul(TREE_BYTES_PER_BYTE),
        };
        let platform = self.platform();
        let call = platform.operations.get(&operation);
        let ours = match call.map_or(platform.writing, |call| call.writing).charset {
            Charset::Utf8 => UTF_8,
            Charset::Gb18030 => GB18030,
            Charset::Gbk => GBK,
        };
        let sheet = Sheet { ours, operation, answer, reading, sent, credentials, session, limits };
        let body = sheet.read();
        let charset = sheet.charset(&answer.body);
        Content { is_opened: body.is_ok() && reading.open.is_some(), body, charset }
    }
}

/// An answer on its way from bytes to content.
struct Sheet<'a> {
    operation: Operation,
    answer: &'a Answer,
    reading: &'a AnswerReading,
    sent: Fresh,
    credentials: &'a Credentials,
    session: &'a Value,
    /// The charset of our requests.
    ours: &'static Encoding,
    limits: TreeLimits,
}

impl Sheet<'_> {
    fn read(&self) -> Result<Json, Unread> {
        let text = self.text();
        if let Some(verify) = &self.reading.verify {
            let known = text.as_ref().map_or(Known::NULL, |text| Known::Text(text));
            match verify.value(&self.bind(verify).with("text", known)) {
                Ok(Value::Bool(true)) => (),
                Ok(_) => return Err(Unread::Unbelieved(None)),
                Err(cause) => return Err(Unread::Unbelieved(Some(cause.message(Language::Chinese)))),
            }
        }
        if self.answer.body.iter().all(u8::is_ascii_whitespace) {
            return Err(Unread::Empty);
        }
        // What is opened from the raw bytes need not be text.
        let Some(open) = &self.reading.open else { return self.tree(&text?) };
        let known = text.as_ref().map_or(Known::NULL, |text| Known::Text(text));
        let bindings = self.bind(open).with("text", known);
        if !open.names().any(|name| name == "body") {
            return self.opened(open, &bindings);
        }
        let body = self.tree(text.as_ref().map_err(Unread::clone)?)?;
        self.opened(open, &bindings.with("body", Known::Json(&body)))
    }

    /// What `open` gives. A text inside is read by the same format as a text outside.
    fn opened(&self, open: &Formula, bindings: &Bindings<'_>) -> Result<Json, Unread> {
        let unopened = |cause: &Complaint| Unread::Unopened(cause.message(Language::Chinese));
        let json = match open.value(bindings).map_err(|cause| unopened(&cause))? {
            Value::Null => return Err(Unread::Unopened("–".to_owned())),
            Value::Text(text) => return self.parse(&text),
            Value::Bytes(bytes) => {
                let charset = self.charset(&bytes);
                return self.parse(&decode(&bytes, charset)?);
            }
            value => to_json(&value),
        };
        Ok(json)
    }

    /// The tree of what came, if it is not a web page.
    fn tree(&self, text: &str) -> Result<Json, Unread> {
        let head = &text[..text.floor_char_boundary(HEAD_BYTES.min(text.len()))];
        let head = head.trim_start().to_ascii_lowercase();
        if head.starts_with('<') && (head.contains("<html") || head.contains("<!doctype html")) {
            return Err(Unread::Page);
        }
        let says_page = self.answer.header("content-type").is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
        });
        if says_page && !self.reading.mislabelled {
            return Err(if head.starts_with('<') { Unread::Page } else { Unread::Mislabelled });
        }
        self.parse(text)
    }

    fn parse(&self, text: &str) -> Result<Json, Unread> {
        match self.reading.format {
            AnswerFormat::Json => read_json(text, self.limits).map_err(Unread::Tree),
            AnswerFormat::Xml => read_xml(text, self.limits).map_err(Unread::Tree),
            AnswerFormat::Text => Ok(Json::from(text.trim())),
        }
    }

    fn text(&self) -> Result<Cow<'_, str>, Unread> {
        decode(&self.answer.body, self.charset(&self.answer.body))
    }

    /// The profile's word for answers, then the answer's own, then that of our requests.
    fn charset(&self, bytes: &[u8]) -> &'static Encoding {
        let by_header = || {
            let kind = self.answer.header("content-type")?;
            let parameter = kind.split(';').skip(1).find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim().eq_ignore_ascii_case("charset").then_some(value)
            })?;
            Encoding::for_label(parameter.trim().trim_matches('"').as_bytes())
        };
        let by_declaration = || match self.reading.format {
            AnswerFormat::Xml => declared(bytes),
            AnswerFormat::Json | AnswerFormat::Text => None,
        };
        self.reading.charset.or_else(by_header).or_else(by_declaration).unwrap_or(self.ours)
    }

    fn bind<'s>(&'s self, formula: &Formula) -> Bindings<'s> {
        let now = self.answer.received.in_zone(Shanghai);
        let sent = self.sent.sent().into_iter().map(|(name, value)| (name.into(), value)).collect();
        // Bytes as they came, also where they happen to be text; copied only if they are asked for.
        let raw = match formula.names().any(|name| name == "raw") {
            true => Value::Bytes(self.answer.body.as_slice().into()),
            false => Value::Null,
        };
        let headers = headers(self.answer);
        Bindings::default()
            .with("raw", Known::Value(raw))
            .with("headers", Known::Value(Value::from_json(&headers)))
            .with("status", Known::Value(Value::Int(i64::from(self.answer.status))))
            .with("credentials", Known::Value(self.credentials.to_value()))
            .with("session", Known::Value(self.session.clone()))
            .with("sent", Known::Value(Value::Map(sent)))
            .with("received", Known::Value(Value::DateTime(now)))
            .with("action", Known::Text(self.operation.word()))
    }
}

/// Headers by their names in lower case. One that comes again is joined, so that neither hides the other.
///
/// Source: RFC 9110 §5.2.
pub fn headers(answer: &Answer) -> Json {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        match headers.get_mut(name) {
            Some(Json::String(earlier)) => *earlier = format!("{earlier}, {value}"),
            _ => _ = headers.insert(name.clone(), Json::from(value.as_str())),
        }
    }
    Json::Object(headers)
}

/// Bytes as text, without the mark of byte order; the mark also says which Unicode it is.
fn decode<'b>(bytes: &'b [u8], charset: &'static Encoding) -> Result<Cow<'b, str>, Unread> {
    let (charset, bytes) = match Encoding::for_bom(bytes) {
        Some((by_mark, length)) => (by_mark, &bytes[length..]),
        None => (charset, bytes),
    };
    let text = charset.decode_without_bom_handling_and_without_replacement(bytes);
    text.ok_or(Unread::Charset(charset.name()))
}

/// `encoding="…"` of an XML declaration.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.strip_prefix(b"<?xml")?;
    let head = &head[..head.iter().take(200).position(|byte| *byte == b'>')?];
    let head = std::str::from_utf8(head).ok()?;
    let (_, rest) = head.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Encoding::for_label(rest[1..].split(quote).next()?.as_bytes())
}

/// A value as the JSON that it came from: a decimal is a number again where that loses nothing.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Decimal(decimal) => {
            let written = decimal.normalize().to_string();
            let number = written.parse::<Number>().ok().filter(|number| number.to_string() == written);
            number.map_or(Json::from(written), Json::Number)
        }
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(name, value)| (name.to_string(), to_json(value))).collect())
        }
        other => other.to_json(),
    }
}
