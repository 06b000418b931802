//! How many requests of a lane may be under way at once: what the province bears, found out by trying.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::plan::Action;

/// A lane's pace: grows by one while answers come as fast as before, halves at trouble (AIMD).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Under way at once, at least one.
    pub limit: usize,
    /// Good exchanges since the last change.
    good: usize,
    /// The typical time of a good exchange: each counts an eighth.
    usual: Option<Duration>,
    /// The usual time when one alone was under way: what later ones are measured by.
    alone: Option<Duration>,
}

/// How an exchange went, as far as the pace goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// It was answered as it should be, after so long.
    Well(Duration),
    /// Throttled, late, broken: anything that says "too much" or may mean it.
    Badly,
    /// It says nothing about the province: it was not sent.
    Nowhere,
}

/// Times this much longer than alone are the same: a busy machine, a longer batch.
const SLACK: Duration = Duration::from_millis(50);

impl Default for Pace {
    fn default() -> Self {
        Pace { limit: 1, good: 0, usual: None, alone: None }
    }
}

impl Pace {
    /// The pace after an exchange, never above `max`.
    pub fn after(mut self, went: Went, max: usize) -> Self {
        let max = max.max(1);
        match went {
            Went::Nowhere => (),
            Went::Badly => {
                self.limit = (self.limit / 2).max(1);
                self.good = 0;
            }
            Went::Well(took) => {
                let usual = self.usual.map_or(took, |usual| (usual * 7 + took) / 8);
                self.usual = Some(usual);
                if self.limit == 1 {
                    self.alone = Some(self.alone.map_or(usual, |alone| alone.min(usual)));
                }
                let holds = self.alone.is_none_or(|alone| usual <= alone * 2 + SLACK);
                self.good = if holds { self.good + 1 } else { 0 };
                if self.good >= self.limit {
                    self.limit += 1;
                    self.good = 0;
                }
            }
        }
        self.limit = self.limit.min(max);
        self
    }
}

/// The paces of all lanes: what was found out about a province holds for the next run too, while the process lives.
#[derive(Debug, Default)]
pub(super) struct Paces(Mutex<BTreeMap<(String, String, Action), Pace>>);

impl Paces {
    pub fn limit(&self, platform: &str, kind: &str, action: Action) -> usize {
        let lane = (platform.to_owned(), kind.to_owned(), action);
        self.all().get(&lane).copied().unwrap_or_default().limit
    }

    pub fn learn(&self, lane: (String, String, Action), went: Went, max: usize) {
        let mut all = self.all();
        let pace = all.entry(lane).or_default();
        *pace = pace.after(went, max);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String, Action), Pace>> {
        // Each change is one assignment: whoever panicked while holding it left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits after each exchange: `60` is a good one of so many milliseconds, `!` a bad one, `-` one not sent.
    fn check(exchanges: &str, max: usize, limits: &str) {
        let mut pace = Pace::default();
        let mut found = Vec::new();
        for exchange in exchanges.split(' ') {
            let went = match exchange {
                "!" => Went::Badly,
                "-" => Went::Nowhere,
                millis => Went::Well(Duration::from_millis(millis.parse().unwrap())),
            };
            pace = pace.after(went, max);
            found.push(pace.limit.to_string());
        }
        assert_eq!(found.join(" "), limits, "{exchanges} up to {max}");
    }

    #[test]
    fn a_lane_earns_more_while_answers_hold_and_halves_at_trouble() {
        check("60 60 60 60 60 60 60 60 60 60", 4, "2 2 3 3 3 4 4 4 4 4");
        check("60 60 60 60 60 60 ! 60 60 ! ! !", 4, "2 2 3 3 3 4 2 2 3 1 1 1");
        check("60 60 60", 1, "1 1 1");
        check("60 60 60", 0, "1 1 1");
        // What was not sent neither earns nor costs.
        check("60 - - 60 60", 4, "2 2 2 2 3");
        // Twice as slow as alone and more: it stays where it is.
        check("100 900 900 900 900 900 900", 8, "2 2 2 2 2 2 2");
        // Somewhat slower is the price of company.
        check("100 180 180 180 180", 8, "2 2 3 3 3");
        check("! !", 4, "1 1");
    }

    #[test]
    fn a_limit_that_was_lowered_holds_at_once() {
        let mut pace = Pace::default();
        for _ in 0..50 {
            pace = pace.after(Went::Well(Duration::from_millis(5)), 8);
        }
        assert_eq!(pace.limit, 8);
        assert_eq!(pace.after(Went::Nowhere, 2).limit, 2);
    }
}
