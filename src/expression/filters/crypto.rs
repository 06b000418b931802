//! Digests, keyed digests, ciphers and SM2. No complaint repeats a key, a plain text or a cipher text.

use super::{Call, Filter, bad_argument};
use crate::crypto::{self, Block, Digest, Mode, Order};
use crate::record::{Complaint, Value};

type Outcome = Result<Value, Complaint>;

pub(super) fn filters() -> Vec<Filter> {
    [digests(), macs(), ciphers(), sm2()].into_iter().flatten().collect()
}

fn digests() -> Vec<Filter> {
    vec![
        Filter::plain("md5", |input, call| digest(Digest::Md5, &input, call)).says(
            "MD5 摘要，16 字节；再接 hex 或 base64。文本按 UTF-8。弱，只在省平台要求时用。",
            "The MD5 digest, 16 bytes; hex or base64 makes it text. Text counts as its UTF-8. Weak: only where the province asks for it.",
            &[("'abc' | md5 | hex", "\"900150983cd24fb0d6963f7d28e17f72\""), ("[1] | md5", "Q3102")],
        ),
        Filter::plain("sha1", |input, call| digest(Digest::Sha1, &input, call)).says(
            "SHA-1 摘要，20 字节。弱，只在省平台要求时用。",
            "The SHA-1 digest, 20 bytes. Weak: only where the province asks for it.",
            &[("'abc' | sha1 | hex", "\"a9993e364706816aba3e25717850c26c9cd0d89d\"")],
        ),
        Filter::plain("sha256", |input, call| digest(Digest::Sha256, &input, call)).says(
            "SHA-256 摘要，32 字节。",
            "The SHA-256 digest, 32 bytes.",
            &[("'abc' | sha256 | base64", "\"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\"")],
        ),
        Filter::plain("sm3", |input, call| digest(Digest::Sm3, &input, call)).says(
            "国密 SM3 摘要，32 字节。",
            "The SM3 digest, 32 bytes.",
            &[("'abc' | sm3 | hex", "\"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\"")],
        ),
    ]
}

fn macs() -> Vec<Filter> {
    vec![
        Filter::plain("hmac_md5", |input, call| mac(Digest::Md5, &input, call)).takes("hmac_md5(key)", 1..=1).says(
            "HMAC-MD5，16 字节；密钥是文本（按 UTF-8）或字节。弱，只在省平台要求时用。",
            "HMAC-MD5, 16 bytes; the key is text, as its UTF-8, or bytes. Weak: only where the province asks for it.",
            &[("'what do ya want for nothing?' | hmac_md5('Jefe') | hex", "\"750c783e6ab0b503eaa86e310a5db738\"")],
        ),
        Filter::plain("hmac_sha1", |input, call| mac(Digest::Sha1, &input, call)).takes("hmac_sha1(key)", 1..=1).says(
            "HMAC-SHA1，20 字节。",
            "HMAC-SHA1, 20 bytes.",
            &[("'what do ya want for nothing?' | hmac_sha1('Jefe') | hex", "\"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79\"")],
        ),
        Filter::plain("hmac_sha256", |input, call| mac(Digest::Sha256, &input, call))
            .takes("hmac_sha256(key)", 1..=1)
            .says(
                "HMAC-SHA256，32 字节。",
                "HMAC-SHA256, 32 bytes.",
                &[
                    (
                        "'what do ya want for nothing?' | hmac_sha256('Jefe') | hex",
                        "\"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\"",
                    ),
                    ("'a' | hmac_sha256([1])", "Q3102"),
                ],
            ),
        Filter::plain("hmac_sm3", |input, call| mac(Digest::Sm3, &input, call)).takes("hmac_sm3(key)", 1..=1).says(
            "国密 HMAC-SM3，32 字节。",
            "HMAC-SM3, 32 bytes.",
            &[("'山东 abc' | hmac_sm3('s3cret') | hex", "\"36bf601ed637971f6aa750692013a58169674e617561dbab28e5e918f357aac8\"")],
        ),
        Filter::plain("same_mac", same_mac).takes("same_mac(expected)", 1..=1).says(
            "两个摘要或签名是否一样，比较用时不泄露内容；字节可与其十六进制（大小写不论）或 base64 文本比。空的与什么都不一样。",
            "Whether two MACs are the same, in a time that tells nothing; bytes may be compared with their hex, of any case, or base64. An empty one is the same as nothing.",
            &[
                ("'abc' | md5 | same_mac('900150983CD24FB0D6963F7D28E17F72')", "true"),
                ("'abc' | md5 | hex | same_mac('900150983CD24FB0D6963F7D28E17F72')", "true"),
                ("'abc' | md5 | base64 | same_mac('kAFQmDzST7DWlj99KOF/cg==')", "true"),
                ("'abc' | md5 | same_mac('kAFQmDzST7DWlj99KOF/cw==')", "false"),
                ("'' | same_mac('')", "false"),
                ("'abc' | same_mac(none)", "null"),
            ],
        ),
    ]
}

