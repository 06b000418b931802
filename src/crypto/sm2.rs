//! SM2: signatures and encryption on the national curve.
//!
//! Keys are plain bytes: a private one is 32 (or 33 with a zero first, as Java's big numbers write it), a public
//! one 65 beginning with 04, 64 without it, or 33 compressed.

use std::convert::Infallible;

use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};
use sm2::{PublicKey, SecretKey};

use super::{Digest, der, rs_of_der};
use crate::record::Complaint;

/// Whom a signature is by, where nobody has agreed on anything else.
///
/// Source: GM/T 0009-2012 §10.
pub const USER_ID: &str = "1234567812345678";

/// How the parts of a cipher text follow each other: point, hash, text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Of the standard. Source: GB/T 32918.4-2016.
    C1C3C2,
    /// Of its drafts, and of older libraries.
    C1C2C3,
    /// As an ASN.1 structure. Source: GB/T 35276-2017.
    Der,
}

impl Order {
    pub fn parse(word: &str) -> Option<Self> {
        [("C1C3C2", Order::C1C3C2), ("C1C2C3", Order::C1C2C3), ("DER", Order::Der)]
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, order)| order)
    }
}

/// The first byte of a point that is written in full.
const FULL_POINT: u8 = 4;
/// One number of the curve, and the hash, in bytes.
const NUMBER_BYTES: usize = 32;
/// Chance below this could be tried out.
const ENTROPY_BYTES_MIN: usize = 32;

/// The signature over a message as r‖s, 64 bytes. The same message and key give the same signature: its secret
/// number follows from both, as in RFC 6979 with SM3, so that no dice can betray the key.
///
/// Errors: Q3155 for a key that is none, Q3159 for a user id of more than 8191 bytes.
/// Source: GB/T 32918.2-2016.
pub fn sign(private_key: &[u8], user_id: &str, message: &[u8]) -> Result<Vec<u8>, Complaint> {
    let secret = private(private_key)?;
    check_user(user_id)?;
    let key = SigningKey::new(user_id, &secret).map_err(|_| bad_private(private_key))?;
    // n−1 is a scalar and yet no key: it has no inverse of 1+d.
    let signature = key.try_sign(message).map_err(|_| bad_private(private_key))?;
    Ok(signature.to_vec())
}

/// Whether a signature (r‖s, or DER) is by the owner of a public key over this very message.
///
/// Errors: Q3156 for a key that is none, Q3159 for a user id of more than 8191 bytes. A signature of no form that
///         is known is simply not good.
pub fn verify(public_key: &[u8], user_id: &str, message: &[u8], signature: &[u8]) -> Result<bool, Complaint> {
    let public = public(public_key)?;
    check_user(user_id)?;
    let key = VerifyingKey::new(user_id, public).map_err(|_| bad_public(public_key))?;
    let numbers =
        if signature.len() == 2 * NUMBER_BYTES { Ok(signature.to_vec()) } else { rs_of_der(signature) };
    let signature = numbers.ok().and_then(|numbers| Signature::from_slice(&numbers).ok());
    Ok(signature.is_some_and(|signature| key.verify(message, &signature).is_ok()))
}

/// The cipher text; its point begins with 04, or stands in the DER structure.
///
/// The secret number is drawn from `entropy`, the key and the message together, so that the same entropy for two
/// messages does not give both away.
///
/// Errors: Q3156 for a key that is none, Q3158 for entropy of less than 32 bytes, Q3159 for an empty message,
///         which SM2 cannot encrypt.
/// Source: GB/T 32918.4-2016.
pub fn encrypt(
    public_key: &[u8],
    entropy: &[u8],
    order: Order,
    message: &[u8],
) -> Result<Vec<u8>, Complaint> {
    let public = public(public_key)?;
    if entropy.len() < ENTROPY_BYTES_MIN {
        return Err(Complaint::new("Q3158").fact("wanted", ENTROPY_BYTES_MIN).fact("length", entropy.len()));
    }
    let empty = || Complaint::new("Q3159");
    let mut drawn = Drawn::new(entropy, &public.to_sec1_bytes(), message);
    let mode = if order == Order::C1C2C3 { Mode::C1C2C3 } else { Mode::C1C3C2 };
    let sealed =
        EncryptingKey::new_with_mode(public, mode).encrypt(&mut drawn, message).map_err(|_| empty())?;
    if order != Order::Der {
        return Ok(sealed);
    }
    let (point, rest) = sealed.split_at_checked(1 + 2 * NUMBER_BYTES).ok_or_else(empty)?;
    let (hash, text) = rest.split_at_checked(NUMBER_BYTES).ok_or_else(empty)?;
    Ok(der::der_of_cipher(&point[1..=NUMBER_BYTES], &point[1 + NUMBER_BYTES..], hash, text))
}

