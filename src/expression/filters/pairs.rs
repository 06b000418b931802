//! Maps and lists in the order that a signature asks for.

use super::json::json;
use super::{Call, Filter};
use crate::expression::operators::{Comparison, bounded, equal};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("sort", sort).says(
            "列表从小到大排：文本按字符编码，数字按大小；类型混杂报错，先变成文本（~ ''）。空值排在最后。",
            "A list in ascending order: texts by code point, numbers by value; mixed types are a complaint, make them text first with ~ ''. Nulls stand last.",
            &[
                ("['nonce', 'appKey', 'appId', 'B'] | sort | join('')", "\"BappIdappKeynonce\""),
                ("[10, 9, none, 1.5] | sort", "[\"1.5\",9,10,null]"),
                ("['a', 1] | sort", "Q3103"),
            ],
        ),
        Filter::plain("sort_keys", sort_keys).says(
            "按名称（字符编码）从小到大排各项，里层不动。",
            "The entries by their names, by code point; inner maps stay.",
            &[("{'b': 1, 'a': 2, 'B': 3} | sort_keys", "{\"B\":3,\"a\":2,\"b\":1}")],
        ),
        Filter::plain("sort_values", sort_values).says(
            "按值写成的文本从小到大排各项。",
            "The entries by the text of their values.",
            &[("{'x': 'b', 'y': 'a', 'z': 10} | sort_values | join_pairs('=', '&')", "\"z=10&y=a&x=b\"")],
        ),
        Filter::plain("drop", drop).takes("drop('name', …)", 1..=20).says(
            "去掉这几项：结构按名称，列表按值。",
            "Without these: entries of a map by name, items of a list by value.",
            &[
                ("{'a': 1, 'sign': 2, 'b': 3} | drop('sign', 'b')", "{\"a\":1}"),
                ("['a', 'b'] | drop('b', 'c')", "[\"a\"]"),
            ],
        ),
        Filter::plain("drop_empty", drop_empty).says(
            "去掉值为空或空文本的项。",
            "Without what is null or an empty text.",
            &[
                ("'{\"a\": 1, \"b\": \"\", \"c\": null, \"d\": 0}' | from_json | drop_empty", "{\"a\":1,\"d\":0}"),
                ("['a', '', none] | drop_empty", "[\"a\"]"),
            ],
        ),
        Filter::plain("join_pairs", join_pairs).takes("join_pairs | join_pairs('=', '&')", 0..=2).says(
            "各项连成文本：名称、第一个分隔符、值，项与项之间用第二个；默认 = 和 &，可写 ''。数字照原样，里层写成 JSON，空值写成空文本。",
            "The entries as one text: name, first separator, value, and the second between them; = and & if left out, '' for none. Numbers as written, inner maps as JSON, null as nothing.",
            &[
                ("{'a': 1, 'b': '甲'} | join_pairs", "\"a=1&b=甲\""),
                ("{'a': 1, 'b': 'x'} | join_pairs('', '')", "\"a1bx\""),
                ("'{\"a\": 1.50, \"b\": {\"c\": [1]}, \"d\": null}' | from_json | join_pairs", "\"a=1.50&b={\\\"c\\\":[1]}&d=\""),
                ("[1] | join_pairs", "Q3102"),
            ],
        ),
        Filter::plain("merge", merge).takes("merge(map)", 1..=1).says(
            "两个结构合成一个；同名的取括号里的，位置不变。",
            "Two maps as one; of a name in both the argument's value counts, in the old place.",
            &[("{'a': 1, 'b': 2} | merge({'c': 3, 'a': 4})", "{\"a\":4,\"b\":2,\"c\":3}"), ("'a' | merge({'c': 3})", "Q3102")],
        ),
        Filter::plain("keys", keys).says(
            "各项的名称，列成列表。",
            "The names of a map's entries, as a list.",
            &[("{'b': 1, 'a': 2} | keys", "[\"b\",\"a\"]")],
        ),
        Filter::plain("values_of", values_of).says(
            "各项的值，列成列表。",
            "The values of a map's entries, as a list.",
            &[("{'b': 1, 'a': 2} | values_of", "[1,2]")],
        ),
    ]
}

