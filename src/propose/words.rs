//! The dictionary: what cities call the fields, the tables of a kind, and the columns that keep house.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::pinyin::Spelling;
use crate::schema::{FieldInfo, Kind};

/// One way of saying something.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub text: String,
    /// Of a Chinese word.
    pub spelling: Option<Spelling>,
    /// Of an English phrase: its words, and all of them without spaces.
    pub parts: Vec<String>,
    pub joined: String,
    /// It may mean something else too.
    pub is_vague: bool,
}

impl Word {
    pub fn new(text: &str, is_vague: bool) -> Self {
        if text.chars().any(is_han) {
            let spelling = Some(Spelling::of(text));
            return Word {
                text: text.to_owned(),
                spelling,
                parts: Vec::new(),
                joined: String::new(),
                is_vague,
            };
        }
        let text = text.to_ascii_lowercase();
        let parts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Word { joined: parts.concat(), spelling: None, parts, text, is_vague }
    }
}

/// All ways of saying one thing, the clearest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(pub Vec<Word>);

impl Words {
    /// Chinese words between spaces, English phrases between commas.
    fn add(&mut self, text: &str, is_vague: bool) {
        for phrase in text.split(',') {
            let (chinese, english): (Vec<&str>, Vec<&str>) =
                phrase.split_whitespace().partition(|word| word.chars().any(is_han));
            for word in chinese {
                self.push(word, is_vague);
            }
            if !english.is_empty() {
                self.push(&english.join(" "), is_vague);
            }
        }
    }

    fn push(&mut self, text: &str, is_vague: bool) {
        let word = Word::new(text, is_vague);
        if !self.0.iter().any(|known| known.text == word.text) {
            self.0.push(word);
        }
    }

    /// The words for a field of a kind: the schema's own, the dictionary's for this kind, and those for all kinds.
    pub fn of_field(kind: &Kind, field: &FieldInfo) -> Words {
        let mut words = Words::default();
        let (outer, name) = field.name.rsplit_once('.').unwrap_or(("", &field.name));
        if outer.is_empty() || !is_bare(&field.title) {
            words.add(&spaceless(&field.title), false);
        }
        let outer_title = kind.field_named(outer).map(|one| one.title.as_str()).unwrap_or_default();
        if !outer_title.is_empty() {
            words.add(&format!("{outer_title}{}", field.title), false);
        }
        let camel = snake(name);
        words.add(&camel, outer.is_empty() && ["name", "title", "year", "level", "source"].contains(&name));
        words.add(&snake(&field.name.replace('.', "_")), false);
        for section in [kind.name.as_ref(), "*"] {
            let Some(entry) = DICTIONARY.get(section).and_then(|section| section.get(&field.name)) else {
                continue;
            };
            words.add(&entry.zh, false);
            words.add(&entry.en, false);
            words.add(&entry.also, true);
            words.add(shared(&entry.like), true);
        }
        words
    }

    /// The words for tables that hold a kind.
    pub fn of_kind(kind: &Kind) -> Words {
        let mut words = Words::default();
        for title in kind.title.split('/') {
            words.add(&spaceless(title), false);
        }
        words.add(&snake(&kind.name), false);
        if let Some(entry) = DICTIONARY.get(kind.name.as_ref()).and_then(|section| section.get("_")) {
            words.add(&entry.zh, false);
            words.add(&entry.en, false);
        }
        words
    }

    /// The words for a column that keeps house.
    pub fn of_role(role: &str) -> Words {
        let mut words = Words::default();
        if let Some(entry) = DICTIONARY.get("role").and_then(|section| section.get(role)) {
            words.add(&entry.zh, false);
        }
        words
    }
}

/// What the file says of one field; a plain text there is `zh`.
#[derive(Debug, Default)]
struct Entry {
    zh: String,
    en: String,
    also: String,
    like: String,
}

type Dictionary = BTreeMap<String, BTreeMap<String, Entry>>;

static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| read(include_str!("words.toml")));

/// The dictionary from its text; what has another shape is left out, and a test makes sure that nothing has.
fn read(text: &str) -> Dictionary {
    let root: toml::Table = text.parse().unwrap_or_default();
    let section = |table: &toml::Value| {
        let entries = table.as_table().into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), entry(value))).collect()
    };
    root.iter().map(|(name, table)| (name.clone(), section(table))).collect()
}

fn entry(value: &toml::Value) -> Entry {
    let text = |key: &str| value.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    match value.as_str() {
        Some(all) => Entry { zh: all.to_owned(), ..Entry::default() },
        None => Entry { zh: text("zh"), en: text("en"), also: text("also"), like: text("as") },
    }
}

fn shared(name: &str) -> &'static str {
    DICTIONARY.get("shared").and_then(|section| section.get(name)).map_or("", |entry| entry.zh.as_str())
}

/// Titles that say nothing without the object around them.
fn is_bare(title: &str) -> bool {
    title.chars().count() <= 2
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn spaceless(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// `ownerUscc`, `OWNER_USCC`, `owner-uscc` → `owner uscc`.
pub(super) fn snake(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        let starts = c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if !c.is_alphanumeric() {
            words.push(' ');
        } else {
            if starts {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_can_be_read_and_every_entry_says_something() {
        let root: toml::Table = include_str!("words.toml").parse().unwrap();
        assert_eq!(root.len(), DICTIONARY.len());
        for (section, entries) in DICTIONARY.iter() {
            for (name, entry) in entries {
                let says = !entry.zh.is_empty() || !entry.en.is_empty() || !entry.like.is_empty();
                assert!(says, "{section}.{name}");
                assert!(entry.like.is_empty() || !shared(&entry.like).is_empty(), "{section}.{name}");
            }
        }
    }

    #[test]
    fn names_are_cut_into_words() {
        for (name, expect) in [
            ("ownerUscc", "owner uscc"),
            ("OWNER_USCC", "owner uscc"),
            ("research-content", "research content"),
            ("URL", "url"),
            ("contactNumber2", "contact number2"),
        ] {
            assert_eq!(snake(name), expect);
        }
    }
}
