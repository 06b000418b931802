//! What the province's reviewers decided: read from its list, asked record by record, or told by it.

use std::cmp::Ordering;

use super::newer;
use super::queue::{Source, set_complaints};
use super::runs::Actor;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Row, Tx};
use crate::record::Complaint;

pub const REVIEWS_MIGRATION: Migration = Migration { version: 2004, about: "reviews", sql: REVIEWS };

const REVIEWS: &str = "
-- How far the province's decisions have been read: a number, a time, or whatever the profile says.
alter table feed rename to feed_by_number;
create table feed (
    platform text not null primary key,
    after text not null
);
insert into feed (platform, after) select platform, cast(after as text) from feed_by_number;
drop table feed_by_number;
-- The newest decision that was noted, in the ledger's word and the reviewer's, and its number or time at the province.
-- They outlive the next version, so that an old decision that is read again is known as such.
alter table record add column decided text not null default '';
alter table record add column decided_mark text not null default '';
-- When the province was last asked about this record's review.
alter table record add column review_asked_at integer;
create index record_in_review on record (platform, review_asked_at)
    where review = 'in_review' and presence = 'there';
create index record_by_remote_alone on record (remote_id) where remote_id is not null;
-- Signed messages of the province that have had their effect; the same one is not heard a second time.
create table callback_heard (
    platform text not null,
    nonce text not null,
    -- After this it is too old to be heard anyway.
    until integer not null,
    primary key (platform, nonce)
);
create index callback_until on callback_heard (until);
";

/// One decision, as the profile translated it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// `None` where the province's ids are unique over all kinds.
    pub kind: Option<String>,
    /// The province's id; without one our own tells.
    pub remote_id: Option<String>,
    pub local_id: Option<String>,
    /// in_review | published | returned | rejected | delisted
    pub state: String,
    pub opinion: String,
    /// Its number or time at the province; tells old news from new.
    pub mark: Option<String>,
}

/// A decision in a word that the profile does not list. Nobody guesses: it stays beside the record until it is listed.
#[derive(Clone, Debug)]
pub struct Unlisted {
    pub kind: Option<String>,
    pub remote_id: Option<String>,
    pub local_id: Option<String>,
    pub mark: Option<String>,
    pub complaint: Complaint,
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
    /// Known before.
    pub unchanged: u64,
}

/// What became of a message of the province.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackFate {
    Noted(ReviewNews),
    /// It has been heard before; nothing is changed.
    Replayed,
    /// It is about a record that is not known and may be one whose answer is still out; nothing is changed, and
    /// the province should tell it again.
    TooEarly,
}

/// A record whose review is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReview {
    pub seq: i64,
    pub kind: String,
    pub record_id: String,
    pub remote_id: String,
}

impl ReviewNews {
    pub fn add(&mut self, other: ReviewNews) {
        self.published += other.published;
        self.returned += other.returned;
        self.rejected += other.rejected;
        self.delisted += other.delisted;
        self.unknown += other.unknown;
        self.unchanged += other.unchanged;
    }
}

impl Ledger {
    /// How far a platform's reviews have been read; `None` where they never were.
    pub async fn feed_position(&self, platform: &str) -> Result<Option<String>> {
        let sql = "-- ledger.feed_position\nselect after from feed where platform = $1";
        Ok(self.db.fetch_one(sql, args![platform]).await?.map(|row| row.text(0)))
    }

