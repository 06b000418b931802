//! XML: one root element, its attributes and children in the order of the profile and of the document.

use super::Content;
use crate::config::platform::{Format, Nulls, Writing, is_xml_name};
use crate::record::Complaint;

/// Appends the document, without blanks or line ends between elements: they would be signed as well.
///
/// Errors: Q7424 for a character that XML cannot hold, Q7428 for a name that is none, Q7426 for what is no single
///         element, Q7425 for a payload that is no text.
/// Source: XML 1.0 §2.2 (characters), §2.4 (escapes).
pub(super) fn write(content: &Content<'_>, writing: Writing, out: &mut Vec<u8>) -> Result<(), Complaint> {
    if writing.xml_declaration {
        let charset = writing.charset.word().to_uppercase();
        out.extend_from_slice(format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>").as_bytes());
    }
    if let Content::Payload(bytes, Format::Xml) = content {
        out.extend_from_slice(bytes);
        return Ok(());
    }
    let mut roots = 0;
    content.each_field(&mut |name, inside| {
        roots += 1;
        match inside {
            Content::List(_) => Err(Complaint::new("Q7426").fact("format", "xml")),
            _ => element(name, inside, writing.nulls, out),
        }
    })?;
    if roots == 1 { Ok(()) } else { Err(Complaint::new("Q7426").fact("format", "xml")) }
}

/// Appends elements without anything around them: what stands inside an envelope.
///
/// Errors: as `write`; Q7426 for what is no element at all.
pub(super) fn write_fragment(
    content: &Content<'_>,
    nulls: Nulls,
    out: &mut Vec<u8>,
) -> Result<(), Complaint> {
    match content.each_field(&mut |name, inside| element(name, inside, nulls, out))? || content.is_null() {
        true => Ok(()),
        false => Err(Complaint::new("Q7426").fact("format", "xml")),
    }
}

/// One element, or as many as a list has.
fn element(name: &str, inside: &Content<'_>, nulls: Nulls, out: &mut Vec<u8>) -> Result<(), Complaint> {
    if !is_xml_name(name) {
        return Err(Complaint::new("Q7428").found(name));
    }
    if inside.each_item(&mut |item| element(name, item, nulls, out))? {
        return Ok(());
    }
    if inside.is_null() && nulls == Nulls::Omit {
        return Ok(());
    }
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    inside.each_field(&mut |name, value| match name.strip_prefix('@') {
        Some(attribute) => write_attribute(attribute, value, nulls, out),
        None => Ok(()),
    })?;
    let opened = out.len();
    out.push(b'>');
    let has_fields = inside.each_field(&mut |name, value| match name {
        "#text" => text(value, out),
        name if name.starts_with('@') => Ok(()),
        name => element(name, value, nulls, out),
    })?;
    if !has_fields {
        text(inside, out)?;
    }
    if out.len() == opened + 1 {
        out.truncate(opened);
        out.extend_from_slice(b"/>");
    } else {
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.push(b'>');
    }
    Ok(())
}

fn write_attribute(
    name: &str,
    value: &Content<'_>,
    nulls: Nulls,
    out: &mut Vec<u8>,
) -> Result<(), Complaint> {
    if !is_xml_name(name) {
        return Err(Complaint::new("Q7428").found(format!("@{name}")));
    }
    let value = value.text()?;
    if value.is_none() && nulls == Nulls::Omit {
        return Ok(());
    }
    out.extend_from_slice(format!(" {name}=\"").as_bytes());
    escape(&value.unwrap_or_default(), true, out)?;
    out.push(b'"');
    Ok(())
}

fn text(content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Complaint> {
    match content {
        // It is XML already, and stands as it is.
        Content::Payload(bytes, Format::Xml) => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        other => escape(&other.text()?.unwrap_or_default(), false, out),
    }
}

fn escape(text: &str, in_attribute: bool, out: &mut Vec<u8>) -> Result<(), Complaint> {
    for c in text.chars() {
        let escaped = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' if in_attribute => "&quot;",
            '\t' if in_attribute => "&#9;",
            '\n' if in_attribute => "&#10;",
            // A reader makes a line end of it unless it is escaped.
            '\r' => "&#13;",
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                let complaint = Complaint::new("Q7424").found(text);
                return Err(complaint.fact("point", format!("U+{:04X}", u32::from(c))));
            }
            plain => {
                out.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        out.extend_from_slice(escaped.as_bytes());
    }
    Ok(())
}
