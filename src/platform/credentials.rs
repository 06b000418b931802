//! Secrets by name, never shown. Those that stand in files are read again when the files change.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::config::{Fault, Located, Platform, Secret, SecretReference};
use crate::record::{Complaint, Value};

/// The values of a profile's `[credentials]`, and what else must not be shown.
#[derive(Clone, Default)]
pub struct Credentials {
    values: Vec<(String, String)>,
    /// Every form of them in which they might be met, longest first.
    hidden: Vec<String>,
    /// Where they can be read again.
    source: Option<Arc<Source>>,
}

struct Source {
    references: Vec<(String, Located<String>)>,
    root: PathBuf,
}

/// Shorter values are not looked for in texts: hiding every `1` would tell nothing and spoil everything.
const HIDDEN_CHARS_MIN: usize = 4;

impl Credentials {
    /// Resolves every reference. Errors: one fault for each that cannot be resolved, without any value.
    pub fn resolve(platform: &Platform, root: &Path) -> Result<Self, Vec<Fault>> {
        let mut values = Vec::new();
        let mut faults = Vec::new();
        for named in &platform.credentials {
            match Secret::resolve(&named.expression, root) {
                Ok(secret) => values.push((named.name.value.clone(), secret.expose().to_owned())),
                Err(complaint) => faults.push(named.expression.fault(&platform.file, 0, complaint)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let references = platform.credentials.iter();
        let references = references.map(|named| (named.name.value.clone(), named.expression.clone()));
        let source = Source { references: references.collect(), root: root.to_owned() };
        Ok(Credentials { source: Some(Arc::new(source)), ..Credentials::from_values(values) })
    }

    /// From values at hand: the sandbox's, or a test's.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Credentials::from_values(owned.collect())
    }

    fn from_values(values: Vec<(String, String)>) -> Self {
        let mut hidden: Vec<String> = values.iter().flat_map(|(_, value)| forms(value)).collect();
        tidy(&mut hidden);
        Credentials { values, hidden, source: None }
    }

    /// The same with what the files say now; `None` where nothing is different.
    ///
    /// A file that cannot be read at this moment says nothing: whoever replaces it may be in the middle of that.
    pub(super) fn read_again(&self) -> Option<Self> {
        let source = self.source.as_ref()?;
        let mut values = self.values.clone();
        for (name, reference) in &source.references {
            let may_change = matches!(
                SecretReference::parse(reference),
                Ok(SecretReference::File(_) | SecretReference::Credential(_))
            );
            let Some((_, value)) = values.iter_mut().find(|(known, _)| known == name && may_change) else {
                continue;
            };
            match Secret::resolve(reference, &source.root) {
                Ok(secret) if secret.expose() != value => *value = secret.expose().to_owned(),
                Ok(_) => (),
                Err(complaint) => {
                    tracing::warn!(credential.name = %name, "the credential {name} cannot be read again, the one in use stays: {complaint}");
                }
            }
        }
        let changed = values != self.values;
        changed.then(|| Credentials { source: self.source.clone(), ..Credentials::from_values(values) })
    }

    /// The same, and further values that are not shown either.
    pub(super) fn and_hide<'v>(&self, values: impl Iterator<Item = &'v Value>) -> Self {
        let mut more = self.clone();
        more.hidden.extend(values.flat_map(value_forms));
        tidy(&mut more.hidden);
        more
    }

    pub(super) fn to_value(&self) -> Value {
        let entries =
            self.values.iter().map(|(name, value)| (Arc::from(name.as_str()), Value::text(value.as_str())));
        Value::Map(entries.collect())
    }

    /// The text with every credential's value replaced by `***`.
    pub(super) fn hide(&self, text: String) -> String {
        self.hidden.iter().fold(text, |text, secret| match text.contains(secret) {
            true => text.replace(secret, "***"),
            false => text,
        })
    }
}

/// A secret as it stands, in an address, in a form, and inside JSON.
fn forms(secret: &str) -> Vec<String> {
    if secret.chars().count() < HIDDEN_CHARS_MIN {
        return Vec::new();
    }
    let json = serde_json::Value::from(secret).to_string();
    let encoded: String = secret.bytes().map(percent).collect();
    vec![secret.to_owned(), encoded.replace("%20", "+"), encoded, json[1..json.len() - 1].to_owned()]
}

/// As in an address. Source: RFC 3986 §2.3.
fn percent(byte: u8) -> String {
    match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// Bytes are met as text, in hex and in base64.
fn value_forms(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => forms(text),
        Value::Bytes(bytes) => {
            let lower = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let written =
                [lower.to_uppercase(), lower, STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)];
            let text = std::str::from_utf8(bytes).map(forms).unwrap_or_default();
            written.iter().flat_map(|form| forms(form)).chain(text).collect()
        }
        Value::List(items) => items.iter().flat_map(value_forms).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, value)| value_forms(value)).collect(),
        _ => Vec::new(),
    }
}

/// Longest first: a secret may begin with another.
fn tidy(hidden: &mut Vec<String>) {
    hidden.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    hidden.dedup();
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.values.iter().map(|(name, _)| (name, "***"))).finish()
    }
}

/// The complaint about a credential that an expression names and the profile does not have.
pub(super) fn missing(name: &str) -> Complaint {
    Complaint::new("Q7406").found(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form_in_which_it_travels() {
        let credentials = Credentials::from_pairs(&[("a", "a+b/c= \"d"), ("b", "a+b/"), ("n", "1")]);
        let token = Value::Bytes([0xfb, 0xff, 0xfe, 1, 2, 3].as_slice().into());
        let credentials = credentials.and_hide([token].iter());
        for (text, expect) in [
            (r#"x a+b/c= "d y"#, "x *** y"),
            ("?t=a%2Bb%2Fc%3D%20%22d&n=1", "?t=***&n=1"),
            ("t=a%2Bb%2Fc%3D+%22d", "t=***"),
            (r#"{"t":"a+b/c= \"d"}"#, r#"{"t":"***"}"#),
            ("fbfffe010203 FBFFFE010203 +//+AQID %2B%2F%2F%2BAQID -__-AQID", "*** *** *** *** ***"),
            ("a+b/", "***"),
        ] {
            assert_eq!(credentials.hide(text.to_owned()), expect);
        }
    }
}
