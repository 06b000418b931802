//! Files and receipts without a ledger: layouts, packages, and what is made of results.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value as Json, json};

use super::*;
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::config::Platform;
use crate::crypto::{self, Block, Mode, Order};
use crate::ledger::{Carried, Item, ItemOutcome, Paper, Renderer, State};
use crate::plan::Action;
use crate::platform::{Credentials, HandReading};
use crate::record::Document;
use crate::schema::SchemaSet;

const HEAD: &str = "title = 'p'\ntransport = 'hand'\nschemas = 'shandong/v1'\ncity_code = '370300'\n\
    [credentials]\ncorp = 'env:CORP'\npublic_key = 'env:KEY'\n";
const RECEIPT: &str = "[hand.receipt]\nid = 'item.id'\ncode = 'item.code'\nmessage = 'item.message'\n\
    success = \"code == '1'\"\nrefused = \"code == '2'\"\nduplicate = \"code == '3'\"\n";

fn platform(hand: &str) -> Arc<Platform> {
    let text = format!("{HEAD}{hand}");
    let (platform, faults) = Platform::read("p", Path::new("p.toml"), &text);
    assert!(faults.is_empty(), "{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    Arc::new(platform.expect("a platform"))
}

fn open(hand: &str, root: &Path) -> Result<Courier, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
    let (codes, _) = Codes::load(&folder.join("codes"), Path::new("none"));
    let schemas = SchemaSet::load(&folder, &codes).expect("the schemas");
    let credentials = Credentials::from_pairs(&[("corp", "370300"), ("public_key", PUBLIC)]);
    let shown =
        |faults: Vec<crate::config::Fault>| faults.iter().map(|fault| fault.complaint.id.clone()).collect();
    let reading = HandReading::compile(&platform(hand)).map_err(shown)?;
    Courier::open(reading.expect("by hand"), credentials, root, &schemas, &codes).map_err(shown)
}

fn courier(hand: &str) -> Courier {
    open(hand, Path::new("/nonexistent")).expect("a courier")
}

fn clock() -> Clock {
    Clock::manual(Timestamp(1_795_526_400_000_000), 7)
}

fn item(n: i64, document: Json) -> Item {
    let Json::Object(document) = document else { panic!("no document") };
    Item {
        delivery: n,
        record_id: format!("r{n}"),
        item_key: format!("zibo/r{n}/1"),
        version: 1,
        remote_id: None,
        document: Document(document),
        reason: String::new(),
    }
}

fn sheet(bytes: &[u8], name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let range = book.worksheet_range(name).expect("the sheet");
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn without_columns_the_schema_is_the_form_with_a_sheet_for_each_list() {
    let courier = courier(&format!("[hand]\nfolder = 'hand/p'\nfile = 'xlsx'\n{RECEIPT}"));
    let document = json!({
        "title": "高精度协作机器人", "techField": "08", "priceWan": "12.5", "priceNegotiable": false,
        "transferModes": ["02", "03"], "applicants": [{"name": "张三", "unitName": "甲"}, {"name": "李四"}],
    });
    let clock = clock();
    let paper = Sheet::new(&courier, "achievement", Action::Create, &clock);
    let items = [item(1, document)];
    assert_eq!(paper.name("k", &items).as_deref(), Ok("科技成果-新增-20261124-212000.xlsx"));
    let bytes = paper.render("k", &items).expect("a file").bytes;
    assert_eq!(bytes, paper.render("k", &items).expect("a file").bytes, "pure");
    let rows = sheet(&bytes, "科技成果");
    let cell = |heading: &str| {
        let place = rows[0].iter().position(|known| known.trim_end_matches('*').starts_with(heading));
        rows[1][place.unwrap_or_else(|| panic!("{heading} in {:?}", rows[0]))].clone()
    };
    assert_eq!((cell("报送编号").as_str(), cell("操作").as_str()), ("zibo/r1/1", "新增"));
    assert_eq!(cell("成果名称"), "高精度协作机器人");
    let inner =
        courier.form("achievement").and_then(|form| form.groups.iter().find(|one| one.name == "applicants"));
    let people = sheet(&bytes, &inner.expect("a group").sheet);
    assert_eq!(people.len(), 3, "{people:?}");
    assert!(people[2].contains(&"李四".to_owned()) && people[2][0] == "zibo/r1/1");
}

#[test]
fn what_looks_like_a_formula_stays_the_text_that_it_is() {
    let hand = "[hand]\nfolder = 'h'\nfile = 'xlsx'\nsheet = 's'\n[hand.columns]\n'名' = 'document.name'\n";
    let courier = courier(&format!("{hand}{RECEIPT}"));
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "=cmd|'/C calc'!A0",
        "_x000D_",
        "a\nb",
        "<&>\"'",
    ];
    let items: Vec<Item> = texts.iter().zip(1..).map(|(text, n)| item(n, json!({"name": text}))).collect();
    let clock = clock();
    let bytes =
        Sheet::new(&courier, "enterprise", Action::Create, &clock).render("k", &items).expect("a file").bytes;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).expect("a workbook");
    assert!(
        book.worksheet_formula("s").expect("the sheet").cells().all(|(_, _, formula)| formula.is_empty())
    );
    // Our own reader undoes what workbooks do to characters that XML has not.
    let receipt = Receipt::read("a.xlsx", &bytes, courier.reading()).expect("readable");
    let found: Vec<&str> = receipt.results.iter().map(|one| one["名"].as_str().expect("a text")).collect();
    let trimmed: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    assert_eq!(found, trimmed);
    assert_eq!(receipt.formulas.1, 0);
}

