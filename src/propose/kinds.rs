//! Which tables look like which kinds.

use std::collections::HashSet;

use super::assign::assign;
use super::fit::Bench;
use super::homes::Homes;
use super::matching::{Sought, match_table};
use super::name::{ColumnName, comment_likeness};
use super::proposal::Resemblance;
use super::table::TableView;
use super::want::targets;
use super::words::Words;
use crate::schema::{Class, Kind};

/// From here on a route is worth writing.
const CONVINCING: f64 = 0.5;
/// Names alone must reach this before a table is compared in full.
const GLANCE_MIN: f64 = 0.12;

/// The fields of a kind that a table's own columns may fill.
pub(super) fn sought(kind: &Kind) -> Vec<Sought<'_>> {
    let (own, _) = targets(kind);
    let may_be_sent = own.into_iter().filter(|target| target.info.class != Class::Sensitive);
    may_be_sent.map(|target| Sought { words: Words::of_field(kind, target.info), target }).collect()
}

/// Every kind with every table that resembles it, the best first; a table is convincing for one kind only.
pub(super) fn resemblances(bench: Bench<'_>, kinds: &[&Kind], views: &[TableView<'_>]) -> Vec<Resemblance> {
    let mut found: Vec<Vec<Resemblance>> = Vec::new();
    for kind in kinds {
        let sought = sought(kind);
        let words = Words::of_kind(kind);
        let spellings = spellings(&sought);
        found.push(
            views.iter().map(|view| resemblance(bench, kind, &sought, &spellings, &words, view)).collect(),
        );
    }
    let worth: Vec<Vec<f64>> = found.iter().map(|row| row.iter().map(|one| one.score).collect()).collect();
    for (kind, table) in assign(&worth).into_iter().enumerate() {
        if let Some(one) = table.map(|table| &mut found[kind][table]) {
            one.is_convincing = one.score >= CONVINCING;
        }
    }
    let mut all: Vec<Resemblance> = found.into_iter().flatten().filter(|one| one.score >= 0.15).collect();
    all.sort_by(|one, other| {
        one.kind
            .cmp(&other.kind)
            .then(other.is_convincing.cmp(&one.is_convincing))
            .then(other.score.total_cmp(&one.score))
    });
    all
}

fn resemblance(
    bench: Bench<'_>,
    kind: &Kind,
    sought: &[Sought<'_>],
    spellings: &HashSet<String>,
    words: &Words,
    view: &TableView<'_>,
) -> Resemblance {
    let by_name = ColumnName::new(&view.table.name, "").likeness(words).score;
    // `t_qyxx`, `sys_enterprise`: any word of the name will do.
    let parts = ColumnName::new(&view.table.name, "");
    let by_part =
        parts.words().iter().map(|part| ColumnName::new(part, "").likeness(words).score).fold(0.0, f64::max);
    let named = by_name.max(by_part * 0.95).max(comment_likeness(&view.table.comment, words).score);
    let mut one = Resemblance {
        kind: kind.name.to_string(),
        table: view.table.name.clone(),
        score: 0.0,
        matched: 0,
        fields: sought.len(),
        missing: sought.len(),
        is_convincing: false,
    };
    if glance(sought, spellings, view) + 0.2 * named < GLANCE_MIN {
        return one;
    }
    let matching = match_table(bench, sought, view, &Homes::default(), &[]);
    let (mut worth, mut all) = (0.0, 0.0);
    for (field, found) in sought.iter().zip(&matching.matches) {
        let weight = if field.target.info.required { 2.0 } else { 1.0 };
        all += weight;
        if let Some(found) = found {
            worth += weight * found.name * found.fit.share.max(0.5);
            one.matched += 1;
        }
    }
    let is_missing =
        |(field, found): &(&Sought<'_>, &Option<_>)| field.target.info.required && found.is_none();
    one.missing = sought.iter().zip(&matching.matches).filter(is_missing).count();
    let covered = if all > 0.0 { worth / all } else { 0.0 };
    // How much of the table the kind explains tells a listing's table from a copy with a few of its columns.
    let reported = view.columns.iter().filter(|column| column.role.is_none()).count().max(1);
    let explained = (one.matched as f64 / reported as f64).min(1.0);
    one.score = 0.62 * covered + 0.13 * explained + 0.25 * named;
    one
}

/// Every word of a kind's fields as a plain name would spell it: a quick look at tables that have nothing to do with it.
fn spellings(sought: &[Sought<'_>]) -> HashSet<String> {
    let words = sought.iter().flat_map(|field| &field.words.0);
    words
        .flat_map(|word| match &word.spelling {
            Some(spelling) => vec![word.text.clone(), spelling.full().to_owned(), spelling.initials()],
            None => vec![word.joined.clone()],
        })
        .collect()
}

/// How many columns are called like a field, for each field there is.
fn glance(sought: &[Sought<'_>], spellings: &HashSet<String>, view: &TableView<'_>) -> f64 {
    let heard = view.columns.iter().filter(|column| {
        column.name.spellings().any(|name| spellings.contains(name))
            || spellings.contains(&column.comment.label)
    });
    heard.count() as f64 / sought.len().max(1) as f64
}
