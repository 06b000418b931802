//! 展厅: a table with whole pinyin words and a hyphen in a column's name.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{person, phone};
use super::world::{CHAINS, World};

pub const SHELF: Shelf = Shelf {
    kind: "exhibitor",
    table: "zhanting_buzhan",
    key: &["id"],
    ddl: "CREATE TABLE zhanting_buzhan (
        id INTEGER PRIMARY KEY,
        danwei VARCHAR(200), qiye_id INTEGER, xydm VARCHAR(20),
        leixing VARCHAR(20),           -- 企业、创新平台
        pingtai VARCHAR(200), pingtai_jibie VARCHAR(20),
        lingyu VARCHAR(30), lian VARCHAR(50), diqu VARCHAR(50), niandu INTEGER,
        [research-content] TEXT,       -- 单位简介；列名里有连字符
        ting VARCHAR(20), zhanwei VARCHAR(10), mianji DECIMAL(8,2), dianli DECIMAL(8,2),
        kaishi VARCHAR(20), jieshu VARCHAR(20),
        buzhan_zt INTEGER,             -- 1 征集 2 已布展 3 已撤展
        chezhan VARCHAR(20),
        wangzhi VARCHAR(200), miji VARCHAR(10),
        lianxiren VARCHAR(50), dianhua VARCHAR(30),
        zhuangtai INTEGER,             -- 0 停用 1 有效
        shanchu CHAR(1)                -- n/y
    );
    CREATE TABLE zhanpin (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        buzhan_id INTEGER, xuhao INTEGER, mingcheng VARCHAR(200), cg_id INTEGER,
        jieshao VARCHAR(500), tupian VARCHAR(500), xingshi VARCHAR(10)
    )",
    good: 44,
    make,
    faults: FAULTS,
};

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("exhibitor", serial);
    let firm = if serial < 2 { world.firm(serial).clone() } else { world.company(7 + serial * 9).clone() };
    let platform = serial % 4 == 3;
    let chain = CHAINS[firm.chain];
    let main = line! {
        "id" => place.id,
        "danwei" => firm.name.clone(),
        "qiye_id" => firm.id,
        "xydm" => firm.code,
        "leixing" => if platform { "创新平台" } else { "企业" },
        "pingtai" => platform.then(|| format!("淄博市{chain}工程技术研究中心")),
        "pingtai_jibie" => platform.then_some("市级"),
        "lingyu" => dice.pick(&["新材料", "先进制造及自动化", "电子信息", "新能源与节能"]),
        "lian" => chain,
        "diqu" => firm.region,
        "niandu" => 2024,
        "research-content" => format!("<p>{}深耕{chain}领域{}年，拥有有效专利{}件。</p>", firm.name, dice.between(4, 20), dice.between(3, 90)),
        "ting" => "科技大市场展厅",
        "zhanwei" => format!("{}-{}", ["A", "B", "C"][serial % 3], serial + 1),
        "mianji" => 9,
        "dianli" => 2.5,
        "kaishi" => "2024-05-18",
        "jieshu" => "2025-05-17",
        "buzhan_zt" => 2,
        "chezhan" => None::<&str>,
        "wangzhi" => Some(format!("http://www.kj{serial}.example.com")),
        "miji" => "公开",
        "lianxiren" => person(&mut dice),
        "dianhua" => phone(&mut dice),
        "zhuangtai" => 1,
        "shanchu" => "n",
    };
    let children = (1..=dice.between(1, 3))
        .map(|order| {
            // The two firms of the letter show the results for which they are known.
            let number = if serial < 2 && order == 1 { serial } else { 30 + serial * 5 + usize::try_from(order).unwrap_or(1) };
            let shown = world.achievement(number);
            let item = line! {
                "buzhan_id" => place.id,
                "xuhao" => order,
                "mingcheng" => shown.title.clone(),
                "cg_id" => shown.id,
                "jieshao" => format!("{}的样机与检测数据，关键指标达到{}级。", shown.title, dice.between(7, 9)),
                "tupian" => format!("https://img.example.com/zhanpin/{}-{order}.jpg", place.id),
                "xingshi" => dice.pick(&["实物", "模型", "展板", "视频"]),
            };
            ("zhanpin", item)
        })
        .collect();
    Listing { main, children }
}

const FAULTS: &[Fault] = &[
    invalid("child-missing", "schema", "exhibits", "没有展品", &[("zhanpin", Set::Children(0))]),
    invalid("child-list-too-long", "schema", "exhibits", "展品二十一件", &[("zhanpin", Set::Children(21))]),
    invalid(
        "end-before-start",
        "schema",
        "jieshu",
        "展期结束早于开始",
        &[("jieshu", Set::Text("2024-01-01"))],
    ),
    invalid(
        "rule-removed",
        "schema",
        "chezhan",
        "撤展早于展期",
        &[("buzhan_zt", Set::Int(3)), ("chezhan", Set::Text("2024-01-01"))],
    ),
    invalid("conditional-missing", "schema", "chezhan", "已撤展没有日期", &[("buzhan_zt", Set::Int(3))]),
    invalid(
        "conditional-missing",
        "schema",
        "pingtai",
        "创新平台没有名称",
        &[("leixing", Set::Text("创新平台")), ("pingtai", Set::Null), ("pingtai_jibie", Set::Text("市级"))],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "pingtai",
        "企业却填了平台名称",
        &[("leixing", Set::Text("企业")), ("pingtai", Set::Text("市级工程技术研究中心"))],
    ),
    invalid("bad-pattern", "schema", "zhanwei", "展位号格式不对", &[("zhanwei", Set::Text("A区12号"))]),
    invalid(
        "child-text-too-long",
        "schema",
        "exhibits.jieshao",
        "展品简介超过 300 字",
        &[("zhanpin.jieshao", Set::Repeat("关键指标达到国际先进水平。", 30))],
    ),
    invalid(
        "text-too-many-bytes",
        "schema",
        "research-content",
        "单位简介超过 3000 字节",
        &[("research-content", Set::Repeat("深耕本领域二十年。", 130))],
    ),
    invalid(
        "bad-url",
        "schema",
        "exhibits.tupian",
        "图片是 Windows 路径",
        &[("zhanpin.tupian", Set::Text("D:/upload/zhanpin/1.jpg"))],
    ),
    invalid("uscc-check", "schema", "xydm", "信用代码校验位错", &[("xydm", Set::Text("91370303MADE99990B"))]),
    invalid("phone-filler", "schema", "dianhua", "电话全是 0", &[("dianhua", Set::Text("00000000000"))]),
    held(
        "parent-missing",
        "exhibits.cg_id",
        "展品对应的成果不存在",
        &[("zhanpin.cg_id", Set::Int(9_999_999))],
    ),
    held("parent-invalid", "qiye_id", "布展企业本身不合格", &[("qiye_id", Set::InvalidEnterprise)]),
    held("status-null", "zhuangtai", "状态为空", &[("zhuangtai", Set::Null)]),
    filtered("disabled", "zhuangtai", "停用", &[("zhuangtai", Set::Int(0))]),
    filtered("secret", "miji", "内部", &[("miji", Set::Text("内部"))]),
    filtered("soft-deleted", "shanchu", "已删除", &[("shanchu", Set::Text("y"))]),
    refused("too-many-exhibits", "exhibits", "展品九件", &[("zhanpin", Set::Children(9))]),
    doubled(
        "duplicate-exhibitor",
        "同一单位同一年布展两次",
        &[("danwei", Set::SameAs(4)), ("qiye_id", Set::SameAs(4)), ("xydm", Set::SameAs(4))],
    ),
];
