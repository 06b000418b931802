//! Operations that carry one record: its names stand for themselves, and a payload need not be.

use serde_json::json;

use super::*;
use crate::platform::{Known, Part};

const OPERATIONS: &str = r#"
[operations.create]
method = "GET"
records_max = 1
path = "'/shelves/' ~ record_id"
query = { flag = "'0'", id = "remote_id", v = "version", mark = "mark" }
headers = { X-Item = "item_key", X-Params = "params | length" }
[operations.withdraw]
method = "POST"
records_max = 1
payload = { id = "remote_id", why = "reason" }
envelope = { at = "timestamp", of = "record_id", mark = "mark", data = "payload" }
[operations.list]
method = "POST"
payload = { pageIndex = "page", token = "session.login.token" }
envelope_format = "form"
envelope = { data = "payload ~ ''", mark = "mark" }
"#;

fn part<'a>(document: &'a serde_json::Value) -> Part<'a> {
    Part {
        record_id: "r1",
        item_key: "zibo/r1/3",
        version: 3,
        remote_id: Some("SD 9"),
        document: document.as_object().unwrap(),
        reason: "权属变更",
    }
}

#[test]
fn the_names_of_the_record_stand_in_path_query_headers_values_and_envelope() {
    let values = "[values]\nmark = \"(record_id | default('-')) ~ '#' ~ kind\"";
    let profile = good(&small("", values, OPERATIONS));
    let document = json!({"title": "x"});
    let part = part(&document);
    let names = part.bind_names(Bindings::default().with("kind", Known::Text("demand")));
    let send = |operation: Operation, payload: &[u8]| {
        profile.request(operation, &names, payload, &credentials(), &session(), FRESH).unwrap()
    };

    assert_eq!(profile.payload(Operation::Create, "demand", "b", &[part]).unwrap(), b"");
    let shelved = send(Operation::Create, b"");
    assert_eq!(
        shelved.url,
        "http://59.202.1.2:8080/open.api/shelves/r1?flag=0&id=SD%209&v=3&mark=r1%23demand"
    );
    assert_eq!((shelved.method.as_str(), header(&shelved, "X-Item")), ("GET", "zibo/r1/3"));
    assert!(shelved.body.is_empty());

    let payload = profile.payload(Operation::Withdraw, "demand", "b", &[part]).unwrap();
    assert_eq!(std::str::from_utf8(&payload).unwrap(), r#"{"id":"SD 9","why":"权属变更"}"#);
    let withdrawn = send(Operation::Withdraw, &payload);
    assert_eq!(withdrawn.url, "http://59.202.1.2:8080/open.api");
    assert_eq!(
        body(&withdrawn),
        r#"{"at":1780000000,"of":"r1","mark":"r1#demand","data":{"id":"SD 9","why":"权属变更"}}"#
    );
}

#[test]
fn a_question_makes_its_own_content_by_the_same_values() {
    let profile = good(&small("", "[values]\nmark = \"payload | length\"", OPERATIONS));
    let names = Bindings::default().with("page", Known::Value(Value::Int(0)));
    let built = profile.request(Operation::List, &names, b"", &credentials(), &session(), FRESH);
    let request = built.unwrap();
    assert_eq!(body(&request), "data=%7B%22pageIndex%22%3A0%2C%22token%22%3A%22tok-42%22%7D&mark=32");
    let shown = request.show(&credentials());
    assert!(shown.ends_with("\n\ndata=***\nmark=***"), "{shown}");
}

#[test]
fn what_is_one_takes_one_and_what_is_many_has_no_names_of_one() {
    let profile = good(&small("", "[values]\nmark = \"kind\"", OPERATIONS));
    let document = json!({});
    let many = [part(&document), part(&document)];
    let refused = profile.payload(Operation::Create, "demand", "b", &many).unwrap_err();
    assert!(refused.to_string().contains("却要装 2 条"), "{refused}");
    assert_eq!(profile.records_max(Operation::Create), 1);
    assert_eq!(profile.records_max(Operation::List), 100);

    let many = "[operations.create]\nmethod = \"POST\"\npath = \"record_id\"\npayload = \"items\"\nitem = \"document\"\n";
    let faults = compile(&small("", "", many)).unwrap_err();
    assert!(faults.iter().any(|fault| fault.contains("Q7404 `record_id`")), "{faults:?}");
    let few = many.replace("path = \"record_id\"", "records_max = 20");
    assert_eq!(good(&small("", "", &few)).records_max(Operation::Create), 20);

    let without_item = "[operations.create]\nmethod = \"POST\"\nrecords_max = 1\npayload = \"items\"\n";
    let faults = compile(&small("", "", without_item)).unwrap_err();
    assert!(faults.iter().any(|fault| fault.contains("Q7422")), "{faults:?}");
    // One record as a list of one.
    let listed = format!("{without_item}item = \"record_id\"\n");
    let payload = good(&small("", "", &listed)).payload(Operation::Create, "demand", "b", &[part(&document)]);
    assert_eq!(payload.unwrap(), br#"["r1"]"#);
}
