//! Everything of one instance, put together and ready to work.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use tokio_util::sync::CancellationToken;

use super::alone::KindLocks;

use super::files;
use super::manners::lend_memory;
use super::pace::Paces;
use super::push::Request;
use super::route::PushRoute;
use crate::audit::{self, Signer, Versions};
use crate::city::City;
use crate::clock::Clock;
use crate::codes::{Codes, nearest};
use crate::config::platform::Operation;
use crate::config::{Fault, Flow, Instance, Mode, Platform, Route};
use crate::db::{self, Db};
use crate::form;
use crate::hand::Courier;
use crate::import::ImportRoute;
use crate::ledger::{self, Ledger, LedgerError, RunRef};
use crate::mapping::Mapping;
use crate::platform::{Credentials, HandReading, Profile, Street};
use crate::record::{Complaint, Fingerprint};
use crate::schedule;
use crate::schema::SchemaSet;

/// What can go wrong around a tick. What is wrong with a record is never an error: it is a complaint in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} faults in the configuration", .0.len())]
    Configuration(Vec<Fault>),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("{0}")]
    Complaint(Complaint),
    #[error("another qilu process is working on this ledger; wait for it, or stop it")]
    Busy,
    #[error("the lock beside {0} cannot be taken: {1}")]
    Lock(PathBuf, std::io::Error),
    #[error("there is no {what} named `{name}`; there are: {known}")]
    Unknown { what: &'static str, name: String, known: String },
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Error::Ledger(error.into())
    }
}

impl From<audit::Error> for Error {
    fn from(error: audit::Error) -> Self {
        Error::Ledger(error.into())
    }
}

impl From<Complaint> for Error {
    fn from(complaint: Complaint) -> Self {
        Error::Complaint(complaint)
    }
}

/// One instance: configuration, schemas, routes, streets, ledger.
pub struct Connector {
    pub instance: Arc<Instance>,
    pub ledger: Ledger,
    pub clock: Clock,
    pub schemas: BTreeMap<String, SchemaSet>,
    pub codes: BTreeMap<String, Codes>,
    pub push_routes: BTreeMap<String, PushRoute>,
    pub import_routes: BTreeMap<String, ImportRoute>,
    streets: BTreeMap<String, Street>,
    couriers: BTreeMap<String, Courier>,
    pub(super) records: KindLocks,
    pub(super) paces: Paces,
    signer: Signer,
    stop: CancellationToken,
}

impl Connector {
    /// Loads and compiles everything, opens the ledger, keeps the configuration by its hash, and binds the ledger
    /// to the platforms' addresses.
    ///
    /// Errors: every fault of the configuration at once; or the ledger cannot be opened, or is bound elsewhere.
    pub async fn open(instance: Instance, clock: Clock) -> Result<Connector, Error> {
        let instance = Arc::new(instance);
        let parts = compile(&instance).map_err(Error::Configuration)?;
        let migrations = [audit::MIGRATIONS, ledger::MIGRATIONS, schedule::MIGRATIONS];
        let db = Db::open(instance.ledger_file(), &migrations).await?;
        let signer = audit::load_signer(&instance.audit.key_file)?;
        let ledger = Ledger::open(db, clock.clone(), &instance.name).await?;
        let connector = Connector {
            ledger,
            clock,
            schemas: parts.schemas,
            codes: parts.codes,
            push_routes: parts.push_routes,
            import_routes: parts.import_routes,
            streets: parts.streets,
            couriers: parts.couriers,
            records: KindLocks::default(),
            paces: Paces::default(),
            signer,
            stop: CancellationToken::new(),
            instance,
        };
        connector.keep_configuration().await?;
        for street in connector.streets.values() {
            lend_memory(street, &connector.ledger);
        }
        connector.recall_manners().await?;
        for platform in connector.instance.platforms.values() {
            connector.ledger.bind(&platform.name, &platform.base_url).await?;
        }
        Ok(connector)
    }

