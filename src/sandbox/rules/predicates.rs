//! The predicates of the rules: each says where a document breaks its rule, as a JSON pointer.
//!
//! A missing field never breaks a rule here: whether it must be there is the schema's question.

use std::collections::HashSet;

use rust_decimal::Decimal;
use serde_json::Value;

use super::Facts;
use crate::record::resident_id_check;

/// Texts of ordinary fields hold no markup; fields named `…Html` may.
pub fn html_in_plain_text(data: &Value, _: &Facts) -> Option<String> {
    const REMNANTS: [&str; 10] =
        ["&nbsp;", "&lt;", "&gt;", "<p>", "</p>", "<br", "<div", "<span", "<script", "mso-"];
    text_where(data, |field, text| {
        let lower = text.to_ascii_lowercase();
        !field.ends_with("Html") && REMNANTS.iter().any(|remnant| lower.contains(remnant))
    })
}

/// Praise is not a name. Words that also stand in sober titles (国家级高新区, 最佳边界) count at the start only.
pub fn advertising_in_headline(data: &Value, _: &Facts) -> Option<String> {
    const ANYWHERE: [&str; 16] = [
        "国际领先",
        "国内领先",
        "世界领先",
        "遥遥领先",
        "全球首创",
        "国内首创",
        "填补空白",
        "第一品牌",
        "行业第一",
        "全国第一",
        "国内第一",
        "世界第一",
        "最先进",
        "最强",
        "顶级",
        "独一无二",
    ];
    const AT_THE_START: [&str; 4] = ["国家级", "世界级", "最佳", "最好"];
    let (field, text) = headline(data)?;
    let praise = ANYWHERE.iter().any(|word| text.contains(word))
        || AT_THE_START.iter().any(|word| text.starts_with(word));
    praise.then_some(field)
}

pub fn headline_without_words(data: &Value, _: &Facts) -> Option<String> {
    headline(data).filter(|(_, text)| !text.chars().any(char::is_alphabetic)).map(|(field, _)| field)
}

pub fn headline_cut_off(data: &Value, _: &Facts) -> Option<String> {
    const ENDS: [char; 8] = ['…', '、', '，', ',', '：', ':', '(', '（'];
    headline(data)
        .filter(|(_, text)| text.ends_with("...") || text.trim_end().ends_with(ENDS))
        .map(|(field, _)| field)
}

pub fn text_repeats_headline(data: &Value, _: &Facts) -> Option<String> {
    let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (_, headline) = headline(data)?;
    ["summary", "intro", "abstract", "problem", "innovation", "capability"].into_iter().find_map(|field| {
        let text = data[field].as_str()?;
        (words(text) == words(headline)).then(|| format!("/{field}"))
    })
}

/// Mobile numbers and resident numbers in texts that everybody will read.
pub fn personal_data_in_public_text(data: &Value, _: &Facts) -> Option<String> {
    const PUBLIC: [&str; 16] = [
        "title",
        "summary",
        "intro",
        "introduction",
        "abstract",
        "innovation",
        "problem",
        "keyTech",
        "target",
        "indicators",
        "descriptionHtml",
        "contentHtml",
        "application",
        "capability",
        "highlight",
        "specialty",
    ];
    PUBLIC.into_iter().find_map(|field| {
        let text = data[field].as_str()?;
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(is_personal).then(|| format!("/{field}"))
    })
}

pub fn contact_is_a_unit(data: &Value, _: &Facts) -> Option<String> {
    is_a_unit(data["contact"]["name"].as_str()?).then(|| "/contact/name".to_owned())
}

/// Numbers typed to get past a required field.
pub fn filler_phone(data: &Value, _: &Facts) -> Option<String> {
    let phones = [("/contact/phone", &data["contact"]["phone"]), ("/phone", &data["phone"])];
    let found = phones.into_iter().find(|(_, phone)| phone.as_str().is_some_and(is_filler));
    found.map(|(field, _)| field.to_owned())
}

