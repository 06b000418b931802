//! 技术需求: `jishuxuqiu`, whole pinyin words and two levels of review, after the provincial collecting forms.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, doubled, filtered, held, invalid, line, refused};
use super::words::{Day, email, person, phone};
use super::world::World;

pub const SHELF: Shelf = Shelf {
    kind: "demand",
    table: "jishuxuqiu",
    key: &["id"],
    ddl: "CREATE TABLE jishuxuqiu (
        id INTEGER PRIMARY KEY,
        demandname VARCHAR(255),         -- 需求名称
        qiye_id INTEGER,                 -- t_qyxx.id
        institutionname VARCHAR(200),    -- 单位名称
        institutionnumber VARCHAR(20),   -- 信用代码
        jigoushuxing VARCHAR(20),        -- 机构属性：企业、高等院校、研究机构、其他
        guikouguanlibumen VARCHAR(50),   -- 归口管理部门
        suozaidiyu VARCHAR(50),          -- 所在地域
        startyear INTEGER, endyear INTEGER,
        youxiaoqi VARCHAR(20),           -- 有效期，或“长期”
        zhuyaowenti TEXT, jishuguanjian TEXT, yuqimubiao TEXT, jishuzhibiao TEXT, xianyoujichu TEXT,
        xuqiuleixing VARCHAR(20),        -- 需求类型
        guanjianzi VARCHAR(200),         -- 关键字，空格隔开
        kejihuodongleixing VARCHAR(40),  -- 科技活动类型
        xuekefenlei VARCHAR(20),         -- 学科，不适用写“无”
        xuqiujishusuoshulingyu VARCHAR(100),
        xuqiujishuyingyonghangye VARCHAR(20),
        nitouruzijinzonge VARCHAR(30),   -- 拟投入资金总额：本表为万元
        yixiangjiage VARCHAR(30),        -- 意向价格：数字为万元，或带单位，或“面议”
        jishuxuqiujiejuefangfa VARCHAR(20),
        hezuoyixiangdanwei VARCHAR(200),
        laiyuan VARCHAR(30),
        miji VARCHAR(10),
        contact VARCHAR(50), contactnumber VARCHAR(30), contactnumber2 VARCHAR(30), email VARCHAR(100), URL VARCHAR(200),
        shenhexs INTEGER,                -- 县市审核 0 提交 1 通过 2 退回 3 草稿
        shenhebm INTEGER,                -- 部门审核 0 提交 1 通过 2 退回 3 草稿
        dlt INTEGER,                     -- 0 正常 1 删除
        createtime INTEGER, updatetime INTEGER  -- unix 秒
    )",
    good: 10,
    make,
    faults: FAULTS,
};

/// Title, key technology, indicator, keywords, field, industry.
const DEMANDS: [(&str, &str, &str, &str, &str, &str); 10] = [
    (
        "大尺寸氧化锆陶瓷背板低翘曲烧结技术",
        "降低大尺寸坯体在烧结中的翘曲",
        "150毫米以上坯体翘曲度不大于0.05毫米",
        "氧化锆 陶瓷 烧结",
        "新材料",
        "3073",
    ),
    (
        "燃料电池质子膜连续化涂布在线检测技术",
        "涂布厚度与针孔的在线识别",
        "检测速度不低于20米/分，针孔漏检率低于0.1%",
        "质子膜 涂布 在线检测",
        "新能源与节能",
        "3849",
    ),
    (
        "协作机器人一体化关节轻量化设计",
        "关节减重与热管理",
        "关节自重不大于1.8千克，连续工作温升低于35度",
        "机器人 关节 轻量化",
        "先进制造及自动化",
        "3491",
    ),
    (
        "聚烯烃废料高值化再生利用技术",
        "混合废料的分选与增容改性",
        "再生料拉伸强度保持率不低于92%",
        "聚烯烃 再生 增容",
        "资源与环境",
        "2651",
    ),
    (
        "化工园区挥发性有机物走航监测溯源算法",
        "稀疏观测下的排放源反演",
        "溯源定位误差不大于50米，响应时间小于10分钟",
        "VOCs 溯源 算法",
        "资源与环境",
        "3591",
    ),
    (
        "铝合金薄壁件高速铣削颤振抑制技术",
        "颤振的在线辨识与主动抑制",
        "表面粗糙度Ra不大于0.8微米，效率提高30%",
        "铝合金 铣削 颤振",
        "先进制造与自动化",
        "3252",
    ),
    (
        "高镍三元正极材料表面包覆工艺",
        "包覆层均匀性与界面阻抗控制",
        "1C循环1500次容量保持率不低于85%",
        "三元材料 包覆 锂电池",
        "新材料",
        "3841",
    ),
    (
        "缓释制剂连续制造过程分析技术",
        "湿法制粒过程的近红外在线建模",
        "关键质量属性预测误差不大于3%",
        "缓释制剂 过程分析 近红外",
        "生物与新医药",
        "2720",
    ),
    (
        "医用内窥镜图像超分辨与降噪技术",
        "低照度下的实时增强",
        "4K分辨率下延迟不大于60毫秒",
        "内窥镜 超分辨 降噪",
        "电子信息",
        "3581",
    ),
    (
        "玻璃窑炉低氮燃烧与余热梯级利用",
        "富氧燃烧的温度场均匀控制",
        "氮氧化物排放不高于100毫克/立方米，综合能耗降低12%",
        "玻璃窑炉 低氮 余热",
        "新能源与节能",
        "3591",
    ),
];

