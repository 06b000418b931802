//! Reads what the province's reviewers decided since the last time.

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::watch::{Stage, Watcher};
use crate::delivery;
use crate::ledger::{Actor, Review, ReviewNews};

/// Pages of the feed that one tick reads at most: the rest comes at the next tick.
const PAGES_MAX: usize = 200;

impl Connector {
    /// Follows a platform's review feed to its end.
    ///
    /// Errors: the ledger failed. A feed that cannot be read is told as a complaint beside the news so far.
    pub async fn review_once(
        &self,
        _: &WorkGuard,
        platform: &str,
        watcher: &dyn Watcher,
    ) -> Result<(ReviewNews, Option<crate::record::Complaint>), Error> {
        let mut news = ReviewNews::default();
        if self.courier(platform).is_some() {
            return Ok((news, None));
        }
        let street = self.street(platform)?;
        let mut read = 0;
        if self.is_rehearsing(platform)
            || !street.profile().offers(crate::config::platform::Operation::Reviews)
        {
            return Ok((news, None));
        }
        for _ in 0..PAGES_MAX {
            if self.stopping() {
                break;
            }
            let position = self.ledger.feed_position(platform).await?;
            let after = position.and_then(|position| position.parse().ok()).unwrap_or(0);
            let page = match delivery::reviews(street, after, &self.clock).await {
                Ok(page) => page,
                Err(trouble) => {
                    self.ledger.note_distrust(platform, &trouble.complaint, self.clock.now()).await?;
                    return Ok((news, Some(trouble.complaint)));
                }
            };
            if page.next <= after {
                break;
            }
            read += page.reviews.len() as u64;
            watcher.saw(Stage::Reviewing, platform, read);
            let reviews: Vec<Review> = page.reviews.into_iter().map(translate).collect();
            let actor = Actor::new(platform, "province");
            news.add(
                self.ledger
                    .note_reviews(
                        platform,
                        &reviews,
                        &[],
                        Some(&page.next.to_string()),
                        &actor,
                        self.clock.now(),
                    )
                    .await?,
            );
        }
        self.seal().await?;
        Ok((news, None))
    }
}

fn translate(review: delivery::Review) -> Review {
    Review {
        kind: review.kind,
        remote_id: review.remote_id,
        local_id: review.local_id,
        mark: Some(review.seq.to_string()),
        state: review.state.word().to_owned(),
        opinion: review.opinion,
    }
}
