//! What follows for a record whose row a complete scan of everything did not meet.

use std::time::Duration;

use chrono_tz::Tz;

use crate::clock::Timestamp;
use crate::config::Withdraw;
use crate::ledger::{Absence, KnownRecord};
use crate::plan::{self, Step, Verdict};
use crate::record::Complaint;

/// The rules about absence, and the moment at which they are applied.
#[derive(Clone, Copy)]
pub(super) struct AbsenceRule {
    pub rule: Withdraw,
    pub grace: Duration,
    pub now: Timestamp,
    /// In which a person is told until when.
    pub zone: Tz,
}

impl AbsenceRule {
    /// The decision about a record, with the reason if it waits for its row to come back.
    pub fn judge(&self, known: KnownRecord) -> Absence {
        let until = plan::grace_ends(known.absent_since, self.grace, self.now);
        let decision = plan::decide_absent(&known.known, self.rule, until.is_some());
        let waits = decision.verdict == Verdict::Held && decision.step == Step::Leave;
        let complaints = until.filter(|_| waits).map(|until| {
            let since = known.absent_since.unwrap_or(self.now);
            let complaint = Complaint::new("Q6030").fact("since", since.show(self.zone));
            complaint.fact("until", until.show(self.zone))
        });
        let complaints = complaints.into_iter().collect();
        Absence { known, verdict: decision.verdict, step: decision.step, complaints }
    }
}

/// What is to be written of an absence.
pub(super) enum News {
    /// It stands in the ledger already.
    None,
    /// Only that the row is gone: what the record waits for is the same.
    Gone,
    Judged,
}

impl News {
    pub fn of(absence: &Absence) -> News {
        let Absence { known, step, complaints, .. } = absence;
        let noted = known.absent_since.is_some();
        match known.verdict {
            Verdict::Absent if *step == Step::Leave => News::None,
            Verdict::Held if *step == Step::Leave && !complaints.is_empty() => {
                if noted {
                    News::None
                } else {
                    News::Judged
                }
            }
            // What is held with nothing owed was answered meanwhile, and is simply gone.
            Verdict::Held if *step == Step::Leave && known.known.owed.is_some() => {
                if noted {
                    News::None
                } else {
                    News::Gone
                }
            }
            _ => News::Judged,
        }
    }
}
