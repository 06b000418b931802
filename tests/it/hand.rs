//! A province that takes no requests: files go there by hand, and receipts decide.

use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use qilu::audit;
use qilu::hand::{Laid, look};
use qilu::ledger::{Actor, LeftOut, Selection};
use qilu::sync::{ByHand, Connector, Error, HandStanding, ReceiptReport};

use crate::program::{self, qilu, rows};
use crate::world::{World, guard, request, uscc};

const PROFILE: &str = r#"
title = "省平台（人工递交）"
mode = "live"
transport = "hand"
schemas = "shandong/v1"
city_code = "370300"

[hand]
folder = "hand/shandong"
file = "xlsx"

[hand.kinds.enterprise]
sheet = "单位"
heading_row = 2

[hand.kinds.enterprise.columns]
"序号" = "number"
"报送编号" = "item_key"
"操作" = "action_zh"
"单位名称" = "document.name"
"联系人" = "[document.contact.name, document.contact.phone]"
"省编号" = "remote_id"
"撤回原因" = "reason"

[hand.receipt]
id = "item['报送编号']"
code = "item['结果']"
message = "item['说明']"
remote_id = "item['省编号']"
success = "code == '通过'"
refused = "code == '退回'"
duplicate = "code == '重复'"
"#;

/// A city whose province takes files by hand, with first contact closed and nothing sent.
async fn world() -> World {
    let world = World::new().await;
    by_hand(&world).await;
    world
}

async fn by_hand(world: &World) {
    std::fs::remove_file(world.ledger()).expect("a ledger");
    for ending in ["db-wal", "db-shm"] {
        std::fs::remove_file(world.ledger().with_extension(ending)).ok();
    }
    std::fs::remove_dir_all(world.path("data/checkpoints")).ok();
    world.write("config/platforms/shandong.toml", PROFILE);
    let connector = world.connector().await;
    let actor = Actor::new("tester", "operator");
    let now = connector.clock.now();
    connector.ledger.go_live("shandong", "a tester", None, &actor, now).await.expect("live");
    connector.close().await;
}

/// Scan, close first contact, lay out.
async fn sync(connector: &Connector) -> ByHand {
    let guard = guard(connector).await;
    for route in connector.push_routes_in_order() {
        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
        if connector.ledger.adoption_open(&route.route.name).await.expect("the ledger") {
            connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
        }
    }
    let patience = std::time::Duration::from_secs(60);
    let report = connector.deliver_until_quiet(&guard, "shandong", &request(), patience, &()).await;
    report.expect("a delivery").by_hand.expect("a platform by hand")
}

async fn standing(connector: &Connector) -> Vec<HandStanding> {
    connector.hand_standing(None, false).await.expect("the ledger")
}

/// The one batch that waits to be handed in, approved and handed in.
async fn hand_in(connector: &Connector) -> HandStanding {
    let guard = guard(connector).await;
    let batch = standing(connector).await.into_iter().find(|one| one.handover.waits_to_be_handed_in());
    let batch = batch.expect("a batch waits");
    connector.approve_by_hand(&guard, &batch, "李科长", "", &request()).await.expect("approved");
    let batch = find(connector, batch.handover.batch).await;
    connector.done_by_hand(&guard, &batch, "王经办", "窗口3", &request()).await.expect("handed in");
    find(connector, batch.handover.batch).await
}

async fn find(connector: &Connector, batch: i64) -> HandStanding {
    let all = connector.hand_standing(None, true).await.expect("the ledger");
    all.into_iter().find(|one| one.handover.batch == batch).expect("the batch")
}

async fn receipt(connector: &Connector, path: &Path) -> Result<ReceiptReport, Error> {
    let guard = guard(connector).await;
    connector.receipt_by_hand(&guard, "shandong", path, &request()).await
}

fn complaint(error: Error) -> String {
    match error {
        Error::Complaint(complaint) => complaint.id,
        other => panic!("{other}"),
    }
}

/// The rows of a sheet, as a spreadsheet shows them; every cell is a text, none a formula.
fn read(path: &Path, sheet: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(path).expect("a workbook");
    let formulas = book.worksheet_formula(sheet).expect("the sheet");
    assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()), "no cell is a formula");
    let range = book.worksheet_range(sheet).expect("the sheet");
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// The numbers of a file's records, in its order.
fn numbers(path: &Path) -> Vec<String> {
    read(path, "单位").iter().skip(1).map(|row| row[1].clone()).collect()
}

