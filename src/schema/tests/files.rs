//! Faulty schema files: every fault at once, with its line.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::*;
use crate::codes::{CodeRow, CodeTable};

/// A whole little kind, to be spoilt.
const GOOD: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "样品", "description": "试验用。", "x-version": "1.0.0",
  "x-kind": {
    "title": "样品", "title_en": "sample", "parents": [], "natural_keys": [["name"]], "once": false,
    "withdraw": {"flag": "auto", "absence": "ask"}, "function": "成果展示"
  },
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {
      "title": "名称", "title_en": "Name", "description": "名称。", "type": "string", "maxLength": 10,
      "x-class": "public", "x-source": {"kind": "guess", "cite": "无"}, "examples": ["甲"]
    },
    "phone": {
      "title": "电话", "title_en": "Phone", "description": "电话。", "type": "string", "format": "cn-phone",
      "x-class": "personal", "x-source": {"kind": "guess", "cite": "无"}
    },
    "email": {
      "title": "邮箱", "title_en": "E-mail", "description": "邮箱。", "type": ["string", "integer"],
      "x-class": "personal", "x-source": {"kind": "guess", "cite": "无"}
    },
    "colour": {
      "title": "颜色", "title_en": "Colour", "description": "颜色。", "type": "string",
      "x-code-table": "colour", "x-max-bytes": {"charset": "gbk", "value": 4},
      "x-class": "business", "x-source": {"kind": "guess", "cite": "无"}
    }
  },
  "x-rules": [
    {
      "id": "sample.name", "at": "/name", "owner": "operator", "severity": "error",
      "must": "name != colour", "zh": "重名", "en": "same", "advice_zh": "改", "advice_en": "mend"
    }
  ]
}"#;

fn colours() -> Codes {
    let mut table = CodeTable::new("colour");
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    table.add(CodeRow::new("1", "红色"));
    table.add(CodeRow { to: day(2018, 12, 31), ..CodeRow::new("2", "青色") });
    table.add(CodeRow::new("3", "天青色"));
    table.add(CodeRow { from: day(2030, 1, 1), ..CodeRow::new("4", "紫色") });
    Codes::from_tables([table])
}

fn load(files: &[(&str, &str)]) -> Result<SchemaSet, Vec<String>> {
    let files =
        files.iter().map(|(name, text)| (PathBuf::from(format!("{name}.schema.json")), (*text).to_owned()));
    SchemaSet::from_files(files.collect(), &colours()).map_err(|faults| {
        let show = |fault: &crate::config::Fault| {
            let message = fault.complaint.message(Language::English);
            format!("{} {}:{} {message}", fault.complaint.id, fault.line, fault.column)
        };
        faults.iter().map(show).collect()
    })
}

/// The good file with one text replaced, and what is said of it.
fn check(from: &str, to: &str, expect: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    let found = load(&[("sample", &GOOD.replacen(from, to, 1))]).err().unwrap_or_default();
    assert_eq!(found, expect, "{from} → {to}");
}

#[test]
fn a_whole_file_has_no_fault() {
    let set = load(&[("sample", GOOD)]).unwrap();
    let kind = set.kind("sample").unwrap();
    assert_eq!(kind.title_en, "sample");
    assert_eq!(kind.field("/phone").map(|field| field.class.word()), Some("personal"));
    assert_eq!(kind.field("/name").map(|field| field.required), Some(true));
    assert!(set.kind("other").is_none());
}

