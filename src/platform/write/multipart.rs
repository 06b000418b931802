//! `multipart/form-data`: parts in order, some of them files.

use super::{Content, encode};
use crate::config::platform::{Charset, Nulls, Writing};
use crate::record::Complaint;

/// The line between parts, without its dashes. It is as unlikely in a file as guessing the nonce.
pub(in crate::platform) fn boundary(nonce: &str) -> String {
    format!("qilu-{nonce}")
}

/// Appends the parts.
///
/// Errors: Q7426 for what has no fields, Q7423 for a character that the charset does not have.
/// Source: RFC 7578.
pub(super) fn write(
    content: &Content<'_>,
    writing: Writing,
    nonce: &str,
    out: &mut Vec<u8>,
) -> Result<(), Complaint> {
    let boundary = boundary(nonce);
    let fields = content.each_field(&mut |name, field| {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
        if let Content::File(file) = field {
            let kind: String = file.kind.chars().filter(|c| !c.is_control()).collect();
            head.push_str(&format!("; filename=\"{}\"\r\nContent-Type: {kind}\r\n\r\n", quoted(&file.name)));
            out.extend_from_slice(&encode(&head, writing.charset)?);
            out.extend_from_slice(&file.bytes);
        } else {
            let text = field.text()?;
            if text.is_none() && writing.nulls == Nulls::Omit {
                return Ok(());
            }
            if writing.charset != Charset::Utf8 {
                head.push_str(&format!("\r\nContent-Type: text/plain; charset={}", writing.charset.word()));
            }
            head.push_str("\r\n\r\n");
            out.extend_from_slice(&encode(&head, writing.charset)?);
            out.extend_from_slice(&encode(&text.unwrap_or_default(), writing.charset)?);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    })?;
    if !fields {
        return Err(Complaint::new("Q7426").fact("format", "multipart"));
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(())
}

/// A name in quotes. Source: the form submission of HTML §4.10.21.8, which servers have learnt to read.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
