//! Which of the province's code tables are compared with ours, and how often.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::AnswerText;
use super::call::Operation;
use crate::config::{Located, Section};
use crate::record::Complaint;

/// The `[dictionaries]` section.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    /// How long the daemon waits between two looks.
    pub every: Duration,
    /// Our table and what the province calls it: the plain text that the name `table` stands for in the request.
    pub tables: Vec<Dictionary>,
}

/// One table by both its names.
#[derive(Clone, Debug)]
pub struct Dictionary {
    /// The file's name below `codes/`.
    pub table: Located<String>,
    pub remote: Located<String>,
}

const EVERY: Duration = Duration::from_secs(86_400);

pub(super) fn read(root: &Section<'_>, answers: &BTreeMap<Operation, AnswerText>) -> Option<Dictionaries> {
    let section = root.section("dictionaries")?;
    let every = section.duration("every").unwrap_or(EVERY);
    let tables = section.need_section("tables").map(|tables| tables.all_texts()).unwrap_or_default();
    section.finish();
    // Tables that cannot be asked for would never be compared, and nobody would notice.
    match answers.get(&Operation::Dictionary) {
        None => section.complain(Complaint::new("Q1002").fact("key", "operations.dictionary")),
        Some(answer) if answer.dictionary.is_none() => {
            section.complain(Complaint::new("Q1002").fact("key", "answer.dictionary"));
        }
        Some(_) => (),
    }
    let tables = tables.into_iter().map(|(table, remote)| Dictionary { table, remote }).collect();
    Some(Dictionaries { every, tables })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Platform;

    const SHANDONG: &str = include_str!("../../../config/platforms/shandong.toml");

    #[test]
    fn tables_have_two_names_and_a_day_between_looks() {
        let (platform, faults) = Platform::read("p", Path::new("p.toml"), SHANDONG);
        assert!(faults.is_empty(), "{faults:?}");
        let found = platform.and_then(|platform| platform.dictionaries).unwrap();
        assert_eq!(found.every.as_secs(), 86_400);
        let industry = found.tables.iter().find(|one| *one.table == "industry").unwrap();
        assert_eq!(&*industry.remote, "industry");
    }

    #[test]
    fn tables_that_cannot_be_asked_for_are_a_fault() {
        for (from, to) in [("[operations.dictionary]", "[operations.status]"), ("[answer.dictionary]", "[x]")]
        {
            let (_, faults) = Platform::read("p", Path::new("p.toml"), &SHANDONG.replacen(from, to, 1));
            let missing = from.trim_matches(['[', ']']);
            assert!(faults.iter().any(|fault| fault.complaint.to_string().contains(missing)), "{faults:?}");
        }
    }
}
