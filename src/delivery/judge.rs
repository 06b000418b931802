//! What an answer means, item by item.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::operation;
use super::verdict::{Heard, Outcome, Renewal, Verdict, not_understood, of_answer};
use crate::config::platform::Operation;
use crate::ledger::{Event, Item, ItemOutcome, Lease, Trouble};
use crate::platform::{Answer, Bindings, Formula, Known, Profile, one_line};
use crate::record::{Complaint, Owner};

/// An event, and what was odd about the answer without changing its meaning.
#[derive(Debug)]
pub struct Judgement {
    pub event: Event,
    /// Results for records that we did not send, results without an id.
    pub remarks: Vec<Complaint>,
    /// What may help at once; then the batch may be sent again, once.
    pub(super) renewal: Option<Renewal>,
}

/// Decides what an answer from the province means for the batch that asked.
///
/// Shape:  one answer → exactly one event, with one outcome for each item, in the lease's order. Pure.
/// Errors: none. An answer that we do not understand is doubt, never a guess.
pub fn judge(profile: &Profile, lease: &Lease, answer: &Answer) -> Event {
    weigh(profile, lease, answer).event
}

/// As `judge`, with the remarks.
pub fn weigh(profile: &Profile, lease: &Lease, answer: &Answer) -> Judgement {
    let operation = operation(lease.action);
    let heard = Heard::read(profile, operation, answer);
    if !heard.is_success(profile, operation) {
        let verdict = of_answer(profile, operation, answer, &heard);
        let renewal = verdict.renewal;
        return Judgement { event: event(verdict, lease), remarks: Vec::new(), renewal };
    }
    let bindings = heard.bind(operation);
    let results = profile.answer(operation).items.list.as_ref().map(|list| list.json(&bindings));
    let results = results.as_ref().and_then(|results| results.as_ref().ok()?.as_array());
    match (results, heard.body()) {
        (Some(results), Some(body)) => settle(profile, operation, lease, results, body),
        _ => {
            let trouble = not_understood(&heard, "results");
            Judgement { event: Event::InDoubt { trouble }, remarks: Vec::new(), renewal: None }
        }
    }
}

/// The event of a failed exchange.
pub(super) fn event(verdict: Verdict, lease: &Lease) -> Event {
    let Verdict { outcome, trouble, .. } = verdict;
    match outcome {
        Outcome::NotAccepted => Event::NotAccepted { trouble },
        Outcome::InDoubt => Event::InDoubt { trouble },
        Outcome::Refused => {
            let Trouble { complaint, .. } = trouble;
            let refused = |_: &Item| ItemOutcome::Refused { complaints: vec![complaint.clone()] };
            Event::Settled { items: lease.items.iter().map(refused).collect() }
        }
    }
}

/// How many strange ids a remark names.
const STRANGERS_NAMED_MAX: usize = 5;

fn settle(
    profile: &Profile,
    operation: Operation,
    lease: &Lease,
    results: &[Json],
    body: &Json,
) -> Judgement {
    let places: BTreeMap<&str, usize> =
        lease.items.iter().enumerate().map(|(index, item)| (item.record_id.as_str(), index)).collect();
    let mut outcomes: Vec<Option<ItemOutcome>> = vec![None; lease.items.len()];
    let mut strangers: Vec<String> = Vec::new();
    for result in results {
        let said = Said::read(profile, operation, result, body);
        let place = said.id.as_deref().and_then(|id| places.get(id)).copied();
        let Some(place) = place else {
            strangers.push(said.id.unwrap_or_else(|| "–".to_owned()));
            continue;
        };
        let outcome = said.outcome(profile, operation, &lease.items[place]);
        match &outcomes[place] {
            None => outcomes[place] = Some(outcome),
            Some(earlier) if *earlier == outcome => (),
            Some(_) => {
                let complaint = Complaint::new("Q7204").fact("code", one_line(&said.code(), 40));
                outcomes[place] = Some(ItemOutcome::Unknown { complaint });
            }
        }
    }
    let mut remarks = Vec::new();
    if !strangers.is_empty() {
        let named: Vec<_> = strangers.iter().take(STRANGERS_NAMED_MAX).map(|id| one_line(id, 40)).collect();
        remarks.push(Complaint::new("Q7205").found(named.join(", ")).fact("count", strangers.len()));
    }
    let strange = remarks.first().map_or("–".to_owned(), |remark| remark.found.clone());
    let unlisted = || ItemOutcome::Unknown { complaint: Complaint::new("Q7203").fact("strangers", &strange) };
    let mut items: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unlisted)).collect();
    doubt_shared_ids(&mut items);
    Judgement { event: Event::Settled { items }, remarks, renewal: None }
}

/// One id of the province cannot be two records: then neither is believed.
fn doubt_shared_ids(items: &mut [ItemOutcome]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    let remote_id = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Accepted { remote_id } | ItemOutcome::Duplicate { remote_id, .. } => remote_id.clone(),
        ItemOutcome::Refused { .. } | ItemOutcome::Retry { .. } | ItemOutcome::Unknown { .. } => None,
    };
    for id in items.iter().filter_map(remote_id) {
        *count.entry(id).or_default() += 1;
    }
    for outcome in items {
        if let Some(id) = remote_id(outcome)
            && count.get(&id).is_some_and(|count| *count > 1)
        {
            *outcome = ItemOutcome::Unknown {
                complaint: Complaint::new("Q7207").fact("remote_id", one_line(&id, 60)),
            };
        }
    }
}

