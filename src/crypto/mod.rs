//! Digests, keyed digests, ciphers, SM2 and encodings: what provinces sign and encrypt with.
//!
//! Pure: bytes in, bytes out. Nothing here throws dice (what needs chance takes it as an argument), nothing
//! panics on a bad key or a bad text, and no complaint repeats a key, a plain text or a cipher text. The old and
//! weak choices are here because provinces use them; [`weak`] names them.

mod charset;
mod cipher;
mod der;
mod digest;
mod encoding;
mod same;
mod sm2;
mod weak;

pub use charset::{charset, from_charset, to_charset};
pub use cipher::{Block, Mode, decrypt, encrypt};
pub use der::{der_of_rs, rs_of_der};
pub use digest::Digest;
pub use encoding::{
    Percent, base64, base64url, from_base64, from_base64url, from_hex, from_percent, hex, percent,
};
pub use same::{same_mac, same_mac_text};
pub use sm2::{
    Order, USER_ID, decrypt as sm2_decrypt, encrypt as sm2_encrypt, sign as sm2_sign, verify as sm2_verify,
};
pub use weak::{Weak, weak};
