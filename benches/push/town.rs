//! A town with many achievements, and an instance that pushes them.

use std::fs;
use std::path::Path;

use qilu::audit;
use qilu::clock::Clock;
use qilu::config::Instance;
use qilu::ledger::Actor;
use qilu::sync::{Connector, Error};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

const TABLE: &str = "create table t_qy (dm text primary key, mc text);
    insert into t_qy values ('91370303MA00000AAU', '淄博齐鲁智能装备有限公司');
    create table t_cg (id integer primary key, cgmc text, qydm text, qymc text, nf int, cgjj text,
    csd text, gjc text, yxjg text, mj text, shzt int, gxsj text)";

pub async fn build(root: &Path, count: u32, port: u16) {
    let mut town = connect(root).await;
    sqlx::raw_sql(TABLE).execute(&mut town).await.expect("a table");
    let summary =
        "面向精密装配的六轴协作机器人，重复定位精度±0.02毫米，已在三家企业的装配线上应用，运行稳定。"
            .repeat(8);
    let mut batch = town.begin().await.expect("a transaction");
    for id in 0..count {
        sqlx::query("insert into t_cg values ($1, $2, '91370303MA00000AAU', '淄博齐鲁智能装备有限公司', 2023, $3, $4, $5, '12.5万元', '公开', 2, '2023-03-12')")
            .bind(id)
            .bind(format!("高精度协作机器人关节模组第{id}号"))
            .bind(format!("{summary}{id}"))
            .bind(["小试", "中试", "量产"][id as usize % 3])
            .bind("机器人、关节、伺服，谐波减速器")
            .execute(&mut *batch)
            .await
            .expect("a row");
    }
    batch.commit().await.expect("a commit");
    town.close().await.expect("closed");
    configure(root, port);
    audit::create_signer(&root.join("data/audit.key"), &Clock::machine(), "bench").expect("a key");
}

pub async fn open(root: &Path, clock: Clock) -> Connector {
    let instance = Instance::load(root).map_err(Error::Configuration);
    let connector = match instance {
        Ok(instance) => Connector::open(instance, clock).await,
        Err(error) => Err(error),
    };
    let connector = connector.unwrap_or_else(|error| panic!("{error:#?}"));
    let now = connector.clock.now();
    let actor = Actor::new("bench", "operator");
    connector.ledger.go_live("shandong", "the bench", None, &actor, now).await.expect("live");
    connector
}

pub async fn change_one_percent(root: &Path) {
    let mut town = connect(root).await;
    sqlx::raw_sql("update t_cg set cgjj = cgjj || '（更新）' where id % 100 = 0")
        .execute(&mut town)
        .await
        .expect("an update");
    town.close().await.expect("closed");
}

async fn connect(root: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(root.join("market.db")).create_if_missing(true);
    options.connect().await.expect("the town's database")
}

fn configure(root: &Path, port: u16) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["config/platforms", "config/routes", "config/crosswalks", "data"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    let schemas = here.join("schemas");
    let instance = format!(
        "name = 'bench'\nschemas = '{}'\n[databases.market]\nurl = 'sqlite:market.db'\n",
        schemas.display()
    );
    fs::write(root.join("config/qilu.toml"), instance).expect("a file");
    let profile = fs::read_to_string(here.join("config/platforms/shandong.toml")).expect("the profile");
    let profile = profile
        .replace("\"https://123.232.30.9:27180/api/v1\"", &format!("\"http://127.0.0.1:{port}/api/v1\""))
        .replace("\"rehearse\"", "\"live\"")
        .replace("\"env:QILU_SHANDONG_APP_ID\"", "\"file:data/secret\"")
        .replace("\"env:QILU_SHANDONG_APP_SECRET\"", "\"file:data/secret\"");
    // The rate that a real province allows would be all that is measured.
    let profile: String = profile
        .lines()
        .map(
            |line| {
                if line.starts_with("requests_per_second") { "requests_per_second = 100000" } else { line }
            },
        )
        .flat_map(|line| [line, "\n"])
        .collect();
    fs::write(root.join("config/platforms/shandong.toml"), profile).expect("a file");
    let secret = root.join("data/secret");
    fs::write(&secret, "a-secret-of-the-bench").expect("a file");
    std::os::unix::fs::chown(&secret, None, None).ok();
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("permissions");
    fs::write(root.join("config/crosswalks/maturity.csv"), "value,code\n小试,4\n中试,6\n量产,9\n")
        .expect("a file");
    fs::write(root.join("config/routes/enterprise.toml"), ENTERPRISE).expect("a file");
    fs::write(root.join("config/routes/achievement.toml"), ACHIEVEMENT).expect("a file");
}

const ENTERPRISE: &str = r#"kind = "enterprise"
platform = "shandong"
[source]
database = "market"
table = "t_qy"
key = ["dm"]
publish_when = "true"
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
"#;

const ACHIEVEMENT: &str = r#"kind = "achievement"
platform = "shandong"
[source]
database = "market"
table = "t_cg"
key = ["id"]
publish_when = "mj == '公开' and shzt == 2"
[fields]
title = "cgmc | text"
category = "'01'"
owner = "qydm | parent('enterprise')"
ownerName = "qymc | text"
ownerUscc = "qydm | uscc"
year = "nf | int"
completedOn = "gxsj | date"
summary = "cgjj | text"
keywords = "gjc | split"
techField = "'08'"
maturity = "csd | code('maturity')"
transferModes = "['02', '03']"
priceWan = "yxjg | money('元')"
ipForms = "['04']"
region = "'370303'"
secretLevel = "'01'"
"contact.name" = "'王建国'"
"contact.phone" = "'0533-2300123' | phone"
"contact.email" = "'contact@example.cn'"
[basis]
"contact.name" = "法定职责"
"contact.phone" = "法定职责"
"contact.email" = "法定职责"
"#;
