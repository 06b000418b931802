//! 企业 / 单位: `t_qyxx`, two-letter pinyin, whole numbers as states, money as text with its unit.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, filtered, held, invalid, line, refused};
use super::province::DOUBTFUL_ENTERPRISE;
use super::words::{Day, email, html, joined, person, phone};
use super::world::{CHAINS, DISTRICTS, Firm, World, code_of};

pub const SHELF: Shelf = Shelf {
    kind: "enterprise",
    table: "t_qyxx",
    key: &["id"],
    ddl: "CREATE TABLE t_qyxx (
        id INTEGER PRIMARY KEY,  -- 主键
        qymc VARCHAR(200),       -- 企业名称
        tyshxydm VARCHAR(20),    -- 统一社会信用代码
        qylx INTEGER,            -- 1 企业 2 高校 3 院所 4 社会组织
        frdb VARCHAR(50),        -- 法定代表人
        zczb VARCHAR(50),        -- 注册资本，带单位的文字
        clrq VARCHAR(20),        -- 成立日期，写法不一
        yyqx_q VARCHAR(20),      -- 营业期限自
        yyqx_z VARCHAR(20),      -- 营业期限至，或“长期”
        jyfw TEXT,               -- 经营范围
        jyzt INTEGER,            -- 1 经营 2 歇业 3 注销 4 吊销 5 迁出
        szq VARCHAR(50),         -- 所在区：代码、区县名或功能区名
        dz VARCHAR(200),         -- 地址
        hydm VARCHAR(10),        -- 行业代码，有的带门类字母
        sscyl VARCHAR(200),      -- 所属产业链，多值
        qygm VARCHAR(10),        -- 企业规模：大、中、小、微
        sfgx INTEGER,            -- 是否高新 1/0
        gxzsbh VARCHAR(20),      -- 高新证书编号
        gxfzrq VARCHAR(20),      -- 高新发证日期
        sfkx VARCHAR(4),         -- 是否科小 是/否
        kxbh VARCHAR(30),        -- 科小入库编号
        zjtx VARCHAR(30),        -- 专精特新
        sfss INTEGER,            -- 是否上市 1 是 2 否
        ygs INTEGER,             -- 员工数
        yfrys INTEGER,           -- 研发人员数
        yysr DECIMAL(16,4),      -- 营业收入，万元
        yftr BIGINT,             -- 研发投入，元
        wz VARCHAR(200),         -- 网址
        qyjj TEXT,               -- 企业简介，富文本
        lxr VARCHAR(50), lxdh VARCHAR(30), lxyx VARCHAR(100),
        llcs INTEGER,            -- 浏览次数
        shzt INTEGER,            -- 0 待审 1 通过 2 驳回 3 草稿
        del_flag INTEGER,        -- 0 正常 1 已删
        cjsj INTEGER,            -- 创建时间,unix 秒
        gxsj VARCHAR(20)         -- 更新时间
    )",
    good: 640,
    make,
    faults: FAULTS,
};

const BRANDS: [&str; 48] = [
    "鲁瓷",
    "齐晟",
    "稷下",
    "淄川峰",
    "孝妇河",
    "昌国",
    "般阳",
    "金岭",
    "柳泉",
    "马踏湖",
    "泰薄",
    "鲁泰源",
    "凤凰山",
    "天鹤",
    "四宝山",
    "齐云",
    "峰源",
    "华岳",
    "恒信",
    "博瑞",
    "聚能",
    "瑞丰",
    "中科新",
    "国创",
    "启明",
    "远景达",
    "凯盛",
    "宏宇",
    "新华林",
    "金晶石",
    "蓝帆",
    "鸿泰",
    "卓创",
    "联合丰",
    "东方源",
    "嘉丰",
    "信诺",
    "正大科",
    "九州恒",
    "三维格",
    "兴鲁",
    "普瑞",
    "德信昌",
    "科汇",
    "荣昌达",
    "一诺",
    "朗达",
    "泉舜",
];

