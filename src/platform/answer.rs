//! What came back over the street, or why nothing did.

use super::Content;
use crate::clock::Timestamp;

/// A whole answer: status, headers and the decoded body, below the profile's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// By our clock.
    pub received: Timestamp,
}

impl Answer {
    /// The first header of a name given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How many seconds the other side's clock is ahead of ours, by its `Date` header.
    pub fn clock_ahead_s(&self) -> Option<i64> {
        Some(http_date(self.header("date")?)? - self.received.0.div_euclid(1_000_000))
    }
}

/// An HTTP date in whole seconds since 1970. Source: RFC 9110 §5.6.7 (IMF-fixdate).
pub(crate) fn http_date(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc2822(text.trim()).ok().map(|time| time.timestamp())
}

/// An exchange that did not end with a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub class: Break,
    /// The cause in the words of the network library, for the technician.
    pub reason: String,
    /// Where no session could be had for the request: which login failed, and how.
    pub login: Option<Box<FailedLogin>>,
}

impl Broken {
    pub fn new(class: Break, reason: impl Into<String>) -> Self {
        Broken { class, reason: reason.into(), login: None }
    }

    /// What the province answered to a login, in place of an answer to the request.
    pub fn login_answer(&self) -> Option<(&Answer, &Content)> {
        let (answer, content) = self.login.as_ref()?.answer.as_ref()?;
        Some((answer, content))
    }
}

/// A login that gave no session.
#[derive(Clone, PartialEq, Eq)]
pub struct FailedLogin {
    pub name: String,
    /// What the province answered, if it did, and what could be read of it. Not to be shown: it may hold a secret.
    pub answer: Option<(Answer, Content)>,
    /// `gives` that could not be found in an answer that says success.
    pub lacks: Option<String>,
}

impl std::fmt::Debug for FailedLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.answer.as_ref().map(|(answer, _)| answer.status);
        let FailedLogin { name, lacks, .. } = self;
        f.debug_struct("FailedLogin")
            .field("name", name)
            .field("status", &status)
            .field("lacks", lacks)
            .finish()
    }
}

/// Where an exchange broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Break {
    /// Nobody listens at the port.
    Refused,
    /// The host's name has no address.
    Dns,
    /// No connection for another reason, or not in time.
    Connect,
    /// The other side could not prove to be the province; not a byte of the request was sent.
    Tls,
    /// No answer in time, and the request's body had not been handed over whole.
    LateBefore,
    /// No answer in time, after the whole request had been handed over.
    LateAfter,
    /// The connection ended before an answer began.
    Reset,
    /// The connection ended, or stalled, inside the answer.
    Truncated,
    /// The decoded answer passes the profile's limit.
    TooLarge,
    /// No session could be had; the request itself was not sent.
    Login,
}

impl Break {
    pub const ALL: [Break; 10] = [
        Break::Refused,
        Break::Dns,
        Break::Connect,
        Break::Tls,
        Break::LateBefore,
        Break::LateAfter,
        Break::Reset,
        Break::Truncated,
        Break::TooLarge,
        Break::Login,
    ];

    /// The word that `transport` has in a profile's remedies.
    pub fn word(self) -> &'static str {
        match self {
            Break::Refused => "refused",
            Break::Dns => "dns",
            Break::Connect => "connect",
            Break::Tls => "tls",
            Break::LateBefore => "late_before",
            Break::LateAfter => "late_after",
            Break::Reset => "reset",
            Break::Truncated => "truncated",
            Break::TooLarge => "too_large",
            Break::Login => "login",
        }
    }

    /// Whether it is proved that the province has not seen the whole request. Such a request was not accepted.
    pub fn is_proved_not_sent(self) -> bool {
        match self {
            Break::Refused | Break::Dns | Break::Connect | Break::Tls | Break::LateBefore | Break::Login => {
                true
            }
            Break::LateAfter | Break::Reset | Break::Truncated | Break::TooLarge => false,
        }
    }
}
