//! `[reviews]`: how the province's decisions are followed.

use std::time::Duration;

use super::expected_at;
use crate::config::Section;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewSchedule {
    pub by: ReviewsBy,
    pub every: Duration,
    /// How many records are asked about at one time; with `by = "record"`.
    pub records_max: u32,
}

/// What a look at the reviews starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewsBy {
    /// Decisions are numbered: those after a number.
    Feed,
    /// Decisions are dated: those since a time. Those of that very time are read once more.
    Time,
    /// Each record whose review is open is asked about.
    Record,
}

impl Default for ReviewSchedule {
    fn default() -> Self {
        ReviewSchedule { by: ReviewsBy::Feed, every: Duration::from_secs(300), records_max: 50 }
    }
}

pub(super) fn read(root: &Section<'_>) -> ReviewSchedule {
    let default = ReviewSchedule::default();
    let Some(section) = root.section("reviews") else { return default };
    let words = [("feed", ReviewsBy::Feed), ("time", ReviewsBy::Time), ("record", ReviewsBy::Record)];
    let by = section.word("by", &words).unwrap_or(default.by);
    let every = section.duration("every").unwrap_or(default.every);
    let records_max = match section.number("records_max").map(u32::try_from) {
        Some(Ok(number)) if number > 0 => number,
        Some(_) => {
            section.complain_at("records_max", expected_at("reviews.records_max", "at least 1").found(0));
            default.records_max
        }
        None => default.records_max,
    };
    section.finish();
    ReviewSchedule { by, every, records_max }
}