pub fn glued_keywords(data: &Value, _: &Facts) -> Option<String> {
    let glued = |word: &str| word.contains(['、', '，', ',', '；', ';']);
    item_where(data, "keywords", "", |word| word.as_str().is_some_and(glued))
}

pub fn attachment_of_unknown_type(data: &Value, _: &Facts) -> Option<String> {
    const KNOWN: [&str; 12] =
        ["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "jpg", "jpeg", "png", "zip", "mp4"];
    let unknown = |name: &str| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| !KNOWN.contains(&ending.as_str()))
    };
    ["attachments", "evidence", "agreement"]
        .into_iter()
        .find_map(|list| item_where(data, list, "/name", |item| item["name"].as_str().is_some_and(unknown)))
}

/// Source: GB 32100-2015, table of registries: 1 编制, 5 民政, 9 市场监管; others are not taken here.
pub fn uscc_of_another_registry(data: &Value, _: &Facts) -> Option<String> {
    (!data["uscc"].as_str()?.starts_with(['1', '5', '9'])).then(|| "/uscc".to_owned())
}

pub fn founded_in_the_future(data: &Value, facts: &Facts) -> Option<String> {
    in_the_future(data, facts, "establishedOn")
}

/// Above 100 million yuan somebody must have valued it.
pub fn high_price_without_papers(data: &Value, _: &Facts) -> Option<String> {
    let high = decimal(&data["priceWan"])? > Decimal::from(10_000);
    (high && items(data, "attachments").is_empty()).then(|| "/priceWan".to_owned())
}

pub fn completed_in_the_future(data: &Value, facts: &Facts) -> Option<String> {
    let year = data["year"].as_i64().filter(|year| *year > this_year(facts));
    in_the_future(data, facts, "completedOn").or_else(|| year.map(|_| "/year".to_owned()))
}

pub fn repeated_applicants(data: &Value, _: &Facts) -> Option<String> {
    let name = |item: &Value| format!("{}|{}", bare(&item["name"]), bare(&item["unitName"]));
    repeated(data, "applicants", name)
}

pub fn demand_of_the_past(data: &Value, facts: &Facts) -> Option<String> {
    (data["endYear"].as_i64()? < this_year(facts)).then(|| "/endYear".to_owned())
}

pub fn demand_for_no_technology(data: &Value, _: &Facts) -> Option<String> {
    const WORDS: [&str; 7] = ["招聘", "招商", "加盟", "求购", "贷款", "厂房出租", "代理商"];
    let title = data["title"].as_str()?;
    WORDS.iter().any(|word| title.contains(word)).then(|| "/title".to_owned())
}

pub fn vague_place(data: &Value, _: &Facts) -> Option<String> {
    const WORDS: [&str; 5] = ["待定", "另行通知", "暂无", "未定", "线下"];
    let place = data["place"].as_str()?.trim();
    let vague =
        WORDS.iter().any(|word| place.contains(word)) || matches!(place, "淄博" | "淄博市" | "山东省");
    vague.then(|| "/place".to_owned())
}

pub fn attended_before_it_was_held(data: &Value, facts: &Facts) -> Option<String> {
    in_the_future(data, facts, "holdOn")?;
    let told = ["attendCount", "signedCount"].into_iter().find(|field| data[*field].is_number());
    told.map(|field| format!("/{field}"))
}

pub fn signed_in_the_future(data: &Value, facts: &Facts) -> Option<String> {
    in_the_future(data, facts, "signDate")
}

pub fn no_technology_amount(data: &Value, _: &Facts) -> Option<String> {
    decimal(&data["techAmount"])?.is_zero().then(|| "/techAmount".to_owned())
}

pub fn performed_long_before_signing(data: &Value, _: &Facts) -> Option<String> {
    let (signed, started) = (data["signDate"].as_str()?, data["startDate"].as_str()?);
    let a_year_before = years_before(signed, 1)?;
    (started < a_year_before.as_str()).then(|| "/startDate".to_owned())
}

