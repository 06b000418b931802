//! Regions by code or by name.

use super::list::bracketed;
use super::{Call, Filter, Ready, bad_argument};
use crate::codes::{CodeRow, CodeTable, Hit, narrow, trim};
use crate::record::{Complaint, Value};

pub(super) fn filters() -> Vec<Filter> {
    vec![Filter::plain("region", region).prepared(table).says(
        "六位行政区划代码：四位市码补 00，名称查代码表，功能区查对照表，级联选择取最末一级；同名的看上级，看不出的报错。",
        "A region's six digits: four-digit city codes get 00, names go by the code table, functional zones by the crosswalk, of a cascade the last; of namesakes the one inside what stands before it, else a complaint.",
        &[
            ("370303 | region", "\"370303\""),
            ("'3703' | region", "\"370300\""),
            ("'370300000000' | region", "\"370300\""),
            ("'山东省・青岛市' | region", "\"370200\""),
            ("'山东省淄博市张店区' | region", "\"370303\""),
            ("'淄博' | region", "\"370300\""),
            ("'高新区' | region", "\"370303\""),
            ("'淄博市高新区' | region", "\"370303\""),
            ("'青岛市高新区' | region", "Q5101"),
            ("['370000', '370300', '370303'] | region", "\"370303\""),
            ("'[370000,370300]' | region", "\"370300\""),
            ("'枣庄市市中区' | region", "\"370402\""),
            ("'市中区' | region", "Q5101"),
            ("'371200' | region", "\"371200\""),
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
    if let Value::List(steps) = input {
        // What a cascade chose last lies inside all before it.
        let last = steps.into_iter().rev().find(|step| !step.is_null());
        return region(last.unwrap_or_default(), call);
    }
    if input.is_null() {
        return Ok(Value::Null);
    }
    let written = call.written(&input)?;
    let narrowed = narrow(trim(&written));
    let steps = bracketed(&narrowed);
    let place = steps.as_ref().map_or(narrowed.as_ref(), |steps| steps.last().map_or("", AsRef::as_ref));
    let place = trim(place);
    if place.is_empty() {
        return Ok(Value::Null);
    }
    let table = call.scope.codes.table(name)?;
    // The crosswalk comes first: it may say that 370391, a zone of the city's own, lies in 370303.
    let hit = table.crossed(place).or_else(|| {
        if place.bytes().all(|byte| byte.is_ascii_digit()) {
            let row = table.row(place).or_else(|| table.row(&six_digits(place)?))?;
            return Some(Hit { code: &row.code, line: None });
        }
        by_name(place, table)
    });
    call.look_up(name, place, hit)
}

/// 37 and 3703 lack their zeros; 370303000000 is a statistical code and has too many.
fn six_digits(digits: &str) -> Option<String> {
    match digits.len() {
        2 | 4 => Some(format!("{digits:0<6}")),
        9 | 12 => digits.get(..6).map(str::to_owned),
        _ => None,
    }
}

fn is_gap(c: char) -> bool {
    matches!(c, '・' | '·' | '/' | '-' | '>' | ',' | '、' | '|' | '\\') || c.is_whitespace()
}

/// Words that end the name of a region.
const ENDS: [char; 6] = ['省', '市', '州', '盟', '区', '县'];

/// The innermost region of an address-like text: the longest tail that names one which lies inside all that stands
/// before it.
fn by_name<'t>(place: &str, table: &'t CodeTable) -> Option<Hit<'t>> {
    let place = place.trim_end_matches(is_gap);
    let last = place.rfind(is_gap).map_or(0, |at| at + place[at..].chars().next().map_or(1, char::len_utf8));
    // A name may begin at the start, or after the closing word of a higher region.
    let starts = place[last..].char_indices().map(|(at, _)| last + at);
    for at in starts.filter(|at| *at == last || place[..*at].ends_with(ENDS)) {
        let (before, tail) = place.split_at(at);
        let around = regions(before);
        if let Some(hit) = table.crossed(tail).filter(|hit| lies_in(table, hit.code, &around)) {
            return Some(hit);
        }
        let inside: Vec<&CodeRow> =
            meant(table, tail).into_iter().filter(|row| lies_in(table, &row.code, &around)).collect();
        // Of two namesakes the abolished one is not meant; two that are in force are a question.
        let in_force: Vec<&&CodeRow> = inside.iter().filter(|row| row.to.is_none()).collect();
        match (in_force.as_slice(), inside.as_slice()) {
            ([row], _) => return Some(Hit { code: &row.code, line: None }),
            ([], [row]) => return Some(Hit { code: &row.code, line: None }),
            _ => (),
        }
    }
    None
}

/// The names of regions in the part of an address before its last name.
fn regions(before: &str) -> Vec<&str> {
    let parts = before.split(is_gap).flat_map(|part| part.split_inclusive(ENDS));
    parts.map(|part| part.trim_start_matches("中国")).filter(|part| !part.is_empty()).collect()
}

/// The rows of a name, with or without its 市, 区, 县.
fn meant<'t>(table: &'t CodeTable, name: &str) -> Vec<&'t CodeRow> {
    let exact: Vec<&CodeRow> = table.row(name).into_iter().chain(table.named(name)).collect();
    if !exact.is_empty() {
        return exact;
    }
    let longer = ["市", "区", "县", "省"].map(|word| format!("{name}{word}"));
    longer.iter().flat_map(|name| table.named(name).collect::<Vec<_>>()).collect()
}

/// Whether each region around is one of those above the code; one that the table does not know is no such region.
fn lies_in(table: &CodeTable, code: &str, around: &[&str]) -> bool {
    let mut above = Vec::new();
    let mut next = table.row(code);
    // Levels are few; a table that goes round in a circle must not hold us.
    while let Some(row) = next.filter(|_| above.len() < 8) {
        above.push(row.code.as_ref());
        next = row.parent.as_deref().and_then(|parent| table.row(parent));
    }
    around.iter().all(|name| meant(table, name).iter().any(|row| above.contains(&row.code.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namesakes_are_told_apart_by_what_stands_around_them() {
        let mut table = CodeTable::new("region");
        let rows = [
            ("370000", "山东省", ""),
            ("370100", "济南市", "370000"),
            ("370103", "市中区", "370100"),
            ("370117", "钢城区", "370100"),
            ("370300", "淄博市", "370000"),
            ("370303", "张店区", "370300"),
            ("370400", "枣庄市", "370000"),
            ("370402", "市中区", "370400"),
            ("371200", "莱芜市", "370000"),
            ("371203", "钢城区", "371200"),
        ];
        for (code, name, parent) in rows {
            let parent = (!parent.is_empty()).then(|| parent.into());
            let to = code.starts_with("3712").then(|| chrono::NaiveDate::from_ymd_opt(2019, 1, 8)).flatten();
            table.add(CodeRow { parent, to, ..CodeRow::new(code, name) });
        }
        table.cross("高新区", "370303");
        let check = |given: &str, expect: Option<&str>| {
            assert_eq!(by_name(given, &table).map(|hit| hit.code.as_ref()), expect, "{given}");
        };
        check("山东省济南市市中区", Some("370103"));
        check("枣庄・市中区", Some("370402"));
        check("山东/枣庄市/市中区", Some("370402"));
        check("市中区", None);
        check("淄博市市中区", None);
        check("钢城区", Some("370117"));
        check("莱芜市钢城区", Some("371203"));
        check("中国山东省淄博市", Some("370300"));
        check("山东省淄博市高新区", Some("370303"));
        check("郑州市高新区", None);
        check("济南市高新区", None);
        check("张店区马尚镇", None);
        check("・", None);
    }
}
