//! Whom we trust to be the province.

use super::expected_at;
use crate::config::{Located, Section};
use crate::record::Complaint;

/// The `[tls]` section. There is no way to accept just any certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub trust: Trust,
    /// A pinned certificate may be past its date; otherwise an expired one is refused although pinned.
    pub pins_allow_expired: bool,
    /// Who we are, where the province asks for it in the handshake already.
    pub client: Option<ClientIdentity>,
}

/// A certificate of ours and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// PEM file, ours first and then those that signed it; a relative path starts at the instance's folder.
    pub certificate: Located<String>,
    /// PEM file, or a reference to where the PEM text is kept. Absent: it stands in the certificate's file.
    pub key: Option<Located<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operating system's certificate authorities.
    System,
    /// Only the authorities in this PEM file; a relative path starts at the instance's folder.
    CaFile(Located<String>),
    /// SHA-256 of the server's certificate (DER) or of its public key (SPKI); any one of them is enough, so
    /// that the next key can be announced before the change.
    Pins(Vec<[u8; 32]>),
}

pub(super) fn read(root: &Section<'_>) -> Tls {
    let Some(section) = root.section("tls") else {
        return Tls { trust: Trust::System, pins_allow_expired: false, client: None };
    };
    let system = section.word("roots", &[("system", ())]);
    let ca_file = section.text("ca_file");
    let pins = section.texts("pins");
    let pins_allow_expired = section.flag("pins_allow_expired").unwrap_or(false);
    let client = read_client(&section);
    let ways = [system.is_some(), ca_file.is_some(), pins.is_some()];
    if ways.into_iter().filter(|given| *given).count() > 1 {
        section.complain(expected_at("tls", "one of `roots`, `ca_file` and `pins`").found("several"));
    }
    section.finish();
    let trust = match (pins, ca_file) {
        (Some(pins), _) => {
            let mut read = Vec::with_capacity(pins.len());
            for pin in &pins {
                match parse_pin(pin) {
                    Some(digest) => read.push(digest),
                    None => {
                        let expected =
                            "\"sha256:\" and 64 hex digits (colons allowed) or 44 base64 characters";
                        section.complain_at("pins", expected_at("tls.pins", expected).found(&pin.value));
                    }
                }
            }
            if pins.is_empty() {
                section.complain_at("pins", expected_at("tls.pins", "at least one pin").found("[]"));
            }
            Trust::Pins(read)
        }
        (None, Some(file)) => Trust::CaFile(file),
        (None, None) => Trust::System,
    };
    Tls { trust, pins_allow_expired, client }
}

fn read_client(section: &Section<'_>) -> Option<ClientIdentity> {
    let certificate = section.text("client_cert");
    let key = section.text("client_key");
    if certificate.is_none() && key.is_some() {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.client_cert", section.path())));
    }
    Some(ClientIdentity { certificate: certificate?, key })
}

/// `sha256:` with hex as `openssl x509 -fingerprint -sha256` prints it, or base64 as browsers show it.
fn parse_pin(text: &str) -> Option<[u8; 32]> {
    use base64::Engine;
    let written = text.strip_prefix("sha256:")?;
    let hex: String = written.chars().filter(|c| *c != ':').collect();
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let mut digest = [0; 32];
        for (index, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).ok()?;
        }
        return Some(digest);
    }
    base64::engine::general_purpose::STANDARD.decode(written).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::parse_pin;

    #[test]
    fn a_pin_is_hex_with_or_without_colons_or_base64() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let digest = parse_pin(&format!("sha256:{hex}")).unwrap();
        let pairs: Vec<_> = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        assert_eq!(parse_pin(&format!("sha256:{}", pairs.join(":").to_uppercase())), Some(digest));
        assert_eq!(parse_pin("sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), Some(digest));
        for wrong in ["", "sha256:", &hex[1..], "sha1:00", "sha256:é", "sha256:47DEQpj8"] {
            assert_eq!(parse_pin(wrong), None, "{wrong}");
        }
    }
}
