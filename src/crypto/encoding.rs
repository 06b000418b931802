//! Bytes as text and back: hex, base64, percent signs.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::record::Complaint;

/// `=` at the end is written, and may be missing in what is read.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG.with_encode_padding(false));

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hex in any case, with white space at its ends. Errors: Q3153, without the text itself.
pub fn from_hex(text: &str) -> Result<Vec<u8>, Complaint> {
    let digits = text.trim().as_bytes();
    let complaint = || Complaint::new("Q3153").fact("length", digits.len());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<_>>().ok_or_else(complaint)
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Base64 with `+`, `/` and `=`.
///
/// Source: RFC 4648 §4.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 with `-` and `_`, without `=`.
///
/// Source: RFC 4648 §5.
pub fn base64url(bytes: &[u8]) -> String {
    URL.encode(bytes)
}

/// The bytes of base64; line breaks inside and a missing `=` do not matter. Errors: Q3154, without the text itself.
pub fn from_base64(text: &str) -> Result<Vec<u8>, Complaint> {
    read(&STANDARD, text)
}

/// The same with `-` and `_`.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, Complaint> {
    read(&URL, text)
}

fn read(engine: &GeneralPurpose, text: &str) -> Result<Vec<u8>, Complaint> {
    let characters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    engine.decode(&characters).map_err(|_| Complaint::new("Q3154").fact("length", characters.len()))
}

/// What percent-encoding leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percent {
    /// Letters, digits and `-._~`; a blank is `%20`. Source: RFC 3986 §2.3.
    Address,
    /// Letters, digits and `*-._`; a blank is `+`. Source: WHATWG URL, application/x-www-form-urlencoded.
    Form,
}

/// Bytes as they stand in an address or a form, with capital hex digits.
pub fn percent(bytes: &[u8], style: Percent) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_')
            || *byte == if style == Percent::Form { b'*' } else { b'~' };
        if plain {
            text.push(char::from(*byte));
        } else if *byte == b' ' && style == Percent::Form {
            text.push('+');
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

/// The bytes behind percent signs. Errors: Q3163 for a `%` without two hex digits.
pub fn from_percent(text: &str, style: Percent) -> Result<Vec<u8>, Complaint> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' if style == Percent::Form => bytes.push(b' '),
            b'%' => {
                let pair =
                    tail.split_at_checked(2).map(|(pair, after)| (digit(pair[0]), digit(pair[1]), after));
                let Some((Some(high), Some(low), after)) = pair else {
                    return Err(Complaint::new("Q3163").fact("at", text.len() - tail.len()));
                };
                bytes.push(high << 4 | low);
                rest = after;
            }
            other => bytes.push(*other),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '%s' TEXT | xxd -p`, `| openssl base64 -A`, and the same with `| tr '+/' '-_' | tr -d =`
    #[test]
    fn bytes_become_text_and_come_back() {
        for (bytes, as_hex, as_base64, as_url) in [
            ("山东?>", "e5b1b1e4b89c3f3e", "5bGx5LicPz4=", "5bGx5LicPz4"),
            ("~~~?", "7e7e7e3f", "fn5+Pw==", "fn5-Pw"),
            ("", "", "", ""),
        ] {
            let bytes = bytes.as_bytes();
            assert_eq!(hex(bytes), as_hex);
            assert_eq!(base64(bytes), as_base64);
            assert_eq!(base64url(bytes), as_url);
            assert_eq!(from_hex(as_hex).unwrap(), bytes);
            assert_eq!(from_hex(&as_hex.to_uppercase()).unwrap(), bytes);
            assert_eq!(from_base64(as_base64).unwrap(), bytes);
            assert_eq!(from_base64(as_base64.trim_end_matches('=')).unwrap(), bytes);
            assert_eq!(from_base64url(as_url).unwrap(), bytes);
        }
        assert_eq!(from_base64(" 5bGx\r\n5LicPz4= \n").unwrap(), "山东?>".as_bytes());
        assert_eq!(from_hex(" 7e\n").unwrap(), b"~");
    }

    #[test]
    fn what_cannot_be_read_is_a_complaint_without_the_text() {
        for text in ["a", "0g", "0x12", "山", "+1", "é", "1 2 ", "abc"] {
            let complaint = from_hex(text).unwrap_err();
            assert_eq!((complaint.id.as_str(), complaint.found.as_str()), ("Q3153", ""), "{text}");
        }
        for text in ["a", "山", "ab-_", "a===", "a=bc", "abcde"] {
            let complaint = from_base64(text).unwrap_err();
            assert_eq!((complaint.id.as_str(), complaint.found.as_str()), ("Q3154", ""), "{text}");
        }
        assert_eq!(from_base64url("ab+/").unwrap_err().id, "Q3154");
    }

    /// Address: `python3 -c "from urllib.parse import quote; print(quote(TEXT, safe=''))"`. Form: `quote_plus`, with
    /// `*` left and `~` encoded, as Java's `URLEncoder` does.
    #[test]
    fn percent_signs_follow_the_address_or_the_form() {
        let text = "a b+c&山/~*-._";
        assert_eq!(percent(text.as_bytes(), Percent::Address), "a%20b%2Bc%26%E5%B1%B1%2F~%2A-._");
        assert_eq!(percent(text.as_bytes(), Percent::Form), "a+b%2Bc%26%E5%B1%B1%2F%7E*-._");
        for style in [Percent::Address, Percent::Form] {
            assert_eq!(from_percent(&percent(text.as_bytes(), style), style).unwrap(), text.as_bytes());
        }
        assert_eq!(from_percent("a+b%2b", Percent::Address).unwrap(), b"a+b+");
        for (text, at) in [("%", "1"), ("%2", "1"), ("ab%zz", "3"), ("%é", "1")] {
            let complaint = from_percent(text, Percent::Form).unwrap_err();
            assert_eq!(complaint, Complaint::new("Q3163").fact("at", at), "{text}");
        }
    }
}
