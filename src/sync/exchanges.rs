//! Several exchanges with one province at once, and one hand that does all the writing.
//!
//! The loop takes work out of the ledger, lets the exchanges run side by side, and writes down what each brought, one
//! after the other. An exchange itself never touches the ledger: while the loop waits for the ledger's one writer, no
//! exchange is polled, and one that held the writer would never let go of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use serde_json::Value as Json;

use super::alone::Shared;
use super::connector::{Connector, Error};
use super::deliver::{DeliverReport, Halt};
use super::files;
use super::guard::WorkGuard;
use super::pace::Went;
use super::watch::{Stage, Watcher};
use crate::attachment::{File, Shelf, Unhad};
use crate::config::platform::Operation;
use crate::delivery::{self, LookFor, RemoteRecord, Rendering};
use crate::ledger::{
    Attempt, Claim, Doubt, Event, LaneEffect, Lease, PendingLease, PendingNews, RunRef, Settled, Trouble,
    Want, WantedFile,
};
use crate::plan::Action;
use crate::platform::Street;
use crate::record::Fingerprint;

/// How many doubts of a kind are taken out at a time.
const LOOK_UPS: i64 = 200;
/// While something is out, the ledger is asked this often whether something else has become due: a call that hangs
/// must not keep others waiting. A wake-up, not a measure of time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Something that is done with the province for one kind. The order is that in which they are asked: what was in doubt
/// or undecided first, parents before children, and withdrawals last, children before parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub what: What,
    /// The kind's place among the platform's kinds, parents first; from behind for a withdrawal.
    pub place: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    LookUp,
    /// About what was taken in and not decided.
    Ask,
    /// Brings files to the province that deliveries wait for.
    Files,
    Send(Action),
}

/// An exchange that is over and not yet written down.
pub(super) enum Home {
    Batch { lease: Lease, attempt: Attempt, event: Event },
    LookedUp { doubt: Doubt, found: Result<Option<RemoteRecord>, Trouble> },
    Asked { lease: PendingLease, attempt: Attempt, news: PendingNews },
    Fetched { wanted: WantedFile, file: Result<File, Unhad> },
    Uploaded { wanted: WantedFile, content: Fingerprint, facts: Result<Json, Trouble> },
}

/// An exchange that has begun; `None` where there is nothing to begin now.
pub(super) type Started = Option<BoxFuture<'static, Home>>;

/// All exchanges of one delivery run.
pub(super) struct Exchanges<'a> {
    pub(super) connector: &'a Connector,
    pub(super) street: &'a Street,
    pub(super) run: &'a RunRef,
    report: &'a mut DeliverReport,
    watcher: &'a dyn Watcher,
    kinds: Vec<&'a str>,
    pub(super) out: FuturesUnordered<BoxFuture<'static, (Turn, Shared, Home)>>,
    flying: BTreeMap<Turn, usize>,
    /// Turns that have something due.
    due: BTreeSet<Turn>,
    /// Turns that had nothing, or were closed, when they were last asked; until something comes home.
    resting: BTreeSet<Turn>,
    /// Taken out and not yet looked up, by the kind's place.
    doubts: BTreeMap<usize, VecDeque<Doubt>>,
    /// Likewise, of files.
    pub(super) wanted: BTreeMap<usize, VecDeque<WantedFile>>,
    pub(super) shelf: Option<Shelf>,
    looked_at: Option<Duration>,
}

impl<'a> Exchanges<'a> {
    pub fn new(
        connector: &'a Connector,
        _: &WorkGuard,
        street: &'a Street,
        run: &'a RunRef,
        report: &'a mut DeliverReport,
        watcher: &'a dyn Watcher,
    ) -> Result<Self, Error> {
        Ok(Exchanges {
            connector,
            street,
            run,
            report,
            watcher,
            kinds: connector.kinds(&run.platform)?.collect(),
            out: FuturesUnordered::new(),
            flying: BTreeMap::new(),
            due: BTreeSet::new(),
            resting: BTreeSet::new(),
            doubts: BTreeMap::new(),
            wanted: BTreeMap::new(),
            shelf: files::shelf(street.profile().platform()).map(|(shelf, _)| shelf),
            looked_at: None,
        })
    }

    /// Goes on until nothing is out and nothing more can leave now.
    pub async fn until_nothing_is_ready(mut self) -> Result<(), Error> {
        loop {
            while self.start_one().await? {}
            if self.out.is_empty() {
                if self.shelf.is_some() {
                    self.connector.ledger.tidy_files(&self.run.platform).await?;
                }
                return Ok(());
            }
            match tokio::time::timeout(LOOK_AGAIN, self.out.next()).await {
                Ok(Some((turn, shared, home))) => self.write_down(turn, shared, home).await?,
                Ok(None) => (),
                // What has become due meanwhile may leave beside what hangs.
                Err(_) => self.resting.clear(),
            }
        }
    }

