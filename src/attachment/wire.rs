//! Files by address: from allow-listed hosts alone, and from the very machine whose address was looked at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use super::Unhad;
use crate::record::Complaint;

/// A scheme, host and port from which files may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

/// What stands in the place of a host, after the parser has read every way to write an address.
enum Host {
    Address,
    Name(String),
}

impl Origin {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        Origin::of(&url).filter(|_| matches!(url.path(), "" | "/"))
    }

    fn of(url: &Url) -> Option<Self> {
        let scheme = url.scheme();
        matches!(scheme, "http" | "https").then_some(())?;
        Some(Origin {
            scheme: scheme.to_owned(),
            host: url.host_str()?.trim_end_matches('.').to_owned(),
            port: url.port_or_known_default()?,
        })
    }
}

/// The address, if it is one of an allow-listed origin. Both are read by the same parser, so that `0x7f000001` and
/// `127.1` are what they are.
///
/// Errors: Q7509.
pub(super) fn allowed(origins: &[Origin], place: &str) -> Result<Url, Unhad> {
    let refused = || {
        let known = origins.iter().map(|one| format!("{}://{}:{}", one.scheme, one.host, one.port));
        let known = known.collect::<Vec<_>>().join(" ");
        Unhad::new(
            Complaint::new("Q7509")
                .found(plain(place))
                .fact("known", if known.is_empty() { "–" } else { &known }),
        )
    };
    let mut url = Url::parse(place).map_err(|_| refused())?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    let origin = Origin::of(&url).ok_or_else(refused)?;
    if has_user || !origins.contains(&origin) {
        return Err(refused());
    }
    url.set_fragment(None);
    Ok(url)
}

/// The content, at most `bytes_max` of it.
///
/// Errors: Q7509 for a host name that leads to an address inside; Q7510 for an answer that is no file; Q7506 where
/// nobody answers; Q7503.
pub(super) async fn fetch(url: Url, allow_private: bool, bytes_max: u64) -> Result<Vec<u8>, Unhad> {
    // The client asks for a process-wide provider; whoever came first has installed the same one.
    rustls::crypto::ring::default_provider().install_default().ok();
    let shown = plain(url.as_str());
    let away = |reason: String| Unhad::passing(Complaint::new("Q7506").found(&shown).fact("reason", reason));
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .no_gzip()
        .referer(false)
        .user_agent(concat!("qilu/", env!("CARGO_PKG_VERSION")));
    if let Some(Host::Name(name)) = host(&url) {
        let port = url.port_or_known_default().unwrap_or(0);
        let found =
            tokio::net::lookup_host((name.as_str(), port)).await.map_err(|error| away(error.to_string()))?;
        let found: Vec<SocketAddr> = found.collect();
        if let Some(inside) = found.iter().find(|address| !allow_private && !is_public(address.ip())) {
            let complaint = Complaint::new("Q7509").found(&shown).fact("known", inside.ip());
            return Err(Unhad::new(complaint));
        }
        // The very addresses that were looked at: who answers differently the second time is not asked.
        builder = builder.resolve_to_addrs(&name, &found);
    }
    let client = builder.build().map_err(|error| away(error.to_string()))?;
    let mut answer = client.get(url).send().await.map_err(|error| away(causes(&error)))?;
    let status = answer.status();
    if !status.is_success() {
        let complaint = Complaint::new("Q7510").found(&shown).fact("status", status.as_u16());
        return Err(if status.is_server_error() { Unhad::passing(complaint) } else { Unhad::new(complaint) });
    }
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| away(causes(&error)))? {
        if (content.len() + chunk.len()) as u64 > bytes_max {
            let mib = |bytes: u64| format!("{:.1}", bytes as f64 / 1024.0 / 1024.0);
            let complaint = Complaint::new("Q7503").found(&shown).fact("max", mib(bytes_max));
            return Err(Unhad::new(complaint.fact("size", format!(">{}", mib(bytes_max)))));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

fn host(url: &Url) -> Option<Host> {
    let text = url.host_str()?;
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    Some(match bare.parse::<IpAddr>() {
        Ok(_) => Host::Address,
        Err(_) => Host::Name(text.to_owned()),
    })
}

/// Reachable from anywhere. Source: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    // Only global unicast, and of that nothing that leads on to another address (6to4, Teredo) or to examples.
    let [first, second, ..] = address.segments();
    (first & 0xe000) == 0x2000 && first != 0x2002 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
}

fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

/// Without user and password, and without what would break a line.
fn plain(place: &str) -> String {
    let hidden = match place.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            match rest[..end].rfind('@') {
                Some(at) => format!("{scheme}://***{}", &rest[at..]),
                None => place.to_owned(),
            }
        }
        None => place.to_owned(),
    };
    hidden.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_known_in_every_dress() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "ff02::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["123.232.30.9", "8.8.8.8", "172.32.0.1", "2408:8000::1", "2001:4860:4860::8888"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
