//! Sessions on real sockets: a province of two steps that forgets, refuses, answers nonsense; and how often it is
//! asked. The batch is always settled or proved not accepted; a login never leaves a doubt.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use qilu::clock::{Clock, Timestamp};
use qilu::config::Platform;
use qilu::delivery::{exchange, ping};
use qilu::ledger::Event;
use qilu::plan::Action;
use qilu::platform::{Credentials, Profile, Street};
use serde_json::{Value as Json, json};
use tokio::sync::Barrier;

use super::{SHANDONG, brief, item, lease};

const LOGINS: &str = r#"
[[logins]]
name = "key"
method = "POST"
path = "'/login/key'"
headers = { X-Secret = "credentials.app_secret" }
gives = { refresh = "body.data.refresh" }
lifetime = "2h"

[[logins]]
name = "pass"
method = "POST"
path = "'/login/pass'"
envelope = { refresh = "session.key.refresh", at = "timestamp_ms" }
answer = { success = "body.ok == true", code = "body.why" }
gives = { token = "body.token" }
expires = "body.until"
renew_before = "1m"

"#;

/// What the province does at an address from now on, in place of what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Status(u16),
    Page,
    Lacks,
    HangUp,
}

/// A province with sessions.
#[derive(Clone)]
struct Province(Arc<Mutex<Books>>);

struct Books {
    secret: String,
    /// Names of all keys and passes so far are numbered.
    refresh: u64,
    token: u64,
    token_lives_s: i64,
    asked: BTreeMap<String, usize>,
    moods: BTreeMap<&'static str, Mood>,
    accepted: Vec<String>,
    /// Refusals wait until so many have come together.
    barrier: Option<Arc<Barrier>>,
    clock: Clock,
}

