//! Reads the items of an event back from their stored form.

use super::tree::Hash;

/// One item as it is stored; the salts are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryItem {
    pub record: String,
    pub version: i64,
    pub action: String,
    pub outcome: String,
    pub row: Option<Hash>,
    pub document: Option<Hash>,
    pub payload: Option<Hash>,
}

/// The items in a stored blob, up to the first that cannot be read: showing what is there is better than
/// nothing, and `verify` tells of the damage.
pub fn read(mut stored: &[u8]) -> impl Iterator<Item = EntryItem> {
    std::iter::from_fn(move || item(&mut stored))
}

fn item(rest: &mut &[u8]) -> Option<EntryItem> {
    let record = text(rest)?;
    let (number, tail) = rest.split_first_chunk::<8>()?;
    *rest = tail;
    let item = EntryItem {
        record,
        version: i64::from_be_bytes(*number),
        action: text(rest)?,
        outcome: text(rest)?,
        row: blob(rest)?.try_into().ok(),
        document: blob(rest)?.try_into().ok(),
        payload: blob(rest)?.try_into().ok(),
    };
    blob(rest)?;
    Some(item)
}

fn text(rest: &mut &[u8]) -> Option<String> {
    blob(rest).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn blob<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (bytes, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = tail;
    Some(bytes)
}
