//! The loop: looks what is due, and lets it run side by side.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::board::Board;
use crate::clock::Timestamp;
use crate::console::Console;
use crate::schedule::Schedule;
use crate::sync::{Connector, Error, Watcher};

/// The longest sleep: the clock may be set meanwhile, and another process may have queued something.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// The shortest: what is due and cannot leave is no reason to spin.
const LOOK_AGAIN_MIN: Duration = Duration::from_millis(200);
/// How long exchanges in flight may take to end when somebody says stop.
const GRACE: Duration = Duration::from_secs(8);
/// How long a caller who is being heard may take then.
const FAREWELL: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or Ctrl-C.
///
/// Waits up to eight seconds for the exchanges in flight; what is still out then is recorded as in doubt.
/// Errors: the ledger failed; no evidence, no sending.
pub async fn run(connector: Arc<Connector>, watcher: Arc<dyn Watcher>) -> anyhow::Result<()> {
    let console = match &connector.instance.console {
        Some(settings) => {
            let opened = Console::open(settings.listen.value).await;
            let console = opened.map_err(|complaint| anyhow::anyhow!("{complaint}"))?;
            tracing::info!(console.address = %console.address(), "listening for callbacks");
            Some(tokio::spawn(console.serve(connector.clone())))
        }
        None => None,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // On the heap, so that it can be dropped before the ledger is asked for anything else: half-way through something
    // it may hold the one writer.
    let mut work = Box::pin(work(connector.clone(), watcher));
    tokio::select! {
        ended = &mut work => return ended.map_err(Into::into),
        _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
        _ = interrupt.recv() => tracing::info!("interrupted: stopping"),
    }
    connector.ask_to_stop();
    let ended = tokio::time::timeout(GRACE, &mut work).await;
    drop(work);
    match ended {
        Ok(ended) => ended?,
        Err(_) => {
            // The exchanges were dropped, unanswered: the province may have them.
            let doubtful = connector.ledger.recover(connector.clock.now()).await?;
            tracing::warn!(doubtful, "stopped with exchanges in flight; they are in doubt");
        }
    }
    if let Some(mut console) = console
        && tokio::time::timeout(FAREWELL, &mut console).await.is_err()
    {
        console.abort();
    }
    connector.seal().await?;
    Ok(())
}

async fn work(connector: Arc<Connector>, watcher: Arc<dyn Watcher>) -> Result<(), Error> {
    let schedule = Arc::new(Schedule::of(&connector.instance).map_err(Error::Configuration)?);
    let mut tx = connector.ledger.db().begin().await?;
    schedule.recover(&mut tx, connector.clock.now()).await?;
    tx.commit().await?;
    let stop = connector.stop_token();
    let mut board = Board::new(connector.clone(), schedule.clone(), watcher);
    while !connector.stopping() {
        board.start_what_is_due().await?;
        let next = next_wake(&connector, &schedule).await?;
        let pause = next.since(connector.clock.now()).clamp(LOOK_AGAIN_MIN, LOOK_AGAIN);
        tokio::select! {
            () = connector.clock.sleep(pause) => (),
            ended = board.next_ended(), if board.is_busy() => ended?,
            () = stop.cancelled() => (),
        }
    }
    board.wait_for_all().await
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
