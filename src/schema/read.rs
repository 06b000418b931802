//! From a schema file's text to a `Kind`, with every fault of the file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::engine::Engine;
use super::field::{Basis, Class, DecimalLimits, FieldInfo, Keywords, Node, Source};
use super::place::{Places, step};
use super::set::ENDING;
use super::text::Charset;
use super::{Kind, verify};
use crate::codes::Codes;
use crate::config::{Act, Fault, Withdraw};
use crate::record::{Complaint, Fingerprint, Fingerprinter};

/// Fields nest a few levels; a schema that refers to itself would nest for ever.
const DEPTH_MAX: usize = 12;

/// Errors: all faults of the file.
pub(super) fn kind(file: PathBuf, text: String, codes: &Codes) -> Result<Kind, Vec<Fault>> {
    let json: Json = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) => {
            let complaint = Complaint::new("Q4001").fact("reason", &error);
            return Err(vec![Fault { file, line: error.line(), column: error.column(), complaint }]);
        }
    };
    let mut reader = Reader::new(&file, &text, codes);
    for (pointer, (line, column)) in reader.places.twice.clone() {
        let complaint = Complaint::new("Q4009").fact("key", pointer);
        reader.faults.push(Fault { file: file.clone(), line, column, complaint });
    }
    let mut fields = Vec::new();
    let root = reader.node(&json, &json, "", "", "", &mut fields, 0);
    let by_pointer: HashMap<String, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.pointer.clone(), index)).collect();
    let (about, at) = (&json["x-kind"], "/x-kind");
    let title = reader.words(about, at, "title");
    let title_en = reader.words(about, at, "title_en");
    let description = reader.words(&json, "", "description");
    let version = reader.words(&json, "", "x-version");
    let parents = reader.list(about, at, "parents");
    let natural_keys = reader.natural_keys(about, &by_pointer);
    let once = reader.flag(about, at, "once");
    let withdraw = Withdraw { flag: reader.act(about, "flag"), absence: reader.act(about, "absence") };
    let function = reader.words(about, at, "function");
    let usual = || ["title", "name"].into_iter().find(|name| by_pointer.contains_key(&format!("/{name}")));
    let label = about.get("label").and_then(Json::as_str).or_else(usual).unwrap_or_default().to_owned();
    if !label.is_empty() && !by_pointer.contains_key(&format!("/{label}")) {
        reader.fault("/x-kind/label", Complaint::new("Q4016").found(&label));
    }
    let rules = reader.rules(&json, &by_pointer);
    reader.strange_parents(&fields, &parents);
    verify::keywords(&mut reader, &json);
    let engine = Engine::compile(&without_reference_limits(&json));
    if let Err((pointer, reason)) = &engine {
        reader.fault(pointer, Complaint::new("Q4010").fact("reason", reason));
    }
    let mut faults = reader.faults;
    let engine = match engine {
        Ok(engine) if faults.is_empty() => engine,
        _ => {
            faults.sort_by_key(|fault| (fault.line, fault.column));
            return Err(faults);
        }
    };
    let volatile = fields.iter().filter(|field| field.volatile).map(|field| field.name.clone()).collect();
    let print = print(&text, &fields, codes);
    let (name, codes) = (name(&file).into(), codes.clone());
    Ok(Kind {
        name,
        title,
        title_en,
        description,
        version,
        parents,
        natural_keys,
        once,
        withdraw,
        function,
        label,
        volatile,
        fields,
        rules,
        file,
        text,
        json,
        root,
        engine,
        codes,
        by_pointer,
        print,
    })
}

/// Of the file and the code tables that its fields use.
fn print(text: &str, fields: &[FieldInfo], codes: &Codes) -> Fingerprint {
    let mut printer = Fingerprinter::new("schema");
    printer.part(text.as_bytes());
    let mut tables: Vec<&str> = fields.iter().filter_map(|field| field.table.as_deref()).collect();
    tables.sort_unstable();
    tables.dedup();
    for table in tables.into_iter().filter_map(|table| codes.table(table).ok()) {
        printer.part(table.fingerprint().as_bytes());
    }
    printer.finish()
}

/// A fault at a place of a kind's file, found when the kinds are seen together.
pub(super) fn fault_in(kind: &Kind, pointer: &str, complaint: Complaint) -> Fault {
    let (line, column) = Places::of(&kind.text).find(pointer);
    Fault { file: kind.file.clone(), line, column, complaint }
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(ENDING).unwrap_or(&name).to_owned()
}

