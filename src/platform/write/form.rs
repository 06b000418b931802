//! `application/x-www-form-urlencoded`: fields in order, each percent-encoded in the charset.

use super::{Content, encode};
use crate::config::platform::{Charset, Format, Nulls, Writing};
use crate::record::Complaint;

/// Appends `name=value&name=value`.
///
/// Errors: Q7426 for what has no fields, Q7423 for a character that the charset does not have.
pub(super) fn write(content: &Content<'_>, writing: Writing, out: &mut Vec<u8>) -> Result<(), Complaint> {
    // What is a form already is not encoded again.
    if let Content::Payload(bytes, Format::Form) = content {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let start = out.len();
    let fields = content.each_field(&mut |name, field| {
        let Some(value) = field.text()?.or((writing.nulls != Nulls::Omit).then_some("".into())) else {
            return Ok(());
        };
        if out.len() > start {
            out.push(b'&');
        }
        let keeps = |byte: u8| is_kept(byte);
        out.extend_from_slice(percent(name, writing.charset, writing.blank_is_plus, keeps)?.as_bytes());
        out.push(b'=');
        out.extend_from_slice(percent(&value, writing.charset, writing.blank_is_plus, keeps)?.as_bytes());
        Ok(())
    })?;
    match fields || content.is_null() {
        true => Ok(()),
        false => Err(Complaint::new("Q7426").fact("format", "form")),
    }
}

/// A text whose bytes are percent-encoded but for those that may stand there.
///
/// Source: RFC 3986 §2.1.
pub(in crate::platform) fn encode_text(
    text: &str,
    charset: Charset,
    keeps: fn(u8) -> bool,
) -> Result<String, Complaint> {
    percent(text, charset, false, keeps)
}

/// The fields of a form one below the other and readable, for people.
pub(in crate::platform) fn readable(form: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(form.len());
    let mut bytes = form.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'&' => text.push(b'\n'),
            b'+' => text.push(b' '),
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                text.extend(code);
            }
            other => text.push(other),
        }
    }
    text
}

fn percent(
    text: &str,
    charset: Charset,
    blank_is_plus: bool,
    keeps: impl Fn(u8) -> bool,
) -> Result<String, Complaint> {
    let bytes = encode(text, charset)?;
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes.iter().copied() {
        match byte {
            b' ' if blank_is_plus => encoded.push('+'),
            byte if keeps(byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(encoded)
}

/// What browsers and Java's `URLEncoder` leave as it is.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}
