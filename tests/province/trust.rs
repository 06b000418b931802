//! A province with a certificate of its own making: who is let in by a pin and who is not. A server stands on
//! loopback; what an impostor gets to see is counted.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PublicKeyData, SanType};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use qilu::clock::Clock;
use qilu::config::platform::Operation;
use qilu::platform::{Bindings, Break, Street};
use sha2::{Digest, Sha256};

use super::{street, try_street};

/// The shapes that certificates of such gateways have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// As it should be: for the address, signed by itself, no authority.
    Leaf,
    /// What `openssl req -x509` makes: marked as an authority.
    Authority,
    /// A common name, and no address in it.
    NameOnly,
    Expired,
}

struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    fn new(shape: Shape) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "123.232.30.9");
        if shape != Shape::NameOnly {
            params.subject_alt_names = vec![SanType::IpAddress("127.0.0.1".parse().unwrap())];
        }
        if shape == Shape::Authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(if shape == Shape::Expired { 2021 } else { 2049 }, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Identity { certificate, key }
    }

    /// Of the whole certificate.
    fn pin(&self) -> String {
        pin(self.certificate.der())
    }

    /// Of the public key.
    fn key_pin(&self) -> String {
        pin(&self.key.subject_public_key_info())
    }
}

fn pin(der: &[u8]) -> String {
    let hex: String = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Serves one exchange; tells how many bytes of application data it got to read.
fn serve(identity: &Identity) -> (u16, mpsc::Receiver<usize>) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        let mut heard = [0; 4096];
        let length = stream.read(&mut heard).unwrap_or(0);
        let body = r#"{"code":"0","data":{"time":"now"}}"#;
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).ok();
        stream.conn.send_close_notify();
        stream.flush().ok();
        tell.send(length).ok();
    });
    (port, told)
}

fn street_by(port: u16, tls: &str) -> Street {
    street(&format!("https://127.0.0.1:{port}/api/v1"), |text| text.replace("roots = \"system\"", tls))
}

/// What came of a ping to a server with this identity under this `[tls]`, and what the server heard.
async fn knock(identity: &Identity, tls: &str) -> (Result<u16, Break>, usize) {
    let (port, told) = serve(identity);
    let street = street_by(port, tls);
    let sent = street.send(Operation::Ping, &Bindings::default(), b"", &Clock::machine()).await.unwrap();
    let heard = told.recv().unwrap_or(0);
    (sent.outcome.map(|answer| answer.status).map_err(|broken| broken.class), heard)
}

#[tokio::test]
async fn a_pinned_province_is_reached_whatever_its_certificate_looks_like() {
    for shape in [Shape::Leaf, Shape::Authority, Shape::NameOnly] {
        let identity = Identity::new(shape);
        for pin in [identity.pin(), identity.key_pin()] {
            let (outcome, heard) = knock(&identity, &format!("pins = [\"{pin}\"]")).await;
            assert_eq!(outcome, Ok(200), "{shape:?}");
            assert!(heard > 0);
        }
    }
}

#[tokio::test]
async fn an_expired_certificate_needs_the_explicit_switch() {
    let identity = Identity::new(Shape::Expired);
    let pins = format!("pins = [\"{}\"]", identity.pin());
    assert_eq!(knock(&identity, &pins).await, (Err(Break::Tls), 0));
    let (outcome, _) = knock(&identity, &format!("{pins}\npins_allow_expired = true")).await;
    assert_eq!(outcome, Ok(200));
}

#[tokio::test]
async fn an_impostor_learns_nothing() {
    let province = Identity::new(Shape::Leaf);
    for shape in [Shape::Leaf, Shape::Authority, Shape::NameOnly, Shape::Expired] {
        let impostor = Identity::new(shape);
        let pins =
            format!("pins = [\"{}\", \"{}\"]\npins_allow_expired = true", province.pin(), province.key_pin());
        assert_eq!(knock(&impostor, &pins).await, (Err(Break::Tls), 0), "{shape:?} against pins");
        assert_eq!(
            knock(&impostor, "roots = \"system\"").await,
            (Err(Break::Tls), 0),
            "{shape:?} against roots"
        );
    }
}

#[tokio::test]
async fn a_stolen_certificate_without_its_key_is_an_impostor() {
    let province = Identity::new(Shape::Leaf);
    let pins = format!("pins = [\"{}\"]", province.pin());
    let thief = Identity { certificate: province.certificate, key: KeyPair::generate().unwrap() };
    let certificate = thief.certificate.der().clone();
    let signer = rustls::crypto::ring::sign::any_supported_type(&PrivateKeyDer::Pkcs8(
        PrivatePkcs8KeyDer::from(thief.key.serialize_der()),
    ))
    .unwrap();
    // rustls would not serve a key that does not fit; a thief is not so scrupulous.
    let stolen = rustls::sign::CertifiedKey::new(vec![certificate], signer);
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        rustls::Stream::new(&mut connection, &mut socket).read(&mut [0; 4096]).unwrap_or(0)
    });
    let street = street_by(port, &pins);
    let sent = street.send(Operation::Ping, &Bindings::default(), b"", &Clock::machine()).await.unwrap();
    assert_eq!(sent.outcome.unwrap_err().class, Break::Tls);
    assert_eq!(server.join().unwrap(), 0);
}

#[tokio::test]
async fn a_city_authority_vouches_for_its_own_and_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let leaf = Identity::new(Shape::Leaf);
    std::fs::write(&file, leaf.certificate.pem()).unwrap();
    let tls = format!("ca_file = \"{}\"", file.display());
    assert_eq!(knock(&leaf, &tls).await.0, Ok(200));
    assert_eq!(knock(&Identity::new(Shape::Leaf), &tls).await, (Err(Break::Tls), 0));
    std::fs::write(&file, "no certificate").unwrap();
    let broken = try_street("https://127.0.0.1:1/api/v1", |text| text.replace("roots = \"system\"", &tls));
    assert_eq!(broken.err().map(|complaint| complaint.id), Some("Q7413".to_owned()));
}
