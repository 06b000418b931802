//! The province's own reading of its schema files: what is asked of a document, in the words of an official.
//!
//! It reads the files alone and shares no code with the city's side, so that a misreading on one side shows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use jsonschema::error::ValidationErrorKind as Fault;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::formats;

/// One thing wrong with a document: the province names one at a time, and briefly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// JSON pointer into the document.
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

/// All kinds the province takes, and the code tables it gives out.
pub struct Reading {
    kinds: BTreeMap<String, Kind>,
    dictionaries: BTreeMap<String, Dictionary>,
}

/// A code table's codes with their names, those in force, in the order of the file.
pub type Dictionary = Vec<(String, String)>;

/// One kind, as its file describes it.
pub struct Kind {
    pub title: String,
    validator: Validator,
    natural_keys: Vec<Vec<String>>,
    parents: Vec<(Vec<Step>, String)>,
}

/// A reference to another record found in a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Parent<'a> {
    pub field: String,
    pub kind: &'a str,
    pub remote_id: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    EachItem,
}

type Tables = HashMap<String, Arc<HashSet<String>>>;

impl Reading {
    /// Reads `KIND.schema.json` and `codes/*.csv` of a folder; codes no longer valid on `today` are left out.
    ///
    /// Errors: a missing folder, a file that is no schema, a code table that is named but not there.
    pub fn load(folder: &Path, today: &str) -> anyhow::Result<Self> {
        let dictionaries = load_tables(&folder.join("codes"), today)?;
        let codes = |dictionary: &Dictionary| dictionary.iter().map(|(code, _)| code.clone()).collect();
        let tables: Tables =
            dictionaries.iter().map(|(name, found)| (name.clone(), Arc::new(codes(found)))).collect();
        let mut kinds = BTreeMap::new();
        for file in files(folder, ".schema.json")? {
            let read = || -> anyhow::Result<Kind> {
                Kind::read(&serde_json::from_slice(&fs::read(&file)?)?, &tables)
            };
            let name = stem(&file, ".schema.json");
            kinds.insert(name, read().with_context(|| format!("the sandbox read {}", file.display()))?);
        }
        ensure!(!kinds.is_empty(), "the sandbox found no *.schema.json in {}", folder.display());
        Ok(Reading { kinds, dictionaries })
    }

    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }

    pub fn dictionary(&self, table: &str) -> Option<&Dictionary> {
        self.dictionaries.get(table)
    }

    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        self.kinds.get(name).map_or(name, |kind| kind.title.as_str())
    }
}

