//! One answer a row, and what it means.

use super::*;
use crate::ledger::{Event, ItemOutcome, LaneEffect};
use crate::record::Language;

/// An event in short: `settled accepted(SD-1) refused(Q7201)`, `doubt Q7101`, `not Q7108 pause 30`.
pub(super) fn brief(event: &Event) -> String {
    let lane = |effect: &LaneEffect| match effect {
        LaneEffect::None => String::new(),
        LaneEffect::Pause(pause) => format!(" pause {}", pause.as_secs()),
        LaneEffect::Block => " block".to_owned(),
    };
    match event {
        Event::NotAccepted { trouble } => format!("not {}{}", trouble.complaint.id, lane(&trouble.lane)),
        Event::InDoubt { trouble } => format!("doubt {}{}", trouble.complaint.id, lane(&trouble.lane)),
        Event::Pending { ticket, .. } => format!("pending {ticket}"),
        Event::Settled { items } => {
            let id = |remote_id: &Option<String>| remote_id.clone().unwrap_or_else(|| "-".to_owned());
            let shown = items.iter().map(|outcome| match outcome {
                ItemOutcome::Accepted { remote_id } => format!(" accepted({})", id(remote_id)),
                ItemOutcome::Duplicate { remote_id, .. } => format!(" duplicate({})", id(remote_id)),
                ItemOutcome::Refused { complaints } => {
                    let ids: Vec<_> = complaints.iter().map(|complaint| complaint.id.as_str()).collect();
                    format!(" refused({})", ids.join(","))
                }
                ItemOutcome::Retry { complaint } => format!(" retry({})", complaint.id),
                ItemOutcome::Unknown { complaint } => format!(" unknown({})", complaint.id),
            });
            format!("settled{}", shown.collect::<String>())
        }
    }
}

/// Two records, `a` and `b`, were sent. Every complaint that comes out must be fully worded.
#[track_caller]
fn check(action: Action, status: u16, headers: &[(&str, &str)], body: &str, expect: &str) {
    let (a, b) = match action {
        Action::Create => (None, None),
        Action::Update | Action::Withdraw => (Some("SD-1"), Some("SD-2")),
    };
    let event =
        judged(&shandong(), &lease(action, vec![item("a", a), item("b", b)]), &answer(status, headers, body))
            .event;
    assert_eq!(brief(&event), expect, "{status} {headers:?} {body}");
    for complaint in complaints(&event) {
        for language in [Language::Chinese, Language::English] {
            let unfilled = complaint.message(language).replace(&complaint.found, "");
            assert!(!unfilled.contains('{'), "{unfilled}");
            assert!(!complaint.advice(language).trim().is_empty(), "{}", complaint.id);
        }
    }
}

fn complaints(event: &Event) -> Vec<crate::record::Complaint> {
    match event {
        Event::NotAccepted { trouble } | Event::InDoubt { trouble } => vec![trouble.complaint.clone()],
        Event::Pending { .. } => Vec::new(),
        Event::Settled { items } => items
            .iter()
            .flat_map(|outcome| match outcome {
                ItemOutcome::Accepted { .. } => Vec::new(),
                ItemOutcome::Refused { complaints } => complaints.clone(),
                ItemOutcome::Duplicate { complaint, .. }
                | ItemOutcome::Retry { complaint }
                | ItemOutcome::Unknown { complaint } => vec![complaint.clone()],
            })
            .collect(),
    }
}

