//! What the names of an expression stand for.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use crate::codes::{Codes, Hit};
use crate::record::{Document, Row, Value};

/// Everything an evaluation may look at.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub names: &'a dyn Names,
    pub codes: &'a Codes,
    /// The zone of times that are written without one.
    pub zone: Tz,
    pub(super) witness: Option<&'a dyn Witness>,
}

/// Somebody who is told of every value that is looked up in a code table, beside what comes of the expression.
pub trait Witness {
    fn looked_up(&self, table: &Arc<str>, value: &str, hit: Option<Hit<'_>>);
}

impl<'a> Scope<'a> {
    pub fn new(names: &'a dyn Names, codes: &'a Codes, zone: Tz) -> Self {
        Scope { names, codes, zone, witness: None }
    }

    /// The same, with a witness.
    pub fn before(self, witness: &'a dyn Witness) -> Self {
        Scope { witness: Some(witness), ..self }
    }
}

/// Where a name was found the last time. Only a guess that spares a search: it is checked at every use, so that
/// one expression may serve rows of different shapes and several threads.
#[derive(Debug, Default)]
pub struct Hint(AtomicUsize);

impl Hint {
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, position: usize) {
        self.0.store(position, Ordering::Relaxed);
    }
}

/// A thing with named values.
pub trait Names {
    /// The value under a name; `None` if there is no such name, which the evaluator turns into a complaint.
    fn get(&self, name: &str, hint: &Hint) -> Option<Cow<'_, Value>>;

    /// The names there are, for the complaint about one that is not.
    fn known(&self) -> Vec<Arc<str>>;
}

/// Columns by their exact name, else ignoring ASCII case; then groups of children, as lists of maps.
impl Names for Row {
    fn get(&self, name: &str, hint: &Hint) -> Option<Cow<'_, Value>> {
        let guess = hint.get();
        if self.columns.get(guess).is_some_and(|column| column.as_ref() == name) {
            return self.cells.get(guess).map(Cow::Borrowed);
        }
        let exact = self.columns.iter().position(|column| column.as_ref() == name);
        if let Some(position) = exact {
            hint.set(position);
            return self.cells.get(position).map(Cow::Borrowed);
        }
        if let Some(cell) = Row::get(self, name) {
            return Some(Cow::Borrowed(cell));
        }
        let (_, rows) = self.children.iter().find(|(group, _)| group.as_ref() == name)?;
        Some(Cow::Owned(Value::List(rows.iter().map(as_map).collect())))
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.columns.iter().chain(self.children.iter().map(|(group, _)| group)).cloned().collect()
    }
}

fn as_map(row: &Row) -> Value {
    Value::Map(row.columns.iter().cloned().zip(row.cells.iter().cloned()).collect())
}

/// The fields of a JSON object. A field that is not there is null: documents leave out what is not given.
impl Names for Map<String, Json> {
    fn get(&self, name: &str, _: &Hint) -> Option<Cow<'_, Value>> {
        Some(Cow::Owned(Map::get(self, name).map_or(Value::Null, Value::from_json)))
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.keys().map(|name| name.as_str().into()).collect()
    }
}

impl Names for Document {
    fn get(&self, name: &str, hint: &Hint) -> Option<Cow<'_, Value>> {
        Names::get(&self.0, name, hint)
    }

    fn known(&self) -> Vec<Arc<str>> {
        self.0.known()
    }
}

/// The entries of a map; other values have no names.
impl Names for Value {
    fn get(&self, name: &str, _: &Hint) -> Option<Cow<'_, Value>> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| Cow::Borrowed(value))
    }

    fn known(&self) -> Vec<Arc<str>> {
        let Value::Map(entries) = self else { return Vec::new() };
        entries.iter().map(|(name, _)| name.clone()).collect()
    }
}
