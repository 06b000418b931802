//! 科技金融: a park's system, with terms, rates and amounts as texts with units.

use super::dice::Dice;
use super::listing::{Fault, Listing, Place, Set, Shelf, filtered, held, invalid, line, refused};
use super::words::{credit_code, joined, person, phone};
use super::world::World;

pub const SHELF: Shelf = Shelf {
    kind: "finance",
    table: "qnn_park_investment_list",
    key: &["id"],
    ddl: "CREATE TABLE qnn_park_investment_list (
        id INTEGER PRIMARY KEY,
        product_name VARCHAR(100), bank VARCHAR(100), credit_code VARCHAR(18), org_type VARCHAR(20),
        type INTEGER,              -- 1 信用 2 质押 3 成果贷 4 担保 5 保险 6 基金 7 租赁
        amount_min BIGINT, amount_max BIGINT,    -- 元
        term VARCHAR(20),          -- “36个月”
        rate_min VARCHAR(10), rate_max VARCHAR(10),  -- “3.45%”
        guarantee VARCHAR(100), stage VARCHAR(100),
        is_mortgage INTEGER,       -- 是否接受知识产权质押 1 是 2 否
        policy_flag VARCHAR(2), subsidy VARCHAR(300),
        lingyu VARCHAR(200), target VARCHAR(200), condition TEXT, materials VARCHAR(500), process VARCHAR(500),
        area VARCHAR(50), start_date VARCHAR(20), end_date VARCHAR(20),
        state INTEGER,             -- 1 在售 2 暂停 3 下线
        apply_url VARCHAR(200), served INTEGER,
        disbursed VARCHAR(30),     -- “1.2亿元”
        manager VARCHAR(50), manager_tel VARCHAR(30),
        audit VARCHAR(10),         -- PASSED、PENDING、REJECTED
        hidden INTEGER             -- 0 显示 1 隐藏
    )",
    good: 24,
    make,
    faults: FAULTS,
};

fn make(_: &mut World, place: Place) -> Listing {
    let serial = place.serial;
    let mut dice = Dice::new("finance", serial);
    let kind = serial % 7 + 1;
    let word = ["信用贷", "知识产权质押贷", "成果转化贷", "担保", "保险", "基金", "设备租赁"][kind - 1];
    let (provider, provider_kind) = [
        ("示范银行淄博分行", "银行"),
        ("示范商业银行股份有限公司", "银行"),
        ("示范科技银行张店支行", "银行"),
        ("示范融资担保有限公司", "担保机构"),
        ("示范财产保险淄博中心支公司", "保险公司"),
        ("示范创业投资管理有限公司", "基金"),
        ("示范融资租赁有限公司", "租赁"),
    ][kind - 1];
    let loan = matches!(kind, 1 | 2 | 3 | 7);
    let policy = serial.is_multiple_of(4);
    line! {
        "id" => place.id,
        "product_name" => format!("科创{word}{}号", serial / 7 + 1),
        "bank" => provider,
        "credit_code" => credit_code("91", "370303", 5_000 + kind),
        "org_type" => provider_kind,
        "type" => i64::try_from(kind).unwrap_or(1),
        "amount_min" => 100_000,
        "amount_max" => dice.between(3, 20) * 1_000_000,
        "term" => loan.then(|| format!("{}个月", dice.pick(&[&12, &24, &36]))),
        "rate_min" => loan.then_some("3.45%"),
        "rate_max" => loan.then(|| format!("{}.{}%", dice.between(4, 6), dice.between(1, 9))),
        "guarantee" => loan.then_some(if kind == 2 { "知识产权质押、保证" } else { "信用" }),
        "stage" => (kind == 6).then_some("初创期、成长期"),
        "is_mortgage" => if kind == 2 { 1 } else { 2 },
        "policy_flag" => if policy { "是" } else { "否" },
        "subsidy" => policy.then_some("按实际支付利息的40%给予贴息"),
        "lingyu" => joined(&mut dice, &["新材料", "电子信息"]),
        "target" => "科技型中小企业、高新技术企业",
        "condition" => "<p>在本市注册经营满一年；</p><p>信用记录良好。</p>",
        "materials" => "营业执照、近两年财务报表",
        "process" => "申请、受理、尽调、审批、放款",
        "area" => "淄博市",
        "start_date" => "2023-01-01",
        "end_date" => "长期",
        "state" => 1,
        "apply_url" => None::<&str>,
        "served" => dice.between(3, 300),
        "disbursed" => format!("{}.{}亿元", dice.between(0, 5), dice.between(1, 9)),
        "manager" => person(&mut dice),
        "manager_tel" => phone(&mut dice),
        "audit" => "PASSED",
        "hidden" => 0,
    }
    .into()
}

