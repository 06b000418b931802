//! A receipt first, a decision later.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::*;
use crate::delivery::{ask_about, exchange, next_ask};
use crate::ledger::{Event, ItemOutcome, LaneEffect, PendingLease, PendingNews};
use crate::platform::Break;

/// The shipped profile, where the province gives a receipt first.
fn later(status: &str) -> Profile {
    let added = format!(
        "[answer.pending]\nwhen = \"body.data.requestSerialCode is not none\"\nticket = \"body.data.requestSerialCode\"\n\n\
         [answer.status]\n{status}\n\
         states = {{ 10 = \"processing\", 20 = \"accepted\", 30 = \"refused\", 99 = \"lost\" }}\n\n\
         [pending]\nfirst = \"3s\"\ninterval = \"30s\"\ncap = \"10m\"\npatience = \"2d\"\n\n\
         [operations.status]\nmethod = \"GET\"\npath = \"'/status'\"\nquery = {{ serial = \"ticket\" }}\n\n[answer.list]"
    );
    profile(&SHANDONG.replacen("[answer.list]", &added, 1))
}

fn whole() -> Profile {
    later(
        "state = \"body.data.status\"\ncode = \"body.data.errorCode\"\nmessage = \"body.data.reason\"\nremote_id = \"body.data.result.teamSysNo\"",
    )
}

fn well(data: Json) -> Result<Answer, Broken> {
    Ok(answer(200, &[], &json!({"code": "0", "data": data}).to_string()))
}

fn taken_in(ids: &[&str], hours_ago: u64) -> PendingLease {
    PendingLease {
        batch: 1,
        key: "b-1".to_owned(),
        platform: "shandong".to_owned(),
        kind: "achievement".to_owned(),
        action: Action::Create,
        ticket: "R-7".to_owned(),
        asked: 1,
        taken_in_at: NOW.minus(Duration::from_secs(hours_ago * 3600)),
        fence: 1,
        items: ids.iter().map(|id| item(id, None)).collect(),
    }
}

fn brief(news: &PendingNews) -> String {
    match news {
        PendingNews::StillPending { trouble: None, .. } => "still".to_owned(),
        PendingNews::StillPending { trouble: Some(trouble), .. } => format!("still {}", trouble.complaint.id),
        PendingNews::NotAccepted { complaint } => format!("not {}", complaint.id),
        PendingNews::Lost { complaint } => format!("lost {}", complaint.id),
        PendingNews::Decided { items, .. } => {
            let shown = items.iter().map(|outcome| match outcome {
                None => " –".to_owned(),
                Some(ItemOutcome::Accepted { remote_id }) => {
                    format!(" {}", remote_id.clone().unwrap_or_default())
                }
                Some(ItemOutcome::Refused { complaints }) => {
                    let fact = |name: &str| complaints[0].facts.iter().find(|(known, _)| known == name);
                    format!(" refused({})", fact("message").map_or("", |(_, message)| message.as_str()))
                }
                Some(ItemOutcome::Unknown { complaint }) => format!(" unknown({})", complaint.id),
                Some(other) => format!(" {other:?}"),
            });
            format!("decided{}", shown.collect::<String>())
        }
    }
}

async fn ask(profile: Profile, lease: &PendingLease, says: Result<Answer, Broken>) -> (String, PendingNews) {
    let parrot = Parrot::saying([says]);
    let (_, news) = ask_about(&parrot.street_by(profile), lease, &clock()).await;
    assert!(parrot.heard()[0].url.ends_with("/status?serial=R-7"), "{}", parrot.heard()[0].url);
    (brief(&news), news)
}

#[tokio::test]
async fn a_receipt_is_neither_accepted_nor_doubted() {
    for (data, expect) in [
        (json!({"requestSerialCode": "R-7"}), "pending R-7"),
        (json!({"requestSerialCode": 700}), "pending 700"),
        // Said to be taken in, and nothing to ask with.
        (json!({"requestSerialCode": " "}), "doubt Q7232"),
        (json!({"results": [{"localId": "a", "code": "0", "remoteId": "SD-1"}]}), "settled"),
    ] {
        let parrot = Parrot::saying([well(data.clone())]);
        let lease = lease(Action::Create, vec![item("a", None)]);
        let (_, event) = exchange(&parrot.street_by(whole()), &lease, &clock()).await;
        let shown = match &event {
            Event::Pending { ticket, ask_at } => {
                assert_eq!(*ask_at, NOW.plus(Duration::from_secs(3)));
                format!("pending {ticket}")
            }
            Event::InDoubt { trouble } => format!("doubt {}", trouble.complaint.id),
            Event::Settled { .. } => "settled".to_owned(),
            Event::NotAccepted { .. } => "not".to_owned(),
        };
        assert_eq!(shown, expect, "{data}");
    }
}

