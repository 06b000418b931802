//! One pass over all listings of a route, each with its child rows.

use std::cmp::Ordering;
use std::sync::Arc;

use super::group::Group;
use super::idle::Texts;
use crate::city::{Ask, City, Cursor, Line, Since};
use crate::config::Push;
use crate::record::{Columns, Complaint, Key, KeyError, Row, Value, mask};

/// Cells that name a row to a person when its key cannot.
const NAMING_CELLS: usize = 3;

/// Listings in the order of their keys, in constant memory, all from one state of the database.
///
/// Where a key occurs twice, the first row is the listing and every further one is unreadable.
pub struct Scan {
    database: Arc<str>,
    cursor: Cursor,
    groups: Vec<Group>,
    last: Option<Seen>,
    rows: u64,
    unreadable: u64,
    ending: Option<Ending>,
    /// For each column whether nothing in the route speaks of it.
    idle: Vec<bool>,
}

/// A row that cannot be a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    /// Set where the row has its place in the order: its record is still there and must not count as vanished.
    /// A row without a key, or with a key that was given out already, has none.
    pub key: Option<Key>,
    /// What people may know the row by: some of its cells, masked.
    pub named: String,
    /// At least one.
    pub complaints: Vec<Complaint>,
}

/// How a scan ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// Every row was seen.
    Complete {
        /// Listings given out.
        rows: u64,
        unreadable: u64,
        /// Child rows that no listing has, by group; groups without any are left out.
        orphans: Vec<(Arc<str>, u64)>,
    },
    /// Some rows may not have been seen: nothing may be concluded from a listing's absence.
    Incomplete(Complaint),
}

/// The last row that was given a place in the order.
struct Seen {
    key: Key,
    naming: Naming,
}

/// Cells that name a row, by their columns. Most rows never need it, so it is cheap to keep and dear to show.
struct Naming([Option<(usize, Value)>; NAMING_CELLS]);

/// Starts a pass over the listings of a push route.
///
/// Errors: the database cannot be opened, refuses a query, or a key's column is not in its result.
pub async fn scan(city: &City, push: &Push) -> Result<Scan, Complaint> {
    start(city, push, None, None).await
}

/// As `scan`, over what was changed lately and its children alone: it says nothing of the other listings.
pub async fn scan_since(city: &City, push: &Push, since: &Since) -> Result<Scan, Complaint> {
    start(city, push, None, Some(since)).await
}

/// As `scan`, for one key where `only` names its parts.
pub(super) async fn start(
    city: &City,
    push: &Push,
    only: Option<&[String]>,
    since: Option<&Since>,
) -> Result<Scan, Complaint> {
    let (relation, key) = (&push.source.relation, &push.source.key);
    let source = Ask { relation, key, settle_ties: false, only, since, under: None };
    let children = push.children.iter();
    let children = children.map(|child| Ask {
        relation: &child.relation,
        key: &child.key,
        settle_ties: true,
        only,
        since: None,
        under: since.map(|_| &source),
    });
    let asks: Vec<_> = std::iter::once(source).chain(children).collect();
    let mut cursors = city.read(&asks).await?.into_iter();
    // `read` gives one cursor for each question, and the listings' own question came first.
    let cursor = cursors.next().ok_or_else(|| interrupted(city.name(), 0, "no answer"))?;
    let groups = push.children.iter().zip(cursors).map(|(child, cursor)| {
        let idle = Texts::of_child(child).idle(cursor.columns());
        Group::new(&child.name, cursor).without(idle)
    });
    let idle = Texts::of_listings(push).idle(cursor.columns());
    Ok(Scan::new(city.name(), cursor, groups.collect()).without(idle))
}

impl Scan {
    pub(super) fn new(database: &str, cursor: Cursor, groups: Vec<Group>) -> Self {
        Scan {
            database: database.into(),
            cursor,
            groups,
            last: None,
            rows: 0,
            unreadable: 0,
            ending: None,
            idle: Vec::new(),
        }
    }

    /// What cannot be read in these columns keeps no row back.
    pub(super) fn without(self, idle: Vec<bool>) -> Self {
        Scan { idle, ..self }
    }

    /// The columns of the listings.
    pub fn columns(&self) -> &Columns {
        self.cursor.columns()
    }

