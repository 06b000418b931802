//! What an answer means, item by item.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::heard::Heard;
use super::operation;
use super::pending::taken_in;
use super::read::as_list;
use super::said::Said;
use super::verdict::{Outcome, Renewal, Verdict, not_understood, of_answer};
use crate::config::platform::{Operation, Unlisted};
use crate::ledger::{Event, Item, ItemOutcome, Lease, Trouble};
use crate::platform::{Answer, Content, Profile, one_line};
use crate::record::Complaint;

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
/// Shape:  one answer with its content → exactly one event, with one outcome for each item, in the lease's order.
///         Pure.
/// Errors: none. An answer that we do not understand is doubt, never a guess.
pub fn judge(profile: &Profile, lease: &Lease, answer: &Answer, content: Content) -> Event {
    weigh(profile, lease, answer, content).event
}

/// As `judge`, with the remarks.
pub fn weigh(profile: &Profile, lease: &Lease, answer: &Answer, content: Content) -> Judgement {
    let operation = operation(lease.action);
    let heard = Heard::read(profile, operation, answer, content);
    if !heard.is_success(profile, operation) {
        let verdict = of_answer(profile, operation, lease.items.len(), answer, &heard);
        let said = Said::whole(profile, operation, &heard);
        let renewal = verdict.renewal;
        let event = match (verdict.outcome, lease.items.as_slice()) {
            (Outcome::RecordRefused, [item]) => Event::Settled { items: vec![said.refused(item)] },
            (Outcome::Duplicate, [item]) => Event::Settled { items: vec![said.duplicate(item)] },
            _ => event(verdict, lease),
        };
        return Judgement { event, remarks: Vec::new(), renewal };
    }
    if let Some(event) = taken_in(profile, operation, &heard, answer.received) {
        return Judgement { event, remarks: Vec::new(), renewal: None };
    }
    results(profile, operation, lease, &heard)
}

/// The event of an answer that says what became of each record. The operation says how it is read.
pub(super) fn results(profile: &Profile, operation: Operation, lease: &Lease, heard: &Heard) -> Judgement {
    let bindings = heard.bind(operation);
    let Some(list) = &profile.answer(operation).items.list else {
        let whole = heard.body().map(std::slice::from_ref);
        return settle(profile, operation, lease, whole.unwrap_or_default(), heard, true);
    };
    let found = list.json(&bindings).unwrap_or_default();
    match as_list(profile, operation, &found) {
        Some(results) => settle(profile, operation, lease, results, heard, false),
        // Where nothing is said of those that went well, all may have gone well.
        None if found.is_null() && unlisted(profile, operation, heard) != Unlisted::Unknown => {
            settle(profile, operation, lease, &[], heard, false)
        }
        None => {
            let trouble = not_understood(heard, "results");
            Judgement { event: Event::InDoubt { trouble }, remarks: Vec::new(), renewal: None }
        }
    }
}

/// The event of a failed exchange.
pub(super) fn event(verdict: Verdict, lease: &Lease) -> Event {
    let Verdict { outcome, trouble, .. } = verdict;
    match outcome {
        Outcome::NotAccepted => Event::NotAccepted { trouble },
        // What is said of one record is not said of several.
        Outcome::InDoubt | Outcome::RecordRefused | Outcome::Duplicate => Event::InDoubt { trouble },
        Outcome::Refused => {
            let Trouble { complaint, .. } = trouble;
            let refused = |_: &Item| ItemOutcome::Refused { complaints: vec![complaint.clone()] };
            Event::Settled { items: lease.items.iter().map(refused).collect() }
        }
    }
}

/// What a record is that the list of results does not mention.
fn unlisted(profile: &Profile, operation: Operation, heard: &Heard) -> Unlisted {
    let reading = &profile.answer(operation).items;
    let counts = reading.unlisted_when.as_ref().is_none_or(|when| when.holds(&heard.bind(operation)));
    if counts { reading.unlisted } else { Unlisted::Unknown }
}

/// How many strange ids a remark names.
const STRANGERS_NAMED_MAX: usize = 5;

/// `is_whole`: the one result is the whole answer.
fn settle(
    profile: &Profile,
    operation: Operation,
    lease: &Lease,
    results: &[Json],
    heard: &Heard,
    is_whole: bool,
) -> Judgement {
    let reading = &profile.answer(operation).items;
    let by_position =
        reading.by_position || (reading.id.is_none() && (is_whole || profile.is_single(operation)));
    if by_position && results.len() != lease.items.len() {
        // One too few or too many, and every place may be another's.
        let complaint =
            Complaint::new("Q7211").fact("sent", lease.items.len()).fact("answered", results.len());
        let unknown = |_: &Item| ItemOutcome::Unknown { complaint: complaint.clone() };
        let items = lease.items.iter().map(unknown).collect();
        return Judgement { event: Event::Settled { items }, remarks: Vec::new(), renewal: None };
    }
    let places: BTreeMap<&str, usize> =
        lease.items.iter().enumerate().map(|(index, item)| (item.record_id.as_str(), index)).collect();
    let mut outcomes: Vec<Option<ItemOutcome>> = vec![None; lease.items.len()];
    let mut strangers: Vec<String> = Vec::new();
    for (index, result) in results.iter().enumerate() {
        let said = Said::read(profile, operation, heard, result);
        let named = said.id.as_deref().map(|id| places.get(id).copied());
        let place = match (by_position, named) {
            (true, None) => Some(index),
            (true, Some(named)) => {
                if named != Some(index) {
                    let id = one_line(said.id.as_deref().unwrap_or("–"), 60);
                    let complaint = Complaint::new("Q7212").found(id).fact("place", index + 1);
                    outcomes[index] = Some(ItemOutcome::Unknown { complaint });
                    continue;
                }
                Some(index)
            }
            (false, named) => named.flatten(),
        };
        let Some(place) = place else {
            strangers.push(said.id.unwrap_or_else(|| "–".to_owned()));
            continue;
        };
        let outcome = said.outcome(&lease.items[place], is_whole);
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
    // A result whose record we cannot tell may be that of any of them: then silence says nothing.
    let silence = match strangers.is_empty() {
        true => unlisted(profile, operation, heard),
        false => Unlisted::Unknown,
    };
    let nothing = Said::nothing(profile, operation, heard);
    let unmentioned = |item: &Item| match silence {
        Unlisted::Unknown => {
            ItemOutcome::Unknown { complaint: Complaint::new("Q7203").fact("strangers", &strange) }
        }
        Unlisted::Accepted => nothing.accepted(item),
        Unlisted::Refused => nothing.unlisted(),
    };
    let outcomes = outcomes.into_iter().zip(&lease.items);
    let mut items: Vec<_> =
        outcomes.map(|(outcome, item)| outcome.unwrap_or_else(|| unmentioned(item))).collect();
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
