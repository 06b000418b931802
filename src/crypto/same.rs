//! Whether two MACs are the same, in a time that tells nothing of where they differ.

use subtle::ConstantTimeEq;

use super::{from_base64, from_hex};

/// Whether two MACs have the same bytes. An empty one is none, and the same as nothing.
pub fn same_mac(one: &[u8], other: &[u8]) -> bool {
    !one.is_empty() && bool::from(one.ct_eq(other))
}

/// Whether a MAC is the one that a text writes: in hex of any case, or in base64.
pub fn same_mac_text(mac: &[u8], written: &str) -> bool {
    let written = written.trim();
    // Both are tried, since both are public forms of the same bytes; only the bytes are compared in secret.
    let is_it = |read: Result<Vec<u8>, _>| read.is_ok_and(|read| same_mac(mac, &read));
    is_it(from_hex(written)) || is_it(from_base64(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_macs_are_the_same() {
        let mac = [0xab, 0xcd, 0xef, 1];
        for (written, expect) in [
            ("abcdef01", true),
            ("ABCDEF01", true),
            (" abcdef01\n", true),
            ("q83vAQ==", true),
            ("q83vAQ", true),
            ("Q83vAQ==", false),
            ("abcdef02", false),
            ("abcdef", false),
            ("abcdef0101", false),
            ("abcdefgh", false),
            ("", false),
            ("é", false),
        ] {
            assert_eq!(same_mac_text(&mac, written), expect, "{written}");
        }
        assert!(same_mac(&mac, &mac));
        assert!(!same_mac(&mac, &mac[..3]));
        assert!(!same_mac(b"", b""));
        assert!(!same_mac_text(b"", ""));
    }
}
