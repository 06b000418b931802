//! The door of `sync`: the lock that keeps two processes from working on one ledger at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// The lock beside the ledger, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock beside the ledger; `None` while another process holds it.
///
/// Errors: the file cannot be made or locked at all, with the operating system's words.
pub(super) fn try_lock(ledger: &Path) -> std::io::Result<Option<Lock>> {
    let path = ledger.with_extension("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
