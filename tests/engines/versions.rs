//! Reading by the versions of rows: what nobody has touched is not read again, and the outcome is the same.

use std::time::Duration;

use qilu::check;
use qilu::clock::Clock;
use qilu::config::Instance;
use qilu::demo::Demo;
use qilu::ledger::{Actor, Counts, RunCause};
use qilu::sync::{Connector, PushReport, Request, compile};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use crate::servers;
use crate::walk::{Copied, on_postgres};

const ROUTE: &str = "config/routes/enterprise.toml";

/// The demo's units in PostgreSQL, read by their versions.
struct Town {
    folder: tempfile::TempDir,
    url: String,
    clock: Clock,
}

impl Town {
    /// `None` where servers are left out.
    async fn new(name: &str) -> Option<Town> {
        if servers::are_skipped() {
            return None;
        }
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Clock::manual(Clock::machine().now(), 7);
        let root = folder.path().join("demo");
        Demo::open(&root, &clock).await.expect("the demo's folder").close().await;
        let tables = Copied::read(&root.join("market.db")).await;
        let url = on_postgres(&tables, name).await;
        let town = Town { folder, url, clock };
        town.edit("config/qilu.toml", "sqlite:market.db", &town.url);
        town.edit(ROUTE, "table = \"t_qyxx\"", "table = \"t_qyxx\"\nversion = \"xmin\"");
        for route in std::fs::read_dir(root.join("config/routes")).expect("the routes") {
            let path = route.expect("a route").path();
            if !path.ends_with("enterprise.toml") {
                std::fs::remove_file(path).expect("the demo's own file");
            }
        }
        Some(town)
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("demo")
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the demo");
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replace(from, to)).expect("the folder is ours");
    }

    async fn sql(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url).await.expect("the server");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
    }

    async fn scan(&self) -> PushReport {
        let instance = Instance::load(&self.root()).expect("the demo's configuration");
        let connector = Connector::open(instance, self.clock.clone()).await.expect("the instance");
        let request = Request {
            cause: RunCause::Manual,
            actor: Actor::new("tester", "operator"),
            reason: String::new(),
        };
        let guard = connector.work(Duration::from_secs(1)).await.expect("nobody else works");
        let route = connector.push_route("enterprise").expect("the route");
        let report = connector.push_once(&guard, route, &request, &()).await.expect("a scan");
        drop(guard);
        connector.close().await;
        report
    }

    /// Of every record: key, print of the row, and version.
    async fn records(&self) -> Vec<(String, Option<Vec<u8>>, Option<String>)> {
        let path = self.root().join("data/ledger.db");
        let mut ledger = SqliteConnectOptions::new().filename(path).connect().await.expect("the ledger");
        let sql =
            "select key_text, row_print, row_version from record where kind = 'enterprise' order by key_sort";
        let rows = sqlx::query(sql).fetch_all(&mut ledger).await.expect("the records");
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    async fn faults(&self) -> Vec<String> {
        let instance = Instance::load(&self.root()).expect("the demo's configuration");
        let parts = compile(&instance).expect("the routes compile");
        let checked = check::check_at(&instance, &parts, self.clock.now()).await;
        checked.iter().map(|fault| fault.complaint.id.clone()).collect()
    }
}

/// What a run says of what it found; the same listings give the same.
fn standing(counts: &Counts) -> [u64; 6] {
    [
        counts.read,
        counts.unreadable,
        counts.filtered,
        counts.invalid,
        counts.held,
        counts.created + counts.unchanged,
    ]
}

#[tokio::test]
async fn what_nobody_touched_is_not_read_again() {
    let Some(town) = Town::new("untouched").await else { return };
    let first = town.scan().await;
    assert_eq!(first.counts.read, 680, "{first:?}");
    assert!(first.counts.conserved(), "{first:?}");
    let before = town.records().await;
    let noted = before.iter().filter(|(_, _, version)| version.is_some()).count();
    assert_eq!(noted as u64, first.counts.read - first.counts.unreadable, "each listing's version is known");
    // A new column changes no row, but whoever reads one sees it.
    town.sql(
        "ALTER TABLE t_qyxx ADD COLUMN bz text DEFAULT '新列'; UPDATE t_qyxx SET shzt = shzt WHERE id = 17",
    )
    .await;
    let second = town.scan().await;
    assert_eq!(standing(&second.counts), standing(&first.counts));
    let after = town.records().await;
    let read: Vec<_> = before.iter().zip(&after).filter(|(one, two)| one.1 != two.1).collect();
    assert_eq!(read.iter().map(|(one, _)| one.0.as_str()).collect::<Vec<_>>(), ["17"]);
    assert!(read[0].0.2 != read[0].1.2, "its version is another");
    assert_eq!(before.len(), after.len());
}

#[tokio::test]
async fn new_changed_and_deleted_rows_are_met() {
    let Some(town) = Town::new("touched").await else { return };
    let first = town.scan().await;
    town.sql(
        "DELETE FROM t_qyxx WHERE id = 18; UPDATE t_qyxx SET shzt = 0 WHERE id = 19;
              INSERT INTO t_qyxx SELECT * FROM t_qyxx WHERE id = 20",
    )
    .await;
    // It puts every row in another place.
    town.sql("VACUUM FULL t_qyxx").await;
    let second = town.scan().await;
    assert_eq!(second.counts.vanished, 1, "{second:?}");
    assert_eq!(second.counts.read, first.counts.read, "one went, a double came");
    assert_eq!(second.counts.unreadable, first.counts.unreadable + 1, "the double is told");
    assert_eq!(second.counts.filtered, first.counts.filtered + 1, "19 is not published any more");
    assert!(second.counts.conserved());
    town.edit(ROUTE, "qymc | text", "qymc | text | upper");
    let third = town.scan().await;
    assert_eq!(standing(&third.counts), standing(&second.counts), "another mapping reads every row");
}

#[tokio::test]
async fn check_refuses_versions_where_there_are_none() {
    let Some(town) = Town::new("refused").await else { return };
    assert!(!town.faults().await.contains(&"Q2054".to_owned()));
    town.sql("ALTER TABLE t_qyxx RENAME TO t_all; CREATE VIEW t_qyxx AS SELECT * FROM t_all").await;
    assert!(town.faults().await.contains(&"Q2054".to_owned()));
    let report = town.scan().await;
    assert_eq!((report.counts.read, report.complaints[0].id.as_str()), (0, "Q2054"));
    town.edit("config/qilu.toml", &town.url, "sqlite:market.db");
    assert!(town.faults().await.contains(&"Q2054".to_owned()));
}
