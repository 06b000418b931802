//! What is proposed, for whoever writes it down or shows it.

use serde::Serialize;

/// How far a proposal can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Better than nothing; it is written down as a comment and never sends anything by itself.
    Guess,
    /// It is written down and should be looked at.
    Likely,
    /// Name and values agree, and nothing else comes near.
    Sure,
}

impl Confidence {
    /// Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Confidence::Guess => ("猜测", "guess"),
            Confidence::Likely => ("很可能", "likely"),
            Confidence::Sure => ("肯定", "sure"),
        }
    }
}

/// Why, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub zh: String,
    pub en: String,
}

impl Reason {
    pub(super) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Reason { zh: zh.into(), en: en.into() }
    }

    /// One reason after the other.
    pub(super) fn and(mut self, other: Reason) -> Self {
        if self.zh.is_empty() {
            return other;
        }
        if !other.zh.is_empty() {
            self.zh += &format!("，{}", other.zh);
            self.en += &format!(", {}", other.en);
        }
        self
    }
}

/// A column for a field.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// As `[fields]` names it; of a child's field as its own table does.
    pub field: String,
    /// The field's Chinese title.
    pub title: String,
    pub column: String,
    pub expression: String,
    pub confidence: Confidence,
    /// The province asks for it.
    pub required: bool,
    pub reason: Reason,
    /// What to look at before it runs.
    pub caution: Option<Reason>,
    /// Values of the city that the code table does not know yet.
    pub unmapped: Vec<String>,
    /// A reason must be given before the field may be sent.
    pub needs_basis: bool,
}

/// A field that nothing fills.
#[derive(Clone, Debug, Serialize)]
pub struct Unmatched {
    pub field: String,
    pub title: String,
    pub required: bool,
    /// Up to three columns, of this or of a related table, with the expression that would read them.
    pub candidates: Vec<String>,
}

/// Child rows of another table.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The list's field: `applicants`.
    pub name: String,
    pub title: String,
    pub table: String,
    /// The child's columns that hold the parent's key.
    pub key: Vec<String>,
    /// A column by which the rows have an order.
    pub order: Option<String>,
    pub reason: Reason,
    pub fields: Vec<Proposal>,
    pub unmatched: Vec<Unmatched>,
    pub needs_basis: bool,
}

/// A condition for a person to decide on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Condition {
    /// Empty where there is nothing to go by.
    pub expression: String,
    /// The columns that it looks at, with the values seen.
    pub columns: Vec<Tally>,
    /// Every value has one meaning.
    pub is_clear: bool,
}

/// A column's values, the most frequent first.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    pub column: String,
    pub values: Vec<Counted>,
}

/// How often a value was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// As an expression writes it.
    pub value: String,
    pub count: usize,
    /// By the column's comment.
    pub meaning: String,
}

/// A table of codes that the city keeps, joined to read the words behind its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lookup {
    pub column: String,
    pub table: String,
    /// The dictionary's column that the listing's holds.
    pub id: String,
    pub content: String,
    /// The name under which the words are read.
    pub alias: String,
}

/// A column that nothing uses.
#[derive(Clone, Debug, Serialize)]
pub struct Leftover {
    pub column: String,
    pub declared_type: String,
    pub comment: String,
    /// Masked.
    pub samples: Vec<String>,
}

/// A whole first route.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    pub kind: String,
    pub title: String,
    pub platform: String,
    pub database: String,
    pub table: String,
    pub rows_sampled: usize,
    pub key: Vec<String>,
    /// The key is the table's primary key, and not only unique in the sample.
    pub key_is_declared: bool,
    pub cursor: Option<(String, Reason)>,
    pub lookups: Vec<Lookup>,
    pub publish: Condition,
    pub withdraw: Condition,
    /// The expression for what people call a listing, where the schema's own field would not do.
    pub label: Option<String>,
    pub fields: Vec<Proposal>,
    pub unmatched: Vec<Unmatched>,
    pub children: Vec<Group>,
    pub leftovers: Vec<Leftover>,
    /// A part of a real row that names nobody, and what it becomes.
    pub example: Option<Example>,
}

/// Columns and fields of one row.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    pub given: serde_json::Map<String, serde_json::Value>,
    pub expect: serde_json::Map<String, serde_json::Value>,
}

/// How much a table looks like a kind.
#[derive(Clone, Debug, Serialize)]
pub struct Resemblance {
    pub kind: String,
    pub table: String,
    /// 0 to 1.
    pub score: f64,
    /// Fields that a column was found for, and how many there are.
    pub matched: usize,
    pub fields: usize,
    /// Required fields that nothing fills.
    pub missing: usize,
    /// A route for it is worth writing.
    pub is_convincing: bool,
}
