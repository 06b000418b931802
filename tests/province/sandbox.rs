//! The sandbox province, spoken to by the shipped profile alone. It shares no code with the city's side: what
//! works here works because the file describes it.

use std::path::Path;

use qilu::clock::{Clock, Timestamp};
use qilu::delivery::{Bookmark, LookFor, Scope, exchange, list, lookup, ping, reviews_after};
use qilu::plan::Action;
use qilu::platform::Street;
use qilu::record::Document;
use qilu::sandbox::{Fault, Faults, RULES, Sandbox, Settings};
use serde_json::json;

use super::{brief, item, lease, street};
use qilu::ledger::{Event, Item};

struct Town {
    sandbox: Sandbox,
    street: Street,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Town {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // 2026-05-01 10:00 in the province.
        let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            state: folder.path().join("state.db"),
            schemas: Path::new("schemas/shandong/v1").to_owned(),
            app_id: "zibo".into(),
            secret: "s3cret".into(),
            city: "370300".into(),
            clock: clock.clone(),
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let street = street(&sandbox.base_url(), str::to_owned);
        Town { sandbox, street, clock, _folder: folder }
    }

    async fn send(&self, action: Action, items: Vec<Item>) -> String {
        brief(&exchange(&self.street, &lease("enterprise", action, items), &self.clock).await.1)
    }
}

/// A firm that the province takes; its credit code is one of the two made for tests.
fn firm(record_id: &str, name: &str, uscc: &str) -> Item {
    let document = json!({
        "name": name, "uscc": uscc, "unitType": "01", "operatingState": "01", "region": "370303",
        "contact": {"name": "张三", "phone": "13812345678"},
    });
    Item { document: Document(document.as_object().unwrap().clone()), ..item(record_id) }
}

fn first() -> Item {
    firm("a", "淄博齐鲁智能装备有限公司", "91370303MA00000AAU")
}

#[tokio::test]
async fn a_record_lives_its_life_by_the_profile_alone() {
    let town = Town::new().await;
    let (street, clock) = (&town.street, &town.clock);
    assert!(ping(street, clock).await.unwrap().time.is_some());
    assert_eq!(lookup(street, "enterprise", LookFor::LocalId("a"), clock).await.unwrap(), None);

    let created = town.send(Action::Create, vec![first()]).await;
    let remote_id = created.strip_prefix("settled accepted(").and_then(|rest| rest.strip_suffix(')'));
    let remote_id = remote_id.unwrap_or_else(|| panic!("{created}")).to_owned();
    // The same key again is the same answer, a new key for the same record a duplicate.
    assert_eq!(town.send(Action::Create, vec![first()]).await, created);
    let again = Item { item_key: "zibo/a/2".into(), ..first() };
    assert_eq!(town.send(Action::Create, vec![again]).await, format!("settled duplicate({remote_id})"));

    let found = lookup(street, "enterprise", LookFor::LocalId("a"), clock).await.unwrap().unwrap();
    assert_eq!(found.remote_id, remote_id);
    assert_eq!(found.data["uscc"], "91370303MA00000AAU");
    let by_code = LookFor::Uscc("91370303MA00000AAU");
    assert_eq!(lookup(street, "enterprise", by_code, clock).await.unwrap().unwrap().remote_id, remote_id);
    let at = Bookmark::first(street.profile(), None);
    let page = list(street, "enterprise", Scope::Own, &at, clock).await.unwrap();
    assert_eq!((page.records.len(), page.total, page.next, page.unreadable.len()), (1, Some(1), None, 0));

    let mut changed = Item { item_key: "zibo/a/3".into(), remote_id: Some(remote_id.clone()), ..first() };
    changed.document.0.insert("name".into(), "淄博齐鲁智能装备股份有限公司".into());
    assert_eq!(town.send(Action::Update, vec![changed.clone()]).await, created);
    let gone = Item {
        item_key: "zibo/a/4".into(),
        reason: "企业注销".into(),
        document: Document::default(),
        ..changed.clone()
    };
    assert_eq!(town.send(Action::Withdraw, vec![gone]).await, created);
    let stranger = Item { remote_id: Some("SD-ENT-99999999".into()), item_key: "zibo/a/5".into(), ..changed };
    assert_eq!(town.send(Action::Update, vec![stranger]).await, "settled refused(Q7201 2404)");

    clock.advance(std::time::Duration::from_secs(3600));
    let news = reviews_after(street, 0, clock).await.unwrap();
    assert!(!news.reviews.is_empty() && news.unreadable.is_empty(), "{news:?}");
    let next = news.next.as_ref().and_then(|next| next.parse().ok()).unwrap();
    assert_eq!(reviews_after(street, next, clock).await.unwrap().next, news.next);
}

