//! The main job on many listings: everything new, nothing changed, one in a hundred changed.
//!
//! `cargo bench --bench push` runs 100,000 listings from SQLite; `-- --listings 10000,1000000` other numbers. The
//! province is a counting sink in a process of its own, so that time, processor seconds and memory printed here are
//! the connector's alone. Listings are about 2 KB of JSON each, in batches of 100.

#[path = "../memory.rs"]
mod memory;
mod meter;
mod sink;
mod town;

use std::time::Duration;

use meter::Meter;
use qilu::clock::Clock;
use qilu::ledger::{Actor, RunCause};
use qilu::sync::{Connector, Request};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after =
        |flag: &str| arguments.iter().position(|one| one == flag).and_then(|at| arguments.get(at + 1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    if arguments.iter().any(|one| one == "--sink") {
        return runtime.block_on(sink::serve());
    }
    rustls::crypto::ring::default_provider().install_default().ok();
    if let Some(count) = after("--one") {
        return runtime.block_on(measure(count.parse().expect("a number of listings")));
    }
    // Each size in a process of its own: the peak of memory is a process's, and never goes down.
    for count in after("--listings").map_or("100000", String::as_str).split(',') {
        let this = std::env::current_exe().expect("this program");
        let status =
            std::process::Command::new(this).args(["--one", count]).status().expect("a child process");
        assert!(status.success(), "{count} listings failed");
    }
}

async fn measure(count: u32) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sink = sink::Process::start();
    town::build(folder.path(), count, sink.port()).await;
    println!("{count} listings");
    let connector = town::open(folder.path(), Clock::machine()).await;
    sync(&connector, "enterprise").await;
    let meter = Meter::start();
    let (read, sent) = sync(&connector, "achievement").await;
    assert_eq!((read, sent), (u64::from(count), u64::from(count)), "every listing is new");
    meter.report("  full push", read);
    let meter = Meter::start();
    let (read, sent) = sync(&connector, "achievement").await;
    assert_eq!((read, sent), (u64::from(count), 0), "nothing changed");
    meter.report("  nothing changed", read);
    town::change_one_percent(folder.path()).await;
    let meter = Meter::start();
    let (read, sent) = sync(&connector, "achievement").await;
    assert_eq!((read, sent), (u64::from(count), u64::from(count.div_ceil(100))), "one in a hundred changed");
    meter.report("  1 % changed", read);
    println!("  peak memory {} MiB", memory::peak_mib());
    connector.close().await;
}

/// One sync; how many listings were read, and how many deliveries accepted.
async fn sync(connector: &Connector, route: &str) -> (u64, u64) {
    let request =
        Request { cause: RunCause::Manual, actor: Actor::new("bench", "operator"), reason: String::new() };
    let guard = connector.work(Duration::from_secs(1)).await.expect("nobody else works");
    let route = connector.push_route(route).expect("the route");
    let pushed = connector.push_once(&guard, route, &request, &()).await.expect("a scan");
    let problems = connector.ledger.problems(3).await.expect("the ledger");
    assert!(pushed.counts.conserved() && pushed.counts.invalid == 0, "{pushed:?} {problems:?}");
    if connector.ledger.adoption_open(&route.route.name).await.expect("the ledger") {
        connector.adopt(&guard, route, &request, &()).await.expect("an adoption");
    }
    let delivered = connector.deliver_once(&guard, "shandong", &request, &()).await.expect("a delivery");
    assert_eq!(delivered.counts.refused + delivered.counts.doubtful, 0, "{delivered:?}");
    (pushed.counts.read, delivered.counts.accepted)
}
