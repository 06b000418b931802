//! What a request's names are: types, whether they are always there, and which of them are secrets.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::probe::{self, Probe};
use crate::config::Platform;
use crate::config::platform::{Named, Operation};
use crate::record::Value;

/// What one expression of a request may be.
///
/// Shape: a bare name has the type that the name has; of anything else the type of its result is told.
pub(super) fn schema(platform: &Platform, operation: Operation, kind: Option<&str>, text: &str) -> Json {
    if let Some([name]) = probe::path(text).as_deref() {
        return of_name(platform, operation, kind, name);
    }
    let mut probe = Probe::default().with("city_code", Value::text(platform.city_code.as_str()));
    probe = probe.with("action", Value::text(operation.word()));
    if let Some(kind) = kind {
        probe = probe.with("kind", Value::text(kind));
    }
    let value = probe.value(text);
    if probe::names(text).iter().all(|name| matches!(name.as_ref(), "kind" | "action" | "city_code"))
        && let Ok(value) = &value
        && !value.is_null()
    {
        return json!({ "const": value.to_json() });
    }
    match value {
        Ok(Value::Int(_)) => json!({ "type": "integer" }),
        Ok(Value::Bool(_)) => json!({ "type": "boolean" }),
        Ok(Value::Decimal(_)) => json!({ "type": "number" }),
        Ok(Value::List(_)) => json!({ "type": "array" }),
        Ok(Value::Map(_)) => json!({ "type": "object" }),
        Ok(Value::Text(_) | Value::Bytes(_) | Value::Date(_) | Value::DateTime(_)) => {
            json!({ "type": "string" })
        }
        Ok(Value::Null) | Err(_) => json!({}),
    }
}

fn of_name(platform: &Platform, operation: Operation, kind: Option<&str>, name: &str) -> Json {
    match name {
        "kind" if kind.is_some() => json!({ "type": "string", "const": kind }),
        "action" => json!({ "type": "string", "const": operation.word() }),
        "city_code" => json!({ "type": "string", "const": platform.city_code.value }),
        "page" => json!({ "type": "integer", "minimum": platform.paging.first }),
        "size" => json!({ "type": "integer", "minimum": 1, "maximum": platform.paging.size }),
        "after" => json!({ "type": "integer", "minimum": 0 }),
        "version" => json!({ "type": "integer", "minimum": 1 }),
        "timestamp" | "timestamp_ms" => json!({ "type": "integer", "minimum": 0 }),
        "nonce" => json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
        "scope" => json!({ "type": "string", "enum": ["own", "others"] }),
        "table" => match &platform.dictionaries {
            Some(dictionaries) => {
                let mut names: Vec<&str> =
                    dictionaries.tables.iter().map(|one| one.remote.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                json!({ "type": "string", "enum": names })
            }
            None => json!({ "type": "string", "minLength": 1 }),
        },
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

/// Whether a name always stands for something in this operation's requests: what is null is left out.
pub(super) fn is_there(operation: Operation, text: &str) -> bool {
    use Operation as O;
    let always = |name: &str| match name {
        "local_id" | "uscc" | "patent" | "title" | "owner" | "since" => false,
        "remote_id" => !matches!(operation, O::Create | O::Lookup),
        "document" => matches!(operation, O::Create | O::Update),
        "reason" => operation == O::Withdraw,
        "scope" | "page" => matches!(operation, O::List | O::Dictionary),
        "size" => matches!(operation, O::List | O::Reviews | O::Dictionary),
        "after" => operation == O::Reviews,
        _ => true,
    };
    let names = probe::names(text);
    names.iter().all(|name| always(name))
}

/// Names whose value is made from a credential, however many steps away.
pub(super) fn secrets(platform: &Platform) -> BTreeSet<String> {
    let mut secret: BTreeSet<String> = ["credentials", "session"].map(str::to_owned).into();
    // Each pass carries the taint one step further; there are no more steps than values.
    for _ in 0..=platform.values.len() {
        for value in &platform.values {
            if is_secret(&secret, value) {
                secret.insert(value.name.value.clone());
            }
        }
    }
    secret
}

pub(super) fn is_secret(secrets: &BTreeSet<String>, pair: &Named) -> bool {
    probe::names(&pair.expression).iter().any(|name| secrets.contains(name.as_ref()))
}