fn csv(world: &World, name: &str, lines: &[(&str, &str, &str, &str)]) -> PathBuf {
    let mut text = String::from("\u{feff}报送编号,结果,说明,省编号\n");
    for (id, result, message, remote) in lines {
        text += &format!("\"{id}\",{result},{message},{remote}\n");
    }
    world.write(name, &text);
    world.path(name)
}

/// Enterprises alone: they wait for nobody.
async fn enterprises(world: &World, count: u32) {
    world.edit(
        "config/routes/enterprise.toml",
        &[
            (
                "publish_when = \"zt == 1\"",
                "publish_when = \"zt == 1\"\nwithdraw_when = \"zt == 4\"\n[source.withdraw]\nflag = \"auto\"\nabsence = \"ask\"",
            ),
            ("[fields]", "[limits]\nmax_withdraw_ratio = 1\n[fields]"),
        ],
    );
    std::fs::remove_file(world.path("config/routes/tech_contract.toml")).expect("a route");
    std::fs::remove_file(world.path("config/routes/achievement.toml")).expect("a route");
    world.fill(1..count + 1).await;
}

/// Changes the `n`th enterprise.
async fn change(world: &World, n: u32, set: &str) {
    world.sql(&format!("update t_qy set {set} where dm = '{}'", uscc(n))).await;
}

async fn statuses(world: &World) -> Vec<String> {
    let sql = "select d.state from record r join delivery d
                   on d.id = (select max(o.id) from delivery o where o.record = r.seq) order by r.key_sort";
    rows(&world.ledger(), sql).await.into_iter().map(|row| row[0].clone()).collect()
}

