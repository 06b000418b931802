//! A city in Excel: forms go out, come back filled in, are judged and sent, and go back with notes.

use std::path::Path;
use std::sync::Arc;

use qilu::city::City;
use qilu::clock::Clock;
use qilu::codes::Codes;
use qilu::config::{Database, Flow, Route};
use qilu::form;
use qilu::mapping::Mapping;
use qilu::plan::Wanted;
use qilu::schema::SchemaSet;
use qilu::source::{Ending, scan};
use qilu::sync::PushRoute;
use umya_spreadsheet::{Workbook, Worksheet, reader, writer};

use crate::program::qilu;
use crate::world::{World, sync, uscc};

fn open(path: &Path) -> Workbook {
    reader::xlsx::read(path).expect("a workbook")
}

fn save(book: &Workbook, path: &Path) {
    writer::xlsx::write(book, path).expect("written");
}

fn cell(sheet: &Worksheet, column: u32, row: u32) -> String {
    sheet.value((column, row))
}

/// The place of a heading, whatever marks and help stand beside it.
fn place(sheet: &Worksheet, name: &str) -> u32 {
    let columns = 1..=sheet.highest_column();
    let mut found = columns.filter(|column| qilu::record::heading(&cell(sheet, *column, 1)) == name);
    found.next().unwrap_or_else(|| panic!("no column {name}"))
}

/// Copies the example row, under a number of its own.
fn copy_example(sheet: &mut Worksheet, from: u32, to: u32, key: &str) {
    for column in 1..=sheet.highest_column() {
        let text = cell(sheet, column, from);
        if !text.is_empty() {
            sheet.cell_mut((column, to)).set_value_string(text);
        }
    }
    sheet.cell_mut((1, to)).set_value_string(key);
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[(&str, &str)]) {
    for (name, text) in cells {
        let column = place(sheet, name);
        sheet.cell_mut((column, row)).set_value_string(*text);
    }
}

#[tokio::test]
async fn every_kind_comes_back_from_its_own_form_without_a_complaint() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
    let (codes, faults) = Codes::load(&folder.join("codes"), &folder.join("none"));
    assert_eq!(faults, []);
    let set = SchemaSet::load(&folder, &codes).expect("the shipped schemas");
    let today = Clock::machine().now().to_utc().date_naive();
    let forms = tempfile::tempdir().expect("a folder");
    assert_eq!(set.kinds().count(), 15);
    // One folder for all: forms of different kinds must not get into each other's way.
    for kind in set.kinds() {
        let path = forms.path().join(format!("{}.xlsx", kind.name));
        std::fs::write(&path, form::template(kind, &codes, today).expect("a form")).expect("written");
        let mut book = open(&path);
        let form = form::Form::of(kind, &codes);
        let sheet = book.sheet_by_name_mut(&form.sheet).expect("the sheet of the listings");
        copy_example(sheet, 2, 3, "1");
        write(sheet, 3, &[("同意报送", "是")]);
        for group in &form.groups {
            let sheet = book.sheet_by_name_mut(&group.sheet).expect("a sheet of details");
            copy_example(sheet, 2, 3, "1");
        }
        save(&book, &path);
    }
    let url = format!("files:{}", forms.path().display());
    let zone = chrono_tz::Tz::Asia__Shanghai;
    let city = City::open(&Database::from_url("forms", &url, zone).expect("a URL")).await.expect("readable");
    for kind in set.kinds() {
        let text = format!(
            "kind = '{}'\nplatform = 'shandong'\n[source]\ndatabase = 'forms'\nform = true\n",
            kind.name
        );
        let (route, faults) = Route::read(&kind.name, Path::new("r.toml"), &text);
        assert_eq!(faults, []);
        let route =
            form::complete(&route.expect("a route"), kind, &codes).expect("no fault").expect("over a form");
        // Every personal field has its reason.
        let Flow::Push(mut push) = route.flow.clone() else { panic!("not a push route") };
        let groups = push.children.iter().map(|child| child.name.clone());
        push.basis = push
            .fields
            .iter()
            .map(|field| field.name.clone())
            .chain(groups)
            .map(|name| (name, "承诺".into()))
            .collect();
        let mapping = Mapping::compile(&route, &codes, zone).expect("good expressions");
        let route = PushRoute::new(Arc::new(route), push.clone(), mapping, kind.clone());
        let mut scan = scan(&city, &push).await.expect("a good table");
        let mut published = 0;
        while let Some(row) = scan.next().await {
            let row = row.unwrap_or_else(|row| panic!("{}: {row:?}", kind.name));
            let judged = route.judge(&row, today);
            match row.key.to_string().as_str() {
                form::EXAMPLE_KEY => assert_eq!(judged.wanted, Wanted::Filtered),
                "1" => {
                    let said: Vec<_> =
                        judged.complaints.iter().map(|one| format!("{} {one}", one.pointer)).collect();
                    assert!(matches!(judged.wanted, Wanted::Publish(_)), "{}: {said:#?}", kind.name);
                    assert!(said.is_empty(), "{}: {said:#?}", kind.name);
                    let document = judged.checked.expect("checked").into_document().0;
                    for (name, value) in kind.example().0 {
                        // Parents, and what no form asks for.
                        let is_asked =
                            !name.to_lowercase().contains("idcard") && !kind.volatile.contains(&name);
                        if is_asked && !value.to_string().contains("urn:qilu:parent") {
                            assert_eq!(document.get(&name), Some(&value), "{}.{name}", kind.name);
                        }
                    }
                    published += 1;
                }
                other => panic!("{}: a row {other}", kind.name),
            }
        }
        assert!(matches!(scan.end(), Ending::Complete { rows: 2, unreadable: 0, .. }));
        assert_eq!(published, 1, "{}", kind.name);
    }
}

