//! Fields that are read out of another field's column: 面议 in a price, a zone in a region, a year in a date.

use super::matching::{Match, Matching, Sought};
use super::proposal::{Confidence, Reason};
use super::table::TableView;
use super::want::Want;
use super::written::reference;
use crate::codes::{Codes, trim};

/// An expression in place of a template, for fields that need more than their own column.
pub(super) struct Special {
    /// The place of the field among those sought.
    pub field: usize,
    pub column: usize,
    pub expression: String,
    pub confidence: Confidence,
    pub reason: Reason,
}

/// What the matches allow beside themselves.
pub(super) fn specials(
    codes: &Codes,
    sought: &[Sought<'_>],
    view: &TableView<'_>,
    matching: &Matching,
) -> Vec<Special> {
    let place = |name: &str| sought.iter().position(|one| one.target.info.name == name);
    let matched = |name: &str| place(name).and_then(|place| matching.matches[place].as_ref());
    let mut found = Vec::new();
    found.extend(negotiable(sought, view, matching));
    if let (Some(field), None, Some(region)) = (place("zone"), matched("zone"), matched("region")) {
        found.extend(zone(codes, field, view, region));
    }
    for (field, one) in sought.iter().enumerate() {
        let is_open = matching.matches[field].is_none()
            && one.target.want == Want::Year
            && one.target.info.name == "year";
        if let Some(date) = matched("completedOn").filter(|_| is_open) {
            let column = reference(&view.columns[date.column].column.name);
            found.push(Special {
                field,
                column: date.column,
                expression: format!("{column} | year"),
                confidence: Confidence::Likely,
                reason: Reason::new("取自完成日期的年份", "the year of the day of completion"),
            });
        }
    }
    found
}

/// 面议 as a flag beside the price, or as a word in it.
fn negotiable(sought: &[Sought<'_>], view: &TableView<'_>, matching: &Matching) -> Option<Special> {
    let is_flag = |one: &&Sought<'_>| one.target.info.name.ends_with("Negotiable");
    let flag = sought.iter().position(|one| is_flag(&one))?;
    let outset = sought[flag].target.info.name.strip_suffix("Negotiable")?;
    let price = sought.iter().position(|one| one.target.info.name == format!("{outset}Wan"))?;
    let amount: &Match = matching.matches[price].as_ref()?;
    let column = &view.columns[amount.column];
    let name = reference(&column.column.name);
    match &matching.matches[flag] {
        Some(own) => {
            // A negotiable price must not be reported, whatever the column holds then.
            let own_name = reference(&view.columns[own.column].column.name);
            let is_missing = view.columns[own.column].sample.nothing > 0;
            let missing = if is_missing { " | default(false)" } else { "" };
            let truth = own.fit.template.replace(super::fit::COLUMN, &own_name) + missing;
            let money = amount.fit.template.replace(super::fit::COLUMN, &name);
            Some(Special {
                field: price,
                column: amount.column,
                expression: format!("none if ({truth}) else ({money})"),
                confidence: amount.confidence,
                reason: amount
                    .reason
                    .clone()
                    .and(Reason::new("面议时不报价格", "without a price where it is negotiable")),
            })
        }
        None => column.sample.values.iter().any(|(value, _)| trim(&value.to_string()) == "面议").then(|| {
            Special {
                field: flag,
                column: amount.column,
                expression: format!("{name} == '面议'"),
                confidence: Confidence::Likely,
                reason: Reason::new("价格列里写着“面议”", "the price says so"),
            }
        }),
    }
}

/// Zones among the names of a region's column: they have no code of their own.
fn zone(codes: &Codes, field: usize, view: &TableView<'_>, region: &Match) -> Option<Special> {
    let column = &view.columns[region.column];
    let ends = ["高新区", "经开区", "开发区", "保税区", "示范区", "度假区", "文昌湖区", "产业园", "园区"];
    let is_zone = |text: &str| {
        let is_region =
            codes.table("region").is_ok_and(|table| table.rows().iter().any(|row| row.name.as_ref() == text));
        !is_region && ends.iter().any(|end| text.ends_with(end))
    };
    let mut zones: Vec<String> =
        column.sample.values.iter().map(|(value, _)| trim(&value.to_string()).to_owned()).collect();
    zones.retain(|text| is_zone(text));
    zones.sort();
    if zones.is_empty() {
        return None;
    }
    let name = reference(&column.column.name);
    let listed: Vec<String> = zones
        .iter()
        .map(|zone| super::written::literal(&crate::record::Value::text(zone.as_str())))
        .collect();
    Some(Special {
        field,
        column: region.column,
        expression: format!("{name} if {name} in [{}] else none", listed.join(", ")),
        confidence: Confidence::Likely,
        reason: Reason::new("地区列里有功能区的名称", "the region's column names zones"),
    })
}
