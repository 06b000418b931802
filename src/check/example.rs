//! The route's own examples, executed: a row as the database would give it, and what must become of it.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::Subject;
use super::column::{Table, Tables, near};
use super::finding::Findings;
use crate::config::{Example, Push, Reader};
use crate::mapping::Wish;
use crate::record::{Complaint, FileRef, FileSource, Key, Language, ParentRef, Row, Value};

pub(super) fn check(subject: &Subject<'_>, tables: &Tables, findings: &mut Findings<'_>) {
    let push = &subject.route.push;
    let route = &subject.route.route;
    let reader = Reader::new(&route.file, &route.text);
    let tree = reader.parse();
    let root = reader.root(&tree);
    let places = root.sections("examples");
    for (number, (example, place)) in push.examples.iter().zip(&places).enumerate() {
        let (given, expect) = (place.section("given"), place.section("expect"));
        for (name, complaint) in strangers(push, tables, example) {
            match &given {
                Some(given) => given.complain_at(&name, complaint),
                None => place.complain(complaint),
            }
        }
        for (name, complaint) in differences(subject, tables, example) {
            let complaint = complaint.fact("number", number + 1);
            match &expect {
                Some(expect) if !name.is_empty() => expect.complain_at(&name, complaint),
                _ => place.complain(complaint),
            }
        }
    }
    findings.add(reader.into_faults());
}

/// Columns that the example gives and the query does not have.
fn strangers(push: &Push, tables: &Tables, example: &Example) -> Vec<(String, Complaint)> {
    let Some(table) = &tables.main else { return Vec::new() };
    let is_known = |name: &str| {
        table.column(name).is_some() || push.children.iter().any(|child| child.name.value == name)
    };
    let unknown = example.given.keys().filter(|name| !is_known(name));
    let complain = |name: &String| {
        let complaint = Complaint::new("Q1131").found(name).fact("near", near(name, table.names()));
        (name.clone(), complaint)
    };
    unknown.map(complain).collect()
}

/// What the example's row becomes, where that is not what it must become: by the field of `expect`.
fn differences(subject: &Subject<'_>, tables: &Tables, example: &Example) -> Vec<(String, Complaint)> {
    let mapped = subject.route.mapping.map(&row(subject, tables, &example.given));
    let unpublished = match mapped.wish {
        Wish::Filtered => Some("publish_when"),
        Wish::Withdraw => Some("withdraw_when"),
        Wish::Publish | Wish::Hold(_) => None,
    };
    if let Some(condition) = unpublished.filter(|_| !example.expect.is_empty()) {
        return vec![(String::new(), Complaint::new("Q1133").found(condition))];
    }
    let mut wrong = Vec::new();
    for (name, expected) in &example.expect {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        compare(&pointer, expected, mapped.document.0.get(name), &mut |pointer, expected, found| {
            let why = mapped.complaints.iter().find(|one| one.pointer == pointer);
            // A column that is not there is complained of where it is read.
            if why.is_some_and(|why| why.id == "Q3101") {
                return;
            }
            let said = |language| {
                why.map(|why| format!(" ({} {})", why.id, why.message(language))).unwrap_or_default()
            };
            let found = found.map(Json::to_string).unwrap_or_default();
            let complaint = Complaint::new("Q1132").at(pointer).found(found).fact("expected", expected);
            let complaint =
                complaint.fact("why_zh", said(Language::Chinese)).fact("why_en", said(Language::English));
            wrong.push((name.clone(), complaint));
        });
    }
    wrong
}

