//! The city's own tables of codes: the words behind `frlx = 12` and `fwlx = [33,34]`.

use std::collections::{BTreeMap, BTreeSet};

use super::comment::Comment;
use super::name::{ColumnName, comment_likeness};
use super::proposal::Lookup;
use super::sample::ColumnSample;
use super::words::{Word, Words, is_han, snake};
use crate::city::{Line, SurveyedTable};
use crate::codes::trim;
use crate::record::Value;

/// A table that keeps numbers and their words.
pub(super) struct Dictionary<'a> {
    table: &'a SurveyedTable,
    lines: &'a [Line],
    /// Columns that may be what others refer to.
    ids: Vec<usize>,
    content: usize,
    /// What sort of thing an entry is: 法人类型, 机构级别.
    class: Option<usize>,
}

/// Number and words.
type Entry = (String, String);

/// A column read through a dictionary.
#[derive(Clone, Debug)]
pub(super) struct Decoded {
    pub lookup: Lookup,
    /// The entries' class, where the numbers are unique only within it.
    pub class: Option<(String, String)>,
    /// The column holds several numbers, which no join can read.
    pub is_list: bool,
    pub sample: ColumnSample,
    /// Number and words, for a crosswalk.
    pub entries: Vec<Entry>,
}

/// The most entries that are looked at; a larger table is no dictionary of small codes.
const ENTRIES_MAX: usize = 5_000;

/// The share of a column's numbers that a class must have.
const KNOWN_PERCENT: usize = 90;

/// The tables that look like dictionaries, by name and shape.
pub(super) fn dictionaries<'a>(
    tables: impl Iterator<Item = (&'a SurveyedTable, &'a [Line])>,
) -> Vec<Dictionary<'a>> {
    tables.filter_map(|(table, lines)| Dictionary::of(table, lines)).collect()
}

impl<'a> Dictionary<'a> {
    fn of(table: &'a SurveyedTable, lines: &'a [Line]) -> Option<Self> {
        let words = snake(&table.name);
        let names = ["zd", "zdb", "dict", "dictionary", "dic", "code", "codes", "lookup", "zidian"];
        let is_named = words.split(' ').any(|word| names.contains(&word))
            || ["字典", "代码表"]
                .iter()
                .any(|word| table.comment.contains(word) || table.name.contains(word));
        if !is_named || lines.is_empty() || lines.len() > ENTRIES_MAX || table.columns.len() > 12 {
            return None;
        }
        let samples = ColumnSample::of_table(table, lines);
        let is_words = |index: usize| samples[index].share(|text| text.chars().any(is_han)) > 0.5;
        let texts: Vec<usize> = (0..samples.len()).filter(|index| is_words(*index)).collect();
        // The content is what differs most; the class repeats.
        let content = *texts.iter().max_by_key(|index| samples[**index].distinct)?;
        let class = texts.iter().copied().find(|index| {
            *index != content && samples[*index].distinct * 2 <= samples[content].distinct.max(2)
        });
        let class = class.or_else(|| {
            let named = ["classification", "class", "type", "category", "fl", "lx", "lb", "dict type"];
            (0..samples.len()).find(|index| named.contains(&snake(&table.columns[*index].name).as_str()))
        });
        let is_id = |index: &usize| {
            samples[*index].share(|text| text.chars().count() <= 20 && !text.chars().any(is_han)) > 0.95
        };
        let ids = (0..samples.len()).filter(|index| Some(*index) != class && is_id(index)).collect();
        Some(Dictionary { table, lines, ids, content, class })
    }

    pub fn name(&self) -> &'a str {
        &self.table.name
    }

    pub fn is(&self, table: &SurveyedTable) -> bool {
        self.table.name == table.name
    }

    /// Class, number and words of every entry.
    fn entries(&self, id: usize) -> impl Iterator<Item = (String, String, String)> + '_ {
        let text = |line: &Line, index: usize| {
            line.cells.get(index).map(|cell| trim(&cell.to_string()).to_owned()).unwrap_or_default()
        };
        self.lines.iter().map(move |line| {
            (
                self.class.map(|class| text(line, class)).unwrap_or_default(),
                text(line, id),
                text(line, self.content),
            )
        })
    }
}

