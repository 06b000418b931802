//! The loop.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::clock::Timestamp;
use crate::config::Flow;
use crate::ledger::{Actor, RunCause};
use crate::schedule::{DueRun, Schedule};
use crate::sync::{Connector, Error, Request, Watcher, WorkGuard};

/// The longest sleep: the clock may be set meanwhile, and another process may have queued something.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// How long an exchange in flight may take to end when somebody says stop.
const GRACE: Duration = Duration::from_secs(8);
/// How long to wait for another process that works on the ledger.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often the province's reviews are read.
const REVIEWS_EVERY: Duration = Duration::from_secs(300);

/// Runs until SIGTERM or Ctrl-C.
///
/// Waits up to eight seconds for the exchange in flight; what is still out then is recorded as in doubt.
/// Errors: the ledger failed; no evidence, no sending.
pub async fn run(connector: Arc<Connector>, watcher: Arc<dyn Watcher>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut work = std::pin::pin!(work(&connector, watcher.as_ref()));
    tokio::select! {
        ended = &mut work => return ended.map_err(Into::into),
        _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
        _ = interrupt.recv() => tracing::info!("interrupted: stopping"),
    }
    connector.ask_to_stop();
    match tokio::time::timeout(GRACE, &mut work).await {
        Ok(ended) => ended?,
        Err(_) => {
            // The exchange is dropped here, unanswered: the province may have it.
            let doubtful = connector.ledger.recover(connector.clock.now()).await?;
            tracing::warn!(doubtful, "stopped with exchanges in flight; they are in doubt");
        }
    }
    connector.seal().await?;
    Ok(())
}

async fn work(connector: &Connector, watcher: &dyn Watcher) -> Result<(), Error> {
    let schedule = Schedule::of(&connector.instance).map_err(Error::Configuration)?;
    let mut tx = connector.ledger.db().begin().await?;
    schedule.recover(&mut tx, connector.clock.now()).await?;
    tx.commit().await?;
    let mut reviewed = Timestamp(0);
    while !connector.stopping() {
        let now = connector.clock.now();
        let mut tx = connector.ledger.db().begin().await?;
        let due = schedule.due(&mut tx, now).await?;
        tx.commit().await?;
        let platforms: BTreeSet<&str> = connector.instance.platforms.keys().map(String::as_str).collect();
        let mut busy = !due.is_empty();
        for platform in &platforms {
            busy |= connector.ledger.has_work(platform, now).await?;
        }
        let review = now.since(reviewed) >= REVIEWS_EVERY;
        if busy || review {
            let guard = connector.work(PATIENCE).await?;
            for run in &due {
                tick(connector, &guard, &schedule, run, watcher).await?;
            }
            for platform in platforms {
                deliver(connector, &guard, platform, watcher).await?;
                if review {
                    connector.review_once(&guard, platform, watcher).await?;
                }
            }
            reviewed = if review { now } else { reviewed };
        }
        let next = next_wake(connector, &schedule).await?;
        let pause = next.since(connector.clock.now()).clamp(Duration::from_millis(200), LOOK_AGAIN);
        let stop = connector.stop_token();
        tokio::select! {
            () = connector.clock.sleep(pause) => (),
            () = stop.cancelled() => (),
        }
    }
    Ok(())
}

/// One due route.
async fn tick(
    connector: &Connector,
    guard: &WorkGuard,
    schedule: &Schedule,
    due: &DueRun,
    watcher: &dyn Watcher,
) -> Result<(), Error> {
    if connector.stopping() {
        return Ok(());
    }
    let request = Request { cause: RunCause::Scheduled, actor: Actor::schedule(), reason: String::new() };
    let Some(route) = connector.instance.routes.get(&due.route) else { return Ok(()) };
    let run = match &route.flow {
        Flow::Push(_) => {
            let route = connector.push_route(&due.route)?;
            connector.push_once(guard, route, &request, watcher).await?.run
        }
        Flow::Import(_) => {
            let route = connector.import_route(&due.route)?;
            connector.import_once(guard, route, &request, watcher).await?.run
        }
    };
    let mut tx = connector.ledger.db().begin().await?;
    schedule.record(&mut tx, due, Some(run), "", connector.clock.now()).await?;
    tx.commit().await?;
    tracing::info!(route = %due.route, run, "scheduled run ended");
    Ok(())
}

async fn deliver(
    connector: &Connector,
    guard: &WorkGuard,
    platform: &str,
    watcher: &dyn Watcher,
) -> Result<(), Error> {
    let request = Request { cause: RunCause::Scheduled, actor: Actor::schedule(), reason: String::new() };
    let report = connector.deliver_once(guard, platform, &request, watcher).await?;
    if let Some(run) = report.run {
        tracing::info!(
            platform,
            run,
            accepted = report.counts.accepted,
            refused = report.counts.refused,
            "delivered"
        );
    }
    for halt in &report.halts {
        tracing::debug!(platform, ?halt, "a lane is closed");
    }
    Ok(())
}

/// When something is due next: a route, a retry, or a closed lane's probe.
async fn next_wake(connector: &Connector, schedule: &Schedule) -> Result<Timestamp, Error> {
    let now = connector.clock.now();
    let mut next = now.plus(LOOK_AGAIN);
    next = schedule.next_start(now).map_or(next, |at| at.min(next));
    for platform in connector.instance.platforms.keys() {
        if let Some(at) = connector.ledger.next_due(platform).await? {
            // What is due but cannot leave (a closed lane, a rehearsal) is no reason to spin.
            next = next.min(at.max(now.plus(Duration::from_secs(5))));
        }
    }
    Ok(next)
}