    /// Starts the next exchange, if one may start.
    async fn start_one(&mut self) -> Result<bool, Error> {
        if self.connector.stopping() || self.out.len() >= self.concurrency() {
            return Ok(false);
        }
        if let Some(closed) = self.street.closed(self.connector.clock.now()) {
            self.connector.tell_closed(closed, self.report).await?;
            return Ok(false);
        }
        self.look().await?;
        let may = |turn: &Turn| self.may_start(*turn);
        let Some(turn) = self.due.iter().copied().find(may) else { return Ok(false) };
        let kind = self.kind_of(turn);
        let Some(shared) = self.connector.records.shared(&self.run.platform, kind) else {
            // A scan of this kind is under way, or waits for what is out to come home.
            self.rest(turn);
            return Ok(true);
        };
        let started = match turn.what {
            What::LookUp => self.look_up(turn).await?,
            What::Ask => self.ask(turn).await?,
            What::Files => self.fetch(turn).await?,
            What::Send(action) => self.send(turn, action).await?,
        };
        match started {
            Some(exchange) => {
                self.put_out(turn, shared, exchange);
            }
            None => self.rest(turn),
        }
        Ok(true)
    }

    /// Lets an exchange go its way beside the others.
    pub(super) fn put_out(
        &mut self,
        turn: Turn,
        shared: Shared,
        exchange: impl Future<Output = Home> + Send + 'static,
    ) {
        *self.flying.entry(turn).or_default() += 1;
        self.out.push(Box::pin(async move { (turn, shared, exchange.await) }));
    }

    /// Asks the ledger what is due, when nothing else is left or some time has passed.
    async fn look(&mut self) -> Result<(), Error> {
        let clock = &self.connector.clock;
        let recent = self.looked_at.is_some_and(|at| clock.elapsed().saturating_sub(at) < LOOK_AGAIN);
        if recent && !self.due.is_empty() {
            return Ok(());
        }
        self.looked_at = Some(clock.elapsed());
        let (ledger, platform, now) = (&self.connector.ledger, &self.run.platform, clock.now());
        let mut due = BTreeSet::new();
        for (kind, action) in ledger.ready(platform, &self.kinds, now).await? {
            due.extend(self.turn(&kind, What::Send(action)));
        }
        for kind in ledger.doubtful_kinds(platform, now).await? {
            due.extend(self.turn(&kind, What::LookUp));
        }
        if self.street.profile().offers(Operation::Status) {
            for kind in ledger.pending_kinds(platform, now).await? {
                due.extend(self.turn(&kind, What::Ask));
            }
        }
        if self.shelf.is_some() {
            for kind in ledger.kinds_wanting_files(platform, now).await? {
                due.extend(self.turn(&kind, What::Files));
            }
        }
        let taken_out = self.doubts.iter().filter(|(_, doubts)| !doubts.is_empty());
        due.extend(taken_out.map(|(place, _)| Turn { what: What::LookUp, place: *place }));
        self.due = due.difference(&self.resting).copied().collect();
        Ok(())
    }

    fn turn(&self, kind: &str, what: What) -> Option<Turn> {
        let place = self.kinds.iter().position(|known| *known == kind)?;
        let last = self.kinds.len() - 1;
        Some(Turn { what, place: if what == What::Send(Action::Withdraw) { last - place } else { place } })
    }

