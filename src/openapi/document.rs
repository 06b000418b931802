//! The document as a whole, with the documents' schemas and code tables among its components.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{answer, operation, parameter};
use crate::codes::Codes;
use crate::config::{Fault, Platform};
use crate::schema::SchemaSet;

/// Tables up to this length are written out; the others are named.
const CODES_MAX: usize = 100;

/// A platform's interface as OpenAPI 3.1.
///
/// Shape:  one operation for each method and path; `components` hold a schema for each kind, the code tables up to
///         a hundred codes, and the failures.
/// Errors: Q7701 for each path that depends on more than names.
/// Source: OpenAPI Specification 3.1.1; JSON Schema 2020-12.
pub fn document(platform: &Platform, schemas: &SchemaSet, codes: &Codes) -> Result<Json, Vec<Fault>> {
    let (paths, answering) = operation::paths(platform, schemas)?;
    let mut components = Map::new();
    let mut tables = BTreeSet::new();
    for kind in schemas.kinds() {
        // The file was read as JSON before it became a kind.
        let mut schema: Json = serde_json::from_str(&kind.text).unwrap_or_default();
        clean(&mut schema, codes, &mut tables);
        components.insert(kind.name.to_string(), schema);
    }
    for table in &tables {
        components.insert(component(table), code_table(codes, table));
    }
    for (name, schema) in answer::failures(platform) {
        components.insert(name.to_owned(), schema);
    }
    let (schemes, requirement) = security(platform);
    let mut tags: Vec<Json> =
        schemas.kinds().map(|kind| json!({ "name": kind.title, "description": kind.description })).collect();
    tags.push(json!({ "name": "公共", "description": "不分类别的查询" }));
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": platform.title,
            "version": platform.schemas.value,
            "description": format!(
                "由 qilu 从平台配置 {} 和规范 {} 生成：写的是我们怎样理解这个省平台的接口，不是省平台发布的文件。",
                platform.name, platform.schemas.value
            ),
        },
        "servers": [{ "url": platform.base_url.value }],
        "tags": tags,
        "security": [requirement],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": answer::components(platform, &answering),
            "securitySchemes": schemes,
        },
    }))
}

/// Where a kind's schema stands.
pub(super) fn reference(kind: &str) -> String {
    format!("#/components/schemas/{kind}")
}

fn component(table: &str) -> String {
    format!("codes.{table}")
}

/// Makes a schema file part of a larger document: it has no address of its own there, words for people are
/// extensions, and a code table's name leads to its codes.
fn clean(node: &mut Json, codes: &Codes, tables: &mut BTreeSet<String>) {
    match node {
        Json::Object(keywords) => {
            keywords.shift_remove("$schema");
            keywords.shift_remove("$id");
            let named = std::mem::take(keywords);
            for (name, mut value) in named {
                let is_data = matches!(name.as_str(), "examples" | "const" | "enum" | "default")
                    || name.starts_with("x-");
                if name == "properties" {
                    // Names of fields, not keywords.
                    for property in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                        clean(property, codes, tables);
                    }
                } else if !is_data {
                    clean(&mut value, codes, tables);
                }
                let name = if name == "title_en" { "x-title-en".to_owned() } else { name };
                keywords.insert(name, value);
            }
            if let Some(table) = keywords.get("x-code-table").and_then(Json::as_str)
                && !keywords.contains_key("const")
                && codes.table(table).is_ok_and(|known| known.rows().len() <= CODES_MAX)
            {
                tables.insert(table.to_owned());
                let target = format!("#/components/schemas/{}", component(table));
                keywords.insert("$ref".to_owned(), target.into());
            }
            if let Some(pattern) = keywords.get("format").and_then(Json::as_str).and_then(pattern_of)
                && !keywords.contains_key("pattern")
            {
                keywords.insert("pattern".to_owned(), pattern.into());
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| clean(item, codes, tables)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
    }
}

/// What other tools can check of the formats that only we know.
fn pattern_of(format: &str) -> Option<&'static str> {
    match format {
        "uscc" => Some("^[0-9A-HJ-NP-RTUWXY]{18}$"),
        "region-code" => Some("^[0-9]{6}$"),
        "decimal" => Some("^-?[0-9]+(\\.[0-9]+)?$"),
        _ => None,
    }
}

fn code_table(codes: &Codes, table: &str) -> Json {
    let rows = codes.table(table).map(|table| table.rows()).unwrap_or_default();
    let shown: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let all: Vec<&str> = rows.iter().map(|row| row.code.as_ref()).collect();
    json!({
        "title": format!("代码表 {table}"),
        "description": shown.join("；"),
        "type": "string",
        "enum": all,
    })
}

/// Headers and parameters that are made from credentials, all of them needed at once.
fn security(platform: &Platform) -> (Json, Json) {
    let secrets = parameter::secrets(platform);
    let (mut schemes, mut requirement) = (Map::new(), Map::new());
    let calls = platform.operations.values();
    let headers = platform.headers.iter().chain(calls.clone().flat_map(|call| &call.headers));
    let pairs = headers.map(|pair| ("header", pair));
    for (place, pair) in pairs.chain(calls.flat_map(|call| &call.query).map(|pair| ("query", pair))) {
        if parameter::is_secret(&secrets, pair) {
            let name = pair.name.value.as_str();
            let scheme = json!({
                "type": "apiKey",
                "in": place,
                "name": name,
                "description": format!("= {}", pair.expression.value),
            });
            schemes.insert(name.to_owned(), scheme);
            requirement.insert(name.to_owned(), json!([]));
        }
    }
    (Json::Object(schemes), Json::Object(requirement))
}
