//! Pausing a route, with a reason, on the record.

use super::due::{self, Schedule};
use crate::args;
use crate::audit::{self, Deed, Event};
use crate::clock::Timestamp;
use crate::db::{self, Db, Tx};

/// A route that a person has paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub route: String,
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
}

impl Schedule {
    /// Pauses a route: its due times are recorded as paused until it is resumed. One that is paused keeps its
    /// first reason; false then.
    pub async fn pause(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        (actor, role): (&str, &str),
        route: &str,
        reason: &str,
    ) -> Result<bool, audit::Error> {
        due::know(tx, now, route).await?;
        let sql = "-- schedule pause\nupdate timed_route set paused_at = $2, paused_by = $3, pause_reason = $4 \
                   where route = $1 and paused_at is null";
        let paused = tx.execute(sql, args![route, now, actor, reason]).await? > 0;
        if paused {
            let event = Event::new(Deed::SchedulePaused, now, actor, role).route(route).subject(reason);
            audit::append(tx, &event).await?;
        }
        Ok(paused)
    }

    /// Ends a pause; false if there was none. Due times that passed meanwhile stay paused and are not made up
    /// for, also when no daemon was there to say so.
    pub async fn resume(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        (actor, role): (&str, &str),
        route: &str,
    ) -> Result<bool, audit::Error> {
        self.close_pause(tx, route, now).await?;
        let sql = "-- schedule resume\nupdate timed_route set paused_at = null, paused_by = null, \
                   pause_reason = null where route = $1 and paused_at is not null";
        let resumed = tx.execute(sql, args![route]).await? > 0;
        if resumed {
            audit::append(tx, &Event::new(Deed::ScheduleResumed, now, actor, role).route(route)).await?;
        }
        Ok(resumed)
    }
}

/// The routes that are paused.
pub async fn paused(db: &Db) -> Result<Vec<Pause>, db::Error> {
    let sql = "-- schedule paused\nselect route, paused_at, paused_by, pause_reason from timed_route \
               where paused_at is not null order by route";
    let rows = db.fetch(sql, &[]).await?;
    let pause = |row: &db::Row| Pause {
        route: row.text(0),
        at: Timestamp(row.int(1)),
        by: row.text(2),
        reason: row.text(3),
    };
    Ok(rows.iter().map(pause).collect())
}
