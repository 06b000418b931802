//! How much a column's name or comment sounds like a field.

use strsim::{normalized_damerau_levenshtein, sorensen_dice};

use super::pinyin::{Manner, Spelling};
use super::proposal::Reason;
use super::words::{Word, Words, is_han, snake};
use crate::codes::narrow;

/// A column's name, looked at from all sides.
#[derive(Clone, Debug)]
pub(super) struct ColumnName {
    /// As the database has it.
    pub written: String,
    /// Of Chinese names: without units and remarks in brackets.
    chinese: String,
    /// The name in words and letters, and again without the table's prefix.
    forms: Vec<Form>,
    /// A further one of its sort: `contactnumber2`.
    pub is_numbered: bool,
}

#[derive(Clone, Debug)]
struct Form {
    words: Vec<String>,
    letters: String,
}

/// The best that name and comment say.
#[derive(Clone, Debug, Default)]
pub(super) struct Likeness {
    /// 0 to 1.
    pub score: f64,
    pub reason: Option<Reason>,
    /// The word says just this field.
    pub is_clear: bool,
}

/// In what way a name is like a word.
#[derive(Clone, Copy, Debug)]
enum How {
    Same,
    Initials,
    Pinyin,
    NearPinyin,
    English,
    NearEnglish,
    SameSense,
    SharesWords,
}

/// A word that may mean something else too counts so much less.
const VAGUE: f64 = 0.84;

impl ColumnName {
    /// Shape: `prefix` is what all columns of the table start with, if anything.
    pub fn new(name: &str, prefix: &str) -> Self {
        let form = |name: &str| {
            let words: Vec<String> = snake(name).split(' ').map(str::to_owned).collect();
            Form { letters: words.concat(), words }
        };
        let mut forms = vec![form(name)];
        if let Some(rest) = name.get(prefix.len()..).filter(|rest| !prefix.is_empty() && !rest.is_empty()) {
            forms.push(form(rest));
        }
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        ColumnName {
            written: name.to_owned(),
            chinese: bare_chinese(name),
            forms,
            is_numbered: bare.len() < name.len() && !bare.is_empty(),
        }
    }

    /// The words of the full name.
    pub fn words(&self) -> &[String] {
        self.forms.first().map_or(&[], |form| form.words.as_slice())
    }

    /// The name as letters, with and without the prefix; of a Chinese one the name itself.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        let letters = self.forms.iter().map(|form| form.letters.as_str());
        letters.chain((!self.chinese.is_empty()).then_some(self.chinese.as_str()))
    }

    /// What the name alone says.
    pub fn likeness(&self, words: &Words) -> Likeness {
        let mut best: Option<(f64, How, &Word)> = None;
        for word in &words.0 {
            let Some((score, how)) = self.sounds(word) else { continue };
            let score = if word.is_vague { score * VAGUE } else { score };
            if best.is_none_or(|(known, _, _)| score > known) {
                best = Some((score, how, word));
            }
        }
        let Some((score, how, word)) = best else { return Likeness::default() };
        Likeness { score, reason: Some(how.reason(&word.text)), is_clear: !word.is_vague }
    }

    fn sounds(&self, word: &Word) -> Option<(f64, How)> {
        if !self.chinese.is_empty() {
            word.spelling.as_ref()?;
            let score = chinese(&self.chinese, &word.text);
            return (score > 0.0).then_some((score, How::Same));
        }
        let found = self.forms.iter().filter_map(|form| match &word.spelling {
            Some(spelling) => pinyin(&form.letters, spelling),
            None => english(form, word),
        });
        found.max_by(|one, other| one.0.total_cmp(&other.0))
    }
}

