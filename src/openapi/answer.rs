//! Answers: the envelope that the profile's expressions reach into, as success and as failure.

use serde_json::{Map, Value as Json, json};

use super::probe::{self, Probe};
use crate::config::platform::{AnswerFormat, AnswerText, ItemsText, Operation, Remedy};
use crate::config::{Located, Platform};
use crate::record::Value;

/// Statuses that a success test is tried with.
const GOOD: [i64; 5] = [200, 201, 202, 203, 204];

/// Where the two failures stand.
const FAILURE: &str = "#/components/schemas/answer.failure";
const TROUBLE: &str = "#/components/schemas/answer.trouble";

/// All answers to an operation, by HTTP status; each stands once among the document's components.
pub(super) fn responses(platform: &Platform, operation: Operation) -> Json {
    let reference = |name: String| json!({ "$ref": format!("#/components/responses/{name}") });
    let (statuses, _) = successes(of(platform, operation));
    let mut responses = Map::new();
    for status in &statuses {
        responses.insert(status.to_string(), reference(format!("{}.done", operation.word())));
    }
    for (status, ..) in refusals(platform) {
        if !statuses.contains(&status) {
            responses.insert(status.to_string(), reference(format!("status.{status}")));
        }
    }
    responses.insert("default".to_owned(), reference("status.other".to_owned()));
    Json::Object(responses)
}

/// The answers that `responses` refers to.
pub(super) fn components(platform: &Platform, operations: &[Operation]) -> Json {
    let mut components = Map::new();
    for operation in operations {
        let (_, codes) = successes(of(platform, *operation));
        // A success and a failure are told apart by their codes, where the success test names codes.
        let either = if codes.is_empty() { "anyOf" } else { "oneOf" };
        let schema = json!({ either: [success(platform, *operation, &codes), { "$ref": FAILURE }] });
        components.insert(
            format!("{}.done", operation.word()),
            answer(of(platform, *operation), "成功，或写在报文里的失败", schema, false),
        );
    }
    let trouble = json!({ "$ref": TROUBLE });
    for (status, hint, waits) in refusals(platform) {
        let description = if hint.is_empty() { "失败".to_owned() } else { format!("失败：{hint}") };
        components.insert(
            format!("status.{status}"),
            answer(&platform.answer, &description, trouble.clone(), waits),
        );
    }
    components.insert("status.other".to_owned(), answer(&platform.answer, "其他失败", trouble, false));
    Json::Object(components)
}

fn answer(text: &AnswerText, description: &str, schema: Json, waits: bool) -> Json {
    let media = match text.format.unwrap_or_default() {
        AnswerFormat::Json => "application/json",
        AnswerFormat::Xml => "application/xml",
        AnswerFormat::Text => "text/plain",
    };
    let mut answer = json!({ "description": description, "content": { media: { "schema": schema } } });
    if waits {
        let header = json!({
            "description": "多少秒（或到什么时刻）以后再来",
            "schema": { "type": "string" },
        });
        answer["headers"] = json!({ "Retry-After": header });
    }
    answer
}

/// The failures that every operation may answer with.
///
/// Shape: `answer.failure` is one inside a success's status, told from a success by its code; `answer.trouble` is
///        any other.
pub(super) fn failures(platform: &Platform) -> Vec<(&'static str, Json)> {
    let answer = &platform.answer;
    let (_, codes) = successes(answer);
    let base = |not: &[String]| {
        let mut schema = object("失败：没有办理；code 和 message 说明原因。");
        put_code(
            &mut schema,
            &answer.code,
            if not.is_empty() { json!({}) } else { json!({ "not": { "enum": both(not) } }) },
        );
        put(&mut schema, &answer.message, json!({ "type": ["string", "null"] }), true);
        put(&mut schema, &answer.trace, json!({ "type": "string" }), false);
        schema
    };
    vec![("answer.failure", base(&codes)), ("answer.trouble", base(&[]))]
}

