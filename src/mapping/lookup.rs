//! What a listing looks up in the code tables, and what came of it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Mapping, explain};
use crate::codes::Hit;
use crate::expression::{Expression, Scope, Witness};
use crate::record::Row;

/// One value of the city on its way to a code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lookup {
    /// The column that the value stands in; where that cannot be told, all that the expression reads.
    pub column: String,
    /// The code table, as in `tech-field`.
    pub table: Arc<str>,
    pub value: String,
    /// `None`: the value has no code.
    pub found: Option<Found>,
}

/// Where a value led.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub code: Arc<str>,
    /// The value of the crosswalk line that led there; `None` for a code or a name of the province.
    pub line: Option<Arc<str>>,
}

impl Mapping {
    /// Every value that the conditions, title and fields of a listing look up, whether or not it is published: the
    /// same evaluation as [`Mapping::map`], watched. Each value of a column counts once, however often it is read.
    pub fn lookups(&self, row: &Row) -> BTreeSet<Lookup> {
        let mut all = BTreeSet::new();
        let predicates = self.predicates().map(|predicate| &predicate.expression);
        let fields = self.fields.iter().map(|field| &field.expression);
        let scope = self.scope(row);
        for expression in predicates.chain(&self.title).chain(fields) {
            watch(expression, scope, "", &mut all);
        }
        for group in &self.groups {
            let rows = row.children.iter().filter(|(name, _)| *name == group.name).flat_map(|(_, rows)| rows);
            for child in rows {
                for field in &group.fields {
                    watch(&field.expression, self.scope(child), &group.name, &mut all);
                }
            }
        }
        all
    }

    /// The code tables that any expression names.
    pub fn tables(&self) -> BTreeSet<&str> {
        let predicates = self.predicates().map(|predicate| &predicate.expression);
        let fields = self.fields.iter().chain(self.groups.iter().flat_map(|group| &group.fields));
        let expressions = predicates.chain(&self.title).chain(fields.map(|field| &field.expression));
        expressions.flat_map(Expression::tables).map(AsRef::as_ref).collect()
    }
}

/// Table, value, and where it led.
type Seen = (Arc<str>, String, Option<Found>);

#[derive(Default)]
struct Log(RefCell<Vec<Seen>>);

impl Witness for Log {
    fn looked_up(&self, table: &Arc<str>, value: &str, hit: Option<Hit<'_>>) {
        let found = hit.map(|hit| Found { code: hit.code.clone(), line: hit.line.cloned() });
        self.0.borrow_mut().push((table.clone(), value.to_owned(), found));
    }
}

fn watch(expression: &Expression, scope: Scope<'_>, group: &str, all: &mut BTreeSet<Lookup>) {
    if expression.tables().is_empty() {
        return;
    }
    let log = Log::default();
    // What becomes of the value is the mapping's business; here only the way counts.
    let _ = expression.evaluate(&scope.before(&log));
    for (table, value, found) in log.0.into_inner() {
        let column = columns_of(&value, expression, &scope, group);
        all.insert(Lookup { column, table, value, found });
    }
}

fn columns_of(value: &str, expression: &Expression, scope: &Scope<'_>, group: &str) -> String {
    let named = |name: &str| if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") };
    if let [only] = expression.names() {
        return named(only);
    }
    let inputs = explain::inputs(expression, scope);
    let mut holding = inputs.iter().filter(|(_, input)| input.to_string().contains(value)).peekable();
    let names: Vec<String> = match holding.peek() {
        Some(_) => holding.map(|(name, _)| named(name)).collect(),
        None => expression.names().iter().map(|name| named(name)).collect(),
    };
    names.join(", ")
}
