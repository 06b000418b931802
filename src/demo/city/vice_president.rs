//! 科技副总: a form designer's table with text keys, and two child tables.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line};
use super::words::{Day, email, mobile, person_number, resident_number};
use super::world::{CHAINS, World};

/// Appointments, institutions that send people, projects, transfers, and new sales in 万元.
const APPOINTMENTS: usize = 680;
const INSTITUTIONS: usize = 69;
const PROJECTS: usize = 459;
const TRANSFERS: usize = 267;
const NEW_SALES: usize = 257_900;
/// Persons among the appointments: some serve two firms, which counts twice.
const PERSONS: usize = 600;

pub const SHELF: Shelf = Shelf {
    kind: "vice_president",
    table: "kjfz_ba",
    key: &["id"],
    ddl: "CREATE TABLE kjfz_ba (
        id VARCHAR(64) PRIMARY KEY,
        xm VARCHAR(50), xb VARCHAR(4), zjhm VARCHAR(18), sj VARCHAR(30), yx VARCHAR(100),
        pcgx VARCHAR(200), xueyuan VARCHAR(100), xw VARCHAR(20), zc VARCHAR(20), zyly VARCHAR(30),
        qy_id INTEGER, prqy VARCHAR(200), xydm VARCHAR(18), szq VARCHAR(50), cyl VARCHAR(50),
        prgw VARCHAR(30),          -- 聘任岗位
        prks VARCHAR(20), prjs VARCHAR(20),
        myts INTEGER,              -- 每月天数
        nx INTEGER,                -- 年薪，元
        xyrq VARCHAR(20),          -- 三方协议日期
        cxnd INTEGER, xms INTEGER, zhs INTEGER, xzxs DECIMAL(14,4), zls INTEGER,
        bazt INTEGER,              -- 0 待备案 1 已备案 2 已撤销
        babh VARCHAR(50), barq VARCHAR(20), jprq VARCHAR(20), khdc VARCHAR(10),
        tyts VARCHAR(2),           -- 本人同意推送 是/否
        yxbz CHAR(1)               -- 有效标志 1/0
    );
    CREATE TABLE kjfz_xm (id INTEGER PRIMARY KEY AUTOINCREMENT, ba_id VARCHAR(64), xmmc VARCHAR(200), je DECIMAL(14,2));
    CREATE TABLE kjfz_fj (id INTEGER PRIMARY KEY AUTOINCREMENT, ba_id VARCHAR(64), wjm VARCHAR(200), wjdz VARCHAR(500));
    CREATE INDEX i_kjfz_xm ON kjfz_xm (ba_id);
    CREATE INDEX i_kjfz_fj ON kjfz_fj (ba_id)",
    good: APPOINTMENTS,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("vice_president", serial);
    // The planted rows are other people again.
    let who = if serial < APPOINTMENTS { serial % PERSONS } else { serial };
    let university = world.universities[who % INSTITUTIONS].clone();
    let firm = world.company(11 + serial * 5).clone();
    // Grows with the row's place, so that a planted copy always comes after its original.
    let id =
        format!("{:06}-{:08x}", place.id, u32::try_from(serial).unwrap_or(0).wrapping_mul(2_654_435_761));
    let start = Day::between(&mut dice, 2021, 2023);
    let doctor = !serial.is_multiple_of(5);
    let sales = NEW_SALES / APPOINTMENTS + usize::from(serial < NEW_SALES % APPOINTMENTS);
    let main = line! {
        "id" => id.clone(),
        "xm" => person_number(2_000 + who),
        "xb" => dice.pick(&["男", "女"]),
        "zjhm" => resident_number(2_000 + who),
        "sj" => mobile(&mut dice),
        "yx" => dice.chance(50).then(|| email(&mut dice)),
        "pcgx" => university,
        "xueyuan" => dice.pick(&["材料科学与工程学院", "机械工程学院", "化学化工学院", "计算机学院"]),
        "xw" => if doctor { "博士" } else { "硕士" },
        "zc" => if doctor { dice.pick(&["教授", "副教授", "讲师"]) } else { dice.pick(&["教授", "副教授"]) },
        "zyly" => dice.pick(&["新材料", "先进制造及自动化", "电子信息", "生物与新医药"]),
        "qy_id" => firm.id,
        "prqy" => firm.name,
        "xydm" => firm.code,
        "szq" => firm.region,
        "cyl" => CHAINS[firm.chain],
        "prgw" => dice.pick(&["副总经理", "副总工程师", "总经理助理", "技术副总"]),
        "prks" => start.iso(),
        "prjs" => start.years_later(dice.between(1, 3)).iso(),
        "myts" => dice.between(4, 10),
        "nx" => dice.between(6, 30) * 10_000,
        "xyrq" => start.iso(),
        "cxnd" => 2023,
        "xms" => i64::from(serial < PROJECTS),
        "zhs" => i64::from(serial < TRANSFERS),
        "xzxs" => i64::try_from(sales).unwrap_or(0),
        "zls" => dice.between(0, 4),
        "bazt" => 1,
        "babh" => format!("ZBKJFZ{}{:04}", start.0, serial + 1),
        "barq" => Day(start.0, 12, 28).iso(),
        "jprq" => None::<&str>,
        "khdc" => dice.pick(&["优秀", "合格", "合格"]),
        "tyts" => "是",
        "yxbz" => "1",
    };
    let mut children = Vec::new();
    if serial < PROJECTS {
        let name = format!("{}联合攻关项目", CHAINS[firm.chain]);
        children
            .push(("kjfz_xm", line! { "ba_id" => id.clone(), "xmmc" => name, "je" => dice.between(6, 200) }));
    }
    let address = format!("https://files.example.com/kjfz/{}.pdf", serial + 1);
    children.push(("kjfz_fj", line! { "ba_id" => id, "wjm" => "三方协议.pdf", "wjdz" => address }));
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-one-year",
        "schema",
        "prjs",
        "聘期不足一年",
        &[
            ("prks", Set::Text("2023-03-01")),
            ("prjs", Set::Text("2023-09-01")),
            ("xyrq", Set::Text("2023-03-01")),
            ("barq", Set::Text("2023-12-28")),
        ],
    ),
    invalid("rule-agreement", "schema", "xyrq", "协议晚于备案", &[("xyrq", Set::Text("2025-01-01"))]),
    held("unit-times-10000", "nx", "年薪再乘一万", &[("nx", Set::Int(120_000_000))]),
    invalid(
        "rule-ended",
        "schema",
        "jprq",
        "解聘不在聘期内",
        &[("bazt", Set::Int(2)), ("jprq", Set::Text("2019-05-01"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "jprq",
        "已撤销没有解聘日期",
        &[("bazt", Set::Int(2)), ("jprq", Set::Null)],
    ),
    invalid(
        "conditional-title",
        "schema",
        "zc",
        "硕士且职称为讲师",
        &[("xw", Set::Text("硕士")), ("zc", Set::Text("讲师"))],
    ),
    invalid("conditional-missing", "schema", "xyrq", "已备案没有协议日期", &[("xyrq", Set::Null)]),
    invalid(
        "child-title-missing",
        "schema",
        "agreement.wjm",
        "协议没有文件名",
        &[("kjfz_fj.wjm", Set::Null)],
    ),
    invalid("unknown-code", "codes", "prgw", "聘任岗位没有对照", &[("prgw", Set::Text("顾问"))]),
    invalid("unknown-code", "codes", "bazt", "备案状态没有对照", &[("bazt", Set::Int(5))]),
    invalid("uscc-check", "schema", "xydm", "信用代码校验位错", &[("xydm", Set::Text("91370303MADE99990B"))]),
    invalid("impossible-date", "mapping", "prks", "2 月 29 日,非闰年", &[("prks", Set::Text("2023-02-29"))]),
    invalid("year-only", "mapping", "prjs", "聘期结束只有年份", &[("prjs", Set::Text("2025"))]),
    invalid("number-as-words", "mapping", "myts", "每月天数写成“约7”", &[("myts", Set::Text("约7"))]),
    invalid("phone-too-short", "mapping", "sj", "手机号少一位", &[("sj", Set::Text("1990533123"))]),
    invalid("title-missing", "schema", "xm", "没有姓名", &[("xm", Set::Null)]),
    held("parent-missing", "qy_id", "聘任企业不在登记表里", &[("qy_id", Set::Int(9_999_999))]),
    held("parent-invalid", "qy_id", "聘任企业本身不合格", &[("qy_id", Set::InvalidEnterprise)]),
    held("flag-null", "yxbz", "有效标志为空", &[("yxbz", Set::Null)]),
    filtered("no-consent", "tyts", "本人不同意推送", &[("tyts", Set::Text("否"))]),
    filtered("invalidated", "yxbz", "已作废", &[("yxbz", Set::Text("0"))]),
    doubled(
        "duplicate-appointment",
        "同一人同一企业同一天起聘",
        &[
            ("xm", Set::SameAs(9)),
            ("pcgx", Set::SameAs(9)),
            ("qy_id", Set::SameAs(9)),
            ("prqy", Set::SameAs(9)),
            ("xydm", Set::SameAs(9)),
            ("prks", Set::SameAs(9)),
            ("prjs", Set::SameAs(9)),
            ("xyrq", Set::SameAs(9)),
            ("barq", Set::SameAs(9)),
        ],
    ),
];
