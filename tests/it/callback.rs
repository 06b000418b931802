//! The province tells by itself: signed, fresh and once, or it changes nothing. By real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use qilu::audit::{Filter, Page, list};
use qilu::console::Console;
use qilu::ledger::Status;
use qilu::sync::Connector;
use serde_json::json;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::{Running, until};
use crate::world::{PROFILE, SECRET, World, sync};

const CALLBACK: &str = r#"
[callback]
verify = "(headers['x-timestamp'] ~ headers['x-nonce'] ~ text) | hmac_sha256(credentials.app_secret) | hex | same_mac(headers['x-sign'])"
fresh = "headers['x-timestamp']"
within = "5m"
nonce = "headers['x-nonce']"
list = "body.list"
ack = { code = "'0'", nonce = "nonce" }

[paging]"#;

/// A message as the province would send it, and as others would.
struct Said {
    method: &'static str,
    path: &'static str,
    timestamp: i64,
    nonce: &'static str,
    body: String,
    /// What is signed with; the province's secret, or a guess.
    secret: &'static str,
    unsigned: bool,
}

impl Said {
    fn now(connector: &Connector, nonce: &'static str, body: String) -> Said {
        Said {
            method: "POST",
            path: "/callback/shandong",
            timestamp: connector.clock.now().0 / 1_000_000,
            nonce,
            body,
            secret: SECRET,
            unsigned: false,
        }
    }

    async fn to(&self, address: SocketAddr) -> (u16, String) {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("a key");
        mac.update(format!("{}{}{}", self.timestamp, self.nonce, self.body).as_bytes());
        let sign: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        let signed = match self.unsigned {
            true => String::new(),
            false => format!("X-Sign: {sign}\r\n"),
        };
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: q\r\nContent-Length: {}\r\nX-Timestamp: {}\r\nX-Nonce: {}\r\n{signed}\r\n",
            self.method,
            self.path,
            self.body.len(),
            self.timestamp,
            self.nonce
        );
        talk(address, format!("{head}{}", self.body).as_bytes()).await
    }
}

