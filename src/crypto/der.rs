//! The little of ASN.1 DER that SM2 needs: pairs of numbers, and two octet strings after them.

use crate::record::Complaint;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// One number of the curve, in bytes.
const NUMBER_BYTES: usize = 32;

/// A signature of two numbers of 32 bytes as `SEQUENCE { INTEGER r, INTEGER s }`.
///
/// Errors: Q3157 for anything but 64 bytes.
/// Source: GB/T 35276-2017 (SM2 signatures as ASN.1).
pub fn der_of_rs(signature: &[u8]) -> Result<Vec<u8>, Complaint> {
    match signature.split_at_checked(NUMBER_BYTES) {
        Some((r, s)) if s.len() == NUMBER_BYTES => Ok(element(SEQUENCE, &[integer(r), integer(s)].concat())),
        _ => Err(Complaint::new("Q3157").fact("length", signature.len())),
    }
}

/// The two numbers of 32 bytes in a DER signature.
///
/// Errors: Q3157 for what is no such signature.
pub fn rs_of_der(signature: &[u8]) -> Result<Vec<u8>, Complaint> {
    let read = || {
        let inside = only(SEQUENCE, signature)?;
        let (r, rest) = number(inside)?;
        let (s, rest) = number(rest)?;
        rest.is_empty().then(|| [r, s].concat())
    };
    read().ok_or_else(|| Complaint::new("Q3157").fact("length", signature.len()))
}

/// The parts of an SM2 cipher text: the point's two numbers, the hash, and the text proper.
pub(super) struct Parts<'a> {
    pub(super) x: [u8; NUMBER_BYTES],
    pub(super) y: [u8; NUMBER_BYTES],
    pub(super) hash: &'a [u8],
    pub(super) text: &'a [u8],
}

pub(super) fn cipher_of_der(sealed: &[u8]) -> Option<Parts<'_>> {
    let inside = only(SEQUENCE, sealed)?;
    let (x, rest) = number(inside)?;
    let (y, rest) = number(rest)?;
    let (hash, rest) = take(OCTETS, rest)?;
    let (text, rest) = take(OCTETS, rest)?;
    rest.is_empty().then_some(Parts { x, y, hash, text })
}

pub(super) fn der_of_cipher(x: &[u8], y: &[u8], hash: &[u8], text: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[integer(x), integer(y), element(OCTETS, hash), element(OCTETS, text)].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut element = vec![tag];
    match length {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        // A `usize` has at most 8 bytes.
        long => {
            element.push(0x80 | long.len() as u8);
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

/// A number that is not negative, in as few bytes as it takes.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut content = number[zeros..].to_vec();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    element(INTEGER, &content)
}

/// The element at the beginning and what follows it; `None` if it has another tag or does not fit.
fn take(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        // Four bytes say more than any text has; none at all would be the open form that DER forbids.
        if !(1..=4).contains(&length.len()) {
            return None;
        }
        (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    (*found == tag).then(|| rest.split_at_checked(length)).flatten()
}

fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    take(tag, bytes).filter(|(_, rest)| rest.is_empty()).map(|(inside, _)| inside)
}

/// A number that is not negative and fits, filled up to 32 bytes. Needless zeros, as some libraries write them,
/// are let pass.
fn number(bytes: &[u8]) -> Option<([u8; NUMBER_BYTES], &[u8])> {
    let (content, rest) = take(INTEGER, bytes)?;
    if content.first().is_none_or(|first| *first >= 0x80) {
        return None;
    }
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    let digits = &content[zeros..];
    let mut number = [0; NUMBER_BYTES];
    let start = NUMBER_BYTES.checked_sub(digits.len())?;
    number[start..].copy_from_slice(digits);
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::super::{from_hex, hex};
    use super::*;

    /// Signatures by `openssl pkeyutl -sign -rawin -digest sm3`; their numbers by `openssl asn1parse -inform DER`.
    const DER: [(&str, &str, &str); 2] = [
        (
            "3045022100de2600408758547767ad7cc73e7e6e42c9dfab9e41bc4cdf357fa51f9ee77d0c02204657b6870fabb0cee2911ab8a7f9a5244b0404585ae8bf8ddbb88415efc52551",
            "de2600408758547767ad7cc73e7e6e42c9dfab9e41bc4cdf357fa51f9ee77d0c",
            "4657b6870fabb0cee2911ab8a7f9a5244b0404585ae8bf8ddbb88415efc52551",
        ),
        (
            "30440220029c26ac9bc503b7d1c682954a29e8726844bb9ab3d2000e572155d68701613802200bd4f1cbfbb199a0639c0cc95330471cf26f242ec7f2639926e128008e767530",
            "029c26ac9bc503b7d1c682954a29e8726844bb9ab3d2000e572155d687016138",
            "0bd4f1cbfbb199a0639c0cc95330471cf26f242ec7f2639926e128008e767530",
        ),
    ];

    #[test]
    fn signatures_change_their_form_and_back() {
        for (der, r, s) in DER {
            let der = from_hex(der).unwrap();
            let rs = rs_of_der(&der).unwrap();
            assert_eq!(hex(&rs), [r, s].concat());
            assert_eq!(der_of_rs(&rs).unwrap(), der);
        }
        let small = [[0; 31].as_slice(), &[1], &[0; 31], &[0x80]].concat();
        assert_eq!(hex(&der_of_rs(&small).unwrap()), "300702010102020080");
        assert_eq!(rs_of_der(&from_hex("300702010102020080").unwrap()).unwrap(), small);
    }

    #[test]
    fn what_is_no_signature_is_a_complaint() {
        let good = from_hex(DER[0].0).unwrap();
        let mut rows: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
        rows.push([good.as_slice(), &[0]].concat());
        for text in [
            "3006020101020181",       // negative
            "30060201010202",         // cut off
            "3080020101020101",       // open length
            "3089ffffffffffffffffff", // a length beyond memory
            "30050201010200",         // no digits
            "3006040101020101",       // no number
        ] {
            rows.push(from_hex(text).unwrap());
        }
        rows.push(element(SEQUENCE, &[integer(&[1; 33]), integer(&[1])].concat()));
        for row in rows {
            assert_eq!(rs_of_der(&row).unwrap_err().id, "Q3157", "{}", hex(&row));
            assert!(cipher_of_der(&row).is_none());
        }
        for length in [0, 63, 65] {
            assert_eq!(der_of_rs(&vec![1; length]).unwrap_err().id, "Q3157");
        }
    }

    #[test]
    fn long_elements_say_their_length_in_more_bytes() {
        for length in [127, 128, 255, 256, 70_000] {
            let text = vec![7; length];
            let sealed = der_of_cipher(&[1; 32], &[0x80; 32], &[3; 32], &text);
            let parts = cipher_of_der(&sealed).unwrap();
            assert_eq!((parts.x, parts.y), ([1; 32], [0x80; 32]));
            assert_eq!((parts.hash, parts.text), ([3; 32].as_slice(), text.as_slice()));
        }
    }
}
