//! Each rule refuses one document and lets its like pass.

use serde_json::json;

use super::*;

#[test]
fn codes_are_unique_and_in_order() {
    assert!(RULES.windows(2).all(|pair| pair[0].code < pair[1].code));
    assert!(RULES.len() >= 20);
}

#[test]
fn every_rule_refuses_one_document_and_lets_its_like_pass() {
    let appointment = |firm: &str, start: &str, end: &str| {
        json!({"name": "王五", "university": "山东理工大学",
        "enterpriseUscc": firm, "startDate": start, "endDate": end})
    };
    let facts = Facts {
        today: "2026-05-01".into(),
        appointments: vec![
            appointment("1", "2025-01-01", "2026-12-31"),
            appointment("2", "2025-06-01", "2027-05-31"),
            appointment("3", "2025-06-01", "2027-05-31"),
        ],
    };
    let exhibits = |names: &[&str]| json!({"exhibits": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
    let rows = [
        (
            "2101",
            "demand",
            json!({"problem": "泵体&nbsp;泄漏"}),
            "/problem",
            json!({"contentHtml": "<p>泵</p>"}),
        ),
        (
            "2101",
            "roadshow",
            json!({"items": [{"title": "a<br/>b"}]}),
            "/items/0/title",
            json!({"title": "温度<p值"}),
        ),
        (
            "2102",
            "achievement",
            json!({"title": "国际领先的第一品牌机器人"}),
            "/title",
            json!({"title": "第一性原理与最优控制"}),
        ),
        ("2103", "achievement", json!({"title": "20230017"}), "/title", json!({"title": "10微米质子膜"})),
        (
            "2104",
            "incubation",
            json!({"projectName": "面向陶瓷的…"}),
            "/projectName",
            json!({"projectName": "面向陶瓷的检测"}),
        ),
        (
            "2105",
            "achievement",
            json!({"title": "协作机器人", "summary": "协作机器人。"}),
            "/summary",
            json!({"title": "协作机器人", "summary": "协作机器人用于装配。"}),
        ),
        (
            "2106",
            "expert",
            json!({"introduction": "手机13812345678"}),
            "/introduction",
            json!({"phone": "13912345678", "introduction": "专利202110123456"}),
        ),
        (
            "2106",
            "demand",
            json!({"problem": "见11010519491231002X"}),
            "/problem",
            json!({"problem": "产值13912345678901元"}),
        ),
        (
            "2107",
            "demand",
            json!({"contact": {"name": "科技处"}}),
            "/contact/name",
            json!({"contact": {"name": "张处"}}),
        ),
        (
            "2108",
            "demand",
            json!({"contact": {"phone": "13800000000"}}),
            "/contact/phone",
            json!({"contact": {"phone": "13801234560"}}),
        ),
        ("2108", "expert", json!({"phone": "0533-8888888"}), "/phone", json!({"phone": "0533-8888123"})),
        (
            "2109",
            "demand",
            json!({"keywords": ["氢能、电解"]}),
            "/keywords/0",
            json!({"keywords": ["氢能", "PEM electrolysis"]}),
        ),
        (
            "2110",
            "achievement",
            json!({"attachments": [{"name": "安装.exe"}]}),
            "/attachments/0/name",
            json!({"attachments": [{"name": "报告.PDF"}]}),
        ),
        (
            "2121",
            "enterprise",
            json!({"uscc": "N1370303MA00000AAU"}),
            "/uscc",
            json!({"uscc": "91370303MA00000AAU"}),
        ),
        (
            "2122",
            "enterprise",
            json!({"establishedOn": "2026-05-02"}),
            "/establishedOn",
            json!({"establishedOn": "2026-05-01"}),
        ),
        (
            "2123",
            "achievement",
            json!({"priceWan": "10000.01"}),
            "/priceWan",
            json!({"priceWan": "20000", "attachments": [{"name": "评估.pdf"}]}),
        ),
        ("2124", "achievement", json!({"completedOn": "2027-01-01"}), "/completedOn", json!({"year": 2026})),
        (
            "2124",
            "achievement",
            json!({"year": 2027}),
            "/year",
            json!({"year": 2025, "completedOn": "2025-12-31"}),
        ),
        (
            "2125",
            "achievement",
            json!({"applicants": [{"name": "张三"}, {"name": "张 三"}]}),
            "/applicants/1/name",
            json!({"applicants": [{"name": "张三", "unitName": "甲"}, {"name": "张三", "unitName": "乙"}]}),
        ),
        ("2126", "demand", json!({"endYear": 2025}), "/endYear", json!({"endYear": 2026})),
        ("2127", "demand", json!({"title": "招聘电气工程师"}), "/title", json!({"title": "电气控制技术"})),
        ("2128", "roadshow", json!({"place": "待定"}), "/place", json!({"place": "淄博市科技大市场三楼"})),
        (
            "2129",
            "roadshow",
            json!({"holdOn": "2026-06-01", "attendCount": 30}),
            "/attendCount",
            json!({"holdOn": "2026-04-01", "attendCount": 30}),
        ),
        (
            "2130",
            "tech_contract",
            json!({"signDate": "2026-05-02"}),
            "/signDate",
            json!({"signDate": "2026-05-01"}),
        ),
        (
            "2131",
            "tech_contract",
            json!({"techAmount": "0.00"}),
            "/techAmount",
            json!({"techAmount": "0.01"}),
        ),
        (
            "2132",
            "tech_contract",
            json!({"signDate": "2025-03-01", "startDate": "2024-02-29"}),
            "/startDate",
            json!({"signDate": "2025-03-01", "startDate": "2024-03-01"}),
        ),
        (
            "2133",
            "institution",
            json!({"filingState": "02"}),
            "/filingNo",
            json!({"filingState": "02", "filingNo": "鲁备2023-01"}),
        ),
        ("2134", "manager", json!({"certNo": "无编号 12"}), "/certNo", json!({"certNo": "鲁技经字20240017"})),
        (
            "2135",
            "manager",
            json!({"issuedOn": "2024-05-01", "validUntil": "2034-05-02"}),
            "/validUntil",
            json!({"issuedOn": "2024-05-01", "validUntil": "2034-05-01"}),
        ),
        ("2136", "finance", json!({"rateMax": "15.41"}), "/rateMax", json!({"rateMax": "15.4"})),
        (
            "2137",
            "finance",
            json!({"applyUrl": "http://bank.example/apply"}),
            "/applyUrl",
            json!({"applyUrl": "https://bank.example/apply"}),
        ),
        (
            "2138",
            "pilot_base",
            json!({"region": "370303", "address": "江苏省南京市"}),
            "/address",
            json!({"region": "370303", "address": "张店区"}),
        ),
        (
            "2138",
            "pilot_base",
            json!({"region": "320100"}),
            "/region",
            json!({"region": "370303", "address": "山东省淄博市"}),
        ),
        ("2139", "incubation", json!({"leader": "淄博某某有限公司"}), "/leader", json!({"leader": "李四"})),
        (
            "2140",
            "exhibitor",
            exhibits(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
            "/exhibits",
            exhibits(&["1", "2"]),
        ),
        ("2141", "exhibitor", exhibits(&["阀", "泵", "阀"]), "/exhibits/2/name", exhibits(&["阀", "泵"])),
        (
            "2142",
            "recommendation",
            json!({"recommendedOn": "2026-05-02"}),
            "/recommendedOn",
            json!({"recommendedOn": "2026-05-01"}),
        ),
        (
            "2143",
            "recommendation",
            json!({"year": 2026, "completedOn": "2023-12-31"}),
            "/completedOn",
            json!({"year": 2026, "completedOn": "2024-01-01"}),
        ),
        (
            "2144",
            "vice_president",
            appointment("4", "2026-06-01", "2027-05-31"),
            "/enterpriseUscc",
            appointment("4", "2027-01-01", "2028-05-31"),
        ),
        (
            "2145",
            "commissioner",
            json!({"startDate": "2024-01-01", "endDate": "2024-12-31", "visits": [{"visitedOn": "2025-01-01"}]}),
            "/visits/0/visitedOn",
            json!({"startDate": "2024-01-01", "endDate": "2024-12-31", "visits": [{"visitedOn": "2024-12-31"}]}),
        ),
        (
            "2146",
            "expert",
            json!({"unitName": "山东理工大学", "avoidUnits": ["山东理工大学"]}),
            "/avoidUnits",
            json!({"unitName": "山东理工大学", "avoidUnits": ["山东理工大学", "甲公司"]}),
        ),
    ];
    let mut tried: Vec<&str> = Vec::new();
    for (code, kind, bad, field, good) in rows {
        let found = first_broken(kind, &bad, &facts).unwrap_or_else(|| panic!("{code} lets {bad} pass"));
        assert_eq!((found.code, found.field.as_str()), (code, field), "{bad}");
        assert_eq!(first_broken(kind, &good, &facts), None, "{code} lets its like pass: {good}");
        tried.push(code);
    }
    RULES.iter().for_each(|rule| assert!(tried.contains(&rule.code), "{} is tried", rule.code));
}

#[test]
fn rules_of_one_kind_leave_the_others_alone() {
    let facts = Facts { today: "2026-05-01".into(), ..Facts::default() };
    assert_eq!(first_broken("achievement", &json!({"endYear": 2020}), &facts), None);
    assert_eq!(first_broken("demand", &json!(null), &facts), None, "no document, no complaint and no panic");
}
