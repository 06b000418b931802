//! What a province takes in and decides later.

use super::*;

fn accepted(id: &str) -> Option<ItemOutcome> {
    Some(ItemOutcome::Accepted { remote_id: Some(id.to_owned()) })
}

impl Office {
    /// Two records, sent in one batch and taken in under ticket `T1`, to be asked about in a minute.
    async fn with_two_taken_in() -> Office {
        let office = Office::open().await;
        for id in ["a", "b"] {
            office.owe(id, 1, Action::Create).await;
        }
        let lease = office.claim(Action::Create).await.unwrap();
        let ask_at = office.clock.now().plus(MINUTE);
        let settled = office.settle(lease, Event::Pending { ticket: "T1".into(), ask_at }).await;
        assert_eq!(settled, Settled { taken_in: 2, ..Settled::default() });
        office
    }

    async fn ask(&self) -> Option<PendingLease> {
        self.ledger.claim_pending("p", "demand", self.clock.now()).await.unwrap()
    }

    async fn tell(&self, lease: PendingLease, news: PendingNews) -> Settled {
        let (ledger, now) = (&self.ledger, self.clock.now());
        ledger.settle_pending(&self.run, lease, &self.attempt(), news, wait, now).await.unwrap()
    }

    async fn exchanges(&self, id: &str) -> Vec<String> {
        let detail = self.ledger.record("demand", id).await.unwrap().unwrap();
        detail.deliveries[0].exchanges.iter().map(|one| format!("{} {}", one.number, one.outcome)).collect()
    }
}

#[tokio::test]
async fn what_was_taken_in_is_asked_about_when_due_and_never_sent_again() {
    let office = Office::with_two_taken_in().await;
    assert_eq!(office.status("a").await, Status::Pending);
    assert!(office.ask().await.is_none(), "not due");
    assert_eq!(office.ledger.next_due("p").await.unwrap(), Some(office.clock.now().plus(MINUTE)));
    // A restart leaves it alone, and a newer version waits behind it.
    assert_eq!(office.ledger.recover(office.clock.now()).await.unwrap(), 0);
    office.owe("a", 2, Action::Update).await;
    office.clock.advance(MINUTE);
    assert!(office.claim(Action::Create).await.is_none() && office.claim(Action::Update).await.is_none());

    let lease = office.ask().await.unwrap();
    assert_eq!((lease.ticket.as_str(), lease.asked, lease.items.len()), ("T1", 1, 2));
    assert!(office.ask().await.is_none(), "one asks at a time");
    let ask_at = office.clock.now().plus(MINUTE);
    office.tell(lease, PendingNews::StillPending { ask_at, trouble: None }).await;
    office.clock.advance(MINUTE);
    let lease = office.ask().await.unwrap();
    assert_eq!(lease.asked, 2);
    let ask_at = office.clock.now();
    let items = vec![accepted("SD-1"), accepted("SD-2")];
    let settled = office.tell(lease, PendingNews::Decided { items, ask_at }).await;
    assert_eq!(settled, Settled { accepted: 2, ..Settled::default() });
    assert_eq!(office.status("b").await, Status::InReview);
    // Questions that brought nothing are not kept beside the one that did.
    assert_eq!(office.exchanges("b").await, ["1 taken in", "2 settled"]);
    let update = office.claim(Action::Update).await.unwrap();
    assert_eq!(update.items[0].remote_id.as_deref(), Some("SD-1"));
    let deeds = office.deeds().await;
    assert_eq!(deeds.iter().filter(|deed| *deed == "batch_taken_in").count(), 1, "{deeds:?}");
}

#[tokio::test]
async fn a_part_may_be_decided_before_the_rest() {
    let office = Office::with_two_taken_in().await;
    office.clock.advance(MINUTE);
    let lease = office.ask().await.unwrap();
    let ask_at = office.clock.now().plus(MINUTE);
    office.tell(lease, PendingNews::Decided { items: vec![accepted("SD-1"), None], ask_at }).await;
    assert_eq!(office.status("a").await, Status::InReview);
    assert_eq!(office.status("b").await, Status::Pending);
    office.clock.advance(MINUTE);
    let lease = office.ask().await.unwrap();
    assert_eq!(lease.items.len(), 1);
    // The rest is lost: sending the whole batch again would send `a` twice.
    let settled = office.tell(lease, PendingNews::Lost { complaint: Complaint::new("Q7231") }).await;
    assert_eq!(settled.doubtful, 1);
    assert!(office.claim(Action::Create).await.is_none());
    let doubts = office.ledger.doubts("p", "demand", 10, office.clock.now()).await.unwrap();
    assert_eq!(doubts.iter().map(|doubt| doubt.item.record_id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn a_batch_that_nobody_decides_is_doubt_and_goes_again_byte_for_byte() {
    let office = Office::with_two_taken_in().await;
    office.clock.advance(MINUTE);
    let lease = office.ask().await.unwrap();
    let key = lease.key.clone();
    office.tell(lease, PendingNews::Lost { complaint: Complaint::new("Q7231") }).await;
    assert_eq!(office.status("a").await, Status::InDoubt);
    office.clock.advance(MINUTE);
    let again = office.claim(Action::Create).await.unwrap();
    assert_eq!((again.key, again.attempt), (key.clone(), 2));
    assert_eq!(again.payload.bytes, format!("{key} a b").into_bytes());
}

#[tokio::test]
async fn refused_postponed_and_brought_back_leave_the_province() {
    for (news, expect) in [("refused", Status::Refused), ("retry", Status::Waiting), ("back", Status::Queued)]
    {
        let office = Office::with_two_taken_in().await;
        office.clock.advance(MINUTE);
        let lease = office.ask().await.unwrap();
        let complaint = Complaint::new("Q7201");
        let outcome = match news {
            "refused" => ItemOutcome::Refused { complaints: vec![complaint.clone()] },
            _ => ItemOutcome::Retry { complaint: complaint.clone() },
        };
        let news = match news {
            "back" => PendingNews::NotAccepted { complaint },
            _ => PendingNews::Decided { items: vec![Some(outcome); 2], ask_at: office.clock.now() },
        };
        office.tell(lease, news).await;
        assert_eq!(office.status("a").await, expect);
        office.clock.advance(MINUTE);
        assert!(office.ask().await.is_none());
        assert_eq!(office.claim(Action::Create).await.is_some(), expect != Status::Refused);
    }
}

#[tokio::test]
async fn a_question_that_came_too_late_writes_nothing() {
    let office = Office::with_two_taken_in().await;
    office.clock.advance(MINUTE);
    let slow = office.ask().await.unwrap();
    office.clock.advance(MINUTE * 11);
    let quick = office.ask().await.unwrap();
    let ask_at = office.clock.now();
    let news = || PendingNews::Decided { items: vec![accepted("SD-1"), accepted("SD-2")], ask_at };
    office.tell(quick, news()).await;
    let (ledger, now) = (&office.ledger, office.clock.now());
    let late = ledger.settle_pending(&office.run, slow, &office.attempt(), news(), wait, now).await;
    assert!(matches!(late, Err(LedgerError::LostLease(_))), "{late:?}");
}
