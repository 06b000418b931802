//! `[answer.pending]` and `[answer.status]`, compiled.

use std::collections::BTreeMap;

use super::Formula;
use super::reading::{ITEM, JUDGED, Press};
use crate::config::platform::{PendingText, Progress, StatusText};

/// When a delivery's answer is no decision, and what to ask with.
#[derive(Clone, Debug)]
pub struct PendingReading {
    pub when: Formula,
    pub ticket: Formula,
}

/// What became of a batch that was asked about.
#[derive(Clone, Debug, Default)]
pub struct StatusReading {
    pub state: Option<Formula>,
    pub item_state: Option<Formula>,
    pub states: BTreeMap<String, Progress>,
    pub code: Option<Formula>,
    pub message: Option<Formula>,
    pub remote_id: Option<Formula>,
}

impl PendingReading {
    pub(super) fn compile(text: &PendingText, press: &mut Press<'_>) -> Option<Self> {
        let names = [JUDGED, &["item"]].concat();
        let (when, ticket) = (press.maybe(&text.when, &names), press.maybe(&text.ticket, &names));
        Some(PendingReading { when: when?, ticket: ticket? })
    }
}

impl StatusReading {
    pub(super) fn compile(text: &StatusText, press: &mut Press<'_>) -> Self {
        let names = [JUDGED, &["item", "ticket"]].concat();
        StatusReading {
            state: press.maybe(&text.state, &names),
            item_state: press.maybe(&text.item_state, ITEM),
            states: text.states.clone(),
            code: press.maybe(&text.code, &names),
            message: press.maybe(&text.message, &names),
            remote_id: press.maybe(&text.remote_id, &names),
        }
    }
}
