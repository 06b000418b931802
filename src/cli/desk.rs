//! What every verb finds on its desk: the instance's folder, clock, screen, and who acts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::arguments::Common;
use super::failure::Failure;
use super::screen::Screen;
use crate::audit;
use crate::clock::Clock;
use crate::config::Instance;
use crate::daemon;
use crate::db::Db;
use crate::ledger::{self, Actor, Ledger, RunCause};
use crate::record::Language;
use crate::sandbox::Sandbox;
use crate::schedule;
use crate::sync::{Connector, Request};

/// How long a command waits for another process to finish with the ledger.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Desk {
    pub root: PathBuf,
    pub clock: Clock,
    pub screen: Screen,
    pub actor: Actor,
    pub strict: bool,
    /// The language that the command line asks for, if it does.
    pub asked: Option<Language>,
}

impl Desk {
    /// The desk of a command line. Language: the option, else the instance's, else the locale's.
    pub fn new(common: &Common, clock: Clock) -> Self {
        let (configured, zone) = glance(&common.root);
        let language = common.lang.map(Language::from).or(configured).unwrap_or_else(of_locale);
        let login = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let name = common.acting.clone().or(login).unwrap_or_default();
        let name = if name.trim().is_empty() { "unknown".to_owned() } else { name };
        Desk {
            root: common.root.clone(),
            clock,
            screen: Screen::new(language, zone, common.json),
            actor: Actor::new(name, "operator"),
            strict: common.strict,
            asked: common.lang.map(Language::from),
        }
    }

    /// The configuration, read afresh. Errors: all its faults; or there is none.
    pub fn instance(&self) -> Result<Instance, Failure> {
        self.file()?;
        Ok(Instance::load(&self.root)?)
    }

    /// `qilu.toml` alone: where the ledger and the audit key are. Looking and stopping must work while a route or a
    /// platform is broken. Errors: the faults of this one file; or there is none.
    pub fn instance_alone(&self) -> Result<Instance, Failure> {
        let path = self.file()?;
        let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        match Instance::read(&self.root, Path::new("config/qilu.toml"), &text) {
            (Some(instance), faults) if faults.is_empty() => Ok(instance),
            (_, faults) => Err(faults.into()),
        }
    }

    /// The file that makes a folder an instance. Errors: it is not there.
    fn file(&self) -> Result<PathBuf, Failure> {
        let file = self.root.join("config/qilu.toml");
        if !file.exists() {
            let shown = file.display();
            return Err(Failure::usage(
                format!("这里没有实例：找不到 {shown}"),
                format!("there is no instance here: {shown} does not exist"),
                "用 qilu -C 目录 指明实例，或用 qilu init 目录 新建。",
                "name the instance with `qilu -C DIR`, or make one with `qilu init DIR`",
            ));
        }
        Ok(file)
    }

    /// The ledger alone, for looking and for standing orders: works while a route or a secret is broken.
    pub async fn ledger(&self, instance: &Instance) -> Result<Ledger, Failure> {
        let path = instance.ledger_file();
        if !path.exists() {
            let shown = path.display();
            return Err(Failure::usage(
                format!("台账 {shown} 还不存在"),
                format!("the ledger {shown} does not exist yet"),
                "先运行 qilu init 或 qilu sync；若它曾经存在，请从备份恢复。",
                "run `qilu init` or `qilu sync` first; if it existed before, restore it from a backup",
            ));
        }
        open_ledger(instance, &self.clock).await
    }

    /// Everything, ready to work.
    pub async fn connector(&self) -> Result<Connector, Failure> {
        Ok(Connector::open(self.prepared()?, self.clock.clone()).await?)
    }

    /// The instance at work, with the stand-in province beside it where the instance keeps one.
    pub async fn site(&self) -> Result<Site, Failure> {
        let instance = self.prepared()?;
        let sandbox = daemon::stand_in(&instance, &self.clock).await.map_err(Failure::stand_in)?;
        let connector = Arc::new(Connector::open(instance, self.clock.clone()).await?);
        Ok(Site { connector, sandbox })
    }

    /// The configuration, with the folder that its ledger lives in.
    fn prepared(&self) -> Result<Instance, Failure> {
        let instance = self.instance()?;
        if let Some(folder) = instance.ledger_file().parent() {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
        Ok(instance)
    }

    /// A person's request.
    pub fn request(&self, cause: RunCause, reason: &str) -> Request {
        Request { cause, actor: self.actor.clone(), reason: reason.to_owned() }
    }
}

/// An instance at work.
pub struct Site {
    pub connector: Arc<Connector>,
    sandbox: Option<Sandbox>,
}

impl Site {
    /// Ends the stand-in and closes the ledger's file.
    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.connector.ledger.db().close().await;
    }
}

/// Opens the ledger's file with all its tables, making it if need be.
pub async fn open_ledger(instance: &Instance, clock: &Clock) -> Result<Ledger, Failure> {
    let path = instance.ledger_file();
    let db = Db::open(path, &[audit::MIGRATIONS, ledger::MIGRATIONS, schedule::MIGRATIONS]).await?;
    Ok(Ledger::open(db, clock.clone(), &instance.name).await?)
}

/// Language and zone as the instance says them, whatever else may be wrong with it.
fn glance(root: &Path) -> (Option<Language>, Tz) {
    let text = std::fs::read_to_string(root.join("config/qilu.toml")).unwrap_or_default();
    let (instance, _) = Instance::read(root, Path::new("config/qilu.toml"), &text);
    instance.map_or((None, Tz::Asia__Shanghai), |instance| (instance.language, instance.zone))
}

fn of_locale() -> Language {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    if set.is_some_and(|locale| locale.starts_with("zh")) { Language::Chinese } else { Language::English }
}
