//! Bodies in their formats. What is expected was written by hand or by Python's `urllib.parse`, `str.encode` and
//! `xml.sax.saxutils`, never by the program.

use serde_json::json;

use super::*;
use crate::platform::{Known, Part};
use crate::record::Complaint;

/// The stored payload and the body of one create.
fn bytes(top: &str, create: &str) -> (String, Vec<u8>) {
    match try_bytes(top, create) {
        Ok((payload, request)) => (payload, request.body),
        Err(complaint) => panic!("{create}: {complaint}"),
    }
}

fn try_bytes(top: &str, create: &str) -> Result<(String, Request), Complaint> {
    let text = small(top, "", &format!("[operations.create]\nmethod = \"POST\"\n{create}"));
    let profile = good(&text);
    let documents = [
        json!({"title": "引 \"号\"&<1>", "n": 90071992547409931_u64, "tags": ["甲", "乙"], "who": {"@id": 7, "name": "张"}}),
        json!({"title": "第二", "n": 0, "none": null}),
    ];
    let parts: Vec<Part<'_>> = documents
        .iter()
        .zip(["r1", "r2"])
        .map(|(document, record_id)| Part {
            record_id,
            item_key: "k",
            version: 1,
            remote_id: None,
            document: document.as_object().unwrap(),
            reason: "",
        })
        .collect();
    let count = if profile.is_single(Operation::Create) { 1 } else { 2 };
    let payload = profile.payload(Operation::Create, "achievement", "b-1", &parts[..count])?;
    let shown = String::from_utf8_lossy(&payload).into_owned();
    let names = Bindings::default().with("kind", Known::Text("achievement")).with("key", Known::Text("b-1"));
    let names = if count == 1 { parts[0].bind_names(names) } else { names };
    let payload: &[u8] = &payload;
    profile
        .request(Operation::Create, &names, payload, &credentials(), &session(), FRESH)
        .map(|request| (shown, request))
}

