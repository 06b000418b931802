//! What comes back: how an answer is read. Every text here is an expression, compiled by the room `platform`.
//!
//! `[answer]` holds for all operations; `[operations.X.answer]` says the same keys otherwise for one, key by key.
//! So every key may be absent here, and what must be there is asked of both together.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use serde_json::Value as Json;

use super::{Call, Operation, ReviewsBy, expected_at};
use crate::config::{Located, Section};
use crate::record::Complaint;

mod items;
mod pages;
mod pending;

pub use items::{ItemsText, Unlisted};
pub(super) use pages::take_reviews;
pub use pages::{
    DictionaryText, ListText, LookupText, PingText, RecordText, ReviewState, ReviewsText, UploadText,
};
pub use pending::{PendingText, Progress, StatusText};

/// One `[answer]` table, or what is left of it for one operation.
#[derive(Clone, Debug, Default)]
pub struct AnswerText {
    pub format: Option<AnswerFormat>,
    /// Takes precedence over what the answer says of itself.
    pub charset: Option<&'static Encoding>,
    /// The province calls its data `text/html`.
    pub mislabelled: Option<bool>,
    /// Over `raw`, `text`, `headers`, `status`, `credentials`, `session`, `sent`, `received`: the answer is
    /// genuine. Asked before a byte of it is parsed.
    pub verify: Option<Located<String>>,
    /// Over the same and `body`: what `body` is from here on.
    pub open: Option<Located<String>>,
    /// Over `status`, `headers`, `code`, `message`, `body`: the request as a whole was processed.
    pub success: Option<Located<String>>,
    /// Over `body`: the province's business code.
    pub code: Option<Located<String>>,
    pub message: Option<Located<String>>,
    /// The province's own number for the exchange, worth quoting on the telephone.
    pub trace: Option<Located<String>>,
    /// Over the names of `success`, where one record was sent: the province says no to it.
    pub refused: Option<Located<String>>,
    pub items: Option<ItemsText>,
    pub list: Option<ListText>,
    pub lookup: Option<LookupText>,
    pub record: Option<RecordText>,
    pub reviews: Option<ReviewsText>,
    pub dictionary: Option<DictionaryText>,
    pub pending: Option<PendingText>,
    pub status: Option<StatusText>,
    pub ping: Option<PingText>,
    pub upload: Option<UploadText>,
}

/// How a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AnswerFormat {
    #[default]
    Json,
    /// Elements become maps: `@name` an attribute, `#text` the text, a repeated element a list.
    Xml,
    /// `body` is the text.
    Text,
}

/// A table whose keys fall back on those of another.
trait Over: Clone {
    fn over(self, lower: &Self) -> Self;
}

impl<T: Over> Over for Option<T> {
    fn over(self, lower: &Self) -> Self {
        match (self, lower) {
            (Some(upper), Some(lower)) => Some(upper.over(lower)),
            (upper, lower) => upper.or_else(|| lower.clone()),
        }
    }
}

/// `Self` with each key of `$upper`, and that of `$lower` where there is none.
macro_rules! over {
    ($upper:ident, $lower:ident: $($key:ident),+ ; $($table:ident),*) => {
        Self {
            $($key: $upper.$key.or_else(|| $lower.$key.clone()),)+
            $($table: Over::over($upper.$table, &$lower.$table),)*
        }
    };
}
use over;

impl Over for AnswerText {
    fn over(self, lower: &Self) -> Self {
        over!(self, lower:
            format, charset, mislabelled, verify, open, success, code, message, trace, refused;
            items, list, lookup, record, reviews, dictionary, pending, status, ping, upload)
    }
}

impl AnswerText {
    /// How decisions are read that come by themselves: what `own` says, else what is said of those that are asked for.
    /// Never their list: another message has its decisions elsewhere.
    pub fn reviews_of_callback(&self, own: &ReviewsText) -> ReviewsText {
        let general = self.reviews.clone().unwrap_or_default();
        ReviewsText { list: own.list.clone(), ..own.clone().over(&general) }
    }

    /// These keys, and those of `[answer]` where one is absent here.
    pub fn or_general(self, general: &AnswerText) -> AnswerText {
        self.over(general)
    }
}

/// `[answer]`: what holds for all operations. Errors: faults of single keys; whether anything is missing is
/// known only with the operations.
pub(super) fn read_general(root: &Section<'_>) -> AnswerText {
    root.section("answer").map(|section| read_table(&section)).unwrap_or_default()
}

