//! A profile, compiled: every expression read and checked before the first request is built.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::formula::Formula;
use super::login::{self, Login};
use super::reading::{AnswerReading, Press};
use super::template::{Part, Template};
use super::{Bindings, Known};
use crate::config::platform::{self, Digest, Encoding, Operation, RemedyRule};
use crate::config::{Fault, Located, Platform};
use crate::record::Complaint;

/// How one province talks, ready to be used. A clone shares it.
#[derive(Clone, Debug)]
pub struct Profile(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    platform: Arc<Platform>,
    headers: Vec<(String, Formula)>,
    steps: Vec<Step>,
    calls: BTreeMap<Operation, Call>,
    answers: BTreeMap<Operation, AnswerReading>,
    logins: Vec<Login>,
    /// Places of the logins whose sessions an operation uses.
    needs: BTreeMap<Operation, Vec<usize>>,
    rules: Vec<Rule>,
}

/// One remedy rule with its predicate.
#[derive(Clone, Debug)]
pub struct Rule {
    pub when: Formula,
    pub rule: RemedyRule,
}

/// One step of the signature.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) digest: Digest,
    pub(super) input: Formula,
    pub(super) key: Option<Formula>,
    pub(super) output: Encoding,
}

impl Step {
    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        self.key.iter().chain([&self.input])
    }
}

/// One operation's request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: Formula,
    pub(super) query: Vec<(String, Formula)>,
    pub(super) headers: Vec<(String, Formula)>,
    pub(super) payload: Option<Template>,
    pub(super) item: Option<Template>,
    pub(super) envelope: Option<Template>,
}

impl Call {
    /// Every expression of the request around its payload.
    pub(super) fn formulas(&self) -> Vec<&Formula> {
        let pairs = self.query.iter().chain(&self.headers).map(|(_, formula)| formula);
        let envelope = self.envelope.as_ref().map(Template::formulas).unwrap_or_default();
        std::iter::once(&self.path).chain(pairs).chain(envelope).collect()
    }
}

/// Names in every expression of a request. What a request does not have is null.
pub(super) const REQUEST_NAMES: &[&str] = &[
    "kind",
    "action",
    "key",
    "city_code",
    "scope",
    "page",
    "size",
    "since",
    "after",
    "local_id",
    "remote_id",
    "uscc",
    "patent",
    "title",
    "owner",
    "table",
];
/// Made afresh for each attempt.
pub(super) const FRESH_NAMES: &[&str] =
    &["timestamp", "timestamp_ms", "now", "nonce", "uuid", "credentials", "session"];
/// Parts of the request itself; asking for one makes it.
pub(super) const PART_NAMES: &[&str] = &["method", "path", "query", "path_query", "payload", "body"];
const PAYLOAD_NAMES: &[&str] = &["kind", "action", "key", "city_code", "items"];
const ITEM_NAMES: &[&str] = &[
    "kind",
    "action",
    "key",
    "city_code",
    "record_id",
    "item_key",
    "version",
    "remote_id",
    "document",
    "reason",
];

impl Profile {
    /// Compiles every expression. Errors: all faults, each at its place in the profile's file.
    pub fn compile(platform: Arc<Platform>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let compiled = compile(&platform, &mut faults);
        match compiled {
            Some((headers, steps, calls, (logins, needs), answers, rules)) if faults.is_empty() => {
                let compiled = Compiled { platform, headers, steps, calls, answers, logins, needs, rules };
                Ok(Profile(Arc::new(compiled)))
            }
            _ => Err(faults),
        }
    }

    pub fn platform(&self) -> &Platform {
        &self.0.platform
    }

    /// How the answer to an operation is read.
    pub fn answer(&self, operation: Operation) -> &AnswerReading {
        self.0.answers.get(&operation).unwrap_or(&NOTHING_READ)
    }

    /// Whether a request of this operation carries one record.
    pub fn is_single(&self, operation: Operation) -> bool {
        self.0.platform.operations.get(&operation).is_some_and(platform::Call::is_single)
    }

    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// How sessions are had, in order.
    pub fn logins(&self) -> &[Login] {
        &self.0.logins
    }

    /// The places of the logins that an operation needs.
    pub(super) fn needs(&self, operation: Operation) -> &[usize] {
        self.0.needs.get(&operation).map_or(&[], Vec::as_slice)
    }

