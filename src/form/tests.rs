//! What forms are made of, for every kind that is shipped.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::codes::Codes;
use crate::config::{Flow, Push, Route};
use crate::expression::Expression;
use crate::schema::{Kind, SchemaSet};

fn shipped() -> (Codes, SchemaSet) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1");
    let (codes, faults) = Codes::load(&folder.join("codes"), &folder.join("none"));
    assert_eq!(faults, []);
    let set = SchemaSet::load(&folder, &codes).expect("the shipped schemas");
    (codes, set)
}

fn route(kind: &Kind, more: &str) -> Route {
    let text = format!(
        "kind = '{}'\nplatform = 'shandong'\n[source]\ndatabase = 'forms'\nform = true\n{more}",
        kind.name
    );
    let (route, faults) = Route::read("r", Path::new("r.toml"), &text);
    assert_eq!(faults, []);
    route.expect("a route")
}

fn completed(kind: &Arc<Kind>, codes: &Codes, more: &str) -> Push {
    match complete(&route(kind, more), kind, codes) {
        Ok(Some(Route { flow: Flow::Push(push), .. })) => push,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_column_of_every_kind_has_a_name_of_its_own_and_an_expression_that_reads_it() {
    let (codes, set) = shipped();
    for kind in set.kinds() {
        let form = Form::of(kind, &codes);
        let groups = form.groups.iter().map(|group| (&group.sheet, &group.columns));
        let mut sheets = BTreeSet::new();
        for (sheet, columns) in std::iter::once((&form.sheet, &form.columns)).chain(groups) {
            assert!(sheets.insert(sheet) && sheet.chars().count() <= 31, "{sheet}");
            let mut names: BTreeSet<&str> = ["编号", "同意报送"].into();
            for column in columns {
                assert!(names.insert(&column.name), "{}: {}", kind.name, column.name);
                assert_eq!(crate::record::heading(&column.heading), column.name, "{}", kind.name);
                let expression = Expression::compile(&column.expression);
                let expression =
                    expression.unwrap_or_else(|faults| panic!("{}: {faults:?}", column.expression));
                assert_eq!(expression.names(), [Arc::from(column.name.as_str())], "{}", column.expression);
            }
        }
    }
}

#[test]
fn headings_and_expressions_are_those_that_people_would_write() {
    let (codes, set) = shipped();
    let rows = [
        ("achievement", "title", "成果名称*", "row['成果名称'] | text"),
        ("achievement", "category", "成果类别*", "row['成果类别'] | code('category')"),
        ("achievement", "owner", "持有单位编号*", "row['持有单位编号'] | parent('enterprise')"),
        ("achievement", "year", "成果年份*", "row['成果年份'] | year"),
        (
            "achievement",
            "transferModes",
            "转化方式*（可填多项，用、隔开）",
            "row['转化方式'] | split | codes('transfer-mode')",
        ),
        (
            "achievement",
            "ipForms",
            "知识产权形式*（可填多项，用；隔开）",
            "row['知识产权形式'] | narrow | split(';') | codes('ip-form')",
        ),
        ("achievement", "priceWan", "意向价格（万元）", "row['意向价格(万元)'] | null_words | money('万元')"),
        ("achievement", "contact.phone", "联系人电话*", "row['联系人电话'] | phone"),
        ("achievement", "region", "所在地区*", "row['所在地区'] | region"),
        (
            "tech_contract",
            "totalAmount",
            "合同成交金额（元）*",
            "(row['合同成交金额(元)'] | money('元')) * 10000",
        ),
        (
            "finance",
            "rateMin",
            "年化利率下限（%）",
            "row['年化利率下限(%)'] | null_words | narrow | replace('%', '') | decimal",
        ),
        ("finance", "contact.name", "客户经理姓名*", "row['客户经理姓名'] | text"),
    ];
    for (kind, field, heading, expression) in rows {
        let form = Form::of(set.kind(kind).expect(kind), &codes);
        let column = form.columns.iter().find(|column| column.field == field).expect(field);
        assert_eq!((column.heading.as_str(), column.expression.as_str()), (heading, expression));
    }
    let form = Form::of(set.kind("manager").unwrap(), &codes);
    assert!(form.columns.iter().all(|column| column.field != "idCard"), "nobody collects what nobody needs");
}

#[test]
fn what_a_route_says_itself_takes_the_place_of_the_form() {
    let (codes, set) = shipped();
    let kind = set.kind("achievement").unwrap();
    let plain = completed(kind, &codes, "");
    assert_eq!(plain.source.relation.table().map(|table| table.as_str()), Some("科技成果"));
    let groups: Vec<_> =
        plain.children.iter().map(|child| (child.name.as_str(), child.relation.text().as_str())).collect();
    assert_eq!(groups, [("applicants", "科技成果-完成人"), ("attachments", "科技成果-附件")]);
    let own = completed(
        kind,
        &codes,
        "key = ['_file', '编号']\n[fields]\nowner = \"row['持有单位统一社会信用代码'] | uscc | parent('enterprise')\"\n\
         contact = \"none\"\nattachments = \"none\"\n[basis]\napplicants = '征集表的承诺'\n",
    );
    let expression = |name: &str| {
        own.fields.iter().find(|field| field.name.value == name).map(|field| field.expression.as_str())
    };
    assert!(expression("owner").is_some_and(|text| text.contains("uscc")));
    assert_eq!((expression("contact"), expression("contact.phone")), (Some("none"), None));
    assert_eq!(own.children.len(), 1);
    assert_eq!(own.children[0].key.len(), 2);
    let titles: Vec<_> = own.fields.iter().take(2).map(|field| field.name.as_str()).collect();
    assert_eq!(titles, ["title", "category"], "in the order of the schema");
    let faults =
        complete(&route(kind, "[basis]\n'contact.fone' = 'x'\n"), kind, &codes).expect_err("no such field");
    assert_eq!((faults[0].complaint.id.as_str(), faults[0].line), ("Q1171", 7));
    let labelled = completed(set.kind("exhibitor").unwrap(), &codes, "");
    assert_eq!(labelled.title.map(|title| title.value).as_deref(), Some("row['布展单位名称'] | text"));
}

#[test]
fn notes_stand_on_their_cells_and_the_rest_of_the_workbook_stays() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("成果").unwrap();
    sheet.write_string(0, 0, "编号").unwrap();
    sheet.write_string(1, 0, "007").unwrap();
    sheet.insert_note(1, 0, &rust_xlsxwriter::Note::new("请核实").set_author("王")).unwrap();
    sheet.merge_range(3, 0, 3, 2, "合并", &rust_xlsxwriter::Format::new()).unwrap();
    sheet.set_column_width(0, 33).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let note = |row, column, text: &str| Note { sheet: "成果".into(), row, column, text: text.into() };
    let notes = [note(2, 0, "Q1 一"), note(2, 0, "Q2 二"), note(2, 0, "Q1 一"), note(2, 4, "空格")];
    let out = annotate(&bytes, &notes).expect("annotated");
    let book = umya_spreadsheet::reader::xlsx::read_reader(std::io::Cursor::new(&out), true).unwrap();
    let sheet = book.sheet_by_name("成果").unwrap();
    let text = |column: u32, row: u32| {
        let found = sheet
            .comments()
            .iter()
            .find(|one| (one.coordinate().col_num(), one.coordinate().row_num()) == (column, row));
        found.map(|one| one.text().text().map(|text| text.value().to_owned()).unwrap_or_default())
    };
    assert_eq!(sheet.comments().len(), 2);
    assert!(
        text(1, 2).is_some_and(|text| text.contains("请核实") && text.ends_with("Q1 一\n\nQ2 二")),
        "{:?}",
        text(1, 2)
    );
    assert_eq!(text(5, 2).as_deref(), Some("空格"));
    assert_eq!(sheet.value((1, 2)), "007");
    assert_eq!(sheet.merge_cells().len(), 1);
    assert!(annotate(b"not a workbook", &notes).is_err());
    assert!(
        annotate(&bytes, &[Note { sheet: "别的".into(), row: 1, column: 0, text: String::new() }]).is_err()
    );
}

#[test]
fn a_form_with_notes_is_still_the_form_with_its_lists() {
    let (codes, set) = shipped();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
    let kind = set.kind("achievement").unwrap();
    let form = Form::of(kind, &codes);
    let bytes = template(kind, &codes, today).expect("a form");
    let read = |bytes: &[u8]| {
        umya_spreadsheet::reader::xlsx::read_reader(std::io::Cursor::new(bytes), true).unwrap()
    };
    let note = Note { sheet: form.sheet.clone(), row: 3, column: 1, text: "x".into() };
    let (before, after) = (read(&bytes), read(&annotate(&bytes, &[note]).expect("annotated")));
    for book in [&before, &after] {
        let names: Vec<_> = book.sheet_collection().iter().map(|sheet| sheet.name()).collect();
        assert_eq!(names, [form.sheet.as_str(), "科技成果-完成人", "科技成果-附件", "填写说明", "选项"]);
        let lists = book.sheet_by_name("选项").unwrap();
        assert!(matches!(lists.state(), umya_spreadsheet::SheetStateValues::VeryHidden));
        let sheet = book.sheet_by_name(&form.sheet).unwrap();
        let rules = sheet.data_validations().map_or(0, |rules| rules.data_validation_list().len());
        assert_eq!(rules, form.columns.len() + 2);
        let cell = |row: u32, column: u32| sheet.value((column, row));
        assert_eq!(
            (cell(1, 1).as_str(), cell(2, 1).as_str(), cell(1, 2).as_str()),
            ("编号*", "示例", "成果名称*")
        );
        assert_eq!(sheet.value((form.columns.len() as u32 + 2, 2)), "否");
    }
}
