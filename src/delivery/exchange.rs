//! One attempt: a lease goes out, an event comes back.

use std::time::Duration;

use super::judge::{event, weigh};
use super::operation;
use super::verdict::of_break;
use crate::clock::Clock;
use crate::ledger::{Attempt, Event, LaneEffect, Lease, Trouble};
use crate::platform::{Bindings, Known, Street};

/// One attempt at a batch: one request on the wire, with a fresh envelope around the stored payload.
///
/// Shape:  the attempt as the ledger keeps it, and the event that consumes the lease.
/// Errors: none; whatever happens is an event.
pub async fn exchange(street: &Street, lease: &Lease, clock: &Clock) -> (Attempt, Event) {
    let profile = street.profile();
    let operation = operation(lease.action);
    let names =
        Bindings::default().with("kind", Known::Text(&lease.kind)).with("key", Known::Text(&lease.key));
    let asked = clock.now();
    let passage = match street.send(operation, &names, &lease.payload.bytes, clock).await {
        Ok(passage) => passage,
        Err(complaint) => {
            // Not a byte left, and the next attempt would fail the same way.
            let trouble = Trouble { complaint, lane: LaneEffect::Block };
            let attempt = Attempt {
                started: asked,
                took: Duration::ZERO,
                request: String::new(),
                answer: String::new(),
                status: None,
            };
            return (attempt, Event::NotAccepted { trouble });
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
            let judgement = weigh(profile, lease, answer);
            for remark in &judgement.remarks {
                tracing::warn!(batch.key = %lease.key, batch.kind = %lease.kind, "batch {}: {remark}", lease.key);
            }
            (attempt, judgement.event)
        }
        Err(broken) => (attempt, event(of_break(profile, operation, broken), lease)),
    }
}
