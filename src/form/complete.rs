//! A route over a form: what it leaves out follows from its kind, and what it says itself stands.

use super::column::{Column, Form};
use crate::codes::{Codes, nearest};
use crate::config::{Child, Fault, Field, Flow, Located, Push, Relation, Route};
use crate::record::Complaint;
use crate::schema::Kind;

/// The route with its table, its fields and its children; `None` if it is not over a form.
///
/// Shape:  as if somebody had written every expression by hand. A field of the route, or one inside or around it,
///         takes the place of the form's.
/// Errors: Q1171 for a `[basis]` of a field that neither the route nor the form has.
pub fn complete(route: &Route, kind: &Kind, codes: &Codes) -> Result<Option<Route>, Vec<Fault>> {
    let Flow::Push(push) = &route.flow else { return Ok(None) };
    let Some(at) = &push.form else { return Ok(None) };
    let form = Form::of(kind, codes);
    let here = |value: &str| Located { value: value.to_owned(), line: at.line, column: at.column };
    let mut push = push.clone();
    if let Relation::Table(table) = &mut push.source.relation
        && table.is_empty()
    {
        *table = here(&form.sheet);
    }
    if push.title.is_none() && !["title", "name"].contains(&kind.label.as_str()) {
        let label = form.columns.iter().find(|column| column.field == kind.label);
        push.title = label.map(|column| here(&column.expression));
    }
    let own = |name: &str, push: &Push| {
        let fields = push.fields.iter().any(|field| overlap(&field.name, name));
        fields || push.children.iter().any(|child| overlap(&child.name, name))
    };
    let field = |column: &Column| Field { name: here(&column.field), expression: here(&column.expression) };
    let derived: Vec<Field> =
        form.columns.iter().filter(|column| !own(&column.field, &push)).map(field).collect();
    let children: Vec<Child> = form
        .groups
        .iter()
        .filter(|group| !own(&group.name, &push))
        .map(|group| Child {
            name: here(&group.name),
            relation: Relation::Table(here(&group.sheet)),
            key: push.source.key.iter().map(|column| here(column)).collect(),
            fields: group.columns.iter().map(field).collect(),
        })
        .collect();
    push.fields.extend(derived);
    push.children.extend(children);
    // Documents follow the order of the schema.
    let place = |name: &str| kind.fields.iter().position(|field| field.name == name).unwrap_or(usize::MAX);
    push.fields.sort_by_key(|field| place(&field.name));
    push.children.sort_by_key(|child| place(&child.name));
    let faults = strange_basis(route, &push);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Some(Route { flow: Flow::Push(push), ..route.clone() }))
}

/// Whether two dotted names are the same, or one lies inside the other.
fn overlap(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    inside(one, other) || inside(other, one)
}

fn strange_basis(route: &Route, push: &Push) -> Vec<Fault> {
    let own = push.fields.iter().map(|field| field.name.value.clone());
    let inner = push.children.iter().flat_map(|child| {
        let inside = child.fields.iter().map(|field| format!("{}.{}", child.name.value, field.name.value));
        std::iter::once(child.name.value.clone()).chain(inside)
    });
    let known: Vec<String> = own.chain(inner).collect();
    let is_known = |name: &str| known.iter().any(|known| overlap(known, name));
    let strange = push.basis.iter().filter(|(name, _)| !is_known(name));
    strange
        .map(|(name, _)| {
            let near = nearest(name, known.iter().map(String::as_str), 3).join(", ");
            let complaint = Complaint::new("Q1171").found(&name.value);
            name.fault(&route.file, 0, complaint.fact("near", if near.is_empty() { "–" } else { &near }))
        })
        .collect()
}
