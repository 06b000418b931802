//! 技术经理人: a table imported from a spreadsheet.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{Day, email, joined, person_number, phone, resident_number};
use super::world::{CHAINS, World};

/// Of all managers (each has the junior certificate), so many also have the intermediate one.
const MANAGERS: usize = 1057;
const INTERMEDIATE: usize = 172;
/// Trained in April 2024 (junior) and in May 2024 (intermediate).
const TRAINED_JUNIOR: usize = 150;
const TRAINED_INTERMEDIATE: usize = 138;

pub const SHELF: Shelf = Shelf {
    kind: "manager",
    table: "jsjlr",
    key: &["xh"],
    ddl: "CREATE TABLE jsjlr (
        xh INTEGER PRIMARY KEY,    -- 序号
        xm VARCHAR(50), xb VARCHAR(4),
        sfzh VARCHAR(18),          -- 身份证号：不报送
        sjh VARCHAR(30), yx VARCHAR(100),
        gzdw VARCHAR(200), dwdm VARCHAR(18), szq VARCHAR(50),
        zw VARCHAR(50), zc VARCHAR(20), xw VARCHAR(20), byyx VARCHAR(100), sxzy VARCHAR(100),
        dj VARCHAR(10),            -- 初级、中级、高级
        zsbh VARCHAR(50), fzdw VARCHAR(100), fzrq VARCHAR(20), yxqz VARCHAR(20),
        cjzsbh VARCHAR(50), cjfzrq VARCHAR(20),  -- 初级证书
        pxpc VARCHAR(50), pxrq VARCHAR(20), pxxs INTEGER,
        fwfx VARCHAR(100), fwlx VARCHAR(100), gzld VARCHAR(500),
        yjnd INTEGER, cjhts INTEGER, cjhte DECIMAL(14,2),
        rzt VARCHAR(10),           -- 在岗、暂停、注销
        sfgk VARCHAR(2)            -- 是否公开 是/否
    )",
    good: MANAGERS,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("manager", serial);
    let firm = world.firm(serial * 3).clone();
    let higher = serial < INTERMEDIATE;
    let junior = Day::between(&mut dice, 2020, 2022).iso();
    let (batch, issued) = match (higher, serial) {
        (true, serial) if serial < TRAINED_INTERMEDIATE => (Some("2024-05"), "2024-05-31".to_owned()),
        (true, _) => (None, Day::between(&mut dice, 2023, 2023).iso()),
        (false, serial) if serial < INTERMEDIATE + TRAINED_JUNIOR => {
            (Some("2024-04"), "2024-04-30".to_owned())
        }
        (false, _) => (None, junior.clone()),
    };
    let level = if higher { "中级" } else { "初级" };
    let busy = dice.chance(30);
    line! {
        "xh" => place.id,
        "xm" => person_number(serial),
        "xb" => dice.pick(&["男", "女"]),
        "sfzh" => resident_number(serial),
        "sjh" => phone(&mut dice),
        "yx" => dice.chance(60).then(|| email(&mut dice)),
        "gzdw" => firm.name,
        "dwdm" => firm.code,
        "szq" => firm.region,
        "zw" => dice.pick(&["技术总监", "科技专员", "部门经理", "研发工程师"]),
        "zc" => dice.pick(&["高级工程师", "工程师", "助理工程师", "副教授", "无"]),
        "xw" => dice.pick(&["博士", "硕士研究生", "硕士", "本科", "大专"]),
        "byyx" => world.universities[serial % 69].clone(),
        "sxzy" => dice.pick(&["材料科学与工程", "机械工程", "化学工程", "技术经济"]),
        "dj" => level,
        "zsbh" => format!("鲁技经{}字{:06}", if higher { "中" } else { "初" }, place.id),
        "fzdw" => "淄博市技术经理人协会",
        "fzrq" => issued,
        "yxqz" => "长期",
        "cjzsbh" => higher.then(|| format!("鲁技经初字{:06}", place.id)),
        "cjfzrq" => higher.then_some(junior),
        "pxpc" => batch.map(|month| format!("{month} {level}")),
        "pxrq" => batch.map(|month| format!("{month}-15")),
        "pxxs" => batch.map(|_| 40),
        "fwfx" => joined(&mut dice, &["新材料", "先进制造及自动化"]),
        "fwlx" => dice.pick(&["技术转移", "技术转移、知识产权", "科技咨询"]),
        "gzld" => format!("参与{}产业链对接{}次。", CHAINS[firm.chain], dice.between(2, 30)),
        "yjnd" => busy.then_some(2023),
        "cjhts" => busy.then(|| dice.between(1, 12)),
        "cjhte" => busy.then(|| dice.between(10, 3_000)),
        "rzt" => "在岗",
        "sfgk" => "是",
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid(
        "conditional-missing",
        "schema",
        "cjzsbh",
        "中级没有初级证书",
        &[("dj", Set::Text("中级")), ("cjzsbh", Set::Null), ("cjfzrq", Set::Text("2021-03-01"))],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "cjzsbh",
        "初级又填了初级证书",
        &[("dj", Set::Text("初级")), ("cjzsbh", Set::Text("鲁技经初字000001"))],
    ),
    invalid(
        "rule-nested",
        "schema",
        "cjfzrq",
        "初级证书晚于中级证书",
        &[
            ("dj", Set::Text("中级")),
            ("fzrq", Set::Text("2022-05-01")),
            ("cjzsbh", Set::Text("鲁技经初字900001")),
            ("cjfzrq", Set::Text("2023-03-01")),
        ],
    ),
    invalid(
        "rule-same-certificate",
        "schema",
        "cjfzrq",
        "两张证书编号相同",
        &[
            ("dj", Set::Text("中级")),
            ("fzrq", Set::Text("2023-05-01")),
            ("zsbh", Set::Text("鲁技经中字900002")),
            ("cjzsbh", Set::Text("鲁技经中字900002")),
            ("cjfzrq", Set::Text("2022-03-01")),
        ],
    ),
    invalid(
        "rule-validity",
        "schema",
        "yxqz",
        "有效期早于发证，发证又早于培训",
        &[("yxqz", Set::Text("2019-12-31")), ("pxrq", Set::Text("2025-04-15"))],
    ),
    held(
        "unit-times-10000",
        "cjhte",
        "促成合同额把元当万元",
        &[("yjnd", Set::Int(2023)), ("cjhts", Set::Int(3)), ("cjhte", Set::Int(3_000_000))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "cjhts",
        "有促成额没有件数",
        &[("yjnd", Set::Int(2023)), ("cjhts", Set::Null), ("cjhte", Set::Int(300))],
    ),
    invalid("unknown-code", "codes", "zc", "职称没有对照", &[("zc", Set::Text("匠人"))]),
    invalid("unknown-code", "codes", "dj", "等级没有对照", &[("dj", Set::Text("特级"))]),
    invalid("certificate-missing", "schema", "zsbh", "没有证书编号", &[("zsbh", Set::Null)]),
    invalid("title-missing", "schema", "xm", "没有姓名", &[("xm", Set::Text("  "))]),
    invalid("phone-filler", "schema", "sjh", "手机全是 1", &[("sjh", Set::Text("11111111111"))]),
    invalid("impossible-date", "mapping", "fzrq", "11 月 31 日", &[("fzrq", Set::Text("2022.11.31"))]),
    invalid("list-empty", "schema", "fwfx", "没有服务方向", &[("fwfx", Set::Text(""))]),
    held("status-null", "sfgk", "是否公开为空", &[("sfgk", Set::Null)]),
    filtered("not-public", "sfgk", "本人不同意公开", &[("sfgk", Set::Text("否"))]),
    refused("odd-certificate", "zsbh", "证书编号里有空格", &[("zsbh", Set::Text("无编号 12"))]),
    doubled("duplicate-certificate", "证书编号与别人相同", &[("zsbh", Set::SameAs(200))]),
];
