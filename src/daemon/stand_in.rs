//! The bundled province beside an instance that keeps one.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context, bail};

use crate::clock::Clock;
use crate::config::{Instance, Secret};
use crate::sandbox::{Faults, Sandbox, Settings};

/// Starts the stand-in province of `[sandbox]`; `None` where the instance has none, or where it runs already.
///
/// Errors: its address is not a loopback address, its secret cannot be read, its state cannot be opened.
pub async fn stand_in(instance: &Instance, clock: &Clock) -> anyhow::Result<Option<Sandbox>> {
    let Some(sandbox) = &instance.sandbox else { return Ok(None) };
    let Some(platform) = instance.platforms.get(&sandbox.platform.value) else {
        bail!("[sandbox] names the platform `{}`, which has no file", sandbox.platform.value);
    };
    let address = loopback(&platform.base_url)
        .with_context(|| format!("[sandbox] stands in for `{}`", sandbox.platform.value))?;
    let secret = Secret::resolve(&sandbox.app_secret, &instance.root);
    let secret = secret.map_err(|complaint| anyhow::anyhow!("{complaint}"))?;
    // Somebody who listens there is the stand-in of another command; it serves this one too.
    match std::net::TcpListener::bind(address) {
        Ok(probe) => drop(probe),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot listen on {address}")),
    }
    let settings = Settings {
        listen: address,
        state: sandbox.state.clone(),
        schemas: instance.schemas.join(&platform.schemas.value),
        app_id: sandbox.app_id.clone(),
        secret: secret.expose().to_owned(),
        city: platform.city_code.value.clone(),
        clock: clock.clone(),
        faults: Faults::default(),
    };
    Sandbox::start(settings).await.map(Some)
}

/// `http://127.0.0.1:8123/api/v1` → its socket address.
fn loopback(base_url: &str) -> anyhow::Result<SocketAddr> {
    let place = base_url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let address: Option<SocketAddr> = place.parse().ok();
    match address {
        Some(address) if address.ip().is_loopback() => Ok(address),
        _ => bail!(
            "its base_url {base_url} is not an http address on this machine, such as http://127.0.0.1:8123/api/v1"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::loopback;

    #[test]
    fn only_this_machine_can_be_stood_in_for() {
        assert!(loopback("http://127.0.0.1:8123/api/v1").is_ok());
        for address in ["https://127.0.0.1:1/", "http://123.232.30.9:27180/api/v1", "http://localhost/", ""] {
            assert!(loopback(address).is_err(), "{address}");
        }
    }
}
