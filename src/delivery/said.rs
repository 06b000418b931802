//! What the province says about one record.

use serde_json::Value as Json;

use super::heard::Heard;
use crate::config::platform::Operation;
use crate::ledger::{Item, ItemOutcome};
use crate::platform::{Bindings, Formula, Known, Profile, one_line};
use crate::record::{Complaint, Owner, Value};

/// One result, read: an entry of the list of results, or the whole answer where it is about one record.
pub(super) struct Said<'a> {
    profile: &'a Profile,
    operation: Operation,
    heard: &'a Heard,
    result: &'a Json,
    pub(super) id: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

/// What is said about a record that the answer does not mention.
const NOTHING: &Json = &Json::Null;

impl<'a> Said<'a> {
    pub(super) fn read(
        profile: &'a Profile,
        operation: Operation,
        heard: &'a Heard,
        result: &'a Json,
    ) -> Self {
        let reading = &profile.answer(operation).items;
        let mut said = Said { profile, operation, heard, result, id: None, code: None, message: None };
        let bindings = said.bind();
        let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
        let whole = |formula: &Option<Formula>, whole: &Option<String>| match formula {
            Some(_) => text(formula),
            None => whole.clone(),
        };
        let id = text(&reading.id);
        let code = whole(&reading.code, &heard.code);
        let message = whole(&reading.message, &heard.message);
        drop(bindings);
        (said.id, said.code, said.message) = (id, code, message);
        said
    }

    /// The whole answer as what is said about the one record, in the words of the whole.
    pub(super) fn whole(profile: &'a Profile, operation: Operation, heard: &'a Heard) -> Self {
        let (code, message) = (heard.code.clone(), heard.message.clone());
        let result = heard.body().unwrap_or(NOTHING);
        Said { profile, operation, heard, result, id: None, code, message }
    }

    /// What is said by not mentioning a record, in the words of the whole.
    pub(super) fn nothing(profile: &'a Profile, operation: Operation, heard: &'a Heard) -> Self {
        Said { result: NOTHING, ..Said::whole(profile, operation, heard) }
    }

    fn bind(&self) -> Bindings<'_> {
        Bindings::default()
            .with("item", Known::Json(self.result))
            .with("body", self.heard.known_body())
            .with("action", Known::Text(self.operation.word()))
            .with("code", Known::maybe(self.code.as_deref()))
            .with("message", Known::maybe(self.message.as_deref()))
    }

    /// The same, about a record that is ours.
    fn about<'s>(&'s self, item: &'s Item) -> Bindings<'s> {
        self.bind()
            .with("record_id", Known::Text(&item.record_id))
            .with("item_key", Known::Text(&item.item_key))
            .with("version", Known::Value(Value::Int(item.version)))
            .with("remote_id", Known::maybe(item.remote_id.as_deref()))
    }

    pub(super) fn code(&self) -> String {
        self.code.clone().unwrap_or_else(|| "–".to_owned())
    }

    /// What became of the item. `is_whole`: the result is the whole answer, whose own success test was true.
    pub(super) fn outcome(&self, item: &Item, is_whole: bool) -> ItemOutcome {
        let reading = &self.profile.answer(self.operation).items;
        let bindings = self.about(item);
        let claims = |predicate: &Option<Formula>| {
            predicate.as_ref().is_some_and(|predicate| predicate.holds(&bindings))
        };
        if claims(&reading.success) || (is_whole && reading.success.is_none()) {
            return self.accepted(item);
        }
        if self.operation == Operation::Create && claims(&reading.duplicate) {
            return self.duplicate(item);
        }
        if claims(&reading.retry) {
            return ItemOutcome::Retry { complaint: self.advise(Complaint::new("Q7209")) };
        }
        if claims(&reading.refused) {
            return self.refused(item);
        }
        ItemOutcome::Unknown { complaint: self.quote(Complaint::new("Q7208")) }
    }

    pub(super) fn accepted(&self, item: &Item) -> ItemOutcome {
        match (self.operation, &item.remote_id, self.remote_id(item)) {
            // Without the id the record could never be changed or withdrawn: to be asked for.
            (Operation::Create, _, None) => ItemOutcome::Unknown { complaint: Complaint::new("Q7210") },
            (Operation::Update | Operation::Withdraw, Some(ours), Some(theirs)) if *ours != theirs => {
                let complaint = Complaint::new("Q7206").found(one_line(&theirs, 60)).fact("expected", ours);
                ItemOutcome::Unknown { complaint }
            }
            (_, ours, theirs) => ItemOutcome::Accepted { remote_id: theirs.or_else(|| ours.clone()) },
        }
    }

    pub(super) fn duplicate(&self, item: &Item) -> ItemOutcome {
        let remote_id = self.remote_id(item);
        let shown = remote_id.as_deref().map_or("–".to_owned(), |id| one_line(id, 60));
        let complaint = self.quote(Complaint::new("Q7202")).fact("remote_id", shown);
        ItemOutcome::Duplicate { remote_id, complaint }
    }

    pub(super) fn refused(&self, item: &Item) -> ItemOutcome {
        let field = self.profile.answer(self.operation).items.field.as_ref();
        let pointer = field.and_then(|field| field.text(&self.about(item)));
        let complaint = Complaint::new("Q7201").at(pointer.as_deref().map(as_pointer).unwrap_or_default());
        ItemOutcome::Refused { complaints: vec![self.advise(complaint)] }
    }

    /// Refused by not being in a list of what was taken.
    pub(super) fn unlisted(&self) -> ItemOutcome {
        ItemOutcome::Refused { complaints: vec![self.quote(Complaint::new("Q7213"))] }
    }

    fn remote_id(&self, item: &Item) -> Option<String> {
        let reading = self.profile.answer(self.operation).items.remote_id.as_ref();
        reading.and_then(|id| id.text(&self.about(item))).filter(|id| !id.trim().is_empty())
    }

    /// The complaint with what the province said.
    fn quote(&self, complaint: Complaint) -> Complaint {
        quote(complaint, self.code.as_deref(), self.message.as_deref())
    }

    /// The same with the profile's advice for the code, or a general one.
    fn advise(&self, complaint: Complaint) -> Complaint {
        advise(self.profile, complaint, self.code.as_deref(), self.message.as_deref())
    }
}

fn quote(complaint: Complaint, code: Option<&str>, message: Option<&str>) -> Complaint {
    let message = one_line(message.unwrap_or("–"), 200);
    complaint.fact("code", one_line(code.unwrap_or("–"), 40)).fact("message", message)
}

/// The complaint with what the province said, and with the profile's advice for the code, or a general one.
pub(super) fn advise(
    profile: &Profile,
    complaint: Complaint,
    code: Option<&str>,
    message: Option<&str>,
) -> Complaint {
    let known = code.and_then(|code| profile.platform().refusals.get(code));
    let (zh, en, who) = match known {
        Some(refusal) => (refusal.zh.as_str(), refusal.en.as_str(), refusal.who),
        None => (
            "按省平台的说明修改这条记录后重报；看不懂时把代码和说明发给省平台技术支持。",
            "mend the record as the province says and resubmit; where that is unclear, ask its support, quoting the code",
            Owner::Operator,
        ),
    };
    quote(complaint, code, message).owner(who).fact("advice_zh", zh).fact("advice_en", en)
}

/// `contact.phone` and `contact/phone` become `/contact/phone`; a JSON pointer stays.
fn as_pointer(field: &str) -> String {
    let field = one_line(field.trim(), 100);
    match field.as_str() {
        "" => String::new(),
        pointer if pointer.starts_with('/') => field,
        _ => format!("/{}", field.replace('.', "/")),
    }
}
