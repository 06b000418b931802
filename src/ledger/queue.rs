//! Puts deliveries into the ledger and takes them back, many at a time.

use std::collections::HashMap;

use super::runs::RunRef;
use super::state::{Happening, State};
use super::{LedgerError, Result};
use crate::args;
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::{Action, Cause};
use crate::record::{Complaint, Fingerprint, ParentRef};
use crate::row;

/// A record's own row, as far as a step needs it.
pub(super) struct Stored {
    pub seq: i64,
    pub id: String,
    pub version: i64,
    /// The open delivery and its state.
    pub owed: Option<(i64, State)>,
    /// The province has it, or had it under an id of its own.
    pub was_there: bool,
    /// Made in this transaction: nothing hangs on it yet.
    pub new: bool,
}

impl Stored {
    /// The records of these numbers; one that is not there is left out.
    pub async fn read_all(tx: &mut Tx, seqs: &[i64]) -> Result<HashMap<i64, Stored>> {
        let rows: Vec<_> = seqs.iter().map(|seq| row![*seq]).collect();
        let after = ") select r.seq, r.id, r.version, d.id, d.state, r.presence
            from wanted w join record r on r.seq = w.seq left join delivery d on d.id = r.owed";
        let found = tx.fetch_rows("-- ledger.stored\nwith wanted (seq) as (", &rows, after).await?;
        let read = |row: &crate::db::Row| Stored {
            seq: row.int(0),
            id: row.text(1),
            version: row.int(2),
            owed: row.opt_int(3).zip(row.opt_text(4).and_then(|word| State::parse(&word))),
            was_there: row.text(5) != "never",
            new: false,
        };
        Ok(found.iter().map(read).map(|stored| (stored.seq, stored)).collect())
    }
}

/// A delivery to be queued.
pub(super) struct NewDelivery<'a> {
    pub action: Action,
    pub state: State,
    pub cause: Cause,
    pub print: Option<Fingerprint>,
    pub document: Option<Fingerprint>,
    pub reason: &'a str,
    /// Under which the document was checked.
    pub schema: &'a str,
}

/// Where a record's complaints come from; each source replaces only its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Mapping and schema.
    Local,
    /// A person must decide.
    Hold,
    /// The province's machine.
    Province,
    /// The province's reviewers.
    Review,
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Source::Local => "local",
            Source::Hold => "hold",
            Source::Province => "province",
            Source::Review => "review",
        }
    }
}

