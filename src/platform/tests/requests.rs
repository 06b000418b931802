//! The same code builds the requests of provinces that have nothing in common.

use super::*;
use crate::clock::Timestamp;
use crate::config::platform::Operation;
use crate::platform::{Bindings, Credentials, Fresh, Known, Request};
use crate::record::Value;

const FRESH: Fresh = Fresh { now: Timestamp(1_780_000_000_123_456), nonce: [0xab; 16] };

fn request(text: &str, operation: Operation, names: &Bindings<'static>, payload: &'static [u8]) -> Request {
    let profile = compile(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let credentials = Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret")]);
    profile.request(operation, names, payload, &credentials, &Value::Map(Vec::new()), FRESH).unwrap()
}

/// Checked by hand: `printf 'GET\n/api/v1/reviews?after=5&size=100\n1780000000\nabab…\ne3b0…' | openssl dgst
/// -sha256 -hmac s3cret`, where e3b0… is the SHA-256 of nothing.
#[test]
fn a_question_is_signed_with_its_query() {
    let names = Bindings::default().with("after", Known::Text("5")).with("size", Known::Text("100"));
    let request = request(SHANDONG, Operation::Reviews, &names, b"");
    assert_eq!(request.url, "https://123.232.30.9:27180/api/v1/reviews?after=5&size=100");
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        headers,
        [
            "X-App-Id: zibo",
            "X-Timestamp: 1780000000",
            "X-Nonce: abababababababababababababababab",
            "X-Sign: 6420a32edd91be29a207f90bb075c37f32bdfcbe360371727544c7d8fa7b4abc",
            "Accept: application/json",
        ]
    );
    assert!(request.body.is_empty());
    assert_eq!(request.secret_headers, ["X-App-Id"]);
}

/// Another convention: a wrapped body that carries its own signature over the payload, base64 and upper-case
/// hex, times in milliseconds, one header replaced by an operation, the signature in the query as well.
#[test]
fn a_signature_may_stand_in_the_envelope_and_in_the_query() {
    let text = SHANDONG
        .replace("X-Sign = \"signature\"", "X-Sign = \"'none'\"")
        .replace("name = \"body_sha256\"\nalgorithm = \"sha256\"\ninput = \"body\"", "name = \"payload_sum\"\nalgorithm = \"sha256\"\noutput = \"HEX\"\ninput = \"payload\"")
        .replace("key = \"credentials.app_secret\"\ninput = 'method ~ \"\\n\" ~ path_query ~ \"\\n\" ~ timestamp ~ \"\\n\" ~ nonce ~ \"\\n\" ~ body_sha256'", "key = \"credentials.app_secret\"\noutput = \"base64\"\ninput = \"payload_sum ~ timestamp_ms\"")
        .replacen("headers = { Idempotency-Key = \"key\" }", "headers = { x-sign = \"body | length\" }\nquery = { sign = \"signature\", none = \"owner\" }\nenvelope = { app = { id = \"credentials.app_id\", at = \"timestamp_ms\", sum = \"payload_sum\" }, version = 2, data = \"payload\" }", 1);
    let text = text.replace("x-sign = \"body | length\"", "x-sign = \"uuid\"");
    let names = Bindings::default().with("kind", Known::Text("demand"));
    let request = request(&text, Operation::Create, &names, br#"{"n":1.0}"#);
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"app":{"id":"zibo","at":1780000000123,"sum":"3B6B06ECD1C968C8E738E0F11C4BB361FCA80A9A694DE22FE66A05286AFBD081"},"version":2,"data":{"n":1.0}}"#
    );
    assert_eq!(
        request.url,
        "https://123.232.30.9:27180/api/v1/demand/batch?sign=8xi%2FCfpUNanm51miJOs3O3ZljVLlbPOW9sshbmXYOCU%3D"
    );
    let sign: Vec<_> =
        request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-sign")).collect();
    assert_eq!(sign, [&("x-sign".to_owned(), "abababab-abab-abab-abab-abababababab".to_owned())]);
}

#[test]
fn a_kind_cannot_climb_out_of_its_path() {
    let names = Bindings::default().with("kind", Known::Text("a b?x=1#y%2e\u{4e2d}\r\n"));
    let request = request(SHANDONG, Operation::List, &names, b"");
    assert!(
        request.url.contains("/api/v1/a%20b%3Fx=1%23y%252e%E4%B8%AD%0D%0A?city=370300"),
        "{}",
        request.url
    );
}

#[test]
fn a_faulty_profile_is_refused_at_load() {
    let rows: &[(&str, &str, &str)] = &[
        ("X-Sign = \"signature\"", "X-Sign = \"signatur\"", "Q7404 `signatur` is no name here"),
        ("X-Sign = \"signature\"", "X-Sign = \"signature ~\"", "Q3"),
        ("credentials.app_id", "credentials.app_key", "Q7406 [credentials] has no app_key"),
        ("input = \"body\"", "input = \"signature\"", "Q7408 `"),
        ("name = \"signature\"", "name = \"body\"", "Q7409 the name body"),
        ("list = \"body.data.results\"", "list = \"bdy.data.results\"", "Q7404 `bdy`"),
        ("success = \"code == '0'\"", "success = \"kode == '0'\"", "Q7404 `kode`"),
        ("data = \"document\"", "data = \"row\"", "Q"),
        ("when = \"code == '1400'\"", "when = \"transprt == 'tls'\"", "Q7404 `transprt`"),
        ("localId = \"record_id\"", "localId = \"timestamp\"", "Q7404 `timestamp`"),
    ];
    for (from, to, expect) in rows {
        assert!(SHANDONG.contains(from), "{from}");
        let faults = compile(&SHANDONG.replacen(from, to, 1)).expect_err(to);
        assert!(faults.iter().any(|fault| fault.contains(expect)), "{to}: {faults:#?}");
    }
}

#[test]
fn a_header_that_would_smuggle_another_is_not_sent() {
    let profile = compile(SHANDONG).unwrap();
    let credentials = Credentials::from_pairs(&[("app_id", "zibo\r\nX-Admin: 1"), ("app_secret", "s")]);
    let complaint = profile
        .request(Operation::Ping, &Bindings::default(), b"", &credentials, &Value::Map(Vec::new()), FRESH)
        .unwrap_err();
    assert_eq!(complaint.id, "Q7407");
}