impl Kind {
    fn read(schema: &Value, tables: &Tables) -> anyhow::Result<Self> {
        let mut named = HashSet::new();
        collect_tables(schema, &mut named);
        if let Some(missing) = named.into_iter().find(|name| !tables.contains_key(*name)) {
            bail!("the code table codes/{missing}.csv is named but not there");
        }
        let about = &schema["x-kind"];
        let keys = about["natural_keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut parents = Vec::new();
        collect_parents(schema, &mut Vec::new(), &mut parents);
        Ok(Kind {
            title: about["title"].as_str().or(schema["title"].as_str()).unwrap_or_default().to_owned(),
            validator: formats::build(schema, tables)?,
            natural_keys: keys.iter().map(texts).filter(|names| !names.is_empty()).collect(),
            parents,
        })
    }

    /// The first thing wrong, by place; `None` if the document is as the files ask.
    pub fn check(&self, data: &Value) -> Option<Finding> {
        self.validator.iter_errors(data).map(|error| finding(&error)).min()
    }

    /// Each reference to another record that the document holds.
    pub fn parents<'a>(&'a self, data: &'a Value) -> Vec<Parent<'a>> {
        let mut found = Vec::new();
        for (steps, kind) in &self.parents {
            follow(data, steps, String::new(), &mut |field, value| {
                if let Some(remote_id) = value.as_str() {
                    found.push(Parent { field, kind, remote_id });
                }
            });
        }
        found
    }

    /// The ways in which the document says what it is about: its credit code, its title and owner, each patent.
    ///
    /// Shape:  a key with a missing field says nothing; a key of one list says each of its items.
    pub fn natural_keys(&self, data: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for (rank, names) in self.natural_keys.iter().enumerate() {
            let values: Vec<&Value> = names.iter().filter_map(|name| data.get(name)).collect();
            match values.as_slice() {
                [Value::Array(items)] => found.extend(items.iter().map(|item| key_text(rank, &[item]))),
                values if values.len() == names.len() => found.push(key_text(rank, values)),
                _ => (),
            }
        }
        found
    }
}

fn key_text(rank: usize, values: &[&Value]) -> String {
    let words = values.iter().map(|value| match value {
        Value::String(text) => text.split_whitespace().collect::<String>().to_lowercase(),
        other => other.to_string(),
    });
    format!("{rank}|{}", words.collect::<Vec<_>>().join("|"))
}

fn finding(error: &ValidationError<'_>) -> Finding {
    let mut field = error.instance_path().as_str().to_owned();
    let mut into = |name: &str| field.push_str(&format!("/{}", name.replace('~', "~0").replace('/', "~1")));
    let (code, message) = match error.kind() {
        Fault::Required { property } => {
            into(property.as_str().unwrap_or_default());
            ("2001", "必填项缺失")
        }
        Fault::Type { .. } => ("2002", "数据类型错误"),
        Fault::Format { .. } | Fault::Pattern { .. } => ("2003", "格式错误"),
        Fault::Enum { .. } | Fault::Constant { .. } => ("2004", "代码无效"),
        Fault::Custom { keyword, .. } if keyword == "x-code-table" => ("2004", "代码无效"),
        Fault::MaxLength { .. } => ("2005", "长度超限"),
        Fault::Custom { keyword, .. } if keyword == "x-max-bytes" => ("2005", "长度超限"),
        Fault::MinLength { .. } => ("2006", "内容过短"),
        Fault::Maximum { .. } | Fault::Minimum { .. } | Fault::MultipleOf { .. } => ("2007", "数值超出范围"),
        Fault::ExclusiveMaximum { .. } | Fault::ExclusiveMinimum { .. } => ("2007", "数值超出范围"),
        Fault::Custom { keyword, .. } if keyword == "x-decimal" => ("2007", "数值超出范围"),
        Fault::MaxItems { .. } | Fault::MinItems { .. } | Fault::UniqueItems => ("2008", "条目数不符或重复"),
        Fault::AdditionalProperties { unexpected } | Fault::UnevaluatedProperties { unexpected } => {
            unexpected.first().into_iter().for_each(|name| into(name));
            ("2009", "不应填写")
        }
        Fault::FalseSchema => ("2009", "不应填写"),
        _ => ("2010", "不符合填报规范"),
    };
    Finding { field, code, message: message.to_owned() }
}

fn load_tables(folder: &Path, today: &str) -> anyhow::Result<BTreeMap<String, Dictionary>> {
    let mut tables = BTreeMap::new();
    for file in files(folder, ".csv")? {
        let codes =
            load_codes(&file, today).with_context(|| format!("the sandbox read {}", file.display()))?;
        tables.insert(stem(&file, ".csv"), codes);
    }
    Ok(tables)
}

/// Shape: columns `code, name, parent, from, to`; a code counts while `from <= today <= to`, empty being open.
fn load_codes(file: &Path, today: &str) -> anyhow::Result<Dictionary> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file)?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|title| title.trim_start_matches('\u{feff}') == name);
    let code = column("code").context("there is no column `code`")?;
    let (name, from, to) = (column("name"), column("from"), column("to"));
    let mut codes = Vec::new();
    for line in reader.records() {
        let line = line?;
        let cell = |at: Option<usize>| at.and_then(|at| line.get(at)).map(str::trim).unwrap_or_default();
        let begun = cell(from).is_empty() || cell(from) <= today;
        // `2019` means until the end of 2019: compare as far as the cell goes.
        let ended = !cell(to).is_empty() && cell(to) < today.get(..cell(to).len()).unwrap_or(today);
        if begun && !ended {
            codes.push((cell(Some(code)).to_owned(), cell(name).to_owned()));
        }
    }
    Ok(codes)
}

fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("the sandbox read the folder {}", folder.display()))?;
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut found: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    Ok(found)
}

fn stem(file: &Path, ending: &str) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(ending).unwrap_or(&name).to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn collect_tables<'a>(schema: &'a Value, found: &mut HashSet<&'a str>) {
    match schema {
        Value::Object(fields) => {
            found.extend(fields.get("x-code-table").and_then(Value::as_str));
            fields.values().for_each(|inner| collect_tables(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_tables(inner, found)),
        _ => (),
    }
}

fn collect_parents(schema: &Value, at: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, String)>) {
    if let Some(kind) = schema["x-parent"].as_str() {
        found.push((at.clone(), kind.to_owned()));
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        at.push(Step::Field(name.clone()));
        collect_parents(inner, at, found);
        at.pop();
    }
    if schema["items"].is_object() {
        at.push(Step::EachItem);
        collect_parents(&schema["items"], at, found);
        at.pop();
    }
}

