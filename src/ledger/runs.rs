//! Runs: one execution of a route, with its counts.

use serde::{Deserialize, Serialize};

use super::settle::Settled;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed, Versions};
use crate::clock::Timestamp;
use crate::db::Row;

/// Why a run runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunCause {
    Scheduled,
    Manual,
    Resubmission,
    Adoption,
}

impl RunCause {
    pub fn word(self) -> &'static str {
        match self {
            RunCause::Scheduled => "scheduled",
            RunCause::Manual => "manual",
            RunCause::Resubmission => "resubmission",
            RunCause::Adoption => "adoption",
        }
    }
}

/// Who acts, and under what right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account, or `schedule`.
    pub name: String,
    pub role: String,
}

impl Actor {
    pub fn new(name: impl Into<String>, role: impl Into<String>) -> Self {
        Actor { name: name.into(), role: role.into() }
    }

    /// The daemon, acting under the standing approval of go-live.
    pub fn schedule() -> Self {
        Actor::new("schedule", "standing approval")
    }

    pub(super) fn event(&self, deed: Deed, now: Timestamp) -> audit::Event {
        audit::Event::new(deed, now, &self.name, &self.role)
    }
}

/// A run under way. Everything written in its name carries it.
#[derive(Clone, Debug)]
pub struct RunRef {
    pub id: i64,
    pub route: String,
    pub platform: String,
    pub kind: String,
    pub actor: Actor,
    pub versions: Versions,
    /// The province's schema that documents of this run are checked under, as people name it: `shandong/v1 1.0.0`.
    pub schema: String,
}

impl RunRef {
    /// An audit event in this run's name.
    pub fn event(&self, deed: Deed, now: Timestamp) -> audit::Event {
        let event = self.actor.event(deed, now).run(self.id).platform(&self.platform).kind(&self.kind);
        event.route(&self.route).versions(self.versions)
    }
}

/// What a run did. `read` is the sum of what follows it, up to and including `unreadable`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub read: u64,
    pub unchanged: u64,
    pub created: u64,
    pub updated: u64,
    pub withdrawn: u64,
    pub filtered: u64,
    pub invalid: u64,
    pub held: u64,
    pub unreadable: u64,
    /// Known records whose row is gone; not part of `read`.
    pub vanished: u64,
    /// Of those read, new or changed ones that only a full scan could find: the cursor said nothing of them.
    pub behind_cursor: u64,
    /// Invalid, held or unreadable for the first time, or for other reasons than before.
    pub new_trouble: u64,
    pub accepted: u64,
    pub refused: u64,
    pub postponed: u64,
    pub parked: u64,
    pub doubtful: u64,
    /// At the province under a ticket, to be decided.
    pub taken_in: u64,
}

impl Counts {
    /// Is every row that was read accounted for?
    pub fn conserved(&self) -> bool {
        self.read
            == self.unchanged
                + self.created
                + self.updated
                + self.withdrawn
                + self.filtered
                + self.invalid
                + self.held
                + self.unreadable
    }

    /// Adds another part of the same work.
    pub fn add(&mut self, other: &Counts) {
        self.read += other.read;
        self.unchanged += other.unchanged;
        self.created += other.created;
        self.updated += other.updated;
        self.withdrawn += other.withdrawn;
        self.filtered += other.filtered;
        self.invalid += other.invalid;
        self.held += other.held;
        self.unreadable += other.unreadable;
        self.vanished += other.vanished;
        self.behind_cursor += other.behind_cursor;
        self.new_trouble += other.new_trouble;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.postponed += other.postponed;
        self.parked += other.parked;
        self.doubtful += other.doubtful;
        self.taken_in += other.taken_in;
    }

