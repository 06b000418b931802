//! Proofs that a third person can check without our database.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::error::Error;
use super::{tiles, tree};
use crate::args;
use crate::db::Db;

/// One event with the proof that a signed checkpoint covers it.
///
/// As text it is a C2SP tlog-proof; its `extra` line is the event's leaf, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub index: u64,
    pub leaf: Vec<u8>,
    pub path: Vec<[u8; 32]>,
    /// The signed note.
    pub checkpoint: String,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "c2sp.org/tlog-proof@v1")?;
        writeln!(f, "extra {}", BASE64.encode(&self.leaf))?;
        writeln!(f, "index {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", BASE64.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The evidence of one event under the newest checkpoint; `None` if there is no such event or no checkpoint
/// covers it yet.
pub async fn prove(db: &Db, index: u64) -> Result<Option<Evidence>, Error> {
    let sql =
        "-- audit prove: checkpoint\nselect size, note from audit_checkpoint order by number desc limit 1";
    let Some(checkpoint) = db.fetch_one(sql, &[]).await? else { return Ok(None) };
    let size = u64::try_from(checkpoint.int(0)).unwrap_or(0);
    if index >= size {
        return Ok(None);
    }
    let sql = "-- audit prove: event\nselect time, event, actor, role, run, platform, kind, route, \
               mapping, schema, profile, program, subject, items from audit_leaf where idx = $1";
    let Some(row) = db.fetch_one(sql, args![index as i64]).await? else { return Ok(None) };
    let leaf = super::verify::leaf_of(&row);
    let leaf = leaf.ok_or_else(|| Error::broken(format!("event {index} is unreadable")))?;
    let path = hashes(db, tree::inclusion_path(index, size)).await?;
    Ok(Some(Evidence { index, leaf, path, checkpoint: checkpoint.text(1) }))
}

/// The hashes that prove that the log of `size` events extends the log of `old` events.
pub async fn consistency(db: &Db, old: u64, size: u64) -> Result<Vec<[u8; 32]>, Error> {
    hashes(db, tree::consistency_path(old, size)).await
}

/// Whether a commitment in the log is to this content, given its salt: the content itself or its SHA-256.
pub fn opens(commitment: &[u8; 32], salt: &[u8; 16], content: &[u8]) -> bool {
    let of =
        |bytes: &[u8]| -> [u8; 32] { Sha256::new().chain_update(salt).chain_update(bytes).finalize().into() };
    of(content) == *commitment || of(&Sha256::digest(content)) == *commitment
}

async fn hashes(db: &Db, ranges: Vec<(u64, u64)>) -> Result<Vec<[u8; 32]>, Error> {
    let mut hashes = Vec::with_capacity(ranges.len());
    let mut shelf = db;
    for (first, last) in ranges {
        hashes.push(tiles::range_root(&mut shelf, first, last).await?);
    }
    Ok(hashes)
}
