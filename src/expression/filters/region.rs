//! Regions by code or by name.

use std::sync::Arc;

use super::{Call, Filter, Ready, bad_argument};
use crate::codes::{narrow, trim};
use crate::record::{Complaint, Value};

pub(super) fn filters() -> Vec<Filter> {
    vec![Filter::plain("region", region).prepared(table).says(
        "六位行政区划代码：四位市码补 00，名称查代码表，功能区查对照表。",
        "A region's six digits: four-digit city codes get 00, names go by the code table, functional zones by the crosswalk.",
        &[
            ("370303 | region", "\"370303\""),
            ("'3703' | region", "\"370300\""),
            ("'370300000000' | region", "\"370300\""),
            ("'山东省・青岛市' | region", "\"370200\""),
            ("'山东省淄博市张店区' | region", "\"370303\""),
            ("'淄博' | region", "\"370300\""),
            ("'高新区' | region", "\"370303\""),
            ("'370399' | region", "Q5101"),
        ],
    )]
}

/// The code table that names resolve by.
const TABLE: &str = "region";

fn table(_: &'static Filter, _: &[Value]) -> Result<Ready, Complaint> {
    Ok(Ready::Table(TABLE.into()))
}

fn region(input: Value, call: &Call<'_>) -> Result<Value, Complaint> {
    let Ready::Table(name) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    let written = call.written(&input)?;
    let narrowed = narrow(trim(&written));
    let place = trim(&narrowed);
    if place.is_empty() {
        return Ok(Value::Null);
    }
    let table = call.scope.codes.table(name)?;
    // The crosswalk comes first: it may say that 370391, a zone of the city's own, lies in 370303.
    let found = table.to_code(place).or_else(|| {
        if place.bytes().all(|byte| byte.is_ascii_digit()) {
            return table.to_code(&six_digits(place)?);
        }
        by_name(place, &|name: &str| table.to_code(name))
    });
    match found {
        Some(code) => Ok(Value::Text(code)),
        None => call.scope.codes.to_code(name, place).map(Value::Text),
    }
}

/// 37 and 3703 lack their zeros; 370303000000 is a statistical code and has too many.
fn six_digits(digits: &str) -> Option<String> {
    match digits.len() {
        2 | 4 => Some(format!("{digits:0<6}")),
        9 | 12 => digits.get(..6).map(str::to_owned),
        _ => None,
    }
}

/// The innermost region of an address-like text: the longest tail that is a name, with or without its 市, 区, 县.
fn by_name(place: &str, find: &dyn Fn(&str) -> Option<Arc<str>>) -> Option<Arc<str>> {
    let is_gap =
        |c: char| matches!(c, '・' | '·' | '/' | '-' | '>' | ',' | '、' | '|' | '\\') || c.is_whitespace();
    let last = place.rsplit(is_gap).find(|part| !part.is_empty())?;
    let starts = last.char_indices().filter(|(at, _)| {
        // A name may begin at the start, or after the closing word of a higher region.
        *at == 0 || last[..*at].ends_with(['省', '市', '州', '盟', '区', '县'])
    });
    for (at, _) in starts {
        let tail = &last[at..];
        let found = find(tail)
            .or_else(|| ["市", "区", "县", "省"].iter().find_map(|word| find(&format!("{tail}{word}"))));
        if found.is_some() {
            return found;
        }
    }
    None
}
