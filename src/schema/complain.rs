//! From findings to complaints: in the words of the schema's titles, at the field that is meant, once.

use serde_json::Value as Json;

use super::engine::{Finding, Problem};
use super::field::Class;
use super::place::step;
use super::words::{self, Words};
use super::{Kind, formats};
use crate::record::Complaint;

/// Writes complaints about one document.
pub(super) struct Desk<'a> {
    pub kind: &'a Kind,
    pub columns_of: &'a dyn Fn(&str) -> String,
}

impl Desk<'_> {
    /// A complaint with label, column and what was found there.
    pub fn complaint(&self, id: &str, pointer: &str, found: Option<&Json>) -> Complaint {
        let complaint =
            Complaint::new(id).at(pointer).label(self.label(pointer)).column((self.columns_of)(pointer));
        match found {
            Some(found) => complaint.found(self.show(pointer, found)),
            None => complaint,
        }
    }

    /// Titles from the outside in: 「联系人·联系电话」, 「完成人（第2项）·姓名」.
    fn label(&self, pointer: &str) -> String {
        let mut label = String::new();
        let mut at = String::new();
        for step in pointer.split('/').skip(1) {
            at.push('/');
            at.push_str(step);
            if let Some(field) = self.kind.field(&at) {
                if !label.is_empty() {
                    label.push('·');
                }
                label.push_str(&field.title);
            } else if let (Ok(index), false) = (step.parse::<usize>(), label.is_empty()) {
                label.push_str(&format!("（第{}项）", index.saturating_add(1)));
            }
        }
        label
    }

    /// What was found, with personal data veiled beyond what the complaint itself masks.
    fn show(&self, pointer: &str, found: &Json) -> String {
        let text = match found {
            Json::String(text) => text.clone(),
            Json::Array(items) => format!("[…] ×{}", items.len()),
            Json::Object(_) => "{…}".to_owned(),
            other => other.to_string(),
        };
        match self.class(pointer) {
            Class::Public | Class::Business | Class::Secret => text,
            Class::Personal => veil(&text, 3, 2),
            Class::Sensitive => veil(&text, 1, 1),
        }
    }

    /// The strictest class of a value and everything around it.
    fn class(&self, pointer: &str) -> Class {
        let ends = pointer.match_indices('/').map(|(slash, _)| slash).skip(1).chain([pointer.len()]);
        let classes = ends.filter_map(|end| self.kind.field(&pointer[..end])).map(|field| field.class);
        // A secrecy level is no secret: it must be shown to whoever has to act on it.
        classes.filter(|class| *class != Class::Secret).max().unwrap_or(Class::Public)
    }

    /// Everything one finding says.
    pub fn complain(&self, document: &Json, finding: &Finding) -> Vec<Complaint> {
        let pointer = finding.pointer.as_str();
        let found = document.pointer(pointer).unwrap_or(&Json::Null);
        let wanted = match &finding.problem {
            Problem::Missing(name) => Some(name.as_str()),
            _ => None,
        };
        let when = words::conditions(self.kind, &finding.path, wanted);
        let conditional = |complaint: Complaint| match when.zh.is_empty() {
            true => complaint,
            false => complaint.fact("when_zh", &when.zh).fact("when_en", &when.en),
        };
        let here = |id: &str| conditional(self.complaint(id, pointer, Some(found)));
        let both = |complaint: Complaint, name: &str, words: Words| {
            complaint.fact(&format!("{name}_zh"), words.zh).fact(&format!("{name}_en"), words.en)
        };
        let complaint = match &finding.problem {
            Problem::Missing(name) => self.missing(&format!("{pointer}/{}", step(name)), &when),
            Problem::Extra(name) => {
                let at = format!("{pointer}/{}", step(name));
                let siblings = self.kind.fields.iter().filter_map(|field| field.pointer.strip_prefix('/'));
                let near =
                    crate::codes::nearest(name, siblings.filter(|other| !other.contains('/')), 3).join(", ");
                let near = if near.is_empty() { "–".to_owned() } else { near };
                self.complaint("Q4104", &at, None).fact("name", name).fact("near", near)
            }
            Problem::Type(_)
                if found.is_null() && self.kind.field(pointer).is_some_and(|field| field.required) =>
            {
                self.missing(pointer, &when)
            }
            Problem::Type(expected) => {
                let [zh, en] = [0, 1].map(|language| {
                    let names = expected.iter().map(|name| type_words(name)[language]);
                    names.collect::<Vec<_>>().join(["或", " or "][language])
                });
                let is = type_words(type_of(found));
                let complaint = both(here("Q4105"), "expected", Words::new(zh, en));
                both(complaint, "is", Words::new(is[0], is[1]))
            }
            Problem::Forbidden => here("Q4106"),
            Problem::TooShort(_) if found.as_str().is_some_and(super::text::is_blank) => here("Q4103"),
            Problem::TooLong(limit) => here("Q4201").fact("limit", limit).fact("length", length(found)),
            Problem::TooShort(limit) => here("Q4202").fact("limit", limit).fact("length", length(found)),
            Problem::Pattern(pattern) => {
                here("Q4207").fact("pattern", pattern).fact("example", self.example(pointer))
            }
            Problem::Below { limit, inclusive } => {
                here(if *inclusive { "Q4301" } else { "Q4303" }).fact("limit", limit)
            }
            Problem::Above { limit, inclusive } => {
                here(if *inclusive { "Q4302" } else { "Q4304" }).fact("limit", limit)
            }
            Problem::NotMultiple(of) => here("Q4305").fact("of", of),
            Problem::TooManyItems(limit) => here("Q4311").fact("limit", limit).fact("length", length(found)),
            Problem::TooFewItems(limit) => here("Q4312").fact("limit", limit).fact("length", length(found)),
            Problem::Repeated => here("Q4313").fact("value", self.repeated(pointer, found)),
            Problem::NothingMatches => here("Q4314"),
            Problem::Format(format) => {
                let text = found.as_str().unwrap_or_default();
                let (id, facts) = formats::miss(format, text).unwrap_or_else(|| formats::general(format));
                facts.into_iter().fold(here(id), |complaint, (name, value)| complaint.fact(name, value))
            }
            Problem::NotConst(asked) => both(here("Q4504"), "asked", words::value(self.kind, pointer, asked)),
            Problem::NotInEnum(asked) => {
                let asked = asked.as_array().map_or(&[][..], Vec::as_slice);
                both(here("Q4503"), "asked", words::values(self.kind, pointer, asked))
            }
            Problem::Not(schema) => return self.negated(finding, schema, &when),
            Problem::NoBranch(branches) => return self.branches(document, finding, branches),
            Problem::ManyBranches => self.many(finding),
            Problem::Other(keyword) => here("Q4801").fact("keyword", keyword),
        };
        vec![complaint]
    }

    fn missing(&self, pointer: &str, when: &Words) -> Complaint {
        match when.zh.is_empty() {
            true => self.complaint("Q4101", pointer, None),
            false => {
                self.complaint("Q4102", pointer, None).fact("when_zh", &when.zh).fact("when_en", &when.en)
            }
        }
    }

    /// `not: {required: […]}` forbids fields; any other `not` has no words of its own.
    fn negated(&self, finding: &Finding, schema: &Json, when: &Words) -> Vec<Complaint> {
        let names: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        if names.is_empty() {
            return vec![self.complaint("Q4801", &finding.pointer, None).fact("keyword", "not")];
        }
        let forbid = |name: &str| {
            let complaint = self.complaint("Q4106", &format!("{}/{}", finding.pointer, step(name)), None);
            complaint.fact("when_zh", &when.zh).fact("when_en", &when.en)
        };
        names.into_iter().map(forbid).collect()
    }

    /// Of `anyOf` and `oneOf`: one sentence where the branches only ask for fields, else the nearest branch.
    fn branches(&self, document: &Json, finding: &Finding, branches: &[Vec<Finding>]) -> Vec<Complaint> {
        let asked = |branch: &Vec<Finding>| match branch.as_slice() {
            [Finding { pointer, problem: Problem::Missing(name), .. }] => {
                Some(format!("{pointer}/{}", step(name)))
            }
            _ => None,
        };
        if let Some(choices) = branches.iter().map(asked).collect::<Option<Vec<String>>>()
            && !choices.is_empty()
        {
            return vec![self.choice("Q4107", &choices, finding)];
        }
        // A branch that wants another type is not what the writer meant; of the others, the one nearest to pass.
        let misses_type = |branch: &Vec<Finding>| {
            branch.iter().any(|one| one.pointer == finding.pointer && matches!(one.problem, Problem::Type(_)))
        };
        let nearest = branches.iter().min_by_key(|branch| (misses_type(branch), branch.len()));
        match nearest {
            Some(branch) if !misses_type(branch) => {
                branch.iter().flat_map(|one| self.complain(document, one)).collect()
            }
            _ => {
                let types = branches.iter().flatten().filter_map(|one| match &one.problem {
                    Problem::Type(types) if one.pointer == finding.pointer => Some(types.clone()),
                    _ => None,
                });
                let types: Vec<&'static str> = types.flatten().collect();
                let problem = match types.is_empty() {
                    true => Problem::Other("anyOf".to_owned()),
                    false => Problem::Type(types),
                };
                self.complain(document, &Finding { problem, ..finding.clone() })
            }
        }
    }

    fn many(&self, finding: &Finding) -> Complaint {
        let branches = self.kind.json.pointer(&finding.path).and_then(Json::as_array);
        let asked = |branch: &Json| match branch["required"].as_array()?.as_slice() {
            [name] => Some(format!("{}/{}", finding.pointer, step(name.as_str()?))),
            _ => None,
        };
        match branches.and_then(|branches| branches.iter().map(asked).collect::<Option<Vec<String>>>()) {
            Some(choices) if !choices.is_empty() => self.choice("Q4108", &choices, finding),
            _ => self.complaint("Q4801", &finding.pointer, None).fact("keyword", "oneOf"),
        }
    }

    /// A complaint about several fields at once; it stands at the first of them.
    fn choice(&self, id: &str, choices: &[String], finding: &Finding) -> Complaint {
        let titles = words::titles(self.kind, choices.iter().map(String::as_str));
        let mut columns: Vec<String> = choices.iter().map(|pointer| (self.columns_of)(pointer)).collect();
        columns.retain(|column| !column.is_empty());
        let when = words::conditions(self.kind, &finding.path, None);
        let complaint = self.complaint(id, &choices[0], None).column(columns.join(", "));
        let complaint = complaint.fact("titles_zh", titles.zh).fact("titles_en", titles.en);
        complaint.fact("when_zh", when.zh).fact("when_en", when.en)
    }

    pub fn example(&self, pointer: &str) -> String {
        match self.kind.field(pointer).map(|field| &field.example) {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Null) | None => "–".to_owned(),
            Some(other) => other.to_string(),
        }
    }

    /// The first item that stands in a list twice.
    fn repeated(&self, pointer: &str, found: &Json) -> String {
        let items = found.as_array().map_or(&[][..], Vec::as_slice);
        let twice = items.iter().enumerate().find(|(index, item)| items[..*index].contains(item));
        twice.map_or_else(String::new, |(_, item)| crate::record::mask(&self.show(pointer, item)))
    }
}

