//! The `[answer]` section, compiled: once for each operation.

use std::collections::BTreeMap;
use std::path::Path;

use encoding_rs::Encoding;

use super::formula::Formula;
use super::pending::{PendingReading, StatusReading};
use crate::config::platform::{
    AnswerFormat, AnswerText, DictionaryText, ItemsText, ListText, RecordText, ReviewState, ReviewsText,
    Unlisted,
};
use crate::config::{Fault, Located};

/// How an answer is read. See `config::platform::AnswerText` for what each expression says. The default reads
/// nothing and takes nothing for a success: that of an operation which the province does not offer.
#[derive(Clone, Debug, Default)]
pub struct AnswerReading {
    pub format: AnswerFormat,
    pub charset: Option<&'static Encoding>,
    pub mislabelled: bool,
    pub verify: Option<Formula>,
    pub open: Option<Formula>,
    pub success: Option<Formula>,
    pub code: Option<Formula>,
    pub message: Option<Formula>,
    pub trace: Option<Formula>,
    pub refused: Option<Formula>,
    pub items: ItemsReading,
    pub list: Option<ListReading>,
    pub lookup: Option<Formula>,
    pub record: Option<RecordReading>,
    pub reviews: Option<ReviewsReading>,
    /// The province's word for a review's state → what it means.
    pub states: BTreeMap<String, ReviewState>,
    pub dictionary: Option<DictionaryReading>,
    pub pending: Option<PendingReading>,
    pub status: StatusReading,
    pub time: Option<Formula>,
    /// The file's id, and its address.
    pub upload: (Option<Formula>, Option<Formula>),
}

#[derive(Clone, Debug, Default)]
pub struct ItemsReading {
    pub list: Option<Formula>,
    pub id: Option<Formula>,
    pub by_position: bool,
    pub unlisted: Unlisted,
    pub unlisted_when: Option<Formula>,
    pub code: Option<Formula>,
    pub message: Option<Formula>,
    pub field: Option<Formula>,
    pub remote_id: Option<Formula>,
    pub success: Option<Formula>,
    pub duplicate: Option<Formula>,
    pub retry: Option<Formula>,
    pub refused: Option<Formula>,
}

#[derive(Clone, Debug)]
pub struct ListReading {
    pub list: Formula,
    pub total: Option<Formula>,
    pub more: Formula,
    pub cursor: Option<Formula>,
}

#[derive(Clone, Debug)]
pub struct RecordReading {
    pub remote_id: Formula,
    pub local_id: Option<Formula>,
    pub city: Option<Formula>,
    pub status: Option<Formula>,
    pub version: Option<Formula>,
    pub updated_at: Option<Formula>,
    pub withdrawn: Option<Formula>,
    pub data: Formula,
}

#[derive(Clone, Debug)]
pub struct ReviewsReading {
    pub list: Option<Formula>,
    pub next: Option<Formula>,
    pub more: Option<Formula>,
    pub seq: Option<Formula>,
    pub kind: Option<Formula>,
    pub local_id: Option<Formula>,
    pub remote_id: Option<Formula>,
    pub state: Formula,
    pub opinion: Option<Formula>,
    pub at: Option<Formula>,
}

#[derive(Clone, Debug)]
pub struct DictionaryReading {
    pub list: Formula,
    pub code: Formula,
    pub label: Formula,
    pub more: Option<Formula>,
}

/// What can be said of an answer that nobody has parsed yet.
const RAW: &[&str] =
    &["raw", "text", "headers", "status", "credentials", "session", "sent", "received", "action"];
const PARSED: &[&str] =
    &["body", "raw", "text", "headers", "status", "credentials", "session", "sent", "received", "action"];
const WHOLE: &[&str] = &["body", "status", "headers", "action"];
pub(super) const JUDGED: &[&str] = &["body", "status", "headers", "action", "code", "message"];
const LISTED: &[&str] = &["body", "status", "headers", "action", "page", "size", "count"];
pub(super) const ITEM: &[&str] = &["item", "body", "action"];
/// Of an item that has been found to be one of ours.
const ITEM_OURS: &[&str] = &["item", "body", "action", "record_id", "item_key", "version", "remote_id"];
const ITEM_JUDGED: &[&str] =
    &["item", "body", "action", "code", "message", "record_id", "item_key", "version", "remote_id"];

/// Compiles the texts of one table, leaving faults behind. What `[answer]` says for all operations is compiled
/// for each, and told once.
pub(super) struct Press<'a> {
    pub(super) file: &'a Path,
    pub(super) faults: &'a mut Vec<Fault>,
}

impl Press<'_> {
    /// Absent is fine, faulty is not. An empty text is absent too: so an operation drops what holds for the others.
    pub(super) fn maybe(&mut self, text: &Option<Located<String>>, known: &[&str]) -> Option<Formula> {
        let text = text.as_ref().filter(|text| !text.trim().is_empty())?;
        let mut found = Vec::new();
        let formula = Formula::compile(text, known, self.file, &mut found);
        for fault in found {
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
        formula
    }
}

