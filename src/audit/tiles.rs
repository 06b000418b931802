//! Reads the tree's stored hashes and folds them into roots.

use super::error::Error;
use super::tree::{self, Hash};
use crate::args;
use crate::db::{self, Arg, Db, Row, Tx};

/// Hashes in a full tile: 2 KB, so that an append rewrites one page of the database and not three.
pub const TILE_HASHES: u64 = 1 << TILE_HEIGHT;
const TILE_HEIGHT: u32 = 6;

/// Where tiles are read: inside a transaction or outside.
pub trait Shelf {
    async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, db::Error>;
}

impl Shelf for Tx {
    async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, db::Error> {
        self.fetch_one(sql, args).await
    }
}

impl Shelf for &Db {
    async fn row(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>, db::Error> {
        self.fetch_one(sql, args).await
    }
}

/// The hashes of one tile; none if it is not there.
pub async fn read(shelf: &mut impl Shelf, level: u32, position: u64) -> Result<Vec<Hash>, Error> {
    let sql = "-- audit tile\nselect hashes from audit_tile where level = $1 and position = $2";
    let row = shelf.row(sql, args![i64::from(level), position as i64]).await?;
    parse(&row.map(|row| row.blob(0)).unwrap_or_default(), level, position)
}

/// The hashes in a stored tile.
pub fn parse(bytes: &[u8], level: u32, position: u64) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() as u64 > TILE_HASHES {
        return Err(Error::broken(format!("tile {level}/{position} has {} bytes", bytes.len())));
    }
    Ok(hashes.to_vec())
}

/// How many events the log holds.
pub async fn size(shelf: &mut impl Shelf) -> Result<u64, Error> {
    let row = shelf.row("-- audit size\nselect coalesce(max(idx), -1) from audit_leaf", &[]).await?;
    Ok(row.map_or(0, |row| u64::try_from(row.int(0) + 1).unwrap_or(0)))
}

/// The root of the first `size` leaves.
pub async fn root(shelf: &mut impl Shelf, size: u64) -> Result<Hash, Error> {
    range_root(shelf, 0, size).await
}

/// The root of the subtree over leaves `[first, last)`, as RFC 6962 cuts the tree.
pub async fn range_root(shelf: &mut impl Shelf, first: u64, last: u64) -> Result<Hash, Error> {
    let mut peaks = Vec::new();
    // Neighbouring peaks often share a tile.
    let mut open: Option<(u32, u64, Vec<Hash>)> = None;
    for (height, number) in tree::complete_subtrees(first, last) {
        let (level, rest) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let start = number << rest;
        let position = start / TILE_HASHES;
        if open.as_ref().is_none_or(|(at_level, at, _)| (*at_level, *at) != (level, position)) {
            open = Some((level, position, read(shelf, level, position).await?));
        }
        let hashes = open.as_ref().map_or(&[][..], |(_, _, hashes)| hashes);
        let within = (start % TILE_HASHES) as usize;
        let part = hashes.get(within..within + (1 << rest));
        let part = part.ok_or_else(|| Error::broken(format!("tile {level}/{position} is too short")))?;
        peaks.push(tree::root(part));
    }
    Ok(tree::fold(&peaks))
}
