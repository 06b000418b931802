//! What a scan needs to know, and what it writes down.

use std::collections::HashMap;

use super::runs::RunRef;
use super::state::{Happening, State};
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Row, Tx};
use crate::plan::{Action, Cause, Known, Owed, OwedState, Presence, Step, Verdict};
use crate::record::{Complaint, Fingerprint, Key};
use crate::schema::Checked;

/// A record as the merge of source and ledger meets it.
#[derive(Clone, Debug)]
pub struct KnownRecord {
    pub seq: i64,
    pub id: String,
    pub key_sort: Vec<u8>,
    pub title: String,
    pub verdict: Verdict,
    pub row_print: Option<Fingerprint>,
    pub mapping_print: Option<Fingerprint>,
    pub known: Known,
}

/// What a scan found out about one record.
#[derive(Debug)]
pub struct Change {
    /// `None` for a record seen for the first time.
    pub seq: Option<i64>,
    pub key: Key,
    pub title: String,
    pub row_print: Fingerprint,
    pub mapping_print: Fingerprint,
    pub verdict: Verdict,
    pub step: Step,
    /// The evidence for a step that publishes.
    pub checked: Option<Checked>,
    /// Fingerprints of the natural keys that the document claims.
    pub natural_keys: Vec<Fingerprint>,
    pub complaints: Vec<Complaint>,
}

/// What became of a change when it was written: a natural key may have been taken by another record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    AsPlanned,
    /// Another record reports the same thing; this one is invalid.
    Taken,
}

impl Ledger {
    /// The next records of a route's kind in key order, after `after`.
    pub async fn known_page(
        &self,
        platform: &str,
        kind: &str,
        after: &[u8],
        limit: i64,
    ) -> Result<Vec<KnownRecord>> {
        let sql = "-- ledger.known_page
            select r.seq, r.id, r.key_sort, r.title, r.verdict, r.row_print, r.mapping_print, r.presence,
                   r.accepted_print, d.action, d.print, d.state
            from record r left join delivery d on d.id = r.owed
            where r.platform = $1 and r.kind = $2 and r.key_sort > $3
            order by r.key_sort limit $4";
        let rows = self.db.fetch(sql, args![platform, kind, after, limit]).await?;
        Ok(rows.iter().map(read_known).collect())
    }

    /// Writes one page of a scan: verdicts, complaints, deliveries and the audit event, in one transaction.
    pub async fn write_page(&self, run: &RunRef, changes: &[Change], now: Timestamp) -> Result<Vec<Written>> {
        let mut tx = self.db.begin().await?;
        let mut event = run.event(Deed::Planned, now);
        let mut written = Vec::with_capacity(changes.len());
        let adopting = self.adoption_is_open(&mut tx, &run.route).await?;
        for change in changes {
            let record = self.upsert(&mut tx, run, change, now).await?;
            let taken = claim_natural_keys(&mut tx, run, record.seq, &change.natural_keys).await?;
            let (verdict, step, complaints) = match taken {
                Some(other) => {
                    let complaint = Complaint::new("Q6021").found(other);
                    (Verdict::Invalid, Step::Drop, std::slice::from_ref(&complaint).to_vec())
                }
                None => (change.verdict, change.step.clone(), change.complaints.clone()),
            };
            written.push(if verdict == change.verdict { Written::AsPlanned } else { Written::Taken });
            // A record that lost to another is looked at again each time: the other may go.
            let row_print = (verdict == change.verdict).then_some(&change.row_print);
            let sql = "-- ledger.judge
                update record set verdict = $2, row_print = $3, mapping_print = $4, title = $5, changed_at = $6
                where seq = $1";
            let mapping_print = &change.mapping_print;
            let args = args![record.seq, verdict.word(), row_print, mapping_print, &change.title, now];
            tx.execute(sql, args).await?;
            set_complaints(&mut tx, record.seq, "local", record.version, &complaints).await?;
            let outcome = self.take_step(&mut tx, run, &record, change, &step, adopting, now).await?;
            event.item(
                &self.clock,
                &audit::Item {
                    record: &record.id,
                    version: outcome.version,
                    action: &outcome.action,
                    outcome: verdict.word(),
                    row: Some(change.row_print.as_bytes()),
                    document: change
                        .checked
                        .as_ref()
                        .map(|checked| checked.fingerprint().0.to_vec())
                        .as_deref(),
                    payload: None,
                },
            );
        }
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(written)
    }

