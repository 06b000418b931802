//! 中试熟化: an upper-case table with opaque extension columns.

use super::dice::Dice;
use super::listing::{
    Fault, Line, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused,
};
use super::words::{Day, email, person, phone};
use super::world::{CHAINS, DISTRICTS, World};

pub const SHELF: Shelf = Shelf {
    kind: "pilot_base",
    table: "PILOT_BASE",
    key: &["BASE_ID"],
    ddl: "CREATE TABLE PILOT_BASE (
        BASE_ID VARCHAR(32) PRIMARY KEY,
        BASE_NAME VARCHAR(200), BASE_KIND VARCHAR(40), BASE_LEVEL VARCHAR(10),
        LEGAL_UNIT VARCHAR(200), SCC VARCHAR(18), REG_DATE DATE,
        TECH_FIELD VARCHAR(30),
        EXT_25_LV9 VARCHAR(50),       -- 产业链
        REGION_CODE VARCHAR(10), ADDRESS VARCHAR(200),
        SITE_AREA DECIMAL(12,2), EQUIP_VALUE DECIMAL(14,2),  -- 平方米；万元
        STAFF INTEGER, SENIOR INTEGER,
        CAPABILITYCLOB TEXT, EXT_31_LV9 VARCHAR(100),        -- 服务环节
        SAFETY_FLAG CHAR(1),          -- Y/N
        SVC_YEAR INTEGER, SVC_COUNT INTEGER, SVC_INCOME BIGINT,  -- 元
        OPEN_HOURS VARCHAR(100), APPROVED_NO VARCHAR(50), APPROVED_DATE DATE,
        BASE_STATE INTEGER,           -- 0 正常 1 整改 2 摘牌
        RECTIFY_DATE DATE, DELIST_DATE DATE, DELIST_REASON VARCHAR(200),
        LINKMAN VARCHAR(50), TEL VARCHAR(30), MAIL VARCHAR(100),
        AUDITSTATE INTEGER,           -- 0 未审 1 通过 2 不通过
        IFDELETE INTEGER, ISENABLE INTEGER,
        TIMESTAMP_CREATEDON TIMESTAMP, TIMESTAMP_LASTCHANGEDON TIMESTAMP
    );
    CREATE TABLE PILOT_BASE_EQUIP (
        EQUIP_ID INTEGER PRIMARY KEY AUTOINCREMENT,
        BASE_ID VARCHAR(32), EQ_NAME VARCHAR(100), EQ_MODEL VARCHAR(100), EQ_FEE VARCHAR(100), EQ_VALUE DECIMAL(14,2)
    )",
    good: 28,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("pilot_base", serial);
    let firm = world.company(90 + serial * 17).clone();
    let chain = CHAINS[serial % CHAINS.len()];
    let id = format!("PB{:06}", place.id);
    let kind = ["中试基地", "科技成果转化中试示范基地", "概念验证中心"][serial % 3];
    let stages = ["小试,中试,", "中试,小批量生产,", "概念验证,"][serial % 3];
    // Two of the good ones have been delisted and one is being put right: that must reach the province as well.
    let state = match serial {
        5 | 17 => 2,
        9 => 1,
        _ => 0,
    };
    let district =
        DISTRICTS.iter().find(|(_, code)| *code == firm.region).map_or("张店区", |(name, _)| *name);
    let main = line! {
        "BASE_ID" => id.clone(),
        "BASE_NAME" => format!("淄博{chain}{kind}（{}号）", serial + 1),
        "BASE_KIND" => kind,
        "BASE_LEVEL" => dice.pick(&["省级", "市级"]),
        "LEGAL_UNIT" => firm.name,
        "SCC" => firm.code,
        "REG_DATE" => "2012-03-12",
        "TECH_FIELD" => dice.pick(&["新材料", "新材料及应用", "生物与新医药", "先进制造及自动化"]),
        "EXT_25_LV9" => chain,
        "REGION_CODE" => firm.region,
        "ADDRESS" => format!("山东省淄博市{district}中试路{}号", serial + 1),
        "SITE_AREA" => 1_200.5 + serial as f64,
        "EQUIP_VALUE" => dice.between(1_100, 8_000),
        "STAFF" => dice.between(20, 80),
        "SENIOR" => dice.between(3, 18),
        "CAPABILITYCLOB" => format!("可承担{chain}产业链公斤级到吨级的中试放大，年服务能力{}项。", dice.between(5, 40)),
        "EXT_31_LV9" => stages,
        "SAFETY_FLAG" => "Y",
        "SVC_YEAR" => 2023,
        "SVC_COUNT" => dice.between(2, 30),
        "SVC_INCOME" => dice.between(20, 600) * 10_000,
        "OPEN_HOURS" => "工作日 8:30-17:00",
        "APPROVED_NO" => format!("鲁科字〔{}〕{}号-{:02}", 2021 + serial % 3, 4 + serial % 5, serial + 1),
        "APPROVED_DATE" => Day::between(&mut dice, 2021, 2022).iso(),
        "BASE_STATE" => state,
        "RECTIFY_DATE" => (state == 1).then_some("2024-12-31"),
        "DELIST_DATE" => (state == 2).then_some("2024-03-15"),
        "DELIST_REASON" => (state == 2).then_some("连续两年绩效评价不合格"),
        "LINKMAN" => person(&mut dice),
        "TEL" => phone(&mut dice),
        "MAIL" => Some(email(&mut dice)),
        "AUDITSTATE" => 1,
        "IFDELETE" => 0,
        "ISENABLE" => 1,
        "TIMESTAMP_CREATEDON" => "2022-12-01 10:00:00",
        "TIMESTAMP_LASTCHANGEDON" => "2024-03-01 10:00:00",
    };
    let equipment = (0..dice.between(1, 4)).map(|order| {
        let name = ["反应釜", "挤出机", "精密涂布机", "喷雾干燥塔"][usize::try_from(order).unwrap_or(0) % 4];
        let line = line! {
            "BASE_ID" => id.clone(),
            "EQ_NAME" => name,
            "EQ_MODEL" => format!("ZB-{}", 100 + order),
            "EQ_FEE" => "按台时收费",
            "EQ_VALUE" => dice.between(20, 400),
        };
        ("PILOT_BASE_EQUIP", line)
    });
    let children: Vec<(&'static str, Line)> = equipment.collect();
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-two-years",
        "schema",
        "REG_DATE",
        "示范基地认定时注册未满两年",
        &[
            ("BASE_KIND", Set::Text("科技成果转化中试示范基地")),
            ("REG_DATE", Set::Text("2021-05-01")),
            ("APPROVED_DATE", Set::Text("2022-05-01")),
        ],
    ),
    invalid(
        "rule-equipment",
        "schema",
        "EQUIP_VALUE",
        "示范基地设备原值不足 1000 万元",
        &[("BASE_KIND", Set::Text("科技成果转化中试示范基地")), ("EQUIP_VALUE", Set::Int(600))],
    ),
    invalid(
        "rule-delisted",
        "schema",
        "DELIST_DATE",
        "摘牌早于认定",
        &[
            ("BASE_STATE", Set::Int(2)),
            ("DELIST_DATE", Set::Text("2019-05-01")),
            ("DELIST_REASON", Set::Text("绩效评价不合格")),
        ],
    ),
    invalid(
        "rule-senior",
        "schema",
        "SENIOR",
        "高级职称多于人员",
        &[("STAFF", Set::Int(8)), ("SENIOR", Set::Int(80))],
    ),
    invalid("rule-safety", "schema", "SAFETY_FLAG", "安全环保手续不齐", &[("SAFETY_FLAG", Set::Text("N"))]),
    invalid(
        "conditional-missing",
        "schema",
        "DELIST_REASON",
        "摘牌没有原因",
        &[
            ("BASE_STATE", Set::Int(2)),
            ("DELIST_DATE", Set::Text("2024-03-15")),
            ("DELIST_REASON", Set::Null),
        ],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "DELIST_DATE",
        "状态正常却有摘牌日期",
        &[("BASE_STATE", Set::Int(0)), ("DELIST_DATE", Set::Text("2024-03-15"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "RECTIFY_DATE",
        "整改没有期限",
        &[("BASE_STATE", Set::Int(1)), ("RECTIFY_DATE", Set::Null)],
    ),
    invalid(
        "text-too-many-bytes",
        "schema",
        "CAPABILITYCLOB",
        "中试能力超过 6000 字节",
        &[("CAPABILITYCLOB", Set::Repeat("可承担公斤级到吨级的中试放大。", 140))],
    ),
    invalid(
        "unknown-code",
        "codes",
        "BASE_KIND",
        "基地类型没有对照",
        &[("BASE_KIND", Set::Text("共享工厂"))],
    ),
    invalid("unknown-code", "codes", "BASE_STATE", "基地状态没有对照", &[("BASE_STATE", Set::Int(6))]),
    invalid(
        "abolished-region",
        "schema",
        "REGION_CODE",
        "已撤销的莱芜市代码",
        &[("REGION_CODE", Set::Text("371200"))],
    ),
    invalid(
        "child-title-missing",
        "schema",
        "equipment.EQ_NAME",
        "设备没有名称",
        &[("PILOT_BASE_EQUIP.EQ_NAME", Set::Null)],
    ),
    invalid(
        "year-only",
        "mapping",
        "APPROVED_DATE",
        "认定日期只有年份",
        &[("APPROVED_DATE", Set::Text("2022"))],
    ),
    held("status-null", "AUDITSTATE", "审核状态为空", &[("AUDITSTATE", Set::Null)]),
    held("status-unlisted", "AUDITSTATE", "审核状态不在清单内", &[("AUDITSTATE", Set::Int(5))]),
    filtered("not-approved", "AUDITSTATE", "审核不通过", &[("AUDITSTATE", Set::Int(2))]),
    filtered("disabled", "ISENABLE", "停用", &[("ISENABLE", Set::Int(0))]),
    filtered("soft-deleted", "IFDELETE", "已删除", &[("IFDELETE", Set::Int(1))]),
    refused(
        "outside-the-province",
        "ADDRESS",
        "地址在外省",
        &[("ADDRESS", Set::Text("江苏省南京市江宁区中试路1号"))],
    ),
    doubled("duplicate-approval", "批复文号与另一基地相同", &[("APPROVED_NO", Set::SameAs(2))]),
];
