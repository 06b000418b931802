//! Made-up people, numbers and spellings, in the ways that city databases spell them.
//!
//! Nobody is meant: surnames and given names are thrown together, mobiles lie in 1990533 0000–9999, landlines
//! in 0533-200 0000–9999, e-mail hosts end in `example.com`, and credit codes carry the invented organisation
//! part `MADE`, resident numbers in a region that does not exist; only their check characters are real.

use crate::record::{patent_check, resident_id_check, uscc_check};

use super::dice::Dice;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "孙", "周", "吴", "徐", "马", "朱", "胡", "郭", "何", "高",
    "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董",
    "袁", "潘", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁", "任", "沈", "姚", "卢",
    "姜", "崔", "钟",
];
const GIVEN_FIRST: &[&str] = &[
    "建", "志", "文", "晓", "海", "永", "国", "明", "春", "雪", "丽", "秀", "玉", "振", "德", "学", "庆",
    "家", "立", "新", "兴", "光", "红", "东",
];
const GIVEN_LAST: &[&str] = &[
    "军", "华", "平", "强", "刚", "伟", "涛", "峰", "杰", "敏", "静", "芳", "玲", "霞", "梅", "勇", "鹏",
    "波", "斌", "磊", "超", "琳", "颖", "宁", "成", "民", "洁", "凯",
];

/// A person's name of two or three characters.
pub fn person(dice: &mut Dice) -> String {
    let (family, last) = (dice.pick(SURNAMES), dice.pick(GIVEN_LAST));
    let middle = if dice.chance(80) { dice.pick(GIVEN_FIRST) } else { "" };
    format!("{family}{middle}{last}")
}

/// A name that no other number has: for people who must stay different from each other.
pub fn person_number(number: usize) -> String {
    let family = SURNAMES[number % SURNAMES.len()];
    let last = GIVEN_LAST[number / SURNAMES.len() % GIVEN_LAST.len()];
    let middle = GIVEN_FIRST[(number / SURNAMES.len() / GIVEN_LAST.len() + number) % GIVEN_FIRST.len()];
    format!("{family}{middle}{last}")
}

/// A resident number with a valid check digit, in the region 379999 that does not exist.
pub fn resident_number(number: usize) -> String {
    let body = format!(
        "379999{}{:02}{:02}{:03}",
        1965 + number % 30,
        1 + number % 12,
        1 + number % 28,
        number % 1000
    );
    format!("{body}{}", resident_id_check(&body).unwrap_or('0'))
}

/// A mobile number of eleven digits.
pub fn mobile(dice: &mut Dice) -> String {
    format!("1990533{:04}", dice.between(1001, 9987))
}

/// The same kind of number in the spellings found in the wild: bare, with +86, in groups, or a landline.
pub fn phone(dice: &mut Dice) -> String {
    let number = mobile(dice);
    match dice.below(10) {
        0 => format!("+86 {number}"),
        1 => format!("{} {} {}", &number[..3], &number[3..7], &number[7..]),
        2 => format!("0533-200{:04}", dice.between(1001, 9987)),
        _ => number,
    }
}

pub fn email(dice: &mut Dice) -> String {
    format!("lxr{}@kj{}.example.com", dice.between(100, 999), dice.between(1, 40))
}

/// A credit code with both check characters valid. `kind` is its first two characters: 91 firm, 12 institution,
/// 52 society. Distinct for numbers up to 9999.
pub fn credit_code(kind: &str, region: &str, number: usize) -> String {
    let organisation = format!("MADE{:04}", number % 10_000);
    let body = format!("{kind}{region}{organisation}{}", organisation_check(&organisation));
    // Digits and M, A, D, E, X stand in the alphabet of GB 32100-2015, so there is always a check character.
    let check = uscc_check(&body).unwrap_or('0');
    format!("{body}{check}")
}

