//! 科技成果: `t_cg` and its completers `t_cg_wcr`, the shape that most domestic shops write.

use super::dice::Dice;
use super::listing::{Cell, Listing, Place, Shelf, line};
use super::province::DOUBTFUL_ACHIEVEMENTS;
use super::words::{Day, email, html, joined, patent, person, phone};
use super::world::{Achievement, CHAINS, DISTRICTS, World};

pub const SHELF: Shelf = Shelf {
    kind: "achievement",
    table: "t_cg",
    key: &["id"],
    ddl: "CREATE TABLE t_cg (
        id INTEGER PRIMARY KEY,  -- 主键
        cgbh VARCHAR(30),        -- 成果编号
        cgmc VARCHAR(255),       -- 成果名称
        cglb VARCHAR(20),        -- 成果类别
        cgsx INTEGER,            -- 成果属性 1 原创 2 引进 3 二次开发
        qsxz VARCHAR(10),        -- 权属性质
        qy_id INTEGER,           -- 持有单位 t_qyxx.id
        wcdw VARCHAR(200),       -- 持有单位名称
        xydm VARCHAR(20),        -- 持有单位信用代码
        cgnf INTEGER,            -- 成果年份
        wcrq VARCHAR(20),        -- 完成日期，写法不一
        cgjj TEXT,               -- 成果简介，富文本
        gjc VARCHAR(200),        -- 关键词，分隔符不一
        jsly VARCHAR(30),        -- 技术领域：新旧两种叫法
        hydm VARCHAR(10),        -- 国民经济行业
        xk VARCHAR(10),          -- 学科，仅基础理论成果
        cyl VARCHAR(100),        -- 产业链，多值
        csd VARCHAR(20),         -- 成熟度，五段
        cgsp VARCHAR(20),        -- 成果水平
        zhfs VARCHAR(100),       -- 转化方式，多值
        sfmy INTEGER,            -- 是否面议 1/0
        yxjg BIGINT,             -- 意向价格，元
        zscq VARCHAR(100),       -- 知识产权形式，多值
        zlh TEXT,                -- 专利号，多值；没有的写“无”
        zllx VARCHAR(20),        -- 专利类型
        sqrq VARCHAR(20),        -- 授权公告日
        hjqk VARCHAR(500),       -- 获奖情况
        yyqk TEXT,               -- 应用情况
        szq VARCHAR(50),         -- 所在区
        lxr VARCHAR(50), lxdh VARCHAR(30), lxyx VARCHAR(100),
        mj VARCHAR(10),          -- 密级：公开、内部、秘密
        shzt INTEGER,            -- 0 草稿 1 审核中 2 通过 3 退回 4 下架
        sfsc INTEGER,            -- 是否删除 0 否 1 是
        llcs INTEGER,            -- 浏览次数
        cjsj VARCHAR(20), gxsj VARCHAR(20)
    );
    CREATE TABLE t_cg_wcr (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        cg_id INTEGER,           -- t_cg.id
        px INTEGER,              -- 排序
        xm VARCHAR(50),          -- 姓名
        dw VARCHAR(200)          -- 所在单位
    );
    CREATE INDEX i_wcr ON t_cg_wcr (cg_id)",
    good: 1200,
    make,
    faults: super::achievement_faults::FAULTS,
};

