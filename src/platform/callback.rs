//! A message that somebody brings to our door: whether the province wrote it, when, and what it says.
//!
//! Nothing is parsed before it is believed.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Asia::Shanghai;
use serde_json::{Map, Value as Json};

use super::call::Call;
use super::login::moment;
use super::reading::{AnswerReading, Press, ReviewsReading, compile_reviews};
use super::template::{Setting, Template};
use super::{Answer, Bindings, Credentials, Formula, Fresh, Known, Profile, Unread, one_line, write};
use crate::clock::Timestamp;
use crate::config::platform::{Operation, ReviewState};
use crate::config::{Fault, Platform};
use crate::record::{Complaint, Language, Value};

/// A request that came in, exactly.
#[derive(Clone, Debug)]
pub struct Message {
    pub method: String,
    pub path: String,
    /// Decoded.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received: Timestamp,
}

/// What a message says that is proved to be the province's.
#[derive(Clone, Debug)]
pub struct Believed {
    pub body: Json,
    /// What makes it this one, and when it will be too old to be heard again.
    pub nonce: Option<(String, Timestamp)>,
}

/// `[callback]`, compiled.
#[derive(Debug)]
pub struct CallbackReading {
    platform: String,
    /// How a body is read once it is believed.
    body: AnswerReading,
    verify: Formula,
    open: Option<Formula>,
    fresh: Option<Formula>,
    within: Duration,
    nonce: Option<Formula>,
    pub reviews: ReviewsReading,
    pub states: BTreeMap<String, ReviewState>,
    ack: Option<(Template, Call)>,
    pub refuse: u16,
}

const RAW: &[&str] = &["raw", "text", "headers", "query", "method", "path", "credentials", "received"];
/// A nonce is remembered for at least so long.
const REMEMBERED_MIN: Duration = Duration::from_secs(24 * 3600);
/// The longest nonce, in bytes: the ledger keeps it.
const NONCE_BYTES_MAX: usize = 200;

pub(super) fn compile(platform: &Platform, faults: &mut Vec<Fault>) -> Option<CallbackReading> {
    let text = platform.callback.as_ref()?;
    let file = platform.file.as_path();
    let press = &mut Press { file, faults };
    let parsed = [RAW, &["body"]].concat();
    let verify = press.maybe(&Some(text.verify.clone()), RAW);
    let open = press.maybe(&text.open, &parsed);
    let fresh = press.maybe(&text.fresh, &parsed);
    let nonce = press.maybe(&text.nonce, &parsed);
    let general =
        platform.answers.values().find(|answer| answer.reviews.is_some()).unwrap_or(&platform.answer);
    let words = general.reviews_of_callback(&text.reviews);
    let reviews = compile_reviews(&words, press);
    if words.state.is_none() {
        let (line, column) = (text.place.line, text.place.column);
        let complaint = Complaint::new("Q1002").fact("key", "callback.state");
        press.faults.push(Fault { file: file.to_owned(), line, column, complaint });
    }
    let ack_names = [&parsed[..], &["nonce", "now"]].concat();
    let format = text.writing.envelope;
    let ack = text.ack.as_ref().and_then(|ack| {
        let template = Template::compile(ack, &ack_names, format, file, faults)?;
        Some((template, Call::of_answer(text.writing)?))
    });
    Some(CallbackReading {
        platform: platform.name.clone(),
        body: AnswerReading { format: text.format, ..AnswerReading::default() },
        verify: verify?,
        open,
        fresh,
        within: text.within,
        nonce,
        reviews: reviews?,
        states: words.states,
        ack,
        refuse: text.refuse,
    })
}

