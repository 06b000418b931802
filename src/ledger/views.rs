//! What people are shown: records with their whole history, lists, tallies, problems.

use serde::Serialize;
use serde_json::Value as Json;

use super::state::State;
use super::status::{Status, status};
use super::{Ledger, Result};
use crate::args;
use crate::db::Row;
use crate::plan::{Presence, Verdict};
use crate::record::Complaint;

/// One record in a list.
#[derive(Clone, Debug, Serialize)]
pub struct RecordView {
    #[serde(skip)]
    pub seq: i64,
    pub id: String,
    pub platform: String,
    pub kind: String,
    pub route: String,
    pub key: String,
    pub title: String,
    pub status: Status,
    pub verdict: &'static str,
    pub remote_id: Option<String>,
    pub review: String,
    pub opinion: String,
    pub origin: String,
    pub version: i64,
    pub accepted_version: Option<i64>,
    pub changed_at: i64,
}

/// A record with everything that is known about it.
#[derive(Clone, Debug, Serialize)]
pub struct RecordDetail {
    #[serde(flatten)]
    pub record: RecordView,
    pub complaints: Vec<ComplaintView>,
    /// Oldest first.
    pub deliveries: Vec<DeliveryView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct ComplaintView {
    pub source: String,
    pub version: i64,
    pub complaint: Complaint,
}

#[derive(Clone, Debug, Serialize)]
pub struct DeliveryView {
    pub version: i64,
    pub action: String,
    pub state: String,
    pub reason: String,
    pub attempts: i64,
    pub next_at: i64,
    pub created_at: i64,
    pub changed_at: i64,
    pub batch_key: Option<String>,
    /// The province's schema under which the document was checked; empty for what was queued before that was kept.
    pub schema: String,
    pub document: Option<Json>,
    pub exchanges: Vec<AttemptView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct AttemptView {
    pub number: i64,
    pub started_at: i64,
    pub took_us: i64,
    pub status: Option<i64>,
    pub outcome: String,
    pub request: String,
    pub answer: String,
}

/// Which records to list.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    pub kind: Option<String>,
    pub status: Option<Status>,
    /// Part of a title, a key, a record id or a provincial id.
    pub search: Option<String>,
}

/// How many records of a kind have a status.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    pub kind: String,
    pub status: Status,
    pub count: i64,
}

/// How many records complain about the same thing, with an example.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    pub kind: String,
    pub count: i64,
    pub example_key: String,
    pub example_title: String,
    pub complaint: Complaint,
}

/// How many deliveries of a route are in a state that is not the end.
#[derive(Clone, Debug, Serialize)]
pub struct OpenDeliveries {
    pub platform: String,
    pub route: String,
    pub state: String,
    pub count: i64,
}

const RECORD_COLUMNS: usize = 15;

impl Ledger {
    /// Records in key order. The filter by status is applied after reading, so `limit` bounds what is read.
    pub async fn records(&self, filter: &RecordFilter, limit: i64) -> Result<Vec<RecordView>> {
        let sql = "-- ledger.records
            select r.seq, r.id, r.platform, r.kind, r.route, r.key_text, r.title, r.verdict, r.presence, r.remote_id,
                   r.review, r.opinion, r.origin, r.version, r.accepted_version, r.changed_at, d.state
            from record r left join delivery d on d.id = r.owed
            where ($1 is null or r.kind = $1)
              and ($2 is null or r.title like '%' || $2 || '%' or r.key_text = $2 or r.id = $2 or r.remote_id = $2)
            order by r.kind, r.key_sort limit $3";
        let (kind, search) = (filter.kind.as_deref(), filter.search.as_deref());
        let limit = if filter.status.is_some() { i64::MAX } else { limit };
        let rows = self.db.fetch(sql, args![kind, search, limit]).await?;
        let wanted = |view: &RecordView| filter.status.is_none_or(|status| view.status == status);
        Ok(rows.iter().map(read_record).filter(wanted).collect())
    }

    /// One record with its history, by kind and readable key (or record id).
    pub async fn record(&self, kind: &str, key: &str) -> Result<Option<RecordDetail>> {
        let filter = RecordFilter { kind: Some(kind.to_owned()), search: Some(key.to_owned()), status: None };
        let found = self.records(&filter, 1000).await?;
        let exact = found.iter().find(|view| view.key == key || view.id == key);
        let Some(record) = exact.or(found.first().filter(|_| found.len() == 1)).cloned() else {
            return Ok(None);
        };
        let complaints = self.complaints_of(record.seq).await?;
        let deliveries = self.deliveries_of(record.seq).await?;
        Ok(Some(RecordDetail { record, complaints, deliveries }))
    }

    pub async fn complaints_of(&self, record: i64) -> Result<Vec<ComplaintView>> {
        let sql = "-- ledger.complaints_of
            select source, version, facts from complaint where record = $1 order by source, position";
        let read = |row: &Row| {
            let complaint = serde_json::from_str(&row.text(2)).ok()?;
            Some(ComplaintView { source: row.text(0), version: row.int(1), complaint })
        };
        Ok(self.db.fetch(sql, args![record]).await?.iter().filter_map(read).collect())
    }

