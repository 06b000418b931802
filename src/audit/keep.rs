//! Every version of every loaded file, in full.

use super::append::append;
use super::deed::Deed;
use super::difference::Difference;
use super::error::Error;
use super::event::{self, Event};
use crate::args;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::record::Fingerprint;

/// Keeps a text under its SHA-256, once however often it is loaded. Secrets are references in our files, so the
/// text may be kept whole.
pub async fn keep(tx: &mut Tx, name: &str, text: &str) -> Result<Fingerprint, Error> {
    let hash = Fingerprint::of(text.as_bytes());
    let sql = "-- audit keep\ninsert into kept (hash, name, text) values ($1, $2, $3) on conflict do nothing";
    tx.execute(sql, args![&hash, &one_line(name), text]).await?;
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
    let name = one_line(name);
    let hash = Fingerprint::of(text.as_bytes());
    let sql = "-- audit current version\nselect c.hash, k.text from kept_current c \
               left join kept k on k.hash = c.hash and k.name = c.name where c.name = $1";
    let last = tx.fetch_one(sql, args![&name]).await?;
    if last.as_ref().is_some_and(|row| row.blob(0) == hash.as_bytes()) {
        return Ok(hash);
    }
    keep(tx, &name, text).await?;
    tx.execute(
        "-- audit set current version\ninsert into kept_current (name, hash) values ($1, $2) \
         on conflict (name) do update set hash = excluded.hash",
        args![&name, &hash],
    )
    .await?;
    let difference = match last.and_then(|row| row.opt_text(1)) {
        Some(before) => Difference::between(&before, text).to_string(),
        // A file seen for the first time is kept as a whole; all its lines here would say no more.
        None => format!("new, {} lines", text.lines().count()),
    };
    let event = Event::new(Deed::Configuration, now, actor, role);
    append(tx, &event.subject_of(&hash, format!("{name}\n{difference}"))).await?;
    Ok(hash)
}

/// A kept text by its hash, with a name under which it was loaded.
pub async fn kept(db: &Db, hash: &Fingerprint) -> Result<Option<(String, String)>, Error> {
    let sql = "-- audit kept\nselect name, text from kept where hash = $1 order by name limit 1";
    let row = db.fetch_one(sql, args![hash]).await?;
    Ok(row.map(|row| (row.text(0), row.text(1))))
}

/// The name as an event's subject repeats it, so that the two can be compared.
fn one_line(name: &str) -> String {
    event::plain(&name.replace('\n', " "))
}