    pub fn settled(&mut self, settled: Settled) {
        self.accepted += settled.accepted;
        self.refused += settled.refused;
        self.postponed += settled.postponed;
        self.parked += settled.parked;
        self.doubtful += settled.doubtful;
        self.taken_in += settled.taken_in;
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunEnd {
    Well,
    /// Some records need somebody.
    Trouble,
    /// A brake holds.
    Held,
    /// The source or the platform could not be reached, or broke off.
    Failed,
}

impl RunEnd {
    pub fn word(self) -> &'static str {
        match self {
            RunEnd::Well => "well",
            RunEnd::Trouble => "trouble",
            RunEnd::Held => "held",
            RunEnd::Failed => "failed",
        }
    }
}

/// A run as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    pub id: i64,
    pub route: String,
    pub platform: String,
    pub kind: String,
    pub cause: String,
    pub actor: String,
    pub reason: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub outcome: String,
    pub note: String,
    pub counts: serde_json::Value,
    /// `full` or `incremental`; empty where no scan belongs to the run.
    pub scan: String,
    /// From when on an incremental scan read.
    pub since: Option<i64>,
}

impl Ledger {
    /// Opens a run.
    #[expect(clippy::too_many_arguments, reason = "the facts of a run, each of another kind")]
    pub async fn begin_run(
        &self,
        route: &str,
        platform: &str,
        kind: &str,
        cause: RunCause,
        actor: &Actor,
        reason: &str,
        versions: Versions,
        now: Timestamp,
    ) -> Result<RunRef> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.begin_run
            insert into run (route, platform, kind, cause, actor, reason, started_at, outcome)
            values ($1, $2, $3, $4, $5, $6, $7, 'running') returning id";
        let args = args![route, platform, kind, cause.word(), &actor.name, reason, now];
        let id = tx.fetch_one(sql, args).await?.map(|row| row.int(0)).unwrap_or_default();
        let run = RunRef {
            id,
            route: route.to_owned(),
            platform: platform.to_owned(),
            kind: kind.to_owned(),
            actor: actor.clone(),
            versions,
            schema: String::new(),
        };
        let subject =
            if reason.is_empty() { cause.word().to_owned() } else { format!("{}: {reason}", cause.word()) };
        let event = run.event(Deed::RunStarted, now).subject(subject);
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(run)
    }

    /// Closes a run with its counts.
    pub async fn end_run(
        &self,
        run: &RunRef,
        end: RunEnd,
        counts: &impl Serialize,
        note: &str,
        now: Timestamp,
    ) -> Result<()> {
        let counts = serde_json::to_string(counts).unwrap_or_default();
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.end_run
            update run set ended_at = $2, outcome = $3, counts = $4, note = $5 where id = $1";
        tx.execute(sql, args![run.id, now, end.word(), &counts, note]).await?;
        let event = run.event(Deed::RunEnded, now).subject(format!("{}: {counts}", end.word()));
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One run.
    pub async fn run(&self, id: i64) -> Result<Option<RunView>> {
        let sql = "-- ledger.run
            select id, route, platform, kind, cause, actor, reason, started_at, ended_at, outcome, note, counts,
                   scan, since
            from run where id = $1";
        Ok(self.db.fetch_one(sql, args![id]).await?.as_ref().map(read_run))
    }

    /// The newest runs first; of one route, if given.
    pub async fn runs(&self, route: Option<&str>, limit: i64) -> Result<Vec<RunView>> {
        let sql = "-- ledger.runs
            select id, route, platform, kind, cause, actor, reason, started_at, ended_at, outcome, note, counts,
                   scan, since
            from run where ($1 is null or route = $1) order by id desc limit $2";
        Ok(self.db.fetch(sql, args![route, limit]).await?.iter().map(read_run).collect())
    }
}

fn read_run(row: &Row) -> RunView {
    RunView {
        id: row.int(0),
        route: row.text(1),
        platform: row.text(2),
        kind: row.text(3),
        cause: row.text(4),
        actor: row.text(5),
        reason: row.text(6),
        started_at: row.int(7),
        ended_at: row.opt_int(8),
        outcome: row.text(9),
        note: row.text(10),
        counts: serde_json::from_str(&row.text(11)).unwrap_or_default(),
        scan: row.text(12),
        since: row.opt_int(13),
    }
}
