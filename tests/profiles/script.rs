//! A province that follows a script: each request must be the recorded one, byte for byte, and gets its answer.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use qilu::clock::Timestamp;
use qilu::platform::{Answer, Break, Broken, Request, Transport};
use serde_json::Value as Json;

use crate::case::{Exchange, Sent};

#[derive(Clone)]
pub struct Script(Arc<Mutex<Played>>);

struct Played {
    expected: Vec<(Sent, Answer)>,
    heard: usize,
    wrong: Vec<String>,
}

impl Script {
    pub fn of(exchanges: &[Exchange]) -> Self {
        let expected = exchanges.iter().map(|exchange| {
            let headers = exchange.answer.headers.iter();
            let answer = Answer {
                status: exchange.answer.status,
                headers: headers.map(|(name, value)| (name.to_lowercase(), text(value))).collect(),
                body: exchange.answer.bytes(),
                received: Timestamp::default(),
            };
            let Sent { method, url, headers, body, body_hex } = &exchange.request;
            let sent = Sent {
                method: method.clone(),
                url: url.clone(),
                headers: headers.clone(),
                body: body.clone(),
                body_hex: body_hex.clone(),
            };
            (sent, answer)
        });
        Script(Arc::new(Mutex::new(Played { expected: expected.collect(), heard: 0, wrong: Vec::new() })))
    }

    /// What was sent otherwise than recorded, too often or not at all.
    pub fn verdict(&self) -> Vec<String> {
        let played = self.0.lock().unwrap();
        let mut wrong = played.wrong.clone();
        if played.heard < played.expected.len() {
            wrong.push(format!("{} requests of {} were sent", played.heard, played.expected.len()));
        }
        wrong
    }
}

impl Transport for Script {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, Broken>> {
        let mut played = self.0.lock().unwrap();
        let number = played.heard;
        played.heard += 1;
        let Some((sent, answer)) = played.expected.get(number) else {
            played.wrong.push(format!(
                "request {} was not to be sent: {} {}",
                number + 1,
                request.method,
                request.url
            ));
            return Box::pin(async { Err(Broken::new(Break::Refused, "the script is over")) });
        };
        let answer = answer.clone();
        let found = compare(sent, request);
        played.wrong.extend(found.into_iter().map(|what| format!("request {}: {what}", number + 1)));
        Box::pin(async move { Ok(answer) })
    }
}

fn compare(sent: &Sent, request: &Request) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, expected: &str, found: &str| {
        if expected != found {
            wrong.push(format!("{what}\n   recorded {expected}\n   sent     {found}"));
        }
    };
    same("method", &sent.method, &request.method);
    same("url", &sent.url, &request.url);
    for (name, expected) in &sent.headers {
        let found = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let found = found.map_or("(none)", |(_, value)| value);
        same(
            &format!("header {name}"),
            &if expected.is_null() { "(none)".to_owned() } else { text(expected) },
            found,
        );
    }
    let (expected, found) = (sent.bytes(), &request.body);
    if expected != *found {
        same("body", &String::from_utf8_lossy(&expected), &String::from_utf8_lossy(found));
        if String::from_utf8_lossy(&expected) == String::from_utf8_lossy(found) {
            wrong.push("body: other bytes than recorded".to_owned());
        }
    }
    wrong
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
