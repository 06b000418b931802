//! A small sound instance in a temporary folder, to be broken in one place at a time.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::check::check_at;
use crate::clock::Timestamp;
use crate::config::{Fault, Instance};
use crate::sync::{Parts, compile};

/// A file of the instance with its sound text. `market.sql` makes the city's database.
pub const FILES: [(&str, &str); 10] = [
    ("config/qilu.toml", QILU),
    ("config/routes/enterprise.toml", ENTERPRISE),
    ("config/routes/achievement.toml", ACHIEVEMENT),
    ("config/routes/contract.toml", CONTRACT),
    ("config/routes/import.toml", IMPORT),
    ("config/platforms/shandong.toml", include_str!("../../../config/platforms/shandong.toml")),
    ("market.sql", MARKET),
    ("schemas/shandong/v1/codes/tech-field.csv", "code,name,parent,from,to\n01,电子信息,,,\n04,新材料,,,\n"),
    ("config/crosswalks/tech-field.csv", "value,code\n"),
    ("schemas/shandong/v1/codes/region.csv", "code,name,parent,from,to\n370300,淄博市,,,\n"),
];

const QILU: &str = "name = 'zibo'\n\n[databases.market]\nurl = 'sqlite:market.db'\n";

const ENTERPRISE: &str = "\
kind = 'enterprise'
platform = 'shandong'
schedule = '0 1 * * *'
[source]
database = 'market'
table = 't_qy'
key = 'id'
publish_when = 'zt == 1'
[fields]
name = 'qymc | text'
uscc = 'xydm | uscc'
";

const ACHIEVEMENT: &str = r#"kind = "achievement"
platform = "shandong"
schedule = "0 2 * * *"
title = "cgmc"

[source]
database = "market"
table = "t_cg"
key = ["id"]
publish_when = "mj == '公开' and zt == 2"
withdraw_when = "zt == 4"
withdraw = { flag = "auto", absence = "ask" }

[fields]
title = "cgmc | text"
owner = "qy_id | parent('enterprise')"
year = "nf | int"
priceWan = "jg | money('元')"
techField = "jsly | code('tech-field')"
keywords = "gjc | split"
secretLevel = "mj | text"
"contact.name" = "lxr | text"
"contact.phone" = "lxdh | phone"

[children.applicants]
query = "SELECT * FROM t_wcr"
key = ["cg_id"]

[children.applicants.fields]
name = "xm | text"
unitName = "dw | text"

[basis]
"contact.name" = "本人同意"
"contact.phone" = "本人同意"
applicants = "登记事项"

[[examples]]
given = { id = 7, cgmc = " 机器人 ", qy_id = 3, nf = "2023", jg = 1234567, gjc = "甲、乙" }
expect = { title = "机器人", owner = "3", year = 2023, priceWan = 123.4567, keywords = ["甲", "乙"] }

[[examples]]
given = { cgmc = "机器人", lxr = "李明", applicants = [{ xm = " 李明" }] }
expect = { contact = { name = "李明" }, applicants = [{ name = "李明" }] }
"#;

const CONTRACT: &str = "\
kind = 'contract'
platform = 'shandong'
[source]
database = 'market'
query = \"SELECT h.* FROM 合同 AS h\"
key = '编号'
publish_when = \"作废 == 'N'\"
withdraw_when = \"作废 == 'Y'\"
withdraw = { flag = 'ask', absence = 'never' }
[fields]
name = '名称 | text'
seller = '卖方 | parent(\"enterprise\")'
";

const IMPORT: &str = "\
direction = 'import'
kind = 'achievement'
platform = 'shandong'
[target]
database = 'market'
table = 'sdcg'
key = 'ly_id'
origin_column = 'ly'
[columns]
cgmc = 'title | text'
gjc = 'keywords | join(\",\")'
ly_gxsj = 'updatedAt'
";

