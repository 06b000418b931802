//! The door of the look: resolves, connects, shakes hands, and leaves without a word.

use std::io::{self, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion};

use super::{Look, Shown};
use crate::config::Platform;
use crate::platform::Certificate;
use crate::platform::trust::{Witness, client_config, judge};
use crate::record::Complaint;

/// How long the other side may take to object to our certificate after the handshake, as TLS 1.3 lets it.
const OBJECTION: Duration = Duration::from_millis(500);

/// Looks at a platform's address. Not one byte of application data is sent, whoever answers there.
///
/// Errors: Q7413 where `[tls]` itself cannot be used. Whatever happens on the way is in the look.
pub async fn look(platform: &Platform, root: &Path) -> Result<Look, Complaint> {
    let secure = platform.base_url.starts_with("https:");
    let (host, port) = host_and_port(&platform.base_url);
    let mut way = Look { host, port, addresses: Ok(Vec::new()), connected: None, shown: None };
    let tls = match secure {
        true => {
            let witness = Arc::new(Witness::beside(judge(platform, root)?));
            Some((Arc::new(client_config(platform, root, witness.clone())?), witness))
        }
        false => None,
    };
    let patience = platform.limits.connect_timeout;
    let walk = tokio::task::spawn_blocking(move || {
        walk(&mut way, tls, patience);
        way
    });
    // A panic there would be a fault of this file, and the look would know nothing.
    walk.await.map_err(|error| Complaint::new("Q7413").fact("reason", error))
}

fn walk(way: &mut Look, tls: Option<(Arc<ClientConfig>, Arc<Witness>)>, patience: Duration) {
    let name = way.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let addresses: Vec<_> = match (name.as_str(), way.port).to_socket_addrs() {
        Ok(found) => found.collect(),
        Err(error) => {
            way.addresses = Err(error.to_string());
            return;
        }
    };
    way.addresses = Ok(addresses.iter().map(|address| address.ip().to_string()).collect());
    let mut refused = Vec::new();
    let stream = addresses.iter().find_map(|address| match TcpStream::connect_timeout(address, patience) {
        Ok(stream) => Some((stream, *address)),
        Err(error) => {
            refused.push(format!("{address}: {error}"));
            None
        }
    });
    let Some((stream, address)) = stream else {
        way.connected = Some(Err(refused.join("; ")));
        return;
    };
    way.connected = Some(Ok(address.to_string()));
    if let Some((config, witness)) = tls {
        way.shown = Some(shake(&name, stream, config, &witness, patience));
    }
}

fn shake(
    name: &str,
    mut stream: TcpStream,
    config: Arc<ClientConfig>,
    witness: &Witness,
    patience: Duration,
) -> Shown {
    let mut version = None;
    let trusted = try_shake(name, &mut stream, config, &mut version, patience);
    Shown { version, certificate: witness.shown().and_then(|der| Certificate::read(&der)), trusted }
}

fn try_shake(
    name: &str,
    stream: &mut TcpStream,
    config: Arc<ClientConfig>,
    version: &mut Option<&'static str>,
    patience: Duration,
) -> Result<(), String> {
    let words = |error: io::Error| error.to_string();
    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let mut connection = ClientConnection::new(config, server).map_err(|error| error.to_string())?;
    for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        set(stream, Some(patience)).map_err(words)?;
    }
    let mut outcome = Ok(());
    while connection.is_handshaking() && outcome.is_ok() {
        outcome = connection.complete_io(stream).map(drop).map_err(words);
        *version = connection.protocol_version().and_then(version_name);
    }
    outcome?;
    // Our certificate may still be refused. Silence is consent.
    stream.set_read_timeout(Some(OBJECTION)).map_err(words)?;
    match rustls::Stream::new(&mut connection, stream).read(&mut [0; 1]) {
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Err(words(error)),
        _ => Ok(()),
    }
}

fn version_name(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
        _ => None,
    }
}

/// `https://123.232.30.9:27180/api/v1` → its host and port.
fn host_and_port(base_url: &str) -> (String, u16) {
    let (scheme, rest) = base_url.split_once("://").unwrap_or(("https", base_url));
    let place = rest.split('/').next().unwrap_or_default();
    let usual = if scheme == "http" { 80 } else { 443 };
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host.to_owned(), port.parse().unwrap_or(usual)),
        _ => (place.to_owned(), usual),
    }
}

#[cfg(test)]
mod tests {
    use super::host_and_port;

    #[test]
    fn host_and_port_are_what_the_address_says() {
        for (url, host, port) in [
            ("https://123.232.30.9:27180/api/v1", "123.232.30.9", 27180),
            ("https://sti.example.cn/api", "sti.example.cn", 443),
            ("http://localhost", "localhost", 80),
            ("https://[::1]:8443/x", "[::1]", 8443),
            ("https://[::1]", "[::1]", 443),
        ] {
            assert_eq!(host_and_port(url), (host.to_owned(), port), "{url}");
        }
    }
}
