//! What is sent: the operations, their payloads, and the signature.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{AnswerText, answer, expected_at, named};
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

/// A header, query parameter or credential with its expression (for a credential: its reference).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: Located<String>,
    pub expression: Located<String>,
}

/// One operation's request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// Expression; what follows the base URL, starting with `/`.
    pub path: Located<String>,
    /// Parameters whose value is null are left out.
    pub query: Vec<Named>,
    pub headers: Vec<Named>,
    /// The stable content, stored before the first byte leaves.
    pub payload: Option<Template>,
    /// One record's part of the payload; takes the place of the name `items`.
    pub item: Option<Template>,
    /// What is wrapped around the payload afresh for each attempt; without one the payload is the body.
    pub envelope: Option<Template>,
    /// The operation's own keys of `[answer]`.
    pub answer: Option<AnswerText>,
    /// Records of one request, where it takes fewer than the platform's limit.
    pub records_max: Option<usize>,
}

impl Call {
    /// Whether a request carries one record, so that there is no list to find it in.
    pub fn is_single(&self) -> bool {
        self.records_max == Some(1)
    }
}

/// A JSON body with expressions where its texts are.
#[derive(Clone, Debug)]
pub enum Template {
    Expression(Located<String>),
    /// A number, a boolean or a list written in the profile.
    Constant(Json),
    /// In the order of the file, which is the order of the body.
    Object(Vec<(String, Template)>),
}

/// One step of the signature; its result is a name for the steps and headers after it.
#[derive(Clone, Debug)]
pub struct SignStep {
    pub name: Located<String>,
    pub digest: Digest,
    /// Expression over exactly what is sent.
    pub input: Located<String>,
    /// Expression for the secret; there for a keyed digest alone.
    pub key: Option<Located<String>>,
    pub output: Encoding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Sha256,
    HmacSha256,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    HexLower,
    HexUpper,
    Base64,
}

const METHODS: [(&str, &str); 5] =
    [("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];

pub(super) fn read_operations(root: &Section<'_>) -> Option<BTreeMap<Operation, Call>> {
    let section = root.need_section("operations")?;
    let mut operations = BTreeMap::new();
    for operation in Operation::ALL {
        if let Some(call) = section.section(operation.word()) {
            let shape = section.json(operation.word()).unwrap_or_default();
            if let Some(call) = read_operation(operation, &call, &shape) {
                operations.insert(operation, call);
            }
        } else if operation.is_delivery() {
            let key = format!("operations.{}", operation.word());
            section.complain(Complaint::new("Q1002").fact("key", key));
        }
    }
    section.finish();
    Some(operations)
}

fn read_operation(operation: Operation, section: &Section<'_>, shape: &Json) -> Option<Call> {
    let call = read_call(section, shape);
    if operation.is_delivery()
        && let Some(call) = &call
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
pub(super) fn read_call(section: &Section<'_>, shape: &Json) -> Option<Call> {
    let method = section.word("method", &METHODS);
    if !section.has("method") {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.method", section.path())));
    }
    let path = section.need_text("path");
    let pairs = |key: &str| section.section(key).map(|found| named(found.all_texts())).unwrap_or_default();
    let query = pairs("query");
    let headers = pairs("headers");
    let payload = read_template(section, shape, "payload");
    let item = read_template(section, shape, "item");
    let envelope = read_template(section, shape, "envelope");
    let answer = section.section("answer").map(|table| answer::read_table(&table));
    let records_max = section.number("records_max").and_then(|number| usize::try_from(number).ok());
    Some(Call {
        method: method?.to_owned(),
        path: path?,
        query,
        headers,
        payload,
        item,
        envelope,
        answer,
        records_max,
    })
}

/// The template under a key. `shape` is the enclosing table as JSON: it says which type each key has, the
/// section says where it stands.
fn read_template(section: &Section<'_>, shape: &Json, key: &str) -> Option<Template> {
    match shape.get(key)? {
        Json::String(_) => section.text(key).map(Template::Expression),
        Json::Object(fields) => {
            let inner = section.section(key)?;
            let inner_shape = &shape[key];
            let read = |name: &String| Some((name.clone(), read_template(&inner, inner_shape, name)?));
            Some(Template::Object(fields.keys().filter_map(read).collect()))
        }
        _ => section.json(key).map(Template::Constant),
    }
}

pub(super) fn read_sign(root: &Section<'_>) -> Vec<SignStep> {
    root.sections("sign").iter().filter_map(read_step).collect()
}

fn read_step(section: &Section<'_>) -> Option<SignStep> {
    let name = section.need_text("name");
    let digests = [("sha256", Digest::Sha256), ("hmac-sha256", Digest::HmacSha256)];
    let digest = section.word("algorithm", &digests);
    if !section.has("algorithm") {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.algorithm", section.path())));
    }
    let input = section.need_text("input");
    let key = section.text("key");
    let outputs = [("hex", Encoding::HexLower), ("HEX", Encoding::HexUpper), ("base64", Encoding::Base64)];
    let output = section.word("output", &outputs).unwrap_or(Encoding::HexLower);
    section.finish();
    let place = format!("{}.key", section.path());
    match (digest?, &key) {
        (Digest::HmacSha256, None) => section.complain(Complaint::new("Q1002").fact("key", place)),
        (Digest::Sha256, Some(_)) => {
            section.complain_at("key", expected_at(&place, "no key: sha256 has none").found("a key"));
        }
        _ => (),
    }
    Some(SignStep { name: name?, digest: digest?, input: input?, key, output })
}
