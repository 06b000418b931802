//! A first route for a table that nobody has mapped yet: which column could be which field, and why.
//!
//! Pure: looks at a survey, at sampled rows and at the schema, and gives proposals and the text of a file. Refuses to
//! decide what may leave the city, and never calls a guess a fact: a guess is written down as a comment.

mod assign;
mod comment;
mod dictionary;
mod draft;
mod example;
mod fit;
mod homes;
mod keeping;
mod kinds;
mod matching;
mod name;
mod pinyin;
mod proposal;
mod relate;
mod sample;
mod special;
mod table;
mod text;
mod want;
mod words;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use crate::city::{Line, Survey, SurveyedTable};
use crate::codes::{Codes, trim};
use crate::schema::Kind;

pub use draft::Place;
pub use homes::Homes;
pub use proposal::{
    Condition, Confidence, Counted, Draft, Example, Group, Leftover, Lookup, Proposal, Reason, Resemblance,
    Tally, Unmatched,
};
pub use text::OPEN;

use dictionary::Dictionary;
use fit::Bench;
use table::TableView;

/// What there is to look at.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    pub survey: &'a Survey,
    /// Sampled rows by the table's name, cells in the order of its columns. A table without rows may be left out.
    pub samples: &'a BTreeMap<String, Vec<Line>>,
    pub codes: &'a Codes,
    /// The zone of the database's naive times.
    pub zone: Tz,
}

/// Rows that are sampled of a table that a route is drafted for.
pub const ROWS_MAX: usize = 1_000;

/// The material taken apart, ready for questions.
pub struct Look<'a> {
    material: Material<'a>,
    views: Vec<TableView<'a>>,
    /// Tables of the city's own codes.
    dictionaries: Vec<&'a str>,
}

impl<'a> Look<'a> {
    pub fn new(material: Material<'a>) -> Self {
        let lines = |table: &SurveyedTable| material.samples.get(&table.name).map_or(&[][..], Vec::as_slice);
        let tables = || material.survey.tables.iter().map(|table| (table, lines(table)));
        let dictionaries = dictionary::dictionaries(tables());
        let views = tables().map(|(table, lines)| TableView::new(table, lines, &dictionaries)).collect();
        let dictionaries = dictionaries.iter().map(Dictionary::name).collect();
        Look { material, views, dictionaries }
    }

    fn bench(&self) -> Bench<'a> {
        Bench { codes: self.material.codes, zone: self.material.zone }
    }

    fn view(&self, table: &str) -> Option<&TableView<'a>> {
        self.views.iter().find(|view| view.table.name == table)
    }

    /// Every kind with the tables that look like it, the most alike first.
    ///
    /// Shape: a table is convincing for one kind at most, and a kind for one table: all are placed together.
    pub fn resemblances(&self, kinds: &[&Kind]) -> Vec<Resemblance> {
        kinds::resemblances(self.bench(), kinds, &self.views)
    }

    /// The tables that matter for a route out of one table: those that may hold child rows, and dictionaries.
    pub fn related(&self, table: &str) -> BTreeSet<&'a str> {
        let Some(view) = self.view(table) else { return BTreeSet::new() };
        let (key, _) = keeping::key(view);
        let linked = self.views.iter().filter(|other| relate::link(view, &key, other).is_some());
        linked.map(|other| other.table.name.as_str()).chain(self.dictionaries.iter().copied()).collect()
    }

    /// Where kinds live, from pairs of kind and table; the rows sampled so far tell what refers to them.
    pub fn homes(&self, kinds: &[&Kind], places: &[(String, String)]) -> Homes {
        let mut homes = Homes::default();
        for (name, table) in places {
            let kind = kinds.iter().find(|kind| kind.name.as_ref() == name);
            let (Some(kind), Some(view)) = (kind, self.view(table)) else { continue };
            homes.settle(kind, table, keys(view), view.lines.len() < ROWS_MAX);
        }
        for kind in kinds {
            homes.hear(kind);
        }
        homes
    }

    /// The draft of a route for a kind out of one table; `None` if the survey has no such table.
    pub fn draft(&self, kind: &Kind, table: &str, homes: &Homes, place: Place<'_>) -> Option<Draft> {
        Some(draft::draft(self.bench(), kind, self.view(table)?, &self.views, homes, place))
    }
}

/// The sampled values of a key of one column.
fn keys(view: &TableView<'_>) -> BTreeSet<String> {
    let (key, _) = keeping::key(view);
    let [key] = key.as_slice() else { return BTreeSet::new() };
    let Some(place) = view.columns.iter().position(|column| column.column.name == *key) else {
        return BTreeSet::new();
    };
    view.lines
        .iter()
        .filter_map(|line| line.cells.get(place))
        .map(|cell| trim(&cell.to_string()).to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
