//! HTTP: the only file that names the client. One request here is one request on the wire: the client neither
//! repeats, follows, nor detours.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rustls::crypto::CryptoProvider;

use super::trust::{client_config, judge};
use super::{Answer, Break, Broken, Request, Transport};
use crate::clock::Timestamp;
use crate::config::Platform;
use crate::record::Complaint;

/// A client for one platform, with its trust and its limits.
pub struct Wire {
    client: reqwest::Client,
    first_byte_timeout: Duration,
    total_timeout: Duration,
    answer_bytes_max: usize,
}

/// How much of a body is handed over at a time; what has been handed over tells whether it went out whole.
const CHUNK_BYTES: usize = 64 * 1024;
/// How long an idle connection is kept. Short, since the other end closes without a word, and a request sent
/// into a connection that is just being closed is doubt.
const IDLE_S: u64 = 10;

impl Wire {
    /// Opens nothing yet; the first request does. `root` is where relative paths of `[tls]` start.
    ///
    /// Errors: Q7413 for a certificate file that cannot be used.
    pub fn new(platform: &Platform, root: &Path) -> Result<Self, Complaint> {
        // The client asks for a process-wide provider; whoever came first has installed the same one.
        CryptoProvider::install_default(rustls::crypto::ring::default_provider()).ok();
        let limits = &platform.limits;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("qilu/", env!("CARGO_PKG_VERSION")))
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(IDLE_S))
            .connect_timeout(limits.connect_timeout);
        let unusable = |reason: String| Complaint::new("Q7413").fact("reason", reason);
        if platform.base_url.starts_with("https:") {
            let config = client_config(platform, root, judge(platform, root)?)?;
            builder = builder.tls_backend_preconfigured(config);
        }
        let client = builder.build().map_err(|error| unusable(causes(&error)))?;
        Ok(Wire {
            client,
            first_byte_timeout: limits.first_byte_timeout,
            total_timeout: limits.total_timeout,
            answer_bytes_max: limits.answer_bytes_max,
        })
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Broken> {
        let handed_over = Arc::new(AtomicBool::new(request.body.is_empty()));
        let late = || match handed_over.load(Ordering::SeqCst) {
            true => Break::LateAfter,
            false => Break::LateBefore,
        };
        let prepared = self.prepare(request, &handed_over)?;
        let started = tokio::time::timeout(self.first_byte_timeout, self.client.execute(prepared)).await;
        let mut response = match started {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(classify(&error, Break::Reset)),
            Err(_) => {
                let waited = format!("no answer within {} s", self.first_byte_timeout.as_secs_f32());
                return Err(Broken::new(late(), waited));
            }
        };
        let status = response.status().as_u16();
        let readable =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), readable(value)))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error, Break::Truncated))? {
            // Counted after decompression: a small answer can become a very large one.
            if body.len() + chunk.len() > self.answer_bytes_max {
                return Err(Broken::new(
                    Break::TooLarge,
                    format!("more than {} bytes", self.answer_bytes_max),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body, received: Timestamp::default() })
    }

    fn prepare(&self, request: &Request, handed_over: &Arc<AtomicBool>) -> Result<reqwest::Request, Broken> {
        let bad = |reason: String| Broken::new(Break::Connect, reason);
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|error| bad(error.to_string()))?;
        let url =
            reqwest::Url::parse(&request.url).map_err(|error| bad(format!("{}: {error}", request.url)))?;
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if !request.body.is_empty() {
            let body = request.body.clone();
            let handed_over = handed_over.clone();
            let chunks = async_stream::stream! {
                let count = body.len().div_ceil(CHUNK_BYTES);
                for (index, chunk) in body.chunks(CHUNK_BYTES).enumerate() {
                    if index + 1 == count {
                        handed_over.store(true, Ordering::SeqCst);
                    }
                    yield Ok::<_, io::Error>(chunk.to_vec());
                }
            };
            builder = builder
                .header(reqwest::header::CONTENT_LENGTH, request.body.len())
                .body(reqwest::Body::wrap_stream(chunks));
        }
        builder.build().map_err(|error| bad(causes(&error)))
    }
}

impl Transport for Wire {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, Broken>> {
        Box::pin(async move {
            match tokio::time::timeout(self.total_timeout, self.exchange(request)).await {
                Ok(outcome) => outcome,
                // The headers had come: what is late is the rest of the answer.
                Err(_) => {
                    let waited = format!("not complete within {} s", self.total_timeout.as_secs_f32());
                    Err(Broken::new(Break::Truncated, waited))
                }
            }
        })
    }
}

/// What the client's error proves. Only an error before the connection stood proves that nothing was sent, and the
/// other side's word that the handshake itself was refused, which in TLS 1.3 comes when our side is already done.
fn classify(error: &reqwest::Error, otherwise: Break) -> Broken {
    let mut class = otherwise;
    if refuses_us(error) {
        class = Break::Tls;
    }
    if error.is_connect() {
        class = Break::Connect;
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = cause {
            class = class_of(error).unwrap_or(class);
            cause = error.source();
        }
        if error.is_dns() {
            class = Break::Dns;
        }
    }
    Broken::new(class, causes(error))
}

/// Whether the other side refuses the certificate that we showed, or misses one.
///
/// Source: RFC 8446 §6.2: these alerts end a handshake; a server that sends one has read nothing of the request.
fn refuses_us(error: &(dyn StdError + 'static)) -> bool {
    use rustls::AlertDescription as Alert;
    let mut cause = Some(error);
    while let Some(error) = cause {
        let tls = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::AlertReceived(alert)) = tls {
            return matches!(
                alert,
                Alert::CertificateRequired
                    | Alert::BadCertificate
                    | Alert::UnsupportedCertificate
                    | Alert::CertificateRevoked
                    | Alert::CertificateExpired
                    | Alert::CertificateUnknown
                    | Alert::UnknownCA
                    | Alert::AccessDenied
                    | Alert::DecryptError
                    | Alert::HandshakeFailure
            );
        }
        cause = error.source();
    }
    false
}

fn class_of(error: &(dyn StdError + 'static)) -> Option<Break> {
    if error.is::<rustls::Error>() {
        return Some(Break::Tls);
    }
    let error = error.downcast_ref::<io::Error>()?;
    // An I/O error that wraps another, as those of TLS do, passes over it in its own chain of sources.
    match error.get_ref() {
        Some(inner) => class_of(inner),
        None => (error.kind() == io::ErrorKind::ConnectionRefused).then_some(Break::Refused),
    }
}

/// The error and its causes in one line, each once, without the address: the complaint names it already.
fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