#[tokio::test]
async fn an_answer_decides_or_leaves_it_pending_and_never_calls_pending_a_failure() {
    let one = taken_in(&["a"], 1);
    for (data, expect) in [
        (json!({"status": 10}), "still"),
        (json!({"status": "10"}), "still"),
        (json!({"status": 20, "result": {"teamSysNo": 8801}}), "decided 8801"),
        (json!({"status": "20", "result": {"teamSysNo": "T-1"}}), "decided T-1"),
        // Accepted under no id: looked up, since without it the record could never be changed.
        (json!({"status": 20}), "decided unknown(Q7210)"),
        (
            json!({"status": 20, "results": [{"localId": "a", "code": "0", "remoteId": "SD-1"}]}),
            "decided SD-1",
        ),
        (
            json!({"status": 20, "results": [{"localId": "z", "code": "0", "remoteId": "SD-1"}]}),
            "decided unknown(Q7203)",
        ),
        (json!({"status": 30, "errorCode": "E1", "reason": "缺少联系人"}), "decided refused(缺少联系人)"),
        // Any other word is still pending.
        (json!({"status": "排队中"}), "still Q7230"),
        (json!({"status": 40}), "still Q7230"),
        (json!({"other": 1}), "still Q7103"),
        (json!({"status": 99}), "lost Q7233"),
    ] {
        assert_eq!(ask(whole(), &one, well(data.clone())).await.0, expect, "{data}");
    }
    let two = taken_in(&["a", "b"], 1);
    let results = json!([{"localId": "b", "code": "2001", "message": "缺"}, {"localId": "a", "code": "0", "remoteId": "SD-1"}]);
    let data = json!({"status": 20, "results": results});
    assert_eq!(ask(whole(), &two, well(data)).await.0, "decided SD-1 refused(缺)");
    // One id for two records is none.
    let data = json!({"status": 20, "result": {"teamSysNo": 8801}});
    assert_eq!(ask(whole(), &two, well(data)).await.0, "decided unknown(Q7210) unknown(Q7210)");
}

#[tokio::test]
async fn records_of_a_batch_may_be_decided_one_by_one() {
    let each = || later("item_state = \"item.state\"");
    let lease = taken_in(&["a", "b", "c"], 1);
    for (results, expect) in [
        (
            json!([{"localId": "c", "state": 30, "message": "重名"}, {"localId": "a", "state": 20, "remoteId": "SD-1"}, {"localId": "b", "state": 10}]),
            "decided SD-1 – refused(重名)",
        ),
        (json!([{"localId": "a", "state": 10}, {"localId": "z", "state": 20, "remoteId": "SD-9"}]), "still"),
        (json!([{"localId": "a", "state": "复核"}]), "still Q7230"),
        (json!([{"localId": "a", "state": 20}]), "decided unknown(Q7210) – –"),
        (json!("none"), "still Q7103"),
    ] {
        let said = ask(each(), &lease, well(json!({"results": results.clone()}))).await.0;
        assert_eq!(said, expect, "{results}");
    }
}

#[tokio::test]
async fn only_time_that_is_up_makes_it_a_doubt() {
    let old = taken_in(&["a"], 49);
    assert_eq!(ask(whole(), &old, well(json!({"status": 10}))).await.0, "lost Q7231");
    assert_eq!(ask(whole(), &old, well(json!({"status": "排队中"}))).await.0, "lost Q7231");
    assert_eq!(
        ask(whole(), &old, well(json!({"status": 20, "result": {"teamSysNo": 1}}))).await.0,
        "decided 1"
    );
    // A province that cannot be reached was not asked.
    let away = Err(Broken::new(Break::Refused, "connection refused"));
    assert_eq!(ask(whole(), &old, away).await.0, "still Q7001");
    let busy = answer(503, &[("retry-after", "900")], "");
    let (said, news) = ask(whole(), &old, Ok(busy)).await;
    assert_eq!(said, "still Q7109");
    let PendingNews::StillPending { ask_at, trouble } = news else { panic!() };
    assert!(ask_at >= NOW.plus(Duration::from_secs(900)));
    assert_eq!(trouble.unwrap().lane, LaneEffect::Pause(Duration::from_secs(900)));
    // The last question falls on the end of the time.
    let late =
        PendingLease { taken_in_at: NOW.minus(Duration::from_secs(2 * 86_400 - 5)), ..taken_in(&["a"], 0) };
    let (_, news) = ask(whole(), &late, well(json!({"status": 10}))).await;
    let PendingNews::StillPending { ask_at, .. } = news else { panic!() };
    assert_eq!(ask_at, NOW.plus(Duration::from_secs(5)));
}

#[test]
fn questions_come_at_growing_distances_and_not_all_at_once() {
    let waits = |dice| (1..9).map(|asked| next_ask(&whole(), asked, dice).as_secs()).collect::<Vec<_>>();
    assert_eq!(waits([0; 8]), [30, 60, 120, 240, 480, 600, 600, 600]);
    assert_eq!(waits([255; 8]), [33, 66, 132, 264, 528, 660, 660, 660]);
    assert_eq!(next_ask(&whole(), u32::MAX, [0; 8]), Duration::from_secs(600));
}

#[test]
fn a_profile_that_takes_in_must_say_how_to_ask() {
    let text = SHANDONG.replacen("[answer.list]", "[answer.pending]\nwhen = \"true\"\n\n[answer.list]", 1);
    let (_, faults) = Platform::read("p", Path::new("p.toml"), &text);
    let mut ids: Vec<_> = faults.iter().map(|fault| fault.complaint.to_string()).collect();
    ids.sort();
    assert!(ids.iter().any(|id| id.contains("Q7234")), "{ids:?}");
    assert!(ids.iter().any(|id| id.contains("answer.pending.ticket")), "{ids:?}");
}
