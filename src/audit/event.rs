//! An event, as the room that acts describes it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::deed::Deed;
use super::leaf::{self, ItemFields};
use super::tree::Hash;
use crate::clock::{Clock, Timestamp};
use crate::record::{Fingerprint, mask};

/// The longest text of one field, in bytes; what is longer is cut and ends in `…`.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// The salts of one item: row, document, payload, 16 bytes each.
pub const SALTS_BYTES: usize = 3 * 16;

/// What one transaction did, to be appended in that transaction.
#[derive(Clone, Debug)]
pub struct Event {
    pub(super) deed: Deed,
    pub(super) at: Timestamp,
    pub(super) actor: String,
    pub(super) role: String,
    pub(super) run: String,
    pub(super) platform: String,
    pub(super) kind: String,
    pub(super) route: String,
    pub(super) versions: Versions,
    pub(super) subject: String,
    /// The items in their stored form, their hashes, and their salts.
    pub(super) items: Vec<u8>,
    pub(super) item_hashes: Vec<Hash>,
    pub(super) salts: Vec<u8>,
    /// Dice thrown ahead: a system call an item would cost more than its hashes.
    dice: Vec<u8>,
}

/// The versions in force, each the SHA-256 of its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    pub mapping: Option<Fingerprint>,
    pub schema: Option<Fingerprint>,
    pub profile: Option<Fingerprint>,
    pub program: Option<Fingerprint>,
}

/// One record's part in an event.
///
/// `row`, `document` and `payload` are committed to, not stored. Each is either the content itself or its
/// 32-byte SHA-256, whichever the caller has: [`opens`](super::opens) tries both. `None` where the event says
/// nothing new about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item<'a> {
    /// The random record id; never a key.
    pub record: &'a str,
    pub version: i64,
    pub action: &'a str,
    pub outcome: &'a str,
    pub row: Option<&'a [u8]>,
    pub document: Option<&'a [u8]>,
    pub payload: Option<&'a [u8]>,
}

impl Event {
    /// `actor` is the account or `schedule`; `role` is under what right it acted.
    pub fn new(deed: Deed, at: Timestamp, actor: &str, role: &str) -> Self {
        Event {
            deed,
            at,
            actor: clean(actor),
            role: clean(role),
            run: String::new(),
            platform: String::new(),
            kind: String::new(),
            route: String::new(),
            versions: Versions::default(),
            subject: String::new(),
            items: Vec::new(),
            item_hashes: Vec::new(),
            salts: Vec::new(),
            dice: Vec::new(),
        }
    }

    pub fn run(mut self, run: impl fmt::Display) -> Self {
        self.run = clean(&run.to_string());
        self
    }

    pub fn platform(mut self, platform: &str) -> Self {
        self.platform = clean(platform);
        self
    }

    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = clean(kind);
        self
    }

    pub fn route(mut self, route: &str) -> Self {
        self.route = clean(route);
        self
    }

    pub fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// What it was about, for people: a count, a reason, a difference. Masked here, so that no caller can forget
    /// it; the key of a listing does not belong in it.
    pub fn subject(mut self, subject: impl fmt::Display) -> Self {
        self.subject = plain(&subject.to_string());
        self
    }

    /// A subject that begins with a hash, which would look like an account number to the mask.
    pub(super) fn subject_of(mut self, hash: &Fingerprint, rest: impl fmt::Display) -> Self {
        self.subject = format!("{hash} {}", plain(&rest.to_string()));
        self
    }

    /// Adds one record's part; the clock throws the salts.
    pub fn item(&mut self, clock: &Clock, item: &Item<'_>) {
        let contents = [item.row, item.document, item.payload];
        let salted = contents.iter().any(Option::is_some);
        let mut salts = if salted { self.throw(clock) } else { [0; SALTS_BYTES] };
        let mut commitments = [None; 3];
        for ((salt, content), commitment) in salts.chunks_mut(16).zip(contents).zip(&mut commitments) {
            match content {
                Some(content) => *commitment = Some(commit(salt, content)),
                None => salt.fill(0),
            }
        }
        let fields = ItemFields {
            record: item.record,
            version: item.version,
            action: item.action,
            outcome: item.outcome,
            commitments,
            salts: salted.then(|| Sha256::digest(salts).into()),
        };
        self.item_hashes.push(leaf::put_item(&mut self.items, &fields));
        self.salts.extend_from_slice(&salts);
    }

    /// One item's salts; from the second item on, dice for the next sixteen are thrown at once.
    fn throw(&mut self, clock: &Clock) -> [u8; SALTS_BYTES] {
        if self.dice.is_empty() {
            if self.item_hashes.is_empty() {
                return clock.dice();
            }
            self.dice.extend(clock.dice::<{ 16 * SALTS_BYTES }>());
            // Taken from the end, so that the first thrown must stand last.
            self.dice.reverse();
        }
        let rest = self.dice.len() - SALTS_BYTES;
        let mut salts = [0; SALTS_BYTES];
        salts.iter_mut().zip(self.dice.drain(rest..).rev()).for_each(|(salt, byte)| *salt = byte);
        salts
    }

    /// How many items it has so far.
    pub fn item_count(&self) -> usize {
        self.item_hashes.len()
    }
}

fn commit(salt: &[u8], content: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(content).finalize().into()
}

/// Masked and cleaned: fit for the log.
pub(super) fn plain(text: &str) -> String {
    clean(&mask(text))
}

/// Without control characters but line feeds (a NUL ends texts in C, an escape sequence repaints a terminal),
/// and not longer than allowed.
fn clean(text: &str) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX - '…'.len_utf8()).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_masked_cleaned_and_cut() {
        let long = "成".repeat(4000);
        let event = Event::new(Deed::Viewed, Timestamp(0), "wang\0\u{1b}[2J", "auditor").subject(&long);
        assert_eq!(event.actor, "wang  [2J");
        assert!(event.subject.len() <= TEXT_BYTES_MAX && event.subject.ends_with('…'));
        let event = event.subject("联系人 13812345678");
        assert_eq!(event.subject, "联系人 138****5678");
    }

    #[test]
    fn the_same_content_never_gives_the_same_commitment_twice() {
        let clock = Clock::manual(Timestamp(0), 7);
        let mut event = Event::new(Deed::Planned, Timestamp(0), "schedule", "");
        let item = Item { record: "r", row: Some(b"same"), document: Some(b"same"), ..Item::default() };
        event.item(&clock, &item);
        event.item(&clock, &item);
        assert_ne!(event.item_hashes[0], event.item_hashes[1]);
        assert_ne!(event.salts[..16], event.salts[16..32]);
        assert_eq!(event.salts[32..48], [0; 16], "no payload, no salt");
    }
}
