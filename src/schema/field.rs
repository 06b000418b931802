//! What a schema file says about one field.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::text::Charset;

/// One field of a kind, however deep.
#[derive(Clone, Debug)]
pub struct FieldInfo {
    /// JSON pointer with `*` for the items of a list: `/applicants/*/name`.
    pub pointer: String,
    /// As a route's `[fields]` would name it: `contact.phone`, `applicants.name`.
    pub name: String,
    pub title: String,
    pub title_en: String,
    pub description: String,
    pub class: Class,
    pub source: Source,
    /// Required in its object whatever the other fields say; conditional requirements are not counted.
    pub required: bool,
    /// The JSON type: `string`, `integer`, `boolean`, `array`, `object`.
    pub shape: String,
    pub format: Option<String>,
    /// The kind that the field refers to.
    pub parent: Option<String>,
    /// The code table of the field, or of a list's items.
    pub table: Option<String>,
    /// A change of this field alone is no change of the record.
    pub volatile: bool,
    /// The schema's first example; null where it has none.
    pub example: Json,
}

/// How a field must be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Public,
    Business,
    Personal,
    Sensitive,
    Secret,
}

impl Class {
    pub const NAMES: [&str; 5] = ["public", "business", "personal", "sensitive", "secret"];

    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "public" => Some(Class::Public),
            "business" => Some(Class::Business),
            "personal" => Some(Class::Personal),
            "sensitive" => Some(Class::Sensitive),
            "secret" => Some(Class::Secret),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        Class::NAMES[self as usize]
    }

    /// Whether a route needs a `basis` before it may send the field.
    pub fn needs_basis(self) -> bool {
        matches!(self, Class::Personal | Class::Sensitive)
    }
}

/// Where we know a field from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub basis: Basis,
    /// The law, standard or system.
    pub cite: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    Law,
    Standard,
    PublicSystem,
    Guess,
}

impl Basis {
    pub const NAMES: [&str; 4] = ["law", "standard", "public system", "guess"];

    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "law" => Some(Basis::Law),
            "standard" => Some(Basis::Standard),
            "public system" => Some(Basis::PublicSystem),
            "guess" => Some(Basis::Guess),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        Basis::NAMES[self as usize]
    }
}

/// The schema's own keywords at one place, besides what JSON Schema knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Keywords {
    pub table: Option<String>,
    pub parent: Option<String>,
    pub bytes: Option<(Charset, usize)>,
    pub decimal: Option<DecimalLimits>,
}

/// Limits of an exact decimal that stands in the document as text.
#[derive(Clone, Debug)]
pub(super) struct DecimalLimits {
    pub scale: usize,
    pub minimum: Option<Decimal>,
    pub maximum: Option<Decimal>,
    pub unit: String,
}

/// The fields of a kind as a tree, walked side by side with a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub keywords: Keywords,
    /// By name, in the order of the schema.
    pub members: Vec<(String, Node)>,
    pub item: Option<Box<Node>>,
}

impl Node {
    pub fn member(&self, name: &str) -> Option<&Node> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// The same with its place, looking from a place on and then from the start: documents mostly follow the
    /// order of the schema, so that the first look is right.
    pub fn member_after(&self, after: usize, name: &str) -> Option<(usize, &Node)> {
        let places = (after..self.members.len()).chain(0..after.min(self.members.len()));
        places
            .map(|place| (place, &self.members[place]))
            .find(|(_, (known, _))| known == name)
            .map(|(place, (_, node))| (place, node))
    }
}

/// The pointer of a field: `/applicants/2/name` → `/applicants/*/name`.
pub(super) fn general_pointer(pointer: &str) -> String {
    let is_index = |step: &&str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let steps = pointer.split('/').map(|step| if is_index(&step) { "*" } else { step });
    steps.collect::<Vec<_>>().join("/")
}
