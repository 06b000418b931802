//! The shipped schemas against their own examples, and broken documents against the words people will read.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use super::{Kind, SchemaSet};
use crate::codes::Codes;
use crate::record::{Complaint, Document, Language};

mod files;
mod rules;
mod speed;

fn shipped_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/shandong/v1")
}

static SHIPPED: LazyLock<SchemaSet> = LazyLock::new(|| {
    let (codes, faults) = Codes::load(&shipped_folder().join("codes"), Path::new("/nowhere/crosswalks"));
    assert_eq!(faults, []);
    SchemaSet::load(&shipped_folder(), &codes).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(|fault| fault.show(Language::English)).collect::<Vec<_>>().join("\n"))
    })
});

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()
}

fn shipped(name: &str) -> &'static Kind {
    SHIPPED.kind(name).unwrap_or_else(|| panic!("no kind {name}"))
}

/// The example of a kind with some fields changed; null takes a field away, as in RFC 7396.
fn changed(kind: &Kind, patch: &Json) -> Document {
    fn merge(target: &mut Json, patch: &Json) {
        let (Json::Object(fields), true) = (patch, target.is_object()) else {
            *target = patch.clone();
            return;
        };
        let target = target.as_object_mut().unwrap();
        for (name, value) in fields {
            match value {
                Json::Null => _ = target.shift_remove(name),
                value => merge(target.entry(name.clone()).or_insert(Json::Null), value),
            }
        }
    }
    let mut json = Json::Object(kind.example().0);
    merge(&mut json, patch);
    Document(json.as_object().cloned().unwrap())
}

/// Columns as a route would know them: the field's name behind `c_`.
fn columns(pointer: &str) -> String {
    format!("c{}", pointer.replace('/', "_"))
}

/// All that is said of a document, warnings included.
fn complaints(kind: &Kind, document: Document) -> Vec<Complaint> {
    match kind.check(document, &columns, today()) {
        Ok(checked) => checked.warnings().to_vec(),
        Err(found) => found,
    }
}

