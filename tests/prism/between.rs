//! Stands between the program and the province, on both sides of Prism, and compares what goes in and out.
//!
//! Prism as a proxy writes queries and bodies anew. What it writes must mean the same; the sandbox gets the
//! original bytes, since those are what was signed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use serde_json::Value as Json;
use tokio::net::TcpListener;

/// Where the interface begins; Prism's own addresses begin at its root.
const BASE: &str = "/api/v1";
const BODY_BYTES_MAX: usize = 16 << 20;

/// Both sides, serving until the test ends.
#[derive(Clone)]
pub struct Between(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    /// Without the base.
    sandbox: String,
    back: String,
    prism: Mutex<Option<(String, String)>>,
    exchanges: Mutex<HashMap<String, Exchange>>,
    seen: Mutex<Vec<(String, String)>>,
    wrong: Mutex<Vec<String>>,
    /// The last create, to be damaged.
    sample: Mutex<Option<Exchange>>,
}

/// One request as the program sent it, and the sandbox's answer.
#[derive(Clone)]
struct Exchange {
    method: reqwest::Method,
    /// Path and query, base included.
    target: String,
    headers: HeaderMap,
    body: Bytes,
    answer: Option<(u16, Bytes)>,
}

/// What is done to a good body.
pub type Damage = fn(&mut Json);

/// Damages to a good request that any reader of the document must notice.
pub const DAMAGES: [(&str, Damage); 5] = [
    ("a record without its content", |body| _ = body["records"][0].as_object_mut().unwrap().remove("data")),
    ("a field that the schema does not have", |body| body["records"][0]["data"]["nonsense"] = 1.into()),
    ("a wrong type", |body| body["records"][0]["data"]["contact"] = "nobody".into()),
    ("another city", |body| body["cityCode"] = "370100".into()),
    ("an unknown action", |body| body["action"] = "upsert".into()),
];

impl Between {
    /// Listens where the program looks for the province, and on a free port behind Prism.
    pub async fn listen(front_url: &str, sandbox_url: &str) -> Between {
        let place = |url: &str| url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let front = TcpListener::bind(place(front_url)).await.expect("the demo's port is free");
        let back = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let inner = Inner {
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            sandbox: format!("http://{}", place(sandbox_url)),
            back: format!("http://{}{BASE}", back.local_addr().expect("an address")),
            prism: Mutex::default(),
            exchanges: Mutex::default(),
            seen: Mutex::default(),
            wrong: Mutex::default(),
            sample: Mutex::default(),
        };
        let between = Between(Arc::new(inner));
        let ahead = Router::new().fallback(from_program).with_state(between.clone());
        let behind = Router::new().fallback(from_prism).with_state(between.clone());
        tokio::spawn(async move { axum::serve(front, ahead).await });
        tokio::spawn(async move { axum::serve(back, behind).await });
        between
    }

    /// Where Prism as a proxy finds the province.
    pub fn back_url(&self) -> String {
        self.0.back.clone()
    }

    pub fn lead_to(&self, mock: &str, proxy: &str) {
        *self.0.prism.lock().unwrap() = Some((mock.to_owned(), proxy.to_owned()));
    }

    /// Operation and kind of every request.
    pub fn seen(&self) -> Vec<(String, String)> {
        self.0.seen.lock().unwrap().clone()
    }

    /// What Prism objected to, and every difference.
    pub fn wrong(&self) -> Vec<String> {
        self.0.wrong.lock().unwrap().clone()
    }

    /// Whether the mock refuses a damaged request.
    pub async fn objects_to(&self, damage: Damage) -> bool {
        let sample = self.0.sample.lock().unwrap().clone().expect("a create was seen");
        let mut body: Json = serde_json::from_slice(&sample.body).unwrap();
        damage(&mut body);
        let damaged = Exchange { body: body.to_string().into(), ..sample };
        let (mock, _) = self.prism();
        let answer = self.send(&mock, &damaged, without_base(&damaged.target)).await;
        answer.status == 422
    }

    fn prism(&self) -> (String, String) {
        self.0.prism.lock().unwrap().clone().expect("Prism runs")
    }

    fn object(&self, what: String) {
        self.0.wrong.lock().unwrap().push(what);
    }

