//! What a receipt means, item by item, by the rules that hold for answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::courier::Courier;
use super::receipt::Receipt;
use crate::ledger::{Carried, ItemOutcome, State};
use crate::plan::Action;
use crate::platform::{Bindings, Known, one_line};
use crate::record::{Complaint, Owner, Value};

/// What a receipt says, and what was odd about it.
#[derive(Debug, Default)]
pub struct Judged {
    /// By batch: delivery → what became of it.
    pub batches: BTreeMap<i64, BatchJudged>,
    /// Results for records that were not carried or are decided already; formulas; ids that name several records.
    pub remarks: Vec<Complaint>,
    /// Batches that the receipt is about and that nobody has handed in.
    pub not_handed_in: BTreeSet<i64>,
}

#[derive(Debug, Default)]
pub struct BatchJudged {
    pub outcomes: Vec<(i64, ItemOutcome)>,
    /// Its part of the receipt, as it may be kept: masked, in lines, capped.
    pub shown: String,
}

/// How many ids a remark names, and how much of a receipt a batch keeps.
const NAMED_MAX: usize = 5;
const SHOWN_BYTES_MAX: usize = 16 * 1024;

/// Decides what a receipt means for everything that was carried to its platform.
///
/// Shape:  pure; `files` are the batches' file names. A batch with at least one result is answered: what of it the receipt does not mention is unknown. An
///         unknown item that is in doubt already stays as it is.
/// Errors: none. What we do not understand is unknown, never a guess.
pub fn judge(
    courier: &Courier,
    receipt: &Receipt,
    carried: &[Carried],
    files: &BTreeMap<i64, String>,
) -> Judged {
    let mut judged = Judged::default();
    // Receipts are often named after what they answer.
    let is_named = |place: &usize| {
        let file = files.get(&carried[*place].batch).and_then(|file| file.rsplit_once('.'));
        file.is_some_and(|(stem, _)| receipt.file.contains(stem))
    };
    let by_name = by_name(courier, carried);
    let mut said: BTreeMap<usize, ItemOutcome> = BTreeMap::new();
    let mut shown: BTreeMap<i64, String> = BTreeMap::new();
    let (mut strangers, mut late, mut ambiguous) =
        (Oddities::default(), Oddities::default(), Oddities::default());
    for result in &receipt.results {
        let result = Said::read(courier, receipt, result);
        let name = result.id.as_deref().unwrap_or("–");
        let places =
            result.id.as_deref().and_then(|id| by_name.get(id)).map(Vec::as_slice).unwrap_or_default();
        let mut open: Vec<usize> = places.iter().copied().filter(|place| carried[*place].is_open()).collect();
        if open.len() > 1 && open.iter().any(is_named) {
            open.retain(is_named);
        }
        let waiting = places.iter().find(|place| carried[**place].state == State::InFlight);
        match (open.as_slice(), waiting, places) {
            ([place], _, _) => {
                let item = &carried[*place];
                let outcome = result.outcome(courier, item);
                note(shown.entry(item.batch).or_default(), result.result);
                match said.get(place) {
                    None => _ = said.insert(*place, outcome),
                    Some(earlier) if *earlier == outcome => (),
                    Some(_) => {
                        let complaint = Complaint::new("Q7821").fact("code", one_line(&result.code(), 40));
                        said.insert(*place, ItemOutcome::Unknown { complaint });
                    }
                }
            }
            ([_, _, ..], ..) => ambiguous.add(name),
            ([], Some(place), _) => _ = judged.not_handed_in.insert(carried[*place].batch),
            ([], None, []) => strangers.add(name),
            ([], None, _) => late.add(name),
        }
    }
    doubt_shared_ids(&mut said);
    let answered: BTreeSet<i64> = said.keys().map(|place| carried[*place].batch).collect();
    for (place, item) in carried.iter().enumerate().filter(|(_, item)| answered.contains(&item.batch)) {
        let unlisted =
            || ItemOutcome::Unknown { complaint: Complaint::new("Q7820").fact("file", &receipt.file) };
        let outcome = match (said.remove(&place), item.state) {
            (Some(outcome), _) => outcome,
            (None, State::Pending) => unlisted(),
            (None, _) => continue,
        };
        judged.batches.entry(item.batch).or_default().outcomes.push((item.item.delivery, outcome));
    }
    for (batch, shown) in shown {
        judged.batches.entry(batch).or_default().shown = shown;
    }
    judged.remarks.extend(strangers.remark("Q7810"));
    judged.remarks.extend(late.remark("Q7811"));
    judged.remarks.extend(ambiguous.remark("Q7813"));
    let (places, count) = &receipt.formulas;
    if *count > 0 {
        judged.remarks.push(Complaint::new("Q7812").found(places.join(", ")).fact("count", *count));
    }
    judged
}

