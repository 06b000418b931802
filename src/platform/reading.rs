//! The `[answer]` section, compiled.

use std::collections::BTreeMap;
use std::path::Path;

use super::formula::Formula;
use crate::config::platform::{AnswerText, ItemsText, ListText, RecordText, ReviewState, ReviewsText};
use crate::config::{Fault, Located};

/// How an answer is read. See `config::platform::AnswerText` for what each expression says.
#[derive(Clone, Debug)]
pub struct AnswerReading {
    pub success: Formula,
    pub code: Formula,
    pub message: Formula,
    pub trace: Option<Formula>,
    pub items: ItemsReading,
    pub list: Option<ListReading>,
    pub lookup: Option<Formula>,
    pub record: Option<RecordReading>,
    pub reviews: Option<ReviewsReading>,
    pub time: Option<Formula>,
}

#[derive(Clone, Debug)]
pub struct ItemsReading {
    pub list: Formula,
    pub id: Formula,
    pub code: Formula,
    pub message: Formula,
    pub field: Option<Formula>,
    pub remote_id: Formula,
    pub success: Formula,
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
    pub list: Formula,
    pub next: Formula,
    pub seq: Formula,
    pub kind: Option<Formula>,
    pub local_id: Option<Formula>,
    pub remote_id: Option<Formula>,
    pub state: Formula,
    pub opinion: Option<Formula>,
    pub at: Option<Formula>,
    pub states: BTreeMap<String, ReviewState>,
}

const WHOLE: &[&str] = &["body", "status", "headers", "action"];
const JUDGED: &[&str] = &["body", "status", "headers", "action", "code", "message"];
const LISTED: &[&str] = &["body", "status", "headers", "action", "page", "size", "count"];
const ITEM: &[&str] = &["item", "body", "action"];
const ITEM_JUDGED: &[&str] = &["item", "body", "action", "code", "message"];

/// Compiles the texts of one section, leaving faults behind.
struct Press<'a> {
    file: &'a Path,
    faults: &'a mut Vec<Fault>,
}

impl Press<'_> {
    fn one(&mut self, text: &Located<String>, known: &[&str]) -> Option<Formula> {
        Formula::compile(text, known, self.file, self.faults)
    }

    /// An optional text: absent is fine, faulty is not.
    fn maybe(&mut self, text: &Option<Located<String>>, known: &[&str]) -> Option<Formula> {
        text.as_ref().and_then(|text| self.one(text, known))
    }
}

impl AnswerReading {
    pub(super) fn compile(text: &AnswerText, file: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        let press = &mut Press { file, faults };
        let success = press.one(&text.success, JUDGED);
        let code = press.one(&text.code, WHOLE);
        let message = press.one(&text.message, WHOLE);
        let trace = press.maybe(&text.trace, WHOLE);
        let items = compile_items(&text.items, press);
        let list = text.list.as_ref().and_then(|list| compile_list(list, press));
        let lookup = press.maybe(&text.lookup, WHOLE);
        let record = text.record.as_ref().and_then(|record| compile_record(record, press));
        let reviews = text.reviews.as_ref().and_then(|reviews| compile_reviews(reviews, press));
        let time = press.maybe(&text.time, WHOLE);
        Some(AnswerReading {
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
}

fn compile_items(text: &ItemsText, press: &mut Press<'_>) -> Option<ItemsReading> {
    let list = press.one(&text.list, WHOLE);
    let id = press.one(&text.id, ITEM);
    let code = press.one(&text.code, ITEM);
    let message = press.one(&text.message, ITEM);
    let field = press.maybe(&text.field, ITEM_JUDGED);
    let remote_id = press.one(&text.remote_id, ITEM);
    let success = press.one(&text.success, ITEM_JUDGED);
    let duplicate = press.maybe(&text.duplicate, ITEM_JUDGED);
    let retry = press.maybe(&text.retry, ITEM_JUDGED);
    let refused = press.maybe(&text.refused, ITEM_JUDGED);
    Some(ItemsReading {
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

fn compile_list(text: &ListText, press: &mut Press<'_>) -> Option<ListReading> {
    let list = press.one(&text.list, WHOLE);
    let total = press.maybe(&text.total, WHOLE);
    let more = press.one(&text.more, LISTED);
    let cursor = press.maybe(&text.cursor, WHOLE);
    Some(ListReading { list: list?, total, more: more?, cursor })
}

fn compile_record(text: &RecordText, press: &mut Press<'_>) -> Option<RecordReading> {
    let remote_id = press.one(&text.remote_id, ITEM);
    let local_id = press.maybe(&text.local_id, ITEM);
    let city = press.maybe(&text.city, ITEM);
    let status = press.maybe(&text.status, ITEM);
    let version = press.maybe(&text.version, ITEM);
    let updated_at = press.maybe(&text.updated_at, ITEM);
    let withdrawn = press.maybe(&text.withdrawn, ITEM);
    let data = press.one(&text.data, ITEM);
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

fn compile_reviews(text: &ReviewsText, press: &mut Press<'_>) -> Option<ReviewsReading> {
    let list = press.one(&text.list, WHOLE);
    let next = press.one(&text.next, WHOLE);
    let seq = press.one(&text.seq, ITEM);
    let kind = press.maybe(&text.kind, ITEM);
    let local_id = press.maybe(&text.local_id, ITEM);
    let remote_id = press.maybe(&text.remote_id, ITEM);
    let state = press.one(&text.state, ITEM);
    let opinion = press.maybe(&text.opinion, ITEM);
    let at = press.maybe(&text.at, ITEM);
    Some(ReviewsReading {
        list: list?,
        next: next?,
        seq: seq?,
        kind,
        local_id,
        remote_id,
        state: state?,
        opinion,
        at,
        states: text.states.clone(),
    })
}
