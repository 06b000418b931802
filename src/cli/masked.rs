//! JSON as it may stand on a screen.

use serde_json::Value as Json;

use crate::record::mask;

/// The same JSON with personal data masked in every text.
pub fn masked(json: Json) -> Json {
    match json {
        Json::String(text) => Json::String(mask(&text)),
        Json::Array(items) => items.into_iter().map(masked).collect(),
        Json::Object(fields) => {
            Json::Object(fields.into_iter().map(|(name, value)| (name, masked(value))).collect())
        }
        other @ (Json::Null | Json::Bool(_) | Json::Number(_)) => other,
    }
}