#[test]
fn one_fault_is_named_with_its_line() {
    check(
        "\"maxLength\": 10,",
        "\"maxLength\": 10",
        &["Q4001 12:7 the schema file is not valid JSON: expected `,` or `}` at line 12 column 7"],
    );
    check("\"maxLength\"", "\"maxLenght\"", &["Q4002 11:95 `maxLenght` is not a known keyword"]);
    check(
        "\"x-source\": {\"kind\": \"guess\"",
        "\"x-sauce\": 1, \"x-source\": {\"kind\": \"guess\"",
        &["Q4002 12:39 `x-sauce` is not a known keyword"],
    );
    check(
        "\"x-version\": \"1.0.0\"",
        "\"x-version\": \"1.0.0\", \"x-parent\": \"a\"",
        &["Q4003 3:75 `x-parent` has no effect here"],
    );
    check(
        "\"x-code-table\": \"colour\"",
        "\"x-code-table\": \"color\"",
        &["Q4004 24:23 there is no code table color; near: colour"],
    );
    check(
        "\"must\": \"name != colour\"",
        "\"must\": \"name != color\"",
        &["Q4013 31:15 this kind has no field color"],
    );
    check("\"x-class\": \"public\", ", "", &["Q4007 10:13 /properties/name lacks `x-class`"]);
    check("\"title\": \"名称\", ", "", &["Q4007 10:13 /properties/name lacks `title`"]);
    check(
        "\"x-source\": {\"kind\": \"guess\", \"cite\": \"无\"}, \"examples\"",
        "\"examples\"",
        &["Q4007 10:13 /properties/name lacks `x-source`"],
    );
    check(
        "\"x-class\": \"public\"",
        "\"x-class\": \"open\"",
        &["Q4008 12:18 `x-class` is \"open\"; expected public, business, personal, sensitive, secret"],
    );
    check("\"auto\"", "\"yes\"", &["Q4008 6:26 `flag` is \"yes\"; expected auto, ask or never"]);
    check(
        "\"gbk\"",
        "\"big5\"",
        &[
            "Q4008 24:48 `x-max-bytes` is {\"charset\":\"big5\",\"value\":4}; expected {\"charset\": \"utf-8\" or \"gbk\", \"value\": bytes}",
        ],
    );
    check(
        "\"cn-phone\"",
        "\"cn-fone\"",
        &[
            "Q4008 15:93 `format` is cn-fone; expected uscc, cn-patent, cn-phone, region-code, decimal, date, date-time, email, uri, time",
        ],
    );
    check(
        "\"phone\": {",
        "\"name\": {",
        &["Q4009 14:5 `/properties/name` stands here twice; only one of them counts"],
    );
    check(
        "\"maxLength\": 10",
        "\"maxLength\": \"x\"",
        &["Q4010 11:95 this is not valid JSON Schema: \"x\" is not of type \"integer\""],
    );
    check(
        "\"parents\": []",
        "\"parents\": [\"firm\"]",
        &["Q4011 5:53 the parent kind firm is unknown or not among `parents`; known: sample"],
    );
    check("[[\"name\"]]", "[[\"nam\"]]", &["Q4013 5:73 this kind has no field nam"]);
    check(
        "\"required\": [\"name\"]",
        "\"required\": [\"nmae\"]",
        &["Q4013 8:64 this kind has no field nmae"],
    );
    check("\"at\": \"/name\"", "\"at\": \"/nmae\"", &["Q4013 30:34 this kind has no field /nmae"]);
}

#[test]
fn all_faults_of_all_files_come_at_once() {
    let one = GOOD.replace("\"maxLength\"", "\"maxLenght\"").replace("\"x-class\": \"business\", ", "");
    let found = load(&[("one", &one), ("other", "{")]).unwrap_err();
    let ids: Vec<&str> = found.iter().map(|fault| &fault[..5]).collect();
    assert_eq!(ids, ["Q4002", "Q4007", "Q4001"]);
}

#[test]
fn kinds_that_wait_for_each_other_are_refused() {
    let child = |parent: &str| GOOD.replace("\"parents\": []", &format!("\"parents\": [\"{parent}\"]"));
    let (one, other) = (child("two"), child("one"));
    let found = load(&[("one", &one), ("two", &other)]).unwrap_err();
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("Q4012"), "{found:?}");
}