    /// Writes decisions, and the position where one is given, in one transaction.
    ///
    /// A decision that is not newer than the one that was noted last changes nothing and is not counted as news.
    pub async fn note_reviews(
        &self,
        platform: &str,
        reviews: &[Review],
        unlisted: &[Unlisted],
        next: Option<&str>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<ReviewNews> {
        let mut tx = self.db.begin().await?;
        let news = self.note_all(&mut tx, platform, reviews, unlisted, actor, now).await?;
        if let Some(next) = next {
            let sql = "-- ledger.feed
                insert into feed (platform, after) values ($1, $2)
                on conflict (platform) do update set after = excluded.after";
            tx.execute(sql, args![platform, next]).await?;
        }
        tx.commit().await?;
        Ok(news)
    }

    /// Writes what the province told by itself, once.
    ///
    /// Shape: the message is proved to be the province's; `nonce` is what makes it this one, and `until` when it will be
    ///        too old to be heard.
    pub async fn note_callback(
        &self,
        platform: &str,
        nonce: Option<(&str, Timestamp)>,
        reviews: &[Review],
        unlisted: &[Unlisted],
        now: Timestamp,
    ) -> Result<CallbackFate> {
        let mut tx = self.db.begin().await?;
        if let Some((nonce, until)) = nonce {
            let sql = "-- ledger.forget_callbacks\ndelete from callback_heard where until < $1";
            tx.execute(sql, args![now]).await?;
            let sql = "-- ledger.hear_callback
                insert into callback_heard (platform, nonce, until) values ($1, $2, $3) on conflict do nothing";
            if tx.execute(sql, args![platform, nonce, until]).await? == 0 {
                return Ok(CallbackFate::Replayed);
            }
        }
        let actor = Actor::new(platform, "province");
        let news = self.note_all(&mut tx, platform, reviews, unlisted, &actor, now).await?;
        if news.unknown > 0 {
            let sql = "-- ledger.anything_out
                select 1 from delivery where platform = $1 and action = 'create'
                  and state in ('in_flight', 'in_doubt', 'pending') limit 1";
            if tx.fetch_one(sql, args![platform]).await?.is_some() {
                return Ok(CallbackFate::TooEarly);
            }
        }
        tx.commit().await?;
        Ok(CallbackFate::Noted(news))
    }

    /// Keeps in the audit log that a message which claims to be the province's was not believed.
    pub async fn note_refused_callback(
        &self,
        platform: &str,
        complaint: &Complaint,
        times: u64,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let actor = Actor::new("nobody", "claims to be the province");
        let event = actor.event(Deed::CallbackRefused, now).platform(platform);
        audit::append(&mut tx, &event.subject(format!("{times} × {complaint}"))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records whose review is open, those that were never asked about first, then those asked longest ago.
    pub async fn open_reviews(&self, platform: &str, limit: i64) -> Result<Vec<OpenReview>> {
        let sql = "-- ledger.open_reviews
            select seq, kind, id, remote_id from record
            where platform = $1 and review = 'in_review' and presence = 'there' and remote_id is not null
            order by review_asked_at, seq limit $2";
        let read = |row: &Row| OpenReview {
            seq: row.int(0),
            kind: row.text(1),
            record_id: row.text(2),
            remote_id: row.text(3),
        };
        Ok(self.db.fetch(sql, args![platform, limit]).await?.iter().map(read).collect())
    }

    /// The province has been asked about a record's review.
    pub async fn review_asked(&self, record: i64, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.review_asked\nupdate record set review_asked_at = $2 where seq = $1";
        tx.execute(sql, args![record, now]).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn note_all(
        &self,
        tx: &mut Tx,
        platform: &str,
        reviews: &[Review],
        unlisted: &[Unlisted],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<ReviewNews> {
        let mut news = ReviewNews::default();
        let mut event = actor.event(Deed::Review, now).platform(platform);
        let mut noted = 0;
        for review in reviews {
            let found = find(tx, platform, &review.kind, &review.remote_id, &review.local_id).await?;
            let Some(held) = found else {
                news.unknown += 1;
                continue;
            };
            if !held.is_news(review) {
                news.unchanged += 1;
                continue;
            }
            held.note(tx, review, now).await?;
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
            set_complaints(tx, held.seq, Source::Review, held.version, &complaints).await?;
            let item = audit::Item {
                record: &held.id,
                version: held.version,
                action: "review",
                outcome: &review.state,
                row: None,
                document: None,
                payload: None,
            };
            event.item(&self.clock, &item);
            noted += 1;
        }
        for Unlisted { kind, remote_id, local_id, mark, complaint } in unlisted {
            if let Some(held) = find(tx, platform, kind, remote_id, local_id).await?
                && mark.as_ref().and_then(|mark| newer::mark_order(mark, &held.mark)) != Some(Ordering::Less)
            {
                let complaint = std::slice::from_ref(complaint);
                set_complaints(tx, held.seq, Source::Review, held.version, complaint).await?;
            }
        }
        if noted > 0 {
            audit::append(tx, &event).await?;
        }
        Ok(news)
    }
}

/// A record that a decision is about.
struct Held {
    seq: i64,
    id: String,
    version: i64,
    review: String,
    decided: String,
    mark: String,
}

impl Held {
    fn is_news(&self, review: &Review) -> bool {
        let same = self.decided == decided(review);
        let Some(mark) = &review.mark else {
            // Without number or time, what holds now is compared with what was heard last.
            return !(same && self.review == review.state);
        };
        match newer::mark_order(mark, &self.mark) {
            Some(Ordering::Greater) => true,
            // Two decisions in one second are two; one decision read twice is one.
            Some(Ordering::Equal) | None => !same,
            Some(Ordering::Less) => false,
        }
    }

    async fn note(&self, tx: &mut Tx, review: &Review, now: Timestamp) -> Result<()> {
        let sql = "-- ledger.review
            update record set review = $2, opinion = $3, decided = $4, decided_mark = $5, changed_at = $6
            where seq = $1";
        let mark = review.mark.as_ref().unwrap_or(&self.mark);
        let decided = decided(review);
        let args = args![self.seq, &review.state, &review.opinion, &decided, mark, now];
        tx.execute(sql, args).await?;
        Ok(())
    }
}

fn decided(review: &Review) -> String {
    format!("{}: {}", review.state, review.opinion)
}

/// The one record of ours that these ids mean, while the province has it.
async fn find(
    tx: &mut Tx,
    platform: &str,
    kind: &Option<String>,
    remote_id: &Option<String>,
    local_id: &Option<String>,
) -> Result<Option<Held>> {
    let (kind, rows) = (
        kind.as_deref(),
        match (remote_id, local_id) {
            (Some(remote_id), _) => {
                let sql = "-- ledger.reviewed_by_remote
                select seq, id, version, review, decided, decided_mark, kind from record
                where remote_id = $2 and platform = $1 and presence = 'there'";
                tx.fetch(sql, args![platform, remote_id]).await?
            }
            (None, Some(local_id)) => {
                let sql = "-- ledger.reviewed_by_local
                select seq, id, version, review, decided, decided_mark, kind from record
                where id = $2 and platform = $1 and presence = 'there'";
                tx.fetch(sql, args![platform, local_id]).await?
            }
            (None, None) => Vec::new(),
        },
    );
    let mut fitting = rows.iter().filter(|row| kind.is_none_or(|kind| row.text(6) == kind));
    // An id that means two records means neither.
    let (Some(row), None) = (fitting.next(), fitting.next()) else { return Ok(None) };
    Ok(Some(Held {
        seq: row.int(0),
        id: row.text(1),
        version: row.int(2),
        review: row.text(3),
        decided: row.text(4),
        mark: row.text(5),
    }))
}
