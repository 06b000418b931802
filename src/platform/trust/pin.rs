//! Trust by pin: the province's own certificate or key, whoever signed it and whatever name stands in it.
//!
//! A gateway at a bare IP address usually has a certificate of its own making: marked as an authority, without
//! the address, perhaps long expired. No public authority will vouch for it, and trusting "any" would trust
//! everybody on the way. A pin trusts exactly one key.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::certificate::Certificate;

/// Accepts a server whose certificate or key has one of the pinned digests, is within its dates, and who proves
/// in the handshake that it holds that key.
#[derive(Debug)]
pub(super) struct PinVerifier {
    pub(super) pins: Vec<[u8; 32]>,
    pub(super) allow_expired: bool,
    pub(super) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let read = Certificate::read(end_entity);
        let certificate = read.ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if !self.pins.iter().any(|pin| *pin == certificate.fingerprint || *pin == certificate.key_fingerprint)
        {
            return Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
        }
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now > *certificate.valid.end() && !self.allow_expired {
            return Err(Error::InvalidCertificate(CertificateError::Expired));
        }
        if now < *certificate.valid.start() {
            return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
        }
        Ok(ServerCertVerified::assertion())
    }

    // The pin says which key; these two prove that the other side holds it.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
