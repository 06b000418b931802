//! Questions that change nothing and look for nothing: whether an operation answers as the profile says it does.

use super::read::{as_list, ask, is_xml, number};
use super::verdict::{not_understood, of_break};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::ledger::{LaneEffect, Trouble};
use crate::platform::{Bindings, Known, Street};
use crate::record::{Complaint, Value};

/// What is looked up under: no record of ours is called so.
const NOBODY: &str = "qilu-doctor";

/// An operation answered, and what a success holds is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// How many seconds the province's clock is ahead of ours, by the answer's `Date`.
    pub clock_ahead_s: Option<i64>,
    /// By our clock.
    pub received: Timestamp,
    /// Where the answer is a list.
    pub entries: Option<usize>,
}

/// Whether an operation can be tried without a record of which it asks.
pub fn is_harmless(operation: Operation) -> bool {
    match operation {
        Operation::Ping
        | Operation::List
        | Operation::Reviews
        | Operation::Lookup
        | Operation::Dictionary => true,
        Operation::Create
        | Operation::Update
        | Operation::Withdraw
        | Operation::Review
        | Operation::Status
        | Operation::Upload
        | Operation::Login => false,
    }
}

/// Asks the least that an operation can be asked: one record, one review, a record that nobody has.
///
/// Errors: Q7410 for an operation that is not harmless; else what came of the question, and what it means.
pub async fn knock(
    street: &Street,
    operation: Operation,
    kind: &str,
    table: &str,
    clock: &Clock,
) -> Result<Knock, Trouble> {
    if !is_harmless(operation) {
        let complaint = Complaint::new("Q7410").found(operation.word());
        return Err(Trouble { complaint, lane: LaneEffect::None });
    }
    let profile = street.profile();
    let names = Bindings::default()
        .with("kind", Known::Text(kind))
        .with("scope", Known::Text("own"))
        .with("page", number(profile.platform().paging.first))
        .with("size", number(1))
        .with("after", Known::Value(Value::Int(0)))
        .with("local_id", if operation == Operation::Lookup { Known::Text(NOBODY) } else { Known::NULL })
        .with("table", Known::Text(table));
    let (answer, heard) = ask(street, operation, &names, clock).await?;
    let reading = profile.answer(operation);
    let place = match operation {
        Operation::List => reading.list.as_ref().map(|list| &list.list),
        Operation::Reviews => reading.reviews.as_ref().and_then(|reviews| reviews.list.as_ref()),
        Operation::Dictionary => reading.dictionary.as_ref().map(|dictionary| &dictionary.list),
        _ => None,
    };
    let mut entries = None;
    if let Some(place) = place {
        let found = place.json(&heard.bind(operation)).unwrap_or_default();
        entries = match as_list(profile, operation, &found) {
            Some(list) => Some(list.len()),
            None if found.is_null() && is_xml(profile, operation) => Some(0),
            None => return Err(not_understood(&heard, "list")),
        };
    }
    Ok(Knock { clock_ahead_s: answer.clock_ahead_s(), received: answer.received, entries })
}

/// Whether a login of the profile gives a session; `place` counts from 0.
pub async fn sign_in(street: &Street, place: usize, clock: &Clock) -> Result<(), Trouble> {
    match street.sign_in(place, clock).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(broken)) => Err(of_break(street.profile(), Operation::Login, &broken).trouble),
        Err(complaint) => Err(Trouble { complaint, lane: LaneEffect::Block }),
    }
}
