//! What the province's own staff do to the state file by hand, and what an inspector reads from it.
//!
//! All of it works beside a running sandbox and without one.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use super::books;
use super::store::{self, Held};
use crate::clock::{Clock, Timestamp};

/// A record that somebody typed in at the province, or that another city sent.
#[derive(Clone, Debug)]
pub struct Seed {
    pub kind: String,
    /// Six digits, such as `370100`.
    pub city: String,
    /// None for what was typed in by hand.
    pub local_id: Option<String>,
    /// A text `uscc:CODE` or `title:TITLE` becomes the id of the enterprise or achievement that has it.
    pub data: Value,
}

/// Everything in a state file.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// How many records there are by kind and status; a withdrawn one counts as `withdrawn`.
    pub counts: BTreeMap<(String, String), u64>,
    /// All records by their id at the province.
    pub records: Vec<Held>,
    /// How many batches were answered (an answer replayed is not counted again).
    pub batches: u64,
}

/// Fills a state file, made if need be, in one transaction. Seeds are taken as they are, sound or not, and published.
///
/// Shape:  the ids the province gave, in the order of the seeds.
/// Errors: a state file that cannot be written; two seeds of one kind and city with the same `local_id`.
pub async fn seed(state: &Path, seeds: &[Seed]) -> anyhow::Result<Vec<String>> {
    let now = Clock::machine().now();
    let mut connection = store::connect(state, true).await?;
    let mut tx = store::begin(&mut connection).await?;
    let mut ids = Vec::with_capacity(seeds.len());
    for (at, seed) in seeds.iter().enumerate() {
        let filling =
            || format!("seeding record {at} ({} of {}) into {}", seed.kind, seed.city, state.display());
        let mut data = seed.data.clone();
        resolve(&mut tx, &mut data).await.with_context(filling)?;
        let held = Held {
            remote_id: store::next_id(&mut tx, &seed.kind).await.with_context(filling)?,
            local_id: seed.local_id.clone(),
            kind: seed.kind.clone(),
            city: seed.city.clone(),
            data,
            version: 1,
            status: "published".to_owned(),
            opinion: String::new(),
            withdrawn: false,
            creates: 1,
            item_key: None,
            updated_at: now,
        };
        store::put(&mut tx, &held, now).await.with_context(filling)?;
        ids.push(held.remote_id);
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(ids)
}

/// Takes published records off the shelf, as their cities would. Errors: an id that is not there.
pub async fn withdraw(state: &Path, remote_ids: &[String], reason: &str) -> anyhow::Result<()> {
    change(state, remote_ids, |held| Held { withdrawn: true, opinion: reason.to_owned(), ..held }).await
}

/// Replaces a record's content, as its city would by an update. Errors: an id that is not there.
pub async fn amend(state: &Path, remote_id: &str, data: &Value) -> anyhow::Result<()> {
    change(state, &[remote_id.to_owned()], |held| Held { data: data.clone(), ..held }).await
}

/// Strikes records off (摘牌); the reviewers' feed says so. Errors: an id that is not there.
pub async fn delist(state: &Path, remote_ids: &[String], opinion: &str) -> anyhow::Result<()> {
    let delisted = |held| Held { status: "delisted".to_owned(), opinion: opinion.to_owned(), ..held };
    change(state, remote_ids, delisted).await
}

/// Everything the state file holds. Errors: a file that is not there or is no state file.
pub async fn inspect(state: &Path) -> anyhow::Result<Inspection> {
    let mut connection = store::connect(state, false).await?;
    let mut tx = connection.begin().await?;
    let rows = sqlx::query("SELECT * FROM record ORDER BY remote_id").fetch_all(&mut *tx).await?;
    let records = rows.iter().map(store::held).collect::<sqlx::Result<Vec<_>>>()?;
    let batches: i64 = sqlx::query_scalar("SELECT count(*) FROM answer").fetch_one(&mut *tx).await?;
    tx.commit().await?;
    connection.close().await?;
    let mut counts = BTreeMap::new();
    for held in &records {
        let status = if held.withdrawn { "withdrawn" } else { held.status.as_str() };
        *counts.entry((held.kind.clone(), status.to_owned())).or_default() += 1;
    }
    Ok(Inspection { counts, records, batches: batches.unsigned_abs() })
}

async fn change(state: &Path, remote_ids: &[String], with: impl Fn(Held) -> Held) -> anyhow::Result<()> {
    let now = Clock::machine().now();
    let mut connection = store::connect(state, false).await?;
    let mut tx = store::begin(&mut connection).await?;
    for remote_id in remote_ids {
        let held = store::find(&mut tx, remote_id).await?;
        ensure!(held.is_some(), "there is no record {remote_id} in {}", state.display());
        if let Some(held) = held {
            let was = held.status.clone();
            let changed =
                with(Held { version: held.version + 1, updated_at: later(now, held.updated_at), ..held });
            store::put(&mut tx, &changed, now).await?;
            if changed.status != was {
                books::note_review(&mut tx, &changed, now).await?;
            }
        }
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// A change is later than what it changes, even if the sandbox runs on a test's clock.
fn later(now: Timestamp, before: Timestamp) -> Timestamp {
    now.max(Timestamp(before.0 + 1))
}

/// Replaces references by what they refer to, wherever they stand in the document; unknown ones stay as they are.
async fn resolve(tx: &mut SqliteConnection, data: &mut Value) -> sqlx::Result<()> {
    let mut open = vec![data];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                if let Some(remote_id) = refer(tx, text).await? {
                    *text = remote_id;
                }
            }
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values_mut()),
            Value::Null | Value::Bool(_) | Value::Number(_) => (),
        }
    }
    Ok(())
}

