//! 科技专员 with their log of visits.

use super::dice::Dice;
use super::listing::{Fault, Line, Listing, Place, Set, Shelf, filtered, held, invalid, line, refused};
use super::words::{Day, email, joined, mobile, person, person_number};
use super::world::{CHAINS, World};

/// The letter's counts over all twelve: experts met, matches, intents.
const VISITS: i64 = 126;
const MATCHES: i64 = 73;
const INTENTS: i64 = 11;
const COMMISSIONERS: i64 = 12;

pub const SHELF: Shelf = Shelf {
    kind: "commissioner",
    table: "kjzy",
    key: &["id"],
    ddl: "CREATE TABLE kjzy (
        id INTEGER PRIMARY KEY,
        xm VARCHAR(50), xb VARCHAR(4), sj VARCHAR(30), yx VARCHAR(100),
        ydw VARCHAR(200), yzw VARCHAR(50), ydwszq VARCHAR(50), xw VARCHAR(20),
        pzgx VARCHAR(200), pzbm VARCHAR(100),
        sfsn CHAR(1),              -- 是否省内 Y/N
        gxszq VARCHAR(10), xpwh VARCHAR(50),
        kssj VARCHAR(20), jssj VARCHAR(20), tqsj VARCHAR(20),
        zt INTEGER,                -- 1 在岗 2 期满 3 提前结束
        lxly VARCHAR(200), cyl VARCHAR(200),
        tjnd INTEGER, djrc INTEGER, jzdj INTEGER, dcyx INTEGER, qys INTEGER,
        gzqk TEXT, sfyx INTEGER    -- 是否有效 1/0
    );
    CREATE TABLE kjzy_rz (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        zy_id INTEGER, rq VARCHAR(20), zj VARCHAR(50), zjdw VARCHAR(200), qy VARCHAR(200), nr VARCHAR(200), jg VARCHAR(20)
    )",
    good: 12,
    make,
    faults: FAULTS,
};

/// University, and its city's code if it lies in the province.
const POSTS: [(&str, Option<&str>); 12] = [
    ("山东大学", Some("370100")),
    ("中国海洋大学", Some("370200")),
    ("济南大学", Some("370100")),
    ("青岛科技大学", Some("370200")),
    ("烟台大学", Some("370600")),
    ("天津大学", None),
    ("大连理工大学", None),
    ("北京交通大学", None),
    ("华中科技大学", None),
    ("上海交通大学", None),
    ("哈尔滨工业大学", None),
    ("东南大学", None),
];

/// Of `sum` things among twelve, how many are the share of number `serial`.
fn share(sum: i64, serial: usize) -> i64 {
    let serial = i64::try_from(serial).unwrap_or(0) % COMMISSIONERS;
    sum / COMMISSIONERS + i64::from(serial < sum % COMMISSIONERS)
}

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("commissioner", serial);
    let (university, region) = POSTS[serial % POSTS.len()];
    let (visits, matches, intents) = (share(VISITS, serial), share(MATCHES, serial), share(INTENTS, serial));
    let chain = CHAINS[serial % CHAINS.len()];
    let main = line! {
        "id" => place.id,
        "xm" => person_number(3_000 + serial),
        "xb" => dice.pick(&["男", "女"]),
        "sj" => mobile(&mut dice),
        "yx" => Some(email(&mut dice)),
        "ydw" => dice.pick(&["淄博市科学技术局", "张店区科学技术局", "桓台县科学技术局", "淄博市人才工作促进中心"]),
        "yzw" => dice.pick(&["科长", "主任科员", "副主任"]),
        "ydwszq" => dice.pick(&["张店区", "370303", "桓台县"]),
        "xw" => dice.pick(&["硕士", "本科"]),
        "pzgx" => university,
        "pzbm" => "科技成果转化中心",
        "sfsn" => if region.is_some() { "Y" } else { "N" },
        "gxszq" => region,
        "xpwh" => "淄科字〔2023〕15号",
        "kssj" => "2023-06-01",
        "jssj" => "2024-05-31",
        "tqsj" => None::<&str>,
        "zt" => 1,
        "lxly" => joined(&mut dice, &["新材料", "新能源与节能"]),
        "cyl" => chain,
        "tjnd" => 2023,
        "djrc" => visits,
        "jzdj" => matches,
        "dcyx" => intents,
        "qys" => 0,
        "gzqk" => format!("对接{university}专家{visits}人次，组织校企精准对接{matches}次，达成意向{intents}项。"),
        "sfyx" => 1,
    };
    let visits = (0..visits).map(|number| {
        let line = line! {
            "zy_id" => place.id,
            "rq" => Day(2023, 6 + number % 7, 1 + number * 2).iso(),
            "zj" => person(&mut dice),
            "zjdw" => university,
            "qy" => world.company(serial * 19 + usize::try_from(number).unwrap_or(0)).name.clone(),
            "nr" => format!("{chain}产业链技术交流"),
            "jg" => if number < intents { "意向" } else { "未达成" },
        };
        ("kjzy_rz", line)
    });
    let children: Vec<(&'static str, Line)> = visits.collect();
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid("rule-term", "schema", "jssj", "派驻结束早于开始", &[("jssj", Set::Text("2022-05-31"))]),
    invalid("rule-funnel", "schema", "dcyx", "意向多于对接", &[("dcyx", Set::Int(40))]),
    invalid(
        "rule-visits",
        "schema",
        "djrc",
        "人次少于所列活动",
        &[("djrc", Set::Int(1)), ("jzdj", Set::Int(1)), ("dcyx", Set::Int(1))],
    ),
    invalid(
        "rule-ended",
        "schema",
        "tqsj",
        "提前结束不在派驻期内",
        &[("zt", Set::Int(3)), ("tqsj", Set::Text("2025-01-01"))],
    ),
    invalid("conditional-missing", "schema", "tqsj", "提前结束没有日期", &[("zt", Set::Int(3))]),
    invalid(
        "conditional-missing",
        "schema",
        "gxszq",
        "省内高校没有地区",
        &[("sfsn", Set::Text("Y")), ("gxszq", Set::Null)],
    ),
    invalid(
        "child-title-missing",
        "schema",
        "visits.zj",
        "对接活动没有专家姓名",
        &[("kjzy_rz.zj", Set::Null)],
    ),
    invalid(
        "unknown-code-in-child",
        "codes",
        "visits.jg",
        "对接结果没有对照",
        &[("kjzy_rz.jg", Set::Text("再议"))],
    ),
    invalid("bad-bool", "mapping", "sfsn", "是否省内填了“省内”", &[("sfsn", Set::Text("省内"))]),
    invalid("count-missing", "schema", "jzdj", "没有对接次数", &[("jzdj", Set::Null)]),
    held("flag-null", "sfyx", "是否有效为空", &[("sfyx", Set::Null)]),
    filtered("invalidated", "sfyx", "无效", &[("sfyx", Set::Int(0))]),
    refused(
        "visit-outside-posting",
        "visits.rq",
        "对接日期不在派驻期内",
        &[("kjzy_rz.rq", Set::Text("2022-01-05"))],
    ),
];
