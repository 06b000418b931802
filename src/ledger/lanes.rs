//! Whether anything may leave: rehearsal and go-live, stop and resume, the health of lanes, and brakes.

use serde::Serialize;

use super::queue::{Source, set_complaints};
use super::runs::{Actor, RunRef};
use super::state::State;
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::{Action, Brake};
use crate::record::Complaint;

/// One platform's standing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlatformState {
    pub platform: String,
    pub bound_to: String,
    pub live: bool,
    /// How many more may leave before a person looks.
    pub allowance: Option<i64>,
    pub approved_by: String,
    pub stopped_by: Option<String>,
}

/// One lane's health.
#[derive(Clone, Debug, Serialize)]
pub struct LaneState {
    pub platform: String,
    pub action: String,
    pub state: String,
    pub until: i64,
    pub why: String,
}

impl Ledger {
    /// Binds the ledger to a platform's address, or finds that it is bound to another.
    pub async fn bind(&self, platform: &str, address: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.bind
            insert into platform_state (platform, bound_to) values ($1, $2) on conflict do nothing";
        tx.execute(sql, args![platform, address]).await?;
        let sql = "-- ledger.bound_to\nselect bound_to from platform_state where platform = $1";
        let bound = tx.fetch_one(sql, args![platform]).await?.map(|row| row.text(0)).unwrap_or_default();
        let sql = "-- ledger.any_delivered
            select 1 from record where platform = $1 and presence <> 'never'
            union all select 1 from delivery
                where platform = $1 and state in ('in_flight', 'in_doubt', 'pending') limit 1";
        let delivered = tx.fetch_one(sql, args![platform]).await?.is_some();
        if bound != address && !delivered {
            // Nothing was ever delivered there: the address may still be corrected.
            let sql = "-- ledger.rebind
                update platform_state set bound_to = $2, live = 0, allowance = null where platform = $1";
            tx.execute(sql, args![platform, address]).await?;
        }
        tx.commit().await?;
        if bound == address || !delivered {
            return Ok(());
        }
        Err(LedgerError::OtherProvince { bound, found: address.to_owned() })
    }

    /// The platforms that this ledger has met.
    pub async fn platform_names(&self) -> Result<Vec<String>> {
        let sql = "-- ledger.platform_names\nselect platform from platform_state order by platform";
        Ok(self.db.fetch(sql, args![]).await?.iter().map(|row| row.text(0)).collect())
    }

    pub async fn platform_state(&self, platform: &str) -> Result<PlatformState> {
        let sql = "-- ledger.platform_state
            select bound_to, live, allowance, approved_by, stopped_by, stopped_at from platform_state
            where platform = $1";
        let Some(row) = self.db.fetch_one(sql, args![platform]).await? else {
            return Ok(PlatformState { platform: platform.to_owned(), ..PlatformState::default() });
        };
        Ok(PlatformState {
            platform: platform.to_owned(),
            bound_to: row.text(0),
            live: row.flag(1),
            allowance: row.opt_int(2),
            approved_by: row.text(3),
            stopped_by: row.opt_int(5).map(|_| row.text(4)),
        })
    }

