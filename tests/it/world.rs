//! A small city, an instance and a sandbox province in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use qilu::audit;
use qilu::clock::Clock;
use qilu::config::Instance;
use qilu::ledger::{Actor, RunCause};
use qilu::record::uscc_check;
use qilu::sandbox::{self, Faults, Inspection, Sandbox, Settings};
use qilu::sync::{Connector, DeliverReport, PushReport, Request, WorkGuard};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

pub const PROFILE: &str = "config/platforms/shandong.toml";
pub const SECRET: &str = "a-secret-of-the-test-province";

pub struct World {
    pub folder: tempfile::TempDir,
    pub sandbox: Option<Sandbox>,
    /// Stands still until somebody waits: days of retries pass in a test at once.
    pub clock: Clock,
    /// The schema files that the province reads.
    pub province: PathBuf,
    address: std::net::SocketAddr,
    secret: String,
}

impl World {
    /// An instance with three routes, an empty city, and a running sandbox; the platform is live.
    pub async fn new() -> World {
        World::with(Clock::manual(Clock::machine().now(), 7)).await
    }

    /// The same on the machine's time, for the real program: small batches, waits that a test can sit out, and first
    /// contact closed.
    pub async fn for_program() -> World {
        let world = World::with(Clock::machine()).await;
        world.edit(
            PROFILE,
            &[
                ("requests_per_second = 5\n", "requests_per_second = 1000\n"),
                ("records_max = 100 ", "records_max = 10 "),
                ("first = \"5s\"", "first = \"100ms\""),
                ("pause = \"1m\"", "pause = \"1s\""),
            ],
        );
        let connector = world.connector().await;
        sync(&connector).await;
        connector.close().await;
        world
    }

    /// On a clock of the caller's, as shipped and before first contact.
    pub async fn with(clock: Clock) -> World {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let province = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
        let (address, secret) = (([127, 0, 0, 1], 0).into(), SECRET.to_owned());
        let mut world = World { folder, sandbox: None, clock, province, address, secret };
        world.start_sandbox().await;
        world.write_instance();
        world.sql(TABLES).await;
        let signer = world.path("data/audit.key");
        audit::create_signer(&signer, &world.clock, "test").expect("a key");
        let connector = world.connector().await;
        let actor = Actor::new("tester", "operator");
        let now = connector.clock.now();
        connector.ledger.go_live("shandong", "a tester", None, &actor, now).await.expect("live");
        connector.close().await;
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("data/ledger.db")
    }

    /// Replaces texts in a file of the instance, each of which must be there.
    pub fn edit(&self, name: &str, changes: &[(&str, &str)]) {
        let mut text = fs::read_to_string(self.path(name)).expect("a file of the instance");
        for (old, new) in changes {
            assert!(text.contains(old), "{name} has no `{old}`");
            text = text.replacen(old, new, 1);
        }
        self.write(name, &text);
    }

    pub async fn start_sandbox(&mut self) {
        let settings = Settings {
            listen: self.address,
            state: self.path("sandbox.db"),
            schemas: self.province.clone(),
            app_id: "test".into(),
            secret: self.secret.clone(),
            city: "370300".into(),
            clock: self.clock.clone(),
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(settings).await.expect("the sandbox starts");
        let url = sandbox.base_url();
        let address = url.trim_start_matches("http://").split('/').next().expect("an address");
        self.address = address.parse().expect("an address");
        self.sandbox = Some(sandbox);
    }

    /// The province takes another secret from now on.
    pub async fn set_secret(&mut self, secret: &str) {
        self.secret = secret.to_owned();
        if let Some(sandbox) = self.sandbox.take() {
            sandbox.stop().await;
        }
        self.start_sandbox().await;
    }

    /// Leads the ledger to another address, as if it had been the province's from the beginning.
    pub async fn rebind(&self, address: &str) {
        let options = SqliteConnectOptions::new().filename(self.ledger());
        let mut connection: SqliteConnection = options.connect().await.expect("the ledger");
        let sql = "update platform_state set bound_to = ?";
        sqlx::query(sql).bind(address).execute(&mut connection).await.expect(sql);
        connection.close().await.expect("closed");
    }

    pub fn faults(&self) -> Arc<Faults> {
        self.sandbox.as_ref().expect("running").faults()
    }

    pub async fn connector(&self) -> Connector {
        let instance = Instance::load(self.folder.path());
        let instance = instance.unwrap_or_else(|faults| panic!("{}", show(&faults)));
        Connector::open(instance, self.clock.clone()).await.unwrap_or_else(|error| match error {
            qilu::sync::Error::Configuration(faults) => panic!("{}", show(&faults)),
            other => panic!("{other}"),
        })
    }

    /// Runs statements on the city's database.
    pub async fn sql(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.path("market.db")).create_if_missing(true);
        let mut connection: SqliteConnection = options.connect().await.expect("the city's database");
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect(sql);
        connection.close().await.expect("closed");
    }

