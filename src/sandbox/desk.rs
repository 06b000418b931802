//! The desk that takes batches: each item is decided alone, and all effects of a batch are one transaction with its
//! answer.

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::books::{self, Before};
use super::files;
use super::reading::{Finding, Kind};
use super::rules::{self, Facts};
use super::store::{self, Held};
use super::{Province, signature};
use crate::clock::{Clock, Timestamp};

/// How many records one batch may hold.
pub const BATCH_RECORDS_MAX: usize = 100;
/// Kinds of which one thing may come in by one channel only, whatever city sends it.
const ONE_CHANNEL: [&str; 2] = ["achievement", "recommendation"];

/// What the desk says to a batch.
pub enum Reply {
    /// Decided now: the answer's text, kept under the idempotency key.
    Fresh(String),
    /// Decided before: the same text again.
    Replay(String),
    /// The idempotency key belongs to another request.
    Conflict,
    /// Not a batch at all: code and message.
    Refused(&'static str, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Update,
    Withdraw,
}

/// One record of a batch, read with patience.
struct Item<'a> {
    local_id: &'a str,
    item_key: &'a str,
    remote_id: &'a str,
    reason: &'a str,
    data: &'a Value,
}

/// What becomes of one item.
enum Outcome {
    Done { remote_id: String, version: i64 },
    Refused { finding: Finding, remote_id: Option<String> },
}

/// Takes a batch of one kind.
///
/// Errors: the state file only; everything the sender can do wrong is a reply.
pub async fn take(
    province: &Province,
    kind: &str,
    path: &str,
    key: &str,
    body: &[u8],
) -> anyhow::Result<Reply> {
    let request = signature::sha256_hex(&[path.as_bytes(), b"\n", body].concat());
    let now = province.clock.now();
    let mut writer = province.store.writer().await;
    let mut tx = store::begin(&mut writer).await.context("the sandbox could not begin a batch")?;
    match books::answered(&mut tx, key, &request).await? {
        Before::Same(text) => return Ok(Reply::Replay(text)),
        Before::Other => return Ok(Reply::Conflict),
        Before::Nothing => (),
    }
    let Ok(batch) = serde_json::from_slice::<Value>(body) else {
        return Ok(Reply::Refused("1400", "报文不是合法的JSON"));
    };
    let (action, records) = match open(&batch, key, &province.city) {
        Ok(opened) => opened,
        Err((code, message)) => return Ok(Reply::Refused(code, message)),
    };
    books::read_natural_keys(&mut tx, &province.reading).await?;
    let mut results = Vec::with_capacity(records.len());
    for record in records {
        let item = Item::read(record);
        let outcome = province.decide(&mut tx, kind, action, &item, now).await?;
        results.push(outcome.answer(item.local_id));
    }
    shuffle(&mut results, &province.clock);
    let text = province.answer("0", "成功", json!({ "batchNo": key, "results": results }));
    books::keep_answer(&mut tx, key, &request, &text, now).await?;
    tx.commit().await.context("the sandbox could not keep a batch")?;
    Ok(Reply::Fresh(text))
}

fn open<'a>(
    batch: &'a Value,
    key: &str,
    city: &str,
) -> Result<(Action, &'a [Value]), (&'static str, &'static str)> {
    if batch["batchNo"] != key {
        return Err(("1400", "batchNo与Idempotency-Key不一致"));
    }
    if batch["cityCode"] != city {
        return Err(("1403", "城市编码与应用不符"));
    }
    let action = match batch["action"].as_str() {
        Some("create") => Action::Create,
        Some("update") => Action::Update,
        Some("withdraw") => Action::Withdraw,
        _ => return Err(("1400", "参数错误")),
    };
    let records = batch["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    match records.len() {
        0 => Err(("1400", "参数错误")),
        1..=BATCH_RECORDS_MAX => Ok((action, records)),
        _ => Err(("1413", "批次超过100条")),
    }
}

impl<'a> Item<'a> {
    fn read(record: &'a Value) -> Self {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        Item {
            local_id: text("localId"),
            item_key: text("itemKey"),
            remote_id: text("remoteId"),
            reason: text("reason"),
            data: &record["data"],
        }
    }
}

