//! What the province takes in and decides later: a receipt, then a question, and another, until it has decided.
//!
//! Pending is neither success nor failure. A state that nobody listed is still pending; only time that is up makes it a
//! doubt, and doubt is found out with the same key. Nothing here calls a batch failed that may have been taken.

use std::time::Duration;

use super::heard::Heard;
use super::judge::results;
use super::read::{Failure, ask_keeping};
use super::said::advise;
use super::verdict::{Outcome, not_understood};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::{Operation, Progress};
use crate::ledger::{
    Attempt, Event, Item, ItemOutcome, LaneEffect, Lease, Payload, PendingLease, PendingNews, Trouble,
};
use crate::plan::Action;
use crate::platform::{Bindings, Formula, Known, Profile, StatusReading, Street, one_line};
use crate::record::Complaint;

/// The longest ticket, in bytes.
const TICKET_BYTES_MAX: usize = 500;

/// The event of a delivery that the province took in without deciding; `None` where it decided.
pub(super) fn taken_in(
    profile: &Profile,
    operation: Operation,
    heard: &Heard,
    received: Timestamp,
) -> Option<Event> {
    let reading = profile.answer(operation).pending.as_ref()?;
    let bindings = named(heard, operation);
    if !reading.when.holds(&bindings) {
        return None;
    }
    let ticket = reading.ticket.text(&bindings).map(|ticket| ticket.trim().to_owned());
    Some(match ticket.filter(|ticket| !ticket.is_empty() && ticket.len() <= TICKET_BYTES_MAX) {
        Some(ticket) => Event::Pending { ticket, ask_at: received.plus(profile.platform().pending.first) },
        // It may well have been taken in, and cannot be asked about.
        None => {
            let complaint = Complaint::new("Q7232");
            Event::InDoubt { trouble: Trouble { complaint, lane: LaneEffect::None } }
        }
    })
}

/// Asks what became of a batch that was taken in.
///
/// Shape:  the exchange as the ledger keeps it, and the news that consume the lease.
/// Errors: none. What cannot be found out is still pending.
pub async fn ask_about(street: &Street, lease: &PendingLease, clock: &Clock) -> (Attempt, PendingNews) {
    let profile = street.profile();
    let names = Bindings::default()
        .with("kind", Known::Text(&lease.kind))
        .with("key", Known::Text(&lease.key))
        .with("ticket", Known::Text(&lease.ticket));
    let single = lease.items.first().filter(|_| lease.items.len() == 1);
    let names = match single {
        Some(item) => names
            .with("local_id", Known::Text(&item.record_id))
            .with("remote_id", Known::maybe(item.remote_id.as_deref())),
        None => names,
    };
    let (attempt, answered) = ask_keeping(street, Operation::Status, &names, clock).await;
    let now = clock.now();
    let asking =
        Asking { profile, lease, now, ask_at: now.plus(next_ask(profile, lease.asked, clock.dice())) };
    let news = match answered {
        Ok((_, heard)) => asking.weigh(&heard),
        Err(failure) => asking.failed(failure, attempt.status.is_some()),
    };
    (attempt, news)
}

/// The wait after the `asked`th question: the interval, each time twice as long, up to the cap, and by the dice up to a
/// tenth later, so that many batches do not ask in one second.
pub fn next_ask(profile: &Profile, asked: u32, dice: [u8; 8]) -> Duration {
    let pending = &profile.platform().pending;
    let by = 2_u32.checked_pow(asked.saturating_sub(1)).unwrap_or(u32::MAX);
    let wait = pending.interval.checked_mul(by).unwrap_or(pending.cap).min(pending.cap);
    let roll = u64::from_le_bytes(dice) as f64 / u64::MAX as f64;
    wait + wait.mul_f64(0.1 * roll)
}

/// One question, with what its answer is weighed against.
struct Asking<'a> {
    profile: &'a Profile,
    lease: &'a PendingLease,
    now: Timestamp,
    /// When to ask again.
    ask_at: Timestamp,
}

