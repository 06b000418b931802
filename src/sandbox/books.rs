//! The books beside the records: answers given by idempotency key, natural keys, and the reviewers' feed.

use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::reading::Reading;
use super::store::{self, Held};
use crate::clock::Timestamp;

/// What the province said before under an idempotency key.
pub enum Before {
    Nothing,
    /// The same request: the answer, byte for byte.
    Same(String),
    /// Another request under the same key.
    Other,
}

/// Looks an idempotency key up.
pub async fn answered(tx: &mut SqliteConnection, key: &str, request: &str) -> sqlx::Result<Before> {
    let row = sqlx::query("SELECT request, text FROM answer WHERE idempotency_key = ?1")
        .bind(key)
        .fetch_optional(tx)
        .await?;
    let Some(row) = row else { return Ok(Before::Nothing) };
    match row.try_get::<String, _>("request")? == request {
        true => Ok(Before::Same(row.try_get("text")?)),
        false => Ok(Before::Other),
    }
}

/// Keeps an answer, in the transaction of its effects.
pub async fn keep_answer(
    tx: &mut SqliteConnection,
    key: &str,
    request: &str,
    text: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO answer (idempotency_key, request, text, at) VALUES (?1, ?2, ?3, ?4)")
        .bind(key)
        .bind(request)
        .bind(text)
        .bind(now.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Reads the natural keys of every record that is new or changed since the last time.
///
/// Records come by three ways (sent, typed in, changed by hand); this is the one place that knows their keys.
pub async fn read_natural_keys(tx: &mut SqliteConnection, reading: &Reading) -> sqlx::Result<()> {
    let unread = sqlx::query("SELECT remote_id, kind, data FROM record WHERE keys_read = 0")
        .fetch_all(&mut *tx)
        .await?;
    for row in unread {
        let remote_id: String = row.try_get("remote_id")?;
        let kind: String = row.try_get("kind")?;
        let data: Value = serde_json::from_str(row.try_get("data")?).unwrap_or_default();
        note_natural_keys(tx, reading, &kind, &remote_id, &data).await?;
    }
    Ok(())
}

/// Replaces the natural keys of one record.
pub async fn note_natural_keys(
    tx: &mut SqliteConnection,
    reading: &Reading,
    kind: &str,
    remote_id: &str,
    data: &Value,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM natural_key WHERE remote_id = ?1").bind(remote_id).execute(&mut *tx).await?;
    for key in reading.kind(kind).map(|kind| kind.natural_keys(data)).unwrap_or_default() {
        sqlx::query("INSERT OR IGNORE INTO natural_key (kind, text, remote_id) VALUES (?1, ?2, ?3)")
            .bind(kind)
            .bind(&key)
            .bind(remote_id)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("UPDATE record SET keys_read = 1 WHERE remote_id = ?1").bind(remote_id).execute(tx).await?;
    Ok(())
}

/// The other live records that a document with these natural keys would double, by id.
pub async fn doubles(
    tx: &mut SqliteConnection,
    kind: &str,
    keys: &[String],
    but: &str,
) -> sqlx::Result<Vec<Held>> {
    let sql = "SELECT record.* FROM natural_key JOIN record ON record.remote_id = natural_key.remote_id
               WHERE natural_key.kind = ?1 AND natural_key.text = ?2 AND record.remote_id <> ?3 AND withdrawn = 0
               ORDER BY record.remote_id";
    let mut found: Vec<Held> = Vec::new();
    for key in keys {
        for row in sqlx::query(sql).bind(kind).bind(key).bind(but).fetch_all(&mut *tx).await? {
            let held = store::held(&row)?;
            if found.iter().all(|other| other.remote_id != held.remote_id) {
                found.push(held);
            }
        }
    }
    Ok(found)
}

/// Writes a line into the reviewers' feed.
pub async fn note_review(tx: &mut SqliteConnection, held: &Held, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO review (remote_id, state, opinion, at) VALUES (?1, ?2, ?3, ?4)")
        .bind(&held.remote_id)
        .bind(&held.status)
        .bind(&held.opinion)
        .bind(now.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// The lines of the feed about a city's records after number `after`, and the number to ask after next.
pub async fn feed(reader: &SqlitePool, city: &str, after: i64, size: i64) -> sqlx::Result<Value> {
    let sql =
        "SELECT seq, kind, local_id, review.remote_id AS remote_id, state, review.opinion AS opinion, at
               FROM review JOIN record ON record.remote_id = review.remote_id
               WHERE city = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let rows = sqlx::query(sql).bind(city).bind(after).bind(size).fetch_all(reader).await?;
    let mut next = after;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        next = row.try_get("seq")?;
        list.push(json!({
            "seq": next,
            "kind": row.try_get::<String, _>("kind")?,
            "localId": row.try_get::<Option<String>, _>("local_id")?,
            "remoteId": row.try_get::<String, _>("remote_id")?,
            "state": row.try_get::<String, _>("state")?,
            "opinion": row.try_get::<String, _>("opinion")?,
            "at": Timestamp(row.try_get("at")?).rfc3339(),
        }));
    }
    Ok(json!({ "list": list, "next": next }))
}