impl Outcome {
    fn refused(code: &'static str, message: &str, field: &str) -> Self {
        let finding = Finding { code, message: message.to_owned(), field: field.to_owned() };
        Outcome::Refused { finding, remote_id: None }
    }

    fn answer(self, local_id: &str) -> Value {
        match self {
            Outcome::Done { remote_id, version } => {
                json!({ "localId": local_id, "code": "0", "message": "成功", "remoteId": remote_id, "version": version })
            }
            Outcome::Refused { finding, remote_id } => {
                let mut result =
                    json!({ "localId": local_id, "code": finding.code, "message": finding.message });
                if !finding.field.is_empty() {
                    result["field"] = finding.field.into();
                }
                if let Some(remote_id) = remote_id {
                    result["remoteId"] = remote_id.into();
                }
                result
            }
        }
    }
}

impl Province {
    async fn decide(
        &self,
        tx: &mut SqliteConnection,
        kind_name: &str,
        action: Action,
        item: &Item<'_>,
        now: Timestamp,
    ) -> anyhow::Result<Outcome> {
        let Some(kind) = self.reading.kind(kind_name) else {
            return Ok(Outcome::refused("2400", "参数错误", ""));
        };
        if item.local_id.is_empty() || item.local_id.len() > 64 {
            return Ok(Outcome::refused("2400", "参数错误", ""));
        }
        let before = match action {
            Action::Create => match self.before_create(tx, kind_name, item).await? {
                Ok(before) => before,
                Err(outcome) => return Ok(outcome),
            },
            Action::Update | Action::Withdraw => match self.before_change(tx, kind_name, action, item).await?
            {
                Ok(held) => Some(held),
                Err(outcome) => return Ok(outcome),
            },
        };
        match (action, before) {
            (Action::Withdraw, Some(held)) => withdraw(tx, held, item, now).await,
            (_, before) => match self.findings(tx, kind_name, kind, item, before.as_ref()).await? {
                Some(refused) => Ok(refused),
                None => self.write(tx, kind_name, item, before, now).await,
            },
        }
    }

    /// A create of what is there already is a duplicate, unless it was withdrawn: then it comes back.
    async fn before_create(
        &self,
        tx: &mut SqliteConnection,
        kind: &str,
        item: &Item<'_>,
    ) -> anyhow::Result<Result<Option<Held>, Outcome>> {
        let Some(held) = store::find_local(tx, kind, &self.city, item.local_id).await? else {
            return Ok(Ok(None));
        };
        if held.withdrawn {
            return Ok(Ok(Some(held)));
        }
        sqlx::query("UPDATE record SET creates = creates + 1 WHERE remote_id = ?1")
            .bind(&held.remote_id)
            .execute(tx)
            .await?;
        let finding = Finding { code: "2409", message: "数据已存在".to_owned(), field: String::new() };
        Ok(Err(Outcome::Refused { finding, remote_id: Some(held.remote_id) }))
    }

    async fn before_change(
        &self,
        tx: &mut SqliteConnection,
        kind: &str,
        action: Action,
        item: &Item<'_>,
    ) -> anyhow::Result<Result<Held, Outcome>> {
        let refused = |code, message| Ok(Err(Outcome::refused(code, message, "")));
        let Some(held) = store::find(tx, item.remote_id).await?.filter(|held| held.kind == kind) else {
            return refused("2404", "数据不存在");
        };
        if held.city != self.city {
            return refused("2403", "非本市数据");
        }
        if action == Action::Withdraw && item.reason.trim().is_empty() {
            return refused("2417", "撤回原因必填");
        }
        if action == Action::Update && held.status == "delisted" {
            return refused("2416", "已摘牌");
        }
        if is_stale(held.item_key.as_deref(), item.item_key) {
            return refused("2412", "版本已过期");
        }
        Ok(Ok(held))
    }

