//! The one pass through the events.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::heads::Heads;
use super::kept::Files;
use super::reading::{self, Items, leaf_columns};
use super::report::{Fault, Report};
use super::runs::Runs;
use super::tiles::Tiles;
use super::tree::{self, Growing, Hash};
use crate::args;
use crate::audit::error::Error;
use crate::audit::key::PublicKey;
use crate::db::{Db, Row};

/// Events read at a time: with 500 items each, about 10 MB.
const PAGE: i64 = 128;

struct Walk<'a> {
    db: &'a Db,
    tiles: Tiles<'a>,
    heads: Heads<'a>,
    runs: Runs,
    /// The tree as it was kept, and the tree as the events hash now.
    kept: Growing,
    now: Growing,
    last_time: i64,
    /// Records whose salts were erased with an event that says so.
    erased: HashSet<String>,
    files: Files,
}

pub async fn events(db: &Db, keys: &[PublicKey], notes: &[String], report: &mut Report) -> Result<(), Error> {
    let mut walk = Walk {
        db,
        tiles: Tiles::open(db).await?,
        heads: Heads::open(db, keys, notes, report),
        runs: Runs::default(),
        kept: Growing::default(),
        now: Growing::default(),
        last_time: i64::MIN,
        erased: erased_records(db).await?,
        files: Files::default(),
    };
    walk.compare_heads(report).await?;
    let mut next = i64::MIN;
    loop {
        let sql = concat!(
            "-- verify: events\nselect ",
            leaf_columns!(),
            ", idx from audit_leaf where idx >= $1 order by idx limit $2"
        );
        let rows = db.fetch(sql, args![next, PAGE]).await?;
        let salts = salts(db, &rows).await?;
        for row in &rows {
            let index = row.int(14);
            next = index.saturating_add(1);
            match u64::try_from(index) {
                Ok(place) => walk.event(place, row, salts.get(&index), report).await?,
                Err(_) => report.add_anywhere(Fault::Inserted, index.to_string()),
            }
        }
        if (rows.len() as i64) < PAGE {
            break;
        }
    }
    walk.end(report).await
}

impl Walk<'_> {
    async fn event(
        &mut self,
        index: u64,
        row: &Row,
        salts: Option<&Vec<u8>>,
        report: &mut Report,
    ) -> Result<(), Error> {
        self.gap(index, report).await?;
        let time = row.int(0);
        if time < self.last_time {
            report.add(Fault::Time, index, index, String::new());
        }
        self.last_time = self.last_time.max(time);
        let read = reading::leaf_and_items(row);
        let hash = read.as_ref().map(|(leaf, _)| tree::leaf(&[leaf]));
        match read {
            Some((_, items)) => self.salts(index, &items, salts, report),
            None => report.add(Fault::Unreadable, index, index, String::new()),
        }
        if row.text(1) == "configuration" {
            self.files.event(self.db, index, &row.text(12), report).await?;
        }
        report.size += 1;
        if index >= self.tiles.leaves {
            report.add(Fault::Inserted, index, index, String::new());
            // A row far beyond the end would make the trees count through nothing.
            if index > self.now.leaves {
                return Ok(());
            }
        }
        self.step(index, hash, report).await
    }

    /// Events of the tree that are no longer in the table, before `index`.
    async fn gap(&mut self, index: u64, report: &mut Report) -> Result<(), Error> {
        let first = self.now.leaves;
        let last = index.min(self.tiles.leaves);
        if first < last {
            report.add(Fault::Removed, first, last - 1, String::new());
        }
        for missing in first..last {
            self.step(missing, None, report).await?;
        }
        Ok(())
    }

    /// One leaf further in both trees.
    async fn step(&mut self, index: u64, now: Option<Hash>, report: &mut Report) -> Result<(), Error> {
        let kept = self.tiles.hash(index, report).await?;
        if let (Some(now), Some(kept)) = (now, kept)
            && now != kept
        {
            let same = match self
                .runs
                .current_offset(index)
                .and_then(|by| Some((by, index.checked_add_signed(by)?)))
            {
                Some((by, from)) if self.tiles.hash(from, report).await? == Some(now) => Some(by),
                _ => None,
            };
            let offset = match same {
                Some(by) => Some(by),
                None => self.tiles.find(&now, index, report).await?.map(|from| from as i64 - index as i64),
            };
            self.runs.add(index, offset, now, kept);
        }
        self.kept.push(kept);
        self.now.push(now);
        self.tiles.passed(index, report).await?;
        self.compare_heads(report).await
    }

    async fn compare_heads(&mut self, report: &mut Report) -> Result<(), Error> {
        self.heads.compare((&self.kept, &self.now), &mut self.runs, report).await
    }

    async fn end(mut self, report: &mut Report) -> Result<(), Error> {
        let events = self.now.leaves;
        let leaves = self.tiles.leaves;
        let explained = std::mem::take(&mut self.runs).tell(events, leaves, report);
        if explained {
            for missing in events..leaves {
                self.step(missing, None, report).await?;
            }
        } else {
            self.gap(leaves, report).await?;
        }
        self.tiles.end(report).await?;
        self.heads.end(self.now.leaves, report).await?;
        report.root = self.now.root().or_else(|| self.kept.root());
        let sql = "-- verify: stray salts\nselect leaf from audit_salt where not exists \
                   (select 1 from audit_leaf where idx = leaf) order by leaf limit 20";
        for row in self.db.fetch(sql, &[]).await? {
            report.add_anywhere(Fault::Salt, row.int(0).to_string());
        }
        self.files.end(self.db, report).await?;
        report.settle();
        Ok(())
    }

    fn salts(&self, index: u64, items: &Items, stored: Option<&Vec<u8>>, report: &mut Report) {
        let salted = items.list.iter().any(|(_, salts)| salts.is_some());
        let stored = match (salted, stored) {
            (false, None) => return,
            (true, Some(stored)) if stored.len() == items.list.len() * 48 => stored,
            _ => return report.add(Fault::Salt, index, index, String::new()),
        };
        for ((record, expected), salts) in items.list.iter().zip(stored.chunks(48)) {
            let blank = salts.iter().all(|&byte| byte == 0);
            match expected {
                None if blank => {}
                Some(_) if blank && self.erased.contains(record) => report.erased += 1,
                Some(_) if blank => report.add(Fault::SaltErased, index, index, record.clone()),
                Some(hash) if Sha256::digest(salts).as_slice() == hash => {}
                _ => report.add(Fault::Salt, index, index, record.clone()),
            }
        }
    }
}

/// The records named by `erased` events. Those events are verified like all others in the walk.
async fn erased_records(db: &Db) -> Result<HashSet<String>, Error> {
    let sql =
        concat!("-- verify: erased\nselect ", leaf_columns!(), " from audit_leaf where event = 'erased'");
    let rows = db.fetch(sql, &[]).await?;
    let items = rows.iter().filter_map(reading::leaf_and_items).flat_map(|(_, items)| items.list);
    Ok(items.map(|(record, _)| record).collect())
}

/// The salts of the events in a page.
async fn salts(db: &Db, rows: &[Row]) -> Result<HashMap<i64, Vec<u8>>, Error> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(HashMap::new()) };
    let sql = "-- verify: salts\nselect leaf, salts from audit_salt where leaf >= $1 and leaf <= $2";
    let rows = db.fetch(sql, args![first.int(14), last.int(14)]).await?;
    Ok(rows.iter().map(|row| (row.int(0), row.blob(1))).collect())
}