impl How {
    fn reason(self, word: &str) -> Reason {
        let (zh, en) = match self {
            How::Same => (format!("列名像“{word}”"), format!("the name is like {word}")),
            How::Initials => {
                (format!("列名是“{word}”的拼音首字母"), format!("the name is the pinyin initials of {word}"))
            }
            How::Pinyin => (format!("列名是“{word}”的拼音"), format!("the name is {word} in pinyin")),
            How::NearPinyin => {
                (format!("列名接近“{word}”的拼音"), format!("the name is close to {word} in pinyin"))
            }
            How::English => (format!("列名就是 {word}"), format!("the name is {word}")),
            How::NearEnglish => (format!("列名接近 {word}"), format!("the name is close to {word}")),
            How::SameSense => (format!("列名与 {word} 同义"), format!("the name means the same as {word}")),
            How::SharesWords => (format!("列名含有 {word} 的词"), format!("the name has words of {word}")),
        };
        Reason::new(zh, en)
    }
}

/// What a comment's label says.
pub(super) fn comment_likeness(label: &str, words: &Words) -> Likeness {
    let label = bare_chinese(label);
    let mut best: Option<(f64, &Word)> = None;
    for word in words.0.iter().filter(|word| !label.is_empty() && word.spelling.is_some()) {
        let score = chinese(&label, &word.text) * if word.is_vague { VAGUE } else { 1.0 };
        if score > best.map_or(0.0, |(known, _)| known) {
            best = Some((score, word));
        }
    }
    let Some((score, word)) = best else { return Likeness::default() };
    let reason = if label == word.text {
        Reason::new(format!("注释就是“{label}”"), format!("the comment says {label}"))
    } else {
        let text = &word.text;
        Reason::new(format!("注释“{label}”像“{text}”"), format!("the comment {label} is like {text}"))
    };
    Likeness { score, reason: Some(reason), is_clear: !word.is_vague }
}

/// Two Chinese words: the same, one inside the other, or sharing characters.
fn chinese(one: &str, other: &str) -> f64 {
    if one == other {
        return 1.0;
    }
    let (here, there) = (one.chars().count(), other.chars().count());
    let (long, short) = (here.max(there), here.min(there));
    if short >= 2 && (one.ends_with(other) || other.ends_with(one)) {
        // 「需求技术领域」 is a 「技术领域」: what stands last says what it is.
        return 0.45 + 0.4 * ratio(short, long);
    }
    if short >= 2 && (one.contains(other) || other.contains(one)) {
        return 0.3 + 0.4 * ratio(short, long);
    }
    if one.chars().any(|c| other.contains(c)) { 0.7 * sorensen_dice(one, other) } else { 0.0 }
}

fn pinyin(letters: &str, spelling: &Spelling) -> Option<(f64, How)> {
    let length = spelling.length();
    if let Some(manner) = spelling.manner(letters) {
        return Some(match (manner, length) {
            (Manner::Initials, 0 | 1) => (0.3, How::Initials),
            (Manner::Initials, 2) => (0.74, How::Initials),
            (Manner::Initials, 3) => (0.87, How::Initials),
            (Manner::Initials, _) => (0.96, How::Initials),
            (Manner::Full | Manner::Mixed, 1) => (0.6, How::Pinyin),
            (Manner::Full | Manner::Mixed, _) => (0.98, How::Pinyin),
        });
    }
    if length < 3 || letters.len() < 8 {
        return None;
    }
    let full = spelling.full();
    let (short, long) = (full.len().min(letters.len()), full.len().max(letters.len()));
    if ratio(short, long) >= 0.8 && letters.as_bytes()[..2] == full.as_bytes()[..2] {
        let near = normalized_damerau_levenshtein(letters, full);
        if near >= 0.85 {
            return Some((0.9 * near, How::NearPinyin));
        }
    }
    if letters.ends_with(full) {
        return Some((0.45 + 0.4 * ratio(short, long), How::NearPinyin));
    }
    (full.ends_with(letters) || letters.contains(full))
        .then(|| (0.3 + 0.4 * ratio(short, long), How::NearPinyin))
}

