//! Batches that the province took in under a ticket: asked about until it has decided, never sent again meanwhile.

use std::time::Duration;

use serde::Serialize;

use super::event::{Attempt, Item, ItemOutcome, LaneEffect, Lease, Trouble};
use super::outcome::{Sent, logged};
use super::queue::{Source, forget_complaints};
use super::runs::RunRef;
use super::settle::{PROBE_AFTER, Settled};
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Row, Tx};
use crate::plan::Action;
use crate::record::Complaint;

pub const PENDING_MIGRATION: Migration = Migration { version: 2003, about: "pending", sql: PENDING };

const PENDING: &str = "
-- A batch may also be 'pending': the province took it in under this ticket and has not decided. `next_at` is when it is
-- asked again.
alter table batch add column ticket text not null default '';
alter table batch add column taken_in_at integer;
-- How often it was asked about under this ticket.
alter table batch add column asked integer not null default 0;
create index batch_pending on batch (platform, kind, next_at) where state = 'pending';
drop index delivery_out;
create index delivery_out on delivery (record) where state in ('in_flight', 'in_doubt', 'pending');
";

/// How long whoever asks about a batch has it for himself, in microseconds: longer than any exchange.
const ASKING_US: i64 = 10 * 60 * 1_000_000;

/// The outcome of an exchange that brought nothing new; of these only the newest is kept.
const STILL: &str = "still pending";

/// A batch at the province, taken out of the ledger to be asked about. Asking does no harm: a lease that never comes
/// back is asked about again.
#[derive(Debug)]
pub struct PendingLease {
    pub batch: i64,
    /// The batch's idempotency key.
    pub key: String,
    pub platform: String,
    pub kind: String,
    pub action: Action,
    /// What the province gave to ask with.
    pub ticket: String,
    /// How often it was asked about, with this time.
    pub asked: u32,
    pub taken_in_at: Timestamp,
    pub fence: i64,
    /// Those that are not decided yet; without documents.
    pub items: Vec<Item>,
}

/// What became of a batch that was asked about.
#[derive(Debug)]
pub enum PendingNews {
    /// Decided: one outcome for each item, in the lease's order; `None` for one that is not decided yet, and then the
    /// rest of the batch is asked about again at `ask_at`.
    Decided { items: Vec<Option<ItemOutcome>>, ask_at: Timestamp },
    /// Not decided, or it could not be found out.
    StillPending { ask_at: Timestamp, trouble: Option<Trouble> },
    /// It never got there, or came back unread: all of it may leave again, and no attempt is spent.
    NotAccepted { complaint: Complaint },
    /// Not decided in all the time that is allowed for it: the province may have it or not.
    Lost { complaint: Complaint },
}

/// A batch at the province, as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct PendingView {
    pub batch: i64,
    pub key: String,
    pub platform: String,
    pub kind: String,
    pub action: String,
    pub ticket: String,
    pub asked: i64,
    pub taken_in_at: i64,
    pub next_at: i64,
    /// How many of its records are not decided.
    pub records: i64,
}

impl Ledger {
    /// Kinds that have batches to be asked about now.
    pub async fn pending_kinds(&self, platform: &str, now: Timestamp) -> Result<Vec<String>> {
        let sql = "-- ledger.pending_kinds
            select distinct kind from batch where platform = $1 and state = 'pending' and next_at <= $2";
        Ok(self.db.fetch(sql, args![platform, now]).await?.iter().map(|row| row.text(0)).collect())
    }

    /// Takes the batch of a kind that has waited longest for its turn to be asked about.
    pub async fn claim_pending(
        &self,
        platform: &str,
        kind: &str,
        now: Timestamp,
    ) -> Result<Option<PendingLease>> {
        let sql = "-- ledger.claim_pending
            select id, key, platform, kind, action, ticket, asked, taken_in_at, fence from batch
            where platform = $1 and kind = $2 and state = 'pending' and next_at <= $3 order by next_at, id limit 1";
        let mut tx = self.db.begin().await?;
        let Some(row) = tx.fetch_one(sql, args![platform, kind, now]).await? else { return Ok(None) };
        self.lend_pending(tx, &row, now).await
    }

    /// Takes one batch to settle it, whether it is due or not; `None` where it is not pending.
    pub async fn claim_pending_batch(&self, batch: i64, now: Timestamp) -> Result<Option<PendingLease>> {
        let sql = "-- ledger.claim_pending_batch
            select id, key, platform, kind, action, ticket, asked, taken_in_at, fence from batch
            where id = $1 and state = 'pending'";
        let mut tx = self.db.begin().await?;
        let Some(row) = tx.fetch_one(sql, args![batch]).await? else { return Ok(None) };
        self.lend_pending(tx, &row, now).await
    }

