//! What a province is owed in manners: how often, how many at once, when not, and that a call that hangs is nobody
//! else's trouble.

use std::sync::Arc;
use std::time::Duration;

use qilu::clock::Clock;
use qilu::ledger::{Actor, RunEnd};
use qilu::sandbox::Fault;
use qilu::sync::{Connector, DeliverReport, Halt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::program::{Running, count, qilu, rows, until};
use crate::world::{PROFILE, World, guard, request, sync};

async fn scan(connector: &Connector) {
    let guard = guard(connector).await;
    for route in connector.push_routes_in_order() {
        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
    }
}

async fn deliver(connector: &Connector) -> DeliverReport {
    let guard = guard(connector).await;
    connector.deliver_once(&guard, "shandong", &request(), &()).await.expect("a delivery")
}

async fn deliver_for(connector: &Connector, patience: Duration) -> DeliverReport {
    let guard = guard(connector).await;
    connector.deliver_until_quiet(&guard, "shandong", &request(), patience, &()).await.expect("a delivery")
}

fn why(report: &DeliverReport) -> Vec<&str> {
    let id = |halt: &'_ Halt| match halt {
        Halt::Closed { why, .. } => why.id.as_str().to_owned(),
        other => format!("{other:?}"),
    };
    report.halts.iter().map(|halt| id(halt).leak() as &str).collect()
}

/// An import route beside the three that push.
const IMPORT: &str = "
direction = 'import'
kind = 'achievement'
platform = 'shandong'
[target]
database = 'market'
table = 't_gx'
key = ['wybs']
origin_column = 'ly'
conflict = 'ask'
[columns]
mc = 'title | text'
";

async fn with_import(world: &World) {
    world.sql("create table t_gx (wybs text primary key, mc text, ly text)").await;
    world.write("config/routes/others.toml", IMPORT);
}

/// Everything that asks the province anything: batches, look-ups, imports, reviews, first contact.
async fn try_everything(connector: &Connector) -> (DeliverReport, RunEnd) {
    let sent = deliver(connector).await;
    let guard = guard(connector).await;
    connector.review_once(&guard, "shandong", &()).await.expect("reviews");
    let import = connector.import_route("others").expect("the import route");
    let imported = connector.import_once(&guard, import, &request(), &()).await.expect("an import");
    let route = connector.push_route("achievement").expect("a route");
    connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
    (sent, imported.end)
}

#[tokio::test]
async fn inside_a_retry_after_nobody_asks_anything_not_even_another_process() {
    for (fault, seconds) in [
        (Fault::TooMany { retry_after_s: 90 }, 90),
        (Fault::Unavailable { retry_after_s: 7 }, 7),
        // More than the ceiling of an hour.
        (Fault::TooMany { retry_after_s: 90_000 }, 3600),
    ] {
        let world = World::new().await;
        with_import(&world).await;
        world.fill(1..4).await;
        let connector = world.connector().await;
        sync(&connector).await;
        world.sql("update t_cg set cgmc = cgmc || '新版' where id = 1; update t_ht set mc = mc || '（补充）' where cg_id = 1").await;
        scan(&connector).await;
        world.faults().next_posts(1, fault);
        deliver(&connector).await;
        let asked = world.clock.now();
        let before = world.faults().counts().requests;
        // Doubts would be looked up, too: there are none that may.
        if seconds > 60 {
            let (sent, imported) = try_everything(&connector).await;
            assert!(!sent.halts.is_empty());
            // A short wait would be waited for.
            assert_eq!(imported, RunEnd::Held);
        }
        connector.close().await;
        let connector = world.connector().await;
        let since = || world.clock.now().since(asked).as_secs();
        let mut tries = 0;
        while since() + 1 < seconds {
            let step = (seconds / 5 + 1).min(seconds - 1 - since());
            world.clock.advance(Duration::from_secs(step));
            deliver(&connector).await;
            let guard = guard(&connector).await;
            connector.review_once(&guard, "shandong", &()).await.expect("reviews");
            tries += 1;
        }
        assert!(tries >= 2 && since() < seconds);
        assert_eq!(world.faults().counts().requests, before, "{fault:?}: asked inside the window");
        world.clock.advance(Duration::from_secs(2));
        deliver_for(&connector, Duration::from_secs(3600)).await;
        let changed = world.inspect().await.records.iter().filter(|one| one.version == 2).count();
        assert_eq!(changed, 2, "{fault:?}: afterwards all of it arrives");
    }
}

