//! Does what a case asks for, through the same functions as the connector, and compares what was made of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use qilu::clock::{Clock, Timestamp};
use qilu::config::{Fault, Platform};
use qilu::delivery::{self, Bookmark, LookFor, RemoteRecord, Scope, Upload};
use qilu::ledger::{Event, Item, ItemOutcome, LaneEffect, Lease, PendingLease, PendingNews, Trouble};
use qilu::plan::Action;
use qilu::platform::{Credentials, Profile, Street};
use qilu::record::{Complaint, Document};
use serde_json::{Value as Json, json};

use crate::case::{Case, Deed, Part, unhex};
use crate::script::Script;

/// What differs from the recording; nothing, if all is as it was recorded.
pub async fn play(file: &Path, case: &Case) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let (platform, faults) = Platform::read("profile", file, &text);
    assert!(faults.is_empty(), "{}", told(&faults));
    let mut platform = platform.unwrap();
    // What was recorded knows nothing of our own pace: no request waits for the one before it.
    platform.limits.requests_per_second = u32::MAX;
    let profile = Profile::compile(Arc::new(platform)).unwrap_or_else(|faults| panic!("{}", told(&faults)));
    let credentials: Vec<(&str, &str)> =
        case.credentials.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    let script = Script::of(&case.exchanges);
    let street = Street::by(profile, Credentials::from_pairs(&credentials), Box::new(script.clone()));
    let now = chrono::DateTime::parse_from_rfc3339(&case.now).unwrap().timestamp_micros();
    let dice: [u8; 32] = unhex(&case.dice).try_into().expect("64 hex digits");
    let clock = Clock::loaded(Timestamp(now), dice);
    let mut found = perform(&street, &case.deed, &clock).await;
    let mut then = Vec::new();
    for deed in &case.deed.then {
        clock.advance(Duration::from_secs(deed.after_s));
        then.push(perform(&street, deed, &clock).await);
    }
    if !then.is_empty() {
        found["then"] = Json::Array(then);
    }
    let mut wrong = script.verdict();
    differ("", &case.expect, &found, &mut wrong);
    wrong
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

async fn perform(street: &Street, deed: &Deed, clock: &Clock) -> Json {
    let name = |name: &str| deed.names.get(name).and_then(Json::as_str);
    let kind = deed.kind.as_str();
    match deed.operation.as_str() {
        "create" => deliver(street, deed, Action::Create, clock).await,
        "update" => deliver(street, deed, Action::Update, clock).await,
        "withdraw" => deliver(street, deed, Action::Withdraw, clock).await,
        "status" => ask(street, deed, clock).await,
        "lookup" => {
            let what = match (name("local_id"), name("remote_id"), name("uscc"), name("title")) {
                (Some(id), ..) => LookFor::LocalId(id),
                (_, Some(id), ..) => LookFor::RemoteId(id),
                (_, _, Some(uscc), _) => LookFor::Uscc(uscc),
                (.., Some(title)) => {
                    LookFor::TitleAndOwner { title, owner: name("owner").unwrap_or_default() }
                }
                _ => panic!("a look-up looks for something"),
            };
            match delivery::lookup(street, kind, what, clock).await {
                Ok(found) => json!({ "found": found.as_ref().map(remote) }),
                Err(trouble) => troubled(&trouble),
            }
        }
        "list" => {
            let scope = if name("scope") == Some("others") { Scope::Others } else { Scope::Own };
            let mut at = Bookmark::first(street.profile(), name("since"));
            if let Some(page) = deed.names.get("page").and_then(Json::as_u64) {
                at.page = page;
            }
            match delivery::list(street, kind, scope, &at, clock).await {
                Ok(page) => json!({
                    "records": page.records.iter().map(remote).collect::<Vec<_>>(),
                    "total": page.total,
                    "next": page.next.map(|next| json!({ "page": next.page, "since": next.since })),
                    "unreadable": page.unreadable.iter().map(|complaint| &complaint.id).collect::<Vec<_>>(),
                }),
                Err(trouble) => troubled(&trouble),
            }
        }
        "ping" => match delivery::ping(street, clock).await {
            Ok(ping) => json!({ "time": ping.time }),
            Err(trouble) => troubled(&trouble),
        },
        "upload" => {
            let content = unhex(name("content_hex").unwrap_or_default());
            let (file, media) = (name("name").unwrap_or_default(), name("type").unwrap_or_default());
            let upload = Upload { kind, name: file, media, content: &content };
            match delivery::upload(street, upload, clock).await {
                Ok(facts) => json!({ "uploaded": facts }),
                Err(trouble) => troubled(&trouble),
            }
        }
        "dictionary" => {
            let table = name("table").expect("a dictionary has a name");
            match delivery::dictionary(street, table, clock).await {
                Ok(found) => {
                    let entries = found.entries.iter().map(|entry| json!([entry.code, entry.label]));
                    let unreadable = found.unreadable.iter().map(|complaint| &complaint.id);
                    json!({ "entries": entries.collect::<Vec<_>>(), "unreadable": unreadable.collect::<Vec<_>>() })
                }
                Err(trouble) => troubled(&trouble),
            }
        }
        other => panic!("{other} cannot be played"),
    }
}

