//! 技术合同: `技术合同` and `合同当事人`, a table with Chinese column names as Access and SQL Server shops keep it.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{Day, patent, person, phone};
use super::world::World;

pub const SHELF: Shelf = Shelf {
    kind: "tech_contract",
    table: "技术合同",
    key: &["合同编号"],
    ddl: "CREATE TABLE 技术合同 (
        合同编号 VARCHAR(50) PRIMARY KEY,
        登记编号 VARCHAR(50),
        项目名称 VARCHAR(200),
        合同类别 VARCHAR(40),        -- K1 合作开发、K2 委托开发、A1 … 或“大类-小类”
        卖方编号 INTEGER,            -- t_qyxx.id
        卖方名称 VARCHAR(200),
        卖方信用代码 VARCHAR(20),
        成果编号 INTEGER,            -- t_cg.id,可空
        [成交金额(万元)] DECIMAL(16,4),
        技术交易额 BIGINT,           -- 元
        签订日期 VARCHAR(20),        -- 2023.3.12
        开始日期 VARCHAR(20),
        截止日期 VARCHAR(20),
        登记日期 VARCHAR(20),
        付款方式 VARCHAR(20),
        关联交易 CHAR(2),            -- 是/否
        计划来源 VARCHAR(40),
        知识产权 VARCHAR(40),
        专利号 VARCHAR(200),         -- 没有的写“*”
        技术领域 VARCHAR(40),
        行业代码 VARCHAR(10),
        转化方式 VARCHAR(20),        -- 转让、许可类才填
        经办人 VARCHAR(50),
        经办电话 VARCHAR(30),
        状态 VARCHAR(10),            -- 草稿、待审、已登记、退回
        作废 CHAR(1),                -- Y/N
        录入时间 VARCHAR(20)
    );
    CREATE TABLE 合同当事人 (
        序号 INTEGER PRIMARY KEY AUTOINCREMENT,
        合同编号 VARCHAR(50),
        角色 VARCHAR(10),            -- 买方、居间方
        名称 VARCHAR(200),
        信用代码 VARCHAR(20),
        性质 VARCHAR(20),
        地区 VARCHAR(50)
    );
    CREATE INDEX 当事人_合同 ON 合同当事人 (合同编号)",
    good: 620,
    make,
    faults: FAULTS,
};