impl Asking<'_> {
    fn weigh(&self, heard: &Heard) -> PendingNews {
        let reading = &self.profile.answer(Operation::Status).status;
        if reading.item_state.is_some() {
            return self.weigh_each(reading, heard);
        }
        let bindings = named(heard, Operation::Status).with("ticket", Known::Text(&self.lease.ticket));
        let Some(word) = reading.state.as_ref().and_then(|state| state.text(&bindings)) else {
            return self.still(Some(not_understood(heard, "state")));
        };
        match reading.states.get(word.trim()) {
            Some(Progress::Accepted) => self.accepted(reading, heard),
            Some(Progress::Refused) => {
                let complaint = self.refusal(reading, &bindings);
                self.all(|_| ItemOutcome::Refused { complaints: vec![complaint.clone()] })
            }
            Some(Progress::Processing) => self.still(None),
            Some(Progress::Lost) => {
                let complaint = Complaint::new("Q7233").found(one_line(&word, 60));
                PendingNews::Lost { complaint: complaint.fact("ticket", one_line(&self.lease.ticket, 60)) }
            }
            None => self.still(Some(self.unlisted(&word))),
        }
    }

    /// The batch is decided: what of each record is said in the list of results, if there is one.
    fn accepted(&self, reading: &StatusReading, heard: &Heard) -> PendingNews {
        let operation = Operation::Status;
        let bindings = named(heard, operation).with("ticket", Known::Text(&self.lease.ticket));
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
        let list = self.profile.answer(operation).items.list.as_ref();
        let is_listed = list.is_some_and(|list| list.json(&bindings).is_ok_and(|found| !found.is_null()));
        if is_listed {
            return self.by_results(heard);
        }
        let is_one = self.lease.items.len() == 1;
        let remote_id = text(&reading.remote_id).filter(|id| is_one && !id.trim().is_empty());
        self.all(|item| {
            checked(self.lease.action, item, ItemOutcome::Accepted { remote_id: remote_id.clone() })
        })
    }

    fn by_results(&self, heard: &Heard) -> PendingNews {
        let judgement = results(self.profile, Operation::Status, &self.as_lease(), heard);
        for remark in &judgement.remarks {
            tracing::warn!(batch.key = %self.lease.key, "batch {}: {remark}", self.lease.key);
        }
        match judgement.event {
            Event::Settled { items } => {
                let items = items.into_iter().zip(&self.lease.items);
                let items = items.map(|(outcome, item)| Some(checked(self.lease.action, item, outcome)));
                PendingNews::Decided { items: items.collect(), ask_at: self.ask_at }
            }
            Event::InDoubt { trouble } | Event::NotAccepted { trouble } => self.still(Some(trouble)),
            Event::Pending { .. } => self.still(None),
        }
    }

    /// Each record has a state of its own: those that have none yet, or an unlisted one, wait on.
    fn weigh_each(&self, reading: &StatusReading, heard: &Heard) -> PendingNews {
        let items = &self.profile.answer(Operation::Status).items;
        let bindings = heard.bind(Operation::Status);
        let found = items.list.as_ref().and_then(|list| list.json(&bindings).ok());
        let (Some(found), Some(id)) = (found.as_ref().and_then(|found| found.as_array()), &items.id) else {
            return self.still(Some(not_understood(heard, "results")));
        };
        let mut decided: Vec<Option<ItemOutcome>> = vec![None; self.lease.items.len()];
        let mut strange = None;
        for entry in found {
            let said = bindings.clone().with("item", Known::Json(entry));
            let named = id.text(&said);
            let place = self.lease.items.iter().position(|item| Some(&item.record_id) == named.as_ref());
            let (Some(place), Some(state)) = (place, &reading.item_state) else { continue };
            let item = &self.lease.items[place];
            let outcome =
                match state.text(&said).as_deref().map(|word| (word, reading.states.get(word.trim()))) {
                    Some((_, Some(Progress::Accepted))) => {
                        let remote_id = items.remote_id.as_ref().and_then(|id| id.text(&about(&said, item)));
                        let remote_id = remote_id.filter(|id| !id.trim().is_empty());
                        Some(checked(self.lease.action, item, ItemOutcome::Accepted { remote_id }))
                    }
                    Some((_, Some(Progress::Refused))) => {
                        let text =
                            |formula: &Option<Formula>| formula.as_ref().and_then(|one| one.text(&said));
                        let (code, message) = (text(&items.code), text(&items.message));
                        let (code, message) = (code.as_deref(), message.as_deref());
                        let complaint = advise(self.profile, Complaint::new("Q7201"), code, message);
                        Some(ItemOutcome::Refused { complaints: vec![complaint] })
                    }
                    Some((_, Some(Progress::Lost))) => {
                        let complaint =
                            Complaint::new("Q7233").fact("ticket", one_line(&self.lease.ticket, 60));
                        Some(ItemOutcome::Unknown { complaint: complaint.found("lost") })
                    }
                    Some((_, Some(Progress::Processing))) | None => None,
                    Some((word, None)) => {
                        strange = Some(self.unlisted(word));
                        None
                    }
                };
            decided[place] = outcome;
        }
        if decided.iter().all(Option::is_none) {
            return self.still(strange);
        }
        PendingNews::Decided { items: decided, ask_at: self.ask_at }
    }

    /// No answer that says anything of the batch; `came`: but an answer.
    fn failed(&self, failure: Failure, came: bool) -> PendingNews {
        let Failure { outcome, trouble } = failure;
        if outcome == Outcome::Refused {
            // The profile's own rule says so.
            return self.all(|_| ItemOutcome::Refused { complaints: vec![trouble.complaint.clone()] });
        }
        if came && trouble.lane == LaneEffect::None {
            return self.still(Some(trouble));
        }
        // The province is away, or wants to be left alone: nobody was asked, and time does not count.
        let wait = match trouble.lane {
            LaneEffect::Pause(pause) => self.ask_at.max(self.now.plus(pause)),
            LaneEffect::Block | LaneEffect::None => {
                self.ask_at.max(self.now.plus(self.profile.platform().limits.pause))
            }
        };
        PendingNews::StillPending { ask_at: wait, trouble: Some(trouble) }
    }

    /// Not decided: asked again, unless the time that is allowed for it is up.
    fn still(&self, trouble: Option<Trouble>) -> PendingNews {
        let patience = self.profile.platform().pending.patience;
        let waited = self.now.since(self.lease.taken_in_at);
        if waited >= patience {
            let complaint = Complaint::new("Q7231")
                .fact("waited", span(waited))
                .fact("asked", self.lease.asked)
                .fact("ticket", one_line(&self.lease.ticket, 60));
            return PendingNews::Lost { complaint };
        }
        // The last question falls on the end of the time, not after it.
        let end = self.lease.taken_in_at.plus(patience);
        PendingNews::StillPending { ask_at: self.ask_at.min(end), trouble }
    }

    fn unlisted(&self, word: &str) -> Trouble {
        let complaint = Complaint::new("Q7230").found(one_line(word, 60));
        let complaint = complaint.fact("ticket", one_line(&self.lease.ticket, 60));
        Trouble { complaint, lane: LaneEffect::None }
    }

    fn refusal(&self, reading: &StatusReading, bindings: &Bindings<'_>) -> Complaint {
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(bindings));
        let (code, message) = (text(&reading.code), text(&reading.message));
        advise(self.profile, Complaint::new("Q7201"), code.as_deref(), message.as_deref())
    }

    fn all(&self, outcome: impl Fn(&Item) -> ItemOutcome) -> PendingNews {
        let items = self.lease.items.iter().map(|item| Some(outcome(item))).collect();
        PendingNews::Decided { items, ask_at: self.ask_at }
    }

    /// The batch as it was when it was sent, as far as its results need it.
    fn as_lease(&self) -> Lease {
        let PendingLease { batch, key, platform, kind, action, asked, fence, items, .. } = self.lease;
        Lease {
            batch: *batch,
            key: key.clone(),
            platform: platform.clone(),
            kind: kind.clone(),
            action: *action,
            attempt: *asked,
            fence: *fence,
            items: items.clone(),
            payload: Payload { bytes: Vec::new() },
        }
    }
}