#[tokio::test]
async fn a_file_goes_out_and_its_receipt_settles_it_item_by_item() {
    let world = world().await;
    enterprises(&world, 5).await;
    change(&world, 1, "mc = '=HYPERLINK(\"http://x\",\"淄博窑炉有限公司\")'").await;
    let connector = world.connector().await;
    let made = sync(&connector).await;
    assert_eq!((made.made.len(), made.complaints.len()), (1, 0), "{made:?}");
    let path = &made.made[0];
    let batch = &made.waiting[0];
    assert_eq!(
        (batch.on_disk, batch.handover.records, batch.handover.state.as_str()),
        ("there", 5, "by_hand")
    );
    let print = qilu::record::Fingerprint::of(&std::fs::read(path).expect("the file"));
    assert_eq!(print.to_string(), batch.handover.sha256);

    let sheet = read(path, "单位");
    assert_eq!(sheet[0], ["序号", "报送编号", "操作", "单位名称", "联系人", "省编号", "撤回原因"]);
    assert_eq!(sheet[1][3], "=HYPERLINK(\"http://x\",\"淄博窑炉有限公司\")", "the value stays as it is");
    assert_eq!(
        (sheet[1][0].as_str(), sheet[1][2].as_str(), sheet[1][4].as_str()),
        ("1", "新增", "王建国；0533-2300123")
    );

    // A second sync makes nothing new and leaves the batch alone, whatever a start of the program recovers.
    let again = sync(&connector).await;
    assert_eq!((again.made.len(), again.waiting.len()), (0, 1));
    assert_eq!(statuses(&world).await, ["in_flight"; 5]);

    // Not handed in before it is approved; no receipt before it is handed in.
    let numbers = numbers(path);
    let lock = guard(&connector).await;
    let early = connector.done_by_hand(&lock, batch, "王经办", "", &request()).await;
    assert_eq!(complaint(early.unwrap_err()), "Q7816");
    drop(lock);
    let results = [
        (numbers[0].as_str(), "通过", "", "SD-1"),
        (&numbers[1], "退回", "成果简介不完整", ""),
        (&numbers[3], "通过", "", "SD-4"),
        (&numbers[3], "退回", "说法不一", ""),
        ("从没见过的编号", "通过", "", "SD-9"),
    ];
    let file = csv(&world, "回执.csv", &results);
    assert_eq!(complaint(receipt(&connector, &file).await.unwrap_err()), "Q7809");
    hand_in(&connector).await;
    assert_eq!(statuses(&world).await, ["pending"; 5]);

    let report = receipt(&connector, &file).await.expect("a receipt");
    let counts = &report.counts;
    assert_eq!((counts.accepted, counts.refused, counts.doubtful), (1, 1, 3), "{report:?}");
    assert_eq!(report.remarks.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["Q7810"]);
    assert_eq!(statuses(&world).await, ["accepted", "refused", "in_doubt", "in_doubt", "in_doubt"]);
    assert_eq!(standing(&connector).await[0].handover.state, "in_doubt");

    // The same receipt again changes nothing.
    let again = receipt(&connector, &file).await.expect("a receipt");
    assert!(again.seen.is_some() && again.run.is_none());
    assert_eq!(statuses(&world).await, ["accepted", "refused", "in_doubt", "in_doubt", "in_doubt"]);

    // Another receipt decides what the first left open, and cannot change what it decided.
    let rest = [
        (numbers[0].as_str(), "退回", "反悔", ""),
        (&numbers[2], "通过", "", "SD-3"),
        (&numbers[3], "通过", "", "SD-4"),
        (&numbers[4], "通过", "", "SD-5"),
    ];
    let report = receipt(&connector, &csv(&world, "回执2.csv", &rest)).await.expect("a receipt");
    assert_eq!((report.counts.accepted, report.remarks[0].id.as_str()), (3, "Q7811"));
    assert_eq!(statuses(&world).await, ["accepted", "refused", "accepted", "accepted", "accepted"]);
    assert_eq!(standing(&connector).await, []);

    // What was refused goes out again once it is mended; an update and a withdrawal have files of their own.
    change(&world, 2, "mc = '淄博新名称窑炉有限公司'").await;
    change(&world, 3, "mc = '淄博新名称陶瓷有限公司'").await;
    change(&world, 4, "zt = 4").await;
    let made = sync(&connector).await;
    assert_eq!(made.made.len(), 3, "{made:?}");
    let withdrawal = made.waiting.iter().find(|one| one.handover.action == "withdraw").expect("a withdrawal");
    let row = &read(&withdrawal.path, "单位")[1];
    assert_eq!((row[2].as_str(), row[5].as_str(), row[6].is_empty()), ("撤回", "SD-4", false));
    let update = made.waiting.iter().find(|one| one.handover.action == "update").expect("an update");
    assert_eq!(read(&update.path, "单位")[1][5], "SD-3");

    // The auditor finds every step, and nothing is amiss.
    let keys = [audit::load_public_key(&world.path("data/audit.key")).expect("the key")];
    let notes = audit::load_notes(&world.path("data/checkpoints")).expect("notes");
    let verified = audit::verify(connector.ledger.db(), &keys, &notes).await.expect("a verification");
    assert!(verified.is_clean(), "{verified:?}");
}

#[tokio::test]
async fn what_is_dropped_queues_again_and_the_newest_version_goes() {
    let world = world().await;
    enterprises(&world, 2).await;
    let connector = world.connector().await;
    let made = sync(&connector).await;
    change(&world, 1, "mc = '淄博新名称窑炉有限公司'").await;
    // The newer version waits behind the file.
    assert_eq!(sync(&connector).await.made.len(), 0);
    let lock = guard(&connector).await;
    let aside =
        connector.drop_by_hand(&lock, &made.waiting[0], "内容有误", &request()).await.expect("dropped");
    assert!(aside.expect("set aside").ends_with(format!("dropped/{}", made.waiting[0].handover.file)));
    assert!(!made.made[0].exists());
    let twice = connector.drop_by_hand(&lock, &made.waiting[0], "再来", &request()).await;
    assert!(matches!(twice, Err(Error::Ledger(_))), "{twice:?}");
    drop(lock);
    let again = sync(&connector).await;
    assert_eq!(again.made.len(), 1, "{again:?}");
    assert_ne!(again.made[0], made.made[0], "no name is used twice");
    let titles: Vec<String> = read(&again.made[0], "单位").iter().skip(1).map(|row| row[3].clone()).collect();
    assert!(titles.contains(&"淄博新名称窑炉有限公司".to_owned()), "{titles:?}");
    assert_eq!(titles.len(), 2);
}

