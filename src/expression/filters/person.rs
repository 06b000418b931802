//! Names of people, as they stand between titles and remarks.

use super::{Call, Filter};
use crate::codes::{narrow, trim};
use crate::record::{Complaint, Value};

pub(super) fn filters() -> Vec<Filter> {
    vec![Filter::plain("person", person).says(
        "一个人的姓名：去掉职务职称、括号里的说明和名字中间的空格；只有姓氏、混着数字或不止一人的报错，不猜。",
        "One person's name without titles, remarks in brackets and the blanks inside it; a surname alone, digits, or more than one person is a complaint.",
        &[
            ("'张波教授' | person", "\"张波\""),
            ("'李　明' | person", "\"李明\""),
            ("'王建国（高级工程师、博导）' | person", "\"王建国\""),
            ("'研究员 赵一鸣 博士' | person", "\"赵一鸣\""),
            ("'阿卜杜拉·买买提' | person", "\"阿卜杜拉·买买提\""),
            ("'John  Smith' | person", "\"John Smith\""),
            ("'张三、李四' | split | map('person')", "[\"张三\",\"李四\"]"),
            ("'王教授' | person", "Q3122"),
            ("'刘总' | person", "Q3122"),
            ("'张三、李四' | person", "Q3122"),
            ("'张三13812345678' | person", "Q3122"),
            ("'' | person", "null"),
        ],
    )]
}

/// Longer ones first where one ends in another.
const TITLES: &[&str] = &[
    "正高级工程师",
    "高级工程师",
    "助理工程师",
    "助理研究员",
    "副研究员",
    "特聘教授",
    "副总经理",
    "项目经理",
    "副主任",
    "副教授",
    "副院长",
    "副所长",
    "总工程师",
    "总经理",
    "董事长",
    "负责人",
    "联系人",
    "研究员",
    "工程师",
    "博导",
    "硕导",
    "教授",
    "讲师",
    "院士",
    "博士",
    "硕士",
    "院长",
    "所长",
    "校长",
    "主任",
    "主管",
    "科长",
    "处长",
    "部长",
    "厂长",
    "会长",
    "书记",
    "秘书",
    "经理",
    "高工",
    "老师",
    "先生",
    "女士",
    "同志",
];
/// A name of two characters that is a surname of two.
const LONG_SURNAMES: &[&str] =
    &["欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方", "端木"];

fn person(input: Value, call: &Call<'_>) -> Result<Value, Complaint> {
    let written = call.written(&input)?;
    let narrowed = narrow(trim(&written));
    if narrowed.is_empty() {
        return Ok(Value::Null);
    }
    bare(&narrowed).map(Value::text).ok_or_else(|| Complaint::new("Q3122").found(&written))
}

/// The name alone. `None`: it is no whole name, or more than a name.
fn bare(text: &str) -> Option<String> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, ':' | '：');
    let mut name = without_remarks(text);
    let mut rest = name.trim_matches(is_gap);
    loop {
        let before = rest;
        for title in TITLES {
            // Before a name a title stands apart from it: 高工 may begin a name, 高工 张波 does not.
            let behind = rest.strip_prefix(title).filter(|behind| behind.starts_with(is_gap));
            rest = rest.strip_suffix(title).or(behind).unwrap_or(rest).trim_matches(is_gap);
        }
        if rest == before {
            break;
        }
    }
    name = rest.to_owned();
    let letters = name.chars().filter(|c| !c.is_whitespace());
    let is_latin =
        letters.clone().all(|c| c.is_alphabetic() && c.is_ascii() || matches!(c, '.' | '-' | '\''));
    if is_latin {
        let words: Vec<&str> = name.split_whitespace().collect();
        return (letters.count() >= 2).then(|| words.join(" "));
    }
    let name: String = letters.collect();
    let count = name.chars().count();
    let is_name = name.chars().all(|c| c.is_alphabetic() || matches!(c, '·' | '・' | '•'));
    let is_surname = LONG_SURNAMES.contains(&name.as_str()) || (count == 2 && name.ends_with('总'));
    (is_name && count >= 2 && !is_surname && is_one_person(text, count)).then_some(name)
}

/// Two names with only a blank between them: 张三丰 李四光. A blank inside one name leaves four characters at most,
/// unless a dot joins them.
fn is_one_person(text: &str, count: usize) -> bool {
    count <= 4 || text.contains(['·', '・', '•']) || !text.trim().contains(char::is_whitespace)
}

fn without_remarks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => (),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn names_are_freed_of_titles_and_nothing_is_guessed() {
        let rows = [
            ("张波", Some("张波")),
            ("联系人：张波", Some("张波")),
            ("张波 教授 博导", Some("张波")),
            ("陈建工", Some("陈建工")),
            ("高工", None),
            ("欧阳教授", None),
            ("欧阳修教授", Some("欧阳修")),
            ("教授", None),
            ("张", None),
            ("张三丰 李四光", None),
            ("张三/李四", None),
            ("A", None),
            ("(张波)", None),
            ("-", None),
        ];
        for (given, expect) in rows {
            assert_eq!(bare(given).as_deref(), expect, "{given}");
        }
    }
}
