//! Reads what the province's reviewers decided since the last time.

use std::cmp::Ordering;

use serde::Serialize;

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::watch::{Stage, Watcher};
use crate::config::platform::{Operation, ReviewsBy};
use crate::delivery::{self, ReviewPage};
use crate::ledger::{Actor, LaneEffect, Review, ReviewNews, Trouble, Unlisted, later_mark, mark_order};
use crate::platform::Street;
use crate::record::Complaint;

/// Pages of decisions that one tick reads at most: the rest comes at the next tick.
const PAGES_MAX: u64 = 200;
/// How many records in a row may fail to be asked about before the rest waits for the next tick.
const FAILURES_MAX: u32 = 3;
/// How many complaints about single decisions a report repeats.
const COMPLAINTS_MAX: usize = 20;

/// What one look at the reviews brought.
#[derive(Debug, Default, Serialize)]
pub struct ReviewReport {
    pub news: ReviewNews,
    /// Why the look could not be finished.
    pub trouble: Option<Complaint>,
    /// Decisions that could not be read, or whose word the profile does not list.
    pub unread: Vec<Complaint>,
    #[serde(skip)]
    read: u64,
}

impl ReviewReport {
    fn stopped_by(mut self, trouble: Trouble) -> Self {
        self.trouble = Some(trouble.complaint);
        self
    }

    fn repeat(&mut self, complaints: impl IntoIterator<Item = Complaint>) {
        for complaint in complaints {
            if self.unread.len() < COMPLAINTS_MAX && !self.unread.contains(&complaint) {
                self.unread.push(complaint);
            }
        }
    }
}

impl Connector {
    /// Follows what a platform's reviewers decide, to its end.
    ///
    /// Errors: the ledger failed. What cannot be read is told beside the news so far, and the rest is read.
    pub async fn review_once(
        &self,
        _: &WorkGuard,
        platform: &str,
        watcher: &dyn Watcher,
    ) -> Result<ReviewReport, Error> {
        if self.courier(platform).is_some() {
            // What a receipt does not say nobody can ask.
            return Ok(ReviewReport::default());
        }
        let street = self.street(platform)?;
        let by = street.profile().platform().reviews.by;
        let operation = if by == ReviewsBy::Record { Operation::Review } else { Operation::Reviews };
        // A province that asked to be left alone is not asked either.
        let is_left_alone = street.closed(self.clock.now()).is_some();
        if self.is_rehearsing(platform) || !street.profile().offers(operation) || is_left_alone {
            return Ok(ReviewReport::default());
        }
        let report = match by {
            ReviewsBy::Feed => self.follow_feed(platform, street, watcher).await?,
            ReviewsBy::Time => self.follow_time(platform, street, watcher).await?,
            ReviewsBy::Record => self.ask_about_open(platform, street, watcher).await?,
        };
        for complaint in report.trouble.iter().chain(&report.unread) {
            self.ledger.note_distrust(platform, complaint, self.clock.now()).await?;
        }
        self.seal().await?;
        Ok(report)
    }

    /// Numbered decisions. The position stays before the first one in an unlisted word: once that is listed it is read
    /// again, and what was noted behind it is no news.
    async fn follow_feed(
        &self,
        platform: &str,
        street: &Street,
        watcher: &dyn Watcher,
    ) -> Result<ReviewReport, Error> {
        let mut report = ReviewReport::default();
        let position = self.ledger.feed_position(platform).await?;
        let mut after = position.and_then(|position| position.parse::<i64>().ok()).unwrap_or(0);
        let mut held = None;
        for _ in 0..PAGES_MAX {
            if self.stopping() {
                break;
            }
            let page = match delivery::reviews_after(street, after, &self.clock).await {
                Ok(page) => page,
                Err(trouble) => return Ok(report.stopped_by(trouble)),
            };
            let next = page.next.as_ref().and_then(|next| next.parse().ok()).unwrap_or(after);
            if next <= after {
                break;
            }
            let unlisted =
                page.unlisted.iter().filter_map(|(about, _)| about.mark.as_ref()?.parse::<i64>().ok());
            held = held.or(unlisted.min().map(|seq| seq.saturating_sub(1).max(after)));
            let position = held.unwrap_or(next).to_string();
            self.note_page(platform, page, Some(&position), &mut report).await?;
            watcher.saw(Stage::Reviewing, platform, report.read);
            after = next;
        }
        Ok(report)
    }

