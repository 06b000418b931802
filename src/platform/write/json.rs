//! JSON: compact, in the order of the profile and of the document.

use super::Content;
use crate::config::platform::{Format, Nulls};
use crate::record::Complaint;

/// Appends the JSON text. What is null as a whole is `null`; a null field is left out, null or empty as asked.
///
/// Errors: Q7425 for a payload that is no text, Q7427 for a file.
pub(super) fn write(content: &Content<'_>, nulls: Nulls, out: &mut Vec<u8>) -> Result<(), Complaint> {
    match content {
        Content::Null => out.extend_from_slice(b"null"),
        Content::Text(text) => plain(text.as_ref(), out),
        Content::Json(json) => plain(json.as_ref(), out),
        Content::Fields(fields) => plain(fields, out),
        Content::Bytes(_) => plain(&content.text()?, out),
        // It is JSON already, and stands as it is.
        Content::Payload(bytes, Format::Json) => {
            out.extend_from_slice(if bytes.is_empty() { b"null" } else { bytes });
        }
        Content::Payload(..) => plain(&content.text()?, out),
        Content::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, nulls, out)?;
            }
            out.push(b']');
        }
        Content::Object(fields) => {
            out.push(b'{');
            let mut first = true;
            for (name, field) in fields {
                if field.is_null() && nulls == Nulls::Omit {
                    continue;
                }
                if !first {
                    out.push(b',');
                }
                first = false;
                plain(name.as_ref(), out);
                out.push(b':');
                match nulls {
                    Nulls::Empty if field.is_null() => plain("", out),
                    _ => write(field, nulls, out)?,
                }
            }
            out.push(b'}');
        }
        Content::File(file) => {
            return Err(Complaint::new("Q7427").fact("name", &file.name).fact("type", "json"));
        }
    }
    Ok(())
}

fn plain<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Texts, JSON values and maps with text keys always serialise, and writing to memory does not fail.
    serde_json::to_writer(out, value).expect("JSON serialises into memory");
}
