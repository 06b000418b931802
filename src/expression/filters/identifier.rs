//! Phones, credit codes and patent numbers: one way of writing each. Whether a number is genuine is the
//! schema's question.

use super::{Call, Filter};
use crate::codes::{narrow, trim};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("phone", phone).says(
            "一个电话：手机去掉 +86、空格和横线；固定电话写成 区号-号码[-分机]；“电话：”一类的字和括号里的说明去掉。",
            "One phone: mobiles without +86, spaces and hyphens; landlines as area-number[-extension]; labels such as 电话： and remarks in brackets go.",
            &[
                ("'+86 138-1234-5678' | phone", "\"13812345678\""),
                ("13812345678 | phone", "\"13812345678\""),
                ("'（0533）2345678' | phone", "\"0533-2345678\""),
                ("'0533-2345678转801' | phone", "\"0533-2345678-801\""),
                ("'0533-2345678 分机801' | phone", "\"0533-2345678-801\""),
                ("'手机：１３８ １２３４ ５６７８（张经理）' | phone", "\"13812345678\""),
                ("'400-123-4567' | phone", "\"4001234567\""),
                ("'2345678' | phone", "Q3210"),
                ("'13812345678/13912345678' | phone", "Q3210"),
            ],
        ),
        Filter::plain("phones", phones).says(
            "一格里的若干电话，成为列表；只要一个时再接 first。",
            "The phones of one cell as a list; add first where one is wanted.",
            &[
                ("'13812345678/0533-2345678转801' | phones", "[\"13812345678\",\"0533-2345678-801\"]"),
                ("'13812345678 13912345678' | phones | first", "\"13812345678\""),
                ("'138 1234 5678' | phones", "[\"13812345678\"]"),
                ("'13812345678或2345678' | phones", "Q3210"),
            ],
        ),
        Filter::plain("uscc", uscc).says(
            "统一社会信用代码：变半角、大写，去掉空格和横线；错认的 O、I 不改成 0、1，留给校验报错。",
            "A unified social credit code: half-width, upper case, without spaces and hyphens; letters misread for digits (O, I) stay, for the schema to complain of.",
            &[
                ("'９１３７０３０３ma00000aau' | uscc", "\"91370303MA00000AAU\""),
                ("'9137 0303-MA00000AAU' | uscc", "\"91370303MA00000AAU\""),
                ("'9137O3O3MAI0000AAU' | uscc", "\"9137O3O3MAI0000AAU\""),
            ],
        ),
        Filter::plain("patent", patent).says(
            "一个专利号：写成 ZL202110123456.7。",
            "One patent number, written ZL202110123456.7.",
            &[
                ("'zl 2021 1 0123456.7' | patent", "\"ZL202110123456.7\""),
                ("'CN2021101234567' | patent", "\"ZL202110123456.7\""),
                ("'专利号：ZL200410033864.x' | patent", "\"ZL200410033864.X\""),
                ("'ＺＬ２０２２２０１２３４５６．７（实用新型）' | patent", "\"ZL202220123456.7\""),
                ("'981000010' | patent", "\"ZL98100001.0\""),
                ("'申请中' | patent", "Q3211"),
                ("'CN113456789A' | patent", "Q3211"),
            ],
        ),
        Filter::plain("patents", patents).says(
            "若干专利号，成为列表。",
            "Several patent numbers as a list.",
            &[
                (
                    "'ZL202110123456.7、zl 2022 2 0123456.7' | patents",
                    "[\"ZL202110123456.7\",\"ZL202220123456.7\"]",
                ),
                (
                    "'ZL202110123456.7 ZL202220123456.7' | patents",
                    "[\"ZL202110123456.7\",\"ZL202220123456.7\"]",
                ),
                ("'已授权3项' | patents", "Q3211"),
            ],
        ),
    ]
}

fn phone(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let narrowed = narrow(trim(&written));
    if narrowed.is_empty() {
        return Ok(Value::Null);
    }
    normal_phone(&narrowed).map(Value::text).ok_or_else(|| Complaint::new("Q3210").found(&written))
}

fn phones(input: Value, call: &Call<'_>) -> Outcome {
    several(&input, call, normal_phone, "Q3210")
}

/// Words before a number, and what people put before an extension.
const PHONE_LABELS: &[&str] =
    &["联系电话", "办公电话", "固定电话", "手机号", "手机", "电话", "固话", "座机", "办公", "tel"];
const EXTENSIONS: &[&str] = &["转分机", "分机号", "分机", "转", "ext.", "ext", "*", "#"];

fn normal_phone(text: &str) -> Option<String> {
    let text = unlabelled(text, PHONE_LABELS);
    // The parts between whatever people put between them.
    let is_gap = |c: char| matches!(c, '-' | '—' | '–' | '(' | ')' | '.' | '_') || c.is_whitespace();
    let split = EXTENSIONS.iter().find_map(|word| text.split_once(word));
    let (main, extension) = match split {
        Some((main, extension)) => (main, Some(extension.trim_matches(is_gap))),
        None => (text, None),
    };
    let main = main.trim().trim_start_matches('+');
    if !main.chars().all(|c| c.is_ascii_digit() || is_gap(c)) {
        return None;
    }
    let parts: Vec<&str> = main.split(is_gap).filter(|part| !part.is_empty()).collect();
    let all: String = parts.concat();
    let home = all.strip_prefix("0086").or_else(|| all.strip_prefix("86").filter(|rest| rest.len() >= 10));
    let number = home.unwrap_or(&all);
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if number.len() == 11 && number.starts_with('1') && extension.is_none() {
        return Some(number.to_owned());
    }
    if number.len() == 10 && (number.starts_with("400") || number.starts_with("800")) && extension.is_none() {
        return Some(number.to_owned());
    }
    // Area codes of 3 digits are 010 and 02x; behind +86 the zero is left out.
    let number =
        if home.is_some() && !number.starts_with('0') { format!("0{number}") } else { number.to_owned() };
    let area = if number.starts_with("01") || number.starts_with("02") { 3 } else { 4 };
    if !number.starts_with('0') || number.len() < area + 7 {
        return None;
    }
    let (area, local) = number.split_at(area);
    // `0533-2345678-801`: a last part of its own is an extension.
    let inner = parts.last().filter(|last| parts.len() >= 3 && last.len() <= 5 && extension.is_none());
    let (local, extension) = match inner {
        Some(last) => (local.strip_suffix(last)?, Some(*last)),
        None => (local, extension),
    };
    let right = digits(local, 7..=8) && extension.is_none_or(|extension| digits(extension, 1..=6));
    right.then(|| match extension {
        Some(extension) => format!("{area}-{local}-{extension}"),
        None => format!("{area}-{local}"),
    })
}