    async fn send(&self, server: &str, exchange: &Exchange, target: &str) -> Answer {
        let mut request = self.0.client.request(exchange.method.clone(), format!("{server}{target}"));
        for (name, value) in &exchange.headers {
            if !matches!(name.as_str(), "host" | "content-length" | "accept-encoding" | "connection") {
                request = request.header(name, value);
            }
        }
        let response = request.body(exchange.body.clone()).send().await;
        let response = response.unwrap_or_else(|error| panic!("{server}{target}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.bytes().await.expect("a whole answer") }
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn violations(&self) -> Option<String> {
        let found = self.headers.get("sl-violations")?;
        Some(String::from_utf8_lossy(found.as_bytes()).into_owned())
    }
}

/// A request of the program: past the mock, through the proxy, home with the sandbox's answer.
async fn from_program(State(between): State<Between>, request: Request) -> Response<Body> {
    let exchange = Exchange::read(request).await;
    let (name, target) = (exchange.name(), without_base(&exchange.target).to_owned());
    let nonce = exchange.nonce();
    let operation = exchange.operation();
    if operation.0 == "create" {
        *between.0.sample.lock().unwrap() = Some(exchange.clone());
    }
    between.0.seen.lock().unwrap().push(operation);
    between.0.exchanges.lock().unwrap().insert(nonce.clone(), exchange.clone());
    let (mock, proxy) = between.prism();

    let mocked = between.send(&mock, &exchange, &target).await;
    if let Some(violations) = mocked.violations() {
        between.object(format!("{name}: the mock objects: {violations}"));
    } else if mocked.status != 200 {
        let text = String::from_utf8_lossy(&mocked.body);
        between.object(format!("{name}: the mock says {}: {text}", mocked.status));
    }
    let passed = between.send(&proxy, &exchange, &target).await;
    if let Some(violations) = passed.violations() {
        between.object(format!("{name}: the proxy objects: {violations}"));
    }
    let answered = between.0.exchanges.lock().unwrap().remove(&nonce).and_then(|one| one.answer);
    match answered {
        None => between.object(format!("{name}: never reached the province ({})", passed.status)),
        Some((status, body)) if status != passed.status || as_json(&body) != as_json(&passed.body) => {
            between.object(format!("{name}: the answer changed on its way through the proxy"));
        }
        Some(_) => (),
    }
    let mut response = Response::new(Body::from(passed.body));
    *response.status_mut() = StatusCode::from_u16(passed.status).expect("a status");
    for name in ["content-type", "date", "retry-after", "idempotent-replay"] {
        if let Some(value) = passed.headers.get(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// A request of the proxy: it must mean what the program's meant, whose bytes go on.
async fn from_prism(State(between): State<Between>, request: Request) -> Response<Body> {
    let rewritten = Exchange::read(request).await;
    let nonce = rewritten.nonce();
    let known = between.0.exchanges.lock().unwrap().get(&nonce).cloned();
    let Some(original) = known else {
        between.object(format!("{}: nobody sent this", rewritten.name()));
        return Response::builder().status(502).body(Body::empty()).expect("a response");
    };
    for difference in original.differences(&rewritten) {
        between.object(format!("{}: {difference} changed on its way through the proxy", original.name()));
    }
    let answer = between.send(&between.0.sandbox.clone(), &original, &original.target).await;
    if let Some(exchange) = between.0.exchanges.lock().unwrap().get_mut(&nonce) {
        exchange.answer = Some((answer.status, answer.body.clone()));
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    for (name, value) in &answer.headers {
        if !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

impl Exchange {
    async fn read(request: Request) -> Exchange {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let body = to_bytes(body, BODY_BYTES_MAX).await.expect("a whole request");
        Exchange { method: parts.method, target, headers: parts.headers, body, answer: None }
    }

    fn nonce(&self) -> String {
        let nonce = self.headers.get("x-nonce").expect("every request has one");
        nonce.to_str().expect("hex").to_owned()
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// The profile's word for it, and its kind.
    fn operation(&self) -> (String, String) {
        let uri: Uri = self.target.parse().expect("a target");
        let steps: Vec<&str> = without_base(uri.path()).trim_start_matches('/').split('/').collect();
        let words = match steps.as_slice() {
            [kind, "batch"] => (as_json(&self.body)["action"].as_str().unwrap_or("?").to_owned(), *kind),
            [kind, "lookup"] => ("lookup".to_owned(), *kind),
            ["dictionaries", table] => ("dictionary".to_owned(), *table),
            [word @ ("ping" | "reviews")] => ((*word).to_owned(), ""),
            [kind] => ("list".to_owned(), *kind),
            _ => ("?".to_owned(), ""),
        };
        (words.0, words.1.to_owned())
    }

    fn differences(&self, other: &Exchange) -> Vec<&'static str> {
        let mut found = Vec::new();
        let (one, two): (Uri, Uri) = (self.target.parse().unwrap(), other.target.parse().unwrap());
        if self.method != other.method {
            found.push("the method");
        }
        if one.path() != two.path() {
            found.push("the path");
        }
        if pairs(&one) != pairs(&two) {
            found.push("the query");
        }
        if self.body != other.body && as_json(&self.body) != as_json(&other.body) {
            found.push("the body");
        }
        for name in ["x-app-id", "x-timestamp", "x-sign", "idempotency-key", "content-type"] {
            if self.headers.get(name) != other.headers.get(name) {
                found.push("a header");
            }
        }
        found
    }
}

fn without_base(target: &str) -> &str {
    target.strip_prefix(BASE).unwrap_or(target)
}

fn pairs(uri: &Uri) -> HashMap<String, String> {
    axum::extract::Query::try_from_uri(uri).map(|query| query.0).expect("a query")
}

fn as_json(body: &[u8]) -> Json {
    serde_json::from_slice(body).unwrap_or_default()
}
