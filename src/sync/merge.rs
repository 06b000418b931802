//! One ordered merge of the city's rows and the ledger's records, in constant memory.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::connector::Error;
use crate::ledger::{KnownRecord, Ledger};
use crate::record::Row;
use crate::source::{Scan, Unreadable};

/// How many known records are read at a time.
const PAGE: i64 = 1000;

/// What the merge meets next.
pub(super) enum Met {
    /// A row, with the record if it is known, and the row's version if the source tells one.
    Listing(Box<Row>, Option<KnownRecord>, Option<String>),
    /// A row that nobody has touched since its record was judged; it was not read.
    Same(KnownRecord),
    /// A row that cannot be a listing. Its record, if it has a key and is known, is not gone: what it last was stands.
    Unreadable(Unreadable, Option<KnownRecord>),
    /// A record whose row the scan passed by. It has vanished only if the scan turns out to be complete.
    Missing(KnownRecord),
}

/// The records of a kind in the order of `Key::sort_bytes`, read in pages.
pub(super) struct Known<'a> {
    ledger: &'a Ledger,
    platform: &'a str,
    kind: &'a str,
    page: VecDeque<KnownRecord>,
    after: Vec<u8>,
    is_last_page: bool,
}

impl<'a> Known<'a> {
    pub fn new(ledger: &'a Ledger, platform: &'a str, kind: &'a str) -> Self {
        Known { ledger, platform, kind, page: VecDeque::new(), after: Vec::new(), is_last_page: false }
    }

    /// The next record, which stays where it is; `None` at the end.
    pub async fn peek(&mut self) -> Result<Option<&KnownRecord>, Error> {
        if self.page.is_empty() && !self.is_last_page {
            let page = self.ledger.known_page(self.platform, self.kind, &self.after, PAGE).await?;
            self.is_last_page = page.len() < PAGE as usize;
            if let Some(last) = page.last() {
                self.after.clone_from(&last.key_sort);
            }
            self.page = page.into();
        }
        Ok(self.page.front())
    }

    /// Takes what `peek` has shown.
    pub fn take(&mut self) -> Option<KnownRecord> {
        self.page.pop_front()
    }
}

/// Source and ledger, side by side, both in the order of `Key::sort_bytes`.
pub(super) struct Merge<'a> {
    scan: Scan,
    /// The row that was read ahead.
    row: Option<Result<Row, Unreadable>>,
    known: Known<'a>,
}

impl<'a> Merge<'a> {
    pub fn new(ledger: &'a Ledger, platform: &'a str, kind: &'a str, scan: Scan) -> Self {
        Merge { scan, row: None, known: Known::new(ledger, platform, kind) }
    }

    /// The next thing in key order; `None` when both sides are at their end.
    pub async fn next(&mut self) -> Result<Option<Met>, Error> {
        if self.row.is_none() {
            self.row = self.scan.next().await;
        }
        let next = self.known.peek().await?;
        let key = match &self.row {
            // A row without a key has no place in the order and meets no record.
            Some(Err(Unreadable { key: None, .. })) => None,
            Some(Ok(row)) => Some(row.key.sort_bytes()),
            Some(Err(Unreadable { key: Some(key), .. })) => Some(key.sort_bytes()),
            None => return Ok(self.known.take().map(Met::Missing)),
        };
        let order = match (&key, next) {
            (Some(key), Some(known)) => known.key_sort.as_slice().cmp(key),
            (None, _) | (_, None) => Ordering::Greater,
        };
        if order == Ordering::Less {
            return Ok(self.known.take().map(Met::Missing));
        }
        let known = if order == Ordering::Equal { self.known.take() } else { None };
        Ok(match self.row.take() {
            Some(Ok(row)) => Some(Met::Listing(Box::new(row), known, None)),
            Some(Err(unreadable)) => Some(Met::Unreadable(unreadable, known)),
            None => None,
        })
    }

    /// The scan, to ask how it ended.
    pub fn into_scan(self) -> Scan {
        self.scan
    }
}