    /// What the schema files, the unwritten rules and the other records have against the document.
    async fn findings(
        &self,
        tx: &mut SqliteConnection,
        kind_name: &str,
        kind: &Kind,
        item: &Item<'_>,
        before: Option<&Held>,
    ) -> anyhow::Result<Option<Outcome>> {
        let refused = |finding| Ok(Some(Outcome::Refused { finding, remote_id: None }));
        if let Some(finding) = kind.check(item.data) {
            return refused(finding);
        }
        for parent in kind.parents(item.data) {
            let found = store::find(tx, parent.remote_id).await?.filter(|held| held.kind == parent.kind);
            match found {
                None => return Ok(Some(Outcome::refused("2410", "关联对象不存在", &parent.field))),
                Some(held) if held.withdrawn => {
                    return Ok(Some(Outcome::refused("2410", "关联对象已撤回", &parent.field)));
                }
                Some(_) => (),
            }
        }
        let own = before.map(|held| held.remote_id.as_str()).unwrap_or_default();
        let facts = self.facts(tx, kind_name, item.data, own).await?;
        if let Some(finding) = rules::first_broken(kind_name, item.data, &facts) {
            return refused(finding);
        }
        if let Some(finding) = files::lost(tx, item.data).await? {
            return refused(finding);
        }
        let doubles = books::doubles(tx, kind_name, &kind.natural_keys(item.data), own).await?;
        Ok(doubles.into_iter().find_map(|double| self.double(kind_name, double)))
    }

    /// A record that somebody typed in by hand is offered for adoption; one that came by this or another channel
    /// is not.
    fn double(&self, kind: &str, double: Held) -> Option<Outcome> {
        let ours = double.city == self.city;
        if ours && double.local_id.is_none() {
            let finding = Finding { code: "2409", message: "疑似重复".to_owned(), field: String::new() };
            return Some(Outcome::Refused { finding, remote_id: Some(double.remote_id) });
        }
        match (ours, ONE_CHANNEL.contains(&kind)) {
            (true, _) => Some(Outcome::refused("2413", "重复申报", "")),
            (false, true) => Some(Outcome::refused("2414", "已由其他市报送", "")),
            (false, false) => None,
        }
    }

    async fn facts(
        &self,
        tx: &mut SqliteConnection,
        kind: &str,
        data: &Value,
        own: &str,
    ) -> anyhow::Result<Facts> {
        let mut facts = Facts { today: self.today(), appointments: Vec::new() };
        if kind == "vice_president" {
            let sql = "SELECT data FROM record WHERE kind = ?1 AND title = ?2 AND remote_id <> ?3 AND withdrawn = 0";
            let name = store::title_of(data);
            for row in sqlx::query(sql).bind(kind).bind(name).bind(own).fetch_all(tx).await? {
                facts.appointments.push(serde_json::from_str(row.try_get("data")?)?);
            }
        }
        Ok(facts)
    }

    async fn write(
        &self,
        tx: &mut SqliteConnection,
        kind: &str,
        item: &Item<'_>,
        before: Option<Held>,
        now: Timestamp,
    ) -> anyhow::Result<Outcome> {
        let item_key = Some(item.item_key.to_owned()).filter(|key| !key.is_empty());
        let held = match before {
            // The same again of what stands or is being looked at: nothing to review anew.
            Some(held) if held.data == *item.data && !held.withdrawn && is_well(&held.status) => {
                bind(tx, &held, item, item_key).await?;
                return Ok(Outcome::Done { remote_id: held.remote_id, version: held.version });
            }
            Some(held) => Held {
                local_id: Some(item.local_id.to_owned()),
                data: item.data.clone(),
                version: held.version + 1,
                creates: held.creates + i64::from(held.withdrawn),
                withdrawn: false,
                ..held
            },
            None => Held {
                remote_id: store::next_id(tx, kind).await?,
                local_id: Some(item.local_id.to_owned()),
                kind: kind.to_owned(),
                city: self.city.clone(),
                data: item.data.clone(),
                version: 1,
                status: String::new(),
                opinion: String::new(),
                withdrawn: false,
                creates: 1,
                item_key: None,
                updated_at: now,
            },
        };
        let held = Held {
            status: "in_review".to_owned(),
            opinion: String::new(),
            item_key,
            updated_at: now,
            ..held
        };
        if held.version > 1 {
            release_local_id(tx, &held, item.local_id).await?;
        }
        store::put(tx, &held, now.plus(self.faults.delay_of_reviews())).await?;
        books::note_natural_keys(tx, &self.reading, kind, &held.remote_id, &held.data).await?;
        books::note_review(tx, &held, now).await?;
        Ok(Outcome::Done { remote_id: held.remote_id, version: held.version })
    }
}