pub fn filed_without_a_number(data: &Value, _: &Facts) -> Option<String> {
    (data["filingState"] == "02" && data["filingNo"].is_null()).then(|| "/filingNo".to_owned())
}

/// Letters of any script, digits and hyphens without gaps, and at least four digits among them.
pub fn odd_certificate_number(data: &Value, _: &Facts) -> Option<String> {
    let number = data["certNo"].as_str()?;
    let plain =
        number.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '(' | ')' | '[' | ']' | '〔' | '〕'));
    let digits = number.chars().filter(char::is_ascii_digit).count();
    (!plain || digits < 4).then(|| "/certNo".to_owned())
}

/// No certificate of a manager holds for more than ten years.
pub fn certificate_for_ever(data: &Value, _: &Facts) -> Option<String> {
    let (issued, until) = (data["issuedOn"].as_str()?, data["validUntil"].as_str()?);
    (issued < years_before(until, 10)?.as_str()).then(|| "/validUntil".to_owned())
}

/// Four times the one-year loan prime rate of 3.85 %, above which courts protect no interest.
pub fn rate_above_the_cap(data: &Value, _: &Facts) -> Option<String> {
    (decimal(&data["rateMax"])? > Decimal::new(154, 1)).then(|| "/rateMax".to_owned())
}

pub fn insecure_application(data: &Value, _: &Facts) -> Option<String> {
    data["applyUrl"].as_str()?.starts_with("http://").then(|| "/applyUrl".to_owned())
}

pub fn base_outside_the_province(data: &Value, _: &Facts) -> Option<String> {
    if data["region"].as_str().is_some_and(|region| !region.starts_with("37")) {
        return Some("/region".to_owned());
    }
    let (province, _) = data["address"].as_str()?.split_once('省')?;
    (province.chars().count() <= 3 && !province.ends_with("山东")).then(|| "/address".to_owned())
}

pub fn leader_is_a_unit(data: &Value, _: &Facts) -> Option<String> {
    is_a_unit(data["leader"].as_str()?).then(|| "/leader".to_owned())
}

pub fn too_many_exhibits(data: &Value, _: &Facts) -> Option<String> {
    (items(data, "exhibits").len() > 8).then(|| "/exhibits".to_owned())
}

pub fn repeated_exhibits(data: &Value, _: &Facts) -> Option<String> {
    repeated(data, "exhibits", |item| bare(&item["name"]))
}

pub fn recommended_in_the_future(data: &Value, facts: &Facts) -> Option<String> {
    in_the_future(data, facts, "recommendedOn")
}

/// A call takes what was completed in its own year or the two calendar years before.
pub fn completed_outside_the_two_years(data: &Value, _: &Facts) -> Option<String> {
    let completed: i64 = data["completedOn"].as_str()?.get(..4)?.parse().ok()?;
    (completed < data["year"].as_i64()? - 2).then(|| "/completedOn".to_owned())
}

pub fn at_more_than_three_firms(data: &Value, facts: &Facts) -> Option<String> {
    let same_person =
        |other: &&Value| other["name"] == data["name"] && other["university"] == data["university"];
    let date = |value: &Value, field: &str, or: &str| value[field].as_str().unwrap_or(or).to_owned();
    let from = |value: &Value| date(value, "startDate", "");
    let until = |value: &Value| date(value, "endedOn", value["endDate"].as_str().unwrap_or("9999"));
    let at_once = |other: &&Value| from(other) <= until(data) && from(data) <= until(other);
    let others = facts.appointments.iter().filter(same_person).filter(at_once);
    let mut firms: HashSet<String> = others.map(|other| bare(&other["enterpriseUscc"])).collect();
    firms.insert(bare(&data["enterpriseUscc"]));
    (firms.len() > 3).then(|| "/enterpriseUscc".to_owned())
}

