//! Takes a batch out of the ledger: intent, payload and audit event are committed before a byte leaves.

use std::collections::{HashMap, HashSet};

use super::attachments::files_of;
use super::event::{Item, Lease, Payload};
use super::queue::keep_body;
use super::runs::RunRef;
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;
use crate::record::{Complaint, Document, Fingerprint, ParentRef};
use crate::row;

/// How long a lease lasts before whoever looks calls it doubt, in microseconds: longer than any exchange.
const LEASE_US: i64 = 10 * 60 * 1_000_000;

/// What a lane has to offer.
#[derive(Debug)]
pub enum Claim {
    Lease(Lease),
    /// Nothing is ready now.
    Nothing,
    /// The lane waits until then.
    Paused {
        until: Timestamp,
        why: String,
    },
    /// One record is out to find out whether the lane works again; the others wait for it.
    Probing,
    /// The platform only rehearses: nothing leaves.
    NotLive,
    /// Somebody said stop.
    Stopped {
        by: String,
    },
    /// The first few are out; a person looks at them before the rest goes.
    FirstFewSent,
}

/// Makes the stable content of a batch. Both are pure and are called inside the claiming transaction.
pub trait Renderer: Sync {
    /// How many of the first items fit into one request; at least one.
    fn fit(&self, items: &[Item]) -> usize;
    /// The content of these items under a key. Errors: why one of them cannot be put into words.
    fn render(&self, key: &str, items: &[Item]) -> std::result::Result<Payload, Complaint>;
    /// Puts what stands for its files into a document: by each reference as it is written, the province's id of the
    /// file and what is known of it. Errors: why that cannot be put into words.
    fn put_in_files(
        &self,
        document: &mut Document,
        there: &HashMap<String, serde_json::Value>,
    ) -> std::result::Result<(), Complaint>;
}

/// One lane's worth of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    pub platform: &'a str,
    pub kind: &'a str,
    pub action: Action,
    pub records_max: u32,
}

impl Ledger {
    /// Takes the next batch: a doubtful one again, byte for byte, or a new one made of what is ready.
    ///
    /// An item that cannot be rendered is refused by itself and does not hold up the others.
    pub async fn claim(
        &self,
        run: &RunRef,
        want: Want<'_>,
        renderer: &impl Renderer,
        now: Timestamp,
    ) -> Result<Claim> {
        let mut tx = self.db.begin().await?;
        let records_max = match self.gate(&mut tx, want, now).await? {
            Ok(records_max) => records_max,
            Err(closed) => return Ok(closed),
        };
        if let Some(lease) = self.claim_doubtful(&mut tx, run, want, now).await? {
            tx.commit().await?;
            return Ok(Claim::Lease(lease));
        }
        if records_max == 0 {
            // What is out already was paid for and may be found out; nothing new leaves.
            return Ok(Claim::FirstFewSent);
        }
        let key = format!("{}/{}", self.instance_epoch(), self.new_id());
        let chosen = self.choose(&mut tx, want, records_max, &key, renderer, now).await?;
        let Some((items, payload)) = chosen else {
            tx.commit().await?;
            return Ok(Claim::Nothing);
        };
        let lease = self.new_batch(&mut tx, run, want, key, items, payload, now).await?;
        tx.commit().await?;
        Ok(Claim::Lease(lease))
    }

    /// What is ready and fits into one batch, with its content; `None` where there is nothing, which is to be
    /// committed too: what could not be put into words was refused.
    pub(super) async fn choose(
        &self,
        tx: &mut Tx,
        want: Want<'_>,
        records_max: i64,
        key: &str,
        renderer: &impl Renderer,
        now: Timestamp,
    ) -> Result<Option<(Vec<Item>, Payload)>> {
        loop {
            let (mut items, aside) = self.ready_items(tx, want, renderer, records_max, now).await?;
            if items.is_empty() {
                if aside > 0 {
                    // All of these stepped aside for their parents or files; others may stand behind them.
                    continue;
                }
                return Ok(None);
            }
            items.truncate(renderer.fit(&items).max(1));
            if let Ok(payload) = renderer.render(key, &items) {
                return Ok(Some((items, payload)));
            }
            let tried = items.len();
            let items = self.drop_unrenderable(tx, renderer, items, now).await?;
            if let Some(payload) = renderer.render(key, &items).ok().filter(|_| !items.is_empty()) {
                return Ok(Some((items, payload)));
            }
            if items.len() == tried {
                // Each can be put into words and all together cannot: not the records' fault.
                return Ok(None);
            }
        }
    }

