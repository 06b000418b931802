//! A real row as a route's example, without whatever names a person or would have to be masked.

use serde_json::{Map, Value as Json};

use super::fit::Bench;
use super::proposal::{Confidence, Example, Proposal};
use super::table::TableView;
use crate::expression::{Expression, Scope};
use crate::record::{Value, mask};

/// Fields that an example shows.
const FIELDS_MAX: usize = 7;
/// Longer texts tell a reader nothing.
const LETTERS_MAX: usize = 40;

/// The row of the sample that shows most, with what the proposed expressions make of it.
///
/// Shape: only fields of plain values that belong to nobody; `None` where fewer than three of them work.
///        Columns of `avoid` stay out: they decide whether a row is sent at all.
pub(super) fn example(
    bench: Bench<'_>,
    view: &TableView<'_>,
    fields: &[Proposal],
    avoid: &[&str],
) -> Option<Example> {
    let shown: Vec<(&Proposal, Expression)> = fields
        .iter()
        .filter(|one| one.confidence > Confidence::Guess && !one.needs_basis && !one.field.contains('.'))
        .filter_map(|one| Some((one, Expression::compile(&one.expression).ok()?)))
        .filter(|(_, one)| {
            one.parents().is_empty() && !one.names().iter().any(|name| avoid.contains(&name.as_ref()))
        })
        .collect();
    let rows = view.lines.iter().take(50).map(|line| of_row(bench, view, &line.cells, &shown));
    let best = rows.flatten().max_by_key(|one| one.expect.len())?;
    (best.expect.len() >= 3).then_some(best)
}

fn of_row(
    bench: Bench<'_>,
    view: &TableView<'_>,
    cells: &[Value],
    shown: &[(&Proposal, Expression)],
) -> Option<Example> {
    let cell = |name: &str| {
        let place = view.columns.iter().position(|column| column.column.name == name)?;
        cells.get(place)
    };
    let mut given = Map::new();
    let mut expect = Map::new();
    for (proposal, expression) in shown {
        if expect.len() >= FIELDS_MAX {
            break;
        }
        let mut names = Vec::new();
        for name in expression.names() {
            // Words from a joined table are in no cell of this row, and a masked number would be no example.
            names.extend(
                cell(name).filter(|value| is_nobodys(value)).map(|value| (name.clone(), value.clone())),
            );
        }
        if names.len() < expression.names().len() {
            continue;
        }
        let is_short = |value: &Value| {
            value.to_string().chars().count() <= LETTERS_MAX && !value.to_string().contains(['\n', '<'])
        };
        if names.is_empty() || !names.iter().all(|(_, value)| is_short(value)) {
            continue;
        }
        let scope_names = Value::Map(names.clone());
        let made = expression.evaluate(&Scope::new(&scope_names, bench.codes, bench.zone));
        let Some(json) = made.ok().map(|value| value.to_json()).filter(|json| !json.is_null()) else {
            continue;
        };
        let plain: Option<Vec<(String, Json)>> =
            names.iter().map(|(name, value)| Some((name.to_string(), plain(value)?))).collect();
        let Some(plain) = plain else { continue };
        given.extend(plain);
        expect.insert(proposal.field.clone(), json);
    }
    Some(Example { given, expect })
}

/// Nothing in it would have to be masked.
fn is_nobodys(value: &Value) -> bool {
    let text = value.to_string();
    mask(&text) == text
}

/// A value that TOML can hold and a database would give back the same.
fn plain(value: &Value) -> Option<Json> {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Text(_) => Some(value.to_json()),
        Value::Decimal(number) => number
            .normalize()
            .to_string()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Json::Number),
        Value::Null
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::DateTime(_)
        | Value::List(_)
        | Value::Map(_) => None,
    }
}
