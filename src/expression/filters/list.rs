//! Lists: made from joined texts, and taken apart again.

use super::{Call, Filter, Ready};
use crate::codes::trim;
use crate::expression::operators::{bounded, equal};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("split", split).takes("split | split(sep)", 0..=1).says(
            "拆成列表：默认按逗号、顿号、分号、竖线和换行（全角半角都算），也认 [33,34]；空项去掉。",
            "A list: by comma, 、, semicolon, bar and line break in any width, and `[33,34]`; or by sep. Empty items go.",
            &[
                ("'转让，许可、入股;' | split", "[\"转让\",\"许可\",\"入股\"]"),
                ("'[33,34]' | split", "[\"33\",\"34\"]"),
                ("'甲 乙' | split(' ')", "[\"甲\",\"乙\"]"),
                ("' ' | split", "null"),
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
            &[("'山东省/淄博市' | split('/') | last", "\"淄博市\""), ("'甲' | last", "Q3102")],
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

fn split(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::List(_) = input {
        return Ok(input);
    }
    let written = call.written(&input)?;
    let whole = trim(&written);
    if whole.is_empty() {
        return Ok(Value::Null);
    }
    let item = |part: &str| {
        let part = trim(part);
        (!part.is_empty()).then(|| Value::text(part))
    };
    let items: Vec<Value> = match call.arguments {
        [] => match as_json_list(whole) {
            Some(items) => items.iter().filter_map(|part| item(part)).collect(),
            None => whole.split(is_separator).filter_map(item).collect(),
        },
        _ => match call.text(0)? {
            " " => whole.split_whitespace().filter_map(item).collect(),
            "" => return Err(call.unfit(&call.arguments[0], "text")),
            separator => whole.split(separator).filter_map(item).collect(),
        },
    };
    Ok(if items.is_empty() { Value::Null } else { Value::List(items) })
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '，' | '、' | ';' | '；' | '|' | '｜' | '\n' | '\r' | '\t')
}

/// `[33,34]` and `["a","b"]` as some systems keep them in a text column.
fn as_json_list(text: &str) -> Option<Vec<String>> {
    if !text.starts_with('[') {
        return None;
    }
    let items: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    Some(items.iter().map(|item| Value::from_json(item).to_string()).collect())
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
