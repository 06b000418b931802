//! The demo's first days, as the real program reports them, against the answer key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use qilu::demo::city::{
    AdoptionFate, City, Expected, Fate, ImportFate, Planted, adoption_key, change_one_percent, import_key,
    province_seeds,
};
use qilu::sandbox::Held;
use serde_json::Value as Json;

use crate::books::{Entries, Entry, agree, entries, no_doubles, own, schemas};
use crate::program::{Running, is_campaign, qilu, rows};

/// Records of the city at the province that no listing was matched with: four doubtful, one unknown.
const TYPED_IN: usize = 5;

struct Town {
    folder: tempfile::TempDir,
}

impl Town {
    fn place(&self) -> PathBuf {
        self.folder.path().join("demo")
    }

    fn market(&self) -> PathBuf {
        self.place().join("market.db")
    }

    fn ledger(&self) -> PathBuf {
        self.place().join("data/ledger.db")
    }

    fn sandbox(&self) -> PathBuf {
        self.place().join("data/sandbox.db")
    }

    async fn books(&self) -> (Entries, BTreeMap<String, Held>) {
        (entries(&self.ledger()).await, own(&self.sandbox()).await)
    }

    async fn batches(&self) -> u64 {
        qilu::sandbox::inspect(&self.sandbox()).await.expect("the sandbox's state").batches
    }

    async fn audit_is_clean(&self) {
        let verified = qilu(&self.place(), &["audit", "verify", "--json"]).await.ended(0).json();
        assert_eq!(verified["clean"], true, "{verified}");
    }
}

#[tokio::test]
async fn the_demos_days_match_the_answer_key() {
    let town = Town { folder: tempfile::tempdir().expect("a temporary folder") };
    let place = town.place();
    let place = place.to_str().expect("a readable path");
    if is_campaign() {
        // Wherever the first day is cut short, it ends like any other.
        for seconds in [1, 2, 3, 4, 5, 6, 4, 5, 6, 5, 6] {
            let running = Running::start(town.folder.path(), &["demo", place, "--once"]);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            running.kill();
        }
    }
    let round = qilu(town.folder.path(), &["demo", place, "--once", "--json"]).await.ended(0).json();
    conserved(&round);
    let (entries, held) = town.books().await;
    planted_rows(&entries);
    good_rows(&entries);
    rules_fail(&entries);
    agree(&town.ledger(), &entries, &held, TYPED_IN).await;
    no_doubles(&schemas(), &held);
    figures_of_the_letter(&held);
    adopted(&entries, &held, &round);
    imported(&town).await;
    town.audit_is_clean().await;

    let batches = town.batches().await;
    let second = qilu(Path::new(place), &["sync", "--json"]).await.ended(0).json();
    conserved(&second);
    assert_eq!(town.batches().await, batches, "nothing was sent");
    assert_eq!(second["platforms"][0]["delivery"]["run"], Json::Null, "nothing was ready");
    let (again, held_again) = town.books().await;
    assert_eq!((again.len(), &held_again), (entries.len(), &held));

    later_day(&town, &entries, &held).await;
    town.audit_is_clean().await;
}

/// Every row that was read is accounted for in each run.
fn conserved(round: &Json) {
    let sum = |report: &Json, names: &[&str]| -> u64 {
        names.iter().map(|name| report[name].as_u64().expect("a count")).sum()
    };
    let pushes = round["pushes"].as_array().expect("reports");
    assert_eq!(pushes.len(), 15);
    for push in pushes {
        let parts =
            ["unchanged", "created", "updated", "withdrawn", "filtered", "invalid", "held", "unreadable"];
        assert_eq!(push["read"], sum(push, &parts), "{push}");
        assert!(["well", "trouble"].contains(&push["end"].as_str().expect("an end")), "{push}");
        assert_eq!(push["complaints"], serde_json::json!([]), "{push}");
    }
    for import in round["imports"].as_array().expect("reports") {
        let parts = ["new", "updated", "unchanged", "quarantined", "own", "delisted"];
        assert_eq!(import["fetched"], sum(import, &parts), "{import}");
    }
}