fn ciphers() -> Vec<Filter> {
    vec![
        Filter::plain("aes_ecb_encrypt", |input, call| seal(Block::Aes, false, &input, call))
            .takes("aes_ecb_encrypt(key)", 1..=1)
            .says(
                "AES-ECB 加密，PKCS#7 补位；密钥 16、24 或 32 字节，是文本（按 UTF-8）或字节，十六进制的先 | from_hex。弱，只在省平台要求时用。",
                "AES-ECB with PKCS#7; a key of 16, 24 or 32 bytes, as text (its UTF-8) or bytes; read one in hex with | from_hex first. Weak: only where the province asks for it.",
                &[
                    ("'' | aes_ecb_encrypt('0123456789abcdef') | hex", "\"377222e061a924c591cd9c27ea163ed4\""),
                    ("'a' | aes_ecb_encrypt('short')", "Q3150"),
                ],
            ),
        Filter::plain("aes_ecb_decrypt", |input, call| open(Block::Aes, false, &input, call))
            .takes("aes_ecb_decrypt(key)", 1..=1)
            .says(
                "AES-ECB 解密，得字节；再接 text_of 或 from_json。",
                "AES-ECB opened, as bytes; text_of or from_json reads them.",
                &[
                    ("'甲' | aes_ecb_encrypt('0123456789abcdef') | aes_ecb_decrypt('0123456789abcdef') | text_of", "\"甲\""),
                    ("'00' | from_hex | aes_ecb_decrypt('0123456789abcdef')", "Q3152"),
                ],
            ),
        Filter::plain("aes_cbc_encrypt", |input, call| seal(Block::Aes, true, &input, call))
            .takes("aes_cbc_encrypt(key, iv)", 2..=2)
            .says(
                "AES-CBC 加密，PKCS#7 补位；iv 是 16 字节的初始向量。",
                "AES-CBC with PKCS#7; iv is the initial vector of 16 bytes.",
                &[
                    ("'' | aes_cbc_encrypt('0123456789abcdef', 'fedcba9876543210') | hex", "\"3c492cedd954cc383f3d3ee93e728484\""),
                    ("'a' | aes_cbc_encrypt('0123456789abcdef', 'short')", "Q3151"),
                ],
            ),
        Filter::plain("aes_cbc_decrypt", |input, call| open(Block::Aes, true, &input, call))
            .takes("aes_cbc_decrypt(key, iv)", 2..=2)
            .says(
                "AES-CBC 解密，得字节。",
                "AES-CBC opened, as bytes.",
                &[(
                    "'3c492cedd954cc383f3d3ee93e728484' | from_hex | aes_cbc_decrypt('0123456789abcdef', 'fedcba9876543210') | text_of",
                    "\"\"",
                )],
            ),
        Filter::plain("sm4_ecb_encrypt", |input, call| seal(Block::Sm4, false, &input, call))
            .takes("sm4_ecb_encrypt(key)", 1..=1)
            .says(
                "国密 SM4-ECB 加密，PKCS#7 补位；密钥 16 字节。弱，只在省平台要求时用。",
                "SM4-ECB with PKCS#7; a key of 16 bytes. Weak: only where the province asks for it.",
                &[("'' | sm4_ecb_encrypt('0123456789abcdef') | hex", "\"d14d7078d2f3a67fe00d3221dbb1d556\"")],
            ),
        Filter::plain("sm4_ecb_decrypt", |input, call| open(Block::Sm4, false, &input, call))
            .takes("sm4_ecb_decrypt(key)", 1..=1)
            .says(
                "国密 SM4-ECB 解密，得字节。",
                "SM4-ECB opened, as bytes.",
                &[("'甲' | sm4_ecb_encrypt('0123456789abcdef') | sm4_ecb_decrypt('0123456789abcdef') | text_of", "\"甲\"")],
            ),
        Filter::plain("sm4_cbc_encrypt", |input, call| seal(Block::Sm4, true, &input, call))
            .takes("sm4_cbc_encrypt(key, iv)", 2..=2)
            .says(
                "国密 SM4-CBC 加密，PKCS#7 补位；密钥和 iv 各 16 字节。",
                "SM4-CBC with PKCS#7; key and iv of 16 bytes each.",
                &[
                    ("'' | sm4_cbc_encrypt('0123456789abcdef', 'fedcba9876543210') | hex", "\"3feb30a8cb3414d4c160c7927a11e6d9\""),
                    ("'a' | sm4_cbc_encrypt('30313233343536373839616263646566', 'fedcba9876543210')", "Q3150"),
                ],
            ),
        Filter::plain("sm4_cbc_decrypt", |input, call| open(Block::Sm4, true, &input, call))
            .takes("sm4_cbc_decrypt(key, iv)", 2..=2)
            .says(
                "国密 SM4-CBC 解密，得字节。",
                "SM4-CBC opened, as bytes.",
                &[
                    (
                        "'3feb30a8cb3414d4c160c7927a11e6d9' | from_hex | sm4_cbc_decrypt('0123456789abcdef', 'fedcba9876543210') | text_of",
                        "\"\"",
                    ),
                    ("'甲' | sm4_cbc_decrypt('0123456789abcdef', 'fedcba9876543210')", "Q3152"),
                ],
            ),
    ]
}

