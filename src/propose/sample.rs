//! What a column's values look like, from the rows that were sampled.

use std::collections::{BTreeSet, HashMap};

use super::words::is_han;
use crate::city::{Line, SurveyedTable};
use crate::codes::trim;
use crate::record::{Value, uscc_check};

/// A column's values in the sample.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnSample {
    pub rows: usize,
    /// NULL, empty, or a word for nothing: 无, -, 暂无.
    pub nothing: usize,
    /// Of those, the ones that are words, and what they were.
    pub null_words: usize,
    pub null_texts: BTreeSet<String>,
    /// Distinct values with their counts, the most frequent first; null words and empty texts left out.
    pub values: Vec<(Value, usize)>,
    /// Distinct values in all.
    pub distinct: usize,
}

/// Distinct values that are looked at; more would only say the same again.
const DISTINCT_MAX: usize = 60;

impl ColumnSample {
    /// One for each column of the table.
    pub fn of_table(table: &SurveyedTable, lines: &[Line]) -> Vec<ColumnSample> {
        (0..table.columns.len())
            .map(|index| Self::of(lines.iter().filter_map(|line| line.cells.get(index))))
            .collect()
    }

    pub fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut sample = ColumnSample::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        for value in values {
            sample.rows += 1;
            let written = value.to_string();
            let text = trim(&written);
            if value.is_null() || text.is_empty() {
                sample.nothing += 1;
            } else if is_null_word(text) {
                sample.nothing += 1;
                sample.null_words += 1;
                sample.null_texts.insert(text.to_owned());
            } else if let Some(place) = places.get(text) {
                sample.values[*place].1 += 1;
            } else {
                places.insert(text.to_owned(), sample.values.len());
                sample.values.push((value.clone(), 1));
            }
        }
        sample.distinct = sample.values.len();
        sample.values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        // What is there once is no better than its neighbours: keep some from the whole of the rows.
        let step = sample.values.len().div_ceil(DISTINCT_MAX).max(1);
        if sample.values.first().is_some_and(|(_, count)| *count > 1) {
            sample.values.truncate(DISTINCT_MAX);
        } else {
            sample.values = sample.values.into_iter().step_by(step).collect();
        }
        sample
    }

    /// Rows of the values that are looked at.
    pub fn filled(&self) -> usize {
        self.values.iter().map(|(_, count)| count).sum()
    }

    /// The share of rows whose value has a property.
    pub fn share(&self, has: impl Fn(&str) -> bool) -> f64 {
        let all = self.filled();
        if all == 0 {
            return 0.0;
        }
        let found: usize = self
            .values
            .iter()
            .filter(|(value, _)| has(trim(&value.to_string())))
            .map(|(_, count)| count)
            .sum();
        found as f64 / all as f64
    }

    /// Every row has a value of its own.
    pub fn is_unique(&self) -> bool {
        self.rows > 1 && self.nothing == 0 && self.distinct == self.rows
    }

    /// The mean length of a value, in characters.
    pub fn length(&self) -> f64 {
        let all = self.filled().max(1);
        let letters: usize =
            self.values.iter().map(|(value, count)| value.to_string().chars().count() * count).sum();
        letters as f64 / all as f64
    }
}

/// As the filter `null_words` knows them.
pub(super) fn is_null_word(text: &str) -> bool {
    let is_filler = !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '—' | '－' | '*' | '/'));
    is_filler || matches!(text, "无" | "暂无" | "N/A" | "n/a" | "NULL" | "null")
}

pub(super) fn is_uscc(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    text.len() == 18 && text.is_ascii() && uscc_check(&text[..17]) == text.chars().last()
}

pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

pub(super) fn is_address_of_web(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.")
}

pub(super) fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | ',' | '+'))
}

pub(super) fn is_date_like(text: &str) -> bool {
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let is_day = |year: &str, month: &str, day: &str| {
        let number = |text: &str, most: u32| {
            text.len() <= 2 && text.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
        };
        year.len() == 4
            && (year.starts_with("19") || year.starts_with("20"))
            && number(month, 12)
            && number(day, 31)
    };
    match parts.as_slice() {
        [whole] if whole.len() == 8 && text.len() == 8 => is_day(&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day, ..] => text.starts_with(year) && is_day(year, month, day),
        _ => false,
    }
}

/// Two to four characters without a word that units end in.
pub(super) fn is_person(text: &str) -> bool {
    let count = text.chars().filter(|c| *c != '·').count();
    (2..=4).contains(&count)
        && text.chars().all(|c| is_han(c) || c == '·')
        && SURNAMES.contains(text.chars().next().unwrap_or(' '))
}

pub(super) fn is_unit(text: &str) -> bool {
    text.chars().count() >= 4 && UNIT_ENDS.iter().any(|end| text.ends_with(end) || text.contains("有限公司"))
}

/// The surnames of nine persons in ten, and the 某 of made-up ones.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤齐牛尤岳翟葛毕常乔欧阳";
const UNIT_ENDS: [&str; 26] = [
    "公司",
    "大学",
    "学院",
    "学校",
    "研究院",
    "研究所",
    "中心",
    "医院",
    "集团",
    "厂",
    "局",
    "银行",
    "协会",
    "学会",
    "商会",
    "联盟",
    "实验室",
    "事务所",
    "合作社",
    "基地",
    "支行",
    "分行",
    "基金",
    "设计院",
    "委员会",
    "服务部",
];

/// Tags as an editor leaves them.
pub(super) fn is_html(text: &str) -> bool {
    text.contains('<')
        && (text.contains("</") || text.contains("/>") || text.contains("<br") || text.contains("<img"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_counted_without_what_says_nothing() {
        let values = [
            Value::text("无"),
            Value::Null,
            Value::text(" "),
            Value::Int(1),
            Value::text("1"),
            Value::Int(2),
        ];
        let sample = ColumnSample::of(values.iter());
        assert_eq!((sample.rows, sample.nothing, sample.null_words, sample.distinct), (6, 3, 1, 2));
        assert_eq!(sample.values, [(Value::Int(1), 2), (Value::Int(2), 1)]);
        assert!((sample.share(|text| text == "1") - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn values_are_known_by_their_look() {
        type Look = fn(&str) -> bool;
        let rows: [(Look, &str, bool); 15] = [
            (is_uscc, "91370303MA00000AAU", true),
            (is_uscc, "91370303MA00000AAX", false),
            (is_email, "a@b.cn", true),
            (is_email, "a@b", false),
            (is_date_like, "2021.3.12", true),
            (is_date_like, "20210312", true),
            (is_date_like, "2021", false),
            (is_date_like, "2023-3703-00001", false),
            (is_person, "王建国", true),
            (is_person, "电子信息", false),
            (is_unit, "淄博齐鲁智能装备有限公司", true),
            (is_unit, "山东大学", true),
            (is_unit, "大学", false),
            (is_html, "<p>甲</p>", true),
            (is_html, "a < b", false),
        ];
        for (look, text, expect) in rows {
            assert_eq!(look(text), expect, "{text}");
        }
    }
}