/// Trade, business scope, industry code and chain.
const TRADES: [(&str, &str, &str, usize); 16] = [
    ("氢能材料", "氢燃料电池零部件研发、制造;膜材料销售", "3849", 0),
    ("铝业", "铝合金压延加工;铝制品销售", "3252", 1),
    ("特种陶瓷", "特种陶瓷制品制造;氧化铝、氧化锆粉体销售", "3073", 2),
    ("高分子材料", "聚烯烃树脂及改性材料研发、制造、销售", "2651", 3),
    ("氟硅材料", "含氟、含硅高分子材料制造", "2653", 4),
    ("化工", "有机化学原料制造;专项化学用品制造", "2614", 15),
    ("锂电科技", "锂离子电池及电池材料制造、销售", "3841", 6),
    ("制药", "化学药品制剂制造;药品研发", "2720", 7),
    ("医疗器械", "第二类医疗器械生产、销售", "3581", 8),
    ("智能装备", "工业机器人制造;智能控制系统集成", "3491", 9),
    ("自动化", "工业自动控制系统装置制造", "4011", 10),
    ("机械", "泵及真空设备制造;机械零部件加工", "3441", 11),
    ("微电子", "集成电路设计与制造;电子元器件销售", "3973", 12),
    ("传感技术", "敏感元件及传感器制造", "3983", 14),
    ("环保科技", "环境保护专用设备制造;大气污染治理", "3591", 16),
    ("软件", "应用软件开发;信息系统集成服务", "6513", 18),
];

const REAL: [(&str, usize, &str, usize, bool); 6] = [
    ("山东东岳未来氢能材料股份有限公司", 5, "3849", 0, true),
    ("遨博(山东)智能机器人有限公司", 0, "3491", 10, true),
    ("山东鲁中技术市场服务中心", 0, "7530", 9, false),
    ("山东理工大学", 0, "8341", 9, false),
    ("淄博职业学院", 0, "8341", 11, false),
    ("齐鲁医药学院", 0, "8341", 7, false),
];

fn make(world: &mut World, place: Place) -> Listing {
    let mut dice = Dice::new("enterprise", place.serial);
    let serial = place.serial;
    let (name, district, industry, chain, is_firm, scope) = match REAL.get(serial) {
        Some(&(name, district, industry, chain, is_firm)) => {
            (name.to_owned(), district, industry, chain, is_firm, "技术研发、技术服务、技术转让、技术咨询")
        }
        None => {
            let brand = BRANDS[serial % BRANDS.len()];
            let (trade, scope, industry, chain) = TRADES[serial / BRANDS.len() % TRADES.len()];
            let (head, tail) = match serial % 3 {
                0 => ("山东", "股份有限公司"),
                1 => ("淄博", "有限公司"),
                _ => ("山东", "科技有限公司"),
            };
            (format!("{head}{brand}{trade}{tail}"), dice.below(DISTRICTS.len()), industry, chain, true, scope)
        }
    };
    let (district, region) = DISTRICTS[district];
    let code = code_of(serial + 1, is_firm, region);
    if place.good && serial != DOUBTFUL_ENTERPRISE {
        world.firms.push(Firm {
            id: place.id,
            name: name.clone(),
            code: code.clone(),
            region,
            chain,
            is_firm,
        });
    }
    let founded = Day::between(&mut dice, 1996, 2020);
    let employees = dice.between(12, 900);
    let revenue = dice.between(300, 90_000);
    let high_tech = is_firm && dice.chance(40);
    let small = is_firm && dice.chance(45);
    let certified = Day::between(&mut dice, 2021, 2023);
    let written_district = match (region, dice.below(6)) {
        ("370303", 0) => "高新区".to_owned(),
        ("370303", 1) => "经开区".to_owned(),
        ("370306", 0) => "文昌湖区".to_owned(),
        (_, 2) => format!("山东省·淄博市·{district}"),
        (_, 3 | 4) => region.to_owned(),
        _ => district.to_owned(),
    };
    let capital = match (dice.below(4), dice.between(5, 300) * 100) {
        (0, wan) => format!("{wan}万元"),
        (1, wan) => format!("{},{:03}万元", wan / 1000 + 1, wan % 1000),
        (2, wan) => format!("{}.{}亿元", wan / 10_000 + 1, wan / 1000 % 10),
        (_, wan) => format!("{wan}0000元"),
    };
    let chains = [CHAINS[chain], CHAINS[(chain + 7) % CHAINS.len()]];
    let shown_chains = if dice.chance(30) { joined(&mut dice, &chains) } else { chains[0].to_owned() };
    let intro = html(
        &mut dice,
        &[
            format!("{name}成立于{}年,位于{district},现有职工{employees}人。", founded.0),
            format!(
                "主要从事{}&nbsp;等业务,产品用于{}产业链。",
                scope.split(';').next().unwrap_or(scope),
                chains[0]
            ),
        ],
    );
    line! {
        "id" => place.id,
        "qymc" => if dice.chance(8) { format!(" {name}\u{3000}") } else { name },
        "tyshxydm" => if dice.chance(5) { code.to_lowercase() } else { code },
        "qylx" => if is_firm { 1 } else if serial == 2 { 4 } else { 2 },
        "frdb" => person(&mut dice),
        "zczb" => capital,
        "clrq" => founded.wild(&mut dice),
        "yyqx_q" => founded.iso(),
        "yyqx_z" => if dice.chance(60) { "长期".to_owned() } else { founded.years_later(30).iso() },
        "jyfw" => scope,
        "jyzt" => 1,
        "szq" => written_district,
        "dz" => format!("山东省淄博市{district}创业路{}号", dice.between(1, 300)),
        "hydm" => if dice.chance(30) && industry < "50" { format!("C{industry}") } else { industry.to_owned() },
        "sscyl" => shown_chains,
        "qygm" => if employees > 300 { "中" } else if employees > 20 { "小" } else { "微" },
        "sfgx" => i64::from(high_tech),
        "gxzsbh" => high_tech.then(|| format!("GR{}37{:06}", certified.0, 1000 + serial)),
        "gxfzrq" => high_tech.then(|| certified.iso()),
        "sfkx" => if small { "是" } else { "否" },
        "kxbh" => small.then(|| format!("2024{region}08{:06}", serial + 1)),
        "zjtx" => dice.pick(&["", "", "", "创新型", "专精特新", "小巨人", "无"]),
        "sfss" => if dice.chance(3) { 1 } else { 2 },
        "ygs" => employees,
        "yfrys" => employees / 5,
        "yysr" => revenue,
        "yftr" => revenue * 10_000 / dice.between(12, 40),
        "wz" => dice.chance(50).then(|| format!("http://www.kj{serial}.example.com")),
        "qyjj" => intro,
        "lxr" => person(&mut dice),
        "lxdh" => phone(&mut dice),
        "lxyx" => if dice.chance(70) { Some(email(&mut dice)) } else { None },
        "llcs" => dice.between(0, 5000),
        "shzt" => 1,
        "del_flag" => 0,
        "cjsj" => Day::between(&mut dice, 2021, 2023).unix(),
        "gxsj" => Day::between(&mut dice, 2024, 2024).with_time(&mut dice),
    }
    .into()
}