    pub async fn inspect(&self) -> Inspection {
        sandbox::inspect(&self.path("sandbox.db")).await.expect("the sandbox's state")
    }

    /// Enterprise `n`, achievement `n` and contract `n` for each n of the range.
    pub async fn fill(&self, numbers: std::ops::Range<u32>) {
        let mut sql = String::from("begin;");
        for n in numbers {
            let uscc = uscc(n);
            sql += &format!(
                "insert into t_qy values ('{uscc}', '淄博测试企业{n}有限公司', 1);
                 insert into t_cg values ({n}, '面向陶瓷窑炉的节能控制技术{n}', '{uscc}', '淄博测试企业{n}有限公司', 2023, '12.5', '公开', 2, 0);
                 insert into t_ht values ('HT-{n}', '节能控制技术开发合同{n}', '{uscc}', '淄博测试企业{n}有限公司', {n}, '1280000', '960000');"
            );
        }
        self.sql(&(sql + "commit;")).await;
    }

    fn write_instance(&self) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let schemas = here.join("schemas");
        self.write(
            "config/qilu.toml",
            &format!(
                "name = 'test'\nschemas = '{}'\n[ledger]\nfile = 'data/ledger.db'\n[audit]\nkey_file = 'data/audit.key'\n\
                 checkpoints = 'data/checkpoints'\n[databases.market]\nurl = 'sqlite:market.db'\n",
                schemas.display()
            ),
        );
        let profile = fs::read_to_string(here.join("config/platforms/shandong.toml")).expect("the profile");
        let url = format!("\"http://{}/api/v1\"", self.address);
        let profile = profile
            .replace("\"https://123.232.30.9:27180/api/v1\"", &url)
            .replace("\"rehearse\"", "\"live\"")
            .replace("\"env:QILU_SHANDONG_APP_ID\"", "\"file:app_id\"")
            .replace("\"env:QILU_SHANDONG_APP_SECRET\"", "\"file:app_secret\"");
        self.write(PROFILE, &profile);
        self.write_secret("app_id", "test");
        self.write_secret("app_secret", SECRET);
        for (name, text) in ROUTES {
            self.write(&format!("config/routes/{name}.toml"), text);
        }
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub fn write_secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("permissions");
        fs::create_dir_all(self.path("data")).expect("a folder");
    }
}

/// What one full sync did.
#[derive(Debug)]
pub struct Synced {
    pub pushed: Vec<PushReport>,
    pub delivered: DeliverReport,
}

impl Synced {
    pub fn push(&self, route: &str) -> &PushReport {
        self.pushed.iter().find(|report| report.route == route).expect("the route ran")
    }
}

pub fn request() -> Request {
    Request { cause: RunCause::Manual, actor: Actor::new("tester", "operator"), reason: String::new() }
}

pub async fn guard(connector: &Connector) -> WorkGuard {
    connector.work(Duration::from_secs(20)).await.expect("nobody else works")
}

