//! Storms: random work, random trouble and random crashes over real rooms, and what must hold all the while.
//!
//! Safety: after every step no older version stands where a newer one was accepted, nothing is there twice, and every
//! delivery is in a possible state. Liveness: once the trouble ends, the province holds what the city publishes.
//! `QILU_STORM_SEEDS` is how many storms there are, or `first..end`. A seed repeats its operations; where exactly a
//! crash cuts depends on the machine, so a failure may need a few repetitions.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use qilu::audit::{self, Versions};
use qilu::ledger::{Actor, RunCause, Selection};
use qilu::sandbox::Fault;
use qilu::sync::Connector;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::world::{World, guard, request, sync, uscc};

const STEPS: u32 = 30;
const SEEDS: u64 = 6;

#[tokio::test]
async fn whatever_happens_nothing_is_lost_doubled_or_overwritten_and_in_the_end_all_is_there() {
    let given = std::env::var("QILU_STORM_SEEDS").unwrap_or_else(|_| SEEDS.to_string());
    let (first, end) = match given.split_once("..") {
        Some((first, end)) => (first.parse().expect("a seed"), end.parse().expect("a seed")),
        None => (0, given.parse().expect("how many seeds")),
    };
    for seed in first..end {
        eprintln!("storm {seed} of {first}..{end}");
        Storm::new(seed).await.rage().await;
    }
}

struct Storm {
    seed: u64,
    dice: u64,
    world: World,
    connector: Option<Connector>,
    /// The newest accepted version of each record, as seen so far.
    accepted: BTreeMap<String, i64>,
    done: Vec<String>,
    rows: u32,
    names: u32,
}

impl Storm {
    async fn new(seed: u64) -> Storm {
        let world = World::new().await;
        world.fill(1..7).await;
        let dice = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9;
        Storm {
            seed,
            dice,
            world,
            connector: None,
            accepted: BTreeMap::new(),
            done: Vec::new(),
            rows: 6,
            names: 0,
        }
    }

    async fn rage(mut self) {
        self.connector = Some(self.world.connector().await);
        for _ in 0..STEPS {
            self.step().await;
            self.must_hold().await;
        }
        self.calm().await;
    }