fn follow<'a>(value: &'a Value, steps: &[Step], field: String, each: &mut impl FnMut(String, &'a Value)) {
    match steps {
        [] => each(field, value),
        [Step::Field(name), rest @ ..] => {
            if let Some(inner) = value.get(name) {
                follow(inner, rest, format!("{field}/{name}"), each);
            }
        }
        [Step::EachItem, rest @ ..] => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                follow(item, rest, format!("{field}/{index}"), each);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture;
    use super::*;

    #[test]
    fn a_document_is_told_its_first_fault_by_place() {
        let folder = fixture::schemas();
        let reading = Reading::load(folder.path(), "2026-05-01").unwrap();
        let check = |change: Value, expect: Option<(&str, &str)>| {
            let mut data = fixture::achievement();
            for (name, value) in change.as_object().unwrap() {
                match value {
                    Value::Null => drop(data.as_object_mut().unwrap().remove(name)),
                    value => data[name] = value.clone(),
                }
            }
            let found = reading.kind("achievement").unwrap().check(&data);
            let found = found.as_ref().map(|finding| (finding.code, finding.field.as_str()));
            assert_eq!(found, expect, "{change}");
        };
        check(json!({}), None);
        check(json!({"title": null}), Some(("2001", "/title")));
        check(json!({"title": 7}), Some(("2002", "/title")));
        check(json!({"ownerUscc": "913700000000000000"}), Some(("2003", "/ownerUscc")));
        check(json!({"patentNos": ["ZL202110123456.8"]}), Some(("2003", "/patentNos/0")));
        check(json!({"techField": "99"}), Some(("2004", "/techField")));
        check(json!({"techField": "09"}), Some(("2004", "/techField"))); // valid until 2019 only
        check(json!({"title": "长".repeat(101)}), Some(("2005", "/title")));
        check(json!({"remark": "十个字十个字十个字十"}), None);
        check(json!({"remark": "十个字十个字十个字十a"}), Some(("2005", "/remark")));
        check(json!({"summary": "太短"}), Some(("2006", "/summary")));
        check(json!({"priceWan": "-1"}), Some(("2007", "/priceWan")));
        check(json!({"priceWan": "1.23456"}), Some(("2007", "/priceWan")));
        check(json!({"priceWan": "1e3"}), Some(("2003", "/priceWan")));
        check(json!({"keywords": []}), Some(("2008", "/keywords")));
        check(json!({"what/ever": 1}), Some(("2009", "/what~1ever")));
        check(json!({"contact": {"name": "张三", "phone": "12345"}}), Some(("2003", "/contact/phone")));
    }

    #[test]
    fn parents_are_found_wherever_they_stand() {
        let folder = fixture::schemas();
        let reading = Reading::load(folder.path(), "2026-05-01").unwrap();
        let data = json!({"title": "对接会", "items": [{}, {"achievement": "SD-ACH-00000003"}]});
        let found = reading.kind("roadshow").unwrap().parents(&data);
        let expect = Parent {
            field: "/items/1/achievement".into(),
            kind: "achievement",
            remote_id: "SD-ACH-00000003",
        };
        assert_eq!(found, [expect]);
    }

    #[test]
    fn natural_keys_ignore_spaces_and_case_and_need_all_their_fields() {
        let folder = fixture::schemas();
        let reading = Reading::load(folder.path(), "2026-05-01").unwrap();
        let check = |data: Value, expect: &[&str]| {
            assert_eq!(reading.kind("achievement").unwrap().natural_keys(&data), expect, "{data}");
        };
        let both = json!({"patentNos": ["ZL1", "ZL2"], "title": "PEM 电解", "ownerName": "甲"});
        check(both, &["0|zl1", "0|zl2", "1|pem电解|甲"]);
        check(json!({"title": "pem电解", "ownerName": "甲"}), &["1|pem电解|甲"]);
        check(json!({"title": "pem电解"}), &[]);
    }

    #[test]
    fn a_folder_without_its_code_tables_is_refused() {
        let folder = fixture::schemas();
        fs::remove_file(folder.path().join("codes/tech-field.csv")).unwrap();
        let error = Reading::load(folder.path(), "2026-05-01").err().unwrap();
        assert!(format!("{error:#}").contains("codes/tech-field.csv"), "{error:#}");
    }
}