    /// Asks every tick to end after the exchange it is in.
    pub fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Fires when somebody asked to stop.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    pub fn stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Today in the instance's zone.
    pub fn today(&self) -> NaiveDate {
        self.clock.now().to_utc().with_timezone(&self.instance.zone).date_naive()
    }

    pub fn push_route(&self, name: &str) -> Result<&PushRoute, Error> {
        self.push_routes.get(name).ok_or_else(|| unknown("push route", name, self.push_routes.keys()))
    }

    pub fn import_route(&self, name: &str) -> Result<&ImportRoute, Error> {
        self.import_routes.get(name).ok_or_else(|| unknown("import route", name, self.import_routes.keys()))
    }

    /// The push route of a kind: there is at most one for each platform.
    pub fn route_of_kind(&self, kind: &str) -> Result<&PushRoute, Error> {
        let found = self.push_routes.values().find(|route| route.route.kind == kind);
        let kinds = || self.push_routes.values().map(|route| &route.route.kind);
        found.ok_or_else(|| unknown("kind with a push route", kind, kinds()))
    }

    /// Push routes with parents before children.
    pub fn push_routes_in_order(&self) -> Vec<&PushRoute> {
        let mut routes: Vec<_> = self.push_routes.values().collect();
        let place = |route: &PushRoute| {
            let set = self.schemas.get(&route.route.platform);
            set.and_then(|set| set.kinds().position(|kind| *kind.name == *route.route.kind))
        };
        routes.sort_by_key(|route| place(route));
        routes
    }

    pub fn street(&self, platform: &str) -> Result<&Street, Error> {
        self.streets.get(platform).ok_or_else(|| unknown("platform", platform, self.streets.keys()))
    }

    /// What carries files to a platform; `None` for one that takes requests.
    pub fn courier(&self, platform: &str) -> Option<&Courier> {
        self.couriers.get(platform)
    }

    /// The platforms to which a person carries files.
    pub fn platforms_by_hand(&self) -> impl Iterator<Item = &str> {
        self.couriers.keys().map(String::as_str)
    }

    pub fn schema(&self, platform: &str) -> Result<&SchemaSet, Error> {
        self.schemas.get(platform).ok_or_else(|| unknown("platform", platform, self.schemas.keys()))
    }

    /// The kinds of a platform, parents first.
    pub(super) fn kinds(&self, platform: &str) -> Result<impl Iterator<Item = &str>, Error> {
        Ok(self.schema(platform)?.kinds().map(|kind| &*kind.name))
    }

    pub fn is_rehearsing(&self, platform: &str) -> bool {
        self.instance.platforms.get(platform).is_none_or(|platform| platform.mode == Mode::Rehearse)
    }

    pub async fn city(&self, database: &str) -> Result<City, Complaint> {
        // Routes name databases that the loader has checked.
        match self.instance.databases.get(database) {
            Some(database) => City::open(database).await,
            None => Err(Complaint::new("Q2001").fact("database", database)),
        }
    }

    pub(super) async fn begin_run(&self, route: &PushRoute, request: &Request) -> Result<RunRef, Error> {
        let versions =
            self.versions(&route.route.platform, Some(route.version), Some(route.kind.fingerprint()));
        let (name, platform, kind) = (&route.route.name, &route.route.platform, &route.route.kind);
        let mut run = self.start(name, platform, kind, request, versions).await?;
        let schemas = self.instance.platforms.get(platform).map(|one| one.schemas.value.as_str());
        run.schema = format!("{} {}", schemas.unwrap_or_default(), route.kind.version);
        Ok(run)
    }

    pub(super) async fn begin_delivery_run(
        &self,
        platform: &str,
        request: &Request,
    ) -> Result<RunRef, Error> {
        let versions = self.versions(platform, None, None);
        Ok(self.start("", platform, "", request, versions).await?)
    }

    pub(super) async fn start(
        &self,
        route: &str,
        platform: &str,
        kind: &str,
        request: &Request,
        versions: Versions,
    ) -> Result<RunRef, LedgerError> {
        let (cause, actor, reason) = (request.cause, &request.actor, &request.reason);
        self.ledger.begin_run(route, platform, kind, cause, actor, reason, versions, self.clock.now()).await
    }

