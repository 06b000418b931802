//! The same code builds the requests of provinces that have nothing in common.

use super::*;
use crate::platform::Known;

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
    let hidden = request.shown.headers.iter().filter(|(_, value)| value == "***");
    assert_eq!(hidden.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["X-App-Id", "X-Sign"]);
}

/// Another convention: a wrapped body that carries its own signature over the payload, base64 and upper-case
/// hex, times in milliseconds, one header replaced by an operation, the signature in the query as well.
#[test]
fn a_signature_may_stand_in_the_envelope_and_in_the_query() {
    let text = SHANDONG
        .replace("X-Sign = \"signature\"", "X-Sign = \"'none'\"")
        .replace("body_sha256 = \"body | sha256 | hex\"", "payload_sum = \"payload | sha256 | hex | upper\"")
        .replacen("headers = { Idempotency-Key = \"key\" }", "headers = { x-sign = \"uuid\" }\nquery = { sign = \"signature\", none = \"owner\" }\nenvelope = { app = { id = \"credentials.app_id\", at = \"timestamp_ms\", sum = \"payload_sum\" }, version = 2, data = \"payload\" }", 1);
    let old = text.lines().find(|line| line.starts_with("signature = ")).unwrap().to_owned();
    let new = "signature = \"(payload_sum ~ timestamp_ms) | hmac_sha256(credentials.app_secret) | base64\"";
    let text = text.replace(&old, new);
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
        ("\"body | sha256 | hex\"", "\"signature\"", "Q7408 `"),
        ("body_sha256 = ", "document = ", "Q7409 the name document"),
        ("credentials.app_secret)", "credentials.secret)", "Q7406 [credentials] has no secret"),
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
    let built = profile.request(Operation::Ping, &Bindings::default(), b"", &credentials, &session(), FRESH);
    let complaint = built.unwrap_err();
    assert_eq!(complaint.id, "Q7407");
    assert!(!complaint.to_string().contains("X-Admin"), "{complaint}");
}

/// Odd order, numbers that no double holds, trailing zeros, both ways to write a character: what was stored is what
/// is signed, and what is signed is what is sent. Sums by Python's `hashlib` and `hmac`.
#[test]
fn nothing_is_written_again_between_signing_and_sending() {
    let stored = r#"{"z":1.0,"a":90071992547409931234567890,"m":{"k":2.50,"b":1E3},"title":"\u4e2d国\/𠮷","esc":"a\u0020b"}"#;
    let sum = "5d2b42ebb1f43a221bc36dc9ffdf0ef601be5dbaba6ff0e98fbc1d750111fb63";
    let values = "[values]\nsum = \"payload | sha256 | hex\"\nsign = \"body | hmac_sha256(credentials.app_secret) | hex\"";
    let create = |format: &str, envelope: &str| {
        format!(
            "[operations.create]\nmethod = \"POST\"\nrecords_max = 1\npayload = \"document\"\nheaders = {{ X-Sign = \"sign\" }}\n{format}\n{envelope}"
        )
    };
    let wrapped = format!("{{\"sum\":\"{sum}\",\"data\":{stored}}}");
    let form = "data=%7B%22z%22%3A1.0%2C%22a%22%3A90071992547409931234567890%2C%22m%22%3A%7B%22k%22%3A2.50%2C%22b%22%3A1E3%7D%2C%22title%22%3A%22%5Cu4e2d%E5%9B%BD%5C%2F%F0%A0%AE%B7%22%2C%22esc%22%3A%22a%5Cu0020b%22%7D";
    for (format, envelope, expect, sign) in [
        (
            "",
            "envelope = { sum = \"sum\", data = \"payload\" }",
            wrapped.as_str(),
            "89520945f693056b543ccae5913a80a1618947bc5487f4e330c87f5221c99529",
        ),
        (
            "envelope_format = \"form\"",
            "envelope = { data = \"payload\" }",
            form,
            "8051de16099162360aaf7b440e9ef7fd29505578cee7475578ffd105748606f2",
        ),
    ] {
        let text = small("", values, &create(format, envelope));
        let request = request(&text, Operation::Create, &Bindings::default(), stored.as_bytes());
        assert_eq!(body(&request), expect);
        assert_eq!(header(&request, "X-Sign"), sign);
    }
}

#[test]
fn what_needs_itself_is_refused_and_the_way_is_told() {
    let list = |line: &str| format!("[operations.list]\nmethod = \"POST\"\n{line}");
    for (values, line, expect) in [
        ("a = \"b\"\nb = \"c ~ kind\"\nc = \"a\"", "", "a → b → c → a"),
        ("a = \"body\"", "envelope = { sign = \"a\" }", "body → a → body"),
        ("a = \"params | length\"", "query = { sign = \"a\" }", "a → params"),
        ("a = \"path_query\"", "path = \"a\"", "path_query"),
        ("a = \"path_query\"", "query = { sign = \"query\" }", "`query` needs itself"),
        ("a = \"payload\"", "payload = { sign = \"a\" }", "payload → a → payload"),
    ] {
        let faults = compile(&small("", &format!("[values]\n{values}"), &list(line))).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(expect)), "{line}: {faults:#?}");
        assert_eq!(faults.len(), 1, "{faults:#?}");
    }
}
