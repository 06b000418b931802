//! `kill -9` and SIGTERM at every stage of a sync: afterwards the province has each listing exactly once.

use std::collections::BTreeMap;
use std::time::Duration;

use qilu::clock::{Clock, Timestamp};
use qilu::sandbox::{self, Fault, Seed};
use serde_json::json;

use crate::books::{agree, entries, own};
use crate::program::{Running, count, is_campaign, qilu, rows, until};
use crate::world::{World, uscc};

/// When the program is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after its start, wherever it is then.
    After(Duration),
    /// As soon as the scan has written this many of the round's deliveries.
    Scanned(i64),
    /// As soon as the province has heard this many batches.
    Heard(u64),
    /// The province has done this batch and will not say so.
    Unanswered(u64),
    /// So soon after the province answered this batch.
    Answered(u64, Duration),
}

/// A city that goes on from round to round, and what it has done so far.
struct City {
    world: World,
    dice: Clock,
    rounds: usize,
    kills: usize,
    listings: u32,
}

/// New enterprises, achievements and contracts in each round: six batches.
const NEW: u32 = 12;

impl City {
    async fn new(seed: u64) -> City {
        let dice = Clock::manual(Timestamp(0), seed);
        City { world: World::for_program().await, dice, rounds: 0, kills: 0, listings: 0 }
    }

    fn roll(&self, below: u64) -> u64 {
        u64::from_le_bytes(self.dice.dice()) % below
    }

    /// Until the program's start-up, scan, sending and settling are over; a debug build needs so long.
    fn any_time(&self) -> Moment {
        Moment::After(Duration::from_millis(self.roll(1_000)))
    }

    /// New rows, changed rows and a withdrawn one; then the program is killed at these moments, runs to its end, and
    /// the province is compared with the city.
    async fn round(&mut self, moments: &[Moment]) {
        let world = &self.world;
        self.rounds += 1;
        world.fill(self.listings + 1..self.listings + NEW + 1).await;
        if self.listings > 0 {
            // Four different ones, of those that the province has already.
            let first = self.roll(self.listings.into()) as u32;
            let ids: Vec<u32> = (0..4).map(|step| 1 + (first + step) % self.listings).collect();
            let next = "max(cast(substr(cgmc, instr(cgmc, '第') + 1) as int), 1) + 1";
            let change = format!("cgmc = '面向陶瓷窑炉的节能控制技术' || id || '第' || ({next}) || '版'");
            let [one, two, three, gone] = ids[..] else { unreachable!() };
            let sql = format!(
                "update t_cg set {change} where id in ({one}, {two}, {three}) and del = 0;
                 update t_cg set del = 1 where id = {gone};"
            );
            world.sql(&sql).await;
        }
        self.listings += NEW;
        let mut killed = 0;
        for moment in moments {
            killed += usize::from(kill_at(world, &["sync"], *moment).await);
        }
        self.kills += killed;
        let told = format!("round {} of {moments:?}, killed {killed} times", self.rounds);
        let ran = qilu(world.root(), &["sync"]).await;
        assert!(ran.code == Some(0), "{told}: {ran}");
        self.compare(&told).await;
    }

    async fn compare(&self, told: &str) {
        let world = &self.world;
        let (entries, held) = (entries(&world.ledger()).await, own(&world.path("sandbox.db")).await);
        agree(&world.ledger(), &entries, &held, 0).await;
        let there: BTreeMap<(&str, &str), _> = held
            .values()
            .map(|one| {
                (
                    (
                        one.kind.as_str(),
                        one.data["title"].as_str().or(one.data["name"].as_str()).expect("a title"),
                    ),
                    one,
                )
            })
            .collect();
        assert_eq!(there.len(), held.len(), "{told}: two records of one title");
        let market = world.path("market.db");
        let listings = rows(
            &market,
            "select 'enterprise', mc, 1, 0 from t_qy union all select 'tech_contract', mc, 1, 0 from t_ht
             union all select 'achievement', cgmc, max(1, cast(substr(cgmc, instr(cgmc, '第') + 1) as int)), del from t_cg",
        )
        .await;
        assert_eq!(listings.len(), there.len(), "{told}");
        for row in &listings {
            let [kind, title, version, deleted] = &row[..] else { panic!("four columns") };
            let found = there
                .get(&(kind.as_str(), title.as_str()))
                .unwrap_or_else(|| panic!("{told}: {kind} {title} is lost"));
            assert_eq!(found.withdrawn, deleted == "1", "{told}: {kind} {title}");
            if !found.withdrawn {
                assert_eq!(&found.version.to_string(), version, "{told}: {kind} {title} changed otherwise");
            }
        }
    }

