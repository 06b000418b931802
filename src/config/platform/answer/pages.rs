//! The answers that bring records, reviews or the time.

use std::collections::BTreeMap;

use super::{Over, over};
use crate::config::platform::expected_at;
use crate::config::{Located, Section};

/// A page of records.
#[derive(Clone, Debug, Default)]
pub struct ListText {
    pub list: Option<Located<String>>,
    pub total: Option<Located<String>>,
    /// Over `body`, `page`, `size`, `count`: whether another page follows.
    pub more: Option<Located<String>>,
    /// Over `body`: where the next page starts, for a province that does not count pages; it becomes `since`.
    pub cursor: Option<Located<String>>,
}

/// One record that was asked for.
#[derive(Clone, Debug, Default)]
pub struct LookupText {
    /// Over `body`: the record that was found, or null.
    pub record: Option<Located<String>>,
}

/// A record at the province, over `item`.
#[derive(Clone, Debug, Default)]
pub struct RecordText {
    pub remote_id: Option<Located<String>>,
    pub local_id: Option<Located<String>>,
    pub city: Option<Located<String>>,
    pub status: Option<Located<String>>,
    pub version: Option<Located<String>>,
    pub updated_at: Option<Located<String>>,
    pub withdrawn: Option<Located<String>>,
    pub data: Option<Located<String>>,
}

/// Decisions of the province's reviewers, over `item`.
#[derive(Clone, Debug, Default)]
pub struct ReviewsText {
    pub list: Option<Located<String>>,
    /// Over `body`: where the next look starts.
    pub next: Option<Located<String>>,
    /// Over `body`, `page`, `size`, `count`: whether another page follows; absent, a full one says so.
    pub more: Option<Located<String>>,
    pub seq: Option<Located<String>>,
    pub kind: Option<Located<String>>,
    pub local_id: Option<Located<String>>,
    pub remote_id: Option<Located<String>>,
    pub state: Option<Located<String>>,
    pub opinion: Option<Located<String>>,
    pub at: Option<Located<String>>,
    /// The province's word → what it means. A word that is not listed is an error, never a guess.
    pub states: BTreeMap<String, ReviewState>,
}

/// One of the province's code tables.
#[derive(Clone, Debug, Default)]
pub struct DictionaryText {
    /// Over `body`: the list of codes.
    pub list: Option<Located<String>>,
    /// Over `item`.
    pub code: Option<Located<String>>,
    pub label: Option<Located<String>>,
    /// Over `body`, `page`, `size`, `count`: whether another page follows; without it there is one page.
    pub more: Option<Located<String>>,
}

/// What an upload brings.
#[derive(Clone, Debug, Default)]
pub struct UploadText {
    /// Over `body`: the file's id at the province, or whatever stands for it: an address, a path.
    pub id: Option<Located<String>>,
    /// Over `body`: where the province shows it, if it says so.
    pub url: Option<Located<String>>,
}

/// What a ping brings.
#[derive(Clone, Debug, Default)]
pub struct PingText {
    /// Over `body`: the province's clock.
    pub time: Option<Located<String>>,
}

/// What the province's reviewers say about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewState {
    InReview,
    Published,
    Returned,
    Rejected,
    Delisted,
}

impl ReviewState {
    pub const ALL: [ReviewState; 5] = [
        ReviewState::InReview,
        ReviewState::Published,
        ReviewState::Returned,
        ReviewState::Rejected,
        ReviewState::Delisted,
    ];

    pub fn word(self) -> &'static str {
        match self {
            ReviewState::InReview => "in_review",
            ReviewState::Published => "published",
            ReviewState::Returned => "returned",
            ReviewState::Rejected => "rejected",
            ReviewState::Delisted => "delisted",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        ReviewState::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl Over for ListText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: list, total, more, cursor;)
    }
}

impl Over for LookupText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: record;)
    }
}

impl Over for RecordText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: remote_id, local_id, city, status, version, updated_at, withdrawn, data;)
    }
}

impl Over for ReviewsText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: list, next, more, seq, kind, local_id, remote_id, state, opinion, at; states)
    }
}

impl Over for DictionaryText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: list, code, label, more;)
    }
}

impl Over for UploadText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: id, url;)
    }
}

impl Over for PingText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower: time;)
    }
}

/// Word by word: an operation adds its own to those of all.
impl Over for BTreeMap<String, ReviewState> {
    fn over(self, lower: &Self) -> Self {
        let mut states = lower.clone();
        states.extend(self);
        states
    }
}

pub(super) fn read_list(section: &Section<'_>) -> ListText {
    let text = |key: &str| section.text(key);
    let list =
        ListText { list: text("list"), total: text("total"), more: text("more"), cursor: text("cursor") };
    section.finish();
    list
}

pub(super) fn read_lookup(section: &Section<'_>) -> LookupText {
    let lookup = LookupText { record: section.text("record") };
    section.finish();
    lookup
}

pub(super) fn read_record(section: &Section<'_>) -> RecordText {
    let text = |key: &str| section.text(key);
    let record = RecordText {
        remote_id: text("remote_id"),
        local_id: text("local_id"),
        city: text("city"),
        status: text("status"),
        version: text("version"),
        updated_at: text("updated_at"),
        withdrawn: text("withdrawn"),
        data: text("data"),
    };
    section.finish();
    record
}

pub(super) fn read_reviews(section: &Section<'_>) -> ReviewsText {
    let reviews = take_reviews(section);
    section.finish();
    reviews
}

/// The keys of a table that may have others.
pub(in crate::config::platform) fn take_reviews(section: &Section<'_>) -> ReviewsText {
    let text = |key: &str| section.text(key);
    let mut states = BTreeMap::new();
    if let Some(table) = section.section("states") {
        for (word, meaning) in table.all_texts() {
            if let Some(state) = ReviewState::parse(&meaning) {
                states.insert(word.value, state);
            } else {
                let known: Vec<_> = ReviewState::ALL.into_iter().map(ReviewState::word).collect();
                let key = format!("{}.{}", table.path(), word.value);
                table.complain_at(&word, expected_at(&key, &known.join(" | ")).found(&meaning.value));
            }
        }
    }
    ReviewsText {
        list: text("list"),
        next: text("next"),
        more: text("more"),
        seq: text("seq"),
        kind: text("kind"),
        local_id: text("local_id"),
        remote_id: text("remote_id"),
        state: text("state"),
        opinion: text("opinion"),
        at: text("at"),
        states,
    }
}

pub(super) fn read_dictionary(section: &Section<'_>) -> DictionaryText {
    let text = |key: &str| section.text(key);
    let dictionary =
        DictionaryText { list: text("list"), code: text("code"), label: text("label"), more: text("more") };
    section.finish();
    dictionary
}

pub(super) fn read_upload(section: &Section<'_>) -> UploadText {
    let upload = UploadText { id: section.text("id"), url: section.text("url") };
    section.finish();
    upload
}

pub(super) fn read_ping(section: &Section<'_>) -> PingText {
    let ping = PingText { time: section.text("time") };
    section.finish();
    ping
}
