//! One attempt from lease to event: the request's bytes, breaks of the transport.

use super::*;
use crate::delivery::{exchange, portion, preview, render};
use crate::ledger::{Event, LaneEffect};
use crate::platform::{Break, Fresh};

#[test]
fn the_same_items_render_to_the_same_bytes() {
    let items = [item("a", None), Item { remote_id: Some("SD-2".into()), ..item("b", None) }];
    let create = render(&shandong(), "achievement", Action::Create, "b-1", &items).unwrap();
    assert_eq!(
        String::from_utf8(create.bytes.clone()).unwrap(),
        r#"{"batchNo":"b-1","cityCode":"370300","action":"create","records":[{"localId":"a","itemKey":"zibo/a/1","data":{"title":"成果a","contact":{"phone":"13812345678"}}},{"localId":"b","itemKey":"zibo/b/1","data":{"title":"成果b","contact":{"phone":"13812345678"}}}]}"#
    );
    assert_eq!(create, render(&shandong(), "achievement", Action::Create, "b-1", &items).unwrap());
    let gone = Item { reason: "权属变更".into(), document: Document::default(), ..items[1].clone() };
    let withdraw = render(&shandong(), "achievement", Action::Withdraw, "b-2", &[gone]).unwrap();
    assert_eq!(
        String::from_utf8(withdraw.bytes).unwrap(),
        r#"{"batchNo":"b-2","cityCode":"370300","action":"withdraw","records":[{"localId":"b","itemKey":"zibo/b/1","remoteId":"SD-2","reason":"权属变更"}]}"#
    );
}

#[test]
fn a_portion_keeps_within_both_limits_and_is_never_empty() {
    let many = |count: usize| (0..count).map(|index| item(&index.to_string(), None)).collect::<Vec<_>>();
    let small = profile(&SHANDONG.replace("body_bytes_max = 2_097_152", "body_bytes_max = 3000"));
    assert_eq!(portion(&shandong(), Action::Create, &many(250)), 100);
    assert_eq!(portion(&shandong(), Action::Create, &many(3)), 3);
    assert_eq!(portion(&shandong(), Action::Create, &[]), 0);
    let count = portion(&small, Action::Create, &many(250));
    assert!((1..100).contains(&count));
    assert!(render(&small, "demand", Action::Create, "b", &many(count)).unwrap().bytes.len() <= 3000);
    let tiny = profile(&SHANDONG.replace("body_bytes_max = 2_097_152", "body_bytes_max = 1"));
    assert_eq!(portion(&tiny, Action::Create, &many(5)), 1);
}

#[test]
fn a_portion_obeys_the_operation_and_its_format() {
    let many: Vec<Item> = (0..250).map(|index| item(&index.to_string(), None)).collect();
    let with = |line: &str| {
        profile(&SHANDONG.replacen("[operations.create]\n", &format!("[operations.create]\n{line}\n"), 1))
    };
    assert_eq!(portion(&with("records_max = 1"), Action::Create, &many), 1);
    assert_eq!(portion(&with("records_max = 30"), Action::Create, &many), 30);
    assert_eq!(portion(&with("records_max = 30"), Action::Update, &many), 100);
    assert_eq!(portion(&with("records_max = 500"), Action::Create, &many), 100);
    let small = |text: &str| text.replace("body_bytes_max = 2_097_152", "body_bytes_max = 30_000");
    let json = portion(&profile(&small(SHANDONG)), Action::Create, &many);
    let form = small(SHANDONG).replacen(
        "[operations.create]\n",
        "[operations.create]\nenvelope_format = \"form\"\nenvelope = { data = \"payload\" }\n",
        1,
    );
    let form = portion(&profile(&form), Action::Create, &many);
    assert!(form * 2 < json && form > 0, "{form} {json}");
}

#[tokio::test]
async fn a_record_that_goes_alone_names_itself_in_the_address() {
    let text = SHANDONG.replacen(
        "[operations.withdraw]\nmethod = \"POST\"\npath = \"'/' ~ kind ~ '/batch'\"",
        "[operations.withdraw]\nmethod = \"GET\"\nrecords_max = 1\nquery = { flag = \"'0'\", id = \"remote_id\" }\npath = \"'/shelves'\"",
        1,
    );
    let start = text.find("[operations.withdraw]").unwrap();
    let payload = text[start..].find("payload = ").unwrap() + start;
    let end = text[payload..].find("\n\n").unwrap() + payload;
    let text = format!("{}{}", &text[..payload], &text[end..]);
    let profile = profile(&text);
    let items = vec![Item { reason: "权属变更".into(), ..item("a", Some("SD-1")) }];
    let payload = render(&profile, "achievement", Action::Withdraw, "b-1", &items).unwrap();
    assert!(payload.bytes.is_empty());
    let lease = crate::ledger::Lease { payload, ..lease(Action::Withdraw, items) };
    let parrot = Parrot::saying([Err(Broken::new(Break::Refused, "reason"))]);
    let street = Street::by(profile, credentials(), Box::new(parrot.clone()));
    exchange(&street, &lease, &clock()).await;
    let heard = parrot.heard();
    assert_eq!((heard[0].method.as_str(), heard[0].body.len()), ("GET", 0));
    assert_eq!(heard[0].url, "https://123.232.30.9:27180/api/v1/shelves?flag=0&id=SD-1");
}