const MARKET: &str = "
PRAGMA synchronous = OFF;
CREATE TABLE t_qy (id INTEGER PRIMARY KEY, qymc TEXT, xydm TEXT, zt INTEGER);
CREATE TABLE t_cg (id INTEGER PRIMARY KEY, cgmc VARCHAR(200), qy_id INTEGER, nf INTEGER, jg REAL, jsly TEXT, mj TEXT,
    zt INTEGER, lxr TEXT, lxdh TEXT, gjc TEXT);
CREATE TABLE t_wcr (cg_id INTEGER, xm TEXT, dw TEXT);
CREATE TABLE 合同 (编号 TEXT, 名称 TEXT, 卖方 INTEGER, 作废 TEXT);
CREATE TABLE sdcg (ly_id TEXT, ly TEXT, cgmc TEXT, gjc TEXT, ly_gxsj TEXT);
CREATE TEMP TABLE n (i INTEGER);
INSERT INTO n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30) SELECT i FROM c;
INSERT INTO t_qy SELECT i, '淄博第' || i || '机械厂', '91370303MA00000AAU', iif(i = 30, 0, 1) FROM n;
INSERT INTO t_cg SELECT i, '第' || i || '号机器人', i, 2020 + i % 5, 50000.5, '新材料', '公开', 1 + i % 2, '李明',
    '13812345678', '甲,乙' FROM n;
INSERT INTO t_wcr SELECT i, '李明', '第一研究所' FROM n;
INSERT INTO 合同 SELECT '2023-' || i, '技术开发合同', i, iif(i = 30, 'Y', 'N') FROM n;
";

/// What `check` says of the instance after some edits, as `FILE:LINE:COLUMN ID`.
///
/// Each edit replaces the first occurrence of a text in a file; an empty text stands for the whole file.
pub async fn check(edits: &[(&str, &str, &str)]) -> Vec<String> {
    told(&faults(edits).await)
}

/// Faults as `file:line:column id`.
pub fn told(faults: &[Fault]) -> Vec<String> {
    let show = |fault: &Fault| {
        let file = fault.file.display().to_string();
        let file = file.rsplit('/').next().unwrap_or_default().to_owned();
        format!("{file}:{}:{} {}", fault.line, fault.column, fault.complaint.id)
    };
    faults.iter().map(show).collect()
}

/// As `check`, with all the words.
pub async fn faults(edits: &[(&str, &str, &str)]) -> Vec<Fault> {
    let (_folder, instance, parts) = instance(edits).await;
    // 2026-05-01 in the afternoon.
    check_at(&instance, &parts, Timestamp(1_777_620_000_000_000)).await
}

/// The instance after some edits, in a folder that vanishes when it is dropped.
pub async fn instance(edits: &[(&str, &str, &str)]) -> (tempfile::TempDir, Instance, Parts) {
    let (folder, instance) = loaded(edits).await;
    let parts = compile(&instance).unwrap_or_else(|faults| panic!("{faults:#?}"));
    (folder, instance, parts)
}

/// The same before anything is compiled.
pub async fn loaded(edits: &[(&str, &str, &str)]) -> (tempfile::TempDir, Instance) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    for (file, sound) in FILES {
        let mut text = sound.replace("env:QILU_SHANDONG_APP", "file:app");
        if let Some((before, after)) = text.split_once("[dictionaries.tables]\n") {
            // Of the shipped code tables the world has few.
            let after = after.split_once("\n\n").map_or("", |(_, after)| after);
            text = format!("{before}[dictionaries.tables]\ntech-field = \"tech-field\"\n\n{after}");
        }
        for (_, from, to) in edits.iter().filter(|(edited, ..)| file.ends_with(edited)) {
            assert!(text.contains(from), "{file} does not say {from}");
            text = if from.is_empty() { (*to).to_owned() } else { text.replacen(from, to, 1) };
        }
        if file == "market.sql" {
            run(&root.join("market.db"), &text).await;
        } else if !text.is_empty() {
            write(&root.join(file), &text);
        }
    }
    for (kind, schema) in schemas() {
        let path = format!("schemas/shandong/v1/{kind}.schema.json");
        write(&root.join(path), &schema.to_string());
    }
    for secret in ["app_ID", "app_SECRET"] {
        write(&root.join(secret), "secret");
        #[cfg(unix)]
        fs::set_permissions(root.join(secret), std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("it is ours");
    }
    let instance = Instance::load(root).expect("the files read");
    (folder, instance)
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("files stand in folders")).expect("the folder is writable");
    fs::write(path, text).expect("the folder is writable");
}