    pub(super) fn versions(
        &self,
        platform: &str,
        mapping: Option<Fingerprint>,
        schema: Option<Fingerprint>,
    ) -> Versions {
        let profile = self.instance.platforms.get(platform).map(|one| Fingerprint::of(one.text.as_bytes()));
        Versions { mapping, schema, profile, program: Some(program_version()) }
    }

    /// Seals the audit log and exports the checkpoint.
    pub async fn seal(&self) -> Result<(), Error> {
        let mut tx = self.ledger.db().begin().await?;
        let sealed = audit::seal(&mut tx, &self.signer).await?;
        tx.commit().await?;
        if sealed.is_some() {
            audit::export_checkpoints(self.ledger.db(), &self.instance.audit.checkpoints).await?;
        }
        Ok(())
    }

    async fn keep_configuration(&self) -> Result<(), Error> {
        let mut tx = self.ledger.db().begin().await?;
        let now = self.clock.now();
        for (file, text) in self.instance.files() {
            let name = file.display().to_string();
            audit::configuration(&mut tx, now, ("qilu", "program"), &name, text).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Closes the ledger's file.
    pub async fn close(self) {
        self.ledger.db().close().await;
    }
}

/// The program's version, as the audit log names it.
fn program_version() -> Fingerprint {
    Fingerprint::of(concat!("qilu ", env!("CARGO_PKG_VERSION")).as_bytes())
}

fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a String>) -> Error {
    let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
    Error::Unknown { what, name: name.to_owned(), known }
}

/// The compiled parts of an instance.
#[derive(Default)]
pub struct Parts {
    pub codes: BTreeMap<String, Codes>,
    pub schemas: BTreeMap<String, SchemaSet>,
    pub push_routes: BTreeMap<String, PushRoute>,
    pub import_routes: BTreeMap<String, ImportRoute>,
    /// By platform; one that takes requests has a street, one by hand a courier.
    pub streets: BTreeMap<String, Street>,
    pub couriers: BTreeMap<String, Courier>,
}

/// Compiles code tables, schemas, profiles and routes. Errors: all faults of all files.
pub fn compile(instance: &Instance) -> Result<Parts, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut parts = Parts::default();
    for platform in instance.platforms.values() {
        compile_platform(instance, platform, &mut parts, &mut faults);
    }
    for route in instance.routes.values() {
        if let Err(found) = compile_route(instance, route, &mut parts) {
            faults.extend(found);
        }
    }
    if faults.is_empty() { Ok(parts) } else { Err(faults) }
}

fn compile_platform(
    instance: &Instance,
    platform: &Arc<Platform>,
    parts: &mut Parts,
    faults: &mut Vec<Fault>,
) {
    load_schemas(instance, &platform.name, &platform.schemas.value, parts, faults);
    check_dictionaries(platform, parts, faults);
    let credentials = || match Credentials::resolve(platform, &instance.root) {
        // A rehearsal sends nothing and must not need the province's secrets.
        Err(_) if platform.mode == Mode::Rehearse => Ok(Credentials::default()),
        resolved => resolved,
    };
    if platform.hand.is_some() {
        let reading =
            HandReading::compile(platform).and_then(|reading| Ok(reading.zip(Some(credentials()?))));
        let known = parts.schemas.get(&platform.name).zip(parts.codes.get(&platform.name));
        let courier = reading.and_then(|reading| match (reading, known) {
            (Some((reading, credentials)), Some((set, codes))) => {
                Courier::open(reading, credentials, &instance.root, set, codes).map(Some)
            }
            _ => Ok(None),
        });
        match courier {
            Ok(courier) => parts.couriers.extend(courier.map(|courier| (platform.name.clone(), courier))),
            Err(found) => faults.extend(found),
        }
    } else {
        let street = Profile::compile(platform.clone()).and_then(|profile| {
            let at_url = |complaint| vec![platform.base_url.fault(&platform.file, 0, complaint)];
            Street::open(profile, credentials()?, &instance.root).map_err(at_url)
        });
        match street {
            Ok(street) => _ = parts.streets.insert(platform.name.clone(), street),
            Err(found) => faults.extend(found),
        }
    }
}

