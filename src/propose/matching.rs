//! Fields and columns of one table, matched all together.

use super::assign::assign;
use super::fit::{Bench, Fit};
use super::homes::Homes;
use super::name::{Likeness, comment_likeness};
use super::proposal::{Confidence, Reason};
use super::table::{ColumnView, Role, TableView};
use super::want::{Target, Want};
use super::words::{Words, is_han};

/// A field with its words.
pub(super) struct Sought<'k> {
    pub target: Target<'k>,
    pub words: Words,
}

/// What speaks for a column as a field.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// 0 to 1.
    pub total: f64,
    /// By name and comment alone.
    name: f64,
    is_clear: bool,
    /// Name and comment leave no doubt at all.
    is_exact: bool,
    /// 1 where the values do not speak against it.
    agreement: f64,
    pub fit: Fit,
    reason: Reason,
}

/// A field's column.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub column: usize,
    pub confidence: Confidence,
    pub reason: Reason,
    pub fit: Fit,
    /// By name and comment alone, 0 to 1.
    pub name: f64,
}

/// The matches of a table, and every pair that was worth a look.
pub(super) struct Matching {
    /// One for each field sought.
    pub matches: Vec<Option<Match>>,
    /// By field: columns with the expressions that would read them, best first.
    pub candidates: Vec<Vec<(usize, String)>>,
}

/// Pairs below are not proposed.
const TOTAL_MIN: f64 = 0.3;
/// Pairs from here on are shown as candidates for a field that nothing fills.
const CANDIDATE_MIN: f64 = 0.18;
/// Pairs from here on are likely.
const TOTAL_LIKELY: f64 = 0.47;
/// Names from here on leave no doubt.
const NAME_SURE: f64 = 0.86;
/// So do shorter ones where the values could be nothing else.
const NAME_NEARLY_SURE: f64 = 0.72;
/// What no rival may come near to.
const MARGIN: f64 = 0.12;
/// A rival that is better off elsewhere may come this near.
const MARGIN_OF_PLACED: f64 = 0.04;
/// Values that must have been seen before anything is sure.
const SEEN_MIN: usize = 3;

