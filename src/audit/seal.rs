//! Signs the head of the log.

use super::error::Error;
use super::key::Signer;
use super::note::{Checkpoint, SignedNote};
use super::tiles;
use crate::args;
use crate::clock::Timestamp;
use crate::db::{Row, Tx};

/// A signed head as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Counted from 1; the name of its exported file.
    pub number: i64,
    pub size: u64,
    /// Not signed: a convenience for people.
    pub sealed_at: Timestamp,
    pub note: String,
}

/// Signs the log as it stands, if anything happened since the last checkpoint.
///
/// Shape:  `None` when there is nothing new. Export what it gives off the host: until then, whoever holds this
///         host's key can still rewrite.
/// Errors: `Broken` when the log does not extend the last checkpoint: a log must not sign two histories.
pub async fn seal(tx: &mut Tx, signer: &Signer, now: Timestamp) -> Result<Option<Sealed>, Error> {
    let size = tiles::size(tx).await?;
    let last = last_sealed(tx).await?;
    let mut number = 1;
    if let Some(last) = &last {
        let claim = SignedNote::parse(&last.note).and_then(|note| note.claim());
        let claim = claim.ok_or_else(|| Error::broken(format!("checkpoint {} is unreadable", last.number)))?;
        if claim.size > size || tiles::root(tx, claim.size).await? != claim.root {
            return Err(Error::broken(format!("the log does not extend checkpoint {}", last.number)));
        }
        if claim.size == size {
            return Ok(None);
        }
        number = last.number + 1;
    }
    if size == 0 {
        return Ok(None);
    }
    let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root: tiles::root(tx, size).await? };
    let sealed_at = last.map_or(now, |last| now.max(last.sealed_at));
    let sealed = Sealed { number, size, sealed_at, note: checkpoint.sign(signer) };
    let sql = "-- audit seal\ninsert into audit_checkpoint (number, size, sealed_at, note) values ($1, $2, $3, $4)";
    tx.execute(sql, args![number, size as i64, sealed_at, &sealed.note]).await?;
    Ok(Some(sealed))
}

/// The newest checkpoint.
pub async fn last_sealed(tx: &mut Tx) -> Result<Option<Sealed>, Error> {
    let sql = "-- audit last checkpoint\nselect number, size, sealed_at, note from audit_checkpoint \
               order by number desc limit 1";
    Ok(tx.fetch_one(sql, &[]).await?.map(|row| read(&row)))
}

/// Columns: number, size, sealed_at, note.
pub(super) fn read(row: &Row) -> Sealed {
    Sealed {
        number: row.int(0),
        size: u64::try_from(row.int(1)).unwrap_or(0),
        sealed_at: Timestamp(row.int(2)),
        note: row.text(3),
    }
}