/// Writes the next version's delivery of each record and makes it the one that is owed. A queued one whose parents
/// the province does not know waits for them.
pub(super) async fn queue_all(
    tx: &mut Tx,
    run: &RunRef,
    queued: &[(&Stored, NewDelivery<'_>, Vec<ParentRef>)],
    now: Timestamp,
) -> Result<()> {
    let mut rows = Vec::with_capacity(queued.len());
    for (record, new, _) in queued {
        let cause = match new.cause {
            Cause::Data => "data",
            Cause::Program => "program",
        };
        rows.push(row![
            record.seq,
            &run.platform,
            &run.kind,
            &run.route,
            record.version + 1,
            new.action.word(),
            new.state.word(),
            new.reason,
            cause,
            new.print.as_ref(),
            new.document.as_ref(),
            now,
            run.id,
            now,
            now,
            new.schema,
        ]);
    }
    let before = "-- ledger.new_deliveries
        insert into delivery (record, platform, kind, route, version, action, state, reason, cause, print, document,
                              next_at, run, created_at, changed_at, schema)";
    let made = tx.fetch_rows(before, &rows, "returning record, id, version").await?;
    let rows: Vec<_> = made.iter().map(|row| row![row.int(0), row.int(1), row.int(2)]).collect();
    let before = "-- ledger.owe\nupdate record set owed = v.column2, version = v.column3 from (";
    tx.execute_rows(before, &rows, ") as v where record.seq = v.column1").await?;

    let ids: HashMap<i64, i64> = made.iter().map(|row| (row.int(0), row.int(1))).collect();
    let mut needs = Vec::new();
    for (record, _, parents) in queued {
        let delivery = *ids.get(&record.seq).ok_or(LedgerError::NoRecord(record.seq))?;
        needs.extend(parents.iter().map(|parent| row![delivery, &parent.kind, &parent.key]));
    }
    let before = "-- ledger.need\ninsert into need (delivery, kind, key_text)";
    tx.execute_rows(before, &needs, "on conflict do nothing").await?;
    let ready = queued.iter().filter(|(_, new, parents)| new.state == State::Queued && !parents.is_empty());
    let rows: Vec<_> = ready.filter_map(|(record, ..)| ids.get(&record.seq)).map(|id| row![*id]).collect();
    let after = ") and exists (
        select 1 from need n left join record p on p.platform = delivery.platform and p.kind = n.kind
            and p.key_text = n.key_text and p.presence = 'there'
        where n.delivery = delivery.id and p.seq is null)";
    let before = "-- ledger.wait_for_parents\nupdate delivery set state = 'waiting_parent' where id in (";
    tx.execute_rows(before, &rows, after).await?;
    Ok(())
}

/// Supersedes the owed deliveries of these records, where they never left.
pub(super) async fn drop_all(
    tx: &mut Tx,
    records: impl Iterator<Item = &Stored>,
    now: Timestamp,
) -> Result<()> {
    let mut dropped = Vec::new();
    for record in records {
        if let Some((delivery, state)) = record.owed
            && let Some(next) = state.next(Happening::Dropped)
        {
            dropped.push((record.seq, delivery, next));
        }
    }
    if dropped.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = dropped.iter().map(|(_, id, next)| row![*id, next.word(), now]).collect();
    let before = "-- ledger.drop\nupdate delivery set state = v.column2, changed_at = v.column3 from (";
    tx.execute_rows(before, &rows, ") as v where delivery.id = v.column1").await?;
    let rows: Vec<_> = dropped.iter().map(|(_, id, _)| row![*id]).collect();
    tx.execute_rows("-- ledger.unneed\ndelete from need where delivery in (", &rows, ")").await?;
    let seqs: Vec<i64> = dropped.iter().map(|(seq, ..)| *seq).collect();
    let rows: Vec<_> = seqs.iter().map(|seq| row![*seq]).collect();
    // What is out before it is owed still: nobody knows yet what will come of it.
    let before = "-- ledger.unowe
        update record set owed = (
            select max(o.id) from delivery o
            where o.record = record.seq and o.state in ('in_flight', 'in_doubt', 'pending'))
        where seq in (";
    tx.execute_rows(before, &rows, ")").await?;
    forget_complaints(tx, &seqs, Source::Province).await?;
    forget_complaints(tx, &seqs, Source::Hold).await
}

/// Replaces one record's complaints of one source.
pub(super) async fn set_complaints(
    tx: &mut Tx,
    record: i64,
    source: Source,
    version: i64,
    complaints: &[Complaint],
) -> Result<()> {
    forget_complaints(tx, &[record], source).await?;
    complain(tx, source, std::iter::once((record, version, complaints))).await
}

/// Removes the complaints of one source.
pub(super) async fn forget_complaints(tx: &mut Tx, records: &[i64], source: Source) -> Result<()> {
    let rows: Vec<_> = records.iter().map(|record| row![*record]).collect();
    // The source stands in the text: compared row by row with the record, SQLite would walk the whole table.
    let after = match source {
        Source::Local => ") and source = 'local'",
        Source::Hold => ") and source = 'hold'",
        Source::Province => ") and source = 'province'",
        Source::Review => ") and source = 'review'",
    };
    let before = "-- ledger.forget_complaints\ndelete from complaint where record in (";
    tx.execute_rows(before, &rows, after).await?;
    Ok(())
}

/// Adds complaints: record, version, and what is complained about.
pub(super) async fn complain<'a>(
    tx: &mut Tx,
    source: Source,
    found: impl Iterator<Item = (i64, i64, &'a [Complaint])>,
) -> Result<()> {
    let mut told = Vec::new();
    for (record, version, complaints) in found {
        for (position, complaint) in complaints.iter().enumerate() {
            // A complaint is plain text and always serialises.
            let facts = serde_json::to_string(complaint).unwrap_or_default();
            let words = (complaint.owner.word(), complaint.severity.word());
            told.push((record, position as i64, version, &complaint.id, words, facts));
        }
    }
    let rows: Vec<_> = told
        .iter()
        .map(|(record, position, version, id, (owner, severity), facts)| {
            row![*record, source.word(), *position, *version, *id, *owner, *severity, facts]
        })
        .collect();
    let before = "-- ledger.complain
        insert into complaint (record, source, position, version, id, owner, severity, facts)";
    tx.execute_rows(before, &rows, "").await?;
    Ok(())
}

/// Keeps contents under their hashes; the same content is kept once.
pub(super) async fn keep_bodies(tx: &mut Tx, contents: impl Iterator<Item = &[u8]>) -> Result<()> {
    let kept: Vec<_> = contents.map(|content| (Fingerprint::of(content), content)).collect();
    let rows: Vec<_> = kept.iter().map(|(print, content)| row![print, *content]).collect();
    tx.execute_rows(
        "-- ledger.keep_bodies\ninsert into body (print, content)",
        &rows,
        "on conflict do nothing",
    )
    .await?;
    Ok(())
}

/// Keeps one content; gives its hash.
pub(super) async fn keep_body(tx: &mut Tx, content: &[u8]) -> Result<Fingerprint> {
    let print = Fingerprint::of(content);
    let sql = "-- ledger.keep_body\ninsert into body (print, content) values ($1, $2) on conflict do nothing";
    tx.execute(sql, args![&print, content]).await?;
    Ok(print)
}
