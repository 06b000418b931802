//! Every complaint id with its meaning, in Chinese and English. Ids are never reused and never change meaning.

use super::{Owner, Severity};

mod answer;
mod attachment;
mod codes;
mod config;
mod drift;
mod import;
mod ledger;
mod manners;
mod mapping;
mod pending;
mod plan;
mod province;
mod request;
mod schema;
mod session;
mod source;

/// What one id means. `{field}`, `{column}`, `{found}`, `{pointer}` and the complaint's own facts are filled in.
#[derive(Debug)]
pub struct Entry {
    pub id: &'static str,
    pub owner: Owner,
    pub severity: Severity,
    pub zh: &'static str,
    pub en: &'static str,
    pub advice_zh: &'static str,
    pub advice_en: &'static str,
}

/// The first digits of ids and what they are about.
pub const ID_PREFIXES: [(&str, &str, &str); 9] = [
    ("Q1", "配置", "configuration"),
    ("Q2", "读取本地数据", "reading the city's data"),
    ("Q3", "字段映射", "mapping"),
    ("Q4", "省级规范", "the province's schema"),
    ("Q5", "代码对照", "code tables"),
    ("Q6", "报送计划与刹车", "plan and brakes"),
    ("Q7", "省平台的答复", "the province's answers"),
    ("Q8", "成果导入", "import"),
    ("Q9", "台账、审计与计划", "ledger, audit and schedule"),
];

/// One row of shelves for each first digit.
const SHELVES: [&[&[Entry]]; 9] = [
    &[config::ENTRIES],
    &[source::ENTRIES],
    &[mapping::ENTRIES],
    &[schema::ENTRIES],
    &[codes::ENTRIES],
    &[plan::ENTRIES],
    &[
        province::ENTRIES,
        answer::ENTRIES,
        pending::ENTRIES,
        request::ENTRIES,
        session::ENTRIES,
        attachment::ENTRIES,
        manners::ENTRIES,
        drift::ENTRIES,
    ],
    &[import::ENTRIES],
    &[ledger::ENTRIES],
];

/// All entries, by id.
pub fn catalogue() -> impl Iterator<Item = &'static Entry> {
    SHELVES.into_iter().flatten().copied().flatten()
}

/// The entry of an id.
pub fn entry(id: &str) -> Option<&'static Entry> {
    let shelf = id.as_bytes().get(1)?.checked_sub(b'1')?;
    SHELVES.get(usize::from(shelf))?.iter().copied().flatten().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_sorted_on_their_shelf_and_fully_worded() {
        let rows = SHELVES.iter().zip(ID_PREFIXES);
        for (shelf, (prefix, ..)) in rows.flat_map(|(row, about)| row.iter().map(move |shelf| (shelf, about)))
        {
            assert!(shelf.iter().zip(shelf.iter().skip(1)).all(|(one, next)| one.id < next.id), "{prefix}");
            for entry in shelf.iter() {
                assert!(entry.id.starts_with(prefix) && entry.id.len() == 5, "{}", entry.id);
                for text in [entry.zh, entry.en, entry.advice_zh, entry.advice_en] {
                    assert!(!text.is_empty(), "{} has an empty text", entry.id);
                }
            }
        }
        let mut ids: Vec<&str> = catalogue().map(|entry| entry.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an id stands twice");
    }
}
