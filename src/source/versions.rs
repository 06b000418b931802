//! One pass over a plain table by the versions of its rows: only those that differ are read in full.

use super::idle::Texts;
use super::scan::{Ending, Scan, Unreadable, interrupted, out_of_order};
use crate::city::{City, Versions};
use crate::config::Push;
use crate::record::{Columns, Complaint, Key, Row, Value};

/// Every row of a table by its key and version, in the order of keys.
pub struct VersionScan {
    database: String,
    versions: Versions,
    last: Option<Key>,
    ahead: Option<Glimpse>,
    seen: u64,
    unreadable: u64,
    failure: Option<Complaint>,
    is_done: bool,
    idle: Vec<bool>,
}

/// A row that has not been read in full.
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// `None` where the key is missing, cannot be one, or occurs twice: then the row must be read in full.
    pub key: Option<Key>,
    pub version: String,
    pub place: String,
    /// For the order of keys, of which a double has one too.
    order: Option<Key>,
}

impl Glimpse {
    /// Its place in the order of keys; `None` for a row without a key.
    pub fn sort_bytes(&self) -> Option<Vec<u8>> {
        self.order.as_ref().map(Key::sort_bytes)
    }
}

/// Starts a pass over the versions of a route's table.
///
/// Errors: as `scan`; Q2054 where the table has no versions of rows.
pub async fn version_scan(city: &City, push: &Push) -> Result<VersionScan, Complaint> {
    let versions = city.versions(&push.source.relation, &push.source.key).await?;
    let database = city.name().to_owned();
    let idle = Texts::of_listings(push).idle(versions.columns());
    Ok(VersionScan {
        database,
        versions,
        last: None,
        ahead: None,
        seen: 0,
        unreadable: 0,
        failure: None,
        is_done: false,
        idle,
    })
}

impl VersionScan {
    /// The columns of the listings.
    pub fn columns(&self) -> &Columns {
        self.versions.columns()
    }

    /// The next row; `None` at the end, whose kind `end` tells.
    pub async fn next(&mut self) -> Option<Glimpse> {
        let mut glimpse = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.step().await?,
        };
        self.ahead = self.step().await;
        let is_double = |other: &Glimpse| other.order.is_some() && other.order == glimpse.order;
        if self.ahead.as_ref().is_some_and(is_double) {
            glimpse.key = None;
            if let Some(ahead) = &mut self.ahead {
                ahead.key = None;
            }
        }
        self.seen += 1;
        Some(glimpse)
    }

    async fn step(&mut self) -> Option<Glimpse> {
        if self.is_done || self.failure.is_some() {
            return None;
        }
        let line = match self.versions.narrow.next().await {
            Some(Ok(line)) => line,
            Some(Err(reason)) => {
                self.failure = Some(interrupted(&self.database, self.seen, &reason));
                return None;
            }
            None => {
                self.is_done = true;
                return None;
            }
        };
        let cells = self.versions.narrow.key().iter().map(|index| &line.cells[*index]);
        let key = Key::from_cells(cells).ok().filter(|_| line.troubles.is_empty());
        if let Some((key, last)) = key.as_ref().zip(self.last.as_ref())
            && key < last
        {
            self.failure = Some(out_of_order(key, last));
            return None;
        }
        // A third row of one key is as little a listing as the second.
        let is_again = key.is_some() && key == self.last;
        self.last = key.clone().or(self.last.take());
        let text = |cell: Option<&Value>| cell.map(ToString::to_string).unwrap_or_default();
        let mut last_cells = line.cells.iter().rev();
        let (place, version) = (text(last_cells.next()), text(last_cells.next()));
        Some(Glimpse { key: key.clone().filter(|_| !is_again), version, place, order: key })
    }

    /// Rows in full, in the order of keys.
    ///
    /// Errors: the database stopped; `end` says so too.
    pub async fn read(&mut self, places: &[String]) -> Result<Vec<Result<Row, Unreadable>>, Complaint> {
        let seen = self.seen;
        let mut rows = Vec::with_capacity(places.len());
        let outcome = match self.versions.rows(places).await {
            Err(reason) => Err(interrupted(&self.database, seen, &reason)),
            Ok(cursor) => {
                let mut scan = Scan::new(&self.database, cursor, Vec::new()).without(self.idle.clone());
                while let Some(row) = scan.next().await {
                    self.unreadable += u64::from(row.is_err());
                    rows.push(row);
                }
                match scan.end() {
                    Ending::Complete { .. } => Ok(()),
                    Ending::Incomplete(complaint) => Err(complaint),
                }
            }
        };
        match outcome {
            Ok(()) if rows.len() == places.len() => Ok(rows),
            Ok(()) => {
                let reason = format!(
                    "{} of {} rows were not where they stood",
                    places.len() - rows.len(),
                    places.len()
                );
                Err(self.fail(interrupted(&self.database, seen, &reason)))
            }
            Err(complaint) => Err(self.fail(complaint)),
        }
    }

    fn fail(&mut self, complaint: Complaint) -> Complaint {
        self.failure = Some(complaint.clone());
        complaint
    }

    /// How the pass ended. One that was not read to its end is incomplete.
    pub fn end(self) -> Ending {
        match self.failure {
            Some(complaint) => Ending::Incomplete(complaint),
            None if self.is_done => {
                let (rows, unreadable) = (self.seen - self.unreadable, self.unreadable);
                Ending::Complete { rows, unreadable, orphans: Vec::new() }
            }
            None => Ending::Incomplete(interrupted(&self.database, self.seen, "stopped by the program")),
        }
    }
}