#[tokio::test]
async fn a_date_in_retry_after_is_kept_to_as_well() {
    // A province that answers 503 with a date two minutes from now, to whatever is asked.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let world = World::new().await;
    let until = world.clock.now().plus(Duration::from_secs(120)).to_utc();
    let date = until.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let heard = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65536];
            let _ = stream.read(&mut buffer).await;
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let answer = format!(
                "HTTP/1.1 503 x\r\nRetry-After: {date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let old = world.sandbox.as_ref().expect("running").base_url();
    world.edit(PROFILE, &[(&old, &format!("http://{address}/api/v1"))]);
    world.fill(1..3).await;
    let connector = world.connector().await;
    let actor = Actor::new("tester", "operator");
    connector.ledger.go_live("shandong", "a tester", None, &actor, world.clock.now()).await.expect("live");
    scan(&connector).await;
    let guard = guard(&connector).await;
    connector.review_once(&guard, "shandong", &()).await.expect("reviews");
    assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 1);
    world.clock.advance(Duration::from_secs(110));
    let route = connector.push_route("enterprise").expect("a route");
    connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
    connector.review_once(&guard, "shandong", &()).await.expect("reviews");
    assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 1, "asked before the date");
    world.clock.advance(Duration::from_secs(12));
    connector.review_once(&guard, "shandong", &()).await.expect("reviews");
    assert_eq!(heard.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_days_requests_are_counted_over_a_restart_and_the_rest_goes_after_midnight() {
    let world = World::new().await;
    with_import(&world).await;
    world.edit(
        PROFILE,
        &[
            ("requests_per_second = 5\n", "requests_per_second = 5\nrequests_per_day = 9\n"),
            ("records_max = 100 ", "records_max = 1 "),
        ],
    );
    // Nine in the evening in Shanghai, whatever the day.
    let now = world.clock.now();
    let day = 86_400_000_000;
    let evening = (now.0 + 8 * 3_600_000_000) / day * day + 13 * 3_600_000_000 + day;
    world.clock.advance(Duration::from_micros(u64::try_from(evening - now.0).expect("later")));
    world.fill(1..5).await;
    let connector = world.connector().await;
    scan(&connector).await;
    for route in connector.push_routes_in_order() {
        let guard = guard(&connector).await;
        connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
    }
    // Three lists and six batches.
    let sent = deliver(&connector).await;
    assert_eq!(why(&sent), ["Q7602"]);
    assert_eq!(world.faults().counts().requests, 9);
    connector.close().await;
    let connector = world.connector().await;
    let (sent, imported) = try_everything(&connector).await;
    assert_eq!((why(&sent), imported), (vec!["Q7602"], RunEnd::Held));
    assert_eq!(world.faults().counts().requests, 9, "a restart gives no new requests");
    deliver_for(&connector, Duration::from_secs(86_400)).await;
    assert_eq!(world.inspect().await.records.len(), 12, "the rest left on the next day");
    let manners = connector.ledger.manners("shandong").await.expect("the ledger");
    assert_eq!(manners.requests, 6);
}

#[tokio::test]
async fn in_a_quiet_window_nothing_is_sent_and_afterwards_everything() {
    let world = World::new().await;
    with_import(&world).await;
    let local = world.clock.now().to_utc() + chrono::TimeDelta::hours(8);
    let (from, to) = (local.format("%H:%M"), (local + chrono::TimeDelta::minutes(61)).format("%H:%M"));
    let text = std::fs::read_to_string(world.path(PROFILE)).expect("the profile");
    world.write(PROFILE, &format!("{text}\n[[quiet]]\nfrom = \"{from}\"\nto = \"{to}\"\n"));
    world.fill(1..4).await;
    let connector = world.connector().await;
    scan(&connector).await;
    let (sent, imported) = try_everything(&connector).await;
    // Creates wait for adoption, and adoption for the province: nothing is due.
    assert!(sent.run.is_none() && imported == RunEnd::Held);
    assert_eq!(world.faults().counts().requests, 0);
    world.clock.advance(Duration::from_secs(61 * 60));
    sync(&connector).await;
    assert_eq!(world.inspect().await.records.len(), 9);
    connector.close().await;

    // Seen from the shell, with something to send.
    let world = World::for_program().await;
    world.fill(1..4).await;
    let text = std::fs::read_to_string(world.path(PROFILE)).expect("the profile");
    world.write(PROFILE, &format!("{text}\n[[quiet]]\nfrom = \"0:00\"\nto = \"24:00\"\n"));
    let before = world.faults().counts().requests;
    let ran = qilu(world.root(), &["sync", "--wait", "0s"]).await;
    ran.says(&["之前不打扰省平台，什么也不发送", "Q7601"]);
    assert_eq!(world.faults().counts().requests, before);
}

#[tokio::test]
async fn a_lane_that_comes_back_is_tried_by_one_record_alone() {
    let world = World::new().await;
    world.edit(PROFILE, &[("records_max = 100 ", "records_max = 1 ")]);
    world.fill(1..4).await;
    let connector = world.connector().await;
    sync(&connector).await;
    world.fill(4..30).await;
    scan(&connector).await;
    // The pace has grown by now: what is out meets with trouble, and one alone tries again.
    world.faults().every_post(1, Fault::Unavailable { retry_after_s: 60 });
    let before = world.faults().counts().posts;
    deliver(&connector).await;
    let first = world.faults().counts().posts - before;
    assert!((1..=4).contains(&first), "{first} left before the first answer was read");
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(61));
        let before = world.faults().counts().posts;
        deliver(&connector).await;
        assert_eq!(world.faults().counts().posts - before, 1, "one probe, not four");
    }
    world.faults().clear();
    deliver_for(&connector, Duration::from_secs(10 * 86_400)).await;
    let held = world.inspect().await.records;
    assert_eq!(held.len(), 87);
    assert!(held.iter().all(|one| one.creates == 1));
}

