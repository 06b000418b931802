//! Decisions of the province's reviewers.

use super::*;

impl Office {
    /// `a` stands at the province as `SD-1` and is in review.
    async fn with_one_in_review() -> Office {
        let office = Office::open().await;
        office.accept("a", 1, Action::Create).await;
        office
    }

    async fn accept(&self, id: &str, version: i64, action: Action) {
        self.owe(id, version, action).await;
        let lease = self.claim(action).await.unwrap();
        let items = vec![ItemOutcome::Accepted { remote_id: Some("SD-1".into()) }];
        self.settle(lease, Event::Settled { items }).await;
    }

    async fn hear(&self, reviews: &[Review]) -> ReviewNews {
        let actor = Actor::new("p", "province");
        self.ledger.note_reviews("p", reviews, &[], None, &actor, self.clock.now()).await.unwrap()
    }
}

fn decision(state: &str, opinion: &str, mark: &str) -> Review {
    Review {
        kind: Some("demand".into()),
        remote_id: Some("SD-1".into()),
        local_id: None,
        state: state.into(),
        opinion: opinion.into(),
        mark: (!mark.is_empty()).then(|| mark.to_owned()),
    }
}

#[tokio::test]
async fn an_old_decision_that_is_read_again_is_no_news() {
    let office = Office::with_one_in_review().await;
    let returned = decision("returned", "补充简介", "2026-05-01 08:00:00");
    assert_eq!(office.hear(std::slice::from_ref(&returned)).await.returned, 1);
    let audited = office.deeds().await.len();
    assert_eq!(office.hear(std::slice::from_ref(&returned)).await.unchanged, 1);
    assert_eq!(office.deeds().await.len(), audited);
    // The next version is in review; what was said about the one before does not come back over it.
    office.accept("a", 2, Action::Update).await;
    assert_eq!(office.hear(std::slice::from_ref(&returned)).await.unchanged, 1);
    assert_eq!(office.status("a").await, Status::InReview);
    // In the same second another decision, then an earlier one.
    let rows = [
        (decision("published", "", "2026-05-01 08:00:00"), Status::Published),
        (decision("returned", "", "2026-04-30 08:00:00"), Status::Published),
        (decision("delisted", "", "2026-05-02 08:00:00"), Status::Delisted),
    ];
    for (review, expect) in rows {
        office.hear(std::slice::from_ref(&review)).await;
        assert_eq!(office.status("a").await, expect, "{review:?}");
    }
}

#[tokio::test]
async fn without_a_mark_only_a_change_is_news() {
    let office = Office::with_one_in_review().await;
    let published = decision("published", "", "");
    assert_eq!(office.hear(std::slice::from_ref(&published)).await.published, 1);
    assert_eq!(office.hear(std::slice::from_ref(&published)).await.unchanged, 1);
    assert_eq!(office.hear(&[decision("delisted", "", "")]).await.delisted, 1);
}

#[tokio::test]
async fn a_record_is_found_by_either_id_and_an_alien_one_is_not_ours() {
    let office = Office::with_one_in_review().await;
    let by = |kind: Option<&str>, remote: Option<&str>, local: Option<&str>, mark: &str| Review {
        kind: kind.map(str::to_owned),
        remote_id: remote.map(str::to_owned),
        local_id: local.map(str::to_owned),
        ..decision("published", "", mark)
    };
    for (review, ours) in [
        (by(None, Some("SD-1"), None, "1"), true),
        (by(None, None, Some("a"), "2"), true),
        (by(Some("demand"), Some("SD-1"), Some("else"), "3"), true),
        (by(Some("expert"), Some("SD-1"), None, "4"), false),
        (by(None, Some("SD-2"), Some("a"), "5"), false),
        (by(None, None, None, "6"), false),
    ] {
        let news = office.hear(std::slice::from_ref(&review)).await;
        assert_eq!((news.published == 1, news.unknown == 1), (ours, !ours), "{review:?}");
        let reset = Review { state: "in_review".into(), ..decision("", "", review.mark.as_ref().unwrap()) };
        office.hear(&[reset]).await;
    }
}

