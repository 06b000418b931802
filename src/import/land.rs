//! A row comes to the city's table: what stands there already, and who wins.

use super::route::ImportRoute;
use super::rowprint::{RowPrint, cell_text};
use crate::city::Batch;
use crate::config::Conflict;
use crate::ledger::ImportBefore;
use crate::record::{Complaint, Value};

/// What becomes of one local row.
#[derive(Debug, PartialEq)]
pub(super) enum Landing {
    /// It is written, within the batch; the row as it will stand there.
    Written { row: RowPrint, conflict: bool },
    /// It was edited at home and stays.
    Kept,
    /// A person decides; `edited`: because it was edited at home.
    Asked { complaint: Complaint, edited: bool },
}

/// What happened to a row since we wrote it.
#[derive(Debug, PartialEq)]
enum Touched {
    /// It is as we left it, or there was none and is none.
    No,
    /// Somebody edited these columns.
    Edited(Vec<String>),
    /// Somebody deleted it.
    Deleted,
    /// We know of no such row, and there is one: from an older ledger, or not from the province at all.
    Stranger,
}

/// Writes one row inside the batch, unless its conflict rule says otherwise.
///
/// Shape:  `cells` go with the route's columns, without the origin; `origin` is what the origin column gets.
/// Errors: what the database refuses about this one row; the batch goes on without it.
pub(super) async fn land(
    batch: &mut Batch,
    route: &ImportRoute,
    before: Option<&ImportBefore>,
    remote_id: &str,
    mut cells: Vec<Value>,
    origin: &str,
) -> Result<Landing, Complaint> {
    let target = &route.import.target;
    let columns = route.column_names();
    let key = Value::text(remote_id);
    cells.push(Value::text(origin));
    let current = batch.select_by_key(&target.table, &target.key, &key, &columns).await?;
    let touched = touched(route, before, current.as_deref(), &columns);
    // Whoever made the row what the province has made it, has done no harm.
    let settled = current
        .as_ref()
        .is_some_and(|current| current.iter().zip(&cells).all(|(a, b)| cell_text(a) == cell_text(b)));
    if touched == Touched::Stranger && !settled && !is_ours(current.as_deref(), origin) {
        let found = current.as_deref().and_then(|cells| cells.last()).map(cell_text).unwrap_or_default();
        let complaint = Complaint::new("Q8303").fact("table", &*target.table).column(&*target.origin_column);
        return Ok(Landing::Asked { complaint: complaint.found(found), edited: false });
    }
    let conflict = touched != Touched::No && !settled;
    if conflict {
        match target.conflict {
            Conflict::RemoteWins => (),
            Conflict::LocalWins => return Ok(Landing::Kept),
            Conflict::Ask => return Ok(Landing::Asked { complaint: conflict_of(&touched), edited: true }),
        }
    }
    batch.upsert(&target.table, &target.key, &key, &columns, &cells).await?;
    // As the database keeps it: a decimal written to a number column comes back as another type.
    let kept = batch.select_by_key(&target.table, &target.key, &key, &columns).await?.unwrap_or(cells);
    Ok(Landing::Written { row: RowPrint::of(&route.table, &columns, &kept), conflict })
}

/// Marks the local row of a record that the province took off its shelf; all other cells stay as they are.
///
/// Shape:  `None` if there is no row to mark.
pub(super) async fn mark(
    batch: &mut Batch,
    route: &ImportRoute,
    before: &ImportBefore,
    remote_id: &str,
    origin: &str,
) -> Result<Option<RowPrint>, Complaint> {
    let target = &route.import.target;
    let (key, origin) = (Value::text(remote_id), Value::text(origin));
    let columns = route.column_names();
    let Some(current) = batch.select_by_key(&target.table, &target.key, &key, &columns).await? else {
        return Ok(None);
    };
    let [written, intended] = prints(route, Some(before));
    let was_cut_off = intended.as_ref().is_some_and(|print| print.edited(&columns, &current).is_empty());
    let Some(row) = (if was_cut_off { intended } else { written }) else { return Ok(None) };
    let column = target.origin_column.as_str();
    let cells = [origin];
    batch.upsert(&target.table, &target.key, &key, &[column], &cells).await?;
    Ok(Some(row.with(column, &cells[0])))
}

/// The mark in the origin column.
pub(super) fn delisted_origin(origin: &str) -> String {
    format!("{origin}（已下架）")
}

fn touched(
    route: &ImportRoute,
    before: Option<&ImportBefore>,
    current: Option<&[Value]>,
    columns: &[&str],
) -> Touched {
    let [written, intended] = prints(route, before);
    let Some(current) = current else {
        return if written.is_some() { Touched::Deleted } else { Touched::No };
    };
    let edits: Vec<_> =
        [&intended, &written].into_iter().flatten().map(|print| print.edited(columns, current)).collect();
    match edits.last() {
        None => Touched::Stranger,
        Some(_) if edits.iter().any(Vec::is_empty) => Touched::No,
        Some(edited) => Touched::Edited(edited.iter().map(|&column| column.to_owned()).collect()),
    }
}

/// The row as we left it, and as we were about to leave it: after a crash between the two commits of a page it may be
/// either.
fn prints(route: &ImportRoute, before: Option<&ImportBefore>) -> [Option<RowPrint>; 2] {
    let read =
        |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|bytes| RowPrint::read(&route.table, bytes));
    [before.and_then(|before| read(&before.written)), before.and_then(|before| read(&before.intended))]
}

/// Whether the row says of itself that it came from this province.
fn is_ours(current: Option<&[Value]>, origin: &str) -> bool {
    let found = current.and_then(|cells| cells.last()).map(cell_text).unwrap_or_default();
    found == origin || found == delisted_origin(origin)
}

fn conflict_of(touched: &Touched) -> Complaint {
    match touched {
        Touched::Deleted => Complaint::new("Q8302"),
        Touched::Edited(columns) => Complaint::new("Q8301").column(columns.join(", ")),
        Touched::No | Touched::Stranger => Complaint::new("Q8304"),
    }
}
