//! The exit code, decided in one place from what was reported.

use super::round::Round;
use crate::import::ImportReport;
use crate::ledger::RunEnd;
use crate::sync::{AdoptReport, DeliverReport, Halt, PushReport};

/// How a command ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Well = 0,
    /// Something new needs somebody.
    Trouble = 1,
    /// The configuration or the command line is wrong.
    Configuration = 2,
    /// A database or the province could not be reached or read.
    Unreachable = 3,
    /// A brake, a stop or the limit of the first few holds something back.
    Braked = 4,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The graver of two. What cannot be reached hides everything else; a brake asks for a person now; trouble
    /// with single records can wait until both are gone.
    pub fn and(self, other: Exit) -> Exit {
        let gravity = |exit: Exit| match exit {
            Exit::Well => 0,
            Exit::Trouble => 1,
            Exit::Braked => 2,
            Exit::Unreachable => 3,
            Exit::Configuration => 4,
        };
        if gravity(other) > gravity(self) { other } else { self }
    }

    fn all(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits.into_iter().fold(Exit::Well, Exit::and)
    }
}

/// Of one scan.
pub fn of_push(report: &PushReport) -> Exit {
    of_run(report.end, report.counts.new_trouble)
}

/// Of one import.
pub fn of_import(report: &ImportReport) -> Exit {
    of_run(report.end, report.counts.new_trouble)
}

fn of_run(end: RunEnd, new_trouble: u64) -> Exit {
    match end {
        RunEnd::Failed => Exit::Unreachable,
        RunEnd::Held => Exit::Braked,
        RunEnd::Trouble | RunEnd::Well if new_trouble > 0 => Exit::Trouble,
        RunEnd::Trouble | RunEnd::Well => Exit::Well,
    }
}

/// Of one adoption.
pub fn of_adoption(report: &AdoptReport) -> Exit {
    match (&report.complaint, report.doubtful) {
        (Some(_), _) => Exit::Unreachable,
        (None, 0) => Exit::Well,
        (None, _) => Exit::Trouble,
    }
}

/// Of the sending to one platform. A rehearsal that sends nothing is as it should be, and so is a doubt that was
/// resolved before the end.
fn of_delivery(report: &DeliverReport, in_doubt: i64) -> Exit {
    let halts = report.halts.iter().map(|halt| match halt {
        Halt::Rehearsing => Exit::Well,
        Halt::Stopped { .. } | Halt::FirstFewSent => Exit::Braked,
        Halt::Paused { .. } => Exit::Unreachable,
        // A quiet window is as it should be; used-up requests are a brake; a wish to be left alone is a pause.
        Halt::Closed { why, .. } => match why.id.as_str() {
            "Q7601" => Exit::Well,
            "Q7602" => Exit::Braked,
            _ => Exit::Unreachable,
        },
    });
    let counts = &report.counts;
    let unmade = report.by_hand.as_ref().is_some_and(|by_hand| !by_hand.complaints.is_empty());
    let trouble = counts.refused + counts.parked > 0
        || !report.alarms.is_empty()
        || counts.doubtful > 0 && in_doubt > 0
        || unmade;
    Exit::all(halts).and(if trouble { Exit::Trouble } else { Exit::Well })
}

/// Of a whole round of work. `strict` counts what was wrong before as well.
pub fn of_round(round: &Round, strict: bool) -> Exit {
    let pushes = round.pushes.iter().map(of_push);
    let sent = round.platforms.iter().map(|platform| {
        let feed = if platform.feed.is_some() { Exit::Unreachable } else { Exit::Well };
        let reviewed = &platform.reviews;
        let sent_back = reviewed.returned + reviewed.rejected + reviewed.delisted > 0
            || !platform.unread_reviews.is_empty();
        of_delivery(&platform.delivery, platform.open.in_doubt).and(feed).and(if sent_back {
            Exit::Trouble
        } else {
            Exit::Well
        })
    });
    let adoptions = round.adoptions.iter().map(of_adoption);
    let imports = round.imports.iter().map(of_import);
    let old = strict
        && (!round.problems.is_empty()
            || round.pushes.iter().any(|push| push.counts.unreadable > 0)
            || round.platforms.iter().any(|one| one.open.trouble() > 0));
    Exit::all(pushes.chain(adoptions).chain(sent).chain(imports)).and(if old {
        Exit::Trouble
    } else {
        Exit::Well
    })
}

#[cfg(test)]
mod tests {
    use super::super::round::{Open, PlatformRound};
    use super::*;
    use crate::ledger::{Counts, ReviewNews};
    use crate::sync::Reach;

    fn push(end: RunEnd, counts: Counts) -> PushReport {
        let (route, kind, complaints, unreadable_rows) = ("r".into(), "k".into(), Vec::new(), Vec::new());
        let scan = Reach::Full { why: None };
        PushReport { run: 1, route, kind, end, scan, counts, complaints, unreadable_rows }
    }

    fn platform(counts: Counts, halts: Vec<Halt>) -> PlatformRound {
        let (run, by_hand, alarms) = (None, None, Vec::new());
        let delivery = DeliverReport { platform: "p".into(), run, counts, halts, by_hand, alarms };
        let (reviews, open) = (ReviewNews::default(), Open::default());
        let unread_reviews = Vec::new();
        PlatformRound { delivery, configured_live: true, reviews, feed: None, unread_reviews, open }
    }

    #[test]
    fn the_gravest_report_decides() {
        let none = Counts::default;
        let bad = || Counts { new_trouble: 2, ..none() };
        let refused = || Counts { refused: 1, ..none() };
        let paused = || Halt::Paused { action: "create".into(), until: 0, why: String::new() };
        let rows = [
            (vec![push(RunEnd::Well, none())], vec![], Exit::Well),
            (vec![push(RunEnd::Trouble, bad())], vec![], Exit::Trouble),
            (vec![push(RunEnd::Trouble, bad()), push(RunEnd::Held, none())], vec![], Exit::Braked),
            (vec![push(RunEnd::Held, none()), push(RunEnd::Failed, none())], vec![], Exit::Unreachable),
            (vec![], vec![platform(none(), vec![Halt::Rehearsing])], Exit::Well),
            (vec![], vec![platform(refused(), vec![])], Exit::Trouble),
            (vec![], vec![platform(refused(), vec![Halt::FirstFewSent])], Exit::Braked),
            (
                vec![],
                vec![platform(none(), vec![Halt::Stopped { by: "w".into() }, paused()])],
                Exit::Unreachable,
            ),
        ];
        for (pushes, platforms, expect) in rows {
            let round = Round { pushes, platforms, ..Round::default() };
            assert_eq!(of_round(&round, false), expect, "{round:?}");
        }
    }

    #[test]
    fn old_trouble_counts_only_when_asked() {
        let mut waiting = platform(Counts::default(), vec![]);
        waiting.open.parked = 1;
        let round = Round { platforms: vec![waiting], ..Round::default() };
        assert_eq!(of_round(&round, false), Exit::Well);
        assert_eq!(of_round(&round, true), Exit::Trouble);
    }
}