/// The message in a cipher text, whose point may begin with 04 or not.
///
/// Errors: Q3155 for a key that is none, and Q3152 for whatever does not come out well.
pub fn decrypt(private_key: &[u8], order: Order, sealed: &[u8]) -> Result<Vec<u8>, Complaint> {
    let secret = private(private_key)?;
    let failed = || Complaint::new("Q3152");
    let mode = if order == Order::C1C2C3 { Mode::C1C2C3 } else { Mode::C1C3C2 };
    let key = DecryptingKey::new_with_mode(secret.to_nonzero_scalar(), mode);
    if order == Order::Der {
        let der::Parts { x, y, hash, text } = der::cipher_of_der(sealed).ok_or_else(failed)?;
        let plain = [&[FULL_POINT], x.as_slice(), &y, hash, text].concat();
        return if hash.len() == NUMBER_BYTES {
            key.decrypt(&plain).map_err(|_| failed())
        } else {
            Err(failed())
        };
    }
    // A point without its 04 may begin with one by chance; the hash inside tells which was meant.
    let fuller = || key.decrypt(&[&[FULL_POINT], sealed].concat());
    key.decrypt(sealed).or_else(|_| fuller()).map_err(|_| failed())
}

fn private(key: &[u8]) -> Result<SecretKey, Complaint> {
    let number = match key {
        [0, number @ ..] if number.len() == NUMBER_BYTES => number,
        number => number,
    };
    let secret = (number.len() == NUMBER_BYTES).then(|| SecretKey::from_slice(number).ok()).flatten();
    secret.ok_or_else(|| bad_private(key))
}

fn public(key: &[u8]) -> Result<PublicKey, Complaint> {
    let full;
    let point = if key.len() == 2 * NUMBER_BYTES {
        full = [&[FULL_POINT], key].concat();
        full.as_slice()
    } else {
        key
    };
    PublicKey::from_sec1_bytes(point).map_err(|_| bad_public(key))
}

fn bad_private(key: &[u8]) -> Complaint {
    Complaint::new("Q3155").fact("length", key.len())
}

fn bad_public(key: &[u8]) -> Complaint {
    Complaint::new("Q3156").fact("length", key.len())
}

/// The signature says the id's length in bits as a number of two bytes.
fn check_user(user_id: &str) -> Result<(), Complaint> {
    const BYTES_MAX: usize = 8191;
    if user_id.len() > BYTES_MAX {
        return Err(Complaint::new("Q3160").fact("limit", BYTES_MAX).fact("length", user_id.len()));
    }
    Ok(())
}

/// A stream of bytes that follows from entropy, key and message: HMAC-SM3 over a counter.
struct Drawn {
    key: Vec<u8>,
    counter: u64,
}

impl Drawn {
    fn new(entropy: &[u8], public_key: &[u8], message: &[u8]) -> Self {
        let about = [b"sm2 encrypt".as_slice(), public_key, &Digest::Sm3.of(message)].concat();
        Drawn { key: Digest::Sm3.mac(entropy, &about), counter: 0 }
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(NUMBER_BYTES) {
            self.counter += 1;
            let block = Digest::Sm3.mac(&self.key, &self.counter.to_be_bytes());
            part.copy_from_slice(&block[..part.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests;
