//! One attempt: a lease goes out, an event comes back.

use std::time::Duration;

use super::judge::{event, weigh};
use super::operation;
use super::render::names;
use super::verdict::{Renewal, not_admitted, of_break, wish_to_be_left_alone};
use crate::clock::{Clock, Timestamp};
use crate::config::platform::Operation;
use crate::ledger::{Attempt, Event, LaneEffect, Lease, Trouble};
use crate::platform::{Generation, Street};

/// One attempt at a batch: one request on the wire, with a fresh envelope around the stored payload. Where the answer
/// proves that nothing was accepted since our session or our secrets are over, and others are to be had, a second
/// request with those.
///
/// Shape:  the attempt as the ledger keeps it, and the event that consumes the lease.
/// Errors: none; whatever happens is an event.
pub async fn exchange(street: &Street, lease: &Lease, clock: &Clock) -> (Attempt, Event) {
    let (first, event, renewal) = once(street, lease, clock).await;
    let Some((renewal, refused)) = renewal else { return (first, event) };
    if !renewal.take(street, refused, clock).await {
        return (first, event);
    }
    let (second, event, _) = once(street, lease, clock).await;
    let both = |one: &str, other: &str| format!("{one}\n\n{AGAIN}\n\n{other}");
    let attempt = Attempt {
        started: first.started,
        took: first.took + second.took,
        request: both(&first.request, &second.request),
        answer: both(&first.answer, &second.answer),
        status: second.status,
    };
    (attempt, event)
}

/// Between two requests of one attempt.
const AGAIN: &str = "---- 更新会话或密钥后重发 · sent again with a new session or secret ----";

async fn once(
    street: &Street,
    lease: &Lease,
    clock: &Clock,
) -> (Attempt, Event, Option<(Renewal, Generation)>) {
    let profile = street.profile();
    let operation = operation(lease.action);
    let names = names(profile, &lease.kind, lease.action, &lease.key, &lease.items);
    let asked = clock.now();
    if let Err(closed) = street.admit(clock).await {
        let trouble = not_admitted(&closed, asked);
        return (nothing_sent(asked), Event::NotAccepted { trouble }, None);
    }
    let passage = match street.send(operation, &names, &lease.payload.bytes, clock).await {
        Ok(passage) => passage,
        Err(complaint) => {
            // Not a byte left, and the next attempt would fail the same way.
            let trouble = Trouble { complaint, lane: LaneEffect::Block };
            return (nothing_sent(asked), Event::NotAccepted { trouble }, None);
        }
    };
    let mut attempt = Attempt {
        started: passage.started,
        took: passage.took,
        request: passage.request,
        answer: passage.answer,
        status: None,
    };
    match &passage.outcome {
        Ok(answer) => {
            attempt.status = Some(answer.status);
            if let Some(asked) = wish_to_be_left_alone(profile, operation, answer, &passage.content) {
                street.keep_away(asked, clock).await;
            }
            let judgement = weigh(profile, lease, answer, passage.content);
            for remark in &judgement.remarks {
                tracing::warn!(batch.key = %lease.key, batch.kind = %lease.kind, "batch {}: {remark}", lease.key);
            }
            let renewal = judgement.renewal.map(|renewal| (renewal, passage.generation));
            (attempt, judgement.event, renewal)
        }
        Err(broken) => {
            if let Some((answer, content)) = broken.login_answer()
                && let Some(asked) = wish_to_be_left_alone(profile, Operation::Login, answer, content)
            {
                street.keep_away(asked, clock).await;
            }
            (attempt, event(of_break(profile, operation, broken), lease), None)
        }
    }
}

pub(super) fn nothing_sent(asked: Timestamp) -> Attempt {
    Attempt {
        started: asked,
        took: Duration::ZERO,
        request: String::new(),
        answer: String::new(),
        status: None,
    }
}