fn english(form: &Form, word: &Word) -> Option<(f64, How)> {
    let (letters, joined) = (form.letters.as_str(), word.joined.as_str());
    if letters == joined {
        // A short word alone is a word of everybody's.
        let score = if word.parts.len() > 1 || joined.len() >= 6 { 0.97 } else { 0.88 };
        return Some((score, How::English));
    }
    if near(letters, joined, 0.84) {
        return Some((0.88 * normalized_damerau_levenshtein(letters, joined), How::NearEnglish));
    }
    if form.words.len() == word.parts.len()
        && form.words.iter().zip(&word.parts).all(|(one, other)| same_sense(one) == same_sense(other))
    {
        return Some((0.85, How::SameSense));
    }
    let has = |part: &&String| form.words.iter().any(|one| one == *part || near(one, part, 0.8));
    let shared = word.parts.iter().filter(has).count();
    let all = form.words.len().max(word.parts.len());
    let score = if shared == 0 {
        return None;
    } else if shared == word.parts.len() {
        0.3 + 0.45 * ratio(shared, all)
    } else if shared == form.words.len() {
        0.25 + 0.35 * ratio(shared, all)
    } else {
        0.5 * ratio(shared, all)
    };
    Some((score, How::SharesWords))
}

/// Words that developers take for one another.
fn same_sense(word: &str) -> &str {
    match word {
        "time" | "date" | "day" => "date",
        "way" | "mode" | "method" | "form" => "mode",
        "type" | "kind" | "category" | "class" => "type",
        "num" | "number" | "count" | "cnt" => "count",
        "tel" | "phone" | "mobile" | "telephone" => "phone",
        "mail" | "email" => "email",
        "state" | "status" => "state",
        "level" | "grade" => "level",
        "addr" | "address" => "address",
        "org" | "organization" | "unit" | "company" | "corp" => "unit",
        "person" | "man" | "people" => "person",
        other => other,
    }
}

/// One word with a letter or two wrong.
fn near(one: &str, other: &str, least: f64) -> bool {
    let (one, other) = if one.len() < other.len() { (other, one) } else { (one, other) };
    // Of lengths too far apart, or of the first letters being wrong too, nothing good can come.
    other.len() >= 6
        && ratio(other.len(), one.len()) >= least
        && (one.as_bytes()[0] == other.as_bytes()[0] || one.as_bytes()[1] == other.as_bytes()[1])
        && normalized_damerau_levenshtein(one, other) >= least
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Chinese without brackets, white space and 的; empty for a text that has no Chinese.
fn bare_chinese(text: &str) -> String {
    if !text.chars().any(is_han) {
        return String::new();
    }
    let narrowed = narrow(text);
    let mut depth = 0_usize;
    let mut bare = String::new();
    for c in narrowed.chars() {
        match c {
            '(' | '[' | '【' => depth += 1,
            ')' | ']' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 && !c.is_whitespace() && !matches!(c, '的' | '_' | '-' | '/' | '、') => {
                bare.push(c)
            }
            _ => (),
        }
    }
    bare
}

/// What more than half of a table's columns start with, up to an underscore: `EQ_`, `f_`.
pub(super) fn common_prefix<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    let count = names.clone().count();
    let candidate = |name: &'n str| name.find('_').map(|end| &name[..=end]);
    let mut best: (usize, &str) = (0, "");
    for prefix in names.clone().filter_map(candidate) {
        let shared =
            names.clone().filter(|name| name.len() > prefix.len() && name.starts_with(prefix)).count();
        if shared > best.0 {
            best = (shared, prefix);
        }
    }
    if best.0 >= 3 && best.0 * 2 > count { best.1.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_what_most_columns_share() {
        let rows: [(&[&str], &str); 3] = [
            (&["EQ_NAME", "EQ_MODEL", "EQ_FEE", "BASE_ID"], "EQ_"),
            (&["cgmc", "create_by", "create_time"], ""),
            (&["f_a", "f_b"], ""),
        ];
        for (names, expect) in rows {
            assert_eq!(common_prefix(names.iter().copied()), expect, "{names:?}");
        }
    }

    #[test]
    fn what_stands_last_counts_more() {
        assert_eq!(chinese("技术领域", "技术领域"), 1.0);
        assert!(chinese("需求技术领域", "技术领域") > chinese("技术领域备注", "技术领域"));
        assert!(chinese("浏览量", "专利号") < 0.1);
    }
}
