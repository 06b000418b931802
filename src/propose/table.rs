//! A table made ready for comparing: names taken apart, comments read, values counted, the city's own codes read.

use std::cell::RefCell;
use std::collections::HashMap;

use super::comment::{Comment, unit};
use super::dictionary::{Decoded, Dictionary};
use super::fit::{Fit, Unit};
use super::name::{ColumnName, comment_likeness, common_prefix};
use super::sample::ColumnSample;
use super::want::Want;
use super::words::Words;
use crate::city::{Line, SurveyedColumn, SurveyedTable};

/// A column's place, what is wanted of it, and the longest text.
pub(super) type FitOf = (usize, Want, Option<u64>);

/// One table with its sampled rows.
pub(super) struct TableView<'a> {
    pub table: &'a SurveyedTable,
    pub lines: &'a [Line],
    pub columns: Vec<ColumnView<'a>>,
    /// Fits by column and want, kept because many fields of many kinds want the same.
    pub fits: RefCell<HashMap<FitOf, Fit>>,
}

pub(super) struct ColumnView<'a> {
    pub column: &'a SurveyedColumn,
    pub name: ColumnName,
    pub comment: Comment,
    pub unit: Unit,
    pub sample: ColumnSample,
    /// The words behind its numbers, where one of the city's own code tables has them.
    pub decoded: Option<Decoded>,
    pub role: Option<Role>,
    /// The same name with a digit behind it, or without, is a column too.
    pub has_twin: bool,
}

/// What a column is for besides saying something of the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    Deleted,
    Valid,
    Review,
    Secret,
    Created,
    Updated,
    /// Who wrote the row.
    Writer,
    Origin,
    /// A number that the database gave it.
    Surrogate,
}

const ROLES: [(Role, &str); 8] = [
    (Role::Deleted, "deleted"),
    (Role::Valid, "valid"),
    (Role::Secret, "secret"),
    (Role::Created, "created"),
    (Role::Updated, "updated"),
    (Role::Review, "review"),
    (Role::Writer, "person"),
    (Role::Origin, "origin"),
];

impl Role {
    /// Whether such a column may also fill a field: a state and a level of secrecy do.
    pub fn may_be_reported(self) -> bool {
        matches!(self, Role::Review | Role::Secret)
    }
}

impl<'a> TableView<'a> {
    pub fn new(table: &'a SurveyedTable, lines: &'a [Line], dictionaries: &[Dictionary<'_>]) -> Self {
        let prefix = common_prefix(table.columns.iter().map(|column| column.name.as_str()));
        let roles: Vec<(Role, Words)> =
            ROLES.iter().map(|(role, name)| (*role, Words::of_role(name))).collect();
        let samples = ColumnSample::of_table(table, lines);
        let twins = |name: &str| {
            let bare = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
            table.columns.iter().any(|other| other.name != name && bare(&other.name) == bare(name))
        };
        let columns = table.columns.iter().zip(samples).map(|(column, sample)| {
            let name = ColumnName::new(&column.name, &prefix);
            let comment = Comment::parse(&column.comment);
            let role = role(&roles, column, &name, &comment, &sample);
            let is_own = dictionaries.iter().any(|one| one.is(table));
            let decoded =
                if is_own { None } else { super::dictionary::decode(dictionaries, &name, &comment, &sample) };
            ColumnView {
                unit: comment.unit.or_else(|| unit(&column.name)),
                has_twin: twins(&column.name),
                column,
                name,
                comment,
                sample,
                decoded,
                role,
            }
        });
        let columns = columns.collect();
        TableView { table, lines, columns, fits: RefCell::default() }
    }

    pub fn column(&self, name: &str) -> Option<&ColumnView<'a>> {
        self.columns.iter().find(|column| column.column.name == name)
    }
}

fn role(
    roles: &[(Role, Words)],
    column: &SurveyedColumn,
    name: &ColumnName,
    comment: &Comment,
    sample: &ColumnSample,
) -> Option<Role> {
    let is_number = ["id", "uuid", "guid", "xh", "pk", "rowid", "oid"];
    let words = name.words();
    let last = words.last().map(String::as_str).unwrap_or_default();
    let is_alone =
        words.len() == 1 && (is_number.contains(&last) || ["序号", "主键", "编号"].contains(&last));
    let is_of_table =
        last == "id" && column.in_key || last.len() > 2 && last.ends_with("id") && column.in_key;
    if is_alone && (column.in_key || sample.is_unique() || last == "id") || is_of_table {
        return Some(Role::Surrogate);
    }
    let (mut best, mut found) = (0.0, None);
    for (role, words) in roles {
        let by_comment = comment_likeness(&comment.label, words);
        let by_name = name.likeness(words);
        let score =
            if comment.label.is_empty() { by_name.score } else { by_comment.score.max(by_name.score - 0.3) };
        let enough = match role {
            // Two letters are enough where the values are as few as a state's.
            Role::Review | Role::Deleted | Role::Valid | Role::Secret
                if sample.distinct <= 8 && sample.filled() > 0 =>
            {
                0.73
            }
            _ => 0.85,
        };
        // A state that takes as many values as a name is none.
        let is_state = !matches!(role, Role::Review | Role::Valid | Role::Secret) || sample.distinct <= 20;
        if score >= enough && score > best && is_state {
            (best, found) = (score, Some(*role));
        }
    }
    found
}