fn success(platform: &Platform, operation: Operation, codes: &[String]) -> Json {
    let answer = of(platform, operation);
    let mut schema = object("成功");
    let enumerated = if codes.is_empty() { json!({}) } else { json!({ "enum": both(codes) }) };
    put_code(&mut schema, &answer.code, enumerated);
    put(&mut schema, &answer.message, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &answer.trace, json!({ "type": "string" }), false);
    match operation {
        Operation::Create | Operation::Update | Operation::Withdraw => {
            if let Some(items) = &answer.items {
                put(&mut schema, &items.list, json!({ "type": "array", "items": result(items) }), true);
            }
        }
        Operation::List => {
            if let Some(list) = &answer.list {
                put(&mut schema, &list.list, json!({ "type": "array", "items": record(answer) }), true);
                put(&mut schema, &list.total, json!({ "type": "integer", "minimum": 0 }), false);
                put(&mut schema, &list.cursor, json!({ "type": ["string", "null"] }), false);
            }
        }
        Operation::Lookup => {
            if let Some(lookup) = &answer.lookup {
                let found = json!({ "oneOf": [record(answer), { "type": "null" }] });
                put(&mut schema, &lookup.record, found, true);
            }
        }
        Operation::Reviews | Operation::Review => {
            if let Some(reviews) = &answer.reviews {
                put(&mut schema, &reviews.list, json!({ "type": "array", "items": review(answer) }), true);
                put(&mut schema, &reviews.next, json!({ "type": "integer" }), true);
            }
        }
        Operation::Dictionary => {
            if let Some(dictionary) = &answer.dictionary {
                let mut entry = object("一个代码");
                put(&mut entry, &dictionary.code, scalar(), true);
                put(&mut entry, &dictionary.label, json!({ "type": "string" }), true);
                put(&mut schema, &dictionary.list, json!({ "type": "array", "items": entry }), true);
            }
        }
        Operation::Ping => {
            if let Some(ping) = &answer.ping {
                put(&mut schema, &ping.time, json!({ "type": "string" }), false);
            }
        }
        Operation::Status | Operation::Upload | Operation::Login => (),
    }
    schema
}

/// One record's result in the answer to a batch.
fn result(items: &ItemsText) -> Json {
    let test = items.success.as_deref().map(String::as_str).unwrap_or_default();
    let codes: Vec<String> = probe::literals(test)
        .into_iter()
        .filter(|code| Probe::default().with("code", Value::text(code.as_str())).holds(test))
        .collect();
    let base = |description: &str, code: Json| {
        let mut schema = object(description);
        put(&mut schema, &items.id, json!({ "type": "string" }), true);
        put_code(&mut schema, &items.code, code);
        put(&mut schema, &items.message, json!({ "type": ["string", "null"] }), false);
        schema
    };
    let (good, other) = match codes.as_slice() {
        [] => (json!({}), json!({})),
        codes => (json!({ "enum": both(codes) }), json!({ "not": { "enum": both(codes) } })),
    };
    let mut done = base("已接收", good);
    put(&mut done, &items.remote_id, json!({ "type": "string", "minLength": 1 }), true);
    let mut refused = base("未接收：code 和 message 说明原因，field 指出字段；重复时带原编号。", other);
    put(&mut refused, &items.field, json!({ "type": ["string", "null"] }), false);
    put(&mut refused, &items.remote_id, json!({ "type": ["string", "null"] }), false);
    let either = if codes.is_empty() { "anyOf" } else { "oneOf" };
    json!({ either: [done, refused] })
}

/// A record as the province has it.
fn record(answer: &AnswerText) -> Json {
    let mut schema = object("省平台上的一条记录");
    let Some(record) = &answer.record else { return schema };
    put(&mut schema, &record.remote_id, json!({ "type": "string", "minLength": 1 }), true);
    put(&mut schema, &record.local_id, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &record.city, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &record.status, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &record.version, json!({ "type": ["integer", "null"] }), false);
    put(&mut schema, &record.updated_at, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &record.withdrawn, json!({ "type": "boolean" }), false);
    let data = "报送数据，字段同该类别的规范；他市报送的、在省平台手工录入的不一定齐全。";
    put(&mut schema, &record.data, json!({ "type": ["object", "null"], "description": data }), true);
    schema
}

fn review(answer: &AnswerText) -> Json {
    let mut schema = object("一次审核");
    let Some(reviews) = &answer.reviews else { return schema };
    put(&mut schema, &reviews.seq, json!({ "type": "integer" }), true);
    put(&mut schema, &reviews.kind, json!({ "type": "string" }), false);
    put(&mut schema, &reviews.local_id, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &reviews.remote_id, json!({ "type": "string" }), false);
    let words: Vec<&str> = reviews.states.keys().map(String::as_str).collect();
    put(&mut schema, &reviews.state, json!({ "type": "string", "enum": words }), true);
    put(&mut schema, &reviews.opinion, json!({ "type": ["string", "null"] }), false);
    put(&mut schema, &reviews.at, json!({ "type": "string" }), false);
    schema
}

