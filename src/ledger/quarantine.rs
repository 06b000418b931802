//! Imported records that wait for a person, and how many stand where.

use serde::Serialize;

use super::{Ledger, Result};
use crate::args;
use crate::db::Row;
use crate::record::Complaint;

/// A quarantined record as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct QuarantineView {
    pub id: i64,
    pub route: String,
    pub kind: String,
    pub remote_id: String,
    pub title: String,
    pub complaints: Vec<Complaint>,
    /// The province's document as JSON; empty if it was too large to keep.
    pub data: String,
    pub first_seen: i64,
    pub run: i64,
}

impl Ledger {
    /// Quarantined records, newest first, before a number; of one route, if given.
    pub async fn quarantine(
        &self,
        route: Option<&str>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<QuarantineView>> {
        let sql = "-- ledger.quarantine
            select id, route, kind, remote_id, title, facts, data, first_seen, run from quarantine
            where ($1 is null or route = $1) and ($2 is null or id < $2) order by id desc limit $3";
        let rows = self.db.fetch(sql, args![route, before, limit]).await?;
        let view = |row: &Row| QuarantineView {
            id: row.int(0),
            route: row.text(1),
            kind: row.text(2),
            remote_id: row.text(3),
            title: row.text(4),
            complaints: serde_json::from_str(&row.text(5)).unwrap_or_default(),
            data: row.text(6),
            first_seen: row.int(7),
            run: row.int(8),
        };
        Ok(rows.iter().map(view).collect())
    }

    /// How many remote records of a route are in each state.
    pub async fn import_tally(&self, route: &str) -> Result<Vec<(String, u64)>> {
        let sql = "-- ledger.import_tally
            select state, count(*) from imported where route = $1 group by state order by state";
        let rows = self.db.fetch(sql, args![route]).await?;
        Ok(rows.iter().map(|row| (row.text(0), row.int(1).unsigned_abs())).collect())
    }
}
