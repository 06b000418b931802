//! What still works and should not be chosen where there is a choice.

/// Why a choice is weak, in one sentence of both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weak {
    pub zh: &'static str,
    pub en: &'static str,
}

/// The reason against a filter of the expression language, if there is one.
///
/// Source: GM/T 0005 and GB/T 39786-2021 ask for SM2, SM3 and SM4; RFC 6151 (MD5); NIST SP 800-131A (SHA-1);
///         NIST SP 800-38A (what ECB shows).
pub fn weak(filter: &str) -> Option<Weak> {
    Some(match filter {
        "md5" => Weak { zh: "MD5 早已能伪造", en: "MD5 has been forged for years" },
        "hmac_md5" => Weak {
            zh: "HMAC-MD5 建立在已被攻破的 MD5 之上",
            en: "HMAC-MD5 stands on MD5, which is broken",
        },
        "sha1" => Weak { zh: "SHA-1 的碰撞已经公开", en: "collisions of SHA-1 are public" },
        "aes_ecb_encrypt" | "aes_ecb_decrypt" | "sm4_ecb_encrypt" | "sm4_ecb_decrypt" => Weak {
            zh: "ECB 模式下相同的内容得到相同的密文，看得出规律",
            en: "in ECB equal blocks stay equal, so that the cipher text shows what repeats",
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::weak;

    #[test]
    fn the_weak_are_named_and_the_strong_are_not() {
        for name in ["md5", "sha1", "hmac_md5", "aes_ecb_encrypt", "sm4_ecb_decrypt"] {
            assert!(weak(name).is_some(), "{name}");
        }
        for name in ["sm3", "sha256", "hmac_sm3", "sm4_cbc_encrypt", "sm2_sign", "hmac_sha256", "text"] {
            assert!(weak(name).is_none(), "{name}");
        }
    }
}
