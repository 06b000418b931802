//! Everything that somebody with the database in hand could do to the log, and that each of it is found and
//! located.

use std::time::Duration;

use super::{Fault, Report, verify};
use crate::args;
use crate::audit::{Deed, Event, Item, MIGRATIONS, Signer, append, configuration, erase_salts, seal};
use crate::clock::{Clock, Timestamp};
use crate::db::{Arg, Db};

pub(super) const START: Timestamp = Timestamp(1_767_225_600_000_000);

/// A log on disk that can be damaged and made whole again.
pub(super) struct Log {
    pub clock: Clock,
    pub signer: Signer,
    pub db: Db,
    _folder: tempfile::TempDir,
}

impl Log {
    pub async fn empty(instance: &str) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("ledger.db"), &[MIGRATIONS]).await.unwrap();
        let clock = Clock::manual(START, 11);
        Log { signer: Signer::create(&clock, instance), clock, db, _folder: folder }
    }

    /// A log of `events` events of all sorts, sealed after every `every` of them and at its end.
    pub async fn of(events: usize, every: usize) -> Log {
        let log = Log::empty("zibo").await;
        log.grow(events, every).await;
        log.remember().await;
        log
    }

    pub async fn grow(&self, events: usize, every: usize) {
        let mut tx = self.db.begin().await.unwrap();
        for n in 0..events {
            self.clock.advance(Duration::from_secs(7));
            let now = self.clock.now();
            if n % 10 == 3 {
                let name = if n % 20 == 3 { "qilu.toml" } else { "routes/achievement.toml" };
                let text = format!("a = {n}\nb = 1\n");
                configuration(&mut tx, now, ("wang", "integrator"), name, &text).await.unwrap();
            } else if n == 31 {
                erase_salts(&mut tx, &self.clock, ("li", "auditor"), "record-10", "撤回同意").await.unwrap();
            } else {
                let mut event = Event::new(Deed::BatchIntended, now, "schedule", "standing approval")
                    .run(n)
                    .platform("shandong")
                    .kind("achievement")
                    .subject(format!("batch {n}"));
                for item in 0..n % 3 {
                    let record = format!("record-{}", n % 11 + item);
                    let row = record.as_bytes();
                    let item = Item {
                        record: &record,
                        version: 1,
                        action: "create",
                        outcome: "intended",
                        ..Item::default()
                    };
                    event.item(&self.clock, &Item { row: Some(row), ..item });
                }
                append(&mut tx, &event).await.unwrap();
            }
            if (n + 1) % every == 0 || n + 1 == events {
                seal(&mut tx, &self.signer).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    pub async fn run(&self, sql: &'static str, args: &[Arg<'_>]) {
        let mut tx = self.db.begin().await.unwrap();
        tx.execute(sql, args).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn remember(&self) {
        for sql in [
            "create table whole_leaf as select * from audit_leaf",
            "create table whole_salt as select * from audit_salt",
            "create table whole_tile as select * from audit_tile",
            "create table whole_checkpoint as select * from audit_checkpoint",
            "create table whole_kept as select * from kept",
            "create table whole_current as select * from kept_current",
        ] {
            self.run(sql, &[]).await;
        }
    }

    pub async fn make_whole(&self) {
        let mut tx = self.db.begin().await.unwrap();
        for sql in [
            "delete from audit_leaf",
            "insert into audit_leaf select * from whole_leaf",
            "delete from audit_salt",
            "insert into audit_salt select * from whole_salt",
            "delete from audit_tile",
            "insert into audit_tile select * from whole_tile",
            "delete from audit_checkpoint",
            "insert into audit_checkpoint select * from whole_checkpoint",
            "delete from kept",
            "insert into kept select * from whole_kept",
            "delete from kept_current",
            "insert into kept_current select * from whole_current",
        ] {
            tx.execute(sql, &[]).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    pub async fn verify(&self, notes: &[String]) -> Report {
        verify(&self.db, &[self.signer.public()], notes).await.unwrap()
    }

    pub async fn notes(&self) -> Vec<String> {
        let rows = self.db.fetch("select note from audit_checkpoint order by number", &[]).await.unwrap();
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Damages the log, expects exactly these findings, and mends it; gives what was found instead.
    pub async fn check(
        &self,
        statements: &[&'static str],
        notes: &[String],
        expect: &[(Fault, u64, u64)],
    ) -> Option<String> {
        for sql in statements {
            self.run(sql, &[]).await;
        }
        let report = self.verify(notes).await;
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|finding| (finding.fault, finding.at.unwrap_or(u64::MAX), finding.until.unwrap_or(u64::MAX)))
            .collect();
        self.make_whole().await;
        (found != expect).then(|| format!("{statements:?}\n  expected {expect:?}\n  found    {found:?}"))
    }
}

/// Statements that damage the log, and what is then found where.
pub(super) type Damage<'a> = (&'a [&'static str], &'a [(Fault, u64, u64)]);

/// No event in particular.
const NOWHERE: u64 = u64::MAX;

#[tokio::test]
async fn a_clean_log_has_no_findings_whatever_its_size() {
    for (events, every) in [(0, 1), (1, 1), (2, 3), (33, 5), (63, 20), (64, 64), (65, 50), (700, 90)] {
        let log = Log::of(events, every).await;
        let report = log.verify(&log.notes().await).await;
        assert!(report.is_clean(), "{events}: {:#?}", report.findings);
        assert_eq!(report.size, events as u64);
        assert_eq!(report.last_checkpoint.map(|head| head.size), (events > 0).then_some(events as u64));
        if let Some(root) = report.root.filter(|_| events > 0) {
            let last = super::super::SignedNote::parse(log.notes().await.last().unwrap()).unwrap();
            assert_eq!(last.claim().unwrap().root, root);
        }
    }
}

#[tokio::test]
async fn what_is_changed_removed_inserted_or_moved_is_found_there() {
    let log = Log::of(60, 10).await;
    let notes = log.notes().await;
    let rows: &[Damage<'_>] = &[
        (&["update audit_leaf set time = time + 1 where idx = 20"], &[(Fault::Altered, 20, 20)]),
        (
            &["update audit_leaf set time = time - 7000001 where idx = 20"],
            &[(Fault::Altered, 20, 20), (Fault::Time, 20, 20)],
        ),
        (&["update audit_leaf set actor = 'wang' where idx = 0"], &[(Fault::Altered, 0, 0)]),
        (
            &["update audit_leaf set subject = subject || char(0) || 'x' where idx = 59"],
            &[(Fault::Altered, 59, 59)],
        ),
        (&["update audit_leaf set subject = char(0) where idx = 4"], &[(Fault::Altered, 4, 4)]),
        (&["update audit_leaf set program = x'00' where idx = 4"], &[(Fault::Altered, 4, 4)]),
        (
            &["update audit_leaf set items = x'' where idx = 5", "delete from audit_salt where leaf = 5"],
            &[(Fault::Altered, 5, 5)],
        ),
        (&["update audit_leaf set items = x'0000' where idx = 5"], &[(Fault::Unreadable, 5, 5)]),
        (
            &["update audit_leaf set items = substr(items, 1, length(items) - 1) where idx = 5"],
            &[(Fault::Unreadable, 5, 5)],
        ),
        // One of two items dropped, with its salts.
        (
            &[
                "update audit_leaf set items = substr(items, 1, length(items) / 2) where idx = 5",
                "update audit_salt set salts = substr(salts, 1, 48) where leaf = 5",
            ],
            &[(Fault::Altered, 5, 5)],
        ),
        (
            &["delete from audit_leaf where idx = 0", "delete from audit_salt where leaf = 0"],
            &[(Fault::Removed, 0, 0)],
        ),
        (&["delete from audit_leaf where idx = 30"], &[(Fault::Removed, 30, 30)]),
        (
            &["delete from audit_leaf where idx in (24, 27, 30)"],
            &[(Fault::Removed, 24, 24), (Fault::Removed, 27, 27), (Fault::Removed, 30, 30)],
        ),
        // The end cut off, but not out of the tree.
        (
            &["delete from audit_leaf where idx >= 57", "delete from audit_salt where leaf >= 57"],
            &[(Fault::Removed, 57, 59)],
        ),
        // Cut off everywhere but in the checkpoints.
        (
            &[
                "delete from audit_leaf where idx >= 57",
                "delete from audit_salt where leaf >= 57",
                "update audit_tile set hashes = substr(hashes, 1, 57 * 32)",
            ],
            &[(Fault::Truncated, 57, 59), (Fault::Truncated, 57, 59)],
        ),
        // Two neighbours swapped, without and with their salts.
        (
            &[
                "delete from audit_salt where leaf in (51, 52)",
                "insert into audit_salt select 103 - leaf, salts from whole_salt where leaf in (51, 52)",
                "update audit_leaf set idx = -1 where idx = 51",
                "update audit_leaf set idx = 51 where idx = 52",
                "update audit_leaf set idx = 52 where idx = -1",
            ],
            &[(Fault::Moved, 51, 51), (Fault::Moved, 52, 52), (Fault::Time, 52, 52)],
        ),
        // Removed and renumbered: all later ones stand one place too early.
        (
            &[
                "delete from audit_salt",
                "insert into audit_salt select leaf - (leaf > 40), salts from whole_salt where leaf <> 40",
                "delete from audit_leaf",
                "insert into audit_leaf select idx - (idx > 40), time, event, actor, role, run, platform, kind, route, \
                 mapping, schema, profile, program, subject, items from whole_leaf where idx <> 40",
            ],
            &[(Fault::Removed, 40, 40)],
        ),
        // Inserted and renumbered.
        (
            &[
                "delete from audit_salt",
                "insert into audit_salt select leaf + (leaf >= 42), salts from whole_salt",
                "delete from audit_leaf",
                "insert into audit_leaf select idx + (idx >= 42), time, event, actor, role, run, platform, kind, route, \
                 mapping, schema, profile, program, subject, items from whole_leaf",
                "insert into audit_leaf select 42, time, 'go_live', actor, role, run, platform, kind, route, \
                 mapping, schema, profile, program, subject, x'' from whole_leaf where idx = 42",
            ],
            &[(Fault::Inserted, 42, 42), (Fault::Moved, 43, 59)],
        ),
        // Inserted before the first, and after the last.
        (
            &["insert into audit_leaf select -1, time, event, actor, role, run, platform, kind, route, \
               mapping, schema, profile, program, subject, x'' from whole_leaf where idx = 0"],
            &[(Fault::Inserted, NOWHERE, NOWHERE)],
        ),
        (
            &["insert into audit_leaf select 60, time, event, actor, role, run, platform, kind, route, \
               mapping, schema, profile, program, subject, x'' from whole_leaf where idx = 59"],
            &[(Fault::Inserted, 60, 60)],
        ),
        (
            &[
                "insert into audit_leaf select 4000000000000, time, event, actor, role, run, platform, kind, route, \
               mapping, schema, profile, program, subject, x'' from whole_leaf where idx = 59",
            ],
            &[(Fault::Inserted, 4_000_000_000_000, 4_000_000_000_000)],
        ),
        // The tree's own tables.
        (&["delete from audit_tile"], &[(Fault::Tree, 0, 59)]),
        (&["update audit_tile set hashes = substr(hashes, 1, 57 * 32)"], &[(Fault::Tree, 57, 59)]),
        (&["insert into audit_tile values (0, 1, x'')"], &[(Fault::Tree, NOWHERE, NOWHERE)]),
        (
            &["insert into audit_tile values (0, 1000000000, zeroblob(32))"],
            &[(Fault::Tree, NOWHERE, NOWHERE)],
        ),
        (&["insert into audit_tile values (1, 0, zeroblob(32))"], &[(Fault::Tree, NOWHERE, NOWHERE)]),
        // Salts.
        (
            &["update audit_salt set salts = zeroblob(length(salts)) where leaf = 5"],
            &[(Fault::SaltErased, 5, 5), (Fault::SaltErased, 5, 5)],
        ),
        (&["delete from audit_salt where leaf = 5"], &[(Fault::Salt, 5, 5)]),
        (&["insert into audit_salt values (99, x'00')"], &[(Fault::Salt, NOWHERE, NOWHERE)]),
        // Checkpoints.
        (&["delete from audit_checkpoint where number = 3"], &[(Fault::Checkpoints, NOWHERE, NOWHERE)]),
        (&["delete from audit_checkpoint where number = 1"], &[(Fault::Checkpoints, NOWHERE, NOWHERE)]),
        (
            &["update audit_checkpoint set size = 31 where number = 3"],
            &[(Fault::Checkpoints, NOWHERE, NOWHERE)],
        ),
        (
            &["update audit_checkpoint set note = replace(note, 'audit', 'edit') where number = 3"],
            &[(Fault::Foreign, NOWHERE, NOWHERE)],
        ),
        (&["update audit_checkpoint set note = 'x' where number = 3"], &[(Fault::Forged, NOWHERE, NOWHERE)]),
        // Kept versions.
        (&["update kept set text = text || ' ' where rowid = 1"], &[(Fault::Kept, NOWHERE, NOWHERE)]),
        (&["delete from kept where text like 'a = 3' || char(10) || '%'"], &[(Fault::Kept, 3, 3)]),
        (&["delete from kept_current where name = 'qilu.toml'"], &[(Fault::Kept, NOWHERE, NOWHERE)]),
        (
            &["update kept_current set hash = x'00' where name = 'qilu.toml'"],
            &[(Fault::Kept, NOWHERE, NOWHERE)],
        ),
    ];
    let mut wrong = Vec::new();
    for (statements, expect) in rows {
        // The row after a cut end is the one place where the note from elsewhere says the same once more.
        let with_notes = expect.iter().any(|(fault, ..)| *fault == Fault::Truncated);
        wrong.extend(log.check(statements, if with_notes { &notes[5..] } else { &[] }, expect).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(log.verify(&notes).await.is_clean(), "made whole again");
}

/// Recomputes the tree over whatever the table holds now: what a forger with our program would do.
async fn recompute(log: &Log) {
    let rows = log
        .db
        .fetch(concat!("select ", super::reading::leaf_columns!(), " from audit_leaf order by idx"), &[])
        .await
        .unwrap();
    let hashes: Vec<[u8; 32]> =
        rows.iter().map(|row| super::tree::leaf(&[&super::leaf_of(row).unwrap()])).collect();
    log.run("delete from audit_tile", &[]).await;
    log.run("insert into audit_tile values (0, 0, $1)", args![hashes.as_flattened()]).await;
}

#[tokio::test]
async fn a_recomputed_history_is_caught_by_the_next_checkpoint() {
    let log = Log::of(60, 10).await;
    log.run("update audit_leaf set actor = 'nobody' where idx = 34", &[]).await;
    recompute(&log).await;
    let report = log.verify(&[]).await;
    let first = &report.findings[0];
    assert_eq!(
        (first.fault, first.at, first.until),
        (Fault::Forked, Some(30), Some(39)),
        "{:#?}",
        report.findings
    );
}

#[tokio::test]
async fn the_holder_of_the_key_is_caught_by_a_note_kept_elsewhere() {
    let log = Log::of(60, 10).await;
    let notes = log.notes().await;
    log.run("update audit_leaf set actor = 'nobody' where idx = 34", &[]).await;
    recompute(&log).await;
    log.run("delete from audit_checkpoint", &[]).await;
    let mut tx = log.db.begin().await.unwrap();
    seal(&mut tx, &log.signer).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    // Without it, nobody can know, and the report says so.
    let alone = log.verify(&[]).await;
    assert!(alone.is_clean() && alone.first_known.is_none());
    let report = log.verify(&notes[1..4]).await;
    let first = &report.findings[0];
    assert_eq!(
        (first.fault, first.at, first.until),
        (Fault::Forked, Some(30), Some(39)),
        "{:#?}",
        report.findings
    );
}

#[tokio::test]
async fn an_end_cut_off_with_its_checkpoints_is_caught_by_a_note_kept_elsewhere() {
    let log = Log::of(60, 10).await;
    let notes = log.notes().await;
    for sql in [
        "delete from audit_leaf where idx >= 50",
        "delete from audit_salt where leaf >= 50",
        "delete from audit_checkpoint where size > 50",
        "update audit_tile set hashes = substr(hashes, 1, 50 * 32)",
    ] {
        log.run(sql, &[]).await;
    }
    let alone = log.verify(&[]).await;
    assert!(alone.findings.iter().all(|finding| finding.fault == Fault::Kept), "{:#?}", alone.findings);
    let report = log.verify(&notes[5..]).await;
    let cut = report.findings.iter().find(|finding| finding.fault == Fault::Truncated).unwrap();
    assert_eq!((cut.at, cut.until), (Some(50), Some(59)));
}

#[tokio::test]
async fn two_logs_grown_from_one_copy_contradict_each_other() {
    let (one, other) = (Log::of(20, 10).await, Log::of(20, 10).await);
    one.grow(10, 10).await;
    other.clock.advance(Duration::from_secs(1));
    other.grow(10, 10).await;
    let report = one.verify(&other.notes().await).await;
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    let fork = &report.findings[0];
    assert_eq!((fork.fault, fork.at, fork.until), (Fault::Forked, Some(20), Some(28)));
}

#[tokio::test]
async fn other_keys_and_other_instances_are_not_believed() {
    let log = Log::of(20, 10).await;
    let stranger = Signer::create(&Clock::manual(START, 99), "zibo").public();
    let report = verify(&log.db, &[stranger], &[]).await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.fault == Fault::Foreign));
    assert_eq!(report.findings.len(), 2);

    let jinan = Log::empty("jinan").await;
    jinan.grow(20, 10).await;
    let both = [log.signer.public(), jinan.signer.public()];
    for keys in [&both[..1], &both[..]] {
        let report = verify(&log.db, keys, &jinan.notes().await[..1]).await.unwrap();
        assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    }
    // Without any key, roots are still compared, and the report says that signatures were not.
    let report = verify(&log.db, &[], &[]).await.unwrap();
    assert!(report.is_clean());
    assert!(report.limits(crate::record::Language::English)[0].starts_with("No public key"));
}
