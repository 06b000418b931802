//! Shared by the tests of this room: the shipped profile, some items, a province made of answers.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::json;

use crate::clock::{Clock, Timestamp};
use crate::config::Platform;
use crate::config::platform::Operation;
use crate::ledger::{Item, Lease};
use crate::plan::Action;
use crate::platform::{Answer, Broken, Content, Credentials, Fresh, Profile, Request, Street, Transport};
use crate::record::{Document, Value};

mod answers;
mod believed;
mod generated;
mod pending;
mod reading;
mod reviews;
mod sending;
mod shapes;
mod waits;

const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");
/// 2026-05-29 04:26:40 in China.
const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

fn shandong() -> Profile {
    profile(SHANDONG)
}

fn profile(text: &str) -> Profile {
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), text);
    assert!(faults.is_empty(), "{faults:#?}");
    Profile::compile(Arc::new(platform.unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn item(record_id: &str, remote_id: Option<&str>) -> Item {
    let document = json!({"title": format!("成果{record_id}"), "contact": {"phone": "13812345678"}});
    Item {
        delivery: 1,
        record_id: record_id.to_owned(),
        item_key: format!("zibo/{record_id}/1"),
        version: 1,
        remote_id: remote_id.map(str::to_owned),
        document: Document(document.as_object().unwrap().clone()),
        reason: String::new(),
    }
}

fn lease(action: Action, items: Vec<Item>) -> Lease {
    let payload = super::render(&shandong(), "achievement", action, "b-1", &items).unwrap();
    Lease {
        batch: 1,
        key: "b-1".to_owned(),
        platform: "shandong".to_owned(),
        kind: "achievement".to_owned(),
        action,
        attempt: 1,
        fence: 1,
        items,
        payload,
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status, headers, body: body.into(), received: NOW }
}

/// What an answer says to a request with a nonce of sevens.
fn content(profile: &Profile, operation: Operation, answer: &Answer) -> Content {
    profile.read(
        operation,
        answer,
        Fresh { now: NOW, nonce: [7; 16], digits: [7; 16], entropy: [7; 32] },
        &credentials(),
        &Value::Map(Vec::new()),
    )
}

/// What an answer to a batch means.
fn judged(profile: &Profile, lease: &Lease, answer: &Answer) -> super::Judgement {
    super::weigh(profile, lease, answer, content(profile, super::operation(lease.action), answer))
}

fn clock() -> Clock {
    Clock::manual(NOW, 7)
}

fn credentials() -> Credentials {
    Credentials::from_pairs(&[("app_id", "zibo-market"), ("app_secret", "s3cret-of-zibo")])
}

/// A province that says what it was told to say, and remembers what it heard.
#[derive(Clone, Default)]
struct Parrot {
    says: Arc<Mutex<VecDeque<Result<Answer, Broken>>>>,
    heard: Arc<Mutex<Vec<Request>>>,
}

impl Parrot {
    fn saying(says: impl IntoIterator<Item = Result<Answer, Broken>>) -> Self {
        let parrot = Parrot::default();
        parrot.says.lock().unwrap().extend(says);
        parrot
    }

    fn street(&self) -> Street {
        Street::by(shandong(), credentials(), Box::new(self.clone()))
    }

    /// The same at the end of another profile.
    fn street_by(&self, profile: Profile) -> Street {
        Street::by(profile, credentials(), Box::new(self.clone()))
    }

    fn heard(&self) -> Vec<Request> {
        self.heard.lock().unwrap().clone()
    }
}

impl Transport for Parrot {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, Broken>> {
        self.heard.lock().unwrap().push(request.clone());
        let says = self.says.lock().unwrap().pop_front().expect("something to say");
        Box::pin(async move { says })
    }
}