fn make(world: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("demand", serial);
    let (title, key, indicators, words, field, industry) = DEMANDS[serial % DEMANDS.len()];
    // The planted rows ask for the same things on another line, so that only the planted duplicate is one.
    let title = if serial < DEMANDS.len() {
        title.to_owned()
    } else {
        format!("{title}（第{}生产线）", serial - 8)
    };
    let firm = world.company(60 + serial * 29).clone();
    let made = Day::between(&mut dice, 2023, 2023).unix();
    line! {
        "id" => place.id,
        "demandname" => title,
        "qiye_id" => firm.id,
        "institutionname" => firm.name.clone(),
        "institutionnumber" => firm.code,
        "jigoushuxing" => "企业",
        "guikouguanlibumen" => "淄博市科学技术局",
        "suozaidiyu" => firm.region,
        "startyear" => 2024,
        "endyear" => dice.between(2030, 2032),
        "youxiaoqi" => if dice.chance(50) { "长期" } else { "2030-12-31" },
        "zhuyaowenti" => format!("现有生产线在{key}方面依赖人工经验，批次间波动大，近两年因此造成的返工率在{}%以上。", dice.between(3, 12)),
        "jishuguanjian" => format!("{key}，并与现有装备和控制系统集成。"),
        "yuqimubiao" => format!("形成可复制的工艺包，在{}条生产线上应用。", dice.between(1, 4)),
        "jishuzhibiao" => indicators,
        "xianyoujichu" => format!("{}建有市级以上研发平台，可提供中试场地。", firm.name),
        "xuqiuleixing" => dice.pick(&["技术研发", "技术改造", "产品研发"]),
        "guanjianzi" => words,
        "kejihuodongleixing" => dice.pick(&["应用研究", "试验发展", "研究发展与成果应用"]),
        "xuekefenlei" => "无",
        "xuqiujishusuoshulingyu" => field,
        "xuqiujishuyingyonghangye" => industry,
        "nitouruzijinzonge" => format!("{}", dice.between(80, 600)),
        "yixiangjiage" => match serial % 3 { 0 => "面议".to_owned(), 1 => format!("{}万", dice.between(20, 75)), _ => format!("{}", dice.between(20, 75)) },
        "jishuxuqiujiejuefangfa" => dice.pick(&["委托研发", "合作研发"]),
        "hezuoyixiangdanwei" => dice.chance(50).then_some("山东理工大学"),
        "laiyuan" => dice.pick(&["企业自主发布", "产业链征集"]),
        "miji" => "公开",
        "contact" => person(&mut dice),
        "contactnumber" => phone(&mut dice),
        "contactnumber2" => "*",
        "email" => email(&mut dice),
        "URL" => Some("http://www.kj.example.com"),
        "shenhexs" => 1,
        "shenhebm" => 1,
        "dlt" => 0,
        "createtime" => made,
        "updatetime" => made + 86_400,
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid(
        "conditional-missing",
        "schema",
        "xuekefenlei",
        "基础研究却没有学科",
        &[("kejihuodongleixing", Set::Text("基础研究"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "xuqiujishuyingyonghangye",
        "非基础研究却没有应用行业",
        &[("xuqiujishuyingyonghangye", Set::Text("无"))],
    ),
    invalid(
        "conditional-forbidden",
        "schema",
        "xuekefenlei",
        "非基础研究却填了学科",
        &[("xuekefenlei", Set::Text("430"))],
    ),
    invalid("rule-years", "schema", "endyear", "结束年份早于开始年份", &[("endyear", Set::Int(2022))]),
    invalid(
        "rule-budget-unit",
        "schema",
        "yixiangjiage",
        "意向价格大于拟投入资金",
        &[("yixiangjiage", Set::Text("1200"))],
    ),
    held(
        "unit-times-10000",
        "nitouruzijinzonge",
        "万元的列里填了元",
        &[("nitouruzijinzonge", Set::Text("3000000"))],
    ),
    invalid(
        "rule-invest",
        "schema",
        "nitouruzijinzonge",
        "拟投入资金为 0",
        &[("nitouruzijinzonge", Set::Text("0")), ("yixiangjiage", Set::Text("面议"))],
    ),
    invalid(
        "rule-expiry",
        "schema",
        "youxiaoqi",
        "有效期早于开始年份",
        &[("youxiaoqi", Set::Text("2022-12-31"))],
    ),
    invalid(
        "range-price",
        "mapping",
        "yixiangjiage",
        "价格写成区间",
        &[("yixiangjiage", Set::Text("50-100万"))],
    ),
    invalid("title-missing", "schema", "demandname", "需求名称为空", &[("demandname", Set::Null)]),
    invalid(
        "text-too-long",
        "schema",
        "zhuyaowenti",
        "主要问题超过 500 字",
        &[("zhuyaowenti", Set::Repeat("生产线波动大，返工率高达8%。", 40))],
    ),
    invalid(
        "list-too-long",
        "schema",
        "guanjianzi",
        "关键字六个",
        &[("guanjianzi", Set::Text("陶瓷 烧结 氧化锆 背板 翘曲 低温"))],
    ),
    invalid(
        "keywords-glued",
        "schema",
        "guanjianzi",
        "关键字粘在一起",
        &[("guanjianzi", Set::Text("氧化锆陶瓷背板低翘曲烧结技术大尺寸坯体成型与干燥工艺优化"))],
    ),
    invalid(
        "unknown-code",
        "codes",
        "jishuxuqiujiejuefangfa",
        "解决方式没有对照",
        &[("jishuxuqiujiejuefangfa", Set::Text("揭榜挂帅"))],
    ),
    invalid(
        "email-without-at",
        "schema",
        "email",
        "邮箱没有 @",
        &[("email", Set::Text("xuqiu.example.com"))],
    ),
    invalid("contact-empty", "schema", "contact", "联系人为空", &[("contact", Set::Text(""))]),
    invalid("phone-filler", "mapping", "contactnumber", "电话是 *", &[("contactnumber", Set::Text("*"))]),
    held("status-null", "shenhebm", "部门审核状态为空", &[("shenhebm", Set::Null)]),
    held("status-unlisted", "shenhexs", "县市审核状态不在清单内", &[("shenhexs", Set::Int(8))]),
    held("parent-missing", "qiye_id", "需求单位不在登记表里", &[("qiye_id", Set::Int(9_999_999))]),
    filtered("returned", "shenhebm", "部门已退回", &[("shenhebm", Set::Int(2))]),
    filtered("draft", "shenhexs", "草稿", &[("shenhexs", Set::Int(3)), ("shenhebm", Set::Int(0))]),
    filtered("secret", "miji", "内部", &[("miji", Set::Text("内部"))]),
    filtered("soft-deleted", "dlt", "已删除", &[("dlt", Set::Int(1))]),
    doubled(
        "duplicate-title-owner",
        "同一单位重复发布",
        &[
            ("demandname", Set::SameAs(0)),
            ("qiye_id", Set::SameAs(0)),
            ("institutionname", Set::SameAs(0)),
            ("institutionnumber", Set::SameAs(0)),
        ],
    ),
    refused(
        "no-technology",
        "demandname",
        "不是技术需求",
        &[("demandname", Set::Text("招聘电气自动化工程师"))],
    ),
    refused(
        "demand-of-the-past",
        "endyear",
        "需求已过期",
        &[("startyear", Set::Int(2020)), ("endyear", Set::Int(2022)), ("youxiaoqi", Set::Text("长期"))],
    ),
];