#[tokio::test]
async fn a_hanging_call_stops_neither_the_other_lanes_nor_itself_for_ever() {
    let world = World::with(Clock::machine()).await;
    world.edit(
        PROFILE,
        &[
            ("requests_per_second = 5\n", "requests_per_second = 1000\n"),
            ("records_max = 100 ", "records_max = 2 "),
            ("first_byte_timeout = \"30s\"", "first_byte_timeout = \"6s\""),
            ("first = \"5s\"", "first = \"100ms\""),
        ],
    );
    world.fill(1..11).await;
    let connector = world.connector().await;
    sync(&connector).await;
    // A new enterprise hangs, and its children with it; what others want goes on beside it.
    world.sql("update t_cg set cgmc = cgmc || '新版' where id = 1; update t_ht set mc = mc || '（补充）' where cg_id = 2").await;
    world.fill(20..23).await;
    scan(&connector).await;
    world.faults().next_posts(1, Fault::Hang { seconds: 20 });
    let connector = Arc::new(connector);
    let started = Clock::machine();
    let sending = tokio::spawn({
        let connector = connector.clone();
        async move { deliver(&connector).await }
    });
    until("all but the batch that hangs are there", async || {
        let held = world.inspect().await.records;
        // The province has what hangs, too; it just does not say so.
        held.len() == 30 + 2 + 3 && held.iter().filter(|one| one.version == 2).count() == 2
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(!sending.is_finished());
    sending.await.expect("no panic");
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    deliver_for(&connector, Duration::from_secs(30)).await;
    let held = world.inspect().await.records;
    assert_eq!(held.len(), 39);
    assert!(held.iter().all(|one| one.creates == 1));
}

#[tokio::test]
async fn a_daemon_goes_on_scanning_and_stops_in_time_while_a_call_hangs() {
    let world = World::for_program().await;
    for route in ["enterprise", "achievement", "tech_contract"] {
        let file = format!("config/routes/{route}.toml");
        world.edit(&file, &[("platform =", "schedule = '*/2 * * * * *'\nplatform =")]);
    }
    world.fill(1..3).await;
    world.faults().next_posts(1, Fault::Hang { seconds: 60 });
    let running = Running::start(world.root(), &["daemon"]);
    until("the first batch hangs", async || world.faults().counts().posts >= 1).await;
    // The enterprises' own route waits for its batch; the others are read again and again.
    let ran = "select count(*) from run where route = 'tech_contract' and outcome <> 'running'";
    let before = count(&world.ledger(), ran).await;
    until("another route was read twice more", async || count(&world.ledger(), ran).await >= before + 2)
        .await;
    let in_flight = "select count(*) from batch where state = 'in_flight'";
    assert_eq!(count(&world.ledger(), in_flight).await, 1, "it hangs still");
    let stopped = Clock::machine();
    running.terminate();
    running.end().await.ended(0);
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    let states = rows(&world.ledger(), "select state, count(*) from batch group by state").await;
    assert!(states.iter().all(|row| row[0] != "in_flight"), "{states:?}");
    qilu(world.root(), &["sync"]).await.ended(0);
    assert_eq!(world.inspect().await.records.len(), 6);
}