/// Matches fields to columns; `taken` columns are left alone.
pub(super) fn match_table(
    bench: Bench<'_>,
    sought: &[Sought<'_>],
    view: &TableView<'_>,
    homes: &Homes,
    taken: &[&str],
) -> Matching {
    let pairing = Pairing { bench, view, homes };
    let pairs: Vec<Vec<Option<Pair>>> = sought
        .iter()
        .map(|one| {
            let columns = view.columns.iter().enumerate();
            columns
                .map(|(index, column)| {
                    if taken.contains(&column.column.name.as_str()) {
                        None
                    } else {
                        pairing.pair(one, index, column)
                    }
                })
                .collect()
        })
        .collect();
    let total = |row: usize, column: usize| pairs[row][column].as_ref().map_or(0.0, |pair| pair.total);
    let worth: Vec<Vec<f64>> = (0..sought.len())
        .map(|row| {
            let totals = (0..view.columns.len()).map(|column| total(row, column));
            // What is required is worth a little more, so that it wins where two fields are alike.
            let more = if sought[row].target.info.required { 0.01 } else { 0.0 };
            totals.map(|total| if total >= TOTAL_MIN { total + more } else { 0.0 }).collect()
        })
        .collect();
    let assigned = assign(&worth);
    let owner = |column: usize| assigned.iter().position(|one| *one == Some(column));
    let matches = assigned.iter().enumerate().map(|(row, column)| {
        let column = (*column)?;
        let pair = pairs[row][column].as_ref()?;
        let rival_columns = (0..view.columns.len()).filter(|other| *other != column).map(|other| {
            let is_placed = owner(other).is_some_and(|its| total(its, other) >= total(row, other));
            (total(row, other), is_placed)
        });
        let rival_fields = (0..sought.len()).filter(|other| *other != row).map(|other| {
            let is_placed = assigned[other].is_some_and(|its| total(other, its) >= total(other, column));
            (total(other, column), is_placed)
        });
        let is_alone = rival_columns.chain(rival_fields).all(|(rival, is_placed)| {
            pair.total - rival >= if is_placed { MARGIN_OF_PLACED } else { MARGIN }
        });
        let view = &view.columns[column];
        let (confidence, doubt) = confidence(pair, view, is_alone);
        let reason = pair.reason.clone().and(doubt);
        Some(Match { column, confidence, reason, fit: pair.fit.clone(), name: pair.name })
    });
    let matches = matches.collect();
    let candidates = pairs.iter().map(|row| {
        let mut found: Vec<(usize, &Pair)> =
            row.iter().enumerate().filter_map(|(column, pair)| Some((column, pair.as_ref()?))).collect();
        found.retain(|(_, pair)| pair.total >= CANDIDATE_MIN);
        found.sort_by(|one, other| other.1.total.total_cmp(&one.1.total));
        found.into_iter().map(|(column, pair)| (column, pair.fit.template.clone())).collect()
    });
    Matching { candidates: candidates.collect(), matches }
}

fn confidence(pair: &Pair, column: &ColumnView<'_>, is_alone: bool) -> (Confidence, Reason) {
    let has_seen = pair.fit.seen >= SEEN_MIN || pair.is_exact && pair.fit.seen == 0;
    let agrees = pair.agreement >= 0.93 && has_seen;
    let named = pair.name >= NAME_SURE && pair.is_clear
        || pair.name >= NAME_NEARLY_SURE && pair.fit.weight >= 0.8 && pair.fit.share >= 0.95;
    if named && agrees && is_alone && !column.has_twin && pair.fit.caution.is_none() {
        return (Confidence::Sure, Reason::default());
    }
    if pair.total < TOTAL_LIKELY {
        return (Confidence::Guess, Reason::default());
    }
    let doubt = if column.has_twin {
        Reason::new("另有同名带编号的列", "another column has the same name with a number")
    } else if named && !is_alone {
        Reason::new("还有相近的列或字段", "other columns or fields are close")
    } else {
        Reason::default()
    };
    (Confidence::Likely, doubt)
}

struct Pairing<'a, 'v> {
    bench: Bench<'a>,
    view: &'a TableView<'v>,
    homes: &'a Homes,
}

impl Pairing<'_, '_> {
    fn pair(&self, sought: &Sought<'_>, index: usize, column: &ColumnView<'_>) -> Option<Pair> {
        let target = &sought.target;
        let (likeness, is_exact) = self.likeness(sought, column);
        if column.role.is_some_and(|role| !role.may_be_reported())
            && !(is_exact && likeness.score >= 0.95 && column.role != Some(Role::Surrogate))
        {
            return None;
        }
        let sample = &column.sample;
        let by_values = match target.want {
            Want::Uscc | Want::Email | Want::Patents | Want::Phone => sample.length() >= 6.0,
            // A small number is in every code table.
            Want::Code(_) | Want::Codes(_) | Want::Region => {
                let sample = column.decoded.as_ref().map_or(sample, |decoded| &decoded.sample);
                sample.length() <= 40.0 && sample.share(|text| text.chars().any(is_han)) > 0.5
            }
            _ => false,
        };
        if likeness.score < 0.2 && !by_values {
            return None;
        }
        let key = (index, target.want.clone(), target.length_max);
        let known = self.view.fits.borrow().get(&key).cloned();
        let mut fit = known.unwrap_or_else(|| {
            let fit = self.fit(target, column);
            self.view.fits.borrow_mut().insert(key, fit.clone());
            fit
        });
        if let Want::Parent(kind) = &target.want {
            self.homes.judge(&mut fit, kind, self.view, column);
        }
        let agreement = if fit.share >= 0.93 { 1.0 } else { 1.0 - fit.strength * (1.0 - fit.share) };
        let agreement = if fit.seen == 0 && !may_hold(&target.want, &column.column.declared_type) {
            0.3
        } else {
            agreement
        };
        let name = likeness.score;
        let by_name = name * agreement * 0.8 + 0.2 * fit.share * fit.weight * (name * 2.0).min(1.0);
        let alone = if fit.weight >= 0.8 && fit.share >= 0.8 && by_values {
            0.36 * fit.share * fit.weight
        } else {
            0.0
        };
        let total = by_name.max(alone);
        let reason = likeness.reason.filter(|_| name >= 0.2).unwrap_or_default();
        let reason = reason.and(fit.reason.clone());
        (total >= 0.1).then_some(Pair {
            total,
            name,
            is_clear: likeness.is_clear,
            is_exact,
            agreement,
            fit,
            reason,
        })
    }

    /// By the values, or by the words behind them where those suit better.
    fn fit(&self, target: &Target<'_>, column: &ColumnView<'_>) -> Fit {
        let mut own = self.bench.fit(target, &column.sample, column.unit);
        let (Want::Code(table) | Want::Codes(table)) = &target.want else { return own };
        self.bench.heed(&mut own, table, &column.sample, &column.comment);
        match column.decoded.as_ref().map(|decoded| self.bench.fit(target, &decoded.sample, column.unit)) {
            Some(words) if words.share > own.share || words.seen > 0 && own.share < 0.5 => {
                Fit { by_words: true, ..words }
            }
            Some(_) | None => own,
        }
    }

    /// Name and comment together, and whether they leave no doubt.
    fn likeness(&self, sought: &Sought<'_>, column: &ColumnView<'_>) -> (Likeness, bool) {
        let mut named = column.name.likeness(&sought.words);
        if let Want::Parent(kind) = &sought.target.want {
            named = self.homes.likeness(named, kind, self.view, column);
        }
        if column.has_twin && column.name.is_numbered {
            named.score *= 0.8;
        }
        if column.comment.label.is_empty() {
            let is_exact = named.score >= 0.97 && named.is_clear;
            return (named, is_exact);
        }
        let said = comment_likeness(&column.comment.label, &sought.words);
        if said.score >= named.score {
            // Name and comment that agree are better than either.
            let agree = if named.score >= 0.7 { 0.03 } else { 0.0 };
            let is_exact = said.score >= 0.97 && said.is_clear;
            return (Likeness { score: (said.score + agree).min(1.0), ..said }, is_exact);
        }
        if said.score < 0.4 {
            // A comment that says something else is right more often than a name that only sounds like it.
            named.score = named.score.min(0.55);
            named.is_clear = false;
        }
        let is_exact = false;
        (named, is_exact)
    }
}

/// Whether a declared type may hold what is wanted, where no value tells.
fn may_hold(want: &Want, declared: &str) -> bool {
    let declared = declared.to_ascii_lowercase();
    let is_time = declared.contains("date") || declared.contains("time");
    let is_number =
        ["int", "dec", "num", "double", "float", "real"].iter().any(|name| declared.contains(name));
    match want {
        Want::Date => !declared.contains("text") && !declared.contains("clob"),
        Want::Year | Want::Int | Want::Decimal | Want::Money | Want::Yuan | Want::Bool => !is_time,
        Want::Parent(_) | Want::Code(_) | Want::Codes(_) | Want::Region => !is_time,
        Want::Person
        | Want::Unit
        | Want::Long
        | Want::Html
        | Want::Email
        | Want::Uri
        | Want::Texts
        | Want::Uscc => !is_time && !is_number,
        Want::Phone | Want::IdCard | Want::Patents | Want::Number | Want::Short => !is_time,
    }
}
