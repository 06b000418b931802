//! Bytes as text and back: hex, base64, percent signs, character sets.

use encoding_rs::{Encoding, UTF_8};

use super::{Call, Filter, Ready, bad_argument};
use crate::crypto::{self, Percent};
use crate::expression::operators::{TEXT_BYTES_MAX, bounded};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::plain("hex", |input, call| written(&input, call, 2, crypto::hex)).says(
            "字节写成小写十六进制；要大写再加 upper。文本按 UTF-8。",
            "Bytes as lower-case hex; add upper for capitals. Text counts as its UTF-8.",
            &[("'山东' | hex", "\"e5b1b1e4b89c\""), ("'山' | hex | upper", "\"E5B1B1\"")],
        ),
        Filter::plain("from_hex", |input, call| read(&input, call, crypto::from_hex)).says(
            "十六进制文本变字节，大小写都认。",
            "Bytes from hex of any case.",
            &[("'E5B1b1' | from_hex | text", "\"山\""), ("'e5b' | from_hex", "Q3153")],
        ),
        Filter::plain("base64", |input, call| written(&input, call, 2, crypto::base64)).says(
            "字节写成 base64。",
            "Bytes as base64.",
            &[("'山东' | base64", "\"5bGx5Lic\""), ("'~~~?' | base64", "\"fn5+Pw==\"")],
        ),
        Filter::plain("from_base64", |input, call| read(&input, call, crypto::from_base64)).says(
            "base64 文本变字节；中间换行、末尾缺等号都不要紧。",
            "Bytes from base64; line breaks inside and a missing = do not matter.",
            &[("'5bGx5Lic' | from_base64 | text", "\"山东\""), ("'fn5-Pw' | from_base64", "Q3154")],
        ),
        Filter::plain("base64url", |input, call| written(&input, call, 2, crypto::base64url)).says(
            "字节写成网址用的 base64：- 和 _，末尾没有等号。",
            "Bytes as base64 for addresses: with - and _, without =.",
            &[("'~~~?' | base64url", "\"fn5-Pw\"")],
        ),
        Filter::plain("from_base64url", |input, call| read(&input, call, crypto::from_base64url)).says(
            "网址用的 base64 文本变字节。",
            "Bytes from base64 for addresses.",
            &[("'fn5-Pw' | from_base64url | text", "\"~~~?\""), ("'fn5+Pw' | from_base64url", "Q3154")],
        ),
        Filter::plain("url_encode", url_encode).takes("url_encode | url_encode('form')", 0..=1).prepared(style).says(
            "百分号编码：字母、数字和 -._~ 以外都编，空格作 %20；'form' 照表单编，空格作 +。要别的字符集，先用 bytes。",
            "Percent-encoded: all but letters, digits and -._~, a blank as %20; 'form' as forms do it, a blank as +. For another character set put bytes before it.",
            &[
                ("'a b+山' | url_encode", "\"a%20b%2B%E5%B1%B1\""),
                ("'a b+山' | url_encode('form')", "\"a+b%2B%E5%B1%B1\""),
                ("'山' | bytes('gbk') | url_encode", "\"%C9%BD\""),
                ("'a' | url_encode('path')", "Q3005"),
            ],
        ),
        Filter::plain("url_decode", url_decode).takes("url_decode | url_decode('form')", 0..=1).prepared(style).says(
            "百分号编码还原成字节；'form' 把 + 还原成空格。",
            "The bytes behind percent signs; with 'form' + is a blank.",
            &[
                ("'a+b%20%E5%B1%B1' | url_decode | text", "\"a+b 山\""),
                ("'a+b' | url_decode('form') | text", "\"a b\""),
                ("'%C9%BD' | url_decode | text_of('gbk')", "\"山\""),
                ("'5%' | url_decode", "Q3163"),
            ],
        ),
        Filter::plain("bytes", bytes).takes("bytes | bytes('gbk')", 0..=1).prepared(charset).says(
            "文本变字节，默认 UTF-8；字符集里没有的字报错，不用问号代替。",
            "A text's bytes, in UTF-8 if nothing else is named; a character that the set lacks is a complaint, never a question mark.",
            &[
                ("'山东' | bytes('gbk') | hex", "\"c9bdb6ab\""),
                ("'山' | bytes | hex", "\"e5b1b1\""),
                ("'𠮷' | bytes('gbk')", "Q3161"),
                ("'山' | bytes('gb')", "Q3005"),
            ],
        ),
        Filter::plain("text_of", text_of).takes("text_of | text_of('gbk')", 0..=1).prepared(charset).says(
            "字节读成文本，默认 UTF-8，一个字符也不去掉（text 会去空白）。",
            "Bytes read as text, in UTF-8 if nothing else is named; nothing is trimmed, as text would.",
            &[
                ("'c9bdb6ab' | from_hex | text_of('gbk')", "\"山东\""),
                ("'e5b1b120' | from_hex | text_of", "\"山 \""),
                ("'ff' | from_hex | text_of", "Q3162"),
            ],
        ),
        Filter::plain("keep_prefix", |input, call| cut(input, call, true)).takes("keep_prefix(n)", 1..=1).says(
            "前 n 个字节，文本则是前 n 个字；不足 n 个报错。",
            "The first n bytes, or characters of a text; fewer are a complaint.",
            &[("'0011223344' | from_hex | keep_prefix(2)", "\"0011\""), ("'ab' | keep_prefix(3)", "Q3166")],
        ),
        Filter::plain("drop_prefix", |input, call| cut(input, call, false)).takes("drop_prefix(n)", 1..=1).says(
            "去掉前 n 个字节，文本则是前 n 个字；例如去掉 SM2 密文开头的 04。不足 n 个报错。",
            "Without the first n bytes, or characters of a text, such as the 04 of an SM2 cipher text; fewer are a complaint.",
            &[("'04aabb' | from_hex | drop_prefix(1)", "\"aabb\""), ("'' | drop_prefix(1)", "Q3166")],
        ),
    ]
}

