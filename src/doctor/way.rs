//! The way to the province: its name, its port, its certificate.

use std::path::Path;

use chrono_tz::Asia::Shanghai;

use super::{About, Line};
use crate::clock::Timestamp;
use crate::config::Platform;
use crate::config::platform::Trust;
use crate::platform::{Certificate, Look, Shown, look};
use crate::record::Complaint;

/// A certificate that ends sooner is worth a word.
const DAYS_LEFT_MIN: i64 = 30;

/// Whether the province can be asked.
pub(super) async fn walk(platform: &Platform, root: &Path, now: Timestamp, lines: &mut Vec<Line>) -> bool {
    let seen = match look(platform, root).await {
        Ok(seen) => seen,
        Err(complaint) => {
            lines.push(Line::bad(About::Tls, complaint));
            return false;
        }
    };
    let Look { host, port, addresses, connected, shown } = &seen;
    let address = format!("{host}:{port}");
    match addresses {
        Err(reason) => {
            let complaint = Complaint::new("Q7450").fact("host", host).fact("reason", reason);
            lines.push(Line::bad(About::Dns, complaint));
            return false;
        }
        Ok(found) => {
            let mut found = found.clone();
            found.dedup();
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            lines.push(match found.as_slice() {
                [one] if one == bare => Line::well(
                    About::Dns,
                    format!("{host} 就是地址，无需解析"),
                    format!("{host} is an address itself"),
                ),
                found => {
                    let said = format!("{host} → {}", found.join(", "));
                    Line::well(About::Dns, said.clone(), said)
                }
            });
        }
    }
    match connected {
        Some(Ok(reached)) => {
            lines.push(Line::well(
                About::Tcp,
                format!("已连上 {reached}"),
                format!("connected to {reached}"),
            ));
        }
        Some(Err(reason)) => {
            let complaint = Complaint::new("Q7451").fact("address", &address).fact("reason", reason);
            lines.push(Line::bad(About::Tcp, complaint));
            return false;
        }
        None => return false,
    }
    match shown {
        Some(shown) => tls(platform, &address, shown, now, lines),
        None => {
            plain(platform, lines);
            true
        }
    }
}

fn plain(platform: &Platform, lines: &mut Vec<Line>) {
    let told = platform.remarks().into_iter().find(|remark| remark.complaint.id == "Q7401");
    lines.push(match told {
        Some(remark) => Line::remark(About::Tls, remark.complaint),
        None => Line::skipped(
            About::Tls,
            "本机上的明文 http，没有证书可看",
            "plain http on this machine: there is no certificate",
        ),
    });
}

fn tls(platform: &Platform, address: &str, shown: &Shown, now: Timestamp, lines: &mut Vec<Line>) -> bool {
    let version = shown.version.unwrap_or("TLS");
    let Some(certificate) = &shown.certificate else {
        let reason = shown.trusted.as_ref().err().map_or("no certificate", String::as_str);
        let complaint = Complaint::new("Q7452").fact("address", address).fact("reason", reason);
        lines.push(Line::bad(About::Tls, complaint));
        return false;
    };
    let (fingerprint, key) = (pin(&certificate.fingerprint), pin(&certificate.key_fingerprint));
    let zh = format!("{version}；证书 {fingerprint}；公钥 {key}");
    let en = format!("{version}; certificate {fingerprint}; public key {key}");
    let trusted = shown.trusted.is_ok();
    lines.push(match &shown.trusted {
        Ok(()) => Line::well(About::Tls, zh, en),
        // The other side found fault with us, not we with it.
        Err(reason) if reason.contains("received fatal alert") => {
            let complaint = Complaint::new("Q7452").fact("address", address).fact("reason", reason);
            Line::bad(About::Tls, complaint).seen(zh, en)
        }
        Err(reason) => {
            let complaint = Complaint::new("Q7446").fact("address", address).fact("reason", reason);
            let line = Line::bad(About::Tls, complaint).seen(zh, en);
            match is_pinned(platform, certificate) {
                // It is the one; only its time is over.
                true => line.paste("pins_allow_expired = true".to_owned()),
                false => line.paste(format!("pins = [\"{fingerprint}\"]")),
            }
        }
    });
    lines.push(dates(certificate, now));
    trusted
}

fn is_pinned(platform: &Platform, certificate: &Certificate) -> bool {
    let Trust::Pins(pins) = &platform.tls.trust else { return false };
    pins.contains(&certificate.fingerprint) || pins.contains(&certificate.key_fingerprint)
}

fn dates(certificate: &Certificate, now: Timestamp) -> Line {
    let day = |seconds: i64| {
        let time = Timestamp(seconds.saturating_mul(1_000_000));
        time.to_utc().with_timezone(&Shanghai).format("%Y-%m-%d").to_string()
    };
    let (from, until) = (day(*certificate.valid.start()), day(*certificate.valid.end()));
    let days = (certificate.valid.end() - now.0.div_euclid(1_000_000)).div_euclid(86_400);
    if days < DAYS_LEFT_MIN {
        let complaint = Complaint::new("Q7447").fact("until", until).fact("days", days);
        return Line::remark(About::Certificate, complaint);
    }
    Line::well(
        About::Certificate,
        format!("有效期 {from} 至 {until}，还剩 {days} 天"),
        format!("valid from {from} to {until}, {days} days left"),
    )
}

/// As `[tls] pins` takes it.
fn pin(digest: &[u8; 32]) -> String {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