/// Leaves one complaint for one cause. At each place a fault of shape (missing, blank, wrong type) hides all
/// others, since they only follow from it; a value without meaning (format, code) hides what is said of its
/// letters; and the same thing is said once, however many parts of the schema say it.
pub(super) fn once(complaints: Vec<Complaint>) -> Vec<Complaint> {
    let mut kept: Vec<Complaint> = Vec::with_capacity(complaints.len());
    for complaint in complaints {
        let same_place = |other: &Complaint| other.pointer == complaint.pointer;
        let here = rank(&complaint.id);
        let is_said = |other: &Complaint| {
            let there = rank(&other.id);
            other.id == complaint.id
                || (there <= 1 && there <= here)
                || (other.id == "Q4201" && complaint.id == "Q4203")
        };
        if !kept.iter().any(|other| same_place(other) && is_said(other)) {
            kept.retain(|other| !(same_place(other) && here <= 1 && here < rank(&other.id)));
            kept.push(complaint);
        }
    }
    kept
}

/// 0 shape, 1 meaning, 2 everything else.
pub(super) fn rank(id: &str) -> u8 {
    match id.get(..3) {
        Some("Q41") => 0,
        Some("Q44" | "Q45" | "Q46") => 1,
        _ => 2,
    }
}

fn length(found: &Json) -> usize {
    match found {
        Json::String(text) => text.chars().count(),
        Json::Array(items) => items.len(),
        _ => 0,
    }
}

/// The first `head` and the last `tail` characters; a short text keeps its first alone.
fn veil(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    let (head, tail) = if length > head + tail + 2 { (head, tail) } else { (1, 0) };
    let keep = |(index, c)| if index < head || index + tail >= length { c } else { '*' };
    text.chars().enumerate().map(keep).collect()
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// A JSON type for people: Chinese, English.
fn type_words(name: &str) -> [&'static str; 2] {
    match name {
        "string" => ["文字", "a text"],
        "integer" => ["整数", "a whole number"],
        "number" => ["数字", "a number"],
        "boolean" => ["是或否", "true or false"],
        "array" => ["列表", "a list"],
        "object" => ["一组字段", "a group of fields"],
        _ => ["空值", "nothing"],
    }
}
