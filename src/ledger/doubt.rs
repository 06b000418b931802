//! Deliveries in doubt whose batch was answered: only a look-up by our id tells what became of them.

use std::time::Duration;

use super::accept::accept_all;
use super::event::Item;
use super::outcome::logged;
use super::runs::RunRef;
use super::settle::Settled;
use super::state::State;
use super::{Ledger, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::plan::Action;
use crate::record::Complaint;

/// A delivery whose doubt only a look-up ends.
#[derive(Debug)]
pub struct Doubt {
    pub item: Item,
    pub action: Action,
    /// The province said "duplicate": if it is not ours, that is a refusal.
    pub duplicate: bool,
    /// What the province said, or left out.
    pub complaint: Option<Complaint>,
}

impl Ledger {
    /// A look-up by our id ends a doubt that no resending can end.
    ///
    /// Shape: `found` is the province's id of the record, or `None` where it has nothing under our id; an update or a
    ///        withdrawal, which may be sent twice, is `None` too. `wait` as for `settle`: who answers around a record
    ///        again and again is not asked for ever.
    pub async fn settle_doubt(
        &self,
        run: &RunRef,
        doubt: &Doubt,
        found: Option<String>,
        wait: impl Fn(u32) -> Option<Duration>,
        now: Timestamp,
    ) -> Result<Settled> {
        let mut tx = self.db.begin().await?;
        let mut settled = Settled::default();
        let item = &doubt.item;
        let complaint = doubt.complaint.as_ref();
        let word = match (found, complaint.filter(|_| doubt.duplicate)) {
            (Some(remote_id), _) => {
                settled.accepted += 1;
                let accepted = [(item, Some(remote_id))];
                accept_all(&mut tx, &accepted, State::InDoubt, doubt.action, now).await?.word()
            }
            (None, Some(complaint)) => {
                settled.refused += 1;
                self.refuse(&mut tx, item, State::InDoubt, std::slice::from_ref(complaint), now).await?.word()
            }
            (None, None) => {
                let reason = complaint.map_or("Q7203", |complaint| complaint.id.as_str());
                self.postpone(&mut tx, item, State::InDoubt, reason, &wait, &mut settled, now).await?.word()
            }
        };
        let mut log = run.event(Deed::BatchSettled, now);
        log.item(&self.clock, &logged(item, doubt.action, word));
        audit::append(&mut tx, &log).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Look-ups failed: the doubts of a kind that are due wait until then.
    pub async fn put_off_doubts(
        &self,
        platform: &str,
        kind: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "-- ledger.put_off_doubts
            update delivery set next_at = $3
            where platform = $1 and kind = $2 and state = 'in_doubt' and batch is null and next_at <= $4
              and state in ('in_flight', 'in_doubt', 'pending')";
        tx.execute(sql, args![platform, kind, until, now]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deliveries in doubt whose batch was answered, and which are due: only a look-up tells.
    pub async fn doubts(&self, platform: &str, kind: &str, limit: i64, now: Timestamp) -> Result<Vec<Doubt>> {
        let sql = "-- ledger.doubts
            select d.id, r.id, d.version, r.remote_id, d.action,
                   (select facts from complaint c where c.record = r.seq and c.source = 'province' limit 1), d.reason
            from delivery d join record r on r.seq = d.record
            where d.platform = $1 and d.kind = $2 and d.state = 'in_doubt' and d.batch is null and d.next_at <= $4
              and d.state in ('in_flight', 'in_doubt', 'pending')
            order by d.id limit $3";
        let mut doubts = Vec::new();
        for row in self.db.fetch(sql, args![platform, kind, limit, now]).await? {
            let (record_id, version) = (row.text(1), row.int(2));
            doubts.push(Doubt {
                action: Action::parse(&row.text(4)).unwrap_or(Action::Create),
                duplicate: row.text(6) == "duplicate",
                complaint: row.opt_text(5).and_then(|facts| serde_json::from_str(&facts).ok()),
                item: Item {
                    delivery: row.int(0),
                    item_key: format!("{}/{record_id}/{version}", self.instance_epoch()),
                    record_id,
                    version,
                    remote_id: row.opt_text(3),
                    document: Default::default(),
                    reason: String::new(),
                },
            });
        }
        Ok(doubts)
    }
}
