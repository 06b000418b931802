//! What is sent: the operations with their payloads and envelopes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{AnswerText, Format, Writing, answer, expected_at, is_xml_name, named, values};
use crate::config::{Located, Section};
use crate::record::Complaint;

/// What can be asked of a province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Create,
    Update,
    Withdraw,
    /// One record by our id or by its natural key.
    Lookup,
    /// A page of records: ours, or other cities'.
    List,
    /// What the province's reviewers decided since.
    Reviews,
    /// What they decided about one record.
    Review,
    /// What became of a batch that was taken in and not yet decided.
    Status,
    /// One of the province's code tables.
    Dictionary,
    /// One file that documents refer to.
    Upload,
    /// Whether it answers and accepts our credentials; changes nothing.
    Ping,
    /// A session for the requests that need one. Never asked for by itself: see `[[logins]]`.
    Login,
}

impl Operation {
    /// What `[operations]` may offer.
    pub const ALL: [Operation; 11] = [
        Operation::Create,
        Operation::Update,
        Operation::Withdraw,
        Operation::Lookup,
        Operation::List,
        Operation::Reviews,
        Operation::Review,
        Operation::Status,
        Operation::Dictionary,
        Operation::Upload,
        Operation::Ping,
    ];

    /// The word in the profile, the ledger and the audit log.
    pub fn word(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Withdraw => "withdraw",
            Operation::Lookup => "lookup",
            Operation::List => "list",
            Operation::Reviews => "reviews",
            Operation::Review => "review",
            Operation::Status => "status",
            Operation::Dictionary => "dictionary",
            Operation::Upload => "upload",
            Operation::Ping => "ping",
            Operation::Login => "login",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Operation::ALL.into_iter().find(|operation| operation.word() == word)
    }

    /// Whether it carries records to the province; such an operation has a payload and items.
    pub fn is_delivery(self) -> bool {
        matches!(self, Operation::Create | Operation::Update | Operation::Withdraw)
    }
}

/// A header, query parameter, value or credential with its expression (for a credential: its reference).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: Located<String>,
    pub expression: Located<String>,
}

/// One operation's request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// Expression; what follows the base URL, starting with `/`, or nothing.
    pub path: Located<String>,
    /// Besides those of the platform, and before them.
    pub values: Vec<Named>,
    /// Parameters whose value is null are left out.
    pub query: Vec<Named>,
    pub headers: Vec<Named>,
    /// The most records of one request, where it is less than the platform's limit. With 1 the names of the
    /// record stand for themselves everywhere, and neither `item` nor `payload` is needed.
    pub records_max: Option<usize>,
    /// The stable content, stored before the first byte leaves.
    pub payload: Option<Template>,
    /// One record's part of the payload; takes the place of the name `items`.
    pub item: Option<Template>,
    /// What is wrapped around the payload afresh for each attempt; without one the payload is the body.
    pub envelope: Option<Template>,
    pub writing: Writing,
    /// The call's own keys of `[answer]`.
    pub answer: Option<AnswerText>,
}

impl Call {
    /// Whether each request carries one record.
    pub fn is_single(&self) -> bool {
        self.records_max == Some(1)
    }
}

/// A body with expressions where its texts are.
#[derive(Clone, Debug)]
pub enum Template {
    Expression(Located<String>),
    /// A number, a boolean or a list of such things written in the profile.
    Constant(Json),
    /// In the order of the file, which is the order of the body.
    Object(Vec<(String, Template)>),
    /// A list of tables written in the profile.
    List(Vec<Template>),
}

