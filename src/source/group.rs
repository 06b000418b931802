//! One group of child rows, read in step with the listings.

use std::cmp::Ordering;
use std::sync::Arc;

use super::scan::{in_use, interrupted, out_of_order};
use crate::city::{Cursor, Line};
use crate::record::{Complaint, Key, Row};

/// More child rows than this under one listing are a mistake in the query, and would be kept in memory at once.
const CHILDREN_MAX: usize = 10_000;

/// Child rows ordered by the key of their listing.
pub(super) struct Group {
    pub name: Arc<str>,
    /// Child rows that no listing has, those without a key included.
    pub orphans: u64,
    cursor: Cursor,
    /// Read already, and for a later listing.
    ahead: Option<(Key, Line)>,
    last: Option<Key>,
    /// For each column whether nothing in the route speaks of it.
    idle: Vec<bool>,
}

/// The child rows of one listing, and what is wrong in them.
#[derive(Default)]
pub(super) struct Found {
    pub rows: Vec<Row>,
    pub complaints: Vec<Complaint>,
}

/// What ends the whole scan.
pub(super) enum Stop {
    Database(String),
    Order(Complaint),
}

impl Stop {
    pub fn complaint(self, database: &str, rows: u64) -> Complaint {
        match self {
            Stop::Database(reason) => interrupted(database, rows, &reason),
            Stop::Order(complaint) => complaint,
        }
    }
}

impl Group {
    pub fn new(name: &str, cursor: Cursor) -> Self {
        Group { name: name.into(), orphans: 0, cursor, ahead: None, last: None, idle: Vec::new() }
    }

    /// What cannot be read in these columns keeps no listing back.
    pub fn without(self, idle: Vec<bool>) -> Self {
        Group { idle, ..self }
    }

    /// The rows under a key. Keys must be asked for in rising order; rows of keys passed over are orphans.
    pub async fn take(&mut self, key: &Key) -> Result<Found, Stop> {
        let mut found = Found::default();
        while let Some((child_key, line)) = self.advance().await? {
            match child_key.cmp(key) {
                Ordering::Less => self.orphans += 1,
                Ordering::Equal => self.add(&mut found, child_key, line),
                Ordering::Greater => {
                    self.ahead = Some((child_key, line));
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Counts what is left when there are no more listings.
    pub async fn drain(&mut self) -> Result<(), Stop> {
        while self.advance().await?.is_some() {
            self.orphans += 1;
        }
        Ok(())
    }

    fn add(&self, found: &mut Found, key: Key, line: Line) {
        let column = |complaint: &Complaint| format!("{}.{}", self.name, complaint.column);
        let troubles = in_use(line.troubles, self.cursor.columns(), &self.idle).into_iter();
        found.complaints.extend(troubles.map(|complaint| {
            let column = column(&complaint);
            complaint.column(column)
        }));
        match found.rows.len().cmp(&CHILDREN_MAX) {
            Ordering::Less => {
                let columns = self.cursor.columns().clone();
                found.rows.push(Row { key, columns, cells: line.cells, children: Vec::new() });
            }
            Ordering::Equal if found.complaints.iter().all(|complaint| complaint.id != "Q2015") => {
                let complaint = Complaint::new("Q2015").column(self.name.as_ref());
                found.complaints.push(complaint.fact("max", CHILDREN_MAX));
            }
            Ordering::Equal | Ordering::Greater => (),
        }
    }

    /// The next child row with a key.
    async fn advance(&mut self) -> Result<Option<(Key, Line)>, Stop> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        while let Some(line) = self.cursor.next().await {
            let line = line.map_err(Stop::Database)?;
            let Ok(key) = Key::from_cells(self.cursor.key().iter().map(|index| &line.cells[*index])) else {
                self.orphans += 1;
                continue;
            };
            if let Some(last) = self.last.as_ref().filter(|last| key < **last) {
                return Err(Stop::Order(out_of_order(&key, last)));
            }
            self.last = Some(key.clone());
            return Ok(Some((key, line)));
        }
        Ok(None)
    }
}
