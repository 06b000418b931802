//! Texts: white space, case, width, parts and tests.

use regex::RegexBuilder;

use super::{Call, Filter, Ready, bad_argument, keep};
use crate::codes::{narrow as half_width, trim as without_blanks};
use crate::expression::operators::{self, TEXT_BYTES_MAX};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("text", text).says(
            "转为文本：去掉首尾空白和控制字符；空文本变为空值。",
            "As text, without white space at the ends and without control characters; an empty text becomes null.",
            &[
                ("'　高精度协作机器人 ' | text", "\"高精度协作机器人\""),
                ("17 | text", "\"17\""),
                ("'  ' | text", "null"),
                ("['a'] | text", "Q3102"),
            ],
        ),
        Filter::plain("trim", trim).says(
            "去掉首尾空白。",
            "Without white space at the ends.",
            &[("' 甲 ' | trim", "\"甲\""), ("'' | trim", "\"\"")],
        ),
        Filter::plain("lower", lower).says(
            "字母变小写。",
            "In lower case.",
            &[("'ABC' | lower", "\"abc\"")],
        ),
        Filter::plain("upper", upper).says(
            "字母变大写。",
            "In upper case.",
            &[("'abc' | upper", "\"ABC\"")],
        ),
        Filter::plain("narrow", narrow).says(
            "全角字母、数字、标点变半角。",
            "Full-width letters, digits and punctuation become half-width.",
            &[
                ("'ＡＢ（１）' | narrow", "\"AB(1)\""),
                ("'Ｃ２６１４，软件' | narrow", "\"C2614,软件\""),
            ],
        ),
        Filter::plain("null_words", null_words).takes("null_words | null_words('未填', …)", 0..=20).says(
            "无、暂无、不详、空、不适用、-、—、*、/、N/A、NULL 和空文本变为空值；可再列别的词，列出 '0' 时各种写法的零也算（如 0 表示面议）。",
            "无, 暂无, 不详, 空, 不适用, -, —, *, /, N/A, NULL and the empty text become null; more words may be listed, and with '0' any writing of zero goes too (as where 0 means 面议).",
            NULL_WORDS_EXAMPLES,
        ),
        Filter { sees_null: true, ..Filter::plain("default", default) }.takes("default(x)", 1..=1).says(
            "空值换成 x。",
            "x in place of null.",
            &[("none | default('未知')", "\"未知\""), ("'甲' | default('未知')", "\"甲\"")],
        ),
        Filter::plain("replace", replace).takes("replace(a, b)", 2..=2).says(
            "把文本中的每个 a 换成 b。",
            "Every a in the text becomes b.",
            &[("'一；二' | replace('；', ';')", "\"一;二\"")],
        ),
        Filter::plain("substr", substr).takes("substr(n) | substr(from, n)", 1..=2).says(
            "前 n 个字；或从第 from 个字（从 0 数）起的 n 个字。",
            "The first n characters, or n characters beginning at character `from`, counted from 0.",
            &[
                ("'高精度机器人' | substr(3)", "\"高精度\""),
                ("'370303' | substr(4, 2)", "\"03\""),
                ("'C2614' | substr(1, 4)", "\"2614\""),
                ("'甲' | substr(-1)", "Q3102"),
            ],
        ),
        Filter::plain("contains", contains).takes("contains(x)", 1..=1).says(
            "文本含有 x，或列表中有 x。",
            "Whether the text contains x, or the list has it.",
            &[("'绝密级' | contains('密')", "true"), ("['a', 'b'] | contains('c')", "false")],
        ),
        Filter::plain("starts_with", starts_with).takes("starts_with(x)", 1..=1).says(
            "文本以 x 开头。",
            "Whether the text starts with x.",
            &[("'ZL2021' | starts_with('ZL')", "true")],
        ),
        Filter::plain("matches", matches).takes("matches('regex')", 1..=1).prepared(pattern).says(
            "文本中有符合正则表达式的一段；要整段符合，用 ^ 和 $。",
            "Whether the regular expression matches somewhere in the text; ^ and $ tie it to the ends.",
            &[
                ("'370303' | matches('^[0-9]{6}$')", "true"),
                ("'精度 20 微米' | matches('[0-9０-９]')", "true"),
                ("'x' | matches('[')", "Q3005"),
            ],
        ),
    ]
}

const NULL_WORDS_EXAMPLES: &[(&str, &str)] = &[
    ("'暂无' | null_words", "null"),
    ("'无。' | null_words", "null"),
    ("'不详' | null_words", "null"),
    ("'空' | null_words", "null"),
    ("'--' | null_words", "null"),
    ("'———' | null_words", "null"),
    ("'*' | null_words", "null"),
    ("'Ｎ／Ａ' | null_words", "null"),
    ("'无锡' | null_words", "\"无锡\""),
    ("'未填' | null_words('未填')", "null"),
    ("0 | null_words", "0"),
    ("0 | null_words('0')", "null"),
    ("'000000' | null_words('0')", "null"),
    ("'0.00' | null_words('0') | money('万元')", "null"),
    ("'1050' | null_words('0')", "\"1050\""),
];

