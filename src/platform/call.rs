//! One operation's request, compiled: what its parts need of each other, and what of it is secret.

use std::collections::BTreeSet;
use std::path::Path;

use super::formula::Formula;
use super::names;
use super::template::Template;
use crate::config::platform::{self, Format, Operation, Writing};
use crate::config::{Fault, Located, Platform};
use crate::record::Complaint;

/// A value of the profile: computed when it is first needed, once for each request.
#[derive(Clone, Debug)]
pub(super) struct Derived {
    pub(super) name: String,
    pub(super) formula: Formula,
    place: Located<()>,
}

/// One operation's request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: Formula,
    /// The platform's values, with the call's own in place of those of the same name.
    pub(super) derived: Vec<Derived>,
    /// How many of them, from the first, are the call's own.
    own: usize,
    pub(super) query: Vec<(String, Formula)>,
    pub(super) headers: Vec<(String, Formula)>,
    pub(super) records_max: Option<usize>,
    pub(super) payload: Option<Template>,
    pub(super) item: Option<Template>,
    pub(super) envelope: Option<Template>,
    pub(super) writing: Writing,
    secrets: Secrets,
}

/// Names of a request by what goes into them, directly or through others.
#[derive(Clone, Debug, Default)]
struct Secrets {
    /// Credentials, sessions or the dice of a key: such a name is never shown.
    hidden: BTreeSet<String>,
    of_credentials: BTreeSet<String>,
    of_sessions: BTreeSet<String>,
}

/// The press for one profile's file: what is known besides the names that every profile has.
pub(super) struct CallPress<'a> {
    pub(super) file: &'a Path,
    pub(super) faults: &'a mut Vec<Fault>,
    pub(super) derived: &'a [Derived],
    /// Names of all values, also of those that could not be compiled: one fault is told once.
    pub(super) values: Vec<&'a str>,
}

