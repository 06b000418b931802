//! One round of work: scans in order, adoption, imports, sending, reviews; and what came of it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::import::{ImportReport, ImportRoute};
use crate::ledger::{Problem, ReviewNews, RunEnd};
use crate::record::Complaint;
use crate::sync::{
    AdoptReport, Connector, DeliverReport, Error, Halt, PushReport, PushRoute, Request, Watcher, WorkGuard,
};

/// How many problems are told one by one.
const PROBLEMS: usize = 8;

/// Which routes, and how far.
pub struct Work<'a> {
    pub push: Vec<&'a PushRoute>,
    pub import: Vec<&'a ImportRoute>,
    /// Read everything, whatever cursors say.
    pub everything: bool,
    /// Match what the province already holds, where that has not been done yet.
    pub adopt: bool,
    pub send: bool,
    /// How long to wait for what becomes due soon.
    pub patience: Duration,
}

/// What a round did.
#[derive(Debug, Default, Serialize)]
pub struct Round {
    pub pushes: Vec<PushReport>,
    pub adoptions: Vec<AdoptReport>,
    pub imports: Vec<ImportReport>,
    pub platforms: Vec<PlatformRound>,
    /// Routes whose creates wait for `qilu adopt`, with their number.
    pub unadopted: Vec<(String, i64)>,
    /// The most frequent first.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub further_problems: usize,
}

/// What happened with one platform.
#[derive(Debug, Serialize)]
pub struct PlatformRound {
    pub delivery: DeliverReport,
    /// The platform's file says `live`; a person's go-live may still be missing.
    pub configured_live: bool,
    pub reviews: ReviewNews,
    /// Why the reviewers' news could not be read.
    pub feed: Option<Complaint>,
    /// Decisions that could not be read, or whose word the profile does not list.
    pub unread_reviews: Vec<Complaint>,
    pub open: Open,
}

/// Deliveries that are not done, by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    pub queued: i64,
    pub waiting: i64,
    pub waiting_person: i64,
    pub in_doubt: i64,
    /// Taken in by the province, not decided.
    pub pending: i64,
    pub parked: i64,
    pub refused: i64,
}

impl Open {
    /// What needs somebody.
    pub fn trouble(&self) -> i64 {
        self.waiting_person + self.in_doubt + self.parked + self.refused
    }

    fn add(&mut self, state: &str, count: i64) {
        let place = match state {
            "queued" | "in_flight" => &mut self.queued,
            "waiting_person" | "waiting_adoption" => &mut self.waiting_person,
            "in_doubt" => &mut self.in_doubt,
            "pending" => &mut self.pending,
            "parked" => &mut self.parked,
            "refused" => &mut self.refused,
            _ => &mut self.waiting,
        };
        *place += count;
    }
}

/// Does the work, route by route and platform by platform.
///
/// A source or a platform that cannot be reached is told in its report, and the others go on.
/// Errors: the ledger itself failed.
pub async fn work_round(
    connector: &Connector,
    guard: &WorkGuard,
    work: &Work<'_>,
    request: &Request,
    watcher: &dyn Watcher,
) -> Result<Round, Error> {
    let mut round = Round::default();
    for route in &work.push {
        if connector.stopping() {
            break;
        }
        let push = if work.everything {
            connector.push_everything(guard, route, request, watcher).await?
        } else {
            connector.push_once(guard, route, request, watcher).await?
        };
        // What was not read to its end cannot be matched to its end.
        let adopt = work.adopt
            && push.end != RunEnd::Failed
            && connector.ledger.adoption_open(&route.route.name).await?;
        round.pushes.push(push);
        if adopt {
            round.adoptions.push(connector.adopt(guard, route, request, watcher).await?);
        }
    }
    for route in &work.import {
        if connector.stopping() {
            break;
        }
        round.imports.push(connector.import_once(guard, route, request, watcher).await?);
    }
    let routes = work.push.iter().map(|route| route.route.platform.as_str());
    let platforms: BTreeSet<&str> = routes.collect();
    if work.send {
        for platform in &platforms {
            let mut delivery =
                connector.deliver_until_quiet(guard, platform, request, work.patience, watcher).await?;
            let configured_live = !connector.is_rehearsing(platform);
            // Said even when nothing was ready to leave: nobody should wait for what will not happen.
            let state = connector.ledger.platform_state(platform).await?;
            if delivery.halts.is_empty() {
                if let Some(by) = state.stopped_by {
                    delivery.halts.push(Halt::Stopped { by });
                } else if !(configured_live && state.live) {
                    delivery.halts.push(Halt::Rehearsing);
                }
            }
            let reviewed = connector.review_once(guard, platform, watcher).await?;
            let (reviews, feed, unread_reviews) = (reviewed.news, reviewed.trouble, reviewed.unread);
            let open = Open::default();
            round.platforms.push(PlatformRound {
                delivery,
                configured_live,
                reviews,
                feed,
                unread_reviews,
                open,
            });
        }
    }
    for waiting in connector.ledger.open_deliveries().await? {
        if waiting.state == "waiting_adoption" && work.push.iter().any(|one| one.route.name == waiting.route)
        {
            round.unadopted.push((waiting.route.clone(), waiting.count));
        }
        let platform = round.platforms.iter_mut().find(|one| one.delivery.platform == waiting.platform);
        if let Some(platform) = platform {
            platform.open.add(&waiting.state, waiting.count);
        }
    }
    let kinds: Vec<&str> = work.push.iter().map(|route| route.route.kind.as_str()).collect();
    let problems = connector.ledger.problems(i64::MAX).await?;
    round.problems = problems.into_iter().filter(|problem| kinds.contains(&problem.kind.as_str())).collect();
    round.further_problems = round.problems.len().saturating_sub(PROBLEMS);
    round.problems.truncate(PROBLEMS);
    connector.seal().await?;
    Ok(round)
}