fn sm2() -> Vec<Filter> {
    vec![
        Filter::plain("sm2_sign", sm2_sign).takes("sm2_sign(private_key) | sm2_sign(private_key, user_id)", 1..=2).says(
            "国密 SM2 签名（摘要用 SM3），得 r‖s 64 字节，DER 再接 der_of_rs；私钥是 64 位十六进制或 32 字节；用户标识默认 1234567812345678。同样的内容签出同样的签名。",
            "The SM2 signature, with SM3, as r‖s of 64 bytes; der_of_rs makes it DER. The private key is 64 digits of hex or 32 bytes; the user id is 1234567812345678 if left out. The same content gets the same signature.",
            &[
                (
                    "'山东 abc' | sm2_sign('9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6') | hex",
                    "\"d87f87b5bc65e732bc76a4280b9f79958ace3561650046be84d0109ee35e730457b5e29baf7927ec1e5f4fb331588a76fe9299e33f0c014c29a82902e782e60c\"",
                ),
                ("'a' | sm2_sign('00')", "Q3155"),
            ],
        ),
        Filter::plain("sm2_verify", sm2_verify)
            .takes("sm2_verify(public_key, signature) | sm2_verify(public_key, signature, user_id)", 2..=3)
            .says(
                "国密 SM2 签名是否有效；签名是 r‖s 或 DER，字节、十六进制或 base64 都可；公钥是十六进制（带不带 04 都可）或字节。",
                "Whether an SM2 signature is good; it is r‖s or DER, as bytes, hex or base64. The public key is hex, with 04 or without, or bytes.",
                &[
                    (
                        "'山东 abc' | sm2_verify('b798cf0063d9295901a5bba9f5df19346afae0c1bfb144f2bbb5cc97d5141adda04bd045d41631b36736b020fd4ef77783743f142a081e745f4b68e3e81dd706', 'MEUCIQDeJgBAh1hUd2etfMc+fm5Cyd+rnkG8TN81f6Ufnud9DAIgRle2hw+rsM7ikRq4p/mlJEsEBFha6L+N27iEFe/FJVE=')",
                        "true",
                    ),
                    ("'a' | sm2_verify('00', 'b0')", "Q3156"),
                ],
            ),
        Filter::plain("sm2_encrypt", sm2_encrypt)
            .takes("sm2_encrypt(public_key, entropy) | sm2_encrypt(public_key, entropy, 'C1C2C3')", 2..=3)
            .says(
                "国密 SM2 加密；第二个参数写 entropy；次序默认 C1C3C2，可写 'C1C2C3' 或 'DER'；密文以 04 开头，不要的接 drop_prefix(1)。",
                "SM2 encryption; write entropy as the second argument. The order is C1C3C2 if left out, or 'C1C2C3' or 'DER'. The result begins with 04; drop_prefix(1) is for those who omit it.",
                &[
                    ("'a' | sm2_encrypt('00', '0123456789abcdef0123456789abcdef')", "Q3156"),
                    (
                        "'a' | sm2_encrypt('b798cf0063d9295901a5bba9f5df19346afae0c1bfb144f2bbb5cc97d5141adda04bd045d41631b36736b020fd4ef77783743f142a081e745f4b68e3e81dd706', 'too short')",
                        "Q3158",
                    ),
                ],
            ),
        Filter::plain("sm2_decrypt", sm2_decrypt)
            .takes("sm2_decrypt(private_key) | sm2_decrypt(private_key, 'C1C2C3')", 1..=2)
            .says(
                "国密 SM2 解密，得字节；密文带不带 04 都可；次序默认 C1C3C2，可写 'C1C2C3' 或 'DER'。",
                "SM2 opened, as bytes, with or without the leading 04; the order is C1C3C2 if left out, or 'C1C2C3' or 'DER'.",
                &[
                    (
                        "'307202207cc9a6f8d4adf4e80b8fdbcc7487895a85160b7b354be6e0f88f5f4c42c8f0f102204583f3ccedbbad702fc1b2d17fe5564b1309a4596697dd58e126461c9ab83cd004202507f610012ed75d00a2d4ae665b404b9c6575ef43477f140f03cc2248ce415f040aa61d148d0a5242752110' | from_hex | sm2_decrypt('9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6', 'DER') | text_of",
                        "\"山东 abc\"",
                    ),
                    ("'a' | sm2_decrypt('9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6')", "Q3152"),
                    ("'a' | sm2_decrypt('00', 'C3')", "Q3005"),
                ],
            ),
        Filter::plain("der_of_rs", |input, call| changed(&input, call, crypto::der_of_rs)).says(
            "SM2 签名 r‖s 写成 DER。",
            "An SM2 signature r‖s as DER.",
            &[("'a' | der_of_rs", "Q3157")],
        ),
        Filter::plain("rs_of_der", |input, call| changed(&input, call, crypto::rs_of_der)).says(
            "DER 的 SM2 签名写成 r‖s。",
            "An SM2 signature in DER as r‖s.",
            &[
                (
                    "'300702010102020080' | from_hex | rs_of_der | hex",
                    "\"00000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000080\"",
                ),
                ("'a' | rs_of_der", "Q3157"),
            ],
        ),
    ]
}

