//! A request as plain data, built from the profile by pure code: the envelope is made afresh for each attempt,
//! the payload inside it stays.

use std::borrow::Cow;
use std::fmt;

use chrono_tz::Asia::Shanghai;

use super::call::Call;
use super::formula::{Formula, scalar_text};
use super::login::Login;
use super::paper::HIDDEN;
use super::profile::{Profile, failed};
use super::shown::Masked;
use super::template::{Setting, Template};
use super::{Bindings, Credentials, Known, names, write};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::crypto::hex;
use crate::record::{Complaint, Value};

/// Everything that is sent, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The same for people.
    pub shown: Masked,
}

/// What differs from attempt to attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fresh {
    pub now: Timestamp,
    pub nonce: [u8; 16],
    /// Becomes `digits`.
    pub digits: [u8; 16],
    /// For the one-time keys of an encryption; never sent.
    pub entropy: [u8; 32],
}

impl Fresh {
    pub fn from_clock(clock: &Clock) -> Self {
        Fresh { now: clock.now(), nonce: clock.dice(), digits: clock.dice(), entropy: clock.dice() }
    }
}

impl Fresh {
    /// What of it may be sent, by its names: an answer may have to repeat it.
    pub(super) fn sent(&self) -> [(&'static str, Value); 6] {
        let nonce = hex(&self.nonce);
        let parts = [&nonce[..8], &nonce[8..12], &nonce[12..16], &nonce[16..20], &nonce[20..]];
        let digits = u128::from_le_bytes(self.digits) % 10_u128.pow(DIGITS);
        [
            ("timestamp", Value::Int(self.now.0.div_euclid(1_000_000))),
            ("timestamp_ms", Value::Int(self.now.0.div_euclid(1_000))),
            ("now", Value::DateTime(self.now.in_zone(Shanghai))),
            ("uuid", Value::text(parts.join("-"))),
            ("nonce", Value::text(nonce)),
            ("digits", Value::text(format!("{digits:0width$}", width = DIGITS as usize))),
        ]
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fresh({})", self.now)
    }
}

/// Where a request is built: what it is called in complaints, what is asked, and by which template.
pub(super) struct Order<'a> {
    /// `operations.create`, as the profile names it.
    place: String,
    /// The name `action`.
    action: &'a str,
    pub(super) call: &'a Call,
    fresh: Fresh,
}

impl Profile {
    /// Builds one request.
    ///
    /// Shape:  `names` are the request's own names (`kind`, `page` …); those it does not give are null. `payload` is
    ///         a delivery's stored content; a question makes its own. `session` is the map of what log-ins gave,
    ///         by their names. The same arguments give the same bytes.
    /// Errors: Q7407 where an expression fails, Q7410 for an operation that the province does not offer.
    pub fn request<'a>(
        &'a self,
        operation: Operation,
        names: &Bindings<'a>,
        payload: &'a [u8],
        credentials: &Credentials,
        session: &Value,
        fresh: Fresh,
    ) -> Result<Request, Complaint> {
        let place = format!("operations.{}", operation.word());
        let order = Order { place, action: operation.word(), call: self.call(operation)?, fresh };
        let stored = operation.is_delivery().then_some(payload);
        self.fill(order, names, stored, credentials, session)
    }

    /// Builds the request of a login. `session` is what the logins before it gave.
    pub(super) fn login_request(
        &self,
        login: &Login,
        credentials: &Credentials,
        session: &Value,
        fresh: Fresh,
    ) -> Result<Request, Complaint> {
        let place = format!("logins.{}", login.name);
        let order = Order { place, action: Operation::Login.word(), call: &login.call, fresh };
        self.fill(order, &Bindings::default(), None, credentials, session)
    }

    /// Builds the request of any call. `stored` is its payload where that is not to be made now.
    fn fill<'a>(
        &'a self,
        order: Order<'a>,
        names: &Bindings<'a>,
        stored: Option<&'a [u8]>,
        credentials: &Credentials,
        session: &Value,
    ) -> Result<Request, Complaint> {
        let mut builder = Builder { profile: self, order, bound: Bindings::default() };
        builder.bind_all(names, stored, credentials, session);
        builder.build()
    }
}

/// Makes parts and values when an expression first asks for them: a signature may cover the body, the body may
/// carry a signature of the payload, a query parameter may be either. Loading has refused circles.
pub(super) struct Builder<'a> {
    pub(super) profile: &'a Profile,
    pub(super) order: Order<'a>,
    pub(super) bound: Bindings<'a>,
}

