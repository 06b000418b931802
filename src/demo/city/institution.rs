//! 技术转移机构: numbers of a dictionary table in place of words.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, filtered, held, invalid, line, refused};
use super::words::{Day, credit_code, email, html, joined, person, phone};
use super::world::{CHAINS, DISTRICTS, World};

pub const SHELF: Shelf = Shelf {
    kind: "institution",
    table: "jszy_jg",
    key: &["jgid"],
    ddl: "CREATE TABLE zd (
        id INTEGER PRIMARY KEY, classification VARCHAR(30), content VARCHAR(50), state INTEGER
    );
    INSERT INTO zd VALUES
        (11, '法人类型', '独立法人', 1), (12, '法人类型', '新型研发机构', 1),
        (13, '法人类型', '高校内设', 1), (14, '法人类型', '院所内设', 1),
        (24, '机构级别', '省级', 1), (25, '机构级别', '市级', 1), (26, '机构级别', '省级', 0),
        (31, '服务类型', '检验检测', 1), (32, '服务类型', '知识产权', 1), (33, '服务类型', '科技咨询', 1),
        (34, '服务类型', '技术转移', 1), (35, '服务类型', '评估', 1);
    CREATE TABLE jszy_jg (
        jgid VARCHAR(64) PRIMARY KEY,
        jgmc VARCHAR(200), frlx INTEGER,  -- zd.id
        xydm VARCHAR(18), ssdw VARCHAR(200), ssdwdm VARCHAR(18),
        jgjb INTEGER,                     -- zd.id
        bazt VARCHAR(10), babh VARCHAR(50), barq VARCHAR(20), cxrq VARCHAR(20),
        pjdc VARCHAR(10), pjnd INTEGER, szq VARCHAR(50), bgdz VARCHAR(200), fzr VARCHAR(50),
        cyrs INTEGER, jlrs INTEGER,
        fwlx VARCHAR(50),                 -- zd.id 的列表，写作 [33,34]
        jsly VARCHAR(100), jgjj TEXT,
        yjnd INTEGER, cjje DECIMAL(14,2), zjsr INTEGER,  -- 促成额为万元，收入为元
        hts INTEGER, sfhts INTEGER, wz VARCHAR(200),
        lxr VARCHAR(50), lxdh VARCHAR(30), lxyx VARCHAR(100),
        zt CHAR(1), yxbz CHAR(1)          -- 状态 1 发布 0 未发布；有效 Y/N
    )",
    good: 24,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("institution", serial);
    let in_house = serial % 8 == 7;
    let host = world.firm(3 + serial % 3).clone();
    let chain = CHAINS[serial % CHAINS.len()];
    let (district, region) = DISTRICTS[serial % DISTRICTS.len()];
    let name = match serial {
        0 => "山东鲁中技术市场服务中心".to_owned(),
        _ if in_house => format!("{}技术转移中心第{}分部", host.name, serial),
        _ => format!("淄博{chain}技术转移服务有限公司{}", ["", "周村分公司"][serial / CHAINS.len() % 2]),
    };
    // The letter's three that the province rated as excellent.
    let rating = if serial < 3 { "优秀" } else { "合格" };
    let facilitated = dice.between(1_100, 9_000);
    let region_of_code = if serial == 0 { "370303" } else { region };
    line! {
        "jgid" => format!("jg-{:04}", place.id),
        "jgmc" => name,
        "frlx" => if in_house { 13 } else { 11 },
        "xydm" => (!in_house).then(|| credit_code("91", region_of_code, 3_000 + serial)),
        "ssdw" => in_house.then_some(host.name),
        "ssdwdm" => in_house.then_some(host.code),
        "jgjb" => if serial.is_multiple_of(3) { 24 } else { 25 },
        "bazt" => "已备案",
        "babh" => format!("鲁技转备{}-{:03}", 2021 + serial % 3, serial + 1),
        "barq" => Day(2021, 1 + i64::try_from(serial % 12).unwrap_or(0), 15).wild(&mut dice),
        "cxrq" => None::<&str>,
        "pjdc" => rating,
        "pjnd" => 2023,
        "szq" => district,
        "bgdz" => format!("淄博市{district}科技街{}号", dice.between(1, 99)),
        "fzr" => person(&mut dice),
        "cyrs" => dice.between(12, 60),
        "jlrs" => dice.between(2, 10),
        "fwlx" => dice.pick(&["[33,34]", "[34]", "[31,32,34]", "[34,35]"]),
        "jsly" => joined(&mut dice, &["新材料", "生物与新医药"]),
        "jgjj" => html(&mut dice, &[format!("面向{chain}产业链提供技术转移服务，年促成交易{facilitated}万元。")]),
        "yjnd" => 2023,
        "cjje" => facilitated,
        "zjsr" => dice.between(31, 400) * 10_000,
        "hts" => dice.between(8, 60),
        "sfhts" => dice.between(0, 8),
        "wz" => None::<&str>,
        "lxr" => person(&mut dice),
        "lxdh" => phone(&mut dice),
        "lxyx" => Some(email(&mut dice)),
        "zt" => "1",
        "yxbz" => "Y",
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid(
        "text-too-many-bytes",
        "schema",
        "jgmc",
        "名称超过 100 个 GBK 字节(50 字)",
        &[("jgmc", Set::Repeat("淄博技术转移服务", 7))],
    ),
    invalid(
        "rule-legal-person",
        "schema",
        "cjje",
        "省级独立法人促成额不足 300 万元",
        &[("frlx", Set::Int(11)), ("jgjb", Set::Int(24)), ("cjje", Set::Int(120))],
    ),
    invalid(
        "rule-in-house",
        "schema",
        "cjje",
        "省级高校内设促成额不足 1000 万元",
        &[
            ("frlx", Set::Int(13)),
            ("ssdw", Set::Text("山东理工大学")),
            ("ssdwdm", Set::Text("12370303MADE90037T")),
            ("jgjb", Set::Int(24)),
            ("cjje", Set::Int(620)),
        ],
    ),
    invalid(
        "rule-managers",
        "schema",
        "jlrs",
        "经理人多于从业人员",
        &[("cyrs", Set::Int(5)), ("jlrs", Set::Int(50))],
    ),
    invalid(
        "rule-three-party",
        "schema",
        "sfhts",
        "三方合同多于合同",
        &[("hts", Set::Int(3)), ("sfhts", Set::Int(30))],
    ),
    invalid(
        "rule-revoked",
        "schema",
        "cxrq",
        "撤销早于备案",
        &[
            ("bazt", Set::Text("已撤销")),
            ("barq", Set::Text("2022-05-01")),
            ("cxrq", Set::Text("2021-05-01")),
        ],
    ),
    invalid("conditional-missing", "schema", "cxrq", "已撤销没有日期", &[("bazt", Set::Text("已撤销"))]),
    invalid(
        "conditional-missing",
        "schema",
        "ssdw",
        "内设机构没有所属单位",
        &[("frlx", Set::Int(13)), ("ssdw", Set::Null), ("ssdwdm", Set::Null)],
    ),
    invalid("conditional-missing", "schema", "pjnd", "有等次没有年度", &[("pjnd", Set::Null)]),
    invalid("dictionary-missing", "schema", "frlx_mc", "字典里没有这个法人类型", &[("frlx", Set::Int(19))]),
    invalid("unknown-code-in-list", "codes", "fwlx", "服务类型没有对照", &[("fwlx", Set::Text("[34,39]"))]),
    invalid(
        "uscc-check",
        "schema",
        "xydm",
        "信用代码校验位错",
        &[("frlx", Set::Int(11)), ("xydm", Set::Text("91370303MADE99990B"))],
    ),
    invalid("number-as-words", "mapping", "cyrs", "从业人数写成“约30”", &[("cyrs", Set::Text("约30"))]),
    held("status-null", "zt", "状态为空", &[("zt", Set::Null)]),
    filtered("unpublished", "zt", "未发布", &[("zt", Set::Text("0"))]),
    filtered("soft-deleted", "yxbz", "无效", &[("yxbz", Set::Text("N"))]),
    refused(
        "filing-number-missing",
        "babh",
        "已备案却没有备案编号",
        &[("bazt", Set::Text("已备案")), ("babh", Set::Null)],
    ),
];