/// The city's word for a type, and whether a mode of transfer and a patent belong to it.
const TYPES: [(&str, Option<&str>, bool); 10] = [
    ("K2", None, false),
    ("K1", None, false),
    ("技术开发-委托开发", None, false),
    ("F1", None, false),
    ("技术服务-一般性技术服务", None, false),
    ("技术咨询", None, false),
    ("J1", None, false),
    ("A1", Some("技术转让"), true),
    ("A3", Some("技术许可"), true),
    ("A4", Some("技术转让"), false),
];
const AREAS: [&str; 8] = [
    "电子信息",
    "先进制造",
    "生物医药和医疗器械",
    "新材料及其应用",
    "新能源与高效节能",
    "环境保护与资源综合利用",
    "农业",
    "现代交通",
];
const PLANS: [&str; 5] = ["计划外", "计划外", "计划外", "省重点研发计划", "市级计划"];

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("tech_contract", serial);
    let (class, mode, patented) = TYPES[serial % TYPES.len()];
    let seller = world.firm(3 + serial * 11).clone();
    let mut buyer = world.company(40 + serial * 13).clone();
    if buyer.id == seller.id {
        buyer = world.company(41 + serial * 13).clone();
    }
    let achievement = dice.chance(60).then(|| world.achievement(serial).clone());
    let title = match &achievement {
        Some(achievement) => achievement.title.clone(),
        None => world.titles[1_300 + serial].title.clone(),
    };
    let signed = Day::between(&mut dice, 2022, 2023);
    // From 万元 to 亿元: most are small, a few are very large, as in the city's statistics.
    let wan = if dice.chance(4) { dice.between(2_000, 20_000) } else { dice.between(2, 900) };
    let number = format!("2023-3703-{:05}", place.id);
    let dots = |day: Day| format!("{}.{}.{}", day.0, day.1, day.2);
    let outside = dice.chance(25);
    let main = line! {
        "合同编号" => number.clone(),
        "登记编号" => format!("2023370303{:06}", place.id),
        "项目名称" => title,
        "合同类别" => class,
        "卖方编号" => seller.id,
        "卖方名称" => seller.name,
        "卖方信用代码" => seller.code,
        "成果编号" => achievement.map(|achievement| achievement.id),
        "成交金额(万元)" => if dice.chance(30) { wan as f64 + 0.5 } else { wan as f64 },
        "技术交易额" => wan * 10_000 * dice.between(60, 100) / 100,
        "签订日期" => dots(signed),
        "开始日期" => dots(signed),
        "截止日期" => dots(signed.years_later(dice.between(1, 3))),
        "登记日期" => dots(signed.years_later(1)),
        "付款方式" => dice.pick(&["一次性支付", "分期支付", "分期", "提成支付"]),
        "关联交易" => "否",
        "计划来源" => dice.pick(&PLANS),
        "知识产权" => if patented { "发明专利" } else { dice.pick(&["技术秘密", "未涉及知识产权"]) },
        "专利号" => if patented { patent(10_000 + serial, '1') } else { "*".to_owned() },
        "技术领域" => dice.pick(&AREAS),
        "行业代码" => dice.pick(&["3849", "3491", "3073", "2614", "4011", "7320"]),
        "转化方式" => mode,
        "经办人" => person(&mut dice),
        "经办电话" => phone(&mut dice),
        "状态" => "已登记",
        "作废" => "N",
        "录入时间" => signed.with_time(&mut dice),
    };
    let party = line! {
        "合同编号" => number,
        "角色" => "买方",
        "名称" => buyer.name,
        "信用代码" => buyer.code,
        "性质" => "企业",
        "地区" => if outside { "山东省·淄博市·张店区" } else { buyer.region },
    };
    Listing { main, children: vec![("合同当事人", party)] }
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-amounts",
        "schema",
        "技术交易额",
        "技术交易额大于成交金额",
        &[("成交金额(万元)", Set::Real(120.0)), ("技术交易额", Set::Int(1_300_000))],
    ),
    held(
        "unit-times-10000",
        "成交金额(万元)",
        "把元填进了万元列",
        &[("成交金额(万元)", Set::Int(2_600_000))],
    ),
    invalid(
        "negative-number",
        "schema",
        "成交金额(万元)",
        "成交金额为负",
        &[("成交金额(万元)", Set::Int(-5)), ("技术交易额", Set::Int(-60_000))],
    ),
    invalid("range-price", "mapping", "技术交易额", "金额写成区间", &[("技术交易额", Set::Text("50-100万"))]),
    invalid(
        "number-as-words",
        "mapping",
        "技术交易额",
        "金额写成“约30”",
        &[("技术交易额", Set::Text("约30"))],
    ),
    invalid("amount-missing", "schema", "成交金额(万元)", "成交金额为空", &[("成交金额(万元)", Set::Null)]),
    invalid(
        "end-before-start",
        "schema",
        "截止日期",
        "截止早于开始",
        &[("截止日期", Set::Text("2021.3.12"))],
    ),
    invalid(
        "rule-registered",
        "schema",
        "登记日期",
        "登记早于签订",
        &[
            ("签订日期", Set::Text("2023.3.12")),
            ("开始日期", Set::Text("2023.3.12")),
            ("截止日期", Set::Text("2025.3.12")),
            ("登记日期", Set::Text("2023.3.1")),
        ],
    ),
    invalid("impossible-date", "mapping", "签订日期", "2 月 30 日", &[("签订日期", Set::Text("2023.2.30"))]),
    invalid("year-only", "mapping", "开始日期", "只有年份", &[("开始日期", Set::Text("2023"))]),
    invalid("rule-leaf", "schema", "合同类别", "只填到大类", &[("合同类别", Set::Text("技术服务"))]),
    invalid("unknown-code", "codes", "合同类别", "合同类别没有对照", &[("合同类别", Set::Text("Z9"))]),
    invalid("unknown-code", "codes", "技术领域", "技术领域没有对照", &[("技术领域", Set::Text("海洋"))]),
    invalid(
        "rule-filler",
        "schema",
        "买方名称",
        "买方填了占位符",
        &[("合同当事人.名称", Set::Text("******"))],
    ),
    invalid(
        "rule-self",
        "schema",
        "买方信用代码",
        "买卖双方是同一单位",
        &[
            ("卖方编号", Set::SameAs(0)),
            ("卖方名称", Set::SameAs(0)),
            ("卖方信用代码", Set::Text("91370321MADE900100")),
            ("合同当事人.信用代码", Set::Text("91370321MADE900100")),
        ],
    ),
    invalid("child-missing", "schema", "买方名称", "没有买方", &[("合同当事人", Set::Children(0))]),
    invalid(
        "conditional-missing",
        "schema",
        "转化方式",
        "转让合同没有转化方式",
        &[
            ("合同类别", Set::Text("A4")),
            ("知识产权", Set::Text("技术秘密")),
            ("专利号", Set::Text("*")),
            ("转化方式", Set::Null),
        ],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "专利号",
        "涉及发明专利却没有专利号",
        &[("知识产权", Set::Text("发明专利")), ("专利号", Set::Text("*"))],
    ),
    invalid(
        "publication-number",
        "mapping",
        "专利号",
        "填了公开号",
        &[("知识产权", Set::Text("发明专利")), ("专利号", Set::Text("CN112345678A"))],
    ),
    invalid(
        "abolished-region",
        "schema",
        "买方地区",
        "已撤销的莱芜市代码",
        &[("合同当事人.地区", Set::Text("371200"))],
    ),
    invalid(
        "uscc-placeholder",
        "schema",
        "卖方信用代码",
        "信用代码是占位值",
        &[("卖方信用代码", Set::Text("91110000000000000X"))],
    ),
    invalid("title-missing", "schema", "项目名称", "项目名称为空", &[("项目名称", Set::Text(""))]),
    invalid("phone-filler", "schema", "经办电话", "电话全是 0", &[("经办电话", Set::Text("00000000000"))]),
    invalid("bad-bool", "mapping", "关联交易", "是否关联填了“未知”", &[("关联交易", Set::Text("未知"))]),
    held("parent-missing", "卖方编号", "卖方不在登记表里", &[("卖方编号", Set::Int(9_999_999))]),
    held("parent-invalid", "成果编号", "对应成果本身不合格", &[("成果编号", Set::InvalidAchievement)]),
    held("status-null", "状态", "状态为空", &[("状态", Set::Null)]),
    held("status-unlisted", "状态", "状态不在清单内", &[("状态", Set::Text("已归档"))]),
    filtered("draft", "状态", "草稿", &[("状态", Set::Text("草稿"))]),
    filtered("returned", "状态", "市里已退回", &[("状态", Set::Text("退回"))]),
    filtered("cancelled", "作废", "已作废", &[("作废", Set::Text("Y"))]),
    doubled("duplicate-register-no", "登记编号与另一份合同相同", &[("登记编号", Set::SameAs(5))]),
    refused("no-technology-amount", "技术交易额", "技术交易额为零", &[("技术交易额", Set::Int(0))]),
    refused(
        "performed-before-signing",
        "开始日期",
        "签订两年前就开始履行",
        &[
            ("签订日期", Set::Text("2023.3.12")),
            ("开始日期", Set::Text("2021.1.5")),
            ("截止日期", Set::Text("2025.3.12")),
            ("登记日期", Set::Text("2023.4.1")),
        ],
    ),
];