/// Code tables and schemas of a folder below `schemas/`, as those of a platform.
pub(super) fn load_schemas(
    instance: &Instance,
    platform: &str,
    schemas: &str,
    parts: &mut Parts,
    faults: &mut Vec<Fault>,
) {
    let folder = instance.schemas.join(schemas);
    let (codes, found) = Codes::load(&folder.join("codes"), &instance.crosswalks);
    faults.extend(found);
    match SchemaSet::load(&folder, &codes) {
        Ok(set) => _ = parts.schemas.insert(platform.to_owned(), set),
        Err(found) => faults.extend(found),
    }
    parts.codes.insert(platform.to_owned(), codes);
}

/// A table that the schemas do not have can be compared with nothing.
fn check_dictionaries(platform: &Platform, parts: &Parts, faults: &mut Vec<Fault>) {
    let (Some(dictionaries), Some(codes)) = (&platform.dictionaries, parts.codes.get(&platform.name)) else {
        return;
    };
    for one in dictionaries.tables.iter().filter(|one| codes.table(&one.table).is_err()) {
        let near = nearest(&one.table, codes.tables(), 3).join(", ");
        let complaint = Complaint::new("Q7716").found(&one.table.value).fact("near", near);
        faults.push(one.table.fault(&platform.file, 0, complaint));
    }
}

pub(super) fn compile_route(
    instance: &Instance,
    route: &Arc<Route>,
    parts: &mut Parts,
) -> Result<(), Vec<Fault>> {
    let (Some(codes), Some(set)) = (parts.codes.get(&route.platform), parts.schemas.get(&route.platform))
    else {
        // The platform's own faults are reported already.
        return Ok(());
    };
    let Some(kind) = set.kind(&route.kind).cloned() else { return Ok(()) };
    let completed = form::complete(route, &kind, codes)?.map(Arc::new);
    let route = completed.as_ref().unwrap_or(route);
    match &route.flow {
        Flow::Push(push) => {
            if let Some(platform) = instance.platforms.get(&route.platform) {
                offers_delivery(platform, route)?;
            }
            let zone =
                instance.databases.get(&push.source.database.value).map_or(instance.zone, |one| one.zone);
            let mapping = Mapping::compile(route, codes, zone)?;
            let compiled = PushRoute::new(route.clone(), push.clone(), mapping, kind);
            let shelf = instance.platforms.get(&route.platform).and_then(|one| files::shelf(one));
            let compiled = compiled.with_shelf(shelf);
            parts.push_routes.insert(route.name.clone(), compiled);
        }
        Flow::Import(_) if instance.platforms.get(&route.platform).is_some_and(|one| one.hand.is_some()) => {
            let complaint = Complaint::new("Q7818").found(&route.platform);
            return Err(vec![Fault { file: route.file.clone(), line: 1, column: 1, complaint }]);
        }
        Flow::Import(import) => {
            let compiled = ImportRoute::compile(route, import, kind, codes)?;
            parts.import_routes.insert(route.name.clone(), compiled);
        }
    }
    Ok(())
}

/// A platform that is only read, or that nobody can correct, takes no route that sends. Without a withdrawal one can live:
/// each is then told by itself.
fn offers_delivery(platform: &Platform, route: &Route) -> Result<(), Vec<Fault>> {
    let needed = [Operation::Create, Operation::Update].into_iter();
    let missing = needed.filter(|one| platform.hand.is_none() && !platform.operations.contains_key(one));
    let fault = |one: Operation| {
        let complaint = Complaint::new("Q7410").found(one.word());
        Fault { file: route.file.clone(), line: 1, column: 1, complaint }
    };
    let faults: Vec<Fault> = missing.map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
