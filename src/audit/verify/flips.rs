//! Random damage, damage across tiles, and what must still hold beside a damaged log.

use std::time::Duration;

use super::mutations::{Damage, Log, START};
use super::{Fault, check_evidence};
use crate::args;
use crate::audit::{Deed, Event, PublicKey, append, prove, seal};
use crate::clock::Clock;

#[tokio::test]
async fn damage_in_a_log_of_several_tiles_is_located() {
    let log = Log::of(700, 100).await;
    let rows: &[Damage<'_>] = &[
        (
            &["update audit_leaf set actor = 'x' where idx in (255, 256, 511)"],
            &[(Fault::Altered, 255, 256), (Fault::Altered, 511, 511)],
        ),
        (
            &[
                "delete from audit_leaf where idx between 250 and 270",
                "delete from audit_salt where leaf between 250 and 270",
                "delete from kept where text like 'a = 253%' or text like 'a = 263%'",
            ],
            &[(Fault::Removed, 250, 270)],
        ),
        (&["delete from audit_tile where level = 0 and position = 4"], &[(Fault::Tree, 256, 319)]),
        (&["delete from audit_tile where level = 1"], &[(Fault::Tree, 0, 4095)]),
        (
            &["update audit_tile set hashes = zeroblob(32) || substr(hashes, 33) where level = 1"],
            &[(Fault::Tree, 0, 63)],
        ),
        (&["delete from audit_tile where level = 0 and position = 10"], &[(Fault::Tree, 640, 699)]),
    ];
    let mut wrong = Vec::new();
    for (statements, expect) in rows {
        wrong.extend(log.check(statements, &[], expect).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One bit of one value, and the statement that puts it back changed.
struct Cell {
    count: &'static str,
    read: &'static str,
    write: &'static str,
    /// Whole numbers are flipped as such, the rest as bytes.
    number: bool,
    /// Whether rows of the table are events.
    events: bool,
}

macro_rules! cell {
    ($table:literal, $order:literal, $column:literal, $kind:ident) => {
        Cell {
            count: concat!("select count(*) from ", $table, " where length(", $column, ") > 0"),
            read: concat!(
                "select cast(", $column, " as blob), ", $column, ", rowid from ", $table, " where length(", $column,
                ") > 0 order by ", $order, " limit 1 offset $1"
            ),
            write: cell!($kind $table, $column),
            number: matches!(stringify!($kind), "number"),
            events: matches!($table.as_bytes(), b"audit_leaf" | b"audit_salt"),
        }
    };
    (text $table:literal, $column:literal) => {
        concat!("update ", $table, " set ", $column, " = cast($1 as text) where rowid = $2")
    };
    ($kind:ident $table:literal, $column:literal) => {
        concat!("update ", $table, " set ", $column, " = $1 where rowid = $2")
    };
}

#[tokio::test]
async fn every_flipped_bit_is_found_and_located() {
    let log = Log::of(40, 10).await;
    let cells = [
        cell!("audit_leaf", "idx", "time", number),
        cell!("audit_leaf", "idx", "idx", number),
        cell!("audit_leaf", "idx", "event", text),
        cell!("audit_leaf", "idx", "actor", text),
        cell!("audit_leaf", "idx", "role", text),
        cell!("audit_leaf", "idx", "run", text),
        cell!("audit_leaf", "idx", "platform", text),
        cell!("audit_leaf", "idx", "kind", text),
        cell!("audit_leaf", "idx", "subject", text),
        cell!("audit_leaf", "idx", "items", blob),
        cell!("audit_salt", "leaf", "salts", blob),
        cell!("audit_tile", "rowid", "hashes", blob),
        cell!("audit_checkpoint", "number", "note", text),
        cell!("audit_checkpoint", "number", "size", number),
        cell!("audit_checkpoint", "number", "number", number),
        cell!("kept", "rowid", "text", text),
        cell!("kept", "rowid", "name", text),
        cell!("kept", "rowid", "hash", blob),
        cell!("kept_current", "rowid", "hash", blob),
    ];
    let dice = Clock::manual(START, 5);
    let below = |limit: usize| (u64::from_le_bytes(dice.dice()) % limit as u64) as usize;
    for round in 0..190 {
        let cell = &cells[round % cells.len()];
        let count = log.db.fetch_one(cell.count, &[]).await.unwrap().unwrap().int(0) as usize;
        let row = log.db.fetch_one(cell.read, args![below(count) as i64]).await.unwrap().unwrap();
        let (mut bytes, number, place) = (row.blob(0), row.int(1), row.int(2));
        if cell.number {
            log.run(cell.write, args![number ^ (1 << (6 + below(57))), place]).await;
        } else {
            let at = below(bytes.len());
            bytes[at] ^= 1 << below(8);
            log.run(cell.write, args![&bytes, place]).await;
        }
        let report = log.verify(&[]).await;
        let located = report.findings.iter().any(|finding| {
            let place = place as u64;
            !cell.events
                || finding.at.is_some_and(|at| at <= place) && finding.until.is_some_and(|to| to >= place)
        });
        assert!(located, "round {round}: {} row {place}: {:#?}", cell.write, report.findings);
        log.make_whole().await;
    }
    assert!(log.verify(&[]).await.is_clean(), "made whole again");
}

#[tokio::test]
async fn evidence_of_one_event_convinces_without_the_database() {
    let log = Log::of(300, 300).await;
    let keys: [PublicKey; 1] = [log.signer.public()];
    for index in [0, 1, 63, 64, 255, 256, 299] {
        let evidence = prove(&log.db, index).await.unwrap().unwrap().to_string();
        let checked = check_evidence(&evidence, &keys).unwrap();
        assert_eq!((checked.index, checked.size), (index, 300));
        let wrong_place = evidence.replace(&format!("index {index}\n"), &format!("index {}\n", index + 1));
        assert_eq!(check_evidence(&wrong_place, &keys), None);
        assert_eq!(check_evidence(&evidence.replacen("extra A", "extra B", 1), &keys), None);
        assert_eq!(check_evidence(&evidence, &[]), None);
    }
    assert_eq!(prove(&log.db, 300).await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_tree_takes_no_event_and_signs_nothing() {
    let log = Log::of(20, 10).await;
    log.run("update audit_tile set hashes = substr(hashes, 1, 32)", &[]).await;
    let mut tx = log.db.begin().await.unwrap();
    let event = Event::new(Deed::Stop, log.clock.now(), "wang", "operator");
    let refused = append(&mut tx, &event).await.unwrap_err();
    assert!(refused.to_string().contains("tile 0/0 holds 1 hashes and not 20"), "{refused}");
    drop(tx);
    log.make_whole().await;
    log.run("update audit_tile set hashes = zeroblob(length(hashes))", &[]).await;
    let mut tx = log.db.begin().await.unwrap();
    append(&mut tx, &event).await.unwrap();
    let refused = seal(&mut tx, &log.signer).await.unwrap_err();
    assert!(refused.to_string().contains("does not extend checkpoint 2"), "{refused}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_turn_time_around() {
    let log = Log::empty("zibo").await;
    let mut tx = log.db.begin().await.unwrap();
    for seconds in [100, 50, 200] {
        let at = START.plus(Duration::from_secs(seconds));
        append(&mut tx, &Event::new(Deed::Viewed, at, "li", "auditor")).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(log.verify(&[]).await.is_clean());
}
