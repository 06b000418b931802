//! The door of trust: authorities, our own certificate and its key come from files.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::pin::PinVerifier;
use crate::config::platform::{ClientIdentity, Trust};
use crate::config::{Platform, Secret, SecretReference};
use crate::record::Complaint;

/// The client's side of every handshake with a platform, under this judge.
///
/// Errors: Q7413 for a certificate or key that cannot be used.
pub(in super::super) fn client_config(
    platform: &Platform,
    root: &Path,
    judge: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, Complaint> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(judge);
    let Some(client) = &platform.tls.client else { return Ok(config.with_no_client_auth()) };
    let (chain, key) = read_identity(client, root)?;
    config.with_client_auth_cert(chain, key).map_err(|error| named(&client.certificate, &error))
}

/// Who decides whether a certificate is the province's, as `[tls]` says.
///
/// Errors: Q7413 for a file of authorities that cannot be used, or an operating system without any.
pub(in super::super) fn judge(
    platform: &Platform,
    root: &Path,
) -> Result<Arc<dyn ServerCertVerifier>, Complaint> {
    let provider = provider();
    match &platform.tls.trust {
        Trust::Pins(pins) => {
            let (pins, allow_expired) = (pins.clone(), platform.tls.pins_allow_expired);
            Ok(Arc::new(PinVerifier { pins, allow_expired, provider }))
        }
        Trust::CaFile(file) => {
            let pem = std::fs::read(root.join(&file.value)).map_err(|error| named(file, &error))?;
            let mut roots = RootCertStore::empty();
            for authority in CertificateDer::pem_slice_iter(&pem) {
                let authority = authority.map_err(|error| named(file, &error))?;
                roots.add(authority).map_err(|error| named(file, &error))?;
            }
            if roots.is_empty() {
                return Err(named(file, &"no certificate"));
            }
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
            Ok(verifier.map_err(|error| named(file, &error))?)
        }
        Trust::System => {
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(unusable)?;
            Ok(Arc::new(verifier))
        }
    }
}

fn read_identity(
    client: &ClientIdentity,
    root: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Complaint> {
    let written = &client.certificate;
    let pem = std::fs::read(root.join(&written.value)).map_err(|error| named(written, &error))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| named(written, &error))?;
    if chain.is_empty() {
        return Err(named(written, &"no certificate"));
    }
    // Whoever may read the key may be us: a file is held to the same rules as any other secret.
    let place = client.key.as_ref().unwrap_or(written);
    let key = match SecretReference::parse(place) {
        Ok(_) => Secret::resolve(place, root)?,
        Err(_) => Secret::resolve(&format!("file:{}", place.value), root)?,
    };
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|error| named(place, &error))?;
    Ok((chain, key))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn unusable(reason: impl std::fmt::Display) -> Complaint {
    Complaint::new("Q7413").fact("reason", reason)
}

fn named(file: &str, reason: &dyn std::fmt::Display) -> Complaint {
    unusable(format!("{file}: {reason}"))
}
