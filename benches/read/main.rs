//! Reading listings: the room `source` beside a bare sqlx loop over the same query, on each engine, in one run.
//!
//! `cargo bench --bench read` reads 1,000,000 rows of 20 columns from SQLite, PostgreSQL and MariaDB; `-- --rows 50000`
//! another number, `--engine postgres` one engine. The two take turns, three times each, and the best of each counts.
//! Servers are throw-away ones on loopback and end with the run.

#[path = "../memory.rs"]
mod memory;
#[path = "../../tests/servers/mod.rs"]
mod servers;
mod table;

use qilu::city::City;
use qilu::clock::Clock;
use qilu::config::{Flow, Push, Route};
use qilu::source::{Ending, scan};
use table::Table;

/// How often each of the two reads the table.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after =
        |flag: &str| arguments.iter().position(|one| one == flag).and_then(|at| arguments.get(at + 1));
    let rows: u64 = after("--rows").map_or(1_000_000, |rows| rows.parse().expect("a number of rows"));
    if let Some(engine) = after("--engine") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.expect("a runtime").block_on(compare(engine, rows));
    }
    // Each engine in a process of its own: the peak of memory is a process's, and never goes down.
    println!("{rows} rows of {} columns", table::COLUMNS);
    for engine in ["sqlite", "postgres", "mariadb"] {
        let this = std::env::current_exe().expect("this program");
        let rows = rows.to_string();
        let child = std::process::Command::new(this).args(["--engine", engine, "--rows", &rows]).status();
        assert!(child.expect("a child process").success(), "{engine} failed");
    }
}

async fn compare(engine: &str, rows: u64) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let table = Table::build(engine, rows).await;
    let database = table.database();
    let city = City::open(&database).await.expect("the table's database");
    let push = route();
    let (mut bare, mut ours) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let clock = Clock::machine();
        assert_eq!(table.bare_loop().await, rows, "the bare loop reads every row");
        bare = bare.min(clock.elapsed().as_secs_f64());
        let clock = Clock::machine();
        assert_eq!(read(&city, &push).await, rows, "the scan reads every row");
        ours = ours.min(clock.elapsed().as_secs_f64());
    }
    let speed = |seconds: f64| rows as f64 / seconds;
    println!(
        "  {engine:<9} bare loop {:>9.0}/s   source {:>9.0}/s   {:>3.0} %   peak memory {} MiB",
        speed(bare),
        speed(ours),
        100.0 * bare / ours,
        memory::peak_mib(),
    );
}

async fn read(city: &City, push: &Push) -> u64 {
    let mut scan = scan(city, push).await.expect("a scan");
    while let Some(row) = scan.next().await {
        std::hint::black_box(row.expect("a row that can be read"));
    }
    match scan.end() {
        Ending::Complete { rows, .. } => rows,
        Ending::Incomplete(complaint) => panic!("{complaint}"),
    }
}

fn route() -> Push {
    let text = "kind = 'achievement'\nplatform = 'shandong'\n[source]\ndatabase = 'market'\ntable = 't_cg'\n\
                key = ['id']\npublish_when = 'true'\n[fields]\ntitle = 'cgmc | text'\n";
    let (route, faults) = Route::read("achievement", "achievement.toml".as_ref(), text);
    assert_eq!(faults, []);
    match route.map(|route| route.flow) {
        Some(Flow::Push(push)) => push,
        other => panic!("not a push route: {other:?}"),
    }
}
