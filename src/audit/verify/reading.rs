//! Reads an event from its row into the bytes that the tree commits to. The encoding is described in `leaf.rs`;
//! this is a second reading of that description, on purpose.

use super::tree::{self, Growing, Hash};
use crate::db::Row;

/// The columns of [`leaf_of`], in its order.
macro_rules! leaf_columns {
    () => {
        "time, event, actor, role, run, platform, kind, route, mapping, schema, profile, program, subject, items"
    };
}
pub(super) use leaf_columns;

/// The items of one event.
pub struct Items {
    /// Record id and the hash of the three salts of each.
    pub list: Vec<(String, Option<Hash>)>,
    root: Hash,
}

/// The leaf of a row; `None` if its items cannot be read.
pub fn leaf_of(row: &Row) -> Option<Vec<u8>> {
    leaf_and_items(row).map(|(leaf, _)| leaf)
}

pub fn leaf_and_items(row: &Row) -> Option<(Vec<u8>, Items)> {
    let items = read_items(&row.blob(13))?;
    let mut leaf = Vec::with_capacity(512);
    sized(&mut leaf, b"qilu-leaf/1");
    leaf.extend(row.int(0).to_be_bytes());
    for column in 1..8 {
        sized(&mut leaf, row.text(column).as_bytes());
    }
    for column in 8..12 {
        sized(&mut leaf, &row.blob(column));
    }
    sized(&mut leaf, row.text(12).as_bytes());
    leaf.extend((items.list.len() as u64).to_be_bytes());
    sized(&mut leaf, &items.root);
    Some((leaf, items))
}

fn sized(leaf: &mut Vec<u8>, bytes: &[u8]) {
    leaf.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    leaf.extend(bytes);
}

fn read_items(stored: &[u8]) -> Option<Items> {
    let mut tree = Growing::default();
    let mut list = Vec::new();
    let mut rest = stored;
    while !rest.is_empty() {
        let start = rest;
        let record = String::from_utf8(take(&mut rest)?.to_vec()).ok()?;
        rest = rest.split_at_checked(8)?.1;
        for _ in 0..5 {
            // Action, outcome, row, document, payload: all that matters here is where they end.
            take(&mut rest)?;
        }
        let salts = take(&mut rest)?;
        let salts = if salts.is_empty() { None } else { Some(Hash::try_from(salts).ok()?) };
        let item = &start[..start.len() - rest.len()];
        tree.push(Some(tree::leaf(&[&[0, 0, 0, 11], b"qilu-item/1", item])));
        list.push((record, salts));
    }
    Some(Items { list, root: tree.root()? })
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (bytes, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = tail;
    Some(bytes)
}
