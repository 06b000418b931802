//! Lists: made from joined texts, and taken apart again.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Call, Filter, Ready};
use crate::codes::{narrow, trim};
use crate::expression::operators::{bounded, equal};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("split", split).takes("split | split(sep, …)", 0..=10).says(
            "拆成列表：默认按逗号、顿号、分号、竖线和换行（全角半角都算），也认 [33,34] 和 [\"甲\",\"乙\"]；写了分隔符就只按写的拆，' ' 指任何空白；空项去掉。",
            "A list: by comma, 、, semicolon, bar and line break in any width, and `[33,34]` or `[\"a\",\"b\"]`; or only by the separators given, where ' ' is any white space. Empty items go.",
            SPLIT_EXAMPLES,
        ),
        Filter::plain("zip", zip).takes("zip | zip(sep, …)", 0..=10).says(
            "几列按位置并列的清单合成一列对象，每列照 split 拆，但空位保留、不去重；长短不一则报错，不猜。",
            "Columns that list things side by side become one list of objects by position; each is taken apart as by split, but empty places stay and nothing is deduplicated. Unequal lengths are a complaint.",
            &[
                (
                    "{'name': '张三;李四；王五', 'unit': '甲所;;甲所'} | zip",
                    "[{\"name\":\"张三\",\"unit\":\"甲所\"},{\"name\":\"李四\"},{\"name\":\"王五\",\"unit\":\"甲所\"}]",
                ),
                (
                    "{'name': '张三/李四/', 'unit': '甲所/乙所'} | zip('/')",
                    "[{\"name\":\"张三\",\"unit\":\"甲所\"},{\"name\":\"李四\",\"unit\":\"乙所\"}]",
                ),
                ("{'name': '张三;李四', 'unit': none} | zip", "[{\"name\":\"张三\"},{\"name\":\"李四\"}]"),
                ("{'name': '张三;李四', 'unit': '甲所'} | zip", "Q3120"),
                ("'张三' | zip", "Q3102"),
            ],
        ),
        Filter::plain("join", join).takes("join | join(sep)", 0..=1).says(
            "用 sep（默认顿号）连成一段文本，空值略过；空列表变为空值。",
            "One text with sep (、 if left out) between the items, without nulls; an empty list becomes null.",
            &[("['甲', none, '乙'] | join", "\"甲、乙\""), ("[1, 2] | join(',')", "\"1,2\"")],
        ),
        Filter::plain("first", first).says(
            "列表的第一项；空列表得空值。",
            "The first item; null of an empty list.",
            &[("'370303,370302' | split | first", "\"370303\""), ("[] | first", "null")],
        ),
        Filter::plain("last", last).says(
            "列表的最后一项；空列表得空值。",
            "The last item; null of an empty list.",
            &[
                ("'山东省/淄博市' | split('/') | last", "\"淄博市\""),
                ("'[370000,370300,370303]' | split | last", "\"370303\""),
                ("'甲' | last", "Q3102"),
            ],
        ),
        Filter::plain("length", length).says(
            "文本的字数，列表的项数。",
            "How many characters a text has, or items a list.",
            &[("'机器人' | length", "3"), ("[1, 2] | length", "2")],
        ),
        Filter::plain("unique", unique).says(
            "去掉重复的项，保持次序。",
            "Without repeated items, in order.",
            &[("['a', 'b', 'a'] | unique", "[\"a\",\"b\"]")],
        ),
        Filter::plain("map", map).takes("map('filter', …)", 1..=4).says(
            "对列表的每一项用一个过滤器；变为空值的项去掉。",
            "Applies a filter to every item; items that become null go.",
            &[
                ("['甲 ', ' '] | map('text')", "[\"甲\"]"),
                ("['1', '2'] | map('int')", "[1,2]"),
                ("['a'] | map('nothing')", "Q3003"),
            ],
        ),
    ]
}

const SPLIT_EXAMPLES: &[(&str, &str)] = &[
    ("'转让，许可、入股;' | split", "[\"转让\",\"许可\",\"入股\"]"),
    ("'a,b,' | split", "[\"a\",\"b\"]"),
    ("'一；二|三｜四' | split", "[\"一\",\"二\",\"三\",\"四\"]"),
    ("'一\\n二\\r\\n三' | split", "[\"一\",\"二\",\"三\"]"),
    ("'[33,34]' | split", "[\"33\",\"34\"]"),
    ("'[\"a\",\"b\"]' | split", "[\"a\",\"b\"]"),
    ("'[甲，乙]' | split", "[\"甲\",\"乙\"]"),
    ("'甲 乙' | split", "[\"甲 乙\"]"),
    ("'氧化锆 陶瓷　烧结' | split(' ')", "[\"氧化锆\",\"陶瓷\",\"烧结\"]"),
    ("'膜, 电池，氢能 催化' | split(' ', ',')", "[\"膜\",\"电池\",\"氢能\",\"催化\"]"),
    ("'转让／许可/入股' | split('/')", "[\"转让\",\"许可\",\"入股\"]"),
    ("' ' | split", "null"),
];

fn split(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::List(_) = input {
        return Ok(input);
    }
    let written = call.written(&input)?;
    let item = |part: &str| match trim(part) {
        "" => None,
        part => Some(Value::text(part)),
    };
    let items: Vec<Value> = parts(&written, call)?.iter().filter_map(|part| item(part)).collect();
    Ok(if items.is_empty() { Value::Null } else { Value::List(items) })
}

