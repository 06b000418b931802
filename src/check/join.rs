//! Do child rows find their listing, and references their parent?

use std::collections::BTreeSet;

use super::column::{Table, Tables};
use super::finding::Findings;
use super::sample::Sample;
use super::{Subject, World, Written};
use crate::city::{Ask, City, Sort};
use crate::config::{Child, Located};
use crate::record::{Complaint, Document, Key, KeyPart, ParentRef};
use crate::source::fetch;

/// Child rows whose key is looked at.
const CHILD_ROWS_MAX: usize = 20;
/// Parents of each kind that are looked up.
const PARENTS_MAX: usize = 5;

/// Complains of child keys that are texts where the listing's are numbers, or the reverse.
pub(super) async fn check_children(
    city: &City,
    subject: &Subject<'_>,
    tables: &Tables,
    sample: Option<&Sample>,
    findings: &mut Findings<'_>,
) {
    let push = &subject.route.push;
    let listings: Vec<&Key> =
        sample.map(|sample| sample.rows.iter().map(|row| &row.key).collect()).unwrap_or_default();
    for child in &push.children {
        let keys = child_keys(city, child).await;
        for (part, (own, other)) in push.source.key.iter().zip(&child.key).enumerate() {
            let seen = |keys: &[&Key]| -> BTreeSet<Sort> {
                keys.iter().filter_map(|key| key.parts().get(part)).map(sort_of).collect()
            };
            let of = |seen: BTreeSet<Sort>, table: Option<&Table>, column: &Located<String>| {
                if !seen.is_empty() {
                    return seen;
                }
                let declared = table.and_then(|table| table.column(column)).map(|column| column.sort);
                declared.filter(|sort| *sort != Sort::Other).into_iter().collect()
            };
            let here = of(seen(&listings), tables.main.as_ref(), own);
            let there = of(seen(&keys.iter().collect::<Vec<_>>()), tables.child(&child.name), other);
            if let (Some(one), Some(two)) = (here.first(), there.first())
                && here.is_disjoint(&there)
            {
                let complaint = Complaint::new("Q1107").found(&other.value).fact("type", word(*two));
                findings.at(other, complaint.fact("key", &own.value).fact("key_type", word(*one)));
            }
        }
    }
}

fn sort_of(part: &KeyPart) -> Sort {
    match part {
        KeyPart::Int(_) => Sort::Number,
        KeyPart::Text(_) => Sort::Text,
    }
}

/// As expressions name the type.
fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Number => "int",
        Sort::Text | Sort::Other => "text",
    }
}

/// Keys of the first child rows; none where they cannot be read.
async fn child_keys(city: &City, child: &Child) -> Vec<Key> {
    let ask = Ask {
        relation: &child.relation,
        key: &child.key,
        settle_ties: false,
        only: None,
        since: None,
        under: None,
    };
    let Some(mut cursor) = city.read(&[ask]).await.ok().and_then(|mut cursors| cursors.pop()) else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    while keys.len() < CHILD_ROWS_MAX
        && let Some(Ok(line)) = cursor.next().await
    {
        let cells = cursor.key().iter().filter_map(|place| line.cells.get(*place));
        keys.extend(Key::from_cells(cells));
    }
    keys
}

/// Complains of references none of which leads to a listing that its route reads: what refers to it would wait
/// for ever.
pub(super) async fn check_parents(
    world: &World<'_>,
    subject: &Subject<'_>,
    sample: &Sample,
    findings: &mut Findings<'_>,
) {
    for written in &subject.written {
        if findings.speak_of(&written.name) {
            continue;
        }
        for kind in written.expression.parents() {
            let Some(parent) = world.pushing(&subject.route.route.platform, kind) else { continue };
            let Some(city) = world.city(&parent.push.source.database) else { continue };
            let keys = referred(subject, written, sample, kind);
            let mut found = false;
            for key in &keys {
                // What keeps the parent's listings from being read is said of the parent's route.
                found |= !matches!(fetch(city, &parent.push, key).await, Ok(None));
            }
            if let Some(first) = keys.first().filter(|_| !found) {
                let complaint = Complaint::new("Q1144").label(&written.name).found(first);
                let complaint = complaint.fact("kind", kind).fact("count", keys.len());
                findings.at_word(written.text, kind, complaint.fact("route", &parent.route.name));
            }
        }
    }
}

/// Keys of parents to which the expression refers in the sample.
fn referred(subject: &Subject<'_>, written: &Written<'_>, sample: &Sample, kind: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for row in sample.rows.iter().flat_map(|listing| written.rows(listing)) {
        let Ok(value) = written.evaluate(row, subject) else { continue };
        let document = Document([("it".to_owned(), value.to_json())].into_iter().collect());
        for ParentRef { kind: found, key } in document.parents() {
            if found == kind && !keys.contains(&key) && keys.len() < PARENTS_MAX {
                keys.push(key);
            }
        }
    }
    keys
}
