//! The hash tree of RFC 6962, section 2.1, as pure functions.

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// SHA-256(0x00 ‖ the parts).
pub fn leaf_hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The root over the hashes of leaves; of none, SHA-256 of nothing.
pub fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let left = split(many.len() as u64) as usize;
            node_hash(&root(&many[..left]), &root(&many[left..]))
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}

/// The subtrees, as `[first, past the last)`, whose roots prove that leaf `index` is in the tree of `size`
/// leaves, from the bottom up.
///
/// Source: RFC 6962, section 2.1.1.
pub fn inclusion_path(index: u64, size: u64) -> Vec<(u64, u64)> {
    let (mut first, mut last) = (0, size);
    let mut path = Vec::new();
    while last - first > 1 {
        let middle = first + split(last - first);
        if index < middle {
            path.push((middle, last));
            last = middle;
        } else {
            path.push((first, middle));
            first = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees whose roots prove that the tree of `size` leaves extends the tree of `old` leaves.
///
/// Source: RFC 6962, section 2.1.2. Empty where `old` is 0 or `size`.
pub fn consistency_path(old: u64, size: u64) -> Vec<(u64, u64)> {
    if old == 0 || old >= size {
        return Vec::new();
    }
    let (mut first, mut last) = (0, size);
    let mut path = Vec::new();
    // Down to the subtree that is the right edge of the old tree.
    while old != last {
        let middle = first + split(last - first);
        if old <= middle {
            path.push((middle, last));
            last = middle;
        } else {
            path.push((first, middle));
            first = middle;
        }
    }
    // The old root itself is known to whoever asks; a part of it must be told.
    if first > 0 {
        path.push((first, last));
    }
    path.reverse();
    path
}

/// Cuts `[first, last)` into complete subtrees, each as its height and its number at that height, from the left.
pub fn complete_subtrees(mut first: u64, last: u64) -> Vec<(u32, u64)> {
    let mut parts = Vec::new();
    while first < last {
        let height = first.trailing_zeros().min((last - first).ilog2());
        parts.push((height, first >> height));
        first += 1 << height;
    }
    parts
}

/// The root over complete subtrees, the highest first.
pub fn fold(peaks: &[Hash]) -> Hash {
    match peaks.split_last() {
        None => root(&[]),
        Some((last, before)) => before.iter().rfold(*last, |right, left| node_hash(left, &right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&[&[n]])).collect()
    }

    fn hash_of(leaves: &[Hash], (first, last): (u64, u64)) -> Hash {
        root(&leaves[first as usize..last as usize])
    }

    #[test]
    fn a_fold_of_complete_subtrees_is_the_root() {
        for count in 1..=70 {
            let leaves = leaves(count);
            let peaks: Vec<_> = complete_subtrees(0, u64::from(count))
                .into_iter()
                .map(|(height, number)| hash_of(&leaves, (number << height, (number + 1) << height)))
                .collect();
            assert_eq!(fold(&peaks), root(&leaves), "{count}");
        }
    }

    #[test]
    fn an_inclusion_path_leads_to_the_root() {
        for size in 1..=40_u64 {
            let leaves = leaves(size as u8);
            for index in 0..size {
                let mut hash = leaves[index as usize];
                for range in inclusion_path(index, size) {
                    let sibling = hash_of(&leaves, range);
                    hash =
                        if range.0 > index { node_hash(&hash, &sibling) } else { node_hash(&sibling, &hash) };
                }
                assert_eq!(hash, root(&leaves), "{index} of {size}");
            }
        }
    }

    /// Follows RFC 9162, section 2.1.4.2, step by step.
    fn consistent(old: u64, size: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> bool {
        let mut proof = proof.to_vec();
        if old.is_power_of_two() {
            proof.insert(0, old_root);
        }
        let (mut place, mut last) = (old - 1, size - 1);
        while place & 1 == 1 {
            (place, last) = (place >> 1, last >> 1);
        }
        let Some((first, rest)) = proof.split_first() else { return false };
        let (mut from_old, mut from_new) = (*first, *first);
        for hash in rest {
            if last == 0 {
                return false;
            }
            if place & 1 == 1 || place == last {
                from_old = node_hash(hash, &from_old);
                from_new = node_hash(hash, &from_new);
                while place & 1 == 0 && place != 0 {
                    (place, last) = (place >> 1, last >> 1);
                }
            } else {
                from_new = node_hash(&from_new, hash);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        from_old == old_root && from_new == new_root && last == 0
    }

    #[test]
    fn a_consistency_path_satisfies_the_standard_verifier() {
        for size in 2..=40_u64 {
            let leaves = leaves(size as u8);
            for old in 1..size {
                let proof: Vec<_> =
                    consistency_path(old, size).into_iter().map(|r| hash_of(&leaves, r)).collect();
                let old_root = root(&leaves[..old as usize]);
                assert!(consistent(old, size, old_root, root(&leaves), &proof), "{old} of {size}");
                assert!(!consistent(old, size, [7; 32], root(&leaves), &proof), "{old} of {size}");
            }
        }
    }
}
