//! Conditions and values in words: what an `if` of a schema asks, said with the titles of its fields.

use serde_json::Value as Json;

use super::Kind;

/// The same in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Words { zh: zh.into(), en: en.into() }
    }

    fn join(parts: &[Words], zh: &str, en: &str) -> Self {
        let collect = |pick: fn(&Words) -> &str| parts.iter().map(pick).collect::<Vec<_>>();
        Words::new(collect(|one| &one.zh).join(zh), collect(|one| &one.en).join(en))
    }
}

/// Under which conditions evaluation came to `path`: 「“成果类别”为“基础理论”时，」, `when … is …, `; empty if none.
///
/// Shape: `path` is an evaluation path of the kind's schema; every `then`, `else` and dependency on it counts.
///        `wanted` is the field that is missing, if one is: a dependency's path does not name who depends.
pub(super) fn conditions(kind: &Kind, path: &str, wanted: Option<&str>) -> Words {
    let mut node = &kind.json;
    let mut base = String::new();
    let mut all = Words::default();
    let mut steps = path.split('/').skip(1);
    while let Some(step) = steps.next() {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.as_str() {
            "then" | "else" => {
                let asked = Words::join(&clauses(kind, &node["if"], &base), "且", " and ");
                if step == "then" {
                    all.zh.push_str(&format!("当{}时，", asked.zh));
                    all.en.push_str(&format!("when {}, ", asked.en));
                } else {
                    all.zh.push_str(&format!("除非{}，", asked.zh));
                    all.en.push_str(&format!("unless {}, ", asked.en));
                }
            }
            "dependentRequired" => {
                let asks =
                    |list: &Json| list.as_array().into_iter().flatten().any(|name| name.as_str() == wanted);
                let entries = node["dependentRequired"].as_object().into_iter().flatten();
                if let Some((name, _)) = entries.into_iter().find(|(_, list)| asks(list)) {
                    when_given(&mut all, kind, &format!("{base}/{}", super::place::step(name)));
                }
                break;
            }
            "dependentSchemas" => {
                let Some(name) = steps.next() else { break };
                when_given(&mut all, kind, &format!("{base}/{name}"));
                node = node["dependentSchemas"].pointer(&format!("/{name}")).unwrap_or(&Json::Null);
                continue;
            }
            "properties" => {
                let Some(name) = steps.next() else { break };
                base.push('/');
                base.push_str(name);
                node = node["properties"].pointer(&format!("/{name}")).unwrap_or(&Json::Null);
                continue;
            }
            "items" => base.push_str("/*"),
            "$ref" => {
                let target = node["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
                node = target.and_then(|target| kind.json.pointer(target)).unwrap_or(&Json::Null);
                continue;
            }
            _ => (),
        }
        node = match node {
            Json::Array(list) => {
                step.parse::<usize>().ok().and_then(|index| list.get(index)).unwrap_or(&Json::Null)
            }
            _ => &node[step.as_str()],
        };
    }
    all
}

/// A field's value as people know it: the code's name, 是 for true.
pub(super) fn value(kind: &Kind, pointer: &str, value: &Json) -> Words {
    match value {
        Json::Bool(true) => Words::new("“是”", "yes"),
        Json::Bool(false) => Words::new("“否”", "no"),
        Json::String(code) => {
            let table = kind.field(pointer).and_then(|field| field.table.as_deref());
            match table.and_then(|table| kind.codes.name(table, code)) {
                Some(name) => Words::new(format!("“{name}”（{code}）"), format!("{code} ({name})")),
                None => Words::new(format!("“{code}”"), format!("'{code}'")),
            }
        }
        other => Words::new(other.to_string(), other.to_string()),
    }
}

/// Several values: 「“甲”、“乙”或“丙”」.
pub(super) fn values(kind: &Kind, pointer: &str, list: &[Json]) -> Words {
    let each: Vec<Words> = list.iter().map(|one| value(kind, pointer, one)).collect();
    match each.split_last() {
        Some((last, first)) if !first.is_empty() => {
            Words::join(&[Words::join(first, "、", ", "), last.clone()], "或", " or ")
        }
        _ => Words::join(&each, "", ""),
    }
}

/// The titles of fields: 「“甲”、“乙”」.
pub(super) fn titles<'a>(kind: &Kind, pointers: impl Iterator<Item = &'a str>) -> Words {
    let each: Vec<Words> = pointers.map(|pointer| title(kind, pointer)).collect();
    Words::join(&each, "、", ", ")
}