    /// May anything leave on this lane, and how many records at once?
    pub(super) async fn gate(
        &self,
        tx: &mut Tx,
        want: Want<'_>,
        now: Timestamp,
    ) -> Result<std::result::Result<i64, Claim>> {
        let sql = "-- ledger.gate
            select live, allowance, stopped_by, stopped_at from platform_state where platform = $1";
        let mut records_max = i64::from(want.records_max);
        match tx.fetch_one(sql, args![want.platform]).await? {
            Some(row) if row.opt_int(3).is_some() => return Ok(Err(Claim::Stopped { by: row.text(2) })),
            Some(row) if row.flag(0) => {
                if let Some(allowance) = row.opt_int(1) {
                    records_max = records_max.min(allowance.max(0));
                }
            }
            Some(_) | None => return Ok(Err(Claim::NotLive)),
        }
        let sql = "-- ledger.lane\nselect state, until, why from lane where platform = $1 and action = $2";
        if let Some(row) = tx.fetch_one(sql, args![want.platform, want.action.word()]).await?
            && row.text(0) != "open"
        {
            let until = Timestamp(row.int(1));
            if until > now {
                return Ok(Err(Claim::Paused { until, why: row.text(2) }));
            }
            if self.is_probing(tx, want.platform).await? {
                return Ok(Err(Claim::Probing));
            }
            // Half open: one real record finds out whether the lane works again.
            records_max = 1;
        }
        Ok(Ok(records_max))
    }

    async fn claim_doubtful(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        want: Want<'_>,
        now: Timestamp,
    ) -> Result<Option<Lease>> {
        let sql = "-- ledger.doubtful_batch
            select id, key, attempts, fence, payload from batch
            where platform = $1 and kind = $2 and action = $3 and state = 'in_doubt' and next_at <= $4
            order by next_at, id limit 1";
        let Some(row) = tx.fetch_one(sql, args![want.platform, want.kind, want.action.word(), now]).await?
        else {
            return Ok(None);
        };
        let (batch, key) = (row.int(0), row.text(1));
        let (attempt, fence) = (row.int(2) + 1, row.int(3) + 1);
        let print = Fingerprint::from_bytes(&row.blob(4)).unwrap_or_default();
        let payload = self.body(tx, &print).await?;
        let sql = "-- ledger.lease_again
            update batch set state = 'in_flight', attempts = $2, fence = $3, lease_until = $4 where id = $1";
        tx.execute(sql, args![batch, attempt, fence, now.0 + LEASE_US]).await?;
        self.move_batch(tx, batch, State::InDoubt, Happening::Leased, now).await?;
        let items = self.items_of(tx, batch, None).await?;
        let lease = Lease {
            batch,
            key,
            platform: want.platform.to_owned(),
            kind: want.kind.to_owned(),
            action: want.action,
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            fence,
            items,
            payload: Payload { bytes: payload },
        };
        self.log_intent(tx, run, &lease, &print, now).await?;
        Ok(Some(lease))
    }