    /// Writes one page of vanished records.
    pub async fn write_absent(
        &self,
        run: &RunRef,
        absent: &[(KnownRecord, Verdict, Step)],
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let mut event = run.event(Deed::Planned, now);
        for (known, verdict, step) in absent {
            let record = Stored::read(&mut tx, known.seq).await?;
            let sql = "-- ledger.absent
                update record set verdict = $2, row_print = null, changed_at = $3 where seq = $1";
            tx.execute(sql, args![known.seq, verdict.word(), now]).await?;
            set_complaints(&mut tx, known.seq, "local", record.version, &[]).await?;
            if *verdict == Verdict::Absent {
                let sql = "-- ledger.unclaim\ndelete from claim where record = $1";
                tx.execute(sql, args![known.seq]).await?;
            }
            let outcome = self.take_bare_step(&mut tx, run, &record, step, now).await?;
            event.item(
                &self.clock,
                &audit::Item {
                    record: &record.id,
                    version: outcome.version,
                    action: &outcome.action,
                    outcome: verdict.word(),
                    row: None,
                    document: None,
                    payload: None,
                },
            );
        }
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn upsert(&self, tx: &mut Tx, run: &RunRef, change: &Change, now: Timestamp) -> Result<Stored> {
        if let Some(seq) = change.seq {
            return Stored::read(tx, seq).await;
        }
        let id = self.new_id();
        let sql = "-- ledger.new_record
            insert into record (id, platform, kind, route, key_sort, key_text, title, verdict, first_seen, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) returning seq";
        let key_sort = change.key.sort_bytes();
        let key_text = change.key.to_string();
        let args = args![
            &id,
            &run.platform,
            &run.kind,
            &run.route,
            &key_sort,
            &key_text,
            &change.title,
            change.verdict.word(),
            now
        ];
        let seq = tx.fetch_one(sql, args).await?.map(|row| row.int(0)).unwrap_or_default();
        Ok(Stored { seq, id, version: 0, owed: None, there: false })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of one record: each of these is a different thing"
    )]
    async fn take_step(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        record: &Stored,
        change: &Change,
        step: &Step,
        adopting: bool,
        now: Timestamp,
    ) -> Result<Outcome> {
        let (Step::Queue(action @ (Action::Create | Action::Update), cause), Some(checked)) =
            (step, &change.checked)
        else {
            return self.take_bare_step(tx, run, record, step, now).await;
        };
        drop_owed(tx, record, now).await?;
        let document = checked.document();
        let text = document.to_text();
        let body = keep_body(tx, text.as_bytes()).await?;
        let parents = document.parents();
        let missing = !parents.is_empty() && any_parent_missing(tx, &run.platform, &parents).await?;
        let state = match action {
            Action::Create if adopting => State::WaitingAdoption,
            Action::Create if missing => State::WaitingParent,
            Action::Create => State::Queued,
            Action::Update | Action::Withdraw => State::WaitingRun,
        };
        let new = NewDelivery {
            action: *action,
            state,
            cause: *cause,
            print: Some(checked.fingerprint()),
            document: Some(body),
            reason: String::new(),
        };
        let id = insert_delivery(tx, run, record, &new, now).await?;
        for parent in &parents {
            let sql = "-- ledger.need
                insert into need (delivery, kind, key_text) values ($1, $2, $3) on conflict do nothing";
            tx.execute(sql, args![id, &parent.kind, &parent.key]).await?;
        }
        Ok(Outcome { version: record.version + 1, action: action.word().to_owned() })
    }

