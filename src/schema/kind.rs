//! One kind of record, and the check that makes a document `Checked`.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::{Map, Value as Json};

use super::complain::{Desk, once, rank};
use super::engine::Engine;
use super::field::{FieldInfo, Node, general_pointer};
use super::keywords::{At, References, Walk};
use super::rules::Rule;
use crate::codes::Codes;
use crate::config::Withdraw;
use crate::record::{Complaint, Document, FILE_PREFIX, Fingerprint, ParentRef};

/// A kind as its schema file says it.
pub struct Kind {
    /// The file's name without `.schema.json`.
    pub name: Arc<str>,
    pub title: String,
    pub title_en: String,
    pub description: String,
    /// The province's version of this schema.
    pub version: String,
    /// Kinds that must have been accepted before.
    pub parents: Vec<String>,
    /// Field combinations that identify the thing itself, best first.
    pub natural_keys: Vec<Vec<String>>,
    /// Reported once only: an accepted record is never changed or withdrawn by us.
    pub once: bool,
    /// Unless the route says otherwise.
    pub withdraw: Withdraw,
    /// The function of the platform that shows it.
    pub function: String,
    /// The top-level field that people call a record by.
    pub label: String,
    /// Top-level fields whose change alone is no change.
    pub volatile: Vec<String>,
    /// In the order of the file, outer fields before their inner ones.
    pub fields: Vec<FieldInfo>,
    pub rules: Vec<Rule>,
    pub file: PathBuf,
    /// The file as it was read.
    pub text: String,
    pub(super) json: Json,
    pub(super) root: Node,
    pub(super) engine: Engine,
    pub(super) codes: Codes,
    pub(super) by_pointer: HashMap<String, usize>,
    pub(super) print: Fingerprint,
}

/// A document that passed every check of its kind. Only [`Kind::check`] makes one.
#[derive(Clone, Debug)]
pub struct Checked {
    document: Document,
    kind: Arc<str>,
    print: Fingerprint,
    warnings: Vec<Complaint>,
}

impl Checked {
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Of the document without its volatile fields.
    pub fn fingerprint(&self) -> Fingerprint {
        self.print
    }

    /// What a reviewer at the province may object to.
    pub fn warnings(&self) -> &[Complaint] {
        &self.warnings
    }

    pub fn into_document(self) -> Document {
        self.document
    }
}

impl Kind {
    /// Checks a document that is to be sent.
    ///
    /// Shape:  `columns_of` names the city's columns of a field, by JSON pointer, empty if none; `today` decides
    ///         which codes are in force. Warnings travel inside `Checked`.
    /// Errors: every complaint at once, warnings among them, in the order of the schema's fields.
    pub fn check(
        &self,
        document: Document,
        columns_of: &dyn Fn(&str) -> String,
        today: NaiveDate,
    ) -> Result<Checked, Vec<Complaint>> {
        self.examine(document, columns_of, today, References::Ours)
    }

    /// Checks a document that came from the province: parents stand in it with the province's ids.
    ///
    /// Errors: as [`Kind::check`].
    pub fn check_remote(&self, document: Document, today: NaiveDate) -> Result<Checked, Vec<Complaint>> {
        self.examine(document, &|_| String::new(), today, References::Theirs)
    }

