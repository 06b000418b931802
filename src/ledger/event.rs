//! What the ledger lends out (a lease) and what comes back (an event that consumes it).

use std::time::Duration;

use crate::clock::Timestamp;
use crate::plan::Action;
use crate::record::{Complaint, Document, Fingerprint};

/// A batch taken out of the ledger to be sent. Whoever holds it must bring it back with an `Event`; a lease
/// that never comes back is doubt, not a free batch.
#[derive(Debug)]
pub struct Lease {
    pub batch: i64,
    /// The batch's idempotency key; the same for every attempt at it.
    pub key: String,
    pub platform: String,
    pub kind: String,
    pub action: Action,
    /// Which attempt at this batch this is, starting at 1.
    pub attempt: u32,
    /// Grows with every lease of the batch; a settlement with an older number is refused.
    pub fence: i64,
    pub items: Vec<Item>,
    /// The stored content, byte for byte the same on every attempt.
    pub payload: Payload,
}

/// One record's part of a batch.
#[derive(Clone, Debug)]
pub struct Item {
    pub delivery: i64,
    /// Random, stable, the `localId` that the province sees.
    pub record_id: String,
    /// `instance/record id/version`; never reused.
    pub item_key: String,
    pub version: i64,
    /// The province's id; always there for an update or a withdrawal.
    pub remote_id: Option<String>,
    /// The document with parents' provincial ids in place of references; empty for a withdrawal.
    pub document: Document,
    /// Why, for a withdrawal.
    pub reason: String,
}

/// The stable content of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub bytes: Vec<u8>,
}

impl Payload {
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }
}

/// One exchange, as the ledger keeps it: masked, capped.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub started: Timestamp,
    pub took: Duration,
    /// Method, path and masked headers and body, at most 64 KiB.
    pub request: String,
    /// Status, masked headers and body, at most 64 KiB; empty if none came.
    pub answer: String,
    /// HTTP status, if one came.
    pub status: Option<u16>,
}

/// What became of a lease.
#[derive(Debug)]
pub enum Event {
    /// The province answered item by item: one outcome for each item, in the lease's order.
    Settled { items: Vec<ItemOutcome> },
    /// Taken in under a ticket and not decided: it is asked about from `ask_at` on.
    Pending { ticket: String, ask_at: Timestamp },
    /// Proved not accepted, not one item: no connection, a refusal before processing, a throttle.
    NotAccepted { trouble: Trouble },
    /// It may have been accepted: the answer was lost or makes no sense.
    InDoubt { trouble: Trouble },
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemOutcome {
    /// The province has it under this id.
    Accepted { remote_id: Option<String> },
    /// The province had it before: under our id, or as the same thing that somebody typed there.
    Duplicate { remote_id: Option<String>, complaint: Complaint },
    /// The province says no; the data or the mapping must change.
    Refused { complaints: Vec<Complaint> },
    /// Not accepted, and trying again may help.
    Retry { complaint: Complaint },
    /// The answer does not mention it, or says something that the profile does not list.
    Unknown { complaint: Complaint },
}

/// Why a whole exchange failed and what that means for its lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub complaint: Complaint,
    pub lane: LaneEffect,
}

/// What the failure of an exchange does to its lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneEffect {
    /// Nothing: the next batch may go.
    None,
    /// Pause for at least this long (Retry-After, maintenance); spends no attempt.
    Pause(Duration),
    /// Wait for a person or a successful probe (credentials, 404, TLS); spends no attempt.
    Block,
}
