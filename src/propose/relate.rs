//! Child rows: which tables refer to the listing's, and which list of the schema each of them fills.

use std::collections::BTreeSet;

use super::assign::assign;
use super::fit::Bench;
use super::homes::{Homes, stem};
use super::matching::{Matching, Sought, match_table};
use super::name::{ColumnName, comment_likeness};
use super::proposal::Reason;
use super::table::TableView;
use super::want::List;
use super::words::{Words, snake};
use crate::codes::trim;
use crate::schema::Kind;

/// A table whose rows belong to the listing's.
pub(super) struct Link<'v, 'a> {
    pub view: &'v TableView<'a>,
    /// The child's columns that hold the key.
    pub columns: Vec<String>,
    pub reason: Reason,
}

/// A list with the table that fills it.
pub(super) struct Filled<'v, 'a, 'k> {
    pub list: usize,
    pub link: Link<'v, 'a>,
    pub sought: Vec<Sought<'k>>,
    pub matching: Matching,
}

/// How well a table fills a list, and how.
type Trial<'k> = (f64, Vec<Sought<'k>>, Matching);

/// What a table must reach to fill a list.
const SCORE_MIN: f64 = 0.42;

/// The lists of a kind with the tables that fill them.
pub(super) fn fill<'v, 'a, 'k>(
    bench: Bench<'_>,
    kind: &Kind,
    lists: &[List<'k>],
    main: &TableView<'a>,
    key: &[String],
    others: &'v [TableView<'a>],
    homes: &Homes,
) -> Vec<Filled<'v, 'a, 'k>> {
    let links: Vec<Link<'v, 'a>> = others
        .iter()
        .filter(|view| view.table.name != main.table.name && homes.kind_of(&view.table.name).is_none())
        .filter_map(|view| link(main, key, view))
        .collect();
    let mut trials: Vec<Vec<Option<Trial<'k>>>> = lists
        .iter()
        .map(|list| links.iter().map(|link| try_list(bench, kind, list, main, link, homes)).collect())
        .collect();
    let score = |trial: &Option<Trial<'k>>| {
        trial.as_ref().map_or(0.0, |(score, _, _)| if *score >= SCORE_MIN { *score } else { 0.0 })
    };
    let worth: Vec<Vec<f64>> = trials.iter().map(|row| row.iter().map(score).collect()).collect();
    let mut links: Vec<Option<Link<'v, 'a>>> = links.into_iter().map(Some).collect();
    let assigned = assign(&worth);
    let filled = assigned.into_iter().enumerate().filter_map(|(list, place)| {
        let place = place?;
        let (_, sought, matching) = trials[list][place].take()?;
        Some(Filled { list, link: links[place].take()?, sought, matching })
    });
    filled.collect()
}

/// Whether a table's rows belong to the listing's, by foreign key, or by a column's name and values.
pub(super) fn link<'v, 'a>(
    main: &TableView<'a>,
    key: &[String],
    child: &'v TableView<'a>,
) -> Option<Link<'v, 'a>> {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    for reference in &child.table.references {
        let reaches_key =
            reference.others.iter().all(|name| name.is_empty() || key.iter().any(|part| same(part, name)));
        if same(&reference.table, &main.table.name) && reference.columns.len() == key.len() && reaches_key {
            let table = &main.table.name;
            let reason = Reason::new(format!("外键指向 {table}"), format!("a foreign key leads to {table}"));
            return Some(Link { view: child, columns: reference.columns.clone(), reason });
        }
    }
    let [key] = key else { return None };
    let keys = main.column(key)?;
    let known: BTreeSet<String> = main
        .lines
        .iter()
        .filter_map(|line| line.cells.get(main.columns.iter().position(|one| one.column.name == *key)?))
        .map(|cell| trim(&cell.to_string()).to_owned())
        .collect();
    let is_of_main = |column: &ColumnName| {
        if same(&column.written, key) {
            // A bare `id` is everybody's.
            return keys.role != Some(super::table::Role::Surrogate) || key.len() > 3;
        }
        let Some(stem) = stem(column) else { return false };
        let stem = stem.to_lowercase();
        let table = snake(&main.table.name);
        let joined = table.replace(' ', "");
        let extends =
            child.table.name.to_lowercase().starts_with(&format!("{}_", main.table.name.to_lowercase()));
        stem.len() >= 2
            && (table.split(' ').any(|word| word == stem || word == stem.replace('_', ""))
                || joined.ends_with(&stem.replace('_', "")))
            || extends && joined.contains(&stem.replace('_', ""))
            || stem.chars().any(super::words::is_han) && main.table.name.contains(&stem)
    };
    let column = child.columns.iter().find(|column| is_of_main(&column.name))?;
    if column.sample.filled() > 0 && !known.is_empty() {
        let share = column.sample.share(|text| known.contains(text));
        if share < 0.5 {
            return None;
        }
    }
    let name = &column.column.name;
    let reason =
        Reason::new(format!("{name} 存的是主表的 {key}"), format!("{name} holds the listing's {key}"));
    Some(Link { view: child, columns: vec![name.clone()], reason })
}

fn try_list<'k>(
    bench: Bench<'_>,
    kind: &Kind,
    list: &List<'k>,
    main: &TableView<'_>,
    link: &Link<'_, '_>,
    homes: &Homes,
) -> Option<Trial<'k>> {
    let sought: Vec<Sought<'k>> = list
        .items
        .iter()
        .map(|target| Sought { target: target.clone(), words: Words::of_field(kind, target.info) })
        .collect();
    let taken: Vec<&str> = link.columns.iter().map(String::as_str).collect();
    let matching = match_table(bench, &sought, link.view, homes, &taken);
    let required = sought.iter().zip(&matching.matches).filter(|(one, _)| one.target.info.required);
    let (mut worth, mut count) = (0.0, 0.0);
    for (_, found) in required {
        // A list whose items would lack what they need is not filled.
        let found = found.as_ref()?;
        worth += found.name;
        count += 1.0;
    }
    let matched = matching.matches.iter().flatten().count() as f64 / sought.len().max(1) as f64;
    let named = table_likeness(kind, list, main, link.view);
    let score = 0.45 * named + 0.4 * if count > 0.0 { worth / count } else { 0.3 } + 0.15 * matched;
    Some((score, sought, matching))
}

/// What the child's name, without what it shares with its parent's, says of a list.
fn table_likeness(kind: &Kind, list: &List<'_>, main: &TableView<'_>, child: &TableView<'_>) -> f64 {
    let (one, other) = (main.table.name.to_lowercase(), child.table.name.to_lowercase());
    let shared = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let whole =
        if other.get(shared..).is_some_and(|rest| rest.starts_with('_')) { shared + 1 } else { shared };
    let cut = other.get(..whole).and_then(|head| head.rfind('_')).map_or(0, |at| at + 1);
    let words = Words::of_field(kind, list.info);
    let by_name = ColumnName::new(&child.table.name, child.table.name.get(..cut).unwrap_or_default())
        .likeness(&words)
        .score;
    by_name.max(comment_likeness(&child.table.comment, &words).score)
}