#[test]
fn json_keeps_the_order_and_the_numbers_and_does_with_nulls_as_it_is_told() {
    let frame = "payload = { z = \"key\", list = \"items\", none = \"document_none\" }\nitem = \"record_id\"";
    let rows = [
        // A bare list.
        ("", "payload = \"items\"\nitem = \"record_id\"", r#"["r1","r2"]"#),
        (
            "",
            "payload = \"items\"\nitem = { n = \"document.n\", none = \"document.none\" }",
            r#"[{"n":90071992547409931},{"n":0}]"#,
        ),
        (
            "nulls = \"null\"",
            "payload = \"items\"\nitem = { no = \"document.none\", n = \"document.n\" }",
            r#"[{"no":null,"n":90071992547409931},{"no":null,"n":0}]"#,
        ),
        (
            "nulls = \"empty\"",
            "payload = \"items\"\nitem = { n = \"document.n\", no = \"remote_id\" }",
            r#"[{"n":90071992547409931,"no":""},{"n":0,"no":""}]"#,
        ),
        // A list that the profile writes.
        (
            "",
            "records_max = 1\npayload = { z = [{ b = \"record_id\", a = 2 }, { c = \"'x'\" }], codes = [1, \"x\"] }",
            r#"{"z":[{"b":"r1","a":2},{"c":"x"}],"codes":[1,"x"]}"#,
        ),
        // The document alone.
        (
            "",
            "records_max = 1\npayload = \"document\"",
            r#"{"title":"引 \"号\"&<1>","n":90071992547409931,"tags":["甲","乙"],"who":{"@id":7,"name":"张"}}"#,
        ),
    ];
    for (top, create, expect) in rows {
        let (payload, body) = bytes(top, create);
        assert_eq!(payload, expect, "{create}");
        assert_eq!(String::from_utf8(body).unwrap(), expect, "{create}");
    }
    let text = small("", "", &format!("[operations.create]\nmethod = \"POST\"\n{frame}"));
    assert!(compile(&text).unwrap_err().iter().any(|fault| fault.contains("Q7404 `document_none`")));
}

#[test]
fn a_form_has_its_fields_in_order_percent_encoded_in_the_charset() {
    let envelope = "records_max = 1\npayload = { '标' = \"'题 1'\" }\nenvelope_format = \"form\"\n";
    let rows = [
        (
            "",
            "envelope = { z = \"'引 \\\"号\\\"&=*~㐂'\", none = \"remote_id\", data = \"payload ~ ''\", a = 1, map = { k = \"record_id\", l = [1, 2] } }",
            "z=%E5%BC%95+%22%E5%8F%B7%22%26%3D*%7E%E3%90%82&data=%7B%22%E6%A0%87%22%3A%22%E9%A2%98+1%22%7D&a=1&map=%7B%22k%22%3A%22r1%22%2C%22l%22%3A%5B1%2C2%5D%7D",
        ),
        (
            "form_space = \"%20\"",
            "envelope = { data = \"payload\" }",
            "data=%7B%22%E6%A0%87%22%3A%22%E9%A2%98%201%22%7D",
        ),
        ("charset = \"gb18030\"", "envelope = { z = \"'引 号㐂'\" }", "z=%D2%FD+%BA%C5%819%EF1"),
        ("nulls = \"empty\"", "envelope = { a = \"remote_id\", b = \"record_id\" }", "a=&b=r1"),
        // From a map that an expression makes, in its order.
        ("", "envelope = \"{'b': record_id, 'a': version}\"", "b=r1&a=1"),
    ];
    for (top, envelope_line, expect) in rows {
        let (_, body) = bytes(top, &format!("{envelope}{envelope_line}"));
        assert_eq!(String::from_utf8(body).unwrap(), expect, "{top} {envelope_line}");
    }
    // A stored form stays what it was.
    let (payload, body) = bytes(
        "",
        "records_max = 1\npayload_format = \"form\"\npayload = { a = \"document.title\", b = \"version\" }",
    );
    assert_eq!(payload, "a=%E5%BC%95+%22%E5%8F%B7%22%26%3C1%3E&b=1");
    assert_eq!(payload.as_bytes(), body);
}

#[test]
fn xml_is_one_element_escaped_and_in_order() {
    let xml = "payload_format = \"xml\"\n";
    let item = "item = { id = \"record_id\", title = \"document.title\", none = \"remote_id\", tag = \"document.tags\", who = \"document.who\" }";
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let records = "<record><id>r1</id><title>引 \"号\"&amp;&lt;1&gt;</title><tag>甲</tag><tag>乙</tag><who id=\"7\"><name>张</name></who></record><record><id>r2</id><title>第二</title></record>";
    let create = format!(
        "{xml}payload = {{ data = {{ '@v' = \"'1 \\\"<&'\", head = {{ key = \"key\" }}, records = {{ record = \"items\" }}, empty = \"''\" }} }}\n{item}"
    );
    let (payload, body) = bytes("", &create);
    let expect = format!(
        "{declaration}<data v=\"1 &quot;&lt;&amp;\"><head><key>b-1</key></head><records>{records}</records><empty/></data>"
    );
    assert_eq!(payload, expect);
    assert_eq!(body, expect.as_bytes());

    // SOAP around it; the payload stands in it without a declaration of its own.
    let create = format!(
        "records_max = 1\n{xml}envelope_format = \"xml\"\npayload = {{ a = \"record_id\" }}\n\
         envelope = {{ 'soap:Envelope' = {{ '@xmlns:soap' = \"'http://schemas.xmlsoap.org/soap/envelope/'\", 'soap:Body' = {{ raw = \"payload\", text = \"payload ~ ''\", n = {{ '@x' = 1, '#text' = \"version\" }} }} }} }}"
    );
    let (payload, body) = bytes("xml_declaration = false", &create);
    assert_eq!(payload, "<a>r1</a>");
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><raw><a>r1</a></raw><text>&lt;a&gt;r1&lt;/a&gt;</text><n x=\"1\">1</n></soap:Body></soap:Envelope>"
    );

    // Inside an envelope there may be several elements.
    let create = format!(
        "{xml}envelope_format = \"xml\"\npayload = {{ total = \"key\", record = \"items\" }}\nitem = {{ id = \"record_id\" }}\n\
         envelope = {{ data = {{ body = \"payload\" }} }}"
    );
    let (payload, body) = bytes("xml_declaration = false", &create);
    assert_eq!(payload, "<total>b-1</total><record><id>r1</id></record><record><id>r2</id></record>");
    assert_eq!(String::from_utf8(body).unwrap(), format!("<data><body>{payload}</body></data>"));

    // In another charset; the stored payload stays readable.
    let create = format!("records_max = 1\n{xml}payload = {{ a = \"'标题'\", }}");
    let (payload, body) = bytes("charset = \"gb18030\"", &create);
    assert_eq!(payload, "<?xml version=\"1.0\" encoding=\"GB18030\"?><a>标题</a>");
    assert_eq!(body, b"<?xml version=\"1.0\" encoding=\"GB18030\"?><a>\xb1\xea\xcc\xe2</a>");

    for (nulls, expect) in
        [("omit", "<a><b/></a>"), ("null", "<a><no/><b/></a>"), ("empty", "<a><no/><b/></a>")]
    {
        let create =
            format!("records_max = 1\n{xml}payload = {{ a = {{ no = \"remote_id\", b = \"''\" }} }}");
        let (payload, _) = bytes(&format!("nulls = \"{nulls}\"\nxml_declaration = false"), &create);
        assert_eq!(payload, expect, "{nulls}");
    }
}

