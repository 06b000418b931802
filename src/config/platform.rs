//! One province: `config/platforms/NAME.toml`.

use std::path::PathBuf;

use super::Located;

/// How one province talks.
#[derive(Clone, Debug)]
pub struct Platform {
    pub name: String,
    pub file: PathBuf,
    pub title: String,
    pub mode: Mode,
    pub base_url: Located<String>,
    /// Folder below `schemas/`, e.g. `shandong/v1`.
    pub schemas: Located<String>,
    /// The file as it was read, kept in full by its hash in the ledger.
    pub text: String,
}

/// Whether anything leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything but sending.
    Rehearse,
    /// Sending, once a person has said `go-live`.
    Live,
}