fn given(bytes: Vec<u8>) -> Value {
    Value::Bytes(bytes.into())
}

fn digest(digest: Digest, input: &Value, call: &Call<'_>) -> Outcome {
    Ok(given(digest.of(&call.bytes(input)?)))
}

fn mac(digest: Digest, input: &Value, call: &Call<'_>) -> Outcome {
    Ok(given(digest.mac(&call.secret(0)?, &call.bytes(input)?)))
}

fn same_mac(input: Value, call: &Call<'_>) -> Outcome {
    let expected = call.arguments.first().unwrap_or(&Value::Null);
    let is_hex =
        |text: &str| text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(Value::Bool(match (&input, expected) {
        (Value::Bytes(mac), Value::Text(text)) | (Value::Text(text), Value::Bytes(mac)) => {
            crypto::same_mac_text(mac, text)
        }
        (Value::Text(one), Value::Text(other)) if is_hex(one) && is_hex(other) => {
            crypto::same_mac(one.to_ascii_lowercase().as_bytes(), other.to_ascii_lowercase().as_bytes())
        }
        (one, _) => crypto::same_mac(&call.bytes(one)?, &call.secret(0)?),
    }))
}

fn seal(block: Block, is_chained: bool, input: &Value, call: &Call<'_>) -> Outcome {
    worked(block, is_chained, input, call, crypto::encrypt)
}

