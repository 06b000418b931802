//! Brings a lease back: outcome, attempt and audit event in one transaction.

use std::time::Duration;

use super::accept::accept_all;
use super::event::{Attempt, Event, Item, ItemOutcome, LaneEffect, Lease, Trouble};
use super::queue::{Source, set_complaints};
use super::runs::{Actor, RunRef};
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;
use crate::record::Complaint;
use crate::row;

/// How long a blocked lane waits before one record may try it again.
const PROBE_AFTER: Duration = Duration::from_secs(300);

/// How many items ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub accepted: u64,
    pub refused: u64,
    pub postponed: u64,
    pub parked: u64,
    pub doubtful: u64,
}

impl Settled {
    pub fn add(&mut self, other: Settled) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.postponed += other.postponed;
        self.parked += other.parked;
        self.doubtful += other.doubtful;
    }
}

impl Ledger {
    /// Consumes a lease with what came of it.
    ///
    /// `wait` gives the wait after so many attempts, or `None` when they are used up.
    /// Errors: a lease that somebody else took over meanwhile is refused whole, and nothing is written.
    pub async fn settle(
        &self,
        run: &RunRef,
        lease: Lease,
        attempt: &Attempt,
        event: Event,
        wait: impl Fn(u32) -> Option<Duration>,
        now: Timestamp,
    ) -> Result<Settled> {
        let event = match event {
            // That this attempt was not accepted says nothing about the earlier one, whose answer was lost.
            Event::NotAccepted { trouble } if lease.attempt > 1 => Event::InDoubt { trouble },
            event => event,
        };
        let mut tx = self.db.begin().await?;
        let mut settled = Settled::default();
        let (deed, outcome) = match &event {
            Event::Settled { .. } => (Deed::BatchSettled, "settled"),
            Event::NotAccepted { .. } => (Deed::BatchNotAccepted, "not accepted"),
            Event::InDoubt { .. } => (Deed::BatchDoubted, "in doubt"),
        };
        let mut log = run.event(deed, now).kind(&lease.kind);
        self.keep_attempt(&mut tx, &lease, attempt, outcome).await?;
        match event {
            Event::Settled { items } => {
                self.close_batch(&mut tx, &lease, "settled").await?;
                self.set_lane(&mut tx, &lease.platform, lease.action, "open", Timestamp(0), "", now).await?;
                let mut accepted = Vec::new();
                let items = self.doubt_ids_of_others(&mut tx, &lease, items).await?;
                for (item, outcome) in lease.items.iter().zip(items) {
                    let word = match outcome {
                        ItemOutcome::Accepted { remote_id } => {
                            accepted.push((item, remote_id));
                            State::Accepted.word()
                        }
                        ItemOutcome::Refused { complaints } => {
                            settled.refused += 1;
                            self.refuse(&mut tx, item, State::InFlight, &complaints, now).await?.word()
                        }
                        ItemOutcome::Retry { complaint } => {
                            self.complain_about(&mut tx, item, std::slice::from_ref(&complaint)).await?;
                            let from = State::InFlight;
                            self.postpone(&mut tx, item, from, &complaint.id, &wait, &mut settled, now)
                                .await?
                                .word()
                        }
                        ItemOutcome::Duplicate { complaint, .. } => {
                            settled.doubtful += 1;
                            self.doubt_alone(&mut tx, &lease, item, "duplicate", &complaint, now)
                                .await?
                                .word()
                        }
                        ItemOutcome::Unknown { complaint } => {
                            settled.doubtful += 1;
                            self.doubt_alone(&mut tx, &lease, item, "unanswered", &complaint, now)
                                .await?
                                .word()
                        }
                    };
                    log.item(&self.clock, &logged(item, lease.action, word));
                }
                settled.accepted += accepted.len() as u64;
                accept_all(&mut tx, &accepted, State::InFlight, lease.action, now).await?;
            }
            Event::NotAccepted { trouble } => {
                self.close_batch(&mut tx, &lease, "dissolved").await?;
                let spends = trouble.lane == LaneEffect::None;
                self.trouble_lane(&mut tx, &lease, &trouble, now).await?;
                for item in &lease.items {
                    let word = if spends {
                        let complaint = &trouble.complaint;
                        self.complain_about(&mut tx, item, std::slice::from_ref(complaint)).await?;
                        let from = State::InFlight;
                        self.postpone(&mut tx, item, from, &complaint.id, &wait, &mut settled, now).await?
                    } else {
                        settled.postponed += 1;
                        self.bring_home(&mut tx, item, State::InFlight, Happening::NotAccepted, "", now)
                            .await?
                    };
                    log.item(&self.clock, &logged(item, lease.action, word.word()));
                }
                self.give_back_allowance(&mut tx, &lease).await?;
            }
            Event::InDoubt { trouble } => {
                let pause = wait(lease.attempt).unwrap_or(PROBE_AFTER);
                let sql = "-- ledger.doubt
                    update batch set state = 'in_doubt', next_at = $3 where id = $1 and fence = $2 and state = 'in_flight'";
                let touched = tx.execute(sql, args![lease.batch, lease.fence, now.plus(pause)]).await?;
                lost_lease(touched, &lease)?;
                self.trouble_lane(&mut tx, &lease, &trouble, now).await?;
                for item in &lease.items {
                    let reason = trouble.complaint.id.as_str();
                    self.move_item(&mut tx, item, State::InFlight, Happening::Lost, reason, now).await?;
                    self.complain_about(&mut tx, item, std::slice::from_ref(&trouble.complaint)).await?;
                    settled.doubtful += 1;
                    log.item(&self.clock, &logged(item, lease.action, State::InDoubt.word()));
                }
            }
        }
        audit::append(&mut tx, &log).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// After a start: what a former process left in flight may have arrived or not.
    pub async fn recover(&self, now: Timestamp) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.recover_batches
            update batch set state = 'in_doubt', next_at = $1 where state = 'in_flight' returning id";
        let batches = tx.fetch(sql, args![now]).await?;
        let mut doubtful = 0;
        for batch in &batches {
            doubtful += self.move_batch(&mut tx, batch.int(0), State::InFlight, Happening::Lost, now).await?;
        }
        let sql = "-- ledger.recover_runs
            update run set outcome = 'interrupted', ended_at = $1 where outcome = 'running'";
        tx.execute(sql, args![now]).await?;
        if doubtful > 0 {
            let subject = format!("{doubtful} deliveries were in flight when the program ended");
            let log = Actor::new("qilu", "recovery").event(Deed::BatchDoubted, now).subject(subject);
            audit::append(&mut tx, &log).await?;
        }
        tx.commit().await?;
        Ok(doubtful)
    }