    /// The batches at a province that are not decided, the oldest first.
    pub async fn pending_batches(&self, platform: &str) -> Result<Vec<PendingView>> {
        let sql = "-- ledger.pending_batches
            select b.id, b.key, b.platform, b.kind, b.action, b.ticket, b.asked, b.taken_in_at, b.next_at,
                   (select count(*) from delivery d where d.batch = b.id and d.state = 'pending')
            from batch b where b.platform = $1 and b.state = 'pending' order by b.taken_in_at, b.id";
        let read = |row: &Row| PendingView {
            batch: row.int(0),
            key: row.text(1),
            platform: row.text(2),
            kind: row.text(3),
            action: row.text(4),
            ticket: row.text(5),
            asked: row.int(6),
            taken_in_at: row.int(7),
            next_at: row.int(8),
            records: row.int(9),
        };
        Ok(self.db.fetch(sql, args![platform]).await?.iter().map(read).collect())
    }

    /// Brings a lease back with what was found out.
    ///
    /// `attempt` is the exchange that told it. `wait` as for `settle`.
    /// Errors: a lease that somebody else took over meanwhile is refused whole, and nothing is written.
    pub async fn settle_pending(
        &self,
        run: &RunRef,
        lease: PendingLease,
        attempt: &Attempt,
        news: PendingNews,
        wait: impl Fn(u32) -> Option<Duration>,
        now: Timestamp,
    ) -> Result<Settled> {
        let mut tx = self.db.begin().await?;
        let mut settled = Settled::default();
        let (deed, outcome) = match &news {
            PendingNews::Decided { .. } => (Deed::BatchSettled, "settled"),
            PendingNews::StillPending { .. } => (Deed::BatchTakenIn, STILL),
            PendingNews::NotAccepted { .. } => (Deed::BatchNotAccepted, "not accepted"),
            PendingNews::Lost { .. } => (Deed::BatchDoubted, "in doubt"),
        };
        let mut log = run.event(deed, now).kind(&lease.kind);
        let sql = "-- ledger.forget_still_pending\ndelete from attempt where batch = $1 and outcome = $2";
        tx.execute(sql, args![lease.batch, STILL]).await?;
        self.keep_attempt(&mut tx, lease.batch, lease.asked, attempt, outcome).await?;
        match news {
            PendingNews::StillPending { ask_at, trouble } => {
                self.leave_pending(&mut tx, &lease, ask_at).await?;
                if let Some(trouble) = trouble {
                    // What keeps us from asking tells nothing of sending: only a province that asked to be left alone
                    // is left alone in everything.
                    if let LaneEffect::Pause(_) = trouble.lane {
                        self.trouble_lane(&mut tx, &lease.platform, lease.action, &trouble, now).await?;
                    }
                    for item in &lease.items {
                        self.complain_about(&mut tx, item, std::slice::from_ref(&trouble.complaint)).await?;
                    }
                }
                tx.commit().await?;
                // Nothing happened that an auditor would ask about.
                return Ok(settled);
            }
            PendingNews::Decided { items, ask_at } => {
                if items.len() >= lease.items.len() && items.iter().all(Option::is_some) {
                    self.end_pending(&mut tx, &lease, "settled").await?;
                } else {
                    self.leave_pending(&mut tx, &lease, ask_at).await?;
                }
                let (sent, from) = (lease.sent(), State::Pending);
                self.settle_items(&mut tx, sent, items, from, &wait, &mut settled, &mut log, now).await?;
            }
            PendingNews::NotAccepted { complaint } => {
                self.end_pending(&mut tx, &lease, "dissolved").await?;
                for item in &lease.items {
                    settled.postponed += 1;
                    let (from, happening) = (State::Pending, Happening::NotAccepted);
                    let state = self.bring_home(&mut tx, item, from, happening, &complaint.id, now).await?;
                    self.complain_about(&mut tx, item, std::slice::from_ref(&complaint)).await?;
                    log.item(&self.clock, &logged(item, lease.action, state.word()));
                }
                self.give_back_allowance(&mut tx, &lease.platform, lease.items.len()).await?;
            }
            PendingNews::Lost { complaint } => {
                self.lose_pending(&mut tx, &lease, &complaint, &wait, now).await?;
                settled.doubtful += lease.items.len() as u64;
                for item in &lease.items {
                    log.item(&self.clock, &logged(item, lease.action, State::InDoubt.word()));
                }
            }
        }
        audit::append(&mut tx, &log).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// The province took a batch in: what was doubted about it is over.
    pub(super) async fn take_in(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        ticket: &str,
        ask_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "-- ledger.take_in
            update batch set state = 'pending', ticket = $3, asked = 0, taken_in_at = $4, next_at = $5, lease_until = null
            where id = $1 and fence = $2 and state = 'in_flight'";
        let touched = tx.execute(sql, args![lease.batch, lease.fence, ticket, now, ask_at]).await?;
        if touched != 1 {
            return Err(LedgerError::LostLease(lease.batch));
        }
        self.move_batch(tx, lease.batch, State::InFlight, Happening::TakenIn, now).await?;
        let sql = "-- ledger.records_of_batch\nselect record from delivery where batch = $1";
        let records: Vec<i64> =
            tx.fetch(sql, args![lease.batch]).await?.iter().map(|row| row.int(0)).collect();
        forget_complaints(tx, &records, Source::Province).await
    }

    async fn lend_pending(&self, mut tx: Tx, row: &Row, now: Timestamp) -> Result<Option<PendingLease>> {
        let (batch, asked, fence) = (row.int(0), row.int(6) + 1, row.int(8) + 1);
        let sql = "-- ledger.lend_pending
            update batch set asked = $2, fence = $3, next_at = $4 where id = $1";
        tx.execute(sql, args![batch, asked, fence, now.0 + ASKING_US]).await?;
        let items = self.items_of(&mut tx, batch, Some(State::Pending)).await?;
        tx.commit().await?;
        Ok(Some(PendingLease {
            batch,
            key: row.text(1),
            platform: row.text(2),
            kind: row.text(3),
            action: Action::parse(&row.text(4)).unwrap_or(Action::Create),
            ticket: row.text(5),
            asked: u32::try_from(asked).unwrap_or(u32::MAX),
            taken_in_at: Timestamp(row.int(7)),
            fence,
            items,
        }))
    }

    async fn leave_pending(&self, tx: &mut Tx, lease: &PendingLease, ask_at: Timestamp) -> Result<()> {
        let sql = "-- ledger.leave_pending
            update batch set next_at = $3 where id = $1 and fence = $2 and state = 'pending'";
        still_lent(tx.execute(sql, args![lease.batch, lease.fence, ask_at]).await?, lease)
    }

    async fn end_pending(&self, tx: &mut Tx, lease: &PendingLease, state: &str) -> Result<()> {
        let sql = "-- ledger.end_pending
            update batch set state = $3 where id = $1 and fence = $2 and state = 'pending'";
        still_lent(tx.execute(sql, args![lease.batch, lease.fence, state]).await?, lease)
    }

    /// The batch is sent again, byte for byte, unless a part of it was decided: then each of the rest is looked up.
    async fn lose_pending(
        &self,
        tx: &mut Tx,
        lease: &PendingLease,
        complaint: &Complaint,
        wait: &impl Fn(u32) -> Option<Duration>,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "-- ledger.decided_part
            select 1 from delivery where batch = $1 and state <> 'pending' limit 1";
        let is_whole = tx.fetch_one(sql, args![lease.batch]).await?.is_none();
        if !is_whole {
            self.end_pending(tx, lease, "settled").await?;
            for item in &lease.items {
                let (action, from) = (lease.action, State::Pending);
                self.doubt_alone(tx, action, item, from, "unanswered", complaint, now).await?;
            }
            return Ok(());
        }
        self.end_pending(tx, lease, "in_doubt").await?;
        let sql = "-- ledger.doubt_pending\nupdate batch set next_at = $2 where id = $1";
        tx.execute(sql, args![lease.batch, now.plus(wait(1).unwrap_or(PROBE_AFTER))]).await?;
        for item in &lease.items {
            self.move_item(tx, item, State::Pending, Happening::Lost, &complaint.id, now).await?;
            self.complain_about(tx, item, std::slice::from_ref(complaint)).await?;
        }
        Ok(())
    }
}

impl PendingLease {
    fn sent(&self) -> Sent<'_> {
        Sent { platform: &self.platform, kind: &self.kind, action: self.action, items: &self.items }
    }
}

fn still_lent(touched: u64, lease: &PendingLease) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(LedgerError::LostLease(lease.batch)) }
}
