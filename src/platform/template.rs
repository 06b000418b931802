//! Templates of payloads, items and envelopes, and what they say at one moment.

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::bindings::{Bindings, Known};
use super::call::Call;
use super::formula::{Formula, scalar_text};
use super::names;
use super::paper::HIDDEN;
use super::write::{Content, File};
use crate::config::platform::{self, Format};
use crate::config::{Fault, Located};
use crate::record::{Complaint, Value};

/// One record's part of a payload.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub record_id: &'a str,
    pub item_key: &'a str,
    pub version: i64,
    pub remote_id: Option<&'a str>,
    /// Empty for a withdrawal.
    pub document: &'a Map<String, Json>,
    pub reason: &'a str,
}

/// A compiled template.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// The name `items` alone: the list of all parts.
    Items,
    Formula(Formula),
    Constant(Json),
    Object(Vec<(String, Template)>),
    List(Vec<Template>),
    /// A part of a multipart body that is a file.
    File(Box<FileTemplate>),
}

#[derive(Clone, Debug)]
pub(super) struct FileTemplate {
    content: Formula,
    name: Option<Formula>,
    kind: Option<Formula>,
}

/// What surrounds a template when it is asked what it says.
pub(super) struct Setting<'s, 't, 'a> {
    pub(super) bindings: &'s Bindings<'a>,
    pub(super) item: Option<&'t Template>,
    pub(super) parts: &'t [Part<'a>],
    pub(super) call: &'t Call,
    /// For showing: the names as they may be shown. `***` stands for what is made from a secret.
    pub(super) masked: Option<&'s Bindings<'a>>,
}

impl Setting<'_, '_, '_> {
    fn hides(&self, formula: &Formula) -> bool {
        self.masked.is_some() && self.call.hides(formula)
    }
}

impl Template {
    pub(super) fn compile(
        template: &platform::Template,
        known: &[&str],
        format: Format,
        file: &Path,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let mut press = |template: &platform::Template| Template::of(template, known, file, faults);
        match template {
            platform::Template::Object(fields) if format == Format::Multipart => {
                let mut parts = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    let part = match field {
                        platform::Template::Object(inside) if inside.iter().any(|(key, _)| key == "file") => {
                            FileTemplate::compile(inside, known, file, faults)
                        }
                        plain => Template::of(plain, known, file, faults),
                    };
                    parts.push((name.clone(), part?));
                }
                Some(Template::Object(parts))
            }
            other => press(other),
        }
    }

    fn of(
        template: &platform::Template,
        known: &[&str],
        file: &Path,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        Some(match template {
            platform::Template::Constant(json) => Template::Constant(json.clone()),
            platform::Template::Object(fields) => {
                let mut compiled = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    compiled.push((name.clone(), Template::of(field, known, file, faults)?));
                }
                Template::Object(compiled)
            }
            platform::Template::List(items) => {
                let items = items.iter().map(|item| Template::of(item, known, file, faults));
                Template::List(items.collect::<Option<_>>()?)
            }
            platform::Template::Expression(text) => {
                let formula = Formula::compile(text, known, file, faults)?;
                if formula.is(names::ITEMS) { Template::Items } else { Template::Formula(formula) }
            }
        })
    }

    /// Every expression in it.
    pub(super) fn formulas(&self) -> Vec<&Formula> {
        match self {
            Template::Items | Template::Constant(_) => Vec::new(),
            Template::Formula(formula) => vec![formula],
            Template::Object(fields) => fields.iter().flat_map(|(_, field)| field.formulas()).collect(),
            Template::List(items) => items.iter().flat_map(Template::formulas).collect(),
            Template::File(file) => {
                let extra = file.name.iter().chain(&file.kind);
                [&file.content].into_iter().chain(extra).collect()
            }
        }
    }

    /// Every name in it, `items` included.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Template::Items => vec![names::ITEMS],
            Template::Object(fields) => fields.iter().flat_map(|(_, field)| field.names()).collect(),
            Template::List(items) => items.iter().flat_map(Template::names).collect(),
            _ => self.formulas().into_iter().flat_map(Formula::names).collect(),
        }
    }

    /// What it says. Errors: the complaint of the expression that failed.
    pub(super) fn content<'t, 'a: 't>(
        &'t self,
        setting: &Setting<'_, 't, 'a>,
    ) -> Result<Content<'t>, Complaint> {
        Ok(match self {
            Template::Constant(json) => Content::Json(Cow::Borrowed(json)),
            Template::Formula(formula) if setting.hides(formula) => shown(formula, setting),
            Template::Formula(formula) => match said(formula, setting)? {
                Content::Null if setting.call.owes(formula) => {
                    return Err(Complaint::new("Q7412").fact("step", formula.written()));
                }
                content => content,
            },
            Template::Items => Content::List(items(setting)?),
            Template::Object(fields) => {
                let said = fields.iter().map(|(name, field)| {
                    Ok::<_, Complaint>((Cow::Borrowed(name.as_str()), field.content(setting)?))
                });
                Content::Object(said.collect::<Result<_, _>>()?)
            }
            Template::List(items) => {
                let said = items.iter().map(|item| item.content(setting));
                Content::List(said.collect::<Result<_, _>>()?)
            }
            Template::File(file) => Content::File(file.content(setting)?),
        })
    }
}