#[tokio::test]
async fn a_decision_in_an_unlisted_word_stays_beside_the_record_until_it_is_listed() {
    let office = Office::with_one_in_review().await;
    let unlisted = Unlisted {
        kind: None,
        remote_id: Some("SD-1".into()),
        local_id: None,
        mark: Some("5".into()),
        complaint: Complaint::new("Q7302").found("复核"),
    };
    let actor = Actor::new("p", "province");
    let now = office.clock.now();
    let unlisted = std::slice::from_ref(&unlisted);
    office.ledger.note_reviews("p", &[], unlisted, Some("4"), &actor, now).await.unwrap();
    assert_eq!(office.ledger.feed_position("p").await.unwrap().as_deref(), Some("4"));
    assert_eq!(office.status("a").await, Status::InReview);
    let complaints = || async { office.ledger.complaints_of(1).await.unwrap() };
    assert_eq!(complaints().await[0].complaint.id, "Q7302");
    office.hear(&[decision("published", "", "5")]).await;
    assert!(complaints().await.is_empty());
    // Read once more behind the decision that ended it.
    office.hear(&[decision("published", "", "6")]).await;
    office.ledger.note_reviews("p", &[], unlisted, None, &actor, now).await.unwrap();
    assert!(complaints().await.is_empty());
}

#[tokio::test]
async fn a_callback_is_heard_once_and_not_before_its_record_is_known() {
    let office = Office::with_one_in_review().await;
    let now = office.clock.now();
    let until = now.plus(MINUTE);
    let hear = |nonce: &'static str, review: Review| {
        let ledger = office.ledger.clone();
        async move { ledger.note_callback("p", Some((nonce, until)), &[review], &[], now).await.unwrap() }
    };
    let published = decision("published", "", "7");
    assert!(matches!(hear("n1", published.clone()).await, CallbackFate::Noted(news) if news.published == 1));
    let forged = decision("delisted", "", "8");
    assert_eq!(hear("n1", forged.clone()).await, CallbackFate::Replayed);
    assert_eq!(office.status("a").await, Status::Published);
    // An id that nobody knows yet may be that of the record which is just being sent.
    office.owe("b", 1, Action::Create).await;
    let lease = office.claim(Action::Create).await.unwrap();
    let early = Review { remote_id: Some("SD-9".into()), ..published };
    assert_eq!(hear("n2", early.clone()).await, CallbackFate::TooEarly);
    let items = vec![ItemOutcome::Accepted { remote_id: Some("SD-9".into()) }];
    office.settle(lease, Event::Settled { items }).await;
    assert!(matches!(hear("n2", early).await, CallbackFate::Noted(news) if news.published == 1));
    let alien = Review { remote_id: Some("SD-8".into()), ..forged };
    assert!(matches!(hear("n3", alien).await, CallbackFate::Noted(news) if news.unknown == 1));
}

#[tokio::test]
async fn open_reviews_are_asked_about_in_turn() {
    let office = Office::with_one_in_review().await;
    office.owe("b", 1, Action::Create).await;
    let lease = office.claim(Action::Create).await.unwrap();
    let items = vec![ItemOutcome::Accepted { remote_id: Some("SD-2".into()) }];
    office.settle(lease, Event::Settled { items }).await;
    let turn = || async { office.ledger.open_reviews("p", 1).await.unwrap()[0].record_id.clone() };
    for expect in ["a", "b", "a"] {
        assert_eq!(turn().await, expect);
        office.clock.advance(MINUTE);
        let open = office.ledger.open_reviews("p", 1).await.unwrap();
        office.ledger.review_asked(open[0].seq, office.clock.now()).await.unwrap();
    }
    office.hear(&[decision("published", "", "1")]).await;
    assert_eq!(office.ledger.open_reviews("p", 9).await.unwrap().len(), 1);
}