#[test]
fn a_cell_that_is_too_long_refuses_its_record_alone() {
    let hand = "[hand]\nfolder = 'h'\nfile = 'xlsx'\n[hand.columns]\n'名' = 'document.name'\n";
    let courier = courier(&format!("{hand}{RECEIPT}"));
    let clock = clock();
    let paper = Sheet::new(&courier, "enterprise", Action::Create, &clock);
    let long = item(1, json!({"name": "长".repeat(32_768)}));
    assert_eq!(paper.render("k", &[long]).unwrap_err().id, "Q7802");
    assert!(paper.render("k", &[item(1, json!({"name": "长".repeat(32_767)}))]).is_ok());
}

#[test]
fn the_provinces_form_is_filled_below_its_headings_and_must_have_them() {
    let root = tempfile::tempdir().expect("a folder");
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet().set_name("填报表").expect("a name");
    page.write_string(0, 0, "山东省科技成果填报表").expect("a cell");
    for (column, heading) in ["序号", "成果\n名称*", "备注", "完成人"].into_iter().enumerate() {
        page.write_string(2, column as u16, heading).expect("a cell");
    }
    for row in 3..6 {
        page.write_string(row, 1, "示例成果").expect("a cell");
        page.write_string(row, 2, "留着").expect("a cell");
    }
    book.save(root.path().join("form.xlsx")).expect("a file");
    let hand = "[hand]\nfolder = 'h'\nfile = 'xlsx'\n[hand.kinds.achievement]\ntemplate = 'form.xlsx'\nsheet = '填报表'\n\
        heading_row = 3\n[hand.kinds.achievement.columns]\n'成果名称' = 'document.title'\n'序号' = 'number'\n\
        '完成人' = 'document.applicants'\n";
    let courier = open(&format!("{hand}{RECEIPT}"), root.path()).expect("a courier");
    let people = json!([{"name": "张三", "unitName": "甲"}, {"name": "李四", "unitName": "乙"}]);
    let items = [item(1, json!({"title": "=1", "applicants": people})), item(2, json!({"title": "二"}))];
    let clock = clock();
    let bytes = Sheet::new(&courier, "achievement", Action::Create, &clock)
        .render("k", &items)
        .expect("a file")
        .bytes;
    let rows = sheet(&bytes, "填报表");
    assert_eq!(rows[0][0], "山东省科技成果填报表");
    assert_eq!(rows[3], ["1", "=1", "留着", "张三|甲；李四|乙"]);
    assert_eq!(rows[4], ["2", "二", "留着", ""]);
    assert_eq!(rows[5], ["", "", "留着", ""], "the form's example is gone");
    let other = hand.replace("'备注'", "'别的'").replace("'序号'", "'编号'");
    assert_eq!(open(&format!("{other}{RECEIPT}"), root.path()).err(), Some(vec!["Q7805".to_owned()]));
    let other = hand.replace("form.xlsx", "none.xlsx");
    assert_eq!(open(&format!("{other}{RECEIPT}"), root.path()).err(), Some(vec!["Q7804".to_owned()]));
    let other = hand.replace("hand.kinds.achievement", "hand.kinds.archievement");
    assert!(
        open(&format!("{other}{RECEIPT}"), root.path())
            .err()
            .is_some_and(|ids| ids.contains(&"Q7817".to_owned()))
    );
}

