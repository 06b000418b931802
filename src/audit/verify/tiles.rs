//! The hashes that the tree kept, as the verifier reads them.

use super::report::{Fault, Report};
use super::tree::{Growing, Hash};
use crate::args;
use crate::audit::error::Error;
use crate::db::Db;

/// Hashes in a tile, and how many levels a tree of 2^64 leaves can have.
const FULL: u64 = 64;
const LEVELS: usize = 11;

/// The kept tree: leaf hashes near where the walk is, and a check of every level above.
pub struct Tiles<'a> {
    db: &'a Db,
    /// How many leaf hashes it holds.
    pub leaves: u64,
    /// The tiles last read: position and hashes. `None` for one that is missing or misshapen.
    near: Vec<(u64, Option<Vec<Hash>>)>,
    /// Roots of full tiles, gathered into the tile of the level above: its number, and what should be in it.
    above: [(u64, Vec<Option<Hash>>); LEVELS],
}

impl<'a> Tiles<'a> {
    pub async fn open(db: &'a Db) -> Result<Self, Error> {
        // A stray tile far out must not send the walk through billions of leaves that never were.
        let sql = "-- verify: last tile\nselect position, hashes from audit_tile where level = 0 \
                   and position >= 0 and length(hashes) >= 32 \
                   and position < (select 16 + 2 * count(*) from audit_tile where level = 0) \
                   order by position desc limit 1";
        let last = db.fetch_one(sql, &[]).await?;
        let leaves = last.map_or(0, |row| {
            u64::try_from(row.int(0)).unwrap_or(0).saturating_mul(FULL) + row.blob(1).len() as u64 / 32
        });
        Ok(Tiles { db, leaves, near: Vec::new(), above: Default::default() })
    }

    /// The kept hash of leaf `index`; `None` if its tile is missing (which is told once) or ends before it.
    pub async fn hash(&mut self, index: u64, report: &mut Report) -> Result<Option<Hash>, Error> {
        if index >= self.leaves {
            return Ok(None);
        }
        let tile = self.tile(index / FULL, report).await?;
        Ok(tile.and_then(|hashes| hashes.get((index % FULL) as usize).copied()))
    }

    /// Where, near `index`, the kept tree has this hash.
    pub async fn find(&mut self, hash: &Hash, index: u64, report: &mut Report) -> Result<Option<u64>, Error> {
        let middle = index / FULL;
        for position in [middle, middle.saturating_sub(1), middle + 1] {
            if position * FULL >= self.leaves {
                continue;
            }
            let tile = self.tile(position, report).await?;
            if let Some(within) = tile.and_then(|hashes| hashes.iter().position(|kept| kept == hash)) {
                return Ok(Some(position * FULL + within as u64));
            }
        }
        Ok(None)
    }

    async fn tile(&mut self, position: u64, report: &mut Report) -> Result<Option<&Vec<Hash>>, Error> {
        let at = match self.near.iter().position(|(known, _)| *known == position) {
            Some(at) => at,
            None => {
                let expected = (self.leaves - position * FULL).min(FULL);
                let hashes = self.load(0, position, expected, report).await?;
                if self.near.len() == 4 {
                    self.near.remove(0);
                }
                self.near.push((position, hashes));
                self.near.len() - 1
            }
        };
        Ok(self.near[at].1.as_ref())
    }

    /// A tile of exactly so many hashes; anything else is told and counts as missing.
    async fn load(
        &self,
        level: usize,
        position: u64,
        expected: u64,
        report: &mut Report,
    ) -> Result<Option<Vec<Hash>>, Error> {
        let sql = "-- verify: tile\nselect hashes from audit_tile where level = $1 and position = $2";
        let row = self.db.fetch_one(sql, args![level as i64, position as i64]).await?;
        let bytes = row.map(|row| row.blob(0)).unwrap_or_default();
        let (hashes, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() && hashes.len() as u64 == expected {
            return Ok(Some(hashes.to_vec()));
        }
        let covers = FULL.saturating_pow(level as u32 + 1);
        let first = position.saturating_mul(covers);
        let detail = format!("tile {level}/{position}: {} bytes, expected {}", bytes.len(), expected * 32);
        report.add(Fault::Tree, first, first.saturating_add(covers) - 1, detail);
        Ok(None)
    }

    /// Checks the levels above once the walk has passed the last leaf of a full tile.
    pub async fn passed(&mut self, index: u64, report: &mut Report) -> Result<(), Error> {
        if index % FULL != FULL - 1 || index >= self.leaves {
            return Ok(());
        }
        let mut root = self.tile(index / FULL, report).await?.and_then(|hashes| root_of(hashes));
        for level in 1..LEVELS {
            self.above[level].1.push(root);
            if (self.above[level].1.len() as u64) < FULL {
                return Ok(());
            }
            root = self.close(level, report).await?;
        }
        Ok(())
    }

    /// Compares the partial tiles of the levels above, and looks for tiles that should not be there.
    pub async fn end(&mut self, report: &mut Report) -> Result<(), Error> {
        for level in 1..LEVELS {
            if !self.above[level].1.is_empty() {
                self.close(level, report).await?;
            }
        }
        let sql = "-- verify: count tiles\nselect level, count(*), min(position), max(position) from audit_tile \
                   group by level order by level";
        for row in self.db.fetch(sql, &[]).await? {
            let (level, count, first, last) = (row.int(0), row.int(1), row.int(2), row.int(3));
            let entries = match u32::try_from(level) {
                Ok(0) => self.leaves,
                Ok(level) => FULL.checked_pow(level).map_or(0, |each| self.leaves / each),
                Err(_) => 0,
            };
            let expected = entries.div_ceil(FULL) as i64;
            if count > expected || first < 0 || last >= expected {
                let detail = format!("level {level} of the tree has {count} tiles, expected {expected}");
                report.add_anywhere(Fault::Tree, detail);
            }
        }
        Ok(())
    }

    /// Compares a gathered tile with the kept one; gives its root, from what is kept where nothing was gathered.
    async fn close(&mut self, level: usize, report: &mut Report) -> Result<Option<Hash>, Error> {
        let position = self.above[level].0;
        let gathered = std::mem::take(&mut self.above[level].1);
        self.above[level].0 += 1;
        let kept = self.load(level, position, gathered.len() as u64, report).await?;
        let Some(kept) = kept else {
            return Ok(gathered.into_iter().collect::<Option<Vec<_>>>().as_deref().and_then(root_of));
        };
        for (within, (expected, found)) in gathered.iter().zip(&kept).enumerate() {
            if expected.is_some_and(|hash| hash != *found) {
                let covers = FULL.pow(level as u32);
                let first = (position * FULL + within as u64) * covers;
                let detail = format!("tile {level}/{position}, hash {within}");
                report.add(Fault::Tree, first, first + covers - 1, detail);
            }
        }
        let mended: Vec<_> = gathered.iter().zip(&kept).map(|(own, kept)| own.unwrap_or(*kept)).collect();
        Ok(root_of(&mended))
    }
}

/// The root of a full tile.
fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let mut tree = Growing::default();
    hashes.iter().for_each(|hash| tree.push(Some(*hash)));
    tree.root().filter(|_| hashes.len() as u64 == FULL)
}
