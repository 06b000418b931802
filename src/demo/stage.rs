//! Makes the demo's folder: configuration, the city's market, the province with what it already holds.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use super::{PLATFORM, city};
use crate::clock::Clock;
use crate::config::Instance;
use crate::init;
use crate::sandbox::{self, Seed};

/// The file by which the demo knows its own folder.
const MARK: &str = ".qilu-demo";

/// Makes the folder if it is not there; says whether it did.
///
/// Errors: the folder holds something that the demo did not make.
pub(super) async fn set(folder: &Path, clock: &Clock) -> anyhow::Result<bool> {
    if folder.join(MARK).exists() {
        return Ok(false);
    }
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => true,
    };
    if !is_empty {
        bail!("{} is not a folder of the demo's own; nothing was changed", folder.display());
    }
    // Made under another name first: a folder with the mark is always whole.
    let unfinished = folder.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).with_context(|| format!("cannot clear {}", unfinished.display()))?;
    }
    fill(&unfinished, clock).await?;
    fs::remove_dir(folder).ok();
    fs::rename(&unfinished, folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(true)
}

async fn fill(folder: &Path, clock: &Clock) -> anyhow::Result<()> {
    init::lay_out(folder, init::Routes::Sample)?;
    configure(folder, clock)?;
    city::build(&folder.join("market.db")).await?;
    let instance = Instance::load(folder);
    let instance = instance.map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })?;
    init::create_key(&instance, clock)?;
    let seeds = city::province_seeds()?.into_iter().map(|seed| Seed {
        kind: seed.kind,
        city: seed.city,
        local_id: seed.local_id,
        data: seed.data,
    });
    sandbox::seed(&folder.join("data/sandbox.db"), &seeds.collect::<Vec<_>>()).await?;
    fs::write(folder.join(MARK), "made by `qilu demo`; safe to remove\n")?;
    Ok(())
}

/// Points the shipped configuration at the stand-in province and at the demo's market, and goes live.
fn configure(folder: &Path, clock: &Clock) -> anyhow::Result<()> {
    let profile = folder.join(format!("config/platforms/{PLATFORM}.toml"));
    let port = free_port()?;
    edit(
        &profile,
        &[
            ("mode = \"rehearse\"", "mode = \"live\""),
            ("https://123.232.30.9:27180/api/v1\"", &format!("http://127.0.0.1:{port}/api/v1\"")),
            // The stand-in is on this machine and has nobody else to serve.
            ("requests_per_second = 5\n", "requests_per_second = 1000\n"),
            ("\"env:QILU_SHANDONG_APP_ID\"", "\"file:data/app_id\""),
            ("\"env:QILU_SHANDONG_APP_SECRET\"", "\"file:data/app_secret\""),
        ],
    )?;
    let instance = folder.join("config/qilu.toml");
    let text = fs::read_to_string(&instance)?;
    let more = format!(
        "\n[databases.market]\nurl = \"sqlite:market.db\"\n\n[sandbox]\nplatform = \"{PLATFORM}\"\napp_id = \"qilu\"\n\
         app_secret = \"file:data/app_secret\"\n"
    );
    fs::write(&instance, text + &more)?;
    let secret: String = clock.dice::<24>().iter().map(|byte| format!("{byte:02x}")).collect();
    keep_secret(folder, "data/app_id", "qilu")?;
    keep_secret(folder, "data/app_secret", &secret)
}

fn keep_secret(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        init::make_private(parent)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// Replaces texts in a shipped file. Errors: one of them is not there, so the demo would run on something else.
fn edit(path: &Path, changes: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut text = fs::read_to_string(path)?;
    for (old, new) in changes {
        if !text.contains(old) {
            bail!("{} does not hold `{old}`", path.display());
        }
        text = text.replacen(old, new, 1);
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A port that is free now; the demo keeps it, so that later commands find the province again.
fn free_port() -> anyhow::Result<u16> {
    let probe = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port on this machine")?;
    Ok(probe.local_addr()?.port())
}
