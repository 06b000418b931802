//! The HTTP side of the interface: the signature first, then one answer a request, and the faults that were ordered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request};
use axum::response::Response;
use serde_json::{Value, json};

use super::desk::{self, Reply};
use super::faults::Fault;
use super::files;
use super::line::Line;
use super::reading::Dictionary;
use super::store::{self, Held, Question, Scope};
use super::{Exchange, Province, books, page, review, signature};
use crate::clock::Timestamp;

/// Where the interface begins.
pub const BASE: &str = "/api/v1";
/// The largest body of a request.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The largest page of a list or of the feed.
const PAGE_RECORDS_MAX: i64 = 500;

/// Everything the province answers to.
pub fn router(province: Arc<Province>) -> Router {
    Router::new().fallback(serve).with_state(province)
}

/// What goes back: a status, headers beside the usual ones, and a text.
struct Answer {
    status: StatusCode,
    extra: Option<(&'static str, String)>,
    kind: &'static str,
    text: String,
}

impl Answer {
    fn json(status: StatusCode, text: String) -> Self {
        Answer { status, extra: None, kind: "application/json; charset=utf-8", text }
    }

    fn html(text: String) -> Self {
        Answer { status: StatusCode::OK, extra: None, kind: "text/html; charset=utf-8", text }
    }