    /// The next listing, or a row that cannot be one; `None` at the end, whose kind `end` tells.
    pub async fn next(&mut self) -> Option<Result<Row, Unreadable>> {
        if self.ending.is_some() {
            return None;
        }
        match self.step().await {
            Ok(Some(Ok(row))) => {
                self.rows += 1;
                Some(Ok(row))
            }
            Ok(Some(Err(unreadable))) => {
                self.unreadable += 1;
                Some(Err(unreadable))
            }
            Ok(None) => {
                let orphans = self.groups.iter().filter(|group| group.orphans > 0);
                let orphans = orphans.map(|group| (group.name.clone(), group.orphans)).collect();
                let (rows, unreadable) = (self.rows, self.unreadable);
                self.ending = Some(Ending::Complete { rows, unreadable, orphans });
                None
            }
            Err(complaint) => {
                self.ending = Some(Ending::Incomplete(complaint));
                None
            }
        }
    }

    /// How the scan ended. One that was not read to its end is incomplete.
    pub fn end(self) -> Ending {
        let stopped = || Ending::Incomplete(interrupted(&self.database, self.rows, "stopped by the program"));
        self.ending.clone().unwrap_or_else(stopped)
    }

    /// Errors: what ends the scan as incomplete.
    async fn step(&mut self) -> Result<Option<Result<Row, Unreadable>>, Complaint> {
        let seen = self.rows + self.unreadable;
        let fail = |reason: String| interrupted(&self.database, seen, &reason);
        let Some(line) = self.cursor.next().await.transpose().map_err(fail)? else {
            for group in &mut self.groups {
                group.drain().await.map_err(|stop| stop.complaint(&self.database, seen))?;
            }
            return Ok(None);
        };
        let naming = Naming::of(&line, self.cursor.key());
        let key = match Key::from_cells(self.cursor.key().iter().map(|index| &line.cells[*index])) {
            Ok(key) => key,
            Err(error) => return Ok(Some(Err(self.without_key(error, line, &naming)))),
        };
        if let Some(last) = &self.last {
            match key.cmp(&last.key) {
                Ordering::Greater => (),
                Ordering::Equal => {
                    return Ok(Some(Err(double(&key, last, &naming, self.cursor.columns()))));
                }
                Ordering::Less => return Err(out_of_order(&key, &last.key)),
            }
        }
        let mut complaints = in_use(line.troubles, self.cursor.columns(), &self.idle);
        let mut children = Vec::with_capacity(self.groups.len());
        for group in &mut self.groups {
            let found = group.take(&key).await.map_err(|stop| stop.complaint(&self.database, seen))?;
            complaints.extend(found.complaints);
            children.push((group.name.clone(), found.rows));
        }
        let columns = self.cursor.columns().clone();
        let given = if complaints.is_empty() {
            Ok(Row { key: key.clone(), columns, cells: line.cells, children })
        } else {
            Err(Unreadable { key: Some(key.clone()), named: naming.show(self.cursor.columns()), complaints })
        };
        self.last = Some(Seen { key, naming });
        Ok(Some(given))
    }

    fn without_key(&self, error: KeyError, line: Line, naming: &Naming) -> Unreadable {
        let (KeyError::Null(part) | KeyError::Type(part, _)) = error;
        let column = &self.cursor.columns()[self.cursor.key()[part]];
        let named = naming.show(self.cursor.columns());
        let mut complaints = line.troubles;
        // A key that is there but cannot be read has its own complaint already.
        if !complaints.iter().any(|complaint| complaint.column == column.as_ref()) {
            complaints.push(match error {
                KeyError::Null(_) => Complaint::new("Q2010").column(column.as_ref()).found(&named),
                KeyError::Type(_, kind) => {
                    Complaint::new("Q2011").column(column.as_ref()).found(&named).fact("type", kind)
                }
            });
        }
        Unreadable { key: None, named, complaints }
    }
}

/// The troubles of cells that something in the route speaks of.
pub(super) fn in_use(mut troubles: Vec<Complaint>, columns: &Columns, idle: &[bool]) -> Vec<Complaint> {
    let is_idle = |name: &str| {
        let found = columns.iter().position(|column| column.as_ref() == name);
        found.and_then(|index| idle.get(index)).is_some_and(|idle| *idle)
    };
    troubles.retain(|trouble| !is_idle(&trouble.column));
    troubles
}

/// A database that stopped half-way.
pub(super) fn interrupted(database: &str, rows: u64, reason: &str) -> Complaint {
    Complaint::new("Q2004").fact("database", database).fact("rows", rows).fact("reason", reason)
}