#[tokio::test]
async fn a_bad_day_of_the_province_is_never_taken_for_success() {
    let town = Town::new().await;
    let accepted = |event: &str| event.starts_with("settled accepted(");
    for (fault, expect) in [
        (Fault::DropBefore, "doubt Q7007 none"),
        (Fault::DropAfter, "doubt Q7007 none"),
        (Fault::Html, "doubt Q7101 none"),
        (Fault::Empty, "doubt Q7102 none"),
        (Fault::Truncated, "doubt Q7101 none"),
        (Fault::ShortList, "settled unknown(Q7203)"),
        (Fault::AlienIds, "settled unknown(Q7203)"),
        (Fault::TooMany { retry_after_s: 7 }, "not Q7108 pause"),
        (Fault::Unavailable { retry_after_s: 7 }, "not Q7109 pause"),
    ] {
        town.sandbox.faults().next(1, fault);
        assert_eq!(town.send(Action::Create, vec![first()]).await, expect, "{fault:?}");
        town.clock.advance(std::time::Duration::from_secs(8));
        // The same batch again, under the same key, is settled at last; the first one is never made twice.
        let settled = town.send(Action::Create, vec![first()]).await;
        assert!(accepted(&settled), "{fault:?}: {settled}");
    }
    let at = Bookmark::first(town.street.profile(), None);
    let page = list(&town.street, "enterprise", Scope::Own, &at, &town.clock).await.unwrap();
    assert_eq!(page.total, Some(1));
}

#[tokio::test]
async fn a_wrong_clock_blocks_the_lane_and_both_times_are_told() {
    use qilu::record::Language;
    let town = Town::new().await;
    for (ahead_s, ours) in [(-900, "09:45:00"), (-600, "09:50:00"), (600, "10:10:00")] {
        let ours_clock = Clock::manual(Timestamp(1_777_600_800_000_000 + ahead_s * 1_000_000), 8);
        let lease = lease("enterprise", Action::Create, vec![first()]);
        // A street of its own: the other one keeps its requests apart by the clock that it was asked with.
        let street = street(&town.sandbox.base_url(), str::to_owned);
        let (attempt, event) = exchange(&street, &lease, &ours_clock).await;
        assert_eq!((attempt.status, brief(&event).as_str()), (Some(401), "not Q7114 block"));
        assert!(attempt.answer.contains("时间戳超出允许范围"));
        let Event::NotAccepted { trouble } = event else { panic!() };
        let said = trouble.complaint.message(Language::English);
        for part in ["clocks differ", "2026-05-01 10:00:00 +08:00", ours, &format!("{} s ahead", -ahead_s)] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    // Within the window a difference is no matter.
    let near = Clock::manual(Timestamp(1_777_600_800_000_000 + 200_000_000), 8);
    let (_, event) = exchange(&town.street, &lease("enterprise", Action::Create, vec![first()]), &near).await;
    assert!(brief(&event).starts_with("settled accepted("), "{event:?}");
}

#[tokio::test]
async fn refusals_come_home_with_advice() {
    let town = Town::new().await;
    let mut bare = first();
    bare.document.0.shift_remove("contact");
    assert_eq!(town.send(Action::Create, vec![bare]).await, "settled refused(Q7201 2001)");
    let refusals = &town.street.profile().platform().refusals;
    for rule in RULES {
        assert!(refusals.contains_key(rule.code), "no advice for {} {}", rule.code, rule.message);
    }
}
