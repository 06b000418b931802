//! A city's table, a ledger, and the stand-in province with other cities' records.

mod arrivals;
mod conflicts;
mod interruptions;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::{ImportCounts, ImportReport, ImportRoute, Importer};
use crate::audit::{self, Versions};
use crate::city::Writer;
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::config::{Database, Fault, Flow, Platform, Route};
use crate::db::Db;
use crate::ledger::{self, Actor, Change, Ledger, LedgerError, RunCause};
use crate::plan::{Action, Cause, Step, Verdict};
use crate::platform::{Answer, Broken, Credentials, Profile, Request, Street, Transport};
use crate::record::{Document, Fingerprint, Key, KeyPart};
use crate::sandbox::{self, Faults, Sandbox, Seed, Settings};
use crate::schema::{Kind, SchemaSet, natural_keys};

const ROUTE: &str = r#"
direction = "import"
kind = "achievement"
platform = "shandong"
[target]
database = "market"
table = "t_wd"
key = ["sid"]
origin_column = "ly"
conflict = "CONFLICT"
[columns]
cgmc = "title | text"
cgjj = "summary | html_text"
jg = "priceWan | decimal"
nf = "year"
jsly = "techField | local('tech-field')"
zhfs = "transferModes | local('transfer-mode') | join(',')"
cs = "city"
"#;

const TABLE: &str = "create table t_wd (
    sid text primary key, ly text, cgmc text not null check (cgmc not like '%拒收%'), cgjj text,
    jg decimal(14, 4), nf integer, jsly text, zhfs text, cs text, bz text not null default '')";

/// A running province, a city and a ledger in a folder of their own.
pub(super) struct World {
    folder: tempfile::TempDir,
    clock: Clock,
    pub sandbox: Sandbox,
    pub kind: Arc<Kind>,
    codes: Codes,
    pub ledger: Ledger,
    conflict: &'static str,
}

impl World {
    pub async fn new(conflict: &'static str) -> World {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        // 2026-05-01 10:00 in the province.
        let clock = Clock::manual(Timestamp(1_777_600_800_000_000), 7);
        let sandbox = start(folder.path(), &clock).await;
        let (codes, faults) = Codes::load(&schemas().join("codes"), Path::new("/nowhere"));
        assert_eq!(faults, []);
        let kind = SchemaSet::load(&schemas(), &codes).unwrap().kind("achievement").unwrap().clone();
        let migrations = [audit::MIGRATIONS, ledger::MIGRATIONS];
        let db = Db::open(&folder.path().join("ledger.db"), &migrations).await.unwrap();
        let ledger = Ledger::open(db, clock.clone(), "test").await.unwrap();
        let world = World { folder, clock, sandbox, kind, codes, ledger, conflict };
        world.sql(TABLE).await;
        world
    }

    pub fn route(&self) -> ImportRoute {
        compile(&ROUTE.replace("CONFLICT", self.conflict), &self.kind, &self.codes).unwrap()
    }

    fn street(&self) -> Street {
        let (profile, credentials) = self.profile();
        Street::open(profile, credentials, self.folder.path()).unwrap()
    }

