//! The street of the shipped profile to a server of the test, and a batch of one record.

use std::path::Path;
use std::sync::Arc;

use qilu::config::Platform;
use qilu::ledger::{Event, Item, ItemOutcome, LaneEffect, Lease};
use qilu::plan::Action;
use qilu::platform::{Credentials, Profile, Street};
use qilu::record::Document;
use serde_json::json;

const SHANDONG: &str = include_str!("../../config/platforms/shandong.toml");

/// The shipped profile in a hurry. Its success test looks into the body as no plain path does, so that the whole of
/// it becomes a value of the expression language as well: the heaviest way to read it.
pub fn street(base_url: &str, is_xml: bool) -> Street {
    let credentials = Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret")]);
    Street::open(profile(base_url, is_xml), credentials, Path::new(".")).unwrap()
}

fn profile(base_url: &str, is_xml: bool) -> Profile {
    let format = if is_xml { "[answer]\nformat = \"xml\"\n" } else { "[answer]\n" };
    let text = SHANDONG
        .replace("https://123.232.30.9:27180/api/v1", base_url)
        .replace("first_byte_timeout = \"30s\"", "first_byte_timeout = \"1s\"")
        .replace("total_timeout = \"2m\"", "total_timeout = \"3s\"")
        .replace("code = \"body.code\"\n", "code = \"body.code ~ ''\"\n")
        .replacen("[answer]\n", format, 1);
    let text = match is_xml {
        // Every answer counts as a success, so that nothing but the reading can save us.
        true => text.replace("success = \"status == 200 and code == '0'\"", "success = \"body is not none\""),
        false => text,
    };
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), &text);
    assert!(faults.is_empty(), "{faults:#?}");
    Profile::compile(Arc::new(platform.unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub fn lease() -> Lease {
    let document = json!({"title": "高精度协作机器人"});
    let items = vec![Item {
        delivery: 1,
        record_id: "a".to_owned(),
        item_key: "zibo/a/1".to_owned(),
        version: 1,
        remote_id: None,
        document: Document(document.as_object().unwrap().clone()),
        reason: String::new(),
    }];
    let profile = profile("http://127.0.0.1:1/api/v1", false);
    let payload = qilu::delivery::render(&profile, "achievement", Action::Create, "zibo/1", &items).unwrap();
    Lease {
        batch: 1,
        key: "zibo/1".to_owned(),
        platform: "shandong".to_owned(),
        kind: "achievement".to_owned(),
        action: Action::Create,
        attempt: 1,
        fence: 1,
        items,
        payload,
    }
}

/// `doubt Q7009 none`, `not Q7108 pause 90`, `settled unknown(Q7203)`.
pub fn brief(event: &Event) -> String {
    let (word, trouble) = match event {
        Event::NotAccepted { trouble } => ("not", trouble),
        Event::InDoubt { trouble } => ("doubt", trouble),
        Event::Settled { items } => {
            let shown = items.iter().map(|outcome| match outcome {
                ItemOutcome::Unknown { complaint } => format!(" unknown({})", complaint.id),
                other => format!(" {other:?}"),
            });
            return format!("settled{}", shown.collect::<String>());
        }
        other => return format!("{other:?}"),
    };
    let lane = match trouble.lane {
        LaneEffect::None => "none".to_owned(),
        LaneEffect::Pause(pause) => format!("pause {}", pause.as_secs()),
        LaneEffect::Block => "block".to_owned(),
    };
    format!("{word} {} {lane}", trouble.complaint.id)
}
