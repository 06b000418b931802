//! Block ciphers: AES and SM4, in ECB and CBC, padded by PKCS#7.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
};
use sm4::Sm4;

use crate::record::Complaint;

/// A block cipher by its name.
///
/// Source: FIPS 197 (AES), GB/T 32907-2016 (SM4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The key's length (16, 24 or 32 bytes) decides which.
    Aes,
    /// Key of 16 bytes.
    Sm4,
}

/// How blocks follow each other.
#[derive(Clone, Copy, Debug)]
pub enum Mode<'a> {
    Ecb,
    /// With its initial vector of 16 bytes.
    Cbc(&'a [u8]),
}

/// Every block of both ciphers, and so every initial vector, in bytes.
const BLOCK_BYTES: usize = 16;

/// The cipher text, a whole number of blocks.
///
/// Errors: Q3150 for a key, Q3151 for an initial vector of the wrong length.
pub fn encrypt(block: Block, mode: Mode<'_>, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, Complaint> {
    check_vector(mode)?;
    let sealed = match (block, key.len()) {
        (Block::Aes, 16) => seal::<Aes128>(mode, key, plain),
        (Block::Aes, 24) => seal::<Aes192>(mode, key, plain),
        (Block::Aes, 32) => seal::<Aes256>(mode, key, plain),
        (Block::Sm4, 16) => seal::<Sm4>(mode, key, plain),
        _ => None,
    };
    sealed.ok_or_else(|| bad_key(block, key))
}

/// The plain text.
///
/// Errors: Q3150, Q3151, and Q3152 for whatever does not come out well, so that nobody learns from a complaint
/// what exactly was wrong inside.
pub fn decrypt(block: Block, mode: Mode<'_>, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Complaint> {
    check_vector(mode)?;
    let opened = match (block, key.len()) {
        (Block::Aes, 16) => open::<Aes128>(mode, key, sealed),
        (Block::Aes, 24) => open::<Aes192>(mode, key, sealed),
        (Block::Aes, 32) => open::<Aes256>(mode, key, sealed),
        (Block::Sm4, 16) => open::<Sm4>(mode, key, sealed),
        _ => return Err(bad_key(block, key)),
    };
    opened.ok_or_else(|| Complaint::new("Q3152"))
}

