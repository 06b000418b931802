//! What is asked of the province without changing anything there: pages of records, one record, a ping.

use serde_json::{Map, Value as Json};

use super::exchange::nothing_sent;
use super::heard::Heard;
use super::verdict::{
    Outcome, Verdict, not_admitted, not_understood, of_answer, of_break, wish_to_be_left_alone,
};
use crate::clock::Clock;
use crate::config::platform::{AnswerFormat, Operation};
use crate::ledger::{Attempt, LaneEffect, Trouble};
use crate::platform::{Answer, Bindings, Formula, Known, Profile, RecordReading, Street, one_line};
use crate::record::{Complaint, Value};

/// Whose records a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What this city has at the province, whoever typed it there.
    Own,
    /// Other cities' published records: for the import.
    Others,
}

/// A record as the province has it.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteRecord {
    pub remote_id: String,
    /// Our record id; none for a record that somebody typed there.
    pub local_id: Option<String>,
    /// The city's code.
    pub city: Option<String>,
    /// The province's word for its state.
    pub status: Option<String>,
    pub version: Option<i64>,
    /// As the province writes it.
    pub updated_at: Option<String>,
    pub withdrawn: bool,
    pub data: Map<String, Json>,
}

/// Where a page starts: its number, and the province's cursor where it gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    pub page: u64,
    pub since: Option<String>,
}

impl Bookmark {
    /// The first page of everything that changed since a cursor of the province; of all, without one.
    pub fn first(profile: &Profile, since: Option<&str>) -> Self {
        Bookmark { page: profile.platform().paging.first, since: since.map(str::to_owned) }
    }
}

/// One page of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub records: Vec<RemoteRecord>,
    pub total: Option<u64>,
    /// `None` after the last page.
    pub next: Option<Bookmark>,
    /// Entries that could not be read; the others are not affected.
    pub unreadable: Vec<Complaint>,
}

