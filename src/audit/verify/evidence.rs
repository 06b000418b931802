//! Checks one event's evidence without the database.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::tree::{self, Hash};
use crate::audit::key::PublicKey;
use crate::audit::note::SignedNote;

/// What a piece of evidence proves: this leaf is event `index` of the log with this head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedEvidence {
    pub origin: String,
    pub index: u64,
    pub size: u64,
    /// As described in `leaf.rs`.
    pub leaf: Vec<u8>,
}

/// Checks a C2SP tlog-proof whose `extra` line is the event's leaf.
///
/// Errors: `None` if anything does not fit; there is no half evidence.
pub fn check_evidence(text: &str, keys: &[PublicKey]) -> Option<CheckedEvidence> {
    let (proof, checkpoint) = text.split_once("\n\n")?;
    let head = SignedNote::parse(checkpoint)?.open(keys).ok()?;
    let mut lines = proof.lines();
    if lines.next()? != "c2sp.org/tlog-proof@v1" {
        return None;
    }
    let leaf = BASE64.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let index: u64 = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let path: Vec<Hash> =
        lines.map(|line| BASE64.decode(line).ok()?.try_into().ok()).collect::<Option<_>>()?;
    let root = root_by_path(index, head.size, tree::leaf(&[&leaf]), &path)?;
    (root == head.root).then_some(CheckedEvidence { origin: head.origin, index, size: head.size, leaf })
}

/// Source: RFC 9162, section 2.1.3.2.
fn root_by_path(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut root) = (index, size - 1, leaf);
    for hash in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            root = tree::node(hash, &root);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            root = tree::node(&root, hash);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}