fn results(list: &str) -> String {
    format!(r#"{{"code":"0","message":"成功","data":{{"results":[{list}]}},"traceId":"t-1"}}"#)
}

const A: &str = r#"{"localId":"a","code":"0","message":"成功","remoteId":"SD-1"}"#;
const B: &str = r#"{"localId":"b","code":"0","message":"成功","remoteId":"SD-2"}"#;

#[test]
fn results_are_read_item_by_item() {
    let rows: &[(&str, &str)] = &[
        // Order, strangers, gaps.
        (&format!("{A},{B}"), "settled accepted(SD-1) accepted(SD-2)"),
        (&format!("{B},{A}"), "settled accepted(SD-1) accepted(SD-2)"),
        (A, "settled accepted(SD-1) unknown(Q7203)"),
        ("", "settled unknown(Q7203) unknown(Q7203)"),
        (
            &format!(r#"{A},{{"localId":"z","code":"0","remoteId":"SD-9"}}"#),
            "settled accepted(SD-1) unknown(Q7203)",
        ),
        (
            &format!(r#"{A},{B},{{"localId":"z","code":"0","remoteId":"SD-9"}}"#),
            "settled accepted(SD-1) accepted(SD-2)",
        ),
        (&format!(r#"{A},{{"code":"0","remoteId":"SD-2"}}"#), "settled accepted(SD-1) unknown(Q7203)"),
        (&format!("{A},null"), "settled accepted(SD-1) unknown(Q7203)"),
        (&format!("{A},7"), "settled accepted(SD-1) unknown(Q7203)"),
        (&format!(r#"{A},"b""#), "settled accepted(SD-1) unknown(Q7203)"),
        (&format!("{A},[]"), "settled accepted(SD-1) unknown(Q7203)"),
        (&format!(r#"{A},{{"localId":["b"],"code":"0"}}"#), "settled accepted(SD-1) unknown(Q7203)"),
        // Twice the same is once; twice different is nothing.
        (&format!("{A},{A},{B}"), "settled accepted(SD-1) accepted(SD-2)"),
        (
            &format!(r#"{A},{B},{{"localId":"a","code":"2001","message":"必填项缺失"}}"#),
            "settled unknown(Q7204) accepted(SD-2)",
        ),
        (
            &format!(r#"{A},{B},{{"localId":"a","code":"0","remoteId":"SD-7"}}"#),
            "settled unknown(Q7204) accepted(SD-2)",
        ),
        // Codes as text, as numbers, as something else.
        (
            &format!(r#"{{"localId":"a","code":0,"remoteId":"SD-1"}},{B}"#),
            "settled accepted(SD-1) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":2102,"message":"名称含宣传用语"}},{B}"#),
            "settled refused(Q7201) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":null,"remoteId":"SD-1"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        (&format!(r#"{{"localId":"a","remoteId":"SD-1"}},{B}"#), "settled unknown(Q7208) accepted(SD-2)"),
        (
            &format!(r#"{{"localId":"a","code":true,"remoteId":"SD-1"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":{{}},"remoteId":"SD-1"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"","remoteId":"SD-1"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"00","remoteId":"SD-1"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"9999","message":"?"}},{B}"#),
            "settled unknown(Q7208) accepted(SD-2)",
        ),
        // Accepted without an id, or with somebody else's.
        (
            r#"{"localId":"a","code":"0"},{"localId":"b","code":"0","remoteId":""}"#,
            "settled unknown(Q7210) unknown(Q7210)",
        ),
        (
            r#"{"localId":"a","code":"0","remoteId":"SD-5"},{"localId":"b","code":"0","remoteId":"SD-5"}"#,
            "settled unknown(Q7207) unknown(Q7207)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"0","remoteId":17}},{B}"#),
            "settled accepted(17) accepted(SD-2)",
        ),
        // What the province says about single records.
        (
            &format!(r#"{{"localId":"a","code":"2409","message":"数据已存在","remoteId":"SD-4"}},{B}"#),
            "settled duplicate(SD-4) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"2409","message":"数据已存在"}},{B}"#),
            "settled duplicate(-) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"2410","message":"关联对象不存在","field":"/owner"}},{B}"#),
            "settled retry(Q7209) accepted(SD-2)",
        ),
        (
            &format!(r#"{{"localId":"a","code":"2999","message":"新规则"}},{B}"#),
            "settled refused(Q7201) accepted(SD-2)",
        ),
    ];
    for (list, expect) in rows {
        check(Action::Create, 200, &[], &results(list), expect);
    }
}

#[test]
fn a_change_must_come_home_under_the_id_it_left_with() {
    let other = r#"{"localId":"a","code":"0","remoteId":"SD-9"}"#;
    let bare = r#"{"localId":"a","code":"0"}"#;
    for action in [Action::Update, Action::Withdraw] {
        check(action, 200, &[], &results(&format!("{A},{B}")), "settled accepted(SD-1) accepted(SD-2)");
        check(action, 200, &[], &results(&format!("{other},{B}")), "settled unknown(Q7206) accepted(SD-2)");
        check(action, 200, &[], &results(&format!("{bare},{B}")), "settled accepted(SD-1) accepted(SD-2)");
        let gone = r#"{"localId":"a","code":"2404","message":"数据不存在"}"#;
        check(action, 200, &[], &results(&format!("{gone},{B}")), "settled refused(Q7201) accepted(SD-2)");
        // "Exists already" is an answer to a create; here it is a clash with another record.
        let clash = r#"{"localId":"a","code":"2409","message":"疑似重复","remoteId":"SD-8"}"#;
        check(action, 200, &[], &results(&format!("{clash},{B}")), "settled refused(Q7201) accepted(SD-2)");
    }
}

#[test]
fn an_answer_that_is_not_understood_is_doubt() {
    let whole = results(&format!("{A},{B}"));
    let cut = &whole[..whole.len() - 9];
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let rows: &[(&str, &str)] = &[
        ("", "doubt Q7102"),
        (" \r\n\t", "doubt Q7102"),
        ("<!doctype html><html><title>登录</title></html>", "doubt Q7101"),
        ("OK", "doubt Q7101"),
        (cut, "doubt Q7101"),
        ("{", "doubt Q7101"),
        ("\u{0}\u{1}\u{2}", "doubt Q7101"),
        (&deep, "doubt Q7463"),
        ("null", "doubt Q7103"),
        ("true", "doubt Q7103"),
        ("[]", "doubt Q7103"),
        ("{}", "doubt Q7103"),
        (r#""0""#, "doubt Q7103"),
        (r#"{"success":true}"#, "doubt Q7103"),
        (r#"{"code":null,"message":"成功"}"#, "doubt Q7103"),
        (r#"{"code":{"value":"0"}}"#, "doubt Q7103"),
        (r#"{"code":"1","message":"失败"}"#, "doubt Q7104"),
        (r#"{"code":"00","message":"成功"}"#, "doubt Q7104"),
        (r#"{"code":200,"message":"成功"}"#, "doubt Q7104"),
        // Success is said, and what belongs to it is not there.
        (r#"{"code":"0"}"#, "doubt Q7103"),
        (r#"{"code":"0","data":null}"#, "doubt Q7103"),
        (r#"{"code":"0","data":[]}"#, "doubt Q7103"),
        (r#"{"code":"0","data":{"results":{}}}"#, "doubt Q7103"),
        (r#"{"code":"0","data":{"results":"[]"}}"#, "doubt Q7103"),
        (r#"{"code":"0","data":{"list":[]}}"#, "doubt Q7103"),
        // A number or a mark of byte order in front changes nothing.
        ("{\"code\":0,\"data\":{\"results\":[]}}", "settled unknown(Q7203) unknown(Q7203)"),
        ("\u{feff}{\"code\":\"0\",\"data\":{\"results\":[]}}", "settled unknown(Q7203) unknown(Q7203)"),
    ];
    for (body, expect) in rows {
        check(Action::Create, 200, &[], body, expect);
    }
}

#[test]
fn a_status_is_no_proof_and_the_profile_says_what_is() {
    let code = |code: &str| format!(r#"{{"code":"{code}","message":"x","data":null}}"#);
    let whole = results(&format!("{A},{B}"));
    let date = ("date", "Thu, 28 May 2026 20:26:40 GMT");
    type Answered<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let rows: &[Answered<'_>] = &[
        // Success needs its status too.
        (201, &[], &whole, "doubt Q7104"),
        (500, &[], &whole, "doubt Q7110"),
        (204, &[], "", "doubt Q7102"),
        // Named by the profile.
        (401, &[], &code("1401"), "not Q7105 block"),
        (401, &[], "", "not Q7105 block"),
        (200, &[], &code("1401"), "not Q7104 block"),
        (401, &[date], &code("1401"), "not Q7105 block"),
        (401, &[("date", "Thu, 28 May 2026 20:36:40 GMT")], &code("1401"), "not Q7114 block"),
        (401, &[("date", "Thu, 28 May 2026 20:16:40 GMT")], &code("1401"), "not Q7114 block"),
        (401, &[("date", "yesterday")], &code("1401"), "not Q7105 block"),
        (403, &[], "<html>", "not Q7106 block"),
        (200, &[], &code("1403"), "not Q7104 block"),
        (404, &[], &code("1404"), "not Q7107 block"),
        (404, &[], "<html>nginx</html>", "not Q7107 block"),
        (409, &[], &code("1409"), "doubt Q7112"),
        (413, &[], "", "not Q7113 block"),
        (200, &[], &code("1413"), "not Q7104 block"),
        (200, &[], &code("1400"), "not Q7104 block"),
        (429, &[("retry-after", "30")], &code("1429"), "not Q7108 pause 30"),
        (429, &[("retry-after", "0")], &code("1429"), "not Q7108 pause 1"),
        (429, &[("retry-after", "-5")], &code("1429"), "not Q7108 pause 60"),
        (429, &[("retry-after", "soon")], &code("1429"), "not Q7108 pause 60"),
        (429, &[("retry-after", "99999999999999999999")], "", "not Q7108 pause 60"),
        (429, &[], "", "not Q7108 pause 60"),
        (429, &[("retry-after", "Thu, 28 May 2026 20:28:40 GMT"), date], "", "not Q7108 pause 120"),
        (429, &[("retry-after", "Thu, 28 May 2026 20:28:40 GMT")], "", "not Q7108 pause 120"),
        // Dates count from the answer's own clock, here ten minutes ahead of ours.
        (
            429,
            &[("retry-after", "Thu, 28 May 2026 20:37:40 GMT"), ("date", "Thu, 28 May 2026 20:36:40 GMT")],
            "",
            "not Q7108 pause 60",
        ),
        (429, &[("retry-after", "Thu, 28 May 2026 20:00:00 GMT")], "", "not Q7108 pause 1"),
        (503, &[("retry-after", "7200")], &code("1503"), "not Q7109 pause 3600"),
        (503, &[], "<html>维护中</html>", "not Q7109 pause 300"),
        (200, &[], &code("1503"), "not Q7104 pause 300"),
        // Not named: doubt, with what the status asks of the lane.
        (301, &[("location", "https://elsewhere/")], "", "doubt Q7111 block"),
        (302, &[("location", "/login")], "", "doubt Q7111 block"),
        (307, &[], "", "doubt Q7111 block"),
        (407, &[], "", "doubt Q7105 block"),
        (400, &[], &code("9"), "doubt Q7104"),
        (405, &[], "", "doubt Q7102"),
        (418, &[], "teapot", "doubt Q7101"),
        (500, &[], &code("1500"), "doubt Q7110"),
        (500, &[], "", "doubt Q7110"),
        (500, &[("retry-after", "20")], "", "doubt Q7110 pause 20"),
        (502, &[], "<html>502 Bad Gateway</html>", "doubt Q7110"),
        (504, &[], "", "doubt Q7110"),
        (999, &[], "", "doubt Q7110"),
    ];
    for (status, headers, body, expect) in rows {
        check(Action::Create, *status, headers, body, expect);
    }
}

#[test]
fn a_refusal_comes_home_with_pointer_words_and_advice() {
    let list = r#"{"localId":"a","code":"2106","message":"公开文本含个人信息13812345678","field":"/summary"},
                  {"localId":"b","code":"2777","message":"另有规定","field":"contact.phone"}"#;
    let lease = lease(Action::Create, vec![item("a", None), item("b", None)]);
    let event = judged(&shandong(), &lease, &answer(200, &[], &results(list))).event;
    let found = complaints(&event);
    let shown: Vec<_> = found
        .iter()
        .map(|c| {
            let owner = c.owner.name(Language::Chinese);
            format!(
                "{} {} [{owner}] {} → {}",
                c.id,
                c.pointer,
                c.message(Language::Chinese),
                c.advice(Language::Chinese)
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Q7201 /summary [填报单位] 省平台不接收：公开文本含个人信息138****5678（代码 2106） → \
             公开的文字里有手机号或身份证号，请删去；联系方式只填在联系人栏。",
            "Q7201 /contact/phone [经办人] 省平台不接收：另有规定（代码 2777） → \
             按省平台的说明修改这条记录后重报；看不懂时把代码和说明发给省平台技术支持。",
        ]
    );
}

#[test]
fn strangers_are_ignored_but_named() {
    let list = format!(r#"{A},{B},{{"localId":"z","code":"0"}},{{"code":"0"}}"#);
    let lease = lease(Action::Create, vec![item("a", None), item("b", None)]);
    let judgement = judged(&shandong(), &lease, &answer(200, &[], &results(&list)));
    assert_eq!(brief(&judgement.event), "settled accepted(SD-1) accepted(SD-2)");
    let remarks: Vec<_> = judgement.remarks.iter().map(|remark| remark.to_string()).collect();
    assert_eq!(remarks, ["Q7205 the answer holds 2 results for records that we did not send: z, –"]);
}