    /// A profile with pages of three records.
    fn profile(&self) -> (Profile, Credentials) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platforms/shandong.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let url = format!("base_url = \"{}\"", self.sandbox.base_url());
        let text = text.replace("base_url = \"https://123.232.30.9:27180/api/v1\"", &url);
        let text = text.replace("size = 100", "size = 3");
        let (platform, faults) = Platform::read("shandong", &file, &text);
        assert_eq!(faults, []);
        let profile = Profile::compile(Arc::new(platform.unwrap())).unwrap();
        let credentials = Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret")]);
        (profile, credentials)
    }

    /// One run against a province that answers every question with the next of these bodies.
    pub async fn import_bodies(&self, bodies: &[Json]) -> ImportReport {
        let (profile, credentials) = self.profile();
        let bodies = bodies.iter().map(ToString::to_string).collect();
        let script = Box::new(Script(Mutex::new(bodies)));
        self.import_by(&Street::by(profile, credentials, script), |_| true).await.unwrap()
    }

    pub async fn import(&self) -> ImportReport {
        self.import_while(|_| true).await.unwrap()
    }

    /// One run, which goes on as long as `go_on` says so after a page.
    pub async fn import_while(
        &self,
        go_on: impl Fn(&ImportCounts) -> bool + Send + Sync,
    ) -> Result<ImportReport, LedgerError> {
        self.import_by(&self.street(), go_on).await
    }

    async fn import_by(
        &self,
        street: &Street,
        go_on: impl Fn(&ImportCounts) -> bool + Send + Sync,
    ) -> Result<ImportReport, LedgerError> {
        let route = self.route();
        let url = format!("sqlite:{}", self.market().display());
        let database = Database::from_url("market", &url, chrono_tz::Asia::Shanghai).unwrap();
        let writer = Writer::open(&database).await.unwrap();
        let actor = Actor::new("tester", "operator");
        let (now, versions) = (self.clock.now(), Versions::default());
        let run = self
            .ledger
            .begin_run("wd", "shandong", "achievement", RunCause::Manual, &actor, "", versions, now)
            .await
            .unwrap();
        let today = now.to_utc().date_naive();
        let (ledger, clock) = (&self.ledger, &self.clock);
        let importer = Importer { ledger, street, writer: &writer, clock, route: &route, run: &run, today };
        let watch = &mut |counts: &ImportCounts| match go_on(counts) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        };
        let report = importer.import(watch).await?;
        assert!(report.counts.conserved(), "{report:?}");
        Ok(report)
    }

    /// Records that other cities have at the province; their ids.
    pub async fn others(&self, documents: &[Json]) -> Vec<String> {
        self.seed("370100", documents).await
    }

    pub async fn seed(&self, city: &str, documents: &[Json]) -> Vec<String> {
        let seed = |data: &Json| Seed {
            kind: "achievement".into(),
            city: city.into(),
            local_id: None,
            data: data.clone(),
        };
        let seeds: Vec<Seed> = documents.iter().map(seed).collect();
        sandbox::seed(&self.state(), &seeds).await.unwrap()
    }

    /// A listing of the city's own, as a push leaves it in the ledger; the province has it under `remote_id`.
    pub async fn own(&self, key: i64, document: Json, remote_id: Option<&str>) {
        let actor = Actor::new("tester", "operator");
        let (now, versions) = (self.clock.now(), Versions::default());
        let begin = self.ledger.begin_run(
            "cg",
            "shandong",
            "achievement",
            RunCause::Manual,
            &actor,
            "",
            versions,
            now,
        );
        let run = begin.await.unwrap();
        let Json::Object(mut fields) = document else { panic!("no document") };
        let title = fields["title"].as_str().unwrap().to_owned();
        fields.insert("owner".into(), "urn:qilu:parent:enterprise:1".into());
        let document = Document(fields);
        let natural_keys = natural_keys(&self.kind, &document.0);
        let checked = self.kind.check(document, &|_| String::new(), now.to_utc().date_naive()).unwrap();
        let change = Change {
            seq: None,
            key: Key::new(vec![KeyPart::Int(key)]),
            title,
            row_print: Fingerprint::of(b"row"),
            mapping_print: Fingerprint::of(b"mapping"),
            verdict: Verdict::Publishable,
            step: Step::Queue(Action::Create, Cause::Data),
            checked: Some(checked),
            natural_keys,
            complaints: Vec::new(),
        };
        self.ledger.write_page(&run, &[change], now).await.unwrap();
        if let Some(remote_id) = remote_id {
            let mut tx = self.ledger.db().begin().await.unwrap();
            let sql = "update record set remote_id = $1, presence = 'there' where key_text = $2";
            let key = key.to_string();
            assert_eq!(tx.execute(sql, crate::args![remote_id, &key]).await.unwrap(), 1);
            tx.commit().await.unwrap();
        }
    }

    /// Statements on the city's database.
    pub async fn sql(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.market()).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A statement on the ledger.
    pub async fn ledger_sql(&self, sql: &'static str) {
        let mut tx = self.ledger.db().begin().await.unwrap();
        tx.execute(sql, crate::args![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The local table, a line a row, by the province's id.
    pub async fn table(&self) -> Vec<String> {
        let mut connection =
            SqliteConnectOptions::new().filename(self.market()).read_only(true).connect().await.unwrap();
        let sql = "select concat_ws('|', sid, ly, cgmc, coalesce(jg, '–'), nf, jsly, zhfs, cs, bz) from t_wd order by sid";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    }

    /// The value of one cell, as text.
    pub async fn cell(&self, remote_id: &str, column: &str) -> Option<String> {
        let mut connection =
            SqliteConnectOptions::new().filename(self.market()).read_only(true).connect().await.unwrap();
        let sql = format!("select cast({column} as text) from t_wd where sid = $1");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(remote_id).fetch_optional(&mut connection).await;
        row.unwrap().and_then(|row| row.get(0))
    }

    /// For each quarantined record its title and the ids of its complaints, in the order of their ids.
    pub async fn quarantine(&self) -> Vec<(String, Vec<String>)> {
        let mut held = self.ledger.quarantine(Some("wd"), None, 1000).await.unwrap();
        held.sort_by(|one, other| one.remote_id.cmp(&other.remote_id));
        let ids =
            |one: &ledger::QuarantineView| one.complaints.iter().map(|found| found.id.clone()).collect();
        held.iter().map(|one| (one.title.clone(), ids(one))).collect()
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("province.db")
    }

    fn market(&self) -> PathBuf {
        self.folder.path().join("market.db")
    }

    /// The province comes back after it was stopped, under a new address.
    pub async fn restart(&mut self) {
        self.sandbox = start(self.folder.path(), &self.clock).await;
    }
}

/// A province of prepared answers.
struct Script(Mutex<VecDeque<String>>);

impl Transport for Script {
    fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Answer, Broken>> {
        let body = self.0.lock().unwrap().pop_front().unwrap_or_default().into_bytes();
        let answer = Answer { status: 200, headers: Vec::new(), body, received: Timestamp(0) };
        Box::pin(async { Ok(answer) })
    }
}

/// Numbers that a test states; all others are zero.
pub(super) fn numbers(report: &ImportReport) -> (u64, u64, u64, u64, u64, u64, u64) {
    let ImportCounts { fetched, new, updated, unchanged, quarantined, own, delisted, .. } = report.counts;
    (fetched, new, updated, unchanged, quarantined, own, delisted)
}

/// A sound result of another city.
pub(super) fn document(number: usize) -> Json {
    json!({
        "title": format!("节能窑炉控制技术之{number}"),
        "category": "01",
        "owner": format!("SD-ENT-9{number:07}"),
        "ownerName": format!("济南测试研究院{number}所"),
        "ownerUscc": "91370303MA00000AAU",
        "year": 2021,
        "summary": "围绕陶瓷窑炉节能完成研究与试验，关键指标提高三成，已在两家企业应用，可在本省企业推广应用，欢迎洽谈。",
        "techField": "04",
        "maturity": "8",
        "transferModes": ["02", "03"],
        "ipForms": ["09"],
        "region": "370100",
        "contact": {"name": "李工", "phone": "0531-88956371"},
        "secretLevel": "01",
        "application": "已应用于两家企业",
        "priceWan": "12.5",
    })
}

/// `document(number)` with some fields replaced; null takes one out.
pub(super) fn altered(number: usize, fields: &Json) -> Json {
    let mut altered = document(number);
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Json::Null => _ = altered.as_object_mut().unwrap().remove(name),
            value => altered[name] = value.clone(),
        }
    }
    altered
}

pub(super) fn compile(text: &str, kind: &Arc<Kind>, codes: &Codes) -> Result<ImportRoute, Vec<Fault>> {
    let (route, faults) = Route::read("wd", Path::new("wd.toml"), text);
    assert_eq!(faults, []);
    let route = Arc::new(route.unwrap());
    let Flow::Import(import) = &route.flow else { panic!("no import") };
    ImportRoute::compile(&route, import, kind.clone(), codes)
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1")
}

async fn start(folder: &Path, clock: &Clock) -> Sandbox {
    let settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        state: folder.join("province.db"),
        schemas: schemas(),
        app_id: "zibo".into(),
        secret: "s3cret".into(),
        city: "370300".into(),
        clock: clock.clone(),
        faults: Faults::default(),
    };
    Sandbox::start(settings).await.unwrap()
}