async fn deliver(street: &Street, deed: &Deed, action: Action, clock: &Clock) -> Json {
    let items: Vec<Item> = deed.items.iter().map(item).collect();
    let payload = match delivery::render(street.profile(), &deed.kind, action, &deed.key, &items) {
        Ok(payload) => payload,
        Err(complaint) => return json!({ "unrendered": complaint.id, "says": complaint.to_string() }),
    };
    let lease = Lease {
        batch: 1,
        key: deed.key.clone(),
        platform: "profile".to_owned(),
        kind: deed.kind.clone(),
        action,
        attempt: 1,
        fence: 1,
        items,
        payload,
    };
    let (_, event) = delivery::exchange(street, &lease, clock).await;
    match event {
        Event::Settled { items } => json!({ "settled": items.iter().map(outcome).collect::<Vec<_>>() }),
        Event::NotAccepted { trouble } => json!({ "not_accepted": troubled(&trouble) }),
        Event::Pending { ticket, ask_at } => {
            json!({ "pending": { "ticket": ticket, "ask_in_s": ask_at.since(clock.now()).as_secs() } })
        }
        Event::InDoubt { trouble } => json!({ "in_doubt": troubled(&trouble) }),
    }
}

/// Asks what became of a batch of creates that was taken in an hour ago.
async fn ask(street: &Street, deed: &Deed, clock: &Clock) -> Json {
    let lease = PendingLease {
        batch: 1,
        key: deed.key.clone(),
        platform: "profile".to_owned(),
        kind: deed.kind.clone(),
        action: Action::Create,
        ticket: deed.names.get("ticket").and_then(Json::as_str).unwrap_or_default().to_owned(),
        asked: 1,
        taken_in_at: clock.now().minus(Duration::from_secs(3600)),
        fence: 1,
        items: deed.items.iter().map(item).collect(),
    };
    let (_, news) = delivery::ask_about(street, &lease, clock).await;
    match news {
        PendingNews::Decided { items, .. } => {
            json!({ "settled": items.iter().map(|item| item.as_ref().map(outcome)).collect::<Vec<_>>() })
        }
        PendingNews::StillPending { trouble, .. } => {
            json!({ "pending": { "ticket": lease.ticket, "trouble": trouble.as_ref().map(troubled) } })
        }
        PendingNews::NotAccepted { complaint } => json!({ "not_accepted": said(&complaint) }),
        PendingNews::Lost { complaint } => json!({ "in_doubt": said(&complaint) }),
    }
}

fn item(part: &Part) -> Item {
    Item {
        delivery: 1,
        record_id: part.record_id.clone(),
        item_key: part.item_key.clone(),
        version: part.version,
        remote_id: part.remote_id.clone(),
        document: Document(part.document.clone()),
        reason: part.reason.clone(),
    }
}

fn outcome(outcome: &ItemOutcome) -> Json {
    match outcome {
        ItemOutcome::Accepted { remote_id } => json!({ "accepted": remote_id }),
        ItemOutcome::Duplicate { remote_id, .. } => json!({ "duplicate": remote_id }),
        ItemOutcome::Refused { complaints } => {
            json!({ "refused": complaints.iter().map(said).collect::<Vec<_>>() })
        }
        ItemOutcome::Retry { complaint } => json!({ "retry": said(complaint) }),
        ItemOutcome::Unknown { complaint } => json!({ "unknown": said(complaint) }),
    }
}

fn said(complaint: &Complaint) -> Json {
    let mut said = json!({ "id": complaint.id, "pointer": complaint.pointer });
    for (name, value) in &complaint.facts {
        said[name.as_str()] = json!(value);
    }
    said
}

fn troubled(trouble: &Trouble) -> Json {
    let lane = match &trouble.lane {
        LaneEffect::None => json!("open"),
        LaneEffect::Block => json!("blocked"),
        LaneEffect::Pause(pause) => json!({ "paused_s": pause.as_secs() }),
    };
    json!({ "complaint": said(&trouble.complaint), "lane": lane })
}

fn remote(record: &RemoteRecord) -> Json {
    json!({
        "remote_id": record.remote_id,
        "local_id": record.local_id,
        "city": record.city,
        "status": record.status,
        "version": record.version,
        "updated_at": record.updated_at,
        "withdrawn": record.withdrawn,
        "data": record.data,
    })
}

/// What was recorded must be there; what was not recorded may be there too.
fn differ(place: &str, expected: &Json, found: &Json, wrong: &mut Vec<String>) {
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => {
            for (name, value) in expected {
                let place = format!("{place}/{name}");
                match found.get(name) {
                    Some(found) => differ(&place, value, found, wrong),
                    // What is recorded as null must be said to be null.
                    None => wrong
                        .push(format!("at {place}\n   expected {value}\n   found    nothing, in {found:?}")),
                }
            }
        }
        (Json::Array(expected), Json::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                differ(&format!("{place}/{index}"), expected, found, wrong);
            }
        }
        _ if expected == found => (),
        _ => wrong.push(format!("at {place}\n   expected {expected}\n   found    {found}")),
    }
}
