//! Paths: a profile's path is an expression, so that each kind has paths of its own; operations that share a
//! method and a path are one operation of the document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::answer;
use super::parameter;
use super::probe::{self, Probe};
use super::template::Body;
use crate::config::platform::{Call, Named, Operation};
use crate::config::{Fault, Platform};
use crate::record::{Complaint, Value};
use crate::schema::{Kind, SchemaSet};

/// What is asked in one place: the operations of one method and path.
struct Place<'a> {
    kind: Option<&'a Kind>,
    calls: Vec<(Operation, &'a Call)>,
}

/// All paths, in the order of operations and of kinds, and the operations whose answers they refer to.
///
/// Errors: Q7701 for a path of which nothing can be told.
pub(super) fn paths(platform: &Platform, schemas: &SchemaSet) -> Result<(Json, Vec<Operation>), Vec<Fault>> {
    let mut places: Vec<((String, &str), Place<'_>)> = Vec::new();
    let mut faults = Vec::new();
    for (operation, call) in &platform.operations {
        let by_kind =
            probe::names(&call.path).iter().any(|name| name.as_ref() == "kind") || is_about_kinds(*operation);
        let kinds: Vec<Option<&Kind>> = match by_kind {
            true => schemas.kinds().map(|kind| Some(kind.as_ref())).collect(),
            false => vec![None],
        };
        for kind in kinds {
            let probe = Probe::default().with("city_code", Value::text(platform.city_code.as_str()));
            let probe = match kind {
                Some(kind) => probe.with("kind", Value::Text(kind.name.clone())),
                None => probe,
            };
            let path = match probe.value(&call.path) {
                Ok(Value::Text(path)) => path.to_string(),
                Ok(_) | Err(_) => {
                    let complaint = Complaint::new("Q7701").found(&call.path.value);
                    faults.push(call.path.fault(&platform.file, 0, complaint));
                    break;
                }
            };
            let key = (path, call.method.as_str());
            match places.iter_mut().find(|(known, _)| *known == key) {
                Some((_, place)) => place.add(kind, *operation, call),
                None => places.push((key, Place { kind, calls: vec![(*operation, call)] })),
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut paths = Map::new();
    let answering: BTreeSet<Operation> = places.iter().filter_map(|(_, place)| place.answers()).collect();
    for ((path, method), place) in &places {
        let described = place.describe(platform, path);
        let entry = paths.entry(path.clone()).or_insert_with(|| Json::Object(Map::new()));
        entry[method.to_lowercase()] = described;
    }
    Ok((Json::Object(paths), answering.into_iter().collect()))
}

/// Whether its body differs from kind to kind, also where its path does not.
fn is_about_kinds(operation: Operation) -> bool {
    operation.is_delivery()
}

impl<'a> Place<'a> {
    fn add(&mut self, kind: Option<&'a Kind>, operation: Operation, call: &'a Call) {
        // One address for all kinds: the document tells of it once, without a kind.
        if self.kind.map(|known| &known.name) != kind.map(|kind| &kind.name) {
            self.kind = None;
        }
        if !self.calls.iter().any(|(known, _)| *known == operation) {
            self.calls.push((operation, call));
        }
    }

    fn describe(&self, platform: &Platform, path: &str) -> Json {
        let names: Vec<&str> = self.calls.iter().map(|(operation, _)| operation.word()).collect();
        let actions: Vec<&str> = self.calls.iter().map(|(operation, _)| chinese(*operation)).collect();
        let (title, id) = match self.kind {
            Some(kind) => (kind.title.as_str(), format!("{}.{}", kind.name, names.join("-"))),
            None => ("公共", names.join("-")),
        };
        let mut described = json!({
            "operationId": id,
            "summary": format!("{title}：{}", actions.join("、")),
            "tags": [title],
            "parameters": self.parameters(platform, path),
        });
        let kind = self.kind.map(|kind| kind.name.as_ref());
        let mut bodies: Vec<(&str, Vec<Json>)> = Vec::new();
        for (operation, call) in &self.calls {
            let Some((media, schema)) = (Body { platform, operation: *operation, call, kind }).schema()
            else {
                continue;
            };
            match bodies.iter_mut().find(|(known, _)| *known == media) {
                Some((_, schemas)) => schemas.push(schema),
                None => bodies.push((media, vec![schema])),
            }
        }
        if !bodies.is_empty() {
            let content: Map<String, Json> = bodies
                .into_iter()
                .map(|(media, schemas)| (media.to_owned(), json!({ "schema": one_of(schemas) })))
                .collect();
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        if let Some(operation) = self.answers() {
            described["responses"] = answer::responses(platform, operation);
        }
        described
    }

    /// Operations of one address answer in one way: as the first of them does.
    fn answers(&self) -> Option<Operation> {
        self.calls.first().map(|(operation, _)| *operation)
    }

    /// Headers and query of all its operations; required is what each of them always sends.
    fn parameters(&self, platform: &Platform, path: &str) -> Vec<Json> {
        let secrets = parameter::secrets(platform);
        let kind = self.kind.map(|kind| kind.name.as_ref());
        let mut parameters = Vec::new();
        let mut told: BTreeMap<(&str, String), usize> = BTreeMap::new();
        let first = self.answers().unwrap_or(Operation::Ping);
        for variable in variables(path) {
            parameters.push(json!({
                "name": variable,
                "in": "path",
                "required": true,
                "schema": parameter::schema(platform, first, kind, variable),
            }));
        }
        for (operation, call) in &self.calls {
            let headers = platform.headers.iter().chain(&call.headers).map(|pair| ("header", pair));
            for (place, pair) in headers.chain(call.query.iter().map(|pair| ("query", pair))) {
                if parameter::is_secret(&secrets, pair) || is_of_http(place, pair) {
                    continue;
                }
                let name = pair.name.value.clone();
                let key = (place, name.to_lowercase());
                *told.entry(key).or_insert_with(|| {
                    parameters.push(json!({
                        "name": name,
                        "in": place,
                        "required": false,
                        "schema": parameter::schema(platform, *operation, kind, &pair.expression),
                    }));
                    0
                }) += usize::from(parameter::is_there(*operation, &pair.expression));
            }
        }
        for parameter in &mut parameters {
            let place = if parameter["in"] == "header" { "header" } else { "query" };
            let key = (place, parameter["name"].as_str().unwrap_or_default().to_lowercase());
            if told.get(&key).is_some_and(|count| *count == self.calls.len()) {
                parameter["required"] = true.into();
            }
        }
        parameters
    }
}

/// OpenAPI has its own places for these.
fn is_of_http(place: &str, pair: &Named) -> bool {
    place == "header"
        && ["accept", "content-type", "authorization"].iter().any(|name| pair.name.eq_ignore_ascii_case(name))
}

/// The variables of `/dictionaries/{table}`.
fn variables(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

fn one_of(mut schemas: Vec<Json>) -> Json {
    match schemas.len() {
        1 => schemas.remove(0),
        _ => json!({ "oneOf": schemas }),
    }
}

fn chinese(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "新增",
        Operation::Update => "更新",
        Operation::Withdraw => "撤下",
        Operation::Lookup => "查一条",
        Operation::List => "列出",
        Operation::Reviews => "审核结果",
        Operation::Review => "一条的审核结果",
        Operation::Status => "办理结果",
        Operation::Dictionary => "代码表",
        Operation::Upload => "上传附件",
        Operation::Ping => "连通测试",
        Operation::Login => "登录",
    }
}
