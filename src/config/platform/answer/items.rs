//! `[answer.items]`: what became of each record of a batch.

use super::{Over, over};
use crate::config::{Located, Section};

/// One result for each record that was sent. Without `list` the whole answer is the result of the one record.
#[derive(Clone, Debug, Default)]
pub struct ItemsText {
    /// Over `body`: the list of results.
    pub list: Option<Located<String>>,
    /// Over `item`: our record id.
    pub id: Option<Located<String>>,
    /// The results stand in the order of what was sent, one for each.
    pub by_position: Option<bool>,
    /// What a record is that the list does not mention.
    pub unlisted: Option<Unlisted>,
    /// Over the names of the whole answer: whether `unlisted` counts. Where it is not true they are unknown.
    pub unlisted_when: Option<Located<String>>,
    /// Over `item`; absent, the code and the message of the whole answer count.
    pub code: Option<Located<String>>,
    pub message: Option<Located<String>>,
    /// JSON pointer or dotted name of the field that the province objects to.
    pub field: Option<Located<String>>,
    pub remote_id: Option<Located<String>>,
    /// Over `item`, `code`, `message`, `action`, asked in this order; what none of them claims is unknown.
    pub success: Option<Located<String>>,
    pub duplicate: Option<Located<String>>,
    pub retry: Option<Located<String>>,
    pub refused: Option<Located<String>>,
}

/// What is said by saying nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unlisted {
    #[default]
    Unknown,
    /// The list holds errors alone.
    Accepted,
    /// The list holds what was taken alone.
    Refused,
}

impl Over for ItemsText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower:
            list, id, by_position, unlisted, unlisted_when, code, message, field, remote_id, success,
            duplicate, retry, refused;)
    }
}

pub(super) fn read(section: &Section<'_>) -> ItemsText {
    let words =
        [("unknown", Unlisted::Unknown), ("accepted", Unlisted::Accepted), ("refused", Unlisted::Refused)];
    let items = ItemsText {
        list: section.text("list"),
        id: section.text("id"),
        by_position: section.flag("by_position"),
        unlisted: section.word("unlisted", &words),
        unlisted_when: section.text("unlisted_when"),
        code: section.text("code"),
        message: section.text("message"),
        field: section.text("field"),
        remote_id: section.text("remote_id"),
        success: section.text("success"),
        duplicate: section.text("duplicate"),
        retry: section.text("retry"),
        refused: section.text("refused"),
    };
    section.finish();
    items
}
