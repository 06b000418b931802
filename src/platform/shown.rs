//! A request for people: what is made from a credential or a session is `***`, the rest is readable.
//!
//! It is decided by where a field comes from, however many values it passed through, and not by looking for secrets
//! in what is sent: a signature or a cipher text does not look like the key that made it.

use super::paper::HIDDEN;
use super::request::{Builder, base_path};
use super::template::Template;
use super::{Bindings, Known, names, write};
use crate::config::platform::{Charset, Format, Writing};
use crate::record::Value;

/// What may be shown of a request: `***` stands for whatever is made from a credential or a session, text is in
/// UTF-8, and forms and queries are readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    pub url: String,
    pub headers: Vec<(String, String)>,
    /// `None` where the body as it is sent may be shown.
    pub body: Option<Vec<u8>>,
    /// The payload in clear, where the body has it only encrypted.
    pub payload: Option<Vec<u8>>,
}

impl<'a> Builder<'a> {
    /// All names as they may be shown: a map that secrets go into keeps what else is in it.
    fn masked(&self) -> Bindings<'a> {
        let call = self.order.call;
        let mut masked = self.bound.clone();
        for name in names::SECRET {
            if let Some(Known::Value(value)) = self.bound.get(name) {
                masked.bind(name, Known::Value(stars(value)));
            }
        }
        for name in names::PARTS.iter().filter(|name| call.hides_name(name)) {
            masked.bind(name, Known::Text(HIDDEN));
        }
        let mut maps = Vec::new();
        for derived in call.derived.iter().filter(|derived| call.hides_name(&derived.name)) {
            if let Some(Known::Value(Value::Map(_))) = self.bound.get(&derived.name) {
                maps.push(derived);
            }
            masked.bind(&derived.name, Known::Text(HIDDEN));
        }
        // One may stand in another: each pass gets at least one more of them right.
        for _ in 0..maps.len() {
            for derived in &maps {
                if let Ok(value @ Value::Map(_)) = derived.formula.value(&masked) {
                    masked.bind(&derived.name, Known::Value(value));
                }
            }
        }
        masked
    }

    /// The address with readable parameters, secrets hidden.
    pub(super) fn shown_url(&self) -> String {
        let call = self.order.call;
        let base = self.profile.platform().base_url.as_str();
        let path = match call.hides(&call.path) {
            true => HIDDEN,
            false => self.bound_text("path").strip_prefix(base_path(base)).unwrap_or("/"),
        };
        let mut url = format!("{base}{path}");
        if let Some(Known::Value(Value::Map(params))) = self.bound.get("params") {
            for (index, (name, value)) in params.iter().enumerate() {
                let join = if index == 0 { '?' } else { '&' };
                let hidden =
                    call.query.iter().any(|(known, formula)| *known == **name && call.hides(formula));
                let value = if hidden { HIDDEN.to_owned() } else { value.to_string() };
                url.push_str(&format!("{join}{name}={value}"));
            }
        }
        url
    }

    /// The body for people; `None` where that is what is sent.
    pub(super) fn shown_body(&self, body: &[u8], format: Format, nonce: &str) -> Option<Vec<u8>> {
        let call = self.order.call;
        let plain = Writing { charset: Charset::Utf8, ..call.writing };
        let hides = |template: &Template| template.formulas().into_iter().any(|formula| call.hides(formula));
        let shown = match (&call.envelope, &call.payload, self.bound.get("payload")) {
            (Some(envelope), ..) => self
                .content(envelope, Some(&self.masked()))
                .and_then(|content| write::envelope(&content, plain, nonce)),
            // What is stored of a delivery has no secrets; a question's content may.
            (None, Some(template), _) if hides(template) => self
                .content(template, Some(&self.masked()))
                .and_then(|content| write::payload(&content, plain, false)),
            (None, _, Some(Known::Bytes(payload))) => Ok(payload.to_vec()),
            (None, ..) => return None,
        };
        // What cannot be written without its secrets is not shown at all.
        let shown = shown.unwrap_or_else(|_| HIDDEN.as_bytes().to_vec());
        let shown = if format == Format::Form { write::readable(&shown) } else { shown };
        (shown.as_slice() != body).then_some(shown)
    }

    /// What is stored of a delivery, where nothing of it is to be seen in the body.
    pub(super) fn unseen_payload(&self, shown: &[u8]) -> Option<Vec<u8>> {
        let call = self.order.call;
        let envelope = call.envelope.as_ref()?;
        let mut visible = envelope.formulas().into_iter().filter(|formula| !call.hides(formula));
        if visible.any(|formula| formula.names().any(|name| name == "payload")) || call.hides_name("payload")
        {
            return None;
        }
        match self.bound.get("payload") {
            Some(Known::Bytes(payload)) if !payload.is_empty() => {
                let start = &payload[..payload.len().min(SEEN_BYTES)];
                let seen = shown.windows(start.len()).any(|window| window == start);
                (!seen).then(|| payload.to_vec())
            }
            _ => None,
        }
    }
}

/// So much of a payload's beginning tells it from everything else in a body.
const SEEN_BYTES: usize = 48;

/// Every text of a secret map as `***`.
fn stars(value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(name, value)| (name.clone(), stars(value))).collect())
        }
        _ => Value::text(HIDDEN),
    }
}