const ROUTE: &str = r#"kind = "achievement"
platform = "shandong"
[source]
database = "forms"
form = true
[fields]
owner = "row['持有单位统一社会信用代码'] | uscc | parent('enterprise')"
[basis]
contact = "征集表的承诺：同意向省平台报送联系人信息"
applicants = "征集表的承诺：完成人已同意报送姓名"
"#;

#[tokio::test]
async fn a_filled_in_form_is_sent_and_what_is_wrong_goes_back_as_notes() {
    let world = World::new().await;
    world.fill(1..2).await;
    world.edit(
        "config/qilu.toml",
        &[("[databases.market]", "[databases.forms]\nurl = 'files:forms'\n[databases.market]")],
    );
    world.write("config/routes/achievement.toml", ROUTE);
    std::fs::create_dir(world.path("forms")).expect("a folder");
    let blank = world.path("forms/甲公司.xlsx");
    let blank = blank.to_str().expect("a path");
    qilu(world.root(), &["template", "achievement", "--out", blank])
        .await
        .ended(0)
        .says(&["科技成果 征集表"]);
    qilu(world.root(), &["template", "achievement", "--out", blank])
        .await
        .ended(2)
        .says(&["已存在", "--force"]);
    qilu(world.root(), &["template", "achievement", "--out", blank, "--force"]).await.ended(0);
    qilu(world.root(), &["template", "achievment"]).await.ended(2).says(&["achievement"]);

    let (path, uscc) = (world.path("forms/甲公司.xlsx"), uscc(1));
    let mut book = open(&path);
    let sheet = book.sheet_by_name_mut("科技成果").expect("the sheet");
    let firm = [
        ("同意报送", "是"),
        ("持有单位统一社会信用代码", uscc.as_str()),
        ("持有单位名称", "淄博测试企业1有限公司"),
    ];
    for (row, key) in [(3, "A-1"), (4, "A-2"), (5, "A-3"), (6, "A-1"), (7, "")] {
        copy_example(sheet, 2, row, key);
        write(sheet, row, &firm);
        write(sheet, row, &[("成果名称", &format!("面向陶瓷窑炉的节能控制技术{row}"))]);
    }
    write(sheet, 4, &[("技术领域", "人工智能与陶瓷"), ("联系人电话", "12345"), ("成果名称", "")]);
    write(sheet, 5, &[("同意报送", "")]);
    let people = book.sheet_by_name_mut("科技成果-完成人").expect("the sheet of people");
    for (row, key, name) in [(3, "A-1", "李明"), (4, "A-1", "张华"), (5, "A-2", ""), (6, "A-9", "赵六")]
    {
        people.cell_mut((1, row)).set_value_string(key);
        write(people, row, &[("姓名", name), ("所在单位", "淄博测试企业1有限公司")]);
    }
    save(&book, &path);

    let checked = qilu(world.root(), &["check"]).await;
    assert!(matches!(checked.code, Some(0 | 1)), "{checked}");
    qilu(world.root(), &["plan", "achievement"]).await.says(&["面向陶瓷窑炉的节能控制技术3", "Q2012"]);
    let connector = world.connector().await;
    let done = sync(&connector).await;
    let counts = done.push("achievement").counts;
    assert_eq!(
        (counts.read, counts.created, counts.invalid, counts.held, counts.filtered),
        (6, 1, 1, 1, 1),
        "{counts:?}"
    );
    connector.close().await;
    let held = world.inspect().await;
    let sent = held.records.iter().find(|one| one.kind == "achievement").expect("the achievement arrived");
    assert_eq!(sent.data["title"], "面向陶瓷窑炉的节能控制技术3");
    assert_eq!(sent.data["applicants"][1]["name"], "张华");
    assert_eq!(sent.data["priceWan"], "120");

    let back = world.path("退回.xlsx");
    let words = ["template", "--notes", "achievement", "--out", back.to_str().expect("a path"), "--json"];
    let ran = qilu(world.root(), &words).await.ended(0).json();
    assert_eq!(ran["rows"], 6, "{ran}");
    let book = open(&back);
    let sheet = book.sheet_by_name("科技成果").expect("the sheet");
    let note = |sheet: &Worksheet, name: &str, row: u32| {
        let column = place(sheet, name);
        let at = |one: &&umya_spreadsheet::Comment| {
            (one.coordinate().col_num(), one.coordinate().row_num()) == (column, row)
        };
        let found = sheet.comments().iter().find(at)?;
        let colour = sheet
            .cell((column, row))
            .and_then(|cell| cell.style().background_color().map(|colour| colour.argb_str()));
        assert_eq!(colour.as_deref(), Some("FFFFC7CE"), "{name} {row}");
        found.text().text().map(|text| text.value().to_owned())
    };
    let expected = [
        ("技术领域", 4, "Q5101"),
        ("联系人电话", 4, "Q3210"),
        ("成果名称", 4, "Q4"),
        ("同意报送", 5, "Q3301"),
        ("编号", 6, "Q2012"),
        ("编号", 7, "Q2010"),
    ];
    for (name, row, id) in expected {
        let text = note(sheet, name, row).unwrap_or_else(|| panic!("no note on {name} of row {row}"));
        assert!(text.contains(id) && text.contains('→'), "{name} {row}: {text}");
    }
    assert_eq!(sheet.comments().iter().filter(|one| one.coordinate().row_num() <= 3).count(), 0);
    assert_eq!(cell(sheet, place(sheet, "编号"), 4), "A-2");
    let people = book.sheet_by_name("科技成果-完成人").expect("the sheet of people");
    let text = note(people, "姓名", 5)
        .or_else(|| note(people, "编号", 5))
        .expect("a note on the person without a name");
    assert!(text.contains("Q4"), "{text}");
    let text = note(people, "编号", 6).expect("a note on the person whom no listing has");
    assert!(text.contains("Q2068") && text.contains("A-9"), "{text}");

    // A sender took a column away: that is told once, and not row by row.
    let mut book = open(&path);
    let sheet = book.sheet_by_name_mut("科技成果").expect("the sheet");
    let awards = place(sheet, "获奖情况");
    sheet.remove_column_by_index(awards, 1);
    save(&book, &path);
    let checked = qilu(world.root(), &["check"]).await.ended(2);
    checked.says(&["achievement.toml:5:8: Q1170", "获奖情况", "[fields]"]);
    world.edit("config/routes/achievement.toml", &[("[fields]\n", "[fields]\nawards = \"none\"\n")]);
    let checked = qilu(world.root(), &["check"]).await;
    assert!(!checked.out.contains("Q1170"), "{checked}");
}

