//! What a verification found, and what it cannot prove.

use crate::audit::key::PublicKey;
use crate::record::{Complaint, Language};

/// Findings told one by one; more are only counted.
const FINDINGS_MAX: usize = 1000;

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The event is not what the tree committed to.
    Altered,
    /// The tree knows an event that is gone.
    Removed,
    /// An event that the tree does not know.
    Inserted,
    /// The event stood elsewhere.
    Moved,
    /// It is earlier than the event before it.
    Time,
    /// The kept hashes were changed; the events are right.
    Tree,
    /// A signed head has another root: history was rewritten, or this is a copy that went its own way.
    Forked,
    /// A head covers more events than there are: the end was cut off, or an older copy was put back.
    Truncated,
    /// The signature is not by the key that it names, or the note is no note.
    Forged,
    /// A head of another log, or signed by a key that was not given.
    Foreign,
    /// Checkpoints are missing or out of order.
    Checkpoints,
    /// A kept version is missing or is not what its hash says.
    Kept,
    /// Salts were changed or removed: commitments can no longer be opened.
    Salt,
    /// Salts were erased, and no event says so.
    SaltErased,
    /// The event's items cannot be read.
    Unreadable,
}

impl Fault {
    fn id(self) -> &'static str {
        match self {
            Fault::Altered => "Q9020",
            Fault::Removed => "Q9021",
            Fault::Inserted => "Q9022",
            Fault::Moved => "Q9023",
            Fault::Time => "Q9024",
            Fault::Tree => "Q9025",
            Fault::Forked => "Q9026",
            Fault::Truncated => "Q9027",
            Fault::Forged => "Q9028",
            Fault::Foreign => "Q9029",
            Fault::Checkpoints => "Q9030",
            Fault::Kept => "Q9031",
            Fault::Salt => "Q9032",
            Fault::SaltErased => "Q9033",
            Fault::Unreadable => "Q9034",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub fault: Fault,
    /// The first event that it concerns, counted from 0; `None` if it concerns none in particular.
    pub at: Option<u64>,
    /// The last event that it concerns.
    pub until: Option<u64>,
    /// Which head, tile, file or record.
    pub detail: String,
}

impl Finding {
    pub fn complaint(&self) -> Complaint {
        let place = match (self.at, self.until) {
            (Some(first), Some(last)) if first < last => format!("{first}–{last}"),
            (Some(first), _) => first.to_string(),
            (None, _) => "–".to_owned(),
        };
        Complaint::new(self.fault.id()).fact("event", place).fact("detail", &self.detail)
    }
}

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `None` for one that came from elsewhere.
    pub number: Option<i64>,
    pub size: u64,
    pub root: [u8; 32],
}

impl Head {
    pub(super) fn name(&self) -> String {
        match self.number {
            Some(number) => format!("checkpoint {number}"),
            None => format!("given note of {} events", self.size),
        }
    }
}

/// The result of a verification.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more: u64,
    /// Events in the table.
    pub size: u64,
    /// The root over the events as they are; over the kept hashes where an event is gone; `None` where neither
    /// can be told.
    pub root: Option<[u8; 32]>,
    /// The newest checkpoint in the database.
    pub last_checkpoint: Option<Head>,
    /// Items whose salts were lawfully erased.
    pub erased: u64,
    /// The smallest head that came from elsewhere.
    pub first_known: Option<u64>,
    keys_given: bool,
}

