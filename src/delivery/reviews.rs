//! What the province's reviewers decided: a list of decisions, one record's, or a message of the province's own.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::read::{ask, entries, number, spoilt, unread};
use super::verdict::not_understood;
use crate::clock::Clock;
use crate::config::platform::{Operation, ReviewState, ReviewsBy};
use crate::ledger::{LaneEffect, Trouble};
use crate::platform::{Bindings, Formula, Known, ReviewsReading, Street, one_line};
use crate::record::{Complaint, Value};

/// What a reviewer at the province decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub about: About,
    pub state: ReviewState,
    pub opinion: String,
}

/// Which record a decision is about, and its place among the decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub kind: Option<String>,
    pub local_id: Option<String>,
    pub remote_id: Option<String>,
    /// Its number or its time, as the province writes it.
    pub mark: Option<String>,
}

/// Decisions as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewPage {
    pub reviews: Vec<Review>,
    /// Decisions in words that the profile does not list, each with the complaint about it.
    pub unlisted: Vec<(About, Complaint)>,
    /// Entries that could not be read; the others are not affected.
    pub unreadable: Vec<Complaint>,
    /// Where the province says that the next look starts.
    pub next: Option<String>,
    /// Whether another page follows.
    pub more: bool,
}

impl ReviewPage {
    pub fn is_empty(&self) -> bool {
        self.reviews.is_empty() && self.unlisted.is_empty() && self.unreadable.is_empty()
    }
}

/// What was decided after a number; 0 from the beginning. `next` is a number.
pub async fn reviews_after(street: &Street, after: i64, clock: &Clock) -> Result<ReviewPage, Trouble> {
    let names = Bindings::default().with("after", Known::Value(Value::Int(after)));
    let mut page = page(street, &names, street.profile().platform().paging.first, clock).await?;
    let seq = |about: &About| about.mark.as_ref().and_then(|mark| mark.parse::<i64>().ok());
    page.reviews.sort_by_key(|review| seq(&review.about));
    // A cursor never goes back, whatever the answer says.
    let next = page.next.and_then(|next| next.trim().parse::<i64>().ok()).unwrap_or(after).max(after);
    Ok(ReviewPage { next: Some(next.to_string()), ..page })
}

/// A page of what was decided since a time, in the province's own writing; from the beginning without one.
pub async fn reviews_since(
    street: &Street,
    since: Option<&str>,
    at: u64,
    clock: &Clock,
) -> Result<ReviewPage, Trouble> {
    let since = Known::maybe(since);
    let names = Bindings::default().with("since", since.clone()).with("after", since);
    page(street, &names, at, clock).await
}

/// What was decided about one record. Errors: also an answer that is about another.
pub async fn review_of(
    street: &Street,
    kind: &str,
    record_id: &str,
    remote_id: &str,
    clock: &Clock,
) -> Result<ReviewPage, Trouble> {
    let names = Bindings::default()
        .with("kind", Known::Text(kind))
        .with("local_id", Known::Text(record_id))
        .with("remote_id", Known::Text(remote_id));
    let (_, heard) = ask(street, Operation::Review, &names, clock).await?;
    let whole = street.profile().answer(Operation::Review);
    let (Some(reading), Some(body)) = (&whole.reviews, heard.body()) else {
        return Err(unread(Operation::Review));
    };
    // Where there is no list, the answer is about the one record that was asked for.
    let listed = match &reading.list {
        Some(list) if !list.json(&heard.bind(Operation::Review)).unwrap_or_default().is_null() => {
            entries(street.profile(), Operation::Review, list, &heard.bind(Operation::Review))
        }
        _ => Some(vec![body.clone()]),
    };
    let listed = listed.ok_or_else(|| not_understood(&heard, "list"))?;
    let mut page = read(reading, &whole.states, Marks::of(ReviewsBy::Record), &listed);
    let places = page.reviews.iter_mut().map(|review| &mut review.about);
    for about in places.chain(page.unlisted.iter_mut().map(|(about, _)| about)) {
        let is_other = match (&about.remote_id, &about.local_id) {
            (Some(found), _) => found != remote_id,
            (None, Some(found)) => found != record_id,
            (None, None) => false,
        };
        if is_other {
            let named = about.remote_id.as_ref().or(about.local_id.as_ref());
            let complaint = Complaint::new("Q7303").found(one_line(named.map_or("–", String::as_str), 60));
            return Err(Trouble { complaint, lane: LaneEffect::None });
        }
        about.kind = Some(kind.to_owned());
        about.remote_id = Some(remote_id.to_owned());
    }
    Ok(page)
}

