//! The key that signs checkpoints, and the public key that verifies them.
//!
//! Both have the text form of Go's `golang.org/x/mod/sumdb/note`, so that its tools read them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::error::Error;
use crate::clock::Clock;

/// The signature type of Ed25519. Source: C2SP signed-note.
const ED25519: u8 = 1;

/// The log's name, which is also its key's: no log of another instance passes for this one.
pub fn origin(instance: &str) -> String {
    format!("qilu/{instance}/audit")
}

/// The private key. It does not show itself in `Debug` and is wiped from memory when dropped.
pub struct Signer {
    name: String,
    key: SigningKey,
}

/// The public key with the log's name.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl Signer {
    /// A new key for an instance, from the clock's dice.
    pub fn create(clock: &Clock, instance: &str) -> Self {
        Signer { name: origin(instance), key: SigningKey::from_bytes(&clock.dice()) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public(&self) -> PublicKey {
        PublicKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    pub(super) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).to_bytes()
    }

    /// `PRIVATE+KEY+name+id+base64(type ‖ seed)`: for the key's file, never for a screen.
    pub(super) fn to_secret_text(&self) -> String {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        format!("PRIVATE+KEY+{}+{}+{}\n", self.name, hex(self.public().id()), BASE64.encode(typed))
    }

    /// Errors: not a key of this form; the text itself is never repeated.
    pub(super) fn parse(text: &str, place: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Key { place: place.to_owned(), what: what.to_owned() };
        let rest = text.trim().strip_prefix("PRIVATE+KEY+");
        let rest = rest.ok_or_else(|| wrong("this is not a signing key; `qilu init` makes one"))?;
        let (name, id, bytes) =
            parts(rest).ok_or_else(|| wrong("the signing key is cut short or damaged"))?;
        let signer = Signer { name, key: SigningKey::from_bytes(&bytes) };
        if signer.public().id() != id {
            return Err(wrong("the signing key does not fit its own id: it is damaged"));
        }
        Ok(signer)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, ***)", self.name)
    }
}

impl PublicKey {
    /// Reads `name+id+base64(type ‖ key)`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Key { place: "public key".to_owned(), what: what.to_owned() };
        let (name, id, bytes) = parts(text.trim()).ok_or_else(|| wrong("not of the form name+id+key"))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong("not an Ed25519 key"))?;
        let public = PublicKey { name, key };
        if public.id() != id {
            return Err(wrong("the key does not fit its id: it is damaged"));
        }
        Ok(public)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key). Source: C2SP signed-note.
    pub(super) fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    pub(super) fn verifies(&self, text: &str, signature: &[u8; 64]) -> bool {
        self.key.verify_strict(text.as_bytes(), &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(self.id()), BASE64.encode(typed))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// Name, id and the 32 bytes after the type. A name holds no plus sign, base64 may: split from the left.
fn parts(text: &str) -> Option<(String, [u8; 4], [u8; 32])> {
    let mut parts = text.splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let typed = BASE64.decode(key).ok()?;
    let (&kind, bytes) = typed.split_first()?;
    if name.is_empty() || name.chars().any(char::is_whitespace) || id.len() != 8 || kind != ED25519 {
        return None;
    }
    let id = u32::from_str_radix(id, 16).ok()?.to_be_bytes();
    Some((name.to_owned(), id, bytes.try_into().ok()?))
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn keys_read_back_and_never_show_their_secret() {
        let signer = Signer::create(&Clock::manual(Timestamp(0), 1), "zibo");
        let again = Signer::parse(&signer.to_secret_text(), "audit.key").unwrap();
        assert_eq!(again.public(), signer.public());
        assert_eq!(PublicKey::parse(&signer.public().to_string()).unwrap(), signer.public());
        assert_eq!(format!("{signer:?}"), "Signer(qilu/zibo/audit, ***)");
    }

    #[test]
    fn damaged_keys_are_refused_without_repeating_them() {
        let text = Signer::create(&Clock::manual(Timestamp(0), 1), "zibo").to_secret_text();
        let renamed = text.replace("zibo", "jinan");
        for bad in ["", "hello", "PRIVATE+KEY+", &text[..60], &renamed] {
            let message = Signer::parse(bad, "audit.key").unwrap_err().to_string();
            assert!(message.starts_with("audit.key: ") && !message.contains("PRIVATE+KEY+q"), "{message}");
        }
        for bad in ["", "a+b+c", "qilu/x/audit+00000000+AAAA"] {
            assert!(PublicKey::parse(bad).is_err(), "{bad}");
        }
    }
}
