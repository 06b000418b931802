//! One field: its place in the document, its expression, and how a value gets there.

use serde_json::{Map, Value as Json};

use crate::expression::{Expression, Scope};
use crate::record::{Complaint, Value};

#[derive(Debug)]
pub(super) struct Field {
    /// The parts of the dotted name.
    pub(super) path: Vec<String>,
    /// From the document or the child object.
    pub(super) pointer: String,
    pub(super) expression: Expression,
    /// The columns it reads, joined by `, `.
    pub(super) columns: String,
}

impl Field {
    pub(super) fn new(name: &str, expression: Expression) -> Self {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        // Pointers escape `~` and `/` (RFC 6901).
        let pointer =
            path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect();
        let columns = expression.names().join(", ");
        Field { path, pointer, expression, columns }
    }
}

/// The object of a list of fields.
///
/// `pointer` leads to the object, and `group` names the child group that it comes from; both are empty for the
/// document itself.
pub(super) fn map_fields(
    fields: &[Field],
    scope: &Scope<'_>,
    pointer: &str,
    group: &str,
    complaints: &mut Vec<Complaint>,
) -> Map<String, Json> {
    let mut object = Map::with_capacity(fields.len());
    for field in fields {
        match field.expression.evaluate(scope) {
            Ok(value) => {
                if let Some(json) = present(&value) {
                    insert(&mut object, &field.path, json);
                }
            }
            Err(complaint) => {
                let column = match group {
                    "" => field.columns.clone(),
                    group => {
                        let names = field.expression.names().iter().map(|name| format!("{group}.{name}"));
                        names.collect::<Vec<_>>().join(", ")
                    }
                };
                complaints.push(complaint.at(format!("{pointer}{}", field.pointer)).column(column));
            }
        }
    }
    object
}

/// The columns of the field at a path; of all fields below it if the path stops short, and of the field above
/// if the path goes into a value.
pub(super) fn columns_at<'a>(fields: &'a [Field], path: &[&str]) -> Vec<&'a str> {
    let mut columns: Vec<&str> = Vec::new();
    for field in fields.iter().filter(|field| field.path.iter().zip(path).all(|(one, other)| one == other)) {
        for name in field.expression.names() {
            if !columns.contains(&name.as_ref()) {
                columns.push(name);
            }
        }
    }
    columns
}

/// The value as the document holds it, without nulls at any depth. `None`: nothing is left, and the field is
/// left out; an empty list or map says nothing either.
fn present(value: &Value) -> Option<Json> {
    match value {
        Value::Null => None,
        Value::List(items) => {
            let items: Vec<Json> = items.iter().filter_map(present).collect();
            (!items.is_empty()).then_some(Json::Array(items))
        }
        Value::Map(entries) => {
            let object: Map<String, Json> = entries
                .iter()
                .filter_map(|(name, value)| present(value).map(|value| (name.to_string(), value)))
                .collect();
            (!object.is_empty()).then_some(Json::Object(object))
        }
        other => Some(other.to_json()),
    }
}

fn insert(object: &mut Map<String, Json>, path: &[String], value: Json) {
    match path {
        [] => (),
        [name] => _ = object.insert(name.clone(), value),
        [name, rest @ ..] => {
            let inner = object.entry(name.as_str()).or_insert_with(|| Json::Object(Map::new()));
            // That nothing else stands here was checked when the route was compiled.
            if let Json::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
