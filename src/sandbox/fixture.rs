//! A small schema set and sound documents for this room's tests.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with three kinds and two code tables.
pub fn schemas() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("codes")).unwrap();
    let tables = [
        (
            "tech-field",
            "code,name,parent,from,to\n01,电子信息,,,\n04,新材料,,2016-01-01,\n09,海洋,,,2019-12-31\n",
        ),
        (
            "region",
            "\u{feff}code,name,parent,from,to\n370300,淄博市,370000,,\n370303,张店区,370300,,\n371200,莱芜市,370000,,2019\n",
        ),
    ];
    for (name, text) in tables {
        fs::write(folder.path().join(format!("codes/{name}.csv")), text).unwrap();
    }
    write(
        folder.path(),
        "enterprise",
        &json!({
            "title": "企业", "x-kind": {"title": "企业", "natural_keys": [["uscc"], ["name"]]},
            "type": "object", "additionalProperties": false, "required": ["name", "uscc", "region"],
            "properties": {
                "name": {"type": "string", "minLength": 4, "maxLength": 100},
                "uscc": {"type": "string", "format": "uscc"},
                "region": {"type": "string", "format": "region-code", "x-code-table": "region"},
            },
        }),
    );
    write(
        folder.path(),
        "achievement",
        &json!({
            "title": "科技成果", "x-kind": {"title": "科技成果", "natural_keys": [["patentNos"], ["title", "ownerName"]]},
            "type": "object", "additionalProperties": false,
            "required": ["title", "owner", "ownerName", "summary", "techField"],
            "properties": {
                "title": {"type": "string", "minLength": 2, "maxLength": 100},
                "owner": {"type": "string", "x-parent": "enterprise"},
                "ownerName": {"type": "string"},
                "ownerUscc": {"type": "string", "format": "uscc"},
                "summary": {"type": "string", "minLength": 20, "maxLength": 2000},
                "techField": {"type": "string", "x-code-table": "tech-field"},
                "priceWan": {"type": "string", "format": "decimal", "x-decimal": {"scale": 4, "minimum": "0"}},
                "keywords": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "patentNos": {"type": "array", "items": {"type": "string", "format": "cn-patent"}},
                "remark": {"type": "string", "x-max-bytes": {"charset": "gbk", "value": 20}},
                "contact": {"type": "object", "properties": {
                    "name": {"type": "string"}, "phone": {"type": "string", "format": "cn-phone"}}},
            },
        }),
    );
    write(
        folder.path(),
        "roadshow",
        &json!({
            "title": "路演", "type": "object", "properties": {"items": {"type": "array", "items": {
                "type": "object", "properties": {"achievement": {"type": "string", "x-parent": "achievement"}}}}},
        }),
    );
    folder
}

pub fn enterprise() -> Value {
    json!({"name": "淄博甲材料有限公司", "uscc": "91370303MA00000AAU", "region": "370303"})
}

/// Sound but for its owner, who must exist.
pub fn achievement() -> Value {
    json!({
        "title": "高精度协作机器人", "owner": "SD-ENT-00000001", "ownerName": "淄博甲材料有限公司", "techField": "04",
        "summary": "本成果突破了关键技术，经检测主要指标提高三成，已在三家企业应用，运行稳定，效益明显，可以推广。",
    })
}

fn write(folder: &Path, kind: &str, schema: &Value) {
    fs::write(folder.join(format!("{kind}.schema.json")), schema.to_string()).unwrap();
}