impl Report {
    pub(super) fn new(keys: &[PublicKey]) -> Self {
        Report { keys_given: !keys.is_empty(), ..Report::default() }
    }

    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }

    /// What this verification does not prove, in sentences.
    pub fn limits(&self, language: Language) -> Vec<String> {
        let mut limits = Vec::new();
        let mut say = |zh: String, en: String| limits.push(language.pick(&zh, &en).to_owned());
        if !self.keys_given {
            say(
                "没有提供公钥，检查点的签名未核对。".into(),
                "No public key was given: signatures were not checked.".into(),
            );
        }
        match self.first_known {
            None => say(
                "没有提供存放在别处的检查点：若有人删去末尾（连同库内检查点），或持有密钥重写全部历史，本次核对发现不了。".into(),
                "No checkpoint from elsewhere was given: an end cut off together with its checkpoints, or a history \
                 rewritten by whoever holds the key, would not be noticed."
                    .into(),
            ),
            Some(size) => say(
                format!("最早的外存检查点涵盖 {size} 条事件；它导出之前在本机伪造的内容无法证明。"),
                format!(
                    "The first checkpoint from elsewhere covers {size} events; what was forged on this host before \
                     it was exported cannot be noticed."
                ),
            ),
        }
        let unsealed = self.size.saturating_sub(self.last_checkpoint.as_ref().map_or(0, |head| head.size));
        if unsealed > 0 {
            say(
                format!("最后 {unsealed} 条事件尚未封存签名。"),
                format!("The last {unsealed} events are not yet under a signed checkpoint."),
            );
        }
        if self.erased > 0 {
            say(
                format!("{} 项记录的盐值已依法删除，其内容承诺不再可核对。", self.erased),
                format!(
                    "The salts of {} items were erased on record; their commitments can no longer be opened.",
                    self.erased
                ),
            );
        }
        say(
            "本核对证明日志未被改动，不证明本地数据库里的数据属实。".into(),
            "This proves that the log was not changed, not that the rows in the city's database were true."
                .into(),
        );
        limits
    }

    /// Adds a finding about events `first` to `last`; one that continues the last finding extends it.
    pub(super) fn add(&mut self, fault: Fault, first: u64, last: u64, detail: String) {
        if let Some(before) = self.findings.last_mut()
            && before.fault == fault
            && before.detail == detail
            && before.until.is_some_and(|until| until.checked_add(1) == Some(first))
        {
            before.until = Some(last);
            return;
        }
        self.put(Finding { fault, at: Some(first), until: Some(last), detail });
    }

    pub(super) fn add_anywhere(&mut self, fault: Fault, detail: String) {
        self.put(Finding { fault, at: None, until: None, detail });
    }

    fn put(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// A signed head confirmed the events from `first` to before `past`: what looked inserted there had its
    /// hashes cut from the tree.
    pub(super) fn events_are_right(&mut self, first: u64, past: u64) {
        for finding in &mut self.findings {
            let within =
                finding.at.is_some_and(|at| at >= first) && finding.until.is_some_and(|until| until < past);
            if finding.fault == Fault::Inserted && within {
                finding.fault = Fault::Tree;
                finding.detail = "tile 0".to_owned();
            }
        }
    }

    /// In the order of the log, what concerns no event in particular last.
    pub(super) fn settle(&mut self) {
        self.findings.sort_by_key(|finding| (finding.at.is_none(), finding.at, finding.fault));
        self.findings.dedup_by(|next, before| {
            let same = next.fault == before.fault && next.detail == before.detail && next.at.is_some();
            let joins = same && before.until.and_then(|until| until.checked_add(1)) == next.at;
            if joins {
                before.until = next.until;
            }
            joins
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_worded_in_both_languages_and_names_its_place() {
        let all = [
            Fault::Altered,
            Fault::Removed,
            Fault::Inserted,
            Fault::Moved,
            Fault::Time,
            Fault::Tree,
            Fault::Forked,
            Fault::Truncated,
            Fault::Forged,
            Fault::Foreign,
            Fault::Checkpoints,
            Fault::Kept,
            Fault::Salt,
            Fault::SaltErased,
            Fault::Unreadable,
        ];
        for fault in all {
            let finding = Finding { fault, at: Some(17), until: Some(19), detail: "DETAIL".into() };
            let complaint = finding.complaint();
            for language in [Language::Chinese, Language::English] {
                let message = complaint.message(language);
                assert!(message.contains("17–19") || message.contains("DETAIL"), "{message}");
                assert!(!message.contains('{') && !complaint.advice(language).is_empty(), "{message}");
            }
        }
    }

    #[test]
    fn the_report_says_what_it_does_not_prove() {
        let report = Report { size: 12, ..Report::default() };
        begins(
            &report.limits(Language::English),
            "No public key|No checkpoint from elsewhere|The last 12 events|This proves",
        );
        let known = Report { first_known: Some(5), erased: 2, keys_given: true, ..report };
        begins(
            &known.limits(Language::Chinese),
            "最早的外存检查点涵盖 5|最后 12 条|2 项记录的盐值|本核对证明",
        );
    }

    /// Each sentence begins as expected.
    fn begins(limits: &[String], expect: &str) {
        let expect: Vec<_> = expect.split('|').collect();
        assert_eq!(limits.len(), expect.len(), "{limits:#?}");
        for (limit, start) in limits.iter().zip(expect) {
            assert!(limit.starts_with(start), "{limit}");
        }
    }
}