fn text(input: Value, call: &Call<'_>) -> Outcome {
    let written = match &input {
        Value::Bool(_) | Value::Date(_) | Value::DateTime(_) => return Ok(Value::text(input.to_string())),
        other => call.written(other)?,
    };
    let trimmed = without_blanks(&written);
    if trimmed.is_empty() {
        return Ok(Value::Null);
    }
    let is_noise = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let changed = if trimmed.contains(is_noise) {
        let clean: String = trimmed.chars().filter(|c| !is_noise(*c)).collect();
        match without_blanks(&clean) {
            "" => return Ok(Value::Null),
            clean => Some(clean.to_owned()),
        }
    } else {
        (trimmed.len() != written.len() || !matches!(input, Value::Text(_))).then(|| trimmed.to_owned())
    };
    Ok(keep(input, changed))
}

fn trim(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let trimmed = without_blanks(&written);
    let changed =
        (trimmed.len() != written.len() || !matches!(input, Value::Text(_))).then(|| trimmed.to_owned());
    Ok(keep(input, changed))
}

fn lower(input: Value, call: &Call<'_>) -> Outcome {
    call.written(&input).map(|written| Value::text(written.to_lowercase()))
}

fn upper(input: Value, call: &Call<'_>) -> Outcome {
    call.written(&input).map(|written| Value::text(written.to_uppercase()))
}

fn narrow(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let changed = match half_width(&written) {
        std::borrow::Cow::Borrowed(_) if matches!(input, Value::Text(_)) => None,
        narrowed => Some(narrowed.into_owned()),
    };
    Ok(keep(input, changed))
}

fn null_words(input: Value, call: &Call<'_>) -> Outcome {
    let written = match &input {
        Value::Text(text) => half_width(text),
        // A number is not given only where the route says so.
        Value::Int(_) | Value::Decimal(_) => std::borrow::Cow::Owned(input.to_string()),
        _ => return Ok(input),
    };
    let word = without_blanks(&written);
    let is_zero = |word: &str| word.contains('0') && word.chars().all(|c| matches!(c, '0' | '.' | ','));
    let is_listed = || {
        call.arguments.iter().map(ToString::to_string).any(|listed| {
            half_width(&listed) == word || (is_zero(&listed) && listed.len() == 1 && is_zero(word))
        })
    };
    let is_null = matches!(input, Value::Text(_)) && says_nothing(word) || is_listed();
    Ok(if is_null { Value::Null } else { input })
}

/// Nothing but strokes, or a word for nothing.
fn says_nothing(word: &str) -> bool {
    let word = word.trim_end_matches(['。', '.']);
    word.chars().all(|c| matches!(c, '-' | '—' | '–' | '―' | '*' | '/' | '\\' | '_'))
        || matches!(word, "无" | "暂无" | "没有" | "空" | "不详" | "不适用" | "(空)" | "(无)")
        || ["n/a", "null", "(null)", "none", "nil", "undefined"]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
}

fn default(input: Value, call: &Call<'_>) -> Outcome {
    Ok(if input.is_null() { call.arguments.first().cloned().unwrap_or_default() } else { input })
}

fn replace(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let (old, new) = (call.text(0)?, call.text(1)?);
    if old.is_empty() {
        return Err(call.unfit(&call.arguments[0], "text"));
    }
    // What comes out is computed before it is built: a long replacement of a short part multiplies.
    let times = written.matches(old).count();
    let length = (written.len() - times * old.len()).saturating_add(times.saturating_mul(new.len()));
    if length > TEXT_BYTES_MAX {
        return Err(Complaint::new("Q3108").fact("bytes", length).fact("limit", TEXT_BYTES_MAX));
    }
    let changed = (times > 0 || !matches!(input, Value::Text(_))).then(|| written.replace(old, new));
    Ok(keep(input, changed))
}

fn substr(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    let place = |index| {
        let number = call.whole(index)?;
        usize::try_from(number).map_err(|_| call.unfit(&Value::Int(number), "int ≥ 0"))
    };
    let (from, count) = match call.arguments.len() {
        1 => (0, place(0)?),
        _ => (place(0)?, place(1)?),
    };
    Ok(Value::text(written.chars().skip(from).take(count).collect::<String>()))
}

fn contains(input: Value, call: &Call<'_>) -> Outcome {
    let wanted = call.arguments.first().unwrap_or(&Value::Null);
    let answer = operators::contains(&input, wanted)?;
    Ok(answer.map_or(Value::Null, Value::Bool))
}

fn starts_with(input: Value, call: &Call<'_>) -> Outcome {
    Ok(Value::Bool(call.written(&input)?.starts_with(call.text(0)?)))
}

/// Compiled patterns may take this many bytes: enough for any identifier's form.
const PATTERN_BYTES_MAX: usize = 1 << 18;

fn pattern(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    let pattern = super::one_text(filter, values)?;
    RegexBuilder::new(&pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_BYTES_MAX)
        .build()
        .map(Ready::Pattern)
        .map_err(|_| bad_argument(filter, &pattern))
}

fn matches(input: Value, call: &Call<'_>) -> Outcome {
    let written = call.written(&input)?;
    match call.ready {
        Ready::Pattern(pattern) => Ok(Value::Bool(pattern.is_match(&written))),
        _ => Err(bad_argument(call.filter, "…")),
    }
}
