//! The verifier's own tree: grows leaf by leaf and keeps only the roots of complete subtrees.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// A growing tree. A hash that is not known (its event is gone) makes every subtree over it unknown.
#[derive(Clone, Debug, Default)]
pub struct Growing {
    /// Complete subtrees, the largest first, as (leaves, root).
    peaks: Vec<(u64, Option<Hash>)>,
    pub leaves: u64,
}

impl Growing {
    pub fn push(&mut self, hash: Option<Hash>) {
        self.leaves += 1;
        let mut new = (1, hash);
        while let Some(left) = self.peaks.pop_if(|peak| peak.0 == new.0) {
            new = (left.0 * 2, join(left.1, new.1));
        }
        self.peaks.push(new);
    }

    /// The root so far, if all below it is known.
    pub fn root(&self) -> Option<Hash> {
        let mut from_right = self.peaks.iter().rev().map(|peak| peak.1);
        match from_right.next() {
            None => Some(Sha256::digest([]).into()),
            Some(last) => from_right.fold(last, |right, left| join(left, right)),
        }
    }
}

fn join(left: Option<Hash>, right: Option<Hash>) -> Option<Hash> {
    Some(node(&left?, &right?))
}

pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

pub fn leaf(parts: &[&[u8]]) -> Hash {
    parts
        .iter()
        .fold(Sha256::new().chain_update([0]), |hasher, part| hasher.chain_update(part))
        .finalize()
        .into()
}
