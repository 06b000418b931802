//! A city of units, read by one route with a cursor.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz::Asia__Shanghai;
use qilu::sync::{Connector, PushReport, Reach, Why};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use crate::world::{World, guard, request, sync, uscc};

const ROUTE: &str = r#"kind = "enterprise"
platform = "shandong"
[source]
database = "market"
query = "SELECT * FROM t_dw"
key = ["dm"]
publish_when = "zt == 1"
withdraw_when = "zt == 4"
withdraw = { flag = "auto", absence = "ask" }
[source.cursor]
column = "gxsj"
[fields]
name = "mc | text"
uscc = "dm | uscc"
unitType = "'01'"
operatingState = "'01'"
region = "'370303'"
"contact.name" = "'王建国'"
"contact.phone" = "'0533-2300123'"
[basis]
"contact.name" = "法定职责"
"contact.phone" = "法定职责"
[limits]
max_withdraw_ratio = 0.05
"#;
pub const FILE: &str = "config/routes/enterprise.toml";
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);

/// A city of units, read by one route with a cursor.
pub struct Town {
    pub world: World,
    pub connector: Connector,
}

impl Town {
    /// Units 1 to `units`, all stamped now in the given SQL form of `{t}` (a text) or `{s}` (seconds), and at the
    /// province already.
    pub async fn new(units: u32, form: &str) -> Town {
        Town::with(units, form, &[]).await
    }

    /// Nobody has looked at it yet.
    pub async fn empty(table: &str, edits: &[(&str, &str)]) -> Town {
        let world = World::new().await;
        world.write(FILE, ROUTE);
        world.edit(FILE, edits);
        for other in ["achievement", "tech_contract"] {
            std::fs::remove_file(world.path(&format!("config/routes/{other}.toml"))).expect("it was there");
        }
        world.sql(&format!("create table t_dw ({table})")).await;
        Town { connector: world.connector().await, world }
    }

    pub async fn with(units: u32, form: &str, edits: &[(&str, &str)]) -> Town {
        let town = Town::empty("dm text primary key, mc text, zt int, gxsj", edits).await;
        let stamp = town.stamp(form, Duration::ZERO);
        let mut sql = String::from("begin;");
        for n in 1..=units {
            sql += &format!("insert into t_dw values ('{}', '淄博第{n}机械厂', 1, {stamp});", uscc(n));
        }
        town.world.sql(&(sql + "commit;")).await;
        let first = sync(&town.connector).await;
        assert_eq!(first.push("enterprise").scan, Reach::Full { why: Some(Why::First) });
        assert_eq!(first.delivered.counts.accepted, u64::from(units), "{first:?}");
        town.pass(HOUR);
        town
    }

    /// A moment `ago`, in a form.
    pub fn stamp(&self, form: &str, ago: Duration) -> String {
        let at = self.world.clock.now().minus(ago);
        let text = at.show(Asia__Shanghai)[..19].to_owned();
        form.replace("{t}", &format!("'{text}'")).replace("{s}", &(at.0 / 1_000_000).to_string())
    }

    pub fn now(&self) -> String {
        self.stamp("{t}", Duration::ZERO)
    }

    pub fn pass(&self, time: Duration) {
        self.world.clock.advance(time);
    }

    pub async fn rename(&self, units: &[u32], name: &str, stamp: &str) {
        for n in units {
            let set = if stamp.is_empty() { String::new() } else { format!(", gxsj = {stamp}") };
            self.world
                .sql(&format!("update t_dw set mc = '{name}{n}号厂'{set} where dm = '{}'", uscc(*n)))
                .await;
        }
    }

    pub async fn scan(&self) -> PushReport {
        let guard = guard(&self.connector).await;
        let route = self.connector.push_route("enterprise").expect("the route");
        self.connector.push_once(&guard, route, &request(), &()).await.expect("a scan")
    }

    pub async fn full(&self) -> PushReport {
        let guard = guard(&self.connector).await;
        let route = self.connector.push_route("enterprise").expect("the route");
        self.connector.push_everything(&guard, route, &request(), &()).await.expect("a scan")
    }

    pub async fn reopen(mut self) -> Town {
        self.connector.close().await;
        self.connector = self.world.connector().await;
        self
    }

    async fn ledger(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.world.ledger()).connect().await.expect("the ledger")
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let row = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.ledger().await).await;
        row.expect(sql).get(0)
    }

    /// What the ledger thinks of every record, apart from what tells only when it found out.
    pub async fn state(&self) -> BTreeMap<String, String> {
        let sql = "select r.key_text, r.verdict || ' ' || r.presence || ' ' || coalesce(hex(r.row_print), '-') || ' '
                || coalesce(hex(r.mapping_print), '-') || ' ' || coalesce(hex(r.accepted_print), '-') || ' ' || r.title
                || ' ' || coalesce(d.action || ' ' || d.state || ' ' || coalesce(hex(d.print), '-'), 'owes nothing') || ' '
                || coalesce((select group_concat(c.source || ' ' || c.id) from complaint c where c.record = r.seq), '')
            from record r left join delivery d on d.id = r.owed where r.kind = 'enterprise'";
        let rows = sqlx::query(sql).fetch_all(&mut self.ledger().await).await.expect(sql);
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

pub fn is_incremental(report: &PushReport) -> bool {
    matches!(report.scan, Reach::Incremental { .. })
}

pub fn ids(report: &PushReport) -> Vec<&str> {
    report.complaints.iter().map(|complaint| complaint.id.as_str()).collect()
}
