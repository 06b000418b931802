//! A province with a certificate of its own making: who is let in by a pin and who is not. A server stands on
//! loopback; what an impostor gets to see is counted.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PublicKeyData, SanType};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use qilu::clock::Clock;
use qilu::config::platform::Operation;
use qilu::platform::{Bindings, Break, Street, look};
use sha2::{Digest, Sha256};

use super::{street, try_street};

/// The shapes that certificates of such gateways have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it should be: for the address, signed by itself, no authority.
    Leaf,
    /// What `openssl req -x509` makes: marked as an authority.
    Authority,
    /// A common name, and no address in it.
    NameOnly,
    Expired,
}

pub(super) struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    pub(super) fn new(shape: Shape) -> Self {
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
    pub(super) fn pin(&self) -> String {
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

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

fn server_builder() -> rustls::ConfigBuilder<rustls::ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// Serves one exchange; tells how many bytes of application data it got to read.
fn serve(identity: &Identity) -> (u16, mpsc::Receiver<usize>) {
    let config = server_builder().with_no_client_auth();
    let certificate = identity.certificate.der().clone();
    serve_by(config.with_single_cert(vec![certificate], private(&identity.key)).unwrap())
}

/// A server that takes everybody and says the same to all, until the test ends; counts the bytes that it got to read.
pub(super) fn serve_all(identity: &Identity, body: &'static str) -> (u16, Arc<AtomicUsize>) {
    let config = server_builder().with_no_client_auth();
    let certificate = identity.certificate.der().clone();
    let config = Arc::new(config.with_single_cert(vec![certificate], private(&identity.key)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(AtomicUsize::default());
    let counted = heard.clone();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            let length = stream.read(&mut [0; 4096]).unwrap_or(0);
            counted.fetch_add(length, Ordering::SeqCst);
            if length > 0 {
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
                stream.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).ok();
                stream.conn.send_close_notify();
                stream.flush().ok();
            }
        }
    });
    (port, heard)
}

fn serve_by(config: rustls::ServerConfig) -> (u16, mpsc::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut socket);
        let mut heard = [0; 4096];
        let Ok(length) = stream.read(&mut heard) else {
            // A word of refusal, then the rest is read unseen: closing over unread bytes would tear up the word.
            stream.conn.write_tls(stream.sock).ok();
            stream.sock.shutdown(Shutdown::Write).ok();
            std::io::copy(stream.sock, &mut std::io::sink()).ok();
            tell.send(0).ok();
            return;
        };
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
    knock_at(serve(identity), tls).await
}

async fn knock_at((port, told): (u16, mpsc::Receiver<usize>), tls: &str) -> (Result<u16, Break>, usize) {
    let street = street_by(port, tls);
    let sent = street.send(Operation::Ping, &Bindings::default(), b"", &Clock::machine()).await.unwrap();
    let heard = told.recv().unwrap_or(0);
    (sent.outcome.map(|answer| answer.status).map_err(|broken| broken.class), heard)
}

const SHAPES: [Shape; 4] = [Shape::Leaf, Shape::Authority, Shape::NameOnly, Shape::Expired];

/// Every way to trust, led to an identity: its `[tls]`.
fn modes(identity: &Identity, folder: &Path) -> [(&'static str, String); 5] {
    let file = folder.join("ca.pem");
    std::fs::write(&file, identity.certificate.pem()).unwrap();
    let stranger = Identity::new(Shape::Leaf);
    [
        ("certificate", format!("pins = [\"{}\"]", identity.pin())),
        ("key", format!("pins = [\"{}\"]", identity.key_pin())),
        ("next key", format!("pins = [\"{}\", \"{}\"]", stranger.key_pin(), identity.key_pin())),
        ("authority", format!("ca_file = \"{}\"", file.display())),
        ("system", "roots = \"system\"".to_owned()),
    ]
}

#[tokio::test]
async fn who_is_let_in_by_shape_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    for shape in SHAPES {
        let identity = Identity::new(shape);
        for (mode, tls) in modes(&identity, folder.path()) {
            let (outcome, heard) = knock(&identity, &tls).await;
            let good = match (mode, shape) {
                ("system", _) => false,
                // An authority can vouch for nobody but a proper leaf with the address in it.
                ("authority", shape) => shape == Shape::Leaf,
                (_, shape) => shape != Shape::Expired,
            };
            assert_eq!(outcome, if good { Ok(200) } else { Err(Break::Tls) }, "{shape:?} by {mode}");
            assert_eq!(heard > 0, good, "{shape:?} by {mode}: {heard} bytes");
        }
    }
}

#[tokio::test]
async fn an_expired_certificate_needs_the_explicit_switch() {
    let identity = Identity::new(Shape::Expired);
    for pin in [identity.pin(), identity.key_pin()] {
        let pins = format!("pins = [\"{pin}\"]");
        assert_eq!(knock(&identity, &pins).await, (Err(Break::Tls), 0));
        let (outcome, _) = knock(&identity, &format!("{pins}\npins_allow_expired = true")).await;
        assert_eq!(outcome, Ok(200));
    }
}

