//! Digests of a signature, step by step.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

use crate::config::platform::{Digest, Encoding};

/// The digest of `input`, in the encoding that the profile asks for.
///
/// Shape:  `key` counts for a keyed digest alone.
/// Source: FIPS 180-4 (SHA-256), RFC 2104 (HMAC).
pub(super) fn digest(digest: Digest, key: &[u8], input: &[u8], output: Encoding) -> String {
    let bytes: [u8; 32] = match digest {
        Digest::Sha256 => Sha256::digest(input).into(),
        Digest::HmacSha256 => {
            // HMAC takes keys of every length: RFC 2104 §3 hashes a long one and pads a short one.
            let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
            mac.update(input);
            mac.finalize().into_bytes().into()
        }
    };
    match output {
        Encoding::HexLower => hex(&bytes),
        Encoding::HexUpper => hex(&bytes).to_uppercase(),
        Encoding::Base64 => STANDARD.encode(bytes),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values by `printf … | openssl dgst -sha256 [-hmac KEY] [-binary | base64]`.
    #[test]
    fn digests_are_those_of_openssl() {
        let rows: [(Digest, &str, &str, Encoding, &str); 5] = [
            (Digest::Sha256, "", "", Encoding::HexLower, SHA_EMPTY),
            (Digest::Sha256, "", "山东", Encoding::HexLower, SHA_SHANDONG),
            (Digest::HmacSha256, "s3cret", "山东", Encoding::HexLower, HMAC_SHANDONG),
            (Digest::HmacSha256, "s3cret", "山东", Encoding::Base64, HMAC_SHANDONG_BASE64),
            (Digest::HmacSha256, "Jefe", "what do ya want for nothing?", Encoding::HexUpper, RFC_4231_2),
        ];
        for (algorithm, key, input, output, expect) in rows {
            assert_eq!(digest(algorithm, key.as_bytes(), input.as_bytes(), output), expect, "{input}");
        }
    }

    const SHA_EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const SHA_SHANDONG: &str = "a9b01d90ceb1bb6db7250b145bbc4a35d8852258df337568c8068cbeadc8fa52";
    const HMAC_SHANDONG: &str = "881615920cbe6a6b9bf4bc919dfc77dbc83bb99e7695d9ad0d8e07a93074b6d2";
    const HMAC_SHANDONG_BASE64: &str = "iBYVkgy+amub9LyRnfx328g7uZ52ldmtDY4HqTB0ttI=";
    const RFC_4231_2: &str = "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843";
}
