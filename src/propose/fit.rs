//! How well a column's values suit a field, and the expression that makes the field of them.
//!
//! The judge is the expression language itself: a candidate is run over the sample, so that what is written down has
//! worked on real rows.

use std::sync::Arc;

use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::comment::Comment;
use super::proposal::Reason;
use super::sample::{
    ColumnSample, is_address_of_web, is_date_like, is_email, is_html, is_number, is_person, is_unit, is_uscc,
};
use super::want::{Target, Want};
use super::words::is_han;
use crate::codes::{CodeTable, Codes, trim};
use crate::expression::{Expression, Scope};
use crate::record::{Value, resident_id_check};

/// What the values say.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// The expression, with `§` for the column.
    pub template: String,
    /// Of the rows that have a value, those that suit; 1 where there is none to go by.
    pub share: f64,
    /// How much it says that they suit: nearly every column holds texts, hardly any holds credit codes.
    pub weight: f64,
    /// How much it says that they do not.
    pub strength: f64,
    pub reason: Reason,
    pub caution: Option<Reason>,
    /// Values that the code table does not know.
    pub unmapped: Vec<String>,
    /// Rows that had a value.
    pub seen: usize,
    /// It is the words behind the column's numbers that suit.
    pub by_words: bool,
}

/// What values are tried with.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub codes: &'a Codes,
    pub zone: Tz,
}

/// The column in an expression that is not written yet.
pub(super) const COLUMN: &str = "§";
/// Meanings that are listed.
const LISTED_MAX: usize = 8;
/// Where `split` splits.
const SEPARATORS: [char; 9] = [',', '，', '、', ';', '；', '|', '｜', '\n', '\r'];
/// Values that fail before the rest is not tried.
const HOPELESS_AFTER: usize = 12;
/// The unit that is stated for a column's money; `None` if nothing says it.
pub(super) type Unit = Option<&'static str>;

