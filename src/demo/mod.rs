//! The main job on a made-up city and a stand-in province: makes the folder and does one whole day of work in it.
//!
//! Everything is done by the same ticks that run a real instance; only the city's database, the province and the
//! folder are made here. Shows nothing: the command line does.

pub mod city;
mod stage;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{Flow, Instance};
use crate::daemon;
use crate::ledger::{Actor, RunCause};
use crate::sandbox::Sandbox;
use crate::sync::{Connector, Error, Request, Watcher};

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
        if fresh {
            connector.ledger.go_live(PLATFORM, "the demo", None, &operator(), clock.now()).await?;
        }
        Ok(Demo { connector, sandbox, fresh })
    }

    /// Adopts, pushes, imports, and reads the reviews.
    pub async fn cycle(&self, watcher: &dyn Watcher) -> Result<(), Error> {
        let connector = &self.connector;
        let guard = connector.work(Duration::from_secs(30)).await?;
        let request = Request { cause: RunCause::Manual, actor: operator(), reason: "demo".to_owned() };
        for route in connector.push_routes_in_order() {
            connector.push_once(&guard, route, &request, watcher).await?;
            if connector.ledger.adoption_open(&route.route.name).await? {
                connector.adopt(&guard, route, &request, watcher).await?;
            }
            connector.deliver_once(&guard, PLATFORM, &request, watcher).await?;
        }
        let patience = Duration::from_secs(5);
        connector.deliver_until_quiet(&guard, PLATFORM, &request, patience, watcher).await?;
        for route in connector.instance.routes.values() {
            if let Flow::Import(_) = route.flow {
                let route = connector.import_route(&route.name)?;
                connector.import_once(&guard, route, &request, watcher).await?;
            }
        }
        connector.review_once(&guard, PLATFORM, watcher).await?;
        Ok(())
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
