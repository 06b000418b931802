//! Turns places where events and tree differ into what happened there: altered, inserted, removed, moved.

use std::collections::HashMap;

use super::report::{Fault, Report};
use super::tree::Hash;

/// Runs kept apart; beyond that they are only counted.
const RUNS_MAX: usize = 1000;

/// Neighbouring events that differ from the tree in the same way.
struct Run {
    first: u64,
    last: u64,
    /// Where their content stood, relative to where it stands; `None` if the tree has it nowhere near.
    offset: Option<i64>,
    /// Of the first event: what it hashes to now, and what the tree kept.
    now: Hash,
    kept: Hash,
}

#[derive(Default)]
pub struct Runs {
    runs: Vec<Run>,
    more: u64,
    /// Trees in runs before this index are proved wrong by a checkpoint: not the events, the tree was changed.
    decided: usize,
}

impl Runs {
    /// The offset of the run that ends right before `index`.
    pub fn current_offset(&self, index: u64) -> Option<i64> {
        self.runs.last().filter(|run| run.last + 1 == index).and_then(|run| run.offset)
    }

    pub fn add(&mut self, index: u64, offset: Option<i64>, now: Hash, kept: Hash) {
        if let Some(run) = self.runs.get_mut(self.decided..).and_then(<[Run]>::last_mut)
            && run.last + 1 == index
            && run.offset == offset
        {
            run.last = index;
        } else if self.runs.len() < RUNS_MAX {
            self.runs.push(Run { first: index, last: index, offset, now, kept });
        } else {
            self.more += 1;
        }
    }

    /// A checkpoint confirmed the kept tree up to here: the events of these runs were changed.
    pub fn tree_is_right(&mut self) {
        self.decided = self.runs.len();
    }

    /// A checkpoint confirmed the events up to here: their hashes in the tree were changed.
    pub fn events_are_right(&mut self, report: &mut Report) {
        for run in self.runs.drain(self.decided..) {
            report.add(Fault::Tree, run.first, run.last, "tile 0".to_owned());
        }
    }

    /// Reports all runs. `events` is how many events stand in the table, `leaves` how many the tree knows.
    ///
    /// Shape:  true if a removal was told here that also explains the tree's surplus at its end.
    pub fn tell(mut self, events: u64, leaves: u64, report: &mut Report) -> bool {
        let mut explained = false;
        // Checkpoints cut runs in two; here they are one again.
        self.runs.dedup_by(|next, run| {
            let joins = next.offset == run.offset && next.first == run.last + 1;
            if joins {
                run.last = next.last;
            }
            joins
        });
        let moved_from: HashMap<Hash, u64> = self.runs.iter().map(|run| (run.kept, run.first)).collect();
        for (at, run) in self.runs.iter().enumerate() {
            let next = self.runs.get(at + 1).filter(|next| next.first == run.last + 1);
            let length = (run.last - run.first + 1) as i64;
            match run.offset {
                None if next.is_some_and(|next| next.offset == Some(-length)) => {
                    report.add(Fault::Inserted, run.first, run.last, String::new());
                }
                None => match moved_from.get(&run.now).filter(|_| length == 1) {
                    Some(from) => report.add(Fault::Moved, run.first, run.last, from.to_string()),
                    None => report.add(Fault::Altered, run.first, run.last, String::new()),
                },
                Some(offset) if offset > 0 && run.last + 1 == events && events + offset as u64 == leaves => {
                    explained = true;
                    report.add(
                        Fault::Removed,
                        run.first,
                        run.first + offset as u64 - 1,
                        "renumbered".to_owned(),
                    );
                }
                Some(offset) => {
                    // What was pushed past the end of the tree is told as the insertion that pushed it.
                    if offset < 0 && run.last + 1 == leaves && events == leaves + offset.unsigned_abs() {
                        report
                            .findings
                            .retain(|told| told.fault != Fault::Inserted || told.at != Some(leaves));
                    }
                    let from = run.first.saturating_add_signed(offset);
                    let place = if length == 1 { from.to_string() } else { format!("{from}…") };
                    report.add(Fault::Moved, run.first, run.last, place);
                }
            }
        }
        report.more += self.more;
        explained
    }
}
