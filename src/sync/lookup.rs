//! What an incremental scan meets: its rows, and their records looked up by key, a page at a time.

use std::collections::{HashMap, VecDeque};

use super::connector::Error;
use super::merge::{Merge, Met};
use crate::ledger::{KnownRecord, Ledger};
use crate::record::Row;
use crate::source::{Scan, Unreadable};

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
}

impl<'a> Walk<'a> {
    pub fn new(ledger: &'a Ledger, platform: &'a str, kind: &'a str, scan: Scan, incremental: bool) -> Self {
        if incremental {
            let (rows, known) = (VecDeque::new(), HashMap::new());
            return Walk::Part(Lookup { ledger, platform, kind, scan, rows, known });
        }
        Walk::Whole(Merge::new(ledger, platform, kind, scan))
    }

    /// The next thing that is met; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Met>, Error> {
        match self {
            Walk::Whole(merge) => merge.next().await,
            Walk::Part(lookup) => lookup.next().await,
        }
    }

    /// The scan, to ask how it ended.
    pub fn into_scan(self) -> Scan {
        match self {
            Walk::Whole(merge) => merge.into_scan(),
            Walk::Part(lookup) => lookup.scan,
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
                Met::Listing(Box::new(row), known)
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