impl Bench<'_> {
    pub fn fit(&self, target: &Target<'_>, sample: &ColumnSample, unit: Unit) -> Fit {
        let mut fit = match &target.want {
            Want::Code(table) => self.code(table, sample, false),
            Want::Codes(table) => self.code(table, sample, true),
            Want::Money | Want::Yuan => self.money(&target.want, sample, unit),
            Want::Date => self.date(sample),
            Want::Int | Want::Decimal => self.number(&target.want, sample),
            Want::Year => self.best(sample, &["§ | int", "§ | year"], 0.7, 0.95, is_year),
            Want::Bool => {
                let mut fit = self.best(
                    sample,
                    &["§ | bool", "§ | bool('1/2')", "§ | bool('Y/N')"],
                    0.35,
                    0.95,
                    |_| true,
                );
                if sample.distinct > 3 {
                    fit.share = 0.0;
                }
                fit
            }
            Want::Region => self.best(sample, &["§ | region"], 0.8, 0.75, |_| true),
            Want::Patents => self.best(sample, &["§ | patents"], 0.95, 0.9, |_| true),
            Want::Phone => self.best(sample, &["§ | phone"], 0.8, 1.0, |_| true),
            Want::Uscc => self.look(sample, "§ | uscc", 0.95, 1.0, is_uscc),
            Want::Email => self.look(sample, "§ | text", 0.95, 1.0, is_email),
            Want::IdCard => self.look(sample, "§ | text | upper", 0.95, 1.0, is_resident_id),
            Want::Uri => self.look(sample, "§ | text", 0.9, 0.85, is_address_of_web),
            Want::Html => self.look(sample, "§ | text", 0.6, 0.6, is_html),
            Want::Texts => self.texts(sample),
            Want::Parent(kind) => self.look(sample, &format!("§ | parent('{kind}')"), 0.1, 0.6, |text| {
                text.chars().count() <= 64 && !text.chars().any(is_han) && !is_html(text)
            }),
            Want::Person => self.text(sample, 0.5, 0.7, is_person),
            Want::Unit => self.text(sample, 0.5, 0.6, |text| {
                is_unit(text) || text.chars().filter(|c| is_han(*c)).count() >= 4 && !is_html(text)
            }),
            Want::Long => {
                let long = sample.length();
                let share = if long >= 12.0 { 1.0 } else { long / 12.0 };
                let mut fit = self.text(sample, 0.3, 0.45, |text| !is_number(text) && !is_date_like(text));
                fit.share *= share;
                fit
            }
            Want::Number => self.text(sample, 0.3, 0.4, |text| {
                text.chars().any(|c| c.is_ascii_digit()) && text.chars().count() <= 60 && !is_date_like(text)
            }),
            Want::Short => self.text(sample, 0.1, 0.6, |text| {
                !is_number(text) && !is_date_like(text) && !is_email(text) && !is_uscc(text) && !is_html(text)
            }),
        };
        if let Some(most) = target.length_max.filter(|_| fit.seen > 0) {
            let limit = usize::try_from(most).unwrap_or(usize::MAX).saturating_mul(2);
            if !is_html_column(sample) && sample.share(|text| text.chars().count() > limit) > 0.5 {
                fit.share *= 0.4;
            }
        }
        if fit.seen == 0 {
            fit.share = 1.0;
            fit.weight = 0.0;
            fit.reason = Reason::new("样本里没有值", "the sample has no values");
        }
        fit
    }

    /// How often an expression gives a value that is accepted; rows that become null count for neither side.
    fn works(
        &self,
        template: &str,
        sample: &ColumnSample,
        accept: impl Fn(&Value) -> bool,
    ) -> (f64, Vec<String>) {
        let Ok(expression) = Expression::compile(&template.replace(COLUMN, "v")) else {
            return (0.0, Vec::new());
        };
        let (mut good, mut bad, mut failed) = (0, 0, Vec::new());
        for (tried, (value, count)) in sample.values.iter().enumerate() {
            if tried >= HOPELESS_AFTER && good == 0 {
                break;
            }
            let names = Value::Map(vec![("v".into(), value.clone())]);
            match expression.evaluate(&Scope::new(&names, self.codes, self.zone)) {
                Ok(Value::Null) => (),
                Ok(made) if accept(&made) => good += count,
                Ok(_) | Err(_) => {
                    bad += count;
                    failed.push(value.to_string());
                }
            }
        }
        let all: usize = good + bad;
        (if all == 0 { 0.0 } else { good as f64 / all as f64 }, failed)
    }

    /// The first of the candidates that no later one beats clearly.
    fn best(
        &self,
        sample: &ColumnSample,
        templates: &[&str],
        weight: f64,
        strength: f64,
        accept: fn(&Value) -> bool,
    ) -> Fit {
        let (mut share, mut template) = (-1.0, "");
        for one in templates {
            let (found, _) = self.works(one, sample, accept);
            if found > share + 0.01 {
                (share, template) = (found, one);
            }
        }
        let share = share.max(0.0);
        made(template, share, weight, strength, sample)
    }

    /// Values that are known by their look.
    fn look(
        &self,
        sample: &ColumnSample,
        template: &str,
        weight: f64,
        strength: f64,
        look: impl Fn(&str) -> bool,
    ) -> Fit {
        made(template, sample.share(look), weight, strength, sample)
    }

    fn text(&self, sample: &ColumnSample, weight: f64, strength: f64, look: impl Fn(&str) -> bool) -> Fit {
        let template = if is_html_column(sample) { "§ | html_text" } else { "§ | text" };
        made(template, sample.share(look), weight, strength, sample)
    }

    fn texts(&self, sample: &ColumnSample) -> Fit {
        let has = |separators: &'static [char]| sample.share(|text| text.contains(separators));
        let by_space = has(&[' ', '\u{3000}']) > 0.3 && has(&[',', '，', '、', ';', '；', '|', '[']) < 0.1;
        let split = if by_space { "split(' ')" } else { "split" };
        let short = sample.share(|text| {
            text.chars().count() <= 120 && !is_number(text) && !is_date_like(text) && !is_html(text)
        });
        let mut fit = made(&format!("§ | {split} | unique"), short, 0.2, 0.6, sample);
        if sample.share(is_unit) > 0.5 {
            fit.weight = 0.1;
        }
        fit
    }

    fn date(&self, sample: &ColumnSample) -> Fit {
        let forever =
            sample.values.iter().any(|(value, _)| value.as_str().is_some_and(|text| trim(text) == "长期"));
        let templates: &[&str] = if forever {
            &["none if § == '长期' else (§ | date)"]
        } else {
            &["§ | date", "§ | unix | date", "§ | unix_ms | date"]
        };
        let plausible = |value: &Value| match value {
            Value::Date(day) => (1950..2100).contains(&chrono::Datelike::year(day)),
            _ => false,
        };
        self.best(sample, templates, 0.6, 0.95, plausible)
    }

    fn number(&self, want: &Want, sample: &ColumnSample) -> Fit {
        let filter = if *want == Want::Int { "int" } else { "decimal" };
        let mut templates = vec![format!("§ | {filter}")];
        if let Some(unit) = common_ending(sample) {
            templates.push(format!("§ | text | replace('{}', '') | {filter}", unit.replace('\'', "")));
        }
        let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
        let plausible = |value: &Value| match value {
            Value::Int(number) => (0..100_000_000_000).contains(number),
            Value::Decimal(number) => !number.is_sign_negative(),
            _ => false,
        };
        let mut fit = self.best(sample, &templates, 0.15, 0.95, plausible);
        // Digits of phones, ids and days are no counts.
        if sample.share(|text| text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit())) > 0.5 {
            fit.share *= 0.3;
        }
        fit
    }

    fn money(&self, want: &Want, sample: &ColumnSample, unit: Unit) -> Fit {
        let in_text = sample.share(|text| text.contains(['元', '万', '亿']));
        let (written, is_stated) = match unit {
            Some(unit) => (unit, true),
            None => (by_magnitude(sample), in_text > 0.95),
        };
        let templates: Vec<String> = match want {
            Want::Yuan => {
                let factor = match written {
                    "万元" => "(§ | decimal) * 10000",
                    "亿元" => "(§ | decimal) * 100000000",
                    _ => "§ | decimal",
                };
                vec![factor.to_owned(), format!("(§ | money('{written}')) * 10000")]
            }
            _ => vec![format!("§ | money('{written}')"), format!("§ | money_min('{written}')")],
        };
        let templates: Vec<&str> = templates.iter().map(String::as_str).collect();
        let plausible = |value: &Value| match value {
            Value::Int(number) => *number >= 0,
            Value::Decimal(number) => !number.is_sign_negative(),
            _ => false,
        };
        let mut fit = self.best(sample, &templates, if in_text > 0.3 { 0.6 } else { 0.15 }, 0.9, plausible);
        if !is_stated && fit.seen > 0 {
            let middle = middle(sample).map(|middle| middle.normalize().to_string()).unwrap_or_default();
            fit.caution = Some(Reason::new(
                format!("单位没有写明，按数值大小(中位数 {middle})推断为{written}，请核对"),
                format!("no unit is stated; {written} is inferred from the median {middle}: check it"),
            ));
        }
        fit
    }

    /// Compares the code list of a comment with the province's: 「3 培训」 may be 「3 推介会」 there.
    ///
    /// What the crosswalk says has been decided by somebody, and is left alone.
    pub fn heed(&self, fit: &mut Fit, table: &str, sample: &ColumnSample, comment: &Comment) {
        let Ok(table) = self.codes.table(table) else { return };
        let (mut differ, mut unknown, mut meant) = (Vec::new(), Vec::new(), 0);
        for (value, meaning) in &comment.codes {
            let own = table.find(value);
            if own.as_ref().is_some_and(|hit| hit.line.is_some()) {
                continue;
            }
            let known = called(table, meaning);
            match (own, &known) {
                (Some(own), Some(known)) if own.code != known => differ.push(format!("{value}={meaning}")),
                (None, _) if sample.share(|text| text == value) > 0.0 => {
                    unknown.push(format!("{value}={meaning}"));
                    meant += usize::from(known.is_some());
                }
                (Some(_) | None, _) => (),
            }
        }
        if differ.is_empty() && unknown.is_empty() {
            return;
        }
        if meant * 2 >= unknown.len() && !unknown.is_empty() {
            // The words of the comment are the province's; only the numbers are the city's own.
            fit.share = fit.share.max(0.8);
        }
        let listed = differ.iter().chain(&unknown).take(LISTED_MAX).cloned().collect::<Vec<_>>().join(" ");
        let name = table.name();
        fit.caution = Some(Reason::new(
            format!("注释里的含义（{listed}）和省代码对不上，请写进 crosswalks/{name}.csv"),
            format!(
                "what the comment says ({listed}) is not what the province's codes say: write crosswalks/{name}.csv"
            ),
        ));
    }

    /// Looks codes up by itself: the filter would search near entries for every value that is unknown.
    fn code(&self, table: &str, sample: &ColumnSample, is_list: bool) -> Fit {
        let last = if is_list { format!("codes('{table}') | unique") } else { format!("code('{table}')") };
        let letter = sample.values.iter().find_map(|(value, _)| {
            let text = value.to_string();
            text.chars().next().filter(|c| table == "industry" && c.is_ascii_uppercase() && text.len() > 1)
        });
        let mut ways: Vec<(String, &[char], Option<char>)> = Vec::new();
        if is_list {
            ways.push((format!("§ | split | {last}"), &SEPARATORS, None));
            ways.push((format!("§ | split(' ') | {last}"), &[' '], None));
            ways.push((format!("§ | split('/') | {last}"), &['/'], None));
        } else {
            ways.push((format!("§ | {last}"), &[], None));
            ways.extend(letter.map(|letter| {
                (format!("§ | text | replace('{letter}', '') | {last}"), &[][..], Some(letter))
            }));
        }
        let known = self.codes.table(table).ok();
        let is_code = |part: &str| known.is_some_and(|known| known.find(part).is_some());
        let mut best: Option<(f64, String, Vec<String>)> = None;
        for (template, separators, letter) in ways {
            let mut failed = Vec::new();
            let share = sample.share(|text| {
                let bare = letter.map_or(text.to_owned(), |letter| text.replace(letter, ""));
                let parts = bare.trim_matches(['[', ']']).split(separators).map(trim);
                parts.filter(|part| !part.is_empty()).all(is_code)
            });
            for (value, _) in &sample.values {
                let text = value.to_string();
                let bare = letter.map_or(text.clone(), |letter| text.replace(letter, ""));
                let parts = bare.trim_matches(['[', ']']).split(separators).map(trim);
                failed.extend(parts.filter(|part| !part.is_empty() && !is_code(part)).map(str::to_owned));
            }
            failed.sort();
            failed.dedup();
            if best.as_ref().is_none_or(|(known, _, _)| share > known + 0.01) {
                best = Some((share, template, failed));
            }
        }
        let (share, template, failed) = best.unwrap_or_default();
        let in_words = sample.share(|text| text.chars().any(is_han));
        // A number is in many code tables; a word mostly in one.
        let weight = if in_words > 0.5 {
            0.9
        } else if sample.length() >= 3.0 {
            0.5
        } else {
            0.3
        };
        // 「无」 may be a code of its own: a form of intellectual property that is none.
        let none_is_code = sample.null_texts.iter().any(|text| is_code(text));
        // Few words that the table does not know are still a code: the city's own. Free text is none.
        let strength = match sample.distinct {
            0..=12 => 0.5,
            13..=80 => 0.6,
            _ => 0.9,
        };
        let mut fit = made(&template, share, weight, strength, sample);
        if none_is_code {
            fit.template = fit.template.replace(" | null_words", "");
        }
        if sample.distinct <= 40 || share > 0.0 {
            fit.unmapped = failed;
        }
        fit
    }
}