/// The names of a whole answer; with one record the answer is its result.
fn named(heard: &Heard, operation: Operation) -> Bindings<'_> {
    heard.bind(operation).with("item", heard.known_body())
}

fn about<'b>(said: &Bindings<'b>, item: &'b Item) -> Bindings<'b> {
    said.clone()
        .with("record_id", Known::Text(&item.record_id))
        .with("item_key", Known::Text(&item.item_key))
        .with("remote_id", Known::maybe(item.remote_id.as_deref()))
}

/// An acceptance is one only with the id by which the record can be changed and withdrawn.
fn checked(action: Action, item: &Item, outcome: ItemOutcome) -> ItemOutcome {
    let ItemOutcome::Accepted { remote_id } = outcome else { return outcome };
    match (action, &item.remote_id, remote_id) {
        (Action::Create, _, None) => ItemOutcome::Unknown { complaint: Complaint::new("Q7210") },
        (Action::Update | Action::Withdraw, Some(ours), Some(theirs)) if *ours != theirs => {
            let complaint = Complaint::new("Q7206").found(one_line(&theirs, 60)).fact("expected", ours);
            ItemOutcome::Unknown { complaint }
        }
        (_, ours, theirs) => ItemOutcome::Accepted { remote_id: theirs.or_else(|| ours.clone()) },
    }
}

/// `2 d`, `5 h`, `3 min`, `20 s`.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 172_800.. => format!("{} d", seconds / 86_400),
        seconds @ 7_200.. => format!("{} h", seconds / 3_600),
        seconds @ 120.. => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
