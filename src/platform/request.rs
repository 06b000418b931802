//! A request as plain data, built from the profile by pure code: the envelope is made afresh for each attempt,
//! the payload inside it stays.

use std::borrow::Cow;

use chrono::TimeZone;
use chrono_tz::Asia::Shanghai;

use super::formula::{Formula, scalar_text};
use super::login::Login;
use super::profile::{Call, FRESH_NAMES, PART_NAMES, Profile, REQUEST_NAMES, Step, failed};
use super::sign::{digest, hex};
use super::{Bindings, Credentials, Known};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::record::{Complaint, Value};

/// Everything that is sent, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Headers whose value is made from a credential and must not be shown.
    pub secret_headers: Vec<String>,
}

/// What differs from attempt to attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fresh {
    pub now: Timestamp,
    pub nonce: [u8; 16],
}

impl Fresh {
    pub fn from_clock(clock: &Clock) -> Self {
        Fresh { now: clock.now(), nonce: clock.dice() }
    }
}

impl Profile {
    /// Builds one request.
    ///
    /// Shape:  `names` are the request's own names (`kind`, `page` …); those it does not give are null. The same
    ///         arguments give the same bytes.
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
        let call = self.call(operation)?;
        let mut builder = Builder { profile: self, operation, call, bound: Bindings::default() };
        builder.bind_all(names, payload, credentials, session, fresh);
        builder.build()
    }

    /// Builds the request of a login. `session` is what the logins before it gave.
    pub(super) fn login_request(
        &self,
        login: &Login,
        credentials: &Credentials,
        session: &Value,
        fresh: Fresh,
    ) -> Result<Request, Complaint> {
        let call = &login.call;
        let mut builder =
            Builder { profile: self, operation: Operation::Login, call, bound: Bindings::default() };
        builder.bind_all(&Bindings::default(), &[], credentials, session, fresh);
        builder.build()
    }
}

/// Makes parts and signature steps when an expression first asks for them: a signature may cover the body, the
/// body may carry a signature of the payload, a query parameter may be either. Loading has refused circles.
struct Builder<'a> {
    profile: &'a Profile,
    operation: Operation,
    call: &'a Call,
    bound: Bindings<'a>,
}

impl<'a> Builder<'a> {
    fn bind_all(
        &mut self,
        names: &Bindings<'a>,
        payload: &'a [u8],
        credentials: &Credentials,
        session: &Value,
        fresh: Fresh,
    ) {
        for name in REQUEST_NAMES {
            self.bound.bind(name, names.get(name).cloned().unwrap_or(Known::NULL));
        }
        self.bound.bind("city_code", Known::Text(&self.profile.platform().city_code));
        self.bound.bind("action", Known::Text(self.operation.word()));
        self.bound.bind("method", Known::Text(&self.call.method));
        self.bound.bind("payload", Known::Bytes(Cow::Borrowed(payload)));
        let now = Shanghai.from_utc_datetime(&fresh.now.to_utc().naive_utc()).fixed_offset();
        let nonce = hex(&fresh.nonce);
        let parts = [&nonce[..8], &nonce[8..12], &nonce[12..16], &nonce[16..20], &nonce[20..]];
        let values = [
            ("timestamp", Value::Int(fresh.now.0.div_euclid(1_000_000))),
            ("timestamp_ms", Value::Int(fresh.now.0.div_euclid(1_000))),
            ("now", Value::DateTime(now)),
            ("uuid", Value::text(parts.join("-"))),
            ("nonce", Value::text(nonce)),
            ("credentials", credentials.to_value()),
            ("session", session.clone()),
        ];
        debug_assert!(values.iter().all(|(name, _)| FRESH_NAMES.contains(name)));
        for (name, value) in values {
            self.bound.bind(name, Known::Value(value));
        }
    }

