//! The rows: questions, the interface, fields.

use serde::Serialize;

use super::interface;
use crate::config::Platform;
use crate::record::{Complaint, Language};
use crate::schema::{Basis, Kind, SchemaSet};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Question,
    Interface,
    Field,
}

impl Part {
    pub fn name(self, language: Language) -> &'static str {
        match self {
            Part::Question => language.pick("待答问题", "question"),
            Part::Interface => language.pick("接口", "interface"),
            Part::Field => language.pick("字段", "field"),
        }
    }
}

/// One assumption or question. Texts in pairs are Chinese and English.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub part: Part,
    /// The topic, the kind, or the section of the profile.
    pub about: [String; 2],
    /// The field's pointer or the profile's key; empty for a question.
    pub place: String,
    pub name: [String; 2],
    /// What we do as long as nobody answers; the question itself.
    pub now: [String; 2],
    /// Where we have it from.
    pub source: [String; 2],
}

/// A question that is open whatever the files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub topic: String,
    pub question: String,
    /// Why it must be known.
    pub reason: String,
}

/// Everything to be asked.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub title: [String; 2],
    pub rows: Vec<Row>,
}

/// Reads `topic,question,reason`.
///
/// Errors: Q7702 for another heading, or a line that is not CSV.
pub fn questions(text: &str) -> Result<Vec<Question>, Complaint> {
    let wrong = |why: String| Complaint::new("Q7702").found(why);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| wrong(error.to_string()))?;
    if headings.iter().collect::<Vec<_>>() != ["topic", "question", "reason"] {
        return Err(wrong(headings.iter().collect::<Vec<_>>().join(",")));
    }
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let cell = |place: usize| record.get(place).unwrap_or_default().trim().to_owned();
        found.push(Question { topic: cell(0), question: cell(1), reason: cell(2) });
    }
    Ok(found)
}

impl Sheet {
    /// Questions first: they are what the province is written to for.
    pub fn of(platform: &Platform, schemas: &SchemaSet, questions: Vec<Question>) -> Sheet {
        let twice = |text: &str| [text.to_owned(), text.to_owned()];
        let mut rows: Vec<Row> = questions
            .into_iter()
            .map(|one| Row {
                part: Part::Question,
                about: twice(&one.topic),
                place: String::new(),
                name: [String::new(), String::new()],
                now: twice(&one.question),
                source: twice(&one.reason),
            })
            .collect();
        rows.extend(interface::rows(platform));
        rows.extend(schemas.kinds().flat_map(|kind| fields(kind)));
        let title = [
            format!("{}：接口与规范的假设和待答问题", platform.title),
            format!("{}: assumptions about interface and schemas, and open questions", platform.title),
        ];
        Sheet { title, rows }
    }
}

/// Every field of a kind that rests on no law and no standard.
fn fields(kind: &Kind) -> Vec<Row> {
    let assumed = |basis: Basis| matches!(basis, Basis::PublicSystem | Basis::Guess);
    let fields = kind.fields.iter().filter(|field| assumed(field.source.basis));
    fields
        .map(|field| {
            let needed = if field.required { ["必填；", "required; "] } else { ["", ""] };
            let table = field.table.as_ref().map_or([String::new(), String::new()], |table| {
                [format!("代码表 {table}；"), format!("code table {table}; ")]
            });
            let basis = match field.source.basis {
                Basis::Guess => ["推测", "guess"],
                Basis::PublicSystem => ["公开系统", "public system"],
                Basis::Law => ["法规", "law"],
                Basis::Standard => ["标准", "standard"],
            };
            let text = |at: usize| format!("{}{}{}", needed[at], table[at], field.description);
            let source = |at: usize| format!("{}：{}", basis[at], field.source.cite);
            Row {
                part: Part::Field,
                about: [format!("{}（{}）", kind.title, kind.name), kind.name.to_string()],
                place: field.pointer.clone(),
                name: [field.title.clone(), field.title_en.clone()],
                now: [text(0), text(1)],
                source: [source(0), source(1)],
            }
        })
        .collect()
}