    /// Dated decisions. Those of the last time are read again, since others of the same time may have come behind
    /// them.
    async fn follow_time(
        &self,
        platform: &str,
        street: &Street,
        watcher: &dyn Watcher,
    ) -> Result<ReviewReport, Error> {
        let mut report = ReviewReport::default();
        let since = self.ledger.feed_position(platform).await?;
        let mut walk = Walk { last: since.clone(), ..Walk::default() };
        let mut before = None;
        let first = street.profile().platform().paging.first;
        for at in first..first + PAGES_MAX {
            if self.stopping() {
                break;
            }
            let page = match delivery::reviews_since(street, since.as_deref(), at, &self.clock).await {
                Ok(page) => page,
                Err(trouble) => {
                    report = report.stopped_by(trouble);
                    break;
                }
            };
            walk.see(&page);
            // A province that does not count pages would give the same one for ever.
            let is_last = !page.more || before.as_ref() == Some(&page);
            self.note_page(platform, page.clone(), None, &mut report).await?;
            watcher.saw(Stage::Reviewing, platform, report.read);
            before = Some(page);
            if is_last {
                walk.is_whole = true;
                break;
            }
        }
        if let Some(next) = walk.next(since.as_deref()) {
            let actor = Actor::new(platform, "province");
            self.ledger.note_reviews(platform, &[], &[], Some(&next), &actor, self.clock.now()).await?;
        }
        Ok(report)
    }

    /// Record by record, those asked longest ago first.
    async fn ask_about_open(
        &self,
        platform: &str,
        street: &Street,
        watcher: &dyn Watcher,
    ) -> Result<ReviewReport, Error> {
        let mut report = ReviewReport::default();
        let limit = i64::from(street.profile().platform().reviews.records_max);
        let mut failures = 0;
        for open in self.ledger.open_reviews(platform, limit).await? {
            if self.stopping() {
                break;
            }
            let (kind, local_id, remote_id) = (&open.kind, &open.record_id, &open.remote_id);
            let answered = delivery::review_of(street, kind, local_id, remote_id, &self.clock).await;
            self.ledger.review_asked(open.seq, self.clock.now()).await?;
            match answered {
                Ok(page) => {
                    failures = 0;
                    self.note_page(platform, page, None, &mut report).await?;
                    watcher.saw(Stage::Reviewing, platform, report.read);
                }
                Err(trouble) => {
                    failures += 1;
                    if trouble.lane != LaneEffect::None || failures == FAILURES_MAX {
                        return Ok(report.stopped_by(trouble));
                    }
                    report.repeat([trouble.complaint]);
                }
            }
        }
        Ok(report)
    }

    async fn note_page(
        &self,
        platform: &str,
        page: ReviewPage,
        next: Option<&str>,
        report: &mut ReviewReport,
    ) -> Result<(), Error> {
        report.read += page.reviews.len() as u64;
        report.repeat(page.unlisted.iter().map(|(_, complaint)| complaint.clone()));
        report.repeat(page.unreadable.clone());
        let (reviews, unlisted) = in_the_ledgers_words(page);
        let actor = Actor::new(platform, "province");
        let noted =
            self.ledger.note_reviews(platform, &reviews, &unlisted, next, &actor, self.clock.now()).await?;
        report.news.add(noted);
        Ok(())
    }
}

/// Decisions as the ledger takes them.
pub(super) fn in_the_ledgers_words(page: ReviewPage) -> (Vec<Review>, Vec<Unlisted>) {
    let reviews = page.reviews.into_iter().map(|review| Review {
        kind: review.about.kind,
        remote_id: review.about.remote_id,
        local_id: review.about.local_id,
        state: review.state.word().to_owned(),
        opinion: review.opinion,
        mark: review.about.mark,
    });
    let unlisted = page.unlisted.into_iter().map(|(about, complaint)| Unlisted {
        kind: about.kind,
        remote_id: about.remote_id,
        local_id: about.local_id,
        mark: about.mark,
        complaint,
    });
    (reviews.collect(), unlisted.collect())
}

/// How far a walk along dated decisions has come.
#[derive(Default)]
struct Walk {
    /// The latest time.
    last: Option<String>,
    /// The earliest time of a decision in an unlisted word: from there on it is read again.
    held: Option<String>,
    /// What the province says itself.
    told: Option<String>,
    previous: Option<String>,
    has_gone_back: bool,
    is_whole: bool,
}

