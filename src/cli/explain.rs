//! `qilu explain`: one listing from its row to the request, or a word of the program.

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;

use super::desk::Desk;
use super::difference::{Difference, differences};
use super::exit::Exit;
use super::explain_lines;
use super::explain_words;
use super::failure::Failure;
use super::masked::masked;
use crate::city::City;
use crate::config::Instance;
use crate::delivery;
use crate::hand::Sheet;
use crate::ledger::{Item, Ledger, RecordDetail};
use crate::mapping::{Part, Step};
use crate::plan::Action;
use crate::platform::Fresh;
use crate::record::{Complaint, Document, ParentRef, Row, mask};
use crate::source;
use crate::sync::{Error, Parts, PushRoute, compile};

#[derive(Debug, Args)]
pub struct Arguments {
    /// 类别，或意见编号（如 Q4103）· A kind, or a complaint's id such as Q4103
    #[arg(value_name = "KIND|ID", required_unless_present_any = ["filters", "retries"])]
    pub what: Option<String>,
    /// 本地编号 · The listing's key at home
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
    /// 列出映射中可用的过滤器 · The filters that mappings may use
    #[arg(long, conflicts_with_all = ["what", "key", "retries"])]
    pub filters: bool,
    /// 列出该平台的重试间隔 · A platform's retries
    #[arg(long, value_name = "PLATFORM", conflicts_with_all = ["what", "key"])]
    pub retries: Option<String>,
}

/// Everything about one listing.
#[derive(Debug, Serialize)]
pub struct Explanation {
    pub kind: String,
    pub key: String,
    pub title: String,
    pub route: String,
    /// The province's schema that it is checked under now, and the one under which the province accepted it last.
    pub schema: String,
    pub accepted_under: Option<String>,
    /// As the ledger has it; `None` before the first sync.
    pub status: Option<crate::ledger::Status>,
    pub steps: Vec<StepView>,
    pub document: Json,
    pub complaints: Vec<Complaint>,
    /// What would be sent, masked; `None` where nothing would.
    pub request: Option<String>,
    /// Why there is no request, or what in it is not final.
    pub remark: Option<Complaint>,
    /// Parents whose provincial id is not known yet.
    pub waits_for: Vec<String>,
    /// Against what the province accepted last; `None` where it has nothing.
    pub differences: Option<Vec<Difference>>,
}

/// One expression with what it read and what came out, masked.
#[derive(Debug, Serialize)]
pub struct StepView {
    pub part: &'static str,
    pub name: String,
    pub expression: String,
    pub inputs: Vec<(String, String)>,
    pub value: Option<String>,
    pub complaint: Option<Complaint>,
}

pub async fn run(desk: &Desk, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.filters {
        return Ok(explain_words::filter_list(&desk.screen));
    }
    if let Some(platform) = &arguments.retries {
        return explain_words::retries(desk, platform);
    }
    match (arguments.what, arguments.key) {
        (Some(kind), Some(key)) => listing(desk, &kind, &key).await,
        (Some(id), None) => explain_words::complaint(&desk.screen, &id),
        (None, _) => Err(Failure::usage(
            "要解释什么？",
            "explain what?",
            "见 qilu explain --help",
            "see `qilu explain --help`",
        )),
    }
}

async fn listing(desk: &Desk, kind: &str, key: &str) -> Result<Exit, Failure> {
    let instance = desk.instance()?;
    let parts = compile(&instance)?;
    let route = parts.push_routes.values().find(|route| route.route.kind == kind);
    let route = route.ok_or_else(|| {
        let kinds: Vec<&str> = parts.push_routes.values().map(|route| route.route.kind.as_str()).collect();
        Error::Unknown { what: "kind with a push route", name: kind.to_owned(), known: kinds.join(", ") }
    })?;
    let ledger = desk.ledger(&instance).await?;
    let record = ledger.record(kind, key).await?;
    // A record may be named by its id or the province's; the city knows only the key.
    let key = record.as_ref().map_or(key, |found| found.record.key.as_str());
    let row = fetch(&instance, route, key).await?;
    let explanation = explain(desk, &instance, &parts, route, &ledger, &row, record.as_ref()).await?;
    ledger.db().close().await;
    desk.screen.document(&explanation);
    explain_lines::show(&desk.screen, &explanation);
    Ok(Exit::Well)
}

async fn fetch(instance: &Instance, route: &PushRoute, key: &str) -> Result<Row, Failure> {
    let database = &route.push.source.database.value;
    let city = match instance.databases.get(database) {
        Some(database) => City::open(database).await?,
        None => return Err(Complaint::new("Q2001").fact("database", database).into()),
    };
    let row = source::fetch(&city, &route.push, key).await?;
    row.ok_or_else(|| {
        let (kind, database) = (&route.route.kind, &route.push.source.database.value);
        Failure::usage(
            format!("数据库 {database} 里没有编号为 {key} 的{kind}"),
            format!("the database {database} has no {kind} with the key {key}"),
            format!("编号由 {} 列组成；用 qilu why 按名称查找。", columns(route)),
            format!("the key is made of {}; `qilu why TEXT` finds listings by title", columns(route)),
        )
    })
}

fn columns(route: &PushRoute) -> String {
    route.push.source.key.iter().map(|column| column.value.as_str()).collect::<Vec<_>>().join(", ")
}