    /// The whole history verifies, and the program really was killed so often.
    async fn end(self, kills_min: usize) {
        let verified = qilu(self.world.root(), &["audit", "verify", "--json"]).await.ended(0).json();
        assert_eq!(verified["clean"], true, "{verified}");
        let City { rounds, kills, listings, .. } = self;
        let interrupted = "select count(*) from run where outcome = 'interrupted'";
        let interrupted = count(&self.world.ledger(), interrupted).await;
        eprintln!(
            "{rounds} rounds, {kills} kills, {interrupted} runs interrupted, {} listings",
            3 * listings
        );
        assert!(kills >= kills_min, "{kills} kills of {kills_min}");
    }
}

/// Ten times more in a campaign.
fn rounds(usual: usize) -> usize {
    if is_campaign() { 10 * usual } else { usual }
}

/// Starts the program and kills it; says whether it was still alive then.
async fn kill_at(world: &World, arguments: &[&str], moment: Moment) -> bool {
    let faults = world.faults();
    let posts = faults.counts().posts;
    let deliveries = "select count(*) from delivery";
    let before = count(&world.ledger(), deliveries).await;
    if let Moment::Unanswered(nth) = moment {
        faults.every_post(nth, Fault::Hang { seconds: 60 });
    }
    let mut running = Running::start(world.root(), arguments);
    match moment {
        Moment::After(time) => tokio::time::sleep(time).await,
        Moment::Scanned(number) => {
            until("the scan writes", async || {
                running.has_ended() || count(&world.ledger(), deliveries).await >= before + number
            })
            .await;
        }
        Moment::Heard(number) | Moment::Unanswered(number) => {
            until("the province hears", async || {
                running.has_ended() || faults.counts().posts >= posts + number
            })
            .await;
        }
        Moment::Answered(number, later) => {
            let answered = || {
                world
                    .sandbox
                    .as_ref()
                    .expect("running")
                    .log()
                    .iter()
                    .filter(|one| one.method == "POST")
                    .count()
            };
            let already = answered() as u64;
            until("the province answers", async || {
                running.has_ended() || answered() as u64 >= already + number
            })
            .await;
            tokio::time::sleep(later).await;
        }
    }
    let alive = running.kill();
    faults.clear();
    alive
}

#[tokio::test]
async fn killed_while_it_scans() {
    let mut city = City::new(1).await;
    for _ in 0..rounds(1) {
        for deliveries in [1, 1, 13, 25, 36, 12, 1] {
            city.round(&[Moment::Scanned(deliveries)]).await;
        }
    }
    city.end(rounds(4)).await;
}

#[tokio::test]
async fn killed_while_it_sends() {
    let mut city = City::new(2).await;
    for _ in 0..rounds(1) {
        for nth in [1, 3, 6, 2] {
            city.round(&[Moment::Heard(nth)]).await;
            city.round(&[Moment::Unanswered(nth)]).await;
        }
        city.round(&[Moment::Unanswered(1), Moment::Unanswered(1)]).await;
    }
    city.end(rounds(8)).await;
}

#[tokio::test]
async fn killed_while_it_settles() {
    let mut city = City::new(3).await;
    for _ in 0..rounds(1) {
        for nth in [1, 2, 4, 6, 7, 3] {
            let soon = Duration::from_micros(city.roll(4_000));
            city.round(&[Moment::Answered(nth, soon)]).await;
        }
    }
    city.end(rounds(4)).await;
}