/// Thirty-odd faults as they stand in real registers.
const FAULTS: &[Fault] = &[
    invalid(
        "uscc-check",
        "schema",
        "tyshxydm",
        "信用代码校验位错",
        &[("tyshxydm", Set::Text("91370303MADE99990B"))],
    ),
    invalid(
        "uscc-placeholder",
        "schema",
        "tyshxydm",
        "信用代码是占位值",
        &[("tyshxydm", Set::Text("91110000000000000X"))],
    ),
    invalid(
        "uscc-old-number",
        "schema",
        "tyshxydm",
        "填了 15 位工商注册号",
        &[("tyshxydm", Set::Text("370300228001234"))],
    ),
    invalid("uscc-missing", "schema", "tyshxydm", "信用代码为空", &[("tyshxydm", Set::Null)]),
    invalid("title-missing", "schema", "qymc", "单位名称为空", &[("qymc", Set::Null)]),
    invalid(
        "title-too-long",
        "schema",
        "qymc",
        "单位名称超过 100 字",
        &[("qymc", Set::Repeat("超长名称", 26))],
    ),
    invalid(
        "text-too-many-bytes",
        "schema",
        "jyfw",
        "经营范围超过 6000 字节",
        &[("jyfw", Set::Repeat("技术开发与技术服务;", 230))],
    ),
    invalid("unknown-code", "codes", "qylx", "单位性质没有对照", &[("qylx", Set::Int(7))]),
    invalid("unknown-word", "codes", "zjtx", "专精特新级别没有对照", &[("zjtx", Set::Text("瞪羚"))]),
    invalid("abolished-region", "schema", "szq", "已撤销的莱芜市代码", &[("szq", Set::Text("371200"))]),
    invalid("unknown-region", "codes", "szq", "不存在的区县", &[("szq", Set::Text("淄东区"))]),
    invalid("unknown-industry", "codes", "hydm", "不存在的行业代码", &[("hydm", Set::Text("9998"))]),
    invalid("impossible-date", "mapping", "clrq", "2 月 30 日", &[("clrq", Set::Text("2013-02-30"))]),
    invalid("year-only", "mapping", "clrq", "成立日期只有年份", &[("clrq", Set::Text("2013"))]),
    invalid(
        "end-before-start",
        "schema",
        "yyqx_z",
        "营业期限止早于起",
        &[("yyqx_q", Set::Text("2015-03-12")), ("yyqx_z", Set::Text("2005-03-11"))],
    ),
    invalid("rule-closed", "schema", "jyzt", "已注销仍在发布", &[("jyzt", Set::Int(3))]),
    invalid("rule-revoked", "schema", "jyzt", "已吊销仍在发布", &[("jyzt", Set::Int(4))]),
    invalid(
        "rule-rd-staff",
        "schema",
        "yfrys",
        "研发人员多于职工",
        &[("ygs", Set::Int(30)), ("yfrys", Set::Int(300))],
    ),
    invalid("number-as-words", "mapping", "ygs", "人数写成“约30”", &[("ygs", Set::Text("约30"))]),
    invalid("range-price", "mapping", "zczb", "注册资本写成区间", &[("zczb", Set::Text("500-1000万元"))]),
    invalid(
        "conditional-missing",
        "schema",
        "gxzsbh",
        "高新企业没有证书编号",
        &[("sfgx", Set::Int(1)), ("gxzsbh", Set::Null)],
    ),
    invalid(
        "bad-pattern",
        "schema",
        "gxzsbh",
        "高新证书编号少一位",
        &[("sfgx", Set::Int(1)), ("gxzsbh", Set::Text("GR20233700123"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "kxbh",
        "科小企业没有入库编号",
        &[("sfkx", Set::Text("是")), ("kxbh", Set::Null)],
    ),
    invalid("bad-bool", "mapping", "sfkx", "是否科小填了“不详”", &[("sfkx", Set::Text("不详"))]),
    invalid("phone-filler", "schema", "lxdh", "电话全是 1", &[("lxdh", Set::Text("11111111111"))]),
    invalid("phone-too-short", "mapping", "lxdh", "手机号少一位", &[("lxdh", Set::Text("1990533123"))]),
    invalid("email-without-at", "schema", "lxyx", "邮箱没有 @", &[("lxyx", Set::Text("lxr.example.com"))]),
    invalid("contact-empty", "schema", "lxr", "联系人为空", &[("lxr", Set::Null)]),
    invalid(
        "list-too-long",
        "schema",
        "sscyl",
        "产业链六条",
        &[("sscyl", Set::Text("氢能、锂电池、机器人、传感器、新医药、聚烯烃"))],
    ),
    invalid("bad-url", "schema", "wz", "网址没有协议", &[("wz", Set::Text("www.kj.example.com"))]),
    invalid("negative-number", "schema", "yysr", "营业收入为负", &[("yysr", Set::Int(-300))]),
    held("status-null", "shzt", "审核状态为空", &[("shzt", Set::Null)]),
    held("status-unlisted", "shzt", "审核状态不在清单内", &[("shzt", Set::Int(9))]),
    held("flag-null", "del_flag", "删除标记为空", &[("del_flag", Set::Null)]),
    filtered("draft", "shzt", "草稿", &[("shzt", Set::Int(3))]),
    filtered("returned", "shzt", "市里已驳回", &[("shzt", Set::Int(2))]),
    filtered("soft-deleted", "del_flag", "已删除", &[("del_flag", Set::Int(1))]),
    filtered(
        "soft-deleted",
        "del_flag",
        "已删除且信用代码错",
        &[("del_flag", Set::Int(1)), ("tyshxydm", Set::Text("91370303MADE99990B"))],
    ),
    refused(
        "other-registry",
        "tyshxydm",
        "农业部门发的信用代码",
        &[("tyshxydm", Set::Text("N1370303MADE900453"))],
    ),
    refused(
        "founded-in-the-future",
        "clrq",
        "成立日期在将来",
        &[("clrq", Set::Text("2099-05-01")), ("yyqx_q", Set::Null), ("yyqx_z", Set::Null)],
    ),
];
