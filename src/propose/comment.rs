//! A column's comment: what it is called, its code list, its unit.

use super::words::is_han;
use crate::codes::narrow;

/// `审核状态：0待审 1通过 2退回` in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comment {
    pub label: String,
    /// Value and what it means, in order.
    pub codes: Vec<(String, String)>,
    /// `元`, `万元`, `亿元`.
    pub unit: Option<&'static str>,
}

impl Comment {
    pub fn parse(text: &str) -> Self {
        let text = narrow(text.trim()).into_owned();
        let end = text
            .char_indices()
            .find(|(_, c)| {
                matches!(c, ':' | ',' | ';' | '。' | '(' | '[' | '【' | '、' | '|' | '<' | '，' | '；')
                    || c.is_whitespace()
            })
            .map_or(text.len(), |(place, _)| place);
        let label = text[..end].trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '='));
        // A comment that starts with its list has no label: 「1 企业 2 高校」.
        let has_label = label.chars().any(is_han) && !label.starts_with(|c: char| c.is_ascii_digit());
        let label = if has_label { label } else { "" };
        Comment { codes: codes(&text[label.len()..]), unit: unit(&text), label: label.to_owned() }
    }

    /// What a value means.
    pub fn meaning(&self, value: &str) -> Option<&str> {
        self.codes
            .iter()
            .find(|(code, _)| code.eq_ignore_ascii_case(value))
            .map(|(_, meaning)| meaning.as_str())
    }
}

/// `0待审 1通过`, `0:待审;1:通过`, `1-是,2-否`, `Y是/N否`, `PASSED 通过`: a code and the words up to the next one.
fn codes(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut code = String::new();
    let mut meaning = String::new();
    let mut finish = |code: &mut String, meaning: &mut String| {
        let words = meaning.trim_matches(|c: char| !is_han(c) && !c.is_ascii_alphanumeric());
        if !code.is_empty() && words.chars().any(is_han) {
            found.push((std::mem::take(code), words.to_owned()));
        }
        code.clear();
        meaning.clear();
    };
    for c in text.chars() {
        let is_code = c.is_ascii_alphanumeric() || c == '_';
        if is_code && !meaning.chars().any(is_han) && meaning.is_empty() {
            code.push(c);
        } else if is_code {
            finish(&mut code, &mut meaning);
            code.push(c);
        } else if matches!(c, ',' | ';' | '，' | '；' | '、' | '/' | ')' | '。')
            && meaning.chars().any(is_han)
        {
            finish(&mut code, &mut meaning);
        } else if !code.is_empty() {
            meaning.push(c);
        }
    }
    finish(&mut code, &mut meaning);
    if found.len() < 2 { Vec::new() } else { found }
}

/// The unit of money that a comment or a name states.
pub(super) fn unit(text: &str) -> Option<&'static str> {
    let text = narrow(text).to_lowercase();
    let has_word = |word: &str| super::words::snake(&text).split(' ').any(|one| one == word);
    if text.contains("亿元") {
        Some("亿元")
    } else if text.contains("万元") || text.contains("(万)") || has_word("wan") || has_word("wy") {
        Some("万元")
    } else if text.contains("(元)")
        || text.contains("单位元")
        || text.contains(":元")
        || text.contains(",元")
        || text.contains("，元")
        || text.ends_with(" 元")
        || has_word("yuan")
    {
        Some("元")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_come_apart_into_label_codes_and_unit() {
        type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], Option<&'a str>);
        let rows: [Case<'_>; 9] = [
            ("成果名称", "成果名称", &[], None),
            ("审核状态 0待审 1通过", "审核状态", &[("0", "待审"), ("1", "通过")], None),
            (
                "审核状态（0：待审；1：通过；2：退回）",
                "审核状态",
                &[("0", "待审"), ("1", "通过"), ("2", "退回")],
                None,
            ),
            ("是否删除(Y是/N否)", "是否删除", &[("Y", "是"), ("N", "否")], None),
            ("状态:PASSED 通过,PENDING 待审", "状态", &[("PASSED", "通过"), ("PENDING", "待审")], None),
            ("意向价格（万元）", "意向价格", &[], Some("万元")),
            ("研发投入，单位：元", "研发投入", &[], Some("元")),
            ("1 企业 2 高校", "", &[("1", "企业"), ("2", "高校")], None),
            ("", "", &[], None),
        ];
        for (text, label, codes, unit) in rows {
            let codes =
                codes.iter().map(|(code, meaning)| ((*code).to_owned(), (*meaning).to_owned())).collect();
            assert_eq!(Comment::parse(text), Comment { label: label.to_owned(), codes, unit }, "{text}");
        }
    }
}