/// Tells every place at which what was found is not what was expected. Objects may hold more than expected.
fn compare(
    pointer: &str,
    expected: &Json,
    found: Option<&Json>,
    tell: &mut dyn FnMut(&str, &Json, Option<&Json>),
) {
    match (expected, found) {
        (Json::Object(inner), Some(Json::Object(found))) => {
            for (name, expected) in inner {
                let step = name.replace('~', "~0").replace('/', "~1");
                compare(&format!("{pointer}/{step}"), expected, found.get(name), tell);
            }
        }
        (Json::Array(items), Some(Json::Array(found))) if items.len() == found.len() => {
            for (index, (expected, found)) in items.iter().zip(found).enumerate() {
                compare(&format!("{pointer}/{index}"), expected, Some(found), tell);
            }
        }
        (expected, Some(found)) if is_same(expected, found) => (),
        _ => tell(pointer, expected, found),
    }
}

/// A fraction stands in a document as text, and a reference to a parent may be given as the parent's key alone.
fn is_same(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::Number(number), Json::String(text)) if number.is_f64() => {
            let exact = number.to_string().parse::<Decimal>();
            exact.is_ok_and(|exact| text.parse() == Ok(exact))
        }
        (Json::String(key), Json::String(text)) => {
            let is_file = |file: FileRef| matches!(&file.source, FileSource::At(place) if place == key);
            key == text
                || ParentRef::parse(text).is_some_and(|parent| parent.key == *key)
                || FileRef::parse(text).is_some_and(is_file)
        }
        _ => expected == found,
    }
}

/// The row of an example. Columns that it leaves out are NULL.
fn row(subject: &Subject<'_>, tables: &Tables, given: &Map<String, Json>) -> Row {
    let push = &subject.route.push;
    let needed = subject.route.mapping.columns();
    let mut row = lay_out(tables.main.as_ref(), needed.into_iter(), given);
    for child in &push.children {
        let name = child.name.as_str();
        let needed: Vec<&str> = subject.route.mapping.child_columns(name).into_iter().collect();
        let given =
            given.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object);
        let rows = given.map(|given| lay_out(tables.child(name), needed.iter().copied(), given)).collect();
        row.children.push((name.into(), rows));
    }
    let cells = push.source.key.iter().filter_map(|column| row.get(column));
    // An example need not give the key.
    row.key = Key::from_cells(cells).unwrap_or_else(|_| Key::new(Vec::new()));
    row
}

fn lay_out<'n>(
    table: Option<&'n Table>,
    needed: impl Iterator<Item = &'n str>,
    given: &'n Map<String, Json>,
) -> Row {
    let mut columns: Vec<Arc<str>> = Vec::new();
    let real = table.into_iter().flat_map(Table::names);
    let named = given.iter().filter(|(_, value)| !value.is_array()).map(|(name, _)| name.as_str());
    // Where the database does not tell, the columns are those that somebody speaks of.
    let spoken = needed.chain(named).filter(|_| table.is_none());
    for name in real.chain(spoken) {
        if !columns.iter().any(|known| known.as_ref() == name) {
            columns.push(name.into());
        }
    }
    let cell = |column: &Arc<str>| {
        let exact = given.get(column.as_ref());
        let json = exact.or_else(|| {
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, value)| value)
        });
        let declared =
            table.and_then(|table| table.column(column)).map_or("", |one| one.declared_type.as_str());
        json.map_or(Value::Null, |json| as_stored(Value::from_json(json), declared))
    };
    let cells = columns.iter().map(cell).collect();
    Row { key: Key::new(Vec::new()), columns: columns.into(), cells, children: Vec::new() }
}

/// A value as a column of this type gives it back: SQLite turns numbers in a text column into text, and texts
/// that are numbers in a number column into numbers; a truth value is 1 or 0.
fn as_stored(value: Value, declared: &str) -> Value {
    let value = match value {
        Value::Bool(flag) => Value::Int(i64::from(flag)),
        other => other,
    };
    match (declared, value) {
        ("TEXT", value @ (Value::Int(_) | Value::Decimal(_))) => Value::text(value.to_string()),
        ("REAL", Value::Int(whole)) => Value::Decimal(whole.into()),
        ("INTEGER" | "BOOLEAN", Value::Text(text)) => {
            text.trim().parse().map_or_else(|_| Value::Text(text.clone()), Value::Int)
        }
        (_, value) => value,
    }
}
