//! Signed notes and checkpoints as C2SP writes them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::key::{PublicKey, Signer};

/// More signatures than this are not read; the standard asks for at least 16.
const SIGNATURES_MAX: usize = 64;

/// A head of the log: the first `size` events have this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: [u8; 32],
}

/// A text with its signatures, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    /// With its last line feed; this is what is signed.
    pub text: String,
    /// Name, key id and signature of each line.
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

/// Why a note is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is not a signed note or not a checkpoint.
    Malformed,
    /// No signature by a key that we know.
    Unknown,
    /// A key that we know is named, but did not sign this.
    Forged,
}

impl Checkpoint {
    /// The signed note of this head.
    pub(super) fn sign(&self, signer: &Signer) -> String {
        let text = self.to_string();
        let mut signature = signer.public().id().to_vec();
        signature.extend_from_slice(&signer.sign(&text));
        format!("{text}\n— {} {}\n", signer.name(), BASE64.encode(signature))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let plain = size.bytes().all(|b| b.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        if origin.is_empty() || !plain {
            return None;
        }
        let root = BASE64.decode(root).ok()?.try_into().ok()?;
        Some(Checkpoint { origin: origin.to_owned(), size: size.parse().ok()?, root })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }
}

impl SignedNote {
    pub fn parse(note: &str) -> Option<Self> {
        if note.chars().any(|c| c.is_control() && c != '\n') || !note.ends_with('\n') {
            return None;
        }
        let (text, signatures) = note.rsplit_once("\n\n")?;
        let signature = |line: &str| {
            let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
            let bytes = BASE64.decode(base64).ok()?;
            let (id, signature) = bytes.split_first_chunk::<4>()?;
            Some((name.to_owned(), *id, signature.to_vec()))
        };
        let signatures: Option<Vec<_>> = signatures.lines().take(SIGNATURES_MAX).map(signature).collect();
        let signatures = signatures.filter(|found| !found.is_empty())?;
        Some(SignedNote { text: format!("{text}\n"), signatures })
    }

    /// The checkpoint, if at least one of the keys signed it. Signatures of unknown keys (witnesses) are passed
    /// over; one of a known key that fails spoils the whole note.
    pub fn open(&self, keys: &[PublicKey]) -> Result<Checkpoint, Doubt> {
        let mut signed = false;
        for (name, id, signature) in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name() == name && key.id() == *id) else { continue };
            let whole = signature.as_slice().try_into().is_ok_and(|bytes| key.verifies(&self.text, bytes));
            if !whole {
                return Err(Doubt::Forged);
            }
            signed = true;
        }
        if !signed {
            return Err(Doubt::Unknown);
        }
        Checkpoint::parse(&self.text).ok_or(Doubt::Malformed)
    }

    /// What it says, signed or not.
    pub fn claim(&self) -> Option<Checkpoint> {
        Checkpoint::parse(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Timestamp};

    fn signer(seed: u64) -> Signer {
        Signer::create(&Clock::manual(Timestamp(0), seed), "zibo")
    }

    fn note() -> String {
        Checkpoint { origin: "qilu/zibo/audit".into(), size: 7, root: [5; 32] }.sign(&signer(1))
    }

    #[test]
    fn the_golden_note_is_signed_as_elsewhere_and_opens() {
        let golden = include_str!("../../tests/golden/audit/checkpoint.note");
        let signer = signer(7);
        assert_eq!(format!("{}\n", signer.public()), include_str!("../../tests/golden/audit/public-key.txt"));
        let checkpoint = SignedNote::parse(golden).unwrap().open(&[signer.public()]).unwrap();
        assert_eq!(checkpoint.size, 9);
        assert_eq!(checkpoint.sign(&signer), golden);
    }

    #[test]
    fn a_note_opens_with_its_key_and_no_other() {
        let note = SignedNote::parse(&note()).unwrap();
        let (own, other) = (signer(1).public(), signer(2).public());
        assert_eq!(note.open(&[other.clone(), own]).unwrap().size, 7);
        assert_eq!(note.open(&[other]), Err(Doubt::Unknown));
        assert_eq!(note.open(&[]), Err(Doubt::Unknown));
    }

    #[test]
    fn signatures_of_witnesses_are_passed_over() {
        let witnessed = format!("{}— witness.example/a AAAAAQID\n", note());
        assert!(SignedNote::parse(&witnessed).unwrap().open(&[signer(1).public()]).is_ok());
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (note, key) = (note(), signer(1).public());
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut bytes = note.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                let opened = SignedNote::parse(&text).map(|note| note.open(std::slice::from_ref(&key)));
                assert!(!matches!(opened, Some(Ok(_))), "byte {at} bit {bit}: {text}");
            }
        }
    }

    #[test]
    fn what_is_no_note_is_none() {
        for bad in [
            "",
            "\n",
            "\n\n",
            "a\n\n",
            "a\n\n— b",
            "a\n\n— b c\n",
            "a\n\n— b AAAA\n\n",
            "a\0\n\n— b AAAAAA==\n",
        ] {
            let opened = SignedNote::parse(bad).map(|note| note.open(&[signer(1).public()]));
            assert!(!matches!(opened, Some(Ok(_))), "{bad:?}");
        }
    }
}
