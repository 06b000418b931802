//! Batches that a person carries: laid out as files, approved, handed in, or dropped.
//!
//! A batch by hand is in flight from the moment it is made, but nobody's process holds it: its state is `by_hand`, so
//! that no start of the program takes it for a lost one, and it has no lease that could run out. Its file is a copy of
//! the stored payload, whose hash the audit log holds; where the file is missing it is laid out again. Once a person
//! says that it was handed in it is `pending`, and nobody asks about it: a receipt decides.

use serde::Serialize;

use super::claim::{Claim, Renderer, Want};
use super::event::Item;
use super::outcome::{Sent, logged};
use super::runs::{Actor, RunRef};
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Row, Tx};
use crate::plan::Action;
use crate::record::{Complaint, Fingerprint};

pub const HAND_MIGRATION: Migration = Migration { version: 2010, about: "by hand", sql: HAND };

const HAND: &str = "
-- A batch that a person carries. Its state in `batch` is also 'by_hand': laid out as a file, not handed in yet.
create table handover (
    batch integer not null primary key references batch (id),
    platform text not null,
    -- The file's name in the platform's folder.
    file text not null,
    approved_by text not null default '',
    approved_at integer,
    -- Who carried it, when it was noted, and in what words.
    handed_by text not null default '',
    handed_at integer,
    note text not null default '',
    dropped_at integer,
    unique (platform, file)
);

-- Receipts that were read, by their content: a second reading changes nothing.
create table receipt (
    print blob not null primary key,
    platform text not null,
    file text not null,
    run integer not null references run (id),
    read_by text not null,
    read_at integer not null,
    results integer not null
);
";

/// The columns of [`Handover`], in the order in which they are read.
macro_rules! select_handovers {
    () => {
        "select h.batch, h.platform, b.kind, b.action, h.file, b.payload, b.state, b.created_at,
            h.approved_by, h.approved_at, h.handed_by, h.handed_at, h.note,
            (select count(*) from delivery d where d.batch = b.id),
            (select count(*) from delivery d where d.batch = b.id
                and d.state in ('in_flight', 'pending', 'in_doubt'))
        from handover h join batch b on b.id = h.batch "
    };
}

/// When a batch by hand is asked about: never. In the year 9999, so that sums with it stay sound.
pub(super) const NEVER: Timestamp = Timestamp(253_370_764_800_000_000);

/// Words a batch as a file, and names the file.
pub trait Paper: Renderer {
    /// The file's name: one step of a path. Errors: why it has none.
    fn name(&self, key: &str, items: &[Item]) -> std::result::Result<String, Complaint>;
}

/// What came of asking for a file's worth of records.
#[derive(Debug)]
pub enum HandClaim {
    File(HandFile),
    /// It could not be named, and nothing was taken.
    Nameless(Complaint),
    /// As for any lane.
    Closed(Claim),
}

/// A file to be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandFile {
    pub batch: i64,
    pub name: String,
    pub content: Vec<u8>,
}

/// A batch by hand, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Handover {
    pub batch: i64,
    pub platform: String,
    pub kind: String,
    pub action: String,
    pub file: String,
    /// Of the file's content.
    pub sha256: String,
    #[serde(skip)]
    pub print: Fingerprint,
    /// `by_hand` (waits to be handed in), `pending` (waits for its receipt), `in_doubt`, `settled`, `dissolved`.
    pub state: String,
    pub records: i64,
    /// How many of them a receipt has not decided.
    pub undecided: i64,
    pub made_at: i64,
    pub approved_by: String,
    pub approved_at: Option<i64>,
    pub handed_by: String,
    pub handed_at: Option<i64>,
    pub note: String,
}

impl Handover {
    pub fn waits_to_be_handed_in(&self) -> bool {
        self.state == "by_hand"
    }

    pub fn waits_for_receipt(&self) -> bool {
        matches!(self.state.as_str(), "pending" | "in_doubt")
    }
}