    /// Whether the province offers an operation.
    pub fn offers(&self, operation: Operation) -> bool {
        self.0.calls.contains_key(&operation)
    }

    /// The stable content of a batch's request.
    ///
    /// Shape:  the same input gives the same bytes; nothing in it depends on time or dice.
    /// Errors: Q7407 if an expression fails for these records, Q7410 for an operation that is not offered.
    pub fn payload(
        &self,
        operation: Operation,
        kind: &str,
        key: &str,
        parts: &[Part<'_>],
    ) -> Result<Vec<u8>, Complaint> {
        let call = self.call(operation)?;
        let Some(payload) = &call.payload else { return Ok(Vec::new()) };
        let bindings = Bindings::default()
            .with("kind", Known::Text(kind))
            .with("action", Known::Text(operation.word()))
            .with("key", Known::Text(key))
            .with("city_code", Known::Text(&self.0.platform.city_code));
        let mut bytes = Vec::new();
        payload
            .write(&bindings, call.item.as_ref(), parts, &mut bytes)
            .map_err(|complaint| failed(operation, "payload", &complaint))?;
        Ok(bytes)
    }

    pub(super) fn call(&self, operation: Operation) -> Result<&Call, Complaint> {
        let offered = self.0.calls.get(&operation);
        offered.ok_or_else(|| Complaint::new("Q7410").found(operation.word()))
    }

    pub(super) fn headers(&self) -> &[(String, Formula)] {
        &self.0.headers
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0.steps
    }
}

/// `Q7407`: an expression of the profile failed while a request was being built.
pub(super) fn failed(operation: Operation, place: &str, cause: &Complaint) -> Complaint {
    let place = format!("operations.{} {place}", operation.word());
    Complaint::new("Q7407")
        .fact("place", place)
        .fact("reason", cause.message(crate::record::Language::Chinese))
}

/// Of an operation that the province does not offer.
static NOTHING_READ: LazyLock<AnswerReading> = LazyLock::new(AnswerReading::default);

type Sessions = (Vec<Login>, BTreeMap<Operation, Vec<usize>>);
type Parts = (
    Vec<(String, Formula)>,
    Vec<Step>,
    BTreeMap<Operation, Call>,
    Sessions,
    BTreeMap<Operation, AnswerReading>,
    Vec<Rule>,
);

fn compile(platform: &Platform, faults: &mut Vec<Fault>) -> Option<Parts> {
    let file = platform.file.as_path();
    let step_names: Vec<&str> = platform.sign.iter().map(|step| step.name.as_str()).collect();
    let known = [REQUEST_NAMES, FRESH_NAMES, PART_NAMES, &step_names].concat();
    let steps = compile_steps(platform, &known, faults);
    let headers = compile_pairs(&platform.headers, &known, file, faults);
    let mut calls = BTreeMap::new();
    for (operation, call) in &platform.operations {
        if let Some(call) = compile_call(call, &known, file, faults) {
            if let Some(circle) = circle(&call, &steps) {
                faults.push(platform.operations[operation].path.fault(
                    file,
                    0,
                    Complaint::new("Q7408").found(circle),
                ));
            }
            calls.insert(*operation, call);
        }
    }
    check_credentials(platform, &headers, &steps, &calls, faults);
    let shared: Vec<&Formula> = headers.iter().map(|(_, formula)| formula).collect();
    let shared: Vec<&Formula> = shared.into_iter().chain(steps.iter().flat_map(Step::formulas)).collect();
    let logins = login::compile(platform, &known, &shared, faults);
    let at = &platform.base_url;
    let every: Vec<_> = shared.iter().copied().chain(calls.values().flat_map(Call::formulas)).collect();
    login::check(&every, &logins, |complaint| faults.push(at.fault(file, 0, complaint)));
    let needs = login::needs_of_calls(&calls, &shared, &logins);
    let press = &mut Press { file, faults };
    let general = (Operation::Login, &platform.answer);
    let answers = platform.answers.iter().map(|(operation, text)| (*operation, text)).chain([general]);
    let answers = answers.map(|(operation, text)| (operation, AnswerReading::compile(text, press))).collect();
    let mut rules = Vec::new();
    for rule in &platform.remedies {
        let known = ["status", "code", "message", "body", "headers", "action", "transport"];
        if let Some(when) = Formula::compile(&rule.when, &known, file, faults) {
            rules.push(Rule { when, rule: rule.clone() });
        }
    }
    Some((headers, steps, calls, (logins, needs), answers, rules))
}

fn compile_steps(platform: &Platform, known: &[&str], faults: &mut Vec<Fault>) -> Vec<Step> {
    let file = platform.file.as_path();
    let mut steps: Vec<Step> = Vec::new();
    for step in &platform.sign {
        let taken = known.iter().filter(|name| **name == *step.name).count() > 1;
        if taken {
            faults.push(step.name.fault(file, 0, Complaint::new("Q7409").found(&step.name.value)));
        }
        let input = Formula::compile(&step.input, known, file, faults);
        let key = step.key.as_ref().map(|key| Formula::compile(key, known, file, faults));
        if let (Some(input), Some(key)) = (input, key.map_or(Some(None), |key| key.map(Some))) {
            let name = step.name.value.clone();
            steps.push(Step { name, digest: step.digest, input, key, output: step.output });
        }
    }
    steps
}

pub(super) fn compile_call(
    call: &platform::Call,
    known: &[&str],
    file: &Path,
    faults: &mut Vec<Fault>,
) -> Option<Call> {
    let path = Formula::compile(&call.path, known, file, faults);
    let query = compile_pairs(&call.query, known, file, faults);
    let headers = compile_pairs(&call.headers, known, file, faults);
    let mut template = |template: &Option<platform::Template>, known: &[&str]| {
        template.as_ref().and_then(|template| Template::compile(template, known, file, faults))
    };
    let payload = template(&call.payload, PAYLOAD_NAMES);
    let item = template(&call.item, ITEM_NAMES);
    let envelope = template(&call.envelope, known);
    Some(Call { method: call.method.clone(), path: path?, query, headers, payload, item, envelope })
}

fn compile_pairs(
    pairs: &[platform::Named],
    known: &[&str],
    file: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<(String, Formula)> {
    let mut compiled = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if let Some(formula) = Formula::compile(&pair.expression, known, file, faults) {
            compiled.push((pair.name.value.clone(), formula));
        }
    }
    compiled
}

/// A name that needs itself: a signature over a body that holds the signature.
fn circle<'a>(call: &'a Call, steps: &'a [Step]) -> Option<&'a str> {
    fn needs<'a>(name: &str, call: &'a Call, steps: &'a [Step]) -> Vec<&'a str> {
        match name {
            "path" => call.path.names().collect(),
            "query" => call.query.iter().flat_map(|(_, formula)| formula.names()).collect(),
            "path_query" => vec!["path", "query"],
            "body" => call.envelope.as_ref().map(Template::names).unwrap_or_default(),
            _ => steps
                .iter()
                .filter(|step| step.name == name)
                .flat_map(|step| step.input.names().chain(step.key.iter().flat_map(Formula::names)))
                .collect(),
        }
    }
    fn visit<'a>(
        name: &'a str,
        way: &mut Vec<&'a str>,
        call: &'a Call,
        steps: &'a [Step],
    ) -> Option<&'a str> {
        if way.contains(&name) {
            return Some(name);
        }
        way.push(name);
        let found = needs(name, call, steps).into_iter().find_map(|next| visit(next, way, call, steps));
        way.pop();
        found
    }
    let starts = ["path", "query", "body"].into_iter().chain(steps.iter().map(|step| step.name.as_str()));
    starts.into_iter().find_map(|start| visit(start, &mut Vec::new(), call, steps))
}

/// Every `credentials.NAME` must stand in `[credentials]`: found at load, not at the first refused request.
fn check_credentials(
    platform: &Platform,
    headers: &[(String, Formula)],
    steps: &[Step],
    calls: &BTreeMap<Operation, Call>,
    faults: &mut Vec<Fault>,
) {
    let of_calls = calls.values().flat_map(|call| call.headers.iter().chain(&call.query));
    let pairs = headers.iter().chain(of_calls).map(|(_, formula)| formula);
    let of_steps = steps.iter().flat_map(|step| step.key.iter().chain([&step.input]));
    let mut reported = Vec::new();
    for name in pairs.chain(of_steps).filter_map(Formula::credential) {
        let known = platform.credentials.iter().any(|named| named.name.value == name);
        if !known && !reported.contains(&name) {
            let at: &Located<String> = &platform.base_url;
            faults.push(at.fault(&platform.file, 0, super::credentials::missing(name)));
            reported.push(name);
        }
    }
}
