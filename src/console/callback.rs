//! `POST /callback/PLATFORM`: the province tells what its reviewers decided.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::clock::Timestamp;
use crate::platform::Message;
use crate::record::Complaint;
use crate::sync::{Connector, Heard};

/// The largest body of a message.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Of refusals for the same reason the audit log keeps one in this time, with how many there were.
const AUDITED_EVERY: Duration = Duration::from_secs(60);
/// How many kinds of refusals are counted; anybody may knock.
const KINDS_MAX: usize = 1000;

/// Who hears, and what was refused lately.
pub(super) struct Desk {
    connector: Arc<Connector>,
    refused: Mutex<BTreeMap<(String, String), Refusals>>,
}

struct Refusals {
    audited: Timestamp,
    /// Since then.
    untold: u64,
}

impl Desk {
    pub(super) fn new(connector: Arc<Connector>) -> Self {
        Desk { connector, refused: Mutex::default() }
    }

    /// How many refusals an audit event should tell of now; `None` where it can wait.
    fn to_audit(&self, platform: &str, complaint: &Complaint, now: Timestamp) -> Option<u64> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = (platform.to_owned(), complaint.id.clone());
        match refused.get_mut(&kind) {
            Some(before) if now.since(before.audited) < AUDITED_EVERY => {
                before.untold += 1;
                None
            }
            Some(before) => {
                let times = before.untold + 1;
                *before = Refusals { audited: now, untold: 0 };
                Some(times)
            }
            None => {
                if refused.len() >= KINDS_MAX {
                    refused.clear();
                }
                refused.insert(kind, Refusals { audited: now, untold: 0 });
                Some(1)
            }
        }
    }
}

pub(super) async fn hear(
    State(desk): State<Arc<Desk>>,
    Path(platform): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, Vec::new());
    };
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
        return answer(StatusCode::BAD_REQUEST, Vec::new());
    };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let message = Message {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query,
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
        received: desk.connector.clock.now(),
    };
    match desk.connector.hear(&platform, &message).await {
        Ok(Heard::Good(body)) => answer(StatusCode::OK, body),
        Ok(Heard::Refused(status, complaint)) => refuse(&desk, &platform, status, &complaint).await,
        Ok(Heard::TooEarly) => {
            let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, Vec::new());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            response
        }
        Ok(Heard::NoSuchPlatform) => answer(StatusCode::NOT_FOUND, Vec::new()),
        Err(error) => {
            tracing::error!(platform, "callback: {error}");
            answer(StatusCode::SERVICE_UNAVAILABLE, Vec::new())
        }
    }
}

/// Says no without a word why: whoever forges learns nothing.
async fn refuse(desk: &Desk, platform: &str, status: u16, complaint: &Complaint) -> Response {
    tracing::warn!(platform, "callback: {complaint}");
    let now = desk.connector.clock.now();
    if let Some(times) = desk.to_audit(platform, complaint, now)
        && let Err(error) = desk.connector.ledger.note_refused_callback(platform, complaint, times, now).await
    {
        tracing::error!(platform, "callback: {error}");
    }
    answer(StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED), Vec::new())
}

/// One answer, and the line is closed: the next message comes by a new one.
pub(super) fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    let kind =
        if body.first().is_some_and(|byte| *byte == b'<') { "application/xml" } else { "application/json" };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