/// One `answer` table, `[answer]` or an operation's.
pub(super) fn read_table(section: &Section<'_>) -> AnswerText {
    let formats = [("json", AnswerFormat::Json), ("xml", AnswerFormat::Xml), ("text", AnswerFormat::Text)];
    let format = section.word("format", &formats);
    let charset = read_charset(section);
    let mislabelled = section.flag("mislabelled");
    let text = |key: &str| section.text(key);
    let (verify, open) = (text("verify"), text("open"));
    let (success, code, message) = (text("success"), text("code"), text("message"));
    let (trace, refused) = (text("trace"), text("refused"));
    let items = section.section("items").map(|table| items::read(&table));
    let list = section.section("list").map(|table| pages::read_list(&table));
    let lookup = section.section("lookup").map(|table| pages::read_lookup(&table));
    let record = section.section("record").map(|table| pages::read_record(&table));
    let reviews = section.section("reviews").map(|table| pages::read_reviews(&table));
    let dictionary = section.section("dictionary").map(|table| pages::read_dictionary(&table));
    let pending = section.section("pending").map(|table| pending::read_pending(&table));
    let status = section.section("status").map(|table| pending::read_status(&table));
    let ping = section.section("ping").map(|table| pages::read_ping(&table));
    let upload = section.section("upload").map(|table| pages::read_upload(&table));
    section.finish();
    AnswerText {
        format,
        charset,
        mislabelled,
        verify,
        open,
        success,
        code,
        message,
        trace,
        refused,
        items,
        list,
        lookup,
        record,
        reviews,
        dictionary,
        pending,
        status,
        ping,
        upload,
    }
}

fn read_charset(section: &Section<'_>) -> Option<&'static Encoding> {
    let label = section.text("charset")?;
    let encoding = Encoding::for_label(label.as_bytes());
    if encoding.is_none() {
        let key = format!("{}.charset", section.path());
        section.complain_at("charset", expected_at(&key, "utf-8 | gb18030 | gbk").found(&label.value));
    }
    encoding
}

/// How the answer to each operation is read, in full; and a complaint for everything that must be said and is not.
pub(super) fn merge(
    root: &Section<'_>,
    general: &AnswerText,
    operations: &BTreeMap<Operation, Call>,
    reviews_by: ReviewsBy,
) -> BTreeMap<Operation, AnswerText> {
    let mut missing: Vec<String> = Vec::new();
    let mut answers = BTreeMap::new();
    if operations.is_empty() {
        root.miss("answer");
    }
    let calls = root.section("operations");
    for (operation, call) in operations {
        let section = calls.as_ref().and_then(|calls| calls.section(operation.word()));
        let written = Written {
            general: root.json("answer").unwrap_or_default(),
            own: section.as_ref().and_then(|section| section.json("answer")).unwrap_or_default(),
        };
        for needed in needed(*operation, call.is_single(), reviews_by, &written) {
            let (place, key) = match (&section, written.own.is_null(), written.general.is_null()) {
                (Some(section), false, _) => {
                    (section.place_of("answer"), format!("{}.answer.{needed}", section.path()))
                }
                (_, _, true) => (root.place_of("answer"), "answer".to_owned()),
                _ => (root.place_of("answer"), format!("answer.{needed}")),
            };
            if !missing.contains(&key) {
                root.complain_located(&place, Complaint::new("Q1002").fact("key", &key));
                missing.push(key);
            }
        }
        let own = call.answer.clone().unwrap_or_default();
        answers.insert(*operation, own.or_general(general));
    }
    let later = answers.iter().any(|(operation, answer)| operation.is_delivery() && answer.pending.is_some());
    if later && !answers.contains_key(&Operation::Status) {
        root.complain_located(&root.place_of("operations"), Complaint::new("Q7234"));
    }
    answers
}

/// The two tables as they were written; a key with a fault in it is there all the same.
struct Written {
    general: Json,
    own: Json,
}

impl Written {
    /// An empty text drops what `[answer]` says.
    fn has(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| value.as_str() != Some(""))
    }

    fn value(&self, key: &str) -> Option<&Json> {
        let pointer = format!("/{}", key.replace('.', "/"));
        self.own.pointer(&pointer).or_else(|| self.general.pointer(&pointer))
    }
}

