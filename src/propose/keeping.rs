//! How a table is read: its key, its cursor, and who decides what leaves the city.

use super::fit::Bench;
use super::proposal::{Condition, Counted, Reason, Tally};
use super::table::{ColumnView, Role, TableView};
use super::written::{literal, reference};
use crate::codes::trim;
use crate::record::Value;

/// The key's columns, and whether the database says so itself.
pub(super) fn key(view: &TableView<'_>) -> (Vec<String>, bool) {
    let declared: Vec<String> =
        view.table.columns.iter().filter(|column| column.in_key).map(|column| column.name.clone()).collect();
    if !declared.is_empty() {
        return (declared, true);
    }
    let is_short = |column: &&ColumnView<'_>| column.sample.is_unique() && column.sample.length() <= 64.0;
    let unique = view.columns.iter().filter(is_short);
    let best = unique.min_by_key(|column| match column.role {
        Some(Role::Surrogate) => 0,
        _ if super::homes::stem(&column.name).is_some() => 1,
        _ => 2,
    });
    (best.map(|column| column.column.name.clone()).into_iter().collect(), false)
}

/// The column that tells what changed since the last time.
pub(super) fn cursor(view: &TableView<'_>) -> Option<(String, Reason)> {
    let changes = |column: &&ColumnView<'_>| {
        let declared =
            column.column.declared_type.to_ascii_lowercase() + &column.column.comment.to_ascii_lowercase();
        declared.contains("on update")
    };
    if let Some(column) = view.columns.iter().find(changes) {
        let reason = Reason::new(
            "数据库在每次更新时改写它(ON UPDATE)",
            "the database writes it on every update (ON UPDATE)",
        );
        return Some((column.column.name.clone(), reason));
    }
    let column = view.columns.iter().find(|column| column.role == Some(Role::Updated))?;
    let empty = column.sample.nothing;
    let reason = if empty > 0 {
        let rows = column.sample.rows;
        Reason::new(
            format!("看名字是更新时间；样本 {rows} 行中有 {empty} 行为空"),
            format!("by its name the time of the last update; empty in {empty} of {rows} rows"),
        )
    } else {
        Reason::new("看名字是更新时间", "by its name the time of the last update")
    };
    Some((column.column.name.clone(), reason))
}

