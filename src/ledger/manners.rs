//! What a province is owed in manners, kept over restarts: its wish to be left alone, and the requests of a day.

use super::{Ledger, Result};
use crate::args;
use crate::clock::Timestamp;
use crate::db::Migration;

pub const MANNERS_MIGRATION: Migration = Migration { version: 2600, about: "manners", sql: MANNERS };

const MANNERS: &str = "
-- One row a platform that limits the requests of a day, or that has asked to be left alone.
create table manners (
    platform text not null primary key,
    -- Until when it asked to be left alone, and the complaint that says so.
    away_until integer not null default 0,
    away_why text not null default '',
    -- The province's calendar day, as 2026-05-01, and how many requests left on it.
    day text not null default '',
    requests integer not null default 0
);
";

/// What is kept for one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    pub away_until: Timestamp,
    /// A complaint as JSON.
    pub away_why: String,
    /// The province's calendar day, as 2026-05-01; empty where none was counted.
    pub day: String,
    pub requests: u64,
}

impl Ledger {
    pub async fn manners(&self, platform: &str) -> Result<Manners> {
        let sql = "-- ledger.manners
            select away_until, away_why, day, requests from manners where platform = $1";
        let row = self.db.fetch_one(sql, args![platform]).await?;
        Ok(row.map_or_else(Manners::default, |row| Manners {
            away_until: Timestamp(row.int(0)),
            away_why: row.text(1),
            day: row.text(2),
            requests: u64::try_from(row.int(3)).unwrap_or(0),
        }))
    }

    /// Counts one request of a day before it is sent; gives the day's number, or `None` where `max` are sent already.
    pub async fn spend_request(&self, platform: &str, day: &str, max: u64) -> Result<Option<u64>> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.spend_request
            insert into manners (platform, day, requests) values ($1, $2, 1)
            on conflict (platform) do update set day = excluded.day,
                requests = case when manners.day = excluded.day then manners.requests + 1 else 1 end
            where manners.day <> excluded.day or manners.requests < $3
            returning requests";
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let spent = tx.fetch_one(sql, args![platform, day, max]).await?;
        tx.commit().await?;
        Ok(spent.map(|row| u64::try_from(row.int(0)).unwrap_or(0)))
    }

    /// Keeps until when a province asked to be left alone; a shorter wish does not end a longer one.
    pub async fn keep_away(&self, platform: &str, until: Timestamp, why: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.keep_away
            insert into manners (platform, away_until, away_why) values ($1, $2, $3)
            on conflict (platform) do update set away_until = excluded.away_until, away_why = excluded.away_why
            where manners.away_until < excluded.away_until";
        tx.execute(sql, args![platform, until, why]).await?;
        tx.commit().await?;
        Ok(())
    }
}