const METHODS: [(&str, &str); 5] =
    [("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];

pub(super) fn read_operations(root: &Section<'_>, writing: Writing) -> Option<BTreeMap<Operation, Call>> {
    let section = root.need_section("operations")?;
    let mut operations = BTreeMap::new();
    for operation in Operation::ALL {
        if let Some(call) = section.section(operation.word()) {
            let shape = section.json(operation.word()).unwrap_or_default();
            if let Some(call) = read_operation(operation, &call, &shape, writing) {
                operations.insert(operation, call);
            }
        }
    }
    section.finish();
    Some(operations)
}

fn read_operation(
    operation: Operation,
    section: &Section<'_>,
    shape: &Json,
    writing: Writing,
) -> Option<Call> {
    let call = read_call(section, shape, writing);
    if operation.is_delivery()
        && let Some(call) = &call
        && !call.is_single()
    {
        for (key, template) in [("payload", &call.payload), ("item", &call.item)] {
            if template.is_none() {
                section.complain(Complaint::new("Q1002").fact("key", format!("{}.{key}", section.path())));
            }
        }
    }
    section.finish();
    call
}

/// The request that a section describes. Who asks reads further keys and finishes the section.
pub(super) fn read_call(section: &Section<'_>, shape: &Json, writing: Writing) -> Option<Call> {
    let method = section.word("method", &METHODS);
    if !section.has("method") {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.method", section.path())));
    }
    // A platform with one address for everything has no paths.
    let path = section.text("path").unwrap_or_else(|| {
        let place = section.place();
        Located { value: "''".to_owned(), line: place.line, column: place.column }
    });
    let values = values::read(section);
    let pairs = |key: &str| section.section(key).map(|found| named(found.all_texts())).unwrap_or_default();
    let query = pairs("query");
    let headers = pairs("headers");
    let records_max = section.number("records_max").and_then(|most| {
        if most == 0 {
            let key = format!("{}.records_max", section.path());
            section.complain_at("records_max", expected_at(&key, "at least 1").found(0));
        }
        usize::try_from(most).ok().filter(|most| *most > 0)
    });
    let writing = Writing::read(section, writing);
    let payload = read_template(section, shape, "payload");
    let item = read_template(section, shape, "item");
    let envelope = read_template(section, shape, "envelope");
    for (key, template, format) in
        [("payload", &payload, writing.payload), ("envelope", &envelope, writing.envelope)]
    {
        let inside = key == "payload" && envelope.is_some();
        if let Some(why) = template.as_ref().and_then(|template| misfit(template, format, inside)) {
            let complaint = Complaint::new("Q7421").fact("key", format!("{}.{key}", section.path()));
            section.complain_at(key, complaint.fact("format", format.word()).fact("why", why));
        }
    }
    if writing.payload == Format::Xml
        && let Some(why) = item.as_ref().and_then(misnamed)
    {
        let complaint = Complaint::new("Q7421").fact("key", format!("{}.item", section.path()));
        section.complain_at("item", complaint.fact("format", "xml").fact("why", why));
    }
    let answer = section.section("answer").map(|table| answer::read_table(&table));
    Some(Call {
        method: method?.to_owned(),
        path,
        values,
        query,
        headers,
        records_max,
        payload,
        item,
        envelope,
        writing,
        answer,
    })
}

/// The template under a key. `shape` is the enclosing table as JSON: it says which type each key has, the
/// section says where it stands.
pub(super) fn read_template(section: &Section<'_>, shape: &Json, key: &str) -> Option<Template> {
    match shape.get(key)? {
        Json::String(_) => section.text(key).map(Template::Expression),
        Json::Object(_) => Some(read_object(&section.section(key)?, &shape[key])),
        Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_object) => {
            let sections = section.sections(key);
            let objects = sections.iter().zip(items).map(|(inner, shape)| read_object(inner, shape));
            Some(Template::List(objects.collect()))
        }
        _ => section.json(key).map(Template::Constant),
    }
}

fn read_object(section: &Section<'_>, shape: &Json) -> Template {
    let names = shape.as_object().into_iter().flat_map(|fields| fields.keys());
    let read = |name: &String| Some((name.clone(), read_template(section, shape, name)?));
    Template::Object(names.filter_map(read).collect())
}

/// Why a template cannot be written in a format, as far as it shows without values. What stands inside an envelope
/// needs no root of its own.
fn misfit(template: &Template, format: Format, inside: bool) -> Option<String> {
    let bad_name = |name: &str| (!is_xml_name(name)).then(|| format!("`{name}` names no element"));
    match (format, template) {
        (Format::Json, _) | (_, Template::Expression(_)) => None,
        (Format::Raw, _) => Some("one expression in quotes".to_owned()),
        (Format::Form | Format::Multipart, Template::Object(_)) => None,
        (Format::Form | Format::Multipart, _) => Some("a table of fields".to_owned()),
        (Format::Xml, Template::Object(_)) if inside => misnamed(template),
        (Format::Xml, Template::Object(fields)) => match fields.as_slice() {
            [(root, inside)] => bad_name(root).or_else(|| misnamed(inside)),
            _ => Some("a table with one key, the root element".to_owned()),
        },
        (Format::Xml, _) => Some("a table with one key, the root element".to_owned()),
    }
}

/// The first name inside an element that XML does not take.
fn misnamed(template: &Template) -> Option<String> {
    match template {
        Template::Expression(_) | Template::Constant(_) => None,
        Template::List(items) => items.iter().find_map(misnamed),
        Template::Object(fields) => fields.iter().find_map(|(name, inside)| {
            let bare = name.strip_prefix('@').unwrap_or(name);
            match name == "#text" || is_xml_name(bare) {
                true => misnamed(inside),
                false => Some(format!("`{name}` names no element or @attribute")),
            }
        }),
    }
}
