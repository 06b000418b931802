//! A unit as the route maps it, written down a second time and by hand: what a careful clerk typed in at the province.
//!
//! A test compares it with what the route makes of the same row, so that the two cannot drift apart unseen.

use serde_json::{Map, Value, json};

use super::listing::Line;
use super::world::DISTRICTS;

/// The document of one row of `t_qyxx`.
pub fn enterprise_as_mapped(row: &Line) -> Value {
    let text = |column: &str| plain(&row.get(column).map(ToString::to_string).unwrap_or_default());
    let number = |column: &str| row.get(column).and_then(|cell| cell.to_string().parse::<i64>().ok());
    let flag = |column: &str, yes: &str| json!(text(column) == yes);
    let place = text("szq");
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() && value != json!("") {
            data.insert(name.to_owned(), value);
        }
    };
    put("name", json!(text("qymc")));
    put("uscc", json!(text("tyshxydm").to_uppercase()));
    put(
        "unitType",
        json!(match text("qylx").as_str() {
            "1" => "01",
            "2" => "02",
            "3" => "03",
            _ => "06",
        }),
    );
    put("legalPerson", json!(text("frdb")));
    put("registeredCapitalWan", json!(capital_wan(&text("zczb"))));
    put("establishedOn", json!(iso(&text("clrq"))));
    put("termStart", json!(iso(&text("yyqx_q"))));
    put("termEnd", if text("yyqx_z") == "长期" { Value::Null } else { json!(iso(&text("yyqx_z"))) });
    put("scope", json!(text("jyfw")));
    put("operatingState", json!("01"));
    put("region", json!(region(&place)));
    put(
        "zone",
        if ["高新区", "经开区", "文昌湖区"].contains(&place.as_str()) {
            json!(place)
        } else {
            Value::Null
        },
    );
    put("address", json!(text("dz")));
    put("industryCode", json!(text("hydm").trim_start_matches('C')));
    let chains = text("sscyl");
    put(
        "chains",
        json!(
            chains
                .split([',', '、', '；'])
                .map(str::trim)
                .filter(|chain| !chain.is_empty())
                .collect::<Vec<_>>()
        ),
    );
    put(
        "scale",
        json!(match text("qygm").as_str() {
            "大" => "01",
            "中" => "02",
            "小" => "03",
            _ => "04",
        }),
    );
    put("isHighTech", flag("sfgx", "1"));
    put("highTechCertNo", json!(text("gxzsbh")));
    put("highTechCertOn", json!(iso(&text("gxfzrq"))));
    put("isTechSme", flag("sfkx", "是"));
    put("techSmeNo", json!(text("kxbh")));
    put(
        "specializedLevel",
        match text("zjtx").as_str() {
            "创新型" => json!("01"),
            "专精特新" => json!("02"),
            "小巨人" => json!("03"),
            _ => Value::Null,
        },
    );
    put("isListed", flag("sfss", "1"));
    put("employees", json!(number("ygs")));
    put("rdStaff", json!(number("yfrys")));
    put("revenueWan", json!(number("yysr").map(|wan| wan.to_string())));
    put("rdSpendWan", json!(number("yftr").map(ten_thousandths)));
    put("website", json!(text("wz")));
    put("intro", json!(without_tags(&text("qyjj"))));
    let mut contact = Map::new();
    contact.insert("name".to_owned(), json!(text("lxr")));
    contact.insert("phone".to_owned(), json!(text("lxdh").replace("+86", "").replace(' ', "")));
    if !text("lxyx").is_empty() {
        contact.insert("email".to_owned(), json!(text("lxyx")));
    }
    put("contact", Value::Object(contact));
    put("viewCount", json!(number("llcs")));
    Value::Object(data)
}

/// Without white space, ideographic space and byte order mark at the ends.
fn plain(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

/// 元 as 万元 without trailing zeros.
fn ten_thousandths(yuan: i64) -> String {
    let fraction = format!("{:04}", yuan % 10_000);
    match fraction.trim_end_matches('0') {
        "" => (yuan / 10_000).to_string(),
        rest => format!("{}.{rest}", yuan / 10_000),
    }
}

/// `3,000万元`, `1.2亿元`, `5000000元` as 万元.
fn capital_wan(text: &str) -> String {
    let (digits, unit) = match text.find(['万', '亿', '元']) {
        Some(end) => (text[..end].replace(',', ""), &text[end..]),
        None => return String::new(),
    };
    match unit {
        "亿元" => {
            let (whole, tenths) = digits.split_once('.').unwrap_or((&digits, "0"));
            let number = |part: &str| part.parse::<i64>().unwrap_or(0);
            (number(whole) * 10_000 + number(tenths) * 1_000).to_string()
        }
        "万元" => digits,
        _ => ten_thousandths(digits.parse().unwrap_or(0)),
    }
}

/// Any of the five spellings of a day as `yyyy-MM-dd`; empty stays empty.
fn iso(text: &str) -> String {
    let mut parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    if let [whole] = parts[..]
        && whole.len() == 8
    {
        parts = vec![&whole[..4], &whole[4..6], &whole[6..]];
    }
    match parts[..] {
        [year, month, day, ..] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => String::new(),
    }
}

fn region(place: &str) -> &str {
    match place {
        "高新区" | "经开区" => "370303",
        "文昌湖区" => "370306",
        _ => DISTRICTS
            .iter()
            .find(|(name, code)| place.ends_with(name) || place == *code)
            .map_or(place, |(_, code)| code),
    }
}

/// Text of simple HTML: blocks on lines of their own, white space folded.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut tag = None::<String>;
    for c in html.replace("&nbsp;", " ").chars() {
        match (&mut tag, c) {
            (None, '<') => tag = Some(String::new()),
            (None, c) => text.push(c),
            (Some(name), '>') => {
                let name = name.trim_start_matches('/');
                if ["p", "div", "br"].iter().any(|block| name.split([' ', '/']).next() == Some(block)) {
                    text.push('\n');
                }
                tag = None;
            }
            (Some(name), c) => name.push(c),
        }
    }
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