/// The parts of all records, each by its own names.
fn items<'t, 'a: 't>(setting: &Setting<'_, 't, 'a>) -> Result<Vec<Content<'t>>, Complaint> {
    let Some(item) = setting.item else { return Ok(Vec::new()) };
    let said = setting.parts.iter().map(|part| {
        let bindings = part.bind(setting.bindings.clone());
        item.content(&Setting { bindings: &bindings, item: None, parts: &[], ..*setting })
    });
    said.collect()
}

impl FileTemplate {
    fn compile(
        fields: &[(String, platform::Template)],
        known: &[&str],
        file: &Path,
        faults: &mut Vec<Fault>,
    ) -> Option<Template> {
        let (mut content, mut name, mut kind) = (None, None, None);
        for (key, field) in fields {
            let place = match key.as_str() {
                "file" => &mut content,
                "name" => &mut name,
                "type" => &mut kind,
                other => {
                    faults.push(misplaced(fields, other, file));
                    return None;
                }
            };
            let platform::Template::Expression(text) = field else {
                faults.push(misplaced(fields, key, file));
                return None;
            };
            *place = Some(Formula::compile(text, known, file, faults)?);
        }
        Some(Template::File(Box::new(FileTemplate { content: content?, name, kind })))
    }

    fn content(&self, setting: &Setting<'_, '_, '_>) -> Result<File, Complaint> {
        let text = |formula: &Option<Formula>| match formula {
            Some(formula) if setting.hides(formula) => Ok(Some(HIDDEN.to_owned())),
            Some(formula) => formula.value(setting.bindings).map(|value| scalar_text(&value)),
            None => Ok(None),
        };
        let name = text(&self.name)?.unwrap_or_else(|| "file".to_owned());
        let kind = text(&self.kind)?.unwrap_or_else(|| "application/octet-stream".to_owned());
        let bytes = match self.content.value(setting.bindings)? {
            Value::Bytes(bytes) => bytes,
            Value::Text(text) => text.as_bytes().into(),
            other => return Err(Complaint::new("Q7427").fact("name", name).fact("type", other.type_name())),
        };
        let bytes = match setting.masked.is_some() {
            true => format!("({} bytes)", bytes.len()).into_bytes().into(),
            false => bytes,
        };
        Ok(File { name, kind, bytes })
    }
}

/// A file's part says something that files do not have; it stands where its first expression does.
fn misplaced(fields: &[(String, platform::Template)], key: &str, file: &Path) -> Fault {
    let place = fields.iter().find_map(|(_, field)| match field {
        platform::Template::Expression(text) => Some(text),
        _ => None,
    });
    let nowhere = Located { value: String::new(), line: 1, column: 1 };
    let complaint = Complaint::new("Q7421").fact("key", key).fact("format", "multipart");
    let complaint = complaint.fact("why", "a file has file, name and type, each an expression");
    place.unwrap_or(&nowhere).fault(file, 0, complaint)
}

/// What may be shown of an expression that secrets go into: of a map each field by itself, of all else nothing.
fn shown<'t, 'a: 't>(formula: &Formula, setting: &Setting<'_, 't, 'a>) -> Content<'t> {
    let masked = setting.masked.unwrap_or(setting.bindings);
    match said(formula, &Setting { bindings: masked, ..*setting }) {
        Ok(content) if content.is_map() => content,
        _ => Content::Text(Cow::Borrowed(HIDDEN)),
    }
}

/// What an expression says. A bare name is taken as what it stands for, without a detour over values: documents
/// and payloads are large, and their numbers must stay as they were written.
fn said<'t, 'a: 't>(formula: &Formula, setting: &Setting<'_, 't, 'a>) -> Result<Content<'t>, Complaint> {
    let bindings = setting.bindings;
    let bare = formula.names().next().filter(|name| formula.is(name)).and_then(|name| bindings.get(name));
    Ok(match bare {
        Some(Known::Text(text)) => Content::Text(Cow::Borrowed(text)),
        Some(Known::Object(fields)) => Content::Fields(fields),
        Some(Known::Bytes(bytes)) => {
            let bytes = match bytes {
                Cow::Borrowed(bytes) => Cow::Borrowed(*bytes),
                Cow::Owned(bytes) => Cow::Owned(bytes.clone()),
            };
            Content::Payload(bytes, setting.call.writing.payload)
        }
        _ => match formula.walk(bindings) {
            Some(json) => json.map_or(Content::Null, |json| Content::json(Cow::Borrowed(json))),
            None => match formula.value(bindings)? {
                Value::Bytes(bytes) => Content::Bytes(bytes),
                value => Content::json(Cow::Owned(value.to_json())),
            },
        },
    })
}

impl<'a> Part<'a> {
    /// The names of this record.
    pub(super) fn bind(&self, bindings: Bindings<'a>) -> Bindings<'a> {
        let document = match self.document.is_empty() {
            true => Known::NULL,
            false => Known::Object(self.document),
        };
        self.bind_names(bindings).with(names::DOCUMENT, document)
    }

    /// The names that a request about this record may use anywhere: all but the document.
    pub fn bind_names(&self, bindings: Bindings<'a>) -> Bindings<'a> {
        bindings
            .with("record_id", Known::Text(self.record_id))
            .with("item_key", Known::Text(self.item_key))
            .with("version", Known::Value(Value::Int(self.version)))
            .with("remote_id", Known::maybe(self.remote_id))
            .with("reason", Known::maybe(Some(self.reason).filter(|reason| !reason.is_empty())))
    }
}
