//! From the ledger's items to the stable content of a request.

use super::operation;
use crate::ledger::{Item, Payload};
use crate::plan::Action;
use crate::platform::{Bindings, Fresh, Known, Part, Profile, Street};
use crate::record::Complaint;

/// The stable content of a batch, to be stored before the first byte leaves.
///
/// Shape:  the same items, action and key give the same bytes, whenever and wherever.
/// Errors: Q7407 where an expression of the profile fails for one of these items.
pub fn render(
    profile: &Profile,
    kind: &str,
    action: Action,
    key: &str,
    items: &[Item],
) -> Result<Payload, Complaint> {
    let parts: Vec<Part<'_>> = items.iter().map(part).collect();
    profile.payload(operation(action), kind, key, &parts).map(|bytes| Payload { bytes })
}

/// How many of the first items fit into one request: by `records_max` and `body_bytes_max`, at least one.
///
/// Shape:  measures each item's own document, and adds an allowance for what the template puts around it.
pub fn portion(profile: &Profile, items: &[Item]) -> usize {
    /// Ids, keys, field names and separators of one item; and once more for the frame of the request.
    const ALLOWANCE_BYTES: usize = 512;
    let limits = &profile.platform().limits;
    let mut bytes = ALLOWANCE_BYTES;
    let mut count = 0;
    for item in items.iter().take(limits.records_max) {
        bytes += item.document.to_text().len() + item.reason.len() + ALLOWANCE_BYTES;
        if bytes > limits.body_bytes_max && count > 0 {
            break;
        }
        count += 1;
    }
    count
}

/// The exact request that would be sent for these items, masked: for `explain`.
pub fn preview(
    street: &Street,
    kind: &str,
    action: Action,
    key: &str,
    items: &[Item],
    fresh: Fresh,
) -> Result<String, Complaint> {
    let payload = render(street.profile(), kind, action, key, items)?;
    let names = Bindings::default().with("kind", Known::Text(kind)).with("key", Known::Text(key));
    street.preview(operation(action), &names, &payload.bytes, fresh)
}

fn part(item: &Item) -> Part<'_> {
    Part {
        record_id: &item.record_id,
        item_key: &item.item_key,
        version: item.version,
        remote_id: item.remote_id.as_deref(),
        document: &item.document.0,
        reason: &item.reason,
    }
}