/// `openssl genpkey -algorithm SM2 -out k.pem && openssl pkey -in k.pem -text -noout`
const PRIVATE: &str = "9a655537a3af5fdbe1c77c7c6036c275086c798937af657fcc9c1f7ccf75ebd6";
const PUBLIC: &str = "04b798cf0063d9295901a5bba9f5df19346afae0c1bfb144f2bbb5cc97d5141adda04bd045d41631b36736b020fd4ef77783743f142a081e745f4b68e3e81dd706";

const PACKAGE: &str = r#"
[hand]
folder = "hand/p"
file = "eav-package"
name = "credentials.corp ~ '_0026_1001_' ~ (now | format('%Y%m%d%H%M%S')) ~ '_' ~ uuid ~ '.zip'"
[hand.columns]
CGMC = "document.title"
JG = "document.priceWan"
[hand.titles]
CGMC = "成果名称"
[hand.sheets."完成人"]
rows = "document.applicants"
columns = { XM = "entry.name" }
[hand.package]
table = "T_INFO"
[hand.package.cell]
CORP_CD = "credentials.corp"
INFO_RES_ID = "record_id"
INDX_ID = "column"
INDX_NM = "heading"
DATA_CONTT = "value"
LIN_FLAG = "line"
DATA_FLAG = "'D' if action == 'withdraw' else 'I'"
SETUP_TM = "now | format('%Y-%m-%d %H:%M:%S')"
UPD_TM = "now | format('%Y-%m-%d %H:%M:%S')"
[[hand.package.inside]]
name = "stem ~ '.db'"
content = "database"
[[hand.package.outside]]
name = "stem ~ '.dat'"
content = "archive | sm4_ecb_encrypt(file_key)"
[[hand.package.outside]]
name = "stem ~ '.key'"
content = "file_key | sm2_encrypt(credentials.public_key, entropy) | hex"
"#;

fn unzip(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).expect("a file");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("a file");
        files.insert(file.name().to_owned(), content);
    }
    files
}

