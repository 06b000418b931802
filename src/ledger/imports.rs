//! What was imported: how far a pass has come, what became of each remote record, and what waits for a person.

use std::collections::HashMap;
use std::fmt;

use super::runs::RunRef;
use super::{Ledger, LedgerError, Result};
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Row, Tx};
use crate::record::{Complaint, Document, Fingerprint};
use crate::{args, row};

pub const IMPORT_MIGRATION: Migration = Migration { version: 2100, about: "imports", sql: IMPORTS };

const IMPORTS: &str = "
-- Where the unfinished pass over the province's list goes on; none when the last pass came to its end.
create table import_place (
    route text not null primary key,
    -- The route under which it was read; under another one a pass begins anew.
    version blob not null,
    page integer not null,
    cursor text,
    -- The run that began the pass.
    pass integer not null,
    changed_at integer not null
);

-- One remote record under one route.
create table imported (
    route text not null,
    remote_id text not null,
    -- Random and stable: what the audit log sees.
    id text not null unique,
    platform text not null,
    kind text not null,
    -- landing | landed | quarantined | delisted
    state text not null,
    -- The remote content and the route's version when it was last judged.
    print blob,
    -- The local row as we left it, column by column; null if we never wrote one.
    written blob,
    -- The local row as we were about to leave it: between the two commits of a page, and after a crash there until
    -- the row is written again.
    intended blob,
    pass integer not null,
    first_seen integer not null,
    changed_at integer not null,
    primary key (route, remote_id)
);
create index imported_by_remote on imported (platform, kind, remote_id);
create index imported_by_pass on imported (route, pass);

-- Remote records that failed a check, with everything a person needs to decide.
create table quarantine (
    id integer primary key,
    route text not null,
    platform text not null,
    kind text not null,
    remote_id text not null,
    title text not null,
    -- Complaints as JSON.
    facts text not null,
    -- The province's document; empty if it is too large to keep.
    data text not null,
    first_seen integer not null,
    changed_at integer not null,
    run integer not null,
    unique (route, remote_id)
);

-- For the question whether a remote record is one of the city's own listings.
create index record_by_title on record (platform, kind, title);
";

/// Where a pass over the province's list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPlace {
    /// The route's version under which the pass runs.
    pub version: Fingerprint,
    pub page: u64,
    pub cursor: Option<String>,
    /// The run that began the pass.
    pub pass: i64,
}

/// What became of a remote record the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Its row was about to be written when the process ended.
    Landing,
    /// Its row is in the city's table.
    Landed,
    /// It waits for a person; an older version may be in the city's table.
    Quarantined,
    /// The province took it off the shelf.
    Delisted,
}

impl ImportState {
    pub fn word(self) -> &'static str {
        match self {
            ImportState::Landing => "landing",
            ImportState::Landed => "landed",
            ImportState::Quarantined => "quarantined",
            ImportState::Delisted => "delisted",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "landed" => ImportState::Landed,
            "quarantined" => ImportState::Quarantined,
            "delisted" => ImportState::Delisted,
            // Knowing least makes everything be looked at again.
            _ => ImportState::Landing,
        }
    }
}

