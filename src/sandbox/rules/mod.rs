//! What the province refuses although its schema files allow it: rules that live only in its reviewers' heads.
//!
//! The messages are as terse as an official's; the advice must come from whoever receives them. Each rule looks at
//! one document and a few facts, and gives the same answer every time.

mod predicates;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::reading::Finding;
use predicates as p;

/// What a rule may know beside the document.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Today in the province, `2026-05-01`.
    pub today: String,
    /// The other appointments of a vice-president of the same name that the province holds.
    pub appointments: Vec<Value>,
}

/// One unwritten rule.
pub struct Rule {
    pub code: &'static str,
    /// The kinds it is applied to; none listed means all.
    pub kinds: &'static [&'static str],
    /// What the province says, and all it says.
    pub message: &'static str,
    /// Where the document breaks the rule, as a JSON pointer.
    pub broken: fn(&Value, &Facts) -> Option<String>,
}

/// The first rule that the document breaks, in the order of the table.
pub fn first_broken(kind: &str, data: &Value, facts: &Facts) -> Option<Finding> {
    let applies = |rule: &&Rule| rule.kinds.is_empty() || rule.kinds.contains(&kind);
    RULES.iter().filter(applies).find_map(|rule| {
        let field = (rule.broken)(data, facts)?;
        Some(Finding { field, code: rule.code, message: rule.message.to_owned() })
    })
}

/// Kinds whose headline is a thing's name and not a person's or a unit's.
const THINGS: &[&str] =
    &["achievement", "demand", "roadshow", "tech_contract", "finance", "incubation", "recommendation"];

const fn rule(
    code: &'static str,
    kinds: &'static [&'static str],
    message: &'static str,
    broken: fn(&Value, &Facts) -> Option<String>,
) -> Rule {
    Rule { code, kinds, message, broken }
}

/// All of them.
pub const RULES: &[Rule] = &[
    // Any kind: what is written, and how.
    rule("2101", &[], "含非法字符", p::html_in_plain_text),
    rule("2102", THINGS, "名称含宣传用语", p::advertising_in_headline),
    rule("2103", THINGS, "名称不规范", p::headline_without_words),
    rule("2104", THINGS, "名称不完整", p::headline_cut_off),
    rule("2105", &[], "简介与名称重复", p::text_repeats_headline),
    rule("2106", &[], "公开文本含个人信息", p::personal_data_in_public_text),
    rule("2107", &[], "联系人应为自然人", p::contact_is_a_unit),
    rule("2108", &[], "联系电话无效", p::filler_phone),
    rule("2109", &[], "关键词须逐个填写", p::glued_keywords),
    rule("2110", &[], "附件类型不支持", p::attachment_of_unknown_type),
    // One kind each.
    rule("2121", &["enterprise"], "登记管理部门不予受理", p::uscc_of_another_registry),
    rule("2122", &["enterprise"], "成立日期有误", p::founded_in_the_future),
    rule("2123", &["achievement"], "意向价格须附评估材料", p::high_price_without_papers),
    rule("2124", &["achievement"], "完成日期有误", p::completed_in_the_future),
    rule("2125", &["achievement"], "完成人重复", p::repeated_applicants),
    rule("2126", &["demand"], "需求已过期", p::demand_of_the_past),
    rule("2127", &["demand"], "非技术类需求", p::demand_for_no_technology),
    rule("2128", &["roadshow"], "活动地点不明确", p::vague_place),
    rule("2129", &["roadshow"], "活动尚未举办", p::attended_before_it_was_held),
    rule("2130", &["tech_contract"], "签订日期有误", p::signed_in_the_future),
    rule("2131", &["tech_contract"], "技术交易额为零", p::no_technology_amount),
    rule("2132", &["tech_contract"], "履行期限有误", p::performed_long_before_signing),
    rule("2133", &["institution"], "缺备案编号", p::filed_without_a_number),
    rule("2134", &["manager"], "证书编号格式不符", p::odd_certificate_number),
    rule("2135", &["manager"], "证书有效期有误", p::certificate_for_ever),
    rule("2136", &["finance"], "利率超过上限", p::rate_above_the_cap),
    rule("2137", &["finance"], "申请入口须为https", p::insecure_application),
    rule("2138", &["pilot_base"], "非本省基地", p::base_outside_the_province),
    rule("2139", &["incubation"], "负责人应为自然人", p::leader_is_a_unit),
    rule("2140", &["exhibitor"], "展品数量超限", p::too_many_exhibits),
    rule("2141", &["exhibitor"], "展品重复", p::repeated_exhibits),
    rule("2142", &["recommendation"], "推荐日期有误", p::recommended_in_the_future),
    rule("2143", &["recommendation"], "超出征集年度", p::completed_outside_the_two_years),
    rule("2144", &["vice_president"], "任职企业超过3家", p::at_more_than_three_firms),
    rule("2145", &["commissioner"], "对接日期不在派驻期内", p::visit_outside_the_posting),
    rule("2146", &["expert"], "回避单位不得为本单位", p::avoids_only_the_own_unit),
];
