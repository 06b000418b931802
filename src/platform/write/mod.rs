//! Bodies in their formats: what a template said becomes bytes.
//!
//! A JSON or XML payload is kept as UTF-8 and is put into the charset as part of the body. A form and a raw text
//! are put into it at once: their bytes are what is meant, wherever they stand.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::config::platform::{Charset, Format, Nulls, Writing};
use crate::crypto;
use crate::record::Complaint;

mod charset;
mod form;
mod json;
mod multipart;
mod xml;

pub(super) use charset::encode;
pub(super) use form::{encode_text, readable};
pub(super) use multipart::boundary;

/// What a template says at one moment.
#[derive(Clone, Debug)]
pub(super) enum Content<'a> {
    Null,
    Text(Cow<'a, str>),
    Json(Cow<'a, Json>),
    /// A document, as it is.
    Fields(&'a Map<String, Json>),
    Bytes(Arc<[u8]>),
    /// The payload with its format: among its like it stands as it is, elsewhere as text.
    Payload(Cow<'a, [u8]>, Format),
    Object(Vec<(Cow<'a, str>, Content<'a>)>),
    List(Vec<Content<'a>>),
    File(File),
}

/// A file in a multipart body.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) bytes: Arc<[u8]>,
}

/// The payload, as it is stored.
pub(super) fn payload(content: &Content<'_>, writing: Writing, wrapped: bool) -> Result<Vec<u8>, Complaint> {
    let mut out = Vec::new();
    match writing.payload {
        Format::Json => json::write(content, writing.nulls, &mut out)?,
        // Inside an envelope it is elements among others.
        Format::Xml if wrapped => xml::write_fragment(content, writing.nulls, &mut out)?,
        Format::Xml => xml::write(content, writing, &mut out)?,
        Format::Form => form::write(content, writing, &mut out)?,
        Format::Raw | Format::Multipart => return raw(content, writing.charset),
    }
    Ok(out)
}

/// The whole body from an envelope.
pub(super) fn envelope(content: &Content<'_>, writing: Writing, nonce: &str) -> Result<Vec<u8>, Complaint> {
    let mut out = Vec::new();
    match writing.envelope {
        Format::Json => json::write(content, writing.nulls, &mut out)?,
        Format::Xml => xml::write(content, writing, &mut out)?,
        Format::Form => form::write(content, writing, &mut out)?,
        Format::Multipart => multipart::write(content, writing, nonce, &mut out)?,
        Format::Raw => return raw(content, writing.charset),
    }
    match writing.envelope {
        Format::Json | Format::Xml => transcode(out, writing.charset),
        Format::Form | Format::Multipart | Format::Raw => Ok(out),
    }
}

/// The whole body where there is no envelope. The stored bytes, unless they are text in another charset.
pub(super) fn bare(payload: &[u8], writing: Writing) -> Result<Cow<'_, [u8]>, Complaint> {
    match (writing.payload, writing.charset) {
        (Format::Json | Format::Xml, Charset::Gb18030 | Charset::Gbk) => {
            transcode(payload.to_vec(), writing.charset).map(Cow::Owned)
        }
        _ => Ok(Cow::Borrowed(payload)),
    }
}

/// The media type of a body, as `Content-Type` says it.
pub(super) fn media_type(format: Format, charset: Charset, nonce: &str) -> String {
    let charset = charset.word();
    match format {
        Format::Json => format!("application/json; charset={charset}"),
        Format::Xml => format!("application/xml; charset={charset}"),
        Format::Form => format!("application/x-www-form-urlencoded; charset={charset}"),
        Format::Multipart => format!("multipart/form-data; boundary={}", boundary(nonce)),
        Format::Raw => format!("text/plain; charset={charset}"),
    }
}

/// What a province that is written to in a format is expected to answer in.
pub(super) fn accepted(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml, text/xml",
        Format::Form | Format::Multipart | Format::Raw => "*/*",
    }
}

fn raw(content: &Content<'_>, charset: Charset) -> Result<Vec<u8>, Complaint> {
    match content {
        Content::Bytes(bytes) => Ok(bytes.to_vec()),
        Content::Payload(bytes, Format::Raw | Format::Form) => Ok(bytes.to_vec()),
        other => encode(&other.text()?.unwrap_or_default(), charset).map(Cow::into_owned),
    }
}

fn transcode(utf8: Vec<u8>, charset: Charset) -> Result<Vec<u8>, Complaint> {
    if charset == Charset::Utf8 {
        return Ok(utf8);
    }
    let text = String::from_utf8_lossy(&utf8);
    encode(&text, charset).map(Cow::into_owned)
}

impl<'a> Content<'a> {
    pub(super) fn json(json: Cow<'a, Json>) -> Self {
        match json.as_ref() {
            Json::Null => Content::Null,
            _ => Content::Json(json),
        }
    }

    pub(super) fn is_map(&self) -> bool {
        match self {
            Content::Object(_) | Content::Fields(_) => true,
            Content::Json(json) => json.is_object(),
            _ => false,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Content::Null) || matches!(self, Content::Json(json) if json.is_null())
    }

    /// As text in a form, a part, an element or raw: lists and maps as their JSON, bytes as lower-case hex.
    /// `None` for null. Errors: Q7425 for a payload that is no text.
    fn text(&self) -> Result<Option<Cow<'_, str>>, Complaint> {
        Ok(Some(match self {
            Content::Null => return Ok(None),
            Content::Text(text) => Cow::Borrowed(text),
            Content::Json(json) => match json.as_ref() {
                Json::Null => return Ok(None),
                Json::String(text) => Cow::Borrowed(text),
                other => Cow::Owned(other.to_string()),
            },
            Content::Bytes(bytes) => Cow::Owned(crypto::hex(bytes)),
            Content::Payload(bytes, format) => Cow::Borrowed(
                std::str::from_utf8(bytes)
                    .map_err(|_| Complaint::new("Q7425").fact("format", format.word()))?,
            ),
            Content::Fields(_) | Content::Object(_) | Content::List(_) | Content::File(_) => {
                let mut out = Vec::new();
                json::write(self, Nulls::Omit, &mut out)?;
                Cow::Owned(String::from_utf8_lossy(&out).into_owned())
            }
        }))
    }

    /// Hands over its fields in order. False where it has none because it is something else.
    fn each_field(
        &self,
        visit: &mut dyn FnMut(&str, &Content<'_>) -> Result<(), Complaint>,
    ) -> Result<bool, Complaint> {
        let map = match self {
            Content::Object(fields) => {
                fields.iter().try_for_each(|(name, field)| visit(name, field))?;
                return Ok(true);
            }
            Content::Fields(map) => map,
            Content::Json(json) => match json.as_object() {
                Some(map) => map,
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        map.iter().try_for_each(|(name, json)| visit(name, &Content::json(Cow::Borrowed(json))))?;
        Ok(true)
    }

    /// Hands over the elements of a list in order. False where it is none.
    fn each_item(
        &self,
        visit: &mut dyn FnMut(&Content<'_>) -> Result<(), Complaint>,
    ) -> Result<bool, Complaint> {
        match self {
            Content::List(items) => items.iter().try_for_each(visit)?,
            Content::Json(json) => match json.as_array() {
                Some(items) => {
                    items.iter().try_for_each(|json| visit(&Content::json(Cow::Borrowed(json))))?;
                }
                None => return Ok(false),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}
