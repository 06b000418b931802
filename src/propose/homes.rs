//! Which tables hold which kinds, and which columns refer to them: `qy_id` is an enterprise.

use std::collections::{BTreeMap, BTreeSet};

use super::fit::Fit;
use super::name::{ColumnName, Likeness};
use super::proposal::Reason;
use super::sample::is_uscc;
use super::table::{ColumnView, TableView};
use super::words::{Words, snake};
use crate::codes::trim;
use crate::schema::Kind;

/// Where the kinds live.
#[derive(Clone, Debug, Default)]
pub struct Homes(BTreeMap<String, Home>);

#[derive(Clone, Debug)]
struct Home {
    /// The kind's Chinese title.
    title: String,
    table: String,
    /// What tables of the kind are called.
    words: Words,
    /// The sampled values of its key, where the key is one column.
    keys: BTreeSet<String>,
    /// The sample holds every row.
    is_whole: bool,
}

impl Homes {
    /// Says where a kind lives. `keys` are the sampled values of its key.
    pub(super) fn settle(&mut self, kind: &Kind, table: &str, keys: BTreeSet<String>, is_whole: bool) {
        let (title, words) = (kind.title.clone(), Words::of_kind(kind));
        self.0.insert(kind.name.to_string(), Home { title, table: table.to_owned(), words, keys, is_whole });
    }

    /// A kind whose table is not known: its words still tell what refers to it.
    pub(super) fn hear(&mut self, kind: &Kind) {
        let (title, words) = (kind.title.clone(), Words::of_kind(kind));
        let home = Home { title, table: String::new(), words, keys: BTreeSet::new(), is_whole: false };
        self.0.entry(kind.name.to_string()).or_insert(home);
    }

    /// The kind that lives in a table.
    pub fn kind_of(&self, table: &str) -> Option<&str> {
        let found = self.0.iter().find(|(_, home)| !home.table.is_empty() && home.table == table);
        found.map(|(kind, _)| kind.as_str())
    }

    /// The name's likeness, raised where a foreign key or the name's stem leads to the kind.
    pub(super) fn likeness(
        &self,
        named: Likeness,
        kind: &str,
        view: &TableView<'_>,
        column: &ColumnView<'_>,
    ) -> Likeness {
        let Some(home) = self.0.get(kind) else { return named };
        let refers = view
            .table
            .references
            .iter()
            .any(|one| one.table == home.table && one.columns.contains(&column.column.name));
        let (score, reason) = if refers {
            let table = &home.table;
            (0.99, Reason::new(format!("外键指向 {table}"), format!("a foreign key leads to {table}")))
        } else if let Some(stem) = stem(&column.name) {
            let stem = ColumnName::new(&stem, "");
            let table = ColumnName::new(&home.table, "");
            let by_words = stem.likeness(&home.words).score;
            let by_table =
                if stem.words().len() == 1 && table.words().iter().any(|word| *word == stem.words()[0]) {
                    0.9
                } else {
                    0.0
                };
            let score = if by_words.max(by_table) >= 0.7 { 0.93 } else { 0.0 };
            (
                score,
                Reason::new(
                    format!("列名指向“{}”的主键", home.title),
                    format!("the name refers to the key of {kind}"),
                ),
            )
        } else {
            (0.0, Reason::default())
        };
        if score > named.score { Likeness { score, reason: Some(reason), is_clear: true } } else { named }
    }

    /// The values of a reference must be keys of the kind's table; where that cannot be seen, nothing is sure.
    pub(super) fn judge(&self, fit: &mut Fit, kind: &str, view: &TableView<'_>, column: &ColumnView<'_>) {
        let known = self.0.get(kind).filter(|home| !home.keys.is_empty() && home.table != view.table.name);
        if column.sample.filled() == 0 {
            return;
        }
        let share = known.map_or(0.0, |home| column.sample.share(|text| home.keys.contains(trim(text))));
        let percent = (share * 100.0).floor();
        match known {
            Some(home) if share >= 0.5 || home.is_whole => {
                fit.share = if share >= 0.8 { 1.0 } else { share };
                fit.weight = 0.4;
                let table = &home.table;
                fit.reason = Reason::new(
                    format!("{percent}% 的值是 {table} 的主键"),
                    format!("{percent}% of the values are keys of {table}"),
                );
            }
            Some(_) | None => {
                // A credit code names a unit, but is the key of a table only where that was seen.
                let is_code = column.sample.share(is_uscc) > 0.5;
                fit.share = fit.share.min(if is_code { 0.2 } else { 0.85 });
                fit.reason = Reason::new("没有看到它指向的表", "the table that it refers to was not seen");
                fit.caution = Some(Reason::new(
                    format!("要先有报送 {kind} 的路线，且其 key 与这一列的值一致"),
                    format!("a route for {kind} must be there, with a key of the same values"),
                ));
            }
        }
    }
}

/// What a reference is named after: `qy_id`, `enterpriseId`, `卖方编号` → `qy`, `enterprise`, `卖方`.
pub(super) fn stem(name: &ColumnName) -> Option<String> {
    if let Some(stem) =
        ["编号", "主键", "代码", "id", "ID"].iter().find_map(|end| name.written.strip_suffix(end))
        && stem.chars().any(super::words::is_han)
    {
        return Some(stem.to_owned());
    }
    let words = snake(&name.written);
    let words: Vec<&str> = words.split(' ').collect();
    let (last, stem) = words.split_last()?;
    if ["id", "no", "code", "bh", "dm", "key", "uuid", "pk"].contains(last) && !stem.is_empty() {
        return Some(stem.join("_"));
    }
    let joined = words.concat();
    let stem = joined.strip_suffix("id")?;
    (words.len() == 1 && stem.len() >= 2).then(|| stem.to_owned())
}