async fn explain(
    desk: &Desk,
    instance: &Instance,
    parts: &Parts,
    route: &PushRoute,
    ledger: &Ledger,
    row: &Row,
    record: Option<&RecordDetail>,
) -> Result<Explanation, Failure> {
    let today = desk.clock.now().to_utc().with_timezone(&instance.zone).date_naive();
    let judged = route.judge(row, today);
    let document = match &judged.checked {
        Some(checked) => checked.document().clone(),
        None => route.mapping.map(row).document,
    };
    let mut waits_for = Vec::new();
    let mut request = None;
    let mut remark = None;
    if judged.checked.is_some() {
        let mut rendered = document.clone();
        for parent in document.parents() {
            match ledger.remote_id(&route.route.platform, &parent.kind, &parent.key).await? {
                Some(remote_id) => put_in(&mut rendered, &parent, &remote_id),
                None => waits_for.push(format!("{} {}", parent.kind, parent.key)),
            }
        }
        let (action, item) = item(rendered, record, ledger);
        let (kind, platform) = (route.route.kind.as_str(), &route.route.platform);
        // The batch's own key is made when it is sent.
        let street = parts.streets.get(platform).map(|street| {
            let fresh = Fresh::from_clock(&desk.clock);
            delivery::preview(street, kind, action, "BATCH", std::slice::from_ref(&item), fresh)
        });
        let courier = parts.couriers.get(platform).map(|courier| {
            Sheet::new(courier, kind, action, &desk.clock).preview(std::slice::from_ref(&item))
        });
        match street.or(courier) {
            Some(Ok(text)) => request = Some(text),
            Some(Err(complaint)) => remark = Some(complaint),
            None => (),
        }
    }
    let accepted = record.and_then(accepted_document);
    let document = Json::Object(document.0);
    Ok(Explanation {
        kind: route.route.kind.clone(),
        key: row.key.to_string(),
        title: judged.title,
        route: route.route.name.clone(),
        schema: schema_of(instance, route),
        accepted_under: record.and_then(accepted_under),
        status: record.map(|found| found.record.status),
        steps: route.mapping.explain(row).into_iter().map(view).collect(),
        differences: accepted.map(|before| differences(&masked(before), &masked(document.clone()))),
        document: masked(document),
        complaints: judged.complaints,
        request,
        remark,
        waits_for,
    })
}

/// The record's part of a request, as the next batch would carry it.
fn item(document: Document, record: Option<&RecordDetail>, ledger: &Ledger) -> (Action, Item) {
    let known = record.map(|found| &found.record);
    let remote_id = known.and_then(|one| one.remote_id.clone());
    let record_id = known.map_or_else(|| "NEW".to_owned(), |one| one.id.clone());
    let version = known.map_or(0, |one| one.version) + 1;
    let item_key = format!("{}/{record_id}/{version}", ledger.instance_epoch());
    let action = if remote_id.is_some() { Action::Update } else { Action::Create };
    let item = Item { delivery: 0, record_id, item_key, version, remote_id, document, reason: String::new() };
    (action, item)
}

/// The content that the province accepted last.
fn accepted_document(record: &RecordDetail) -> Option<Json> {
    let version = record.record.accepted_version?;
    record.deliveries.iter().find(|one| one.version == version).and_then(|one| one.document.clone())
}

/// The schema under which the province accepted it last, where the ledger has kept it.
fn accepted_under(record: &RecordDetail) -> Option<String> {
    let version = record.record.accepted_version?;
    let delivery = record.deliveries.iter().find(|one| one.version == version)?;
    Some(delivery.schema.clone()).filter(|schema| !schema.is_empty())
}

fn schema_of(instance: &Instance, route: &PushRoute) -> String {
    let platform = instance.platforms.get(&route.route.platform);
    let folder = platform.map_or("", |platform| platform.schemas.value.as_str());
    format!("{folder} {}", route.kind.version)
}

fn put_in(document: &mut Document, parent: &ParentRef, remote_id: &str) {
    fn put(value: &mut Json, parent: &ParentRef, remote_id: &str) {
        match value {
            Json::String(text) if ParentRef::parse(text).as_ref() == Some(parent) => {
                remote_id.clone_into(text);
            }
            Json::Array(items) => items.iter_mut().for_each(|item| put(item, parent, remote_id)),
            Json::Object(fields) => fields.values_mut().for_each(|item| put(item, parent, remote_id)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
        }
    }
    document.0.values_mut().for_each(|value| put(value, parent, remote_id));
}

fn view(step: Step) -> StepView {
    let part = match step.part {
        Part::Condition => "condition",
        Part::Title => "title",
        Part::Field => "field",
    };
    let (value, complaint) = match step.outcome {
        Ok(value) => (Some(mask(&value.to_string())).filter(|_| !value.is_null()), None),
        Err(complaint) => (None, Some(complaint)),
    };
    let inputs = step.inputs.into_iter().map(|(name, value)| {
        (name, if value.is_null() { "NULL".to_owned() } else { mask(&value.to_string()) })
    });
    StepView {
        part,
        name: step.name,
        expression: step.expression,
        inputs: inputs.collect(),
        value,
        complaint,
    }
}
