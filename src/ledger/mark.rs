//! How far a route's cursor has come, and how far each scan looked.

use super::runs::RunRef;
use super::{Ledger, Result};
use crate::args;
use crate::clock::Timestamp;
use crate::db::Migration;
use crate::record::Fingerprint;
use crate::row;

pub const CURSOR_MIGRATION: Migration = Migration { version: 2002, about: "cursors", sql: CURSORS };

const CURSORS: &str = "
-- How far the newest complete scan of a route has seen its cursor's column. One row a route with a cursor.
create table cursor_mark (
    route text not null primary key,
    -- Of the mapping's version, the queries and the database: under another one everything is read.
    version blob not null,
    -- Of the columns that the query gave.
    columns blob not null,
    -- The form of the column's values; null where they do not sort as they date.
    form text,
    -- The latest value, but never later than when its scan began; null where there were none.
    seen_until integer,
    -- When the newest complete scan of everything began.
    full_at integer not null,
    changed_at integer not null
);
-- 'full' | 'incremental'; empty where no scan belongs to the run.
alter table run add column scan text not null default '';
-- From when on an incremental scan read.
alter table run add column since integer;
-- When a complete scan first missed the row; null while it is there.
alter table record add column absent_since integer;
-- The version of the row that row_print is about, as the source names it; null where it tells none.
alter table record add column row_version text;
create index record_again on record (platform, kind)
    where row_print is null and absent_since is null and verdict <> 'absent';
";

/// How far a route's cursor has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Of everything that decides what a scan's outcome is, besides the rows.
    pub version: Fingerprint,
    /// Of the columns that the query gave.
    pub columns: Fingerprint,
    /// The word of the form of the column's values.
    pub form: Option<String>,
    pub seen_until: Option<Timestamp>,
    /// When the newest complete scan of everything began.
    pub full_at: Timestamp,
}

impl Ledger {
    /// The mark of a route; `None` before its first complete scan with a cursor.
    pub async fn mark(&self, route: &str) -> Result<Option<Mark>> {
        let sql = "-- ledger.mark
            select version, columns, form, seen_until, full_at from cursor_mark where route = $1";
        let row = self.db.fetch_one(sql, args![route]).await?;
        Ok(row.and_then(|row| {
            Some(Mark {
                version: Fingerprint::from_bytes(&row.blob(0))?,
                columns: Fingerprint::from_bytes(&row.blob(1))?,
                form: row.opt_text(2),
                seen_until: row.opt_int(3).map(Timestamp),
                full_at: Timestamp(row.int(4)),
            })
        }))
    }

    /// Moves the mark of a run's route. Only for a scan that was complete, and whose pages are all written.
    pub async fn move_mark(&self, run: &RunRef, mark: &Mark, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.move_mark
            insert into cursor_mark (route, version, columns, form, seen_until, full_at, changed_at)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (route) do update set version = excluded.version, columns = excluded.columns,
                form = excluded.form, seen_until = excluded.seen_until, full_at = excluded.full_at,
                changed_at = excluded.changed_at";
        let (form, seen) = (mark.form.as_ref(), mark.seen_until);
        let args = args![&run.route, &mark.version, &mark.columns, form, seen, mark.full_at, now];
        tx.execute(sql, args).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// Keys of records that ask to be looked at again although their rows may not have changed, as people read them:
    /// they lost a natural key to another one, or were judged while nobody knew what the province has.
    pub async fn looks_again(&self, platform: &str, kind: &str, limit: i64) -> Result<Vec<String>> {
        let sql = "-- ledger.looks_again
            select key_text from record where platform = $1 and kind = $2
              and row_print is null and absent_since is null and verdict <> 'absent' limit $3";
        let rows = self.db.fetch(sql, args![platform, kind, limit]).await?;
        Ok(rows.iter().map(|row| row.text(0)).collect())
    }

    /// Notes with a run how far its scan looks: from a time on, or at everything.
    pub async fn note_scan(&self, run: &RunRef, since: Option<Timestamp>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let word = if since.is_some() { "incremental" } else { "full" };
        let sql = "-- ledger.note_scan\nupdate run set scan = $2, since = $3 where id = $1";
        tx.execute(sql, args![run.id, word, since]).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// Notes the versions of rows whose records have been judged by them; keys as `Key::sort_bytes` gives them.
    pub async fn note_versions(&self, run: &RunRef, versions: &[(Vec<u8>, String)]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let rows: Vec<_> =
            versions.iter().map(|(key, version)| row![&run.platform, &run.kind, key, version]).collect();
        let before = "-- ledger.note_versions
            update record set row_version = v.column4 from (";
        let after = ") as v where record.platform = v.column1 and record.kind = v.column2
            and record.key_sort = v.column3";
        tx.execute_rows(before, &rows, after).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// Notes that rows are there again, although they cannot be read: they are not gone any more.
    pub async fn note_returned(&self, records: &[i64]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for record in records {
            let sql = "-- ledger.note_returned\nupdate record set absent_since = null where seq = $1";
            tx.execute(sql, args![*record]).await?;
        }
        tx.commit().await.map_err(Into::into)
    }
}