/// What a receipt may call a record → where it is, in the order of `carried`.
fn by_name(courier: &Courier, carried: &[Carried]) -> BTreeMap<String, Vec<usize>> {
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, one) in carried.iter().enumerate() {
        let name = match &courier.reading().receipt.ours {
            None => Some(one.item.item_key.clone()),
            Some(ours) => {
                let document = if one.item.document.0.is_empty() {
                    Known::NULL
                } else {
                    Known::Object(&one.item.document.0)
                };
                let bindings = Bindings::default()
                    .with("record_id", Known::Text(&one.item.record_id))
                    .with("item_key", Known::Text(&one.item.item_key))
                    .with("version", Known::Value(Value::Int(one.item.version)))
                    .with("remote_id", Known::maybe(one.item.remote_id.as_deref()))
                    .with("kind", Known::Text(&one.kind))
                    .with("action", Known::Text(one.action.word()))
                    .with("document", document);
                ours.text(&bindings)
            }
        };
        if let Some(name) = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
            names.entry(name).or_default().push(place);
        }
    }
    names
}

/// One result, read.
struct Said<'a> {
    id: Option<String>,
    code: Option<String>,
    message: Option<String>,
    result: &'a Json,
    body: &'a Json,
}

impl<'a> Said<'a> {
    fn read(courier: &Courier, receipt: &'a Receipt, result: &'a Json) -> Self {
        let reading = &courier.reading().receipt;
        let bindings =
            Bindings::default().with("item", Known::Json(result)).with("body", Known::Json(&receipt.body));
        let text =
            |formula: &Option<crate::platform::Formula>| formula.as_ref().and_then(|one| one.text(&bindings));
        Said {
            id: reading.id.text(&bindings).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()),
            code: text(&reading.code),
            message: text(&reading.message),
            result,
            body: &receipt.body,
        }
    }

    fn code(&self) -> String {
        self.code.clone().unwrap_or_else(|| "–".to_owned())
    }

    fn outcome(&self, courier: &Courier, carried: &Carried) -> ItemOutcome {
        let reading = &courier.reading().receipt;
        let bindings = Bindings::default()
            .with("item", Known::Json(self.result))
            .with("body", Known::Json(self.body))
            .with("action", Known::Text(carried.action.word()))
            .with("kind", Known::Text(&carried.kind))
            .with("code", Known::maybe(self.code.as_deref()))
            .with("message", Known::maybe(self.message.as_deref()));
        let claims = |formula: &Option<crate::platform::Formula>| {
            formula.as_ref().is_some_and(|one| one.holds(&bindings))
        };
        let told = reading.remote_id.as_ref().map(|formula| {
            formula.text(&bindings).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())
        });
        if reading.success.holds(&bindings) {
            return accepted(carried, told);
        }
        if carried.action == Action::Create && claims(&reading.duplicate) {
            let remote_id = told.flatten();
            let shown = remote_id.as_deref().map_or("–".to_owned(), |id| one_line(id, 60));
            let complaint = self.quote(Complaint::new("Q7824")).fact("remote_id", shown);
            return ItemOutcome::Duplicate { remote_id, complaint };
        }
        if claims(&reading.refused) {
            return ItemOutcome::Refused { complaints: vec![self.advise(courier)] };
        }
        ItemOutcome::Unknown { complaint: self.quote(Complaint::new("Q7822")) }
    }

    /// The complaint with what the province said.
    fn quote(&self, complaint: Complaint) -> Complaint {
        let message = one_line(self.message.as_deref().unwrap_or("–"), 200);
        complaint.fact("code", one_line(&self.code(), 40)).fact("message", message)
    }

    /// A refusal with the profile's advice for the code, or a general one.
    fn advise(&self, courier: &Courier) -> Complaint {
        let refusals = &courier.reading().platform.refusals;
        let (zh, en, who) = match self.code.as_deref().and_then(|code| refusals.get(code)) {
            Some(refusal) => (refusal.zh.as_str(), refusal.en.as_str(), refusal.who),
            None => (
                "按省里的说明修改这条记录，下次同步会进入新的递交文件。",
                "mend the record as the province says; the next sync puts it into a new file",
                Owner::Operator,
            ),
        };
        let complaint = Complaint::new("Q7201").owner(who);
        self.quote(complaint).fact("advice_zh", zh).fact("advice_en", en)
    }
}

