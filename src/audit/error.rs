//! Why the log could not be written, signed or read.

use std::path::{Path, PathBuf};

use crate::db;
use crate::record::Complaint;

/// A failure of the log itself. Whoever meets one stops: no evidence, no sending.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The stored log does not fit itself, so nothing is added to it and nothing is signed.
    #[error("the audit log does not fit itself: {what}; run `qilu audit verify` to see where")]
    Broken { what: String },
    #[error("{}: {cause}", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("{}: others may read this key (mode {mode:03o}); run `chmod 600` on it and consider it known", path.display())]
    KeyOpen { path: PathBuf, mode: u32 },
    #[error("{place}: {what}")]
    Key { place: String, what: String },
    #[error("{}: another checkpoint of this number is there already; keep both and run `qilu audit verify`", path.display())]
    Occupied { path: PathBuf },
}

impl Error {
    pub(super) fn broken(what: impl Into<String>) -> Self {
        Error::Broken { what: what.into() }
    }

    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |cause| Error::File { path, cause }
    }

    /// The same in a clerk's words.
    pub fn complaint(&self) -> Complaint {
        match self {
            Error::Database(cause) => Complaint::new("Q9001").fact("reason", cause),
            Error::Broken { what } => Complaint::new("Q9002").fact("reason", what),
            Error::File { path, cause } => {
                Complaint::new("Q9003").fact("path", path.display()).fact("reason", cause)
            }
            Error::KeyOpen { path, mode } => {
                Complaint::new("Q9004").fact("path", path.display()).fact("mode", format!("{mode:03o}"))
            }
            Error::Key { place, what } => Complaint::new("Q9005").fact("path", place).fact("reason", what),
            Error::Occupied { path } => Complaint::new("Q9006").fact("path", path.display()),
        }
    }
}