/// Compiles `[values]`, the platform's or a call's. A name that means something already is a fault. `all` are the names of
/// all values: one of the platform may rest on one that each call gives for itself.
pub(super) fn compile_values(
    values: &[platform::Named],
    all: &[&str],
    file: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<Derived> {
    let known = [names::of_request(true), all.to_vec()].concat();
    let mut derived = Vec::with_capacity(values.len());
    for value in values {
        if names::taken(&value.name) {
            faults.push(value.name.fault(file, 0, Complaint::new("Q7409").found(&value.name.value)));
        }
        if let Some(formula) = Formula::compile(&value.expression, &known, file, faults) {
            let place = Located { value: (), line: value.name.line, column: value.name.column };
            derived.push(Derived { name: value.name.value.clone(), formula, place });
        }
    }
    derived
}

/// Names of the values of a platform and of all its calls.
pub(super) fn names_of(platform: &Platform) -> Vec<&str> {
    let of_logins = platform.logins.iter().map(|login| &login.call);
    let calls = platform.operations.values().chain(of_logins);
    let values = platform.values.iter().chain(calls.flat_map(|call| &call.values));
    let mut names: Vec<&str> = values.map(|value| value.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl CallPress<'_> {
    /// Compiles a request. Errors: left with the faults, circles among its parts included.
    pub(super) fn call(&mut self, call: &platform::Call, operation: Option<Operation>) -> Option<Call> {
        let single = call.is_single();
        let mut known = names::of_request(single);
        known.extend(&self.values);
        let mut derived = compile_values(&call.values, &self.values, self.file, self.faults);
        let own = derived.len();
        for shared in self.derived {
            if derived.iter().all(|own| own.name != shared.name) {
                derived.push(shared.clone());
            }
        }
        let path = Formula::compile(&call.path, &known, self.file, self.faults);
        let query = self.pairs(&call.query, &known);
        let headers = self.pairs(&call.headers, &known);
        let mut payload_names = names::of_payload(operation, single);
        if !operation.is_some_and(Operation::is_delivery) {
            payload_names.extend(&self.values);
        }
        let payload = self.template(&call.payload, &payload_names, call.writing.payload);
        let item = self.template(&call.item, &names::of_item(), call.writing.payload);
        let envelope = self.template(&call.envelope, &known, call.writing.envelope);
        if let Some(template) = &payload
            && template.names().contains(&names::ITEMS)
            && item.is_none()
            && call.item.is_none()
        {
            let complaint = Complaint::new("Q7422").found(operation.map_or("–", Operation::word));
            self.faults.push(call.path.fault(self.file, 0, complaint));
        }
        let mut call = Call {
            method: call.method.clone(),
            path: path?,
            derived,
            own,
            query,
            headers,
            records_max: call.records_max,
            payload,
            item,
            envelope,
            writing: call.writing,
            secrets: Secrets::default(),
        };
        call.secrets = Secrets {
            hidden: reached(names::SECRET, &call),
            of_credentials: reached(&["credentials"], &call),
            of_sessions: reached(&["session"], &call),
        };
        Some(call)
    }

    pub(super) fn pairs(&mut self, pairs: &[platform::Named], known: &[&str]) -> Vec<(String, Formula)> {
        let mut compiled = Vec::with_capacity(pairs.len());
        for pair in pairs {
            if let Some(formula) = Formula::compile(&pair.expression, known, self.file, self.faults) {
                compiled.push((pair.name.value.clone(), formula));
            }
        }
        compiled
    }

    fn template(
        &mut self,
        template: &Option<platform::Template>,
        known: &[&str],
        format: Format,
    ) -> Option<Template> {
        Template::compile(template.as_ref()?, known, format, self.file, self.faults)
    }

    /// A name that needs itself, such as a signature over a body that holds the signature: a fault at the value
    /// where the circle has one, else at the operation's path.
    pub(super) fn circle(&mut self, call: &Call, path: &Located<String>) {
        let starts = ["path", "query", "body", "payload"].into_iter();
        let starts = starts.chain(call.derived.iter().map(|one| one.name.as_str()));
        let Some(circle) = starts.into_iter().find_map(|start| walk(start, &mut Vec::new(), call)) else {
            return;
        };
        let one = circle.iter().find_map(|name| call.derived.iter().find(|one| one.name == *name));
        let complaint = Complaint::new("Q7408").found(one.map_or(circle[0], |one| one.name.as_str()));
        let complaint = complaint.fact("way", circle.join(" → "));
        let fault = match one {
            Some(one) => one.place.fault(self.file, 0, complaint),
            None => path.fault(self.file, 0, complaint),
        };
        // One value in a circle shows in every operation.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

impl Call {
    pub(super) fn is_single(&self) -> bool {
        self.records_max == Some(1)
    }

    /// Whether what a formula gives must not be shown.
    pub(super) fn hides(&self, formula: &Formula) -> bool {
        formula.names().any(|name| self.secrets.hidden.contains(name))
    }

    /// Whether what stands under a name must not be shown.
    pub(super) fn hides_name(&self, name: &str) -> bool {
        self.secrets.hidden.contains(name)
    }

    /// Whether a formula must not give null: what is made from a credential is a signature or the like, and a
    /// request without it would be sent as if it were complete. A session may be still to come: the first log-in
    /// goes without it.
    pub(super) fn owes(&self, formula: &Formula) -> bool {
        formula.names().any(|name| self.secrets.of_credentials.contains(name))
            && !formula.names().any(|name| self.secrets.of_sessions.contains(name))
    }

    /// What surrounds the template of something that is no request.
    pub(super) fn of_answer(writing: Writing) -> Option<Call> {
        let path = Located { value: "''".to_owned(), line: 0, column: 0 };
        Some(Call {
            method: String::new(),
            path: Formula::compile(&path, &[], Path::new(""), &mut Vec::new())?,
            derived: Vec::new(),
            own: Default::default(),
            query: Vec::new(),
            headers: Vec::new(),
            records_max: None,
            payload: None,
            item: None,
            envelope: None,
            writing,
            secrets: Secrets::default(),
        })
    }

    /// Every expression of its own, and those of the platform's values that one of them uses, for checks that concern
    /// them all. Other values may rest on what this call does not have: on a session, where it is the log-in.
    pub(super) fn formulas(&self) -> Vec<&Formula> {
        let templates = [&self.payload, &self.item, &self.envelope].into_iter().flatten();
        let pairs = self.query.iter().chain(&self.headers).map(|(_, formula)| formula);
        let (own, shared) = self.derived.split_at(self.own);
        let values = own.iter().map(|one| &one.formula);
        let mut formulas: Vec<&Formula> =
            pairs.chain(values).chain([&self.path]).chain(templates.flat_map(Template::formulas)).collect();
        let (mut used, mut looked) = (BTreeSet::new(), 0);
        while let Some(formula) = formulas.get(looked).copied() {
            looked += 1;
            for name in formula.names().filter(|name| used.insert(*name)) {
                formulas.extend(shared.iter().filter(|one| one.name == name).map(|one| &one.formula));
            }
        }
        formulas
    }
}

/// What a name is made from.
fn needs<'a>(name: &str, call: &'a Call) -> Vec<&'a str> {
    let of = |template: &'a Option<Template>| template.as_ref().map(Template::names).unwrap_or_default();
    match name {
        "path" => call.path.names().collect(),
        "query" | "params" => call.query.iter().flat_map(|(_, formula)| formula.names()).collect(),
        "path_query" => vec!["path", "query"],
        "payload" => of(&call.payload),
        "body" if call.envelope.is_none() => vec!["payload"],
        "body" => of(&call.envelope),
        _ => {
            let one = call.derived.iter().find(|one| one.name == name);
            one.into_iter().flat_map(|one| one.formula.names()).collect()
        }
    }
}

/// The way from a name back to itself.
fn walk<'a>(name: &'a str, way: &mut Vec<&'a str>, call: &'a Call) -> Option<Vec<&'a str>> {
    if let Some(start) = way.iter().position(|passed| *passed == name) {
        return Some(way[start..].iter().copied().chain([name]).collect());
    }
    way.push(name);
    let found = needs(name, call).into_iter().find_map(|next| walk(next, way, call));
    way.pop();
    found
}

/// The roots, and all names that one of them goes into.
fn reached(roots: &[&str], call: &Call) -> BTreeSet<String> {
    let mut reached: BTreeSet<String> = roots.iter().map(|name| (*name).to_owned()).collect();
    let all = names::PARTS.iter().copied().chain(call.derived.iter().map(|one| one.name.as_str()));
    let all: Vec<&str> = all.collect();
    loop {
        let others = all.iter().copied().filter(|name| !reached.contains(*name));
        let more: Vec<String> = others
            .filter(|name| needs(name, call).into_iter().any(|need| reached.contains(need)))
            .map(str::to_owned)
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}