/// Two field names of the time before 2016 beside the eight of today, as old rows have them.
const FIELDS: [&str; 11] = [
    "电子信息",
    "生物与新医药",
    "航空航天",
    "新材料",
    "高技术服务",
    "新能源与节能",
    "资源与环境",
    "先进制造与自动化",
    "先进制造及自动化",
    "光机电一体化",
    "新材料及应用",
];
const STAGES: [&str; 6] = ["研发阶段", "小试", "中试", "小批量生产", "产业化", "通过中试"];
const LEVELS: [&str; 6] = ["国际领先", "国际先进", "国内领先", "国内先进", "省内领先", "未评价"];
const MODES: [&str; 5] = ["技术转让", "技术许可", "作价入股", "合作开发", "自行转化"];
const INDUSTRIES: [&str; 8] = ["3849", "3491", "3073", "2651", "4011", "3591", "6513", "2720"];

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("achievement", serial);
    // Every fifth row is a result of the humanities; the rest are of natural science, from the units' own list.
    let outcome = (serial % 5 == 4).then(|| world.outcomes[serial / 5 % world.outcomes.len()].clone());
    let (title, unit) = match (serial, &outcome) {
        (0, _) => {
            ("10微米超薄氢燃料电池全氟质子膜".to_owned(), "山东东岳未来氢能材料股份有限公司".to_owned())
        }
        (1, _) => ("高精度协作机器人".to_owned(), "遨博(山东)智能机器人有限公司".to_owned()),
        (_, Some(outcome)) => (outcome.title.clone(), outcome.unit.clone()),
        (_, None) => (world.titles[serial].title.clone(), world.titles[serial].unit.clone()),
    };
    let firm = world.firm(if serial < 2 { serial } else { 2 + serial * 7 }).clone();
    let done = match &outcome {
        Some(outcome) => day_of(&outcome.finished_on).unwrap_or_else(|| Day::between(&mut dice, 2012, 2023)),
        None if serial < 2 => Day(2022, 10, 18),
        None => Day::between(&mut dice, 2019, 2023),
    };
    if place.good && !DOUBTFUL_ACHIEVEMENTS.contains(&serial) {
        world.achievements.push(Achievement { id: place.id, title: title.clone(), owner: firm.id, done });
    }
    let theory = outcome.is_none() && serial % 23 == 5;
    let field = FIELDS[if serial < 2 { [3, 7][serial] } else { dice.below(FIELDS.len()) }];
    let patented = outcome.is_none() && (serial < 2 || dice.chance(55));
    let invention = patented && (serial < 2 || dice.chance(65));
    let first_patent = serial * 4;
    let patents: Vec<String> = match patented {
        true => (0..1 + dice.below(3))
            .map(|more| patent(first_patent + more, if invention { '1' } else { '2' }))
            .collect(),
        false => Vec::new(),
    };
    let forms = match (&outcome, patented) {
        (Some(outcome), _) => outcome_forms(&outcome.form),
        (None, true) if invention => "发明专利、软件著作权",
        (None, true) => "实用新型",
        (None, false) => dice.pick(&["技术秘密", "软件著作权", "无"]),
    };
    let negotiable = dice.chance(35);
    let chains = [CHAINS[firm.chain], CHAINS[(firm.chain + 4) % CHAINS.len()]];
    let mode_count = 1 + dice.below(3);
    let modes = dice.some(&MODES, mode_count);
    let words: Vec<String> =
        title.chars().collect::<Vec<_>>().chunks(4).take(3).map(|part| part.iter().collect()).collect();
    let words: Vec<&str> = words
        .iter()
        .map(|word: &String| word.trim_matches(['“', '”', '：', '、', ' ', '，', '(', ')']))
        .collect();
    let percent = dice.between(8, 45);
    let summary = html(
        &mut dice,
        &[
            format!("“{title}”面向{}产业链的实际需求，由{}牵头完成。", chains[0], firm.name),
            format!(
                "经第三方检测，关键指标较同类技术提高{percent}%，连续运行{}小时无故障，已形成完整的技术文件。",
                percent * 60
            ),
        ],
    );
    let district =
        DISTRICTS.iter().find(|(_, code)| *code == firm.region).map_or("张店区", |(name, _)| *name);
    let main = line! {
        "id" => place.id,
        "cgbh" => format!("ZBCG{}{:05}", done.0, serial + 1),
        "cgmc" => if dice.chance(5) { format!("\u{feff}{title} ") } else { title.clone() },
        "cglb" => if theory { "基础理论" } else if outcome.is_some() { "软科学" } else { "应用技术" },
        "cgsx" => dice.between(1, 3),
        "qsxz" => dice.pick(&["职务", "职务", "职务", "共有"]),
        "qy_id" => firm.id,
        "wcdw" => firm.name,
        "xydm" => firm.code,
        "cgnf" => done.0,
        "wcrq" => done.wild(&mut dice),
        "cgjj" => summary,
        "gjc" => joined_words(&mut dice, &words),
        "jsly" => field,
        "hydm" => INDUSTRIES[dice.below(INDUSTRIES.len())],
        "xk" => if theory { "430" } else { "无" },
        "cyl" => if dice.chance(40) { joined(&mut dice, &chains) } else { chains[0].to_owned() },
        "csd" => if theory { "研发阶段" } else if serial < 2 { "产业化" } else { STAGES[dice.below(STAGES.len())] },
        "cgsp" => if serial < 2 { "国际领先" } else { LEVELS[dice.below(LEVELS.len())] },
        "zhfs" => joined(&mut dice, &modes),
        "sfmy" => i64::from(negotiable),
        "yxjg" => if negotiable { 0 } else { dice.between(5, 2_000) * 10_000 },
        "zscq" => forms,
        "zlh" => if patents.is_empty() { "无".to_owned() } else { joined_words(&mut dice, &patents.iter().map(String::as_str).collect::<Vec<_>>()) },
        "zllx" => match (patented, invention) { (true, true) => Some("发明"), (true, false) => Some("实用新型"), _ => None },
        "sqrq" => patented.then(|| Day::between(&mut dice, 2023, 2024).iso()),
        "hjqk" => (serial < 2).then_some(["2023年度山东省十大科技创新成果", "2023年度山东省科技创新成果提名"][serial.min(1)]),
        "yyqk" => format!("已在{}家企业应用，累计节约成本{}万元。", dice.between(1, 12), dice.between(20, 900)),
        "szq" => if dice.chance(40) { firm.region } else { district },
        "lxr" => person(&mut dice),
        "lxdh" => phone(&mut dice),
        "lxyx" => if dice.chance(60) { Some(email(&mut dice)) } else { None },
        "mj" => "公开",
        "shzt" => 2,
        "sfsc" => 0,
        "llcs" => dice.between(0, 9000),
        "cjsj" => Day::between(&mut dice, 2022, 2023).with_time(&mut dice),
        "gxsj" => Day::between(&mut dice, 2024, 2024).with_time(&mut dice),
    };
    let completers = (1..=dice.between(1, 4)).map(|order| {
        let unit = if order == 1 { unit.clone() } else { firm_name(&main.get("wcdw").cloned()) };
        ("t_cg_wcr", line! { "cg_id" => place.id, "px" => order, "xm" => person(&mut dice), "dw" => unit })
    });
    let children = completers.collect();
    Listing { main, children }
}

fn firm_name(cell: &Option<Cell>) -> String {
    cell.as_ref().map(Cell::to_string).unwrap_or_default()
}

/// What the humanities write as the form of a result, as forms of intellectual property.
fn outcome_forms(form: &str) -> &'static str {
    if form.contains("专著") || form.contains("论文") { "论文著作" } else { "未涉及知识产权" }
}

fn day_of(iso: &str) -> Option<Day> {
    let mut parts = iso.split('-').map(|part| part.parse::<i64>());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) if year >= 1990 => {
            Some(Day(year, month, day.min(28)))
        }
        _ => None,
    }
}

/// Joined without spaces, since a title's words may hold some themselves.
fn joined_words(dice: &mut Dice, words: &[&str]) -> String {
    let separator = dice.pick(&[",", "、", ";", "，"]);
    let mut unique: Vec<&str> = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if !unique.contains(&word) {
            unique.push(word);
        }
    }
    unique.join(separator)
}