#[tokio::test]
async fn killed_at_any_moment_and_again() {
    let mut city = City::new(4).await;
    for _ in 0..rounds(6) {
        let moments = [city.any_time(), city.any_time()];
        city.round(&moments).await;
    }
    city.end(1).await;
}

/// What people typed in at the province is taken over once, however often the matching is cut short.
#[tokio::test]
async fn killed_during_first_contact() {
    for moment in [Moment::Scanned(1), Moment::Scanned(40), Moment::After(Duration::from_millis(400))] {
        let world = World::with(Clock::machine()).await;
        world.fill(1..31).await;
        let typed_in = |n: u32| {
            let data = json!({
                "name": format!("淄博测试企业{n}有限公司"), "uscc": uscc(n), "unitType": "01", "operatingState": "01",
                "region": "370303", "contact": {"name": "老联系人", "phone": "0533-2300123"},
            });
            Seed { kind: "enterprise".into(), city: "370300".into(), local_id: None, data }
        };
        let seeds: Vec<_> = (3..9).map(typed_in).collect();
        sandbox::seed(&world.path("sandbox.db"), &seeds).await.expect("seeded");
        kill_at(&world, &["adopt"], moment).await;
        qilu(world.root(), &["adopt"]).await.ended(0);
        qilu(world.root(), &["sync"]).await.ended(0);
        let (entries, held) = (entries(&world.ledger()).await, own(&world.path("sandbox.db")).await);
        agree(&world.ledger(), &entries, &held, 0).await;
        assert!(entries.values().all(|entry| entry.is_settled()), "{moment:?}: {entries:?}");
        let adopted = entries.values().filter(|entry| entry.origin == "adopted").count();
        assert_eq!((held.len(), adopted), (90, 6), "{moment:?}");
        qilu(world.root(), &["audit", "verify"]).await.ended(0);
    }
}

/// SIGTERM while the province does not answer: within ten seconds the program is gone, the batch is in doubt, and the
/// next sync finds out without sending anything twice.
#[tokio::test]
async fn a_daemon_told_to_stop_notes_what_is_in_flight_as_in_doubt() {
    let world = World::for_program().await;
    world.edit("config/routes/enterprise.toml", &[("platform =", "schedule = '* * * * * *'\nplatform =")]);
    world.fill(1..8).await;
    world.faults().every_post(1, Fault::Hang { seconds: 60 });
    let running = Running::start(world.root(), &["daemon"]);
    until("the daemon sends", async || world.faults().counts().posts > 0).await;
    let clock = Clock::machine();
    running.terminate();
    running.end().await.ended(0);
    assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
    found_out_later(&world).await;
}

#[tokio::test]
async fn a_sync_told_to_stop_says_what_is_in_doubt() {
    let world = World::for_program().await;
    world.fill(1..8).await;
    world.faults().every_post(1, Fault::Hang { seconds: 60 });
    let running = Running::start(world.root(), &["sync", "enterprise"]);
    until("the sync sends", async || world.faults().counts().posts > 0).await;
    let clock = Clock::machine();
    running.terminate();
    let ran = running.end().await.ended(3);
    ran.says(&["待核实", "不会重复报送"]);
    assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
    found_out_later(&world).await;
}

async fn found_out_later(world: &World) {
    let in_doubt = "select count(*) from delivery where state = 'in_doubt'";
    assert_eq!(count(&world.ledger(), in_doubt).await, 7);
    let held = own(&world.path("sandbox.db")).await;
    assert_eq!(held.len(), 7, "the province had taken them");
    world.faults().clear();
    qilu(world.root(), &["sync", "enterprise"]).await.ended(0);
    let entries = entries(&world.ledger()).await;
    agree(&world.ledger(), &entries, &own(&world.path("sandbox.db")).await, 0).await;
    assert!(entries.values().all(|entry| entry.is_settled()), "{entries:?}");
    qilu(world.root(), &["audit", "verify"]).await.ended(0);
}
