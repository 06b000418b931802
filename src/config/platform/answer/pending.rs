//! `[answer.pending]` and `[answer.status]`: what was taken in to be decided later, and what became of it.

use std::collections::BTreeMap;

use super::{Over, over};
use crate::config::platform::expected_at;
use crate::config::{Located, Section};

/// When a delivery's answer is no decision.
#[derive(Clone, Debug, Default)]
pub struct PendingText {
    /// Over the names of the whole answer (`item` is the body): taken in, not decided.
    pub when: Option<Located<String>>,
    /// Over the same: what to ask with.
    pub ticket: Option<Located<String>>,
}

/// What became of a batch that was asked about. Results for each record are read by `[answer.items]`.
#[derive(Clone, Debug, Default)]
pub struct StatusText {
    /// Over the names of the whole answer and `ticket`.
    pub state: Option<Located<String>>,
    /// Over `item`, where each record has a state of its own.
    pub item_state: Option<Located<String>>,
    /// The province's word or number → what it means. One that is not listed is still being processed.
    pub states: BTreeMap<String, Progress>,
    /// Over the names of the whole answer: why it was refused.
    pub code: Option<Located<String>>,
    pub message: Option<Located<String>>,
    /// Over the names of the whole answer: the province's id of the one record that was sent.
    pub remote_id: Option<Located<String>>,
}

/// How far the province has come with something it took in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Progress {
    Processing,
    Accepted,
    Refused,
    /// It knows nothing of the ticket any more.
    Lost,
}

const WORDS: [(&str, Progress); 4] = [
    ("processing", Progress::Processing),
    ("accepted", Progress::Accepted),
    ("refused", Progress::Refused),
    ("lost", Progress::Lost),
];

impl Over for PendingText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: when, ticket;)
    }
}

impl Over for StatusText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: state, item_state, code, message, remote_id; states)
    }
}

impl Over for BTreeMap<String, Progress> {
    fn over(self, lower: &Self) -> Self {
        let mut states = lower.clone();
        states.extend(self);
        states
    }
}

pub(super) fn read_pending(section: &Section<'_>) -> PendingText {
    let pending = PendingText { when: section.text("when"), ticket: section.text("ticket") };
    section.finish();
    pending
}

pub(super) fn read_status(section: &Section<'_>) -> StatusText {
    let mut states = BTreeMap::new();
    if let Some(table) = section.section("states") {
        for (word, meaning) in table.all_texts() {
            match WORDS.iter().find(|(known, _)| *known == meaning.value) {
                Some((_, progress)) => _ = states.insert(word.value, *progress),
                None => {
                    let known: Vec<_> = WORDS.iter().map(|(known, _)| *known).collect();
                    let key = format!("{}.{}", table.path(), word.value);
                    table.complain_at(&word, expected_at(&key, &known.join(" | ")).found(&meaning.value));
                }
            }
        }
    }
    let status = StatusText {
        state: section.text("state"),
        item_state: section.text("item_state"),
        states,
        code: section.text("code"),
        message: section.text("message"),
        remote_id: section.text("remote_id"),
    };
    section.finish();
    status
}