async fn withdraw(
    tx: &mut SqliteConnection,
    held: Held,
    item: &Item<'_>,
    now: Timestamp,
) -> anyhow::Result<Outcome> {
    if !held.withdrawn {
        let sql = "UPDATE record SET withdrawn = 1, opinion = ?2, item_key = ?3, version = version + 1,
                   updated_at = ?4 WHERE remote_id = ?1";
        let query = sqlx::query(sql).bind(&held.remote_id).bind(item.reason).bind(item.item_key).bind(now.0);
        query.execute(tx).await?;
    }
    let version = held.version + i64::from(!held.withdrawn);
    Ok(Outcome::Done { remote_id: held.remote_id, version })
}

/// Notes the sender's id and version on a record whose content stays as it is.
async fn bind(
    tx: &mut SqliteConnection,
    held: &Held,
    item: &Item<'_>,
    item_key: Option<String>,
) -> sqlx::Result<()> {
    release_local_id(tx, held, item.local_id).await?;
    sqlx::query("UPDATE record SET local_id = ?2, item_key = ?3 WHERE remote_id = ?1")
        .bind(&held.remote_id)
        .bind(item.local_id)
        .bind(item_key)
        .execute(tx)
        .await?;
    Ok(())
}

/// A sender's id names one record: whoever names another one by it has moved it there.
async fn release_local_id(tx: &mut SqliteConnection, held: &Held, local_id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE record SET local_id = NULL WHERE kind = ?1 AND city = ?2 AND local_id = ?3 AND remote_id <> ?4";
    let query = sqlx::query(sql).bind(&held.kind).bind(&held.city).bind(local_id).bind(&held.remote_id);
    query.execute(tx).await?;
    Ok(())
}

fn is_well(status: &str) -> bool {
    matches!(status, "in_review" | "published")
}

/// Is the item older than what took effect last? Keys of another instance or record cannot be compared.
fn is_stale(last: Option<&str>, item: &str) -> bool {
    let split = |key: &str| -> Option<(String, u64)> {
        let (scope, version) = key.rsplit_once('/')?;
        Some((scope.to_owned(), version.parse().ok()?))
    };
    match (last.and_then(split), split(item)) {
        (Some((scope, last)), Some((other, version))) => scope == other && version < last,
        _ => false,
    }
}

/// Puts the results into an order that nobody can rely on; never the order of the request.
fn shuffle(results: &mut [Value], clock: &Clock) {
    let before = results.first().cloned();
    for at in (1..results.len()).rev() {
        let dice = u64::from_le_bytes(clock.dice());
        results.swap(at, (dice % (at as u64 + 1)) as usize);
    }
    if results.len() > 1 && results.first() == before.as_ref() {
        results.rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_older_version_of_the_same_record_is_stale() {
        let rows = [
            (None, "zb/7/1", false),
            (Some("zb/7/2"), "zb/7/1", true),
            (Some("zb/7/2"), "zb/7/2", false),
            (Some("zb/7/2"), "zb/7/3", false),
            (Some("zb/7/10"), "zb/7/9", true),
            (Some("zb/7/2"), "zb2/7/1", false),
            (Some("zb/7/2"), "", false),
            (Some("zb/7/two"), "zb/7/1", false),
        ];
        for (last, item, expect) in rows {
            assert_eq!(is_stale(last, item), expect, "{last:?} {item}");
        }
    }

    #[test]
    fn results_never_come_in_the_order_of_the_request() {
        let clock = Clock::manual(Timestamp(0), 1);
        for size in 2..20 {
            let given: Vec<Value> = (0..size).map(Value::from).collect();
            let mut found = given.clone();
            shuffle(&mut found, &clock);
            assert_ne!(found, given);
            found.sort_by_key(Value::as_i64);
            assert_eq!(found, given);
        }
    }
}
