//! What an import did, in numbers that add up.

use serde::Serialize;

use crate::ledger::RunEnd;
use crate::record::Complaint;

/// What became of the records that a run fetched. `fetched` is the sum of what follows it, up to and including
/// `delisted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportCounts {
    pub fetched: u64,
    pub new: u64,
    pub updated: u64,
    /// As it was, or edited at home and left so by the route's rule.
    pub unchanged: u64,
    /// Waits for a person, unreadable entries included.
    pub quarantined: u64,
    /// The city's own.
    pub own: u64,
    /// Off the province's shelf.
    pub delisted: u64,
    /// Of the quarantined: what looks like one of the city's own listings.
    pub duplicates: u64,
    /// Rows edited at home that the province changed too, however the rule decided.
    pub conflicts: u64,
    /// Quarantined for the first time, or for other reasons than before.
    pub new_trouble: u64,
    /// In the city's table and no longer in the province's list; counted when a pass has seen all of it.
    pub vanished: u64,
    pub pages: u64,
}

impl ImportCounts {
    /// Is every record that was fetched accounted for?
    pub fn conserved(&self) -> bool {
        self.fetched == self.new + self.updated + self.unchanged + self.quarantined + self.own + self.delisted
    }

    /// For the audit log: what one page came to.
    pub(super) fn summary_since(&self, before: &ImportCounts) -> String {
        let rows = [
            ("new", self.new - before.new),
            ("updated", self.updated - before.updated),
            ("unchanged", self.unchanged - before.unchanged),
            ("quarantined", self.quarantined - before.quarantined),
            ("own", self.own - before.own),
            ("delisted", self.delisted - before.delisted),
        ];
        let parts =
            rows.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!(", {count} {word}"));
        format!("{} fetched{}", self.fetched - before.fetched, parts.collect::<String>())
    }
}

/// What one run of an import route did.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    pub run: i64,
    pub route: String,
    pub kind: String,
    pub end: RunEnd,
    #[serde(flatten)]
    pub counts: ImportCounts,
    /// Why the pass was incomplete, or what else a person should know.
    pub complaints: Vec<Complaint>,
}
