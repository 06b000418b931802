//! The province has it: what follows for the records of a batch, and for those that waited for them.

use super::event::Item;
use super::state::{Happening, State};
use super::{LedgerError, Result};
use crate::clock::Timestamp;
use crate::db::{Row, Tx};
use crate::plan::Action;
use crate::row;

/// Moves deliveries to accepted, with the province's ids where it gave them, and wakes the children.
///
/// Errors: one of them is no longer in the state it is said to be in.
pub(super) async fn accept_all(
    tx: &mut Tx,
    accepted: &[(&Item, Option<String>)],
    from: State,
    action: Action,
    now: Timestamp,
) -> Result<State> {
    let state = from.next(Happening::Accepted).ok_or(LedgerError::Impossible(from, Happening::Accepted))?;
    let Some((first, _)) = accepted.first() else { return Ok(state) };
    let rows: Vec<_> =
        accepted.iter().map(|(item, _)| row![item.delivery, state.word(), now, from.word()]).collect();
    let before = "-- ledger.accept_deliveries
        update delivery set state = v.column2, reason = '', changed_at = v.column3, lease_until = null from (";
    let after = ") as v where delivery.id = v.column1 and delivery.state = v.column4";
    if tx.execute_rows(before, &rows, after).await? != accepted.len() as u64 {
        return Err(LedgerError::Moved(first.delivery));
    }
    let (presence, review) =
        if action == Action::Withdraw { ("withdrawn", "none") } else { ("there", "in_review") };
    let rows: Vec<_> = accepted
        .iter()
        .map(|(item, remote_id)| row![item.delivery, remote_id.as_ref(), presence, review, now])
        .collect();
    let before = "-- ledger.accept_records
        update record set presence = v.column3, remote_id = coalesce(v.column2, remote_id), review = v.column4,
            opinion = '', changed_at = v.column5, accepted_print = d.print, accepted_version = d.version,
            owed = case when owed = d.id then null else owed end,
            -- What was decided while nobody knew whether the province has it is decided again.
            row_print = case when verdict in ('filtered', 'held') then null else row_print end
        from (";
    let after = ") as v join delivery d on d.id = v.column1 where record.seq = d.record
        returning seq, platform, kind, key_text, owed, accepted_version";
    let records = tx.fetch_rows(before, &rows, after).await?;
    let all: Vec<_> = records.iter().map(|row| row![row.int(0)]).collect();
    let before = "-- ledger.forget_answered\ndelete from complaint where record in (";
    tx.execute_rows(before, &all, ") and source in ('province', 'review')").await?;
    // A newer delivery may still wait for a person's word.
    let done: Vec<_> =
        records.iter().filter(|row| row.opt_int(4).is_none()).map(|row| row![row.int(0)]).collect();
    let before = "-- ledger.forget_holds\ndelete from complaint where record in (";
    tx.execute_rows(before, &done, ") and source = 'hold'").await?;
    let rows: Vec<_> = accepted.iter().map(|(item, _)| row![item.delivery]).collect();
    tx.execute_rows("-- ledger.unneed\ndelete from need where delivery in (", &rows, ")").await?;
    if action != Action::Create {
        // The natural keys that this version does not want any more are free.
        let rows: Vec<_> = records.iter().map(|row| row![row.int(0), row.opt_int(5)]).collect();
        let before = "-- ledger.unclaim_older\ndelete from claim where rowid in (select c.rowid from (";
        let after = ") as v join claim c on c.record = v.column1 where c.until < v.column2)";
        tx.execute_rows(before, &rows, after).await?;
    }
    if action == Action::Create {
        // What was changed meanwhile is an update now.
        let newer = records.iter().filter(|row| row.opt_int(4).is_some());
        let rows: Vec<_> = newer.map(|row| row![row.int(0)]).collect();
        let before = "-- ledger.create_becomes_update
            update delivery set action = 'update'
            where action = 'create' and state not in ('accepted', 'superseded', 'in_flight', 'in_doubt', 'pending')
              and record in (";
        tx.execute_rows(before, &rows, ")").await?;
    }
    // An update brings back what was withdrawn.
    if action != Action::Withdraw {
        let sql = "-- ledger.anybody_waits\nselect 1 from delivery where state = 'waiting_parent' limit 1";
        if tx.fetch_one(sql, &[]).await?.is_some() {
            wake_children(tx, &records.iter().map(key_of).collect::<Vec<_>>(), now).await?;
        }
    }
    Ok(state)
}

/// A record by platform, kind and readable key.
pub(super) type RecordKey = (String, String, String);

fn key_of(row: &Row) -> RecordKey {
    (row.text(1), row.text(2), row.text(3))
}

/// Lets children go whose parents the province now all knows.
pub(super) async fn wake_children(tx: &mut Tx, parents: &[RecordKey], now: Timestamp) -> Result<()> {
    let rows: Vec<_> = parents.iter().map(|(platform, kind, key)| row![platform, kind, key, now]).collect();
    let before = "-- ledger.wake_children
        update delivery set state = 'queued', changed_at = v.column4 from (";
    let after = ") as v join need w on w.kind = v.column2 and w.key_text = v.column3
        where delivery.id = w.delivery and delivery.state = 'waiting_parent' and delivery.platform = v.column1
          and not exists (
            select 1 from need n left join record p on p.platform = delivery.platform and p.kind = n.kind
                and p.key_text = n.key_text and p.presence = 'there'
            where n.delivery = delivery.id and p.seq is null)";
    tx.execute_rows(before, &rows, after).await?;
    Ok(())
}