/// The keys that an operation's answer cannot be read without, and that nobody wrote.
fn needed(
    operation: Operation,
    is_single: bool,
    reviews_by: ReviewsBy,
    written: &Written,
) -> Vec<&'static str> {
    let mut needed = vec!["success"];
    match operation {
        Operation::Create | Operation::Update | Operation::Withdraw => {
            let is_listed = written.has("items.list");
            // What is decided later has its results there.
            let is_later = written.has("pending");
            if is_later {
                needed.extend(["pending.when", "pending.ticket"]);
            }
            if !is_single && !is_later {
                needed.push("items.list");
            }
            if is_listed && !is_single && written.value("items.by_position") != Some(&Json::Bool(true)) {
                needed.push("items.id");
            }
            if is_listed && !written.has("items.refused") {
                needed.push("items.success");
            }
            if operation == Operation::Create && !is_later {
                needed.push("items.remote_id");
            }
        }
        Operation::List if written.has("list") => {
            needed.extend(["list.list", "list.more", "record.remote_id", "record.data"]);
        }
        Operation::Lookup if written.has("lookup") => {
            needed.extend(["lookup.record", "record.remote_id", "record.data"]);
        }
        Operation::Reviews if written.has("reviews") => {
            needed.extend(["reviews.list", "reviews.state", "reviews.states"]);
            match reviews_by {
                ReviewsBy::Feed => needed.extend(["reviews.next", "reviews.seq"]),
                ReviewsBy::Time => needed.push("reviews.at"),
                ReviewsBy::Record => (),
            }
        }
        Operation::Dictionary if written.has("dictionary") => {
            needed.extend(["dictionary.list", "dictionary.code", "dictionary.label"]);
        }
        Operation::Review => needed.extend(["reviews.state", "reviews.states"]),
        Operation::Status if written.has("status.item_state") => {
            needed.extend(["status.states", "items.list", "items.id"]);
        }
        Operation::Status => needed.extend(["status.state", "status.states"]),
        _ => (),
    }
    needed.retain(|key| !written.has(key));
    needed
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Platform;

    const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");

    /// The shipped profile with a text replaced and one put before a table.
    fn read(from: &str, to: &str, before: &str, added: &str) -> (Option<Platform>, Vec<String>) {
        assert!(SHANDONG.contains(from) && SHANDONG.contains(before));
        let text = SHANDONG.replacen(from, to, 1).replacen(before, &format!("{added}\n{before}"), 1);
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
        (platform, faults.iter().map(|fault| fault.complaint.to_string()).collect())
    }

    #[test]
    fn an_operation_says_otherwise_what_it_says_and_keeps_the_rest() {
        let own = r#"
            [operations.update.answer]
            success = "body.ok"
            format = "xml"
            charset = "gbk"
            [operations.update.answer.items]
            code = "item.errcode"
            by_position = true
            [operations.list.answer.reviews.states]
            online = "published"
        "#;
        let (platform, faults) = read("title", "title", "[operations.withdraw]", own);
        assert_eq!(faults, Vec::<String>::new());
        let platform = platform.unwrap();
        let update = &platform.answers[&Operation::Update];
        assert_eq!(update.success.as_ref().unwrap().value, "body.ok");
        assert_eq!(update.code.as_ref().unwrap().value, "body.code");
        assert_eq!((update.format, update.charset), (Some(AnswerFormat::Xml), Some(encoding_rs::GBK)));
        let items = update.items.as_ref().unwrap();
        assert_eq!(items.code.as_ref().unwrap().value, "item.errcode");
        assert_eq!(items.message.as_ref().unwrap().value, "item.message");
        assert_eq!(items.by_position, Some(true));
        let create = &platform.answers[&Operation::Create];
        assert_eq!(create.success.as_ref().unwrap().value, "status == 200 and code == '0'");
        assert_eq!((create.format, create.items.as_ref().unwrap().by_position), (None, None));
        let states = |operation| &platform.answers[&operation].reviews.as_ref().unwrap().states;
        assert_eq!(states(Operation::List).len(), states(Operation::Reviews).len() + 1);
    }

    #[test]
    fn what_must_be_said_and_is_not_is_told_once_and_where_it_is_missing() {
        let rows: &[(&str, &str, &str, &[&str])] = &[
            ("success = \"status == 200 and code == '0'\"\n", "", "", &["`answer.success` is missing"]),
            ("code = \"body.code\"\nmessage = \"body.message\"\n", "", "", &[]),
            ("list = \"body.data.results\"\n", "", "", &["`answer.items.list` is missing"]),
            ("id = \"item.localId\"\n", "", "", &["`answer.items.id` is missing"]),
            ("id = \"item.localId\"\n", "by_position = true\n", "", &[]),
            ("success = \"code == '0'\"\n", "", "", &[]),
            ("remote_id = \"item.remoteId\"\n", "", "", &["`answer.items.remote_id` is missing"]),
            ("more = \"body.data.next is not none\"\n", "", "", &["`answer.list.more` is missing"]),
            // Single records need no list and no id.
            (
                "list = \"body.data.results\"\nid = \"item.localId\"\n",
                "",
                "[operations.create.answer]\nsuccess = \"true\"",
                &["`operations.create.answer.items.list` is missing", "`answer.items.list` is missing"],
            ),
            ("[answer]\n", "[answer]\nformat = \"yaml\"\n", "", &["`answer.format` is yaml"]),
            ("[answer]\n", "[answer]\ncharset = \"ebcdic\"\n", "", &["`answer.charset` is ebcdic"]),
            ("[answer]\n", "[answer]\nverified = \"true\"\n", "", &["`answer.verified` is not a known key"]),
            ("unlisted = \"unknown\"", "unlisted = \"lost\"", "", &["`answer.items.unlisted` is lost"]),
        ];
        for (from, to, added, expect) in rows {
            let (_, faults) = read(from, to, "[operations.update]", added);
            assert_eq!(faults.len(), expect.len(), "{from}: {faults:#?}");
            for fault in *expect {
                assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:#?}");
            }
        }
    }

    #[test]
    fn a_request_of_one_record_needs_no_list_to_find_it_in() {
        let text = SHANDONG.replace("list = \"body.data.results\"\nid = \"item.localId\"\n", "").replace(
            "headers = { Idempotency-Key = \"key\" }",
            "headers = { Idempotency-Key = \"key\" }\nrecords_max = 1",
        );
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(platform.unwrap().operations[&Operation::Create].is_single());
    }
}
