//! Crosswalk lines that no row uses any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::codes::CodeTable;
use crate::config::{Flow, Import, Instance};
use crate::expression::Expression;
use crate::sync::{Parts, PushRoute};

/// A line of a crosswalk that nothing in the city's database needs today.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct StaleLine {
    pub table: String,
    pub value: String,
    pub code: String,
}

/// What the routes that were read used.
#[derive(Default)]
pub(super) struct Used<'a> {
    /// Routes that were read to their end.
    whole: BTreeSet<&'a str>,
    lines: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl<'a> Used<'a> {
    pub fn add(
        &mut self,
        route: &'a PushRoute,
        is_whole: bool,
        lines: &HashMap<Arc<str>, BTreeSet<Arc<str>>>,
    ) {
        if is_whole {
            self.whole.insert(&route.route.name);
        }
        for (table, lines) in lines {
            self.lines.entry(table.clone()).or_default().extend(lines.iter().cloned());
        }
    }
}

/// The unused lines of every table (or of one) of which all routes were read: of another nothing is known.
///
/// The crosswalk folder serves all platforms. A line that an import would give back for its code is in use.
pub(super) fn stale(
    instance: &Instance,
    parts: &Parts,
    used: &Used<'_>,
    only: Option<&str>,
) -> Vec<StaleLine> {
    let imported: BTreeSet<Arc<str>> = instance
        .routes
        .values()
        .filter_map(|route| match &route.flow {
            Flow::Import(import) => Some(import),
            Flow::Push(_) => None,
        })
        .flat_map(tables_of)
        .collect();
    let mut stale = Vec::new();
    let mut seen = BTreeSet::new();
    for codes in parts.codes.values() {
        for name in codes.tables().filter(|name| only.is_none_or(|only| only == *name)) {
            let Ok(table) = codes.table(name) else { continue };
            // What no route asks for belongs to nobody's mapping.
            let readers = parts.push_routes.values().filter(|one| one.mapping.tables().contains(name));
            let readers: Vec<_> = readers.collect();
            let is_read = |one: &&PushRoute| used.whole.contains(one.route.name.as_str());
            if readers.is_empty() || !readers.iter().all(is_read) {
                continue;
            }
            for (value, code) in table.crosswalk() {
                let is_used = used.lines.get(name).is_some_and(|lines| lines.contains(value))
                    || (imported.contains(name) && is_given_back(table, value, code));
                if !is_used && seen.insert((name, value.clone())) {
                    stale.push(StaleLine {
                        table: name.to_owned(),
                        value: value.to_string(),
                        code: code.to_string(),
                    });
                }
            }
        }
    }
    stale
}

fn tables_of(import: &Import) -> Vec<Arc<str>> {
    let compiled = import.columns.iter().filter_map(|column| Expression::compile(&column.expression).ok());
    compiled.flat_map(|expression| expression.tables().to_vec()).collect()
}

fn is_given_back(table: &CodeTable, value: &str, code: &str) -> bool {
    table.to_local(code).is_some_and(|word| word.as_ref() == value)
}
