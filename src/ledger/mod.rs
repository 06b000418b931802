//! Records, deliveries, batches, lanes and runs: the only writer of their state.
//!
//! Every write appends its audit event in the same transaction. Knows nothing of HTTP and nothing of the
//! city's tables: it lends out leases and takes back events, each of which consumes its lease.

mod accept;
mod adoption;
mod alarms;
mod attachments;
mod claim;
mod doubt;
mod event;
mod hand;
mod imports;
mod lanes;
mod manners;
mod mark;
mod missing;
mod newer;
mod outcome;
mod page;
mod pending;
mod quarantine;
mod queue;
mod ready;
mod receipt;
mod refusals;
mod resubmission;
mod reviews;
mod runs;
mod scan;
mod settle;
mod state;
mod status;
mod tables;
mod views;

use crate::args;
use crate::audit;
use crate::clock::Clock;
use crate::db::{self, Db, Tx};
use crate::record::{Document, Fingerprint};

pub use adoption::{Candidate, Match};
pub use alarms::{Alarm, Example, NewAlarm};
pub use attachments::WantedFile;
pub use claim::{Claim, Renderer, Want};
pub use doubt::Doubt;
pub use event::{Attempt, Event, Item, ItemOutcome, LaneEffect, Lease, Payload, Trouble};
pub use hand::{HandClaim, HandFile, Handover, Paper};
pub use imports::{
    ImportBefore, ImportEntry, ImportFate, ImportIntent, ImportKnown, ImportPage, ImportPlace, ImportState,
    OwnListing,
};
pub use lanes::{LaneState, PlatformState};
pub use manners::Manners;
pub use mark::Mark;
pub use newer::{later_mark, mark_order};
pub use pending::{PendingLease, PendingNews, PendingView};
pub use quarantine::QuarantineView;
pub use receipt::{Carried, ReceiptAnswer, ReceiptNote, ReceiptSeen};
pub use resubmission::{LeftOut, Selected, Selection};
pub use reviews::{CallbackFate, OpenReview, Review, ReviewNews, Unlisted};
pub use runs::{Actor, Counts, RunCause, RunEnd, RunRef, RunView};
pub use scan::{Absence, Change, KnownRecord, Written};
pub use settle::Settled;
pub use state::{Happening, State};
pub use status::{Status, status};
pub use tables::MIGRATIONS;
pub use views::{
    AttemptView, ComplaintView, DeliveryView, OpenDeliveries, Problem, RecordDetail, RecordFilter,
    RecordView, Tally,
};

/// The open ledger of one instance.
#[derive(Clone)]
pub struct Ledger {
    db: Db,
    clock: Clock,
    instance: String,
    epoch: i64,
}

pub type Result<T> = std::result::Result<T, LedgerError>;

/// Why the ledger refused.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("no evidence, no sending: the audit log could not be written: {0}")]
    Audit(#[from] audit::Error),
    #[error("record {0} is not in the ledger")]
    NoRecord(i64),
    #[error("a stored document or payload is missing or unreadable; verify the ledger's file")]
    Body,
    #[error("batch {0} was taken over by somebody else; its answer is not written")]
    LostLease(i64),
    #[error("delivery {0} was moved by somebody else meanwhile")]
    Moved(i64),
    #[error("a delivery that is {0:?} cannot meet {1:?}")]
    Impossible(State, Happening),
    #[error(
        "this ledger is bound to {bound} and the platform's address is now {found}; what was delivered there does not \
         count here: use a ledger of its own, or set the address back"
    )]
    OtherProvince { bound: String, found: String },
    #[error("{0}")]
    Refused(String),
}

impl Ledger {
    /// Opens the ledger that lives in `db`, making its first entries if it is new.
    ///
    /// `instance` is part of every idempotency key; a ledger opened under another name is refused.
    pub async fn open(db: Db, clock: Clock, instance: &str) -> Result<Ledger> {
        let mut tx = db.begin().await?;
        let sql = "-- ledger.name
            insert into ledger (name, value) values ('instance', $1), ('epoch', '1') on conflict do nothing";
        tx.execute(sql, args![instance]).await?;
        let sql = "-- ledger.facts\nselect name, value from ledger";
        let facts = tx.fetch(sql, args![]).await?;
        tx.commit().await?;
        let fact = |name: &str| facts.iter().find(|row| row.text(0) == name).map(|row| row.text(1));
        let known = fact("instance").unwrap_or_default();
        if known != instance {
            return Err(LedgerError::Refused(format!(
                "this ledger belongs to the instance `{known}`, the configuration says `{instance}`: set `name` back in \
                 qilu.toml, or start a new ledger"
            )));
        }
        let epoch = fact("epoch").and_then(|value| value.parse().ok()).unwrap_or(1);
        Ok(Ledger { db, clock, instance: instance.to_owned(), epoch })
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The first part of every idempotency key.
    pub fn instance_epoch(&self) -> String {
        if self.epoch == 1 { self.instance.clone() } else { format!("{}.{}", self.instance, self.epoch) }
    }

    /// Thirty-two random hex digits.
    fn new_id(&self) -> String {
        self.clock.dice::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn body(&self, tx: &mut Tx, print: &Fingerprint) -> Result<Vec<u8>> {
        let sql = "-- ledger.body\nselect content from body where print = $1";
        let row = tx.fetch_one(sql, args![print]).await?;
        row.map(|row| row.blob(0)).ok_or(LedgerError::Body)
    }

    async fn document(&self, tx: &mut Tx, print: Option<&Fingerprint>) -> Result<Document> {
        let Some(print) = print else { return Ok(Document::default()) };
        let text = String::from_utf8(self.body(tx, print).await?).map_err(|_| LedgerError::Body)?;
        Document::from_text(&text).map_err(|_| LedgerError::Body)
    }
}

#[cfg(test)]
mod tests;
