//! What a schema says of a field, in words and cells.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde_json::{Map, Value as Json};

use super::column::{Choice, Column};
use crate::codes::{CodeTable, Codes};
use crate::record::PARENT_PREFIX;
use crate::schema::FieldInfo;

/// A number that stands for a parent's in examples.
const PARENT_EXAMPLE: &str = "1";

/// The place of a schema that describes the field at a pointer.
pub(super) fn node_at<'s>(schema: &'s Json, pointer: &str) -> &'s Json {
    let followed = |node: &'s Json| {
        let target = node["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        target.and_then(|target| schema.pointer(target)).unwrap_or(node)
    };
    pointer.split('/').skip(1).fold(followed(schema), |node, step| {
        followed(match step {
            "*" => &node["items"],
            name => &node["properties"][name.replace("~1", "/").replace("~0", "~")],
        })
    })
}

/// Format and limits of a field, for people.
pub(super) fn limits(field: &FieldInfo, node: &Json) -> String {
    let mut said: Vec<String> = Vec::new();
    let whole = |node: &Json, key: &str| node[key].as_u64();
    let span = |least: Option<u64>, most: Option<u64>, unit: &str| match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("{least}{unit}")),
        (Some(least), Some(most)) if least > 1 => Some(format!("{least}–{most}{unit}")),
        (_, Some(most)) => Some(format!("不超过{most}{unit}")),
        (Some(least), None) if least > 1 => Some(format!("不少于{least}{unit}")),
        _ => None,
    };
    if field.shape == "array" {
        said.extend(span(whole(node, "minItems"), whole(node, "maxItems"), "项"));
    }
    let one = if field.shape == "array" { &node["items"] } else { node };
    said.extend(match one["format"].as_str() {
        Some("date") => Some("日期，如 2024-05-31".to_owned()),
        Some("uscc") => Some("18 位统一社会信用代码".to_owned()),
        Some("cn-phone") => Some("手机，或带区号的固定电话".to_owned()),
        Some("cn-patent") => Some("专利号，如 ZL202110123456.7".to_owned()),
        Some("email") => Some("电子邮箱".to_owned()),
        Some("uri") => Some("网址".to_owned()),
        _ => None,
    });
    if one["type"] == "string" && one.get("x-code-table").is_none() {
        said.extend(span(whole(one, "minLength"), whole(one, "maxLength"), "字"));
    }
    if let Some(bytes) = one["x-max-bytes"]["value"].as_u64() {
        // A Chinese character takes three bytes of UTF-8, and two of GBK.
        let each = if one["x-max-bytes"]["charset"] == "gbk" { 2 } else { 3 };
        said.push(format!("不超过{}字", bytes / each));
    }
    if let (Some(least), Some(most)) = (one["minimum"].as_i64(), one["maximum"].as_i64()) {
        said.push(format!("整数，{least}–{most}"));
    }
    let decimal = &one["x-decimal"];
    if let Some(scale) = decimal["scale"].as_u64() {
        let limit = |key: &str| decimal[key].as_str().unwrap_or("…");
        let unit = decimal["unit"].as_str().unwrap_or_default();
        said.push(format!("{}–{}{unit}，小数不超过{scale}位", limit("minimum"), limit("maximum")));
    }
    said.join("；")
}

/// What a drop-down offers: the names that are in force; a name that two codes have does not tell them apart, so the
/// codes stand for themselves.
pub(super) fn choices(choice: &Choice, codes: &Codes, today: NaiveDate) -> Vec<String> {
    match choice {
        Choice::Free => Vec::new(),
        Choice::YesNo => vec!["是".to_owned(), "否".to_owned()],
        Choice::Only(table, code) => {
            codes.table(table).map_or_else(|_| Vec::new(), |table| vec![word(table, code, &twice(table))])
        }
        Choice::Table(name) => codes.table(name).map_or_else(
            |_| Vec::new(),
            |table| {
                let twice = twice(table);
                let current = table.rows().iter().filter(|row| row.is_current(today));
                current.map(|row| word(table, &row.code, &twice)).collect()
            },
        ),
    }
}

fn twice(table: &CodeTable) -> HashSet<&str> {
    let mut seen = HashSet::new();
    table.rows().iter().map(|row| row.name.as_ref()).filter(|name| !seen.insert(*name)).collect()
}

/// What a clerk writes for a code.
fn word(table: &CodeTable, code: &str, twice: &HashSet<&str>) -> String {
    match table.row(code) {
        // Names resolve through the crosswalk first; only what leads back to the code may stand for it.
        Some(row)
            if !twice.contains(row.name.as_ref())
                && table.find(&row.name).is_some_and(|hit| hit.code.as_ref() == code) =>
        {
            row.name.to_string()
        }
        _ => code.to_owned(),
    }
}

/// The cell that maps to a document's value: names for codes, 是 and 否, lists joined.
pub(super) fn cell(column: &Column, document: &Map<String, Json>, codes: &Codes) -> String {
    let mut value: Option<&Json> = None;
    for (depth, step) in column.pointer.split('/').skip(1).enumerate() {
        value = if depth == 0 { document.get(step) } else { value.and_then(|value| value.get(step)) };
    }
    let one = |value: &Json| match (value, &column.choice) {
        (Json::Bool(flag), _) => if *flag { "是" } else { "否" }.to_owned(),
        (Json::String(text), _) if text.starts_with(PARENT_PREFIX) => PARENT_EXAMPLE.to_owned(),
        (Json::String(code), Choice::Table(table) | Choice::Only(table, _)) => {
            codes.table(table).map_or_else(|_| code.clone(), |table| word(table, code, &twice(table)))
        }
        (Json::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::Array(items)) => {
            let separator = if column.separator == Some(';') { "；" } else { "、" };
            items.iter().map(one).collect::<Vec<_>>().join(separator)
        }
        Some(value) => one(value),
    }
}