/// The words behind a column's numbers, where exactly one class of a dictionary has them all.
pub(super) fn decode(
    dictionaries: &[Dictionary<'_>],
    name: &ColumnName,
    comment: &Comment,
    sample: &ColumnSample,
) -> Option<Decoded> {
    let (numbers, is_list) = numbers(sample)?;
    // A few rows with numbers that nobody keeps are a fault of the rows.
    let most = numbers.values().sum::<usize>();
    let is_known = |entries: &[Entry]| {
        let known = numbers.iter().filter(|(number, _)| entries.iter().any(|(known, _)| known == *number));
        known.map(|(_, count)| count).sum::<usize>() * 100 >= most * KNOWN_PERCENT
    };
    for dictionary in dictionaries {
        for id in &dictionary.ids {
            let Some((class, entries)) = one_class(dictionary, *id, &is_known, &numbers, name, comment)
            else {
                continue;
            };
            let words = |number: &str| {
                entries.iter().find(|(known, _)| known == number).map(|(_, words)| words.clone())
            };
            let decode = |value: &Value| {
                let parts: Vec<String> =
                    parts(&value.to_string()).iter().filter_map(|part| words(part)).collect();
                Value::text(parts.join(","))
            };
            let mut decoded = sample.clone();
            decoded.values = sample.values.iter().map(|(value, count)| (decode(value), *count)).collect();
            let column = |index: usize| dictionary.table.columns[index].name.clone();
            let lookup = Lookup {
                column: name.written.clone(),
                table: dictionary.table.name.clone(),
                id: column(*id),
                content: column(dictionary.content),
                alias: format!("{}_mc", name.written),
            };
            let is_unique = {
                let all: Vec<String> = dictionary.entries(*id).map(|(_, number, _)| number).collect();
                all.iter().collect::<BTreeSet<_>>().len() == all.len()
            };
            let class = match (is_unique, dictionary.class) {
                (false, Some(index)) => Some((column(index), class)),
                _ => None,
            };
            return Some(Decoded { lookup, class, is_list, sample: decoded, entries });
        }
    }
    None
}

/// The numbers of a column of ids, or of lists of ids, and in how many rows each is.
fn numbers(sample: &ColumnSample) -> Option<(BTreeMap<String, usize>, bool)> {
    if sample.values.is_empty() || sample.distinct > 40 {
        return None;
    }
    let mut numbers = BTreeMap::new();
    let mut is_list = false;
    for (value, count) in &sample.values {
        let written = value.to_string();
        let found = parts(&written);
        is_list |= found.len() > 1 || written.trim_start().starts_with('[');
        if found.is_empty() || found.iter().any(|part| part.chars().count() > 20 || part.chars().any(is_han))
        {
            return None;
        }
        for number in found {
            *numbers.entry(number).or_insert(0) += count;
        }
    }
    Some((numbers, is_list))
}

fn parts(text: &str) -> Vec<String> {
    let bare = trim(text).trim_matches(['[', ']']);
    bare.split([',', '、', ';', '|'])
        .map(|part| trim(part).trim_matches('"').to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Class and entries that hold every number. Small numbers are in many classes: then the class's name decides.
fn one_class(
    dictionary: &Dictionary<'_>,
    id: usize,
    is_known: &dyn Fn(&[Entry]) -> bool,
    numbers: &BTreeMap<String, usize>,
    name: &ColumnName,
    comment: &Comment,
) -> Option<(String, Vec<Entry>)> {
    let mut classes: Vec<(String, Vec<Entry>)> = Vec::new();
    for (class, number, words) in dictionary.entries(id) {
        match classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, entries)) => entries.push((number, words)),
            None => classes.push((class, vec![(number, words)])),
        }
    }
    // A column that has a number twice in one class says something else of the entries.
    let is_number = |entries: &[Entry]| {
        entries.iter().map(|(number, _)| number).collect::<BTreeSet<_>>().len() == entries.len()
    };
    if !classes.iter().all(|(_, entries)| is_number(entries)) {
        return None;
    }
    classes.retain(|(_, entries)| is_known(entries));
    let named = |class: &str| {
        let words = Words(vec![Word::new(class, false)]);
        name.likeness(&words).score.max(comment_likeness(&comment.label, &words).score)
    };
    if let [(class, _)] = classes.as_slice()
        && (named(class) >= 0.4 || numbers.len() > 1 || numbers.keys().any(|number| number.len() > 1))
    {
        return classes.pop();
    }
    classes.retain(|(class, _)| named(class) >= 0.7);
    if classes.len() == 1 { classes.pop() } else { None }
}