impl fmt::Display for ImportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the ledger knows of a remote record before it is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportKnown {
    /// One of our own: under its remote id or its local id.
    pub ours: bool,
    /// `None` for a record that this route never met.
    pub before: Option<ImportBefore>,
    /// Ids of the complaints that keep it in quarantine.
    pub complaints: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportBefore {
    pub id: String,
    pub state: ImportState,
    pub print: Option<Fingerprint>,
    pub written: Option<Vec<u8>>,
    pub intended: Option<Vec<u8>>,
}

/// A row that is about to be committed in the city's database.
#[derive(Clone, Debug)]
pub struct ImportIntent {
    pub remote_id: String,
    /// `None` for a record that this route never met.
    pub id: Option<String>,
    /// The row as it will be, column by column.
    pub row: Vec<u8>,
}

/// One record of a page and what became of it.
#[derive(Clone, Debug)]
pub struct ImportEntry {
    pub remote_id: String,
    /// The province's number of this version.
    pub version: i64,
    /// Of the remote content and the route's version.
    pub print: Fingerprint,
    /// It was in quarantine.
    pub held: bool,
    pub fate: ImportFate,
}

#[derive(Clone, Debug)]
pub enum ImportFate {
    /// The city's own: not imported, and no longer in quarantine if it was.
    Own,
    /// As the last time.
    Unchanged,
    /// In the city's table, as `written` says.
    Landed { written: Vec<u8>, new: bool },
    /// The local row was edited and stays as it is.
    Kept,
    /// Off the province's shelf; `written` is the local row, if there is one and it had to be marked.
    Delisted { written: Option<Vec<u8>>, news: bool },
    /// Waits for a person. `news`: it did not wait for the same reasons before.
    Quarantined { title: String, complaints: Vec<Complaint>, data: String, news: bool },
}

/// A whole page, to be written in one transaction.
#[derive(Clone, Debug)]
pub struct ImportPage {
    pub number: u64,
    /// What the page came to, in a few words for the audit log.
    pub summary: String,
    pub entries: Vec<ImportEntry>,
    pub pass: i64,
    /// Where the pass goes on; `None` at its end.
    pub next: Option<ImportPlace>,
}

/// An own listing that a remote record looks like.
#[derive(Clone, Debug)]
pub struct OwnListing {
    pub key: String,
    pub document: Document,
}

impl Ledger {
    /// Where a route's pass goes on.
    pub async fn import_place(&self, route: &str) -> Result<Option<ImportPlace>> {
        let sql =
            "-- ledger.import_place\nselect version, page, cursor, pass from import_place where route = $1";
        let row = self.db.fetch_one(sql, args![route]).await?;
        Ok(row.and_then(|row| {
            Some(ImportPlace {
                version: Fingerprint::from_bytes(&row.blob(0))?,
                page: u64::try_from(row.int(1)).ok()?,
                cursor: row.opt_text(2),
                pass: row.int(3),
            })
        }))
    }