fn planted_rows(entries: &Entries) {
    let planted = City::planted().expect("the answer key");
    let wrong: Vec<String> = planted
        .iter()
        .filter_map(|row| {
            let entry = entries.get(&(row.kind.to_owned(), row.key.clone()));
            let met = entry.is_some_and(|entry| meets(row, entry));
            (!met).then(|| {
                let (fate, family, column) = (row.fate.name(), row.family, row.column);
                format!(
                    "{} {} {}: {fate} by {family} at {column}, not {entry:#?}",
                    row.kind, row.key, row.class
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), planted.len(), wrong.join("\n"));
}

/// Did a planted row meet its fate, with a complaint of the right room about the right column?
fn meets(row: &Planted, entry: &Entry) -> bool {
    let shelves: &[&str] = match row.family {
        "mapping" => &["Q3"],
        "codes" => &["Q5"],
        "plan" => &["Q6", "Q3"],
        "province" => &["Q72"],
        _ => &["Q4"],
    };
    // A complaint about a whole group names all its columns; one about a list of lists names the list.
    let is_meant = |column: &str| {
        column.strip_prefix(row.column).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let told = entry.complaints.iter().any(|(_, one)| {
        shelves.iter().any(|shelf| one.id.starts_with(shelf))
            && (row.column.is_empty() || one.column.split(", ").any(is_meant))
    });
    match row.fate {
        Fate::Invalid => entry.verdict == "invalid" && told && entry.presence == "never",
        Fate::Held if row.class.starts_with("parent-") => entry.owed == "waiting_parent",
        Fate::Held => entry.verdict == "held" && told && entry.presence == "never",
        Fate::Filtered => entry.verdict == "filtered" && entry.complaints.is_empty(),
        Fate::Refused => entry.owed == "refused" && told && entry.presence == "never",
    }
}

/// Every other row is at the province, except the four that may be there already under another hand.
fn good_rows(entries: &Entries) {
    let planted = City::planted().expect("the answer key");
    let planted: BTreeSet<_> = planted.iter().map(|row| (row.kind.to_owned(), row.key.clone())).collect();
    let good: Vec<_> = entries.iter().filter(|(key, _)| !planted.contains(*key)).collect();
    for (kind, count) in City::good_rows() {
        let of_kind = good.iter().filter(|((known, _), _)| known == kind).count();
        assert_eq!(of_kind, count, "good rows of {kind}");
    }
    let doubtful = |entry: &Entry| {
        entry.owed == "waiting_person" && entry.complaints.iter().all(|(_, one)| one.id == "Q6020")
    };
    let kept: Vec<_> = good.iter().filter(|(_, entry)| !entry.is_settled() && !doubtful(entry)).collect();
    assert!(kept.is_empty(), "{} good rows are kept at home: {:#?}", kept.len(), &kept[..kept.len().min(5)]);
}

/// Each kind shows at least three rows that fail three different rules of its own.
fn rules_fail(entries: &Entries) {
    let mut rules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((kind, _), entry) in entries {
        // Q4900 keeps a row at home, Q4901 only warns.
        for (_, one) in entry.complaints.iter().filter(|(_, one)| ["Q4900", "Q4901"].contains(&&*one.id)) {
            let rule = one.facts.iter().find(|(name, _)| name == "rule").expect("its rule");
            rules.entry(kind).or_default().insert(&rule.1);
        }
    }
    assert_eq!(rules.len(), 15);
    assert!(rules.values().all(|rules| rules.len() >= 3), "{rules:#?}");
}

/// What the city wrote to the province, counted from what the province holds.
fn figures_of_the_letter(held: &BTreeMap<String, Held>) {
    let of_kind = |kind: &str| -> Vec<&Json> {
        held.values().filter(|one| one.kind == kind && !one.withdrawn).map(|one| &one.data).collect()
    };
    let count = |kind: &str, field: &str, value: Json| -> usize {
        of_kind(kind).iter().filter(|data| data[field] == value).count()
    };
    let total = |kind: &str, field: &str| -> i64 {
        let number = |data: &&Json| match &data[field] {
            Json::String(text) => text.parse::<f64>().expect("a number") as i64,
            other => other.as_i64().unwrap_or(0),
        };
        of_kind(kind).iter().map(number).sum()
    };
    let institutions: BTreeSet<&str> =
        of_kind("vice_president").iter().filter_map(|data| data["university"].as_str()).collect();
    let figures = [
        ("展厅布展单位", of_kind("exhibitor").len() as i64, 44),
        ("技术需求", of_kind("demand").len() as i64, 10),
        ("好成果推荐", of_kind("recommendation").len() as i64, 65),
        ("2023年推荐", count("recommendation", "year", 2023.into()) as i64, 32),
        ("入选", count("recommendation", "provinceState", "02".into()) as i64, 4),
        ("十大科技创新成果", count("recommendation", "provinceState", "03".into()) as i64, 1),
        ("提名", count("recommendation", "provinceState", "04".into()) as i64, 1),
        ("科技副总", of_kind("vice_president").len() as i64, 680),
        ("派出院校", institutions.len() as i64, 69),
        ("联合项目", total("vice_president", "projectCount"), 459),
        ("转化成果", total("vice_president", "transferCount"), 267),
        ("新增销售", total("vice_president", "newSalesWan"), 257_900),
        ("科技专员", of_kind("commissioner").len() as i64, 12),
        ("对接专家", total("commissioner", "visitCount"), 126),
        ("精准对接", total("commissioner", "matchCount"), 73),
        ("达成意向", total("commissioner", "intentCount"), 11),
        ("技术经理人", of_kind("manager").len() as i64, 1_057),
        ("中级", count("manager", "managerLevel", "02".into()) as i64, 172),
        ("初级班", count("manager", "trainingBatch", "2024-04 初级".into()) as i64, 150),
        ("中级班", count("manager", "trainingBatch", "2024-05 中级".into()) as i64, 138),
        ("评价优秀的机构", count("institution", "rating", "1".into()) as i64, 3),
    ];
    for (what, found, expect) in figures {
        assert_eq!(found, expect, "{what}");
    }
    for title in ["10微米超薄氢燃料电池全氟质子膜", "高精度协作机器人"] {
        assert_eq!(count("achievement", "title", title.into()), 1, "{title}");
    }
}

/// What the province held before is taken over, changed, or put before a person.
fn adopted(entries: &Entries, held: &BTreeMap<String, Held>, round: &Json) {
    let ids = remote_ids();
    for (place, kind, key, fate) in adoption_key().expect("the adoption key") {
        let (entry, remote_id) = (&entries[&(kind.to_owned(), key.clone())], &ids[place]);
        let found = format!("{kind} {key} {fate:?} {remote_id}: {entry:#?}");
        match fate {
            AdoptionFate::Identical | AdoptionFate::Differs => {
                assert_eq!((&entry.remote_id, entry.origin.as_str()), (remote_id, "adopted"), "{found}");
                assert!(entry.is_settled(), "{found}");
                let version = if fate == AdoptionFate::Identical { 1 } else { 2 };
                assert_eq!(held[remote_id].version, version, "{found}");
            }
            AdoptionFate::Doubtful => {
                assert_eq!(entry.owed, "waiting_person", "{found}");
                let named =
                    |one: &qilu::record::Complaint| one.id == "Q6020" && one.found.contains(remote_id);
                assert!(entry.complaints.iter().any(|(_, one)| named(one)), "{found}");
            }
            // The listing that stands nearest has nothing to do with it.
            AdoptionFate::Unknown => assert!(entry.is_settled() && entry.remote_id != *remote_id, "{found}"),
        }
    }
    if is_campaign() {
        // The days that were cut short have told a part of it.
        return;
    }
    let sum = |name: &str| -> u64 {
        let reports = round["adoptions"].as_array().expect("reports");
        reports.iter().map(|report| report[name].as_u64().expect("a count")).sum()
    };
    let counts = ["held_there", "same", "differs", "doubtful", "unmatched"].map(sum);
    assert_eq!(counts, [30, 7, 18, 4, TYPED_IN as u64]);
}

/// Other cities' results are in the city's table, or in quarantine, or known as our own.
async fn imported(town: &Town) {
    let ids = remote_ids();
    let column = |rows: Vec<Vec<String>>| -> BTreeSet<String> {
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    };
    let landed = column(rows(&town.market(), "select ly_id from sdcg_import").await);
    let sql = "select remote_id from quarantine where route = 'import-achievement'";
    let quarantined = column(rows(&town.ledger(), sql).await);
    let mut wrong = Vec::new();
    for (place, class, fate) in import_key().expect("the import key") {
        let (is_in, is_kept) = (landed.contains(&ids[place]), quarantined.contains(&ids[place]));
        let expect = match fate {
            ImportFate::New => (true, false),
            ImportFate::Own => (false, false),
            ImportFate::Duplicate | ImportFate::Quarantined => (false, true),
        };
        if (is_in, is_kept) != expect {
            wrong.push(format!("{} {class} {fate:?}: landed {is_in}, quarantined {is_kept}", ids[place]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The province numbers what it was seeded with kind by kind.
fn remote_ids() -> Vec<String> {
    let (mut firms, mut results) = (0, 0);
    let number = |seed: qilu::demo::city::ProvinceSeed| match seed.kind.as_str() {
        "enterprise" => {
            firms += 1;
            format!("SD-ENT-{firms:08}")
        }
        _ => {
            results += 1;
            format!("SD-ACH-{results:08}")
        }
    };
    province_seeds().expect("the seeds").into_iter().map(number).collect()
}

/// One row in a hundred changes: those are sent, and nothing else is touched.
async fn later_day(town: &Town, before: &Entries, held_before: &BTreeMap<String, Held>) {
    let changes = change_one_percent(&town.market()).await.expect("the market as it was built");
    let ran = qilu(&town.place(), &["sync", "--json"]).await;
    conserved(&ran.json());
    // A withdrawal that a person must confirm is new trouble.
    let ran = ran.ended(1);
    let (after, held) = town.books().await;
    agree(&town.ledger(), &after, &held, TYPED_IN).await;
    let mut touched = BTreeSet::new();
    for change in &changes {
        let key = (change.kind.to_owned(), change.key.clone());
        let entry = &after[&key];
        let now =
            held.get(&entry.remote_id).unwrap_or_else(|| panic!("{change:?} is not there: {entry:?} {ran}"));
        let was = before.get(&key).map(|entry| &held_before[&entry.remote_id]);
        let told = || format!("{change:?}\n{entry:#?}\n{was:#?}\n{now:#?}");
        let versions = (was.map_or(0, |was| was.version), now.version);
        match change.expected {
            Expected::Created => {
                assert!(was.is_none() && versions.1 == 1 && entry.is_settled(), "{}", told())
            }
            Expected::Updated => {
                assert!(versions.1 == versions.0 + 1 && entry.is_settled(), "{}", told());
                assert_ne!(was.map(|was| &was.data), Some(&now.data), "{}", told());
            }
            Expected::Withdrawn => assert!(now.withdrawn && entry.presence == "withdrawn", "{}", told()),
            Expected::WithdrawalAsked => {
                assert!(Some(now) == was && entry.owed == "waiting_person", "{}", told());
            }
            Expected::Kept => assert_eq!((Some(now), entry.owed.as_str()), (was, ""), "{}", told()),
            Expected::Unchanged => assert_eq!((Some(now), entry.is_settled()), (was, true), "{}", told()),
        }
        touched.insert(entry.remote_id.clone());
    }
    let others = held.iter().filter(|(id, _)| !touched.contains(*id));
    for (id, now) in others {
        assert_eq!(held_before.get(id), Some(now), "nobody changed it at home");
    }
}
