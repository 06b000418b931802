//! The bytes that the log commits to. **Final since the first release**: a verifier written years from now must
//! read the first event. Golden files keep it; another form would be another version beside this one.
//!
//! ```text
//! number = 8 bytes, two's complement, most significant first
//! text   = length in bytes as 4 bytes, most significant first; then UTF-8
//! blob   = length in bytes as 4 bytes, most significant first; then the bytes
//!
//! leaf   = text "qilu-leaf/1"
//!          number time        microseconds since 1970-01-01T00:00:00Z
//!          text   event       a word of `Deed`
//!          text   actor
//!          text   role
//!          text   run         empty outside a run
//!          text   platform, text kind, text route      empty where it concerns none
//!          blob   mapping, blob schema, blob profile, blob program
//!                             SHA-256 of the version in force: 32 bytes, or empty
//!          text   subject     masked, without keys of records
//!          number items
//!          blob   items root  32 bytes: RFC 6962 root over the items; for none, SHA-256 of nothing
//!
//! item   = text   "qilu-item/1"
//!          text   record      the random id
//!          number version
//!          text   action, text outcome
//!          blob   row, blob document, blob payload
//!                             SHA-256(salt ‖ content): 32 bytes, or empty
//!          blob   salts       SHA-256(row salt ‖ document salt ‖ payload salt): 32 bytes, or empty without them
//! ```
//!
//! The hash of a leaf and of an item is SHA-256(0x00 ‖ bytes), of a node SHA-256(0x01 ‖ left ‖ right), as in
//! RFC 6962, section 2.1. A salt is 16 random bytes; where an item has no content, its place holds zeros.
//!
//! The database keeps the items of one event as one blob: the items one after another, each without its first
//! text, which is always the same.

use super::event::Event;
use super::tree::{self, Hash};
use crate::record::Fingerprint;

const LEAF: &str = "qilu-leaf/1";
const ITEM: &str = "qilu-item/1";

/// One item as the database keeps it.
pub struct ItemFields<'a> {
    pub record: &'a str,
    pub version: i64,
    pub action: &'a str,
    pub outcome: &'a str,
    /// Row, document, payload.
    pub commitments: [Option<Hash>; 3],
    pub salts: Option<Hash>,
}

/// Writes an item's stored form at the end of `stored`; gives its hash in the items' tree.
pub fn put_item(stored: &mut Vec<u8>, item: &ItemFields<'_>) -> Hash {
    let start = stored.len();
    put_text(stored, item.record);
    put_number(stored, item.version);
    put_text(stored, item.action);
    put_text(stored, item.outcome);
    for commitment in item.commitments.iter().chain([&item.salts]) {
        put_blob(stored, commitment.as_ref().map_or(&[], |hash| hash.as_slice()));
    }
    let mut first = Vec::with_capacity(4 + ITEM.len());
    put_text(&mut first, ITEM);
    tree::leaf_hash(&[&first, &stored[start..]])
}

/// The leaf of an event as it is appended at `time`.
pub fn encode(event: &Event, time: i64) -> Vec<u8> {
    let mut leaf = Vec::with_capacity(400 + event.subject.len());
    put_text(&mut leaf, LEAF);
    put_number(&mut leaf, time);
    put_text(&mut leaf, event.deed.word());
    for text in [&event.actor, &event.role, &event.run, &event.platform, &event.kind, &event.route] {
        put_text(&mut leaf, text);
    }
    let versions = &event.versions;
    for version in [&versions.mapping, &versions.schema, &versions.profile, &versions.program] {
        put_blob(&mut leaf, version.as_ref().map_or(&[], Fingerprint::as_bytes));
    }
    put_text(&mut leaf, &event.subject);
    put_number(&mut leaf, event.item_hashes.len() as i64);
    put_blob(&mut leaf, &tree::root(&event.item_hashes));
    leaf
}

fn put_number(bytes: &mut Vec<u8>, number: i64) {
    bytes.extend_from_slice(&number.to_be_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_blob(bytes, text.as_bytes());
}

/// Texts are cut far below 4 GiB when an event is made, and commitments are 32 bytes: the length always fits.
fn put_blob(bytes: &mut Vec<u8>, blob: &[u8]) {
    bytes.extend_from_slice(&(blob.len() as u32).to_be_bytes());
    bytes.extend_from_slice(blob);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Deed, Item, Versions};
    use crate::clock::{Clock, Timestamp};

    const TIME: i64 = 1_767_225_600_000_000;

    #[test]
    fn leaves_are_the_golden_ones() {
        let minimal = Event::new(Deed::Stop, Timestamp(TIME), "wang", "operator");
        assert_eq!(encode(&minimal, TIME), include_bytes!("../../tests/golden/audit/leaf-minimal.bin"));

        let clock = Clock::manual(Timestamp(0), 42);
        let version = |byte| Some(Fingerprint([byte; 32]));
        let versions =
            Versions { mapping: version(1), schema: None, profile: version(3), program: version(4) };
        let mut full = Event::new(Deed::BatchIntended, Timestamp(TIME + 1), "schedule", "standing approval")
            .run(17)
            .platform("shandong")
            .kind("achievement")
            .route("achievement")
            .versions(versions)
            .subject("第 1 批，3 条");
        let item =
            Item { record: "a1b2c3", version: 1, action: "create", outcome: "intended", ..Item::default() };
        full.item(&clock, &Item { row: Some(b"row one"), document: Some("成果".as_bytes()), ..item });
        full.item(&clock, &Item { record: "d4e5f6", version: 2, action: "update", ..item });
        let payload = Fingerprint::of(b"payload");
        let withdraw = Item { record: "0718ff", version: -1, action: "withdraw", ..item };
        full.item(&clock, &Item { payload: Some(payload.as_bytes()), ..withdraw });
        assert_eq!(full.items, include_bytes!("../../tests/golden/audit/items-full.bin"));
        assert_eq!(encode(&full, TIME + 1), include_bytes!("../../tests/golden/audit/leaf-full.bin"));
    }

    #[test]
    fn roots_of_one_to_nine_events_are_the_golden_ones() {
        let leaf = |n: i64| {
            let event = Event::new(Deed::Viewed, Timestamp(TIME + n), "audit", "auditor").subject(n);
            tree::leaf_hash(&[&encode(&event, TIME + n)])
        };
        let hashes: Vec<Hash> = (0..9).map(leaf).collect();
        let roots: String =
            (1..=9).map(|n| format!("{n} {}\n", Fingerprint(tree::root(&hashes[..n])))).collect();
        assert_eq!(roots, include_str!("../../tests/golden/audit/roots.txt"));
    }
}
