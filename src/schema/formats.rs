//! The formats that a schema may ask for, and what exactly is wrong with a text that misses one.

use crate::record::{patent_check, uscc_check};

/// Every `format` a schema file may name.
pub(super) const FORMATS: [&str; 10] =
    ["uscc", "cn-patent", "cn-phone", "region-code", "decimal", "date", "date-time", "email", "uri", "time"];

/// Those of [`FORMATS`] that are checked here; the others are JSON Schema's own.
pub(super) const OURS: [&str; 6] = ["uscc", "cn-patent", "cn-phone", "region-code", "decimal", "email"];

/// Why a text misses its format: a complaint's id and the facts for its words.
pub(super) type Miss = (&'static str, Vec<(&'static str, String)>);

/// Shape: `None` if the text is well formed, and for a format that is not one of [`OURS`].
pub(super) fn miss(format: &str, text: &str) -> Option<Miss> {
    match format {
        "uscc" => uscc(text),
        "cn-patent" => patent(text),
        "cn-phone" => phone(text),
        "region-code" => (!is_region(text)).then(|| plain("Q4423")),
        "decimal" => (!is_decimal(text)).then(|| plain("Q4426")),
        "email" => (!is_email(text)).then(|| plain("Q4424")),
        _ => None,
    }
}

/// The complaint about a text that misses one of JSON Schema's own formats.
pub(super) fn general(format: &str) -> Miss {
    match format {
        "date" => plain("Q4425"),
        "date-time" | "time" => ("Q4428", vec![("format", format.to_owned())]),
        "uri" => plain("Q4427"),
        other => ("Q4429", vec![("format", other.to_owned())]),
    }
}

fn plain(id: &'static str) -> Miss {
    (id, Vec::new())
}

/// Source: GB 32100-2015.
fn uscc(text: &str) -> Option<Miss> {
    let length = text.chars().count();
    if length != 18 {
        return Some(("Q4401", vec![("length", length.to_string())]));
    }
    let allowed = |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"IOSVZ".contains(c));
    if let Some(character) = text.chars().find(|c| !allowed(*c)) {
        return Some(("Q4402", vec![("character", character.to_string())]));
    }
    // All eighteen are ASCII here, so that bytes are characters.
    let check = uscc_check(&text[..17])?;
    (!text.ends_with(check)).then(|| ("Q4403", vec![("last", text[17..].to_owned())]))
}

/// `ZL`, eight or twelve digits, a dot and the check character. Source: ZC 0006-2003.
fn patent(text: &str) -> Option<Miss> {
    let is_publication = text.strip_prefix("CN").is_some_and(|rest| {
        rest.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
            && rest.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with(['A', 'B', 'C', 'U', 'Y', 'S'])
    });
    if is_publication {
        return Some(plain("Q4411"));
    }
    let Some((number, check)) = text.strip_prefix("ZL").and_then(|rest| rest.split_once('.')) else {
        return Some(plain("Q4412"));
    };
    let year_and_kind = match number.len() {
        12 if number.starts_with("19") || number.starts_with("20") => number.as_bytes().get(4),
        8 => number.as_bytes().get(2),
        _ => None,
    };
    match (patent_check(number), year_and_kind) {
        (Some(right), Some(b'1' | b'2' | b'3' | b'8' | b'9')) => {
            (check != right.to_string()).then(|| ("Q4413", vec![("last", check.to_owned())]))
        }
        _ => Some(plain("Q4412")),
    }
}

/// A mobile number, a landline with its area code, or a 400 or 800 number; an extension after `-`.
fn phone(text: &str) -> Option<Miss> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mobile = text.len() == 11
        && digits(text)
        && text.starts_with('1')
        && text.as_bytes().get(1).is_some_and(|second| *second >= b'3');
    let parts: Vec<&str> = text.split('-').collect();
    let landline = |area: &str, number: &str| {
        area.starts_with('0') && matches!(area.len(), 3 | 4) && matches!(number.len(), 7 | 8)
    };
    let service =
        |joined: &str| joined.len() == 10 && (joined.starts_with("400") || joined.starts_with("800"));
    let written = parts.iter().all(|part| digits(part) && !part.is_empty());
    let fixed = written
        && match parts.as_slice() {
            [area, number] => landline(area, number) || service(&parts.concat()),
            [area, number, extension] => {
                (landline(area, number) && extension.len() <= 6) || service(&parts.concat())
            }
            [joined] => service(joined),
            _ => false,
        };
    if !mobile && !fixed {
        return Some(plain("Q4421"));
    }
    // 13800000000 and 0533-0000000 are what people type to get past a form.
    let number = if mobile { &text[3..] } else { parts.get(1).copied().unwrap_or(text) };
    let filler = number.bytes().all(|byte| Some(byte) == number.bytes().next());
    (filler && number.len() >= 7).then(|| plain("Q4422"))
}