async fn refer(tx: &mut SqliteConnection, text: &str) -> sqlx::Result<Option<String>> {
    let found = match text.split_once(':') {
        Some(("uscc", code)) => store::search(tx, "enterprise", "", code).await?,
        Some(("title", title)) => store::search(tx, "achievement", title, "").await?,
        _ => return Ok(None),
    };
    Ok(found.into_iter().next().map(|held| held.remote_id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seed_of(kind: &str, city: &str, data: Value) -> Seed {
        Seed { kind: kind.into(), city: city.into(), local_id: None, data }
    }

    #[tokio::test]
    async fn seeds_refer_to_each_other_and_are_published() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let seeds = [
            seed_of("enterprise", "370100", json!({"name": "甲公司", "uscc": "91370303MA00000AAU"})),
            seed_of("achievement", "370100", json!({"title": "机器人", "owner": "uscc:91370303MA00000AAU"})),
            seed_of("roadshow", "370100", json!({"title": "会", "items": [{"achievement": "title:机器人"}]})),
            seed_of("achievement", "370100", json!({"title": "x", "owner": "uscc:nobody"})),
        ];
        let ids = seed(&state, &seeds).await.unwrap();
        assert_eq!(ids, ["SD-ENT-00000001", "SD-ACH-00000001", "SD-ROA-00000001", "SD-ACH-00000002"]);
        let found = inspect(&state).await.unwrap();
        let data = |id: &str| found.records.iter().find(|held| held.remote_id == id).unwrap().data.clone();
        assert_eq!(data("SD-ACH-00000001")["owner"], "SD-ENT-00000001");
        assert_eq!(data("SD-ROA-00000001")["items"][0]["achievement"], "SD-ACH-00000001");
        assert_eq!(data("SD-ACH-00000002")["owner"], "uscc:nobody");
        assert_eq!(found.counts[&("achievement".to_owned(), "published".to_owned())], 2);

        withdraw(&state, &ids[1..2], "到期").await.unwrap();
        delist(&state, &ids[0..1], "运行不善").await.unwrap();
        amend(&state, &ids[3], &json!({"title": "y"})).await.unwrap();
        let found = inspect(&state).await.unwrap();
        let versions: Vec<_> = found.records.iter().map(|held| held.version).collect();
        assert_eq!(versions, [2, 2, 2, 1]);
        assert_eq!(found.counts[&("achievement".to_owned(), "withdrawn".to_owned())], 1);
        assert_eq!(found.counts[&("enterprise".to_owned(), "delisted".to_owned())], 1);
        assert!(withdraw(&state, &["SD-ACH-9".to_owned()], "").await.is_err());
        assert!(inspect(&folder.path().join("none.db")).await.is_err());
    }

    #[tokio::test]
    async fn thousands_of_seeds_take_no_time_worth_mentioning() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let seeds: Vec<_> = (0..5000)
            .map(|n| seed_of("achievement", "370200", json!({"title": format!("成果{n}")})))
            .collect();
        assert_eq!(seed(&state, &seeds).await.unwrap().last().unwrap(), "SD-ACH-00005000");
    }
}
