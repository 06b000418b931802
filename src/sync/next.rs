//! The schemas that will follow: what would fail them, before anything is sent under them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::connector::{Parts, compile_route, load_schemas};
use super::route::PushRoute;
use crate::config::{Fault, Instance, Platform};
use crate::plan::Wanted;
use crate::record::{Complaint, Row};

/// A platform's push routes, compiled for its `next_schemas`.
pub struct NextRoutes {
    /// As the profile names them, `shandong/v2`.
    pub schemas: String,
    pub routes: BTreeMap<String, PushRoute>,
    /// What is wrong with the new files, or with a route or a crosswalk under them. Sending is not affected.
    pub faults: Vec<Fault>,
}

/// What the next schemas would say to one route's listings.
#[derive(Clone, Debug, Serialize)]
pub struct NextPreview {
    pub schemas: String,
    /// The kind's version there; empty where it cannot be read.
    pub version: String,
    /// Listings that are publishable today.
    pub checked: u64,
    /// Of those, how many would not be.
    pub fails: u64,
    /// By complaint and field, most frequent first.
    pub complaints: Vec<NextComplaint>,
    /// Why nothing, or not everything, could be checked.
    pub faults: Vec<NextFault>,
}

/// A fault in the new files, or in what they make of a route or a crosswalk.
#[derive(Clone, Debug, Serialize)]
pub struct NextFault {
    /// File, line and column.
    pub place: String,
    pub complaint: Complaint,
}

/// One thing that would be wrong.
#[derive(Clone, Debug, Serialize)]
pub struct NextComplaint {
    pub count: u64,
    /// Of the first listing that has it.
    pub complaint: Complaint,
    /// The first few listings: key and title.
    pub examples: Vec<(String, String)>,
}

/// Compiles the routes of every platform that names its next schemas.
pub fn next_routes(instance: &Instance) -> BTreeMap<String, NextRoutes> {
    let named = instance.platforms.values().filter_map(|one| Some((one, one.next_schemas.as_ref()?)));
    named.map(|(platform, next)| (platform.name.clone(), compile(instance, platform, &next.value))).collect()
}

fn compile(instance: &Instance, platform: &Arc<Platform>, schemas: &str) -> NextRoutes {
    let (mut parts, mut faults) = (Parts::default(), Vec::new());
    load_schemas(instance, &platform.name, schemas, &mut parts, &mut faults);
    let routes = instance.routes.values().filter(|route| route.platform == platform.name);
    for route in routes {
        let gone = parts.schemas.get(&platform.name).is_some_and(|set| set.kind(&route.kind).is_none());
        if gone {
            let known = parts.schemas[&platform.name].kinds().map(|kind| &*kind.name).collect::<Vec<_>>();
            let complaint = Complaint::new("Q7721")
                .found(schemas)
                .fact("reason", format!("{} ∉ {}", route.kind, known.join(", ")));
            faults.push(Fault { file: route.file.clone(), line: 1, column: 1, complaint });
        }
        if let Err(found) = compile_route(instance, route, &mut parts) {
            faults.extend(found);
        }
    }
    NextRoutes { schemas: schemas.to_owned(), routes: parts.push_routes, faults }
}

impl NextRoutes {
    /// Nothing checked yet for one route.
    pub(super) fn begin(&self, route: &str) -> NextPreview {
        let version = self.routes.get(route).map(|route| route.kind.version.clone()).unwrap_or_default();
        NextPreview {
            schemas: self.schemas.clone(),
            version,
            checked: 0,
            fails: 0,
            complaints: Vec::new(),
            faults: self.faults.iter().map(NextFault::of).collect(),
        }
    }
}

impl NextFault {
    fn of(fault: &Fault) -> Self {
        let place = format!("{}:{}:{}", fault.file.display(), fault.line, fault.column);
        NextFault { place, complaint: fault.complaint.clone() }
    }
}

impl NextPreview {
    /// Counts a listing that is publishable today.
    pub(super) fn look(
        &mut self,
        next: &PushRoute,
        row: &Row,
        title: &str,
        today: NaiveDate,
        examples: usize,
    ) {
        self.checked += 1;
        let judged = next.judge(row, today);
        if matches!(judged.wanted, Wanted::Publish(_)) {
            return;
        }
        self.fails += 1;
        for complaint in judged.complaints.into_iter().filter(Complaint::is_error) {
            let same = |known: &&mut NextComplaint| {
                known.complaint.id == complaint.id && known.complaint.pointer == complaint.pointer
            };
            let example = || (row.key.to_string(), title.to_owned());
            match self.complaints.iter_mut().find(same) {
                Some(known) => {
                    known.count += 1;
                    if known.examples.len() < examples {
                        known.examples.push(example());
                    }
                }
                None => {
                    let first = if examples > 0 { vec![example()] } else { Vec::new() };
                    self.complaints.push(NextComplaint { count: 1, complaint, examples: first });
                }
            }
        }
    }

    pub(super) fn sort(&mut self) {
        self.complaints.sort_by_key(|one| std::cmp::Reverse(one.count));
    }
}