fn title(kind: &Kind, pointer: &str) -> Words {
    match kind.field(pointer) {
        Some(field) => Words::new(format!("“{}”", field.title), format!("\"{}\"", field.title_en)),
        None => Words::new(format!("“{pointer}”"), format!("\"{pointer}\"")),
    }
}

fn when_given(all: &mut Words, kind: &Kind, pointer: &str) {
    let given = given(kind, pointer);
    all.zh.push_str(&format!("当{}时，", given.zh));
    all.en.push_str(&format!("when {}, ", given.en));
}

fn given(kind: &Kind, pointer: &str) -> Words {
    let title = title(kind, pointer);
    Words::new(format!("填写了{}", title.zh), format!("{} is given", title.en))
}

/// What a schema asks of the value at `pointer`, clause by clause.
fn clauses(kind: &Kind, schema: &Json, pointer: &str) -> Vec<Words> {
    let mut found = Vec::new();
    let Some(fields) = schema.as_object() else { return found };
    if let Some(words) = fields.get("title").and_then(Json::as_str) {
        let en = fields.get("title_en").and_then(Json::as_str).unwrap_or(words);
        return vec![Words::new(words, en)];
    }
    let subject = title(kind, pointer);
    let mut say = |zh: &str, en: &str, object: Words| {
        found.push(Words::new(
            format!("{}{zh}{}", subject.zh, object.zh),
            format!("{} {en} {}", subject.en, object.en),
        ));
    };
    let plain = |json: &Json| Words::new(json.to_string(), json.to_string());
    for (keyword, asked) in fields {
        match (keyword.as_str(), asked) {
            ("const", asked) => say("为", "is", value(kind, pointer, asked)),
            ("enum", Json::Array(list)) => say("为", "is", values(kind, pointer, list)),
            ("not", Json::Object(inner)) => {
                match (inner.get("const"), inner.get("enum").and_then(Json::as_array)) {
                    (Some(one), _) => say("不为", "is not", value(kind, pointer, one)),
                    (None, Some(list)) => say("不为", "is not", values(kind, pointer, list)),
                    (None, None) => {
                        let inner = Words::join(&clauses(kind, asked, pointer), "且", " and ");
                        found.push(Words::new(format!("并非{}", inner.zh), format!("not ({})", inner.en)));
                        return found;
                    }
                }
            }
            ("contains", inner) => match (inner.get("const"), inner.get("enum").and_then(Json::as_array)) {
                (Some(one), _) => say("包含", "contains", value(kind, pointer, one)),
                (None, Some(list)) => say("包含", "contains", values(kind, pointer, list)),
                (None, None) => say("包含", "contains", plain(inner)),
            },
            ("minimum", limit) => say("不小于 ", "is at least", plain(limit)),
            ("exclusiveMinimum", limit) => say("大于 ", "is above", plain(limit)),
            ("maximum", limit) => say("不大于 ", "is at most", plain(limit)),
            ("exclusiveMaximum", limit) => say("小于 ", "is below", plain(limit)),
            ("pattern", Json::String(pattern)) => match starts(pattern) {
                Some(starts) => say("以", "starts with", starts),
                None => say("符合 ", "matches", Words::new(pattern, pattern)),
            },
            _ => (),
        }
    }
    let tested = fields.get("properties").and_then(Json::as_object);
    for (name, inner) in tested.into_iter().flatten() {
        found.extend(clauses(kind, inner, &format!("{pointer}/{}", super::place::step(name))));
    }
    for name in fields.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    {
        // `required` beside a test of the same field only guards against its absence.
        if tested.and_then(|tested| tested.get(name)).is_none() {
            found.push(given(kind, &format!("{pointer}/{}", super::place::step(name))));
        }
    }
    for (keyword, zh, en) in [("allOf", "且", " and "), ("anyOf", "或", " or "), ("oneOf", "或", " or ")] {
        let Some(branches) = fields.get(keyword).and_then(Json::as_array) else { continue };
        let branches: Vec<Words> = branches
            .iter()
            .map(|branch| Words::join(&clauses(kind, branch, pointer), "且", " and "))
            .collect();
        found.push(Words::join(&branches, zh, en));
    }
    if found.is_empty() && !pointer.is_empty() {
        // Only a type is asked: that the field is there.
        found.push(given(kind, pointer));
    }
    found
}

/// `^[23]` → 「2、3 开头」.
fn starts(pattern: &str) -> Option<Words> {
    let letters = pattern.strip_prefix("^[")?.strip_suffix(']')?;
    if letters.is_empty() || !letters.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let each: Vec<String> = letters.chars().map(String::from).collect();
    Some(Words::new(format!(" {} 开头", each.join("、")), each.join(" or ")))
}