#[tokio::test]
async fn a_package_opens_with_the_provinces_key_and_holds_a_row_for_each_cell() {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Row as _};
    let courier = courier(&format!("{PACKAGE}{RECEIPT}"));
    let people = json!([{"name": "张三"}, {"name": "李四"}]);
    let items = [
        item(1, json!({"title": "=机器人", "priceWan": "12.5", "applicants": people})),
        item(2, json!({"title": "窑炉"})),
    ];
    let clock = clock();
    let paper = Sheet::new(&courier, "achievement", Action::Create, &clock);
    let name = paper.name("k", &items).expect("a name");
    assert!(name.starts_with("370300_0026_1001_20261124212000_") && name.len() == 32 + 36 + 4, "{name}");
    let outer = unzip(&paper.render("k", &items).expect("a file").bytes);
    let stem = name.trim_end_matches(".zip");
    assert_eq!(
        outer.keys().map(String::as_str).collect::<Vec<_>>(),
        [format!("{stem}.dat"), format!("{stem}.key")]
    );
    // As the province opens it.
    let sealed = String::from_utf8(outer[&format!("{stem}.key")].clone()).expect("hex");
    let private = crypto::from_hex(PRIVATE).expect("a key");
    let key = crypto::sm2_decrypt(&private, Order::C1C3C2, &crypto::from_hex(&sealed).expect("hex"))
        .expect("the key");
    let data = &outer[&format!("{stem}.dat")];
    let inner = unzip(&crypto::decrypt(Block::Sm4, Mode::Ecb, &key, data).expect("the archive"));
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &inner[&format!("{stem}.db")]).expect("a file");
    let options = SqliteConnectOptions::new().filename(file.path()).read_only(true);
    let mut connection = options.connect().await.expect("a database");
    let sql = "select CORP_CD||'|'||INFO_RES_ID||'|'||INDX_ID||'|'||INDX_NM||'|'||DATA_CONTT||'|'||LIN_FLAG||'|'||DATA_FLAG||'|'||SETUP_TM from T_INFO";
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("rows");
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        found,
        [
            "370300|r1|CGMC|成果名称|=机器人|1|I|2026-11-24 21:20:00",
            "370300|r1|JG|JG|12.5|1|I|2026-11-24 21:20:00",
            "370300|r2|CGMC|成果名称|窑炉|1|I|2026-11-24 21:20:00",
            "370300|r1|XM|XM|张三|1|I|2026-11-24 21:20:00",
            "370300|r1|XM|XM|李四|2|I|2026-11-24 21:20:00",
        ]
    );
}

fn carried(batch: i64, n: i64, action: Action, state: State, document: Json) -> Carried {
    let mut item = item(n, document);
    item.remote_id = (action != Action::Create).then(|| format!("SD-{n}"));
    Carried { batch, kind: "enterprise".into(), action, state, item }
}

fn judged(hand: &str, results: Json, carried: &[Carried]) -> (Vec<(i64, String)>, Vec<String>) {
    let courier = courier(hand);
    let receipt =
        Receipt::read("回执.json", results.to_string().as_bytes(), courier.reading()).expect("readable");
    let judged = judge(
        &courier,
        &receipt,
        carried,
        &BTreeMap::from([(2, "回.xlsx".to_owned()), (1, "单.xlsx".to_owned())]),
    );
    let word = |outcome: &ItemOutcome| match outcome {
        ItemOutcome::Accepted { remote_id } => format!("accepted {}", remote_id.as_deref().unwrap_or("-")),
        ItemOutcome::Refused { complaints } => format!("refused {}", complaints[0].id),
        ItemOutcome::Duplicate { complaint, .. } => format!("duplicate {}", complaint.id),
        ItemOutcome::Retry { complaint } => format!("retry {}", complaint.id),
        ItemOutcome::Unknown { complaint } => format!("unknown {}", complaint.id),
    };
    let outcomes = judged.batches.values().flat_map(|batch| &batch.outcomes);
    let mut outcomes: Vec<(i64, String)> = outcomes.map(|(n, outcome)| (*n, word(outcome))).collect();
    outcomes.sort();
    (outcomes, judged.remarks.into_iter().map(|remark| remark.id).collect())
}

