use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::codes::{CodeRow, CodeTable};
use crate::config::{self, Fault, Flow, Limits, Located, Push, Relation, Route, Source};
use crate::record::{Key, KeyPart};

fn located(text: &str, line: usize) -> Located<String> {
    Located { value: text.to_owned(), line, column: 10 }
}

fn fields(pairs: &[(&str, &str)]) -> Vec<config::Field> {
    let numbered = pairs.iter().enumerate();
    let field = |(index, (name, text)): (usize, &(&str, &str))| config::Field {
        name: located(name, index + 20),
        expression: located(text, index + 20),
    };
    numbered.map(field).collect()
}

fn route(conditions: [&str; 3], pairs: &[(&str, &str)], children: &[(&str, &[(&str, &str)])]) -> Route {
    let [publish_when, withdraw_when, hold_when] = conditions;
    let optional = |text: &str| (!text.is_empty()).then(|| located(text, 9));
    let children = children.iter().map(|(name, pairs)| config::Child {
        name: located(name, 40),
        relation: Relation::Query(located("SELECT * FROM t_cg_wcr", 41)),
        key: vec![located("cg_id", 42)],
        fields: fields(pairs),
    });
    Route {
        name: "achievement".into(),
        file: PathBuf::from("routes/achievement.toml"),
        kind: "achievement".into(),
        platform: "shandong".into(),
        schedule: None,
        text: String::new(),
        flow: Flow::Push(Push {
            source: Source {
                database: located("market", 5),
                relation: Relation::Table(located("t_cg", 6)),
                key: vec![located("id", 7)],
                cursor: None,
                version: None,
                publish_when: located(publish_when, 8),
                withdraw_when: optional(withdraw_when),
                hold_when: optional(hold_when),
                withdraw: None,
            },
            fields: fields(pairs),
            children: children.collect(),
            basis: vec![(located("contact.phone", 50), "consent".into())],
            title: None,
            limits: Limits::default(),
            examples: Vec::new(),
            form: None,
        }),
    }
}

fn codes(extra: bool) -> Codes {
    let mut fields = CodeTable::new("tech-field");
    fields.add(CodeRow::new("01", "电子信息"));
    fields.cross("电子", "01");
    let mut other = CodeTable::new("other");
    if extra {
        other.add(CodeRow::new("1", "甲"));
    }
    Codes::from_tables([fields, other])
}

const PLAIN: &[(&str, &str)] = &[
    ("title", "cgmc | text"),
    ("techField", "jsly | code('tech-field')"),
    ("priceWan", "yxjg | money('元')"),
    ("tags", "gjz | split"),
    ("contact.name", "lxr | text"),
    ("contact.phone", "lxdh | phone"),
    ("owner", "qydm | parent('enterprise')"),
];
const CHILDREN: &[(&str, &[(&str, &str)])] =
    &[("applicants", &[("name", "xm | text"), ("born", "csrq | date")])];

fn mapping() -> Mapping {
    let conditions = ["mj == '公开' and shzt == 2", "del_flag == 1", "mj == '存疑'"];
    Mapping::compile(&route(conditions, PLAIN, CHILDREN), &codes(true), chrono_tz::Asia::Shanghai).unwrap()
}

fn row(changes: &[(&str, Value)]) -> Row {
    let mut cells = vec![
        ("id", Value::Int(7)),
        ("cgmc", Value::text(" 高精度协作机器人 ")),
        ("jsly", Value::text("电子")),
        ("yxjg", Value::Int(1_234_567)),
        ("gjz", Value::text("机器人，精密")),
        ("lxr", Value::text("张三")),
        ("lxdh", Value::text("138 1234 5678")),
        ("qydm", Value::Int(3)),
        ("mj", Value::text("公开")),
        ("shzt", Value::Int(2)),
        ("del_flag", Value::Int(0)),
    ];
    for (name, value) in changes {
        cells.iter_mut().filter(|(known, _)| known == name).for_each(|(_, cell)| *cell = value.clone());
    }
    let child = |name: &str, born: &str| Row {
        key: Key::new(vec![KeyPart::Int(7)]),
        columns: ["xm", "csrq"].map(Arc::from).to_vec().into(),
        cells: vec![Value::text(name), Value::text(born)],
        children: Vec::new(),
    };
    Row {
        key: Key::new(vec![KeyPart::Int(7)]),
        columns: cells.iter().map(|(name, _)| Arc::from(*name)).collect(),
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
        children: vec![(
            Arc::from("applicants"),
            vec![child("李四", "1980.1.2"), child("", ""), child("王五", "1985")],
        )],
    }
}

