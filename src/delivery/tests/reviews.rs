//! Decisions after a number, since a time, of one record.

use serde_json::json;

use super::*;
use crate::config::platform::ReviewState;
use crate::delivery::{ReviewPage, review_of, reviews_after, reviews_since};

fn well(data: serde_json::Value) -> Result<Answer, Broken> {
    Ok(answer(200, &[], &json!({"code": "0", "data": data}).to_string()))
}

fn marks(page: &ReviewPage) -> Vec<(&str, ReviewState)> {
    let mark = |about: &crate::delivery::About| about.mark.as_deref().map(str::to_owned).unwrap_or_default();
    let shown = page.reviews.iter().map(|review| (mark(&review.about), review.state));
    shown.map(|(mark, state)| (String::leak(mark) as &str, state)).collect()
}

#[tokio::test]
async fn a_state_that_is_not_listed_is_told_the_others_are_read_and_the_cursor_never_goes_back() {
    let review = |seq: i64, state: &str| json!({"seq": seq, "kind": "demand", "localId": "a", "state": state, "opinion": "请补充"});
    let parrot = Parrot::saying([
        well(json!({"list": [review(9, "returned"), review(8, "published"), review(7, "消失")], "next": 9})),
        well(json!({"list": [], "next": 3})),
        well(json!({"list": []})),
    ]);
    let (street, clock) = (parrot.street(), clock());
    let page = reviews_after(&street, 6, &clock).await.unwrap();
    assert_eq!(marks(&page), [("8", ReviewState::Published), ("9", ReviewState::Returned)]);
    let (about, complaint) = &page.unlisted[0];
    assert_eq!((about.mark.as_deref(), complaint.id.as_str()), (Some("7"), "Q7302"));
    assert_eq!(page.next.as_deref(), Some("9"));
    assert_eq!(reviews_after(&street, 9, &clock).await.unwrap().next.as_deref(), Some("9"));
    assert_eq!(reviews_after(&street, 9, &clock).await.unwrap_err().complaint.id, "Q7103");
}

fn by_time() -> Profile {
    let text = SHANDONG
        .replace(
            "query = { after = \"after\", size = \"size\" }",
            "query = { from = \"since | default('2020-01-01 00:00:00')\", page = \"page\", size = \"size\" }",
        )
        .replace("next = \"body.data.next\"\nseq = \"item.seq\"\n", "")
        .replace("[paging]", "[reviews]\nby = \"time\"\nevery = \"1m\"\n\n[paging]")
        .replace("size = 100", "size = 2");
    profile(&text)
}

#[tokio::test]
async fn dated_decisions_are_read_page_by_page_from_a_time() {
    let review = |at: &str| json!({"remoteId": "SD-1", "state": "published", "at": at});
    let parrot = Parrot::saying([
        well(json!({"list": [review("2026-05-01 08:00:00"), review("2026-05-01 08:00:00")]})),
        well(json!({"list": [review("2026-05-02 08:00:00")]})),
    ]);
    let (street, clock) = (parrot.street_by(by_time()), clock());
    let page = reviews_since(&street, None, 1, &clock).await.unwrap();
    assert_eq!((page.reviews.len(), page.more, page.next.clone()), (2, true, None));
    let page = reviews_since(&street, Some("2026-05-01 08:00:00"), 2, &clock).await.unwrap();
    assert!(!page.more, "a page that is not full is the last one");
    let urls: Vec<_> = parrot.heard().iter().map(|request| request.url.clone()).collect();
    assert!(urls[0].ends_with("/reviews?from=2020-01-01%2000%3A00%3A00&page=1&size=2"), "{}", urls[0]);
    assert!(urls[1].ends_with("/reviews?from=2026-05-01%2008%3A00%3A00&page=2&size=2"), "{}", urls[1]);
}

#[tokio::test]
async fn one_record_is_asked_about_and_another_is_not_believed() {
    let text = SHANDONG.replace(
        "[operations.ping]",
        "[operations.review]\nmethod = \"GET\"\npath = \"'/' ~ kind ~ '/' ~ remote_id ~ '/review'\"\n\
         answer = { reviews = { state = \"item.data.state\", opinion = \"item.data.opinion\", remote_id = \"item.data.id\" } }\n\
         \n[operations.ping]",
    );
    let text = text.replace("[paging]", "[reviews]\nby = \"record\"\n\n[paging]");
    // The shipped list of decisions is no list of this answer.
    let text = text.replace("list = \"body.data.list\"\nnext = \"body.data.next\"\n", "");
    let text = text.replace("[operations.reviews]\nmethod = \"GET\"\npath = \"'/reviews'\"\nquery = { after = \"after\", size = \"size\" }\n", "");
    let parrot = Parrot::saying([
        well(json!({"id": "SD-1", "state": "returned", "opinion": "补充简介"})),
        well(json!({"id": "SD-2", "state": "published"})),
        well(json!({"id": "SD-1", "state": "复核"})),
        well(json!({"state": "published"})),
        Ok(answer(200, &[], r#"{"code":"1404","message":"无此记录"}"#)),
    ]);
    let (street, clock) = (parrot.street_by(profile(&text)), clock());
    let ask = || review_of(&street, "demand", "a", "SD-1", &clock);
    let page = ask().await.unwrap();
    assert_eq!(page.reviews[0].opinion, "补充简介");
    assert_eq!(page.reviews[0].about.kind.as_deref(), Some("demand"));
    assert_eq!(ask().await.unwrap_err().complaint.id, "Q7303");
    assert_eq!(ask().await.unwrap().unlisted[0].1.found, "复核");
    assert_eq!(ask().await.unwrap().reviews[0].about.remote_id.as_deref(), Some("SD-1"));
    assert!(ask().await.is_err());
    assert!(parrot.heard()[0].url.ends_with("/demand/SD-1/review"));
}