    /// A step that needs no document: leave, drop, withdraw, propose.
    async fn take_bare_step(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        record: &Stored,
        step: &Step,
        now: Timestamp,
    ) -> Result<Outcome> {
        let none = Outcome { version: record.version, action: String::new() };
        let new = |state, reason: String| NewDelivery {
            action: Action::Withdraw,
            state,
            cause: Cause::Data,
            print: None,
            document: None,
            reason,
        };
        match step {
            Step::Leave | Step::Queue(Action::Create | Action::Update, _) => Ok(none),
            Step::Drop => {
                drop_owed(tx, record, now).await?;
                Ok(none)
            }
            Step::Queue(Action::Withdraw, _) => {
                drop_owed(tx, record, now).await?;
                insert_delivery(tx, run, record, &new(State::WaitingRun, "withdrawn at home".into()), now)
                    .await?;
                Ok(Outcome { version: record.version + 1, action: Action::Withdraw.word().to_owned() })
            }
            Step::Propose(complaint) => {
                drop_owed(tx, record, now).await?;
                let reason = complaint.id.clone();
                insert_delivery(tx, run, record, &new(State::WaitingPerson, reason), now).await?;
                set_complaints(tx, record.seq, "hold", record.version, std::slice::from_ref(complaint))
                    .await?;
                Ok(Outcome { version: record.version + 1, action: Action::Withdraw.word().to_owned() })
            }
        }
    }
}

/// A record's own row, as far as a step needs it.
pub(super) struct Stored {
    pub seq: i64,
    pub id: String,
    pub version: i64,
    /// The open delivery and its state.
    pub owed: Option<(i64, State)>,
    pub there: bool,
}

impl Stored {
    pub async fn read(tx: &mut Tx, seq: i64) -> Result<Stored> {
        let sql = "-- ledger.stored
            select r.id, r.version, d.id, d.state, r.presence from record r left join delivery d on d.id = r.owed
            where r.seq = $1";
        let row = tx.fetch_one(sql, args![seq]).await?.ok_or(super::LedgerError::NoRecord(seq))?;
        let owed = row.opt_int(2).zip(row.opt_text(3).and_then(|word| State::parse(&word)));
        Ok(Stored { seq, id: row.text(0), version: row.int(1), owed, there: row.text(4) == "there" })
    }
}

struct Outcome {
    version: i64,
    action: String,
}

pub(super) struct NewDelivery {
    pub action: Action,
    pub state: State,
    pub cause: Cause,
    pub print: Option<Fingerprint>,
    pub document: Option<Fingerprint>,
    pub reason: String,
}

/// Writes the next version's delivery and makes it the one that is owed.
pub(super) async fn insert_delivery(
    tx: &mut Tx,
    run: &RunRef,
    record: &Stored,
    new: &NewDelivery,
    now: Timestamp,
) -> Result<i64> {
    let sql = "-- ledger.new_delivery
        insert into delivery (record, platform, kind, route, version, action, state, reason, cause, print,
                              document, next_at, run, created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $12) returning id";
    let cause = match new.cause {
        Cause::Data => "data",
        Cause::Program => "program",
    };
    let version = record.version + 1;
    let args = args![
        record.seq,
        &run.platform,
        &run.kind,
        &run.route,
        version,
        new.action.word(),
        new.state.word(),
        &new.reason,
        cause,
        new.print.as_ref(),
        new.document.as_ref(),
        now,
        run.id
    ];
    let id = tx.fetch_one(sql, args).await?.map(|row| row.int(0)).unwrap_or_default();
    let sql = "-- ledger.owe\nupdate record set version = $2, owed = $3 where seq = $1";
    tx.execute(sql, args![record.seq, version, id]).await?;
    Ok(id)
}

/// Supersedes the owed delivery if it never left.
pub(super) async fn drop_owed(tx: &mut Tx, record: &Stored, now: Timestamp) -> Result<()> {
    let Some((delivery, state)) = record.owed else { return Ok(()) };
    if let Some(next) = state.next(Happening::Dropped) {
        let sql = "-- ledger.drop\nupdate delivery set state = $2, changed_at = $3 where id = $1";
        tx.execute(sql, args![delivery, next.word(), now]).await?;
        tx.execute("-- ledger.unowe\nupdate record set owed = null where seq = $1", args![record.seq])
            .await?;
        tx.execute("-- ledger.unneed\ndelete from need where delivery = $1", args![delivery]).await?;
        set_complaints(tx, record.seq, "province", record.version, &[]).await?;
        set_complaints(tx, record.seq, "hold", record.version, &[]).await?;
    }
    Ok(())
}

