//! The formats and keywords of the schema files that JSON Schema itself does not know.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jsonschema::{Draft, Keyword, ValidationError, Validator};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::record::{patent_check, uscc_check};

/// A validator that knows `uscc`, `cn-patent`, `cn-phone`, `region-code`, `decimal`, `x-code-table`,
/// `x-max-bytes` and `x-decimal`.
pub fn build(schema: &Value, tables: &HashMap<String, Arc<HashSet<String>>>) -> anyhow::Result<Validator> {
    let tables = tables.clone();
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("uscc", is_uscc)
        .with_format("cn-patent", is_patent)
        .with_format("cn-phone", is_phone)
        .with_format("region-code", is_region)
        .with_format("decimal", is_decimal)
        .with_keyword("x-code-table", move |_, value, _| {
            let name = value.as_str().unwrap_or_default();
            let codes = tables.get(name).cloned();
            let codes =
                codes.ok_or_else(|| ValidationError::custom(format!("there is no code table {name}")))?;
            Ok(Box::new(Test(move |text: &str| codes.contains(text))))
        })
        .with_keyword("x-max-bytes", |_, value, _| {
            let limit = value["value"].as_u64().unwrap_or(u64::MAX);
            let gbk = value["charset"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("gbk"));
            Ok(Box::new(Test(
                move |text: &str| if gbk { gbk_bytes(text) } else { text.len() as u64 } <= limit,
            )))
        })
        .with_keyword("x-decimal", |_, value, _| {
            let bounds =
                Bounds::read(value).map_err(|error| ValidationError::custom(format!("{error:#}")))?;
            Ok(Box::new(Test(move |text: &str| bounds.hold(text))))
        })
        .build(schema)
        .map_err(|error| anyhow!("the schema does not compile at {}: {error}", error.schema_path()))
}

/// A keyword that looks at texts and lets everything else pass.
struct Test<F>(F);

impl<'i, F: Fn(&str) -> bool + Send + Sync + 'static> Keyword<'i> for Test<F> {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if Keyword::<'i>::is_valid(self, instance) { Ok(()) } else { Err(ValidationError::custom("refused")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(&self.0)
    }
}

struct Bounds {
    scale: u32,
    minimum: Option<Decimal>,
    maximum: Option<Decimal>,
}

impl Bounds {
    fn read(value: &Value) -> anyhow::Result<Self> {
        let bound = |name: &str| -> anyhow::Result<Option<Decimal>> {
            let text = match &value[name] {
                Value::Null => return Ok(None),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Ok(Some(text.parse().with_context(|| format!("x-decimal: {name} is not a decimal: {text}"))?))
        };
        let scale = value["scale"].as_u64().and_then(|scale| u32::try_from(scale).ok()).unwrap_or(u32::MAX);
        Ok(Bounds { scale, minimum: bound("minimum")?, maximum: bound("maximum")? })
    }

    /// Text that is no decimal passes here: the format refuses it.
    fn hold(&self, text: &str) -> bool {
        let Ok(number) = text.parse::<Decimal>() else { return true };
        number.scale() <= self.scale
            && self.minimum.is_none_or(|minimum| number >= minimum)
            && self.maximum.is_none_or(|maximum| number <= maximum)
    }
}

/// Source: GB 32100-2015.
pub fn is_uscc(text: &str) -> bool {
    let mut chars = text.chars();
    let last = chars.next_back();
    last.is_some() && uscc_check(chars.as_str()) == last
}

/// Source: ZC 0006-2003; a grant number with its check character behind a point: `ZL202110123456.7`.
fn is_patent(text: &str) -> bool {
    let number = text.strip_prefix("ZL").unwrap_or(text);
    let Some((number, check)) = number.split_once('.') else { return false };
    patent_check(number).is_some_and(|expect| check.chars().eq([expect]))
}

/// A mobile number, or a landline with its area code, or a 400/800 service number.
fn is_phone(text: &str) -> bool {
    let digits = |text: &str, lengths: &[usize]| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(text, &[11]) && text.starts_with('1') {
        return matches!(text.as_bytes()[1], b'3'..=b'9');
    }
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [whole] => digits(whole, &[10, 11, 12]) && (whole.starts_with('0') || is_service(whole)),
        [area, number] => area.starts_with('0') && digits(area, &[3, 4]) && digits(number, &[7, 8]),
        [area, number, extension] if area.starts_with('0') => {
            digits(area, &[3, 4]) && digits(number, &[7, 8]) && digits(extension, &[1, 2, 3, 4, 5, 6])
        }
        [first, middle, last] => is_service(first) && digits(middle, &[3, 4]) && digits(last, &[3, 4]),
        _ => false,
    }
}

fn is_service(text: &str) -> bool {
    text.starts_with("400") || text.starts_with("800")
}

/// Source: GB/T 2260; whether the code exists is the code table's question.
fn is_region(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

fn is_decimal(text: &str) -> bool {
    let body = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && text.parse::<Decimal>().is_ok()
}

/// One byte for ASCII, two for what GBK holds, four (GB 18030) for what lies beyond the Basic Multilingual Plane.
fn gbk_bytes(text: &str) -> u64 {
    let bytes = |c: char| if c.is_ascii() { 1 } else { 2 * (1 + u64::from(c as u32 > 0xffff)) };
    text.chars().map(bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_take_the_right_and_refuse_the_wrong() {
        type Format = fn(&str) -> bool;
        let rows: [(&str, Format, &[&str], &[&str]); 5] = [
            (
                "uscc",
                is_uscc,
                &["91370303MA00000AAU"],
                &["", "91370303MA00000AAX", "91370303ma00000aau", "企业"],
            ),
            (
                "cn-patent",
                is_patent,
                &["ZL202110123456.7", "ZL98100001.0", "202110100009.X"],
                &["", "ZL202110123456", "ZL202110123456.8", "ZL202110123456.77", "CN110123456A"],
            ),
            (
                "cn-phone",
                is_phone,
                &["13812345678", "0533-2345678", "010-12345678-123", "05332345678", "400-123-4567"],
                &["", "12812345678", "1381234567", "2345678", "0533-234567", "电话0533"],
            ),
            ("region-code", is_region, &["370303"], &["3703", "070303", "37030a", "370303000000"]),
            (
                "decimal",
                is_decimal,
                &["0", "0.5", "-3", "307.5000"],
                &["", ".5", "5.", "05", "1e3", "1,000", "+1", "一"],
            ),
        ];
        for (name, format, right, wrong) in rows {
            right.iter().for_each(|text| assert!(format(text), "{name} takes {text}"));
            wrong.iter().for_each(|text| assert!(!format(text), "{name} refuses {text}"));
        }
    }

    #[test]
    fn gbk_counts_two_bytes_for_a_character_outside_ascii() {
        assert_eq!(gbk_bytes("10微米"), 6);
        assert_eq!(gbk_bytes("𠮷"), 4);
    }
}