type Entries = Vec<(std::sync::Arc<str>, Value)>;

fn entries(input: Value, call: &Call<'_>) -> Result<Entries, Complaint> {
    match input {
        Value::Map(entries) => Ok(entries),
        other => Err(call.unfit(&other, "map")),
    }
}

fn sort(input: Value, call: &Call<'_>) -> Outcome {
    let Value::List(items) = input else { return Err(call.unfit(&input, "list")) };
    let (nulls, mut items): (Vec<_>, Vec<_>) = items.into_iter().partition(Value::is_null);
    // All must be comparable before they are sorted: one with the next is enough, since likeness carries over.
    for pair in items.windows(2) {
        Comparison::Less.apply(&pair[0], &pair[1])?;
    }
    items.sort_by(|one, other| {
        let is_less = |one, other| matches!(Comparison::Less.apply(one, other), Ok(Some(true)));
        is_less(other, one).cmp(&is_less(one, other))
    });
    items.extend(nulls);
    Ok(Value::List(items))
}

fn sort_keys(input: Value, call: &Call<'_>) -> Outcome {
    let mut entries = entries(input, call)?;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Value::Map(entries))
}

fn sort_values(input: Value, call: &Call<'_>) -> Outcome {
    let mut entries = entries(input, call)?;
    entries.sort_by_cached_key(|(_, value)| as_written(value));
    Ok(Value::Map(entries))
}

fn drop(input: Value, call: &Call<'_>) -> Outcome {
    let is_named = |name: &str| call.arguments.iter().any(|argument| argument.as_str() == Some(name));
    let is_listed =
        |item: &Value| call.arguments.iter().any(|argument| matches!(equal(item, argument), Ok(Some(true))));
    match input {
        Value::Map(entries) => {
            Ok(Value::Map(entries.into_iter().filter(|(name, _)| !is_named(name)).collect()))
        }
        Value::List(items) => Ok(Value::List(items.into_iter().filter(|item| !is_listed(item)).collect())),
        other => Err(call.unfit(&other, "map, list")),
    }
}

fn drop_empty(input: Value, call: &Call<'_>) -> Outcome {
    let is_filled = |value: &Value| !value.is_null() && value.as_str() != Some("");
    match input {
        Value::Map(entries) => {
            Ok(Value::Map(entries.into_iter().filter(|(_, value)| is_filled(value)).collect()))
        }
        Value::List(items) => Ok(Value::List(items.into_iter().filter(is_filled).collect())),
        other => Err(call.unfit(&other, "map, list")),
    }
}

fn join_pairs(input: Value, call: &Call<'_>) -> Outcome {
    let entries = entries(input, call)?;
    let separator = |place, usual| if call.arguments.len() > place { call.text(place) } else { Ok(usual) };
    let (inside, between) = (separator(0, "=")?, separator(1, "&")?);
    let mut text = String::new();
    for (index, (name, value)) in entries.iter().enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        text.push_str(name);
        text.push_str(inside);
        text.push_str(&as_written(value));
    }
    bounded(text)
}

/// A value as it stands in a signed text.
fn as_written(value: &Value) -> String {
    match value {
        // Not as the language shows it: 1.50 was signed as 1.50.
        Value::Decimal(number) => number.to_string(),
        Value::List(_) | Value::Map(_) => json(value),
        scalar => scalar.to_string(),
    }
}

fn merge(input: Value, call: &Call<'_>) -> Outcome {
    let mut entries = entries(input, call)?;
    let Some(Value::Map(others)) = call.arguments.first() else {
        return Err(call.unfit(call.arguments.first().unwrap_or(&Value::Null), "map"));
    };
    for (name, value) in others {
        match entries.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value.clone(),
            None => entries.push((name.clone(), value.clone())),
        }
    }
    Ok(Value::Map(entries))
}

fn keys(input: Value, call: &Call<'_>) -> Outcome {
    entries(input, call)
        .map(|entries| Value::List(entries.into_iter().map(|(name, _)| Value::Text(name)).collect()))
}

fn values_of(input: Value, call: &Call<'_>) -> Outcome {
    entries(input, call).map(|entries| Value::List(entries.into_iter().map(|(_, value)| value).collect()))
}
