//! Erasing what can be erased: the salts.

use super::append::append;
use super::deed::Deed;
use super::error::Error;
use super::event::{Event, Item, SALTS_BYTES};
use super::stored;
use crate::args;
use crate::clock::{Clock, Timestamp};
use crate::db::Tx;

/// Events read at a time.
const PAGE: i64 = 100;

/// Overwrites the salts of a record with zeros and appends the event that says so. Afterwards nobody can tell
/// from the log what the record's row, document or payload was, and the log still verifies.
///
/// Shape:  gives how many items of the record lost their salts. Walks the whole log; erasing is rare.
pub async fn erase_salts(
    tx: &mut Tx,
    clock: &Clock,
    (actor, role): (&str, &str),
    record: &str,
    reason: &str,
) -> Result<u64, Error> {
    let now: Timestamp = clock.now();
    let (mut next, mut erased) = (0, 0);
    loop {
        let page = tx
            .fetch(
                "-- audit erase: find\nselect l.idx, l.items, s.salts from audit_leaf l \
                 join audit_salt s on s.leaf = l.idx where l.idx >= $1 order by l.idx limit $2",
                args![next, PAGE],
            )
            .await?;
        for row in &page {
            let (index, bytes, mut salts) = (row.int(0), row.blob(1), row.blob(2));
            next = index + 1;
            let mut touched = false;
            for (item, salt) in stored::read(&bytes).zip(salts.chunks_mut(SALTS_BYTES)) {
                if item.record == record && salt.iter().any(|&byte| byte != 0) {
                    salt.fill(0);
                    touched = true;
                    erased += 1;
                }
            }
            if touched {
                let sql = "-- audit erase\nupdate audit_salt set salts = $2 where leaf = $1";
                tx.execute(sql, args![index, &salts]).await?;
            }
        }
        if (page.len() as i64) < PAGE {
            break;
        }
    }
    let mut event = Event::new(Deed::Erased, now, actor, role).subject(reason);
    event.item(clock, &Item { record, action: "erase", outcome: "erased", ..Item::default() });
    append(tx, &event).await?;
    Ok(erased)
}