async fn page(street: &Street, names: &Bindings<'_>, at: u64, clock: &Clock) -> Result<ReviewPage, Trouble> {
    let profile = street.profile();
    let size = profile.platform().paging.size;
    let names = names.clone().with("page", number(at)).with("size", number(size));
    let (_, heard) = ask(street, Operation::Reviews, &names, clock).await?;
    let whole = profile.answer(Operation::Reviews);
    let Some(reading) = &whole.reviews else { return Err(unread(Operation::Reviews)) };
    let Some(list) = &reading.list else { return Err(unread(Operation::Reviews)) };
    let bindings = heard.bind(Operation::Reviews);
    let entries = entries(profile, Operation::Reviews, list, &bindings)
        .ok_or_else(|| not_understood(&heard, "list"))?;
    let next = reading.next.as_ref().map(|next| next.text(&bindings));
    if profile.platform().reviews.by == ReviewsBy::Feed && !matches!(next, Some(Some(_))) {
        return Err(not_understood(&heard, "next"));
    }
    let count = entries.len() as u64;
    let counted =
        bindings.clone().with("page", number(at)).with("size", number(size)).with("count", number(count));
    let more = match &reading.more {
        Some(more) => more.holds(&counted),
        None => count >= size,
    };
    let read = read(reading, &whole.states, Marks::of(profile.platform().reviews.by), &entries);
    Ok(ReviewPage { next: next.flatten(), more: more && count > 0, ..read })
}

/// What tells a decision from one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marks {
    /// Its number; without one it cannot be read.
    Numbers,
    NumbersElseTimes,
    TimesElseNumbers,
}

impl Marks {
    fn of(by: ReviewsBy) -> Self {
        match by {
            ReviewsBy::Feed => Marks::Numbers,
            ReviewsBy::Time | ReviewsBy::Record => Marks::TimesElseNumbers,
        }
    }
}

/// Reads decisions.
pub(super) fn read(
    reading: &ReviewsReading,
    states: &BTreeMap<String, ReviewState>,
    marks: Marks,
    entries: &[Json],
) -> ReviewPage {
    let mut page = ReviewPage::default();
    for (index, entry) in entries.iter().enumerate() {
        let bindings = Bindings::default().with("item", Known::Json(entry));
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
        let (seq, at) = (text(&reading.seq), text(&reading.at));
        if marks == Marks::Numbers && seq.as_ref().is_none_or(|seq| seq.trim().parse::<i64>().is_err()) {
            page.unreadable.push(spoilt(index, "seq"));
            continue;
        }
        let mark = match marks {
            Marks::Numbers | Marks::NumbersElseTimes => seq.or(at),
            Marks::TimesElseNumbers => at.or(seq),
        };
        let about = About {
            kind: text(&reading.kind),
            local_id: text(&reading.local_id).filter(|id| !id.is_empty()),
            remote_id: text(&reading.remote_id).filter(|id| !id.is_empty()),
            mark: mark.map(|mark| mark.trim().to_owned()).filter(|mark| !mark.is_empty()),
        };
        let Some(word) = reading.state.text(&bindings) else {
            page.unreadable.push(spoilt(index, "state"));
            continue;
        };
        match states.get(&word) {
            Some(state) => {
                let opinion = text(&reading.opinion).unwrap_or_default();
                page.reviews.push(Review { about, state: *state, opinion });
            }
            None => {
                let place = about.mark.as_deref().unwrap_or("–");
                let complaint = Complaint::new("Q7302").found(one_line(&word, 60));
                let complaint = complaint.fact("seq", one_line(place, 40));
                page.unlisted.push((about, complaint));
            }
        }
    }
    page
}