#[test]
fn a_folder_that_is_not_there_or_empty_is_one_fault() {
    let empty = tempfile::tempdir().unwrap();
    for folder in [Path::new("/nowhere/v1"), empty.path()] {
        let faults = SchemaSet::load(folder, &Codes::default()).unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.complaint.id.as_str()).collect::<Vec<_>>(), ["Q4014"]);
    }
}

/// What is said of a document by the good file with `more` beside its other keywords.
fn said(more: Json, document: Json) -> Vec<String> {
    let mut schema: Json = serde_json::from_str(GOOD).unwrap();
    let more = more.as_object().cloned().unwrap();
    schema.as_object_mut().unwrap().extend(more);
    let set = load(&[("sample", &schema.to_string())]).unwrap();
    let document = Document(document.as_object().cloned().unwrap());
    complaints(set.kind("sample").unwrap(), document)
        .iter()
        .map(|one| format!("{} {} {}", one.id, one.pointer, one.message(Language::Chinese)))
        .collect()
}

#[test]
fn codes_out_of_force_name_a_likely_successor() {
    let colour = |code: &str| said(json!({}), json!({"name": "甲", "colour": code}));
    assert_eq!(colour("3"), [""; 0]);
    assert_eq!(colour("2"), ["Q4502 /colour “颜色”的代码“2”（青色）已于 2018-12-31 停用"]);
    assert_eq!(colour("4"), ["Q4505 /colour “颜色”的代码“4”（紫色）自 2030-01-01 起才启用"]);
    let set = load(&[("sample", GOOD)]).unwrap();
    let document = json!({"name": "甲", "colour": "2"});
    let found = complaints(set.kind("sample").unwrap(), Document(document.as_object().cloned().unwrap()));
    assert_eq!(found[0].advice(Language::Chinese), "改用现行代码，可能是：3 天青色。");
}

#[test]
fn alternatives_are_said_once_and_in_words() {
    let any = json!({"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]});
    assert_eq!(said(any, json!({"name": "甲"})), ["Q4107 /phone “电话”、“邮箱”至少要填一项"]);
    let one = json!({"oneOf": [{"required": ["phone"]}, {"required": ["email"]}]});
    let both = json!({"name": "甲", "phone": "13953312345", "email": "a"});
    assert_eq!(said(one, both), ["Q4108 /phone “电话”、“邮箱”只能填一项"]);
    let typed = json!({"anyOf": [
        {"properties": {"email": {"type": "string", "minLength": 5}}},
        {"properties": {"email": {"type": "integer"}}}
    ]});
    assert_eq!(
        said(typed, json!({"name": "甲", "email": "a@b"})),
        ["Q4202 /email “邮箱”至少 5 个字，实有 3 个：a**"]
    );
    let not = json!({"not": {"required": ["phone"]}});
    assert_eq!(said(not, json!({"name": "甲", "phone": "13953312345"})), ["Q4106 /phone 不得填写“电话”"]);
    let depends = json!({"dependentRequired": {"phone": ["email"]}});
    assert_eq!(
        said(depends, json!({"name": "甲", "phone": "13953312345"})),
        ["Q4102 /email 当填写了“电话”时，必须填写“邮箱”"]
    );
}

#[test]
fn nested_conditions_are_all_said() {
    let nested = json!({
        "if": {"properties": {"colour": {"enum": ["1", "3"]}}, "required": ["colour"]},
        "then": {
            "if": {"required": ["phone", "email"]},
            "then": {"properties": {"name": {"const": "乙"}}}
        }
    });
    let document = json!({"name": "甲", "colour": "1", "phone": "13953312345", "email": 1});
    assert_eq!(
        said(nested, document),
        [
            "Q4504 /name 当“颜色”为“红色”（1）或“天青色”（3）时，当填写了“电话”且填写了“邮箱”时，“名称”只能是“乙”，实为“甲”"
        ]
    );
}