    /// A look-up by our id ends a doubt that no resending can end.
    ///
    /// Shape: `found` is the province's id of the record, or `None` where it has nothing under our id; an update or a
    ///        withdrawal, which may be sent twice, is `None` too. `wait` as for `settle`: who answers around a record
    ///        again and again is not asked for ever.
    pub async fn settle_doubt(
        &self,
        run: &RunRef,
        doubt: &Doubt,
        found: Option<String>,
        wait: impl Fn(u32) -> Option<Duration>,
        now: Timestamp,
    ) -> Result<Settled> {
        let mut tx = self.db.begin().await?;
        let mut settled = Settled::default();
        let item = &doubt.item;
        let complaint = doubt.complaint.as_ref();
        let word = match (found, complaint.filter(|_| doubt.duplicate)) {
            (Some(remote_id), _) => {
                settled.accepted += 1;
                let accepted = [(item, Some(remote_id))];
                accept_all(&mut tx, &accepted, State::InDoubt, doubt.action, now).await?.word()
            }
            (None, Some(complaint)) => {
                settled.refused += 1;
                self.refuse(&mut tx, item, State::InDoubt, std::slice::from_ref(complaint), now).await?.word()
            }
            (None, None) => {
                let reason = complaint.map_or("Q7203", |complaint| complaint.id.as_str());
                self.postpone(&mut tx, item, State::InDoubt, reason, &wait, &mut settled, now).await?.word()
            }
        };
        let mut log = run.event(Deed::BatchSettled, now);
        log.item(&self.clock, &logged(item, doubt.action, word));
        audit::append(&mut tx, &log).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Look-ups failed: the doubts of a kind that are due wait until then.
    pub async fn put_off_doubts(
        &self,
        platform: &str,
        kind: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.put_off_doubts
            update delivery set next_at = $3
            where platform = $1 and kind = $2 and state = 'in_doubt' and batch is null and next_at <= $4
              and state in ('in_flight', 'in_doubt')";
        tx.execute(sql, args![platform, kind, until, now]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deliveries in doubt whose batch was answered, and which are due: only a look-up tells.
    pub async fn doubts(&self, platform: &str, kind: &str, limit: i64, now: Timestamp) -> Result<Vec<Doubt>> {
        let sql = "-- ledger.doubts
            select d.id, r.id, d.version, r.remote_id, d.action,
                   (select facts from complaint c where c.record = r.seq and c.source = 'province' limit 1), d.reason
            from delivery d join record r on r.seq = d.record
            where d.platform = $1 and d.kind = $2 and d.state = 'in_doubt' and d.batch is null and d.next_at <= $4
              and d.state in ('in_flight', 'in_doubt')
            order by d.id limit $3";
        let mut doubts = Vec::new();
        for row in self.db.fetch(sql, args![platform, kind, limit, now]).await? {
            let (record_id, version) = (row.text(1), row.int(2));
            doubts.push(Doubt {
                action: Action::parse(&row.text(4)).unwrap_or(Action::Create),
                duplicate: row.text(6) == "duplicate",
                complaint: row.opt_text(5).and_then(|facts| serde_json::from_str(&facts).ok()),
                item: Item {
                    delivery: row.int(0),
                    item_key: format!("{}/{record_id}/{version}", self.instance_epoch()),
                    record_id,
                    version,
                    remote_id: row.opt_text(3),
                    document: Default::default(),
                    reason: String::new(),
                },
            });
        }
        Ok(doubts)
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
        Ok(state)
    }

    /// Not accepted: later again, or parked when the attempts are used up.
    #[expect(clippy::too_many_arguments, reason = "what is postponed, why, by whom and until when")]
    async fn postpone(
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
    async fn doubt_alone(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        item: &Item,
        reason: &str,
        complaint: &Complaint,
        now: Timestamp,
    ) -> Result<State> {
        let state = self.move_item(tx, item, State::InFlight, Happening::Lost, reason, now).await?;
        let sql = "-- ledger.leave_batch\nupdate delivery set batch = null, next_at = $2 where id = $1";
        tx.execute(sql, args![item.delivery, now]).await?;
        if lease.action != Action::Create {
            let sql = "-- ledger.content_unknown
                update record set accepted_print = null where seq = (select record from delivery where id = $1)";
            tx.execute(sql, args![item.delivery]).await?;
        }
        self.complain_about(tx, item, std::slice::from_ref(complaint)).await?;
        Ok(state)
    }

    async fn complain_about(&self, tx: &mut Tx, item: &Item, complaints: &[Complaint]) -> Result<()> {
        let sql = "-- ledger.record_of\nselect record from delivery where id = $1";
        if let Some(row) = tx.fetch_one(sql, args![item.delivery]).await? {
            set_complaints(tx, row.int(0), Source::Province, item.version, complaints).await?;
        }
        Ok(())
    }

    /// Moves a delivery that may leave again. If a newer one took its place while it was out, or its record is not to
    /// be published any more, it stays at home for good: an older version never leaves after a newer one.
    async fn bring_home(
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
        lease: &Lease,
        mut outcomes: Vec<ItemOutcome>,
    ) -> Result<Vec<ItemOutcome>> {
        let mut rows = Vec::new();
        for (item, outcome) in lease.items.iter().zip(&outcomes) {
            if let ItemOutcome::Accepted { remote_id: Some(remote_id) } = outcome
                && item.remote_id.as_ref() != Some(remote_id)
            {
                rows.push(row![&lease.platform, &lease.kind, remote_id, &item.record_id]);
            }
        }
        let before = "-- ledger.ids_of_others\nwith wanted (platform, kind, remote_id, id) as (";
        let after = ") select w.id, w.remote_id from wanted w
            join record r on r.platform = w.platform and r.kind = w.kind and r.remote_id = w.remote_id
            where r.id <> w.id";
        for found in tx.fetch_rows(before, &rows, after).await? {
            let record_id = found.text(0);
            if let Some(at) = lease.items.iter().position(|item| item.record_id == record_id) {
                let complaint = Complaint::new("Q7207").fact("remote_id", found.text(1));
                outcomes[at] = ItemOutcome::Unknown { complaint };
            }
        }
        Ok(outcomes)
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

    async fn close_batch(&self, tx: &mut Tx, lease: &Lease, state: &str) -> Result<()> {
        let sql = "-- ledger.close_batch
            update batch set state = $3, lease_until = null where id = $1 and fence = $2 and state = 'in_flight'";
        lost_lease(tx.execute(sql, args![lease.batch, lease.fence, state]).await?, lease)
    }

    async fn keep_attempt(&self, tx: &mut Tx, lease: &Lease, attempt: &Attempt, outcome: &str) -> Result<()> {
        let sql = "-- ledger.keep_attempt
            insert into attempt (batch, number, started_at, took, status, request, answer, outcome)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let took = i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX);
        let status = attempt.status.map(i64::from);
        let number = i64::from(lease.attempt);
        let (request, answer) = (&attempt.request, &attempt.answer);
        tx.execute(sql, args![lease.batch, number, attempt.started, took, status, request, answer, outcome])
            .await?;
        Ok(())
    }

    async fn trouble_lane(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        trouble: &Trouble,
        now: Timestamp,
    ) -> Result<()> {
        let why = serde_json::to_string(&trouble.complaint).unwrap_or_default();
        let (state, until) = match trouble.lane {
            LaneEffect::None => return Ok(()),
            LaneEffect::Pause(pause) => ("paused", now.plus(pause)),
            LaneEffect::Block => ("blocked", now.plus(PROBE_AFTER)),
        };
        self.set_lane(tx, &lease.platform, lease.action, state, until, &why, now).await
    }

    async fn give_back_allowance(&self, tx: &mut Tx, lease: &Lease) -> Result<()> {
        let sql = "-- ledger.give_back_allowance
            update platform_state set allowance = allowance + $2 where platform = $1 and allowance is not null";
        tx.execute(sql, args![&lease.platform, lease.items.len() as i64]).await?;
        Ok(())
    }
}

/// A delivery whose doubt only a look-up ends.
#[derive(Debug)]
pub struct Doubt {
    pub item: Item,
    pub action: Action,
    /// The province said "duplicate": if it is not ours, that is a refusal.
    pub duplicate: bool,
    /// What the province said, or left out.
    pub complaint: Option<Complaint>,
}

fn lost_lease(touched: u64, lease: &Lease) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(LedgerError::LostLease(lease.batch)) }
}

fn logged<'a>(item: &'a Item, action: Action, outcome: &'a str) -> audit::Item<'a> {
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
