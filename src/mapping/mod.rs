//! From a row to a document, and how each field came to be.
//!
//! Mapping never fails: whatever cannot be mapped is a complaint that names field, column and value, and the
//! other fields go on. It does not know what the province asks; that is the schema's question.

mod compile;
mod explain;
mod field;
mod lookup;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use crate::codes::Codes;
use crate::expression::{Expression, Names, Scope, truth};
use crate::record::{Complaint, Document, Fingerprint, Row, Value};

pub use explain::{Part, Step};
pub use lookup::{Found, Lookup};

use field::Field;

/// A route's expressions, compiled; threads share it.
#[derive(Debug)]
pub struct Mapping {
    codes: Codes,
    zone: Tz,
    publish_when: Predicate,
    withdraw_when: Option<Predicate>,
    hold_when: Option<Predicate>,
    title: Option<Expression>,
    fields: Vec<Field>,
    groups: Vec<Group>,
    basis: Vec<(String, String)>,
    fingerprint: Fingerprint,
}

/// What a listing became.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    pub wish: Wish,
    /// Empty for what does not leave anyway: filtered and withdrawn listings.
    pub document: Document,
    /// Of the fields; a hold carries its own.
    pub complaints: Vec<Complaint>,
    /// What people call the listing; its key where there is nothing better.
    pub title: String,
}

/// What the city wants done with a listing.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    Publish,
    /// `publish_when` is false: not meant for the province.
    Filtered,
    /// `withdraw_when` is true.
    Withdraw,
    /// `hold_when` is true, or a condition is null or cannot be evaluated: a person decides.
    Hold(Complaint),
}

#[derive(Debug)]
struct Predicate {
    /// As the route calls it.
    name: &'static str,
    expression: Expression,
    columns: String,
    /// Its parts, of which one alone may be true.
    alternatives: Vec<Expression>,
}

/// `[children.NAME]`: a list of objects in the document.
#[derive(Debug)]
struct Group {
    name: Arc<str>,
    fields: Vec<Field>,
}

/// As the route calls it.
const HOLD_WHEN: &str = "hold_when";
/// Titles are for lists on screens.
const TITLE_CHARS_MAX: usize = 100;

impl Mapping {
    /// What a listing becomes, with every complaint about its fields.
    pub fn map(&self, row: &Row) -> Mapped {
        let mut wish = self.wish(row);
        let mut complaints = Vec::new();
        let mut document = Map::new();
        if matches!(wish, Wish::Publish | Wish::Hold(_)) {
            document = self.document(row, &mut complaints);
        }
        if let Wish::Hold(doubt) = &wish
            && doubt.label == HOLD_WHEN
            && doubt.id != "Q3302"
            && doubt.id != "Q3304"
            && complaints.iter().any(|one| one.is_error() && one.found == doubt.found)
        {
            // What the condition cannot read is told at its field, where it keeps the record at home as well.
            wish = Wish::Publish;
        }
        let title = self.title(row, &document);
        Mapped { wish, document: Document(document), complaints, title }
    }

    /// The source columns of the field at a JSON pointer, joined by `, `; those of the whole object or list if
    /// it has no expression of its own; of a child row as `GROUP.COLUMN`. Empty for a field that is not mapped.
    pub fn column_of(&self, pointer: &str) -> String {
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        if let Some(group) = self.groups.iter().find(|group| path.first() == Some(&group.name.as_ref())) {
            let inner = field::columns_at(&group.fields, path.get(2..).unwrap_or_default());
            let named: Vec<String> = inner.iter().map(|column| format!("{}.{column}", group.name)).collect();
            return if named.is_empty() { group.name.to_string() } else { named.join(", ") };
        }
        field::columns_at(&self.fields, &path).join(", ")
    }

    /// The columns of the main query that any expression reads.
    pub fn columns(&self) -> BTreeSet<&str> {
        let is_group = |name: &str| self.groups.iter().any(|group| group.name.as_ref() == name);
        let predicates = self.predicates().map(|predicate| &predicate.expression);
        let expressions =
            predicates.chain(&self.title).chain(self.fields.iter().map(|field| &field.expression));
        let names = expressions.flat_map(Expression::names).map(AsRef::as_ref);
        names.filter(|name| !is_group(name)).collect()
    }

    /// The columns that the fields of a child group read.
    pub fn child_columns(&self, group: &str) -> BTreeSet<&str> {
        let groups = self.groups.iter().filter(|known| known.name.as_ref() == group);
        let names = groups.flat_map(|group| &group.fields).flat_map(|field| field.expression.names());
        names.map(AsRef::as_ref).collect()
    }

    /// The kinds that any field refers to.
    pub fn parents(&self) -> BTreeSet<&str> {
        let fields = self.fields.iter().chain(self.groups.iter().flat_map(|group| &group.fields));
        fields.flat_map(|field| field.expression.parents()).map(AsRef::as_ref).collect()
    }

    /// Whether any field refers to files.
    pub fn has_files(&self) -> bool {
        let fields = self.fields.iter().chain(self.groups.iter().flat_map(|group| &group.fields));
        let is_file = |name: &&str| matches!(*name, "attachment" | "attachments");
        fields.flat_map(|field| field.expression.filters()).any(is_file)
    }

