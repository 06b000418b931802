//! Codes of the province, and references to parents.

use super::{Call, Filter, Ready, bad_argument, one_text};
use crate::codes::trim;
use crate::record::{Complaint, Key, ParentRef, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("code", code).takes("code('table')", 1..=1).prepared(table).says(
            "省代码：先查对照表，再看是不是代码，再查名称；都没有则报告相近的。",
            "The province's code: by the crosswalk, as a code, or by its name; else a complaint with near entries.",
            &[
                ("' 电子与信息 ' | code('tech-field')", "\"01\""),
                ("'04' | code('tech-field')", "\"04\""),
                ("'新材料' | code('tech-field')", "\"04\""),
                ("'' | code('tech-field')", "null"),
                ("'陶瓷' | code('tech-field')", "Q5101"),
                ("'01' | code('tech-fields')", "Q5102"),
            ],
        ),
        Filter::plain("codes", codes).takes("codes('table')", 1..=1).prepared(table).says(
            "列表中每一项的省代码；单个文本算一项。",
            "The province's code of every item of a list; a single text counts as one item.",
            &[
                ("'电子信息、新材料' | split | codes('tech-field')", "[\"01\",\"04\"]"),
                ("'新材料' | codes('tech-field')", "[\"04\"]"),
                ("'陶瓷、新材料' | split | codes('tech-field')", "Q5101"),
            ],
        ),
        Filter::plain("local", local).takes("local('table')", 1..=1).prepared(table).says(
            "省代码在本地的叫法：对照表中的第一个值，没有则用省里的名称；列表逐项转换。",
            "What the city calls a code: the crosswalk's first value for it, else the province's name; lists item by item.",
            &[
                ("'01' | local('tech-field')", "\"电子与信息\""),
                ("'04' | local('tech-field')", "\"新材料\""),
                ("['01', '04'] | local('tech-field') | join(',')", "\"电子与信息,新材料\""),
                ("'77' | local('tech-field')", "Q5103"),
                ("'01' | local('tech-fields')", "Q5102"),
            ],
        ),
        Filter::plain("parent", parent).takes("parent('kind')", 1..=1).prepared(kind).says(
            "对上级记录的引用，值为上级在本地的主键；多列主键写成列表。",
            "A reference to a parent record by its key at home; a key of several columns is a list.",
            &[
                ("17 | parent('enterprise')", "\"urn:qilu:parent:enterprise:17\""),
                ("['甲', 2] | parent('manager')", "\"urn:qilu:parent:manager:甲,2\""),
                ("' ' | parent('enterprise')", "null"),
                ("1.5 | parent('enterprise')", "Q3213"),
            ],
        ),
    ]
}

fn table(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    one_text(filter, values).map(Ready::Table)
}

fn kind(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    let kind = one_text(filter, values)?;
    // A colon ends the kind inside the reference.
    if kind.contains(':') { Err(bad_argument(filter, &kind)) } else { Ok(Ready::Kind(kind)) }
}

fn code(input: Value, call: &Call<'_>) -> Outcome {
    let Ready::Table(table) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    let written = call.written(&input)?;
    match trim(&written) {
        "" => Ok(Value::Null),
        local => call.look_up(table, local, call.scope.codes.table(table)?.find(local)),
    }
}

fn codes(input: Value, call: &Call<'_>) -> Outcome {
    let items = match input {
        Value::List(items) => items,
        other => vec![other],
    };
    let mut found = Vec::with_capacity(items.len());
    let mut complaint = None;
    // The first unknown item is complained of, but all are looked up: whoever watches learns of each.
    for item in items.into_iter().filter(|item| !item.is_null()) {
        match code(item, call) {
            Ok(Value::Null) => (),
            Ok(item) => found.push(item),
            Err(other) => _ = complaint.get_or_insert(other),
        }
    }
    if let Some(complaint) = complaint {
        return Err(complaint);
    }
    Ok(if found.is_empty() { Value::Null } else { Value::List(found) })
}

fn local(input: Value, call: &Call<'_>) -> Outcome {
    let Ready::Table(table) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    if let Value::List(items) = input {
        return items.into_iter().map(|item| local(item, call)).collect::<Result<_, _>>().map(Value::List);
    }
    if input.is_null() {
        return Ok(Value::Null);
    }
    let written = call.written(&input)?;
    let code = trim(&written);
    if code.is_empty() {
        return Ok(Value::Null);
    }
    let codes = call.scope.codes;
    codes.table(table)?;
    let unknown = || Complaint::new("Q5103").found(code).fact("table", table);
    codes.to_local(table, code).map(Value::Text).ok_or_else(unknown)
}

fn parent(input: Value, call: &Call<'_>) -> Outcome {
    let Ready::Kind(kind) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    let bare = |part: Value| match part {
        Value::Text(text) => match trim(&text) {
            "" => Value::Null,
            bare if bare.len() == text.len() => Value::Text(text),
            bare => Value::text(bare),
        },
        other => other,
    };
    let parts: Vec<Value> = match input {
        Value::List(parts) => parts.into_iter().map(bare).collect(),
        other => vec![bare(other)],
    };
    if parts.iter().any(Value::is_null) || parts.is_empty() {
        return Ok(Value::Null);
    }
    let key = Key::from_cells(&parts)
        .map_err(|_| Complaint::new("Q3213").found(Value::List(parts)).fact("kind", kind))?;
    Ok(Value::text(ParentRef { kind: kind.to_string(), key: key.to_string() }.to_text()))
}
