//! A made-up city and a stand-in province, for showing the main job in one command.
//!
//! Everything is done by the same ticks that run a real instance; only the city's database, the province and the
//! folder are made here. Shows nothing: the command line does.

pub mod city;
mod stage;

use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Instance;
use crate::daemon;
use crate::ledger::Actor;
use crate::sandbox::Sandbox;
use crate::sync::{Connector, Error};

/// The platform that the demo's routes name.
pub const PLATFORM: &str = "shandong";

/// The demo's instance, open and live.
pub struct Demo {
    pub connector: Arc<Connector>,
    /// `None` where another command's stand-in province answers already.
    pub sandbox: Option<Sandbox>,
    /// The folder was made just now.
    pub fresh: bool,
}

impl Demo {
    /// Makes the folder if it is not there, starts the province, opens the instance, and goes live.
    ///
    /// Errors: the folder is not the demo's own, or something could not be made.
    pub async fn open(folder: &Path, clock: &Clock) -> anyhow::Result<Demo> {
        let fresh = stage::set(folder, clock).await?;
        let instance = Instance::load(folder).map_err(Error::Configuration)?;
        let sandbox = daemon::stand_in(&instance, clock).await?;
        let connector = Arc::new(Connector::open(instance, clock.clone()).await?);
        // Not only when fresh: the demo may have been killed between the two.
        if connector.ledger.platform_state(PLATFORM).await?.approved_by.is_empty() {
            connector.ledger.go_live(PLATFORM, "the demo", None, &operator(), clock.now()).await?;
        }
        Ok(Demo { connector, sandbox, fresh })
    }

    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.connector.ledger.db().close().await;
    }
}

fn operator() -> Actor {
    Actor::new("demo", "operator")
}