    fn build(mut self) -> Result<Request, Complaint> {
        self.need("path_query")?;
        self.need("body")?;
        let profile = self.profile;
        let call = self.call;
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut secret_headers = Vec::new();
        for (name, formula) in profile.headers().iter().chain(&call.headers) {
            self.need_all(formula.names())?;
            let Some(value) = self.text(formula, name)? else { continue };
            if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
                let cause = Complaint::new("Q7411").found(&value).fact("header", name);
                return Err(failed(self.operation, name, &cause));
            }
            if formula.names().any(|name| matches!(name, "credentials" | "session")) {
                secret_headers.push(name.clone());
            }
            // An operation's header replaces the platform's of the same name.
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value));
        }
        let body = match self.bound.get("body") {
            Some(Known::Bytes(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        };
        let mut default = |name: &str, value: &str| {
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        default("Accept", "application/json");
        if !body.is_empty() {
            default("Content-Type", "application/json; charset=utf-8");
        }
        let base = profile.platform().base_url.as_str();
        let url =
            format!("{base}{}", self.bound_text("path_query").strip_prefix(base_path(base)).unwrap_or("/"));
        Ok(Request { method: call.method.clone(), url, headers, body, secret_headers })
    }

    fn need_all<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) -> Result<(), Complaint> {
        names.into_iter().try_for_each(|name| self.need(name))
    }

    fn need(&mut self, name: &str) -> Result<(), Complaint> {
        if self.bound.has(name) {
            return Ok(());
        }
        let (profile, call) = (self.profile, self.call);
        match name {
            "path" => {
                self.need_all(call.path.names())?;
                let path = self.text(&call.path, "path")?.unwrap_or_default();
                let base = base_path(&profile.platform().base_url);
                self.bound.bind(
                    "path",
                    Known::Value(Value::text(format!("{base}{}", encode(&path, is_path_byte)))),
                );
            }
            "query" => {
                let mut query = String::new();
                for (name, formula) in &call.query {
                    self.need_all(formula.names())?;
                    if let Some(value) = self.text(formula, name)? {
                        let join = if query.is_empty() { "" } else { "&" };
                        query.push_str(&format!(
                            "{join}{}={}",
                            encode(name, is_plain),
                            encode(&value, is_plain)
                        ));
                    }
                }
                self.bound.bind("query", Known::Value(Value::text(query)));
            }
            "path_query" => {
                self.need_all(["path", "query"])?;
                let query = self.bound_text("query");
                let mark = if query.is_empty() { "" } else { "?" };
                let whole = format!("{}{mark}{query}", self.bound_text("path"));
                self.bound.bind("path_query", Known::Value(Value::text(whole)));
            }
            "body" => {
                let body = match &call.envelope {
                    None => self.bound.get("payload").cloned().unwrap_or(Known::NULL),
                    Some(envelope) => {
                        self.need_all(envelope.names())?;
                        let mut bytes = Vec::new();
                        envelope
                            .write(&self.bound, None, &[], &mut bytes)
                            .map_err(|cause| failed(self.operation, "envelope", &cause))?;
                        Known::Bytes(Cow::Owned(bytes))
                    }
                };
                self.bound.bind("body", body);
            }
            _ => {
                debug_assert!(!PART_NAMES.contains(&name));
                if let Some(step) = profile.steps().iter().find(|step| step.name == name) {
                    self.sign(step)?;
                }
            }
        }
        Ok(())
    }

    fn sign(&mut self, step: &'a Step) -> Result<(), Complaint> {
        self.need_all(step.input.names().chain(step.key.iter().flat_map(Formula::names)))?;
        let input = self.bytes(&step.input, &step.name)?;
        let key = match &step.key {
            Some(key) => self.bytes(key, &step.name)?,
            None => Cow::Borrowed([].as_slice()),
        };
        let signed = digest(step.digest, &key, &input, step.output);
        self.bound.bind(&step.name, Known::Value(Value::text(signed)));
        Ok(())
    }

    /// What is digested. Null is a fault here: a signature over "nothing" would be sent as if it were one.
    fn bytes(&self, formula: &Formula, place: &str) -> Result<Cow<'_, [u8]>, Complaint> {
        let bare =
            formula.names().next().filter(|name| formula.is(name)).and_then(|name| self.bound.get(name));
        if let Some(Known::Bytes(bytes)) = bare {
            return Ok(Cow::Borrowed(bytes));
        }
        match self.text(formula, place)? {
            Some(text) => Ok(Cow::Owned(text.into_bytes())),
            None => Err(failed(self.operation, place, &Complaint::new("Q7412").fact("step", place))),
        }
    }

    fn text(&self, formula: &Formula, place: &str) -> Result<Option<String>, Complaint> {
        let value = formula.value(&self.bound).map_err(|cause| failed(self.operation, place, &cause))?;
        Ok(scalar_text(&value))
    }

    fn bound_text(&self, name: &str) -> &str {
        match self.bound.get(name) {
            Some(Known::Value(Value::Text(text))) => text,
            Some(Known::Text(text)) => text,
            _ => "",
        }
    }
}

/// `/api/v1` of `https://host:27180/api/v1`: part of the path that is signed.
fn base_path(base_url: &str) -> &str {
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
