//! Text as bytes of the charset that the province reads.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, GBK};

use crate::config::platform::Charset;
use crate::record::Complaint;

/// The bytes of a text. Errors: Q7423 for a character that the charset does not have; a `?` in its place would
/// change somebody's name.
pub(in crate::platform) fn encode(text: &str, charset: Charset) -> Result<Cow<'_, [u8]>, Complaint> {
    let encoding: &'static Encoding = match charset {
        Charset::Utf8 => return Ok(Cow::Borrowed(text.as_bytes())),
        Charset::Gb18030 => GB18030,
        Charset::Gbk => GBK,
    };
    let (bytes, _, unmappable) = encoding.encode(text);
    if !unmappable {
        return Ok(bytes);
    }
    let lost = text.chars().find(|c| encoding.encode(c.encode_utf8(&mut [0; 4])).2).unwrap_or('\u{fffd}');
    let complaint = Complaint::new("Q7423").found(lost).fact("charset", charset.word());
    Err(complaint.fact("point", format!("U+{:04X}", u32::from(lost))))
}
