//! Texts in the character sets of older systems.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::record::Complaint;

/// A character set by any of its names: utf-8, gbk, gb2312, gb18030, big5 … `None` for an unknown one, and for
/// UTF-16, which no interface of this kind speaks.
///
/// Source: WHATWG Encoding Standard, names and labels.
pub fn charset(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(name.as_bytes())
        .filter(|encoding| encoding.output_encoding() == *encoding)
}

/// A text's bytes. Errors: Q3161 if the set lacks one of its characters; nothing is put in its place.
pub fn to_charset<'t>(text: &'t str, charset: &'static Encoding) -> Result<Cow<'t, [u8]>, Complaint> {
    let (bytes, _, is_lacking) = charset.encode(text);
    if !is_lacking {
        return Ok(bytes);
    }
    let alone = |c: &char| charset.encode(c.encode_utf8(&mut [0; 4])).2;
    let lacking = text.chars().find(alone).map(String::from).unwrap_or_default();
    Err(Complaint::new("Q3161").found(lacking).fact("charset", charset.name()))
}

/// The text of bytes, without a byte order mark. Errors: Q3162 for bytes that are no text in this set.
pub fn from_charset<'b>(bytes: &'b [u8], charset: &'static Encoding) -> Result<Cow<'b, str>, Complaint> {
    let bytes = if charset == UTF_8 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
    charset
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or_else(|| Complaint::new("Q3162").fact("charset", charset.name()).fact("length", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::super::{from_hex, hex};
    use super::*;

    /// `printf '%s' TEXT | iconv -t gbk|gb18030|big5 | xxd -p`
    #[test]
    fn texts_have_the_bytes_of_iconv() {
        let rows = [
            ("gbk", "山东 abc", "c9bdb6ab20616263"),
            ("GB18030", "淄博𠮷", "d7cdb2a99534b235"),
            ("gb18030", "€", "a2e3"),
            ("big5", "山東", "a473aa46"),
            ("utf8", "山", "e5b1b1"),
            ("gb2312", "", ""),
        ];
        for (name, text, bytes) in rows {
            let set = charset(name).unwrap();
            let bytes = from_hex(bytes).unwrap();
            assert_eq!(hex(&to_charset(text, set).unwrap()), hex(&bytes), "{name} {text}");
            assert_eq!(from_charset(&bytes, set).unwrap(), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_a_complaint_and_never_a_question_mark() {
        let gbk = charset("gbk").unwrap();
        let complaint = to_charset("山𠮷", gbk).unwrap_err();
        assert_eq!((complaint.id.as_str(), complaint.found.as_str()), ("Q3161", "𠮷"));
        assert_eq!(from_charset(b"\xc9", gbk).unwrap_err().id, "Q3162");
        assert_eq!(from_charset(b"\xff\xfe", UTF_8).unwrap_err().id, "Q3162");
        assert_eq!(from_charset(b"\xef\xbb\xbfa", UTF_8).unwrap(), "a");
        for name in ["utf-16", "utf-16le", "no such", "", "replacement", "iso-2022-kr"] {
            assert!(charset(name).is_none(), "{name}");
        }
    }
}
