//! Real files, read as a database is.

use std::fs;
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook};

use super::super::super::{City, Line};
use crate::config::{Database, Located, Relation};
use crate::record::{Complaint, Value};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn text(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.path().join(name), bytes).expect("a file");
        self
    }

    fn book(self, name: &str, sheets: &[(&str, &[&[&str]])]) -> Self {
        let mut book = Workbook::new();
        for (name, rows) in sheets {
            let sheet = book.add_worksheet().set_name(*name).expect("a good name");
            for (row, cells) in rows.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    sheet.write_string(row as u32, column as u16, *cell).expect("a cell");
                }
            }
        }
        book.save(self.0.path().join(name)).expect("a workbook");
        self
    }

    async fn open(&self) -> Result<City, Complaint> {
        open(self.0.path()).await
    }
}

async fn open(path: &Path) -> Result<City, Complaint> {
    let url = format!("files:{}", path.display());
    City::open(&Database::from_url("forms", &url, chrono_tz::Tz::Asia__Shanghai).expect("a good URL")).await
}

async fn lines(city: &City, relation: Relation) -> (Vec<String>, Vec<Line>) {
    let key = [Located { value: "_row".to_owned(), line: 1, column: 1 }];
    let ask = crate::city::Ask {
        relation: &relation,
        key: &key,
        settle_ties: true,
        only: None,
        since: None,
        under: None,
    };
    let mut cursors = city.read(&[ask]).await.expect("a good query");
    let columns = cursors[0].columns().iter().map(ToString::to_string).collect();
    let mut lines = Vec::new();
    while let Some(line) = cursors[0].next().await {
        lines.push(line.expect("a line"));
    }
    (columns, lines)
}

fn table(name: &str) -> Relation {
    Relation::Table(Located { value: name.to_owned(), line: 1, column: 1 })
}

fn query(sql: &str) -> Relation {
    Relation::Query(Located { value: sql.to_owned(), line: 1, column: 1 })
}

fn shown(line: &Line) -> Vec<String> {
    line.cells.iter().map(|cell| if cell.is_null() { "NULL".to_owned() } else { cell.to_string() }).collect()
}

#[tokio::test]
async fn a_sheet_below_its_title_is_a_table_with_the_rows_places() {
    let folder = Folder::new().book(
        "成果.xlsx",
        &[
            (
                "科技成果",
                &[
                    &["淄博市科技成果征集表"],
                    &[],
                    &[
                        "编号*",
                        "成果名称（必填）",
                        "技术领域（先进制造业、农业及其他）",
                        "",
                        "意向价格（万元）",
                    ],
                    &["01", "机器人", "", "王", "12"],
                    &[],
                    &["02", "质子膜", "新材料", "", "面议"],
                ],
            ),
            ("空表", &[]),
        ],
    );
    let city = folder.open().await.expect("readable");
    assert_eq!(city.tables().await.unwrap(), ["科技成果"]);
    let (columns, lines) = lines(&city, table("科技成果")).await;
    assert_eq!(columns, ["编号", "成果名称", "技术领域", "列4", "意向价格(万元)", "_file", "_sheet", "_row"]);
    let rows: Vec<_> = lines.iter().map(shown).collect();
    assert_eq!(rows[0], ["01", "机器人", "NULL", "王", "12", "成果.xlsx", "科技成果", "4"]);
    assert_eq!(rows[1][7], "6");
    assert_eq!(lines[0].cells[0], Value::text("01"));
    let survey = city.survey().await.unwrap();
    assert_eq!(survey.tables[0].columns[2].comment, "技术领域（先进制造业、农业及其他）");
    let sheet = &city.sheets().await.unwrap()[0];
    assert_eq!(
        (sheet.heading_row, sheet.columns[4].place, sheet.shown().as_str()),
        (3, 4, "成果.xlsx › 科技成果")
    );
}

