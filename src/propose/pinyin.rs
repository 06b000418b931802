//! Chinese words as developers spell them in column names: initials, full pinyin, or some of each.

use pinyin::ToPinyin;

/// Every way of reading a word, one list of syllables for each character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    characters: Vec<Vec<String>>,
    /// The first reading in full.
    full: String,
}

/// How letters spell a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// One letter for each character: `cgmc`.
    Initials,
    /// Some characters in full: `cg_mingcheng`.
    Mixed,
    /// Every character in full: `chengguomingcheng`.
    Full,
}

/// Characters that column names read in more than one way. Tables of readings list hundreds; these are the ones
/// that stand in names of fields.
const POLYPHONES: &[(char, &[&str])] = &[
    ('长', &["chang", "zhang"]),
    ('重', &["zhong", "chong"]),
    ('行', &["hang", "xing"]),
    ('率', &["lv", "shuai"]),
    ('省', &["sheng", "xing"]),
    ('会', &["hui", "kuai"]),
    ('单', &["dan", "shan"]),
    ('系', &["xi", "ji"]),
    ('地', &["di", "de"]),
    ('参', &["can", "shen"]),
    ('校', &["xiao", "jiao"]),
    ('调', &["diao", "tiao"]),
    ('传', &["chuan", "zhuan"]),
    ('解', &["jie", "xie"]),
    ('属', &["shu", "zhu"]),
    ('称', &["cheng", "chen"]),
    ('差', &["cha", "chai"]),
    ('曾', &["zeng", "ceng"]),
    ('朝', &["chao", "zhao"]),
    ('乐', &["le", "yue"]),
    ('车', &["che", "ju"]),
    ('角', &["jiao", "jue"]),
    ('识', &["shi", "zhi"]),
    ('薄', &["bo", "bao"]),
    ('大', &["da", "dai"]),
    ('的', &["de", "di"]),
    ('项', &["xiang"]),
    ('降', &["jiang", "xiang"]),
    ('应', &["ying"]),
    ('种', &["zhong", "chong"]),
    ('数', &["shu", "shuo"]),
    ('期', &["qi", "ji"]),
    ('都', &["du", "dou"]),
    ('给', &["gei", "ji"]),
    ('量', &["liang"]),
    ('绿', &["lv", "lu"]),
    ('履', &["lv", "lu"]),
    ('旅', &["lv", "lu"]),
    ('女', &["nv", "nu"]),
];

impl Spelling {
    /// Letters and digits of the word stand for themselves; all else is not heard.
    pub fn of(word: &str) -> Self {
        let syllables = word.chars().filter_map(|c| {
            if c.is_ascii_alphanumeric() {
                return Some(vec![c.to_ascii_lowercase().to_string()]);
            }
            if let Some((_, readings)) = POLYPHONES.iter().find(|(known, _)| *known == c) {
                return Some(readings.iter().map(|reading| (*reading).to_owned()).collect());
            }
            Some(vec![c.to_pinyin()?.plain().replace('ü', "v")])
        });
        let characters: Vec<Vec<String>> = syllables.collect();
        let full = characters.iter().filter_map(|readings| readings.first()).map(String::as_str).collect();
        Spelling { characters, full }
    }

    /// Characters that are heard.
    pub fn length(&self) -> usize {
        self.characters.len()
    }

    /// The first reading in full.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The first letters of the first readings.
    pub fn initials(&self) -> String {
        self.characters.iter().filter_map(|readings| readings.first()?.chars().next()).collect()
    }

    /// How lower-case letters spell the whole word; `None` if they do not.
    pub fn manner(&self, letters: &str) -> Option<Manner> {
        let starts = |readings: &Vec<String>| {
            readings.iter().any(|one| one.as_bytes()[..1] == letters.as_bytes()[..1])
        };
        if letters.len() < self.characters.len()
            || letters.len() > LETTERS_MAX
            || !self.characters.first().is_some_and(starts)
        {
            return None;
        }
        // For each place in the letters: the most characters so far that were written in full.
        let mut reached: Vec<Option<usize>> = vec![None; letters.len() + 1];
        reached[0] = Some(0);
        for readings in &self.characters {
            let mut next: Vec<Option<usize>> = vec![None; letters.len() + 1];
            for (place, in_full) in reached.iter().enumerate() {
                let (Some(in_full), Some(rest)) = (in_full, letters.get(place..)) else { continue };
                for reading in readings {
                    for (part, is_full) in forms(reading) {
                        if rest.starts_with(part) {
                            let slot = &mut next[place + part.len()];
                            *slot = Some(slot.unwrap_or(0).max(in_full + usize::from(is_full)));
                        }
                    }
                }
            }
            reached = next;
        }
        let in_full = reached[letters.len()]?;
        Some(match in_full {
            _ if letters.len() == self.characters.len() => Manner::Initials,
            all if all == self.characters.len() => Manner::Full,
            _ => Manner::Mixed,
        })
    }
}

/// Longer names are no pinyin, and a table of all places must stay small.
const LETTERS_MAX: usize = 80;

/// A syllable in full, by its first letter, or by a two-letter initial.
fn forms(reading: &str) -> impl Iterator<Item = (&str, bool)> {
    let double = ["zh", "ch", "sh"].into_iter().find(|initial| reading.starts_with(initial));
    let first = reading.get(..1).filter(|_| reading.len() > 1);
    [(Some(reading), true), (first, false), (double.filter(|initial| *initial != reading), false)]
        .into_iter()
        .filter_map(|(part, is_full)| Some((part?, is_full)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_spell_words_in_every_manner_that_developers_have() {
        let rows = [
            ("成果名称", "cgmc", Some(Manner::Initials)),
            ("成果名称", "chengguomingcheng", Some(Manner::Full)),
            ("成果名称", "cgmingcheng", Some(Manner::Mixed)),
            ("成果名称", "chenggmc", Some(Manner::Mixed)),
            ("统一社会信用代码", "tyshxydm", Some(Manner::Initials)),
            ("统一社会信用代码", "tongyishehuixinyongdaima", Some(Manner::Full)),
            ("社会信用", "skxy", Some(Manner::Initials)),
            ("年化利率", "nhll", Some(Manner::Initials)),
            ("银行", "yinhang", Some(Manner::Full)),
            ("银行", "yinxing", Some(Manner::Full)),
            ("职称", "zhch", Some(Manner::Mixed)),
            ("代表作DOI", "dbzdoi", Some(Manner::Initials)),
            ("绿色", "lvse", Some(Manner::Full)),
            ("成果名称", "cgmcs", None),
            ("成果名称", "cgm", None),
            ("成果名称", "", None),
            ("", "a", None),
        ];
        for (word, letters, expect) in rows {
            assert_eq!(Spelling::of(word).manner(letters), expect, "{word} {letters}");
        }
    }
}
