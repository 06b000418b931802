//! Brings a lease back: outcome, attempt and audit event in one transaction.

use std::time::Duration;

use super::event::{Attempt, Event, LaneEffect, Lease, Trouble};
use super::outcome::logged;
use super::runs::{Actor, RunRef};
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;

/// How long a blocked lane waits before one record may try it again.
pub(super) const PROBE_AFTER: Duration = Duration::from_secs(300);

/// How many items ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub accepted: u64,
    pub refused: u64,
    pub postponed: u64,
    pub parked: u64,
    pub doubtful: u64,
    /// At the province under a ticket, to be decided.
    pub taken_in: u64,
}

impl Settled {
    pub fn add(&mut self, other: Settled) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.postponed += other.postponed;
        self.parked += other.parked;
        self.doubtful += other.doubtful;
        self.taken_in += other.taken_in;
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
            Event::Pending { .. } => (Deed::BatchTakenIn, "taken in"),
            Event::NotAccepted { .. } => (Deed::BatchNotAccepted, "not accepted"),
            Event::InDoubt { .. } => (Deed::BatchDoubted, "in doubt"),
        };
        let mut log = run.event(deed, now).kind(&lease.kind);
        if let Event::NotAccepted { trouble } | Event::InDoubt { trouble } = &event {
            log = log.subject(&trouble.complaint);
        }
        self.keep_attempt(&mut tx, lease.batch, lease.attempt, attempt, outcome).await?;
        match event {
            Event::Settled { items } => {
                self.close_batch(&mut tx, &lease, "settled").await?;
                self.open_lane(&mut tx, &lease.platform, lease.action, now).await?;
                let sent = lease.sent();
                let outcomes = items.into_iter().map(Some).collect();
                self.settle_items(
                    &mut tx,
                    sent,
                    outcomes,
                    State::InFlight,
                    &wait,
                    &mut settled,
                    &mut log,
                    now,
                )
                .await?;
            }
            Event::Pending { ticket, ask_at } => {
                self.open_lane(&mut tx, &lease.platform, lease.action, now).await?;
                self.take_in(&mut tx, &lease, &ticket, ask_at, now).await?;
                settled.taken_in += lease.items.len() as u64;
                for item in &lease.items {
                    log.item(&self.clock, &logged(item, lease.action, State::Pending.word()));
                }
            }
            Event::NotAccepted { trouble } => {
                self.close_batch(&mut tx, &lease, "dissolved").await?;
                let spends = trouble.lane == LaneEffect::None;
                self.trouble_lane(&mut tx, &lease.platform, lease.action, &trouble, now).await?;
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
                self.give_back_allowance(&mut tx, &lease.platform, lease.items.len()).await?;
            }
            Event::InDoubt { trouble } => {
                let pause = wait(lease.attempt).unwrap_or(PROBE_AFTER);
                let sql = "-- ledger.doubt
                    update batch set state = 'in_doubt', next_at = $3 where id = $1 and fence = $2 and state = 'in_flight'";
                let touched = tx.execute(sql, args![lease.batch, lease.fence, now.plus(pause)]).await?;
                lost_lease(touched, &lease)?;
                self.trouble_lane(&mut tx, &lease.platform, lease.action, &trouble, now).await?;
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

    /// After a start: what a former process left in flight may have arrived or not. What the province took in is safe
    /// there, and is asked about as before.
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

    async fn close_batch(&self, tx: &mut Tx, lease: &Lease, state: &str) -> Result<()> {
        let sql = "-- ledger.close_batch
            update batch set state = $3, lease_until = null where id = $1 and fence = $2 and state = 'in_flight'";
        lost_lease(tx.execute(sql, args![lease.batch, lease.fence, state]).await?, lease)
    }

    pub(super) async fn keep_attempt(
        &self,
        tx: &mut Tx,
        batch: i64,
        number: u32,
        attempt: &Attempt,
        outcome: &str,
    ) -> Result<()> {
        let sql = "-- ledger.keep_attempt
            insert into attempt (batch, number, started_at, took, status, request, answer, outcome)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let took = i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX);
        let status = attempt.status.map(i64::from);
        let number = i64::from(number);
        let (request, answer) = (&attempt.request, &attempt.answer);
        tx.execute(sql, args![batch, number, attempt.started, took, status, request, answer, outcome])
            .await?;
        Ok(())
    }

    pub(super) async fn trouble_lane(
        &self,
        tx: &mut Tx,
        platform: &str,
        action: Action,
        trouble: &Trouble,
        now: Timestamp,
    ) -> Result<()> {
        let why = serde_json::to_string(&trouble.complaint).unwrap_or_default();
        let (state, until) = match trouble.lane {
            LaneEffect::None => return Ok(()),
            LaneEffect::Pause(pause) => ("paused", now.plus(pause)),
            LaneEffect::Block => ("blocked", now.plus(PROBE_AFTER)),
        };
        self.close_lane(tx, platform, action, state, until, &why, now).await
    }

    pub(super) async fn give_back_allowance(&self, tx: &mut Tx, platform: &str, count: usize) -> Result<()> {
        let sql = "-- ledger.give_back_allowance
            update platform_state set allowance = allowance + $2 where platform = $1 and allowance is not null";
        tx.execute(sql, args![platform, count as i64]).await?;
        Ok(())
    }
}

fn lost_lease(touched: u64, lease: &Lease) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(LedgerError::LostLease(lease.batch)) }
}