impl Province {
    async fn start() -> (Self, String, Clock) {
        let clock = Clock::manual(Timestamp(1_780_000_000_000_000), 7);
        let province = Province(Arc::new(Mutex::new(Books {
            secret: "s3cret-1".into(),
            refresh: 0,
            token: 0,
            token_lives_s: 900,
            asked: BTreeMap::new(),
            moods: BTreeMap::new(),
            accepted: Vec::new(),
            barrier: None,
            clock: clock.clone(),
        })));
        let router = Router::new().fallback(answer).with_state(province.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (province, url, clock)
    }

    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// How often `key`, `pass` and `batch` were asked since the last time.
    fn asked(&self) -> [usize; 3] {
        let mut books = self.books();
        let asked = ["key", "pass", "batch"].map(|what| books.asked.get(what).copied().unwrap_or(0));
        books.asked.clear();
        asked
    }
}

async fn answer(State(province): State<Province>, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let what = path.rsplit('/').next().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let ((mut response, barrier), now) = {
        let mut books = province.books();
        (books.decide(&what, &headers, &body), books.clock.now())
    };
    let date = now.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    response.headers_mut().insert("date", date.parse().unwrap());
    if let Some(barrier) = barrier {
        barrier.wait().await;
    }
    response
}

impl Books {
    fn decide(&mut self, what: &str, headers: &HeaderMap, body: &Bytes) -> (Response, Option<Arc<Barrier>>) {
        *self.asked.entry(what.to_owned()).or_default() += 1;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let refuse = || (StatusCode::UNAUTHORIZED, json!({"code": "1401", "message": "no"}).to_string());
        match self.moods.get(what) {
            None => (),
            Some(Mood::Status(status)) => {
                let status = StatusCode::from_u16(*status).unwrap();
                let body =
                    json!({"ok": false, "why": "E7", "code": "E7", "message": "not today"}).to_string();
                let mut response = (status, body).into_response();
                if matches!(status.as_u16(), 429 | 503) {
                    response.headers_mut().insert("retry-after", "7".parse().unwrap());
                }
                return (response, None);
            }
            Some(Mood::Page) => return ("<html>log in</html>".into_response(), None),
            Some(Mood::Lacks) => {
                return (json!({"code": "0", "ok": true, "data": {}}).to_string().into_response(), None);
            }
            Some(Mood::HangUp) => {
                let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
                return (Body::from_stream(broken).into_response(), None);
            }
        }
        let response = match what {
            "key" if header("x-secret") == self.secret => {
                self.refresh += 1;
                let refresh = format!("refresh-{}", self.refresh);
                json!({"code": "0", "data": {"refresh": refresh}}).to_string().into_response()
            }
            "pass" => {
                let asked: Json = serde_json::from_slice(body).unwrap();
                if asked["refresh"] != format!("refresh-{}", self.refresh) {
                    return (refuse().into_response(), None);
                }
                self.token += 1;
                let until = self.clock.now().0 / 1_000 + self.token_lives_s * 1_000;
                let token = format!("token+{}/=", self.token);
                json!({"ok": true, "token": token, "until": until}).to_string().into_response()
            }
            "batch" | "ping" if header("x-token") == format!("token+{}/=", self.token) && self.token > 0 => {
                let asked: Json = serde_json::from_slice(body).unwrap_or_default();
                let mut results = Vec::new();
                for record in asked["records"].as_array().into_iter().flatten() {
                    let id = record["localId"].as_str().unwrap().to_owned();
                    results.push(json!({"localId": id, "code": "0", "remoteId": format!("SD-{id}")}));
                    self.accepted.push(id);
                }
                // It says more than it should.
                let echo = header("x-token");
                let data = json!({"results": results, "echo": echo, "time": "now"});
                json!({"code": "0", "data": data}).to_string().into_response()
            }
            _ => return (refuse().into_response(), self.barrier.clone().filter(|_| what == "batch")),
        };
        (response, None)
    }
}

fn profile(url: &str, change: impl Fn(&str) -> String) -> Profile {
    let text = SHANDONG
        .replace("https://123.232.30.9:27180/api/v1", url)
        .replace("X-App-Id = \"credentials.app_id\"", "X-Token = \"session.pass.token\"")
        .replacen("remedy = \"block\"", "remedy = \"relogin\"", 1)
        .replace("requests_per_second = 5", "requests_per_second = 100000")
        .replacen("[operations.create]", &format!("{LOGINS}[operations.create]"), 1);
    let (platform, faults) = Platform::read("shandong", Path::new("shandong.toml"), &change(&text));
    assert!(faults.is_empty(), "{faults:#?}");
    Profile::compile(Arc::new(platform.unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn street_to(url: &str, change: impl Fn(&str) -> String) -> Street {
    let credentials = Credentials::from_pairs(&[("app_id", "zibo"), ("app_secret", "s3cret-1")]);
    Street::open(profile(url, change), credentials, Path::new(".")).unwrap()
}

async fn send(street: &Street, record: &str, clock: &Clock) -> (qilu::ledger::Attempt, Event) {
    exchange(street, &lease("achievement", Action::Create, vec![item(record)]), clock).await
}

#[tokio::test]
async fn two_logins_lead_to_a_batch_and_leave_no_trace_in_what_is_kept() {
    let (province, url, clock) = Province::start().await;
    let street = street_to(&url, str::to_owned);
    for record in ["a", "b", "c"] {
        let (attempt, event) = send(&street, record, &clock).await;
        assert_eq!(brief(&event), format!("settled accepted(SD-{record})"));
        for text in [&attempt.request, &attempt.answer] {
            assert!(
                !text.contains("token+") && !text.contains("refresh-") && !text.contains("s3cret"),
                "{text}"
            );
        }
        assert!(attempt.request.contains("X-Token: ***") && attempt.answer.contains("\"echo\":\"***\""));
    }
    assert_eq!(province.asked(), [1, 1, 3]);
    ping(&street, &clock).await.unwrap();
    assert_eq!(province.asked(), [0, 0, 0]);
}

#[tokio::test]
async fn a_session_is_renewed_before_it_is_over_and_no_oftener() {
    let (province, url, clock) = Province::start().await;
    let street = street_to(&url, str::to_owned);
    // A pass of 15 minutes, renewed a minute before; a key of two hours, likewise.
    for (seconds, expect) in
        [(0, [1, 1, 1]), (800, [0, 0, 1]), (60, [0, 1, 1]), (840, [0, 1, 1]), (6000, [1, 1, 1])]
    {
        clock.advance(Duration::from_secs(seconds));
        let (_, event) = send(&street, "a", &clock).await;
        assert_eq!(brief(&event), "settled accepted(SD-a)");
        assert_eq!(province.asked(), expect, "after {seconds} s");
    }
    // A province whose clock is far off, or whose sessions are shorter than our margin: not a login a request.
    province.books().token_lives_s = -100;
    clock.advance(Duration::from_secs(900));
    for _ in 0..10 {
        send(&street, "a", &clock).await;
    }
    assert_eq!(province.asked(), [0, 1, 10]);
}

#[tokio::test]
async fn fifty_refusals_at_once_cause_one_login() {
    let (province, url, clock) = Province::start().await;
    let street = street_to(&url, str::to_owned);
    send(&street, "first", &clock).await;
    {
        let mut books = province.books();
        books.asked.clear();
        books.token += 1;
        books.barrier = Some(Arc::new(Barrier::new(50)));
    }
    let records: Vec<String> = (0..50).map(|index| format!("r{index}")).collect();
    let outcomes = futures_util::future::join_all(records.iter().map(|record| send(&street, record, &clock)));
    for (record, (attempt, event)) in records.iter().zip(outcomes.await) {
        assert_eq!(brief(&event), format!("settled accepted(SD-{record})"));
        // Both requests of the attempt are kept, the refused one and the one that went through.
        assert_eq!(attempt.answer.matches("HTTP 401").count(), 1);
        assert_eq!(attempt.answer.matches("HTTP 200").count(), 1);
    }
    assert_eq!(province.asked(), [1, 1, 100]);
    let mut accepted = province.books().accepted.split_off(1);
    accepted.sort();
    let mut expect = records.clone();
    expect.sort();
    assert_eq!(accepted, expect);
}

#[tokio::test]
async fn a_province_that_refuses_the_new_session_too_waits_for_a_person() {
    let (province, url, clock) = Province::start().await;
    let street = street_to(&url, str::to_owned);
    province.books().moods.insert("batch", Mood::Status(401));
    let (_, event) = send(&street, "a", &clock).await;
    assert_eq!(brief(&event), "not Q7440 block");
    let Event::NotAccepted { trouble } = event else { panic!() };
    let advice = trouble.complaint.advice(qilu::record::Language::English);
    assert!(advice.contains("app_secret (env:QILU_SHANDONG_APP_SECRET)"), "{advice}");
    assert_eq!(province.asked(), [2, 2, 2]);
}

#[tokio::test]
async fn a_login_that_fails_is_proof_that_nothing_was_sent() {
    let (province, url, clock) = Province::start().await;
    for (what, mood, expect) in [
        ("key", Mood::Status(401), "not Q7441 block"),
        ("key", Mood::Status(403), "not Q7441 block"),
        ("key", Mood::Status(200), "not Q7441 block"),
        ("pass", Mood::Status(200), "not Q7441 block"),
        ("key", Mood::Status(429), "not Q7108 pause"),
        ("key", Mood::Status(503), "not Q7109 pause"),
        ("key", Mood::Status(500), "not Q7441 pause"),
        ("pass", Mood::Page, "not Q7441 pause"),
        ("pass", Mood::HangUp, "not Q7442 pause"),
        ("key", Mood::Lacks, "not Q7443 block"),
        ("pass", Mood::Lacks, "not Q7443 block"),
    ] {
        province.books().moods.insert(what, mood);
        let street = street_to(&url, str::to_owned);
        // Ten who wait for the same login are told by the one who tried.
        let workers = (0..10).map(|_| send(&street, "a", &clock));
        for (attempt, event) in futures_util::future::join_all(workers).await {
            assert_eq!(brief(&event), expect, "{what} {mood:?} {event:?}");
            assert!(attempt.request.is_empty() && attempt.status.is_none());
        }
        let asked = province.asked();
        assert_eq!((asked[0], asked[2]), (1, 0), "{what} {mood:?}");
        province.books().moods.clear();
        // As long as it may have asked to be left alone.
        clock.advance(Duration::from_secs(8));
        let (_, event) = send(&street, "a", &clock).await;
        assert_eq!(brief(&event), "settled accepted(SD-a)", "{what} {mood:?}");
        province.asked();
    }
}

#[tokio::test]
async fn a_login_that_does_not_arrive_breaks_as_the_request_would() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    drop(listener);
    let clock = Clock::machine();
    let (_, event) = send(&street_to(&url, str::to_owned), "a", &clock).await;
    assert_eq!(brief(&event), "not Q7001 pause");
}

#[tokio::test]
async fn a_secret_is_changed_in_mid_run_without_losing_a_record() {
    let (province, url, clock) = Province::start().await;
    let folder = tempfile::tempdir().unwrap();
    let put = |secret: &str| {
        let next = folder.path().join("secret.next");
        std::fs::write(&next, secret).unwrap();
        std::fs::set_permissions(&next, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::rename(&next, folder.path().join("secret")).unwrap();
    };
    put("s3cret-1");
    std::fs::write(folder.path().join("id"), "zibo").unwrap();
    std::fs::set_permissions(folder.path().join("id"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let profile = profile(&url, |text| {
        text.replace("env:QILU_SHANDONG_APP_ID", "file:id")
            .replace("env:QILU_SHANDONG_APP_SECRET", "file:secret")
    });
    let credentials = Credentials::resolve(profile.platform(), folder.path()).unwrap();
    let street = Street::open(profile, credentials, folder.path()).unwrap();
    let records: Vec<String> = (0..60).map(|index| format!("r{index}")).collect();
    let mut waiting: Vec<&String> = Vec::new();
    for (index, record) in records.iter().enumerate() {
        match index {
            // The file first, the province later; the session goes on in between.
            10 => put("s3cret-2"),
            20 => {
                let mut books = province.books();
                books.secret = "s3cret-2".into();
                books.token += 1;
            }
            // The province first: until the file follows nothing is accepted, and nothing is in doubt.
            35 => {
                let mut books = province.books();
                books.secret = "s3cret-3".into();
                (books.token, books.refresh) = (books.token + 1, books.refresh + 1);
            }
            40 => put("s3cret-3"),
            _ => (),
        }
        clock.advance(Duration::from_millis(100));
        let (_, event) = send(&street, record, &clock).await;
        match brief(&event).as_str() {
            "not Q7441 block" if (35..40).contains(&index) => waiting.push(record),
            settled => assert_eq!(settled, format!("settled accepted(SD-{record})"), "{index}"),
        }
    }
    assert_eq!(waiting.len(), 5);
    for record in waiting {
        let (_, event) = send(&street, record, &clock).await;
        assert_eq!(brief(&event), format!("settled accepted(SD-{record})"));
    }
    let mut accepted = std::mem::take(&mut province.books().accepted);
    accepted.sort();
    let mut expect = records.clone();
    expect.sort();
    assert_eq!(accepted, expect);
}
