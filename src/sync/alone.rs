//! Who may work on the records of a kind: one scan, or any number of exchanges.
//!
//! A scan decides by what it read of the ledger a moment ago, and that must still be so when it writes. While one of a
//! kind is under way, nothing of that kind leaves; exchanges that are out come home before the next one begins. Other
//! kinds, other platforms and imports go on beside it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// The records of each kind of each platform, and the city's databases.
#[derive(Debug, Default)]
pub(super) struct KindLocks {
    /// By platform and kind.
    kinds: Mutex<HashMap<(String, String), Kind>>,
    databases: Mutex<HashMap<String, Arc<Turnstile<()>>>>,
}

type Kind = Arc<RwLock<()>>;

/// Proof that no scan of a kind is under way.
pub(super) type Shared = OwnedRwLockReadGuard<()>;
/// Proof that nothing of a kind is out, and that nobody else reads the city's database from end to end.
pub(super) struct Alone {
    _kind: OwnedRwLockWriteGuard<()>,
    _database: OwnedMutexGuard<()>,
}

impl KindLocks {
    /// Waits until what is out has come home, and then for the database. From the asking on nothing new leaves.
    pub async fn alone(&self, platform: &str, kind: &str, database: &str) -> Alone {
        let kind = self.of(platform, kind).write_owned().await;
        let turnstile = {
            let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
            databases.entry(database.to_owned()).or_default().clone()
        };
        Alone { _kind: kind, _database: turnstile.lock_owned().await }
    }

    /// `None` while a scan works or waits for its turn.
    pub fn shared(&self, platform: &str, kind: &str) -> Option<Shared> {
        self.of(platform, kind).try_read_owned().ok()
    }

    fn of(&self, platform: &str, kind: &str) -> Kind {
        let mut locks = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        locks.entry((platform.to_owned(), kind.to_owned())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_waiting_scan_lets_nothing_more_out_and_others_do_not_notice() {
        let locks = KindLocks::default();
        let out = locks.shared("p", "achievement").unwrap();
        let mut scan = std::pin::pin!(locks.alone("p", "achievement", "market"));
        assert!(futures_util::poll!(&mut scan).is_pending());
        assert!(locks.shared("p", "achievement").is_none());
        assert!(locks.shared("p", "enterprise").is_some() && locks.shared("q", "achievement").is_some());
        drop(out);
        let alone = scan.await;
        assert!(locks.shared("p", "achievement").is_none());
        drop(alone);
        assert!(locks.shared("p", "achievement").is_some());
    }
}