async fn run(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("a temporary database opens");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
    connection.close().await.expect("a temporary database closes");
}

fn schemas() -> [(&'static str, Json); 3] {
    let text = |class: &str, title: &str, example: &str| field("string", class, title, json!(example));
    let with = |mut field: Json, name: &str, value: Json| {
        field[name] = value;
        field
    };
    let unit = || text("public", "单位名称", "淄博齐鲁智能装备有限公司");
    let owner = || with(text("public", "持有单位", "SD-ENT-1"), "x-parent", json!("enterprise"));
    let contact =
        json!({"name": text("personal", "姓名", "李明"), "phone": text("personal", "电话", "13812345678")});
    let applicant = json!({"name": text("personal", "姓名", "李明"), "unitName": unit()});
    let object = |properties: Json, required: Json| json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties});
    let outer = |kind: Json, properties: Json, required: Json| {
        let mut schema = object(properties, required);
        let about = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind["title"],
            "description": "一类", "x-version": "1", "x-kind": kind});
        for (name, value) in about.as_object().into_iter().flatten() {
            schema[name] = value.clone();
        }
        schema
    };
    let kind = |title: &str, parents: Json, withdraw: &str| {
        json!({"title": title, "title_en": "kind", "parents": parents, "natural_keys": [], "once": false,
            "withdraw": {"flag": withdraw, "absence": "ask"}, "function": "展示"})
    };
    let mut people = field("array", "personal", "完成人", json!([{"name": "李明"}]));
    people["items"] = object(applicant, json!(["name"]));
    let mut reachable = field("object", "personal", "联系人", json!({"name": "李明"}));
    for (name, value) in object(contact, json!(["name"])).as_object().into_iter().flatten() {
        reachable[name] = value.clone();
    }
    let mut words = field("array", "public", "关键词", json!(["机器人"]));
    words["items"] = json!({"type": "string"});
    let achievement = json!({
        "title": text("public", "成果名称", "机器人"),
        "owner": owner(),
        "year": field("integer", "public", "年份", json!(2023)),
        "priceWan": with(text("business", "价格", "12.5"), "x-decimal", json!({"scale": 6, "minimum": "0"})),
        "techField": with(text("public", "技术领域", "01"), "x-code-table", json!("tech-field")),
        "keywords": words,
        "secretLevel": text("secret", "密级", "公开"),
        "contact": reachable,
        "applicants": people,
    });
    let contract = json!({"name": text("public", "合同名称", "开发合同"), "seller": owner()});
    let enterprise = json!({"name": unit(), "uscc": with(text("public", "信用代码", "91370303MA00000AAU"), "format", json!("uscc"))});
    [
        ("enterprise", outer(kind("企业", json!([]), "ask"), enterprise, json!(["name", "uscc"]))),
        (
            "achievement",
            outer(
                kind("科技成果", json!(["enterprise"]), "auto"),
                achievement,
                json!(["title", "owner", "secretLevel"]),
            ),
        ),
        (
            "contract",
            outer(kind("技术合同", json!(["enterprise"]), "never"), contract, json!(["name", "seller"])),
        ),
    ]
}

fn field(shape: &str, class: &str, title: &str, example: Json) -> Json {
    json!({"type": shape, "title": title, "title_en": "field", "description": "一项", "x-class": class,
        "x-source": {"kind": "guess", "cite": "惯例"}, "examples": [example]})
}