#[tokio::test]
async fn numbers_dates_formulas_and_flags_are_their_values_and_errors_are_refused_alone() {
    let folder = Folder::new();
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    let minute = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let sheet = book.add_worksheet().set_name("数").unwrap();
    for (column, name) in ["名称", "整", "小", "日", "时", "式", "真", "错", "码"].into_iter().enumerate()
    {
        sheet.write_string(0, column as u16, name).unwrap();
    }
    sheet.write_string(1, 0, "甲").unwrap();
    sheet.write_number(1, 1, 2023).unwrap();
    sheet.write_number(1, 2, 0.1 + 0.2).unwrap();
    sheet.write_number_with_format(1, 3, 45_107, &day).unwrap();
    sheet.write_number_with_format(1, 4, 45_107.395_833_333, &minute).unwrap();
    sheet.write_formula(1, 5, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_boolean(1, 6, true).unwrap();
    sheet.write_formula(1, 7, rust_xlsxwriter::Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write_number(1, 8, 370_303_198_001_011_234_u64 as f64).unwrap();
    sheet.set_row_hidden(1).unwrap();
    book.add_worksheet().set_name("藏").unwrap().set_hidden(true).write_string(0, 0, "x").unwrap();
    book.save(folder.0.path().join("数.xlsx")).unwrap();

    let city = open(&folder.0.path().join("数.xlsx")).await.expect("one file is a database too");
    assert_eq!(city.tables().await.unwrap(), ["数"]);
    let (_, lines) = lines(&city, table("数")).await;
    let line = &lines[0];
    assert_eq!(
        shown(line)[..7],
        ["甲", "2023", "0.3", "2023-06-30", "2023-06-30 09:30:00", "2", "1"].map(str::to_owned)
    );
    assert_eq!((&line.cells[1], &line.cells[6]), (&Value::Int(2023), &Value::Int(1)));
    let told: Vec<_> = line.troubles.iter().map(|one| (one.id.as_str(), one.column.as_str())).collect();
    assert_eq!(told, [("Q2061", "错"), ("Q2064", "码")]);
    let said = line.troubles[0].message(crate::record::Language::Chinese);
    assert_eq!(said, "数.xlsx › 数 第 2 行 错 列是错误值：#N/A");
}

#[tokio::test]
async fn sheets_of_one_name_are_one_table_and_can_be_joined_with_others() {
    let folder = Folder::new()
        .book("甲.xlsx", &[("成果", &[&["编号", "名称"], &["1", "甲一"]])])
        .book(
            "乙.xlsx",
            &[("成果", &[&["编号", "单位", "名称"], &["1", "乙厂", "乙一"], &["2", "", "乙二"]])],
        )
        .text("单位.v2.csv", "编号,电话\n1,0533-2300123\n")
        .text("~$甲.xlsx", "somebody has it open")
        .text("读我.txt", "x");
    let city = folder.open().await.expect("readable");
    assert_eq!(city.tables().await.unwrap(), ["单位_v2", "成果"]);
    let (columns, lines) = lines(&city, table("成果")).await;
    assert_eq!(columns[columns.len() - 3..], ["_file", "_sheet", "_row"]);
    let files: Vec<_> = lines.iter().map(|line| shown(line)[columns.len() - 3].clone()).collect();
    assert_eq!(lines.len(), 3);
    assert!(files.contains(&"甲.xlsx".to_owned()) && files.contains(&"乙.xlsx".to_owned()), "{files:?}");
    let joined = "SELECT c.名称, d.电话, c._row FROM 成果 c JOIN \"单位_v2\" d ON d.编号 = c.编号 WHERE c.单位 IS NOT NULL";
    let (_, lines) = self::lines(&city, query(joined)).await;
    assert_eq!(lines.iter().map(shown).collect::<Vec<_>>(), [["乙一", "0533-2300123", "2"]]);
}

#[tokio::test]
async fn a_csv_row_that_is_too_long_or_damaged_is_refused_with_its_line() {
    let mut bytes = "编号;名称;单位\n1;甲\n2;乙;丙;丁\n".as_bytes().to_vec();
    bytes.extend("3;".as_bytes());
    bytes.extend([0xe6, 0x88]);
    bytes.extend(";山东理工大学科技成果转化中心\n4;戊;己;;\n".as_bytes());
    let folder = Folder::new().text("表.csv", bytes);
    let city = folder.open().await.expect("readable");
    let (_, lines) = lines(&city, table("表")).await;
    assert_eq!(shown(&lines[0])[..3], ["1", "甲", "NULL"].map(str::to_owned));
    let told = |line: &Line| {
        let ids = line.troubles.iter().map(|one| one.id.clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(
        (told(&lines[1]), told(&lines[2]), told(&lines[3])),
        (vec!["Q2062".into()], vec!["Q2063".into()], vec![])
    );
    let said = lines[1].troubles[0].message(crate::record::Language::Chinese);
    assert_eq!(said, "表.csv 第 3 行有 4 格，而表头只有 3 列");
    assert_eq!(lines[2].troubles[0].column, "名称");
    assert_eq!(lines[2].cells[2], Value::text("山东理工大学科技成果转化中心"));
}

#[tokio::test]
async fn what_cannot_be_read_whole_is_no_database() {
    let folder = Folder::new().book("好.xlsx", &[("成果", &[&["编号", "名称"], &["1", "甲"]])]);
    let path = folder.0.path().join("好.xlsx");
    let bytes = fs::read(&path).unwrap();
    fs::write(folder.0.path().join("坏.xlsx"), &bytes[..bytes.len() / 2]).unwrap();
    let complaint = folder.open().await.expect_err("half a file");
    assert_eq!(complaint.id, "Q2060");
    assert!(complaint.to_string().contains("坏.xlsx"), "{complaint}");
    fs::remove_file(folder.0.path().join("坏.xlsx")).unwrap();
    assert!(folder.open().await.is_ok());

    let folder = Folder::new().text("a.csv", "a,b\n1,\"x\n2,y\n3,z\n");
    assert_eq!(folder.open().await.expect_err("an open quote").id, "Q2060");
    for path in ["nothing", "."] {
        let folder = Folder::new();
        assert_eq!(open(&folder.0.path().join(path)).await.expect_err("no file").id, "Q2065");
    }
}

#[tokio::test]
async fn a_hundred_thousand_lines_are_staged_and_leave_nothing_behind() {
    let mut text = String::from("编号,名称,价格,备注\n");
    for number in 0..100_000 {
        text += &format!("{number},成果{number},{}.5,\"第一行\n第二行\"\n", number % 100);
    }
    let folder = Folder::new().text("大.csv", text);
    let city = folder.open().await.expect("readable");
    let staged = city.sheets().await.unwrap().len();
    let (_, lines) = lines(&city, query("SELECT count(*) AS n, max(_row) AS _row FROM 大")).await;
    assert_eq!((staged, shown(&lines[0])), (1, vec!["100000".to_owned(), "200000".to_owned()]));
}
