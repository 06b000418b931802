//! From a route to a mapping: all faults of its expressions at once, each at its place in the file.

use std::path::Path;

use chrono_tz::Tz;

use super::field::Field;
use super::{Group, HOLD_WHEN, Mapping, Predicate};
use crate::codes::Codes;
use crate::config::{self, Fault, Flow, Located, Route};
use crate::expression::{Expression, MEANING_VERSION};
use crate::record::{Complaint, Fingerprint, Fingerprinter};

impl Mapping {
    /// A push route's expressions over rows whose naive times have the zone `zone`.
    ///
    /// Errors: every fault of every expression, code tables that are not there, and fields that collide; Q3307
    /// for a route that imports.
    pub fn compile(route: &Route, codes: &Codes, zone: Tz) -> Result<Self, Vec<Fault>> {
        let Flow::Push(push) = &route.flow else {
            let complaint = Complaint::new("Q3307").found(&route.name);
            return Err(vec![Fault { file: route.file.clone(), line: 1, column: 1, complaint }]);
        };
        let mut reader = Reader { file: &route.file, codes, faults: Vec::new() };
        let source = &push.source;
        let publish_when = reader.predicate("publish_when", &source.publish_when);
        let withdraw_when = source.withdraw_when.as_ref().map(|text| reader.predicate("withdraw_when", text));
        let hold_when = source.hold_when.as_ref().map(|text| reader.predicate(HOLD_WHEN, text));
        let title = push.title.as_ref().map(|text| reader.expression(text));
        let fields = reader.fields(&push.fields, &push.children);
        let mut groups = Vec::with_capacity(push.children.len());
        for child in &push.children {
            let fields = reader.fields(&child.fields, &[]);
            groups.push(Group { name: child.name.as_str().into(), fields });
        }
        let basis = push.basis.iter().map(|(field, reason)| (field.value.clone(), reason.clone())).collect();
        let faults = reader.faults;
        // Where any of these is missing, a fault says why.
        match publish_when {
            Some(publish_when) if faults.is_empty() => {
                let mut mapping = Mapping {
                    codes: codes.clone(),
                    zone,
                    publish_when,
                    withdraw_when: withdraw_when.flatten(),
                    hold_when: hold_when.flatten(),
                    title: title.flatten(),
                    fields,
                    groups,
                    basis,
                    fingerprint: Fingerprint::default(),
                };
                mapping.fingerprint = fingerprint(&mapping);
                Ok(mapping)
            }
            _ => Err(faults),
        }
    }
}

struct Reader<'a> {
    file: &'a Path,
    codes: &'a Codes,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn predicate(&mut self, name: &'static str, text: &Located<String>) -> Option<Predicate> {
        let expression = self.expression(text)?;
        let columns = expression.names().join(", ");
        let alternatives = expression.alternatives();
        Some(Predicate { name, expression, columns, alternatives })
    }

    fn expression(&mut self, text: &Located<String>) -> Option<Expression> {
        match Expression::compile(text) {
            Ok(expression) => {
                for table in expression.tables() {
                    if let Err(complaint) = self.codes.table(table) {
                        let column = text.find(table.as_ref()).map_or(0, |at| text[..at].chars().count());
                        self.refuse(text, column, complaint);
                    }
                }
                Some(expression)
            }
            Err(faults) => {
                for fault in faults {
                    self.refuse(text, fault.column, fault.complaint);
                }
                None
            }
        }
    }

    /// A fault at a character of an expression, counted behind its opening quote.
    fn refuse(&mut self, text: &Located<String>, column: usize, complaint: Complaint) {
        // In a text over several lines only its beginning is known.
        let offset = if text.contains('\n') { 0 } else { column };
        self.faults.push(text.fault(self.file, offset, complaint));
    }

    fn fields(&mut self, fields: &[config::Field], children: &[config::Child]) -> Vec<Field> {
        let mut taken: Vec<&str> = children.iter().map(|child| child.name.as_str()).collect();
        let mut read = Vec::with_capacity(fields.len());
        for field in fields {
            let name = field.name.as_str();
            if name.split('.').any(str::is_empty) {
                self.faults.push(field.name.fault(self.file, 0, Complaint::new("Q3306").found(name)));
            }
            if let Some(other) = taken.iter().find(|other| collide(name, other)) {
                let complaint = Complaint::new("Q3305").found(name).fact("other", other);
                self.faults.push(field.name.fault(self.file, 0, complaint));
            }
            taken.push(name);
            if let Some(expression) = self.expression(&field.expression) {
                read.push(Field::new(name, expression));
            }
        }
        read
    }
}

/// Whether two dotted names are the same or one lies inside the other.
fn collide(one: &str, other: &str) -> bool {
    let inside =
        |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
    one == other || inside(one, other) || inside(other, one)
}

fn fingerprint(mapping: &Mapping) -> Fingerprint {
    let mut printer = Fingerprinter::new("mapping");
    printer.number(MEANING_VERSION).part(mapping.zone.name().as_bytes());
    let mut tables = std::collections::BTreeSet::new();
    let mut print = |name: &str, expression: &Expression| {
        printer.part(name.as_bytes()).part(expression.text().as_bytes());
        tables.extend(expression.tables().iter().cloned());
    };
    for predicate in mapping.predicates() {
        print(predicate.name, &predicate.expression);
    }
    if let Some(title) = &mapping.title {
        print("title", title);
    }
    for field in &mapping.fields {
        print(&field.pointer, &field.expression);
    }
    for group in &mapping.groups {
        for field in &group.fields {
            print(&format!("/{}/*{}", group.name, field.pointer), &field.expression);
        }
    }
    for table in tables {
        if let Ok(table) = mapping.codes.table(&table) {
            printer.part(table.fingerprint().as_bytes());
        }
    }
    printer.finish()
}
