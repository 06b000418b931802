//! One field of a cron text as a set of numbers.

use crate::record::{Complaint, Language};

/// A field's name, range and words.
pub struct Field {
    pub zh: &'static str,
    pub en: &'static str,
    pub min: u32,
    pub max: u32,
    words: &'static [&'static str],
}

pub const SECOND: Field = Field { zh: "秒", en: "second", min: 0, max: 59, words: &[] };
pub const MINUTE: Field = Field { zh: "分", en: "minute", min: 0, max: 59, words: &[] };
pub const HOUR: Field = Field { zh: "时", en: "hour", min: 0, max: 23, words: &[] };
pub const DAY: Field = Field { zh: "日", en: "day of month", min: 1, max: 31, words: &[] };
pub const MONTH: Field = Field {
    zh: "月",
    en: "month",
    min: 1,
    max: 12,
    words: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// Sunday is 0 and also 7; words count from Sunday.
pub const WEEKDAY: Field = Field {
    zh: "星期",
    en: "day of week",
    min: 0,
    max: 7,
    words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// The numbers that a field lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set {
    /// Bit n stands for the number n.
    pub bits: u64,
    /// It is written with a `*` (or `?`), so that it does not restrict days in the sense of crontab(5).
    pub star: bool,
    /// A number stands where a word could.
    pub numeric: bool,
}

impl Set {
    /// Its numbers as the crate `cron` reads them, each moved up by `shift`.
    pub fn list(&self, shift: u32) -> String {
        let numbers: Vec<String> =
            (0..64).filter(|n| self.bits & (1 << n) != 0).map(|n| (n + shift).to_string()).collect();
        numbers.join(",")
    }
}

impl Field {
    /// Reads lists, ranges, steps and words: `*`, `5`, `1-5`, `*/15`, `8-18/2`, `30/10`, `MON,WED-FRI`.
    pub fn parse(&self, text: &str) -> Result<Set, Complaint> {
        let mut set = Set { bits: 0, star: false, numeric: false };
        for part in text.split(',') {
            self.part(part, &mut set).ok_or_else(|| {
                let field = Language::Chinese.pick(self.zh, self.en);
                Complaint::new("Q9202")
                    .found(text)
                    .fact("field_zh", field)
                    .fact("field_en", self.en)
                    .fact("range", format!("{}-{}", self.min, self.max))
            })?;
        }
        Ok(set)
    }

    fn part(&self, part: &str, set: &mut Set) -> Option<()> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(plain_number(step).filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = if range == "*" || (range == "?" && step.is_none() && self.may_be_open()) {
            set.star = true;
            // 7 is Sunday once more; a star means every day once.
            (self.min, if self.max == 7 { 6 } else { self.max })
        } else if let Some((first, last)) = range.split_once('-') {
            let (first, last) = (self.number(first, set)?, self.number(last, set)?);
            // `SAT-SUN` ends on the Sunday that follows.
            let last = if self.max == 7 && last == 0 && first > 0 { 7 } else { last };
            (first, last)
        } else {
            let first = self.number(range, set)?;
            (first, if step.is_some() { self.max } else { first })
        };
        if first > last || last > self.max || first < self.min {
            return None;
        }
        for number in (first..=last).step_by(step.unwrap_or(1) as usize) {
            set.bits |= 1 << if self.max == 7 { number % 7 } else { number };
        }
        Some(())
    }

    fn number(&self, text: &str, set: &mut Set) -> Option<u32> {
        if let Some(at) = self.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            return Some(at as u32 + if self.max == 7 { 0 } else { self.min });
        }
        set.numeric = true;
        plain_number(text)
    }

    /// `?` is Quartz's word for "the other day field decides".
    fn may_be_open(&self) -> bool {
        self.max == 31 || self.max == 7
    }
}

/// Digits alone: `+5` is no number here.
fn plain_number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
