//! Answers of other shapes than ours: one record at a time, lists of errors, lists by position.

use super::answers::brief;
use super::*;

/// Single records: the body is the one result.
const SINGLE: &str = r#"
    [answer]
    success = "status == 200 and code in ['0', '00', '200', 'rest.success']"
    code = "body.code"
    message = "body.msg"
    refused = "status == 200 and code | starts_with('2')"
    [answer.items]
    remote_id = "body.data"
    field = "body.field"
"#;

/// The shipped profile with another `[answer]`, and single records where `single` says so.
fn other(answer: &str, single: bool) -> Profile {
    let start = SHANDONG.find("[answer]\n").unwrap();
    let end = SHANDONG.find("[answer.list]\n").unwrap();
    let mut text = format!("{}{answer}\n{}", &SHANDONG[..start], &SHANDONG[end..]);
    if single {
        text = text.replace("headers = { Idempotency-Key", "records_max = 1\nheaders = { Idempotency-Key");
    }
    let rule =
        "[[remedies]]\nwhen = \"status == 200 and code == '1409'\"\nremedy = \"duplicate\"\n\n[[remedies]]\n";
    profile(&text.replacen("[[remedies]]\n", rule, 1))
}

#[track_caller]
fn check(profile: &Profile, action: Action, ids: &[&str], body: &str, expect: &str) {
    let remote_id = |index: usize| (action != Action::Create).then(|| format!("SD-{}", index + 1));
    let items = ids.iter().enumerate().map(|(index, id)| item(id, remote_id(index).as_deref())).collect();
    let judgement = judged(profile, &lease(action, items), &answer(200, &[], body));
    assert_eq!(brief(&judgement.event), expect, "{body}");
}

