//! Secrets stand in configuration as references, never as values.

use std::fmt;

use crate::record::Complaint;

/// A resolved secret. Cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(super) String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretReference<'a> {
    /// `env:NAME`: an environment variable.
    Environment(&'a str),
    /// `file:PATH`: a file that only its owner's group may read; relative to the instance's folder.
    File(&'a str),
    /// `credential:NAME`: what systemd's `LoadCredential=` handed to the service.
    Credential(&'a str),
}

impl<'a> SecretReference<'a> {
    /// Errors: a bare value; it is not repeated in the complaint.
    pub fn parse(written: &'a str) -> Result<Self, Complaint> {
        let bare = || Complaint::new("Q1013");
        let (kind, name) = written.split_once(':').ok_or_else(bare)?;
        match (kind, name.trim()) {
            (_, "") => Err(bare()),
            ("env", name) => Ok(SecretReference::Environment(name)),
            ("file", path) => Ok(SecretReference::File(path)),
            ("credential", name) if !name.contains(['/', '\\']) && name != ".." => {
                Ok(SecretReference::Credential(name))
            }
            _ => Err(bare()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_value_is_no_reference_and_is_never_repeated() {
        for bare in ["hunter2", "env:", "password:hunter2", "credential:../hunter2", ""] {
            let complaint = SecretReference::parse(bare).err();
            let shown = complaint.map(|complaint| complaint.to_string()).unwrap_or_default();
            assert!(shown.starts_with("Q1013") && !shown.contains("hunter2"), "{bare}: {shown}");
        }
        assert_eq!(SecretReference::parse("env:QILU_KEY"), Ok(SecretReference::Environment("QILU_KEY")));
    }

    #[test]
    fn a_secret_cannot_be_printed() {
        assert_eq!(format!("{:?}", Secret("hunter2".into())), "***");
    }
}
