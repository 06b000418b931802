//! A profile, compiled: every expression read and checked before the first request is built.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::call::{Call, CallPress, compile_values, names_of};
use super::callback::{self, CallbackReading};
use super::files::FileForms;
use super::formula::Formula;
use super::login::{self, Login};
use super::reading::{AnswerReading, Press};
use super::template::{Part, Setting};
use super::{Bindings, Known, names, write};
use crate::config::platform::{Format, Operation, RemedyRule};
use crate::config::{Fault, Located, Platform};
use crate::record::Complaint;

/// How one province talks, ready to be used. A clone shares it.
#[derive(Clone, Debug)]
pub struct Profile(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    platform: Arc<Platform>,
    headers: Vec<(String, Formula)>,
    calls: BTreeMap<Operation, Call>,
    answers: BTreeMap<Operation, AnswerReading>,
    logins: Vec<Login>,
    /// Of each operation: the places of the logins that it needs.
    needs: BTreeMap<Operation, Vec<usize>>,
    rules: Vec<Rule>,
    callback: Option<CallbackReading>,
    files: Option<FileForms>,
}

/// One remedy rule with its predicate.
#[derive(Clone, Debug)]
pub struct Rule {
    pub when: Formula,
    pub rule: RemedyRule,
}

impl Profile {
    /// Compiles every expression. Errors: all faults, each at its place in the profile's file.
    pub fn compile(platform: Arc<Platform>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let compiled = compile(&platform, &mut faults);
        let callback = callback::compile(&platform, &mut faults);
        let attachments = platform.attachments.as_ref();
        let files = attachments.and_then(|one| FileForms::compile(one, &platform.file, &mut faults));
        match compiled {
            Some((headers, calls, (logins, needs), answers, rules)) if faults.is_empty() => {
                let compiled =
                    Compiled { platform, headers, calls, answers, logins, needs, rules, callback, files };
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

    /// How the province's own messages are read; `None` where nobody listens.
    pub fn callback(&self) -> Option<&CallbackReading> {
        self.0.callback.as_ref()
    }

    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// What stands for files, where the province takes them.
    pub fn files(&self) -> Option<&FileForms> {
        self.0.files.as_ref().filter(|_| self.offers(Operation::Upload))
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

    /// How many records one request of an operation carries at most.
    pub fn records_max(&self, operation: Operation) -> usize {
        let most = self.0.platform.limits.records_max;
        let of_call = self.0.calls.get(&operation).and_then(|call| call.records_max);
        of_call.map_or(most, |of_call| of_call.min(most))
    }

    /// Whether each request of an operation carries one record, whose names stand for themselves.
    pub fn is_single(&self, operation: Operation) -> bool {
        self.0.calls.get(&operation).is_some_and(Call::is_single)
    }

    /// How many bytes of a body one byte of JSON text may become, at most and about: percent-encoding takes three
    /// for one, XML names everything twice, and what is encrypted comes out as hexadecimal.
    pub fn growth(&self, operation: Operation) -> usize {
        let Some(call) = self.0.calls.get(&operation) else { return 1 };
        let payload = match call.writing.payload {
            Format::Json | Format::Raw | Format::Multipart => 1,
            Format::Xml => 2,
            Format::Form => 3,
        };
        let envelope = match (&call.envelope, call.writing.envelope) {
            (None, _) => 1,
            (Some(_), Format::Form) => 3,
            (Some(envelope), _) => {
                let as_it_is = envelope.formulas().into_iter().any(|formula| formula.is("payload"));
                if as_it_is { 1 } else { 2 }
            }
        };
        payload * envelope
    }

    /// The stable content of a batch's request.
    ///
    /// Shape:  the same input gives the same bytes; nothing in it depends on time or dice. Empty where a single
    ///         record's request has no payload.
    /// Errors: Q7407 if an expression fails for these records or there are more than the operation takes, Q7410 for
    ///         an operation that is not offered.
    pub fn payload(
        &self,
        operation: Operation,
        kind: &str,
        key: &str,
        parts: &[Part<'_>],
    ) -> Result<Vec<u8>, Complaint> {
        let call = self.call(operation)?;
        let place = format!("operations.{}", operation.word());
        let failed = |cause: Complaint| failed(&place, "payload", &cause);
        if call.is_single() && parts.len() != 1 {
            return Err(failed(Complaint::new("Q7429").fact("count", parts.len())));
        }
        let Some(payload) = &call.payload else { return Ok(Vec::new()) };
        let mut bindings = Bindings::default()
            .with("kind", Known::Text(kind))
            .with("action", Known::Text(operation.word()))
            .with("key", Known::Text(key))
            .with("city_code", Known::Text(&self.0.platform.city_code));
        if call.is_single() {
            bindings = parts[0].bind(bindings);
        }
        let setting = Setting { bindings: &bindings, item: call.item.as_ref(), parts, call, masked: None };
        let content = payload.content(&setting).map_err(failed)?;
        write::payload(&content, call.writing, call.envelope.is_some()).map_err(failed)
    }

    pub(super) fn call(&self, operation: Operation) -> Result<&Call, Complaint> {
        let offered = self.0.calls.get(&operation);
        offered.ok_or_else(|| Complaint::new("Q7410").found(operation.word()))
    }

    pub(super) fn headers(&self) -> &[(String, Formula)] {
        &self.0.headers
    }
}

/// `Q7407`: an expression of the profile failed while a request was being built. `place` is the operation's.
pub(super) fn failed(place: &str, part: &str, cause: &Complaint) -> Complaint {
    Complaint::new("Q7407")
        .fact("place", format!("{place} {part}"))
        .fact("reason", cause.message(crate::record::Language::Chinese))
}

/// Of an operation that the province does not offer.
static NOTHING_READ: LazyLock<AnswerReading> = LazyLock::new(AnswerReading::default);

type Sessions = (Vec<Login>, BTreeMap<Operation, Vec<usize>>);
type Parts = (
    Vec<(String, Formula)>,
    BTreeMap<Operation, Call>,
    Sessions,
    BTreeMap<Operation, AnswerReading>,
    Vec<Rule>,
);

fn compile(platform: &Platform, faults: &mut Vec<Fault>) -> Option<Parts> {
    let file = platform.file.as_path();
    let values = names_of(platform);
    let derived = compile_values(&platform.values, &values, file, faults);
    let known = [names::of_request(true), values.clone()].concat();
    let mut press = CallPress { file, faults, derived: &derived, values };
    let headers = press.pairs(&platform.headers, &known);
    let mut calls = BTreeMap::new();
    for (operation, text) in &platform.operations {
        if let Some(call) = press.call(text, Some(*operation)) {
            press.circle(&call, &text.path);
            calls.insert(*operation, call);
        }
    }
    let of_values = derived.iter().map(|derived| &derived.formula);
    let shared: Vec<&Formula> = headers.iter().map(|(_, formula)| formula).chain(of_values).collect();
    let logins = login::compile(platform, &derived, &shared, faults);
    let press = &mut Press { file, faults };
    let general = (Operation::Login, &platform.answer);
    let answers = platform.answers.iter().map(|(operation, text)| (*operation, text)).chain([general]);
    let answers: BTreeMap<Operation, AnswerReading> =
        answers.map(|(operation, text)| (operation, AnswerReading::compile(text, press))).collect();
    let at = &platform.base_url;
    let of_calls = calls.values().flat_map(Call::formulas);
    let proofs = answers.values().flat_map(AnswerReading::proofs);
    let every: Vec<_> = shared.iter().copied().chain(of_calls).chain(proofs).collect();
    login::check(&every, &logins, |complaint| faults.push(at.fault(file, 0, complaint)));
    check_credentials(platform, every.into_iter().chain(logins.iter().flat_map(Login::formulas)), faults);
    let needs = login::needs_of_calls(&calls, &answers, &shared, &logins);
    let mut rules = Vec::new();
    for rule in &platform.remedies {
        let known = ["status", "code", "message", "body", "headers", "action", "transport"];
        if let Some(when) = Formula::compile(&rule.when, &known, file, faults) {
            rules.push(Rule { when, rule: rule.clone() });
        }
    }
    Some((headers, calls, (logins, needs), answers, rules))
}

/// Every `credentials.NAME` must stand in `[credentials]`: found at load, not at the first refused request.
fn check_credentials<'f>(
    platform: &Platform,
    formulas: impl Iterator<Item = &'f Formula>,
    faults: &mut Vec<Fault>,
) {
    let mut reported = Vec::new();
    for name in formulas.flat_map(Formula::credentials) {
        let known = platform.credentials.iter().any(|named| named.name.value == name);
        if !known && !reported.contains(&name) {
            let at: &Located<String> = &platform.base_url;
            faults.push(at.fault(&platform.file, 0, super::credentials::missing(name)));
            reported.push(name);
        }
    }
}