/// A row that came after one that it should have come before.
pub(super) fn out_of_order(key: &Key, previous: &Key) -> Complaint {
    Complaint::new("Q2005").found(key).fact("previous", mask(&previous.to_string()))
}

fn double(key: &Key, first: &Seen, naming: &Naming, columns: &Columns) -> Unreadable {
    let named = naming.show(columns);
    let complaint = Complaint::new("Q2012").found(&named).fact("key", mask(&key.to_string()));
    Unreadable { key: None, named, complaints: vec![complaint.fact("first", first.naming.show(columns))] }
}

impl Naming {
    /// The first cells outside of the key that hold a text, or any value where no cell does.
    fn of(line: &Line, key: &[usize]) -> Self {
        let named = |wanted: fn(&Value) -> bool| {
            let cells = line.cells.iter().enumerate();
            let mut cells = cells.filter(|(index, value)| wanted(value) && !key.contains(index));
            Naming(std::array::from_fn(|_| cells.next().map(|(index, value)| (index, value.clone()))))
        };
        let texts = named(|value| value.as_str().is_some_and(|text| !text.trim().is_empty()));
        if texts.0[0].is_none() { named(|value| !value.is_null()) } else { texts }
    }

    fn show(&self, columns: &Columns) -> String {
        /// Enough of a cell to recognise it.
        const CHARS: usize = 30;
        let shown = self.0.iter().flatten().map(|(index, value)| {
            let text = mask(&value.to_string());
            let short: String = text.chars().take(CHARS).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("{}={short}{more}", columns[*index])
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn cursor(rows: Vec<Result<Vec<Value>, &'static str>>) -> Cursor {
        let columns: Columns = ["id".into(), "name".into()].into();
        let line = |row: Result<Vec<Value>, &str>| {
            row.map(|cells| Line { cells, troubles: Vec::new() }).map_err(str::to_owned)
        };
        Cursor::new(columns, vec![0], stream::iter(rows.into_iter().map(line)))
    }

    fn row(id: i64, name: &str) -> Result<Vec<Value>, &'static str> {
        Ok(vec![Value::Int(id), Value::text(name)])
    }

    async fn ending(
        rows: Vec<Result<Vec<Value>, &'static str>>,
        children: Vec<Result<Vec<Value>, &'static str>>,
    ) -> (u64, Ending) {
        let mut scan = Scan::new("market", cursor(rows), vec![Group::new("people", cursor(children))]);
        let mut rows = 0;
        while scan.next().await.is_some() {
            rows += 1;
        }
        (rows, scan.end())
    }

    #[tokio::test]
    async fn a_row_out_of_order_ends_the_scan_as_incomplete() {
        let (rows, ending) = ending(vec![row(1, "a"), row(3, "c"), row(2, "b"), row(4, "d")], vec![]).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
        assert_eq!((rows, complaint.id.as_str()), (2, "Q2005"));
    }

    #[tokio::test]
    async fn a_child_out_of_order_ends_the_scan_as_incomplete() {
        let children = vec![row(2, "x"), row(1, "y")];
        let (_, ending) = ending(vec![row(1, "a"), row(2, "b")], children).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
        assert_eq!(complaint.id, "Q2005");
    }

    #[tokio::test]
    async fn a_database_that_stops_half_way_ends_the_scan_as_incomplete() {
        let (rows, ending) = ending(vec![row(1, "a"), Err("disk I/O error")], vec![]).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
        assert_eq!((rows, complaint.id.as_str()), (1, "Q2004"));
        assert!(complaint.to_string().contains("disk I/O error"));
    }

    #[tokio::test]
    async fn children_that_stop_half_way_end_the_scan_as_incomplete() {
        let (rows, ending) = ending(vec![row(1, "a"), row(2, "b")], vec![row(1, "x"), Err("no")]).await;
        let Ending::Incomplete(complaint) = ending else { panic!("{ending:?}") };
        assert_eq!((rows, complaint.id.as_str()), (0, "Q2004"));
    }

    #[tokio::test]
    async fn a_scan_that_nobody_finished_is_incomplete() {
        let mut scan = Scan::new("market", cursor(vec![row(1, "a"), row(2, "b")]), vec![]);
        assert!(scan.next().await.is_some());
        assert!(matches!(scan.end(), Ending::Incomplete(_)));
    }
}