#[test]
fn parts_of_a_multipart_body_are_fields_and_files() {
    let upload = "[operations.upload]\nmethod = \"POST\"\nenvelope_format = \"multipart\"\n\
        envelope = { system = \"'ts'\", meta = { size = \"file.size\" }, none = \"owner\", File = { file = \"file.content\", name = \"file.name\", type = \"file.type\" } }";
    let file = |content: Value| {
        Value::Map(vec![
            ("name".into(), Value::text("附\"件.pdf")),
            ("type".into(), Value::text("application/pdf")),
            ("size".into(), Value::Int(3)),
            ("content".into(), content),
        ])
    };
    let text = small("", "", upload);
    let names =
        Bindings::default().with("file", Known::Value(file(Value::Bytes([0, 255, 13].as_slice().into()))));
    let request = request(&text, Operation::Upload, &names, b"");
    let line = "qilu-abababababababababababababababab";
    let mut expect = format!(
        "--{line}\r\nContent-Disposition: form-data; name=\"system\"\r\n\r\nts\r\n\
         --{line}\r\nContent-Disposition: form-data; name=\"meta\"\r\n\r\n{{\"size\":3}}\r\n\
         --{line}\r\nContent-Disposition: form-data; name=\"File\"; filename=\"附%22件.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    expect.extend_from_slice(&[0, 255, 13]);
    expect.extend_from_slice(format!("\r\n--{line}--\r\n").as_bytes());
    assert_eq!(request.body, expect);
    assert_eq!(header(&request, "content-type"), format!("multipart/form-data; boundary={line}"));
    let shown = request.show(&credentials());
    assert!(shown.contains("(3 bytes)") && shown.contains("附%22件.pdf"), "{shown}");

    let names = Bindings::default().with("file", Known::Value(file(Value::Int(1))));
    let built = good(&text).request(Operation::Upload, &names, b"", &credentials(), &session(), FRESH);
    assert!(built.unwrap_err().to_string().contains("int"));
}

#[test]
fn raw_is_what_one_expression_says() {
    let raw = "records_max = 1\nenvelope_format = \"raw\"\npayload = { a = \"record_id\" }\n";
    let rows: [(&str, &str, &[u8]); 3] = [
        ("", "envelope = \"payload\"", br#"{"a":"r1"}"#),
        ("charset = \"gbk\"", "envelope = \"'标题=' ~ payload\"", b"\xb1\xea\xcc\xe2={\"a\":\"r1\"}"),
        ("", "envelope = \"entropy\"", &[9; 32]),
    ];
    for (top, envelope, expect) in rows {
        assert_eq!(bytes(top, &format!("{raw}{envelope}")).1, expect, "{envelope}");
    }
}

#[test]
fn the_media_type_follows_the_format_unless_a_header_says_otherwise() {
    let rows = [
        ("payload = \"document\"", "application/json; charset=utf-8", "application/json"),
        ("charset = \"gbk\"\npayload = \"document\"", "application/json; charset=gbk", "application/json"),
        (
            "payload_format = \"xml\"\npayload = { a = \"record_id\" }",
            "application/xml; charset=utf-8",
            "application/xml, text/xml",
        ),
        (
            "payload = \"document\"\nenvelope_format = \"form\"\nenvelope = { a = \"record_id\" }",
            "application/x-www-form-urlencoded; charset=utf-8",
            "*/*",
        ),
        (
            "payload_format = \"xml\"\npayload = { a = \"record_id\" }\nheaders = { content-type = \"'text/xml'\", accept = \"'text/plain'\" }",
            "text/xml",
            "text/plain",
        ),
        // Nothing is sent, so that it has no type.
        ("envelope_format = \"form\"", "", "application/json"),
    ];
    for (create, content_type, accept) in rows {
        let (_, request) = try_bytes("", &format!("records_max = 1\n{create}")).unwrap();
        assert_eq!(header(&request, "Content-Type"), content_type, "{create}");
        assert_eq!(header(&request, "Accept"), accept, "{create}");
    }
}

#[test]
fn what_a_format_cannot_hold_is_a_complaint_and_never_a_question_mark() {
    let xml = "payload_format = \"xml\"\n";
    let rows = [
        ("charset = \"gbk\"", "payload = { a = \"'张㐂𠮷'\" }".to_owned(), "U+3402"),
        ("charset = \"gbk\"\npayload_format = \"form\"", "payload = { a = \"'𠮷'\" }".to_owned(), "U+20BB7"),
        ("charset = \"gbk\"", "query = { a = \"'𠮷'\" }".to_owned(), "U+20BB7"),
        ("", format!("{xml}payload = {{ a = \"'x\\u0001'\" }}"), "U+0001"),
        ("", format!("{xml}payload = \"{{'a b': 1}}\""), "a b"),
        ("", format!("{xml}payload = \"{{'a': 1, 'b': 2}}\""), "xml"),
        ("payload_format = \"form\"", "payload = \"[1, 2]\"".to_owned(), "form"),
    ];
    for (top, create, expect) in rows {
        let complaint = match try_bytes(top, &format!("records_max = 1\n{create}")) {
            Err(complaint) => complaint,
            Ok((payload, _)) => panic!("{create}: {payload}"),
        };
        assert_eq!(complaint.id, "Q7407");
        assert!(complaint.to_string().contains(expect), "{create}: {complaint}");
    }
    // The same characters are no trouble in the larger charset.
    let (_, body) = bytes("charset = \"gb18030\"", "records_max = 1\npayload = { a = \"'㐂'\" }");
    assert_eq!(body, b"{\"a\":\"\x819\xef1\"}");
}

#[test]
fn a_template_that_does_not_fit_its_format_is_refused_at_load() {
    let rows = [
        ("payload_format = \"xml\"\npayload = { a = \"kind\", b = \"key\" }", "operations.create.payload"),
        ("payload_format = \"xml\"\npayload = { 'a b' = \"kind\" }", "`a b`"),
        ("payload_format = \"xml\"\npayload = { a = { '@x y' = \"kind\" } }", "`@x y`"),
        ("payload_format = \"raw\"\npayload = { a = \"kind\" }", "operations.create.payload"),
        ("envelope_format = \"form\"\nenvelope = [1, 2]", "operations.create.envelope"),
        ("payload_format = \"multipart\"\npayload = \"document\"", "json | xml | form | raw"),
        ("records_max = 0", "at least 1"),
        ("charset = \"latin1\"", "utf-8 | gb18030 | gbk"),
    ];
    for (create, expect) in rows {
        let create = match create.contains("records_max") {
            true => create.to_owned(),
            false => format!("records_max = 1\n{create}"),
        };
        let text = small("", "", &format!("[operations.create]\nmethod = \"POST\"\n{create}"));
        let (_, faults) = Platform::read("p", Path::new("p.toml"), &text);
        let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|fault| fault.contains(expect)), "{create}: {shown:?}");
    }
}
