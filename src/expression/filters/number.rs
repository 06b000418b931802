//! Numbers and yes-or-no.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Call, Filter, Ready, bad_argument};
use crate::codes::{narrow, trim};
use crate::expression::operators;
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("int", int).says(
            "整数；千分位逗号可以有，小数和单位不行。",
            "A whole number; thousands separators may be there, a fraction or a unit may not.",
            &[
                ("' 1,057 ' | int", "1057"),
                ("'１２' | int", "12"),
                ("3.0 | int", "3"),
                ("'' | int", "null"),
                ("'12人' | int", "Q3201"),
                ("'3.5' | int", "Q3201"),
            ],
        ),
        Filter::plain("decimal", decimal).says(
            "精确的小数。",
            "An exact decimal number.",
            &[("'307.50' | decimal", "\"307.5\""), ("7 | decimal", "\"7\""), ("'约3' | decimal", "Q3202")],
        ),
        Filter::plain("round", round).takes("round | round(n)", 0..=1).says(
            "四舍五入到 n 位小数（默认 0 位）。",
            "Rounded to n decimal places (0 if left out), halves away from zero.",
            &[("2.345 | round(2)", "\"2.35\""), ("-2.5 | round", "\"-3\""), ("1 | round(99)", "Q3102")],
        ),
        Filter { sees_null: true, ..Filter::plain("outside", outside) }.takes("outside(low, high)", 2..=2).says(
            "数是否在合理范围之外，用在 hold_when 里拦住差一万倍的单位错误；none 表示这一头不限，空值不算在外。",
            "Whether a number lies beyond plausible bounds, for hold_when to stop a unit error of ×10,000; none leaves an end open, and null is not outside.",
            &[
                ("50000000000 | money('元') | outside(0.1, 10000)", "true"),
                ("'120' | money('万元') | outside(0.1, 10000)", "false"),
                ("'1200000' | money('万元') | outside(none, 10000)", "true"),
                ("-5 | outside(none, 10000)", "false"),
                ("none | outside(1, 9)", "false"),
                ("'甲' | outside(1, 9)", "Q3102"),
            ],
        ),
        Filter::plain("bool", boolean).takes("bool | bool('1/2')", 0..=1).prepared(words).says(
            "是非：认 0/1、是/否、有/无、Y/N、true/false、√/×；或自定“是/否”两个值，如 '1/2'。",
            "True or false: 0/1, 是/否, 有/无, Y/N, true/false, √/×; or the two values that are given, true first.",
            &[
                ("'是' | bool", "true"),
                ("0 | bool", "false"),
                ("'无' | bool", "false"),
                ("'Ｙ' | bool", "true"),
                ("'FALSE' | bool", "false"),
                ("'√' | bool", "true"),
                ("'×' | bool", "false"),
                ("1 | bool('1/2')", "true"),
                ("2 | bool('1/2')", "false"),
                ("2 | bool", "Q3208"),
                ("1 | bool('1')", "Q3005"),
            ],
        ),
    ]
}

/// The text without its thousands separators. `None`: a comma that separates no thousands.
pub(super) fn without_thousands(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return Some(Cow::Borrowed(text));
    }
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let head = groups.next()?;
    let right = !head.is_empty() && head.len() <= 3 && groups.all(|group| group.len() == 3);
    (right && !text[whole.len()..].contains(',')).then(|| Cow::Owned(text.replace(',', "")))
}

/// Digits with at most one point and a sign; nothing that only a computer would write.
pub(super) fn exact(text: &str) -> Option<Decimal> {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let edges =
        bare.starts_with(|c: char| c.is_ascii_digit()) && bare.ends_with(|c: char| c.is_ascii_digit());
    (plain && edges).then(|| Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).ok())?
}