#[tokio::test]
async fn an_impostor_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for shape in SHAPES {
        let province = Identity::new(Shape::Leaf);
        let impostor = Identity::new(shape);
        for (mode, tls) in modes(&province, folder.path()) {
            for tls in [tls.clone(), format!("{tls}\npins_allow_expired = true")] {
                assert_eq!(knock(&impostor, &tls).await, (Err(Break::Tls), 0), "{shape:?} by {mode}");
            }
        }
    }
}

#[tokio::test]
async fn a_stolen_certificate_without_its_key_is_an_impostor() {
    for shape in SHAPES {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let province = Identity::new(shape);
            let pins = format!("pins = [\"{}\"]\npins_allow_expired = true", province.pin());
            // rustls would not serve a key that does not fit; a thief is not so scrupulous.
            let signer =
                rustls::crypto::ring::sign::any_supported_type(&private(&KeyPair::generate().unwrap()));
            let certificate = province.certificate.der().clone();
            let stolen = rustls::sign::CertifiedKey::new(vec![certificate], signer.unwrap());
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[version])
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(stolen)));
            let came = knock_at(serve_by(config), &pins).await;
            assert_eq!(came, (Err(Break::Tls), 0), "{shape:?} {version:?}");
        }
    }
}

#[tokio::test]
async fn a_province_that_asks_who_we_are_is_shown_our_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (province, ours, other) =
        (Identity::new(Shape::Leaf), Identity::new(Shape::Leaf), Identity::new(Shape::Leaf));
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let (certificate, key) =
        (write("ours.pem", ours.certificate.pem()), write("ours.key", ours.key.serialize_pem()));
    let both = write("both.pem", ours.certificate.pem() + &ours.key.serialize_pem());
    let (wrong, wrong_key) =
        (write("other.pem", other.certificate.pem()), write("other.key", other.key.serialize_pem()));
    let ask = || {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ours.certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let judge = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let config = server_builder().with_client_cert_verifier(judge.build().unwrap());
        let shown = vec![province.certificate.der().clone()];
        serve_by(config.with_single_cert(shown, private(&province.key)).unwrap())
    };
    let pins = format!("pins = [\"{}\"]", province.pin());
    for (mode, trust) in [("pins", pins.clone()), ("authority", modes(&province, folder.path())[3].1.clone())]
    {
        let rows = [
            ("", Err(Break::Tls)),
            (&*format!("client_cert = \"{certificate}\"\nclient_key = \"{key}\""), Ok(200)),
            (&*format!("client_cert = \"{certificate}\"\nclient_key = \"file:{key}\""), Ok(200)),
            (&*format!("client_cert = \"{both}\""), Ok(200)),
            (&*format!("client_cert = \"{wrong}\"\nclient_key = \"{wrong_key}\""), Err(Break::Tls)),
        ];
        for (client, expect) in rows {
            let (outcome, heard) = knock_at(ask(), &format!("{trust}\n{client}")).await;
            assert_eq!(outcome, expect, "{mode}: {client}");
            assert_eq!(heard > 0, expect.is_ok(), "{mode}: {client}");
        }
    }
    // A key that does not fit, or that everybody may read, is found before anything is sent.
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    for (client_key, expect) in [(&wrong_key, "Q7413"), (&key, "Q1015"), (&certificate, "Q7413")] {
        let tls = format!("{pins}\nclient_cert = \"{certificate}\"\nclient_key = \"{client_key}\"");
        let opened =
            try_street("https://127.0.0.1:1/api/v1", |text| text.replace("roots = \"system\"", &tls));
        assert_eq!(opened.err().map(|complaint| complaint.id).as_deref(), Some(expect));
    }
}

#[tokio::test]
async fn a_look_sees_the_certificate_and_says_nothing_whether_it_is_trusted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for shape in SHAPES {
        let identity = Identity::new(shape);
        for (mode, tls) in modes(&identity, folder.path()) {
            let (port, told) = serve(&identity);
            let street = street_by(port, &tls);
            let seen = look(street.profile().platform(), folder.path()).await.unwrap();
            assert_eq!(told.recv().unwrap(), 0, "{shape:?} by {mode}");
            let shown = seen.shown.unwrap();
            assert_eq!(shown.version, Some("TLS 1.3"));
            let certificate = shown.certificate.unwrap();
            assert_eq!(certificate.fingerprint, *Sha256::digest(identity.certificate.der()));
            assert_eq!(certificate.key_fingerprint, *Sha256::digest(identity.key.subject_public_key_info()));
            assert_eq!(shown.trusted.is_ok(), knock(&identity, &tls).await.0.is_ok(), "{shape:?} by {mode}");
        }
    }
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
