//! From the ledger's items to the stable content of a request.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::operation;
use crate::ledger::{Item, Payload, Renderer};
use crate::plan::Action;
use crate::platform::{Bindings, Fresh, Known, Part, Profile, Street};
use crate::record::{Complaint, Document};

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

/// How many of the first items fit into one request: by `records_max` of the platform and of the operation, and by
/// `body_bytes_max`; at least one.
///
/// Shape:  counts each item's document and an allowance for what the template puts around it, both as they grow in
///         the operation's format. Most batches are far below the limit: for them an upper bound is enough, and
///         nothing is serialised just to be measured.
pub fn portion(profile: &Profile, action: Action, items: &[Item]) -> usize {
    let operation = operation(action);
    let items = &items[..items.len().min(profile.records_max(operation))];
    let bytes_max = profile.platform().limits.body_bytes_max / profile.growth(operation);
    let around = |item: &Item| item.reason.len() * ESCAPED_BYTES_MAX + ALLOWANCE_BYTES;
    let bound = items.iter().map(|item| object_bytes_max(&item.document.0) + around(item)).sum::<usize>();
    if bound + ALLOWANCE_BYTES <= bytes_max {
        return items.len();
    }
    let mut bytes = ALLOWANCE_BYTES;
    let fitting = items.iter().take_while(|item| {
        bytes += item.document.to_text().len() + around(item);
        bytes <= bytes_max
    });
    fitting.count().max(items.len().min(1))
}

/// Ids, keys, field names and separators of one item; and once more for the frame of the request.
const ALLOWANCE_BYTES: usize = 512;
/// `\u0000`: the longest that JSON makes of one byte.
const ESCAPED_BYTES_MAX: usize = 6;

/// At least as much as the JSON text takes, without making it.
fn object_bytes_max(fields: &Map<String, Json>) -> usize {
    let field = |(name, value): (&String, &Json)| name.len() * ESCAPED_BYTES_MAX + 4 + bytes_max(value);
    2 + fields.iter().map(field).sum::<usize>()
}

fn bytes_max(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(_) => 5,
        // The longest double has 24 characters.
        Json::Number(_) => 25,
        Json::String(text) => text.len() * ESCAPED_BYTES_MAX + 2,
        Json::Array(items) => 2 + items.iter().map(|item| bytes_max(item) + 1).sum::<usize>(),
        Json::Object(fields) => object_bytes_max(fields),
    }
}

/// One lane's way of putting items into words, as the ledger asks for it when a batch is claimed.
#[derive(Clone, Copy, Debug)]
pub struct Rendering<'a> {
    pub profile: &'a Profile,
    pub kind: &'a str,
    pub action: Action,
}

impl Renderer for Rendering<'_> {
    fn fit(&self, items: &[Item]) -> usize {
        portion(self.profile, self.action, items)
    }

    fn render(&self, key: &str, items: &[Item]) -> Result<Payload, Complaint> {
        render(self.profile, self.kind, self.action, key, items)
    }

    fn put_in_files(&self, document: &mut Document, there: &HashMap<String, Json>) -> Result<(), Complaint> {
        match self.profile.files() {
            Some(files) => files.put_in(document, there),
            None => Err(Complaint::new("Q7511")),
        }
    }
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
    let names = names(street.profile(), kind, action, key, items);
    street.preview(operation(action), &names, &payload.bytes, fresh)
}

/// The names of a delivery's request: of the batch, and of its record where it has one alone.
pub(super) fn names<'a>(
    profile: &Profile,
    kind: &'a str,
    action: Action,
    key: &'a str,
    items: &'a [Item],
) -> Bindings<'a> {
    let names = Bindings::default().with("kind", Known::Text(kind)).with("key", Known::Text(key));
    match items {
        [item] if profile.is_single(operation(action)) => part(item).bind_names(names),
        _ => names,
    }
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