impl<'a> Builder<'a> {
    fn bind_all(
        &mut self,
        names: &Bindings<'a>,
        stored: Option<&'a [u8]>,
        credentials: &Credentials,
        session: &Value,
    ) {
        for name in names::REQUEST.iter().chain(names::RECORD) {
            self.bound.bind(name, names.get(name).cloned().unwrap_or(Known::NULL));
        }
        let call = self.order.call;
        self.bound.bind("city_code", Known::Text(&self.profile.platform().city_code));
        self.bound.bind("action", Known::Text(self.order.action));
        self.bound.bind("method", Known::Text(&call.method));
        if let Some(payload) = stored {
            self.bound.bind("payload", Known::Bytes(Cow::Borrowed(payload)));
        }
        let fresh = self.order.fresh;
        let mut values = fresh.sent().to_vec();
        values.extend([
            ("entropy", Value::Bytes(fresh.entropy.as_slice().into())),
            ("credentials", credentials.to_value()),
            ("session", session.clone()),
        ]);
        debug_assert!(names::FRESH.iter().all(|name| values.iter().any(|(known, _)| known == name)));
        for (name, value) in values {
            self.bound.bind(name, Known::Value(value));
        }
    }

    fn build(mut self) -> Result<Request, Complaint> {
        self.need("path_query")?;
        self.need("body")?;
        let call = self.order.call;
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut hidden = Vec::new();
        for (name, formula) in self.profile.headers().iter().chain(&call.headers) {
            let Some(value) = self.text(formula, name)? else { continue };
            if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
                let found = if call.hides(formula) { HIDDEN } else { &value };
                let cause = Complaint::new("Q7411").found(found).fact("header", name);
                return Err(failed(&self.order.place, name, &cause));
            }
            if call.hides(formula) {
                hidden.push(name);
            }
            // An operation's header replaces the platform's of the same name.
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value));
        }
        let body = match self.bound.get("body") {
            Some(Known::Bytes(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        };
        let format = match call.envelope {
            Some(_) => call.writing.envelope,
            None => call.writing.payload,
        };
        let nonce = hex(&self.order.fresh.nonce);
        let mut default = |name: &str, value: &str| {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        default("Accept", write::accepted(format));
        if !body.is_empty() {
            default("Content-Type", &write::media_type(format, call.writing.charset, &nonce));
        }
        let base = self.profile.platform().base_url.as_str();
        let url =
            format!("{base}{}", self.bound_text("path_query").strip_prefix(base_path(base)).unwrap_or("/"));
        let is_hidden = |name: &str| hidden.iter().any(|known| known.eq_ignore_ascii_case(name));
        let shown_headers = headers.iter().map(|(name, value)| {
            (name.clone(), if is_hidden(name) { HIDDEN.to_owned() } else { value.clone() })
        });
        let shown_body = if body.is_empty() { None } else { self.shown_body(&body, format, &nonce) };
        let shown = Masked {
            url: self.shown_url(),
            headers: shown_headers.collect(),
            payload: self.unseen_payload(shown_body.as_ref().unwrap_or(&body)),
            body: shown_body,
        };
        Ok(Request { method: call.method.clone(), url, headers, body, shown })
    }

    fn need_all<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), Complaint> {
        names.into_iter().try_for_each(|name| self.need(name))
    }

    fn need(&mut self, name: &str) -> Result<(), Complaint> {
        if self.bound.has(name) {
            return Ok(());
        }
        let call = self.order.call;
        match name {
            "path" => {
                let path = self.text(&call.path, "path")?.unwrap_or_default();
                let base = base_path(&self.profile.platform().base_url);
                let path = format!("{base}{}", encode(&path, is_path_byte));
                self.bound.bind("path", Known::Value(Value::text(path)));
            }
            "params" => {
                let mut params = Vec::with_capacity(call.query.len());
                for (name, formula) in &call.query {
                    if let Some(value) = self.text(formula, name)? {
                        params.push((name.as_str().into(), Value::text(value)));
                    }
                }
                self.bound.bind("params", Known::Value(Value::Map(params)));
            }
            "query" => {
                self.need("params")?;
                let query = self.query(|text| {
                    write::encode_text(text, call.writing.charset, is_plain)
                        .map_err(|cause| failed(&self.order.place, "query", &cause))
                })?;
                self.bound.bind("query", Known::Value(Value::text(query)));
            }
            "path_query" => {
                self.need_all(["path", "query"])?;
                let query = self.bound_text("query");
                let mark = if query.is_empty() { "" } else { "?" };
                let whole = format!("{}{mark}{query}", self.bound_text("path"));
                self.bound.bind("path_query", Known::Value(Value::text(whole)));
            }
            "payload" => {
                let payload = match &call.payload {
                    None => Vec::new(),
                    Some(template) => {
                        self.need_all(template.names())?;
                        let written = self.content(template, None).and_then(|content| {
                            write::payload(&content, call.writing, call.envelope.is_some())
                        });
                        written.map_err(|cause| failed(&self.order.place, "payload", &cause))?
                    }
                };
                self.bound.bind("payload", Known::Bytes(Cow::Owned(payload)));
            }
            "body" => {
                let body = match &call.envelope {
                    None => {
                        self.need("payload")?;
                        self.bare_body()
                    }
                    Some(envelope) => {
                        self.need_all(envelope.names())?;
                        let nonce = hex(&self.order.fresh.nonce);
                        let content = self.content(envelope, None);
                        content.and_then(|content| write::envelope(&content, call.writing, &nonce))
                    }
                };
                let body = body.map_err(|cause| failed(&self.order.place, "body", &cause))?;
                self.bound.bind("body", Known::Bytes(Cow::Owned(body)));
            }
            _ => {
                debug_assert!(!names::PARTS.contains(&name));
                if let Some(derived) = call.derived.iter().find(|derived| derived.name == name) {
                    let value = self.value(&derived.formula, name)?;
                    self.bound.bind(&derived.name, Known::Value(value));
                }
            }
        }
        Ok(())
    }

    fn bare_body(&self) -> Result<Vec<u8>, Complaint> {
        match self.bound.get("payload") {
            Some(Known::Bytes(payload)) => write::bare(payload, self.order.call.writing).map(Cow::into_owned),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn content<'t>(
        &self,
        template: &'t Template,
        masked: Option<&Bindings<'a>>,
    ) -> Result<write::Content<'t>, Complaint>
    where
        'a: 't,
    {
        let bindings = &self.bound;
        template.content(&Setting { bindings, item: None, parts: &[], call: self.order.call, masked })
    }

    /// `name=value&name=value` from the parameters, each text encoded.
    fn query(&self, encode: impl Fn(&str) -> Result<String, Complaint>) -> Result<String, Complaint> {
        let mut query = String::new();
        if let Some(Known::Value(Value::Map(params))) = self.bound.get("params") {
            for (name, value) in params {
                let join = if query.is_empty() { "" } else { "&" };
                query.push_str(&format!("{join}{}={}", encode(name)?, encode(&value.to_string())?));
            }
        }
        Ok(query)
    }

    /// Errors: Q7412 for null where something is owed: a signature over nothing would be sent as if it were one.
    fn value(&mut self, formula: &Formula, place: &str) -> Result<Value, Complaint> {
        self.need_all(formula.names())?;
        let value = formula.value(&self.bound).map_err(|cause| failed(&self.order.place, place, &cause))?;
        if value.is_null() && self.order.call.owes(formula) {
            let cause = Complaint::new("Q7412").fact("step", formula.written());
            return Err(failed(&self.order.place, place, &cause));
        }
        Ok(value)
    }

    fn text(&mut self, formula: &Formula, place: &str) -> Result<Option<String>, Complaint> {
        self.value(formula, place).map(|value| scalar_text(&value))
    }

    pub(super) fn bound_text(&self, name: &str) -> &str {
        match self.bound.get(name) {
            Some(Known::Value(Value::Text(text))) => text,
            Some(Known::Text(text)) => text,
            _ => "",
        }
    }
}

/// How many digits `digits` has.
const DIGITS: u32 = 18;

/// `/api/v1` of `https://host:27180/api/v1`: part of the path that is signed.
pub(super) fn base_path(base_url: &str) -> &str {
    let host = base_url.find("://").map_or(0, |at| at + 3);
    base_url[host..].find('/').map_or("", |at| &base_url[host + at..])
}

/// Percent-encoding of everything that may not stand there as it is. Source: RFC 3986 §2.1.
fn encode(text: &str, may_stand: fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match may_stand(byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn is_path_byte(byte: u8) -> bool {
    is_plain(byte)
        || matches!(byte, b'/' | b':' | b'@' | b'!' | b'$' | b'&' | b'(' | b')' | b',' | b';' | b'=')
}
