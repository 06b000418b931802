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
    /// The time of the last event that it covers.
    pub until: Timestamp,
    pub note: String,
}

/// Signs the log as it stands, if anything happened since the last checkpoint.
///
/// Shape:  `None` when there is nothing new. Export what it gives off the host: until then, whoever holds this
///         host's key can still rewrite.
/// Errors: `Broken` when the log does not extend the last checkpoint: a log must not sign two histories.
pub async fn seal(tx: &mut Tx, signer: &Signer) -> Result<Option<Sealed>, Error> {
    let size = tiles::size(tx).await?;
    let last = last_sealed(tx).await?;
    let mut number = 1;
    if let Some(last) = &last {
        let claim = SignedNote::parse(&last.note).and_then(|note| note.claim());
        let claim =
            claim.ok_or_else(|| Error::broken(format!("checkpoint {} is unreadable", last.number)))?;
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
    let checkpoint =
        Checkpoint { origin: signer.name().to_owned(), size, root: tiles::root(tx, size).await? };
    let sql = "-- audit seal\ninsert into audit_checkpoint (number, size, note) values ($1, $2, $3)";
    tx.execute(sql, args![number, size as i64, &checkpoint.sign(signer)]).await?;
    last_sealed(tx).await
}

/// The newest checkpoint.
pub async fn last_sealed(tx: &mut Tx) -> Result<Option<Sealed>, Error> {
    let sql = "-- audit last checkpoint\nselect c.number, c.size, l.time, c.note from audit_checkpoint c \
               left join audit_leaf l on l.idx = c.size - 1 order by c.number desc limit 1";
    Ok(tx.fetch_one(sql, &[]).await?.map(|row| read(&row)))
}

/// Columns: number, size, time of the last event, note.
pub(super) fn read(row: &Row) -> Sealed {
    Sealed {
        number: row.int(0),
        size: u64::try_from(row.int(1)).unwrap_or(0),
        until: Timestamp(row.int(2)),
        note: row.text(3),
    }
}