#[test]
fn every_example_made_from_the_shipped_schemas_passes() {
    let mut wrong = Vec::new();
    for kind in SHIPPED.kinds() {
        let document = kind.example();
        assert!(!document.0.is_empty(), "{}", kind.name);
        if let Err(found) = kind.check(document, &columns, today()) {
            wrong.extend(found.iter().map(|one| format!("{} {} {one}", kind.name, one.pointer)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parents_come_before_their_children() {
    let order: Vec<&str> = SHIPPED.kinds().map(|kind| kind.name.as_ref()).collect();
    assert_eq!(order.len(), 15);
    for kind in SHIPPED.kinds() {
        let place = |name: &str| order.iter().position(|known| *known == name).unwrap();
        assert!(kind.parents.iter().all(|parent| place(parent) < place(&kind.name)), "{order:?}");
    }
}

#[test]
fn a_passed_document_is_unchanged_and_its_volatile_fields_do_not_count() {
    let kind = shipped("achievement");
    let document = kind.example();
    let checked = kind.check(document.clone(), &columns, today()).unwrap();
    assert_eq!(checked.kind(), "achievement");
    assert_eq!(checked.document(), &document);
    let viewed = changed(kind, &json!({"viewCount": 5}));
    let viewed = kind.check(viewed, &columns, today()).unwrap();
    assert_eq!(viewed.fingerprint(), checked.fingerprint());
    let renamed = kind.check(changed(kind, &json!({"title": "另一项成果"})), &columns, today()).unwrap();
    assert_ne!(renamed.fingerprint(), checked.fingerprint());
}

/// Kind, what is changed in its example, and what is said: `ID pointer message`.
fn check(kind: &str, patch: Json, expect: &[&str]) {
    let kind = shipped(kind);
    let found = complaints(kind, changed(kind, &patch));
    let found: Vec<String> = found
        .iter()
        .map(|one| format!("{} {} {}", one.id, one.pointer, one.message(Language::Chinese)))
        .collect();
    assert_eq!(found, expect, "{patch}");
}

#[test]
fn the_shape_of_a_document() {
    check("achievement", json!({"title": null}), &["Q4101 /title 缺少必填项“成果名称”"]);
    check(
        "achievement",
        json!({"title": "  \u{3000}"}),
        &["Q4103 /title “成果名称”是空的，只有空格或没有内容"],
    );
    check("achievement", json!({"title": ""}), &["Q4103 /title “成果名称”是空的，只有空格或没有内容"]);
    check(
        "achievement",
        json!({"contact": {"phone": null}}),
        &["Q4101 /contact/phone 缺少必填项“联系人·联系电话”"],
    );
    check("achievement", json!({"summry": "x"}), &["Q4104 /summry 省级规范没有字段 summry"]);
    check("achievement", json!({"year": "2023"}), &["Q4105 /year “成果年份”应为整数，实为文字：2023"]);
    check(
        "achievement",
        json!({"transferModes": "02,03"}),
        &["Q4105 /transferModes “转化方式”应为列表，实为文字：02,03"],
    );
    check(
        "achievement",
        json!({"applicants": [{"name": "李明"}, {"unitName": "淄博齐鲁智能装备有限公司"}]}),
        &["Q4101 /applicants/1/name 缺少必填项“完成人（第2项）·姓名”"],
    );
}

#[test]
fn a_null_where_something_is_required_is_missing() {
    let kind = shipped("achievement");
    let mut document = kind.example();
    document.0.insert("year".into(), Json::Null);
    let found = complaints(kind, document);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.as_str(), found[0].column.as_str()), ("Q4101", "c_year"));
}

#[test]
fn a_conditional_requirement_says_its_condition() {
    check(
        "achievement",
        json!({"category": "02", "discipline": null}),
        &["Q4102 /discipline 当“成果类别”为“基础理论成果”（02）时，必须填写“学科分类”"],
    );
    check(
        "achievement",
        json!({"priceNegotiable": true}),
        &["Q4106 /priceWan 当“是否面议”为“是”时，不得填写“意向价格”"],
    );
    check(
        "achievement",
        json!({"priceWan": null}),
        &["Q4102 /priceWan 除非“是否面议”为“是”，必须填写“意向价格”"],
    );
    check(
        "tech_contract",
        json!({"transferMode": "02", "recipientName": null, "recipientRegion": "370303", "startupName": null, "startupUscc": null, "startupOn": null, "startupInvested": null}),
        &["Q4102 /recipientName 当“转化方式”不为“自行投资实施转化”（01）时，必须填写“受让企业”"],
    );
    let kind = shipped("achievement");
    let found = complaints(kind, changed(kind, &json!({"category": "02", "discipline": null})));
    assert_eq!(
        found[0].message(Language::English),
        "when \"Category\" is 02 (基础理论成果), 学科分类 is required"
    );
}

#[test]
fn texts_numbers_lists_and_formats() {
    let long = "长".repeat(101);
    check(
        "achievement",
        json!({"title": long}),
        &[&format!("Q4201 /title “成果名称”最多 100 个字，实有 101 个：{long}")],
    );
    check(
        "achievement",
        json!({"descriptionHtml": "字".repeat(20_001)}),
        &[&format!(
            "Q4203 /descriptionHtml “成果详情”按 UTF-8 编码最多 60000 字节，实有 60003 字节：{}…",
            "字".repeat(120)
        )],
    );
    check(
        "achievement",
        json!({"title": "协作\u{0}机器人"}),
        &["Q4204 /title “成果名称”中有不可见的控制字符 U+0000：协作\u{0}机器人"],
    );
    check(
        "achievement",
        json!({"keywords": ["甲", "乙\u{202e}丙"]}),
        &[
            "Q4205 /keywords/1 “关键词（第2项）”中有改变文字方向的字符 U+202E，看到的与实际的不一样：乙\u{202e}丙",
        ],
    );
    check(
        "achievement",
        json!({"ownerName": "淄博\u{fffd}\u{fffd}公司"}),
        &["Q4206 /ownerName “持有单位名称”中有乱码：淄博\u{fffd}\u{fffd}公司"],
    );
    check(
        "achievement",
        json!({"priceWan": "120.00001"}),
        &["Q4306 /priceWan “意向价格”最多 4 位小数，实有 5 位：120.00001"],
    );
    check("achievement", json!({"priceWan": "-1"}), &["Q4301 /priceWan “意向价格”不得小于 0万元，实为 -1"]);
    check("achievement", json!({"priceWan": "面议"}), &["Q4426 /priceWan “意向价格”不是数字：面议"]);
    check(
        "achievement",
        json!({"year": 1879, "completedOn": null}),
        &["Q4301 /year “成果年份”不得小于 1980，实为 1879"],
    );
    check("achievement", json!({"keywords": ["甲", "甲"]}), &["Q4313 /keywords “关键词”中有重复的项：甲"]);
    check(
        "achievement",
        json!({"ownerUscc": "91370303MA00000AAT"}),
        &[
            "Q4403 /ownerUscc “持有单位统一社会信用代码”的校验码不对（末位“T”），多半抄错了一位：91370303MA00000AAT",
        ],
    );
    check(
        "achievement",
        json!({"completedOn": "2023.6.30"}),
        &["Q4425 /completedOn “完成日期”不是日期：2023.6.30"],
    );
    check(
        "achievement",
        json!({"attachments": [{"name": "检测报告.pdf", "url": "D:\\报告.pdf"}]}),
        &["Q4427 /attachments/0/url “附件（第1项）·文件地址”不是完整的网址：D:\\报告.pdf"],
    );
    check("achievement", json!({"region": "3703"}), &["Q4423 /region “所在地区”不是六位行政区划代码：3703"]);
}

#[test]
fn codes_and_references() {
    check(
        "achievement",
        json!({"techField": "先进制造"}),
        &[
            "Q4501 /techField “技术领域”的代码“先进制造”不在省代码表 tech-field 中；相近的有：08 先进制造与自动化",
        ],
    );
    check(
        "achievement",
        json!({"secretLevel": "02"}),
        &["Q4504 /secretLevel “密级”只能是“公开”（01），实为“02”"],
    );
    check(
        "achievement",
        json!({"owner": "SD370303000017"}),
        &["Q4601 /owner “持有单位”应引用一条“enterprise”记录，实为 SD370303000017"],
    );
    check(
        "achievement",
        json!({"owner": "urn:qilu:parent:expert:17"}),
        &["Q4602 /owner “持有单位”应引用“enterprise”，实际引用了“expert”"],
    );
    let kind = shipped("achievement");
    let remote = changed(kind, &json!({"owner": "SD370303000017"}));
    assert!(kind.check_remote(remote, today()).is_ok());
}

#[test]
fn six_faults_are_six_complaints_in_the_order_of_the_schema() {
    check(
        "achievement",
        json!({
            "contact": {"phone": "13800000000"},
            "title": null,
            "ownerUscc": "9137",
            "techField": "99",
            "year": "二〇二三",
            "transferModes": ["02", "77"],
        }),
        &[
            "Q4101 /title 缺少必填项“成果名称”",
            "Q4401 /ownerUscc “持有单位统一社会信用代码”应为 18 位统一社会信用代码，实有 4 位：9137",
            "Q4105 /year “成果年份”应为整数，实为文字：二〇二三",
            "Q4501 /techField “技术领域”的代码“99”不在省代码表 tech-field 中；相近的有：–",
            "Q4501 /transferModes/1 “转化方式（第2项）”的代码“77”不在省代码表 transfer-mode 中；相近的有：–",
            "Q4422 /contact/phone “联系人·联系电话”像是随手填的占位号码：138******00",
        ],
    );
}

#[test]
fn personal_data_is_veiled_by_its_class() {
    let kind = shipped("achievement");
    let found = complaints(kind, changed(kind, &json!({"contact": {"phone": "139533123456"}})));
    assert_eq!(found[0].found, "139*******56");
    let kind = shipped("vice_president");
    let found = complaints(kind, changed(kind, &json!({"idCard": "370303 1990010"})));
    assert_eq!(found[0].found, "3************0");
}
