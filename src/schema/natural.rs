//! Natural keys: how two documents are known to be about the same thing.

use serde_json::{Map, Value as Json};

use super::Kind;
use crate::record::{Fingerprint, Fingerprinter};

/// One fingerprint for each natural key that the document fills in; a list counts item by item.
///
/// Shape: texts are compared without spaces, ignoring ASCII case and the width of letters and brackets.
pub fn natural_keys(kind: &Kind, document: &Map<String, Json>) -> Vec<Fingerprint> {
    let mut prints = Vec::new();
    for (index, names) in kind.natural_keys.iter().enumerate() {
        let values: Option<Vec<Vec<String>>> = names
            .iter()
            .map(|name| document.get(name).map(texts).filter(|texts| !texts.is_empty()))
            .collect();
        let Some(values) = values else { continue };
        // A key over a list (patent numbers) is one key an item; the other fields stay as they are.
        let rounds = values.iter().map(Vec::len).max().unwrap_or(0);
        for round in 0..rounds {
            let mut printer = Fingerprinter::new("natural key");
            printer.number(index as u64);
            for texts in &values {
                printer.part(texts.get(round).or(texts.first()).map_or("", String::as_str).as_bytes());
            }
            prints.push(printer.finish());
        }
    }
    prints.sort_unstable();
    prints.dedup();
    prints
}

/// Whether two documents name the same thing, dates and numbers aside: a natural key of which at least two plain
/// texts (title and owner) are there, and all of them agree. A hint for a person, never a proof.
pub fn alike(kind: &Kind, one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    let is_words = |name: &&String| {
        kind.field_named(name).is_some_and(|field| {
            field.shape == "string" && field.parent.is_none() && field.format.as_deref() != Some("date")
        })
    };
    let same = |name: &&String| {
        let [one, other] = [one, other].map(|document| document.get(*name).and_then(Json::as_str).map(plain));
        one == other && one.is_some_and(|text| !text.is_empty())
    };
    kind.natural_keys.iter().any(|names| {
        let words: Vec<&String> = names.iter().filter(is_words).collect();
        words.len() >= 2 && words.iter().all(same)
    })
}

/// A title as it is compared with another that somebody else typed.
pub fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).flat_map(char::to_lowercase).collect()
}

fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) if text.trim().is_empty() => Vec::new(),
        Json::String(text) => vec![plain(text)],
        Json::Number(number) => vec![number.to_string()],
        Json::Array(items) => items.iter().flat_map(texts).collect(),
        Json::Null | Json::Bool(_) | Json::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn titles_are_compared_as_people_mean_them() {
        assert_eq!(plain("遨博（山东）智能 机器人ABC"), plain("遨博(山东)智能机器人ａｂｃ"));
        assert_ne!(plain("高精度协作机器人"), plain("高精度协作机器人2"));
    }
}
