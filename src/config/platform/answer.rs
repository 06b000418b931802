//! What comes back: how an answer is read. Every text here is an expression, compiled by the room `platform`.

use std::collections::BTreeMap;

use super::expected_at;
use crate::config::{Located, Section};

/// The `[answer]` section.
#[derive(Clone, Debug)]
pub struct AnswerText {
    /// Over `status`, `code`, `message`, `body`: the request as a whole was processed.
    pub success: Located<String>,
    /// Over `body`: the province's business code.
    pub code: Located<String>,
    pub message: Located<String>,
    /// The province's own number for the exchange, worth quoting on the telephone.
    pub trace: Option<Located<String>>,
    pub items: ItemsText,
    pub list: Option<ListText>,
    /// Over `body`: the record that a look-up found, or null.
    pub lookup: Option<Located<String>>,
    pub record: Option<RecordText>,
    pub reviews: Option<ReviewsText>,
    /// Over `body`: the province's clock.
    pub time: Option<Located<String>>,
}

/// One result for each record of a batch. An item that the list does not mention is unknown, never accepted.
#[derive(Clone, Debug)]
pub struct ItemsText {
    /// Over `body`: the list of results.
    pub list: Located<String>,
    /// Over `item`: our record id.
    pub id: Located<String>,
    pub code: Located<String>,
    pub message: Located<String>,
    /// JSON pointer or dotted name of the field that the province objects to.
    pub field: Option<Located<String>>,
    pub remote_id: Located<String>,
    /// Over `item`, `code`, `message`, `action`, asked in this order; what none of them claims is unknown.
    pub success: Located<String>,
    pub duplicate: Option<Located<String>>,
    pub retry: Option<Located<String>>,
    pub refused: Option<Located<String>>,
}

/// A page of records.
#[derive(Clone, Debug)]
pub struct ListText {
    pub list: Located<String>,
    pub total: Option<Located<String>>,
    /// Over `body`, `page`, `size`, `count`: whether another page follows.
    pub more: Located<String>,
    /// Over `body`: where the next page starts, for a province that does not count pages; it becomes `since`.
    pub cursor: Option<Located<String>>,
}

/// A record at the province, over `item`.
#[derive(Clone, Debug)]
pub struct RecordText {
    pub remote_id: Located<String>,
    pub local_id: Option<Located<String>>,
    pub city: Option<Located<String>>,
    pub status: Option<Located<String>>,
    pub version: Option<Located<String>>,
    pub updated_at: Option<Located<String>>,
    pub withdrawn: Option<Located<String>>,
    pub data: Located<String>,
}

/// Decisions of the province's reviewers, over `item`.
#[derive(Clone, Debug)]
pub struct ReviewsText {
    pub list: Located<String>,
    /// Over `body`: where the next look starts.
    pub next: Located<String>,
    pub seq: Located<String>,
    pub kind: Option<Located<String>>,
    pub local_id: Option<Located<String>>,
    pub remote_id: Option<Located<String>>,
    pub state: Located<String>,
    pub opinion: Option<Located<String>>,
    pub at: Option<Located<String>>,
    /// The province's word → what it means. A word that is not listed is an error, never a guess.
    pub states: BTreeMap<String, ReviewState>,
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

pub(super) fn read(root: &Section<'_>) -> Option<AnswerText> {
    let section = root.need_section("answer")?;
    let success = section.need_text("success");
    let code = section.need_text("code");
    let message = section.need_text("message");
    let trace = section.text("trace");
    let items = section.need_section("items").and_then(|items| read_items(&items));
    let list = section.section("list").and_then(|list| read_list(&list));
    let lookup = section.section("lookup").and_then(|lookup| {
        let record = lookup.need_text("record");
        lookup.finish();
        record
    });
    let record = section.section("record").and_then(|record| read_record(&record));
    let reviews = section.section("reviews").and_then(|reviews| read_reviews(&reviews));
    let time = section.section("ping").and_then(|ping| {
        let time = ping.text("time");
        ping.finish();
        time
    });
    section.finish();
    Some(AnswerText {
        success: success?,
        code: code?,
        message: message?,
        trace,
        items: items?,
        list,
        lookup,
        record,
        reviews,
        time,
    })
}

fn read_items(section: &Section<'_>) -> Option<ItemsText> {
    let list = section.need_text("list");
    let id = section.need_text("id");
    let code = section.need_text("code");
    let message = section.need_text("message");
    let field = section.text("field");
    let remote_id = section.need_text("remote_id");
    let success = section.need_text("success");
    let duplicate = section.text("duplicate");
    let retry = section.text("retry");
    let refused = section.text("refused");
    section.word("unlisted", &[("unknown", ())]);
    section.finish();
    Some(ItemsText {
        list: list?,
        id: id?,
        code: code?,
        message: message?,
        field,
        remote_id: remote_id?,
        success: success?,
        duplicate,
        retry,
        refused,
    })
}

fn read_list(section: &Section<'_>) -> Option<ListText> {
    let list = section.need_text("list");
    let total = section.text("total");
    let more = section.need_text("more");
    let cursor = section.text("cursor");
    section.finish();
    Some(ListText { list: list?, total, more: more?, cursor })
}

fn read_record(section: &Section<'_>) -> Option<RecordText> {
    let remote_id = section.need_text("remote_id");
    let local_id = section.text("local_id");
    let city = section.text("city");
    let status = section.text("status");
    let version = section.text("version");
    let updated_at = section.text("updated_at");
    let withdrawn = section.text("withdrawn");
    let data = section.need_text("data");
    section.finish();
    Some(RecordText {
        remote_id: remote_id?,
        local_id,
        city,
        status,
        version,
        updated_at,
        withdrawn,
        data: data?,
    })
}

fn read_reviews(section: &Section<'_>) -> Option<ReviewsText> {
    let list = section.need_text("list");
    let next = section.need_text("next");
    let seq = section.need_text("seq");
    let kind = section.text("kind");
    let local_id = section.text("local_id");
    let remote_id = section.text("remote_id");
    let state = section.need_text("state");
    let opinion = section.text("opinion");
    let at = section.text("at");
    let mut states = BTreeMap::new();
    if let Some(table) = section.need_section("states") {
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
    section.finish();
    Some(ReviewsText {
        list: list?,
        next: next?,
        seq: seq?,
        kind,
        local_id,
        remote_id,
        state: state?,
        opinion,
        at,
        states,
    })
}