#[test]
fn a_row_becomes_a_document_in_the_routes_order() {
    let mapped = mapping().map(&row(&[("lxr", Value::Null)]));
    assert_eq!(mapped.wish, Wish::Publish);
    assert_eq!(mapped.title, "高精度协作机器人");
    assert_eq!(
        Json::Object(mapped.document.0.clone()),
        json!({
            "title": "高精度协作机器人",
            "techField": "01",
            "priceWan": "123.4567",
            "tags": ["机器人", "精密"],
            "contact": {"phone": "13812345678"},
            "owner": "urn:qilu:parent:enterprise:3",
            "applicants": [{"name": "李四", "born": "1980-01-02"}, {"name": "王五"}],
        })
    );
    let names: Vec<&String> = mapped.document.0.keys().collect();
    assert_eq!(names, ["title", "techField", "priceWan", "tags", "contact", "owner", "applicants"]);
}

#[test]
fn every_complaint_of_a_row_comes_at_once_with_pointer_and_column() {
    let mapped = mapping().map(&row(&[
        ("jsly", Value::text("陶瓷")),
        ("yxjg", Value::text("50-100万")),
        ("lxdh", Value::text("13812345678 13912345678")),
    ]));
    let found: Vec<_> = mapped
        .complaints
        .iter()
        .map(|complaint| (complaint.id.as_str(), complaint.pointer.as_str(), complaint.column.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("Q5101", "/techField", "jsly"),
            ("Q3204", "/priceWan", "yxjg"),
            ("Q3210", "/contact/phone", "lxdh"),
            ("Q3206", "/applicants/1/born", "applicants.csrq"),
        ]
    );
    assert_eq!(mapped.complaints[2].found, "138****5678 139****5678");
    assert_eq!(mapped.document.0["title"], "高精度协作机器人");
    assert!(!mapped.document.0.contains_key("techField"));
}

#[test]
fn certain_answers_come_before_doubtful_ones_and_doubt_holds() {
    let null = Value::Null;
    let check = |changes: &[(&str, Value)], expect: &str| {
        let mapped = mapping().map(&row(changes));
        let found = match mapped.wish {
            Wish::Publish => "publish".to_owned(),
            Wish::Filtered => "filtered".to_owned(),
            Wish::Withdraw => "withdraw".to_owned(),
            Wish::Hold(complaint) => format!("{} {} {}", complaint.id, complaint.label, complaint.column),
        };
        assert_eq!(found, expect, "{changes:?}");
    };
    check(&[], "publish");
    check(&[("shzt", Value::Int(1))], "filtered");
    check(&[("del_flag", Value::Int(1))], "withdraw");
    check(&[("del_flag", Value::Int(1)), ("mj", null.clone())], "withdraw");
    check(&[("del_flag", null.clone())], "Q3303 withdraw_when del_flag");
    check(&[("del_flag", null.clone()), ("shzt", Value::Int(1))], "filtered");
    check(&[("mj", null.clone())], "Q3304 hold_when mj");
    check(&[("mj", Value::text("存疑"))], "filtered");
    check(&[("shzt", null)], "Q3301 publish_when mj, shzt");
    check(&[("shzt", Value::text("2"))], "Q3103 publish_when mj, shzt");
    let held =
        Mapping::compile(&route(["shzt == 2", "", "mj == '存疑'"], PLAIN, &[]), &codes(true), chrono_tz::UTC);
    let wish = held.unwrap().map(&row(&[("mj", Value::text("存疑"))])).wish;
    assert!(
        matches!(wish, Wish::Hold(complaint) if complaint.id == "Q3302" && complaint.found == "mj = 存疑")
    );
}