pub fn visit_outside_the_posting(data: &Value, _: &Facts) -> Option<String> {
    let (start, end) = (data["startDate"].as_str()?, data["endDate"].as_str()?);
    item_where(data, "visits", "/visitedOn", |visit| {
        visit["visitedOn"].as_str().is_some_and(|on| on < start || on > end)
    })
}

pub fn avoids_only_the_own_unit(data: &Value, _: &Facts) -> Option<String> {
    let [only] = items(data, "avoidUnits") else { return None };
    (*only == data["unitName"]).then(|| "/avoidUnits".to_owned())
}

/// The name of a thing and the field that holds it.
fn headline(data: &Value) -> Option<(String, &str)> {
    let fields = ["name", "projectName", "productName", "title"];
    fields.into_iter().find_map(|field| Some((format!("/{field}"), data[field].as_str()?.trim())))
}

fn is_a_unit(name: &str) -> bool {
    const ENDS: [&str; 14] = [
        "公司",
        "集团",
        "大学",
        "学院",
        "研究院",
        "研究所",
        "中心",
        "协会",
        "办公室",
        "科技处",
        "科技局",
        "技术部",
        "委员会",
        "厂",
    ];
    ENDS.iter().any(|end| name.trim().ends_with(end))
}

fn is_filler(phone: &str) -> bool {
    let digits: Vec<u8> = phone.bytes().filter(u8::is_ascii_digit).collect();
    let longest_run = digits.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0);
    longest_run >= 7 || phone == "13800138000"
}

fn is_personal(word: &str) -> bool {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let mobile =
        digits && word.len() == 11 && word.starts_with('1') && matches!(word.as_bytes()[1], b'3'..=b'9');
    let resident = word.len() == 18
        && matches!(&word[6..8], "19" | "20")
        && resident_id_check(&word[..17]) == word.chars().next_back().map(|c| c.to_ascii_uppercase());
    mobile || resident
}

fn this_year(facts: &Facts) -> i64 {
    facts.today.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0)
}

fn in_the_future(data: &Value, facts: &Facts, field: &str) -> Option<String> {
    (data[field].as_str()? > facts.today.as_str()).then(|| format!("/{field}"))
}

/// The same day of an earlier year, as text: good enough for comparing.
fn years_before(date: &str, years: i64) -> Option<String> {
    let year: i64 = date.get(..4)?.parse().ok()?;
    Some(format!("{:04}{}", year - years, date.get(4..)?))
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str()?.parse().ok()
}

fn bare(value: &Value) -> String {
    value.as_str().unwrap_or_default().split_whitespace().collect()
}

fn items<'a>(data: &'a Value, list: &str) -> &'a [Value] {
    data[list].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn item_where(data: &Value, list: &str, rest: &str, wrong: impl Fn(&Value) -> bool) -> Option<String> {
    let at = items(data, list).iter().position(wrong)?;
    Some(format!("/{list}/{at}{rest}"))
}

/// The first item that is the same as an earlier one; `name` says what makes it the same.
fn repeated(data: &Value, list: &str, name: impl Fn(&Value) -> String) -> Option<String> {
    let mut seen = HashSet::new();
    let at = items(data, list).iter().position(|item| !seen.insert(name(item)))?;
    Some(format!("/{list}/{at}/name"))
}

fn text_where(data: &Value, wrong: impl Fn(&str, &str) -> bool + Copy) -> Option<String> {
    fn walk(value: &Value, field: &str, wrong: impl Fn(&str, &str) -> bool + Copy) -> Option<String> {
        match value {
            Value::String(text) => wrong(field, text).then(|| field.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().find_map(|(at, item)| walk(item, &format!("{field}/{at}"), wrong))
            }
            Value::Object(fields) => {
                fields.iter().find_map(|(name, inner)| walk(inner, &format!("{field}/{name}"), wrong))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }
    walk(data, "", wrong)
}