/// By what one record is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookFor<'a> {
    /// Our record id.
    LocalId(&'a str),
    RemoteId(&'a str),
    Uscc(&'a str),
    Patent(&'a str),
    TitleAndOwner {
        title: &'a str,
        owner: &'a str,
    },
}

/// The province answered and took our signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// How many seconds its clock is ahead of ours, by the answer's `Date`.
    pub clock_ahead_s: Option<i64>,
    /// Its clock as it writes it.
    pub time: Option<String>,
}

/// A page of records.
pub async fn list(
    street: &Street,
    kind: &str,
    scope: Scope,
    at: &Bookmark,
    clock: &Clock,
) -> Result<Page, Trouble> {
    let profile = street.profile();
    let size = profile.platform().paging.size;
    let scope = match scope {
        Scope::Own => "own",
        Scope::Others => "others",
    };
    let names = Bindings::default()
        .with("kind", Known::Text(kind))
        .with("scope", Known::Text(scope))
        .with("page", number(at.page))
        .with("size", number(size))
        .with("since", Known::maybe(at.since.as_deref()));
    let (_, heard) = ask(street, Operation::List, &names, clock).await?;
    let reading = profile.answer(Operation::List);
    let (Some(reading), Some(record)) = (&reading.list, &reading.record) else {
        return Err(unread(Operation::List));
    };
    let bindings = heard.bind(Operation::List);
    let found = reading.list.json(&bindings).unwrap_or_default();
    let total = reading.total.as_ref().and_then(|total| total.number(&bindings));
    let entries = match as_list(profile, Operation::List, &found) {
        Some(entries) => entries,
        // An empty list leaves nothing behind in XML; so does one that has moved. A count tells them apart.
        None if found.is_null() && is_xml(profile, Operation::List) && total == Some(0) => &[],
        None => return Err(not_understood(&heard, "list")),
    };
    let mut records = Vec::with_capacity(entries.len());
    let mut unreadable = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match read_record(record, entry) {
            Ok(record) => records.push(record),
            Err(missing) => unreadable.push(spoilt(index, missing)),
        }
    }
    let total = total.and_then(|total| total.try_into().ok());
    let counted = bindings
        .clone()
        .with("page", number(at.page))
        .with("size", number(size))
        .with("count", number(entries.len() as u64));
    // An empty page ends every list: a province that always says "more" must not keep us for ever.
    let more = !entries.is_empty() && reading.more.holds(&counted);
    let next = more.then(|| Bookmark {
        page: at.page + 1,
        since: reading.cursor.as_ref().and_then(|cursor| cursor.text(&bindings)).or_else(|| at.since.clone()),
    });
    Ok(Page { records, total, next, unreadable })
}

/// One record, or `None` if the province has none such.
pub async fn lookup(
    street: &Street,
    kind: &str,
    what: LookFor<'_>,
    clock: &Clock,
) -> Result<Option<RemoteRecord>, Trouble> {
    let profile = street.profile();
    let names = Bindings::default().with("kind", Known::Text(kind));
    let names = match what {
        LookFor::LocalId(id) => names.with("local_id", Known::Text(id)),
        LookFor::RemoteId(id) => names.with("remote_id", Known::Text(id)),
        LookFor::Uscc(uscc) => names.with("uscc", Known::Text(uscc)),
        LookFor::Patent(patent) => names.with("patent", Known::Text(patent)),
        LookFor::TitleAndOwner { title, owner } => {
            names.with("title", Known::Text(title)).with("owner", Known::Text(owner))
        }
    };
    let (_, heard) = ask(street, Operation::Lookup, &names, clock).await?;
    let reading = profile.answer(Operation::Lookup);
    let (Some(place), Some(reading)) = (&reading.lookup, &reading.record) else {
        return Err(unread(Operation::Lookup));
    };
    let bindings = heard.bind(Operation::Lookup);
    let found = place.json(&bindings).map_err(|_| not_understood(&heard, "record"))?;
    match found.as_ref() {
        // Only a null that was said counts as "no such record": its place must be there.
        Json::Null if heard.body().is_some_and(|body| body.is_object()) => Ok(None),
        entry => {
            let record = read_record(reading, entry).map_err(|missing| not_understood(&heard, missing))?;
            let other = match what {
                LookFor::LocalId(id) => record.local_id.as_deref() != Some(id),
                LookFor::RemoteId(id) => record.remote_id != id,
                _ => false,
            };
            if other {
                let complaint = Complaint::new("Q7303").found(one_line(&record.remote_id, 60));
                return Err(Trouble { complaint, lane: LaneEffect::None });
            }
            Ok(Some(record))
        }
    }
}

/// Whether the province answers and takes our credentials.
pub async fn ping(street: &Street, clock: &Clock) -> Result<Ping, Trouble> {
    let (answer, heard) = ask(street, Operation::Ping, &Bindings::default(), clock).await?;
    let time = street.profile().answer(Operation::Ping).time.as_ref();
    let time = time.and_then(|time| time.text(&heard.bind(Operation::Ping)));
    Ok(Ping { clock_ahead_s: answer.clock_ahead_s(), time })
}

/// A question that brought no answer that passes the profile's success test.
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) trouble: Trouble,
}

/// Asks, and gives back an answer that passes the profile's success test.
pub(super) async fn ask(
    street: &Street,
    operation: Operation,
    names: &Bindings<'_>,
    clock: &Clock,
) -> Result<(Answer, Heard), Trouble> {
    ask_keeping(street, operation, names, clock).await.1.map_err(|failure| failure.trouble)
}

