//! What is made from a credential or a session is never shown, however it got there; everything else is.

use super::*;
use crate::platform::Known;

const VALUES: &str = r#"
[values]
plain = "kind ~ '-' ~ page"
half = "'Bearer ' ~ session.login.token"
joined = "half ~ plain"
of_query = "query | length"
of_body = "body | length"
unused = "credentials.app_secret"
"#;

const LIST: &str = r#"
[operations.list]
method = "POST"
path = "'/list'"
query = { appid = "credentials.app_id", title = "title", plain = "plain", j = "joined" }
headers = { X-Plain = "plain", X-Joined = "joined", X-Query = "of_query", X-Body = "of_body", X-Now = "timestamp" }
envelope = { who = { user = "credentials.app_id", plain = "plain" }, half = "half", phone = "owner", n = 1 }
"#;

#[test]
fn fields_from_secrets_are_hidden_one_by_one() {
    let names = Bindings::default()
        .with("kind", Known::Text("demand"))
        .with("page", Known::Value(Value::Int(2)))
        .with("title", Known::Text("标题 13812345678"))
        .with("owner", Known::Text("13812345678"));
    let request = request(&small("", VALUES, LIST), Operation::List, &names, b"");
    assert!(
        request
            .url
            .contains("appid=zibo&title=%E6%A0%87%E9%A2%98%2013812345678&plain=demand-2&j=Bearer%20tok")
    );
    assert_eq!(header(&request, "X-Joined"), "Bearer tok-42demand-2");
    assert_eq!(
        request.show(&credentials()),
        "POST http://59.202.1.2:8080/open.api/list?appid=***&title=标题 138****5678&plain=demand-2&j=***\n\
         X-Plain: demand-2\n\
         X-Joined: ***\n\
         X-Query: ***\n\
         X-Body: ***\n\
         X-Now: 1780000000\n\
         Accept: application/json\n\
         Content-Type: application/json; charset=utf-8\n\n\
         {\"who\":{\"user\":\"***\",\"plain\":\"demand-2\"},\"half\":\"***\",\"phone\":\"138****5678\",\"n\":1}"
    );
}

#[test]
fn a_payload_that_goes_encrypted_is_shown_beside_the_request() {
    let create = r#"
[operations.create]
method = "POST"
records_max = 1
payload = { a = "record_id" }
envelope = { encData = "sealed", plain = "kind" }
"#;
    // Any use of a credential hides what comes of it; this one is no cipher.
    let text = small("", "[values]\nsealed = \"(payload ~ credentials.app_secret) | upper\"", create);
    let payload = br#"{"a":"r1","phone":"13812345678"}"#;
    let request = request(&text, Operation::Create, &Bindings::default(), payload);
    assert!(body(&request).contains("S3CRET"));
    let shown = request.show(&credentials());
    assert!(
        shown.ends_with("\n\n{\"encData\":\"***\"}\n\n(payload)\n{\"a\":\"r1\",\"phone\":\"138****5678\"}"),
        "{shown}"
    );
}

#[test]
fn nothing_leaves_without_what_a_credential_was_to_make() {
    let rows = [
        ("headers = { X-Sign = \"owner ~ credentials.app_secret\" }", Some("owner ~ credentials.app_secret")),
        ("query = { sign = \"sum\" }", Some("owner ~ credentials.app_id")),
        ("envelope = { sign = \"sum\" }", Some("owner ~ credentials.app_id")),
        // A session may be still to come, and what is no secret may be absent.
        ("headers = { X-Token = \"session.other.token ~ credentials.app_id\", X-Owner = \"owner\" }", None),
    ];
    for (line, expect) in rows {
        let list = format!("[operations.list]\nmethod = \"POST\"\n{line}");
        let profile = good(&small("", "[values]\nsum = \"owner ~ credentials.app_id\"", &list));
        let built =
            profile.request(Operation::List, &Bindings::default(), b"", &credentials(), &session(), FRESH);
        match expect {
            Some(expect) => {
                let complaint = built.unwrap_err().to_string();
                assert!(complaint.contains(expect), "{line}: {complaint}");
            }
            None => assert_eq!(built.unwrap().headers.len(), 1, "{line}"),
        }
    }
}

#[test]
fn dice_and_clock_are_names() {
    let list = "[operations.list]\nmethod = \"POST\"\nheaders = { D = \"digits\", U = \"uuid\", N = \"nonce\", T = \"timestamp_ms\" }";
    let profile = good(&small("", "", list));
    let send = |fresh: Fresh| {
        let names = Bindings::default();
        let built = profile.request(Operation::List, &names, b"", &credentials(), &session(), fresh);
        built.unwrap()
    };
    let one = send(FRESH);
    // 0x0707…07 modulo 10^18, by Python.
    assert_eq!(header(&one, "D"), "955381380479911687");
    assert_eq!(header(&one, "T"), "1780000000123");
    let few = send(Fresh { digits: [0; 16], ..FRESH });
    assert_eq!(header(&few, "D"), "000000000000000000");
    assert_eq!(format!("{FRESH:?}"), "Fresh(2026-05-28T20:26:40.123456Z)");
}

#[test]
fn a_map_that_secrets_go_into_shows_what_else_is_in_it() {
    let values = r#"[values]
sign = "(fields | join_pairs('=', '&') ~ credentials.app_secret) | md5 | hex"
fields = "{'appid': credentials.app_id, 'kind': kind, 'data': payload ~ ''}"
form = "fields | merge({'sign': sign, 'token': session.login.token})"
"#;
    for (format, expect) in [
        ("form", "appid=***\nkind=demand\ndata={\"phone\":\"138****5678\"}\nsign=***\ntoken=***"),
        ("raw", "***\n\n(payload)\n{\"phone\":\"138****5678\"}"),
    ] {
        let envelope = if format == "form" { "form" } else { "form | to_json" };
        let create = format!(
            "[operations.create]\nmethod = \"POST\"\nrecords_max = 1\npayload = \"document\"\nenvelope_format = \"{format}\"\nenvelope = \"{envelope}\""
        );
        let names = Bindings::default().with("kind", Known::Text("demand"));
        let text = small("", values, &create);
        let request = request(&text, Operation::Create, &names, br#"{"phone":"13812345678"}"#);
        let shown = request.show(&credentials());
        assert!(shown.ends_with(expect), "{shown}");
        assert!(body(&request).contains("zibo") && body(&request).contains("tok-42"));
    }
}