    fn with(self, name: &'static str, value: impl ToString) -> Self {
        Answer { extra: Some((name, value.to_string())), ..self }
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.text));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Some((name, value)) = self.extra
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

async fn serve(
    State(province): State<Arc<Province>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let mut response = respond(&province, line, request).await;
    // By the province's own clock: whoever is refused for his can see by how much they differ.
    let date = province.clock.now().to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn respond(province: &Arc<Province>, line: Line, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !parts.uri.path().starts_with(BASE) {
        return outside(province, &parts).await.into_response();
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await;
    let fault = province.faults.meet(parts.method.as_str());
    let answer = match (&body, fault) {
        (_, Some(fault)) if fault.prevents_the_effect() => without_effect(province, fault),
        (Err(_), _) => {
            Answer::json(StatusCode::PAYLOAD_TOO_LARGE, province.answer("1413", "报文超过2MiB", Value::Null))
        }
        (Ok(body), _) => province.hear(&parts, body).await,
    };
    let cut = matches!(fault, Some(Fault::DropBefore | Fault::DropAfter));
    province.note(Exchange {
        at: province.clock.now(),
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        idempotency_key: text_of(&parts.headers, "idempotency-key").map(str::to_owned),
        body_sha256: signature::sha256_hex(body.as_deref().unwrap_or_default()),
        status: (!cut).then_some(answer.status.as_u16()),
        fault,
    });
    if cut {
        line.cut();
    }
    match fault {
        Some(fault) => spoil(province, fault, answer).await.into_response(),
        None => answer.into_response(),
    }
}

/// The page for people, and everything that is not the interface.
async fn outside(province: &Province, parts: &request::Parts) -> Answer {
    if parts.uri.path() != "/" {
        return not_found(province);
    }
    let shown = match review::sit(province).await {
        Ok(()) => page::show(province).await,
        Err(error) => Err(error),
    };
    shown.map_or_else(|error| trouble(province, &error), Answer::html)
}

impl Province {
    /// One request to the interface, with its signature checked.
    async fn hear(&self, parts: &request::Parts, body: &Bytes) -> Answer {
        let target = parts.uri.path_and_query().map_or(parts.uri.path(), |target| target.as_str());
        let admitted = self.gate.admit(self.clock.now(), &parts.headers, parts.method.as_str(), target, body);
        if let Err(reason) = admitted {
            return Answer::json(StatusCode::UNAUTHORIZED, self.answer("1401", reason, Value::Null));
        }
        let path = parts.uri.path().strip_prefix(BASE).unwrap_or_default();
        let steps: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let Ok(Query(query)) = Query::<HashMap<String, String>>::try_from_uri(&parts.uri) else {
            return self.bad("查询参数格式错误");
        };
        let known = |kind: &str| self.reading.kind(kind).is_some();
        let answered = match (parts.method.as_str(), steps.as_slice()) {
            ("POST", [kind, "batch"]) if known(kind) => {
                self.batch(kind, &parts.uri, &parts.headers, body).await
            }
            ("POST", ["files"]) => match files::take(self, body).await {
                Ok(Ok(file)) => Ok(self.well(file)),
                Ok(Err((code, message))) => {
                    Ok(Answer::json(StatusCode::OK, self.answer(code, message, Value::Null)))
                }
                Err(error) => Err(error),
            },
            ("GET", ["ping"]) => Ok(self.well(json!({ "time": self.clock.now().rfc3339() }))),
            ("GET", ["reviews"]) => self.reviews(&query).await,
            ("GET", ["dictionaries", table]) => match self.reading.dictionary(table) {
                Some(codes) => Ok(self.well(dictionary(table, codes))),
                None => return not_found(self),
            },
            ("GET", [kind, "lookup"]) if known(kind) => self.lookup(kind, &query).await,
            ("GET", [kind]) if known(kind) => self.list(kind, &query).await,
            _ => return not_found(self),
        };
        answered.unwrap_or_else(|error| trouble(self, &error))
    }

    async fn batch(
        &self,
        kind: &str,
        uri: &Uri,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> anyhow::Result<Answer> {
        let key = text_of(headers, "idempotency-key").unwrap_or_default();
        if key.is_empty() || key.len() > 128 {
            return Ok(self.bad("缺少Idempotency-Key"));
        }
        Ok(match desk::take(self, kind, uri.path(), key, body).await? {
            Reply::Fresh(text) => Answer::json(StatusCode::OK, text),
            Reply::Replay(text) => Answer::json(StatusCode::OK, text).with("idempotent-replay", "true"),
            Reply::Conflict => {
                let text = self.answer("1409", "Idempotency-Key已用于其他报文", Value::Null);
                Answer::json(StatusCode::CONFLICT, text)
            }
            Reply::Refused(code, message) => {
                Answer::json(StatusCode::OK, self.answer(code, message, Value::Null))
            }
        })
    }

    async fn list(&self, kind: &str, query: &HashMap<String, String>) -> anyhow::Result<Answer> {
        let scope = match query.get("scope").map(String::as_str) {
            None | Some("own") => Scope::Own,
            Some("others") => Scope::Others,
            Some(_) => return Ok(self.bad("scope只能是own或others")),
        };
        if query.get("city").is_some_and(|city| *city != self.city) {
            let text = self.answer("1403", "城市编码与应用不符", Value::Null);
            return Ok(Answer::json(StatusCode::OK, text));
        }
        let Some((since, after)) = cursor(query.get("since").map_or("", String::as_str)) else {
            return Ok(self.bad("since格式错误"));
        };
        let (Some(page), Some(size)) = (number(query, "page", 1), number(query, "size", 100)) else {
            return Ok(self.bad("分页参数错误"));
        };
        if page < 1 || !(1..=PAGE_RECORDS_MAX).contains(&size) {
            return Ok(self.bad("分页参数错误"));
        }
        review::sit(self).await?;
        // A cursor is a place already; pages are counted from the beginning only without one.
        let skip = if after.is_empty() { (page - 1).saturating_mul(size) } else { 0 };
        let question = Question { kind, city: &self.city, scope, since, after, skip, size: size + 1 };
        let (total, mut list) = store::page(self.store.readers(), &question).await?;
        let more = list.len() as i64 > size;
        list.truncate(usize::try_from(size)?);
        let next = list.last().filter(|_| more).map(|last| format!("{}/{}", since.rfc3339(), last.remote_id));
        let list: Vec<Value> = list.iter().map(shown).collect();
        Ok(self.well(json!({ "total": total, "page": page, "size": size, "next": next, "list": list })))
    }

    async fn lookup(&self, kind: &str, query: &HashMap<String, String>) -> anyhow::Result<Answer> {
        let asked = |name: &str| query.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        review::sit(self).await?;
        let mut reader = self.store.readers().acquire().await?;
        let found = match (asked("localId"), asked("uscc"), asked("title")) {
            (Some(local_id), ..) => store::find_local(&mut reader, kind, &self.city, local_id).await?,
            (None, None, None) => return Ok(self.bad("请给出localId、uscc或title")),
            (None, uscc, title) => {
                let candidates =
                    store::search(&mut reader, kind, title.unwrap_or_default(), uscc.unwrap_or_default())
                        .await?;
                let mut fitting = Vec::new();
                for held in candidates.into_iter().filter(|held| held.city == self.city && !held.withdrawn) {
                    let owned = match asked("owner") {
                        Some(owner) => belongs(&mut reader, &held, owner).await?,
                        None => true,
                    };
                    if owned {
                        fitting.push(held);
                    }
                }
                fitting.into_iter().next()
            }
        };
        Ok(self.well(found.as_ref().map_or(Value::Null, shown)))
    }

    async fn reviews(&self, query: &HashMap<String, String>) -> anyhow::Result<Answer> {
        let (Some(after), Some(size)) = (number(query, "after", 0), number(query, "size", 100)) else {
            return Ok(self.bad("分页参数错误"));
        };
        if !(1..=PAGE_RECORDS_MAX).contains(&size) {
            return Ok(self.bad("分页参数错误"));
        }
        review::sit(self).await?;
        Ok(self.well(books::feed(self.store.readers(), &self.city, after, size).await?))
    }

    fn well(&self, data: Value) -> Answer {
        Answer::json(StatusCode::OK, self.answer("0", "成功", data))
    }

    fn bad(&self, message: &str) -> Answer {
        Answer::json(StatusCode::OK, self.answer("1400", message, Value::Null))
    }
}

/// Does the owner that the caller names (an id, a credit code or a name) belong to this record?
async fn belongs(reader: &mut sqlx::SqliteConnection, held: &Held, owner: &str) -> anyhow::Result<bool> {
    const FIELDS: [&str; 21] = [
        "owner",
        "ownerName",
        "ownerUscc",
        "enterprise",
        "enterpriseName",
        "enterpriseUscc",
        "seller",
        "sellerName",
        "sellerUscc",
        "provider",
        "providerUscc",
        "employer",
        "employerUscc",
        "unitName",
        "unitUscc",
        "carrierName",
        "university",
        "legalUnit",
        "hostName",
        "uscc",
        "organizer",
    ];
    if FIELDS.iter().any(|field| held.data[*field] == owner) {
        return Ok(true);
    }
    for field in ["owner", "enterprise", "seller"] {
        if let Some(remote_id) = held.data[field].as_str()
            && let Some(unit) = store::find(reader, remote_id).await?
            && (unit.data["uscc"] == owner || unit.data["name"] == owner)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn dictionary(table: &str, codes: &Dictionary) -> Value {
    let list: Vec<Value> = codes.iter().map(|(code, name)| json!({ "code": code, "name": name })).collect();
    json!({ "table": table, "list": list })
}

fn shown(held: &Held) -> Value {
    json!({
        "remoteId": held.remote_id,
        "localId": held.local_id,
        "city": held.city,
        "status": held.status,
        "opinion": held.opinion,
        "version": held.version,
        "updatedAt": held.updated_at.rfc3339(),
        "withdrawn": held.withdrawn,
        "data": held.data,
    })
}

fn number(query: &HashMap<String, String>, name: &str, default: i64) -> Option<i64> {
    query.get(name).map_or(Some(default), |text| text.parse().ok())
}

/// Reads `since`: empty, a time, or a time and the id to go on after, as `next` gives it.
fn cursor(text: &str) -> Option<(Timestamp, &str)> {
    if text.is_empty() {
        return Some((Timestamp(0), ""));
    }
    let (time, after) = text.split_once('/').unwrap_or((text, ""));
    let time = chrono::DateTime::parse_from_rfc3339(time).ok()?;
    Some((Timestamp(time.timestamp_micros()), after))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn not_found(province: &Province) -> Answer {
    Answer::json(StatusCode::NOT_FOUND, province.answer("1404", "接口不存在", Value::Null))
}

fn trouble(province: &Province, error: &anyhow::Error) -> Answer {
    tracing::error!(sandbox.error = format!("{error:#}"), "the sandbox could not answer");
    Answer::json(StatusCode::INTERNAL_SERVER_ERROR, province.answer("1500", "系统繁忙", Value::Null))
}

/// The answer under a fault that keeps the request from having any effect.
fn without_effect(province: &Province, fault: Fault) -> Answer {
    match fault {
        Fault::TooMany { retry_after_s } => {
            let text = province.answer("1429", "请求过于频繁", Value::Null);
            Answer::json(StatusCode::TOO_MANY_REQUESTS, text).with("retry-after", retry_after_s)
        }
        Fault::Unavailable { retry_after_s } => {
            let text = province.answer("1503", "系统维护中", Value::Null);
            Answer::json(StatusCode::SERVICE_UNAVAILABLE, text).with("retry-after", retry_after_s)
        }
        _ => Answer::html(
            "<!doctype html><html><head><title>登录</title></head><body>会话已过期，请重新登录</body></html>"
                .to_owned(),
        ),
    }
}

/// What a fault does to an answer on its way out. What is kept under the idempotency key stays whole.
async fn spoil(province: &Province, fault: Fault, answer: Answer) -> Answer {
    match fault {
        Fault::Empty => Answer { text: String::new(), ..answer },
        Fault::Truncated => {
            let mut text = answer.text;
            let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(half);
            Answer { text, ..answer }
        }
        Fault::ShortList | Fault::AlienIds => {
            Answer { text: with_results_spoilt(&answer.text, fault), ..answer }
        }
        Fault::Hang { seconds } => {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(seconds)) => (),
                () = province.closing.cancelled() => (),
            }
            answer
        }
        Fault::DropBefore
        | Fault::DropAfter
        | Fault::Html
        | Fault::TooMany { .. }
        | Fault::Unavailable { .. } => answer,
    }
}

fn with_results_spoilt(text: &str, fault: Fault) -> String {
    let Ok(mut answer) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let Some(results) = answer["data"]["results"].as_array_mut() else { return text.to_owned() };
    let half = results.len().div_ceil(2);
    if fault == Fault::ShortList {
        results.truncate(results.len() - half);
    } else {
        for (at, result) in results.iter_mut().take(half).enumerate() {
            result["localId"] = format!("nobody-sent-this-{at}").into();
        }
    }
    answer.to_string()
}
