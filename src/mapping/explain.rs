//! How each field came to be: expression, inputs, outcome.

use crate::expression::{Expression, Hint, Scope};
use crate::record::{Complaint, Row, Value};

use super::Mapping;
use super::field::Field;

/// One expression of a route, evaluated over one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub part: Part,
    /// A field's JSON pointer; `publish_when`, `title` and the like for what is no field.
    pub name: String,
    pub expression: String,
    /// The columns it read with their values, as they came from the city; personal data is not masked here.
    pub inputs: Vec<(String, Value)>,
    pub outcome: Result<Value, Complaint>,
}

/// What an expression is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Condition,
    Title,
    Field,
}

impl Mapping {
    /// Every condition, the title and every field in the order of the route; children row by row.
    pub fn explain(&self, row: &Row) -> Vec<Step> {
        let scope = self.scope(row);
        let mut steps: Vec<Step> = self
            .predicates()
            .map(|predicate| step(Part::Condition, predicate.name.to_owned(), &predicate.expression, &scope))
            .collect();
        steps.extend(self.title.iter().map(|title| step(Part::Title, "title".to_owned(), title, &scope)));
        steps.extend(self.fields.iter().map(|field| field_step(field, "", &field.columns, &scope)));
        for group in &self.groups {
            let rows = row.children.iter().filter(|(name, _)| *name == group.name).flat_map(|(_, rows)| rows);
            for (index, child) in rows.enumerate() {
                let (scope, pointer) = (self.scope(child), format!("/{}/{index}", group.name));
                for field in &group.fields {
                    let columns: Vec<String> = field
                        .expression
                        .names()
                        .iter()
                        .map(|name| format!("{}.{name}", group.name))
                        .collect();
                    steps.push(field_step(field, &pointer, &columns.join(", "), &scope));
                }
            }
        }
        steps
    }
}

fn field_step(field: &Field, above: &str, columns: &str, scope: &Scope<'_>) -> Step {
    let pointer = format!("{above}{}", field.pointer);
    let mut step = step(Part::Field, pointer.clone(), &field.expression, scope);
    step.outcome = step.outcome.map_err(|complaint| complaint.at(pointer).column(columns));
    step
}

fn step(part: Part, name: String, expression: &Expression, scope: &Scope<'_>) -> Step {
    Step {
        part,
        name,
        expression: expression.text().to_owned(),
        inputs: inputs(expression, scope),
        outcome: expression.evaluate(scope),
    }
}

/// The names that an expression reads, with their values; a name that is not there is left out.
pub(super) fn inputs(expression: &Expression, scope: &Scope<'_>) -> Vec<(String, Value)> {
    let value = |name: &str| {
        scope.names.get(name, &Hint::default()).map(|value| (name.to_owned(), value.into_owned()))
    };
    expression.names().iter().filter_map(|name| value(name)).collect()
}