    /// The records whose turn it is, oldest first, and how many stepped aside because a parent or a file of theirs is
    /// missing.
    async fn ready_items(
        &self,
        tx: &mut Tx,
        want: Want<'_>,
        renderer: &impl Renderer,
        records_max: i64,
        now: Timestamp,
    ) -> Result<(Vec<Item>, usize)> {
        // A record with a delivery in flight or in doubt keeps its order: the newer one waits behind it. Only what a
        // record owes may leave: never an older version beside a newer one.
        let sql = "-- ledger.ready
            select d.id, r.id, d.version, r.remote_id, b.content, d.reason
            from delivery d
            join record r on r.seq = d.record and r.owed = d.id
            left join body b on b.print = d.document
            where d.platform = $1 and d.action = $2 and d.kind = $3
              and d.state in ('queued', 'waiting_time') and d.next_at <= $4
              and not exists (select 1 from delivery o where o.record = d.record and o.id <> d.id
                              and o.state in ('in_flight', 'in_doubt', 'pending'))
              and not exists (select 1 from attachment f where f.delivery = d.id and f.content is null)
            order by d.next_at, d.id limit $5";
        let args = args![want.platform, want.action.word(), want.kind, now, records_max];
        let rows = tx.fetch(sql, args).await?;
        let mut ready = Vec::with_capacity(rows.len());
        for row in &rows {
            ready.push((row, read_document(row.opt_blob(4))?));
        }
        let parents = parents_of(tx, want.platform, ready.iter().map(|(_, document)| document)).await?;
        let documents: Vec<_> = ready.iter().map(|(row, document)| (row.int(0), document)).collect();
        let files = files_of(tx, want.platform, &documents).await?;
        let mut items = Vec::with_capacity(ready.len());
        let mut waiting = Vec::new();
        let mut aside = 0;
        for (row, mut document) in ready {
            let (delivery, record_id, version) = (row.int(0), row.text(1), row.int(2));
            let state = State::Queued.next(Happening::ParentMissing).unwrap_or(State::WaitingParent);
            if !fill_in(&mut document, &parents) {
                waiting.push(row![delivery, state.word(), now]);
                continue;
            }
            let item_key = format!("{}/{record_id}/{version}", self.instance_epoch());
            let reason = reason_for_withdrawal(want.action, row.text(5));
            let remote_id = row.opt_text(3);
            let put_in = match files.get(&delivery) {
                Some(there) => renderer.put_in_files(&mut document, there),
                None if document.files().is_empty() => Ok(()),
                None => {
                    // Its files are wanted from now on.
                    aside += 1;
                    continue;
                }
            };
            let item = Item { delivery, record_id, item_key, version, remote_id, document, reason };
            match put_in {
                Ok(()) => items.push(item),
                Err(complaint) => {
                    aside += 1;
                    self.refuse(tx, &item, State::Queued, std::slice::from_ref(&complaint), now).await?;
                }
            }
        }
        let before = "-- ledger.wait_for_parent
            update delivery set state = v.column2, changed_at = v.column3 from (";
        tx.execute_rows(before, &waiting, ") as v where delivery.id = v.column1").await?;
        Ok((items, waiting.len() + aside))
    }

    /// Refuses the items that cannot be put into words, and gives back the others.
    async fn drop_unrenderable(
        &self,
        tx: &mut Tx,
        renderer: &impl Renderer,
        items: Vec<Item>,
        now: Timestamp,
    ) -> Result<Vec<Item>> {
        let mut good = Vec::with_capacity(items.len());
        for item in items {
            match renderer.render("-", std::slice::from_ref(&item)) {
                Ok(_) => good.push(item),
                Err(complaint) => {
                    self.refuse(tx, &item, State::Queued, std::slice::from_ref(&complaint), now).await?;
                }
            }
        }
        Ok(good)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a batch, each of another kind")]
    pub(super) async fn new_batch(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        want: Want<'_>,
        key: String,
        items: Vec<Item>,
        payload: Payload,
        now: Timestamp,
    ) -> Result<Lease> {
        let print = keep_body(tx, &payload.bytes).await?;
        let sql = "-- ledger.new_batch
            insert into batch (key, platform, kind, action, state, payload, attempts, fence, lease_until, run, created_at)
            values ($1, $2, $3, $4, 'in_flight', $5, 1, 1, $6, $7, $8) returning id";
        let action = want.action.word();
        let args = args![&key, want.platform, want.kind, action, &print, now.0 + LEASE_US, run.id, now];
        let batch = tx.fetch_one(sql, args).await?.map(|row| row.int(0)).unwrap_or_default();
        let until = now.0 + LEASE_US;
        let state = State::InFlight.word();
        let rows: Vec<_> = items.iter().map(|item| row![item.delivery, state, batch, until, now]).collect();
        let before = "-- ledger.lease
            update delivery set state = v.column2, batch = v.column3, fence = fence + 1, lease_until = v.column4,
                changed_at = v.column5 from (";
        let after = ") as v where delivery.id = v.column1 and delivery.state in ('queued', 'waiting_time')";
        tx.execute_rows(before, &rows, after).await?;
        let sql = "-- ledger.spend_allowance
            update platform_state set allowance = allowance - $2 where platform = $1 and allowance is not null";
        tx.execute(sql, args![want.platform, items.len() as i64]).await?;
        let lease = Lease {
            batch,
            key,
            platform: want.platform.to_owned(),
            kind: want.kind.to_owned(),
            action: want.action,
            attempt: 1,
            fence: 1,
            items,
            payload,
        };
        self.log_intent(tx, run, &lease, &print, now).await?;
        Ok(lease)
    }

    /// The items of a batch; of those in one state, if given.
    pub(super) async fn items_of(&self, tx: &mut Tx, batch: i64, state: Option<State>) -> Result<Vec<Item>> {
        let sql = "-- ledger.items_of_batch
            select d.id, r.id, d.version, r.remote_id, d.reason
            from delivery d join record r on r.seq = d.record
            where d.batch = $1 and ($2 is null or d.state = $2) order by d.id";
        let read = |row: &crate::db::Row| {
            let (record_id, version) = (row.text(1), row.int(2));
            let item_key = format!("{}/{record_id}/{version}", self.instance_epoch());
            Item {
                delivery: row.int(0),
                record_id,
                item_key,
                version,
                remote_id: row.opt_text(3),
                // The payload is stored; nobody renders it again.
                document: Document::default(),
                reason: row.text(4),
            }
        };
        Ok(tx.fetch(sql, args![batch, state.map(State::word)]).await?.iter().map(read).collect())
    }

    async fn log_intent(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        lease: &Lease,
        payload: &Fingerprint,
        now: Timestamp,
    ) -> Result<()> {
        let mut event = run.event(Deed::BatchIntended, now).kind(&lease.kind);
        for item in &lease.items {
            event.item(
                &self.clock,
                &audit::Item {
                    record: &item.record_id,
                    version: item.version,
                    action: lease.action.word(),
                    outcome: "intended",
                    row: None,
                    document: None,
                    payload: Some(payload.as_bytes()),
                },
            );
        }
        audit::append(tx, &event).await?;
        Ok(())
    }
}

/// What the province is told; a complaint's id means nothing to it.
fn reason_for_withdrawal(action: Action, reason: String) -> String {
    match action {
        Action::Withdraw if reason.is_empty() || reason.starts_with('Q') => "本地已撤下".to_owned(),
        Action::Withdraw => reason,
        Action::Create | Action::Update => String::new(),
    }
}

pub(super) fn read_document(stored: Option<Vec<u8>>) -> Result<Document> {
    let Some(text) = stored else { return Ok(Document::default()) };
    let text = String::from_utf8(text).map_err(|_| LedgerError::Body)?;
    Document::from_text(&text).map_err(|_| LedgerError::Body)
}

/// The provincial ids of all parents that these documents refer to, as far as they are known.
async fn parents_of(
    tx: &mut Tx,
    platform: &str,
    documents: impl Iterator<Item = &Document>,
) -> Result<HashMap<ParentRef, String>> {
    let wanted: HashSet<ParentRef> = documents.flat_map(Document::parents).collect();
    let rows: Vec<_> = wanted.iter().map(|parent| row![platform, &parent.kind, &parent.key]).collect();
    let before = "-- ledger.parent_ids\nwith wanted (platform, kind, key_text) as (";
    let after = ") select w.kind, w.key_text, r.remote_id from wanted w
        join record r on r.platform = w.platform and r.kind = w.kind and r.key_text = w.key_text
        where r.presence = 'there' and r.remote_id is not null";
    let found = tx.fetch_rows(before, &rows, after).await?;
    Ok(found.iter().map(|row| (ParentRef { kind: row.text(0), key: row.text(1) }, row.text(2))).collect())
}

/// Puts the parents' ids in place of the references. Says whether all of them were known.
fn fill_in(document: &mut Document, parents: &HashMap<ParentRef, String>) -> bool {
    fn walk(value: &mut serde_json::Value, parents: &HashMap<ParentRef, String>) -> bool {
        match value {
            serde_json::Value::String(text) => match ParentRef::parse(text) {
                Some(parent) => match parents.get(&parent) {
                    Some(remote_id) => {
                        remote_id.clone_into(text);
                        true
                    }
                    None => false,
                },
                None => true,
            },
            serde_json::Value::Array(items) => items.iter_mut().all(|item| walk(item, parents)),
            serde_json::Value::Object(fields) => fields.values_mut().all(|item| walk(item, parents)),
            _ => true,
        }
    }
    document.0.values_mut().all(|value| walk(value, parents))
}
