//! Can what an import route writes be written?

use serde_json::{Map, Value as Json};

use super::World;
use super::column::{Table, missing_table, near};
use super::finding::{Findings, because, says};
use super::written::is_about_types;
use crate::city::{City, Writer};
use crate::config::{Fault, Flow, Import, Push, Relation, Route};
use crate::expression::{Expression, Scope};
use crate::record::{Complaint, Value};

pub(super) async fn check(world: &World<'_>, route: &Route, import: &Import) -> Vec<Fault> {
    let mut findings = Findings::new(&route.file);
    if let Some(city) = world.city(&import.target.database) {
        columns(city, import, &mut findings).await;
    }
    // One that does not even open for reading has been complained of.
    if let Some(database) = world
        .instance
        .databases
        .get(&import.target.database.value)
        .filter(|one| world.city(&one.name).is_some())
        && let Err(complaint) = Writer::open(database).await
    {
        findings.at(&import.target.database, complaint);
    }
    expressions(world, route, import, &mut findings);
    let mut faults = findings.into_faults();
    faults.extend(pushed_back(world, import));
    faults
}

/// The table and every column that is written.
async fn columns(city: &City, import: &Import, findings: &mut Findings<'_>) {
    let target = &import.target;
    if let Some(complaint) = missing_table(city, &target.table).await {
        return findings.at(&target.table, complaint);
    }
    let table = match city.describe(&Relation::Table(target.table.clone())).await {
        Ok(columns) => Table::new(columns),
        Err(complaint) => return findings.at(&target.table, complaint),
    };
    let own = [&target.key, &target.origin_column].into_iter();
    for name in own.chain(import.columns.iter().map(|column| &column.name)) {
        if table.column(name).is_none() {
            let complaint = Complaint::new("Q1104").found(&name.value).fact("table", &target.table.value);
            findings.at(name, complaint.fact("near", near(name, table.names())));
        }
    }
}

/// Every column's expression over the schema's own example of a record.
fn expressions(world: &World<'_>, route: &Route, import: &Import, findings: &mut Findings<'_>) {
    let codes = world.parts.codes.get(&route.platform);
    let kind = world.parts.schemas.get(&route.platform).and_then(|set| set.kind(&route.kind));
    let (Some(codes), Some(kind)) = (codes, kind) else { return };
    let mut record: Map<String, Json> = kind.example().0;
    let envelope =
        [("remoteId", "SD-00000017"), ("city", "370100"), ("updatedAt", "2023-05-01T08:30:00+08:00")];
    record.extend(envelope.map(|(name, value)| (name.to_owned(), Json::from(value))));
    let scope = Scope::new(&record, codes, world.instance.zone);
    for column in &import.columns {
        let Ok(expression) = Expression::compile(&column.expression) else { continue };
        let why = match expression.evaluate(&scope) {
            Ok(value @ (Value::List(_) | Value::Map(_))) => {
                Complaint::new("Q2021").column(&column.name.value).fact("type", value.type_name())
            }
            Err(complaint) if is_about_types(&complaint) => complaint,
            Ok(_) | Err(_) => continue,
        };
        let complaint = Complaint::new("Q1125").label(&column.name.value);
        findings.at(&column.expression, because(complaint, &why));
    }
}

/// Push routes that read the table which is imported to, and do not ask where a row came from.
fn pushed_back(world: &World<'_>, import: &Import) -> Vec<Fault> {
    let target = &import.target;
    let mut faults = Vec::new();
    for route in world.instance.routes.values() {
        let Flow::Push(push) = &route.flow else { continue };
        let source = &push.source;
        let reads_it =
            source.database.value == target.database.value && says(source.relation.text(), &target.table);
        if reads_it && !asks_for(push, &target.origin_column) {
            let complaint = Complaint::new("Q1152").found(&target.table.value);
            let complaint = complaint.fact("origin", &target.origin_column.value);
            faults.push(source.publish_when.fault(&route.file, 0, complaint));
        }
    }
    faults
}

fn asks_for(push: &Push, column: &str) -> bool {
    let source = &push.source;
    let conditions = [Some(&source.publish_when), source.withdraw_when.as_ref(), source.hold_when.as_ref()];
    let in_condition = conditions.into_iter().flatten().any(|condition| says(condition, column));
    // `SELECT *` does not say it, and a query that does may filter by it.
    in_condition || says(source.relation.text(), column)
}