/// One result of the list, read.
struct Said<'a> {
    id: Option<String>,
    code: Option<String>,
    message: Option<String>,
    result: &'a Json,
    body: &'a Json,
}

impl<'a> Said<'a> {
    fn read(profile: &Profile, operation: Operation, result: &'a Json, body: &'a Json) -> Self {
        let mut said = Said { id: None, code: None, message: None, result, body };
        let reading = &profile.answer(operation).items;
        let bindings = said.bind(operation);
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
        let (id, code, message) = (text(&reading.id), text(&reading.code), text(&reading.message));
        drop(bindings);
        (said.id, said.code, said.message) = (id, code, message);
        said
    }

    fn bind(&self, operation: Operation) -> Bindings<'_> {
        Bindings::default()
            .with("item", Known::Json(self.result))
            .with("body", Known::Json(self.body))
            .with("action", Known::Text(operation.word()))
            .with("code", Known::maybe(self.code.as_deref()))
            .with("message", Known::maybe(self.message.as_deref()))
    }

    fn code(&self) -> String {
        self.code.clone().unwrap_or_else(|| "–".to_owned())
    }

    fn outcome(&self, profile: &Profile, operation: Operation, item: &Item) -> ItemOutcome {
        let reading = &profile.answer(operation).items;
        let bindings = self.bind(operation);
        let claims = |predicate: &Option<Formula>| {
            predicate.as_ref().is_some_and(|predicate| predicate.holds(&bindings))
        };
        let remote_id = reading.remote_id.as_ref().and_then(|id| id.text(&bindings));
        let remote_id = remote_id.filter(|id| !id.trim().is_empty());
        if claims(&reading.success) {
            return accepted(operation, item, remote_id);
        }
        if operation == Operation::Create && claims(&reading.duplicate) {
            let complaint = self.quote(Complaint::new("Q7202"));
            let shown = remote_id.as_deref().map_or("–".to_owned(), |id| one_line(id, 60));
            return ItemOutcome::Duplicate { remote_id, complaint: complaint.fact("remote_id", shown) };
        }
        if claims(&reading.retry) {
            return ItemOutcome::Retry { complaint: self.advise(profile, Complaint::new("Q7209")) };
        }
        if claims(&reading.refused) {
            let pointer = reading.field.as_ref().and_then(|field| field.text(&bindings));
            let complaint =
                Complaint::new("Q7201").at(pointer.as_deref().map(as_pointer).unwrap_or_default());
            return ItemOutcome::Refused { complaints: vec![self.advise(profile, complaint)] };
        }
        ItemOutcome::Unknown { complaint: self.quote(Complaint::new("Q7208")) }
    }

    /// The complaint with what the province said.
    fn quote(&self, complaint: Complaint) -> Complaint {
        let message = one_line(self.message.as_deref().unwrap_or("–"), 200);
        complaint.fact("code", one_line(&self.code(), 40)).fact("message", message)
    }

    /// The same with the profile's advice for the code, or a general one.
    fn advise(&self, profile: &Profile, complaint: Complaint) -> Complaint {
        let known = self.code.as_deref().and_then(|code| profile.platform().refusals.get(code));
        let (zh, en, who) = match known {
            Some(refusal) => (refusal.zh.as_str(), refusal.en.as_str(), refusal.who),
            None => (
                "按省平台的说明修改这条记录后重报；看不懂时把代码和说明发给省平台技术支持。",
                "mend the record as the province says and resubmit; where that is unclear, ask its support, quoting the code",
                Owner::Operator,
            ),
        };
        self.quote(complaint).owner(who).fact("advice_zh", zh).fact("advice_en", en)
    }
}

fn accepted(operation: Operation, item: &Item, remote_id: Option<String>) -> ItemOutcome {
    match (operation, &item.remote_id, remote_id) {
        // Without the id the record could never be changed or withdrawn: to be asked for.
        (Operation::Create, _, None) => ItemOutcome::Unknown { complaint: Complaint::new("Q7210") },
        (Operation::Update | Operation::Withdraw, Some(ours), Some(theirs)) if *ours != theirs => {
            let complaint = Complaint::new("Q7206").found(one_line(&theirs, 60)).fact("expected", ours);
            ItemOutcome::Unknown { complaint }
        }
        (_, ours, theirs) => ItemOutcome::Accepted { remote_id: theirs.or_else(|| ours.clone()) },
    }
}

/// `contact.phone` and `contact/phone` become `/contact/phone`; a JSON pointer stays.
fn as_pointer(field: &str) -> String {
    let field = one_line(field.trim(), 100);
    match field.as_str() {
        "" => String::new(),
        pointer if pointer.starts_with('/') => field,
        _ => format!("/{}", field.replace('.', "/")),
    }
}
