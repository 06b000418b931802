//! How things get to the province, and where that is.

use super::expected_at;
use crate::config::{Located, Section};
use crate::record::Complaint;

/// How things get to the province.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// HTTP or HTTPS, by the address.
    Http,
    /// Files that a person carries; there is no address, and there are no operations.
    Hand,
}

/// The transport and the base URL; the latter `hand:NAME` where things go by hand.
///
/// Errors: Q7420 for a bare TCP socket: it has no requests, no answers and no states to go by.
pub(super) fn read(name: &str, root: &Section<'_>) -> (Transport, Option<Located<String>>) {
    let transport = match root.text("transport").is_some_and(|word| *word == "tcp") {
        true => {
            root.complain_at("transport", Complaint::new("Q7420"));
            Transport::Http
        }
        false => root
            .word("transport", &[("http", Transport::Http), ("hand", Transport::Hand)])
            .unwrap_or(Transport::Http),
    };
    if transport == Transport::Hand {
        return (transport, Some(nowhere(name, root)));
    }
    let base_url = root.need_text("base_url").filter(|url| {
        let good = is_base_url(url);
        if !good {
            let expected = "https://HOST[:PORT][/PATH], without user, `?`, `#` and closing `/`";
            root.complain_at("base_url", expected_at("base_url", expected).found(&url.value));
        }
        good
    });
    (transport, base_url)
}

/// The address of a platform that has none: what the ledger is bound to.
fn nowhere(name: &str, root: &Section<'_>) -> Located<String> {
    let place = root.place_of("transport");
    Located { value: format!("hand:{name}"), line: place.line, column: place.column }
}

fn is_base_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    let clean = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '@' | '\\' | '"' | '<' | '>');
    !host.is_empty() && !host.starts_with(':') && rest.chars().all(clean) && !rest.ends_with('/')
}
