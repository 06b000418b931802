//! 产业链专家: from a spreadsheet, with lists written as `[31,32]`.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{Day, email, person_number, phone};
use super::world::{CHAINS, World};

pub const SHELF: Shelf = Shelf {
    kind: "expert",
    table: "zjk",
    key: &["xh"],
    ddl: "CREATE TABLE zjk (
        xh INTEGER PRIMARY KEY,
        zjmc VARCHAR(50), xb VARCHAR(4), csn INTEGER, lxfs VARCHAR(30), yx VARCHAR(100),
        ssdw VARCHAR(200), dwxz VARCHAR(20), ssbm VARCHAR(100), zw VARCHAR(50), zc VARCHAR(20), xl VARCHAR(20),
        byyx VARCHAR(100), sxzy VARCHAR(100), zjlx VARCHAR(20), cyl VARCHAR(200), gwtzw VARCHAR(20),
        zytc VARCHAR(200), yjfx VARCHAR(300), jsly VARCHAR(30), xk VARCHAR(10),
        zlxxcy VARCHAR(50),        -- 战略性新兴产业，写作 [31,32]
        ssdy VARCHAR(50), zjjs TEXT, gzyj VARCHAR(1000),
        prrq VARCHAR(20), prz VARCHAR(20),
        sfsk VARCHAR(2), skbh VARCHAR(50), hbdw VARCHAR(300),
        tyrq VARCHAR(20),          -- 本人同意日期
        shjg VARCHAR(10)           -- 审核结果：通过、不通过、待审
    )",
    good: 60,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("expert", serial);
    // Three experts a chain: every one of the twenty chains has its group.
    let chain = CHAINS[serial % CHAINS.len()];
    let second = CHAINS[(serial + 5) % CHAINS.len()];
    let scholar = serial % 3 != 2;
    let unit = if scholar {
        world.universities[serial % 69].clone()
    } else {
        world.company(serial * 7).name.clone()
    };
    let appointed = Day::between(&mut dice, 2022, 2023);
    let topic = world.titles[2_000 + serial].title.clone();
    line! {
        "xh" => place.id,
        "zjmc" => person_number(3_100 + serial),
        "xb" => dice.pick(&["男", "女", "男"]),
        "csn" => dice.between(1960, 1984),
        "lxfs" => phone(&mut dice),
        "yx" => Some(email(&mut dice)),
        "ssdw" => unit,
        "dwxz" => if scholar { "大专院校" } else { "企业" },
        "ssbm" => if scholar { "科学技术研究院" } else { "技术中心" },
        "zw" => if scholar { "教师" } else { "总工程师" },
        "zc" => if scholar { dice.pick(&["教授", "副教授", "研究员"]) } else { "高级工程师" },
        "xl" => if scholar { "博士" } else { "硕士研究生" },
        "byyx" => world.universities[(serial + 9) % 69].clone(),
        "sxzy" => dice.pick(&["材料科学与工程", "化学工程", "机械工程"]),
        "zjlx" => if scholar { "技术专家" } else { "产业专家" },
        "cyl" => if dice.chance(40) { format!("{chain}、{second}") } else { chain.to_owned() },
        "gwtzw" => if serial < CHAINS.len() { "首席专家" } else { "成员" },
        "zytc" => format!("{chain}领域的工艺与装备"),
        "yjfx" => topic,
        "jsly" => dice.pick(&["新材料", "先进制造及自动化", "新能源与节能"]),
        "xk" => dice.pick(&["430", "460", "530", "510"]),
        "zlxxcy" => dice.pick(&["[31,32]", "[33]", "[21,31]", ""]),
        "ssdy" => "张店区",
        "zjjs" => format!("<p>长期从事{chain}领域研究，主持项目{}项。</p>", dice.between(3, 20)),
        "gzyj" => format!("发表论文{}篇，获授权专利{}件。", dice.between(10, 120), dice.between(2, 40)),
        "prrq" => appointed.iso(),
        "prz" => appointed.years_later(3).iso(),
        "sfsk" => if serial.is_multiple_of(4) { "是" } else { "否" },
        "skbh" => serial.is_multiple_of(4).then(|| format!("SDZJ{:06}", serial + 1)),
        "hbdw" => "本人兼职单位,本单位关联企业",
        "tyrq" => Day(appointed.0 - 1, 12, 1).iso(),
        "shjg" => "通过",
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid("rule-term", "schema", "prz", "聘期结束早于受聘", &[("prz", Set::Text("2020-01-01"))]),
    invalid("rule-consent", "schema", "tyrq", "同意晚于受聘", &[("tyrq", Set::Text("2026-01-01"))]),
    invalid("rule-adult", "schema", "csn", "受聘时才十几岁", &[("csn", Set::Int(2008))]),
    invalid("consent-missing", "schema", "tyrq", "没有本人同意日期", &[("tyrq", Set::Null)]),
    invalid(
        "conditional-missing",
        "schema",
        "skbh",
        "省库专家没有编号",
        &[("sfsk", Set::Text("是")), ("skbh", Set::Null)],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "skbh",
        "非省库专家却有编号",
        &[("sfsk", Set::Text("否")), ("skbh", Set::Text("SDZJ999999"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "yjfx",
        "技术专家没有研究方向",
        &[("zjlx", Set::Text("技术专家")), ("yjfx", Set::Null)],
    ),
    invalid("list-empty", "schema", "cyl", "没有产业链", &[("cyl", Set::Text("无"))]),
    invalid("list-too-long", "schema", "zlxxcy", "新兴产业四项", &[("zlxxcy", Set::Text("[21,31,32,33]"))]),
    invalid("unknown-code-in-list", "codes", "zlxxcy", "字典里没有 77", &[("zlxxcy", Set::Text("[31,77]"))]),
    invalid("unknown-code", "codes", "xk", "不存在的学科", &[("xk", Set::Text("999"))]),
    invalid(
        "text-too-many-bytes",
        "schema",
        "zjjs",
        "简介超过 6000 字节",
        &[("zjjs", Set::Repeat("长期从事本领域研究。", 220))],
    ),
    invalid("number-as-words", "mapping", "csn", "出生年份写成“60后”", &[("csn", Set::Text("60后"))]),
    invalid("number-out-of-range", "schema", "csn", "出生年份 1899", &[("csn", Set::Int(1899))]),
    invalid("email-without-at", "schema", "yx", "邮箱没有 @", &[("yx", Set::Text("zhuanjia.example.com"))]),
    held("status-null", "shjg", "审核结果为空", &[("shjg", Set::Null)]),
    filtered("not-approved", "shjg", "审核不通过", &[("shjg", Set::Text("不通过"))]),
    doubled(
        "duplicate-person-unit",
        "同一人同一单位录入两次",
        &[("zjmc", Set::SameAs(3)), ("ssdw", Set::SameAs(3))],
    ),
    refused(
        "personal-data-in-text",
        "zjjs",
        "简介里写了手机号",
        &[("zjjs", Set::Text("<p>长期从事氢能研究，联系手机 19905331234 。</p>"))],
    ),
];
