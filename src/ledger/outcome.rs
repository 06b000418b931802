//! What became of single items: each is moved by the one transition function, wherever it was.

use std::time::Duration;

use super::accept::accept_all;
use super::event::{Item, ItemOutcome, Lease};
use super::queue::{Source, set_complaints};
use super::settle::Settled;
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::audit;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;
use crate::record::Complaint;
use crate::{args, row};

/// Items of a batch that somebody answered.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub platform: &'a str,
    pub kind: &'a str,
    pub action: Action,
    pub items: &'a [Item],
}

impl Lease {
    pub(super) fn sent(&self) -> Sent<'_> {
        Sent { platform: &self.platform, kind: &self.kind, action: self.action, items: &self.items }
    }
}

impl Ledger {
    /// Writes what became of each item; `None` leaves it where it is.
    #[expect(clippy::too_many_arguments, reason = "what was answered, where it was, and what is counted")]
    pub(super) async fn settle_items(
        &self,
        tx: &mut Tx,
        sent: Sent<'_>,
        mut outcomes: Vec<Option<ItemOutcome>>,
        from: State,
        wait: &impl Fn(u32) -> Option<Duration>,
        settled: &mut Settled,
        log: &mut audit::Event,
        now: Timestamp,
    ) -> Result<()> {
        let mut accepted = Vec::new();
        self.doubt_ids_of_others(tx, sent, &mut outcomes).await?;
        for (item, outcome) in sent.items.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            let state = match outcome {
                ItemOutcome::Accepted { remote_id } => {
                    accepted.push((item, remote_id));
                    State::Accepted
                }
                ItemOutcome::Refused { complaints } => {
                    settled.refused += 1;
                    self.refuse(tx, item, from, &complaints, now).await?
                }
                ItemOutcome::Retry { complaint } => {
                    self.complain_about(tx, item, std::slice::from_ref(&complaint)).await?;
                    self.postpone(tx, item, from, &complaint.id, wait, settled, now).await?
                }
                ItemOutcome::Duplicate { complaint, .. } => {
                    settled.doubtful += 1;
                    self.doubt_alone(tx, sent.action, item, from, "duplicate", &complaint, now).await?
                }
                ItemOutcome::Unknown { complaint } => {
                    settled.doubtful += 1;
                    self.doubt_alone(tx, sent.action, item, from, "unanswered", &complaint, now).await?
                }
            };
            log.item(&self.clock, &logged(item, sent.action, state.word()));
        }
        settled.accepted += accepted.len() as u64;
        accept_all(tx, &accepted, from, sent.action, now).await?;
        Ok(())
    }

    pub(super) async fn refuse(
        &self,
        tx: &mut Tx,
        item: &Item,
        from: State,
        complaints: &[Complaint],
        now: Timestamp,
    ) -> Result<State> {
        let reason = complaints.first().map_or("", |complaint| complaint.id.as_str());
        let state = self.move_item(tx, item, from, Happening::Refused, reason, now).await?;
        self.complain_about(tx, item, complaints).await?;
        if let Some(complaint) = complaints.first() {
            self.note_refusal(tx, item, complaint, now).await?;
        }
        Ok(state)
    }

    /// Not accepted: later again, or parked when the attempts are used up.
    #[expect(clippy::too_many_arguments, reason = "what is postponed, why, by whom and until when")]
    pub(super) async fn postpone(
        &self,
        tx: &mut Tx,
        item: &Item,
        from: State,
        reason: &str,
        wait: &impl Fn(u32) -> Option<Duration>,
        settled: &mut Settled,
        now: Timestamp,
    ) -> Result<State> {
        let sql = "-- ledger.count_attempt
            update delivery set attempts = attempts + 1 where id = $1 returning attempts";
        let attempts = tx.fetch_one(sql, args![item.delivery]).await?.map_or(1, |row| row.int(0));
        let Some(pause) = wait(u32::try_from(attempts).unwrap_or(u32::MAX)) else {
            settled.parked += 1;
            return self.bring_home(tx, item, from, Happening::Spent, reason, now).await;
        };
        settled.postponed += 1;
        let state = self.bring_home(tx, item, from, Happening::Postponed, reason, now).await?;
        let sql = "-- ledger.next_at\nupdate delivery set next_at = $2 where id = $1";
        tx.execute(sql, args![item.delivery, now.plus(pause)]).await?;
        Ok(state)
    }

    /// In doubt outside its batch: the batch was answered, this item was not.
    ///
    /// Of an update or a withdrawal nobody can say any more what stands at the province: whatever is wanted next has
    /// to be sent, also if it is what stood there before.
    #[expect(clippy::too_many_arguments, reason = "what is doubted, why, and where it was")]
    pub(super) async fn doubt_alone(
        &self,
        tx: &mut Tx,
        action: Action,
        item: &Item,
        from: State,
        reason: &str,
        complaint: &Complaint,
        now: Timestamp,
    ) -> Result<State> {
        let state = self.move_item(tx, item, from, Happening::Lost, reason, now).await?;
        let sql = "-- ledger.leave_batch\nupdate delivery set batch = null, next_at = $2 where id = $1";
        tx.execute(sql, args![item.delivery, now]).await?;
        if action != Action::Create {
            let sql = "-- ledger.content_unknown
                update record set accepted_print = null where seq = (select record from delivery where id = $1)";
            tx.execute(sql, args![item.delivery]).await?;
        }
        self.complain_about(tx, item, std::slice::from_ref(complaint)).await?;
        Ok(state)
    }

    pub(super) async fn complain_about(
        &self,
        tx: &mut Tx,
        item: &Item,
        complaints: &[Complaint],
    ) -> Result<()> {
        let sql = "-- ledger.record_of\nselect record from delivery where id = $1";
        if let Some(row) = tx.fetch_one(sql, args![item.delivery]).await? {
            set_complaints(tx, row.int(0), Source::Province, item.version, complaints).await?;
        }
        Ok(())
    }

    /// Moves a delivery that may leave again. If a newer one took its place while it was out, or its record is not to
    /// be published any more, it stays at home for good: an older version never leaves after a newer one.
    pub(super) async fn bring_home(
        &self,
        tx: &mut Tx,
        item: &Item,
        from: State,
        happening: Happening,
        reason: &str,
        now: Timestamp,
    ) -> Result<State> {
        let home = self.move_item(tx, item, from, happening, reason, now).await?;
        let dropped =
            home.next(Happening::Dropped).ok_or(LedgerError::Impossible(home, Happening::Dropped))?;
        let sql = "-- ledger.unwanted
            update delivery set state = $2 where id = $1 and exists (
                select 1 from record r where r.seq = delivery.record
                    and (r.owed is not delivery.id or (delivery.action <> 'withdraw' and r.verdict <> 'publishable')))";
        if tx.execute(sql, args![item.delivery, dropped.word()]).await? == 0 {
            return Ok(home);
        }
        let sql = "-- ledger.unowe_unwanted\nupdate record set owed = null where owed = $1";
        tx.execute(sql, args![item.delivery]).await?;
        tx.execute("-- ledger.unneed_unwanted\ndelete from need where delivery = $1", args![item.delivery])
            .await?;
        Ok(dropped)
    }

    /// The province's id of one record is not another's: where an answer says so, it is not believed.
    async fn doubt_ids_of_others(
        &self,
        tx: &mut Tx,
        sent: Sent<'_>,
        outcomes: &mut [Option<ItemOutcome>],
    ) -> Result<()> {
        let mut rows = Vec::new();
        for (item, outcome) in sent.items.iter().zip(&*outcomes) {
            if let Some(ItemOutcome::Accepted { remote_id: Some(remote_id) }) = outcome
                && item.remote_id.as_ref() != Some(remote_id)
            {
                rows.push(row![sent.platform, sent.kind, remote_id, &item.record_id]);
            }
        }
        let before = "-- ledger.ids_of_others\nwith wanted (platform, kind, remote_id, id) as (";
        let after = ") select w.id, w.remote_id from wanted w
            join record r on r.platform = w.platform and r.kind = w.kind and r.remote_id = w.remote_id
            where r.id <> w.id";
        for found in tx.fetch_rows(before, &rows, after).await? {
            let record_id = found.text(0);
            if let Some(at) = sent.items.iter().position(|item| item.record_id == record_id) {
                let complaint = Complaint::new("Q7207").fact("remote_id", found.text(1));
                outcomes[at] = Some(ItemOutcome::Unknown { complaint });
            }
        }
        Ok(())
    }

    /// Moves one delivery by the one transition function.
    pub(super) async fn move_item(
        &self,
        tx: &mut Tx,
        item: &Item,
        from: State,
        happening: Happening,
        reason: &str,
        now: Timestamp,
    ) -> Result<State> {
        let next = from.next(happening).ok_or(LedgerError::Impossible(from, happening))?;
        // `queued` and `waiting_time` are one for whoever takes a delivery out of either.
        let sql = "-- ledger.move
            update delivery set state = $2, reason = $3, changed_at = $4, lease_until = null
            where id = $1 and (state = $5 or ($5 = 'queued' and state = 'waiting_time'))";
        let touched = tx.execute(sql, args![item.delivery, next.word(), reason, now, from.word()]).await?;
        if touched == 1 { Ok(next) } else { Err(LedgerError::Moved(item.delivery)) }
    }

    /// Moves all deliveries of a batch that are in a state.
    pub(super) async fn move_batch(
        &self,
        tx: &mut Tx,
        batch: i64,
        from: State,
        happening: Happening,
        now: Timestamp,
    ) -> Result<u64> {
        let next = from.next(happening).ok_or(LedgerError::Impossible(from, happening))?;
        let sql = "-- ledger.move_batch
            update delivery set state = $2, changed_at = $3 where batch = $1 and state = $4";
        Ok(tx.execute(sql, args![batch, next.word(), now, from.word()]).await?)
    }
}

pub(super) fn logged<'a>(item: &'a Item, action: Action, outcome: &'a str) -> audit::Item<'a> {
    audit::Item {
        record: &item.record_id,
        version: item.version,
        action: action.word(),
        outcome,
        row: None,
        document: None,
        payload: None,
    }
}