/// Six digits of which the first two are a province's. Source: GB/T 2260-2007.
fn is_region(text: &str) -> bool {
    text.len() == 6
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(
            &text[..2],
            "11" | "12"
                | "13"
                | "14"
                | "15"
                | "21"
                | "22"
                | "23"
                | "31"
                | "32"
                | "33"
                | "34"
                | "35"
                | "36"
                | "37"
                | "41"
                | "42"
                | "43"
                | "44"
                | "45"
                | "46"
                | "50"
                | "51"
                | "52"
                | "53"
                | "54"
                | "61"
                | "62"
                | "63"
                | "64"
                | "65"
                | "71"
                | "81"
                | "82"
        )
}

/// Digits with at most one dot inside and perhaps a minus; no exponent, no separators, no leading zeros.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// One `@` between a name and a host with a dot. Narrower than RFC 5321: nobody at a market writes the rest.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let good = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let labels: Vec<&str> = host.split('.').collect();
    let named = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    !name.is_empty() && name.chars().all(good) && labels.len() >= 2 && labels.iter().all(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_says_what_exactly_is_wrong() {
        let rows = [
            ("uscc", "91370303MA00000AAU", ""),
            ("uscc", "12370300000000001C", ""),
            ("uscc", "9137030", "Q4401"),
            ("uscc", "370303000012345", "Q4401"),
            ("uscc", "91370303ma00000aau", "Q4402"),
            ("uscc", "9137O303MA00000AAU", "Q4402"),
            ("uscc", "９1370303MA00000AAU", "Q4402"),
            ("uscc", "91370303MA00000AAT", "Q4403"),
            ("cn-patent", "ZL202110123456.7", ""),
            ("cn-patent", "ZL98100001.0", ""),
            ("cn-patent", "ZL200410033864.X", ""),
            ("cn-patent", "ZL202110123456.8", "Q4413"),
            ("cn-patent", "ZL202110123456", "Q4412"),
            ("cn-patent", "202110123456.7", "Q4412"),
            ("cn-patent", "ZL202150123456.7", "Q4412"),
            ("cn-patent", "CN112345678A", "Q4411"),
            ("cn-patent", "CN112345678B2", "Q4411"),
            ("cn-patent", "申请中", "Q4412"),
            ("cn-patent", "", "Q4412"),
            ("cn-phone", "13953312345", ""),
            ("cn-phone", "0533-2300123", ""),
            ("cn-phone", "0533-2300123-8012", ""),
            ("cn-phone", "010-62345678", ""),
            ("cn-phone", "400-123-4567", ""),
            ("cn-phone", "4001234567", ""),
            ("cn-phone", "2300123", "Q4421"),
            ("cn-phone", "12812345678", "Q4421"),
            ("cn-phone", "1395331234", "Q4421"),
            ("cn-phone", "王建国", "Q4421"),
            ("cn-phone", "", "Q4421"),
            ("cn-phone", "-", "Q4421"),
            ("cn-phone", "11111111111", "Q4421"),
            ("cn-phone", "13800000000", "Q4422"),
            ("cn-phone", "0533-0000000", "Q4422"),
            ("region-code", "370303", ""),
            ("region-code", "3703", "Q4423"),
            ("region-code", "990303", "Q4423"),
            ("region-code", "淄博", "Q4423"),
            ("decimal", "120.0000", ""),
            ("decimal", "-0.5", ""),
            ("decimal", "0", ""),
            ("decimal", "1,200", "Q4426"),
            ("decimal", "1e6", "Q4426"),
            ("decimal", "012", "Q4426"),
            ("decimal", ".5", "Q4426"),
            ("decimal", "5.", "Q4426"),
            ("decimal", "面议", "Q4426"),
            ("email", "zhang.san@sdut.edu.cn", ""),
            ("email", "zhang@qq", "Q4424"),
            ("email", "张三@qq.com", "Q4424"),
            ("email", "a@b@c.cn", "Q4424"),
            ("email", "a@-b.cn", "Q4424"),
            ("date", "nonsense", ""),
        ];
        for (format, text, expect) in rows {
            assert_eq!(miss(format, text).map_or("", |(id, _)| id), expect, "{format} {text}");
        }
    }
}
