//! Writes a page of a scan in one transaction, set by set: a page is a dozen statements, however long it is.

use std::collections::HashMap;

use super::queue::{
    NewDelivery, Source, Stored, complain, drop_all, forget_complaints, keep_bodies, queue_all,
};
use super::runs::RunRef;
use super::scan::{Absence, Change, Written};
use super::state::State;
use super::{Ledger, LedgerError, Result};
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::{Action, Cause, Step, Verdict};
use crate::record::{Complaint, Document, Fingerprint, ParentRef};
use crate::row;

/// One record of a page, with what is finally decided about it.
struct Line<'a> {
    record: Stored,
    verdict: Verdict,
    step: &'a Step,
    complaints: Vec<Complaint>,
    change: Option<&'a Change>,
}

impl Ledger {
    /// Writes one page of a scan: verdicts, complaints, deliveries and the audit event.
    pub async fn write_page(&self, run: &RunRef, changes: &[Change], now: Timestamp) -> Result<Vec<Written>> {
        let mut tx = self.db.begin().await?;
        let records = self.records_of(&mut tx, run, changes, now).await?;
        let taken = claim_natural_keys(&mut tx, run, changes, &records).await?;
        let mut lines = Vec::with_capacity(changes.len());
        for (change, record) in changes.iter().zip(records) {
            lines.push(match taken.get(&record.seq) {
                Some(other) => Line {
                    record,
                    verdict: Verdict::Invalid,
                    step: &Step::Drop,
                    complaints: vec![Complaint::new("Q6021").found(other)],
                    change: Some(change),
                },
                None => Line {
                    record,
                    verdict: change.verdict,
                    step: &change.step,
                    complaints: change.complaints.clone(),
                    change: Some(change),
                },
            });
        }
        judge(&mut tx, &lines, &taken, now).await?;
        self.write_lines(&mut tx, run, &lines, now).await?;
        tx.commit().await?;
        let is_taken = |line: &Line<'_>| taken.contains_key(&line.record.seq);
        Ok(lines
            .iter()
            .map(|line| if is_taken(line) { Written::Taken } else { Written::AsPlanned })
            .collect())
    }

