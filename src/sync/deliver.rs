//! Sends what is ready to a platform, and says what came of it and why something did not leave.

use serde::Serialize;

use super::connector::{Connector, Error};
use super::exchanges::Exchanges;
use super::guard::WorkGuard;
use super::hand::ByHand;
use super::push::Request;
use super::watch::Watcher;
use crate::clock::Timestamp;
use crate::ledger::{Alarm, Counts, RunEnd};
use crate::platform::Closed;
use crate::record::Complaint;

/// What sending to one platform did.
#[derive(Clone, Debug, Serialize)]
pub struct DeliverReport {
    pub platform: String,
    /// `None` where nothing was ready.
    pub run: Option<i64>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Why something did not leave, by lane; empty when all is well.
    pub halts: Vec<Halt>,
    /// Files that wait to be handed in, and those made by this delivery; only where a person carries them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<ByHand>,
    /// Refusals of what used to pass, one for each kind of refusal.
    pub alarms: Vec<Alarm>,
}

/// Why a lane sends nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    Rehearsing,
    Stopped {
        by: String,
    },
    FirstFewSent,
    Paused {
        action: String,
        until: i64,
        why: String,
    },
    /// The whole province is left alone until then.
    Closed {
        until: i64,
        why: Complaint,
    },
}

impl Connector {
    /// Sends everything that is ready to one platform: parents before children, creates before updates before
    /// withdrawals, several exchanges at once, until nothing more can leave now.
    pub async fn deliver_once(
        &self,
        guard: &WorkGuard,
        platform: &str,
        request: &Request,
        watcher: &dyn Watcher,
    ) -> Result<DeliverReport, Error> {
        let mut report = DeliverReport {
            platform: platform.to_owned(),
            run: None,
            counts: Counts::default(),
            halts: Vec::new(),
            by_hand: None,
            alarms: Vec::new(),
        };
        if let Some(courier) = self.courier(platform) {
            return self.lay_out_once(guard, courier, report, request, watcher).await;
        }
        if !self.ledger.has_work(platform, self.clock.now()).await? {
            return Ok(report);
        }
        if let Some(halt) = self.closed(platform).await? {
            report.halts.push(halt);
            return Ok(report);
        }
        let street = self.street(platform)?.clone();
        if let Some(closed) = street.closed(self.clock.now()) {
            self.tell_closed(closed, &mut report).await?;
            return Ok(report);
        }
        let run = self.begin_delivery_run(platform, request).await?;
        report.run = Some(run.id);
        Exchanges::new(self, guard, &street, &run, &mut report, watcher)?.until_nothing_is_ready().await?;
        report.alarms = self.ledger.judge_refusals(&run, self.clock.now()).await?;
        let counts = report.counts;
        let trouble = counts.refused + counts.parked + counts.doubtful > 0 || !report.halts.is_empty();
        let end = if trouble { RunEnd::Trouble } else { RunEnd::Well };
        let note = serde_json::to_string(&report.halts).unwrap_or_default();
        self.ledger
            .end_run(&run, end, &counts, if report.halts.is_empty() { "" } else { &note }, self.clock.now())
            .await?;
        self.seal().await?;
        Ok(report)
    }

    /// Delivers again and again until nothing more becomes due within `patience`.
    pub async fn deliver_until_quiet(
        &self,
        guard: &WorkGuard,
        platform: &str,
        request: &Request,
        patience: std::time::Duration,
        watcher: &dyn Watcher,
    ) -> Result<DeliverReport, Error> {
        let mut whole = self.deliver_once(guard, platform, request, watcher).await?;
        if self.courier(platform).is_some() {
            // What comes next is a person's.
            return Ok(whole);
        }
        let deadline = self.clock.now().plus(patience);
        while let Some(next) = self.next_turn(platform).await? {
            let now = self.clock.now();
            // What is due and yet did not leave waits for its lane, not for its own time.
            let reopens = whole.halts.iter().filter_map(Halt::until).min();
            let next = reopens.map_or(next, |reopens| next.max(reopens));
            let closed = self.closed(platform).await?.filter(|halt| *halt != Halt::FirstFewSent);
            if next > deadline || now > deadline || self.stopping() || closed.is_some() {
                break;
            }
            self.clock.sleep(next.since(now).max(std::time::Duration::from_millis(20))).await;
            let part = self.deliver_once(guard, platform, request, watcher).await?;
            whole.counts.add(&part.counts);
            whole.run = whole.run.or(part.run);
            whole.halts = part.halts;
            whole.alarms.extend(part.alarms);
        }
        Ok(whole)
    }

    /// When there is something to do again; after the first few of a go-live only what is out counts.
    async fn next_turn(&self, platform: &str) -> Result<Option<Timestamp>, Error> {
        let state = self.ledger.platform_state(platform).await?;
        Ok(match state.allowance {
            Some(..=0) => self.ledger.next_doubt(platform).await?,
            _ => self.ledger.next_due(platform).await?,
        })
    }

    /// Says why the whole province is left alone. Where a lane tells of the answer that asked for it, that says more.
    pub(super) async fn tell_closed(&self, closed: Closed, report: &mut DeliverReport) -> Result<(), Error> {
        let now = self.clock.now();
        let lanes = self.ledger.closed_lanes().await?;
        let asked = closed.complaint.id == "Q7603";
        for lane in lanes {
            if !asked || lane.platform != report.platform || lane.until <= now.0 {
                continue;
            }
            report.halt(Halt::Paused { action: lane.action, until: lane.until, why: lane.why });
        }
        if !asked || report.halts.is_empty() {
            report.halt(Halt::Closed { until: closed.until.0, why: closed.complaint });
        }
        Ok(())
    }

    /// Why nothing at all may leave to a platform.
    pub(super) async fn closed(&self, platform: &str) -> Result<Option<Halt>, Error> {
        let state = self.ledger.platform_state(platform).await?;
        Ok(match state {
            _ if self.is_rehearsing(platform) => Some(Halt::Rehearsing),
            state if state.stopped_by.is_some() => {
                Some(Halt::Stopped { by: state.stopped_by.unwrap_or_default() })
            }
            state if !state.live => Some(Halt::Rehearsing),
            // What is out already may still be found out.
            state if state.allowance.is_some_and(|allowance| allowance <= 0) => {
                let doubt = self.ledger.next_doubt(platform).await?;
                doubt.is_none_or(|next| next > self.clock.now()).then_some(Halt::FirstFewSent)
            }
            _ => None,
        })
    }
}

impl DeliverReport {
    pub(super) fn halt(&mut self, halt: Halt) {
        if !self.halts.contains(&halt) {
            self.halts.push(halt);
        }
    }
}

impl Halt {
    /// When the lane tries again by itself, if it does.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Halt::Paused { until, .. } | Halt::Closed { until, .. } => Some(Timestamp(*until)),
            Halt::Rehearsing | Halt::Stopped { .. } | Halt::FirstFewSent => None,
        }
    }
}