fn seal<C>(mode: Mode<'_>, key: &[u8], plain: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherEncrypt,
    ecb::Encryptor<C>: KeyInit + BlockModeEncrypt,
    cbc::Encryptor<C>: KeyIvInit + BlockModeEncrypt,
{
    Some(match mode {
        Mode::Ecb => {
            <ecb::Encryptor<C> as KeyInit>::new_from_slice(key).ok()?.encrypt_padded_vec::<Pkcs7>(plain)
        }
        Mode::Cbc(vector) => <cbc::Encryptor<C> as KeyIvInit>::new_from_slices(key, vector)
            .ok()?
            .encrypt_padded_vec::<Pkcs7>(plain),
    })
}

fn open<C>(mode: Mode<'_>, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherDecrypt,
    ecb::Decryptor<C>: KeyInit + BlockModeDecrypt,
    cbc::Decryptor<C>: KeyIvInit + BlockModeDecrypt,
{
    match mode {
        Mode::Ecb => {
            <ecb::Decryptor<C> as KeyInit>::new_from_slice(key).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
        }
        Mode::Cbc(vector) => <cbc::Decryptor<C> as KeyIvInit>::new_from_slices(key, vector)
            .ok()?
            .decrypt_padded_vec::<Pkcs7>(sealed)
            .ok(),
    }
}

fn check_vector(mode: Mode<'_>) -> Result<(), Complaint> {
    match mode {
        Mode::Cbc(vector) if vector.len() != BLOCK_BYTES => {
            Err(Complaint::new("Q3151").fact("wanted", BLOCK_BYTES).fact("length", vector.len()))
        }
        _ => Ok(()),
    }
}

fn bad_key(block: Block, key: &[u8]) -> Complaint {
    let wanted = match block {
        Block::Aes => "16, 24, 32",
        Block::Sm4 => "16",
    };
    Complaint::new("Q3150").fact("wanted", wanted).fact("length", key.len())
}

#[cfg(test)]
mod tests {
    use super::super::{from_hex, hex};
    use super::*;

    const KEY: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
    const VECTOR: &[u8; 16] = b"fedcba9876543210";
    const NAME: &str = "{\"name\":\"高精度协作机器人\"}";

    /// `printf '%s' PLAIN | openssl enc -aes-128-ecb -K $(printf KEY | xxd -p -c 99) [-iv …] | xxd -p -c 999`,
    /// with the first 16, 24 or 32 bytes of KEY, for NAME, nothing, and one whole block.
    const ROWS: [(Block, usize, bool, [&str; 3]); 8] = [
        (
            Block::Aes,
            16,
            false,
            [
                "3300f6d532cc54fa7c642885db875bf44371d50333c27a1c4e8ec7b9e25befe3d5ed49119314414ac3fb2b1bcfdb23b4",
                "377222e061a924c591cd9c27ea163ed4",
                "72727e881edcfd0100a718687909b565377222e061a924c591cd9c27ea163ed4",
            ],
        ),
        (
            Block::Aes,
            16,
            true,
            [
                "3f1173a1b118dfb2f3c1c84b08d0b5c70038f226039777f741947cc387bc57c97903d1e26a6a909bfc7f313b42a8d4e8",
                "3c492cedd954cc383f3d3ee93e728484",
                "6575cf6b37479d9215337ff9767fe7866673e70d7e0bf17498019ee1bc7b945f",
            ],
        ),
        (
            Block::Aes,
            24,
            false,
            [
                "1a9f34e09267076c2ff22a8490ecd74caad8d328b0783272c336655b4f3cbffcaf93f6cc49a4776ceff1a7e826b39b7f",
                "0c6753b5ae0c25080ab6d0e32e318d32",
                "da6c0e29c6927225e61f590db4ea78f70c6753b5ae0c25080ab6d0e32e318d32",
            ],
        ),
        (
            Block::Aes,
            24,
            true,
            [
                "d625d37274abb89cfe46419e1fdf1ce0eb7c24538938b29d09a64e37059cc0473389f3b4957034f8800d14cba9d34573",
                "decf5b39bba3752712a25a65a348551c",
                "b489a0a284533c23ea5f09450a1eabe7aedd70419352d29d86734cf6cef10cbb",
            ],
        ),
        (
            Block::Aes,
            32,
            false,
            [
                "7b69e8cb01518e645b78ef81698cd97fd99cdfe5b8daa126e0a7c9610c14d44b161e42be71fe9c2b4596101224a49f85",
                "8aa36241fde8df054dc325c6c695b89e",
                "f83c9a60dc0cdb98219f79d6d5db16358aa36241fde8df054dc325c6c695b89e",
            ],
        ),
        (
            Block::Aes,
            32,
            true,
            [
                "04ceca908fe9465461cb33993a475bdd6f15672e4bd48d9794f608c858a2885ffae9ab46f199de4e074c7f6556468ba2",
                "04989748156efd600d9acee2267dccc3",
                "f44ed38b9e88242c45e55257c7c9d2493df26ef253de67972771896a87e22382",
            ],
        ),
        (
            Block::Sm4,
            16,
            false,
            [
                "e68ed9c5417941d77f3fc158130b7250816a1854e18601d9c423ebd44026e0e6f705b786ada6dabc497434e87adab57e",
                "d14d7078d2f3a67fe00d3221dbb1d556",
                "13278c63b7305e3c131cdbbbe6f59b86d14d7078d2f3a67fe00d3221dbb1d556",
            ],
        ),
        (
            Block::Sm4,
            16,
            true,
            [
                "d2a93daa0426c9addb745c15643efd027fb389360b3cf3a30b669752ac393d1d3b858787b0d5417662893917116adc11",
                "3feb30a8cb3414d4c160c7927a11e6d9",
                "86568fb1c7a96d0fc137b45bf87173ef58b45633dc05e434c3013d3ec947b2de",
            ],
        ),
    ];

    #[test]
    fn ciphers_are_those_of_openssl_in_both_directions() {
        for (block, key_bytes, is_cbc, sealed) in ROWS {
            let mode = if is_cbc { Mode::Cbc(VECTOR) } else { Mode::Ecb };
            let key = &KEY[..key_bytes];
            for (plain, sealed) in [NAME, "", "0123456789abcdef"].iter().zip(sealed) {
                let found = encrypt(block, mode, key, plain.as_bytes()).unwrap();
                assert_eq!(hex(&found), sealed, "{block:?} {key_bytes} {mode:?}");
                assert_eq!(decrypt(block, mode, key, &from_hex(sealed).unwrap()).unwrap(), plain.as_bytes());
            }
        }
    }

    #[test]
    fn every_way_to_fail_at_decryption_says_the_same() {
        let sealed = from_hex(ROWS[7].3[0]).unwrap();
        let mut altered = sealed.clone();
        altered[47] ^= 1;
        let short = &sealed[..47];
        let rows: [(&[u8], &[u8]); 4] =
            [(&KEY[..16], &altered), (&KEY[..16], short), (&KEY[..16], b""), (b"0000000000000000", &sealed)];
        for (key, sealed) in rows {
            let complaint = decrypt(Block::Sm4, Mode::Cbc(VECTOR), key, sealed).unwrap_err();
            assert_eq!(complaint, Complaint::new("Q3152"));
        }
    }

    #[test]
    fn lengths_of_keys_and_vectors_are_told_but_never_their_content() {
        for length in (0..70).filter(|length| ![16, 24, 32].contains(length)) {
            let key = vec![b'k'; length];
            for block in [Block::Aes, Block::Sm4] {
                let complaint = encrypt(block, Mode::Ecb, &key, b"").unwrap_err();
                assert_eq!((complaint.id.as_str(), complaint.found.as_str()), ("Q3150", ""));
                assert_eq!(decrypt(block, Mode::Ecb, &key, b"").unwrap_err().id, "Q3150");
            }
            let vector = Mode::Cbc(&key);
            assert_eq!(encrypt(Block::Aes, vector, &KEY[..16], b"").unwrap_err().id, "Q3151");
            assert_eq!(decrypt(Block::Aes, vector, &KEY[..16], b"").unwrap_err().id, "Q3151");
        }
        assert_eq!(encrypt(Block::Sm4, Mode::Ecb, KEY, b"").unwrap_err().id, "Q3150");
    }
}
