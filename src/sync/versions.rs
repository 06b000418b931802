//! Source and ledger side by side, by the versions of rows: what has not been touched since its record was judged is
//! not read again.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use super::connector::Error;
use super::merge::{Known, Met};
use crate::ledger::{KnownRecord, Ledger};
use crate::record::Fingerprint;
use crate::source::{Ending, Glimpse, Unreadable, VersionScan};

/// How many rows are read in full at a time.
const ROWS: usize = 500;

/// An ordered merge that reads rows in full only where their version is not the one that was judged.
pub(super) struct VersionMerge<'a> {
    known: Known<'a>,
    /// Under another mapping every row is read.
    mapping: Fingerprint,
    scan: VersionScan,
    glimpse: Option<Glimpse>,
    wanted: Vec<(Glimpse, Option<KnownRecord>)>,
    ready: VecDeque<Met>,
    is_broken: bool,
}

impl<'a> VersionMerge<'a> {
    pub fn new(
        ledger: &'a Ledger,
        platform: &'a str,
        kind: &'a str,
        mapping: Fingerprint,
        scan: VersionScan,
    ) -> Self {
        VersionMerge {
            known: Known::new(ledger, platform, kind),
            mapping,
            scan,
            glimpse: None,
            wanted: Vec::with_capacity(ROWS),
            ready: VecDeque::new(),
            is_broken: false,
        }
    }

    /// The next thing that is met; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Met>, Error> {
        loop {
            if let Some(met) = self.ready.pop_front() {
                return Ok(Some(met));
            }
            if self.is_broken {
                return Ok(None);
            }
            match self.advance().await? {
                Some(Some(met)) => return Ok(Some(met)),
                Some(None) if self.wanted.len() < ROWS => (),
                Some(None) => self.read_wanted().await,
                None if self.wanted.is_empty() => return Ok(None),
                None => self.read_wanted().await,
            }
        }
    }

    /// One step of the merge: nothing more, something met, or a row that is to be read.
    async fn advance(&mut self) -> Result<Option<Option<Met>>, Error> {
        if self.glimpse.is_none() {
            self.glimpse = self.scan.next().await;
        }
        let next = self.known.peek().await?.map(|known| &known.key_sort);
        let Some(glimpse) = self.glimpse.take() else {
            return Ok(self.known.take().map(|known| Some(Met::Missing(known))));
        };
        let Some(key) = glimpse.sort_bytes() else {
            self.wanted.push((glimpse, None));
            return Ok(Some(None));
        };
        let order = next.map_or(Ordering::Greater, |next| next.cmp(&key));
        if order == Ordering::Less {
            self.glimpse = Some(glimpse);
            return Ok(self.known.take().map(|known| Some(Met::Missing(known))));
        }
        let known = if order == Ordering::Equal { self.known.take() } else { None };
        Ok(Some(match known {
            Some(known) if self.stands(&glimpse, &known) => Some(Met::Same(known)),
            known => {
                self.wanted.push((glimpse, known));
                None
            }
        }))
    }

    /// Whether the record was judged by this very row and this very mapping.
    fn stands(&self, glimpse: &Glimpse, known: &KnownRecord) -> bool {
        glimpse.key.is_some()
            && known.row_version.as_ref() == Some(&glimpse.version)
            && known.row_print.is_some()
            && known.absent_since.is_none()
            && known.mapping_print == Some(self.mapping)
    }

    async fn read_wanted(&mut self) {
        let wanted = std::mem::take(&mut self.wanted);
        let places: Vec<_> = wanted.iter().map(|(glimpse, _)| glimpse.place.clone()).collect();
        // How the pass ended tells why not.
        let Ok(rows) = self.scan.read(&places).await else {
            self.is_broken = true;
            return;
        };
        let mut known: HashMap<Vec<u8>, KnownRecord> = HashMap::new();
        let mut versions: HashMap<Vec<u8>, String> = HashMap::new();
        for (glimpse, record) in wanted {
            let Some(key) = glimpse.sort_bytes() else { continue };
            if glimpse.key.is_some() {
                versions.insert(key.clone(), glimpse.version);
            }
            known.extend(record.map(|record| (key, record)));
        }
        let met = rows.into_iter().map(|row| match row {
            Ok(row) => {
                let key = row.key.sort_bytes();
                let version = versions.remove(&key);
                Met::Listing(Box::new(row), known.remove(&key), version)
            }
            Err(unreadable) => {
                let Unreadable { key, .. } = &unreadable;
                let record = key.as_ref().and_then(|key| known.remove(&key.sort_bytes()));
                Met::Unreadable(unreadable, record)
            }
        });
        self.ready = met.collect();
    }

    /// How the pass ended.
    pub fn end(self) -> Ending {
        self.scan.end()
    }
}
