//! First contact: creates of a new route are locked until what the province already holds has been matched.

use super::accept::{accept_all, wake_children};
use super::event::Item;
use super::lanes::release;
use super::queue::{Source, set_complaints};
use super::runs::RunRef;
use super::state::{Happening, State};
use super::{Ledger, LedgerError, Result};
use crate::args;
use crate::audit::{self, Deed};
use crate::clock::Timestamp;
use crate::db::Tx;
use crate::plan::Action;
use crate::record::{Complaint, Document};

/// A create that waits for adoption.
#[derive(Debug)]
pub struct Candidate {
    pub delivery: i64,
    pub record: i64,
    pub record_id: String,
    pub version: i64,
    pub key_text: String,
    pub title: String,
    pub document: Document,
}

/// What adoption found for a candidate.
#[derive(Debug)]
pub enum Match {
    /// The province has it under this id, with the same content or another.
    Certain {
        remote_id: String,
        same: bool,
        /// Where it stands in the province's review, in the ledger's words; `none` where that is not known.
        review: String,
    },
    /// It may be this or that; a person must say.
    Doubtful { complaint: Complaint },
}

impl Ledger {
    /// Is the route's adoption still open? A route that was never seen is.
    pub async fn adoption_open(&self, route: &str) -> Result<bool> {
        let sql = "-- ledger.adoption_open\nselect adoption from route_state where route = $1";
        let row = self.db.fetch_one(sql, args![route]).await?;
        Ok(row.is_none_or(|row| row.text(0) != "closed"))
    }

    pub(super) async fn adoption_is_open(&self, tx: &mut Tx, route: &str) -> Result<bool> {
        let sql = "-- ledger.adoption_is_open\nselect adoption from route_state where route = $1";
        let row = tx.fetch_one(sql, args![route]).await?;
        Ok(row.is_none_or(|row| row.text(0) != "closed"))
    }

    /// The creates of a route that wait for adoption, in pages after a delivery's number.
    pub async fn candidates(&self, route: &str, after: i64, limit: i64) -> Result<Vec<Candidate>> {
        let sql = "-- ledger.candidates
            select d.id, r.seq, r.id, d.version, r.key_text, r.title, b.content
            from delivery d join record r on r.seq = d.record join body b on b.print = d.document
            where d.route = $1 and d.state = 'waiting_adoption' and d.id > $2
              and d.state in ('waiting_run', 'waiting_adoption', 'waiting_person') order by d.id limit $3";
        let mut candidates = Vec::new();
        for row in self.db.fetch(sql, args![route, after, limit]).await? {
            let text = String::from_utf8(row.blob(6)).map_err(|_| LedgerError::Body)?;
            candidates.push(Candidate {
                delivery: row.int(0),
                record: row.int(1),
                record_id: row.text(2),
                version: row.int(3),
                key_text: row.text(4),
                title: row.text(5),
                document: Document::from_text(&text).map_err(|_| LedgerError::Body)?,
            });
        }
        Ok(candidates)
    }

    /// The candidate of one key, whether it still waits for adoption or already for a person.
    pub async fn doubtful_candidate(&self, route: &str, key_text: &str) -> Result<Option<Candidate>> {
        let sql = "-- ledger.doubtful_candidate
            select d.id, r.seq, r.id, d.version, r.key_text, r.title, b.content
            from delivery d join record r on r.seq = d.record join body b on b.print = d.document
            where d.route = $1 and r.key_text = $2 and d.action = 'create'
              and d.state in ('waiting_adoption', 'waiting_person')
              and d.state in ('waiting_run', 'waiting_adoption', 'waiting_person')";
        let Some(row) = self.db.fetch_one(sql, args![route, key_text]).await? else { return Ok(None) };
        let text = String::from_utf8(row.blob(6)).map_err(|_| LedgerError::Body)?;
        Ok(Some(Candidate {
            delivery: row.int(0),
            record: row.int(1),
            record_id: row.text(2),
            version: row.int(3),
            key_text: row.text(4),
            title: row.text(5),
            document: Document::from_text(&text).map_err(|_| LedgerError::Body)?,
        }))
    }