fn uscc(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '-' | '—' | '\u{feff}' | '\u{200b}');
    let needs_no_change = written.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if needs_no_change && !written.is_empty() && matches!(input, Value::Text(_)) {
        return Ok(input);
    }
    let code: String = narrow(&written).chars().filter(|c| !is_gap(*c)).collect();
    Ok(if code.is_empty() { Value::Null } else { Value::text(code.to_uppercase()) })
}

fn patent(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let narrowed = narrow(trim(&written));
    if narrowed.is_empty() {
        return Ok(Value::Null);
    }
    normal_patent(&narrowed).map(Value::text).ok_or_else(|| Complaint::new("Q3211").found(&written))
}

fn patents(input: Value, call: &Call<'_>) -> Outcome {
    several(&input, call, normal_patent, "Q3211")
}

/// A list of the numbers in a text. Errors: the complaint `id` for any part that is none.
fn several(input: &Value, call: &Call<'_>, normal: fn(&str) -> Option<String>, id: &str) -> Outcome {
    let written = call.written(input)?;
    let narrowed = narrow(trim(&written));
    let is_between =
        |c: char| matches!(c, ',' | ';' | '、' | '/' | '|' | '或' | '和' | '及' | '\n' | '\r' | '\t');
    let mut found = Vec::new();
    for part in narrowed.split(is_between).map(trim).filter(|part| !part.is_empty()) {
        // A space may stand inside a number or between two.
        if let Some(number) = normal(part) {
            found.push(Value::text(number));
            continue;
        }
        for word in part.split_whitespace() {
            match normal(word) {
                Some(number) => found.push(Value::text(number)),
                None => return Err(Complaint::new(id).found(part)),
            }
        }
    }
    Ok(if found.is_empty() { Value::Null } else { Value::List(found) })
}

/// Without one of the labels before it, its colon, and a remark in brackets at the end that holds no digit.
fn unlabelled<'t>(text: &'t str, labels: &[&str]) -> &'t str {
    let starts =
        |label: &&&str| text.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label));
    let length = labels.iter().find(starts).map_or(0, |label| label.len());
    let text = text[length..].trim_start_matches([':', '：']).trim();
    match text.strip_suffix(')').and_then(|inside| inside.rsplit_once('(')) {
        Some((number, remark)) if !remark.contains(|c: char| c.is_ascii_digit()) => number.trim_end(),
        _ => text,
    }
}

const PATENT_LABELS: &[&str] =
    &["专利申请号", "发明专利", "实用新型", "外观设计", "专利号", "申请号", "授权号"];

/// Source: ZC 0006-2003: 8 or 12 digits, a point, a check character.
fn normal_patent(text: &str) -> Option<String> {
    let text = unlabelled(text, PATENT_LABELS);
    let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let number = tight.strip_prefix("ZL").or_else(|| tight.strip_prefix("CN")).unwrap_or(&tight);
    let number = number.trim_start_matches(['.', ':']).replace(['.', '-', '·'], "");
    let (body, check) = number.split_at_checked(number.len().checked_sub(1)?)?;
    let right = matches!(body.len(), 8 | 12)
        && body.bytes().all(|byte| byte.is_ascii_digit())
        && check.bytes().all(|byte| byte.is_ascii_digit() || byte == b'X');
    right.then(|| format!("ZL{body}.{check}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_as_people_write_them() {
        let rows = [
            ("138 1234 5678", Some("13812345678")),
            ("0086-13812345678", Some("13812345678")),
            ("8613812345678", Some("13812345678")),
            ("0533-2345678", Some("0533-2345678")),
            ("05332345678", Some("0533-2345678")),
            ("+86-533-2345678", Some("0533-2345678")),
            ("0531 88881234", Some("0531-88881234")),
            ("010-62345678-12", Some("010-62345678-12")),
            ("023-62345678", Some("023-62345678")),
            ("0533-2345678转801", Some("0533-2345678-801")),
            ("800-820-1234", Some("8008201234")),
            ("138123456789", None),
            ("1381234567", None),
            ("0533", None),
            ("传真0533-2345678", None),
            ("--", None),
            ("转", None),
        ];
        for (given, expect) in rows {
            assert_eq!(normal_phone(given).as_deref(), expect, "{given}");
        }
    }

    #[test]
    fn a_patent_number_without_its_check_character_is_not_completed() {
        assert_eq!(normal_patent("ZL202110123456"), None);
        assert_eq!(normal_patent("200410033864x").as_deref(), Some("ZL200410033864.X"));
        assert_eq!(normal_patent("专"), None);
        assert_eq!(normal_patent(""), None);
    }
}
