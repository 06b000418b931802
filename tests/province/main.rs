//! The street to the province on real sockets: connections that break, certificates, and the sandbox province by
//! nothing but its profile.

mod doctor;
mod sandbox;
mod session;
mod trust;
mod wire;

use std::path::Path;
use std::sync::Arc;

use qilu::config::Platform;
use qilu::ledger::{Event, Item, ItemOutcome, LaneEffect, Lease};
use qilu::plan::Action;
use qilu::platform::{Credentials, Profile, Street};
use qilu::record::{Complaint, Document};
use serde_json::json;

const SHANDONG: &str = include_str!("../../config/platforms/shandong.toml");

/// The shipped profile, led to another address and changed a little.
fn street(base_url: &str, change: impl Fn(&str) -> String) -> Street {
    try_street(base_url, change).unwrap()
}

fn try_street(base_url: &str, change: impl Fn(&str) -> String) -> Result<Street, Complaint> {
    let text = change(&SHANDONG.replace("https://123.232.30.9:27180/api/v1", base_url));
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), &text);
    assert!(faults.is_empty(), "{faults:#?}");
    let profile =
        Profile::compile(Arc::new(platform.unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let credentials = Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret")]);
    Street::open(profile, credentials, Path::new("."))
}

fn item(record_id: &str) -> Item {
    let document = json!({"title": format!("成果{record_id}")});
    Item {
        delivery: 1,
        record_id: record_id.to_owned(),
        item_key: format!("zibo/{record_id}/1"),
        version: 1,
        remote_id: None,
        document: Document(document.as_object().unwrap().clone()),
        reason: String::new(),
    }
}

fn lease(kind: &str, action: Action, items: Vec<Item>) -> Lease {
    let street = street("http://127.0.0.1:1/api/v1", str::to_owned);
    let key = format!("zibo/{kind}/{}/{}", action.word(), items[0].item_key);
    let payload = qilu::delivery::render(street.profile(), kind, action, &key, &items).unwrap();
    Lease {
        batch: 1,
        key,
        platform: "shandong".to_owned(),
        kind: kind.to_owned(),
        action,
        attempt: 1,
        fence: 1,
        items,
        payload,
    }
}

/// `settled accepted(SD-1) refused(Q7201 2102)`, `doubt Q7101 none`.
fn brief(event: &Event) -> String {
    let (word, trouble) = match event {
        Event::NotAccepted { trouble } => ("not", trouble),
        Event::InDoubt { trouble } => ("doubt", trouble),
        Event::Pending { ticket, .. } => return format!("pending {ticket}"),
        Event::Settled { items } => {
            let code = |complaint: &Complaint| {
                let code = complaint.facts.iter().find(|(name, _)| name == "code");
                format!("{} {}", complaint.id, code.map_or("", |(_, code)| code))
            };
            let id = |id: &Option<String>| id.clone().unwrap_or_default();
            let shown = items.iter().map(|outcome| match outcome {
                ItemOutcome::Accepted { remote_id } => format!(" accepted({})", id(remote_id)),
                ItemOutcome::Duplicate { remote_id, .. } => format!(" duplicate({})", id(remote_id)),
                ItemOutcome::Refused { complaints } => format!(" refused({})", code(&complaints[0])),
                ItemOutcome::Retry { complaint } => format!(" retry({})", code(complaint)),
                ItemOutcome::Unknown { complaint } => format!(" unknown({})", complaint.id),
            });
            return format!("settled{}", shown.collect::<String>());
        }
    };
    let lane = match trouble.lane {
        LaneEffect::None => "none",
        LaneEffect::Pause(_) => "pause",
        LaneEffect::Block => "block",
    };
    format!("{word} {} {lane}", trouble.complaint.id)
}
