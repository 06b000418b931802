//! The names that a profile's expressions may use, by place.

use crate::config::platform::Operation;

/// Of the question itself. What a request does not have is null.
pub(super) const REQUEST: &[&str] = &[
    "kind",
    "action",
    "key",
    "city_code",
    "scope",
    "page",
    "size",
    "since",
    "after",
    "local_id",
    "remote_id",
    "uscc",
    "patent",
    "title",
    "owner",
    "ticket",
    "table",
    "file",
];

/// Made afresh for each attempt.
pub(super) const FRESH: &[&str] =
    &["timestamp", "timestamp_ms", "now", "nonce", "uuid", "digits", "entropy", "credentials", "session"];

/// Parts of the request itself; asking for one makes it.
pub(super) const PARTS: &[&str] = &["method", "path", "query", "params", "path_query", "payload", "body"];

/// What must never be shown, and with it whatever is made from it.
pub(super) const SECRET: &[&str] = &["credentials", "session", "entropy"];

/// Of a delivery as a whole, in what is stored before it is sent.
pub(super) const DELIVERY: &[&str] = &["kind", "action", "key", "city_code"];

/// The list of all parts.
pub(super) const ITEMS: &str = "items";

/// Of one record, wherever a request is about one.
pub(super) const RECORD: &[&str] = &["record_id", "item_key", "version", "remote_id", "reason"];

/// Of one record, in what is stored of it.
pub(super) const DOCUMENT: &str = "document";

/// Every name that means something somewhere; a value cannot be called so.
pub(super) fn taken(name: &str) -> bool {
    [REQUEST, FRESH, PARTS, RECORD, &[ITEMS, DOCUMENT]].iter().any(|names| names.contains(&name))
}

/// What stands for something in the path, query, headers and envelope of an operation, besides values.
pub(super) fn of_request(single: bool) -> Vec<&'static str> {
    let record: &[&str] = if single { RECORD } else { &[] };
    [REQUEST, FRESH, PARTS, record].concat()
}

/// What stands for something in the payload. What is stored depends on neither time nor dice; a question's
/// content is not stored, and may use whatever the request has.
pub(super) fn of_payload(operation: Option<Operation>, single: bool) -> Vec<&'static str> {
    match operation.is_some_and(Operation::is_delivery) {
        false => [REQUEST, FRESH, &["method"]].concat(),
        true if single => [DELIVERY, RECORD, &[DOCUMENT, ITEMS]].concat(),
        true => [DELIVERY, &[ITEMS]].concat(),
    }
}

/// What stands for something in one record's part of a payload.
pub(super) fn of_item() -> Vec<&'static str> {
    [DELIVERY, RECORD, &[DOCUMENT]].concat()
}