/// Sends bytes and reads until the other side closes: status and body.
async fn talk(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    // Who is refused early may not be read to his end.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

struct Heard {
    world: World,
    connector: Arc<Connector>,
    address: SocketAddr,
    remote_id: String,
}

impl Heard {
    /// One enterprise, achievement and contract at the province, all in review, and a console that listens.
    async fn new() -> Heard {
        let world = World::new().await;
        world.edit(PROFILE, &[("\n[paging]", CALLBACK)]);
        world.fill(1..2).await;
        let connector = Arc::new(world.connector().await);
        sync(&connector).await;
        let console = Console::open(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = console.address();
        tokio::spawn(console.serve(connector.clone()));
        let found = connector.ledger.find("面向陶瓷窑炉的节能控制技术1", 10).await.expect("found");
        let found = found.into_iter().find(|one| one.kind == "achievement").expect("the achievement");
        let remote_id = found.remote_id.expect("accepted");
        Heard { world, connector, address, remote_id }
    }

    fn body(&self, state: &str, at: &str) -> String {
        json!({"list": [{"kind": "achievement", "remoteId": self.remote_id, "state": state, "opinion": "请补充", "at": at}]})
            .to_string()
    }

    async fn status(&self) -> Status {
        let found = self.connector.ledger.find(&self.remote_id, 1).await.expect("found");
        found[0].status
    }

    async fn refusals(&self) -> Vec<String> {
        let filter = Filter { event: qilu::audit::Deed::parse("callback_refused"), ..Filter::default() };
        let listed = list(self.connector.ledger.db(), &filter, Page { before: None, limit: 100 })
            .await
            .expect("the log");
        let mut subjects: Vec<_> = listed.into_iter().map(|one| one.subject).collect();
        subjects.reverse();
        subjects
    }
}

#[tokio::test]
async fn a_good_callback_has_its_effect_and_is_acknowledged() {
    let heard = Heard::new().await;
    let said = Said::now(&heard.connector, "n-1", heard.body("returned", "2026-05-01T08:00:00Z"));
    let (status, body) = said.to(heard.address).await;
    assert!(heard.refusals().await.is_empty(), "{:?}", heard.refusals().await);
    assert_eq!((status, body.as_str()), (200, r#"{"code":"0","nonce":"n-1"}"#));
    assert_eq!(heard.status().await, Status::Returned);
    assert!(heard.refusals().await.is_empty());
}

#[tokio::test]
async fn what_is_bad_stale_or_replayed_changes_nothing_and_is_audited() {
    let heard = Heard::new().await;
    let before = heard.status().await;
    let good = |nonce| Said::now(&heard.connector, nonce, heard.body("published", "2026-05-01T08:00:00Z"));
    let stale = |seconds: i64| {
        let said = good("s-1");
        Said { timestamp: said.timestamp + seconds, ..said }
    };
    let bad = [
        Said { secret: "a-guess", ..good("b-1") },
        Said { secret: "", ..good("b-2") },
        Said { unsigned: true, ..good("b-3") },
        stale(-301),
        stale(301),
        stale(-86_400),
        Said { timestamp: 0, ..good("s-2") },
        Said { nonce: "", ..good("x") },
        Said { body: "{\"list\": [".to_owned(), ..good("x-1") },
        Said { body: "<html>".to_owned(), ..good("x-2") },
        Said { body: "{\"list\": 3}".to_owned(), ..good("x-3") },
        Said { body: "{\"list\": [{\"remoteId\": \"SD-1\"}]}".to_owned(), ..good("x-4") },
        Said { body: format!("{{\"a\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000)), ..good("x-5") },
    ];
    for (index, said) in bad.iter().enumerate() {
        assert_eq!(said.to(heard.address).await, (401, String::new()), "{index}");
        assert_eq!(heard.status().await, before, "{index}");
    }
    let audited = heard.refusals().await;
    for id in ["Q7910", "Q7911", "Q7913"] {
        assert!(audited.iter().any(|subject| subject.contains(id)), "{id}: {audited:?}");
    }
    // The same reason is told once a minute, with how often it came: nobody can fill the log.
    assert!(audited.len() <= 4, "{audited:?}");
    heard.world.clock.advance(Duration::from_secs(61));
    let late = good("b-4");
    Said { secret: "a-guess", ..late }.to(heard.address).await;
    assert!(heard.refusals().await.last().expect("one more").starts_with("3 × "));

    // Heard once, and never again, whatever has happened since.
    let said = good("r-1");
    assert_eq!(said.to(heard.address).await.0, 200);
    assert_eq!(heard.status().await, Status::Published);
    let taken_down = Said::now(&heard.connector, "r-2", heard.body("delisted", "2026-05-02T08:00:00Z"));
    assert_eq!(taken_down.to(heard.address).await.0, 200);
    for said in [&said, &taken_down] {
        assert_eq!(said.to(heard.address).await.0, 401);
        assert_eq!(heard.status().await, Status::Delisted);
    }
    assert!(heard.refusals().await.last().expect("audited").contains("Q7912"));
    // What was decided before is old news, however freshly it is signed.
    let old = Said::now(&heard.connector, "r-3", heard.body("published", "2026-05-01T08:00:00Z"));
    assert_eq!(old.to(heard.address).await.0, 200);
    assert_eq!(heard.status().await, Status::Delisted);
}

#[tokio::test]
async fn an_unlisted_word_is_told_and_its_neighbours_are_read() {
    let heard = Heard::new().await;
    let entry = |state: &str, id: &str| json!({"kind": "achievement", "remoteId": id, "state": state, "at": "2026-05-01T08:00:00Z"});
    let body = json!({"list": [entry("复核中", "SD-0"), entry("published", &heard.remote_id), {"state": 1}]});
    let (status, _) = Said::now(&heard.connector, "n-1", body.to_string()).to(heard.address).await;
    assert_eq!((status, heard.status().await), (200, Status::Published));
    let body = json!({"list": [{"kind": "achievement", "remoteId": heard.remote_id, "state": "复核中", "at": "2026-05-03T08:00:00Z"}]});
    let (status, _) = Said::now(&heard.connector, "n-2", body.to_string()).to(heard.address).await;
    assert_eq!((status, heard.status().await), (200, Status::Published));
    let kept =
        heard.connector.ledger.record("achievement", "1").await.expect("the ledger").expect("a record");
    assert!(kept.complaints.iter().any(|one| one.complaint.id == "Q7302"), "{:?}", kept.complaints);
}

#[tokio::test]
async fn the_door_takes_so_much_and_no_more() {
    let heard = Heard::new().await;
    let good = Said::now(&heard.connector, "n-1", heard.body("published", "2026-05-01T08:00:00Z"));
    for (method, path, expect) in [
        ("GET", "/callback/shandong", 405),
        ("DELETE", "/callback/shandong", 405),
        ("POST", "/callback/elsewhere", 404),
        ("POST", "/callback", 404),
        ("GET", "/", 404),
    ] {
        let said = Said {
            method,
            path,
            body: good.body.clone(),
            ..Said::now(&heard.connector, "n-1", String::new())
        };
        assert_eq!(said.to(heard.address).await.0, expect, "{method} {path}");
    }
    let large = Said::now(&heard.connector, "n-2", " ".repeat((1 << 20) + 1));
    assert!(matches!(large.to(heard.address).await.0, 413 | 0));
    let lying = b"POST /callback/shandong HTTP/1.1\r\nHost: q\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n";
    assert_ne!(talk(heard.address, lying).await.0, 200);
    assert_eq!(heard.status().await, Status::InReview);
    // And after all that the province is still heard.
    assert_eq!(good.to(heard.address).await.0, 200);
}

#[tokio::test]
async fn the_daemon_listens_where_the_file_says() {
    let world = World::for_program().await;
    world.edit(PROFILE, &[("\n[paging]", CALLBACK)]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("one").port();
    let listen = format!("[console]\nlisten = \"127.0.0.1:{port}\"\n[ledger]");
    world.edit("config/qilu.toml", &[("[ledger]", &listen)]);
    let running = Running::start(world.root(), &["daemon"]);
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    until("it listens", async || TcpStream::connect(address).await.is_ok()).await;
    let said = b"POST /callback/shandong HTTP/1.1\r\nHost: q\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(talk(address, said).await.0, 401);
    running.terminate();
    running.end().await.ended(0);
}
