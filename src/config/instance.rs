//! The whole instance: `config/qilu.toml` with its routes and platforms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;

use super::{ConsoleSettings, Database, Located, Platform, Route};
use crate::record::Language;

/// Everything that the operator configured, loaded and cross-checked.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The folder that holds `config/`; relative paths start here.
    pub root: PathBuf,
    /// A short name, part of every idempotency key and of the audit log's origin.
    pub name: String,
    pub title: String,
    /// The zone of schedules and of times shown.
    pub zone: Tz,
    pub language: Option<Language>,
    pub ledger: LedgerPlace,
    pub audit: AuditSettings,
    pub databases: BTreeMap<String, Database>,
    /// By name.
    pub platforms: BTreeMap<String, Arc<Platform>>,
    /// By name.
    pub routes: BTreeMap<String, Arc<Route>>,
    /// Folder of the city's code tables.
    pub crosswalks: PathBuf,
    /// Folder of the province's schemas.
    pub schemas: PathBuf,
    /// The bundled stand-in province, where the instance keeps one beside itself.
    pub sandbox: Option<SandboxSettings>,
    /// Where the daemon listens; `None`: nowhere.
    pub console: Option<ConsoleSettings>,
    /// `qilu.toml` as it was read.
    pub text: String,
}

impl Instance {
    /// The file of the embedded ledger.
    pub fn ledger_file(&self) -> &Path {
        let LedgerPlace::File(path) = &self.ledger;
        path
    }

    /// Every configuration file that was loaded, by its path below the root: the ledger keeps them by hash.
    pub fn files(&self) -> Vec<(&Path, &str)> {
        let own = (Path::new("config/qilu.toml"), self.text.as_str());
        let platforms = self.platforms.values().map(|one| (one.file.as_path(), one.text.as_str()));
        let routes = self.routes.values().map(|one| (one.file.as_path(), one.text.as_str()));
        std::iter::once(own).chain(platforms).chain(routes).collect()
    }
}

/// Where the ledger lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerPlace {
    /// The embedded default.
    File(PathBuf),
}

#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// The Ed25519 key that signs checkpoints; only the owner may read it.
    pub key_file: PathBuf,
    /// Where signed checkpoints are exported, ideally another machine's disk.
    pub checkpoints: PathBuf,
}

/// `[sandbox]`: commands that need the province start the stand-in when nothing answers at its address.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// The platform whose place it takes; its `base_url` is a loopback address.
    pub platform: Located<String>,
    /// Where it keeps its state.
    pub state: PathBuf,
    pub app_id: String,
    /// A reference, as in a platform's `[credentials]`.
    pub app_secret: Located<String>,
}
