//! Expressions tried on rows that the columns' declared types allow, for mistakes that would hit every row.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::column::{Table, Tables};
use super::finding::{Findings, because};
use super::sample::Sample;
use super::written::is_about_types;
use super::{Subject, Written};
use crate::record::{Complaint, Key, Row, Value};

/// Rows to try at most; an expression over so many columns that there would be more is not judged.
const ROWS_MAX: usize = 4096;

/// Complains of expressions that no row of the declared types satisfies, that some do not, and of such as stumble
/// over NULL.
///
/// Real rows come first: where they have values for an expression, they have judged it already.
pub(super) fn check(
    subject: &Subject<'_>,
    tables: &Tables,
    sample: Option<&Sample>,
    findings: &mut Findings<'_>,
) {
    for written in &subject.written {
        let Some(table) = tables.of(written).filter(|_| !findings.speak_of(&written.name)) else { continue };
        let Some(trial) = Trial::new(subject, written, table, tables) else { continue };
        let seen = sample.map(|sample| sample.seen(written, subject)).unwrap_or_default();
        let verdict = if seen.informative == 0 { trial.on_values() } else { None };
        let found = match verdict {
            // With real rows, a NULL is only to blame where some of them failed like that.
            None if seen.informative == 0 || seen.failed_by_type > 0 => {
                trial.fails_on_null().map(|why| ("Q1124", why))
            }
            other => other,
        };
        if let Some((id, why)) = found {
            findings.at(written.text, because(written.complaint(id), &why));
        }
    }
}

/// One expression with the values that its columns may hold.
struct Trial<'t> {
    subject: &'t Subject<'t>,
    written: &'t Written<'t>,
    names: Vec<Arc<str>>,
    values: Vec<Vec<Value>>,
    /// Whether the columns hold nothing else than values of these types.
    is_sure: bool,
    children: Vec<(Arc<str>, Vec<Row>)>,
}

impl<'t> Trial<'t> {
    /// `None` for an expression that names what is not there: that has its own complaint.
    fn new(
        subject: &'t Subject<'t>,
        written: &'t Written<'t>,
        table: &Table,
        tables: &Tables,
    ) -> Option<Trial<'t>> {
        let (mut names, mut values, mut children) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_sure = true;
        for name in written.expression.names() {
            if let Some(column) = table.column(name) {
                names.push(name.clone());
                let mut some = plausible(&column.declared_type);
                if column.declared_type == "TEXT" {
                    // What it is compared with leads into branches that no other text does.
                    some.extend(literals(written.expression.text()).map(Value::text));
                }
                values.push(some);
                is_sure &=
                    matches!(column.declared_type.as_str(), "INTEGER" | "BOOLEAN" | "REAL" | "TEXT" | "BLOB");
            } else {
                let group = tables.children.iter().find(|(group, _)| **group == **name)?;
                children.push((name.clone(), vec![child_row(group.1.as_ref()?)]));
            }
        }
        Some(Trial { subject, written, names, values, is_sure, children })
    }

    /// A mistake of types: Q1121 if no row at all gives a value, Q1126 if some rows do.
    fn on_values(&self) -> Option<(&'static str, Complaint)> {
        let count = self.values.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()))?;
        if count > ROWS_MAX {
            return None;
        }
        let (mut why, mut gives_a_value) = (None, false);
        for number in 0..count {
            match self.evaluate(self.cells(number)) {
                Ok(_) => gives_a_value = true,
                Err(complaint) if is_about_types(&complaint) => why = why.or(Some(complaint)),
                Err(_) => (),
            }
        }
        match why? {
            why if !gives_a_value => Some(("Q1121", why)),
            why if self.is_sure => Some(("Q1126", why)),
            _ => None,
        }
    }

    fn fails_on_null(&self) -> Option<Complaint> {
        let nulls = vec![Value::Null; self.names.len()];
        self.evaluate(nulls).err().filter(is_about_types)
    }

    /// The row of a number: each column's value is one digit of it.
    fn cells(&self, mut number: usize) -> Vec<Value> {
        let digit = |values: &Vec<Value>| {
            let value = values[number % values.len()].clone();
            number /= values.len();
            value
        };
        self.values.iter().map(digit).collect()
    }

    fn evaluate(&self, cells: Vec<Value>) -> Result<Value, Complaint> {
        let columns = self.names.clone().into();
        let row = Row { key: Key::new(Vec::new()), columns, cells, children: self.children.clone() };
        self.written.evaluate(&row, self.subject)
    }
}

fn child_row(table: &Table) -> Row {
    let columns: Vec<Arc<str>> = table.names().map(Arc::from).collect();
    let first = |name: &str| {
        let declared = table.column(name).map_or("", |column| column.declared_type.as_str());
        plausible(declared).into_iter().next().unwrap_or_default()
    };
    let cells = table.names().map(first).collect();
    Row { key: Key::new(Vec::new()), columns: columns.into(), cells, children: Vec::new() }
}

/// The texts that an expression quotes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(['\'', '"'])?;
        let quote = &rest[start..=start];
        let inside = &rest[start + 1..];
        let (literal, after) = inside.split_once(quote)?;
        rest = after;
        Some(literal)
    })
}

/// Values that a column of this declared type may well hold: at least one. A column without a type, such as the
/// result of a function, may hold anything.
fn plausible(declared: &str) -> Vec<Value> {
    let decimal = || Value::Decimal(Decimal::new(125, 1));
    match declared {
        "INTEGER" => [1, 20_230_501, 1_700_000_000].map(Value::Int).to_vec(),
        "BOOLEAN" => [1, 0].map(Value::Int).to_vec(),
        "REAL" => vec![decimal()],
        "NUMERIC" => vec![Value::Int(12), decimal(), Value::text("12.5")],
        "TEXT" => ["1", "2023-05-01", "示例"].map(Value::text).to_vec(),
        "DATE" | "DATETIME" | "TIME" => {
            vec![Value::text("2023-05-01"), Value::text("2023-05-01 08:30:00"), Value::Int(1_700_000_000)]
        }
        "BLOB" => vec![Value::Bytes("示例".as_bytes().into())],
        _ => vec![Value::text("1"), Value::text("2023-05-01"), Value::Int(1), decimal()],
    }
}
