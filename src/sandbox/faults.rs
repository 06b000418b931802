//! Trouble on order: what a province does on a bad day, so that a test can ask for it.
//!
//! Everything is off by default. What is asked for with `next` is used up in order; what is asked for with
//! `every` stays until `clear`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection closes before the request has any effect.
    DropBefore,
    /// The request takes effect, then the connection closes without an answer.
    DropAfter,
    /// HTTP 200 with an HTML page; the request has no effect.
    Html,
    /// The request takes effect; HTTP 200 with an empty body.
    Empty,
    /// The request takes effect; the answer's JSON is cut in the middle.
    Truncated,
    /// The request takes effect; half of the results of a batch are left out.
    ShortList,
    /// The request takes effect; half of the results of a batch name records that nobody sent.
    AlienIds,
    /// HTTP 429 with Retry-After; no effect.
    TooMany { retry_after_s: u64 },
    /// HTTP 503 with Retry-After; no effect.
    Unavailable { retry_after_s: u64 },
    /// The request takes effect; the answer comes `seconds` later.
    Hang { seconds: u64 },
}

impl Fault {
    /// Does nothing happen in the province's books under this fault?
    pub fn prevents_the_effect(self) -> bool {
        match self {
            Fault::DropBefore | Fault::Html | Fault::TooMany { .. } | Fault::Unavailable { .. } => true,
            Fault::DropAfter
            | Fault::Empty
            | Fault::Truncated
            | Fault::ShortList
            | Fault::AlienIds
            | Fault::Hang { .. } => false,
        }
    }

    fn needs_results(self) -> bool {
        matches!(self, Fault::ShortList | Fault::AlienIds)
    }
}

/// The board of ordered faults, shared between a running sandbox and whoever troubles it.
#[derive(Default)]
pub struct Faults(Mutex<Board>);

#[derive(Default)]
struct Board {
    next: VecDeque<Order>,
    every: Vec<Order>,
    reviews_off: bool,
    review_delay: Duration,
    counts: Counts,
}

struct Order {
    fault: Fault,
    posts_only: bool,
    /// `next`: how many requests are left; `every`: each how-many-th request.
    number: u64,
    seen: u64,
}

/// How many requests came to the interface since the start, and how many met with each fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub requests: u64,
    pub posts: u64,
    pub faults: BTreeMap<Fault, u64>,
}

impl Faults {
    /// The next `requests` requests of any method meet with `fault`; behind whatever was ordered before.
    pub fn next(&self, requests: u64, fault: Fault) {
        self.order(requests, fault, fault.needs_results());
    }

    /// The next `posts` batches meet with `fault`; reading is not disturbed.
    pub fn next_posts(&self, posts: u64, fault: Fault) {
        self.order(posts, fault, true);
    }

    /// Each `nth` batch from now on meets with `fault` (1: all of them), until `clear`.
    pub fn every_post(&self, nth: u64, fault: Fault) {
        self.board().every.push(Order { fault, posts_only: true, number: nth.max(1), seen: 0 });
    }

    /// Each `nth` request of any method from now on meets with `fault`, until `clear`.
    pub fn every(&self, nth: u64, fault: Fault) {
        let posts_only = fault.needs_results();
        self.board().every.push(Order { fault, posts_only, number: nth.max(1), seen: 0 });
    }

    /// Takes all orders back; counters and the reviewer's settings stay.
    pub fn clear(&self) {
        let mut board = self.board();
        board.next.clear();
        board.every.clear();
    }

    /// Sends the reviewer home (records stay in review) or calls him back.
    pub fn reviews(&self, on: bool) {
        self.board().reviews_off = !on;
    }

    /// How long a record lies on the reviewer's desk; zero at first: decided as soon as anybody asks.
    pub fn review_delay(&self, delay: Duration) {
        self.board().review_delay = delay;
    }

    pub fn counts(&self) -> Counts {
        self.board().counts.clone()
    }

    /// What this request meets with; counts it.
    pub(super) fn meet(&self, method: &str) -> Option<Fault> {
        let is_post = method == "POST";
        let mut board = self.board();
        board.counts.requests += 1;
        board.counts.posts += u64::from(is_post);
        let fault = board.queued(is_post).or_else(|| board.habitual(is_post));
        if let Some(fault) = fault {
            *board.counts.faults.entry(fault).or_default() += 1;
        }
        fault
    }

    pub(super) fn reviews_are_off(&self) -> bool {
        self.board().reviews_off
    }

    pub(super) fn delay_of_reviews(&self) -> Duration {
        self.board().review_delay
    }

    fn order(&self, number: u64, fault: Fault, posts_only: bool) {
        if number > 0 {
            self.board().next.push_back(Order { fault, posts_only, number, seen: 0 });
        }
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Each change of the board is whole before the lock is let go, even if its holder panicked later.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    fn queued(&mut self, is_post: bool) -> Option<Fault> {
        let at = self.next.iter().position(|order| is_post || !order.posts_only)?;
        let order = &mut self.next[at];
        let fault = order.fault;
        order.number -= 1;
        if order.number == 0 {
            self.next.remove(at);
        }
        Some(fault)
    }

    fn habitual(&mut self, is_post: bool) -> Option<Fault> {
        let mut met = None;
        for order in self.every.iter_mut().filter(|order| is_post || !order.posts_only) {
            order.seen += 1;
            if order.seen.is_multiple_of(order.number) {
                met = met.or(Some(order.fault));
            }
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happens_unless_it_was_ordered() {
        let faults = Faults::default();
        assert!((0..100).all(|_| faults.meet("POST").is_none()));
        assert_eq!(faults.counts(), Counts { requests: 100, posts: 100, faults: BTreeMap::new() });
    }

    #[test]
    fn orders_are_used_up_one_after_another() {
        let faults = Faults::default();
        faults.next_posts(2, Fault::DropAfter);
        faults.next(1, Fault::Empty);
        let met: Vec<_> = ["GET", "POST", "GET", "POST", "POST"].map(|method| faults.meet(method)).into();
        assert_eq!(met, [Some(Fault::Empty), Some(Fault::DropAfter), None, Some(Fault::DropAfter), None]);
        assert_eq!(faults.counts().faults, BTreeMap::from([(Fault::DropAfter, 2), (Fault::Empty, 1)]));
    }

    #[test]
    fn habits_return_until_they_are_cleared() {
        let faults = Faults::default();
        faults.every(3, Fault::Html);
        let met: Vec<_> = (0..6).map(|_| faults.meet("GET").is_some()).collect();
        assert_eq!(met, [false, false, true, false, false, true]);
        faults.every(1, Fault::ShortList);
        assert_eq!(faults.meet("GET"), None, "a list to shorten needs a batch");
        assert_eq!(faults.meet("POST"), Some(Fault::ShortList));
        faults.clear();
        assert_eq!(faults.meet("POST"), None);
    }
}
