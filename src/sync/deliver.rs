//! Sends what is ready, lane by lane, and brings every answer home.

use serde::Serialize;

use super::connector::{Connector, Error};
use super::guard::WorkGuard;
use super::hand::ByHand;
use super::push::Request;
use super::route::PushRoute;
use super::watch::{Stage, Watcher};
use crate::clock::Timestamp;
use crate::delivery::{self, LookFor};
use crate::ledger::{
    Claim, Counts, Event, Item, ItemOutcome, LaneEffect, Payload, Renderer, RunEnd, RunRef, Want,
};
use crate::plan::Action;
use crate::platform::{Profile, Street};
use crate::record::Complaint;

/// How many doubts are looked up before the lanes go on.
const LOOK_UPS: i64 = 200;

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
}

/// Why a lane sends nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    Rehearsing,
    Stopped { by: String },
    FirstFewSent,
    Paused { action: String, until: i64, why: String },
}

struct Words<'a> {
    profile: &'a Profile,
    kind: &'a str,
    action: Action,
}

impl Renderer for Words<'_> {
    fn fit(&self, items: &[Item]) -> usize {
        delivery::portion(self.profile, items)
    }

    fn render(&self, key: &str, items: &[Item]) -> Result<Payload, Complaint> {
        delivery::render(self.profile, self.kind, self.action, key, items)
    }
}

impl Connector {
    /// Sends everything that is ready to one platform: parents before children, creates before updates before
    /// withdrawals, until nothing more can leave now.
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
        let run = self.begin_delivery_run(platform, request).await?;
        report.run = Some(run.id);
        while self.round(guard, &run, &street, &mut report, watcher).await? {}
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

    /// One pass over all lanes. Says whether anything moved.
    async fn round(
        &self,
        _: &WorkGuard,
        run: &RunRef,
        street: &Street,
        report: &mut DeliverReport,
        watcher: &dyn Watcher,
    ) -> Result<bool, Error> {
        let mut moved = false;
        let kinds: Vec<String> = self.kinds(&run.platform)?.map(str::to_owned).collect();
        for action in Action::ALL {
            // What is withdrawn goes children first: the province would not let a parent go before.
            let ordered: Box<dyn Iterator<Item = &String> + Send> = if action == Action::Withdraw {
                Box::new(kinds.iter().rev())
            } else {
                Box::new(kinds.iter())
            };
            for kind in ordered {
                moved |= self.doubts(run, street, kind, report).await?;
                let run = RunRef { kind: kind.clone(), ..run.clone() };
                while let Some(true) = self.one_batch(&run, street, action, report).await? {
                    moved = true;
                    watcher.saw(Stage::Sending, kind, report.counts.accepted);
                }
            }
        }
        Ok(moved)
    }

    /// Claims, sends and settles one batch. `None` when the lane has nothing or is closed.
    async fn one_batch(
        &self,
        run: &RunRef,
        street: &Street,
        action: Action,
        report: &mut DeliverReport,
    ) -> Result<Option<bool>, Error> {
        if self.stopping() {
            return Ok(None);
        }
        let profile = street.profile();
        let words = Words { profile, kind: &run.kind, action };
        let records_max = u32::try_from(profile.platform().limits.records_max).unwrap_or(u32::MAX);
        let want = Want { platform: &run.platform, kind: &run.kind, action, records_max };
        let lease = match self.ledger.claim(run, want, &words, self.clock.now()).await? {
            Claim::Lease(lease) => lease,
            Claim::Nothing => return Ok(None),
            Claim::NotLive => return Ok(halt(report, Halt::Rehearsing)),
            Claim::Stopped { by } => return Ok(halt(report, Halt::Stopped { by })),
            Claim::FirstFewSent => return Ok(halt(report, Halt::FirstFewSent)),
            Claim::Paused { until, why } => {
                return Ok(halt(report, Halt::Paused { action: action.to_string(), until: until.0, why }));
            }
        };
        let (attempt, mut event) = delivery::exchange(street, &lease, &self.clock).await;
        self.name_places(run, &mut event);
        let wait = |attempts| delivery::next_wait(profile, attempts, self.clock.dice());
        let settled = self.ledger.settle(run, lease, &attempt, event, wait, self.clock.now()).await?;
        report.counts.settled(settled);
        Ok(Some(true))
    }

    /// The province names a field of the document; whoever mends it needs the city's column.
    fn name_places(&self, run: &RunRef, event: &mut Event) {
        let Event::Settled { items } = event else { return };
        let of_kind =
            |route: &&PushRoute| route.route.kind == run.kind && route.route.platform == run.platform;
        let Some(route) = self.push_routes.values().find(of_kind) else { return };
        for outcome in items {
            let complaints = match outcome {
                ItemOutcome::Refused { complaints } => complaints.as_mut_slice(),
                ItemOutcome::Retry { complaint } => std::slice::from_mut(complaint),
                ItemOutcome::Accepted { .. }
                | ItemOutcome::Duplicate { .. }
                | ItemOutcome::Unknown { .. } => &mut [],
            };
            for complaint in complaints.iter_mut().filter(|one| !one.pointer.is_empty()) {
                complaint.column = route.mapping.column_of(&complaint.pointer);
                complaint.label =
                    route.kind.field(&complaint.pointer).map(|field| field.title.clone()).unwrap_or_default();
            }
        }
    }

    /// Looks up what only a look-up can settle.
    async fn doubts(
        &self,
        run: &RunRef,
        street: &Street,
        kind: &str,
        report: &mut DeliverReport,
    ) -> Result<bool, Error> {
        let mut moved = false;
        let now = self.clock.now();
        if self.ledger.paused_until(&run.platform, now).await?.is_some() {
            // A province that asked to be left alone is not asked either.
            return Ok(false);
        }
        let wait = |attempts| delivery::next_wait(street.profile(), attempts, self.clock.dice());
        for doubt in self.ledger.doubts(&run.platform, kind, LOOK_UPS, now).await? {
            if self.stopping() {
                break;
            }
            let looked =
                delivery::lookup(street, kind, LookFor::LocalId(&doubt.item.record_id), &self.clock).await;
            let found = match looked {
                // What was withdrawn there is not what was to be created.
                Ok(found) => found.filter(|remote| !remote.withdrawn).map(|remote| remote.remote_id),
                Err(trouble) => {
                    // The doubt stays, and is asked about again when there is hope of an answer.
                    let pause = match trouble.lane {
                        LaneEffect::Pause(pause) => pause,
                        LaneEffect::Block | LaneEffect::None => street.profile().platform().limits.pause,
                    };
                    let now = self.clock.now();
                    self.ledger.put_off_doubts(&run.platform, kind, now.plus(pause), now).await?;
                    break;
                }
            };
            // An update or withdrawal that the province has not confirmed is sent again: it is idempotent.
            let found = if doubt.action == Action::Create { found } else { None };
            let run = RunRef { kind: kind.to_owned(), ..run.clone() };
            let settled = self.ledger.settle_doubt(&run, &doubt, found, wait, self.clock.now()).await?;
            report.counts.settled(settled);
            moved |= settled.accepted + settled.postponed > 0;
        }
        Ok(moved)
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

pub(super) fn halt(report: &mut DeliverReport, halt: Halt) -> Option<bool> {
    if !report.halts.contains(&halt) {
        report.halts.push(halt);
    }
    None
}

impl Halt {
    /// When the lane tries again by itself, if it does.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Halt::Paused { until, .. } => Some(Timestamp(*until)),
            Halt::Rehearsing | Halt::Stopped { .. } | Halt::FirstFewSent => None,
        }
    }
}