/// The parts of a joined text, empty ones included, by the call's separators or the usual ones.
fn parts<'t>(text: &'t str, call: &Call<'_>) -> Result<Vec<Cow<'t, str>>, Complaint> {
    let whole = trim(text);
    if call.arguments.is_empty() {
        return Ok(bracketed(whole).unwrap_or_else(|| whole.split(is_separator).map(Cow::Borrowed).collect()));
    }
    let mut separators = Vec::with_capacity(call.arguments.len());
    for (place, argument) in call.arguments.iter().enumerate() {
        match call.text(place)? {
            "" => return Err(call.unfit(argument, "text")),
            separator => separators.push(narrow(separator).chars().collect()),
        }
    }
    Ok(cut(whole, &separators).into_iter().map(Cow::Borrowed).collect())
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '，' | '、' | ';' | '；' | '|' | '｜' | '\n' | '\r' | '\t')
}

/// `[33,34]`, `["a","b"]` and `[甲,乙]`, as some systems keep a list in a text column.
pub(super) fn bracketed(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    if let Ok(items) = serde_json::from_str::<Vec<serde_json::Value>>(text) {
        return Some(items.iter().map(|item| Cow::Owned(Value::from_json(item).to_string())).collect());
    }
    let bare = |part| Cow::Borrowed(trim(part).trim_matches(['"', '\'']));
    (!inside.contains(['[', ']'])).then(|| inside.split(is_separator).map(bare).collect())
}

/// The text between any of the separators, which match in any width; a blank stands for a run of white space.
fn cut<'t>(text: &'t str, separators: &[Vec<char>]) -> Vec<&'t str> {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // Character by character, so that both have the same number of them.
    let narrowed: Vec<char> = narrow(text).chars().collect();
    let matched = |rest: &[char], separator: &[char]| match separator {
        [' '] => rest.iter().take_while(|c| c.is_whitespace()).count(),
        _ if rest.starts_with(separator) => separator.len(),
        _ => 0,
    };
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < narrowed.len() {
        let length = separators.iter().map(|one| matched(&narrowed[at..], one)).max().unwrap_or(0);
        if length > 0 {
            parts.push(&text[places[start]..places[at]]);
            start = at + length;
        }
        at += length.max(1);
    }
    parts.push(&text[places[start]..]);
    parts
}

fn zip(input: Value, call: &Call<'_>) -> Outcome {
    let Value::Map(columns) = &input else { return Err(call.unfit(&input, "map")) };
    let mut lists: Vec<(&Arc<str>, Vec<Value>)> = Vec::with_capacity(columns.len());
    for (name, column) in columns.iter().filter(|(_, column)| !column.is_null()) {
        let items = match column {
            Value::List(items) => items.clone(),
            other => {
                let item = |part: &Cow<'_, str>| match trim(part) {
                    "" => Value::Null,
                    part => Value::text(part),
                };
                parts(&call.written(other)?, call)?.iter().map(item).collect()
            }
        };
        if items.iter().any(|item| !item.is_null()) {
            lists.push((name, items));
        }
    }
    // A separator at the end makes an empty place too many, which is no item.
    let filled = |items: &[Value]| items.iter().rposition(|item| !item.is_null()).map_or(0, |last| last + 1);
    let length = lists.iter().map(|(_, items)| filled(items)).max().unwrap_or(0);
    if lists.iter().any(|(_, items)| items.len() < length) {
        let lengths = lists.iter().map(|(name, items)| format!("{name} {}", items.len()));
        let lengths = lengths.collect::<Vec<_>>().join(", ");
        return Err(Complaint::new("Q3120").found(&input).fact("lengths", lengths));
    }
    let object = |place: usize| {
        let part = |(name, items): &(&Arc<str>, Vec<Value>)| {
            items.get(place).filter(|item| !item.is_null()).map(|item| ((*name).clone(), item.clone()))
        };
        Value::Map(lists.iter().filter_map(part).collect())
    };
    Ok(if length == 0 { Value::Null } else { Value::List((0..length).map(object).collect()) })
}

fn join(input: Value, call: &Call<'_>) -> Outcome {
    let Value::List(items) = &input else { return Err(call.unfit(&input, "list")) };
    let separator = if call.arguments.is_empty() { "、" } else { call.text(0)? };
    let mut text = String::new();
    let mut some = false;
    for item in items.iter().filter(|item| !item.is_null()) {
        if some {
            text.push_str(separator);
        }
        some = true;
        text.push_str(&item.to_string());
    }
    if some { bounded(text) } else { Ok(Value::Null) }
}

fn first(input: Value, call: &Call<'_>) -> Outcome {
    match input {
        Value::List(items) => Ok(items.into_iter().next().unwrap_or_default()),
        other => Err(call.unfit(&other, "list")),
    }
}

fn last(input: Value, call: &Call<'_>) -> Outcome {
    match input {
        Value::List(items) => Ok(items.into_iter().next_back().unwrap_or_default()),
        other => Err(call.unfit(&other, "list")),
    }
}

fn length(input: Value, call: &Call<'_>) -> Outcome {
    let count = match &input {
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        Value::Text(text) => text.chars().count(),
        other => return Err(call.unfit(other, "text, list")),
    };
    Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
}

fn unique(input: Value, call: &Call<'_>) -> Outcome {
    let Value::List(items) = input else { return Err(call.unfit(&input, "list")) };
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        // Items of unlike types are different, not a complaint: nothing is concluded from their order.
        let known = kept.iter().any(|other| matches!(equal(other, &item), Ok(Some(true))) || *other == item);
        if !known {
            kept.push(item);
        }
    }
    Ok(Value::List(kept))
}

fn map(input: Value, call: &Call<'_>) -> Outcome {
    let Value::List(items) = input else { return Err(call.unfit(&input, "list")) };
    let Ready::Each(step) = call.ready else { return Err(super::bad_argument(call.filter, "…")) };
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let changed = step.apply(item, call.scope)?;
        if !changed.is_null() {
            kept.push(changed);
        }
    }
    Ok(Value::List(kept))
}