fn open(block: Block, is_chained: bool, input: &Value, call: &Call<'_>) -> Outcome {
    worked(block, is_chained, input, call, crypto::decrypt)
}

type Work = fn(Block, Mode<'_>, &[u8], &[u8]) -> Result<Vec<u8>, Complaint>;

fn worked(block: Block, is_chained: bool, input: &Value, call: &Call<'_>, work: Work) -> Outcome {
    let (bytes, key) = (call.bytes(input)?, call.secret(0)?);
    let vector = if is_chained { call.secret(1)? } else { Default::default() };
    let mode = if is_chained { Mode::Cbc(&vector) } else { Mode::Ecb };
    work(block, mode, &key, &bytes).map(given).map_err(|complaint| call.named(complaint))
}

/// A key of SM2 is written in hex, or is bytes already. What is no hex is no key, whichever it was to be.
fn key(call: &Call<'_>, place: usize) -> Result<Vec<u8>, Complaint> {
    match call.arguments.get(place) {
        Some(Value::Text(text)) => crypto::from_hex(text).map_err(|complaint| call.named(complaint)),
        _ => call.secret(place).map(|bytes| bytes.into_owned()),
    }
}

fn user_id<'a>(call: &'a Call<'_>, place: usize) -> Result<&'a str, Complaint> {
    if call.arguments.len() > place { call.text(place) } else { Ok(crypto::USER_ID) }
}

fn order(call: &Call<'_>, place: usize) -> Result<Order, Complaint> {
    if call.arguments.len() <= place {
        return Ok(Order::C1C3C2);
    }
    let word = call.text(place)?;
    Order::parse(word).ok_or_else(|| bad_argument(call.filter, word))
}

fn sm2_sign(input: Value, call: &Call<'_>) -> Outcome {
    let (key, user, bytes) = (key(call, 0)?, user_id(call, 1)?, call.bytes(&input)?);
    crypto::sm2_sign(&key, user, &bytes).map(given).map_err(|complaint| call.named(complaint))
}

fn sm2_verify(input: Value, call: &Call<'_>) -> Outcome {
    let (key, user, bytes) = (key(call, 0)?, user_id(call, 2)?, call.bytes(&input)?);
    let signature = match call.arguments.get(1) {
        // A signature that cannot be read is one that is not good.
        Some(Value::Text(text)) => {
            crypto::from_hex(text).or_else(|_| crypto::from_base64(text)).unwrap_or_default()
        }
        _ => call.secret(1)?.into_owned(),
    };
    let is_good = crypto::sm2_verify(&key, user, &bytes, &signature);
    is_good.map(Value::Bool).map_err(|complaint| call.named(complaint))
}

fn sm2_encrypt(input: Value, call: &Call<'_>) -> Outcome {
    let (order, key, entropy, bytes) = (order(call, 2)?, key(call, 0)?, call.secret(1)?, call.bytes(&input)?);
    let sealed = crypto::sm2_encrypt(&key, &entropy, order, &bytes);
    sealed.map(given).map_err(|complaint| call.named(complaint))
}

fn sm2_decrypt(input: Value, call: &Call<'_>) -> Outcome {
    let (order, key, bytes) = (order(call, 1)?, key(call, 0)?, call.bytes(&input)?);
    crypto::sm2_decrypt(&key, order, &bytes).map(given).map_err(|complaint| call.named(complaint))
}

fn changed(input: &Value, call: &Call<'_>, change: fn(&[u8]) -> Result<Vec<u8>, Complaint>) -> Outcome {
    change(&call.bytes(input)?).map(given).map_err(|complaint| call.named(complaint))
}
