//! Who may speak: the application's name, a fresh time, a nonce used once, and a signature over the exact bytes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;

/// How far the caller's clock may be off, either way; also how long a nonce must be remembered.
pub const WINDOW_S: u64 = 300;

/// The one application that may call, and the nonces it has spent.
///
/// The nonces live in memory: after a restart a request of the last five minutes could be heard again, and its
/// idempotency key, which is kept in the state file, makes that harmless.
pub struct Gate {
    app_id: String,
    secret: String,
    nonces: Mutex<HashMap<String, Timestamp>>,
}

impl Gate {
    pub fn new(app_id: String, secret: String) -> Self {
        Gate { app_id, secret, nonces: Mutex::default() }
    }

    /// Lets a request in and spends its nonce; a refused request spends nothing.
    ///
    /// Shape:  `target` is the path with its query, exactly as sent.
    /// Errors: the words the province answers with, under code 1401.
    pub fn admit(
        &self,
        now: Timestamp,
        headers: &HeaderMap,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<(), &'static str> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("x-app-id") != self.app_id {
            return Err("应用标识无效");
        }
        let timestamp = header("x-timestamp");
        let said: i64 = timestamp.parse().map_err(|_| "时间戳格式错误")?;
        if (now.0.div_euclid(1_000_000)).abs_diff(said) > WINDOW_S {
            return Err("时间戳超出允许范围");
        }
        let nonce = header("x-nonce");
        if !(8..=64).contains(&nonce.len()) || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("随机数格式错误");
        }
        let given = from_hex(header("x-sign")).ok_or("签名错误")?;
        let signed = text_to_sign(method, target, timestamp, nonce, body);
        keyed(&self.secret).chain_update(signed).verify_slice(&given).map_err(|_| "签名错误")?;

        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.retain(|_, spent| now.since(*spent) <= Duration::from_secs(2 * WINDOW_S));
        match nonces.insert(nonce.to_owned(), now) {
            None => Ok(()),
            Some(_) => Err("随机数已使用"),
        }
    }
}

/// The signature a caller must send: lower-case hex of HMAC-SHA256.
///
/// Source: RFC 2104; the text is METHOD, path and query, timestamp, nonce and the body's SHA-256, one a line.
pub fn sign(secret: &str, method: &str, target: &str, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    let signed = text_to_sign(method, target, timestamp, nonce, body);
    to_hex(&keyed(secret).chain_update(signed).finalize().into_bytes())
}

/// Lower-case hex.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case hex of the SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

fn text_to_sign(method: &str, target: &str, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    format!("{method}\n{target}\n{timestamp}\n{nonce}\n{}", sha256_hex(body))
}

fn keyed(secret: &str) -> Hmac<Sha256> {
    // HMAC takes a key of any length (RFC 2104 §3): this never fails.
    Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes any key")
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

    fn headers(timestamp: &str, nonce: &str, sign: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-app-id", "zibo"), ("x-timestamp", timestamp), ("x-nonce", nonce), ("x-sign", sign)]
        {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_a_fresh_request_of_the_right_hand_is_let_in() {
        let gate = Gate::new("zibo".to_owned(), "s3cret".to_owned());
        let check = |timestamp: &str, nonce: &str, secret: &str, heard: &[u8], expect: Result<(), &str>| {
            let sign = sign(secret, "POST", "/api/v1/demand/batch?x=1", timestamp, nonce, b"{}");
            let headers = headers(timestamp, nonce, &sign);
            let found = gate.admit(NOW, &headers, "POST", "/api/v1/demand/batch?x=1", heard);
            assert_eq!(found, expect, "{timestamp} {nonce}");
        };
        check("1780000000", "00000001", "s3cret", b"{}", Ok(()));
        check("1780000000", "00000001", "s3cret", b"{}", Err("随机数已使用"));
        check("1780000300", "00000002", "s3cret", b"{}", Ok(()));
        check("1779999700", "00000003", "s3cret", b"{}", Ok(()));
        check("1780000301", "00000004", "s3cret", b"{}", Err("时间戳超出允许范围"));
        check("1779999699", "00000005", "s3cret", b"{}", Err("时间戳超出允许范围"));
        check("soon", "00000006", "s3cret", b"{}", Err("时间戳格式错误"));
        check("1780000000", "nonsense!", "s3cret", b"{}", Err("随机数格式错误"));
        check("1780000000", "00000007", "guess", b"{}", Err("签名错误"));
        check("1780000000", "00000007", "s3cret", b"{ }", Err("签名错误"));
        // The refusals above spent nothing.
        check("1780000000", "00000007", "s3cret", b"{}", Ok(()));
    }

    #[test]
    fn the_method_the_query_and_the_application_are_part_of_it() {
        let gate = Gate::new("zibo".to_owned(), "s3cret".to_owned());
        let sign = sign("s3cret", "GET", "/api/v1/ping", "1780000000", "00000001", b"");
        let good = headers("1780000000", "00000001", &sign);
        assert_eq!(gate.admit(NOW, &good, "POST", "/api/v1/ping", b""), Err("签名错误"));
        assert_eq!(gate.admit(NOW, &good, "GET", "/api/v1/ping?a=1", b""), Err("签名错误"));
        let mut other = good.clone();
        other.insert("x-app-id", HeaderValue::from_static("jinan"));
        assert_eq!(gate.admit(NOW, &other, "GET", "/api/v1/ping", b""), Err("应用标识无效"));
        assert_eq!(gate.admit(NOW, &HeaderMap::new(), "GET", "/api/v1/ping", b""), Err("应用标识无效"));
        let upper = headers("1780000000", "00000001", &sign.to_uppercase());
        assert_eq!(gate.admit(NOW, &upper, "GET", "/api/v1/ping", b""), Err("签名错误"));
        assert_eq!(gate.admit(NOW, &good, "GET", "/api/v1/ping", b""), Ok(()));
    }
}