#[test]
fn a_hold_names_the_part_that_is_true_with_its_columns_and_values() {
    let condition = "yxjg | money('元') | outside(0.1, 10000) or lxdh == '138 1234 5678' and mj == '存疑'";
    let held =
        Mapping::compile(&route(["shzt == 2", "", condition], PLAIN, &[]), &codes(true), chrono_tz::UTC);
    let held = held.unwrap();
    let check = |changes: &[(&str, Value)], columns: &str, words: &str| {
        let Wish::Hold(complaint) = held.map(&row(changes)).wish else { panic!("{changes:?} is not held") };
        assert_eq!(complaint.column, columns);
        let said = complaint.message(crate::record::Language::English);
        assert_eq!(said, format!("{words}; the record stays at home"));
    };
    check(
        &[("yxjg", Value::Int(5_000_000_000))],
        "yxjg",
        "yxjg = 5000000000: this meets the hold_when condition `yxjg | money('元') | outside(0.1, 10000)`",
    );
    check(
        &[("mj", Value::text("存疑"))],
        "lxdh, mj",
        "lxdh = 138 1234 5678, mj = 存疑: this meets the hold_when condition \
         `lxdh == '138 1234 5678' and mj == '存疑'`",
    );
    // What the condition cannot read is a complaint of the field, which names it better.
    let mapped = held.map(&row(&[("yxjg", Value::text("50-100万"))]));
    assert_eq!(mapped.wish, Wish::Publish);
    assert_eq!(
        (mapped.complaints[0].id.as_str(), mapped.complaints[0].pointer.as_str()),
        ("Q3204", "/priceWan")
    );
}

#[test]
fn every_value_that_is_looked_up_is_told_with_its_column_and_where_it_led() {
    let fields = [
        ("a", "jsly | code('tech-field')"),
        ("b", "none if mj is none else (jsly | text | code('tech-field'))"),
        ("c", "gjz | split | codes('tech-field')"),
        ("d", "(lxr ~ '甲') | code('other')"),
    ];
    let people: &[(&str, &[(&str, &str)])] = &[("applicants", &[("e", "xm | code('other')")])];
    let condition = "mj | code('other') == '1'";
    let mapping =
        Mapping::compile(&route([condition, "", ""], &fields, people), &codes(true), chrono_tz::UTC);
    let row = row(&[("gjz", Value::text("陶瓷，01，绿化"))]);
    let told: Vec<String> = mapping
        .unwrap()
        .lookups(&row)
        .into_iter()
        .map(|one| {
            let found = match &one.found {
                None => "–".to_owned(),
                Some(found) => format!("{} {}", found.code, found.line.as_deref().unwrap_or("")),
            };
            format!("{} {} {} → {}", one.column, one.table, one.value, found.trim())
        })
        .collect();
    assert_eq!(
        told,
        [
            "applicants.xm other 李四 → –",
            "applicants.xm other 王五 → –",
            "gjz tech-field 01 → 01",
            "gjz tech-field 绿化 → –",
            "gjz tech-field 陶瓷 → –",
            "jsly tech-field 电子 → 01 电子",
            "lxr other 张三甲 → –",
            "mj other 公开 → –",
        ]
    );
}

#[test]
fn what_does_not_leave_is_not_mapped_but_has_its_title() {
    let mapped = mapping().map(&row(&[("shzt", Value::Int(1)), ("jsly", Value::text("陶瓷"))]));
    assert_eq!((mapped.complaints.len(), mapped.document.0.len()), (0, 0));
    assert_eq!(mapped.title, "高精度协作机器人");
    let mapped = mapping().map(&row(&[("cgmc", Value::Null)]));
    assert_eq!(mapped.title, "7");
}

