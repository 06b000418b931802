//! One worker at a time on one ledger file, whichever process it lives in.

use std::path::Path;
use std::time::Duration;

use super::connector::{Connector, Error};
use super::load::{Lock, try_lock};

/// How often a waiting process looks whether the other is done.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Proof that no other process works on this ledger. Ticks ask for it; dropping it lets the next one in.
#[derive(Debug)]
pub struct WorkGuard {
    _lock: Lock,
}

impl Connector {
    /// Waits for its turn, then settles what a former process left in flight.
    ///
    /// Whoever holds the lock is alone, so every batch in flight is an orphan of a process that ended: doubt.
    /// Errors: another process still works after `patience`.
    pub async fn work(&self, patience: Duration) -> Result<WorkGuard, Error> {
        let lock = self.lock(self.instance.ledger_file(), patience).await?;
        self.ledger.recover(self.clock.now()).await?;
        self.recall_manners().await?;
        Ok(WorkGuard { _lock: lock })
    }

    async fn lock(&self, ledger: &Path, patience: Duration) -> Result<Lock, Error> {
        let mut waited = Duration::ZERO;
        loop {
            let tried = try_lock(ledger).map_err(|error| Error::Lock(ledger.to_owned(), error))?;
            if let Some(lock) = tried {
                return Ok(lock);
            }
            if waited >= patience {
                return Err(Error::Busy);
            }
            self.clock.sleep(LOOK_AGAIN).await;
            waited += LOOK_AGAIN;
        }
    }
}
