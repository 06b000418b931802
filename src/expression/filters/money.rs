//! Amounts of money, in 万元 and exact.

use rust_decimal::Decimal;

use super::number::{exact, without_thousands};
use super::{Call, Filter, Ready, bad_argument};
use crate::codes::narrow;
use crate::expression::operators::{self, too_large};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("money", money).takes("money('元'|'万元'|'亿元')", 1..=1).prepared(unit).says(
            "金额，换算成万元；括号里写这一列的单位，文本自带的单位优先；面议变为空值。",
            "An amount in 万元; the argument is the column's unit, a unit in the text comes first; 面议 becomes null.",
            &[
                ("1234567 | money('元')", "\"123.4567\""),
                ("'307.5亿元' | money('元')", "\"3075000\""),
                ("'￥1,200.00元' | money('万元')", "\"0.12\""),
                ("'１２０万元' | money('元')", "\"120\""),
                ("'0.8亿' | money('元')", "\"8000\""),
                ("'面议' | money('元')", "null"),
                ("0 | null_words('0') | money('元')", "null"),
                ("'50-100万' | money('万元')", "Q3204"),
                ("'五十万' | money('万元')", "Q3203"),
                ("'5' | money('美元')", "Q3005"),
            ],
        ),
        Filter::plain("money_min", money_min).takes("money_min('元'|'万元'|'亿元')", 1..=1).prepared(unit).says(
            "金额区间的下限，换算成万元；没有下限得空值。",
            "The lower end of a range of money in 万元; null if it has none.",
            &[
                ("'50-100万' | money_min('元')", "\"50\""),
                ("'50～100万元' | money_min('元')", "\"50\""),
                ("'面议' | money_min('元')", "null"),
                ("'100万以下' | money_min('元')", "null"),
                ("'80' | money_min('万元')", "\"80\""),
            ],
        ),
        Filter::plain("money_max", money_max).takes("money_max('元'|'万元'|'亿元')", 1..=1).prepared(unit).says(
            "金额区间的上限，换算成万元；没有上限得空值。",
            "The upper end of a range of money in 万元; null if it has none.",
            &[
                ("'50-100万' | money_max('元')", "\"100\""),
                ("'50万元至1亿元' | money_max('元')", "\"10000\""),
                ("'100万以上' | money_max('元')", "null"),
            ],
        ),
    ]
}

fn unit(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    let name = super::one_text(filter, values)?;
    match name.as_ref() {
        "元" | "万元" | "亿元" => {
            factor(&name).map(Ready::Unit).ok_or_else(|| bad_argument(filter, &name))
        }
        _ => Err(bad_argument(filter, &name)),
    }
}

/// How many 万元 the unit is.
fn factor(unit: &str) -> Option<Decimal> {
    Some(match unit {
        "元" | "圆" => Decimal::new(1, 4),
        "千元" => Decimal::new(1, 1),
        "万" | "万元" => Decimal::ONE,
        "百万" | "百万元" => Decimal::new(100, 0),
        "千万" | "千万元" => Decimal::new(1000, 0),
        "亿" | "亿元" => Decimal::new(10_000, 0),
        _ => return None,
    })
}

/// An amount with two ends, equal where one amount was written.
#[derive(Debug, PartialEq)]
struct Range {
    low: Option<Decimal>,
    high: Option<Decimal>,
}

fn money(input: Value, call: &Call<'_>) -> Outcome {
    match range(&input, call)? {
        None => Ok(Value::Null),
        Some(Range { low: Some(low), high: Some(high) }) if low == high => Ok(Value::Decimal(low)),
        Some(_) => Err(Complaint::new("Q3204").found(&input)),
    }
}

fn money_min(input: Value, call: &Call<'_>) -> Outcome {
    Ok(range(&input, call)?.and_then(|range| range.low).map_or(Value::Null, Value::Decimal))
}

fn money_max(input: Value, call: &Call<'_>) -> Outcome {
    Ok(range(&input, call)?.and_then(|range| range.high).map_or(Value::Null, Value::Decimal))
}

/// `None`: not given, or to be negotiated.
fn range(input: &Value, call: &Call<'_>) -> Result<Option<Range>, Complaint> {
    let Ready::Unit(column) = call.ready else { return Err(bad_argument(call.filter, "…")) };
    if let Some(number) = operators::number(input) {
        let amount = number.checked_mul(*column).ok_or_else(|| too_large("*", input))?.normalize();
        return Ok(Some(Range { low: Some(amount), high: Some(amount) }));
    }
    let written = call.written(input)?;
    let plain = squeeze(&written);
    if plain.is_empty() || is_open(&plain) {
        return Ok(None);
    }
    read(&plain, *column).map(Some).ok_or_else(|| Complaint::new("Q3203").found(&written))
}

