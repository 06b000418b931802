//! The writer.

use super::error::Error;
use super::event::Event;
use super::tiles::TILE_HASHES;
use super::tree::{self, Hash};
use super::{leaf, tiles};
use crate::args;
use crate::db::Tx;

/// Appends an event inside the transaction of the state that it proves.
///
/// Shape:  a handful of statements, however many items the event has and however long the log is. Gives the
///         event's index, counted from 0.
/// Units:  its time is never before the last event's: after a clock has been set back, events keep the last time
///         until the clock has caught up.
/// Errors: a tree that does not fit the events is refused, so that nothing is built on damage.
pub async fn append(tx: &mut Tx, event: &Event) -> Result<i64, Error> {
    // The last event and the tile that the next one belongs to, in one look.
    let sql = "-- audit append: last\nselect l.idx, l.time, t.hashes from audit_leaf l left join audit_tile t \
               on t.level = 0 and t.position = (l.idx + 1) / 64 order by l.idx desc limit 1";
    let (index, time, tile) = match tx.fetch_one(sql, &[]).await? {
        Some(row) => (row.int(0) + 1, event.at.0.max(row.int(1)), row.blob(2)),
        None => (0, event.at.0, Vec::new()),
    };
    let hash = tree::leaf_hash(&[&leaf::encode(event, time)]);
    let versions = &event.versions;
    tx.execute(
        "-- audit append: event\ninsert into audit_leaf (idx, time, event, actor, role, run, platform, kind, route, \
         mapping, schema, profile, program, subject, items) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            index,
            time,
            event.deed.word(),
            &event.actor,
            &event.role,
            &event.run,
            &event.platform,
            &event.kind,
            &event.route,
            versions.mapping.as_ref(),
            versions.schema.as_ref(),
            versions.profile.as_ref(),
            versions.program.as_ref(),
            &event.subject,
            &event.items,
        ],
    )
    .await?;
    if event.salts.iter().any(|&byte| byte != 0) {
        let salts = "-- audit append: salts\ninsert into audit_salt (leaf, salts) values ($1, $2)";
        tx.execute(salts, args![index, &event.salts]).await?;
    }
    push(tx, index, hash, tile).await?;
    Ok(index)
}

/// Adds a leaf's hash to its tile; a tile that becomes full hands its root to the level above.
async fn push(tx: &mut Tx, index: i64, mut hash: Hash, tile: Vec<u8>) -> Result<(), Error> {
    let (mut place, mut first) = (index as u64, Some(tile));
    for level in 0.. {
        let (position, within) = (place / TILE_HASHES, place % TILE_HASHES);
        let mut hashes = match first.take() {
            Some(bytes) => tiles::parse(&bytes, level, position)?,
            None => tiles::read(tx, level, position).await?,
        };
        if hashes.len() as u64 != within {
            let found = hashes.len();
            return Err(Error::broken(format!(
                "event {index} comes next, but tile {level}/{position} holds {found} hashes and not {within}"
            )));
        }
        hashes.push(hash);
        tx.execute(
            "-- audit append: tile\ninsert into audit_tile (level, position, hashes) values ($1, $2, $3) \
             on conflict (level, position) do update set hashes = excluded.hashes",
            args![i64::from(level), position as i64, hashes.as_flattened()],
        )
        .await?;
        if within + 1 < TILE_HASHES {
            break;
        }
        (hash, place) = (tree::root(&hashes), position);
    }
    Ok(())
}