/// What may be published and what must be withdrawn, as far as states, flags and secrecy tell.
pub(super) fn conditions(bench: Bench<'_>, view: &TableView<'_>) -> (Condition, Condition) {
    let mut publish = Condition { is_clear: true, ..Condition::default() };
    let mut withdraw = Condition { is_clear: true, ..Condition::default() };
    let (mut needs, mut signs, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for column in &view.columns {
        let Some(role) = column.role else { continue };
        let name = reference(&column.column.name);
        match role {
            Role::Review => {
                let Some((passed, is_clear)) = passed(column) else { continue };
                publish.is_clear &= is_clear;
                needs.push(format!("{name} == {}", literal(&passed)));
                let mut values: Vec<String> =
                    column.sample.values.iter().map(|(value, _)| literal(value)).collect();
                values.extend(
                    column
                        .comment
                        .codes
                        .iter()
                        .filter_map(|(code, _)| like(&passed, code))
                        .map(|value| literal(&value)),
                );
                values.sort();
                values.dedup();
                known.push(format!("{name} in [{}]", values.join(", ")));
            }
            Role::Secret => {
                let Some(open) = open(bench, column) else { continue };
                needs.push(format!("{name} == {}", literal(&open)));
            }
            Role::Deleted | Role::Valid => {
                let Some((keep, gone, is_clear)) = flag(column, role) else { continue };
                publish.is_clear &= is_clear;
                withdraw.is_clear &= is_clear;
                needs.push(keep);
                signs.push(gone);
                withdraw.columns.push(tally(column));
            }
            Role::Created | Role::Updated | Role::Writer | Role::Origin | Role::Surrogate => continue,
        }
        publish.columns.push(tally(column));
    }
    publish.expression = match (needs.as_slice(), known.as_slice()) {
        ([], _) => String::new(),
        (_, []) => needs.join(" and "),
        ([only], _) => format!("{only} if {} else none", known.join(" and ")),
        // A state that nobody has listed is not guessed: null holds the row for a person.
        _ => format!("({}) if {} else none", needs.join(" and "), known.join(" and ")),
    };
    withdraw.expression = signs.join(" or ");
    (publish, withdraw)
}

/// The values that were seen, with their meanings.
pub(super) fn tally(column: &ColumnView<'_>) -> Tally {
    /// More values than this are no states.
    const SHOWN: usize = 12;
    let mut values: Vec<Counted> = Vec::new();
    if column.sample.nothing > 0 {
        values.push(Counted {
            value: "none".to_owned(),
            count: column.sample.nothing,
            meaning: String::new(),
        });
    }
    for (value, count) in column.sample.values.iter().take(SHOWN) {
        let meaning = column.comment.meaning(trim(&value.to_string())).unwrap_or_default().to_owned();
        values.push(Counted { value: literal(value), count: *count, meaning });
    }
    Tally { column: column.column.name.clone(), values }
}

/// The value of a review that means yes; by its words, else the most frequent one.
fn passed(column: &ColumnView<'_>) -> Option<(Value, bool)> {
    const YES: [&str; 14] = [
        "通过",
        "已发布",
        "发布",
        "已登记",
        "已审核",
        "正常",
        "有效",
        "公示",
        "passed",
        "pass",
        "approved",
        "verified",
        "published",
        "在岗",
    ];
    const NO: [&str; 20] = [
        "不", "未", "待", "驳回", "退回", "草稿", "拒", "停", "注销", "作废", "下架", "中", "reject",
        "pending", "draft", "fail", "un", "archived", "hidden", "否",
    ];
    let says_yes = |text: &str| {
        let text = text.to_lowercase();
        YES.iter().any(|word| text.contains(word)) && !NO.iter().any(|word| text.contains(word))
    };
    let meaning = |value: &Value| {
        let text = value.to_string();
        column.comment.meaning(trim(&text)).map_or(text.clone(), str::to_owned)
    };
    if let Some((value, _)) = column.sample.values.iter().find(|(value, _)| says_yes(&meaning(value))) {
        return Some((value.clone(), true));
    }
    // The comment may know a value that the sample has not.
    let most = column.sample.values.first().map(|(value, _)| value.clone());
    if let Some((code, _)) = column.comment.codes.iter().find(|(_, meaning)| says_yes(meaning)) {
        return Some((
            like(most.as_ref().unwrap_or(&Value::Int(0)), code).unwrap_or(Value::text(code.as_str())),
            true,
        ));
    }
    most.map(|value| (value, false))
}

/// A code of a comment as a value of the same type as another.
fn like(other: &Value, code: &str) -> Option<Value> {
    match other {
        Value::Int(_) => code.parse().ok().map(Value::Int),
        Value::Text(_) => Some(Value::text(code)),
        Value::Bool(_) => code.parse().ok().map(Value::Bool),
        _ => None,
    }
}

/// The value that says that a row is public.
fn open(bench: Bench<'_>, column: &ColumnView<'_>) -> Option<Value> {
    let is_open = |value: &&(Value, usize)| {
        let text = value.0.to_string();
        let meaning = column.comment.meaning(trim(&text)).unwrap_or(trim(&text)).to_owned();
        meaning.contains("公开") && !meaning.contains('不')
            || bench.codes.to_code("secret-level", &text).is_ok_and(|code| code.as_ref() == "01")
    };
    column.sample.values.iter().find(is_open).map(|(value, _)| value.clone())
}

/// Of a flag: what keeps a row, what withdraws it, and whether that is beyond doubt.
fn flag(column: &ColumnView<'_>, role: Role) -> Option<(String, String, bool)> {
    let name = reference(&column.column.name);
    let is_time = |text: &str| super::sample::is_date_like(text) || text.len() >= 10;
    let declared = column.column.declared_type.to_ascii_lowercase();
    if role == Role::Deleted
        && (declared.contains("date")
            || declared.contains("time")
            || column.sample.filled() > 0 && column.sample.share(is_time) > 0.9)
    {
        return Some((format!("{name} is none"), format!("{name} is not none"), true));
    }
    let values: Vec<String> =
        column.sample.values.iter().map(|(value, _)| trim(&value.to_string()).to_owned()).collect();
    let has = |wanted: &str| values.iter().any(|value| value == wanted);
    // Kept first; of a flag of validity it is the other way round.
    let pairs: &[(&str, &str)] = match role {
        Role::Valid => &[
            ("1", if has("2") { "2" } else { "0" }),
            ("Y", "N"),
            ("y", "n"),
            ("是", "否"),
            ("true", "false"),
        ],
        _ => &[("0", "1"), ("N", "Y"), ("n", "y"), ("否", "是"), ("false", "true"), ("F", "T")],
    };
    let (keep, gone) = pairs.iter().find(|(keep, gone)| has(keep) || has(gone) && values.len() == 1)?;
    let of = |text: &str| {
        let seen = column.sample.values.iter().find(|(value, _)| trim(&value.to_string()) == text);
        let other = column.sample.values.first().map(|(value, _)| value);
        seen.map(|(value, _)| value.clone())
            .or_else(|| like(other?, text))
            .unwrap_or_else(|| Value::text(text))
    };
    let is_clear = values.iter().all(|value| value == keep || value == gone);
    Some((format!("{name} == {}", literal(&of(keep))), format!("{name} == {}", literal(&of(gone))), is_clear))
}