#[tokio::test]
async fn a_csv_goes_back_as_a_workbook_and_a_database_has_no_notes() {
    let world = World::new().await;
    world.edit(
        "config/qilu.toml",
        &[("[databases.market]", "[databases.forms]\nurl = 'files:forms'\n[databases.market]")],
    );
    std::fs::create_dir(world.path("forms")).expect("a folder");
    let text = "淄博市企业名录,,,\n编号,单位名称,信用代码,状态\n1,淄博测试企业,123,1\n2,甲,\"91370303\n00000000\",1,多,余\n";
    std::fs::write(world.path("forms/企业.csv"), encoding_rs::GB18030.encode(text).0).expect("written");
    world.edit(
        "config/routes/enterprise.toml",
        &[
            ("database = \"market\"", "database = \"forms\""),
            ("table = \"t_qy\"", "table = \"企业\""),
            ("key = [\"dm\"]", "key = [\"编号\"]"),
            ("zt == 1", "状态 == '1'"),
            ("mc | text", "单位名称 | text"),
            ("dm | uscc", "信用代码 | uscc"),
        ],
    );
    let back = world.path("退回.xlsx");
    qilu(
        world.root(),
        &["template", "--notes", "enterprise", "--out", back.to_str().expect("a path"), "--strict"],
    )
    .await
    .ended(1);
    let book = open(&back);
    let sheet = &book.sheet_collection()[0];
    assert_eq!(cell(sheet, 1, 1), "淄博市企业名录");
    assert_eq!(cell(sheet, 3, 3), "123");
    let at: Vec<_> =
        sheet.comments().iter().map(|one| (one.coordinate().col_num(), one.coordinate().row_num())).collect();
    assert!(at.contains(&(3, 3)) && at.iter().any(|(_, row)| *row == 4), "{at:?}");
    qilu(world.root(), &["template", "--notes", "tech_contract"]).await.ended(3).says(&["Q1172"]);
}
