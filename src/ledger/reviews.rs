//! What the province's reviewers decided.

use super::queue::{Source, set_complaints};
use super::runs::Actor;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::record::Complaint;

/// One decision, as the profile translated it.
#[derive(Clone, Debug)]
pub struct Review {
    pub kind: String,
    pub remote_id: String,
    /// in_review | published | returned | rejected | delisted
    pub state: String,
    pub opinion: String,
}

/// How many decisions of each kind came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ReviewNews {
    pub published: u64,
    pub returned: u64,
    pub rejected: u64,
    pub delisted: u64,
    /// About records that are not ours.
    pub unknown: u64,
}

impl ReviewNews {
    pub fn add(&mut self, other: ReviewNews) {
        self.published += other.published;
        self.returned += other.returned;
        self.rejected += other.rejected;
        self.delisted += other.delisted;
        self.unknown += other.unknown;
    }
}

impl Ledger {
    /// How far a platform's review feed has been read.
    pub async fn feed_position(&self, platform: &str) -> Result<i64> {
        let sql = "-- ledger.feed_position\nselect after from feed where platform = $1";
        Ok(self.db.fetch_one(sql, args![platform]).await?.map_or(0, |row| row.int(0)))
    }

    /// Writes a page of decisions and moves the position, in one transaction.
    pub async fn note_reviews(
        &self,
        platform: &str,
        reviews: &[Review],
        next: i64,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<ReviewNews> {
        let mut news = ReviewNews::default();
        let mut tx = self.db.begin().await?;
        let mut event = actor.event(Deed::Review, now).platform(platform);
        for review in reviews {
            let sql = "-- ledger.review
                update record set review = $4, opinion = $5, changed_at = $6
                where platform = $1 and kind = $2 and remote_id = $3 and presence = 'there'
                returning seq, id, version";
            let args = args![platform, &review.kind, &review.remote_id, &review.state, &review.opinion, now];
            let Some(row) = tx.fetch_one(sql, args).await? else {
                news.unknown += 1;
                continue;
            };
            let id = match review.state.as_str() {
                "published" => {
                    news.published += 1;
                    None
                }
                "returned" => {
                    news.returned += 1;
                    Some("Q7901")
                }
                "rejected" => {
                    news.rejected += 1;
                    Some("Q7902")
                }
                "delisted" => {
                    news.delisted += 1;
                    Some("Q7903")
                }
                _ => None,
            };
            let complaints: Vec<_> =
                id.map(|id| Complaint::new(id).fact("opinion", &review.opinion)).into_iter().collect();
            set_complaints(&mut tx, row.int(0), Source::Review, row.int(2), &complaints).await?;
            event.item(
                &self.clock,
                &audit::Item {
                    record: &row.text(1),
                    version: row.int(2),
                    action: "review",
                    outcome: &review.state,
                    row: None,
                    document: None,
                    payload: None,
                },
            );
        }
        let sql = "-- ledger.feed
            insert into feed (platform, after) values ($1, $2)
            on conflict (platform) do update set after = excluded.after";
        tx.execute(sql, args![platform, next]).await?;
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(news)
    }
}
