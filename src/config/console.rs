//! `[console]`: where the daemon listens.

use core::net::SocketAddr;

use super::{Located, Section};
use crate::record::Complaint;

#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// An address of this machine, in plain HTTP.
    pub listen: Located<SocketAddr>,
}

pub(super) fn read(section: &Section<'_>) -> Option<ConsoleSettings> {
    let listen = section.need_text("listen");
    let behind_proxy = section.flag("behind_proxy").unwrap_or(false);
    section.finish();
    let listen = listen?;
    let Ok(address) = listen.value.parse::<SocketAddr>() else {
        let complaint = Complaint::new("Q1004").fact("key", "console.listen").found(&listen.value);
        section.complain_at("listen", complaint.fact("expected", "127.0.0.1:8600"));
        return None;
    };
    if !address.ip().is_loopback() && !behind_proxy {
        section.complain_at("listen", Complaint::new("Q7916").found(&listen.value));
        return None;
    }
    Some(ConsoleSettings { listen: Located { value: address, line: listen.line, column: listen.column } })
}
