//! One of the province's code tables, asked for page by page.

use super::read::{as_list, ask, number, spoilt, unread};
use super::verdict::not_understood;
use crate::clock::Clock;
use crate::config::platform::Operation;
use crate::ledger::Trouble;
use crate::platform::{Bindings, Known, Street};
use crate::record::Complaint;

/// A code of the province, as it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryEntry {
    pub code: String,
    pub label: String,
}

/// A code table as the province has it now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteDictionary {
    pub entries: Vec<DictionaryEntry>,
    /// Entries without a code: whoever compares must know that something is missing.
    pub unreadable: Vec<Complaint>,
}

/// A province that always says "more" must not keep us for ever.
const PAGES_MAX: u64 = 1000;

/// Everything in one table; `table` is the province's name for it.
pub async fn dictionary(street: &Street, table: &str, clock: &Clock) -> Result<RemoteDictionary, Trouble> {
    let profile = street.profile();
    let Some(reading) = &profile.answer(Operation::Dictionary).dictionary else {
        return Err(unread(Operation::Dictionary));
    };
    let paging = &profile.platform().paging;
    let mut found = RemoteDictionary::default();
    for page in paging.first..paging.first + PAGES_MAX {
        let names = Bindings::default()
            .with("table", Known::Text(table))
            .with("page", number(page))
            .with("size", number(paging.size));
        let (_, heard) = ask(street, Operation::Dictionary, &names, clock).await?;
        let bindings = heard.bind(Operation::Dictionary);
        let listed = reading.list.json(&bindings).unwrap_or_default();
        let list =
            as_list(profile, Operation::Dictionary, &listed).ok_or_else(|| not_understood(&heard, "list"))?;
        for (index, entry) in list.iter().enumerate() {
            let item = Bindings::default().with("item", Known::Json(entry));
            match (reading.code.text(&item), reading.label.text(&item)) {
                (Some(code), label) if !code.trim().is_empty() => {
                    let (code, label) = (code.trim().to_owned(), label.unwrap_or_default());
                    found.entries.push(DictionaryEntry { code, label: label.trim().to_owned() });
                }
                _ => found.unreadable.push(spoilt(index, "code")),
            }
        }
        let counted = bindings
            .clone()
            .with("page", number(page))
            .with("size", number(paging.size))
            .with("count", number(list.len() as u64));
        let more = reading.more.as_ref().is_some_and(|more| more.holds(&counted));
        if list.is_empty() || !more {
            break;
        }
    }
    Ok(found)
}