/// The statuses and the business codes for which the success test holds.
fn successes(answer: &AnswerText) -> (Vec<i64>, Vec<String>) {
    let test = answer.success.as_deref().map(String::as_str).unwrap_or_default();
    let literals = probe::literals(test);
    let mut candidates: Vec<Option<&str>> = vec![None];
    candidates.extend(literals.iter().map(|literal| Some(literal.as_str())));
    let (mut statuses, mut codes) = (Vec::new(), Vec::new());
    for status in GOOD {
        for code in &candidates {
            let value = code.map_or(Value::Null, Value::text);
            let probe = Probe::default().with("status", Value::Int(status)).with("code", value);
            if probe.holds(test) {
                if !statuses.contains(&status) {
                    statuses.push(status);
                }
                codes.extend(code.map(str::to_owned).filter(|code| !codes.contains(code)));
            }
        }
    }
    if statuses.is_empty() {
        statuses.push(200);
    }
    (statuses, codes)
}

/// The statuses that the profile knows a remedy for, with its sentence, and whether they ask to wait.
fn refusals(platform: &Platform) -> Vec<(i64, String, bool)> {
    let mut found: Vec<(i64, String, bool)> = Vec::new();
    for rule in &platform.remedies {
        for literal in probe::literals(&rule.when) {
            let Some(status) = literal.parse().ok().filter(|status| (300..600).contains(status)) else {
                continue;
            };
            let probe = ["code", "message", "transport"]
                .into_iter()
                .fold(Probe::default().with("status", Value::Int(status)), |probe, name| {
                    probe.with(name, Value::Null)
                });
            if probe.holds(&rule.when) && !found.iter().any(|(known, ..)| *known == status) {
                found.push((status, rule.zh.clone(), rule.remedy == Remedy::Wait));
            }
        }
    }
    found.sort_by_key(|(status, ..)| *status);
    found
}

/// How the answer to an operation is read.
fn of(platform: &Platform, operation: Operation) -> &AnswerText {
    platform.answers.get(&operation).unwrap_or(&platform.answer)
}

fn object(description: &str) -> Json {
    json!({ "type": "object", "description": description })
}

/// A code is the same as a text and as a number.
fn scalar() -> Json {
    json!({ "type": ["string", "integer"] })
}

fn both(codes: &[String]) -> Vec<Json> {
    let mut all: Vec<Json> = codes.iter().map(|code| Json::from(code.as_str())).collect();
    // `00` is no number: it would come back as another text.
    let numbers = codes.iter().filter_map(|code| code.parse::<i64>().ok().filter(|n| n.to_string() == *code));
    all.extend(numbers.map(Json::from));
    all
}

fn put_code(schema: &mut Json, place: &Option<Located<String>>, limits: Json) {
    let mut leaf = scalar();
    if let (Json::Object(leaf), Json::Object(limits)) = (&mut leaf, limits) {
        leaf.extend(limits);
    }
    put(schema, place, leaf, true);
}

/// Puts a leaf where a plain path leads; what is no plain path says nothing about the shape.
fn put(schema: &mut Json, place: &Option<Located<String>>, leaf: Json, required: bool) {
    let Some(steps) = place.as_ref().and_then(|place| probe::path(place)) else { return };
    let Some((first, steps)) = steps.split_first() else { return };
    if !matches!(*first, "body" | "item") || steps.is_empty() {
        return;
    }
    let mut here = schema;
    for (at, step) in steps.iter().enumerate() {
        if required {
            let list = &mut here["required"];
            let step = Json::from(*step);
            match list {
                Json::Array(names) if names.contains(&step) => (),
                Json::Array(names) => names.push(step),
                other => *other = json!([step]),
            }
        }
        if at + 1 == steps.len() {
            here["properties"][*step] = leaf;
            return;
        }
        here = &mut here["properties"][*step];
        if here.is_null() {
            *here = json!({ "type": "object" });
        }
    }
}
