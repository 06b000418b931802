//! Do the queries have the columns that the route reads?

use super::finding::Findings;
use super::{Subject, Written};
use crate::city::{City, ColumnInfo};
use crate::codes::nearest;
use crate::config::{Located, Push, Relation};
use crate::record::{Complaint, find_column};

/// The columns of a query's result.
pub(super) struct Table {
    columns: Vec<ColumnInfo>,
}

/// What the queries of a route give.
#[derive(Default)]
pub(super) struct Tables {
    /// `None` where it could not be found out.
    pub main: Option<Table>,
    /// By group, in the order of the route.
    pub children: Vec<(String, Option<Table>)>,
    keys_are_there: bool,
}

impl Tables {
    /// Whether rows can be read: every query is accepted and has its key.
    pub fn is_sound(&self) -> bool {
        self.keys_are_there && self.main.is_some() && self.children.iter().all(|(_, table)| table.is_some())
    }

    pub fn child(&self, group: &str) -> Option<&Table> {
        self.children.iter().find(|(name, _)| name == group)?.1.as_ref()
    }

    /// What an expression's names stand for.
    pub fn of(&self, written: &Written<'_>) -> Option<&Table> {
        match written.group {
            None => self.main.as_ref(),
            Some(group) => self.child(group),
        }
    }
}

impl Table {
    pub fn new(columns: Vec<ColumnInfo>) -> Self {
        Table { columns }
    }

    /// As a row finds its cells.
    pub fn column(&self, name: &str) -> Option<&ColumnInfo> {
        find_column(name, self.names()).map(|index| &self.columns[index])
    }

    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|column| column.name.as_str())
    }
}

/// The names that somebody may have meant; the first of all names if none is near.
pub(super) fn near<'n>(wanted: &str, names: impl Iterator<Item = &'n str> + Clone) -> String {
    /// More names than this are no help.
    const SHOWN: usize = 12;
    let mut found = nearest(wanted, names.clone(), 3);
    if found.is_empty() {
        found = names.take(SHOWN).collect();
    }
    if found.is_empty() { "–".to_owned() } else { found.join(", ") }
}

/// Asks the database for the columns of every query and complains of names that are not among them.
pub(super) async fn check(city: &City, subject: &Subject<'_>, findings: &mut Findings<'_>) -> Tables {
    let push: &Push = &subject.route.push;
    let mut tables = Tables { keys_are_there: true, ..Tables::default() };
    tables.main = describe(city, &push.source.relation, findings).await;
    tables.keys_are_there &= keys(tables.main.as_ref(), &push.source.key, findings);
    for child in &push.children {
        let table = describe(city, &child.relation, findings).await;
        tables.keys_are_there &= keys(table.as_ref(), &child.key, findings);
        tables.children.push((child.name.value.clone(), table));
    }
    for written in &subject.written {
        let Some(table) = tables.of(written) else { continue };
        let is_group = |name: &str| {
            written.group.is_none() && push.children.iter().any(|child| child.name.value == name)
        };
        for name in written.expression.names() {
            if table.column(name).is_none() && !is_group(name) {
                if let Some(form) = findings.of_form(written.text) {
                    let relation = relation_of(push, written.group);
                    let complaint = Complaint::new("Q1170").label(&written.name).found(name);
                    let complaint = complaint.fact("table", relation.text().as_str());
                    findings.at(&form, complaint.fact("near", near(name, table.names())));
                    continue;
                }
                let complaint = Complaint::new("Q1101").label(&written.name).found(name);
                findings.at_word(written.text, name, complaint.fact("near", near(name, table.names())));
            }
        }
    }
    tables
}

/// What a group reads; the listings' own relation where it is none.
fn relation_of<'p>(push: &'p Push, group: Option<&str>) -> &'p Relation {
    let child = push.children.iter().find(|child| Some(child.name.as_str()) == group);
    child.map_or(&push.source.relation, |child| &child.relation)
}

/// The columns of what is read.
async fn describe(city: &City, relation: &Relation, findings: &mut Findings<'_>) -> Option<Table> {
    if let Some(table) = relation.table()
        && let Some(complaint) = missing_table(city, table).await
    {
        findings.at(relation.text(), complaint);
        return None;
    }
    match city.describe(relation).await {
        Ok(columns) => Some(Table::new(columns)),
        Err(complaint) => {
            findings.at(relation.text(), complaint);
            None
        }
    }
}

/// A complaint if the database has no such table or view. One that may not be listed may still be read.
pub(super) async fn missing_table(city: &City, table: &str) -> Option<Complaint> {
    let tables = city.tables().await.ok()?;
    if tables.iter().any(|known| known.eq_ignore_ascii_case(table)) {
        return None;
    }
    let complaint = Complaint::new("Q1103").found(table).fact("database", city.name());
    Some(complaint.fact("near", near(table, tables.iter().map(String::as_str))))
}

fn keys(table: Option<&Table>, key: &[Located<String>], findings: &mut Findings<'_>) -> bool {
    let Some(table) = table else { return true };
    let mut all_there = true;
    for column in key.iter().filter(|column| table.column(column).is_none()) {
        all_there = false;
        let complaint = Complaint::new("Q1102").found(&column.value);
        findings.at(column, complaint.fact("near", near(column, table.names())));
    }
    all_there
}
