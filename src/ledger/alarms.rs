//! What nobody asked for and somebody must know: the province has changed something. One alarm for each thing,
//! however often and at however many records it is met.

use serde::{Deserialize, Serialize};

use super::runs::Actor;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::{Migration, Row, Tx};
use crate::record::{Complaint, Language};

pub const ALARM_MIGRATION: Migration = Migration { version: 2070, about: "alarms", sql: ALARMS };

const ALARMS: &str = "
create table alarm (
    id integer primary key,
    platform text not null,
    -- dictionary | refusal
    source text not null,
    -- What it is about: a code table and how it differs; kind, code and field of a refusal.
    subject text not null,
    complaint text not null,
    -- A few records, as a JSON list.
    examples text not null default '[]',
    -- The run that found it; null outside one.
    run integer,
    raised_at integer not null,
    seen_at integer not null,
    -- When it was no longer so, or something else took its place; null while it stands.
    ended_at integer
);
create unique index alarm_standing on alarm (platform, source, subject) where ended_at is null;
create index alarm_of_run on alarm (run) where run is not null;

-- When a platform's code tables were looked at last.
create table dictionary_look (
    platform text not null primary key,
    looked_at integer not null
);

-- Every refusal by the province, so that a new kind of refusal can be told from an old one.
create table refusal (
    delivery integer not null primary key references delivery (id),
    platform text not null,
    kind text not null,
    code text not null,
    pointer text not null,
    message text not null,
    at integer not null,
    -- Compared with what was before it.
    judged integer not null default 0
);
create index refusal_new on refusal (platform) where judged = 0;
create index refusal_like on refusal (platform, kind, code, pointer, at);

-- The province's schema under which a delivery's document was checked: folder and version.
alter table delivery add column schema text not null default '';
";

/// Something about the province that has changed.
#[derive(Clone, Debug, Serialize)]
pub struct Alarm {
    pub platform: String,
    /// `dictionary` or `refusal`.
    pub source: String,
    pub subject: String,
    pub complaint: Complaint,
    pub examples: Vec<Example>,
    pub run: Option<i64>,
    pub raised_at: i64,
    pub seen_at: i64,
}

/// A record that it was met at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Example {
    pub key: String,
    pub title: String,
}

/// What is to be told, if it has not been told yet.
#[derive(Clone, Debug)]
pub struct NewAlarm {
    pub subject: String,
    pub complaint: Complaint,
    pub examples: Vec<Example>,
}

const DICTIONARY: &str = "dictionary";
pub(super) const REFUSAL: &str = "refusal";

impl Ledger {
    /// Compares how a code table differs now with what has been told of it; gives what is told for the first time.
    ///
    /// Shape: `found` is everything that differs now. What was told and is no longer so ends; what is told already
    ///        stays one alarm. A subject is `TABLE/…`.
    pub async fn note_dictionary(
        &self,
        actor: &Actor,
        platform: &str,
        table: &str,
        found: Vec<NewAlarm>,
        now: Timestamp,
    ) -> Result<Vec<Alarm>> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.standing_of_table
            select id, subject, complaint from alarm
            where platform = $1 and source = $2 and ended_at is null and substr(subject, 1, length($3)) = $3";
        let start = format!("{table}/");
        let standing = tx.fetch(sql, args![platform, DICTIONARY, &start]).await?;
        for row in standing.iter().filter(|row| !found.iter().any(|one| one.subject == row.text(1))) {
            let sql = "-- ledger.end_alarm\nupdate alarm set ended_at = $2 where id = $1";
            tx.execute(sql, args![row.int(0), now]).await?;
        }
        let mut raised = Vec::new();
        for new in found {
            let text = serde_json::to_string(&new.complaint).unwrap_or_default();
            let same = standing.iter().find(|row| row.text(1) == new.subject && row.text(2) == text);
            match same {
                Some(row) => {
                    let sql = "-- ledger.alarm_seen\nupdate alarm set seen_at = $2 where id = $1";
                    tx.execute(sql, args![row.int(0), now]).await?;
                }
                None => {
                    let event = actor.event(Deed::Alarm, now).platform(platform);
                    raised.push(raise(&mut tx, event, platform, DICTIONARY, None, new, now).await?);
                }
            }
        }
        tx.commit().await?;
        Ok(raised)
    }

    /// Notes that all tables of a platform have been looked at.
    pub async fn note_dictionary_look(&self, platform: &str, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.note_dictionary_look
            insert into dictionary_look (platform, looked_at) values ($1, $2)
            on conflict (platform) do update set looked_at = excluded.looked_at";
        tx.execute(sql, args![platform, now]).await?;
        tx.commit().await.map_err(Into::into)
    }

    pub async fn dictionary_look(&self, platform: &str) -> Result<Option<Timestamp>> {
        let sql = "-- ledger.dictionary_look\nselect looked_at from dictionary_look where platform = $1";
        Ok(self.db.fetch_one(sql, args![platform]).await?.map(|row| Timestamp(row.int(0))))
    }

    /// Alarms that stand, the newest first.
    pub async fn standing_alarms(&self) -> Result<Vec<Alarm>> {
        let sql = "-- ledger.standing_alarms
            select platform, source, subject, complaint, examples, run, raised_at, seen_at from alarm
            where ended_at is null order by id desc";
        Ok(self.db.fetch(sql, args![]).await?.iter().filter_map(read).collect())
    }

    /// Alarms that a run raised.
    pub async fn alarms_of_run(&self, run: i64) -> Result<Vec<Alarm>> {
        let sql = "-- ledger.alarms_of_run
            select platform, source, subject, complaint, examples, run, raised_at, seen_at from alarm
            where run = $1 order by id";
        Ok(self.db.fetch(sql, args![run]).await?.iter().filter_map(read).collect())
    }
}

/// Writes an alarm with its audit event; one about the same subject that stood before ends.
pub(super) async fn raise(
    tx: &mut Tx,
    event: audit::Event,
    platform: &str,
    source: &str,
    run: Option<i64>,
    new: NewAlarm,
    now: Timestamp,
) -> Result<Alarm> {
    let sql = "-- ledger.replace_alarm
        update alarm set ended_at = $4 where platform = $1 and source = $2 and subject = $3 and ended_at is null";
    tx.execute(sql, args![platform, source, &new.subject, now]).await?;
    let complaint = serde_json::to_string(&new.complaint).unwrap_or_default();
    let examples = serde_json::to_string(&new.examples).unwrap_or_default();
    let sql = "-- ledger.raise_alarm
        insert into alarm (platform, source, subject, complaint, examples, run, raised_at, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)";
    tx.execute(sql, args![platform, source, &new.subject, &complaint, &examples, run, now]).await?;
    let said = format!("{} {}", new.complaint.id, new.complaint.message(Language::Chinese));
    audit::append(tx, &event.subject(said)).await?;
    Ok(Alarm {
        platform: platform.to_owned(),
        source: source.to_owned(),
        subject: new.subject,
        complaint: new.complaint,
        examples: new.examples,
        run,
        raised_at: now.0,
        seen_at: now.0,
    })
}

fn read(row: &Row) -> Option<Alarm> {
    Some(Alarm {
        platform: row.text(0),
        source: row.text(1),
        subject: row.text(2),
        complaint: serde_json::from_str(&row.text(3)).ok()?,
        examples: serde_json::from_str(&row.text(4)).unwrap_or_default(),
        run: row.opt_int(5),
        raised_at: row.int(6),
        seen_at: row.int(7),
    })
}
