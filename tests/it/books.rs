//! The ledger and the province's state, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use qilu::codes::Codes;
use qilu::record::Complaint;
use qilu::sandbox::{self, Held};
use qilu::schema::{SchemaSet, natural_keys};

use crate::program::{count, rows};

/// One record as the ledger has it.
#[derive(Debug)]
pub struct Entry {
    pub id: String,
    pub verdict: String,
    /// The state of what is owed; empty where nothing is.
    pub owed: String,
    pub presence: String,
    pub remote_id: String,
    pub origin: String,
    /// With their sources.
    pub complaints: Vec<(String, Complaint)>,
}

impl Entry {
    /// At the province, with nothing owed.
    pub fn is_settled(&self) -> bool {
        self.verdict == "publishable" && self.presence == "there" && self.owed.is_empty()
    }
}

/// All records of a ledger, by kind and key.
pub type Entries = BTreeMap<(String, String), Entry>;

pub async fn entries(ledger: &Path) -> Entries {
    let sql = "select r.kind, r.key_text, r.id, r.verdict, d.state, r.presence, r.remote_id, r.origin
        from record r left join delivery d on d.id = r.owed";
    let mut entries: Entries = rows(ledger, sql)
        .await
        .into_iter()
        .map(|row| {
            let [kind, key, id, verdict, owed, presence, remote_id, origin] =
                <[String; 8]>::try_from(row).expect("eight columns");
            let complaints = Vec::new();
            ((kind, key), Entry { id, verdict, owed, presence, remote_id, origin, complaints })
        })
        .collect();
    let sql =
        "select r.kind, r.key_text, c.source, c.facts from complaint c join record r on r.seq = c.record
        order by c.record, c.source, c.position";
    for row in rows(ledger, sql).await {
        let [kind, key, source, facts] = <[String; 4]>::try_from(row).expect("four columns");
        let complaint = serde_json::from_str(&facts).expect("a complaint");
        entries.get_mut(&(kind, key)).expect("its record").complaints.push((source, complaint));
    }
    entries
}

/// The records that the province holds of the city, by their ids there.
pub async fn own(sandbox: &Path) -> BTreeMap<String, Held> {
    let held = sandbox::inspect(sandbox).await.expect("the sandbox's state").records;
    let own = held.into_iter().filter(|one| one.city == "370300");
    own.map(|one| (one.remote_id.clone(), one)).collect()
}

/// The province has exactly what the ledger says it has: each record once, asked for once, under our id or adopted;
/// and nothing is under way or in doubt.
///
/// `typed_in`: how many records of the city stand there that nobody at home knows.
pub async fn agree(ledger: &Path, entries: &Entries, own: &BTreeMap<String, Held>, typed_in: usize) {
    let mut known = BTreeSet::new();
    for ((kind, key), entry) in entries {
        let there = match entry.presence.as_str() {
            "never" => {
                let ours = own.values().find(|held| held.local_id.as_ref() == Some(&entry.id));
                assert!(ours.is_none(), "{kind} {key} is there, and the ledger does not know: {ours:?}");
                continue;
            }
            "there" => true,
            _ => false,
        };
        let held = own.get(&entry.remote_id);
        let held = held.unwrap_or_else(|| panic!("{kind} {key} is lost: {entry:?}"));
        assert!(known.insert(&entry.remote_id), "{kind} {key} shares {}", entry.remote_id);
        assert_eq!(held.withdrawn, !there, "{kind} {key}: {held:?}");
        assert_eq!(held.creates, 1, "{kind} {key} was asked for more than once: {held:?}");
        match (&held.local_id, entry.origin.as_str()) {
            (Some(local_id), _) => assert_eq!(local_id, &entry.id, "{kind} {key}"),
            (None, origin) => assert_eq!(origin, "adopted", "{kind} {key}"),
        }
    }
    let strangers: Vec<_> = own.keys().filter(|id| !known.contains(id)).collect();
    assert_eq!(strangers.len(), typed_in, "records that nobody sent: {strangers:?}");
    let open = "select count(*) from delivery where state in ('in_flight', 'in_doubt')";
    assert_eq!(count(ledger, open).await, 0, "deliveries under way or in doubt");
    let open = "select count(*) from batch where state in ('in_flight', 'in_doubt')";
    assert_eq!(count(ledger, open).await, 0, "batches under way or in doubt");
    assert_eq!(
        count(ledger, "select count(*) from run where outcome = 'running'").await,
        0,
        "runs under way"
    );
}

/// No two records of the city at the province are about the same thing.
pub fn no_doubles(schemas: &SchemaSet, own: &BTreeMap<String, Held>) {
    let mut seen = BTreeMap::new();
    for held in own.values().filter(|held| !held.withdrawn) {
        let kind = schemas.kind(&held.kind).expect("a kind");
        for key in natural_keys(kind, held.data.as_object().expect("an object")) {
            if let Some(other) = seen.insert((held.kind.clone(), key), held) {
                panic!("twice the same thing: {other:?}\n{held:?}");
            }
        }
    }
}

/// The shipped schemas.
pub fn schemas() -> SchemaSet {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.join("schemas/shandong/v1");
    let (codes, faults) = Codes::load(&folder.join("codes"), &here.join("config/crosswalks"));
    assert!(faults.is_empty(), "{faults:?}");
    SchemaSet::load(&folder, &codes).expect("the shipped schemas")
}
