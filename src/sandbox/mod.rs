//! The bundled stand-in province: the interface of a provincial market on loopback, with its own state in its own file,
//! its own reading of the schema files, rules that are in no file, and reviewers with opinions.
//!
//! It refuses to share code with the city's side beyond `record` and `clock`, so that both sides cannot be wrong in the
//! same way, and it refuses to pass for the real thing: its page says what it is.

mod books;
mod desk;
mod faults;
mod files;
#[cfg(test)]
mod fixture;
mod formats;
mod line;
mod office;
mod page;
mod reading;
mod review;
mod rules;
mod server;
mod signature;
mod store;
#[cfg(test)]
mod tests;

pub use faults::{Counts, Fault, Faults};
pub use office::{Inspection, Seed, amend, delist, inspect, seed, withdraw};
pub use rules::{Facts, RULES, Rule};
pub use signature::sign;
pub use store::Held;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono_tz::Asia::Shanghai;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Timestamp};
use line::{Door, Line};
use reading::Reading;
use signature::Gate;
use store::Store;

/// How many exchanges the log remembers.
const LOG_EXCHANGES_MAX: usize = 1000;
/// How long a stopping sandbox waits for connections that are still in use.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a sandbox needs to begin.
pub struct Settings {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The state file; made if it is not there.
    pub state: PathBuf,
    /// The folder of a schema set, such as `schemas/shandong/v1`.
    pub schemas: PathBuf,
    pub app_id: String,
    pub secret: String,
    /// The city that may call, such as `370300`.
    pub city: String,
    pub clock: Clock,
    pub faults: Faults,
}

/// A running sandbox; stops when it is dropped.
pub struct Sandbox {
    address: SocketAddr,
    province: Arc<Province>,
    server: JoinHandle<()>,
}

/// One request to the interface and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub at: Timestamp,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub idempotency_key: Option<String>,
    pub body_sha256: String,
    /// None if the connection was cut instead of an answer.
    pub status: Option<u16>,
    pub fault: Option<Fault>,
}

/// What all requests share.
struct Province {
    store: Store,
    reading: Reading,
    gate: Gate,
    city: String,
    clock: Clock,
    faults: Arc<Faults>,
    log: Mutex<VecDeque<Exchange>>,
    closing: CancellationToken,
}

impl Sandbox {
    /// Opens the state, reads the schema files and listens.
    ///
    /// Errors: a port in use, a state file that cannot be opened, schema files that cannot be read.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let Settings { listen, state, schemas, app_id, secret, city, clock, faults } = settings;
        let reading = Reading::load(&schemas, &today(&clock))?;
        let store = Store::open(&state).await?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("the sandbox could not listen on {listen}"))?;
        let address = listener.local_addr()?;
        let closing = CancellationToken::new();
        let province = Arc::new(Province {
            store,
            reading,
            gate: Gate::new(app_id, secret),
            city,
            clock,
            faults: Arc::new(faults),
            log: Mutex::default(),
            closing: closing.clone(),
        });
        let service = server::router(province.clone()).into_make_service_with_connect_info::<Line>();
        let serving = axum::serve(Door(listener), service).with_graceful_shutdown(closing.cancelled_owned());
        let server = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(sandbox.error = %error, "the sandbox stopped serving");
            }
        });
        Ok(Sandbox { address, province, server })
    }

    /// Where the interface begins, such as `http://127.0.0.1:40123/api/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address, server::BASE)
    }

    /// The page for people.
    pub fn page_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The board on which trouble is ordered.
    pub fn faults(&self) -> Arc<Faults> {
        self.province.faults.clone()
    }

    /// The last thousand exchanges, oldest first.
    pub fn log(&self) -> Vec<Exchange> {
        self.province.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Stops listening; answers that are on their way get half a second.
    pub async fn stop(mut self) {
        self.province.closing.cancel();
        if tokio::time::timeout(FAREWELL, &mut self.server).await.is_err() {
            self.server.abort();
        }
        self.province.store.rest().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.province.closing.cancel();
        self.server.abort();
    }
}

impl Province {
    /// The text of an answer in the province's envelope.
    fn answer(&self, code: &str, message: &str, data: Value) -> String {
        let trace = signature::to_hex(&self.clock.dice::<8>());
        json!({ "code": code, "message": message, "data": data, "traceId": trace }).to_string()
    }

    fn today(&self) -> String {
        today(&self.clock)
    }

    fn note(&self, exchange: Exchange) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == LOG_EXCHANGES_MAX {
            log.pop_front();
        }
        log.push_back(exchange);
    }
}

/// Today in the province, `2026-05-01`.
fn today(clock: &Clock) -> String {
    clock.now().to_utc().with_timezone(&Shanghai).format("%Y-%m-%d").to_string()
}