    pub(super) fn kind_of(&self, turn: Turn) -> &'a str {
        let last = self.kinds.len() - 1;
        self.kinds[if turn.what == What::Send(Action::Withdraw) { last - turn.place } else { turn.place }]
    }

    fn rest(&mut self, turn: Turn) {
        self.due.remove(&turn);
        self.resting.insert(turn);
    }

    fn concurrency(&self) -> usize {
        self.street.profile().platform().limits.concurrency
    }

    fn may_start(&self, turn: Turn) -> bool {
        let flying = self.flying.get(&turn).copied().unwrap_or(0);
        let limit = match turn.what {
            What::LookUp | What::Ask | What::Files => 1,
            // The last place is for another lane: one whose calls all hang does not stop the others.
            What::Send(action) => {
                let pace = self.connector.paces.limit(&self.run.platform, self.kind_of(turn), action);
                pace.min(self.concurrency().saturating_sub(1).max(1))
            }
        };
        // The province would not let a parent go before its children.
        let child = |other: &Turn| other.what == turn.what && other.place < turn.place;
        let waits_for_children = turn.what == What::Send(Action::Withdraw)
            && (self.due.iter().any(child)
                || self.flying.iter().any(|(other, out)| *out > 0 && child(other)));
        flying < limit && !waits_for_children
    }

    /// Claims a batch of a lane.
    async fn send(&mut self, turn: Turn, action: Action) -> Result<Started, Error> {
        let (connector, profile, kind) = (self.connector, self.street.profile(), self.kind_of(turn));
        let words = Rendering { profile, kind, action };
        let records_max = profile.records_max(delivery::operation(action));
        let records_max = u32::try_from(records_max).unwrap_or(u32::MAX);
        let want = Want { platform: &self.run.platform, kind, action, records_max };
        let run = self.run_of(kind);
        let lease = match connector.ledger.claim(&run, want, &words, connector.clock.now()).await? {
            Claim::Lease(lease) => lease,
            Claim::Nothing | Claim::Probing => return Ok(None),
            Claim::NotLive => return self.halted(Halt::Rehearsing),
            Claim::Stopped { by } => return self.halted(Halt::Stopped { by }),
            Claim::FirstFewSent => return self.halted(Halt::FirstFewSent),
            Claim::Paused { until, why } => {
                return self.halted(Halt::Paused { action: action.to_string(), until: until.0, why });
            }
        };
        let (street, clock) = (self.street.clone(), connector.clock.clone());
        Ok(Some(Box::pin(async move {
            let (attempt, event) = delivery::exchange(&street, &lease, &clock).await;
            Home::Batch { lease, attempt, event }
        })))
    }

    /// Takes out what only a look-up can settle.
    async fn look_up(&mut self, turn: Turn) -> Result<Started, Error> {
        let (connector, platform, kind) = (self.connector, &self.run.platform, self.kind_of(turn));
        let now = connector.clock.now();
        if !self.may_ask().await? {
            return Ok(None);
        }
        if self.doubts.get(&turn.place).is_none_or(VecDeque::is_empty) {
            let found = connector.ledger.doubts(platform, kind, LOOK_UPS, now).await?;
            self.doubts.insert(turn.place, found.into());
        }
        let Some(doubt) = self.doubts.get_mut(&turn.place).and_then(VecDeque::pop_front) else {
            return Ok(None);
        };
        let (street, clock, kind) = (self.street.clone(), connector.clock.clone(), kind.to_owned());
        Ok(Some(Box::pin(async move {
            let what = LookFor::LocalId(&doubt.item.record_id);
            let found = delivery::lookup(&street, &kind, what, &clock).await;
            Home::LookedUp { doubt, found }
        })))
    }

    /// Takes out a batch that was taken in and whose turn it is to be asked about.
    async fn ask(&mut self, turn: Turn) -> Result<Started, Error> {
        if !self.may_ask().await? {
            return Ok(None);
        }
        let (ledger, platform) = (&self.connector.ledger, &self.run.platform);
        let claimed = ledger.claim_pending(platform, self.kind_of(turn), self.connector.clock.now()).await?;
        let Some(lease) = claimed else { return Ok(None) };
        let (street, clock) = (self.street.clone(), self.connector.clock.clone());
        Ok(Some(Box::pin(async move {
            let (attempt, news) = delivery::ask_about(&street, &lease, &clock).await;
            Home::Asked { lease, attempt, news }
        })))
    }

    /// A province that asked to be left alone is not asked either; nor is one that is just being tried out.
    async fn may_ask(&mut self) -> Result<bool, Error> {
        let (ledger, platform) = (&self.connector.ledger, &self.run.platform);
        let is_paused = ledger.paused_until(platform, self.connector.clock.now()).await?.is_some();
        Ok(!is_paused && (self.out.is_empty() || !ledger.any_lane_closed(platform).await?))
    }

    fn halted(&mut self, halt: Halt) -> Result<Started, Error> {
        self.report.halt(halt);
        Ok(None)
    }

    /// Writes down what an exchange brought. The proof that no scan is under way is held until it stands.
    async fn write_down(&mut self, turn: Turn, shared: Shared, home: Home) -> Result<(), Error> {
        *self.flying.entry(turn).or_default() -= 1;
        let run = self.run_of(self.kind_of(turn));
        let settled = match home {
            Home::Batch { lease, attempt, event } => {
                self.learn(turn, &attempt, &event);
                Some(self.settle(&run, lease, attempt, event).await?)
            }
            Home::LookedUp { doubt, found } => self.settle_doubt(turn, &run, doubt, found).await?,
            Home::Asked { lease, attempt, news } => {
                Some(self.settle_pending(&run, lease, attempt, news).await?)
            }
            Home::Fetched { wanted, file: Ok(file) } => {
                self.bring(turn, shared, &run, wanted, file).await?;
                None
            }
            Home::Fetched { wanted, file: Err(Unhad { complaint, passing }) } => {
                self.without_file(turn, &run, &wanted, complaint, passing).await?
            }
            Home::Uploaded { wanted, content, facts } => {
                self.brought(turn, &run, &wanted, &content, facts).await?
            }
        };
        if let Some(settled) = settled {
            self.report.counts.settled(settled);
        }
        // A record may have been let go, a lane opened, a probe come back.
        self.resting.clear();
        self.watcher.saw(Stage::Sending, &run.kind, self.report.counts.accepted);
        Ok(())
    }

    async fn settle(
        &mut self,
        run: &RunRef,
        lease: Lease,
        attempt: Attempt,
        mut event: Event,
    ) -> Result<Settled, Error> {
        let connector = self.connector;
        if let Event::Settled { items } = &mut event {
            let sent = lease.items.iter().map(|item| item.delivery);
            self.want_lost_files(sent.zip(items.iter_mut())).await?;
            connector.name_places(run, items.iter_mut());
        }
        let wait = |attempts| delivery::next_wait(self.street.profile(), attempts, connector.clock.dice());
        Ok(connector.ledger.settle(run, lease, &attempt, event, wait, connector.clock.now()).await?)
    }

    async fn settle_pending(
        &mut self,
        run: &RunRef,
        lease: PendingLease,
        attempt: Attempt,
        mut news: PendingNews,
    ) -> Result<Settled, Error> {
        let connector = self.connector;
        if let PendingNews::Decided { items, .. } = &mut news {
            let asked = lease.items.iter().zip(items.iter_mut());
            let decided = asked.filter_map(|(item, outcome)| Some((item.delivery, outcome.as_mut()?)));
            self.want_lost_files(decided).await?;
            connector.name_places(run, items.iter_mut().flatten());
        }
        let wait = |attempts| delivery::next_wait(self.street.profile(), attempts, connector.clock.dice());
        let now = connector.clock.now();
        Ok(connector.ledger.settle_pending(run, lease, &attempt, news, wait, now).await?)
    }

    async fn settle_doubt(
        &mut self,
        turn: Turn,
        run: &RunRef,
        doubt: Doubt,
        found: Result<Option<RemoteRecord>, Trouble>,
    ) -> Result<Option<Settled>, Error> {
        let (connector, profile) = (self.connector, self.street.profile());
        let now = connector.clock.now();
        let found = match found {
            // What was withdrawn there is not what was to be created.
            Ok(found) => found.filter(|remote| !remote.withdrawn).map(|remote| remote.remote_id),
            Err(trouble) => {
                // The doubts stay, and are asked about again when there is hope of an answer.
                let pause = match trouble.lane {
                    LaneEffect::Pause(pause) => pause,
                    LaneEffect::Block | LaneEffect::None => profile.platform().limits.pause,
                };
                self.doubts.remove(&turn.place);
                connector.ledger.note_distrust(&run.platform, &trouble.complaint, now).await?;
                connector.ledger.put_off_doubts(&run.platform, &run.kind, now.plus(pause), now).await?;
                return Ok(None);
            }
        };
        // An update or withdrawal that the province has not confirmed is sent again: it is idempotent.
        let found = if doubt.action == Action::Create { found } else { None };
        let wait = |attempts| delivery::next_wait(profile, attempts, connector.clock.dice());
        Ok(Some(connector.ledger.settle_doubt(run, &doubt, found, wait, now).await?))
    }

    fn run_of(&self, kind: &str) -> RunRef {
        RunRef { kind: kind.to_owned(), ..self.run.clone() }
    }

    /// What an exchange says about how much the province bears.
    fn learn(&self, turn: Turn, attempt: &Attempt, event: &Event) {
        let went = match event {
            _ if attempt.request.is_empty() => Went::Nowhere,
            Event::NotAccepted { .. } | Event::InDoubt { .. } => Went::Badly,
            Event::Settled { .. } | Event::Pending { .. } => Went::Well(attempt.took),
        };
        let What::Send(action) = turn.what else { return };
        let lane = (self.run.platform.clone(), self.kind_of(turn).to_owned(), action);
        self.connector.paces.learn(lane, went, self.concurrency());
    }
}
