//! Every version of every loaded file, in full.

use super::append::append;
use super::deed::Deed;
use super::difference::Difference;
use super::error::Error;
use super::event::Event;
use crate::args;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::record::Fingerprint;

/// Keeps a text under its SHA-256, once however often it is loaded. Secrets are references in our files, so the
/// text may be kept whole.
pub async fn keep(tx: &mut Tx, now: Timestamp, name: &str, text: &str) -> Result<Fingerprint, Error> {
    let hash = Fingerprint::of(text.as_bytes());
    tx.execute(
        "-- audit keep\ninsert into kept (hash, name, text, kept_at) values ($1, $2, $3, $4) \
         on conflict (hash) do nothing",
        args![&hash, name, text, now],
    )
    .await?;
    Ok(hash)
}

/// Notes that a file (configuration, schema, code table) is loaded in this version. A version other than the
/// last one is kept and becomes an event with the actor and the difference; the same version costs one look-up.
///
/// `actor` and `role` are whoever started the program that loads it.
pub async fn configuration(
    tx: &mut Tx,
    now: Timestamp,
    (actor, role): (&str, &str),
    name: &str,
    text: &str,
) -> Result<Fingerprint, Error> {
    let hash = Fingerprint::of(text.as_bytes());
    let sql = "-- audit current version\nselect c.hash, k.text from kept_current c \
               left join kept k on k.hash = c.hash where c.name = $1";
    let last = tx.fetch_one(sql, args![name]).await?;
    if last.as_ref().is_some_and(|row| row.blob(0) == hash.as_bytes()) {
        return Ok(hash);
    }
    keep(tx, now, name, text).await?;
    tx.execute(
        "-- audit set current version\ninsert into kept_current (name, hash) values ($1, $2) \
         on conflict (name) do update set hash = excluded.hash",
        args![name, &hash],
    )
    .await?;
    let before = last.and_then(|row| row.opt_text(1));
    let difference = Difference::between(before.as_deref().unwrap_or_default(), text);
    let subject = match before {
        // A file seen for the first time is in `kept` as a whole; all its lines would say no more.
        None => format!("{hash} {name}: {} lines, new", difference.added),
        Some(_) => format!("{hash} {name}: {difference}"),
    };
    append(tx, &Event::new(Deed::Configuration, now, actor, role).subject(subject)).await?;
    Ok(hash)
}

/// A kept text by its hash, with the name under which it was first seen.
pub async fn kept(db: &Db, hash: &Fingerprint) -> Result<Option<(String, String)>, Error> {
    let row = db.fetch_one("-- audit kept\nselect name, text from kept where hash = $1", args![hash]).await?;
    Ok(row.map(|row| (row.text(0), row.text(1))))
}