impl CallbackReading {
    /// Decides whether a message is the province's and of now.
    ///
    /// Errors: Q7910 not proved, Q7911 stale, Q7913 proved and not understood.
    pub(super) fn believe(
        &self,
        profile: &Profile,
        message: &Message,
        credentials: &Credentials,
    ) -> Result<Believed, Complaint> {
        let sheet = Sheet::of(message, credentials);
        match self.verify.value(&sheet.bind()) {
            Ok(Value::Bool(true)) => (),
            Ok(_) => return Err(self.complaint("Q7910").fact("reason", "verify is not true")),
            Err(cause) => {
                let reason = one_line(&cause.message(Language::English), 200);
                return Err(self.complaint("Q7910").fact("reason", reason));
            }
        }
        let unreadable = |reason: String| self.complaint("Q7913").fact("reason", one_line(&reason, 200));
        let parse = |bytes: &[u8]| self.parse(profile, message, bytes);
        let mut body = parse(&message.body).map_err(unreadable)?;
        if let Some(open) = &self.open {
            let opened = open.value(&sheet.bind().with("body", Known::Json(&body)));
            body = match opened.map_err(|cause| unreadable(cause.message(Language::English)))? {
                Value::Text(text) => parse(text.as_bytes()).map_err(unreadable)?,
                Value::Bytes(bytes) => parse(&bytes).map_err(unreadable)?,
                Value::Null => return Err(unreadable("open gives nothing".to_owned())),
                value => value.to_json(),
            };
        }
        let names = sheet.bind().with("body", Known::Json(&body));
        if let Some(fresh) = &self.fresh {
            let signed = fresh.value(&names).ok().and_then(|value| moment(&value));
            let signed = signed.ok_or_else(|| unreadable("it does not say when it was signed".to_owned()))?;
            let apart = signed.since(message.received).max(message.received.since(signed));
            if apart > self.within {
                return Err(self.complaint("Q7911").fact("seconds", apart.as_secs()));
            }
        }
        let nonce = match &self.nonce {
            Some(nonce) => {
                let said = nonce.text(&names).map(|nonce| nonce.trim().to_owned());
                let said = said.filter(|nonce| !nonce.is_empty() && nonce.len() <= NONCE_BYTES_MAX);
                let said = said.ok_or_else(|| unreadable("it has no nonce".to_owned()))?;
                let remembered = (self.within * 2).max(REMEMBERED_MIN);
                Some((said, message.received.plus(remembered)))
            }
            None => None,
        };
        drop(names);
        Ok(Believed { body, nonce })
    }

    /// The complaint about a message that was heard before.
    pub fn replayed(&self, nonce: &str) -> Complaint {
        self.complaint("Q7912").found(one_line(nonce, 60))
    }

    /// What the province is answered for a message that was good.
    pub(super) fn acknowledge(
        &self,
        message: &Message,
        believed: &Believed,
        credentials: &Credentials,
    ) -> Result<Vec<u8>, Complaint> {
        let Some((ack, call)) = &self.ack else { return Ok(Vec::new()) };
        let sheet = Sheet::of(message, credentials);
        let nonce = believed.nonce.as_ref().map(|(nonce, _)| nonce.as_str());
        let names = sheet
            .bind()
            .with("body", Known::Json(&believed.body))
            .with("nonce", Known::maybe(nonce))
            .with("now", Known::Value(Value::DateTime(message.received.in_zone(Shanghai))));
        let said = ack.content(&Setting { bindings: &names, item: None, parts: &[], call, masked: None })?;
        write::envelope(&said, call.writing, nonce.unwrap_or_default())
    }

    /// Reads a body as an answer is read: so deep, so large, in its charset.
    fn parse(&self, profile: &Profile, message: &Message, bytes: &[u8]) -> Result<Json, String> {
        let answer = Answer {
            status: 200,
            headers: message.headers.clone(),
            body: bytes.to_vec(),
            received: message.received,
        };
        let fresh = Fresh { now: message.received, nonce: [0; 16], digits: [0; 16], entropy: [0; 32] };
        let (credentials, session) = (Credentials::default(), Value::Null);
        let read = profile.read_by(&self.body, Operation::Reviews, &answer, fresh, &credentials, &session);
        read.body.map_err(|unread| match unread {
            Unread::Empty => "it is empty".to_owned(),
            Unread::Page | Unread::Mislabelled => "it is a web page".to_owned(),
            Unread::Charset(charset) => format!("it is no text in {charset}"),
            other => format!("{other:?}"),
        })
    }

    fn complaint(&self, id: &str) -> Complaint {
        Complaint::new(id).fact("platform", &self.platform)
    }
}

/// What the expressions see of a message.
struct Sheet<'a> {
    message: &'a Message,
    text: Option<&'a str>,
    headers: Json,
    query: Json,
    credentials: Value,
}

impl<'a> Sheet<'a> {
    fn of(message: &'a Message, credentials: &Credentials) -> Self {
        let map = |pairs: &[(String, String)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str())));
            Json::Object(pairs.collect::<Map<_, _>>())
        };
        Sheet {
            message,
            text: std::str::from_utf8(&message.body).ok(),
            headers: map(&message.headers),
            query: map(&message.query),
            credentials: credentials.to_value(),
        }
    }

    fn bind(&self) -> Bindings<'_> {
        Bindings::default()
            .with("raw", Known::Value(Value::Bytes(self.message.body.as_slice().into())))
            .with("text", Known::maybe(self.text))
            .with("headers", Known::Json(&self.headers))
            .with("query", Known::Json(&self.query))
            .with("method", Known::Text(&self.message.method))
            .with("path", Known::Text(&self.message.path))
            .with("received", Known::Value(Value::DateTime(self.message.received.in_zone(Shanghai))))
            .with("credentials", Known::Value(self.credentials.clone()))
    }
}
