//! One configured flow: `config/routes/NAME.toml`.

use std::path::PathBuf;
use std::time::Duration;

use super::Located;

/// A route, named by its file.
#[derive(Clone, Debug)]
pub struct Route {
    pub name: String,
    pub file: PathBuf,
    pub kind: String,
    pub platform: String,
    /// Cron, five or six fields; without one the route runs only by hand.
    pub schedule: Option<Located<String>>,
    pub flow: Flow,
    /// The file as it was read, kept in full by its hash in the ledger.
    pub text: String,
}

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each route, and it stays where it is")]
pub enum Flow {
    Push(Push),
    Import(Import),
}

/// Listings to the province.
#[derive(Clone, Debug)]
pub struct Push {
    pub source: Source,
    /// In the order of the file, which is the order of the document. A dotted name nests.
    pub fields: Vec<Field>,
    pub children: Vec<Child>,
    /// Field → why personal data may be sent: a legal duty, or the consent column.
    pub basis: Vec<(Located<String>, String)>,
    /// Expression for what people call a listing.
    pub title: Option<Located<String>>,
    pub limits: Limits,
    pub examples: Vec<Example>,
    /// `form = true`: the rows are those of a collection form, and what the route leaves out follows from the kind.
    /// Until the form room has completed it, the table is empty and fields are missing.
    pub form: Option<Located<()>>,
}

/// The heading of a collection form's first column: the listing's own number.
pub const FORM_KEY: &str = "编号";
/// The heading of its last one: whether the listing may be sent.
pub const FORM_CONSENT: &str = "同意报送";

#[derive(Clone, Debug)]
pub struct Source {
    pub database: Located<String>,
    pub relation: Relation,
    pub key: Vec<Located<String>>,
    /// Only makes scans cheaper: without one, every scan reads everything.
    pub cursor: Option<SourceCursor>,
    /// Where `version = "xmin"` stands: rows that the engine has not touched since are not read again.
    pub version: Option<Located<()>>,
    pub publish_when: Located<String>,
    pub withdraw_when: Option<Located<String>>,
    pub hold_when: Option<Located<String>>,
    /// `None` leaves it to the kind's schema.
    pub withdraw: Option<Withdraw>,
}

/// The column that tells when a row was last changed.
#[derive(Clone, Debug)]
pub struct SourceCursor {
    pub column: Located<String>,
    /// How far before the newest row seen the next scan begins: rows are committed later than they are stamped.
    pub overlap: Duration,
    /// How often everything is read all the same: the column may lie, and says nothing of rows that are gone.
    pub full_every: Duration,
    /// Where the settings stand.
    pub at: Located<()>,
}

impl SourceCursor {
    pub const OVERLAP: Duration = Duration::from_secs(15 * 60);
    pub const FULL_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
}

/// What is read.
#[derive(Clone, Debug)]
pub enum Relation {
    /// A plain table or view; dots part the schema from the name.
    Table(Located<String>),
    /// One `SELECT`.
    Query(Located<String>),
}

impl Relation {
    /// As the route writes it.
    pub fn text(&self) -> &Located<String> {
        match self {
            Relation::Table(text) | Relation::Query(text) => text,
        }
    }

    /// The plain table, where it is one.
    pub fn table(&self) -> Option<&Located<String>> {
        match self {
            Relation::Table(name) => Some(name),
            Relation::Query(_) => None,
        }
    }
}

/// What a sign of withdrawal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdraw {
    /// `withdraw_when` is true.
    pub flag: Act,
    /// The row has vanished from a complete scan.
    pub absence: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The withdrawal is queued.
    Auto,
    /// A person decides.
    Ask,
    /// The record stays as it is.
    Never,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: Located<String>,
    pub expression: Located<String>,
}

/// Child rows by a second query, grouped under the key.
#[derive(Clone, Debug)]
pub struct Child {
    pub name: Located<String>,
    pub relation: Relation,
    /// The child's columns that hold the parent's key, in its order.
    pub key: Vec<Located<String>>,
    pub fields: Vec<Field>,
}

/// When a run must wait for a person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Share of the records at the province that one run may withdraw.
    pub max_withdraw_ratio: f64,
    pub max_withdraw_count: u64,
    /// Share of the records at the province that one run may change.
    pub max_change_ratio: f64,
    /// Below this many changes or withdrawals no ratio applies.
    pub small_count: u64,
    /// How long complete scans must have missed a row before its absence leads to anything.
    pub absence_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_withdraw_ratio: 0.05,
            max_withdraw_count: 50,
            max_change_ratio: 0.3,
            small_count: 5,
            absence_grace: Duration::ZERO,
        }
    }
}

/// A row and the document it must map to, executed by `qilu check`.
#[derive(Clone, Debug)]
pub struct Example {
    pub given: serde_json::Map<String, serde_json::Value>,
    pub expect: serde_json::Map<String, serde_json::Value>,
    pub at: Located<()>,
}

/// Remote records to the city's table.
#[derive(Clone, Debug)]
pub struct Import {
    pub target: Target,
    /// Local column ← expression over the remote document.
    pub columns: Vec<Field>,
}

#[derive(Clone, Debug)]
pub struct Target {
    pub database: Located<String>,
    pub table: Located<String>,
    /// The local column that holds the province's id.
    pub key: Located<String>,
    /// The local column that says where the row came from.
    pub origin_column: Located<String>,
    pub conflict: Conflict,
}

/// Who wins when a row that was imported has been edited at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    RemoteWins,
    LocalWins,
    Ask,
}
