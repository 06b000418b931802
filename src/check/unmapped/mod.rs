//! Which values of the city have no code, which fell into 其他, and which crosswalk lines nobody uses.
//!
//! Reads the listings as a run does and watches the run's own expressions, so that it can never tell of another
//! mapping than the real one. Writes nothing: what a value means is for people to decide, and what it offers is a
//! line to paste.

mod paste;
mod stale;
mod tally;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::city::City;
use crate::codes::Codes;
use crate::config::Instance;
use crate::record::{Complaint, mask};
use crate::source::{self, Ending};
use crate::sync::{Parts, PushRoute, Stage, Watcher};

pub use stale::StaleLine;

use tally::{Tally, VALUE_CHARS_MAX};

/// What the city's values came to in the province's code tables.
#[derive(Debug, Default, Serialize)]
pub struct Unmapped {
    pub routes: Vec<RouteRead>,
    /// Values that have no code: those that keep most publishable rows at home first.
    pub values: Vec<UnmappedValue>,
    /// Columns with more distinct values than are kept.
    pub more: Vec<MoreValues>,
    /// Values that a crosswalk line leads to a code for what fits nowhere else.
    pub others: Vec<InOther>,
    /// Crosswalk lines that no row used; only of tables all of whose routes were read to their end.
    pub stale: Vec<StaleLine>,
}

/// How far a route was read.
#[derive(Debug, Serialize)]
pub struct RouteRead {
    pub route: String,
    pub rows: u64,
    pub unreadable: u64,
    /// Why not all rows were seen: counts are too small, and values may be missing.
    pub incomplete: Option<Complaint>,
}

/// A value of the city that has no code.
#[derive(Debug, Serialize)]
pub struct UnmappedValue {
    pub route: String,
    /// The city's column; of a child row `group.column`.
    pub column: String,
    /// The code table.
    pub table: String,
    /// Masked where it looks like personal data; cut where it is prose.
    pub value: String,
    /// Rows that it keeps from being published.
    pub publishable: u64,
    /// All rows, drafts and withdrawn ones too.
    pub rows: u64,
    /// Codes that may be meant, best first.
    pub near: Vec<NearCode>,
    /// A line for the crosswalk `TABLE.csv`: with the code that is nearer than all others, or without a code where
    /// there is none, which somebody fills in.
    /// None for a value that is prose or personal data: there the mapping reads the wrong column.
    pub line: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct NearCode {
    pub code: String,
    pub name: String,
}

/// A column with too many distinct unmapped values: it is hardly a list of codes.
#[derive(Debug, Serialize)]
pub struct MoreValues {
    pub route: String,
    pub column: String,
    pub table: String,
    /// How many values are listed, and how many rows hold others.
    pub listed: usize,
    pub rows: u64,
}

/// A crosswalk line that leads to 其他 or its like, with the rows that went there.
#[derive(Debug, Serialize)]
pub struct InOther {
    pub route: String,
    pub column: String,
    pub table: String,
    /// The value as the crosswalk writes it.
    pub value: String,
    pub code: String,
    pub name: String,
    pub publishable: u64,
    pub rows: u64,
}

impl Unmapped {
    /// Whether some value has no code.
    pub fn is_clean(&self) -> bool {
        self.values.is_empty() && self.more.is_empty()
    }

