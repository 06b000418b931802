//! Pages, look-ups, reviews, pings.

use super::*;
use crate::delivery::{Bookmark, LookFor, Scope, list, lookup, ping};
use crate::ledger::LaneEffect;
use crate::platform::Break;

fn well(data: serde_json::Value) -> Result<Answer, Broken> {
    Ok(answer(200, &[], &json!({"code": "0", "message": "成功", "data": data}).to_string()))
}

fn record(remote_id: &str, local_id: Option<&str>) -> serde_json::Value {
    json!({"remoteId": remote_id, "localId": local_id, "city": "370300", "status": "published", "version": 2,
           "updatedAt": "2026-05-01T00:00:00Z", "withdrawn": false, "data": {"title": "甲", "priceWan": 12.5}})
}

#[tokio::test]
async fn pages_follow_each_other_by_the_provinces_cursor() {
    let parrot = Parrot::saying([
        well(
            json!({"total": 3, "next": "2026-05-01T00:00:00Z/SD-2", "list": [record("SD-1", Some("a")), record("SD-2", None)]}),
        ),
        well(json!({"total": 3, "next": null, "list": [record("SD-3", None)]})),
    ]);
    let (street, clock) = (parrot.street(), clock());
    let first = Bookmark::first(street.profile(), None);
    let page = list(&street, "achievement", Scope::Others, &first, &clock).await.unwrap();
    assert_eq!(page.total, Some(3));
    assert_eq!(page.records[0].local_id.as_deref(), Some("a"));
    assert_eq!((page.records[1].local_id.as_deref(), page.records[1].version), (None, Some(2)));
    assert_eq!(page.records[0].data["priceWan"], json!(12.5));
    let next = page.next.unwrap();
    assert_eq!(next, Bookmark { page: 2, since: Some("2026-05-01T00:00:00Z/SD-2".to_owned()) });
    let page = list(&street, "achievement", Scope::Others, &next, &clock).await.unwrap();
    assert_eq!((page.records.len(), page.next), (1, None));
    let urls: Vec<_> = parrot.heard().into_iter().map(|request| request.url).collect();
    assert_eq!(
        urls,
        [
            "https://123.232.30.9:27180/api/v1/achievement?scope=others&city=370300&page=1&size=100",
            "https://123.232.30.9:27180/api/v1/achievement?scope=others&city=370300&page=2&size=100\
             &since=2026-05-01T00%3A00%3A00Z%2FSD-2",
        ]
    );
}

#[tokio::test]
async fn a_spoilt_entry_spoils_only_itself_and_an_empty_page_ends_the_list() {
    let spoilt = json!({"remoteId": null, "data": {}});
    let parrot = Parrot::saying([
        well(
            json!({"next": "x", "list": [spoilt, 7, record("SD-1", None), {"remoteId": "SD-2"}, {"remoteId": "SD-3", "withdrawn": true}]}),
        ),
        well(json!({"next": "always more", "list": []})),
        well(json!({"next": null, "list": "none"})),
    ]);
    let (street, clock) = (parrot.street(), clock());
    let first = Bookmark::first(street.profile(), None);
    let page = list(&street, "demand", Scope::Own, &first, &clock).await.unwrap();
    let ids: Vec<_> = page.records.iter().map(|record| record.remote_id.as_str()).collect();
    assert_eq!(ids, ["SD-1", "SD-3"]);
    let said: Vec<_> = page.unreadable.iter().map(|complaint| complaint.found.as_str()).collect();
    assert_eq!(said, ["1", "2", "4"]);
    assert_eq!(list(&street, "demand", Scope::Own, &first, &clock).await.unwrap().next, None);
    let trouble = list(&street, "demand", Scope::Own, &first, &clock).await.unwrap_err();
    assert_eq!(trouble.complaint.id, "Q7103");
}

#[tokio::test]
async fn a_look_up_believes_only_the_record_that_was_asked_for() {
    let parrot = Parrot::saying([
        well(json!(null)),
        well(record("SD-1", Some("a"))),
        well(record("SD-1", Some("b"))),
        well(record("SD-1", None)),
        well(json!({"nothing": 1})),
    ]);
    let (street, clock) = (parrot.street(), clock());
    let by_id = LookFor::LocalId("a");
    assert_eq!(lookup(&street, "achievement", by_id, &clock).await.unwrap(), None);
    assert_eq!(lookup(&street, "achievement", by_id, &clock).await.unwrap().unwrap().remote_id, "SD-1");
    assert_eq!(lookup(&street, "achievement", by_id, &clock).await.unwrap_err().complaint.id, "Q7303");
    let natural = LookFor::TitleAndOwner { title: "机器人 & 臂", owner: "甲公司" };
    assert_eq!(lookup(&street, "achievement", natural, &clock).await.unwrap().unwrap().remote_id, "SD-1");
    assert_eq!(lookup(&street, "achievement", natural, &clock).await.unwrap_err().complaint.id, "Q7103");
    let heard = parrot.heard();
    assert!(heard[0].url.ends_with("/achievement/lookup?localId=a"), "{}", heard[0].url);
    let encoded = "title=%E6%9C%BA%E5%99%A8%E4%BA%BA%20%26%20%E8%87%82&owner=%E7%94%B2%E5%85%AC%E5%8F%B8";
    assert!(heard[3].url.ends_with(encoded), "{}", heard[3].url);
}

#[tokio::test]
async fn a_ping_tells_the_difference_of_the_clocks_or_the_trouble() {
    let body = json!({"code": "0", "data": {"time": "2026-05-28T20:27:10Z"}}).to_string();
    let parrot = Parrot::saying([
        Ok(answer(200, &[("date", "Thu, 28 May 2026 20:27:10 GMT")], &body)),
        Ok(answer(401, &[], r#"{"code":"1401","message":"签名错误"}"#)),
        Err(Broken::new(Break::Tls, "invalid peer certificate")),
    ]);
    let (street, clock) = (parrot.street(), clock());
    let pong = ping(&street, &clock).await.unwrap();
    assert_eq!((pong.clock_ahead_s, pong.time.as_deref()), (Some(30), Some("2026-05-28T20:27:10Z")));
    let trouble = ping(&street, &clock).await.unwrap_err();
    assert_eq!((trouble.complaint.id.as_str(), trouble.lane), ("Q7105", LaneEffect::Block));
    let trouble = ping(&street, &clock).await.unwrap_err();
    assert_eq!((trouble.complaint.id.as_str(), trouble.lane), ("Q7004", LaneEffect::Block));
}