    fn roll(&mut self, sides: u32) -> u32 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(sides)) as u32
    }

    fn note(&mut self, what: impl Into<String>) {
        self.done.push(what.into());
    }

    fn fail(&self, what: &str) -> ! {
        panic!("storm {}: {what}\nafter:\n  {}", self.seed, self.done.join("\n  "))
    }

    fn connector(&self) -> &Connector {
        self.connector.as_ref().expect("open")
    }

    async fn step(&mut self) {
        match self.roll(20) {
            0..8 => self.edit().await,
            8..11 => self.trouble(),
            11..13 => self.work(None).await,
            13..17 => {
                let reach = [60, 400, 2000][self.roll(3) as usize];
                let polls = 1 + self.roll(reach);
                self.work(Some(polls)).await;
                self.reopen().await;
            }
            17 => self.release().await,
            18 => {
                let minutes = [1, 10, 90, 1500][self.roll(4) as usize];
                self.note(format!("{minutes} minutes pass"));
                self.world.clock.advance(Duration::from_secs(60 * minutes));
            }
            _ => {
                self.note("the sandbox restarts");
                self.world.sandbox.take().expect("running").stop().await;
                self.world.start_sandbox().await;
            }
        }
    }

    async fn edit(&mut self) {
        let n = 1 + self.roll(self.rows);
        let other = 1 + self.roll(self.rows);
        self.names += 1;
        let name = format!("面向陶瓷窑炉的余热利用技术{}", self.names);
        let sql = match self.roll(16) {
            0 => {
                self.rows += 1;
                let n = self.rows;
                self.world.fill(n..n + 1).await;
                String::new()
            }
            1..4 => format!("update t_cg set cgmc = '{name}' where id = {n}"),
            4 => format!("update t_cg set del = 1 where id = {n}"),
            5 => "update t_cg set del = 0".to_owned(),
            6 => format!("update t_cg set nf = 'x' where id = {n}"),
            7 => "update t_cg set nf = 2023".to_owned(),
            8 => format!("update t_cg set qydm = '{}', qymc = '淄博测试企业{other}有限公司' where id = {n}", uscc(other)),
            9 => format!("delete from t_cg where id = {n}"),
            10 => format!("update t_qy set zt = 1 - zt where dm = '{}'", uscc(n)),
            11 => format!("update t_ht set mc = '余热利用技术开发合同{}' where htbh = 'HT-{n}'", self.names),
            12 => format!("update t_cg set mj = case mj when '公开' then '内部' else '公开' end where id = {n}"),
            // One listing takes another's name, which gets a new one: a natural key moves.
            13 => format!(
                "update t_cg set cgmc = (select cgmc from t_cg where id = {other}), qydm = (select qydm from t_cg where id = {other}),
                    qymc = (select qymc from t_cg where id = {other}) where id = {n} and {n} <> {other}
                    and exists (select 1 from t_cg where id = {other});
                 update t_cg set cgmc = '{name}' where id = {other} and {n} <> {other}"
            ),
            14 => format!("update t_cg set cgmc = '面向陶瓷窑炉的节能控制技术{n}' where id = {n}
                and not exists (select 1 from t_cg where id <> {n} and cgmc = '面向陶瓷窑炉的节能控制技术{n}')"),
            _ => format!(
                "insert or ignore into t_cg values ({n}, '{name}', '{}', '淄博测试企业{n}有限公司', 2023, '12.5', '公开', 2, 0)",
                uscc(n)
            ),
        };
        self.note(format!("edit: {sql}"));
        if !sql.is_empty() {
            self.world.sql(&sql).await;
        }
    }

    fn trouble(&mut self) {
        let fault = match self.roll(11) {
            0 => Fault::DropBefore,
            1 | 2 => Fault::DropAfter,
            3 | 4 => Fault::ShortList,
            5 => Fault::Truncated,
            6 => Fault::Html,
            7 => Fault::Empty,
            8 => Fault::AlienIds,
            9 => Fault::TooMany { retry_after_s: 30 },
            _ => Fault::Unavailable { retry_after_s: 90 },
        };
        let number = u64::from(1 + self.roll(3));
        match self.roll(4) {
            0 => self.world.faults().next(number, fault),
            1 => {
                self.world.faults().clear();
                self.world.faults().every_post(number + 1, fault);
            }
            _ => self.world.faults().next_posts(number, fault),
        }
        self.note(format!("trouble: {fault:?} {number}"));
    }

    /// Some tick; cut after so many polls, as if the process had died there.
    async fn work(&mut self, polls: Option<u32>) {
        let what = self.roll(6);
        self.note(format!("work {what}, cut after {polls:?} polls"));
        let connector = self.connector();
        let work = async {
            match what {
                0..3 => _ = sync(connector).await,
                3 => {
                    let guard = guard(connector).await;
                    for route in connector.push_routes_in_order() {
                        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
                    }
                }
                4 => {
                    let guard = guard(connector).await;
                    connector.deliver_once(&guard, "shandong", &request(), &()).await.expect("a delivery");
                }
                _ => {
                    let guard = guard(connector).await;
                    let patience = Duration::from_secs(60);
                    let sent =
                        connector.deliver_until_quiet(&guard, "shandong", &request(), patience, &()).await;
                    sent.expect("a delivery");
                    connector.review_once(&guard, "shandong", &()).await.expect("reviews");
                }
            }
        };
        match polls {
            None => within(work).await,
            Some(polls) => cut(work, polls).await,
        }
    }

    async fn reopen(&mut self) {
        if self.roll(2) == 0 {
            drop(self.connector.take());
        } else if let Some(connector) = self.connector.take() {
            connector.close().await;
        }
        self.connector = Some(self.world.connector().await);
    }

    async fn release(&mut self) {
        self.note("release what is held");
        release(self.connector()).await;
    }

    /// What must hold at any moment, whatever the trouble.
    async fn must_hold(&mut self) {
        let mut ledger = open(&self.world.path("data/ledger.db")).await;
        for (what, sql) in IMPOSSIBLE {
            let rows = sqlx::query(sql).fetch_all(&mut ledger).await.expect(sql);
            if let Some(row) = rows.first() {
                self.fail(&format!("{what}: {}", row.get::<String, _>(0)));
            }
        }
        let held = self.world.inspect().await;
        let there: BTreeMap<_, _> = held.records.iter().map(|one| (one.remote_id.as_str(), one)).collect();
        let sql = "select r.id, r.kind || ' ' || r.key_text, r.remote_id, r.accepted_version, r.presence,
                a.state, cast(b.content as text),
                exists (select 1 from delivery o where o.record = r.seq and o.state in ('in_flight', 'in_doubt'))
                    or r.accepted_print is null
            from record r left join delivery a on a.record = r.seq and a.version = r.accepted_version
            left join body b on b.print = a.document where r.accepted_version is not null";
        for row in sqlx::query(sql).fetch_all(&mut ledger).await.expect(sql) {
            let (id, key): (String, String) = (row.get(0), row.get(1));
            let version: i64 = row.get(3);
            let before = self.accepted.insert(id.clone(), version).unwrap_or_default();
            if version < before {
                self.fail(&format!("{key}: accepted version {before} became {version}"));
            }
            let remote_id: String = row.get(2);
            let Some(one) = there.get(remote_id.as_str()) else {
                self.fail(&format!("{key}: accepted as {remote_id}, which is not there"));
            };
            if one.local_id.as_deref() != Some(&id) {
                self.fail(&format!("{key}: {remote_id} stands under {:?}", one.local_id));
            }
            let newest = one.item_key.as_deref().and_then(|key| key.rsplit('/').next()?.parse::<i64>().ok());
            if newest.is_some_and(|newest| newest < version) {
                self.fail(&format!("{key}: version {version} was overwritten by {newest:?}"));
            }
            if row.get::<bool, _>(7) {
                continue;
            }
            if one.withdrawn != (row.get::<String, _>(4) == "withdrawn") {
                self.fail(&format!("{key}: withdrawn there: {}, and the ledger differs", one.withdrawn));
            }
            let Some(content) = row.get::<Option<String>, _>(6) else { continue };
            let document: serde_json::Value = serde_json::from_str(&content).expect("a document");
            for field in ["title", "name", "year", "ownerName"] {
                if document[field] != one.data[field] {
                    self.fail(&format!(
                        "{key}: {field} is {} there and {} here",
                        one.data[field], document[field]
                    ));
                }
            }
        }
        ledger.close().await.expect("closed");
        let mut live = BTreeSet::new();
        for one in held.records.iter().filter(|one| !one.withdrawn) {
            let key = match one.kind.as_str() {
                "enterprise" => one.data["uscc"].to_string(),
                "achievement" => {
                    format!("{} {} {}", one.data["title"], one.data["ownerName"], one.data["year"])
                }
                _ => one.data["contractNo"].to_string(),
            };
            if !live.insert((&one.kind, key.clone())) {
                self.fail(&format!("{} {key} stands there twice", one.kind));
            }
        }
    }

    /// The trouble ends; then the province must come to hold what the city publishes.
    async fn calm(mut self) {
        self.note("the storm ends");
        self.world.faults().clear();
        self.world.sql("update t_cg set nf = 2023").await;
        for _ in 0..6 {
            self.world.clock.advance(Duration::from_secs(86_400));
            within(sync(self.connector())).await;
            self.must_hold().await;
            release(self.connector()).await;
            resubmit(self.connector()).await;
        }
        let wanted = self.published("and q.zt = 1").await;
        let mut allowed = self.waiting().await;
        allowed.append(&mut self.published("").await);
        let held = self.world.inspect().await;
        let found: BTreeSet<String> = held
            .records
            .iter()
            .filter(|one| !one.withdrawn && one.kind != "tech_contract")
            .map(|one| {
                let named = if one.kind == "enterprise" { &one.data["name"] } else { &one.data["title"] };
                format!("{} {}", one.kind, named.as_str().unwrap_or_default())
            })
            .collect();
        let missing: Vec<_> = wanted.difference(&found).collect();
        // What refers to a parent that the city does not publish any more stays there as it is.
        let extra: Vec<_> = found.difference(&allowed).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let problems = self.connector().ledger.problems(20).await.expect("problems");
            let open = self.connector().ledger.open_deliveries().await.expect("open deliveries");
            self.fail(&format!("missing {missing:?}\nextra {extra:?}\n{problems:#?}\n{open:?}"));
        }
        let key = audit::load_public_key(&self.world.path("data/audit.key")).expect("a key");
        let notes = audit::load_notes(&self.world.path("data/checkpoints")).expect("notes");
        let report = audit::verify(self.connector().ledger.db(), &[key], &notes).await.expect("a report");
        if !report.is_clean() {
            self.fail(&format!("{:#?}", report.findings));
        }
    }

    /// What the province holds of records whose newest version waits for a parent.
    async fn waiting(&self) -> BTreeSet<String> {
        let mut ledger = open(&self.world.path("data/ledger.db")).await;
        let sql = "select r.remote_id from record r join delivery d on d.id = r.owed
            where d.state = 'waiting_parent' and r.remote_id is not null";
        let rows = sqlx::query(sql).fetch_all(&mut ledger).await.expect(sql);
        ledger.close().await.expect("closed");
        let ids: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
        let held = self.world.inspect().await.records;
        let waiting = held.iter().filter(|one| ids.contains(&one.remote_id));
        waiting
            .map(|one| format!("{} {}", one.kind, one.data["title"].as_str().unwrap_or_default()))
            .collect()
    }

    /// Enterprises and achievements that the city publishes, the latter on a condition for their owners.
    async fn published(&self, owner: &str) -> BTreeSet<String> {
        let mut city = open(&self.world.path("market.db")).await;
        let sql = format!(
            "select 'enterprise ' || mc from t_qy where zt = 1
             union select 'achievement ' || c.cgmc from t_cg c join t_qy q on q.dm = c.qydm
             where c.mj = '公开' and c.shzt = 2 and c.del = 0 {owner}"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut city).await.expect("listings");
        city.close().await.expect("closed");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// What no ledger may ever hold; each gives the first case.
const IMPOSSIBLE: [(&str, &str); 5] = [
    (
        "a delivery that nobody owes could still leave",
        "select r.kind || ' ' || r.key_text || ' v' || d.version || ' ' || d.state from delivery d
         join record r on r.seq = d.record
         where d.id is not r.owed and d.state not in ('accepted', 'superseded', 'in_flight', 'in_doubt', 'refused')",
    ),
    (
        "two deliveries of one record are out",
        "select r.kind || ' ' || r.key_text from delivery d join record r on r.seq = d.record
         where d.state in ('in_flight', 'in_doubt') group by d.record having count(*) > 1",
    ),
    (
        "what is owed is settled",
        "select r.kind || ' ' || r.key_text || ' ' || d.state from record r join delivery d on d.id = r.owed
         where d.state in ('accepted', 'superseded')",
    ),
    (
        "what is out is not owed, and nothing newer is",
        "select r.kind || ' ' || r.key_text || ' v' || d.version from delivery d join record r on r.seq = d.record
         where d.state in ('in_flight', 'in_doubt') and r.owed is null",
    ),
    (
        "two records have one id of the province",
        "select kind || ' ' || remote_id from record where remote_id is not null
         group by platform, kind, remote_id having count(*) > 1",
    ),
];

async fn release(connector: &Connector) {
    let guard = guard(connector).await;
    let (ledger, now) = (&connector.ledger, connector.clock.now());
    for route in connector.push_routes_in_order() {
        let (name, kind) = (&route.route.name, &route.route.kind);
        let actor = Actor::new("tester", "operator");
        let run =
            ledger.begin_run(name, "shandong", kind, RunCause::Manual, &actor, "", Versions::default(), now);
        let run = run.await.expect("a run");
        ledger.release(&run, None, "looked at", now).await.expect("a release");
    }
    drop(guard);
}

/// A person sends again what was parked or refused.
async fn resubmit(connector: &Connector) {
    let guard = guard(connector).await;
    for route in connector.push_routes_in_order() {
        for state in ["parked", "refused"] {
            let (platform, kind) = ("shandong".to_owned(), route.route.kind.clone());
            let selection = Selection { platform, kind, state: Some(state.to_owned()), keys: Vec::new() };
            connector.resubmit(&guard, &selection, &request()).await.expect("a resubmission");
        }
    }
}

/// Nothing takes minutes: what does is a loop that never ends.
async fn within(work: impl Future<Output = impl Sized>) {
    let done = tokio::time::timeout(Duration::from_secs(120), work).await;
    assert!(done.is_ok(), "still working after two minutes");
}

/// Polls a future so often at most, then drops it where it stands.
async fn cut(work: impl Future<Output = ()>, polls: u32) {
    let mut work = pin!(work);
    let mut left = polls;
    std::future::poll_fn(|context| {
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Pending if left == 0 => Poll::Ready(()),
            poll => poll,
        }
    })
    .await;
}

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a database")
}