fn made(template: &str, share: f64, weight: f64, strength: f64, sample: &ColumnSample) -> Fit {
    let seen = sample.filled();
    let percent = (share * 100.0).floor();
    let reason = Reason::new(format!("{percent}% 的值合适"), format!("{percent}% of the values suit"));
    // Words for nothing are not among the values that were tried, and no filter but this one takes them.
    let template = if sample.null_words > 0 && !template.contains("null_words") {
        template.replace("§ | ", "§ | null_words | ")
    } else {
        template.to_owned()
    };
    Fit {
        template,
        share,
        weight,
        strength,
        reason,
        caution: None,
        unmapped: Vec::new(),
        seen,
        by_words: false,
    }
}

/// The code that is called like a word: by its name, or as the only one whose name has the word in it.
fn called(table: &CodeTable, word: &str) -> Option<Arc<str>> {
    if let Some(hit) = table.find(word) {
        return Some(hit.code.clone());
    }
    let is_like = |name: &str| word.chars().count() >= 2 && (name.contains(word) || word.contains(name));
    // 「职务」 is in 「非职务成果」 too: what begins alike comes first.
    let begins = table.rows().iter().find(|row| row.name.starts_with(word));
    let mut alike = table.rows().iter().filter(|row| is_like(&row.name));
    let only = alike.next().filter(|_| alike.next().is_none());
    begins.or(only).map(|row| row.code.clone())
}