    /// The lines to paste into the crosswalk of a table, each value once, in the order of [`Unmapped::values`].
    pub fn lines(&self, table: &str) -> Vec<&str> {
        let mut lines: Vec<&str> = Vec::new();
        for line in self.values.iter().filter(|one| one.table == table).filter_map(|one| one.line.as_deref())
        {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// The tables that have lines to paste.
    pub fn tables(&self) -> BTreeSet<&str> {
        self.values.iter().filter(|one| one.line.is_some()).map(|one| one.table.as_str()).collect()
    }
}

/// Reads the rows of some push routes and tells what their values came to; of one code table, if one is named.
///
/// Shape:  memory is bounded by the distinct values that have no code, of which each column keeps a limited number.
/// Errors: none. A source that cannot be read is told with its route.
pub async fn unmapped(
    instance: &Instance,
    parts: &Parts,
    routes: &[&PushRoute],
    table: Option<&str>,
    watcher: &dyn Watcher,
) -> Unmapped {
    let mut report = Unmapped::default();
    let mut used = stale::Used::default();
    for route in routes {
        // Without code tables the route did not compile.
        let Some(codes) = parts.codes.get(&route.route.platform) else { continue };
        let is_asked = |name: &str| table.is_none_or(|asked| asked == name);
        if !route.mapping.tables().into_iter().any(is_asked) {
            continue;
        }
        let mut tally = Tally::new(codes, table);
        let read = read(instance, route, &mut tally, watcher).await;
        used.add(route, read.incomplete.is_none(), tally.lines());
        add(&mut report, &read.route, codes, tally);
        report.routes.push(read);
    }
    report.stale = stale::stale(instance, parts, &used, table);
    report.values.sort_by(|one, other| {
        let place = |value: &UnmappedValue| (value.publishable, value.rows);
        let name = |value: &UnmappedValue| (value.route.clone(), value.column.clone(), value.value.clone());
        place(other).cmp(&place(one)).then_with(|| name(one).cmp(&name(other)))
    });
    report.others.sort_by_key(|other| std::cmp::Reverse((other.publishable, other.rows)));
    report
}

async fn read(
    instance: &Instance,
    route: &PushRoute,
    tally: &mut Tally<'_>,
    watcher: &dyn Watcher,
) -> RouteRead {
    let name = route.route.name.as_str();
    let mut read = RouteRead { route: name.to_owned(), rows: 0, unreadable: 0, incomplete: None };
    let database = &route.push.source.database.value;
    let opened = match instance.databases.get(database) {
        Some(database) => City::open(database).await,
        None => Err(Complaint::new("Q2001").fact("database", database)),
    };
    let scan = match opened {
        Ok(city) => source::scan(&city, &route.push).await,
        Err(complaint) => Err(complaint),
    };
    let mut scan = match scan {
        Ok(scan) => scan,
        Err(complaint) => return RouteRead { incomplete: Some(complaint), ..read },
    };
    while let Some(found) = scan.next().await {
        match found {
            Ok(row) => {
                read.rows += 1;
                tally.add(&route.mapping, &row);
            }
            Err(_) => read.unreadable += 1,
        }
        if (read.rows + read.unreadable).is_multiple_of(200) {
            watcher.saw(Stage::Reading, name, read.rows);
        }
    }
    if let Ending::Incomplete(complaint) = scan.end() {
        read.incomplete = Some(complaint);
    }
    read
}

fn add(report: &mut Unmapped, route: &str, codes: &Codes, tally: Tally<'_>) {
    for (place, seen) in tally.columns {
        // A table that is not there was complained of when the route was compiled.
        let Ok(table) = codes.table(&place.table) else { continue };
        let (column, name) = (place.column, place.table.to_string());
        if seen.beyond > 0 {
            let (route, column, table) = (route.to_owned(), column.clone(), name.clone());
            let (listed, rows) = (seen.values.len(), seen.beyond);
            report.more.push(MoreValues { route, column, table, listed, rows });
        }
        for (value, count) in seen.values {
            let is_word = value.chars().count() < VALUE_CHARS_MAX && mask(&value) == value;
            let near = if is_word { table.near(&value) } else { Vec::new() };
            let guess = || table.guess(&value).map_or("", |row| row.code.as_ref());
            report.values.push(UnmappedValue {
                route: route.to_owned(),
                column: column.clone(),
                table: name.clone(),
                line: is_word.then(|| paste::line(&value, guess())),
                value: mask(&value),
                publishable: count.publishable,
                rows: count.rows,
                near: near
                    .iter()
                    .map(|row| NearCode { code: row.code.to_string(), name: row.name.to_string() })
                    .collect(),
            });
        }
        for ((value, code), count) in seen.others {
            report.others.push(InOther {
                route: route.to_owned(),
                column: column.clone(),
                table: name.clone(),
                value: value.to_string(),
                name: table.row(&code).map_or_else(String::new, |row| row.name.to_string()),
                code: code.to_string(),
                publishable: count.publishable,
                rows: count.rows,
            });
        }
    }
}
