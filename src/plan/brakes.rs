//! When a run must wait for a person before its changes leave.

use crate::config::Limits;
use crate::record::Complaint;

/// What one run would do to records that the province has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Records of this kind at the province before the run.
    pub at_province: u64,
    pub rows_read: u64,
    pub withdrawals: u64,
    pub data_changes: u64,
    pub program_changes: u64,
}

/// A brake that holds: which deliveries wait, and why.
#[derive(Clone, Debug, PartialEq)]
pub enum Brake {
    Withdrawals(Complaint),
    DataChanges(Complaint),
    ProgramChanges(Complaint),
}

impl Brake {
    pub fn complaint(&self) -> &Complaint {
        match self {
            Brake::Withdrawals(complaint)
            | Brake::DataChanges(complaint)
            | Brake::ProgramChanges(complaint) => complaint,
        }
    }
}

/// The brakes that this run's changes pull.
///
/// Shape: an empty source with records at the province always holds withdrawals; else a share above the
///        route's ratio holds, but never for `small_count` changes or fewer.
pub fn brakes(changes: Changes, limits: Limits) -> Vec<Brake> {
    let Changes { at_province, rows_read, withdrawals, data_changes, program_changes } = changes;
    let over =
        |count: u64, ratio: f64| count > limits.small_count && count as f64 > ratio * at_province as f64;
    let facts = |id: &str, count: u64, ratio: f64| {
        let percent = format!("{:.0}%", ratio * 100.0);
        Complaint::new(id).fact("count", count).fact("total", at_province).fact("limit", percent)
    };
    let mut held = Vec::new();
    let emptied = rows_read == 0 && withdrawals > 0;
    if emptied
        || withdrawals > limits.max_withdraw_count.max(limits.small_count)
        || over(withdrawals, limits.max_withdraw_ratio)
    {
        held.push(Brake::Withdrawals(facts("Q6010", withdrawals, limits.max_withdraw_ratio)));
    }
    if over(data_changes, limits.max_change_ratio) {
        held.push(Brake::DataChanges(facts("Q6011", data_changes, limits.max_change_ratio)));
    }
    if over(program_changes, limits.max_change_ratio) {
        held.push(Brake::ProgramChanges(facts("Q6012", program_changes, limits.max_change_ratio)));
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brakes_hold_masses_and_let_daily_work_pass() {
        let limits = Limits::default();
        let day = Changes { at_province: 1000, rows_read: 1000, ..Changes::default() };
        let rows: [(Changes, &[&str]); 8] = [
            (day, &[]),
            (Changes { withdrawals: 50, data_changes: 300, program_changes: 300, ..day }, &[]),
            (Changes { withdrawals: 51, ..day }, &["Q6010"]),
            (Changes { data_changes: 301, ..day }, &["Q6011"]),
            (Changes { program_changes: 301, ..day }, &["Q6012"]),
            (Changes { at_province: 3, rows_read: 3, data_changes: 3, ..day }, &[]),
            (Changes { at_province: 3, rows_read: 0, withdrawals: 3, ..day }, &["Q6010"]),
            (Changes { at_province: 100, withdrawals: 6, ..day }, &["Q6010"]),
        ];
        for (changes, expect) in rows {
            let held = brakes(changes, limits);
            let ids: Vec<_> = held.iter().map(|brake| brake.complaint().id.as_str()).collect();
            assert_eq!(ids, expect, "{changes:?}");
        }
    }
}