    /// Has the next pass begin at the beginning: the province no longer takes this place.
    pub async fn forget_import_place(&self, route: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx.execute("-- ledger.forget_place\ndelete from import_place where route = $1", args![route]).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// What is known of remote records, by their remote ids; each comes with its local id, if it has one.
    pub async fn import_known(
        &self,
        run: &RunRef,
        records: &[(&str, Option<&str>)],
    ) -> Result<HashMap<String, ImportKnown>> {
        let (route, platform, kind) = (&run.route, &run.platform, &run.kind);
        let wanted =
            records.iter().map(|(remote_id, local_id)| row![*remote_id, *local_id, route, platform, kind]);
        let wanted: Vec<_> = wanted.collect();
        let before = "-- ledger.import_known\nwith wanted (remote_id, local_id, route, platform, kind) as materialized (";
        let after = ") select w.remote_id, i.id, i.state, i.print, i.written, i.intended, q.facts,
                exists (select 1 from record r
                        where r.platform = w.platform and r.kind = w.kind and r.remote_id = w.remote_id)
                or exists (select 1 from record r where r.id = w.local_id)
            from wanted w
            left join imported i on i.route = w.route and i.remote_id = w.remote_id
            left join quarantine q on q.route = w.route and q.remote_id = w.remote_id";
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_rows(before, &wanted, after).await?;
        tx.commit().await?;
        Ok(rows.iter().map(|row| (row.text(0), read_known(row))).collect())
    }

    /// The own listings that claim natural keys, as people call them.
    pub async fn claimants(
        &self,
        run: &RunRef,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, String>> {
        let wanted: Vec<_> = keys.iter().map(|key| row![key, &run.platform, &run.kind]).collect();
        let before = "-- ledger.claimants\nwith wanted (print, platform, kind) as materialized (";
        let after = ") select w.print, r.title, r.key_text from wanted w
            join claim c on c.platform = w.platform and c.kind = w.kind and c.print = w.print
            join record r on r.seq = c.record";
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_rows(before, &wanted, after).await?;
        tx.commit().await?;
        let named = |row: &Row| {
            let print = Fingerprint::from_bytes(&row.blob(0))?;
            Some((print, format!("{}（{}）", row.text(1), row.text(2))))
        };
        Ok(rows.iter().filter_map(named).collect())
    }

    /// Own listings of these titles with their newest documents, by title; the first twenty of each.
    pub async fn own_titled(
        &self,
        run: &RunRef,
        titles: &[&str],
    ) -> Result<HashMap<String, Vec<OwnListing>>> {
        let wanted: Vec<_> = titles.iter().map(|title| row![*title, &run.platform, &run.kind]).collect();
        let before = "-- ledger.own_titled\nwith wanted (title, platform, kind) as materialized (";
        let after = ") select r.title, r.key_text, b.content
            from wanted w join record r on r.seq in
                (select seq from record
                 where platform = w.platform and kind = w.kind and title = w.title order by seq limit 20)
            join delivery d on d.record = r.seq and d.version =
                (select max(version) from delivery where record = r.seq and document is not null)
            join body b on b.print = d.document";
        let mut tx = self.db.begin().await?;
        let rows = tx.fetch_rows(before, &wanted, after).await?;
        tx.commit().await?;
        let mut found: HashMap<String, Vec<OwnListing>> = HashMap::new();
        for row in rows {
            let text = String::from_utf8(row.blob(2)).map_err(|_| LedgerError::Body)?;
            let document = Document::from_text(&text).map_err(|_| LedgerError::Body)?;
            let listing = OwnListing { key: row.text(1), document };
            found.entry(row.text(0)).or_default().push(listing);
        }
        Ok(found)
    }

    /// Notes which rows the city's database is about to take.
    ///
    /// Committed before the city's commit: whatever happens between the two, the next run knows its own hand.
    pub async fn import_intend(
        &self,
        run: &RunRef,
        pass: i64,
        intents: &[ImportIntent],
        now: Timestamp,
    ) -> Result<()> {
        let ids: Vec<String> =
            intents.iter().map(|intent| intent.id.clone().unwrap_or_else(|| self.new_id())).collect();
        let (route, platform, kind) = (&run.route, &run.platform, &run.kind);
        let rows = intents.iter().zip(&ids).map(|(intent, id)| {
            row![route, &intent.remote_id, id, platform, kind, "landing", &intent.row, pass, now, now]
        });
        let rows: Vec<_> = rows.collect();
        let before = "-- ledger.import_intend
            insert into imported (route, remote_id, id, platform, kind, state, intended, pass, first_seen, changed_at)";
        let after = "on conflict (route, remote_id) do update set intended = excluded.intended";
        let mut tx = self.db.begin().await?;
        tx.execute_rows(before, &rows, after).await?;
        tx.commit().await.map_err(Into::into)
    }

    /// Writes what became of a page, and where the pass goes on, in one transaction with its evidence.
    pub async fn write_import_page(&self, run: &RunRef, page: &ImportPage, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let mut read =
            run.event(Deed::ImportPage, now).subject(format!("page {}: {}", page.number, page.summary));
        let mut landed = run.event(Deed::ImportLanded, now);
        let ids = self.write_entries(&mut tx, run, page, now).await?;
        for entry in &page.entries {
            let Some((outcome, written)) = evidence(&entry.fate) else { continue };
            let event = if written.is_some() { &mut landed } else { &mut read };
            event.item(
                &self.clock,
                &audit::Item {
                    record: ids.get(&entry.remote_id).map_or("", String::as_str),
                    version: entry.version,
                    action: "import",
                    outcome,
                    row: written,
                    document: Some(entry.print.as_bytes()),
                    payload: None,
                },
            );
        }
        audit::append(&mut tx, &read).await?;
        if landed.item_count() > 0 {
            audit::append(&mut tx, &landed).await?;
        }
        match &page.next {
            Some(place) => {
                let sql = "-- ledger.move_place
                    insert into import_place (route, version, page, cursor, pass, changed_at)
                    values ($1, $2, $3, $4, $5, $6)
                    on conflict (route) do update set version = excluded.version, page = excluded.page,
                        cursor = excluded.cursor, pass = excluded.pass, changed_at = excluded.changed_at";
                let number = i64::try_from(place.page).unwrap_or(i64::MAX);
                let args = args![&run.route, &place.version, number, place.cursor.as_ref(), place.pass, now];
                tx.execute(sql, args).await?;
            }
            None => {
                let sql = "-- ledger.end_pass\ndelete from import_place where route = $1";
                tx.execute(sql, args![&run.route]).await?;
            }
        }
        tx.commit().await.map_err(Into::into)
    }

    /// How many records that stand in the city's table a finished pass did not meet.
    pub async fn import_vanished(&self, route: &str, pass: i64) -> Result<u64> {
        let sql = "-- ledger.import_vanished
            select count(*) from imported where route = $1 and pass <> $2 and written is not null and state <> 'delisted'";
        let row = self.db.fetch_one(sql, args![route, pass]).await?;
        Ok(row.map_or(0, |row| row.int(0).unsigned_abs()))
    }

    /// Gives back the ids of the audit log, by remote id.
    async fn write_entries(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        page: &ImportPage,
        now: Timestamp,
    ) -> Result<HashMap<String, String>> {
        let (route, platform, kind) = (&run.route, &run.platform, &run.kind);
        let (mut seen, mut changed, mut freed) = (Vec::new(), Vec::new(), Vec::new());
        let ids: Vec<String> = page.entries.iter().map(|_| self.new_id()).collect();
        for (entry, id) in page.entries.iter().zip(&ids) {
            let remote_id = &entry.remote_id;
            let (state, written) = match &entry.fate {
                ImportFate::Own | ImportFate::Unchanged => {
                    seen.push(row![route, remote_id, page.pass]);
                    (None, None)
                }
                ImportFate::Landed { written, .. } => (Some(ImportState::Landed), Some(written)),
                ImportFate::Kept => (Some(ImportState::Landed), None),
                ImportFate::Delisted { written, .. } => (Some(ImportState::Delisted), written.as_ref()),
                ImportFate::Quarantined { .. } => (Some(ImportState::Quarantined), None),
            };
            if let Some(state) = state {
                let (word, print) = (state.word(), &entry.print);
                changed.push(row![
                    route, remote_id, id, platform, kind, word, print, written, page.pass, now, now
                ]);
            }
            if entry.held && !matches!(entry.fate, ImportFate::Quarantined { .. }) {
                freed.push(row![route, remote_id]);
            }
        }
        let before = "-- ledger.import_seen\nupdate imported set pass = v.column3 from (";
        let after = ") as v where imported.route = v.column1 and imported.remote_id = v.column2";
        tx.execute_rows(before, &seen, after).await?;
        let before = "-- ledger.import_free\ndelete from quarantine where (route, remote_id) in (";
        tx.execute_rows(before, &freed, ")").await?;
        let before = "-- ledger.import_entries
            insert into imported (route, remote_id, id, platform, kind, state, print, written, pass, first_seen, changed_at)";
        let after =
            "on conflict (route, remote_id) do update set state = excluded.state, print = excluded.print,
                written = coalesce(excluded.written, imported.written),
                intended = case when excluded.written is null then imported.intended end,
                pass = excluded.pass, changed_at = excluded.changed_at
            returning remote_id, id";
        let rows = tx.fetch_rows(before, &changed, after).await?;
        for entry in &page.entries {
            if let ImportFate::Quarantined { title, complaints, data, .. } = &entry.fate {
                let facts = serde_json::to_string(complaints).unwrap_or_default();
                let sql = "-- ledger.import_hold
                    insert into quarantine (route, platform, kind, remote_id, title, facts, data, first_seen, changed_at, run)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
                    on conflict (route, remote_id) do update set title = excluded.title, facts = excluded.facts,
                        data = excluded.data, changed_at = excluded.changed_at, run = excluded.run";
                let args = args![route, platform, kind, &entry.remote_id, title, &facts, data, now, run.id];
                tx.execute(sql, args).await?;
            }
        }
        Ok(rows.iter().map(|row| (row.text(0), row.text(1))).collect())
    }
}

fn read_known(row: &Row) -> ImportKnown {
    let before = row.opt_text(1).map(|id| ImportBefore {
        id,
        state: ImportState::parse(&row.text(2)),
        print: row.opt_blob(3).and_then(|bytes| Fingerprint::from_bytes(&bytes)),
        written: row.opt_blob(4),
        intended: row.opt_blob(5),
    });
    let complaints = row.opt_text(6).map(|facts| {
        let complaints: Vec<Complaint> = serde_json::from_str(&facts).unwrap_or_default();
        complaints.into_iter().map(|complaint| complaint.id).collect()
    });
    ImportKnown { ours: row.flag(7), before, complaints }
}

/// What the audit log says of a fate, and the row that was written; `None` where nothing is news.
fn evidence(fate: &ImportFate) -> Option<(&'static str, Option<&[u8]>)> {
    match fate {
        ImportFate::Own | ImportFate::Unchanged => None,
        ImportFate::Landed { written, new: true } => Some(("new", Some(written))),
        ImportFate::Landed { written, new: false } => Some(("updated", Some(written))),
        ImportFate::Kept => Some(("kept", None)),
        ImportFate::Delisted { written, news } => news.then_some(("delisted", written.as_deref())),
        ImportFate::Quarantined { news, .. } => news.then_some(("quarantined", None)),
    }
}