    /// Why a personal field may be sent, as the route says it.
    pub fn basis(&self, field: &str) -> Option<&str> {
        self.basis.iter().find(|(name, _)| name == field).map(|(_, reason)| reason.as_str())
    }

    /// Of all that decides what a row maps to: expressions, the code tables they name with their crosswalks,
    /// the zone, and the meaning of the filters.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn predicates(&self) -> impl Iterator<Item = &Predicate> {
        [Some(&self.publish_when), self.withdraw_when.as_ref(), self.hold_when.as_ref()].into_iter().flatten()
    }

    fn scope<'a>(&'a self, names: &'a dyn Names) -> Scope<'a> {
        Scope::new(names, &self.codes, self.zone)
    }

    /// What the city wants done with a listing, as its conditions say it.
    ///
    /// A certain answer comes before a doubtful one: what is surely withdrawn or surely not published needs
    /// nobody's decision, and anything doubtful stays at home.
    pub fn wish(&self, row: &Row) -> Wish {
        let scope = self.scope(row);
        let ask = |predicate: Option<&Predicate>, doubt: &str| match predicate {
            Some(predicate) => predicate.ask(&scope, doubt),
            None => Ok(false),
        };
        let withdraw = ask(self.withdraw_when.as_ref(), "Q3303");
        if withdraw == Ok(true) {
            return Wish::Withdraw;
        }
        let publish = self.publish_when.ask(&scope, "Q3301");
        if publish == Ok(false) {
            return Wish::Filtered;
        }
        match withdraw.and(ask(self.hold_when.as_ref(), "Q3304")).and_then(|hold| publish.map(|_| hold)) {
            Ok(false) => Wish::Publish,
            Ok(true) => Wish::Hold(
                self.hold_when
                    .as_ref()
                    .map_or_else(|| Complaint::new("Q3302"), |predicate| predicate.met(&scope)),
            ),
            Err(complaint) => Wish::Hold(complaint),
        }
    }

    fn document(&self, row: &Row, complaints: &mut Vec<Complaint>) -> Map<String, Json> {
        let mut document = field::map_fields(&self.fields, &self.scope(row), "", "", complaints);
        for group in &self.groups {
            let rows =
                row.children.iter().find(|(name, _)| *name == group.name).map_or(&[][..], |(_, rows)| rows);
            let mut items = Vec::with_capacity(rows.len());
            for child in rows {
                let pointer = format!("/{}/{}", group.name, items.len());
                let item =
                    field::map_fields(&group.fields, &self.scope(child), &pointer, &group.name, complaints);
                if !item.is_empty() {
                    items.push(Json::Object(item));
                }
            }
            if !items.is_empty() {
                document.insert(group.name.to_string(), Json::Array(items));
            }
        }
        document
    }

    fn title(&self, row: &Row, document: &Map<String, Json>) -> String {
        let scope = self.scope(row);
        let value = |expression: &Expression| expression.evaluate(&scope).ok().map(|value| value.to_string());
        let usual = ["title", "name"];
        let mapped =
            || usual.iter().find_map(|name| document.get(*name).and_then(Json::as_str)).map(str::to_owned);
        let alone = || {
            let field =
                self.fields.iter().find(|field| usual.iter().any(|name| field.pointer[1..] == **name))?;
            value(&field.expression)
        };
        let found = match &self.title {
            Some(expression) => value(expression),
            None => mapped().or_else(alone),
        };
        let found = found.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| row.key.to_string());
        found.chars().take(TITLE_CHARS_MAX).collect()
    }
}

impl Predicate {
    /// Yes or no. Errors: `doubt` if the answer is null, or what kept it from being evaluated.
    fn ask(&self, scope: &Scope<'_>, doubt: &str) -> Result<bool, Complaint> {
        match self.expression.evaluate(scope).and_then(|value| truth(&value)) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.complain(Complaint::new(doubt).found(inputs(&self.expression, scope)))),
            Err(complaint) => Err(self.complain(complaint)),
        }
    }

    /// Q3302: the part of the condition that is true, with its columns and what they hold.
    fn met(&self, scope: &Scope<'_>) -> Complaint {
        let is_true = |part: &&Expression| {
            matches!(part.evaluate(scope).and_then(|value| truth(&value)), Ok(Some(true)))
        };
        let mut parts: Vec<&Expression> = self.alternatives.iter().filter(is_true).collect();
        if parts.is_empty() {
            parts.push(&self.expression);
        }
        let texts: Vec<&str> = parts.iter().map(|part| part.text()).collect();
        let mut columns: Vec<&str> = Vec::new();
        for name in parts.iter().flat_map(|part| part.names()) {
            if !columns.contains(&name.as_ref()) {
                columns.push(name);
            }
        }
        let found: Vec<String> = parts.iter().map(|part| inputs(part, scope)).collect();
        let complaint = Complaint::new("Q3302").found(found.join(", ")).fact("condition", texts.join(" or "));
        complaint.label(self.name).column(columns.join(", "))
    }

    fn complain(&self, complaint: Complaint) -> Complaint {
        complaint.label(self.name).column(&self.columns)
    }
}

/// `mj = 公开, shzt = NULL`.
fn inputs(expression: &Expression, scope: &Scope<'_>) -> String {
    let inputs = explain::inputs(expression, scope).into_iter().map(|(name, value)| match value {
        Value::Null => format!("{name} = NULL"),
        value => format!("{name} = {value}"),
    });
    inputs.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
