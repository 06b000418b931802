//! Requests of unlike profiles.

use std::path::Path;
use std::sync::Arc;

use super::{Bindings, Credentials, Fresh, Profile, Request};
use crate::clock::Timestamp;
use crate::config::Platform;
use crate::config::platform::Operation;
use crate::record::Value;

mod formats;
mod logins;
mod readme;
mod requests;
mod secrets;
mod singles;

const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");

fn compile(text: &str) -> Result<Profile, Vec<String>> {
    let (platform, faults) = Platform::read("p", Path::new("p.toml"), text);
    assert!(faults.is_empty(), "{faults:#?}");
    let compiled = Profile::compile(Arc::new(platform.unwrap()));
    compiled.map_err(|faults| {
        faults.iter().map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.complaint)).collect()
    })
}

const FRESH: Fresh =
    Fresh { now: Timestamp(1_780_000_000_123_456), nonce: [0xab; 16], digits: [7; 16], entropy: [9; 32] };

/// A small profile of one's own: lines for its top, then tables of its own, then its operations.
fn small(top: &str, tables: &str, operations: &str) -> String {
    let mut text = format!("{top}\n{HEAD}\n{tables}\n{operations}\n");
    for operation in ["create", "update", "withdraw"] {
        if !text.contains(&format!("[operations.{operation}]")) {
            text.push_str(&format!("[operations.{operation}]\nmethod = \"POST\"\nrecords_max = 1\n"));
        }
    }
    text
}

const HEAD: &str = r#"
title = "某省"
base_url = "http://59.202.1.2:8080/open.api"
schemas = "shandong/v1"
city_code = "370300"
[answer]
success = "status == 200"
code = "body.code"
message = "body.message"
[answer.items]
list = "body.list"
id = "item.id"
code = "item.code"
message = "item.message"
remote_id = "item.remoteId"
success = "code == '0'"
[duplicates]
may_duplicate = true
[credentials]
app_id = "env:A"
app_secret = "env:B"
[[logins]]
name = "login"
method = "GET"
gives = { token = "body.token" }
[[logins]]
name = "other"
method = "GET"
gives = { token = "body.token" }
"#;

fn credentials() -> Credentials {
    Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret")])
}

fn session() -> Value {
    let gave = Value::Map(vec![("token".into(), Value::text("tok-42"))]);
    Value::Map(vec![("login".into(), gave)])
}

fn good(text: &str) -> Profile {
    compile(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn request(text: &str, operation: Operation, names: &Bindings<'static>, payload: &'static [u8]) -> Request {
    good(text).request(operation, names, payload, &credentials(), &session(), FRESH).unwrap()
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    let found = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value)
}