/// Replaces a record's complaints of one source.
pub(super) async fn set_complaints(
    tx: &mut Tx,
    record: i64,
    source: &str,
    version: i64,
    complaints: &[Complaint],
) -> Result<()> {
    let sql = "-- ledger.forget_complaints\ndelete from complaint where record = $1 and source = $2";
    tx.execute(sql, args![record, source]).await?;
    for (position, complaint) in complaints.iter().enumerate() {
        let facts = serde_json::to_string(complaint).unwrap_or_default();
        let owner = format!("{:?}", complaint.owner).to_lowercase();
        let severity = format!("{:?}", complaint.severity).to_lowercase();
        let sql = "-- ledger.complain
            insert into complaint (record, source, position, version, id, owner, severity, facts)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let position = position as i64;
        let args = args![record, source, position, version, &complaint.id, &owner, &severity, &facts];
        tx.execute(sql, args).await?;
    }
    Ok(())
}

/// Keeps content under its hash; the same content is kept once.
pub(super) async fn keep_body(tx: &mut Tx, content: &[u8]) -> Result<Fingerprint> {
    let print = Fingerprint::of(content);
    let sql = "-- ledger.keep_body\ninsert into body (print, content) values ($1, $2) on conflict do nothing";
    tx.execute(sql, args![&print, content]).await?;
    Ok(print)
}

async fn any_parent_missing(
    tx: &mut Tx,
    platform: &str,
    parents: &[crate::record::ParentRef],
) -> Result<bool> {
    for parent in parents {
        let sql = "-- ledger.parent_there
            select 1 from record where platform = $1 and kind = $2 and key_text = $3 and remote_id is not null";
        if tx.fetch_one(sql, args![platform, &parent.kind, &parent.key]).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Takes the natural keys for this record; tells the title of another record that has one of them.
async fn claim_natural_keys(
    tx: &mut Tx,
    run: &RunRef,
    record: i64,
    keys: &[Fingerprint],
) -> Result<Option<String>> {
    let sql = "-- ledger.unclaim\ndelete from claim where record = $1";
    tx.execute(sql, args![record]).await?;
    let mut mine = HashMap::new();
    for key in keys {
        let sql = "-- ledger.claim
            insert into claim (platform, kind, print, record) values ($1, $2, $3, $4)
            on conflict (platform, kind, print) do update set print = excluded.print returning record";
        let row = tx.fetch_one(sql, args![&run.platform, &run.kind, key, record]).await?;
        let holder = row.map(|row| row.int(0)).unwrap_or(record);
        if holder != record {
            mine.insert(*key, holder);
        }
    }
    let Some(other) = mine.into_values().min() else { return Ok(None) };
    tx.execute("-- ledger.unclaim\ndelete from claim where record = $1", args![record]).await?;
    let sql = "-- ledger.claimant\nselect title, key_text from record where seq = $1";
    let row = tx.fetch_one(sql, args![other]).await?;
    Ok(row.map(|row| format!("{}（{}）", row.text(0), row.text(1))))
}

pub(super) fn read_known(row: &Row) -> KnownRecord {
    let print = |index| row.opt_blob(index).and_then(|bytes| Fingerprint::from_bytes(&bytes));
    let presence = match row.text(7).as_str() {
        "there" => Presence::There(print(8)),
        "withdrawn" => Presence::Withdrawn,
        _ => Presence::Never,
    };
    let action = row.opt_text(9).and_then(|word| Action::parse(&word));
    let state = row.opt_text(11).and_then(|word| State::parse(&word));
    let owed = action.zip(state).map(|(action, state)| Owed {
        action,
        print: print(10),
        state: if state.is_home() { OwedState::Home } else { OwedState::Out },
    });
    KnownRecord {
        seq: row.int(0),
        id: row.text(1),
        key_sort: row.blob(2),
        title: row.text(3),
        verdict: Verdict::parse(&row.text(4)).unwrap_or(Verdict::Held),
        row_print: print(5),
        mapping_print: print(6),
        known: Known { presence, owed, row_same: false },
    }
}