    /// Writes what adoption found for a page of candidates.
    pub async fn adopt(&self, run: &RunRef, found: &[(Candidate, Match)], now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let mut event = run.event(Deed::Adopted, now);
        for (candidate, outcome) in found {
            let word = match outcome {
                Match::Certain { remote_id, same, review } => {
                    self.adopt_one(&mut tx, run, candidate, remote_id, *same, now).await?;
                    if *same {
                        let sql = "-- ledger.adopted_review\nupdate record set review = $2 where seq = $1";
                        tx.execute(sql, args![candidate.record, review]).await?;
                    }
                    if *same { "adopted" } else { "adopted, differs" }
                }
                Match::Doubtful { complaint } => {
                    let sql = "-- ledger.adoption_doubt
                        update delivery set state = $2, reason = $3, changed_at = $4
                        where id = $1 and state = 'waiting_adoption'";
                    let state = State::WaitingPerson.word();
                    tx.execute(sql, args![candidate.delivery, state, &complaint.id, now]).await?;
                    let complaints = std::slice::from_ref(complaint);
                    set_complaints(&mut tx, candidate.record, Source::Hold, candidate.version, complaints)
                        .await?;
                    "doubtful"
                }
            };
            event.item(
                &self.clock,
                &audit::Item {
                    record: &candidate.record_id,
                    version: candidate.version,
                    action: Action::Create.word(),
                    outcome: word,
                    row: None,
                    document: None,
                    payload: None,
                },
            );
        }
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends a route's adoption: what matched nothing may be created.
    pub async fn close_adoption(&self, run: &RunRef, now: Timestamp) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        let released = release(&mut tx, &run.route, State::WaitingAdoption, None, now).await?;
        let sql = "-- ledger.close_adoption
            insert into route_state (route, adoption, closed_at) values ($1, 'closed', $2)
            on conflict (route) do update set adoption = 'closed', closed_at = excluded.closed_at";
        tx.execute(sql, args![&run.route, now]).await?;
        let event =
            run.event(Deed::Adopted, now).subject(format!("adoption closed, {released} creates released"));
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(released)
    }

    /// A person says that a doubtful candidate is new to the province.
    pub async fn not_same(&self, run: &RunRef, candidate: &Candidate, now: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let adopting = self.adoption_is_open(&mut tx, &run.route).await?;
        let state = if adopting { State::WaitingAdoption } else { State::Queued };
        let sql = "-- ledger.not_same
            update delivery set state = $2, reason = '', changed_at = $3
            where id = $1 and state in ('waiting_person', 'waiting_adoption')";
        tx.execute(sql, args![candidate.delivery, state.word(), now]).await?;
        set_complaints(&mut tx, candidate.record, Source::Hold, candidate.version, &[]).await?;
        let mut event = run.event(Deed::Adopted, now);
        event.item(
            &self.clock,
            &audit::Item {
                record: &candidate.record_id,
                version: candidate.version,
                action: Action::Create.word(),
                outcome: "not the same",
                row: None,
                document: None,
                payload: None,
            },
        );
        audit::append(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn adopt_one(
        &self,
        tx: &mut Tx,
        run: &RunRef,
        candidate: &Candidate,
        remote_id: &str,
        same: bool,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "-- ledger.adopted\nupdate record set origin = 'adopted', remote_id = $2, presence = 'there' where seq = $1";
        tx.execute(sql, args![candidate.record, remote_id]).await?;
        set_complaints(tx, candidate.record, Source::Hold, candidate.version, &[]).await?;
        if same {
            let item = Item {
                delivery: candidate.delivery,
                record_id: candidate.record_id.clone(),
                item_key: String::new(),
                version: candidate.version,
                remote_id: Some(remote_id.to_owned()),
                document: Document::default(),
                reason: String::new(),
            };
            let from = self.state_of(tx, candidate.delivery).await?;
            // Acceptance is proved by the province's own list, not by sending.
            let from = if from == State::WaitingPerson {
                self.back_to_adoption(tx, candidate, now).await?
            } else {
                from
            };
            debug_assert!(from.next(Happening::Accepted).is_some(), "{from:?}");
            accept_all(tx, &[(&item, Some(remote_id.to_owned()))], from, Action::Create, now).await?;
        } else {
            let sql = "-- ledger.adopted_differs
                update delivery set action = 'update', state = 'queued', reason = '', changed_at = $2 where id = $1";
            tx.execute(sql, args![candidate.delivery, now]).await?;
            let parent = (run.platform.clone(), run.kind.clone(), candidate.key_text.clone());
            wake_children(tx, &[parent], now).await?;
        }
        Ok(())
    }

    async fn back_to_adoption(&self, tx: &mut Tx, candidate: &Candidate, now: Timestamp) -> Result<State> {
        let sql = "-- ledger.back_to_adoption\nupdate delivery set state = $2, changed_at = $3 where id = $1";
        tx.execute(sql, args![candidate.delivery, State::WaitingAdoption.word(), now]).await?;
        Ok(State::WaitingAdoption)
    }

    async fn state_of(&self, tx: &mut Tx, delivery: i64) -> Result<State> {
        let sql = "-- ledger.state_of\nselect state from delivery where id = $1";
        let row = tx.fetch_one(sql, args![delivery]).await?;
        row.and_then(|row| State::parse(&row.text(0))).ok_or(LedgerError::Moved(delivery))
    }
}
