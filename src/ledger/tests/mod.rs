//! The ledger on a file of its own, with records that a test puts there.

use std::time::Duration;

use super::*;
use crate::audit::Versions;
use crate::clock::Timestamp;
use crate::plan::Action;
use crate::record::{Complaint, Document};

mod pending;
mod reviews;

const MINUTE: Duration = Duration::from_secs(60);

/// One live platform `p` and its ledger.
struct Office {
    ledger: Ledger,
    clock: Clock,
    run: RunRef,
    _folder: tempfile::TempDir,
}

struct Plain;

impl Renderer for Plain {
    fn fit(&self, items: &[Item]) -> usize {
        items.len()
    }

    fn render(&self, key: &str, items: &[Item]) -> std::result::Result<Payload, Complaint> {
        let ids: Vec<_> = items.iter().map(|item| item.record_id.as_str()).collect();
        Ok(Payload { bytes: format!("{key} {}", ids.join(" ")).into_bytes() })
    }

    fn put_in_files(
        &self,
        _: &mut Document,
        _: &std::collections::HashMap<String, serde_json::Value>,
    ) -> std::result::Result<(), Complaint> {
        Ok(())
    }
}

impl Office {
    async fn open() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Timestamp(1_000_000_000_000_000), 7);
        let migrations = [audit::MIGRATIONS, MIGRATIONS];
        let db = Db::open(&folder.path().join("ledger.db"), &migrations).await.unwrap();
        let ledger = Ledger::open(db, clock.clone(), "zibo").await.unwrap();
        ledger.bind("p", "http://127.0.0.1:1").await.unwrap();
        let actor = Actor::new("wang", "operator");
        ledger.go_live("p", "li", None, &actor, clock.now()).await.unwrap();
        let versions = Versions { mapping: None, schema: None, profile: None, program: None };
        let run = ledger.begin_run("r", "p", "demand", RunCause::Manual, &actor, "", versions, clock.now());
        let run = run.await.unwrap();
        Office { ledger, clock, run, _folder: folder }
    }

    /// A record that the city publishes and owes, as its `version`; its number in the ledger.
    async fn owe(&self, id: &str, version: i64, action: Action) {
        let now = self.clock.now();
        let mut tx = self.ledger.db.begin().await.unwrap();
        let sql = "-- test
            insert into record (id, platform, kind, route, key_sort, key_text, verdict, version, first_seen, changed_at)
            values ($1, 'p', 'demand', 'r', $2, $1, 'publishable', $3, $4, $4)
            on conflict do update set version = excluded.version";
        tx.execute(sql, args![id, id.as_bytes(), version, now]).await.unwrap();
        let sql = "-- test
            insert into delivery (record, platform, kind, route, version, action, state, cause, next_at, run, created_at,
                                  changed_at)
            select seq, 'p', 'demand', 'r', $2, $3, 'queued', 'data', $4, 1, $4, $4 from record where id = $1
            returning id";
        let delivery =
            tx.fetch_one(sql, args![id, version, action.word(), now]).await.unwrap().unwrap().int(0);
        let sql = "-- test\nupdate record set owed = $2 where id = $1";
        tx.execute(sql, args![id, delivery]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn claim(&self, action: Action) -> Option<Lease> {
        let want = Want { platform: "p", kind: "demand", action, records_max: 10 };
        match self.ledger.claim(&self.run, want, &Plain, self.clock.now()).await.unwrap() {
            Claim::Lease(lease) => Some(lease),
            Claim::Nothing => None,
            other => panic!("{other:?}"),
        }
    }

    fn attempt(&self) -> Attempt {
        let (request, answer) = ("GET /status".to_owned(), "{}".to_owned());
        Attempt { started: self.clock.now(), took: Duration::ZERO, request, answer, status: Some(200) }
    }

    async fn settle(&self, lease: Lease, event: Event) -> Settled {
        let (attempt, now) = (self.attempt(), self.clock.now());
        self.ledger.settle(&self.run, lease, &attempt, event, wait, now).await.unwrap()
    }

    async fn status(&self, id: &str) -> Status {
        self.ledger.record("demand", id).await.unwrap().unwrap().record.status
    }

    /// What the audit log holds, in its words.
    async fn deeds(&self) -> Vec<String> {
        let sql = "-- test\nselect event from audit_leaf order by idx";
        self.ledger.db.fetch(sql, args![]).await.unwrap().iter().map(|row| row.text(0)).collect()
    }
}

fn wait(attempts: u32) -> Option<Duration> {
    (attempts < 3).then_some(MINUTE)
}