#[test]
fn a_pointer_leads_back_to_its_columns() {
    let mapping = mapping();
    for (pointer, expect) in [
        ("/priceWan", "yxjg"),
        ("/tags/3", "gjz"),
        ("/contact", "lxr, lxdh"),
        ("/contact/phone", "lxdh"),
        ("/applicants/2/born", "applicants.csrq"),
        ("/applicants/2", "applicants.xm, applicants.csrq"),
        ("/applicants", "applicants.xm, applicants.csrq"),
        ("/summary", ""),
    ] {
        assert_eq!(mapping.column_of(pointer), expect, "{pointer}");
    }
}

#[test]
fn explain_shows_every_expression_with_its_inputs_and_outcome() {
    let steps = mapping().explain(&row(&[("jsly", Value::text("陶瓷"))]));
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names[..6],
        ["publish_when", "withdraw_when", "hold_when", "/title", "/techField", "/priceWan"]
    );
    assert_eq!(
        names[10..],
        [
            "/applicants/0/name",
            "/applicants/0/born",
            "/applicants/1/name",
            "/applicants/1/born",
            "/applicants/2/name",
            "/applicants/2/born"
        ]
    );
    assert_eq!(steps[0].outcome, Ok(Value::Bool(true)));
    assert_eq!(steps[3].inputs, [("cgmc".to_owned(), Value::text(" 高精度协作机器人 "))]);
    assert_eq!(steps[3].outcome, Ok(Value::text("高精度协作机器人")));
    assert!(
        matches!(&steps[4].outcome, Err(complaint) if complaint.id == "Q5101" && complaint.column == "jsly")
    );
}

#[test]
fn all_faults_of_a_route_are_found_with_line_and_column() {
    let pairs = &[
        ("title", "cgmc | txet"),
        ("contact", "lxr"),
        ("contact.phone", "lxdh | phone(1)"),
        ("a..b", "x"),
        ("field", "jsly | code('techfield')"),
        ("applicants", "x"),
    ];
    let route = route(["mj ==", "", ""], pairs, &[("applicants", &[("name", "now()")])]);
    let faults = Mapping::compile(&route, &codes(true), chrono_tz::Asia::Shanghai).unwrap_err();
    let found: Vec<_> = faults
        .iter()
        .map(|Fault { line, column, complaint, .. }| (complaint.id.as_str(), *line, *column))
        .collect();
    assert_eq!(
        found,
        [
            ("Q3001", 8, 13),
            ("Q3003", 20, 17),
            ("Q3305", 22, 10),
            ("Q3004", 22, 17),
            ("Q3306", 23, 10),
            ("Q5102", 24, 23),
            ("Q3305", 25, 10),
            ("Q3002", 20, 10),
        ]
    );
}

#[test]
fn columns_and_parents_are_known_before_any_row_is_read() {
    let mapping = mapping();
    let columns: Vec<&str> = mapping.columns().into_iter().collect();
    assert_eq!(columns, ["cgmc", "del_flag", "gjz", "jsly", "lxdh", "lxr", "mj", "qydm", "shzt", "yxjg"]);
    assert_eq!(mapping.child_columns("applicants").into_iter().collect::<Vec<_>>(), ["csrq", "xm"]);
    assert_eq!(mapping.parents().into_iter().collect::<Vec<_>>(), ["enterprise"]);
    assert_eq!(mapping.basis("contact.phone"), Some("consent"));
}

#[test]
fn the_fingerprint_follows_what_decides_the_document_and_nothing_else() {
    let compile = |pairs: &[(&str, &str)], codes: &Codes| {
        Mapping::compile(&route(["true", "", ""], pairs, &[]), codes, chrono_tz::UTC).unwrap().fingerprint()
    };
    let base = compile(PLAIN, &codes(false));
    assert_eq!(base, compile(PLAIN, &codes(false)));
    assert_eq!(base, compile(PLAIN, &codes(true)), "a table that no field names");
    let mut changed = codes(false).table("tech-field").unwrap().clone();
    changed.cross("软件", "01");
    assert_ne!(base, compile(PLAIN, &Codes::from_tables([changed])));
    assert_ne!(base, compile(&PLAIN[1..], &codes(false)));
    assert_ne!(base, compile(&[("title", "cgmc")], &codes(false)));
}
