//! What is believed and read of an answer before anything is made of it: proof, charset, format, openings.

use super::answers::brief;
use super::*;

const OK: &str = r#"{"code":"0","data":{"results":[{"localId":"a","code":"0","remoteId":"SD-1"}]}}"#;

/// The shipped profile with more keys in `[answer]`.
fn answering(keys: &str) -> Profile {
    profile(&SHANDONG.replacen("[answer]\n", &format!("[answer]\n{keys}\n"), 1))
}

#[track_caller]
fn check(profile: &Profile, headers: &[(&str, &str)], body: &[u8], expect: &str) {
    let answer = Answer { body: body.to_vec(), ..answer(200, headers, "") };
    let judgement = judged(profile, &lease(Action::Create, vec![item("a", None)]), &answer);
    assert_eq!(brief(&judgement.event), expect, "{headers:?} {}", String::from_utf8_lossy(body));
}

#[test]
fn an_answer_is_read_in_the_charset_that_profile_header_or_mark_name() {
    let gbk = encoding_rs::GBK
        .encode(&OK.replace("\"code\":\"0\",\"data\"", "\"code\":\"0\",\"message\":\"成功，𠮷\",\"data\""))
        .0
        .into_owned();
    let gb18030 = encoding_rs::GB18030.encode(&OK.replace("SD-1", "鲁科𠮷")).0.into_owned();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(OK.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [b"\xef\xbb\xbf", OK.as_bytes()].concat();
    let plain = shandong();
    let told = answering("charset = \"gb18030\"");
    let accepted = "settled accepted(SD-1)";
    check(&plain, &[], OK.as_bytes(), accepted);
    check(&plain, &[], &marked, accepted);
    check(&plain, &[], &utf16, accepted);
    check(&plain, &[("content-type", "application/json; Charset=\"GBK\"")], &gbk, accepted);
    check(&told, &[], &gb18030, "settled accepted(鲁科𠮷)");
    check(&told, &[("content-type", "application/json;charset=utf-8")], &gb18030, "settled accepted(鲁科𠮷)");
    // A charset that nobody knows is no word at all.
    check(&plain, &[("content-type", "application/json; charset=binary")], OK.as_bytes(), accepted);
    // What is not the charset it should be is told, not mended.
    check(&plain, &[], &gb18030, "doubt Q7462");
    check(&told, &[], &[OK.as_bytes(), b"\xff\xff"].concat(), "doubt Q7462");
}

#[test]
fn a_web_page_is_doubt_whatever_its_status() {
    let plain = shandong();
    for page in [
        "<!DOCTYPE html><p>",
        "  <html>",
        "<?xml version='1.0'?><!doctype HTML><html/>",
        "<!-- x --><HTML lang='zh'>",
    ] {
        check(&plain, &[], page.as_bytes(), "doubt Q7101");
        check(&answering("format = \"xml\""), &[], page.as_bytes(), "doubt Q7101");
        let text = profile(&SHANDONG.replacen(
            "success = \"status == 200 and code == '0'\"",
            "success = \"status == 200\"\nformat = \"text\"",
            1,
        ));
        check(&text, &[], page.as_bytes(), "doubt Q7101");
    }
    let html = [("content-type", "text/html;charset=utf-8")];
    check(&plain, &html, b"<p>hello", "doubt Q7101");
    check(&plain, &html, OK.as_bytes(), "doubt Q7461");
    check(&answering("mislabelled = true"), &html, OK.as_bytes(), "settled accepted(SD-1)");
    check(&answering("mislabelled = true"), &html, b"<html></html>", "doubt Q7101");
}

#[test]
fn what_is_hostile_or_says_two_things_is_doubt() {
    let plain = shandong();
    let xml = answering("format = \"xml\"");
    let many = format!("{{\"code\":\"0\",\"data\":[{}]}}", vec!["[]"; 1 << 20].join(","));
    let deep = format!("{{\"code\":\"0\",\"data\":{}{}}}", "[".repeat(70), "]".repeat(70));
    for (body, expect) in [
        (many.as_str(), "doubt Q7464"),
        (&deep, "doubt Q7463"),
        (&OK.replacen("\"code\":\"0\"", "\"code\":\"1\",\"code\":\"0\"", 1), "doubt Q7465"),
        (&OK.replace("\"remoteId\"", "\"code\":\"2001\",\"remoteId\""), "doubt Q7465"),
        (&OK.replace("\"SD-1\"", "123456789012345678901"), "doubt Q7465"),
        (&OK.replace("\"SD-1\"", "9007199254740993"), "settled accepted(9007199254740993)"),
        (&OK.replace("\"SD-1\"", "1e400"), "doubt Q7101"),
        (&OK.replace("\"code\":\"0\"", "\"code\":-0"), "settled accepted(SD-1)"),
        (&OK.replace("\"code\":\"0\"", "\"code\":0.0"), "settled accepted(SD-1)"),
        (&OK.replace("\"code\":\"0\"", "\"code\":false"), "doubt Q7104"),
    ] {
        check(&plain, &[], body.as_bytes(), expect);
    }
    check(&xml, &[], b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "doubt Q7466");
    check(&xml, &[], "<a>".repeat(100_000).as_bytes(), "doubt Q7463");
    check(&xml, &[], OK.as_bytes(), "doubt Q7101");
}

/// SOAP of an older province: codes in attributes, one element or many, GBK by declaration.
#[test]
fn xml_is_read_like_json() {
    let soap = SHANDONG
        .replacen("[answer]\n", "[answer]\nformat = \"xml\"\n", 1)
        .replace("code = \"body.code\"", "code = \"body.R['@code']\"")
        .replace("message = \"body.message\"", "message = \"body.R['@msg']\"")
        .replace("list = \"body.data.results\"", "list = \"body.R.item\"")
        .replace("id = \"item.localId\"", "id = \"item['@id']\"")
        .replace("remote_id = \"item.remoteId\"\nsuccess", "remote_id = \"item.no\"\nsuccess");
    let soap = profile(&soap);
    let one = "<R code='0' msg='好'><item id='a'><code>0</code><no> SD-1 </no></item></R>";
    let gbk = format!("<?xml version=\"1.0\" encoding=\"GBK\"?>{one}");
    check(&soap, &[], one.as_bytes(), "settled accepted(SD-1)");
    check(&soap, &[], &encoding_rs::GBK.encode(&gbk).0, "settled accepted(SD-1)");
    check(&soap, &[], one.replace("</R>", "<item id='z'/></R>").as_bytes(), "settled accepted(SD-1)");
    check(&soap, &[], b"<R code='0'/>", "doubt Q7103");
    check(&soap, &[], b"<R code='1' msg='x'/>", "doubt Q7104");
}

#[test]
fn what_cannot_be_proved_to_be_the_provinces_is_not_believed() {
    // A stand-in for a digest: the answer repeats our nonce and the length of what it says, within five minutes.
    let verify = "verify = \"headers['x-sign'] == sent.nonce ~ credentials.app_id and \
                  (headers['x-time'] | int) - sent.timestamp < 300 and sent.timestamp - (headers['x-time'] | int) < 300\"";
    let strict = answering(verify);
    let good = format!("{}zibo-market", "07".repeat(16));
    let time = (NOW.0 / 1_000_000).to_string();
    let at = |seconds: i64| (NOW.0 / 1_000_000 + seconds).to_string();
    let other = format!("{}zibo-market", "08".repeat(16));
    check(&strict, &[("x-sign", &good), ("x-time", &time)], OK.as_bytes(), "settled accepted(SD-1)");
    for headers in [
        vec![],
        vec![("x-sign", good.as_str())],
        vec![("x-sign", other.as_str()), ("x-time", time.as_str())],
        vec![("x-sign", ""), ("x-time", time.as_str())],
        vec![("x-sign", good.as_str()), ("x-sign", good.as_str()), ("x-time", time.as_str())],
        vec![("x-sign", good.as_str()), ("x-time", "soon")],
    ] {
        check(&strict, &headers, OK.as_bytes(), "doubt Q7460");
    }
    check(&strict, &[("x-sign", &good), ("x-time", &at(-301))], OK.as_bytes(), "doubt Q7460");
    check(&strict, &[("x-sign", &good), ("x-time", &at(301))], OK.as_bytes(), "doubt Q7460");
    // Not true is not false alone: unknown is not true either.
    check(&answering("verify = \"headers['x-sign'] == 'x'\""), &[], OK.as_bytes(), "doubt Q7460");
    check(&answering("verify = \"text\""), &[], OK.as_bytes(), "doubt Q7460");
    // The raw bytes are there before anything is parsed, also those of no charset.
    check(&answering("verify = \"status == 200 and raw is not none\""), &[], b"\xff", "doubt Q7462");
}

#[test]
fn an_answer_that_is_not_believed_proves_nothing_by_its_status_either() {
    let strict = answering("verify = \"headers['x-sign'] == sent.nonce\"");
    for (status, expect) in [
        (401, "doubt Q7460 block"),
        (429, "doubt Q7460 pause 60"),
        (503, "doubt Q7460 pause 60"),
        (413, "doubt Q7460"),
    ] {
        let answer = answer(status, &[], r#"{"code":"1400"}"#);
        let judgement = judged(&strict, &lease(Action::Create, vec![item("a", None)]), &answer);
        assert_eq!(brief(&judgement.event), expect, "{status}");
    }
}

#[test]
fn what_is_inside_of_an_answer_is_opened_before_it_is_judged() {
    let inner = |text: &str| json!({"data": {"enc": text}, "code": "9"}).to_string();
    let by_body = answering("open = \"body.data.enc\"");
    check(&by_body, &[], inner(OK).as_bytes(), "settled accepted(SD-1)");
    check(&by_body, &[], inner("{").as_bytes(), "doubt Q7101");
    check(&by_body, &[], inner("").as_bytes(), "doubt Q7101");
    check(&by_body, &[], b"{\"data\":{}}", "doubt Q7467");
    check(&by_body, &[], b"{\"data\":7}", "doubt Q7467");
    let map = answering("open = \"body.wrapped\"");
    check(&map, &[], format!("{{\"wrapped\":{OK}}}").as_bytes(), "settled accepted(SD-1)");
    let by_text = answering("open = \"text | replace('#', '')\"");
    check(&by_text, &[], format!("##{OK}##").as_bytes(), "settled accepted(SD-1)");
}

#[test]
fn what_was_opened_is_kept_for_reading_without_what_is_personal() {
    let profile = answering("open = \"body.enc\"");
    let hidden = json!({"enc": json!({"code": "1", "message": "联系 13812345678"}).to_string()}).to_string();
    let answer = answer(200, &[], &hidden);
    let shown = answer.show(&content(&profile, Operation::Create, &answer), &credentials());
    assert!(shown.ends_with("\n\n{\"code\":\"1\",\"message\":\"联系 138****5678\"}"), "{shown}");
}

/// HMAC-SHA256 over our nonce, the province's time and every byte, as hex.
fn signed(nonce: &str, time: i64, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"s3cret-of-zibo").unwrap();
    mac.update(format!("{nonce}\n{time}\n").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn not_one_bad_stale_or_replayed_signature_of_hundreds_is_believed() {
    let strict = answering(
        r#"verify = '''
        (sent.nonce ~ "\n" ~ headers['x-time'] ~ "\n" ~ text) | hmac_sha256(credentials.app_secret)
        | hex | same_mac(headers['x-sign'])
        and (headers['x-time'] | int) >= sent.timestamp - 300
        and (headers['x-time'] | int) <= sent.timestamp + 300'''"#,
    );
    let (nonce, now) = ("07".repeat(16), NOW.0 / 1_000_000);
    let believe = |sign: &str, time: i64, body: &[u8], expect: &str| {
        check(&strict, &[("x-sign", sign), ("x-time", &time.to_string())], body, expect);
    };
    let good = signed(&nonce, now, OK.as_bytes());
    believe(&good, now, OK.as_bytes(), "settled accepted(SD-1)");
    believe(&good.to_uppercase(), now, OK.as_bytes(), "settled accepted(SD-1)");
    // One digit of the signature, one character too few, one bit of the body.
    for index in 0..good.len() {
        let mut bad = good.clone().into_bytes();
        bad[index] = if bad[index] == b'0' { b'1' } else { b'0' };
        believe(std::str::from_utf8(&bad).unwrap(), now, OK.as_bytes(), "doubt Q7460");
        believe(&good[..index], now, OK.as_bytes(), "doubt Q7460");
    }
    for index in 0..OK.len() {
        let mut body = OK.as_bytes().to_vec();
        body[index] ^= 1;
        believe(&good, now, &body, "doubt Q7460");
    }
    // Signed by the province, and not for this request or not now.
    for (nonce, time) in [("08".repeat(16), now), (nonce.clone(), now - 301), (nonce.clone(), now + 301)] {
        believe(&signed(&nonce, time, OK.as_bytes()), time, OK.as_bytes(), "doubt Q7460");
    }
    believe(&signed(&nonce, now, OK.as_bytes()), now + 1, OK.as_bytes(), "doubt Q7460");
}

#[test]
fn a_secret_that_nobody_has_is_told_when_the_profile_is_read() {
    let text = SHANDONG.replacen("[answer]\n", "[answer]\nverify = \"text == credentials.app_secrte\"\n", 1);
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), &text);
    assert!(faults.is_empty(), "{faults:#?}");
    let faults = Profile::compile(Arc::new(platform.unwrap())).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.complaint.id.as_str()).collect::<Vec<_>>(), ["Q7406"]);
}

#[test]
fn the_charset_of_our_requests_is_expected_of_answers_that_say_nothing() {
    let gbk = profile(&format!("charset = \"gb18030\"\n{SHANDONG}"));
    let body = encoding_rs::GB18030.encode(&OK.replace("SD-1", "鲁科𠮷")).0.into_owned();
    check(&gbk, &[], &body, "settled accepted(鲁科𠮷)");
    check(
        &gbk,
        &[("content-type", "application/json; charset=utf-8")],
        OK.as_bytes(),
        "settled accepted(SD-1)",
    );
}