#[test]
fn results_are_believed_one_by_one() {
    let plain = format!("[hand]\nfolder = 'h'\nfile = 'xlsx'\n{RECEIPT}");
    let with_ids = format!("{plain}remote_id = 'item.remote'\n");
    let open = |n: i64| carried(1, n, Action::Create, State::Pending, json!({}));
    let id = |n: i64| format!("zibo/r{n}/1");
    type Row<'a> = (&'a str, Json, Vec<(i64, &'a str)>, Vec<&'a str>);
    let rows: Vec<Row<'_>> = vec![
        (
            &plain,
            json!([{"id": id(1), "code": "1"}, {"id": id(2), "code": 2}]),
            vec![(1, "accepted r1"), (2, "refused Q7201")],
            vec![],
        ),
        (&plain, json!([{"id": id(1), "code": "1"}]), vec![(1, "accepted r1"), (2, "unknown Q7820")], vec![]),
        (
            &plain,
            json!([{"id": id(1), "code": "9"}, {"id": id(2), "code": "3"}]),
            vec![(1, "unknown Q7822"), (2, "duplicate Q7824")],
            vec![],
        ),
        (
            &plain,
            json!([{"id": id(1), "code": "1"}, {"id": id(1), "code": "2"}, {"id": id(2), "code": "1"}, {"id": id(2), "code": "1"}]),
            vec![(1, "unknown Q7821"), (2, "accepted r2")],
            vec![],
        ),
        (&plain, json!([{"id": "x", "code": "1"}, {"code": "1"}, "odd", null]), vec![], vec!["Q7810"]),
        (
            &with_ids,
            json!([{"id": id(1), "code": "1", "remote": "A"}, {"id": id(2), "code": "1"}]),
            vec![(1, "accepted A"), (2, "unknown Q7823")],
            vec![],
        ),
        (
            &with_ids,
            json!([{"id": id(1), "code": "1", "remote": "A"}, {"id": id(2), "code": "1", "remote": "A"}]),
            vec![(1, "unknown Q7825"), (2, "unknown Q7825")],
            vec![],
        ),
    ];
    for (hand, results, expect, remarks) in rows {
        let (found, told) = judged(hand, results.clone(), &[open(1), open(2)]);
        let found: Vec<(i64, &str)> = found.iter().map(|(n, word)| (*n, word.as_str())).collect();
        assert_eq!(
            (found, told.iter().map(String::as_str).collect::<Vec<_>>()),
            (expect, remarks),
            "{results}"
        );
    }
}

#[test]
fn records_are_known_by_what_the_province_knows_them_by() {
    let hand = format!("[hand]\nfolder = 'h'\nfile = 'xlsx'\n{RECEIPT}ours = 'document.uscc'\n");
    let all = [
        carried(2, 1, Action::Create, State::Pending, json!({"uscc": "A"})),
        carried(2, 2, Action::Update, State::Pending, json!({"uscc": "B"})),
        // The same unit in an older file, decided long ago.
        carried(1, 3, Action::Create, State::Refused, json!({"uscc": "A"})),
        carried(1, 4, Action::Create, State::Accepted, json!({"uscc": "C"})),
        carried(1, 5, Action::Create, State::InDoubt, json!({"uscc": "D"})),
        carried(2, 6, Action::Create, State::Pending, json!({"uscc": "D"})),
    ];
    let results = json!([{"id": " A ", "code": "1"}, {"id": "B", "code": "1"}, {"id": "C", "code": "2"}, {"id": "D", "code": "1"}]);
    let (found, told) = judged(&hand, results, &all);
    // The receipt is named after batch 2, so that D is that one's.
    let expect = [(1, "accepted r1"), (2, "accepted SD-2"), (6, "accepted r6")];
    assert_eq!(found, expect.map(|(n, word)| (n, word.to_owned())));
    assert_eq!(told, ["Q7811"]);
}

#[test]
fn receipts_in_gbk_and_json_are_read_too() {
    let hand =
        format!("[hand]\nfolder = 'h'\nfile = 'xlsx'\n{RECEIPT}list = 'body.data.rows'\nheading_row = 2\n");
    let courier = courier(&hand);
    let (gbk, _, _) = encoding_rs::GBK.encode("淄博回执,,\r\n编号,结果,结果\r\n甲,通过,二\r\n,,\r\n");
    let receipt = Receipt::read("a.CSV", &gbk, courier.reading()).expect("readable");
    assert_eq!(receipt.results, [json!({"编号": "甲", "结果": "通过", "结果_2": "二"})]);
    let json = br#"{"data": {"rows": [{"id": 1}]}}"#;
    let receipt = Receipt::read("a.json", json, courier.reading()).expect("readable");
    assert_eq!(receipt.results, [json!({"id": 1})]);
    for (name, bytes, id) in
        [("a.json", "{}", "Q7806"), ("a.csv", "x", "Q7806"), ("a.pdf", "x", "Q7806"), ("a", "x", "Q7806")]
    {
        assert_eq!(Receipt::read(name, bytes.as_bytes(), courier.reading()).unwrap_err().id, id, "{name}");
    }
}
