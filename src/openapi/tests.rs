//! The shipped profile's document: its paths, its bodies, and what never changes about it.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::document;
use crate::codes::Codes;
use crate::config::Platform;
use crate::schema::SchemaSet;

const SHANDONG: &str = include_str!("../../config/platforms/shandong.toml");

fn written(text: &str) -> Result<Json, Vec<String>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), text);
    assert!(faults.is_empty(), "{faults:?}");
    let folder = here.join("schemas/shandong/v1");
    let (codes, faults) = Codes::load(&folder.join("codes"), &here.join("config/crosswalks"));
    assert!(faults.is_empty(), "{faults:?}");
    let schemas = SchemaSet::load(&folder, &codes).unwrap();
    let found = document(&platform.unwrap(), &schemas, &codes);
    found.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn every_kind_has_its_paths_and_the_rest_stands_once() {
    let document = written(SHANDONG).unwrap();
    let paths: Vec<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths.len(), 15 * 3 + 3, "{paths:?}");
    for path in [
        "/achievement/batch",
        "/achievement/lookup",
        "/achievement",
        "/reviews",
        "/ping",
        "/dictionaries/{table}",
    ] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
    let batch = &document["paths"]["/demand/batch"]["post"];
    assert_eq!(batch["summary"], "技术需求：新增、更新、撤下");
    let bodies = batch["requestBody"]["content"]["application/json"]["schema"]["oneOf"].as_array().unwrap();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[2]["properties"]["action"], json!({"type": "string", "const": "withdraw"}));
    let item = &bodies[1]["properties"]["records"]["items"];
    assert_eq!(item["required"], json!(["localId", "itemKey", "remoteId", "data"]));
    assert_eq!(item["properties"]["data"], json!({"$ref": "#/components/schemas/demand"}));
    let key = batch["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "Idempotency-Key");
    assert_eq!(key.unwrap()["required"], true);
}

#[test]
fn what_is_made_from_credentials_is_security_and_no_parameter() {
    let document = written(SHANDONG).unwrap();
    assert_eq!(document["security"], json!([{"X-App-Id": [], "X-Sign": []}]));
    let names: Vec<&Json> = document["paths"]["/ping"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["X-Timestamp", "X-Nonce"]);
}

#[test]
fn answers_are_a_success_or_a_failure_by_their_code() {
    let document = written(SHANDONG).unwrap();
    let responses = &document["paths"]["/enterprise/batch"]["post"]["responses"];
    let statuses: Vec<&str> = responses.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["200", "401", "403", "404", "409", "413", "429", "503", "default"]);
    let at = |reference: &Json| document.pointer(&reference["$ref"].as_str().unwrap()[1..]).unwrap();
    assert!(at(&responses["429"])["headers"]["Retry-After"].is_object());
    let good = &at(&responses["200"])["content"]["application/json"]["schema"]["oneOf"];
    assert_eq!(good[0]["properties"]["code"]["enum"], json!(["0", 0]));
    assert_eq!(good[0]["required"], json!(["code", "data"]));
    assert_eq!(good[1], json!({"$ref": "#/components/schemas/answer.failure"}));
    let states = at(&document["paths"]["/reviews"]["get"]["responses"]["200"]).to_string();
    assert!(states.contains("\"delisted\""), "{states}");
}

#[test]
fn it_is_the_same_every_time_and_refers_only_to_itself() {
    let document = written(SHANDONG).unwrap();
    assert_eq!(document.to_string(), written(SHANDONG).unwrap().to_string());
    fn walk(root: &Json, node: &Json) {
        match node {
            Json::Object(fields) => {
                assert!(!fields.contains_key("$schema") && !fields.contains_key("$id"));
                if let Some(target) = fields.get("$ref").and_then(Json::as_str) {
                    assert!(root.pointer(&target[1..]).is_some(), "{target} leads nowhere");
                }
                fields.values().for_each(|value| walk(root, value));
            }
            Json::Array(items) => items.iter().for_each(|item| walk(root, item)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
        }
    }
    walk(&document, &document);
}

#[test]
fn a_path_of_which_nothing_can_be_told_is_a_fault() {
    let text = SHANDONG.replace("path = \"'/ping'\"", "path = \"'/ping/' ~ (kind | int)\"");
    let faults = written(&text).unwrap_err();
    assert!(faults[0].contains("Q7701"), "{faults:?}");
}

#[test]
fn a_body_is_of_the_format_that_the_profile_says() {
    let text = SHANDONG
        .replacen("[operations.lookup]\n", "[operations.lookup]\npayload_format = \"form\"\npayload = { id = \"local_id\" }\n", 1)
        .replacen(
            "[operations.ping]\n",
            "[operations.ping]\nenvelope_format = \"xml\"\nenvelope = { data = { \"@v\" = \"'1'\", city = \"city_code\" } }\n",
            1,
        );
    let document = written(&text).unwrap();
    let body = |path: &str| document["paths"][path]["get"]["requestBody"]["content"].clone();
    let form = body("/expert/lookup");
    assert_eq!(form["application/x-www-form-urlencoded"]["schema"]["properties"]["id"]["type"], "string");
    let xml = &body("/ping")["application/xml"]["schema"];
    assert_eq!(
        (&xml["xml"]["name"], &xml["properties"]["v"]["xml"]["attribute"]),
        (&"data".into(), &true.into())
    );
    assert_eq!(xml["required"], json!(["v", "city"]));
}