/// `told`: the province's id, or `None` in it where the receipt should give one and does not.
fn accepted(carried: &Carried, told: Option<Option<String>>) -> ItemOutcome {
    let ours = carried.item.remote_id.as_ref();
    match (carried.action, ours, told) {
        // A province that gives no ids knows the record by ours.
        (_, ours, None) => {
            let known = ours.cloned().unwrap_or_else(|| carried.item.record_id.clone());
            ItemOutcome::Accepted { remote_id: Some(known) }
        }
        (Action::Create, _, Some(None)) => ItemOutcome::Unknown { complaint: Complaint::new("Q7823") },
        (Action::Update | Action::Withdraw, Some(ours), Some(Some(theirs))) if *ours != theirs => {
            let complaint = Complaint::new("Q7206").found(one_line(&theirs, 60)).fact("expected", ours);
            ItemOutcome::Unknown { complaint }
        }
        (_, ours, Some(theirs)) => ItemOutcome::Accepted { remote_id: theirs.or_else(|| ours.cloned()) },
    }
}

/// One id of the province cannot be two records: then neither is believed.
fn doubt_shared_ids(said: &mut BTreeMap<usize, ItemOutcome>) {
    let id = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Accepted { remote_id } => remote_id.clone(),
        ItemOutcome::Duplicate { .. } | ItemOutcome::Refused { .. } => None,
        ItemOutcome::Retry { .. } | ItemOutcome::Unknown { .. } => None,
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for id in said.values().filter_map(id) {
        *count.entry(id).or_default() += 1;
    }
    for outcome in said.values_mut() {
        if let Some(id) = id(outcome).filter(|id| count.get(id).is_some_and(|count| *count > 1)) {
            let complaint = Complaint::new("Q7825").fact("remote_id", one_line(&id, 60));
            *outcome = ItemOutcome::Unknown { complaint };
        }
    }
}

/// One line of a receipt, masked, as long as there is room.
fn note(shown: &mut String, result: &Json) {
    if shown.len() < SHOWN_BYTES_MAX {
        shown.push_str(&one_line(&result.to_string(), 400));
        shown.push('\n');
    }
}

/// Ids that something is odd about: the first few, and how many.
#[derive(Default)]
struct Oddities {
    named: Vec<String>,
    count: u64,
}

impl Oddities {
    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(one_line(name, 40));
        }
    }

    fn remark(self, id: &str) -> Option<Complaint> {
        (self.count > 0).then(|| Complaint::new(id).found(self.named.join(", ")).fact("count", self.count))
    }
}
