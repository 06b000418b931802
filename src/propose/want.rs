//! What a field wants of a column: the sort of value, and the expressions that may make it.

use serde_json::Value as Json;

use crate::schema::{FieldInfo, Kind};

/// The sort of value that a field holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Want {
    Uscc,
    Phone,
    Email,
    IdCard,
    Uri,
    Date,
    Year,
    Int,
    /// An exact number in the unit of the field.
    Decimal,
    /// In 万元.
    Money,
    /// In 元.
    Yuan,
    Bool,
    Code(String),
    Codes(String),
    Region,
    Patents,
    /// A list of free texts.
    Texts,
    Parent(String),
    Person,
    Unit,
    Long,
    Html,
    /// A number or code of a paper.
    Number,
    Short,
}

/// A field that a column may fill.
#[derive(Clone, Debug)]
pub(super) struct Target<'k> {
    pub info: &'k FieldInfo,
    pub want: Want,
    /// The longest text, in characters.
    pub length_max: Option<u64>,
}

/// The lists of a kind whose items are objects.
pub(super) struct List<'k> {
    pub info: &'k FieldInfo,
    pub items: Vec<Target<'k>>,
}

/// Fields of the listing's own row, and lists of children.
pub(super) fn targets(kind: &Kind) -> (Vec<Target<'_>>, Vec<List<'_>>) {
    // The kind has read this text before, so that it parses.
    let json: Json = serde_json::from_str(&kind.text).unwrap_or_default();
    let mut own = Vec::new();
    let mut lists: Vec<List<'_>> = Vec::new();
    for info in &kind.fields {
        let Some(node) = node(&json, &info.pointer) else { continue };
        let is_object = node.get("properties").is_some();
        let is_list_of_objects = node.pointer("/items/properties").is_some();
        let target = || Target { info, want: want(info, node), length_max: node["maxLength"].as_u64() };
        match info.pointer.split_once("/*/") {
            Some((outer, _)) => {
                let list = lists.iter_mut().find(|list| list.info.pointer == outer);
                if let Some(list) = list.filter(|_| !is_object && !is_list_of_objects) {
                    list.items.push(target());
                }
            }
            None if is_list_of_objects => lists.push(List { info, items: Vec::new() }),
            None if is_object => (),
            None => own.push(target()),
        }
    }
    (own, lists)
}

/// The schema's node of a field; references inside the file are followed.
fn node<'j>(root: &'j Json, pointer: &str) -> Option<&'j Json> {
    let follow = |node: &'j Json| match node.get("$ref").and_then(Json::as_str) {
        Some(target) => root.pointer(target.strip_prefix('#').unwrap_or(target)),
        None => Some(node),
    };
    pointer.split('/').skip(1).try_fold(root, |node, step| {
        let node = follow(node)?;
        follow(if step == "*" { node.get("items")? } else { node.get("properties")?.get(step)? })
    })
}

fn want(info: &FieldInfo, node: &Json) -> Want {
    let format = info.format.as_deref().unwrap_or_default();
    let item_format = node.pointer("/items/format").and_then(Json::as_str).unwrap_or_default();
    let title = info.title.as_str();
    let last = info.name.rsplit('.').next().unwrap_or_default();
    let unit = node.pointer("/x-decimal/unit").and_then(Json::as_str).unwrap_or_default();
    if let Some(parent) = &info.parent {
        return Want::Parent(parent.clone());
    }
    match (info.shape.as_str(), format) {
        (_, "uscc") => Want::Uscc,
        (_, "cn-phone") => Want::Phone,
        (_, "email") => Want::Email,
        (_, "resident-id" | "cn-id-card") => Want::IdCard,
        (_, "uri" | "url") => Want::Uri,
        (_, "date") => Want::Date,
        (_, "region-code") => Want::Region,
        (_, "decimal") if unit == "万元" => Want::Money,
        (_, "decimal") if unit == "元" => Want::Yuan,
        (_, "decimal") => Want::Decimal,
        ("boolean", _) => Want::Bool,
        ("integer" | "number", _) if is_year(title) => Want::Year,
        ("integer", _) => Want::Int,
        ("number", _) => Want::Decimal,
        ("array", _) if item_format == "cn-patent" => Want::Patents,
        ("array", _) => info.table.clone().map_or(Want::Texts, Want::Codes),
        _ if info.table.is_some() => Want::Code(info.table.clone().unwrap_or_default()),
        _ if last == "idCard" => Want::IdCard,
        _ if last.ends_with("Html") => Want::Html,
        _ if is_person(title) => Want::Person,
        _ if is_unit(title) => Want::Unit,
        _ if title.ends_with("编号") || title.ends_with("文号") || title.ends_with("号码") => {
            Want::Number
        }
        _ if node["maxLength"].as_u64().is_some_and(|most| most >= 400)
            || node.get("x-max-bytes").is_some() =>
        {
            Want::Long
        }
        _ => Want::Short,
    }
}

fn is_year(title: &str) -> bool {
    title.ends_with("年份") || title.ends_with("年度") || title.ends_with("年")
}

fn is_person(title: &str) -> bool {
    ["姓名", "代表人", "负责人", "完成人", "导师", "路演人"].iter().any(|end| title.ends_with(end))
}

fn is_unit(title: &str) -> bool {
    let ends =
        ["单位", "单位名称", "机构", "机构名称", "企业名称", "高校院所", "卖方名称", "买方名称", "对接企业"];
    ends.iter().any(|end| title.ends_with(end)) && !title.starts_with("是否")
}