/// Half-width, without white space, currency signs and the closing 整.
fn squeeze(text: &str) -> String {
    let mut plain: String = narrow(text)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '¥' | '￥' | '\u{feff}'))
        .collect();
    for word in ["人民币", "RMB"] {
        plain = plain.replace(word, "");
    }
    plain.strip_suffix('整').map(str::to_owned).unwrap_or(plain)
}

/// Words for a price that is still to be found.
fn is_open(plain: &str) -> bool {
    let word = plain.strip_prefix("价格").unwrap_or(plain);
    matches!(
        word,
        "面议"
            | "双方面议"
            | "可面议"
            | "电议"
            | "议价"
            | "协商"
            | "双方协商"
            | "协商定价"
            | "待议"
            | "待定"
    )
}

fn read(plain: &str, column: Decimal) -> Option<Range> {
    let open = |text: &str| amount(text, column);
    for words in ["以上", "起", "及以上"] {
        if let Some(text) = plain.strip_suffix(words) {
            return open(text.trim_end_matches("及")).map(|low| Range { low: Some(low), high: None });
        }
    }
    for words in ["以下", "以内", "之内"] {
        if let Some(text) = plain.strip_suffix(words) {
            return open(text.trim_end_matches("及")).map(|high| Range { low: None, high: Some(high) });
        }
    }
    for sign in ["≥", ">=", "不低于", "不少于"] {
        if let Some(text) = plain.strip_prefix(sign) {
            return open(text).map(|low| Range { low: Some(low), high: None });
        }
    }
    for sign in ["≤", "<=", "不超过", "不高于"] {
        if let Some(text) = plain.strip_prefix(sign) {
            return open(text).map(|high| Range { low: None, high: Some(high) });
        }
    }
    let ends =
        plain.char_indices().skip(1).find(|(_, c)| matches!(c, '-' | '~' | '—' | '–' | '至' | '到' | '∼'));
    let Some((position, _)) = ends else {
        return open(plain).map(|only| Range { low: Some(only), high: Some(only) });
    };
    let (low, high) = plain.split_at(position);
    let high = high.trim_start_matches(['-', '~', '—', '–', '至', '到', '∼']);
    // `50-100万`: the unit at the end is meant for both; `50万-100` could mean anything.
    let (low_digits, low_unit) = parts(low);
    let (_, high_unit) = parts(high);
    let low = match (low_unit, high_unit) {
        ("", "") => amount(low, column)?,
        ("", unit) => amount(low_digits, factor(unit)?)?,
        (_, "") => return None,
        _ => amount(low, column)?,
    };
    let high = amount(high, column)?;
    (low <= high).then_some(Range { low: Some(low), high: Some(high) })
}

/// The digits and the unit behind them.
fn parts(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+')))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// One amount in 万元. `None`: not an amount.
fn amount(text: &str, column: Decimal) -> Option<Decimal> {
    let (digits, unit) = parts(text);
    let factor = if unit.is_empty() { column } else { factor(unit)? };
    let number = exact(&without_thousands(digits)?)?;
    number.checked_mul(factor).map(|amount| amount.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        let yuan = Decimal::new(1, 4);
        let check = |given: &str, expect: Option<(Option<&str>, Option<&str>)>| {
            let decimal = |text: Option<&str>| text.map(|text| text.parse::<Decimal>().unwrap());
            let expect = expect.map(|(low, high)| Range { low: decimal(low), high: decimal(high) });
            assert_eq!(read(&squeeze(given), yuan), expect, "{given}");
        };
        let both = |amount| Some((Some(amount), Some(amount)));
        check("10000", both("1"));
        check("１００万", both("100"));
        check("1,234,567.89元", both("123.456789"));
        check("人民币 12 万元整", both("12"));
        check("0.0001元", both("0.00000001"));
        check("-3万", both("-3"));
        check("50-100万", Some((Some("50"), Some("100"))));
        check("50万～1亿", Some((Some("50"), Some("10000"))));
        check("5000——8000元", Some((Some("0.5"), Some("0.8"))));
        check("100万及以上", Some((Some("100"), None)));
        check("不超过200万元", Some((None, Some("200"))));
        for unreadable in [
            "50万-100",
            "100-50万",
            "1,23万",
            "约5万",
            "5万美元",
            "5..5",
            "万",
            "-",
            "1e5",
            "5.",
            "12345678901234567890123456789012",
        ] {
            check(unreadable, None);
        }
    }
}