#[tokio::test]
async fn a_kill_between_claim_and_file_loses_nothing_and_an_altered_file_is_not_handed_in() {
    let world = world().await;
    enterprises(&world, 3).await;
    let connector = world.connector().await;
    let made = sync(&connector).await;
    let (path, batch) = (&made.made[0], &made.waiting[0]);
    // Killed after the claim: the ledger has the batch, the folder has not. A half-written file may lie about.
    std::fs::remove_file(path).expect("the file");
    let name = &batch.handover.file;
    std::fs::write(path.with_file_name(format!(".{name}.unfinished")), "half a fi").expect("a file");
    connector.close().await;
    let connector = world.connector().await;
    assert_eq!(standing(&connector).await[0].on_disk, "missing");
    let again = sync(&connector).await;
    assert_eq!((again.made.len(), again.waiting[0].on_disk), (0, "there"));
    assert_eq!(look(path.parent().expect("a folder"), name, &batch.handover.print), Ok(Laid::There));
    assert_eq!(statuses(&world).await, ["in_flight"; 3], "nobody took it for lost");

    std::fs::write(path, "changed in Excel").expect("a file");
    let changed = sync(&connector).await;
    assert_eq!(changed.complaints[0].id, "Q7803");
    let lock = guard(&connector).await;
    let altered = find(&connector, batch.handover.batch).await;
    let refused = connector.approve_by_hand(&lock, &altered, "李科长", "", &request()).await;
    assert_eq!(complaint(refused.unwrap_err()), "Q7803");
    assert_eq!(std::fs::read(path).expect("the file"), b"changed in Excel", "nothing is overwritten");
}

#[tokio::test]
async fn stop_go_live_and_resubmission_hold_as_for_any_platform() {
    let world = world().await;
    enterprises(&world, 4).await;
    let connector = world.connector().await;
    let (actor, now) = (Actor::new("tester", "operator"), connector.clock.now());
    connector.ledger.set_stopped("shandong", true, &actor, "", now).await.expect("stopped");
    assert_eq!(sync(&connector).await.made.len(), 0);
    connector.ledger.set_stopped("shandong", false, &actor, "", now).await.expect("resumed");
    connector.ledger.go_live("shandong", "a tester", Some(2), &actor, now).await.expect("live");
    let made = sync(&connector).await;
    assert_eq!(made.waiting[0].handover.records, 2, "the first few");
    assert_eq!(sync(&connector).await.made.len(), 0);
    // What is with a person cannot be sent again behind his back.
    let (platform, kind) = ("shandong".to_owned(), "enterprise".to_owned());
    let selection = Selection { platform, kind, state: None, keys: vec![uscc(1)] };
    let chosen = connector.ledger.select(&selection).await.expect("a selection");
    assert_eq!(chosen[0].left_out, Some(LeftOut::Out), "{chosen:?}");
}

#[tokio::test]
async fn a_hostile_receipt_is_told_and_believed_in_nothing() {
    let world = world().await;
    enterprises(&world, 2).await;
    let connector = world.connector().await;
    let made = sync(&connector).await;
    let numbers = numbers(&made.made[0]);
    hand_in(&connector).await;
    for (name, bytes, id) in [
        ("a.xlsx", bomb(), "Q7807"),
        ("b.xlsx", b"PK\x03\x04 not a zip".to_vec(), "Q7806"),
        ("c.xls", b"\xd0\xcf\x11\xe0".to_vec(), "Q7806"),
        ("d.json", format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(), "Q7806"),
        ("e.csv", Vec::new(), "Q7806"),
        ("f.csv", "报送编号,结果\nx,通过\n".as_bytes().to_vec(), "Q7808"),
        ("g.csv", vec![b'x'; 17 * 1024 * 1024], "Q7807"),
        ("h.xlsx", lying_count(), "Q7808"),
    ] {
        std::fs::write(world.path(name), bytes).expect("a file");
        assert_eq!(complaint(receipt(&connector, &world.path(name)).await.unwrap_err()), id, "{name}");
    }
    assert_eq!(statuses(&world).await, ["pending"; 2], "nothing was changed");

    // Formulas show whatever their maker wants: they are told and not believed.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["报送编号", "结果", "说明", "省编号"].into_iter().enumerate() {
        sheet.write_string(0, column as u16, heading).expect("a cell");
    }
    sheet.write_string(1, 0, &numbers[0]).expect("a cell");
    let formula = rust_xlsxwriter::Formula::new("=\"通\"&\"过\"").set_result("通过");
    sheet.write_formula(1, 1, formula).expect("a cell");
    sheet.write_string(1, 3, "SD-1").expect("a cell");
    sheet.write_string(2, 0, &numbers[1]).expect("a cell");
    sheet.write_string(2, 1, "通过").expect("a cell");
    sheet.write_string(2, 2, "=cmd|' /C calc'!A0").expect("a cell");
    sheet.write_string(2, 3, "SD-2").expect("a cell");
    book.save(world.path("公式.xlsx")).expect("a file");
    let report = receipt(&connector, &world.path("公式.xlsx")).await.expect("a receipt");
    assert_eq!((report.counts.accepted, report.counts.doubtful), (1, 1), "{report:?}");
    assert_eq!((report.remarks[0].id.as_str(), report.remarks[0].found.as_str()), ("Q7812", "B2"));
}

