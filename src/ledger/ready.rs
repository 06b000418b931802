//! Which lanes have something to do now: a look that changes nothing.

use super::{Ledger, Result};
use crate::args;
use crate::clock::Timestamp;
use crate::plan::Action;
use crate::row;

impl Ledger {
    /// The kinds and actions of a platform that have deliveries or doubtful batches due. The lane of one named here may
    /// still be closed, or its deliveries may wait behind others of their records: whether it really has something is
    /// known when it is claimed.
    pub async fn ready(
        &self,
        platform: &str,
        kinds: &[&str],
        now: Timestamp,
    ) -> Result<Vec<(String, Action)>> {
        // Each pair is looked up by itself: a look at the first row of an index, however many are due.
        let wanted: Vec<_> = kinds
            .iter()
            .flat_map(|kind| Action::ALL.map(|action| row![platform, *kind, action.word(), now]))
            .collect();
        let before = "-- ledger.ready_lanes\nwith wanted (platform, kind, action, now) as (";
        let after = ") select w.kind, w.action from wanted w
            where exists (select 1 from delivery d
                where d.platform = w.platform and d.action = w.action and d.kind = w.kind
                    and d.state in ('queued', 'waiting_time') and d.next_at <= w.now)
               or exists (select 1 from batch b
                where b.platform = w.platform and b.action = w.action and b.kind = w.kind
                    and b.state = 'in_doubt' and b.next_at <= w.now)";
        let rows = self.db.fetch_rows(before, &wanted, after).await?;
        Ok(rows.iter().filter_map(|row| Some((row.text(0), Action::parse(&row.text(1))?))).collect())
    }

    /// The kinds of a platform that have deliveries in doubt which only a look-up settles, and which are due.
    pub async fn doubtful_kinds(&self, platform: &str, now: Timestamp) -> Result<Vec<String>> {
        let sql = "-- ledger.doubtful_kinds
            select distinct kind from delivery
            where platform = $1 and state = 'in_doubt' and batch is null and next_at <= $2
              and state in ('in_flight', 'in_doubt', 'pending')";
        Ok(self.db.fetch(sql, args![platform, now]).await?.iter().map(|row| row.text(0)).collect())
    }
}
