//! What became of due times.

use crate::args;
use crate::clock::Timestamp;
use crate::db::{self, Db};
use crate::record::Language;

/// How a due time ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is being run.
    Started,
    Ran,
    /// The run before it was still going.
    Skipped,
    /// Nobody was there to run it.
    Missed,
    Paused,
    Quiet,
}

impl Outcome {
    pub const ALL: [Outcome; 6] =
        [Outcome::Started, Outcome::Ran, Outcome::Skipped, Outcome::Missed, Outcome::Paused, Outcome::Quiet];

    pub fn word(self) -> &'static str {
        match self {
            Outcome::Started => "started",
            Outcome::Ran => "ran",
            Outcome::Skipped => "skipped",
            Outcome::Missed => "missed",
            Outcome::Paused => "paused",
            Outcome::Quiet => "quiet",
        }
    }

    pub fn name(self, language: Language) -> &'static str {
        match self {
            Outcome::Started => language.pick("运行中", "running"),
            Outcome::Ran => language.pick("已运行", "ran"),
            Outcome::Skipped => language.pick("上次未完，跳过", "skipped: still running"),
            Outcome::Missed => language.pick("错过", "missed"),
            Outcome::Paused => language.pick("暂停中", "paused"),
            Outcome::Quiet => language.pick("静默时段", "quiet window"),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// One due time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRow {
    pub route: String,
    pub due_at: Timestamp,
    /// `None` for a word that a newer program wrote.
    pub outcome: Option<Outcome>,
    pub run: Option<i64>,
    pub reason: String,
    pub decided_at: Timestamp,
}

/// The latest due times, newest first; of all routes where `route` is empty.
pub async fn history(db: &Db, route: &str, limit: usize) -> Result<Vec<DueRow>, db::Error> {
    let sql = "-- schedule history\nselect route, due_at, outcome, run, reason, decided_at from due \
               where ($1 = '' or route = $1) order by due_at desc, route limit $2";
    let rows = db.fetch(sql, args![route, limit as i64]).await?;
    let row = |row: &db::Row| DueRow {
        route: row.text(0),
        due_at: Timestamp(row.int(1)),
        outcome: Outcome::parse(&row.text(2)),
        run: row.opt_int(3),
        reason: row.text(4),
        decided_at: Timestamp(row.int(5)),
    };
    Ok(rows.iter().map(row).collect())
}
