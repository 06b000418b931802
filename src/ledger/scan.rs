//! What a scan needs to know, and what it finds out.

use super::state::State;
use super::{Ledger, Result};
use crate::args;
use crate::clock::Timestamp;
use crate::db::Row;
use crate::plan::{Action, Known, Owed, OwedState, Presence, Step, Verdict};
use crate::record::{Complaint, Fingerprint, Key};
use crate::row;
use crate::schema::Checked;

/// A query of known records: what stands before it, and where they come from; columns as `read_known` takes them.
macro_rules! select_known {
    ($before:literal, $from:literal) => {
        concat!(
            $before,
            "select r.seq, r.id, r.key_sort, r.title, r.verdict, r.row_print, r.mapping_print, r.presence,
                r.accepted_print, d.action, d.print, d.state, r.key_text, d.id is not null and exists (
                    select 1 from delivery o where o.record = r.seq and o.id <> d.id
                        and o.state in ('in_flight', 'in_doubt', 'pending')), r.absent_since, r.row_version ",
            $from
        )
    };
}
pub(super) use select_known;

/// A record as the merge of source and ledger meets it.
#[derive(Clone, Debug)]
pub struct KnownRecord {
    pub seq: i64,
    pub id: String,
    pub key_sort: Vec<u8>,
    pub key_text: String,
    pub title: String,
    pub verdict: Verdict,
    pub row_print: Option<Fingerprint>,
    pub mapping_print: Option<Fingerprint>,
    pub known: Known,
    /// When a complete scan first missed its row.
    pub absent_since: Option<Timestamp>,
    /// The version of the row that was judged, where the source tells one.
    pub row_version: Option<String>,
}

/// A known record whose row is gone, and what follows.
#[derive(Debug)]
pub struct Absence {
    pub known: KnownRecord,
    pub verdict: Verdict,
    pub step: Step,
    pub complaints: Vec<Complaint>,
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
        let sql = select_known!(
            "-- ledger.known_page\n",
            "from record r left join delivery d on d.id = r.owed
            where r.platform = $1 and r.kind = $2 and r.key_sort > $3
            order by r.key_sort limit $4"
        );
        let rows = self.db.fetch(sql, args![platform, kind, after, limit]).await?;
        Ok(rows.iter().map(read_known).collect())
    }

    /// The records of a route's kind that have these keys, in no order; a key without a record is left out.
    pub async fn known_of(&self, platform: &str, kind: &str, keys: &[Vec<u8>]) -> Result<Vec<KnownRecord>> {
        let wanted: Vec<_> = keys.iter().map(|key| row![platform, kind, key]).collect();
        let before = "-- ledger.known_of\nwith wanted (platform, kind, key_sort) as (";
        let after = select_known!(
            ") ",
            "from wanted w
            join record r on r.platform = w.platform and r.kind = w.kind and r.key_sort = w.key_sort
            left join delivery d on d.id = r.owed"
        );
        let rows = self.db.fetch_rows(before, &wanted, after).await?;
        Ok(rows.iter().map(read_known).collect())
    }
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
        state: match state.is_home() {
            true if row.flag(13) => OwedState::Behind,
            true => OwedState::Home,
            false => OwedState::Out,
        },
    });
    KnownRecord {
        seq: row.int(0),
        id: row.text(1),
        key_sort: row.blob(2),
        key_text: row.text(12),
        title: row.text(3),
        verdict: Verdict::parse(&row.text(4)).unwrap_or(Verdict::Held),
        row_print: print(5),
        mapping_print: print(6),
        known: Known { presence, owed, row_same: false },
        absent_since: row.opt_int(14).map(Timestamp),
        row_version: row.opt_text(15),
    }
}
