//! What can be seen of a province without sending it anything: its address, its port, its certificate.

mod wire;

pub use wire::look;

use super::Certificate;

/// How far one gets towards a platform; each step only where the one before it succeeded.
#[derive(Clone, Debug)]
pub struct Look {
    pub host: String,
    pub port: u16,
    /// IP addresses. Errors: the resolver's words.
    pub addresses: Result<Vec<String>, String>,
    /// The first address that took a connection. Errors: why each did not.
    pub connected: Option<Result<String, String>>,
    /// None for plain HTTP.
    pub shown: Option<Shown>,
}

/// What the other side showed in the handshake.
#[derive(Clone, Debug)]
pub struct Shown {
    /// `TLS 1.3`; none where the handshake did not get that far.
    pub version: Option<&'static str>,
    /// There also where it is not trusted. None where none came, or where it is no certificate.
    pub certificate: Option<Certificate>,
    /// Whether `[tls]` trusts it, and the whole handshake passed. Errors: the TLS library's words.
    pub trusted: Result<(), String>,
}