/// A sheet of 100 MB in a file of 100 KB.
fn bomb() -> Vec<u8> {
    let sheet = vec![b' '; 100 * 1024 * 1024];
    package(&[("xl/worksheets/sheet1.xml", &sheet)])
}

/// Says that it has more strings than any machine has memory for.
fn lying_count() -> Vec<u8> {
    let strings = "<sst count=\"9\" uniqueCount=\"9223372036854775807\"><si><t>报送编号</t></si><si><t>x</t></si></sst>";
    let sheet = "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>
        <row r=\"1048576\"><c r=\"A1048576\" t=\"s\"><v>1</v></c></row></sheetData></worksheet>";
    package(&[("xl/sharedStrings.xml", strings.as_bytes()), ("xl/worksheets/sheet1.xml", sheet.as_bytes())])
}

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let workbook = "<workbook><sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    let relations =
        "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let fixed: [(&str, &[u8]); 2] =
        [("xl/workbook.xml", workbook.as_bytes()), ("xl/_rels/workbook.xml.rels", relations.as_bytes())];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in fixed.iter().chain(parts) {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(content).expect("a part");
    }
    zip.finish().expect("a package").into_inner()
}

#[tokio::test]
async fn the_program_walks_the_journey_with_its_exit_codes() {
    let world = World::for_program().await;
    by_hand(&world).await;
    enterprises(&world, 2).await;
    qilu(world.root(), &["sync"]).await.ended(0);
    qilu(world.root(), &["adopt"]).await.ended(0);
    let listed = qilu(world.root(), &["hand", "list"]).await.ended(0);
    assert!(listed.out.contains("没有等待递交"), "{listed}");
    qilu(world.root(), &["sync"]).await.ended(0).says(&["已生成递交文件", "1 个文件等待递交"]);
    let listed = qilu(world.root(), &["hand", "list", "--json"]).await.ended(0).json();
    let batch = &listed["batches"][0];
    let (number, path) = (batch["batch"].to_string(), batch["path"].as_str().expect("a path").to_owned());
    qilu(world.root(), &["hand", "done", &number, "--by", "王经办"]).await.ended(1).says(&["Q7816"]);
    qilu(world.root(), &["hand", "approve", &number, "--approved-by", "李科长"]).await.ended(0);
    let done =
        qilu(world.root(), &["hand", "done", &path, "--by", "王经办", "--note", "窗口3"]).await.ended(0);
    assert!(done.out.contains("待回执"), "{done}");
    let numbers = numbers(Path::new(&path));
    let results =
        [(numbers[0].as_str(), "通过", "", "SD-1"), (&numbers[1], "退回", "电话 13812345678 有误", "")];
    let file = csv(&world, "回执.csv", &results);
    let file = file.to_str().expect("a path");
    let read = qilu(world.root(), &["hand", "receipt", file]).await.ended(1);
    read.says(&["接收 1，退回 1，待核实 0"]);
    assert!(!read.out.contains("13812345678"), "{read}");
    qilu(world.root(), &["hand", "receipt", file]).await.ended(0).says(&["什么也没有改动"]);
    let told = qilu(world.root(), &["records", "list", "--status", "refused"]).await.ended(0);
    assert!(told.out.contains("淄博测试企业2有限公司"), "{told}");
    qilu(world.root(), &["audit", "verify"]).await.ended(0);
    assert_eq!(program::count(&world.ledger(), "select count(*) from receipt").await, 1);
    qilu(world.root(), &["hand", "drop", &number, "--reason", "太晚"]).await.ended(2);
    qilu(world.root(), &["hand", "done", "99", "--by", "x"]).await.ended(2);
}
