//! Does the mapping fit the kind's schema: nothing missing, nothing unknown, nothing personal without a reason?

use super::Subject;
use super::column::near;
use super::finding::{Findings, table_place};
use crate::config::{Act, Located, Route};
use crate::record::Complaint;
use crate::schema::{Class, FieldInfo, Kind};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let mapped = mapped(subject);
    let (route, kind) = (subject.route.route.as_ref(), subject.route.kind.as_ref());
    unknown(subject, &mapped, kind, findings);
    missing(subject, &mapped, kind, route, findings);
    without_basis(subject, findings);
    files(subject, findings);
    withdraw(subject, kind, route, findings);
}

/// A field that the route fills: `contact.phone`, `applicants.name`.
struct Target<'a> {
    name: String,
    at: &'a Located<String>,
    /// The child group it belongs to.
    group: Option<&'a str>,
}

fn mapped<'a>(subject: &Subject<'a>) -> Vec<Target<'a>> {
    let push = &subject.route.push;
    let own = push.fields.iter().map(|field| Target {
        name: field.name.value.clone(),
        at: &field.name,
        group: None,
    });
    let inner = push.children.iter().flat_map(|child| {
        child.fields.iter().map(move |field| Target {
            name: format!("{}.{}", child.name.value, field.name.value),
            at: &field.name,
            group: Some(child.name.as_str()),
        })
    });
    own.chain(inner).collect()
}

/// Whether a dotted name lies inside another.
fn is_inside(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

fn outer(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(outer, _)| outer)
}

/// Fields that the schema does not have, and such as have another shape there.
fn unknown(subject: &Subject<'_>, mapped: &[Target<'_>], kind: &Kind, findings: &mut Findings<'_>) {
    let mut lists = Vec::new();
    for child in &subject.route.push.children {
        match kind.field_named(&child.name) {
            None => findings.at(&child.name, stranger(&child.name, kind)),
            Some(field) if !matches!(field.shape.as_str(), "array" | "") => {
                findings.at(&child.name, shape(field));
            }
            Some(_) => lists.push(child.name.as_str()),
        }
    }
    for target in mapped {
        if target.group.is_some_and(|group| !lists.contains(&group)) {
            continue;
        }
        let around = kind.field_named(outer(&target.name)).filter(|_| target.group.is_none());
        if let Some(list) = around.filter(|field| field.shape == "array") {
            findings.at(target.at, shape(list));
        } else if kind.field_named(&target.name).is_none() {
            findings.at(target.at, stranger(&target.name, kind));
        }
    }
}

fn stranger(name: &str, kind: &Kind) -> Complaint {
    let siblings: Vec<&str> = kind
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .filter(|other| outer(other) == outer(name))
        .collect();
    let names = if siblings.is_empty() {
        kind.fields.iter().map(|field| field.name.as_str()).collect()
    } else {
        siblings
    };
    let complaint = Complaint::new("Q1112").found(name).fact("kind", &kind.name);
    complaint.fact("near", near(name, names.into_iter()))
}

fn shape(field: &FieldInfo) -> Complaint {
    let complaint = Complaint::new("Q1113").found(&field.name).label(&field.title);
    complaint.fact("shape", &field.shape)
}

/// Fields that are required whatever the others say, and that nothing fills.
fn missing(
    subject: &Subject<'_>,
    mapped: &[Target<'_>],
    kind: &Kind,
    route: &Route,
    findings: &mut Findings<'_>,
) {
    let groups = &subject.route.push.children;
    let is_filled = |name: &str| {
        let by = |target: &Target<'_>| {
            target.name == name || is_inside(&target.name, name) || is_inside(name, &target.name)
        };
        mapped.iter().any(by) || groups.iter().any(|group| group.name.value == name)
    };
    for field in kind.fields.iter().filter(|field| field.required && !is_filled(&field.name)) {
        let object = outer(&field.name);
        // An object that is left out whole is not incomplete.
        let is_there = |target: &&Target<'_>| is_inside(&target.name, object);
        let place = match mapped.iter().find(is_there) {
            _ if object.is_empty() => table_place(route, &["fields"]),
            Some(Target { group: Some(group), .. }) => table_place(route, &["children", group, "fields"]),
            Some(sibling) => Located { value: (), line: sibling.at.line, column: sibling.at.column },
            None => continue,
        };
        let id = if field.class == Class::Secret { "Q1119" } else { "Q1111" };
        let complaint = Complaint::new(id).found(&field.name).label(&field.title);
        findings.at(&place, complaint.fact("kind", &kind.title));
    }
}

/// Personal data that no reason lets out.
fn without_basis(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for bare in subject.route.without_basis() {
        let complaint = Complaint::new("Q1114").found(&bare.name).label(&bare.title);
        findings.at(&bare.at, complaint.fact("class", bare.class.word()));
    }
}

/// Attachments that the province takes none of.
fn files(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.route.has_files() && !subject.route.takes_files() {
        let is_file = |text: &&Located<String>| text.contains("attachment");
        let field = subject.route.push.fields.iter().map(|field| &field.expression).find(is_file);
        findings.at(field.unwrap_or(&subject.route.push.source.database), Complaint::new("Q7511"));
    }
}

/// A kind that never withdraws by itself keeps that, whatever the route says.
fn withdraw(subject: &Subject<'_>, kind: &Kind, route: &Route, findings: &mut Findings<'_>) {
    let Some(own) = subject.route.push.source.withdraw else { return };
    for (sign, act, allowed) in
        [("flag", own.flag, kind.withdraw.flag), ("absence", own.absence, kind.withdraw.absence)]
    {
        if act == Act::Auto && allowed == Act::Never {
            let place = table_place(route, &["source", "withdraw"]);
            let complaint = Complaint::new("Q1118").found(format!("{sign} = \"auto\""));
            findings.at(&place, complaint.fact("kind", &kind.title));
        }
    }
}