/// Scan, adopt where adoption is open, deliver: what `qilu adopt` and `qilu sync` do together.
pub async fn sync(connector: &Connector) -> Synced {
    let guard = guard(connector).await;
    let mut pushed = Vec::new();
    let patience = Duration::from_secs(86_400);
    let mut delivered = None;
    for route in connector.push_routes_in_order() {
        pushed.push(connector.push_once(&guard, route, &request(), &()).await.expect("a scan"));
        if connector.ledger.adoption_open(&route.route.name).await.expect("the ledger") {
            connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
        }
        let part = connector.deliver_until_quiet(&guard, "shandong", &request(), patience, &()).await;
        let part = part.expect("a delivery");
        match &mut delivered {
            None => delivered = Some(part),
            Some(whole) => {
                whole.counts.add(&part.counts);
                whole.halts = part.halts;
                whole.alarms.extend(part.alarms);
            }
        }
    }
    Synced { pushed, delivered: delivered.expect("at least one route") }
}

/// Copies the shipped schema set to a folder that is not there yet.
pub fn copy_schemas(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
    for folder in ["", "codes"] {
        fs::create_dir_all(to.join(folder)).expect("a folder");
        for entry in fs::read_dir(from.join(folder)).expect("the shipped schemas") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name");
                fs::copy(&path, to.join(folder).join(name)).expect("a copy");
            }
        }
    }
}

/// A valid credit code for a number.
pub fn uscc(n: u32) -> String {
    let body = format!("91370303{n:09}");
    format!("{body}{}", uscc_check(&body).expect("digits"))
}

fn show(faults: &[qilu::config::Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const TABLES: &str = "
create table t_qy (dm text primary key, mc text, zt int);
create table t_cg (id integer primary key, cgmc text, qydm text, qymc text, nf int, yxjg text, mj text, shzt int, del int);
create table t_ht (htbh text primary key, mc text, qydm text, qymc text, cg_id int, cje text, jye text);
";

const ROUTES: [(&str, &str); 3] = [
    (
        "enterprise",
        r#"kind = "enterprise"
platform = "shandong"
[source]
database = "market"
table = "t_qy"
key = ["dm"]
publish_when = "zt == 1"
[fields]
name = "mc | text"
uscc = "dm | uscc"
unitType = "'01'"
operatingState = "'01'"
region = "'370303'"
"contact.name" = "'王建国'"
"contact.phone" = "'0533-2300123'"
[basis]
"contact.name" = "法定职责"
"contact.phone" = "法定职责"
"#,
    ),
    (
        "achievement",
        r#"kind = "achievement"
platform = "shandong"
[source]
database = "market"
table = "t_cg"
key = ["id"]
publish_when = "mj == '公开' and shzt == 2"
withdraw_when = "del == 1 or shzt == 4"
[fields]
title = "cgmc | text"
category = "'01'"
owner = "qydm | parent('enterprise')"
ownerName = "qymc | text"
ownerUscc = "qydm | uscc"
year = "nf | int"
summary = "cgmc ~ '，已在三家企业的生产线上应用，节能率达到15%，运行稳定可靠，经济效益显著。'"
techField = "'08'"
maturity = "'7'"
transferModes = "['02']"
priceWan = "yxjg | money('万元')"
ipForms = "['04']"
region = "'370303'"
secretLevel = "'01'"
"contact.name" = "'王建国'"
"contact.phone" = "'0533-2300123'"
[basis]
"contact.name" = "法定职责"
"contact.phone" = "法定职责"
"#,
    ),
    (
        "tech_contract",
        r#"kind = "tech_contract"
platform = "shandong"
[source]
database = "market"
table = "t_ht"
key = ["htbh"]
publish_when = "true"
[fields]
contractNo = "htbh | text"
name = "mc | text"
contractType = "'101'"
seller = "qydm | parent('enterprise')"
sellerName = "qymc | text"
sellerUscc = "qydm | uscc"
achievement = "cg_id | parent('achievement')"
buyerName = "'山东鲁中机械股份有限公司'"
buyerType = "'01'"
totalAmount = "cje | decimal"
techAmount = "jye | decimal"
signDate = "'2024-03-12'"
startDate = "'2024-03-15'"
endDate = "'2025-12-31'"
payMode = "'02'"
isRelated = "false"
planSource = "'05'"
ipr = "'09'"
techArea = "'03'"
industryCode = "'3491'"
"contact.name" = "'王建国'"
"contact.phone" = "'0533-2300123'"
[basis]
"contact.name" = "法定职责"
"contact.phone" = "法定职责"
"#,
    ),
];
