//! Receipts of batches that a person carried: what they may be about, and what follows from them.

use std::time::Duration;

use super::event::{Attempt, Item, ItemOutcome};
use super::hand::{Handover, NEVER};
use super::runs::RunRef;
use super::settle::Settled;
use super::state::State;
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;
use crate::record::{Document, Fingerprint};
use crate::row;

/// A record in a batch by hand.
#[derive(Clone, Debug)]
pub struct Carried {
    pub batch: i64,
    pub kind: String,
    pub action: Action,
    pub state: State,
    /// With its document where one was asked for; parents stand in it as at home.
    pub item: Item,
}

impl Carried {
    /// A receipt may decide about it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Pending | State::InDoubt)
    }
}

/// The receipt itself, as the ledger keeps it.
#[derive(Clone, Debug)]
pub struct ReceiptNote {
    pub file: String,
    pub print: Fingerprint,
    /// How many results it holds.
    pub results: u64,
}

/// A receipt that was read before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptSeen {
    pub file: String,
    pub read_by: String,
    pub read_at: Timestamp,
}

/// What a receipt says about one batch.
#[derive(Debug)]
pub struct ReceiptAnswer {
    pub handover: Handover,
    /// Delivery → what became of it; what is not listed stays as it is.
    pub outcomes: Vec<(i64, ItemOutcome)>,
    /// Its part of the receipt, as it may be kept.
    pub shown: String,
}

impl Ledger {
    /// Everything that was ever carried to a platform, the newest batches first. `documents` loads what was sent of
    /// those that are still open: only then is it needed, and only where a receipt names records by their content.
    pub async fn carried(&self, platform: &str, documents: bool) -> Result<Vec<Carried>> {
        let sql = "-- ledger.carried
            select d.batch, d.id, r.id, d.version, r.remote_id, d.reason, d.kind, d.action, d.state, o.content
            from handover h join delivery d on d.batch = h.batch join record r on r.seq = d.record
            left join body o on o.print = d.document and $2 = 1 and d.state in ('in_flight', 'pending', 'in_doubt')
            where h.platform = $1 and h.dropped_at is null order by d.batch desc, d.id";
        let mut carried = Vec::new();
        for row in self.db.fetch(sql, args![platform, documents]).await? {
            let (record_id, version) = (row.text(2), row.int(3));
            let document = match row.opt_blob(9) {
                None => Document::default(),
                Some(text) => {
                    let text = String::from_utf8(text).map_err(|_| LedgerError::Body)?;
                    Document::from_text(&text).map_err(|_| LedgerError::Body)?
                }
            };
            carried.push(Carried {
                batch: row.int(0),
                kind: row.text(6),
                action: Action::parse(&row.text(7)).unwrap_or(Action::Create),
                state: State::parse(&row.text(8)).unwrap_or(State::Superseded),
                item: Item {
                    delivery: row.int(1),
                    item_key: format!("{}/{record_id}/{version}", self.instance_epoch()),
                    record_id,
                    version,
                    remote_id: row.opt_text(4),
                    document,
                    reason: row.text(5),
                },
            });
        }
        Ok(carried)
    }

    /// Whether a receipt of this very content was read before.
    pub async fn receipt_seen(&self, print: &Fingerprint) -> Result<Option<ReceiptSeen>> {
        let sql = "-- ledger.receipt_seen\nselect file, read_by, read_at from receipt where print = $1";
        let row = self.db.fetch_one(sql, args![print]).await?;
        Ok(row.map(|row| ReceiptSeen {
            file: row.text(0),
            read_by: row.text(1),
            read_at: Timestamp(row.int(2)),
        }))
    }