const FAULTS: &[Fault] = &[
    invalid("rule-amounts", "schema", "amount_min", "下限大于上限", &[("amount_min", Set::Int(900_000_000))]),
    invalid(
        "rule-rates",
        "schema",
        "rate_min",
        "利率下限大于上限",
        &[
            ("type", Set::Int(1)),
            ("term", Set::Text("12个月")),
            ("guarantee", Set::Text("信用")),
            ("rate_min", Set::Text("8.5%")),
            ("rate_max", Set::Text("4.5%")),
        ],
    ),
    invalid(
        "rule-rate-unit",
        "schema",
        "rate_max",
        "利率填了小数",
        &[
            ("type", Set::Int(1)),
            ("term", Set::Text("12个月")),
            ("guarantee", Set::Text("信用")),
            ("rate_min", Set::Text("0.0345")),
            ("rate_max", Set::Text("0.045")),
        ],
    ),
    invalid(
        "rule-pledge",
        "schema",
        "guarantee",
        "质押产品没有质押",
        &[
            ("type", Set::Int(2)),
            ("term", Set::Text("12个月")),
            ("rate_min", Set::Text("3.45%")),
            ("rate_max", Set::Text("4.5%")),
            ("guarantee", Set::Text("信用")),
        ],
    ),
    invalid(
        "end-before-start",
        "schema",
        "end_date",
        "有效期结束早于开始",
        &[("end_date", Set::Text("2022-12-31"))],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "term",
        "贷款没有期限",
        &[
            ("type", Set::Int(1)),
            ("rate_min", Set::Text("3.45%")),
            ("rate_max", Set::Text("4.5%")),
            ("guarantee", Set::Text("信用")),
            ("term", Set::Null),
        ],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "stage",
        "基金没有投资阶段",
        &[("type", Set::Int(6)), ("stage", Set::Null)],
    ),
    invalid(
        "conditional-missing",
        "schema",
        "subsidy",
        "政策性产品没有支持说明",
        &[("policy_flag", Set::Text("是")), ("subsidy", Set::Null)],
    ),
    invalid(
        "text-too-many-bytes",
        "schema",
        "condition",
        "条件超过 2000 个 GBK 字节",
        &[("condition", Set::Repeat("在本市注册经营满一年；", 95))],
    ),
    invalid("unknown-code", "codes", "type", "产品类型没有对照", &[("type", Set::Int(9))]),
    invalid("bad-bool", "mapping", "is_mortgage", "1/2 之外的值", &[("is_mortgage", Set::Int(0))]),
    invalid("range-price", "mapping", "disbursed", "金额写成区间", &[("disbursed", Set::Text("1-2亿元"))]),
    invalid(
        "phone-filler",
        "schema",
        "manager_tel",
        "电话全是 0",
        &[("manager_tel", Set::Text("00000000000"))],
    ),
    held("status-null", "audit", "审核状态为空", &[("audit", Set::Null)]),
    held("status-unlisted", "audit", "审核状态不在清单内", &[("audit", Set::Text("UNKNOWN"))]),
    filtered("draft", "audit", "待审", &[("audit", Set::Text("PENDING"))]),
    filtered("hidden", "hidden", "隐藏", &[("hidden", Set::Int(1))]),
    refused(
        "rate-above-cap",
        "rate_max",
        "利率超过司法保护上限",
        &[
            ("type", Set::Int(1)),
            ("term", Set::Text("12个月")),
            ("guarantee", Set::Text("信用")),
            ("rate_min", Set::Text("3.45%")),
            ("rate_max", Set::Text("18%")),
        ],
    ),
    refused(
        "insecure-url",
        "apply_url",
        "申请入口不是 https",
        &[("apply_url", Set::Text("http://apply.example.com"))],
    ),
];
