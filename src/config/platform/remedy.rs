//! What to do about an answer that is not a success, and what terse codes mean to a clerk.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::{Located, Section};
use crate::record::{Complaint, Owner};

/// What follows from a failed exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing was accepted; the same batch again after its wait.
    Retry,
    /// Nothing was accepted; the whole lane pauses (throttle, maintenance).
    Wait,
    /// Nothing was accepted; the lane waits for a person (credentials, address).
    Block,
    /// It may have been accepted.
    Doubt,
    /// Nothing was accepted and nothing will be: every record of the batch is refused.
    Refuse,
    /// Nothing was accepted: our session is over. Once more at once with a new one; the lane waits for a person where
    /// that does not help.
    Relogin,
    /// The one record that was to be created is there already. Passed over for any other request.
    Duplicate,
}

impl Remedy {
    pub(crate) const WORDS: [(&'static str, Remedy); 7] = [
        ("retry", Remedy::Retry),
        ("wait", Remedy::Wait),
        ("block", Remedy::Block),
        ("doubt", Remedy::Doubt),
        ("refuse", Remedy::Refuse),
        ("relogin", Remedy::Relogin),
        ("duplicate", Remedy::Duplicate),
    ];
}

/// One entry of `[[remedies]]`.
#[derive(Clone, Debug)]
pub struct RemedyRule {
    /// Over `status`, `code`, `message`, `body` and `transport` (`refused`, `dns`, `connect`, `tls`,
    /// `late_before`, `late_after`, `reset`, `truncated`, `too_large`).
    pub when: Located<String>,
    pub remedy: Remedy,
    /// How long the lane pauses where the answer names no time.
    pub wait: Option<Duration>,
    /// A sentence for the operator, after the built-in advice.
    pub zh: String,
    pub en: String,
    pub who: Option<Owner>,
}

/// What to do about one item code of the province.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub zh: String,
    pub en: String,
    pub who: Owner,
}

const WHO: [(&str, Owner); 4] = [
    ("enterprise", Owner::Enterprise),
    ("operator", Owner::Operator),
    ("integrator", Owner::Integrator),
    ("province", Owner::Province),
];

pub(super) fn read_rules(root: &Section<'_>) -> Vec<RemedyRule> {
    root.sections("remedies").iter().filter_map(read_rule).collect()
}

fn read_rule(section: &Section<'_>) -> Option<RemedyRule> {
    let when = section.need_text("when");
    let remedy = section.word("remedy", &Remedy::WORDS);
    if !section.has("remedy") {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.remedy", section.path())));
    }
    let wait = section.duration("wait");
    let zh = section.text("zh").map(|found| found.value).unwrap_or_default();
    let en = section.text("en").map(|found| found.value).unwrap_or_default();
    let who = section.word("who", &WHO);
    section.finish();
    Some(RemedyRule { when: when?, remedy: remedy?, wait, zh, en, who })
}

pub(super) fn read_refusals(root: &Section<'_>) -> BTreeMap<String, Refusal> {
    let mut refusals = BTreeMap::new();
    let Some(table) = root.section("refusals") else { return refusals };
    for (code, section) in table.all_sections() {
        let zh = section.need_text("zh").map(|found| found.value);
        let en = section.need_text("en").map(|found| found.value);
        let who = section.word("who", &WHO).unwrap_or(Owner::Operator);
        section.finish();
        if let (Some(zh), Some(en)) = (zh, en) {
            refusals.insert(code.value, Refusal { zh, en, who });
        }
    }
    refusals
}
