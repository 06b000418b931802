//! `[[logins]]`, compiled: how a session is asked for, and what its answer gives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::call::{Call, CallPress, Derived, names_of};
use super::formula::Formula;
use super::reading::{AnswerReading, Press};
use super::{Answer, Bindings, Content, Credentials, Known, headers};
use crate::clock::Timestamp;
use crate::config::platform::{self, Operation};
use crate::config::{Fault, Located, Platform};
use crate::record::{Complaint, Value};

/// One login.
#[derive(Debug)]
pub struct Login {
    pub name: String,
    pub(super) call: Call,
    pub(super) answer: AnswerReading,
    gives: Vec<(String, Formula)>,
    term: Term,
    renew_before: Duration,
    /// Places of the logins before it that it uses.
    pub(super) needs: Vec<usize>,
}

#[derive(Debug)]
enum Term {
    Lifetime(Duration),
    Expires(Formula),
    UntilRefused,
}

/// What a login gave.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// By the names of `gives`.
    pub(super) values: Value,
    /// From the answer on; `None` until the province says otherwise.
    pub(super) good_for: Option<Duration>,
}

/// What is wrong with a login's answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It does not say success.
    Refused,
    /// It says success, and this is not in it.
    Lacks(String),
}

const ANSWER: &[&str] = &["body", "status", "headers", "action", "code", "message", "credentials", "session"];
/// A session that is over sooner would be asked for again before it could be used.
const GOOD_FOR_MIN: Duration = Duration::from_secs(5);

impl Login {
    /// Every expression of its request, of what proves its answer and of what it gives.
    pub(super) fn formulas(&self) -> Vec<&Formula> {
        let expires = match &self.term {
            Term::Expires(expires) => Some(expires),
            Term::Lifetime(_) | Term::UntilRefused => None,
        };
        let given = self.gives.iter().map(|(_, formula)| formula).chain(expires);
        self.call.formulas().into_iter().chain(given).chain(self.answer.proofs()).collect()
    }

    /// What it gives, each as `***`.
    pub(super) fn stars(&self) -> Value {
        Value::Map(self.gives.iter().map(|(name, _)| (name.as_str().into(), Value::text("***"))).collect())
    }

    /// What an answer gives. `session` is what the logins before gave.
    pub(super) fn read(
        &self,
        answer: &Answer,
        content: &Content,
        credentials: &Credentials,
        session: &Value,
    ) -> Result<Given, Unread> {
        let body = content.body.as_ref().map_err(|_| Unread::Refused)?;
        let headers = headers(answer);
        let mut names = Bindings::default()
            .with("status", Known::Value(Value::Int(i64::from(answer.status))))
            .with("headers", Known::Json(&headers))
            .with("body", Known::Json(body))
            .with("action", Known::Text(Operation::Login.word()))
            .with("credentials", Known::Value(credentials.to_value()))
            .with("session", Known::Value(session.clone()));
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&names));
        let (code, message) = (text(&self.answer.code), text(&self.answer.message));
        names.bind("code", Known::maybe(code.as_deref()));
        names.bind("message", Known::maybe(message.as_deref()));
        // A redirection leads to somebody else, whatever it says.
        let is_elsewhere = (300..400).contains(&answer.status);
        if is_elsewhere || !self.answer.success.as_ref().is_some_and(|success| success.holds(&names)) {
            return Err(Unread::Refused);
        }
        let mut values: Vec<(Arc<str>, Value)> = Vec::with_capacity(self.gives.len());
        for (name, formula) in &self.gives {
            match formula.value(&names) {
                Ok(value) if !is_nothing(&value) => values.push((name.as_str().into(), value)),
                _ => return Err(Unread::Lacks(name.clone())),
            }
        }
        let good_for = match &self.term {
            Term::Lifetime(lifetime) => Some(*lifetime),
            Term::UntilRefused => None,
            Term::Expires(formula) => {
                let until = formula.value(&names).ok().and_then(|value| moment(&value));
                let until = until.ok_or_else(|| Unread::Lacks("expires".to_owned()))?;
                Some(until.since(answer.received))
            }
        };
        // A margin larger than the session itself, or clocks that differ, must not make a login of every request.
        let good_for = good_for.map(|whole| (whole - self.renew_before.min(whole / 2)).max(GOOD_FOR_MIN));
        Ok(Given { values: Value::Map(values), good_for })
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.trim().is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        _ => false,
    }
}

/// A time, or seconds or milliseconds since 1970: the two do not meet before the year 5000.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    const SECONDS_MAX: i64 = 100_000_000_000;
    let number = match value {
        Value::DateTime(time) => return Some(Timestamp(time.timestamp_micros())),
        Value::Int(number) => *number,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let per = if number.abs() < SECONDS_MAX { 1_000_000 } else { 1_000 };
    number.checked_mul(per).map(Timestamp)
}

