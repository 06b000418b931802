//! 项目孵化: deleted by a time stamp.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, filtered, held, invalid, line, refused};
use super::words::{Day, person, phone};
use super::world::{CHAINS, World};

pub const SHELF: Shelf = Shelf {
    kind: "incubation",
    table: "qnn_park_incubation_list",
    key: &["id"],
    ddl: "CREATE TABLE qnn_park_incubation_list (
        id INTEGER PRIMARY KEY,
        project_name VARCHAR(200), enterprise_id INTEGER, enterprise_name VARCHAR(200), credit_code VARCHAR(18),
        cg_id INTEGER, carrier VARCHAR(200), carrier_type VARCHAR(20), carrier_level VARCHAR(20),
        field VARCHAR(30), chain VARCHAR(50), maturity VARCHAR(20), intro TEXT,
        leader VARCHAR(50), team_size INTEGER, entrepreneurship_tutor VARCHAR(50),
        entry_time VARCHAR(50), out_time VARCHAR(50),
        out_status INTEGER,        -- 0 在孵 1 毕业 2 退出 3 迁出
        out_to VARCHAR(100), area VARCHAR(50), square VARCHAR(20), jobs INTEGER,
        financing VARCHAR(30),     -- 带单位的文字
        revenue DECIMAL(14,2), ip_count INTEGER,
        liaison VARCHAR(50), liaison_tel VARCHAR(30),
        review VARCHAR(10),        -- verified、submitted、rejected、draft
        deleted_at DATETIME        -- 为空即有效
    )",
    good: 36,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("incubation", serial);
    let firm = world.company(120 + serial * 15).clone();
    let achievement = world.achievement(90 + serial * 21).clone();
    let chain = CHAINS[serial % CHAINS.len()];
    let left = serial % 5 == 3;
    let entry = Day::between(&mut dice, 2021, 2022);
    let (carrier, carrier_kind) = [
        ("淄博高新区创业服务中心", "孵化器"),
        ("张店创客空间", "众创空间"),
        ("山东理工大学国家大学科技园", "大学科技园"),
        ("临淄化工加速器", "加速器"),
    ][serial % 4];
    let team = dice.between(4, 30);
    line! {
        "id" => place.id,
        "project_name" => format!("{chain}成果产业化项目{:02}", serial + 1),
        "enterprise_id" => firm.id,
        "enterprise_name" => firm.name,
        "credit_code" => firm.code,
        "cg_id" => dice.chance(60).then_some(achievement.id),
        "carrier" => carrier,
        "carrier_type" => carrier_kind,
        "carrier_level" => dice.pick(&["国家级", "省级", "市级"]),
        "field" => dice.pick(&["新材料", "电子信息", "光机电一体化"]),
        "chain" => chain,
        "maturity" => dice.pick(&["小试", "中试", "小批量生产"]),
        "intro" => format!("<p>项目面向{chain}产业链，转化“{}”，已完成样机并开展用户验证。</p>", achievement.title),
        "leader" => person(&mut dice),
        "team_size" => team,
        "entrepreneurship_tutor" => person(&mut dice),
        "entry_time" => entry.wild(&mut dice),
        "out_time" => left.then(|| entry.years_later(2).wild(&mut dice)),
        "out_status" => i64::from(left),
        "out_to" => left.then_some("淄博市高新区产业园"),
        "area" => dice.pick(&["高新区", "张店区", "经开区", "370305"]),
        "square" => format!("{}.5", dice.between(60, 800)),
        "jobs" => team + dice.between(0, 40),
        "financing" => dice.pick(&["500万元", "1,200万元", "0.8亿元", "3000000元"]),
        "revenue" => dice.between(100, 3_000),
        "ip_count" => dice.between(1, 20),
        "liaison" => person(&mut dice),
        "liaison_tel" => phone(&mut dice),
        "review" => "verified",
        "deleted_at" => None::<&str>,
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-dates",
        "schema",
        "out_time",
        "离开早于入驻",
        &[
            ("out_status", Set::Int(1)),
            ("entry_time", Set::Text("2022-03-01")),
            ("out_time", Set::Text("2021.3.1")),
            ("out_to", Set::Text("张店区")),
        ],
    ),
    held("unit-times-10000", "financing", "融资额把万元写成亿元", &[("financing", Set::Text("500亿元"))]),
    invalid(
        "rule-jobs",
        "schema",
        "jobs",
        "就业人数比团队人数少",
        &[("team_size", Set::Int(12)), ("jobs", Set::Int(3))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "out_time",
        "已毕业没有离开日期",
        &[("out_status", Set::Int(1)), ("out_time", Set::Null), ("out_to", Set::Text("张店区"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "out_to",
        "在孵九年才毕业，也没有去向",
        &[
            ("out_status", Set::Int(1)),
            ("entry_time", Set::Text("2015-03-01")),
            ("out_time", Set::Text("2024-03-01")),
            ("out_to", Set::Null),
        ],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "out_time",
        "在孵却有离开日期",
        &[("out_status", Set::Int(0)), ("out_time", Set::Text("2024-03-01"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "credit_code",
        "有企业没有信用代码",
        &[("credit_code", Set::Null)],
    ),
    invalid("unknown-code", "codes", "out_status", "孵化状态没有对照", &[("out_status", Set::Int(8))]),
    invalid(
        "unknown-code",
        "codes",
        "carrier_type",
        "载体类型没有对照",
        &[("carrier_type", Set::Text("飞地"))],
    ),
    invalid(
        "range-price",
        "mapping",
        "financing",
        "融资额写成区间",
        &[("financing", Set::Text("500-800万元"))],
    ),
    invalid(
        "number-as-words",
        "mapping",
        "team_size",
        "团队人数写成“约10人”",
        &[("team_size", Set::Text("约10人"))],
    ),
    invalid("year-only", "mapping", "entry_time", "入驻时间只有年份", &[("entry_time", Set::Text("2022"))]),
    invalid(
        "text-too-short",
        "schema",
        "intro",
        "简介不足 20 字",
        &[("intro", Set::Text("<p>前景好。</p>"))],
    ),
    held(
        "parent-missing",
        "enterprise_id",
        "项目企业不在登记表里",
        &[("enterprise_id", Set::Int(9_999_999))],
    ),
    held("status-null", "review", "审核状态为空", &[("review", Set::Null)]),
    held("status-unlisted", "review", "审核状态不在清单内", &[("review", Set::Text("archived"))]),
    filtered("draft", "review", "草稿", &[("review", Set::Text("draft"))]),
    filtered("soft-deleted", "deleted_at", "已删除", &[("deleted_at", Set::Text("2024-02-01 09:00:00"))]),
    refused("leader-is-a-unit", "leader", "负责人填了公司", &[("leader", Set::Text("淄博示范科技有限公司"))]),
    refused(
        "title-cut-off",
        "project_name",
        "项目名称被截断",
        &[("project_name", Set::Text("面向先进陶瓷产业链的成果产业化…"))],
    ),
];