    async fn deliveries_of(&self, record: i64) -> Result<Vec<DeliveryView>> {
        let sql = "-- ledger.deliveries_of
            select d.version, d.action, d.state, d.reason, d.attempts, d.next_at, d.created_at, d.changed_at, b.key,
                   c.content, d.batch, d.schema
            from delivery d left join batch b on b.id = d.batch left join body c on c.print = d.document
            where d.record = $1 order by d.version, d.id";
        let mut deliveries = Vec::new();
        for row in self.db.fetch(sql, args![record]).await? {
            let exchanges = match row.opt_int(10) {
                Some(batch) => self.attempts_of(batch).await?,
                None => Vec::new(),
            };
            deliveries.push(DeliveryView {
                version: row.int(0),
                action: row.text(1),
                state: row.text(2),
                reason: row.text(3),
                attempts: row.int(4),
                next_at: row.int(5),
                created_at: row.int(6),
                changed_at: row.int(7),
                batch_key: row.opt_text(8),
                schema: row.text(11),
                document: row.opt_blob(9).and_then(|content| serde_json::from_slice(&content).ok()),
                exchanges,
            });
        }
        Ok(deliveries)
    }

    async fn attempts_of(&self, batch: i64) -> Result<Vec<AttemptView>> {
        let sql = "-- ledger.attempts_of
            select number, started_at, took, status, outcome, request, answer from attempt
            where batch = $1 order by id";
        let read = |row: &Row| AttemptView {
            number: row.int(0),
            started_at: row.int(1),
            took_us: row.int(2),
            status: row.opt_int(3),
            outcome: row.text(4),
            request: row.text(5),
            answer: row.text(6),
        };
        Ok(self.db.fetch(sql, args![batch]).await?.iter().map(read).collect())
    }

    /// Records whose title, newest document or provincial id holds a text, or whose key it is; in key order.
    pub async fn find(&self, text: &str, limit: i64) -> Result<Vec<RecordView>> {
        let sql = "-- ledger.find
            select r.seq, r.id, r.platform, r.kind, r.route, r.key_text, r.title, r.verdict, r.presence, r.remote_id,
                   r.review, r.opinion, r.origin, r.version, r.accepted_version, r.changed_at, d.state
            from record r left join delivery d on d.id = r.owed
            where instr(r.title, $1) > 0 or r.key_text = $1 or r.id = $1 or instr(r.remote_id, $1) > 0
               or exists (select 1 from delivery n join body b on b.print = n.document
                    where n.record = r.seq and n.version = r.version
                      and instr(b.content, cast($1 as blob)) > 0)
            order by instr(r.title, $1) = 0, r.kind, r.key_sort limit $2";
        Ok(self.db.fetch(sql, args![text, limit]).await?.iter().map(read_record).collect())
    }

    /// Deliveries that are not done, by platform, route and state.
    pub async fn open_deliveries(&self) -> Result<Vec<OpenDeliveries>> {
        let sql = "-- ledger.open_deliveries
            select platform, route, state, count(*) from delivery where state not in ('accepted', 'superseded')
            group by platform, route, state order by platform, route, state";
        let read = |row: &Row| OpenDeliveries {
            platform: row.text(0),
            route: row.text(1),
            state: row.text(2),
            count: row.int(3),
        };
        Ok(self.db.fetch(sql, args![]).await?.iter().map(read).collect())
    }

    /// Records by kind and status.
    pub async fn tally(&self) -> Result<Vec<Tally>> {
        let sql = "-- ledger.tally
            select r.kind, r.verdict, d.state, r.presence, r.review, count(*)
            from record r left join delivery d on d.id = r.owed
            group by 1, 2, 3, 4, 5";
        let mut tallies: Vec<Tally> = Vec::new();
        for row in self.db.fetch(sql, args![]).await? {
            let status = shown(&row.text(1), row.opt_text(2).as_deref(), &row.text(3), &row.text(4));
            let (kind, count) = (row.text(0), row.int(5));
            match tallies.iter_mut().find(|tally| tally.kind == kind && tally.status == status) {
                Some(tally) => tally.count += count,
                None => tallies.push(Tally { kind, status, count }),
            }
        }
        tallies.sort_by(|one, other| (&one.kind, one.status).cmp(&(&other.kind, other.status)));
        Ok(tallies)
    }

    /// What is complained about, most frequent first.
    pub async fn problems(&self, limit: i64) -> Result<Vec<Problem>> {
        let sql = "-- ledger.problems
            select r.kind, count(*), min(r.key_text), r.title, c.facts
            from complaint c join record r on r.seq = c.record
            where c.severity = 'error'
            group by r.kind, c.id, json_extract(c.facts, '$.pointer') order by 2 desc, r.kind, c.id limit $1";
        let read = |row: &Row| {
            let complaint = serde_json::from_str(&row.text(4)).ok()?;
            Some(Problem {
                kind: row.text(0),
                count: row.int(1),
                example_key: row.text(2),
                example_title: row.text(3),
                complaint,
            })
        };
        Ok(self.db.fetch(sql, args![limit]).await?.iter().filter_map(read).collect())
    }
}

fn read_record(row: &Row) -> RecordView {
    let verdict = Verdict::parse(&row.text(7)).unwrap_or(Verdict::Held);
    RecordView {
        seq: row.int(0),
        id: row.text(1),
        platform: row.text(2),
        kind: row.text(3),
        route: row.text(4),
        key: row.text(5),
        title: row.text(6),
        status: shown(&row.text(7), row.opt_text(RECORD_COLUMNS + 1).as_deref(), &row.text(8), &row.text(10)),
        verdict: verdict.word(),
        remote_id: row.opt_text(9),
        review: row.text(10),
        opinion: row.text(11),
        origin: row.text(12),
        version: row.int(13),
        accepted_version: row.opt_int(14),
        changed_at: row.int(15),
    }
}

fn shown(verdict: &str, owed: Option<&str>, presence: &str, review: &str) -> Status {
    let presence = match presence {
        "there" => Presence::There(None),
        "withdrawn" => Presence::Withdrawn,
        _ => Presence::Never,
    };
    status(Verdict::parse(verdict).unwrap_or(Verdict::Held), owed.and_then(State::parse), presence, review)
}