impl AnswerReading {
    pub(super) fn compile(text: &AnswerText, press: &mut Press<'_>) -> Self {
        AnswerReading {
            format: text.format.unwrap_or_default(),
            charset: text.charset,
            mislabelled: text.mislabelled.unwrap_or(false),
            verify: press.maybe(&text.verify, RAW),
            open: press.maybe(&text.open, PARSED),
            success: press.maybe(&text.success, JUDGED),
            code: press.maybe(&text.code, WHOLE),
            message: press.maybe(&text.message, WHOLE),
            trace: press.maybe(&text.trace, WHOLE),
            refused: press.maybe(&text.refused, JUDGED),
            items: text.items.as_ref().map(|items| compile_items(items, press)).unwrap_or_default(),
            list: text.list.as_ref().and_then(|list| compile_list(list, press)),
            lookup: text.lookup.as_ref().and_then(|lookup| press.maybe(&lookup.record, WHOLE)),
            record: text.record.as_ref().and_then(|record| compile_record(record, press)),
            reviews: text.reviews.as_ref().and_then(|reviews| compile_reviews(reviews, press)),
            states: text.reviews.as_ref().map(|reviews| reviews.states.clone()).unwrap_or_default(),
            dictionary: text.dictionary.as_ref().and_then(|one| compile_dictionary(one, press)),
            pending: text.pending.as_ref().and_then(|pending| PendingReading::compile(pending, press)),
            status: text
                .status
                .as_ref()
                .map(|status| StatusReading::compile(status, press))
                .unwrap_or_default(),
            time: text.ping.as_ref().and_then(|ping| press.maybe(&ping.time, WHOLE)),
            upload: text.upload.as_ref().map_or((None, None), |upload| {
                (press.maybe(&upload.id, WHOLE), press.maybe(&upload.url, WHOLE))
            }),
        }
    }
}

impl AnswerReading {
    /// The expressions that may use secrets and sessions.
    pub(super) fn proofs(&self) -> impl Iterator<Item = &Formula> {
        self.verify.iter().chain(&self.open)
    }
}

fn compile_items(text: &ItemsText, press: &mut Press<'_>) -> ItemsReading {
    ItemsReading {
        list: press.maybe(&text.list, WHOLE),
        id: press.maybe(&text.id, ITEM),
        by_position: text.by_position.unwrap_or(false),
        unlisted: text.unlisted.unwrap_or_default(),
        unlisted_when: press.maybe(&text.unlisted_when, JUDGED),
        code: press.maybe(&text.code, ITEM),
        message: press.maybe(&text.message, ITEM),
        field: press.maybe(&text.field, ITEM_JUDGED),
        remote_id: press.maybe(&text.remote_id, ITEM_OURS),
        success: press.maybe(&text.success, ITEM_JUDGED),
        duplicate: press.maybe(&text.duplicate, ITEM_JUDGED),
        retry: press.maybe(&text.retry, ITEM_JUDGED),
        refused: press.maybe(&text.refused, ITEM_JUDGED),
    }
}

fn compile_list(text: &ListText, press: &mut Press<'_>) -> Option<ListReading> {
    let list = press.maybe(&text.list, WHOLE);
    let total = press.maybe(&text.total, WHOLE);
    let more = press.maybe(&text.more, LISTED);
    let cursor = press.maybe(&text.cursor, WHOLE);
    Some(ListReading { list: list?, total, more: more?, cursor })
}

fn compile_record(text: &RecordText, press: &mut Press<'_>) -> Option<RecordReading> {
    let remote_id = press.maybe(&text.remote_id, ITEM);
    let local_id = press.maybe(&text.local_id, ITEM);
    let city = press.maybe(&text.city, ITEM);
    let status = press.maybe(&text.status, ITEM);
    let version = press.maybe(&text.version, ITEM);
    let updated_at = press.maybe(&text.updated_at, ITEM);
    let withdrawn = press.maybe(&text.withdrawn, ITEM);
    let data = press.maybe(&text.data, ITEM);
    Some(RecordReading {
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

fn compile_dictionary(text: &DictionaryText, press: &mut Press<'_>) -> Option<DictionaryReading> {
    let list = press.maybe(&text.list, WHOLE);
    let code = press.maybe(&text.code, ITEM);
    let label = press.maybe(&text.label, ITEM);
    let more = press.maybe(&text.more, LISTED);
    Some(DictionaryReading { list: list?, code: code?, label: label?, more })
}

pub(super) fn compile_reviews(text: &ReviewsText, press: &mut Press<'_>) -> Option<ReviewsReading> {
    let list = press.maybe(&text.list, WHOLE);
    let next = press.maybe(&text.next, WHOLE);
    let more = press.maybe(&text.more, LISTED);
    let seq = press.maybe(&text.seq, ITEM);
    let kind = press.maybe(&text.kind, ITEM);
    let local_id = press.maybe(&text.local_id, ITEM);
    let remote_id = press.maybe(&text.remote_id, ITEM);
    let state = press.maybe(&text.state, ITEM);
    let opinion = press.maybe(&text.opinion, ITEM);
    let at = press.maybe(&text.at, ITEM);
    Some(ReviewsReading { list, next, more, seq, kind, local_id, remote_id, state: state?, opinion, at })
}