#[test]
fn the_answer_about_one_record_is_its_result() {
    let single = other(SINGLE, true);
    for (body, expect) in [
        (r#"{"code":0,"data":"SD-1"}"#, "settled accepted(SD-1)"),
        (r#"{"code":"00","data":17}"#, "settled accepted(17)"),
        (r#"{"code":200.0,"data":"SD-1"}"#, "settled accepted(SD-1)"),
        (r#"{"code":"rest.success","data":"SD-1"}"#, "settled accepted(SD-1)"),
        // A create without an id is to be asked for.
        (r#"{"code":0}"#, "settled unknown(Q7210)"),
        (r#"{"code":0,"data":" "}"#, "settled unknown(Q7210)"),
        (r#"{"code":0,"data":{"id":1}}"#, "settled unknown(Q7210)"),
        (r#"{"code":"2001","msg":"必填项缺失","field":"contact.phone"}"#, "settled refused(Q7201)"),
        (r#"{"code":"1409","msg":"已存在","data":"SD-7"}"#, "settled duplicate(SD-7)"),
        (r#"{"code":"1409","msg":"已存在"}"#, "settled duplicate(-)"),
        (r#"{"code":"1401","msg":"签名错误"}"#, "not Q7104 block"),
        (r#"{"code":"9","msg":"?"}"#, "doubt Q7104"),
        (r#"{"msg":"?"}"#, "doubt Q7103"),
        ("[]", "doubt Q7103"),
    ] {
        check(&single, Action::Create, &["a"], body, expect);
    }
    // The refusal comes with the profile's advice and its place.
    let lease = lease(Action::Create, vec![item("a", None)]);
    let body = r#"{"code":"2001","msg":"必填项缺失","field":"contact.phone"}"#;
    let crate::ledger::Event::Settled { items } = judged(&single, &lease, &answer(200, &[], body)).event
    else {
        panic!("not settled")
    };
    let crate::ledger::ItemOutcome::Refused { complaints } = &items[0] else { panic!("not refused") };
    assert_eq!(complaints[0].pointer, "/contact/phone");
    assert!(complaints[0].advice(crate::record::Language::Chinese).starts_with("请填报单位补上"));
}

#[test]
fn what_is_said_of_one_record_is_not_said_of_several() {
    // A batch from before the profile said that records go one by one.
    let single = other(SINGLE, true);
    let two = ["a", "b"];
    check(
        &single,
        Action::Create,
        &two,
        r#"{"code":0,"data":"SD-1"}"#,
        "settled unknown(Q7211) unknown(Q7211)",
    );
    check(&single, Action::Create, &two, r#"{"code":"2001"}"#, "doubt Q7104");
    check(&single, Action::Create, &two, r#"{"code":"1409"}"#, "doubt Q7104");
    // "Exists already" is no answer to a change.
    check(&single, Action::Update, &["a"], r#"{"code":"1409","data":"SD-1"}"#, "doubt Q7104");
    check(&single, Action::Update, &["a"], r#"{"code":0,"data":"SD-2"}"#, "settled unknown(Q7206)");
    check(&single, Action::Update, &["a"], r#"{"code":0}"#, "settled accepted(SD-1)");
}

#[test]
fn success_may_be_that_something_is_there() {
    // No code at all: an id, or a flag.
    let bare = SINGLE
        .replace("code in ['0', '00', '200', 'rest.success']", "(body.TeamId is not none or body.Success)")
        .replace("    code = \"body.code\"\n", "")
        .replace("body.msg", "body.Message")
        .replace("    refused = \"status == 200 and code | starts_with('2')\"\n", "")
        .replace("body.data", "body.TeamId | default(record_id)");
    let bare = other(&bare, true);
    check(&bare, Action::Create, &["a"], r#"{"TeamId":"T1"}"#, "settled accepted(T1)");
    check(&bare, Action::Create, &["a"], r#"{"Success":true}"#, "settled accepted(a)");
    for (body, expect) in [
        (r#"{"Success":"true"}"#, "doubt Q7104"),
        (r#"{"TeamId":null,"Message":"重复"}"#, "doubt Q7104"),
        (r#""TeamId""#, "doubt Q7104"),
        (r#"["TeamId"]"#, "doubt Q7104"),
    ] {
        check(&bare, Action::Create, &["a"], body, expect);
    }
}

/// Only errors are listed, by our id.
const ERRORS: &str = r#"
    [answer]
    success = "status == 200 and code in ['0', '-1']"
    code = "body.returnCode"
    message = "body.returnMsg"
    [answer.items]
    list = "body.errors"
    id = "item.id"
    message = "item.error"
    remote_id = "record_id"
    refused = "message is not none"
    unlisted = "accepted"
    unlisted_when = "code == '0'"
"#;

#[test]
fn silence_is_consent_only_where_the_profile_says_so_and_nothing_is_odd() {
    let errors = other(ERRORS, false);
    let two = ["a", "b"];
    for (body, expect) in [
        (r#"{"returnCode":"0"}"#, "settled accepted(a) accepted(b)"),
        (r#"{"returnCode":0,"errors":[]}"#, "settled accepted(a) accepted(b)"),
        (
            r#"{"returnCode":"0","errors":[{"id":"b","error":"名称过长"}]}"#,
            "settled accepted(a) refused(Q7201)",
        ),
        // Some failed: whoever is not listed may have failed too.
        (r#"{"returnCode":"-1","errors":[{"id":"b","error":"x"}]}"#, "settled unknown(Q7203) refused(Q7201)"),
        (r#"{"returnCode":"-1"}"#, "doubt Q7103"),
        // An error whose record we do not know may be that of any.
        (r#"{"returnCode":"0","errors":[{"id":"z","error":"x"}]}"#, "settled unknown(Q7203) unknown(Q7203)"),
        (r#"{"returnCode":"0","errors":[{"error":"x"}]}"#, "settled unknown(Q7203) unknown(Q7203)"),
        (r#"{"returnCode":"0","errors":[{"id":"a"}]}"#, "settled unknown(Q7208) accepted(b)"),
        (r#"{"returnCode":"0","errors":"none"}"#, "doubt Q7103"),
        (r#"{"returnCode":"0","errors":{}}"#, "doubt Q7103"),
        (r#"{"returnCode":"1"}"#, "doubt Q7104"),
    ] {
        check(&errors, Action::Create, &two, body, expect);
    }
    let taken = ERRORS
        .replace("unlisted = \"accepted\"\n    unlisted_when = \"code == '0'\"", "unlisted = \"refused\"")
        .replace("refused = \"message is not none\"", "success = \"true\"");
    let taken = other(&taken, false);
    check(
        &taken,
        Action::Create,
        &two,
        r#"{"returnCode":"0","errors":[{"id":"b"}]}"#,
        "settled refused(Q7213) accepted(b)",
    );
    check(
        &taken,
        Action::Create,
        &two,
        r#"{"returnCode":"0","errors":[{"id":"z"}]}"#,
        "settled unknown(Q7203) unknown(Q7203)",
    );
}

#[test]
fn positions_count_only_where_the_profile_says_so_and_only_if_none_is_missing() {
    let ordered = r#"
        [answer]
        success = "status == 200 and code == '0'"
        code = "body.code"
        [answer.items]
        list = "body.list"
        by_position = true
        code = "item.code"
        remote_id = "item.no"
        success = "code == '0'"
    "#;
    let by_place = other(ordered, false);
    let two = ["a", "b"];
    let list = |entries: &str| format!(r#"{{"code":"0","list":[{entries}]}}"#);
    let (one, next) = (r#"{"code":0,"no":"N1"}"#, r#"{"code":0,"no":"N2"}"#);
    let both = list(&format!("{one},{next}"));
    check(&by_place, Action::Create, &two, &both, "settled accepted(N1) accepted(N2)");
    check(
        &by_place,
        Action::Create,
        &two,
        &list(&format!(r#"{{"code":1}},{next}"#)),
        "settled unknown(Q7208) accepted(N2)",
    );
    for entries in [one.to_owned(), String::new(), format!("{one},{next},{next}")] {
        check(&by_place, Action::Create, &two, &list(&entries), "settled unknown(Q7211) unknown(Q7211)");
    }
    check(
        &by_place,
        Action::Create,
        &two,
        &list(&format!("{one},{one}")),
        "settled unknown(Q7207) unknown(Q7207)",
    );
    // An id beside it must not speak against it.
    let named =
        other(&ordered.replace("by_position = true", "by_position = true\n        id = \"item.id\""), false);
    let with = |one: &str, next: &str| {
        list(&format!(r#"{{"code":0,"no":"N1","id":{one}}},{{"code":0,"no":"N2","id":{next}}}"#))
    };
    check(&named, Action::Create, &two, &with("\"a\"", "null"), "settled accepted(N1) accepted(N2)");
    check(&named, Action::Create, &two, &with("\"b\"", "\"a\""), "settled unknown(Q7212) unknown(Q7212)");
    check(&named, Action::Create, &two, &with("\"a\"", "\"z\""), "settled accepted(N1) unknown(Q7212)");
}

#[test]
fn a_redirection_is_no_success_whatever_it_says() {
    let loose = other(&SINGLE.replace("status == 200 and ", ""), true);
    for status in [300, 301, 302, 303, 307, 308] {
        let judgement = judged(
            &loose,
            &lease(Action::Create, vec![item("a", None)]),
            &answer(status, &[("location", "http://10.0.0.1/")], r#"{"code":0,"data":"SD-1"}"#),
        );
        assert_eq!(brief(&judgement.event), "doubt Q7111 block", "{status}");
    }
}
