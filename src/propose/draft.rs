//! A whole first route for one kind out of one table.

use super::example::example;
use super::fit::{Bench, COLUMN};
use super::homes::Homes;
use super::keeping::{conditions, cursor, key, tally};
use super::matching::{Match, Matching, Sought, match_table};
use super::proposal::{Confidence, Draft, Group, Leftover, Lookup, Proposal, Reason, Unmatched};
use super::relate::{Filled, Link, fill, link};
use super::special::{Special, specials};
use super::table::{ColumnView, Role, TableView};
use super::want::{List, targets};
use super::written::{expression, one_line, reference};
use crate::record::mask;
use crate::schema::Kind;

/// Where the route reads and where it sends.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub platform: &'a str,
    pub database: &'a str,
}

/// Candidates that are shown for a field that nothing fills.
const CANDIDATES_MAX: usize = 3;
/// Values that are shown of a column that nothing uses.
const SAMPLES_MAX: usize = 3;
/// Values without a code that are listed.
const UNMAPPED_MAX: usize = 8;

/// The draft of a route. `others` are the tables that may hold child rows.
pub(super) fn draft(
    bench: Bench<'_>,
    kind: &Kind,
    view: &TableView<'_>,
    others: &[TableView<'_>],
    homes: &Homes,
    place: Place<'_>,
) -> Draft {
    let sought = super::kinds::sought(kind);
    let (_, lists) = targets(kind);
    let matching = match_table(bench, &sought, view, homes, &[]);
    let extras = specials(bench.codes, &sought, view, &matching);
    let (key, key_is_declared) = key(view);
    let (publish, withdraw) = conditions(bench, view);
    let mut lookups = Vec::new();
    let fields: Vec<Proposal> = (0..sought.len())
        .filter_map(|place| {
            let extra = extras.iter().find(|extra| extra.field == place);
            field(&sought[place], view, matching.matches[place].as_ref(), extra, &mut lookups)
        })
        .collect();
    let related: Vec<Link<'_, '_>> = others
        .iter()
        .filter(|other| other.table.name != view.table.name)
        .filter_map(|other| link(view, &key, other))
        .collect();
    let mut unmatched = unmatched(bench, &sought, view, &matching, &fields, &related, homes);
    let filled = fill(bench, kind, &lists, view, &key, others, homes);
    let children: Vec<Group> = filled.iter().map(|one| group(&lists[one.list], one, homes, bench)).collect();
    for list in &lists {
        if !filled.iter().any(|one| lists[one.list].info.name == list.info.name) && list.info.required {
            let (field, title) = (list.info.name.clone(), list.info.title.clone());
            unmatched.push(Unmatched { field, title, required: true, candidates: Vec::new() });
        }
    }
    let avoid: Vec<&str> =
        publish.columns.iter().chain(&withdraw.columns).map(|tally| tally.column.as_str()).collect();
    let label = kind.label.as_str();
    let is_usual = ["title", "name"].contains(&label);
    let label = fields.iter().find(|one| one.field == label && !is_usual).map(|one| reference(&one.column));
    Draft {
        kind: kind.name.to_string(),
        title: kind.title.clone(),
        platform: place.platform.to_owned(),
        database: place.database.to_owned(),
        table: view.table.name.clone(),
        rows_sampled: view.lines.len(),
        key_is_declared,
        cursor: cursor(view),
        label,
        example: example(bench, view, &fields, &avoid),
        leftovers: leftovers(view, &fields, &key, &avoid),
        key,
        lookups,
        publish,
        withdraw,
        fields,
        unmatched,
        children,
    }
}

fn field(
    sought: &Sought<'_>,
    view: &TableView<'_>,
    found: Option<&Match>,
    extra: Option<&Special>,
    lookups: &mut Vec<Lookup>,
) -> Option<Proposal> {
    let info = sought.target.info;
    let column = &view.columns[extra.map(|extra| extra.column).or(found.map(|found| found.column))?];
    let mut proposal = Proposal {
        field: info.name.clone(),
        title: info.title.clone(),
        column: column.column.name.clone(),
        expression: String::new(),
        confidence: Confidence::Guess,
        required: info.required,
        reason: Reason::default(),
        caution: None,
        unmapped: Vec::new(),
        needs_basis: info.class.needs_basis(),
    };
    if let Some(found) = found {
        proposal.confidence = found.confidence;
        proposal.reason = found.reason.clone();
        proposal.caution = found.fit.caution.clone();
        proposal.unmapped =
            found.fit.unmapped.iter().take(UNMAPPED_MAX).map(|text| mask(&one_line(text, 30))).collect();
        proposal.expression = expression(&found.fit.template, &column.column.name);
        if found.fit.by_words {
            read_words(&mut proposal, &found.fit.template, column, lookups);
        }
    }
    if let Some(extra) = extra {
        proposal.expression.clone_from(&extra.expression);
        proposal.confidence = extra.confidence;
        proposal.reason = extra.reason.clone();
    }
    Some(proposal)
}

/// Reads a number's words from the city's own code table: by a join, or by a crosswalk where it holds several.
fn read_words(proposal: &mut Proposal, template: &str, column: &ColumnView<'_>, lookups: &mut Vec<Lookup>) {
    let Some(decoded) = &column.decoded else { return };
    let table = &decoded.lookup.table;
    if decoded.is_list || decoded.class.is_some() {
        let entries: Vec<String> = decoded
            .entries
            .iter()
            .take(UNMAPPED_MAX)
            .map(|(number, words)| format!("{number}={words}"))
            .collect();
        let entries = entries.join(" ");
        proposal.confidence = proposal.confidence.min(Confidence::Likely);
        proposal.caution = Some(Reason::new(
            format!("存的是字典 {table} 的编号（{entries}），请在 crosswalks 里给每个编号配上省代码"),
            format!(
                "it holds numbers of the dictionary {table} ({entries}): give each its code in the crosswalk"
            ),
        ));
        return;
    }
    proposal.expression = template.replace(COLUMN, &reference(&decoded.lookup.alias));
    proposal.reason = proposal.reason.clone().and(Reason::new(
        format!("编号的文字在字典 {table} 里"),
        format!("the words of its numbers are in the dictionary {table}"),
    ));
    if !lookups.contains(&decoded.lookup) {
        lookups.push(decoded.lookup.clone());
    }
}

/// Fields that nothing fills, required ones first.
fn unmatched(
    bench: Bench<'_>,
    sought: &[Sought<'_>],
    view: &TableView<'_>,
    matching: &Matching,
    fields: &[Proposal],
    related: &[Link<'_, '_>],
    homes: &Homes,
) -> Vec<Unmatched> {
    let mut elsewhere: Vec<(&TableView<'_>, Matching)> = Vec::new();
    for link in related {
        let taken: Vec<&str> = link.columns.iter().map(String::as_str).collect();
        elsewhere.push((link.view, match_table(bench, sought, link.view, homes, &taken)));
    }
    let mut open: Vec<Unmatched> = Vec::new();
    for (place, one) in sought.iter().enumerate() {
        let info = one.target.info;
        if fields.iter().any(|known| known.field == info.name) {
            continue;
        }
        let own = matching.candidates[place]
            .iter()
            .map(|(column, template)| expression(template, &view.columns[*column].column.name));
        let other = elsewhere.iter().filter_map(|(other, matching)| {
            let (column, _) = matching.candidates[place].first()?;
            Some(format!("{}.{}", other.table.name, other.columns[*column].column.name))
        });
        let candidates = own.chain(other).take(CANDIDATES_MAX).collect();
        open.push(Unmatched {
            field: info.name.clone(),
            title: info.title.clone(),
            required: info.required,
            candidates,
        });
    }
    open.sort_by_key(|one| !one.required);
    open
}

fn group(list: &List<'_>, filled: &Filled<'_, '_, '_>, homes: &Homes, bench: Bench<'_>) -> Group {
    let view = filled.link.view;
    let mut fields = Vec::new();
    for (place, sought) in filled.sought.iter().enumerate() {
        let Some(mut one) =
            field(sought, view, filled.matching.matches[place].as_ref(), None, &mut Vec::new())
        else {
            continue;
        };
        // A child's own words are not joined.
        if let Some(found) = &filled.matching.matches[place] {
            one.expression = expression(&found.fit.template, &one.column);
        }
        fields.push(one);
    }
    let mut unmatched = unmatched(bench, &filled.sought, view, &filled.matching, &fields, &[], homes);
    let inner = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    for one in &mut fields {
        one.field = inner(&one.field);
    }
    for one in &mut unmatched {
        one.field = inner(&one.field);
    }
    let used = |name: &str| fields.iter().any(|one| one.column == name);
    let orders = ["px", "sort", "xh", "order", "seq", "orderno", "sortno", "排序", "序号", "xuhao", "paixu"];
    let order = view.columns.iter().find(|column| {
        let name = column.column.name.to_lowercase().replace('_', "");
        orders.contains(&name.as_str()) && !used(&column.column.name)
    });
    let surrogate = || view.columns.iter().find(|column| column.role == Some(Role::Surrogate));
    Group {
        name: list.info.name.clone(),
        title: list.info.title.clone(),
        table: view.table.name.clone(),
        key: filled.link.columns.clone(),
        order: order.or_else(surrogate).map(|column| column.column.name.clone()),
        reason: filled.link.reason.clone(),
        needs_basis: list.info.class.needs_basis(),
        fields,
        unmatched,
    }
}

/// Columns that nothing uses, with masked values; what keeps house is no loss.
fn leftovers(view: &TableView<'_>, fields: &[Proposal], key: &[String], avoid: &[&str]) -> Vec<Leftover> {
    let is_used = |name: &str| {
        fields.iter().any(|one| one.column == name)
            || key.iter().any(|part| part == name)
            || avoid.contains(&name)
    };
    let left = view.columns.iter().filter(|column| !is_used(&column.column.name));
    left.map(|column| {
        let samples = tally(column).values.into_iter().filter(|one| one.value != "none").take(SAMPLES_MAX);
        Leftover {
            column: column.column.name.clone(),
            declared_type: column.column.declared_type.clone(),
            comment: one_line(&column.column.comment, 40),
            samples: samples.map(|one| shown(&one.value, column)).collect(),
        }
    })
    .collect()
}

/// A value as a comment may show it; names of persons go as well.
fn shown(value: &str, column: &ColumnView<'_>) -> String {
    let bare = value.trim_matches('\'');
    if column.sample.share(super::sample::is_person) > 0.6 {
        let first: String = bare.chars().take(1).collect();
        return format!("{first}**");
    }
    mask(&one_line(bare, 24))
}