    /// Lets a platform receive: the first few, or all (`first` = `None`).
    pub async fn go_live(
        &self,
        platform: &str,
        approved_by: &str,
        first: Option<u32>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.go_live
            update platform_state set live = 1, allowance = $2, approved_by = $3, approved_at = $4
            where platform = $1";
        let allowance = first.map(i64::from);
        if tx.execute(sql, args![platform, allowance, approved_by, now]).await? == 0 {
            return Err(LedgerError::Refused(format!(
                "platform `{platform}` has never been opened by this ledger"
            )));
        }
        let subject = match first {
            Some(first) => format!("approved by {approved_by}, the first {first}"),
            None => format!("approved by {approved_by}, without limit"),
        };
        let event = actor.event(Deed::GoLive, now).platform(platform).subject(subject);
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stops all sending to a platform, or lets it go on.
    pub async fn set_stopped(
        &self,
        platform: &str,
        stop: bool,
        actor: &Actor,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.stop
            insert into platform_state (platform, bound_to, stopped_by, stopped_at) values ($1, '', $2, $3)
            on conflict (platform) do update set stopped_by = excluded.stopped_by, stopped_at = excluded.stopped_at";
        let stopped_at = stop.then_some(now);
        tx.execute(sql, args![platform, &actor.name, stopped_at]).await?;
        let what = if stop { Deed::Stop } else { Deed::Resume };
        let event = actor.event(what, now).platform(platform).subject(reason);
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A question was not asked since whoever answers there could not prove to be the province. What happened to a
    /// batch is in the event of the batch; other complaints are none of the audit log's business.
    pub async fn note_distrust(&self, platform: &str, trouble: &Complaint, now: Timestamp) -> Result<()> {
        if trouble.id != "Q7004" {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let event = Actor::new("qilu", "program").event(Deed::Distrusted, now).platform(platform);
        audit::append(&mut tx, &event.subject(trouble)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Lanes that are not open.
    pub async fn closed_lanes(&self) -> Result<Vec<LaneState>> {
        let sql = "-- ledger.closed_lanes
            select platform, action, state, until, why from lane where state <> 'open' order by platform, action";
        let rows = self.db.fetch(sql, args![]).await?;
        let read = |row: &crate::db::Row| LaneState {
            platform: row.text(0),
            action: row.text(1),
            state: row.text(2),
            until: row.int(3),
            why: row.text(4),
        };
        Ok(rows.iter().map(read).collect())
    }

    /// Opens a lane's next probe now.
    pub async fn retry_lanes(&self, platform: &str, now: Timestamp) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.retry_lanes
            update lane set until = $2 where platform = $1 and state <> 'open'";
        let lanes = tx.execute(sql, args![platform, now]).await?;
        tx.commit().await?;
        Ok(lanes)
    }

    /// Closes a lane until then. A shorter closure does not end a longer one that is under way.
    #[expect(clippy::too_many_arguments, reason = "the columns of a lane")]
    pub(super) async fn close_lane(
        &self,
        tx: &mut Tx,
        platform: &str,
        action: Action,
        state: &str,
        until: Timestamp,
        why: &str,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "-- ledger.close_lane
            insert into lane (platform, action, state, until, why, changed_at) values ($1, $2, $3, $4, $5, $6)
            on conflict (platform, action) do update set state = excluded.state, until = excluded.until,
                why = excluded.why, changed_at = excluded.changed_at
            where lane.state = 'open' or lane.until < excluded.until";
        tx.execute(sql, args![platform, action.word(), state, until, why, now]).await?;
        Ok(())
    }

    /// Opens a lane whose time is over: its probe came back well. What left before the lane was closed and comes back
    /// well meanwhile does not open it.
    pub(super) async fn open_lane(
        &self,
        tx: &mut Tx,
        platform: &str,
        action: Action,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "-- ledger.open_lane
            update lane set state = 'open', until = 0, why = '', changed_at = $3
            where platform = $1 and action = $2 and state <> 'open' and until <= $3";
        tx.execute(sql, args![platform, action.word(), now]).await?;
        Ok(())
    }

    /// Whether one record is out that finds out if a closed lane works again.
    pub(super) async fn is_probing(&self, tx: &mut Tx, platform: &str) -> Result<bool> {
        let sql = "-- ledger.probing
            select 1 from batch where platform = $1 and state = 'in_flight'
                and action in (select action from lane where platform = $1 and state <> 'open') limit 1";
        Ok(tx.fetch_one(sql, args![platform]).await?.is_some())
    }

    /// Whether a lane of a platform is closed, or its time is over and nothing has shown yet that it works again.
    pub async fn any_lane_closed(&self, platform: &str) -> Result<bool> {
        let sql = "-- ledger.any_lane_closed
            select 1 from lane where platform = $1 and state <> 'open' limit 1";
        Ok(self.db.fetch_one(sql, args![platform]).await?.is_some())
    }

    /// Is there anything that could leave, or that must be found out, now?
    pub async fn has_work(&self, platform: &str, now: Timestamp) -> Result<bool> {
        Ok(self.next_due(platform).await?.is_some_and(|next| next <= now))
    }

    /// Until when at least one lane of a platform has to keep away from it.
    pub async fn paused_until(&self, platform: &str, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "-- ledger.paused_until
            select max(until) from lane where platform = $1 and state <> 'open' and until > $2";
        let row = self.db.fetch_one(sql, args![platform, now]).await?;
        Ok(row.and_then(|row| row.opt_int(0)).map(Timestamp))
    }

    /// When the next doubtful batch, look-up or question about what was taken in is due.
    pub async fn next_doubt(&self, platform: &str) -> Result<Option<Timestamp>> {
        let sql = "-- ledger.next_doubt
            select min(at) from (
                select min(next_at) as at from batch where platform = $1 and state = 'in_doubt'
                union all select min(next_at) from batch where platform = $1 and state = 'pending'
                union all select min(next_at) from delivery where platform = $1 and state = 'in_doubt' and batch is null
                    and state in ('in_flight', 'in_doubt', 'pending'))";
        let row = self.db.fetch_one(sql, args![platform]).await?;
        Ok(row.and_then(|row| row.opt_int(0)).map(Timestamp))
    }

    /// When the next delivery, doubtful batch, look-up or question of a platform is due. What waits behind another delivery of its
    /// record is not due.
    pub async fn next_due(&self, platform: &str) -> Result<Option<Timestamp>> {
        let sql = "-- ledger.next_due
            with blocked (record) as materialized (
                select record from delivery where state in ('in_flight', 'in_doubt', 'pending'))
            select min(at) from (
                select min(next_at) as at from delivery where platform = $1 and action = 'create'
                    and state in ('queued', 'waiting_time') and record not in (select record from blocked)
                union all select min(next_at) from delivery where platform = $1 and action = 'update'
                    and state in ('queued', 'waiting_time') and record not in (select record from blocked)
                union all select min(next_at) from delivery where platform = $1 and action = 'withdraw'
                    and state in ('queued', 'waiting_time') and record not in (select record from blocked)
                union all select min(next_at) from delivery where platform = $1 and state = 'in_doubt' and batch is null
                    and state in ('in_flight', 'in_doubt', 'pending')
                union all select min(next_at) from batch where platform = $1 and state = 'in_doubt'
                union all select min(next_at) from batch where platform = $1 and state = 'pending')";
        let row = self.db.fetch_one(sql, args![platform]).await?;
        Ok(row.and_then(|row| row.opt_int(0)).map(Timestamp))
    }

    /// Does one of our records stand there under this id?
    pub async fn knows_remote(&self, platform: &str, kind: &str, remote_id: &str) -> Result<bool> {
        let sql = "-- ledger.knows_remote
            select 1 from record where platform = $1 and kind = $2 and remote_id = $3";
        Ok(self.db.fetch_one(sql, args![platform, kind, remote_id]).await?.is_some())
    }

    /// The province's id of a record, by its readable key.
    pub async fn remote_id(&self, platform: &str, kind: &str, key_text: &str) -> Result<Option<String>> {
        let sql = "-- ledger.remote_id
            select remote_id from record where platform = $1 and kind = $2 and key_text = $3";
        let row = self.db.fetch_one(sql, args![platform, kind, key_text]).await?;
        Ok(row.and_then(|row| row.opt_text(0)))
    }

    /// What waits for the end of this route's scan: withdrawals, changes of data, changes by the program.
    pub async fn waiting_changes(&self, route: &str) -> Result<(u64, u64, u64)> {
        let sql = "-- ledger.waiting_changes
            select coalesce(sum(action = 'withdraw'), 0), coalesce(sum(action <> 'withdraw' and cause = 'data'), 0),
                   coalesce(sum(action <> 'withdraw' and cause = 'program'), 0)
            from delivery where route = $1 and state = 'waiting_run'
              and state in ('waiting_run', 'waiting_adoption', 'waiting_person')";
        let row = self.db.fetch_one(sql, args![route]).await?;
        let count = |index| row.as_ref().map_or(0, |row| u64::try_from(row.int(index)).unwrap_or(0));
        Ok((count(0), count(1), count(2)))
    }

    /// How many records of a kind the province has.
    pub async fn at_province(&self, platform: &str, kind: &str) -> Result<u64> {
        let sql = "-- ledger.at_province
            select count(*) from record where platform = $1 and kind = $2 and presence = 'there'";
        let row = self.db.fetch_one(sql, args![platform, kind]).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.int(0)).unwrap_or(0)))
    }

    /// Ends a scan: what no brake holds may leave, what one holds waits for a person.
    pub async fn end_scan(&self, run: &RunRef, brakes: &[Brake], now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for brake in brakes {
            let (withdrawals, cause) = match brake {
                Brake::Withdrawals(_) => (1, ""),
                Brake::DataChanges(_) => (0, "data"),
                Brake::ProgramChanges(_) => (0, "program"),
            };
            let complaint = brake.complaint();
            let sql = "-- ledger.brake
                update delivery set state = $5, reason = $4, changed_at = $6
                where route = $1 and state = 'waiting_run'
                  and state in ('waiting_run', 'waiting_adoption', 'waiting_person')
                  and ((action = 'withdraw') = $2) and ($2 = 1 or cause = $3)
                returning record, version";
            let state = State::WaitingPerson.word();
            let args = args![&run.route, withdrawals, cause, &complaint.id, state, now];
            for row in tx.fetch(sql, args).await? {
                set_complaints(
                    &mut tx,
                    row.int(0),
                    Source::Hold,
                    row.int(1),
                    std::slice::from_ref(complaint),
                )
                .await?;
            }
            let event = run.event(Deed::Held, now).subject(complaint);
            audit::append(&mut tx, &event).await?;
        }
        release(&mut tx, &run.route, State::WaitingRun, None, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A person lets go what waits for a word: of one complaint id, or everything of the route.
    pub async fn release(
        &self,
        run: &RunRef,
        only: Option<&str>,
        reason: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let released = release(&mut tx, &run.route, State::WaitingPerson, only, now).await?;
        let sql = "-- ledger.released_holds
            delete from complaint where source = 'hold' and ($2 is null or id = $2)
              and record in (select seq from record where route = $1)";
        tx.execute(sql, args![&run.route, only]).await?;
        let event = run.event(Deed::Released, now).subject(format!("{released} deliveries: {reason}"));
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(released)
    }
}

/// Lets deliveries of a route go that wait in one state; those whose parents are missing wait on for them.
pub(super) async fn release(
    tx: &mut Tx,
    route: &str,
    from: State,
    only: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    let sql = "-- ledger.release
        update delivery set reason = case action when 'withdraw' then reason else '' end, changed_at = $4,
        state = case when exists (
            select 1 from need n left join record p on p.platform = delivery.platform and p.kind = n.kind
                and p.key_text = n.key_text and p.presence = 'there'
            where n.delivery = delivery.id and p.seq is null) then 'waiting_parent' else 'queued' end
        where route = $1 and state = $2 and state in ('waiting_run', 'waiting_adoption', 'waiting_person')
          and ($3 is null or reason = $3)";
    Ok(tx.execute(sql, args![route, from.word(), only, now]).await?)
}