    /// What people call a document; empty where it does not say.
    pub fn label_of<'d>(&self, document: &'d Map<String, Json>) -> &'d str {
        document.get(&self.label).and_then(Json::as_str).unwrap_or_default()
    }

    /// The field at a JSON pointer, with indices or `*` for the items of a list.
    pub fn field(&self, pointer: &str) -> Option<&FieldInfo> {
        let index = match self.by_pointer.get(pointer) {
            Some(index) => index,
            None => self.by_pointer.get(&general_pointer(pointer))?,
        };
        self.fields.get(*index)
    }

    /// The field that a route names, `contact.phone`.
    pub fn field_named(&self, name: &str) -> Option<&FieldInfo> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Of the file and every code table that it uses.
    pub fn fingerprint(&self) -> Fingerprint {
        self.print
    }

    /// A document made of the schema's own examples, with every field that its conditions allow.
    pub fn example(&self) -> Document {
        let shown = self.fields.iter().filter(|field| !field.name.contains('.') && !field.example.is_null());
        let mut json = Json::Object(shown.map(|field| (field.name.clone(), field.example.clone())).collect());
        refer(&self.root, &mut json);
        for _ in 0..3 {
            let desk = Desk { kind: self, columns_of: &|_| String::new() };
            let findings = self.engine.findings(&json);
            let complaints = findings.iter().flat_map(|finding| desk.complain(&json, finding));
            let forbidden: Vec<String> =
                complaints.filter(|one| one.id == "Q4106").map(|one| one.pointer).collect();
            if let Json::Object(fields) = &mut json {
                fields.retain(|name, _| !forbidden.iter().any(|pointer| pointer[1..] == **name));
            }
        }
        match json {
            Json::Object(fields) => Document(fields),
            _ => Document::default(),
        }
    }

    fn examine(
        &self,
        document: Document,
        columns_of: &dyn Fn(&str) -> String,
        today: NaiveDate,
        references: References,
    ) -> Result<Checked, Vec<Complaint>> {
        let desk = Desk { kind: self, columns_of };
        let files = FilePlaces::of(&document);
        // The library looks at a JSON value; moving the fields in and out spares a copy of every document.
        let json = Json::Object(document.0);
        let mut found = Vec::new();
        if !self.engine.is_valid(&json) {
            let findings = self.engine.findings(&json);
            found = findings.iter().flat_map(|finding| desk.complain(&json, finding)).collect();
        }
        let mut walk = Walk { desk: &desk, today, references, found };
        walk.look(&self.root, &json, &At::ROOT);
        let mut found = once(walk.found);
        let fields = match json {
            Json::Object(fields) => fields,
            _ => Map::new(),
        };
        let judged: Vec<Complaint> = self
            .rules
            .iter()
            .filter(|rule| !rule.names().any(|name| is_unusable(&found, name)))
            .filter_map(|rule| rule.judge(&fields, &self.codes, today, &desk))
            // Beside an error at the same field, a warning is noise.
            .filter(|one| one.is_error() || !found.iter().any(|other| other.pointer == one.pointer))
            .collect();
        found.extend(judged);
        found.retain(|complaint| !files.excuse(complaint));
        let document = Document(fields);
        if found.iter().any(Complaint::is_error) {
            found.sort_by_key(|complaint| self.order(&complaint.pointer));
            return Err(found);
        }
        let print = document.fingerprint(&self.volatile);
        Ok(Checked { document, kind: self.name.clone(), print, warnings: found })
    }

    /// Where a pointer's field stands in the file; an unknown one comes last.
    fn order(&self, pointer: &str) -> usize {
        let mut pointer = general_pointer(pointer);
        loop {
            if let Some(index) = self.by_pointer.get(&pointer) {
                return *index + 1;
            }
            match pointer.rfind('/') {
                Some(slash) if slash > 0 => pointer.truncate(slash),
                Some(_) => return usize::MAX,
                None => return 0,
            }
        }
    }
}

/// Where references to files stand. What takes their place is the profile's business, and has the shape it says: the
/// schema's opinion of the reference itself counts for nothing.
struct FilePlaces {
    files: Vec<String>,
    /// Lists in which every item is a file: the profile may make a text of them.
    lists: Vec<String>,
}

impl FilePlaces {
    fn of(document: &Document) -> Self {
        let files: Vec<String> = document.files().into_iter().map(|(pointer, _)| pointer).collect();
        let is_list = |pointer: &&str| {
            let value = document.0.get(pointer[1..].split('/').next().unwrap_or_default());
            let value = pointer[1..].split('/').skip(1).try_fold(value?, |value, step| match value {
                Json::Array(items) => items.get(step.parse::<usize>().ok()?),
                other => other.get(step),
            });
            let items = value?.as_array()?;
            items
                .iter()
                .all(|item| item.as_str().is_some_and(|text| text.starts_with(FILE_PREFIX)))
                .then_some(())
        };
        let parents = files.iter().filter_map(|pointer| Some(pointer.rsplit_once('/')?.0));
        let lists = parents.filter(|pointer| !pointer.is_empty() && is_list(pointer).is_some());
        FilePlaces { lists: lists.map(str::to_owned).collect(), files }
    }

    fn excuse(&self, complaint: &Complaint) -> bool {
        let pointer = complaint.pointer.as_str();
        let inside = |file: &String| {
            pointer.strip_prefix(file.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let of_type = complaint.id == "Q4105";
        self.files.iter().any(inside) || of_type && self.lists.iter().any(|list| list == pointer)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({} {})", self.name, self.version)
    }
}

/// Whether a top-level field has no value that a rule could speak about; it has been complained of already.
fn is_unusable(found: &[Complaint], name: &str) -> bool {
    found.iter().any(|complaint| {
        let inside = complaint.pointer.strip_prefix('/').and_then(|rest| rest.strip_prefix(name));
        rank(&complaint.id) <= 1 && inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Puts a reference of ours in the place of every example of a parent's id.
fn refer(node: &Node, value: &mut Json) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                if let Some(member) = node.member(name) {
                    refer(member, value);
                }
            }
        }
        Json::Array(items) => {
            if let Some(item) = &node.item {
                items.iter_mut().for_each(|value| refer(item, value));
            }
        }
        Json::String(text) => {
            if let Some(kind) = &node.keywords.parent {
                *text = ParentRef { kind: kind.clone(), key: text.clone() }.to_text();
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => (),
    }
}
