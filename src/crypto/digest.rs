//! Digests, with and without a key.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

/// A digest by its name.
///
/// Source: RFC 1321 (MD5), FIPS 180-4 (SHA-1, SHA-256), GB/T 32905-2016 (SM3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sm3,
}

impl Digest {
    /// 16 (MD5), 20 (SHA-1) or 32 bytes.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Md5 => Md5::digest(bytes).to_vec(),
            Digest::Sha1 => Sha1::digest(bytes).to_vec(),
            Digest::Sha256 => Sha256::digest(bytes).to_vec(),
            Digest::Sm3 => Sm3::digest(bytes).to_vec(),
        }
    }

    /// HMAC by this digest. A key may have any length, none included.
    ///
    /// Source: RFC 2104.
    pub fn mac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Md5 => keyed::<Hmac<Md5>>(key, bytes),
            Digest::Sha1 => keyed::<Hmac<Sha1>>(key, bytes),
            Digest::Sha256 => keyed::<Hmac<Sha256>>(key, bytes),
            Digest::Sm3 => keyed::<Hmac<Sm3>>(key, bytes),
        }
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    // RFC 2104 §3 hashes a long key and pads a short one, so that none is refused.
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    const TEXT: &str = "山东 abc";

    /// `printf '%s' TEXT | openssl dgst -md5|-sha1|-sha256|-sm3`
    #[test]
    fn digests_are_those_of_openssl() {
        let rows = [
            (Digest::Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (Digest::Md5, TEXT, "34b8e8ade44613f5cdb38a4ee3973859"),
            (Digest::Sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (Digest::Sha1, TEXT, "f56501366731d62845d32592920e3b11c3e14dbd"),
            (Digest::Sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (Digest::Sha256, TEXT, "8dc6475c674eaca91a4e3ad58596df1b6f6176f2d522b2c3cebf9d20271eb735"),
            (Digest::Sm3, "", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"),
            (Digest::Sm3, TEXT, "9a8bb9cbbfa5799bc0cf0d36758474c573ef418d01112b19d5e90f24b589fbb9"),
        ];
        for (digest, text, expect) in rows {
            assert_eq!(hex(&digest.of(text.as_bytes())), expect, "{digest:?} {text}");
        }
    }

    /// `printf '%s' TEXT | openssl dgst -md5|-sha1|-sha256|-sm3 -hmac s3cret`, and with
    /// `-mac HMAC -macopt key:kkk…`, one hundred times k, which is longer than any block.
    #[test]
    fn macs_are_those_of_openssl() {
        let rows = [
            (Digest::Md5, "58bf18816993ea2f3a2e8b47f2e897fa", "e4ca45b77571ec9000d61e325736e2c3"),
            (
                Digest::Sha1,
                "cabd8c9f06d7c1d361b33e37f05be7ecff9b2b86",
                "ea8cc9e59bb297aa1dc7dad596b74ee352f2351f",
            ),
            (
                Digest::Sha256,
                "246451aeb2246e684ca2aabf4e959dfb121fa1f393871e9e03013c664e44f335",
                "8eb5425d5526797e8718eeae626abedfd858e7cb4840612ee2054fa0b0b71ce2",
            ),
            (
                Digest::Sm3,
                "36bf601ed637971f6aa750692013a58169674e617561dbab28e5e918f357aac8",
                "6e48d4014106c90c90a200fd57f8e5ca9f89c7096e37405bd29973f3e8dac518",
            ),
        ];
        for (digest, short, long) in rows {
            assert_eq!(hex(&digest.mac(b"s3cret", TEXT.as_bytes())), short, "{digest:?}");
            assert_eq!(hex(&digest.mac("k".repeat(100).as_bytes(), TEXT.as_bytes())), long, "{digest:?}");
            assert_eq!(digest.mac(b"", b"").len(), digest.of(b"").len());
        }
    }
}