impl Ledger {
    /// Takes the records that are ready for one file. The file's content and name are committed with the intent; the
    /// caller lays the file out.
    pub async fn claim_by_hand(
        &self,
        run: &RunRef,
        want: Want<'_>,
        paper: &impl Paper,
        now: Timestamp,
    ) -> Result<HandClaim> {
        let mut tx = self.db.begin().await?;
        let records_max = match self.gate(&mut tx, want, now).await? {
            Ok(0) => return Ok(HandClaim::Closed(Claim::FirstFewSent)),
            Ok(records_max) => records_max,
            Err(closed) => return Ok(HandClaim::Closed(closed)),
        };
        let key = format!("{}/{}", self.instance_epoch(), self.new_id());
        let chosen = self.choose(&mut tx, want, records_max, &key, paper, now).await?;
        let Some((items, payload)) = chosen else {
            tx.commit().await?;
            return Ok(HandClaim::Closed(Claim::Nothing));
        };
        let wished = match paper.name(&key, &items) {
            Ok(name) => name,
            Err(complaint) => return Ok(HandClaim::Nameless(complaint)),
        };
        let name = free_name(&mut tx, want.platform, &wished).await?;
        let lease = self.new_batch(&mut tx, run, want, key, items, payload, now).await?;
        let sql = "-- ledger.by_hand
            update batch set state = 'by_hand', lease_until = null, next_at = $2 where id = $1";
        tx.execute(sql, args![lease.batch, NEVER]).await?;
        let sql = "-- ledger.without_lease\nupdate delivery set lease_until = null where batch = $1";
        tx.execute(sql, args![lease.batch]).await?;
        let sql = "-- ledger.handover\ninsert into handover (batch, platform, file) values ($1, $2, $3)";
        tx.execute(sql, args![lease.batch, want.platform, &name]).await?;
        tx.commit().await?;
        Ok(HandClaim::File(HandFile { batch: lease.batch, name, content: lease.payload.bytes }))
    }

    /// The content of a batch's file, to lay it out again. Errors: it is not in the ledger.
    pub async fn handover_content(&self, batch: &Handover) -> Result<Vec<u8>> {
        let mut tx = self.db.begin().await?;
        self.body(&mut tx, &batch.print).await
    }

    /// Batches by hand, the oldest first; only those that wait for a person or a receipt, unless all are asked for.
    pub async fn handovers(&self, platform: Option<&str>, all: bool) -> Result<Vec<Handover>> {
        let sql = concat!(
            "-- ledger.handovers\n",
            select_handovers!(),
            "where ($1 is null or h.platform = $1) and ($2 = 1 or b.state in ('by_hand', 'pending', 'in_doubt'))
            order by h.batch"
        );
        Ok(self.db.fetch(sql, args![platform, all]).await?.iter().map(read_handover).collect())
    }