/// The number in the input; `Ok(None)` for an empty text. Errors: the complaint `id`.
fn read(input: &Value, call: &Call<'_>, id: &str) -> Result<Option<Decimal>, Complaint> {
    if let Some(number) = operators::number(input) {
        return Ok(Some(number));
    }
    let written = call.written(input)?;
    let narrowed = narrow(trim(&written));
    if narrowed.is_empty() {
        return Ok(None);
    }
    let number = without_thousands(&narrowed).and_then(|digits| exact(&digits));
    number.map(Some).ok_or_else(|| Complaint::new(id).found(&written))
}

fn int(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::Int(_) = input {
        return Ok(input);
    }
    let Some(number) = read(&input, call, "Q3201")? else { return Ok(Value::Null) };
    let whole = number.is_integer().then(|| i64::try_from(number).ok()).flatten();
    whole.map(Value::Int).ok_or_else(|| Complaint::new("Q3201").found(&input))
}

fn decimal(input: Value, call: &Call<'_>) -> Outcome {
    Ok(read(&input, call, "Q3202")?.map_or(Value::Null, Value::Decimal))
}

fn round(input: Value, call: &Call<'_>) -> Outcome {
    let places = if call.arguments.is_empty() { 0 } else { call.whole(0)? };
    let places = u32::try_from(places).ok().filter(|places| *places <= Decimal::MAX_SCALE);
    let places = places.ok_or_else(|| call.unfit(call.arguments.first().unwrap_or(&Value::Null), "0–28"))?;
    match input {
        Value::Int(_) => Ok(input),
        Value::Decimal(number) => {
            Ok(Value::Decimal(number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)))
        }
        other => Err(call.unfit(&other, "decimal")),
    }
}

fn outside(input: Value, call: &Call<'_>) -> Outcome {
    let number = |value: &Value| match value {
        Value::Null => Ok(None),
        other => operators::number(other).map(Some).ok_or_else(|| call.unfit(other, "decimal")),
    };
    let bound = |place: usize| number(call.arguments.get(place).unwrap_or(&Value::Null));
    let (low, high) = (bound(0)?, bound(1)?);
    let is_outside =
        |number: Decimal| low.is_some_and(|low| number < low) || high.is_some_and(|high| number > high);
    Ok(Value::Bool(number(&input)?.is_some_and(is_outside)))
}

fn words(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    if values.is_empty() {
        return Ok(Ready::Nothing);
    }
    let pair = super::one_text(filter, values)?;
    match pair.split_once('/') {
        Some((yes, no)) if !yes.is_empty() && !no.is_empty() && yes != no && !no.contains('/') => {
            Ok(Ready::Words(Arc::from(yes), Arc::from(no)))
        }
        _ => Err(bad_argument(filter, &pair)),
    }
}

fn boolean(input: Value, call: &Call<'_>) -> Outcome {
    let complaint = |written: &str| {
        let complaint = Complaint::new("Q3208").found(written);
        complaint.fact(
            "words",
            match call.ready {
                Ready::Words(yes, no) => format!("{yes}/{no}"),
                _ => "0/1, 是/否, 有/无, Y/N, true/false, √/×".to_owned(),
            },
        )
    };
    let written = match &input {
        Value::Bool(_) => return Ok(input),
        // MySQL's BIT(1).
        Value::Bytes(bytes) if bytes.len() == 1 && bytes[0] <= 1 => {
            Cow::Borrowed(["0", "1"][usize::from(bytes[0])])
        }
        other => call.written(other)?,
    };
    let narrowed = narrow(trim(&written));
    let answer = match (call.ready, narrowed.as_ref()) {
        (_, "") => return Ok(Value::Null),
        (Ready::Words(yes, _), word) if yes.as_ref() == word => Some(true),
        (Ready::Words(_, no), word) if no.as_ref() == word => Some(false),
        (Ready::Words(..), _) => None,
        (_, word) => match word.to_ascii_lowercase().as_str() {
            "1" | "是" | "有" | "y" | "yes" | "t" | "true" | "√" | "✓" | "✔" => Some(true),
            "0" | "否" | "无" | "n" | "no" | "f" | "false" | "×" | "✗" | "✘" => Some(false),
            _ => None,
        },
    };
    answer.map(Value::Bool).ok_or_else(|| complaint(&written))
}