impl Walk {
    fn see(&mut self, page: &ReviewPage) {
        let unlisted = page.unlisted.iter().map(|(about, _)| about);
        for about in unlisted.clone() {
            if let Some(mark) = &about.mark
                && self.held.as_ref().is_none_or(|held| mark_order(mark, held) == Some(Ordering::Less))
            {
                self.held = Some(mark.clone());
            }
        }
        for about in page.reviews.iter().map(|review| &review.about).chain(unlisted) {
            let Some(mark) = &about.mark else { continue };
            self.last = Some(match &self.last {
                Some(last) => later_mark(last, mark).to_owned(),
                None => mark.clone(),
            });
        }
        for about in page.reviews.iter().map(|review| &review.about) {
            let Some(mark) = &about.mark else { continue };
            let order = self.previous.as_ref().map(|previous| mark_order(previous, mark));
            self.has_gone_back |= matches!(order, Some(None | Some(Ordering::Greater)));
            self.previous = Some(mark.clone());
        }
        self.told = page.next.clone().or(self.told.take());
    }

    /// Where the next walk starts; `None` where it stays. A walk that was cut short has come as far as it says only where
    /// the decisions came in their order.
    fn next(self, since: Option<&str>) -> Option<String> {
        if !self.is_whole && self.has_gone_back {
            return None;
        }
        let told = self.told.filter(|_| self.is_whole);
        let next = self.held.or(told).or(self.last)?;
        // A position never goes back, whatever an answer says.
        let next = since.map_or(next.as_str(), |since| later_mark(since, &next)).to_owned();
        (since != Some(next.as_str())).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::platform::ReviewState;
    use crate::delivery::About;

    fn about(mark: &str) -> About {
        About { mark: Some(mark.to_owned()), ..About::default() }
    }

    /// Times of decisions, `?` before one in an unlisted word.
    fn page(marks: &[&str], next: Option<&str>) -> ReviewPage {
        let mut page = ReviewPage { next: next.map(str::to_owned), ..ReviewPage::default() };
        for mark in marks {
            match mark.strip_prefix('?') {
                Some(mark) => page.unlisted.push((about(mark), Complaint::new("Q7302"))),
                None => {
                    let (state, opinion) = (ReviewState::Published, String::new());
                    page.reviews.push(delivery::Review { about: about(mark), state, opinion });
                }
            }
        }
        page
    }

    fn check(since: Option<&str>, pages: &[ReviewPage], is_whole: bool, expect: Option<&str>) {
        let mut walk = Walk { last: since.map(str::to_owned), is_whole, ..Walk::default() };
        pages.iter().for_each(|page| walk.see(page));
        assert_eq!(walk.next(since).as_deref(), expect, "{pages:?}");
    }

    #[test]
    fn a_walk_along_times_ends_at_the_latest_and_never_behind_what_is_unlisted() {
        let days = |marks: &[&str]| page(marks, None);
        check(None, &[days(&[])], true, None);
        check(Some("2026-05-01"), &[days(&["2026-05-01"])], true, None);
        check(None, &[days(&["2026-05-03", "2026-05-02"])], true, Some("2026-05-03"));
        check(Some("2026-05-01"), &[days(&["2026-05-02"]), days(&["2026-05-04"])], true, Some("2026-05-04"));
        check(
            Some("2026-05-01"),
            &[days(&["2026-05-02", "?2026-05-03", "2026-05-04"])],
            true,
            Some("2026-05-03"),
        );
        // What the province says counts, and does not lead back.
        check(Some("2026-05-01"), &[page(&["2026-05-02"], Some("2026-05-09"))], true, Some("2026-05-09"));
        check(Some("2026-05-01"), &[page(&["2026-05-02"], Some("2026-04-01"))], true, None);
        // Cut short: as far as was read, where it was read in order.
        check(Some("2026-05-01"), &[days(&["2026-05-02", "2026-05-03"])], false, Some("2026-05-03"));
        check(Some("2026-05-01"), &[days(&["2026-05-03", "2026-05-02"])], false, None);
        check(Some("2026-05-01"), &[page(&["2026-05-02"], Some("2026-05-09"))], false, Some("2026-05-02"));
    }
}
