//! The two examples of the profile chapter, as a reader would type them.

use serde_json::json;

use super::*;
use crate::platform::{Known, Part};

const CHAPTER: &str = include_str!("../../../config/platforms/README.md");

/// The `toml` block below a heading.
fn example(heading: &str) -> &'static str {
    let below = CHAPTER.split_once(&format!("\n## {heading}\n")).expect("the heading").1;
    let block = below.split_once("```toml\n").expect("a block").1;
    block.split_once("\n```").expect("its end").0
}

/// Every line of the recipes, each beside those that it builds upon.
#[test]
fn the_recipes_and_the_login_of_the_chapter_compile() {
    let block = |start: &str| {
        let rest = &CHAPTER[CHAPTER.find(&format!("```text\n{start}")).expect("the block") + 8..];
        rest.split_once("\n```").expect("its end").0
    };
    let secrets = "secret = \"env:C\"\napp_key = \"env:D\"\n";
    let with = |tables: &str| {
        small("", tables, "").replace("app_id = \"env:A\"\n", &format!("app_id = \"env:A\"\n{secrets}"))
    };
    let lines: Vec<&str> = block("[values]").lines().skip(1).collect();
    assert_eq!(lines.len(), 7);
    let parts: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| ["text = ", "team = "].iter().any(|part| line.starts_with(part)))
        .collect();
    for line in lines.iter().filter(|line| !parts.contains(line)) {
        good(&with(&format!("[values]\n{}\n{line}", parts.join("\n"))));
    }
    good(&with(block("[[logins]]")));
}

fn create<'a>(profile: &'a Profile, credentials: &Credentials, payload: &'a mut Vec<u8>) -> Request {
    let document = json!({"title": "引 号", "contact": {"phone": "13812345678"}});
    let part = Part {
        record_id: "r1",
        item_key: "zibo/r1/1",
        version: 1,
        remote_id: None,
        document: document.as_object().unwrap(),
        reason: "",
    };
    *payload = profile.payload(Operation::Create, "achievement", "b-1", &[part]).unwrap();
    let names = Bindings::default().with("kind", Known::Text("achievement")).with("key", Known::Text("b-1"));
    let names = if profile.is_single(Operation::Create) { part.bind_names(names) } else { names };
    profile.request(Operation::Create, &names, payload, credentials, &Value::Map(Vec::new()), FRESH).unwrap()
}

/// The body by Python: `urllib.parse.quote_plus` and `hashlib.md5`.
#[test]
fn the_form_with_md5_is_what_the_chapter_promises() {
    let profile = good(example("One URL, a form and MD5"));
    let request = create(&profile, &credentials(), &mut Vec::new());
    assert_eq!(request.url, "http://10.20.30.40:8080/gateway.do");
    assert_eq!(header(&request, "content-type"), "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(
        body(&request),
        "appid=zibo&method=ach.add&timestamp=20260529042640&nonce=955381&data=%7B%22outId%22%3A%22r1%22%2C%22name%22%3A%22%E5%BC%95+%E5%8F%B7%22%2C%22phone%22%3A%2213812345678%22%7D&sign=6859A5D9229794F01B51CA23CAA97C79"
    );
    let ping = profile.request(
        Operation::Ping,
        &Bindings::default(),
        b"",
        &credentials(),
        &Value::Map(Vec::new()),
        FRESH,
    );
    assert!(
        body(&ping.unwrap()).contains("method=sys.ping&timestamp=20260529042640&nonce=955381&data=%7B%7D&")
    );
}

/// The cipher text by `openssl enc -sm4-cbc`; the signature was found good by `openssl pkeyutl -verify -rawin -digest
/// sm3 -pkeyopt distid:1234567812345678`.
#[test]
fn the_envelope_with_sm4_and_sm2_is_what_the_chapter_promises() {
    let profile = good(example("An envelope with SM4 and SM2"));
    let credentials = Credentials::from_pairs(&[
        ("app_id", "zibo"),
        ("sm4_key", "0123456789abcdeffedcba9876543210"),
        ("private_key", "7068bb4b6635b30a938e3204bbb3f53846fffa02cae7bb9190cfc6ef63cc6463"),
        ("platform_key", ""),
    ]);
    let mut payload = Vec::new();
    let request = create(&profile, &credentials, &mut payload);
    assert_eq!(
        std::str::from_utf8(&payload).unwrap(),
        r#"{"batch":"b-1","list":[{"localId":"r1","content":{"title":"引 号","contact":{"phone":"13812345678"}}}]}"#
    );
    assert_eq!(request.url, "https://yi.example.cn/api/v1/achievement/batchSave");
    assert_eq!(
        body(&request),
        format!(
            r#"{{"appId":"zibo","timestamp":1780000000123,"iv":"{IV}","encData":"{SEALED}","sign":"{SIGNATURE}"}}"#
        )
    );
    let shown = request.show(&credentials);
    assert!(
        shown.contains("138****5678") && !shown.contains("13812345678") && !shown.contains(SIGNATURE),
        "{shown}"
    );
}

const IV: &str = "abababababababababababababababab";
const SEALED: &str = "5DCSwg8kDohuVFrdKceB3D3JMLBZronSgqFuLd8P/y/RpylOsF0CBhHFuEdulEd2OzoI27jWVcrWnr6U8eGSqTXP0H3AJ7BoqTdKfsfCpgKe06g62/FUX5e8yN5zizpP10EZrtw5V7z9iTT/ySZRTA==";
const SIGNATURE: &str =
    "zZnZpSbQkr/m+pWhAZ6G7yfnb60QDZcUoIH8bIpcNVgYtmwmXB1/cfXQBC7jZx2ToUIpCMGrEQ5J6ccnqxb5pw==";
