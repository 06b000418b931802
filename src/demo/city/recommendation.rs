//! 山东好成果推荐: `good_result`, English snake case with words as states and text flags.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{Day, email, patent, person, phone};
use super::world::{CHAINS, World};

/// Recommended in 2023, and in the first half of 2024.
const IN_2023: usize = 32;
const IN_2024: usize = 33;
/// How many of those of 2024 were selected.
const SELECTED: usize = 4;

pub const SHELF: Shelf = Shelf {
    kind: "recommendation",
    table: "good_result",
    key: &["id"],
    ddl: "CREATE TABLE good_result (
        id INTEGER PRIMARY KEY,
        achievement_id INTEGER,
        title VARCHAR(200), owner_name VARCHAR(200), owner_uscc VARCHAR(18),
        apply_year INTEGER, half INTEGER,
        result_class VARCHAR(20),       -- 基础研究、技术攻关、重大应用
        recommend_unit VARCHAR(100), recommended_on DATE, completed_on DATE,
        leader VARCHAR(50), tech_field VARCHAR(30), chain VARCHAR(50), region VARCHAR(10),
        abstract_text TEXT, innovation TEXT, result_level VARCHAR(20),
        doi VARCHAR(200), patent_nos VARCHAR(300), sales_wan DECIMAL(16,4), users VARCHAR(500),
        city_state VARCHAR(20),         -- 征集、审核、已推荐、不推荐
        province_state VARCHAR(40),     -- 省里公布的结果
        selected_on DATE, selected_doc VARCHAR(200),
        secret_level VARCHAR(10),
        contact_name VARCHAR(50), contact_phone VARCHAR(30), contact_email VARCHAR(100),
        status VARCHAR(20),             -- PENDING、PASSED、ARCHIVED
        is_deleted VARCHAR(5),          -- true/false
        create_by VARCHAR(50), create_time DATETIME, update_time DATETIME
    );
    CREATE TABLE good_result_file (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        result_id INTEGER, file_name VARCHAR(200), file_url VARCHAR(500), file_size INTEGER
    )",
    good: IN_2023 + IN_2024,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("recommendation", serial);
    let in_2023 = serial < IN_2023;
    let year = if in_2023 { 2023 } else { 2024 };
    // A call takes what was completed in the two years before it.
    let (first, last) = (Day(year - 2, 12, 1), Day(year - 1, 12, 31));
    let fresh: Vec<_> =
        world.achievements.iter().filter(|one| first <= one.done && one.done <= last).collect();
    let chosen = if serial < 2 {
        world.achievements[serial].clone()
    } else {
        fresh[(serial * 3 + 7) % fresh.len()].clone()
    };
    let owner =
        world.firms.iter().find(|firm| firm.id == chosen.owner).unwrap_or_else(|| world.firm(0)).clone();
    let class = if serial < 2 {
        "重大应用"
    } else {
        ["技术攻关", "重大应用", "基础研究"][serial % 3]
    };
    let (province, announced) = match serial {
        0 => ("入选山东省十大科技创新成果", Some("2024-01-20")),
        1 => ("获山东省科技创新成果提名", Some("2024-01-20")),
        _ if in_2023 => ("未入选", None),
        _ if serial < IN_2023 + SELECTED => ("入选山东好成果", Some("2024-06-28")),
        _ => ("已推荐", None),
    };
    let main = line! {
        "id" => place.id,
        "achievement_id" => chosen.id,
        "title" => chosen.title.clone(),
        "owner_name" => owner.name,
        "owner_uscc" => owner.code,
        "apply_year" => year,
        "half" => (!in_2023).then_some(1),
        "result_class" => class,
        "recommend_unit" => "淄博市科学技术局",
        "recommended_on" => format!("{year}-05-{:02}", 10 + serial % 18),
        "completed_on" => Day(year - 1, chosen.done.1.max(6), chosen.done.2).iso(),
        "leader" => person(&mut dice),
        "tech_field" => ["新材料", "先进制造与自动化", "电子信息"][serial % 3],
        "chain" => CHAINS[owner.chain],
        "region" => owner.region,
        "abstract_text" => format!("该成果属于{}产业链，围绕{}完成研究、试验和应用验证。", CHAINS[owner.chain], chosen.title),
        "innovation" => format!("关键指标较国内同类提高{}%，获授权专利{}件。", dice.between(10, 60), dice.between(1, 20)),
        "result_level" => dice.pick(&["国际领先", "国际先进", "国内领先"]),
        "doi" => (class == "基础研究").then(|| format!("10.12345/zbcg.{year}.{:04}", serial + 1)),
        "patent_nos" => (class == "技术攻关").then(|| patent(12_000 + serial, '1')),
        "sales_wan" => (class == "重大应用").then(|| dice.between(800, 60_000)),
        "users" => (class == "重大应用").then_some("淄博市内三家规模以上企业"),
        "city_state" => "已推荐",
        "province_state" => province,
        "selected_on" => announced,
        "selected_doc" => announced.map(|_| "山东省科学技术厅公告"),
        "secret_level" => "公开",
        "contact_name" => person(&mut dice),
        "contact_phone" => phone(&mut dice),
        "contact_email" => email(&mut dice),
        "status" => "PASSED",
        "is_deleted" => "false",
        "create_by" => "admin",
        "create_time" => format!("{year}-04-{:02} 09:00:00", 1 + serial % 28),
        "update_time" => format!("{year}-05-{:02} 09:00:00", 1 + serial % 28),
    };
    let files = ["评价报告.pdf", "应用证明.pdf"].into_iter().enumerate().map(|(order, name)| {
        let file = line! {
            "result_id" => place.id,
            "file_name" => name,
            "file_url" => format!("https://files.example.com/hcg/{}/{order}.pdf", place.id),
            "file_size" => dice.between(80_000, 4_000_000),
        };
        ("good_result_file", file)
    });
    let children = files.collect();
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-two-years",
        "schema",
        "completed_on",
        "完成超过两年",
        &[("completed_on", Set::Text("2020-01-15"))],
    ),
    invalid(
        "rule-order",
        "schema",
        "recommended_on",
        "推荐早于完成",
        &[
            ("completed_on", Set::Text("2024-12-01")),
            ("recommended_on", Set::Text("2024-05-15")),
            ("apply_year", Set::Int(2024)),
        ],
    ),
    invalid(
        "rule-year",
        "schema",
        "apply_year",
        "征集年度与推荐日期不一致",
        &[("apply_year", Set::Int(2022)), ("completed_on", Set::Text("2023-06-01"))],
    ),
    invalid(
        "rule-city-state",
        "schema",
        "city_state",
        "市级审核没有完成",
        &[("city_state", Set::Text("审核"))],
    ),
    invalid("child-missing", "schema", "evidence", "没有证明材料", &[("good_result_file", Set::Children(0))]),
    invalid(
        "conditional-missing",
        "schema",
        "doi",
        "基础研究没有代表作",
        &[("result_class", Set::Text("基础研究")), ("doi", Set::Null)],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "sales_wan",
        "重大应用没有销售收入",
        &[
            ("result_class", Set::Text("重大应用")),
            ("sales_wan", Set::Null),
            ("users", Set::Text("三家企业")),
        ],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "patent_nos",
        "技术攻关没有专利",
        &[("result_class", Set::Text("技术攻关")), ("patent_nos", Set::Null)],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "selected_on",
        "入选没有公布日期",
        &[("province_state", Set::Text("入选山东好成果")), ("selected_on", Set::Null)],
    ),
    invalid(
        "unknown-code",
        "codes",
        "province_state",
        "省级结果没有对照",
        &[("province_state", Set::Text("待公布"))],
    ),
    invalid(
        "bad-url",
        "schema",
        "evidence.file_url",
        "附件是 Windows 路径",
        &[("good_result_file.file_url", Set::Text("D:/xdmd_environment/4/report.pdf"))],
    ),
    invalid(
        "impossible-date",
        "mapping",
        "recommended_on",
        "2 月 30 日",
        &[("recommended_on", Set::Text("2024-02-30"))],
    ),
    invalid(
        "publication-number",
        "mapping",
        "patent_nos",
        "填了公开号",
        &[("result_class", Set::Text("技术攻关")), ("patent_nos", Set::Text("CN112345678A"))],
    ),
    held("parent-missing", "achievement_id", "推荐的成果不存在", &[("achievement_id", Set::Int(9_999_999))]),
    held(
        "parent-invalid",
        "achievement_id",
        "推荐的成果本身不合格",
        &[("achievement_id", Set::InvalidAchievement)],
    ),
    held("status-null", "status", "状态为空", &[("status", Set::Null)]),
    held("status-unlisted", "status", "状态不在清单内", &[("status", Set::Text("RETURNED"))]),
    filtered("draft", "status", "未通过", &[("status", Set::Text("PENDING"))]),
    filtered("secret", "secret_level", "内部", &[("secret_level", Set::Text("内部"))]),
    filtered("soft-deleted", "is_deleted", "已删除", &[("is_deleted", Set::Text("true"))]),
    doubled(
        "reported-twice",
        "同一成果多头申报",
        &[
            ("achievement_id", Set::SameAs(5)),
            ("title", Set::SameAs(5)),
            ("owner_name", Set::SameAs(5)),
            ("owner_uscc", Set::SameAs(5)),
        ],
    ),
    refused(
        "attachment-type",
        "evidence.file_name",
        "证明材料是可执行文件",
        &[("good_result_file.file_name", Set::Text("材料.exe"))],
    ),
];