/// The ninth character of an organisation code (GB 11714-1997).
fn organisation_check(first_8: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first_8.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

/// A granted patent's number, `ZL` and the dot included; different for every `number`. Type 1 is an invention,
/// 2 a utility model.
pub fn patent(number: usize, kind: char) -> String {
    let body = format!("{}{kind}{:07}", 2016 + number % 8, 100_003 + number * 7);
    format!("ZL{body}.{}", patent_check(&body).unwrap_or('0'))
}

/// A day as year, month, day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64, pub i64, pub i64);

impl Day {
    /// A day between two years, both included; never after the 28th, so that it exists in every month.
    pub fn between(dice: &mut Dice, first: i64, last: i64) -> Day {
        Day(dice.between(first, last), dice.between(1, 12), dice.between(1, 28))
    }

    pub fn years_later(self, years: i64) -> Day {
        Day(self.0 + years, self.1, self.2)
    }

    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.0, self.1, self.2)
    }

    /// One of the five spellings found in the wild.
    pub fn wild(self, dice: &mut Dice) -> String {
        let Day(year, month, day) = self;
        match dice.below(5) {
            0 => self.iso(),
            1 => format!("{year}.{month}.{day}"),
            2 => format!("{year:04}{month:02}{day:02}"),
            3 => format!("{year}年{month}月{day}日"),
            _ => format!("{year}/{month}/{day}"),
        }
    }

    /// `2024-04-01 09:30:00`: how most web forms store a moment.
    pub fn with_time(self, dice: &mut Dice) -> String {
        format!("{} {:02}:{:02}:00", self.iso(), dice.between(8, 17), dice.between(0, 5) * 10)
    }

    /// Seconds since 1970 of this day at 10:00 in Shandong.
    pub fn unix(self) -> i64 {
        // Days from the civil calendar (Howard Hinnant's algorithm), with March as the first month.
        let (year, month) = if self.1 > 2 { (self.0, self.1 - 3) } else { (self.0 - 1, self.1 + 9) };
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + self.2 - 719_469;
        days * 86_400 + 2 * 3_600
    }
}

/// Rich text as an editor leaves it: Word styles, &nbsp;, entities, an inline picture on the intranet.
pub fn html(dice: &mut Dice, sentences: &[String]) -> String {
    let mut text = String::new();
    for sentence in sentences {
        let open = dice.pick(&[
            "<p>",
            "<p style=\"text-indent:2em;\">",
            "<p class=\"MsoNormal\" style=\"mso-char-indent-count:2.0;line-height:150%\"><span>",
            "<div>&nbsp;&nbsp;&nbsp;&nbsp;",
        ]);
        let close = if open.starts_with("<div") {
            "</div>"
        } else if open.ends_with("<span>") {
            "</span></p>"
        } else {
            "</p>"
        };
        text.push_str(open);
        text.push_str(sentence);
        text.push_str(close);
    }
    if dice.chance(30) {
        text.push_str(
            "<p><img src=\"/ueditor/upload/image/20230501/1682900000.jpg\" alt=\"\" width=\"600\"/></p>",
        );
    }
    if dice.chance(20) {
        text.push_str("<p><br/></p>");
    }
    text
}

/// A list in one of the ways it is joined in the wild.
pub fn joined(dice: &mut Dice, items: &[&str]) -> String {
    match dice.below(4) {
        0 => items.join(","),
        1 => items.join("、"),
        2 => items.iter().map(|item| format!("{item},")).collect(),
        _ => items.join("；"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_and_patents_carry_valid_check_characters() {
        for number in 0..300 {
            let code = credit_code("91", "370303", number);
            assert_eq!(uscc_check(&code[..17]), code.chars().last(), "{code}");
            let patent = patent(number, '1');
            assert_eq!(patent_check(&patent[2..14]), patent.chars().last(), "{patent}");
        }
    }

    #[test]
    fn days_become_seconds() {
        assert_eq!(Day(1970, 1, 1).unix(), 2 * 3_600);
        assert_eq!(Day(2024, 2, 29).unix(), 1_709_172_000);
        assert_eq!(Day(2023, 5, 1).iso(), "2023-05-01");
    }

    #[test]
    fn numbered_people_are_all_different() {
        let names: std::collections::BTreeSet<_> = (0..1_500).map(person_number).collect();
        assert_eq!(names.len(), 1_500);
    }
}