/// A field that refers to a parent holds our reference until the province's id is known; what the schema says
/// of the id's form is for the province to check.
fn without_reference_limits(schema: &Json) -> Json {
    let mut schema = schema.clone();
    fn strip(node: &mut Json) {
        match node {
            Json::Object(keywords) => {
                if keywords.contains_key("x-parent") {
                    keywords.retain(|name, _| {
                        !matches!(name.as_str(), "minLength" | "maxLength" | "pattern" | "format")
                    });
                }
                keywords.values_mut().for_each(strip);
            }
            Json::Array(items) => items.iter_mut().for_each(strip),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => (),
        }
    }
    strip(&mut schema);
    schema
}

/// A file being read; faults gather.
pub(super) struct Reader<'a> {
    file: &'a Path,
    places: Places,
    pub codes: &'a Codes,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a Path, text: &str, codes: &'a Codes) -> Self {
        Reader { file, places: Places::of(text), codes, faults: Vec::new() }
    }

    pub fn fault(&mut self, pointer: &str, complaint: Complaint) {
        let (line, column) = self.places.find(pointer);
        self.faults.push(Fault { file: self.file.to_owned(), line, column, complaint });
    }

    fn lacks(&mut self, at: &str, key: &str) {
        self.fault(
            at,
            Complaint::new("Q4007").fact("at", if at.is_empty() { "/" } else { at }).fact("key", key),
        );
    }

    pub fn wrong(&mut self, at: &str, key: &str, found: &Json, expected: &str) {
        let complaint = Complaint::new("Q4008").found(found).fact("key", key).fact("expected", expected);
        self.fault(&format!("{at}/{}", step(key)), complaint);
    }

    /// A text that must be there.
    pub fn words(&mut self, node: &Json, at: &str, key: &str) -> String {
        match node.get(key) {
            Some(Json::String(text)) if !text.trim().is_empty() => return text.clone(),
            Some(other) => self.wrong(at, key, other, "a text"),
            None => self.lacks(at, key),
        }
        String::new()
    }

    fn flag(&mut self, node: &Json, at: &str, key: &str) -> bool {
        match node.get(key) {
            Some(Json::Bool(flag)) => return *flag,
            Some(other) => self.wrong(at, key, other, "true or false"),
            None => self.lacks(at, key),
        }
        false
    }

    fn list(&mut self, node: &Json, at: &str, key: &str) -> Vec<String> {
        let texts = |list: &[Json]| list.iter().map(|one| one.as_str().map(str::to_owned)).collect();
        match node.get(key).map(|list| (list, list.as_array().and_then(|list| texts(list)))) {
            Some((_, Some(list))) => return list,
            Some((other, None)) => self.wrong(at, key, other, "a list of texts"),
            None => self.lacks(at, key),
        }
        Vec::new()
    }

    fn natural_keys(&mut self, about: &Json, known: &HashMap<String, usize>) -> Vec<Vec<String>> {
        let at = "/x-kind";
        let Some(keys) = about.get("natural_keys").and_then(Json::as_array) else {
            self.lacks(at, "natural_keys");
            return Vec::new();
        };
        let keys: Vec<Vec<String>> = keys
            .iter()
            .map(|key| {
                key.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
            })
            .collect();
        for name in keys.iter().flatten().filter(|name| !known.contains_key(&format!("/{}", step(name)))) {
            self.fault("/x-kind/natural_keys", Complaint::new("Q4013").found(name));
        }
        keys
    }

    fn act(&mut self, about: &Json, key: &str) -> Act {
        let at = "/x-kind/withdraw";
        let act = about.get("withdraw").and_then(|withdraw| withdraw.get(key));
        match act.map(|act| (act, act.as_str())) {
            Some((_, Some("auto"))) => return Act::Auto,
            Some((_, Some("ask"))) => return Act::Ask,
            Some((_, Some("never"))) => return Act::Never,
            Some((other, _)) => self.wrong(at, key, other, "auto, ask or never"),
            None => self.lacks(at, key),
        }
        Act::Never
    }

    /// One place of the schema that describes a value, with everything inside it.
    #[expect(clippy::too_many_arguments, reason = "one recursion; a struct would only rename them")]
    fn node(
        &mut self,
        schema: &Json,
        node: &Json,
        at: &str,
        pointer: &str,
        name: &str,
        fields: &mut Vec<FieldInfo>,
        depth: usize,
    ) -> Node {
        let target = node.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#'));
        let (node, at) = match target.and_then(|target| Some((schema.pointer(target)?, target))) {
            Some(found) => found,
            None => (node, at),
        };
        let mut built = Node { keywords: self.keywords(node, at), ..Node::default() };
        if depth >= DEPTH_MAX {
            return built;
        }
        let required: Vec<&str> =
            node["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        for (key, property) in node["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/properties/{}", step(key));
            let pointer = format!("{pointer}/{}", step(key));
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let field = self.field(property, &at, &pointer, &name, required.contains(&key.as_str()));
            fields.push(field);
            let member = self.node(schema, property, &at, &pointer, &name, fields, depth + 1);
            built.members.push((key.clone(), member));
        }
        if let Some(items) = node.get("items").filter(|items| items.is_object()) {
            let at = format!("{at}/items");
            let item = self.node(schema, items, &at, &format!("{pointer}/*"), name, fields, depth + 1);
            built.item = Some(Box::new(item));
        }
        built
    }

    fn field(&mut self, node: &Json, at: &str, pointer: &str, name: &str, required: bool) -> FieldInfo {
        let class = self.words(node, at, "x-class");
        if !class.is_empty() && Class::parse(&class).is_none() {
            self.wrong(at, "x-class", &node["x-class"], &Class::NAMES.join(", "));
        }
        let source = node.get("x-source").cloned().unwrap_or(Json::Null);
        let (mut basis, mut cite) = (String::new(), String::new());
        if source.is_null() {
            self.lacks(at, "x-source");
        } else {
            let at = format!("{at}/x-source");
            (basis, cite) = (self.words(&source, &at, "kind"), self.words(&source, &at, "cite"));
            if !basis.is_empty() && Basis::parse(&basis).is_none() {
                self.wrong(&at, "kind", &source["kind"], &Basis::NAMES.join(", "));
            }
        }
        let optional = |key: &str| node.get(key).and_then(Json::as_str).map(str::to_owned);
        FieldInfo {
            pointer: pointer.to_owned(),
            name: name.to_owned(),
            title: self.words(node, at, "title"),
            title_en: self.words(node, at, "title_en"),
            description: self.words(node, at, "description"),
            class: Class::parse(&class).unwrap_or(Class::Secret),
            source: Source { basis: Basis::parse(&basis).unwrap_or(Basis::Guess), cite },
            required,
            shape: optional("type").unwrap_or_default(),
            format: optional("format"),
            parent: optional("x-parent"),
            table: optional("x-code-table")
                .or_else(|| node["items"]["x-code-table"].as_str().map(str::to_owned)),
            volatile: node.get("x-volatile") == Some(&Json::Bool(true)),
            example: node["examples"].get(0).cloned().unwrap_or(Json::Null),
        }
    }

    fn keywords(&mut self, node: &Json, at: &str) -> Keywords {
        let mut found = Keywords::default();
        match node.get("x-code-table") {
            Some(Json::String(table)) => {
                if let Err(why) = self.codes.table(table) {
                    let near =
                        why.facts.iter().find(|(name, _)| name == "near").map_or("–", |(_, near)| near);
                    let complaint = Complaint::new("Q4004").found(table).fact("near", near);
                    self.fault(&format!("{at}/x-code-table"), complaint);
                }
                found.table = Some(table.clone());
            }
            Some(other) => self.wrong(at, "x-code-table", other, "the name of a code table"),
            None => (),
        }
        if node.get("x-parent").is_some() {
            found.parent = Some(self.words(node, at, "x-parent"));
        }
        if let Some(limit) = node.get("x-max-bytes") {
            let charset = limit["charset"].as_str().and_then(Charset::parse);
            let value = limit["value"].as_u64().and_then(|value| usize::try_from(value).ok());
            match (charset, value) {
                (Some(charset), Some(value)) => found.bytes = Some((charset, value)),
                _ => self.wrong(
                    at,
                    "x-max-bytes",
                    limit,
                    "{\"charset\": \"utf-8\" or \"gbk\", \"value\": bytes}",
                ),
            }
        }
        if let Some(limits) = node.get("x-decimal") {
            let number = |key: &str| match limits.get(key) {
                None => Some(None),
                Some(Json::String(text)) => text.parse().ok().map(Some),
                Some(_) => None,
            };
            let scale = limits["scale"].as_u64().and_then(|scale| usize::try_from(scale).ok());
            match (scale, number("minimum"), number("maximum")) {
                (Some(scale), Some(minimum), Some(maximum)) => {
                    let unit = limits["unit"].as_str().unwrap_or_default().to_owned();
                    found.decimal = Some(DecimalLimits { scale, minimum, maximum, unit });
                }
                _ => self.wrong(
                    at,
                    "x-decimal",
                    limits,
                    "{\"scale\": digits, \"minimum\": \"text\", \"maximum\": \"text\", \"unit\": \"text\"}",
                ),
            }
        }
        found
    }

    /// A field may refer only to what the kind names as its parent: else nobody would wait for it.
    fn strange_parents(&mut self, fields: &[FieldInfo], parents: &[String]) {
        for field in fields {
            let Some(parent) = field.parent.as_ref().filter(|parent| !parents.contains(parent)) else {
                continue;
            };
            let complaint = Complaint::new("Q4011").found(parent).fact("known", parents.join(", "));
            self.fault(&verify::place_of(&field.pointer), complaint);
        }
    }
}
