//! What needs several files or a live world: columns against expressions, examples, schemas against mappings.
//!
//! Looks before anything runs and says everything at once, each finding at its place in a file. Reads the city's
//! databases and never writes; does not ask the province, and changes nothing that it complains of.

mod column;
mod cursor;
mod example;
mod field;
mod finding;
mod hand;
mod import;
mod join;
mod parent;
mod platform;
mod sample;
mod trial;
mod unmapped;
mod weak;
mod written;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::city::City;
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::config::{Fault, Flow, Instance};
use crate::sync::{Parts, PushRoute};

use finding::Findings;
use written::{Written, written};

pub use unmapped::{InOther, MoreValues, NearCode, RouteRead, StaleLine, Unmapped, UnmappedValue, unmapped};

/// Everything that is wrong or doubtful in an instance whose parts compile.
///
/// Shape:  sorted by file and place; a doubt's complaint has `Severity::Warning` and keeps nothing from running.
/// Errors: none. What keeps a look from happening (a database that does not open) is a finding itself.
pub async fn check(instance: &Instance, parts: &Parts) -> Vec<Fault> {
    check_at(instance, parts, Clock::machine().now()).await
}

/// As [`check`], at a given time: it decides which codes are in force and whether a schedule has a next time.
pub async fn check_at(instance: &Instance, parts: &Parts, now: Timestamp) -> Vec<Fault> {
    let world = World::open(instance, parts, now).await;
    let mut faults = world.closed.clone();
    for platform in instance.platforms.values() {
        faults.extend(platform::check(platform, parts.codes.get(&platform.name)));
        if let Some(courier) = parts.couriers.get(&platform.name) {
            faults.extend(hand::check(&world, &platform.name, courier));
        }
        faults.extend(platform::check_callback(platform, instance.console.is_some()));
    }
    for route in instance.routes.values() {
        faults.extend(platform::check_schedule(route, instance.zone, now));
        if let Flow::Import(import) = &route.flow {
            faults.extend(import::check(&world, route, import).await);
        }
    }
    for route in parts.push_routes.values() {
        faults.extend(check_push(&world, route).await);
    }
    let place = |fault: &Fault| {
        (
            fault.file.clone(),
            fault.line,
            fault.column,
            fault.complaint.id.clone(),
            fault.complaint.found.clone(),
        )
    };
    faults.sort_by_key(place);
    faults.dedup();
    faults
}

/// What is looked at: the files, their compiled parts, and the city's databases.
struct World<'a> {
    instance: &'a Instance,
    parts: &'a Parts,
    /// By name; a database that does not open is missing here and in `closed`.
    cities: BTreeMap<&'a str, City>,
    closed: Vec<Fault>,
    now: Timestamp,
    today: NaiveDate,
}

impl<'a> World<'a> {
    async fn open(instance: &'a Instance, parts: &'a Parts, now: Timestamp) -> World<'a> {
        let (mut cities, mut closed) = (BTreeMap::new(), Vec::new());
        for (name, database) in &instance.databases {
            match City::open(database).await {
                Ok(city) => _ = cities.insert(name.as_str(), city),
                Err(complaint) => closed.push(database.at.fault("config/qilu.toml", 0, complaint)),
            }
        }
        let today = now.to_utc().with_timezone(&instance.zone).date_naive();
        World { instance, parts, cities, closed, now, today }
    }

    fn city(&self, database: &str) -> Option<&City> {
        self.cities.get(database)
    }

    /// The route that pushes a kind to a platform.
    fn pushing(&self, platform: &str, kind: &str) -> Option<&'a PushRoute> {
        self.parts.push_routes.values().find(|one| one.route.platform == platform && one.route.kind == kind)
    }
}

/// A push route with what its expressions are evaluated with.
struct Subject<'a> {
    route: &'a PushRoute,
    written: Vec<Written<'a>>,
    codes: &'a Codes,
    zone: chrono_tz::Tz,
}

async fn check_push(world: &World<'_>, route: &PushRoute) -> Vec<Fault> {
    let mut findings = Findings::of(route);
    // Without code tables the route did not compile, and somebody has said so.
    let Some(codes) = world.parts.codes.get(&route.route.platform) else { return Vec::new() };
    let database = &route.push.source.database.value;
    let zone = world.instance.databases.get(database).map_or(world.instance.zone, |one| one.zone);
    let subject = Subject { route, written: written(&route.push), codes, zone };
    field::check(&subject, &mut findings);
    parent::check(world, &subject, &mut findings);
    let city = world.city(database);
    let tables = match city {
        Some(city) => column::check(city, &subject, &mut findings).await,
        None => column::Tables::default(),
    };
    example::check(&subject, &tables, &mut findings);
    let mut sample = None;
    if let Some(city) = city.filter(|_| tables.is_sound()) {
        sample = sample::take(city, &subject, &mut findings).await;
        join::check_children(city, &subject, &tables, sample.as_ref(), &mut findings).await;
        if let Some(sample) = &sample {
            sample::check(&subject, sample, world.today, &mut findings);
            join::check_parents(world, &subject, sample, &mut findings).await;
        }
    }
    if let Some(city) = city.filter(|_| tables.is_sound()) {
        cursor::check_versions(city, &subject, &mut findings).await;
    }
    cursor::check(city, &subject, &tables, sample.as_ref(), world.now, &mut findings).await;
    trial::check(&subject, &tables, sample.as_ref(), &mut findings);
    findings.into_faults()
}

#[cfg(test)]
mod tests;