/// The signature is what `printf 'POST\n/api/v1/achievement/batch\n1780000000\n<nonce>\n<sha256 of body>' |
/// openssl dgst -sha256 -hmac s3cret-of-zibo` gives.
#[tokio::test]
async fn a_request_is_signed_over_exactly_what_is_sent() {
    let ok = r#"{"code":"0","data":{"results":[{"localId":"a","code":"0","remoteId":"SD-1"}]}}"#;
    let parrot = Parrot::saying([Ok(answer(200, &[], ok)), Ok(answer(200, &[], ok))]);
    let (street, clock) = (parrot.street(), clock());
    let lease = lease(Action::Create, vec![item("a", None)]);
    let (attempt, event) = exchange(&street, &lease, &clock).await;
    assert!(matches!(event, Event::Settled { .. }));
    assert_eq!((attempt.status, attempt.started), (Some(200), NOW));
    exchange(&street, &lease, &clock).await;
    let heard = parrot.heard();
    assert_eq!(heard[0].url, "https://123.232.30.9:27180/api/v1/achievement/batch");
    assert_eq!(heard[0].body, lease.payload.bytes);
    let header = |index: usize, name: &str| {
        let found = heard[index].headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(header(0, "X-App-Id"), "zibo-market");
    assert_eq!(header(0, "Idempotency-Key"), "b-1");
    assert_eq!(header(0, "X-Timestamp"), "1780000000");
    assert_eq!(header(0, "Content-Type"), "application/json; charset=utf-8");
    assert_eq!(header(0, "X-Nonce"), NONCE);
    assert_eq!(header(0, "X-Sign"), SIGNATURE);
    // The envelope is fresh, the content is not.
    assert_eq!(heard[0].body, heard[1].body);
    assert_eq!(header(1, "Idempotency-Key"), "b-1");
    assert_ne!(header(1, "X-Nonce"), header(0, "X-Nonce"));
    assert_ne!(header(1, "X-Sign"), header(0, "X-Sign"));
    // What is kept shows neither the secret nor the telephone.
    assert!(attempt.request.contains("138****5678") && !attempt.request.contains("13812345678"));
    assert!(!attempt.request.contains("s3cret") && !attempt.request.contains("zibo-market"));
    assert!(attempt.request.starts_with("POST https://123.232.30.9:27180/api/v1/achievement/batch\n"));
}

const NONCE: &str = "d70d3259e4e1cb631c663cf4d73c4c04";
const SIGNATURE: &str = "a6dca65f9ee3b001fe41e012f898cbb378f853821f38bdcf4c8f703bf47fea84";

#[test]
fn a_preview_is_the_masked_request() {
    let street = Parrot::default().street();
    let fresh = Fresh { now: NOW, nonce: [7; 16], digits: [7; 16], entropy: [7; 32] };
    let shown = preview(&street, "achievement", Action::Create, "b-1", &[item("a", None)], fresh).unwrap();
    assert!(shown.contains("X-App-Id: ***\n") && shown.contains(r#""title":"成果a""#), "{shown}");
}

#[tokio::test]
async fn a_break_is_proof_only_where_nothing_was_sent() {
    for (class, expect) in [
        (Break::Refused, "not Q7001 pause"),
        (Break::Dns, "not Q7002 pause"),
        (Break::Connect, "not Q7003 pause"),
        (Break::Tls, "not Q7004 block"),
        (Break::LateBefore, "not Q7005 none"),
        (Break::LateAfter, "doubt Q7006 none"),
        (Break::Reset, "doubt Q7007 none"),
        (Break::Truncated, "doubt Q7008 none"),
        (Break::TooLarge, "doubt Q7009 none"),
    ] {
        let parrot = Parrot::saying([Err(Broken::new(class, "reason"))]);
        let lease = lease(Action::Create, vec![item("a", None)]);
        let (attempt, event) = exchange(&parrot.street(), &lease, &clock()).await;
        assert_eq!(brief(&event), expect, "{class:?}");
        assert!(attempt.answer.is_empty() && attempt.status.is_none() && !attempt.request.is_empty());
    }
}

#[tokio::test]
async fn no_rule_of_a_profile_turns_a_lost_answer_into_proof() {
    let rule = "[[remedies]]\nwhen = \"transport is not none\"\nremedy = \"retry\"\n\n[[remedies]]\n";
    let eager = profile(&SHANDONG.replacen("[[remedies]]\n", rule, 1));
    for (class, expect) in [(Break::LateAfter, "doubt Q7006 none"), (Break::Refused, "not Q7001 none")] {
        let parrot = Parrot::saying([Err(Broken::new(class, "reason"))]);
        let street = Street::by(eager.clone(), credentials(), Box::new(parrot));
        let (_, event) = exchange(&street, &lease(Action::Create, vec![item("a", None)]), &clock()).await;
        assert_eq!(brief(&event), expect, "{class:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_not_sent() {
    let missing = Credentials::from_pairs(&[("app_id", "zibo-market")]);
    let parrot = Parrot::default();
    let street = Street::by(shandong(), missing, Box::new(parrot.clone()));
    let (attempt, event) = exchange(&street, &lease(Action::Create, vec![item("a", None)]), &clock()).await;
    assert_eq!(brief(&event), "not Q7407 block");
    assert!(parrot.heard().is_empty() && attempt.request.is_empty());
}

fn brief(event: &Event) -> String {
    let (word, trouble) = match event {
        Event::NotAccepted { trouble } => ("not", trouble),
        Event::InDoubt { trouble } => ("doubt", trouble),
        Event::Pending { ticket, .. } => return format!("pending {ticket}"),
        Event::Settled { items } => return format!("settled {items:?}"),
    };
    let lane = match trouble.lane {
        LaneEffect::None => "none",
        LaneEffect::Pause(_) => "pause",
        LaneEffect::Block => "block",
    };
    format!("{word} {} {lane}", trouble.complaint.id)
}
