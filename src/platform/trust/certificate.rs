//! The three things that a certificate is asked for: its digest, its public key and its dates.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the whole certificate, as `openssl x509 -fingerprint -sha256` prints it.
    pub fingerprint: [u8; 32],
    /// SHA-256 of the public key with its algorithm (SPKI), as RFC 7469 pins it: it survives a renewal.
    pub key_fingerprint: [u8; 32],
    /// In seconds since 1970.
    pub valid: RangeInclusive<i64>,
}

impl Certificate {
    /// Reads a DER certificate. `None` if it is not one.
    ///
    /// Source: RFC 5280 §4.1: SEQUENCE { SEQUENCE { [0] version?, serial, algorithm, issuer, validity, subject,
    ///         subjectPublicKeyInfo …
    pub fn read(der: &[u8]) -> Option<Self> {
        let (certificate, _) = expect(der, SEQUENCE)?;
        let (mut rest, _) = expect(certificate.content, SEQUENCE).map(|(tbs, rest)| (tbs.content, rest))?;
        if rest.first() == Some(&VERSION) {
            rest = element(rest)?.1;
        }
        for _serial_algorithm_issuer in 0..3 {
            rest = element(rest)?.1;
        }
        let (validity, rest) = expect(rest, SEQUENCE)?;
        let (from, until) = element(validity.content)?;
        let (until, _) = element(until)?;
        let (_subject, rest) = element(rest)?;
        let (key, _) = expect(rest, SEQUENCE)?;
        Some(Certificate {
            fingerprint: Sha256::digest(der).into(),
            key_fingerprint: Sha256::digest(key.whole).into(),
            valid: time(&from)?..=time(&until)?,
        })
    }
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// One element of DER: its tag, its content, and both with the length between them.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The first element and what follows it. Source: ITU-T X.690 §8.1, definite lengths below 2³² alone.
fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (tag, first) = (*der.first()?, *der.get(1)?);
    let (start, length) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let bytes = der.get(2..2 + count)?;
            (2 + count, bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
        }
        _ => return None,
    };
    let end = start.checked_add(length)?;
    let whole = der.get(..end)?;
    Some((Element { tag, content: &whole[start..], whole }, &der[end..]))
}

fn expect(der: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    element(der).filter(|(found, _)| found.tag == tag)
}

/// `YYMMDDHHMMSSZ` (50 and later is 19xx) or `YYYYMMDDHHMMSSZ`. Source: RFC 5280 §4.1.2.5.
fn time(element: &Element<'_>) -> Option<i64> {
    let text = std::str::from_utf8(element.content).ok()?;
    let full = match element.tag {
        UTC_TIME if text.get(..2)?.parse::<u8>().ok()? >= 50 => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = chrono::NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some(time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_no_certificate_and_no_panic() {
        let whole = [0x30, 0x82, 0x01, 0x00, 0x30, 0x03, 0xa0, 0x01];
        for length in 0..whole.len() {
            assert_eq!(Certificate::read(&whole[..length]), None);
        }
        assert_eq!(Certificate::read(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(Certificate::read(b"-----BEGIN CERTIFICATE-----"), None);
    }

    #[test]
    fn times_of_both_centuries_are_read() {
        let read = |tag, content: &str| time(&Element { tag, content: content.as_bytes(), whole: &[] });
        assert_eq!(read(UTC_TIME, "700101000000Z"), Some(0));
        assert_eq!(read(UTC_TIME, "260501083000Z"), Some(1_777_624_200));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        assert_eq!(read(GENERALIZED_TIME, "2050"), None);
        assert_eq!(read(SEQUENCE, "700101000000Z"), None);
    }
}
