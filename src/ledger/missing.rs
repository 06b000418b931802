//! Records that a scan did not meet, and rows that cannot be records.

use super::runs::RunRef;
use super::scan::{KnownRecord, read_known, select_known};
use super::{Ledger, Result};
use crate::args;
use crate::record::Complaint;

/// How many unreadable rows of a run are kept; the count in the run's numbers is of all.
const UNREADABLE_MAX: i64 = 1000;

impl Ledger {
    /// Notes records that the scan has passed by, until it is known whether it saw everything.
    pub async fn note_missing(&self, run: &RunRef, records: &[i64]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for record in records {
            let sql = "-- ledger.note_missing\ninsert into missing (run, record) values ($1, $2)";
            tx.execute(sql, args![run.id, *record]).await?;
        }
        tx.commit().await.map_err(Into::into)
    }

    /// The next missing records, by number.
    pub async fn missing_page(&self, run: &RunRef, after: i64, limit: i64) -> Result<Vec<KnownRecord>> {
        let sql = select_known!(
            "-- ledger.missing_page\n",
            "from missing m join record r on r.seq = m.record left join delivery d on d.id = r.owed
            where m.run = $1 and m.record > $2 order by m.record limit $3"
        );
        Ok(self.db.fetch(sql, args![run.id, after, limit]).await?.iter().map(read_known).collect())
    }

    /// Forgets what no longer matters once a scan has ended.
    pub async fn forget_missing(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx.execute("-- ledger.forget_missing\ndelete from missing", args![]).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// Keeps what is wrong with rows that have no record. Tells how many of them the route did not have before.
    pub async fn note_unreadable(
        &self,
        run: &RunRef,
        first: i64,
        rows: &[(String, Vec<Complaint>)],
    ) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        // An incremental scan meets some of them only: what the full one before it met was there before as well.
        let sql = "-- ledger.unreadable_before
            select max(r.id) from run r where r.route = $1 and r.id < $2 and r.scan <> 'incremental'
              and exists (select 1 from unreadable u where u.run = r.id)";
        let before = tx.fetch_one(sql, args![&run.route, run.id]).await?.and_then(|row| row.opt_int(0));
        let mut new = 0;
        for (position, (named, complaints)) in (first..UNREADABLE_MAX).zip(rows) {
            let facts = serde_json::to_string(complaints).unwrap_or_default();
            let sql = "-- ledger.known_unreadable
                select 1 from unreadable u join run r on r.id = u.run
                where r.route = $1 and u.run >= $2 and u.run < $3 and u.named = $4 and u.facts = $5 limit 1";
            let args = args![&run.route, before.unwrap_or(0), run.id, named, &facts];
            new += u64::from(tx.fetch_one(sql, args).await?.is_none());
            let sql = "-- ledger.note_unreadable
                insert into unreadable (run, position, named, facts) values ($1, $2, $3, $4)";
            tx.execute(sql, args![run.id, position, named, &facts]).await?;
        }
        tx.commit().await?;
        Ok(new)
    }

    /// The unreadable rows of a run: what they may be known by, and why.
    pub async fn unreadable(&self, run: i64) -> Result<Vec<(String, Vec<Complaint>)>> {
        let sql =
            "-- ledger.unreadable\nselect named, facts from unreadable where run = $1 order by position";
        let rows = self.db.fetch(sql, args![run]).await?;
        Ok(rows
            .iter()
            .map(|row| (row.text(0), serde_json::from_str(&row.text(1)).unwrap_or_default()))
            .collect())
    }
}
