//! Every keyword of a schema file must be one that somebody reads: a misspelt `maxLenght` checks nothing.

use serde_json::{Map, Value as Json};

use super::formats::FORMATS;
use super::place::step;
use super::read::Reader;
use crate::codes::nearest;
use crate::record::Complaint;

/// JSON Schema 2020-12, as far as documents for a province need it, and our two names for people.
const STANDARD: [&str; 44] = [
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "$comment",
    "title",
    "title_en",
    "description",
    "examples",
    "default",
    "deprecated",
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
];
const CONDITIONS: [&str; 3] = ["if", "then", "else"];
/// Of the file as a whole.
const OF_FILE: [&str; 3] = ["x-version", "x-kind", "x-rules"];
/// Of a field or of a list's items.
const OF_FIELD: [&str; 7] =
    ["x-class", "x-source", "x-code-table", "x-parent", "x-max-bytes", "x-decimal", "x-volatile"];
const OF_KIND: [&str; 8] =
    ["title", "title_en", "label", "parents", "natural_keys", "once", "withdraw", "function"];
const OF_RULE: [&str; 10] =
    ["id", "at", "owner", "severity", "when", "must", "zh", "en", "advice_zh", "advice_en"];

/// Leaves a fault for each keyword that is unknown, stands where nobody reads it, or names what is not there.
pub(super) fn keywords(reader: &mut Reader<'_>, schema: &Json) {
    only(reader, &schema["x-kind"], "/x-kind", &OF_KIND);
    for (index, rule) in schema["x-rules"].as_array().into_iter().flatten().enumerate() {
        only(reader, rule, &format!("/x-rules/{index}"), &OF_RULE);
    }
    if schema["type"] != "object" {
        let complaint = Complaint::new("Q4008").found(&schema["type"]).fact("key", "type");
        reader.fault("/type", complaint.fact("expected", "\"object\""));
    }
    walk(reader, schema, "", Place::File, schema["properties"].as_object());
}

/// The place in the file of a field's definition: `/applicants/*/name` → `/properties/applicants/items/…`.
pub(super) fn place_of(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1);
    steps.fold(String::new(), |place, step| match step {
        "*" => place + "/items",
        name => place + "/properties/" + name,
    })
}

/// Whether a subschema describes the file, a field, or only adds to what is described elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Field,
    Condition,
}

fn only(reader: &mut Reader<'_>, node: &Json, at: &str, known: &[&str]) {
    let keys = node.as_object().into_iter().flatten().map(|(key, _)| key);
    for key in keys.filter(|key| !known.contains(&key.as_str())) {
        unknown(reader, at, key, known.iter().copied());
    }
}

fn unknown<'a>(reader: &mut Reader<'_>, at: &str, key: &str, known: impl Iterator<Item = &'a str>) {
    let near = nearest(key, known, 3).join(", ");
    let near = if near.is_empty() { "–".to_owned() } else { near };
    reader.fault(&format!("{at}/{}", step(key)), Complaint::new("Q4002").fact("key", key).fact("near", near));
}

/// `scope`: the properties that are described for the value this subschema speaks about.
fn walk(reader: &mut Reader<'_>, node: &Json, at: &str, place: Place, scope: Option<&Map<String, Json>>) {
    let Some(keywords) = node.as_object() else { return };
    for (key, value) in keywords {
        let here = format!("{at}/{}", step(key));
        let known = STANDARD.contains(&key.as_str()) || CONDITIONS.contains(&key.as_str());
        let ours = OF_FILE.contains(&key.as_str()) || OF_FIELD.contains(&key.as_str());
        let in_place = match place {
            Place::File => OF_FILE.contains(&key.as_str()),
            Place::Field => OF_FIELD.contains(&key.as_str()),
            Place::Condition => false,
        };
        if !known && !ours {
            let all = STANDARD.iter().chain(&CONDITIONS).chain(&OF_FILE).chain(&OF_FIELD).copied();
            unknown(reader, at, key, all);
        } else if ours && !in_place {
            reader.fault(&here, Complaint::new("Q4003").fact("key", key));
        }
        match (key.as_str(), value) {
            ("properties", Json::Object(properties)) => {
                for (name, property) in properties {
                    let described = scope.and_then(|scope| scope.get(name));
                    let inner = if place == Place::Condition { Place::Condition } else { Place::Field };
                    if inner == Place::Condition && scope.is_some() && described.is_none() {
                        reader.fault(&here, Complaint::new("Q4013").found(name));
                    }
                    let inside = if inner == Place::Condition { described } else { Some(property) };
                    walk(reader, property, &format!("{here}/{}", step(name)), inner, members(inside));
                }
            }
            ("required", Json::Array(names)) => {
                let missing = names
                    .iter()
                    .filter_map(Json::as_str)
                    .filter(|name| scope.is_some_and(|scope| !scope.contains_key(*name)));
                for name in missing {
                    reader.fault(&here, Complaint::new("Q4013").found(name));
                }
            }
            ("items", Json::Object(_)) => {
                let inner = if place == Place::Condition { Place::Condition } else { Place::Field };
                let scope = value.get("properties").and_then(Json::as_object);
                walk(reader, value, &here, inner, scope);
            }
            ("allOf" | "anyOf" | "oneOf", Json::Array(branches)) => {
                for (index, branch) in branches.iter().enumerate() {
                    walk(reader, branch, &format!("{here}/{index}"), Place::Condition, scope);
                }
            }
            ("if" | "then" | "else" | "not", value) => walk(reader, value, &here, Place::Condition, scope),
            ("contains" | "propertyNames" | "additionalProperties", value) => {
                walk(reader, value, &here, Place::Condition, None);
            }
            ("$defs" | "dependentSchemas" | "patternProperties", Json::Object(schemas)) => {
                for (name, schema) in schemas {
                    // What a definition describes depends on who refers to it: our keywords are welcome there.
                    let (inner, scope) = match key.as_str() {
                        "$defs" => (Place::Field, members(Some(schema))),
                        _ => (Place::Condition, scope),
                    };
                    walk(reader, schema, &format!("{here}/{}", step(name)), inner, scope);
                }
            }
            ("format", Json::String(format)) if !FORMATS.contains(&format.as_str()) => {
                let complaint = Complaint::new("Q4008").found(format).fact("key", "format");
                reader.fault(&here, complaint.fact("expected", FORMATS.join(", ")));
            }
            _ => (),
        }
    }
}

/// The properties of a described value, or of a described list's items.
fn members(described: Option<&Json>) -> Option<&Map<String, Json>> {
    let described = described?;
    described.get("properties").or_else(|| described.get("items")?.get("properties"))?.as_object()
}
