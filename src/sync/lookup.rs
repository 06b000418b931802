//! What an incremental scan meets: its rows, and their records looked up by key, a page at a time.

use std::collections::{HashMap, VecDeque};

use super::connector::Error;
use super::merge::{Merge, Met};
use super::versions::VersionMerge;
use crate::ledger::{KnownRecord, Ledger, RunRef};
use crate::record::{Fingerprint, Row};
use crate::source::{Ending, Scan, Unreadable, VersionScan};

/// How many rows are looked up at a time.
const PAGE: usize = 200;

/// Rows with their records. Records without a row are not met: nothing is known of them.
pub(super) struct Lookup<'a> {
    ledger: &'a Ledger,
    platform: &'a str,
    kind: &'a str,
    scan: Scan,
    rows: VecDeque<Result<Row, Unreadable>>,
    /// Of the page's rows.
    known: HashMap<Vec<u8>, KnownRecord>,
}

/// Source and ledger, side by side.
pub(super) enum Walk<'a> {
    /// In the order of keys, both to their ends.
    Whole(Merge<'a>),
    /// What was changed lately.
    Part(Lookup<'a>),
    /// In the order of keys, where the source tells the versions of its rows.
    Versions(Box<VersionMerge<'a>>),
}

impl<'a> Walk<'a> {
    pub fn new(ledger: &'a Ledger, platform: &'a str, kind: &'a str, scan: Scan, incremental: bool) -> Self {
        if incremental {
            let (rows, known) = (VecDeque::new(), HashMap::new());
            return Walk::Part(Lookup { ledger, platform, kind, scan, rows, known });
        }
        Walk::Whole(Merge::new(ledger, platform, kind, scan))
    }

    /// Where the source tells the versions of its rows; under another mapping than this every row is read.
    pub fn by_version(ledger: &'a Ledger, run: &'a RunRef, mapping: Fingerprint, scan: VersionScan) -> Self {
        let merge = VersionMerge::new(ledger, &run.platform, &run.kind, mapping, scan);
        Walk::Versions(Box::new(merge))
    }

    /// The next thing that is met; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Met>, Error> {
        match self {
            Walk::Whole(merge) => merge.next().await,
            Walk::Part(lookup) => lookup.next().await,
            Walk::Versions(merge) => merge.next().await,
        }
    }

    /// How the scan ended.
    pub fn end(self) -> Ending {
        match self {
            Walk::Whole(merge) => merge.into_scan().end(),
            Walk::Part(lookup) => lookup.scan.end(),
            Walk::Versions(merge) => merge.end(),
        }
    }
}

impl Lookup<'_> {
    async fn next(&mut self) -> Result<Option<Met>, Error> {
        if self.rows.is_empty() {
            self.read_page().await?;
        }
        let Some(row) = self.rows.pop_front() else { return Ok(None) };
        Ok(Some(match row {
            Ok(row) => {
                let known = self.known.remove(&row.key.sort_bytes());
                Met::Listing(Box::new(row), known, None)
            }
            Err(unreadable) => {
                let known = unreadable.key.as_ref().and_then(|key| self.known.remove(&key.sort_bytes()));
                Met::Unreadable(unreadable, known)
            }
        }))
    }

    async fn read_page(&mut self) -> Result<(), Error> {
        let mut keys = Vec::with_capacity(PAGE);
        while self.rows.len() < PAGE
            && let Some(row) = self.scan.next().await
        {
            let key = match &row {
                Ok(row) => Some(&row.key),
                Err(unreadable) => unreadable.key.as_ref(),
            };
            keys.extend(key.map(crate::record::Key::sort_bytes));
            self.rows.push_back(row);
        }
        let known = self.ledger.known_of(self.platform, self.kind, &keys).await?;
        self.known = known.into_iter().map(|known| (known.key_sort.clone(), known)).collect();
        Ok(())
    }
}
