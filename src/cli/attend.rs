//! Stays beside a running tick: a signal asks it to end, and after a while ends it.

use std::time::Duration;

use super::failure::Failure;
use crate::cli::exit::Exit;
use crate::sync::{self, Connector};

/// How long exchanges that are under way get when somebody asks to stop. What is not in by then is in doubt, and
/// the next run finds out.
const FAREWELL: Duration = Duration::from_secs(8);

/// Fires at Ctrl-C and SIGTERM.
pub async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // Where the signal cannot be watched, Ctrl-C alone must do.
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => (),
                _ = terminate.recv() => (),
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Runs a tick to its end, or to a signal and a little further.
///
/// Errors: the tick's own; or it was still busy when its time was up. Then what it had in flight is noted as in
/// doubt, which is safe because the caller's guard keeps every other process out.
pub async fn attended<T>(
    connector: &Connector,
    work: impl Future<Output = Result<T, sync::Error>>,
) -> Result<T, Failure> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return Ok(done?),
        () = asked_to_stop() => connector.ask_to_stop(),
    }
    if let Ok(done) = tokio::time::timeout(FAREWELL, work).await {
        return Ok(done?);
    }
    connector.ledger.recover(connector.clock.now()).await?;
    Err(Failure::Said {
        exit: Exit::Unreachable,
        sentence: [
            "已按要求停下；未等到答复的批次记为待核实".into(),
            "stopped as asked; batches without an answer are noted as in doubt".into(),
        ],
        hint: [
            "再运行 qilu sync 会自动核实，不会重复报送。".into(),
            "`qilu sync` finds out about them and sends nothing twice".into(),
        ],
    })
}