/// As `ask`, with the exchange as the ledger keeps it: the last one, where it took two.
pub(super) async fn ask_keeping(
    street: &Street,
    operation: Operation,
    names: &Bindings<'_>,
    clock: &Clock,
) -> (Attempt, Result<(Answer, Heard), Failure>) {
    let profile: &Profile = street.profile();
    let mut again = true;
    loop {
        let asked = clock.now();
        let unsent = |trouble| (nothing_sent(asked), Err(Failure { outcome: Outcome::NotAccepted, trouble }));
        if let Err(closed) = street.admit(clock).await {
            return unsent(not_admitted(&closed, asked));
        }
        let passage = match street.send(operation, names, &[], clock).await {
            Ok(passage) => passage,
            Err(complaint) => return unsent(Trouble { complaint, lane: LaneEffect::None }),
        };
        let mut attempt = Attempt {
            started: passage.started,
            took: passage.took,
            request: passage.request,
            answer: passage.answer,
            status: None,
        };
        let answer = match passage.outcome {
            Ok(answer) => answer,
            Err(broken) => {
                if let Some((answer, content)) = broken.login_answer()
                    && let Some(asked) = wish_to_be_left_alone(profile, Operation::Login, answer, content)
                {
                    street.keep_away(asked, clock).await;
                }
                let Verdict { outcome, trouble, .. } = of_break(profile, operation, &broken);
                return (attempt, Err(Failure { outcome, trouble }));
            }
        };
        attempt.status = Some(answer.status);
        if let Some(asked) = wish_to_be_left_alone(profile, operation, &answer, &passage.content) {
            street.keep_away(asked, clock).await;
        }
        let heard = Heard::read(profile, operation, &answer, passage.content);
        if heard.is_success(profile, operation) {
            return (attempt, Ok((answer, heard)));
        }
        let Verdict { outcome, trouble, renewal } = of_answer(profile, operation, 0, &answer, &heard);
        match renewal {
            Some(renewal) if again && renewal.take(street, passage.generation, clock).await => again = false,
            _ => return (attempt, Err(Failure { outcome, trouble })),
        }
    }
}

fn read_record(reading: &RecordReading, entry: &Json) -> Result<RemoteRecord, &'static str> {
    let bindings = Bindings::default().with("item", Known::Json(entry));
    let text = |formula: &Option<Formula>| formula.as_ref().and_then(|formula| formula.text(&bindings));
    let remote_id = reading.remote_id.text(&bindings).filter(|id| !id.is_empty()).ok_or("remote_id")?;
    let data = reading.data.json(&bindings).ok().and_then(|json| json.as_object().cloned());
    let withdrawn = reading.withdrawn.as_ref().is_some_and(|formula| formula.holds(&bindings));
    Ok(RemoteRecord {
        remote_id,
        local_id: text(&reading.local_id).filter(|id| !id.is_empty()),
        city: text(&reading.city),
        status: text(&reading.status),
        version: reading.version.as_ref().and_then(|formula| formula.number(&bindings)),
        updated_at: text(&reading.updated_at),
        withdrawn,
        // A withdrawn record may come without its content.
        data: data.or_else(|| withdrawn.then(Map::new)).ok_or("data")?,
    })
}

/// The entries of a list in an answer; in XML an absent one is empty. `None` where it is no list.
pub(super) fn entries(
    profile: &Profile,
    operation: Operation,
    list: &Formula,
    bindings: &Bindings<'_>,
) -> Option<Vec<Json>> {
    let found = list.json(bindings).unwrap_or_default();
    match as_list(profile, operation, &found) {
        Some(entries) => Some(entries.to_vec()),
        None if found.is_null() && is_xml(profile, operation) => Some(Vec::new()),
        None => None,
    }
}

/// The entries of a list. In XML a list of one looks like its one entry.
pub(super) fn as_list<'j>(profile: &Profile, operation: Operation, found: &'j Json) -> Option<&'j [Json]> {
    match found {
        Json::Array(entries) => Some(entries),
        Json::Null => None,
        one => is_xml(profile, operation).then(|| std::slice::from_ref(one)),
    }
}

pub(super) fn is_xml(profile: &Profile, operation: Operation) -> bool {
    profile.answer(operation).format == AnswerFormat::Xml
}

pub(super) fn spoilt(index: usize, missing: &str) -> Complaint {
    Complaint::new("Q7301").found(index + 1).fact("missing", missing)
}

/// The profile offers the operation and does not say how its answer is read.
pub(super) fn unread(operation: Operation) -> Trouble {
    Trouble { complaint: Complaint::new("Q7410").found(operation.word()), lane: LaneEffect::None }
}

pub(super) fn number(number: u64) -> Known<'static> {
    Known::Value(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}
