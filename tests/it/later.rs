//! A province that gives a receipt and decides later: a room before the sandbox that answers with a serial number, and
//! with the sandbox's own answer once it has been asked often enough.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::Method;
use axum::response::Response;
use qilu::ledger::Status;
use serde_json::{Value as Json, json};

use crate::world::{PROFILE, World, guard, request, sync};

/// Questions that a receipt answers with "processing".
const PROCESSING: u32 = 2;

#[derive(Default)]
struct Room {
    upstream: String,
    receipts: Mutex<BTreeMap<String, (u32, Json)>>,
    /// Every state it told.
    told: Mutex<Vec<String>>,
    /// Told instead of all others, while it is set.
    instead: Mutex<Option<Json>>,
}

impl Room {
    /// Opens before a world's sandbox, and has the world's profile go through it.
    async fn before(world: &World, pending: &str) -> Arc<Room> {
        let upstream = world.sandbox.as_ref().expect("running").base_url();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let room = Arc::new(Room { upstream: upstream.clone(), ..Room::default() });
        let router = Router::new().fallback(serve).with_state(room.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let added = format!(
            "[answer.pending]\nwhen = \"body.data.requestSerialCode is not none\"\nticket = \"body.data.requestSerialCode\"\n\n\
             [answer.status]\nstate = \"body.data.status\"\nstates = {{ 10 = \"processing\", 20 = \"accepted\", 30 = \"refused\" }}\n\n\
             [pending]\n{pending}\n\n\
             [operations.status]\nmethod = \"GET\"\npath = \"'/status'\"\nquery = {{ serial = \"ticket\" }}\n\n[answer.list]"
        );
        world.edit(PROFILE, &[(&upstream, &format!("http://{address}/api/v1")), ("[answer.list]", &added)]);
        // Another address is another province: somebody has to say again that it may receive.
        let connector = world.connector().await;
        let (actor, now) = (request().actor, connector.clock.now());
        connector.ledger.go_live("shandong", "a tester", None, &actor, now).await.expect("live");
        connector.close().await;
        room
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    fn say_instead(&self, status: Option<Json>) {
        *self.instead.lock().unwrap() = status;
    }

    fn asked(&self, serial: &str) -> Json {
        let mut receipts = self.receipts.lock().unwrap();
        let Some((asked, answer)) = receipts.get_mut(serial) else {
            return json!({"code": "0", "data": {"status": "无此受理号"}});
        };
        *asked += 1;
        let instead = self.instead.lock().unwrap().clone();
        let status = instead.unwrap_or_else(|| if *asked > PROCESSING { json!(20) } else { json!("10") });
        self.told.lock().unwrap().push(status.to_string());
        let mut answer = answer.clone();
        if status != json!(20) {
            answer["data"] = json!({});
        }
        answer["data"]["status"] = status;
        answer
    }
}

async fn serve(State(room): State<Arc<Room>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 4 << 20).await.expect("a body");
    if parts.uri.path().ends_with("/status") {
        let Query(query) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri).expect("a query");
        return Response::new(Body::from(room.asked(&query["serial"]).to_string()));
    }
    let target =
        parts.uri.path_and_query().expect("a target").as_str().trim_start_matches("/api/v1").to_owned();
    let client = reqwest::Client::new();
    let mut passed = client.request(parts.method.clone(), format!("{}{target}", room.upstream)).body(body);
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "host" && *name != "content-length")
    {
        passed = passed.header(name, value);
    }
    let answered = passed.send().await.expect("the sandbox answers");
    let text = answered.text().await.expect("a text");
    let answer: Json = serde_json::from_str(&text).expect("JSON");
    if parts.method != Method::POST || answer["code"] != "0" {
        return Response::new(Body::from(text));
    }
    let mut receipts = room.receipts.lock().unwrap();
    let key = parts.headers["idempotency-key"].to_str().expect("a key").to_owned();
    let serial = format!("R-{}", receipts.len() + 1);
    // The same key has the same receipt.
    let known = receipts.iter().find(|(_, (_, known))| known["key"] == key.as_str());
    let serial = known.map_or(serial, |(serial, _)| serial.clone());
    let mut kept = answer;
    kept["key"] = json!(key);
    receipts.entry(serial.clone()).or_insert((0, kept));
    let receipt = json!({"code": "0", "data": {"requestSerialCode": serial}});
    Response::new(Body::from(receipt.to_string()))
}

#[tokio::test]
async fn a_province_that_decides_later_gets_everything_once_and_parents_before_children() {
    let world = World::new().await;
    world.fill(1..8).await;
    let room = Room::before(&world, "first = \"3s\"\ninterval = \"30s\"").await;
    let connector = world.connector().await;
    let synced = sync(&connector).await;
    assert_eq!((synced.delivered.counts.accepted, synced.delivered.counts.taken_in), (21, 21), "{synced:?}");
    let held = world.inspect().await.records;
    assert_eq!(held.len(), 21);
    assert!(held.iter().all(|one| one.creates == 1));
    // Two questions answered with "processing", then the decision, for each of three batches.
    assert_eq!(room.told(), ["\"10\"", "\"10\"", "20"].repeat(3));
    assert!(connector.ledger.open_deliveries().await.expect("open").is_empty());
    // A change goes the same way.
    world.sql("update t_cg set cgmc = '窑炉余热利用技术' where id = 1").await;
    sync(&connector).await;
    let held = world.inspect().await.records;
    assert_eq!(held.iter().filter(|one| one.data["title"] == "窑炉余热利用技术").count(), 1);
}

#[tokio::test]
async fn an_unknown_word_is_pending_for_two_days_and_then_a_doubt_that_duplicates_nothing() {
    let world = World::new().await;
    world.fill(1..3).await;
    let room =
        Room::before(&world, "first = \"3s\"\ninterval = \"1h\"\ncap = \"6h\"\npatience = \"2d\"").await;
    let connector = world.connector().await;
    room.say_instead(Some(json!("人工排队")));
    let deliver = async |patience: Duration| {
        let guard = guard(&connector).await;
        let route = connector.push_route("enterprise").expect("a route");
        connector.push_once(&guard, route, &request(), &()).await.expect("a scan");
        if connector.ledger.adoption_open("enterprise").await.expect("the ledger") {
            connector.adopt(&guard, route, &request(), &()).await.expect("an adoption");
        }
        connector
            .deliver_until_quiet(&guard, "shandong", &request(), patience, &())
            .await
            .expect("a delivery")
    };
    let status = async || {
        let found = connector.ledger.find("淄博测试企业1有限公司", 10).await.expect("found");
        found.iter().find(|one| one.kind == "enterprise").expect("the enterprise").status
    };
    let report = deliver(Duration::from_secs(86_400)).await;
    assert_eq!(
        (report.counts.taken_in, report.counts.refused, report.counts.parked),
        (2, 0, 0),
        "{report:?}"
    );
    assert_eq!(status().await, Status::Pending);
    let asked = room.told().len();
    assert!((4..12).contains(&asked), "{asked} questions in a day");
    // A restart changes nothing.
    assert_eq!(connector.ledger.recover(connector.clock.now()).await.expect("recovered"), 0);
    let report = deliver(Duration::from_secs(2 * 86_400)).await;
    assert_eq!(report.counts.doubtful, 2, "{report:?}");
    // Doubt sends the same batch with the same key, and the province knows it.
    room.say_instead(None);
    deliver(Duration::from_secs(86_400)).await;
    assert_eq!(status().await, Status::InReview);
    let held = world.inspect().await.records;
    assert_eq!(held.len(), 2);
    assert!(held.iter().all(|one| one.creates == 1));
}