    /// Writes what a receipt says about its batches, all of it or nothing.
    ///
    /// What the receipt does not decide is in doubt and keeps its batch, so that another receipt may decide it.
    /// Errors: the same receipt was read before; one of the batches is not at the province.
    pub async fn settle_receipt(
        &self,
        run: &RunRef,
        note: &ReceiptNote,
        answers: Vec<ReceiptAnswer>,
        now: Timestamp,
    ) -> Result<Settled> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.keep_receipt
            insert into receipt (print, platform, file, run, read_by, read_at, results)
            values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
        let results = i64::try_from(note.results).unwrap_or(i64::MAX);
        let args = args![&note.print, &run.platform, &note.file, run.id, &run.actor.name, now, results];
        if tx.execute(sql, args).await? == 0 {
            return Err(LedgerError::Refused(format!("the receipt {} was read before", note.print)));
        }
        let subject = format!("{} sha256 {}: {} results", note.file, note.print, note.results);
        audit::append(&mut tx, &run.event(Deed::ReceiptRead, now).subject(subject)).await?;
        let mut settled = Settled::default();
        for answer in answers {
            self.settle_answer(&mut tx, run, note, answer, &mut settled, now).await?;
        }
        tx.commit().await?;
        Ok(settled)
    }

    async fn settle_answer(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        note: &ReceiptNote,
        answer: ReceiptAnswer,
        settled: &mut Settled,
        now: Timestamp,
    ) -> Result<()> {
        let ReceiptAnswer { handover, mut outcomes, shown } = answer;
        let sql = "-- ledger.answered_by_receipt
            update batch set attempts = attempts + 1, fence = fence + 1
            where id = $1 and state in ('pending', 'in_doubt') returning attempts";
        let Some(row) = tx.fetch_one(sql, args![handover.batch]).await? else {
            return Err(LedgerError::Refused(format!(
                "batch {} was not handed in, so no receipt can be about it",
                handover.batch
            )));
        };
        let number = u32::try_from(row.int(0)).unwrap_or(u32::MAX).saturating_sub(1).max(1);
        let attempt = Attempt {
            started: handover.handed_at.map_or(now, Timestamp),
            took: Duration::ZERO,
            request: format!("{}, handed in by {}", handover.described(), handover.handed_by),
            answer: format!("{} sha256 {}\n\n{shown}", note.file, note.print),
            status: None,
        };
        self.keep_attempt(tx, handover.batch, number, &attempt, "receipt").await?;
        let run = RunRef { kind: handover.kind.clone(), ..run.clone() };
        let mut log = run
            .event(Deed::BatchSettled, now)
            .subject(format!("batch {} by receipt {}", handover.batch, note.print));
        for from in [State::InDoubt, State::Pending] {
            let items = self.items_of(tx, handover.batch, Some(from)).await?;
            let mut of = |item: &Item| {
                let found = outcomes.iter().position(|(delivery, _)| *delivery == item.delivery);
                found.map(|place| outcomes.swap_remove(place).1)
            };
            let given: Vec<Option<ItemOutcome>> = items.iter().map(&mut of).collect();
            let sent = handover.sent(&items);
            self.settle_items(tx, sent, given, from, &|_| None, settled, &mut log, now).await?;
            // In doubt within its batch: no look-up ends it, another receipt may.
            let before = "-- ledger.keep_in_batch
                update delivery set batch = v.column2, next_at = v.column3 from (";
            let rows: Vec<_> = items.iter().map(|item| row![item.delivery, handover.batch, NEVER]).collect();
            let after = ") as v where delivery.id = v.column1 and delivery.state = 'in_doubt'";
            tx.execute_rows(before, &rows, after).await?;
        }
        audit::append(tx, &log).await?;
        let sql = "-- ledger.state_by_receipt
            update batch set next_at = $2, state = case
                when exists (select 1 from delivery d where d.batch = $1 and d.state = 'pending') then 'pending'
                when exists (select 1 from delivery d where d.batch = $1 and d.state = 'in_doubt') then 'in_doubt'
                else 'settled' end
            where id = $1";
        tx.execute(sql, args![handover.batch, NEVER]).await?;
        Ok(())
    }
}