pub(super) fn is_html_column(sample: &ColumnSample) -> bool {
    sample.share(is_html) > 0.05
}

fn is_year(value: &Value) -> bool {
    matches!(value, Value::Int(year) if (1949..=2100).contains(year))
}

fn is_resident_id(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    text.len() == 18 && text.is_ascii() && resident_id_check(&text[..17]) == text.chars().last()
}

/// What numbers are followed by: `36个月`, `3.45%`.
fn common_ending(sample: &ColumnSample) -> Option<String> {
    let ending = |text: &str| {
        let start = text.rfind(|c: char| c.is_ascii_digit())? + 1;
        let rest = &text[start..];
        (!rest.is_empty() && text[..start].chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')))
            .then(|| rest.to_owned())
    };
    let first = sample.values.iter().find_map(|(value, _)| ending(trim(&value.to_string())))?;
    (sample.share(|text| text.ends_with(&first)) > 0.5).then_some(first)
}

/// Amounts of some hundred thousand, or of round thousands, are hardly ever in 万元.
fn by_magnitude(sample: &ColumnSample) -> &'static str {
    let is_round =
        |text: &str| text.parse().is_ok_and(|number: Decimal| (number % Decimal::from(1_000)).is_zero());
    match middle(sample) {
        Some(middle) if middle >= Decimal::from(300_000) => "元",
        Some(middle) if middle >= Decimal::from(10_000) && sample.share(is_round) > 0.8 => "元",
        _ => "万元",
    }
}

/// The median of the bare numbers.
fn middle(sample: &ColumnSample) -> Option<Decimal> {
    let numbers =
        sample.values.iter().filter_map(|(value, _)| trim(&value.to_string()).replace(',', "").parse().ok());
    let mut numbers: Vec<Decimal> = numbers.filter(|number: &Decimal| !number.is_zero()).collect();
    numbers.sort();
    numbers.get(numbers.len() / 2).copied()
}