/// Bytes as text that is at most `growth` times as long.
fn written(input: &Value, call: &Call<'_>, growth: usize, write: fn(&[u8]) -> String) -> Outcome {
    let bytes = call.bytes(input)?;
    let length = bytes.len().saturating_mul(growth);
    if length > TEXT_BYTES_MAX {
        return Err(Complaint::new("Q3108").fact("bytes", length).fact("limit", TEXT_BYTES_MAX));
    }
    Ok(Value::text(write(&bytes)))
}

fn read(input: &Value, call: &Call<'_>, read: fn(&str) -> Result<Vec<u8>, Complaint>) -> Outcome {
    let text = call.written(input)?;
    read(&text).map(|bytes| Value::Bytes(bytes.into())).map_err(|complaint| call.named(complaint))
}

fn style(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    match values {
        [] => Ok(Ready::Nothing),
        [Value::Text(word)] if word.as_ref() == "form" => Ok(Ready::Form),
        [other, ..] => Err(bad_argument(filter, other)),
    }
}

fn percent(call: &Call<'_>) -> Percent {
    if matches!(call.ready, Ready::Form) { Percent::Form } else { Percent::Address }
}

fn url_encode(input: Value, call: &Call<'_>) -> Outcome {
    let encode = match percent(call) {
        Percent::Address => |bytes: &[u8]| crypto::percent(bytes, Percent::Address),
        Percent::Form => |bytes: &[u8]| crypto::percent(bytes, Percent::Form),
    };
    written(&input, call, 3, encode)
}

fn url_decode(input: Value, call: &Call<'_>) -> Outcome {
    let text = call.written(&input)?;
    crypto::from_percent(&text, percent(call)).map(|bytes| Value::Bytes(bytes.into()))
}

fn charset(filter: &'static Filter, values: &[Value]) -> Result<Ready, Complaint> {
    if values.is_empty() {
        return Ok(Ready::Charset(UTF_8));
    }
    let name = super::one_text(filter, values)?;
    crypto::charset(&name).map(Ready::Charset).ok_or_else(|| bad_argument(filter, &name))
}

fn chosen(call: &Call<'_>) -> &'static Encoding {
    if let Ready::Charset(charset) = call.ready { charset } else { UTF_8 }
}

fn bytes(input: Value, call: &Call<'_>) -> Outcome {
    if let Value::Bytes(_) = input {
        return Ok(input);
    }
    let text = call.written(&input)?;
    let bytes = crypto::to_charset(&text, chosen(call)).map_err(|complaint| call.named(complaint))?;
    Ok(Value::Bytes(bytes.into_owned().into()))
}

fn text_of(input: Value, call: &Call<'_>) -> Outcome {
    let Value::Bytes(bytes) = &input else { return call.written(&input).map(|text| Value::text(&*text)) };
    let text = crypto::from_charset(bytes, chosen(call)).map_err(|complaint| call.named(complaint))?;
    bounded(text.into_owned())
}

fn cut(input: Value, call: &Call<'_>, is_kept: bool) -> Outcome {
    let number = call.whole(0)?;
    let count = usize::try_from(number).map_err(|_| call.unfit(&Value::Int(number), "int ≥ 0"))?;
    let short =
        |length: usize| call.named(Complaint::new("Q3166").fact("wanted", count).fact("length", length));
    if let Value::Bytes(bytes) = &input {
        let (head, tail) = bytes.split_at_checked(count).ok_or_else(|| short(bytes.len()))?;
        return Ok(Value::Bytes(if is_kept { head } else { tail }.into()));
    }
    let text = call.written(&input)?;
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let end = ends.clone().nth(count).ok_or_else(|| short(ends.count() - 1))?;
    let (head, tail) = text.split_at(end);
    Ok(Value::text(if is_kept { head } else { tail }))
}
