//! 路演对接: a ThinkPHP-style table with its states as numbers and its dates as text.

use super::dice::Dice;
use super::listing::{
    Fault, Line, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused,
};
use super::words::{Day, html, joined, person, phone};
use super::world::{CHAINS, World};

pub const SHELF: Shelf = Shelf {
    kind: "roadshow",
    table: "qnn_activity_list",
    key: &["id"],
    ddl: "CREATE TABLE qnn_activity_list (
        id INTEGER PRIMARY KEY,
        title VARCHAR(200),
        type INTEGER,              -- 1 路演 2 对接会 3 培训 4 推介会
        hold_mode VARCHAR(20),     -- 线下、线上、线上线下
        hold_time VARCHAR(50),     -- 文字型时间
        end_time VARCHAR(50),
        deadline VARCHAR(50),
        place VARCHAR(200),
        live_url VARCHAR(500),
        host VARCHAR(200), organizer VARCHAR(200),
        area VARCHAR(50),
        lingyu VARCHAR(200),       -- 技术领域，多值
        chain VARCHAR(100),
        intro VARCHAR(500),
        content TEXT,              -- 富文本
        max_number INTEGER, attend_number INTEGER,
        yixiang INTEGER,           -- 达成意向
        qianyue INTEGER,           -- 签约
        qianyue_je DECIMAL(14,2),  -- 签约金额，万元
        status INTEGER,            -- 0 草稿 1 报名中 2 已举办 3 已取消
        is_show INTEGER,           -- 1 是 2 否
        linkman VARCHAR(50), link_tel VARCHAR(30),
        hits INTEGER,
        create_time INTEGER        -- unix 秒
    );
    CREATE TABLE qnn_activity_item (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        activity_id INTEGER, sort INTEGER,
        name VARCHAR(200), cg_id INTEGER,
        speaker VARCHAR(50), minutes INTEGER, result VARCHAR(20)
    )",
    good: 30,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("roadshow", serial);
    let kind = [1, 2, 1, 4, 1, 3][serial % 6];
    let chain = CHAINS[serial % CHAINS.len()];
    let held_on = Day::between(&mut dice, 2023, 2023);
    let mode = dice.pick(&["线下", "线下", "线上", "线上线下"]);
    let (intents, signed) = (dice.between(1, 6), dice.between(0, 1));
    let name = ["路演", "校企对接会", "科技成果专场路演", "成果推介会", "项目路演", "技术经理人实务培训"]
        [serial % 6];
    let title = format!("{chain}产业链{name}（第{}期）", serial + 1);
    let main = line! {
        "id" => place.id,
        "title" => title.clone(),
        "type" => kind,
        "hold_mode" => mode,
        "hold_time" => format!("{} 09:00:00", held_on.iso()),
        "end_time" => format!("{} 17:00:00", held_on.iso()),
        "deadline" => Day(held_on.0, held_on.1, 1).iso(),
        "place" => (mode != "线上").then(|| format!("淄博市科技大市场{}号路演厅", dice.between(1, 4))),
        "live_url" => (mode != "线下").then(|| format!("https://live.example.com/room/{}", 1000 + serial)),
        "host" => "淄博市科学技术局",
        "organizer" => "山东鲁中技术市场服务中心",
        "area" => dice.pick(&["张店区", "高新区", "临淄区", "370321"]),
        "lingyu" => joined(&mut dice, &["新材料", "先进制造及自动化"]),
        "chain" => chain,
        "intro" => format!("围绕{chain}产业链，组织高校院所与企业面对面交流，现场发布成果并洽谈合作。"),
        "content" => html(&mut dice, &[format!("{title}将邀请{}位专家到场。", 3 + serial % 5), "欢迎企业报名。".to_owned()]),
        "max_number" => 120,
        "attend_number" => dice.between(40, 118),
        "yixiang" => intents,
        "qianyue" => signed,
        "qianyue_je" => (signed > 0).then(|| dice.between(30, 800)),
        "status" => 2,
        "is_show" => 1,
        "linkman" => person(&mut dice),
        "link_tel" => phone(&mut dice),
        "hits" => dice.between(0, 3000),
        "create_time" => held_on.unix() - 30 * 86_400,
    };
    let items = (1..=4_i64).map(|order| {
        let achievement = world.achievement(serial * 17 + usize::try_from(order).unwrap_or(1));
        let item = line! {
            "activity_id" => place.id,
            "sort" => order,
            "name" => achievement.title.clone(),
            "cg_id" => achievement.id,
            "speaker" => person(&mut dice),
            "minutes" => dice.pick(&[&10_i64, &15, &20]).to_owned(),
            "result" => dice.pick(&["未达成", "意向", "意向", "签约"]),
        };
        ("qnn_activity_item", item)
    });
    let children: Vec<(&'static str, Line)> = items.collect();
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid(
        "rule-dates",
        "schema",
        "end_time",
        "结束早于举办",
        &[("end_time", Set::Text("2022-01-01 17:00:00"))],
    ),
    invalid(
        "rule-deadline",
        "schema",
        "deadline",
        "报名截止晚于举办",
        &[("deadline", Set::Text("2024-12-31"))],
    ),
    invalid(
        "rule-signed",
        "schema",
        "qianyue",
        "签约多于意向",
        &[("yixiang", Set::Int(1)), ("qianyue", Set::Int(3)), ("qianyue_je", Set::Int(100))],
    ),
    invalid("rule-cancelled", "schema", "status", "已取消却有实到人数", &[("status", Set::Int(3))]),
    invalid(
        "conditional-missing",
        "schema",
        "qianyue_je",
        "有签约没有金额",
        &[("qianyue", Set::Int(1)), ("qianyue_je", Set::Null)],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "place",
        "线下活动没有地点",
        &[("hold_mode", Set::Text("线下")), ("place", Set::Null)],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "live_url",
        "线上活动没有链接",
        &[("hold_mode", Set::Text("线上")), ("live_url", Set::Null)],
    ),
    invalid(
        "child-missing",
        "schema",
        "items",
        "路演没有项目",
        &[("type", Set::Int(1)), ("qnn_activity_item", Set::Children(0))],
    ),
    invalid(
        "child-title-missing",
        "schema",
        "items.name",
        "路演项目没有名称",
        &[("qnn_activity_item.name", Set::Null)],
    ),
    invalid(
        "unknown-code-in-child",
        "codes",
        "items.result",
        "对接结果没有对照",
        &[("qnn_activity_item.result", Set::Text("再议"))],
    ),
    invalid("unknown-code", "codes", "type", "活动类型没有对照", &[("type", Set::Int(8))]),
    invalid(
        "impossible-date",
        "mapping",
        "hold_time",
        "6 月 31 日",
        &[("hold_time", Set::Text("2023-06-31 09:00:00"))],
    ),
    invalid("text-too-short", "schema", "intro", "简介不足 10 字", &[("intro", Set::Text("欢迎参加"))]),
    held(
        "parent-missing",
        "items.cg_id",
        "路演项目的成果不存在",
        &[("qnn_activity_item.cg_id", Set::Int(9_999_999))],
    ),
    held("status-null", "status", "状态为空", &[("status", Set::Null)]),
    held("status-unlisted", "status", "状态不在清单内", &[("status", Set::Int(7))]),
    filtered("draft", "status", "草稿", &[("status", Set::Int(0))]),
    filtered("hidden", "is_show", "不展示", &[("is_show", Set::Int(2))]),
    refused(
        "vague-place",
        "place",
        "地点只写了城市",
        &[("hold_mode", Set::Text("线下")), ("place", Set::Text("淄博市"))],
    ),
    doubled(
        "duplicate-event",
        "同名同日的活动",
        &[
            ("title", Set::SameAs(1)),
            ("hold_time", Set::SameAs(1)),
            ("end_time", Set::SameAs(1)),
            ("deadline", Set::SameAs(1)),
        ],
    ),
];