    /// Writes one page of vanished records.
    pub async fn write_absent(&self, run: &RunRef, absent: &[Absence], now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let seqs: Vec<i64> = absent.iter().map(|one| one.known.seq).collect();
        let mut stored = Stored::read_all(&mut tx, &seqs).await?;
        let mut lines = Vec::with_capacity(absent.len());
        for Absence { known, verdict, step, complaints } in absent {
            let record = stored.remove(&known.seq).ok_or(LedgerError::NoRecord(known.seq))?;
            lines.push(Line {
                record,
                verdict: *verdict,
                step,
                complaints: complaints.clone(),
                change: None,
            });
        }
        let rows: Vec<_> = lines.iter().map(|line| row![line.record.seq, line.verdict.word(), now]).collect();
        let before = "-- ledger.absent
            update record set verdict = v.column2, row_print = null, changed_at = v.column3,
                absent_since = coalesce(absent_since, v.column3) from (";
        tx.execute_rows(before, &rows, ") as v where record.seq = v.column1").await?;
        let gone = lines.iter().filter(|line| line.verdict == Verdict::Absent);
        unclaim(&mut tx, gone.map(|line| line.record.seq)).await?;
        self.write_lines(&mut tx, run, &lines, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The page's records, those seen for the first time among them, in the page's order.
    async fn records_of(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<Vec<Stored>> {
        let known: Vec<i64> = changes.iter().filter_map(|change| change.seq).collect();
        let mut stored = Stored::read_all(tx, &known).await?;
        let new: Vec<_> = changes.iter().filter(|change| change.seq.is_none()).collect();
        let ids: Vec<String> = new.iter().map(|_| self.new_id()).collect();
        let keys: Vec<_> =
            new.iter().map(|change| (change.key.sort_bytes(), change.key.to_string())).collect();
        let mut rows = Vec::with_capacity(new.len());
        for ((change, id), (key_sort, key_text)) in new.iter().zip(&ids).zip(&keys) {
            rows.push(row![
                id,
                &run.platform,
                &run.kind,
                &run.route,
                key_sort,
                key_text,
                &change.title,
                change.verdict.word(),
                &change.row_print,
                &change.mapping_print,
                now,
                now,
            ]);
        }
        let before = "-- ledger.new_records
            insert into record (id, platform, kind, route, key_sort, key_text, title, verdict, row_print,
                                mapping_print, first_seen, changed_at)";
        let made = tx.fetch_rows(before, &rows, "returning id, seq").await?;
        let mut seqs: HashMap<String, i64> = made.iter().map(|row| (row.text(0), row.int(1))).collect();
        let mut ids = ids.into_iter();
        let mut records = Vec::with_capacity(changes.len());
        for change in changes {
            records.push(match change.seq {
                Some(seq) => stored.remove(&seq).ok_or(LedgerError::NoRecord(seq))?,
                None => {
                    let id = ids.next().unwrap_or_default();
                    let seq = seqs.remove(&id).ok_or(LedgerError::NoRecord(0))?;
                    Stored { seq, id, version: 0, owed: None, was_there: false, new: true }
                }
            });
        }
        Ok(records)
    }

    /// Complaints, deliveries and the audit event of a page whose records stand.
    async fn write_lines(&self, tx: &mut Tx, run: &RunRef, lines: &[Line<'_>], now: Timestamp) -> Result<()> {
        let known: Vec<i64> =
            lines.iter().filter(|line| !line.record.new).map(|line| line.record.seq).collect();
        forget_complaints(tx, &known, Source::Local).await?;
        let found = lines.iter().map(|line| (line.record.seq, line.record.version, &line.complaints[..]));
        complain(tx, Source::Local, found).await?;
        let doubtful = doubtful_creates(tx, lines).await?;
        let moving = lines.iter().filter(|line| *line.step != Step::Leave);
        drop_all(tx, moving.map(|line| &line.record), now).await?;
        self.queue_lines(tx, run, lines, &doubtful, now).await?;
        let still = doubtful
            .iter()
            .map(|(record, (version, found))| (*record, *version, std::slice::from_ref(found)));
        complain(tx, Source::Hold, still).await?;
        let proposals = lines.iter().filter_map(|line| match line.step {
            Step::Propose(complaint) => {
                Some((line.record.seq, line.record.version, std::slice::from_ref(complaint)))
            }
            _ => None,
        });
        let proposals: Vec<_> = proposals.collect();
        let proposed: Vec<i64> = proposals.iter().map(|(record, ..)| *record).collect();
        forget_complaints(tx, &proposed, Source::Hold).await?;
        complain(tx, Source::Hold, proposals.into_iter()).await?;
        let mut event = run.event(Deed::Planned, now);
        for line in lines {
            let (version, action) = match line.step {
                Step::Queue(action, _) => (line.record.version + 1, action.word()),
                Step::Propose(_) => (line.record.version + 1, Action::Withdraw.word()),
                Step::Leave | Step::Drop => (line.record.version, ""),
            };
            let document =
                line.change.and_then(|change| change.checked.as_ref()).map(|one| one.fingerprint());
            let item = audit::Item {
                record: &line.record.id,
                version,
                action,
                outcome: line.verdict.word(),
                row: line.change.map(|change| change.row_print.as_bytes()),
                document: document.as_ref().map(Fingerprint::as_bytes),
                payload: None,
            };
            event.item(&self.clock, &item);
        }
        audit::append(tx, &event).await?;
        Ok(())
    }

    async fn queue_lines(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        lines: &[Line<'_>],
        doubtful: &HashMap<i64, (i64, Complaint)>,
        now: Timestamp,
    ) -> Result<()> {
        let adopting = self.adoption_is_open(tx, &run.route).await?;
        let texts: Vec<Option<String>> =
            lines.iter().map(|line| published(line).map(Document::to_text)).collect();
        let contents = texts.iter().flatten().map(String::as_bytes);
        keep_bodies(tx, contents).await?;
        let mut queued = Vec::new();
        for (line, text) in lines.iter().zip(&texts) {
            let (action, cause, state, reason) = match line.step {
                Step::Queue(action @ Action::Create, cause) if doubtful.contains_key(&line.record.seq) => {
                    let (_, why) = &doubtful[&line.record.seq];
                    (*action, *cause, State::WaitingPerson, why.id.as_str())
                }
                Step::Queue(action @ Action::Create, cause) => {
                    let state = if adopting { State::WaitingAdoption } else { State::Queued };
                    (*action, *cause, state, "")
                }
                Step::Queue(action @ Action::Update, cause) => (*action, *cause, State::WaitingRun, ""),
                Step::Queue(action @ Action::Withdraw, cause) => {
                    (*action, *cause, State::WaitingRun, "本地已标记撤下")
                }
                Step::Propose(complaint) => {
                    (Action::Withdraw, Cause::Data, State::WaitingPerson, complaint.id.as_str())
                }
                Step::Leave | Step::Drop => continue,
            };
            let checked = line.change.and_then(|change| change.checked.as_ref());
            let new = NewDelivery {
                action,
                state,
                cause,
                print: checked.filter(|_| action != Action::Withdraw).map(|checked| checked.fingerprint()),
                document: text.as_ref().map(|text| Fingerprint::of(text.as_bytes())),
                reason,
                schema: &run.schema,
            };
            let parents: Vec<ParentRef> = published(line).map(Document::parents).unwrap_or_default();
            queued.push((&line.record, new, parents));
        }
        queue_all(tx, run, &queued, now).await
    }
}

/// First deliveries of which a person must say whether the province holds the thing already: a change at home does
/// not answer that. Each with the version that waits next, and why.
async fn doubtful_creates(tx: &mut Tx, lines: &[Line<'_>]) -> Result<HashMap<i64, (i64, Complaint)>> {
    let waits = |line: &&Line<'_>| {
        let waiting = line.record.owed.is_some_and(|(_, state)| state == State::WaitingPerson);
        waiting && matches!(line.step, Step::Queue(Action::Create, _))
    };
    let versions: HashMap<i64, i64> =
        lines.iter().filter(waits).map(|line| (line.record.seq, line.record.version + 1)).collect();
    let rows: Vec<_> = versions.keys().map(|record| row![*record]).collect();
    let before = "-- ledger.doubtful_creates\nwith wanted (record) as (";
    let after = ") select c.record, c.facts from wanted w
        join complaint c on c.record = w.record and c.source = 'hold' and c.position = 0";
    let found = tx.fetch_rows(before, &rows, after).await?;
    let read = |row: &crate::db::Row| {
        let complaint = serde_json::from_str(&row.text(1)).ok()?;
        Some((row.int(0), (*versions.get(&row.int(0))?, complaint)))
    };
    Ok(found.iter().filter_map(read).collect())
}

/// The document of a line that publishes it.
fn published<'a>(line: &Line<'a>) -> Option<&'a Document> {
    match line.step {
        Step::Queue(Action::Create | Action::Update, _) => {
            line.change?.checked.as_ref().map(|one| one.document())
        }
        _ => None,
    }
}

/// Verdicts of known records; and of new ones whose natural key was taken.
async fn judge(tx: &mut Tx, lines: &[Line<'_>], taken: &HashMap<i64, String>, now: Timestamp) -> Result<()> {
    let mut rows = Vec::new();
    for line in lines {
        let is_taken = taken.contains_key(&line.record.seq);
        let Some(change) = line.change.filter(|_| !line.record.new || is_taken) else { continue };
        // A record that lost to another is looked at again each time: the other may go.
        let row_print = (!is_taken).then_some(&change.row_print);
        let mapping_print = &change.mapping_print;
        rows.push(row![line.record.seq, line.verdict.word(), row_print, mapping_print, &change.title, now]);
    }
    let before = "-- ledger.judge
        update record set verdict = v.column2, row_print = v.column3, mapping_print = v.column4, title = v.column5,
            changed_at = v.column6, absent_since = null from (";
    tx.execute_rows(before, &rows, ") as v where record.seq = v.column1").await?;
    Ok(())
}

/// Takes the natural keys for the page's records; tells which records lost one, and to whom.
async fn claim_natural_keys(
    tx: &mut Tx,
    run: &RunRef,
    changes: &[Change],
    records: &[Stored],
) -> Result<HashMap<i64, String>> {
    unclaim(tx, records.iter().filter(|record| !record.new).map(|record| record.seq)).await?;
    let mut rows = Vec::new();
    for (change, record) in changes.iter().zip(records) {
        let version = record.version + i64::from(matches!(change.step, Step::Queue(..)));
        let keys = change.natural_keys.iter();
        rows.extend(keys.map(|key| row![&run.platform, &run.kind, key, record.seq, version, version]));
    }
    let before = "-- ledger.claim\ninsert into claim (platform, kind, print, record, since, until)";
    let after = "on conflict (platform, kind, print) do update set until = excluded.until
        where claim.record = excluded.record";
    tx.execute_rows(before, &rows, after).await?;
    let before = "-- ledger.claimants\nwith wanted (platform, kind, print, record, since, until) as (";
    let after = ") select w.record, o.title, o.key_text from wanted w
        join claim c on c.platform = w.platform and c.kind = w.kind and c.print = w.print
        join record o on o.seq = c.record where c.record <> w.record";
    let lost = tx.fetch_rows(before, &rows, after).await?;
    let taken: HashMap<i64, String> =
        lost.iter().map(|row| (row.int(0), format!("{}（{}）", row.text(1), row.text(2)))).collect();
    unclaim(tx, taken.keys().copied()).await?;
    Ok(taken)
}

/// Gives back the natural keys of these records that the province does not hold under them, and cannot hold: while a
/// key stands there, another record with the same one would be refused as its double.
async fn unclaim(tx: &mut Tx, records: impl Iterator<Item = i64>) -> Result<()> {
    let rows: Vec<_> = records.map(|record| row![record]).collect();
    let before = "-- ledger.unclaim\ndelete from claim where rowid in (select c.rowid from (";
    let after = ") as v join claim c on c.record = v.column1 join record r on r.seq = c.record
        where (r.presence <> 'there' or c.since > coalesce(r.accepted_version, r.version))
          and not exists (
            select 1 from delivery o where o.record = r.seq and o.state in ('in_flight', 'in_doubt', 'pending')))";
    tx.execute_rows(before, &rows, after).await?;
    Ok(())
}