    /// The batch by hand in which a record is out, or waits to be.
    pub async fn handover_of(&self, record: i64) -> Result<Option<Handover>> {
        let sql = concat!(
            "-- ledger.handover_of\n",
            select_handovers!(),
            "where h.batch = (select d.batch from delivery d where d.record = $1
                              and d.state in ('in_flight', 'pending', 'in_doubt') order by d.id limit 1)"
        );
        Ok(self.db.fetch_one(sql, args![record]).await?.as_ref().map(read_handover))
    }

    /// Somebody looked at a file and lets it be handed in.
    pub async fn approve_handover(
        &self,
        batch: &Handover,
        approved_by: &str,
        note: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.approve_handover
            update handover set approved_by = $2, approved_at = $3
            where batch = $1 and exists (select 1 from batch b where b.id = $1 and b.state = 'by_hand')";
        only_waiting(tx.execute(sql, args![batch.batch, approved_by, now]).await?, batch)?;
        let subject = format!("{}: approved by {approved_by}{}", batch.described(), said(note));
        self.log_handover(&mut tx, batch, Deed::HandApproved, &subject, State::InFlight, actor, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A person says that a file was handed in: its records are taken in and not decided.
    pub async fn hand_in(
        &self,
        batch: &Handover,
        handed_by: &str,
        note: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.hand_in
            update batch set state = 'pending', taken_in_at = $2, next_at = $3, fence = fence + 1
            where id = $1 and state = 'by_hand'";
        only_waiting(tx.execute(sql, args![batch.batch, now, NEVER]).await?, batch)?;
        let sql = "-- ledger.handed_in
            update handover set handed_by = $2, handed_at = $3, note = $4 where batch = $1";
        tx.execute(sql, args![batch.batch, handed_by, now, note]).await?;
        self.move_batch(&mut tx, batch.batch, State::InFlight, Happening::TakenIn, now).await?;
        let subject = format!("{}: handed in by {handed_by}{}", batch.described(), said(note));
        self.log_handover(&mut tx, batch, Deed::HandedIn, &subject, State::Pending, actor, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A file was not handed in after all: its records may leave again, those that are still wanted.
    pub async fn drop_handover(
        &self,
        batch: &Handover,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.drop_handover
            update batch set state = 'dissolved', fence = fence + 1 where id = $1 and state = 'by_hand'";
        only_waiting(tx.execute(sql, args![batch.batch]).await?, batch)?;
        let sql =
            "-- ledger.dropped_handover\nupdate handover set dropped_at = $2, note = $3 where batch = $1";
        tx.execute(sql, args![batch.batch, now, reason]).await?;
        let subject = format!("{}: not handed in: {reason}", batch.described());
        let action = Action::parse(&batch.action).unwrap_or(Action::Create);
        let mut log = actor.event(Deed::HandDropped, now).platform(&batch.platform).kind(&batch.kind);
        let items = self.items_of(&mut tx, batch.batch, Some(State::InFlight)).await?;
        for item in &items {
            let (from, happening) = (State::InFlight, Happening::NotAccepted);
            let state = self.bring_home(&mut tx, item, from, happening, "", now).await?;
            log.item(&self.clock, &logged(item, action, state.word()));
        }
        self.give_back_allowance(&mut tx, &batch.platform, items.len()).await?;
        audit::append(&mut tx, &log.subject(subject)).await?;
        tx.commit().await?;
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of an event, each of another kind")]
    async fn log_handover(
        &self,
        tx: &mut Tx,
        batch: &Handover,
        deed: Deed,
        subject: &str,
        state: State,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let items = self.items_of(tx, batch.batch, None).await?;
        let sent = batch.sent(&items);
        let mut log = actor.event(deed, now).platform(sent.platform).kind(sent.kind).subject(subject);
        for item in sent.items {
            let mut entry = logged(item, sent.action, state.word());
            entry.payload = Some(batch.print.as_bytes());
            log.item(&self.clock, &entry);
        }
        audit::append(tx, &log).await?;
        Ok(())
    }
}

impl Handover {
    pub(super) fn sent<'a>(&'a self, items: &'a [Item]) -> Sent<'a> {
        let action = Action::parse(&self.action).unwrap_or(Action::Create);
        Sent { platform: &self.platform, kind: &self.kind, action, items }
    }

    /// For the audit log: which file, and which content.
    pub(super) fn described(&self) -> String {
        format!("batch {} file {} sha256 {}", self.batch, self.file, self.sha256)
    }
}

fn said(note: &str) -> String {
    if note.is_empty() { String::new() } else { format!(": {note}") }
}

fn only_waiting(touched: u64, batch: &Handover) -> Result<()> {
    match touched {
        1 => Ok(()),
        _ => Err(LedgerError::Refused(format!(
            "batch {} does not wait to be handed in any more: look at it again with `qilu hand list --all`",
            batch.batch
        ))),
    }
}

/// The name itself, or with a number before its ending where an earlier file has it: no file is ever overwritten.
async fn free_name(tx: &mut Tx, platform: &str, wished: &str) -> Result<String> {
    let sql = "-- ledger.is_name_taken\nselect 1 from handover where platform = $1 and file = $2";
    let (stem, ending) = wished.rsplit_once('.').map_or((wished, ""), |(stem, ending)| (stem, ending));
    let mut number = 1;
    let mut name = wished.to_owned();
    while tx.fetch_one(sql, args![platform, &name]).await?.is_some() {
        number += 1;
        name =
            if ending.is_empty() { format!("{stem}-{number}") } else { format!("{stem}-{number}.{ending}") };
    }
    Ok(name)
}

fn read_handover(row: &Row) -> Handover {
    let print = Fingerprint::from_bytes(&row.blob(5)).unwrap_or_default();
    Handover {
        batch: row.int(0),
        platform: row.text(1),
        kind: row.text(2),
        action: row.text(3),
        file: row.text(4),
        sha256: print.to_string(),
        print,
        state: row.text(6),
        made_at: row.int(7),
        approved_by: row.text(8),
        approved_at: row.opt_int(9),
        handed_by: row.text(10),
        handed_at: row.opt_int(11),
        note: row.text(12),
        records: row.int(13),
        undecided: row.int(14),
    }
}