/// Compiles all logins. `shared` is what stands in every request.
pub(super) fn compile(
    platform: &Platform,
    derived: &[Derived],
    shared: &[&Formula],
    faults: &mut Vec<Fault>,
) -> Vec<Login> {
    let mut logins: Vec<Login> = Vec::new();
    for text in &platform.logins {
        if let Some(login) = compile_one(text, platform, derived, shared, &logins, faults) {
            logins.push(login);
        }
    }
    logins
}

/// Headers and values of every request may use a session that is not there yet: they are null then, and left out.
fn compile_one(
    text: &platform::Login,
    platform: &Platform,
    derived: &[Derived],
    shared: &[&Formula],
    before: &[Login],
    faults: &mut Vec<Fault>,
) -> Option<Login> {
    let file = platform.file.as_path();
    let mut press = CallPress { file, faults, derived, values: names_of(platform) };
    let call = press.call(&text.call, Some(Operation::Login));
    if let Some(call) = &call {
        press.circle(call, &text.call.path);
    }
    let answer = AnswerReading::compile(&text.answer, &mut Press { file, faults });
    let mut formula = |text: &Located<String>| Formula::compile(text, ANSWER, file, faults);
    let mut gives = Vec::with_capacity(text.gives.len());
    for given in &text.gives {
        gives.push((given.name.value.clone(), formula(&given.expression)?));
    }
    let term = match &text.term {
        platform::Term::Lifetime(lifetime) => Term::Lifetime(*lifetime),
        platform::Term::UntilRefused => Term::UntilRefused,
        platform::Term::Expires(expires) => Term::Expires(formula(expires)?),
    };
    let call = call?;
    let own = call.formulas();
    let mut read: Vec<&Formula> = own.iter().copied().chain(gives.iter().map(|(_, one)| one)).collect();
    if let Term::Expires(expires) = &term {
        read.push(expires);
    }
    read.extend(answer.proofs());
    check(&read, before, |complaint| faults.push(text.name.fault(file, 0, complaint)));
    let needs = needs(read.iter().chain(shared).copied(), before);
    drop(read);
    Some(Login {
        name: text.name.value.clone(),
        call,
        answer,
        gives,
        term,
        renew_before: text.renew_before,
        needs,
    })
}

/// Complains about every `session.LOGIN.NAME` that none of these logins gives.
pub(super) fn check(formulas: &[&Formula], logins: &[Login], mut complain: impl FnMut(Complaint)) {
    for (login, gift) in formulas.iter().flat_map(|formula| formula.sessions()) {
        let given = logins.iter().find(|one| one.name == login);
        let fits = |one: &Login| gift.is_none_or(|gift| one.gives.iter().any(|(name, _)| name == gift));
        if !given.is_some_and(fits) {
            let written = [Some("session"), Some(login), gift].into_iter().flatten().collect::<Vec<_>>();
            let known: Vec<_> = logins
                .iter()
                .flat_map(|one| one.gives.iter().map(move |(gift, _)| format!("session.{}.{gift}", one.name)))
                .collect();
            let known = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
            complain(Complaint::new("Q7444").found(written.join(".")).fact("known", known));
        }
    }
}

/// The places of the logins that these expressions use.
pub(super) fn needs<'f>(formulas: impl Iterator<Item = &'f Formula>, logins: &[Login]) -> Vec<usize> {
    let mut places = Vec::new();
    for formula in formulas {
        let named = formula.sessions();
        let whole = named.is_empty() && formula.names().any(|name| name == "session");
        let used = |login: &Login| whole || named.iter().any(|(name, _)| *name == login.name);
        places.extend(logins.iter().enumerate().filter(|(_, login)| used(login)).map(|(place, _)| place));
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// The logins that each operation needs, by what its request and everybody's headers and values say.
pub(super) fn needs_of_calls<'c>(
    calls: &'c BTreeMap<Operation, Call>,
    answers: &'c BTreeMap<Operation, AnswerReading>,
    shared: &[&'c Formula],
    logins: &[Login],
) -> BTreeMap<Operation, Vec<usize>> {
    let of_call = |operation: &Operation, call: &'c Call| {
        let proofs = answers.get(operation).into_iter().flat_map(AnswerReading::proofs);
        needs(call.formulas().into_iter().chain(shared.iter().copied()).chain(proofs), logins)
    };
    calls.iter().map(|(operation, call)| (*operation, of_call(operation, call))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_time_or_a_number_of_either_size() {
        for (value, expect) in [
            (Value::Int(1_780_000_000), Some(1_780_000_000_000_000)),
            (Value::Int(1_780_000_000_123), Some(1_780_000_000_123_000)),
            (Value::text(" 1780000000 "), Some(1_780_000_000_000_000)),
            (Value::text("tomorrow"), None),
            (Value::Bool(true), None),
            (Value::Null, None),
        ] {
            assert_eq!(moment(&value), expect.map(Timestamp), "{value:?}");
        }
    }
}
