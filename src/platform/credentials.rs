//! Secrets by name, resolved once and never shown.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::config::{Fault, Platform, Secret};
use crate::record::{Complaint, Value};

/// The values of a profile's `[credentials]`.
#[derive(Clone, Default)]
pub struct Credentials(Vec<(String, String)>);

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
        if faults.is_empty() { Ok(Credentials(values)) } else { Err(faults) }
    }

    /// From values at hand: the sandbox's, or a test's.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Credentials(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    pub(super) fn to_value(&self) -> Value {
        let entries =
            self.0.iter().map(|(name, value)| (Arc::from(name.as_str()), Value::text(value.as_str())));
        Value::Map(entries.collect())
    }

    /// The text with every credential's value replaced by `***`.
    pub(super) fn hide(&self, text: String) -> String {
        let secrets = self.0.iter().map(|(_, value)| value.as_str());
        let secrets = secrets.filter(|value| value.chars().count() >= HIDDEN_CHARS_MIN);
        secrets.fold(text, |text, secret| match text.contains(secret) {
            true => text.replace(secret, "***"),
            false => text,
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, _)| (name, "***"))).finish()
    }
}

/// The complaint about a credential that an expression names and the profile does not have.
pub(super) fn missing(name: &str) -> Complaint {
    Complaint::new("Q7406").found(name)
}
