//! How much, how fast, how often; and what keeps a record from arriving twice.

use std::time::Duration;

use super::expected_at;
use crate::config::Section;
use crate::record::Complaint;

/// The `[limits]` section. Each limit has a default that suits a small province.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records of one batch.
    pub records_max: usize,
    pub body_bytes_max: usize,
    /// Of the decoded answer: a compressed one can be a thousand times smaller than what it becomes.
    pub answer_bytes_max: usize,
    pub requests_per_second: u32,
    /// By the province's calendar day, whatever is asked; `None` where it sets no limit.
    pub requests_per_day: Option<u64>,
    /// Requests under way at the same time, over all lanes. Each lane begins with one and earns more.
    pub concurrency: usize,
    pub connect_timeout: Duration,
    /// From the request's start to the answer's first byte, connecting included.
    pub first_byte_timeout: Duration,
    pub total_timeout: Duration,
    /// A longer Retry-After is cut to this.
    pub retry_after_max: Duration,
    /// How long a lane pauses where the province is away or throttles and names no time.
    pub pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            records_max: 100,
            body_bytes_max: 2 * 1024 * 1024,
            answer_bytes_max: 4 * 1024 * 1024,
            requests_per_second: 5,
            requests_per_day: None,
            concurrency: 4,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            retry_after_max: Duration::from_secs(3600),
            pause: Duration::from_secs(60),
        }
    }
}

/// The `[retry]` section: first, first × factor, first × factor² … up to `cap`, `attempts_max` attempts in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub first: Duration,
    pub factor: u32,
    pub cap: Duration,
    pub attempts_max: u32,
    /// Share of a wait by which it may grow, never shrink.
    pub jitter: f64,
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            first: Duration::from_secs(5),
            factor: 4,
            cap: Duration::from_secs(6 * 3600),
            attempts_max: 10,
            jitter: 0.2,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The number of the first page: 0 or 1.
    pub first: u64,
    pub size: u64,
}

/// The `[duplicates]` section: what keeps a batch whose answer was lost from arriving twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// Empty only where `may_duplicate` says so.
    pub means: Vec<Means>,
    pub may_duplicate: bool,
    pub resend: Resend,
}

impl Duplicates {
    /// Nothing is sent twice where a person carries it and a receipt decides.
    pub(super) fn by_hand() -> Self {
        Duplicates { means: Vec::new(), may_duplicate: false, resend: Resend::Bytes }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The province answers the same key with the same answer.
    IdempotencyKey,
    /// The province says that it has the record already, and under which id.
    DuplicateAnswer,
    /// We ask before we resend.
    Lookup,
}

/// What stays the same on a second attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// The whole body.
    Bytes,
    /// The payload inside a fresh envelope.
    Payload,
}

pub(super) fn read_limits(root: &Section<'_>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = root.section("limits") else { return limits };
    let count = |key: &str, default: usize| match section.number(key).map(usize::try_from) {
        Some(Ok(number)) if number > 0 => number,
        Some(_) => {
            let key_path = format!("{}.{key}", section.path());
            section.complain_at(key, expected_at(&key_path, "at least 1").found(0));
            default
        }
        None => default,
    };
    limits.records_max = count("records_max", limits.records_max);
    limits.body_bytes_max = count("body_bytes_max", limits.body_bytes_max);
    limits.answer_bytes_max = count("answer_bytes_max", limits.answer_bytes_max);
    limits.concurrency = count("concurrency", limits.concurrency);
    if section.has("requests_per_day") {
        limits.requests_per_day = u64::try_from(count("requests_per_day", usize::MAX)).ok();
    }
    let rate = count("requests_per_second", limits.requests_per_second as usize);
    limits.requests_per_second = u32::try_from(rate).unwrap_or(u32::MAX);
    for (key, place) in [
        ("connect_timeout", &mut limits.connect_timeout),
        ("first_byte_timeout", &mut limits.first_byte_timeout),
        ("total_timeout", &mut limits.total_timeout),
        ("retry_after_max", &mut limits.retry_after_max),
        ("pause", &mut limits.pause),
    ] {
        if let Some(duration) = section.duration(key) {
            *place = duration;
        }
    }
    section.finish();
    limits
}

pub(super) fn read_retry(root: &Section<'_>) -> Retry {
    let mut retry = Retry::default();
    let Some(section) = root.section("retry") else { return retry };
    retry.first = section.duration("first").unwrap_or(retry.first);
    retry.cap = section.duration("cap").unwrap_or(retry.cap);
    retry.jitter = section.ratio("jitter").unwrap_or(retry.jitter);
    for (key, place) in [("factor", &mut retry.factor), ("attempts_max", &mut retry.attempts_max)] {
        match section.number(key).map(u32::try_from) {
            Some(Ok(number)) if number > 0 => *place = number,
            Some(_) => {
                section.complain_at(key, expected_at(&format!("retry.{key}"), "at least 1").found(0));
            }
            None => (),
        }
    }
    section.finish();
    retry
}

pub(super) fn read_paging(root: &Section<'_>) -> Paging {
    let mut paging = Paging { first: 1, size: 100 };
    let Some(section) = root.section("paging") else { return paging };
    paging.first = section.number("first").unwrap_or(paging.first);
    paging.size = section.number("size").filter(|size| *size > 0).unwrap_or(paging.size);
    section.finish();
    paging
}

pub(super) fn read_duplicates(root: &Section<'_>) -> Option<Duplicates> {
    let section = root.need_section("duplicates")?;
    let words = [
        ("idempotency-key", Means::IdempotencyKey),
        ("duplicate-answer", Means::DuplicateAnswer),
        ("lookup", Means::Lookup),
    ];
    let mut means = Vec::new();
    for written in section.texts("means").unwrap_or_default() {
        match words.iter().find(|(word, _)| *word == written.value) {
            Some((_, known)) => means.push(*known),
            None => {
                let expected = "idempotency-key | duplicate-answer | lookup, in a list";
                let complaint = expected_at("duplicates.means", expected).found(&written.value);
                section.complain_at("means", complaint);
            }
        }
    }
    let may_duplicate = section.flag("may_duplicate").unwrap_or(false);
    let resends = [("bytes", Resend::Bytes), ("payload", Resend::Payload)];
    let resend = section.word("resend", &resends).unwrap_or(Resend::Bytes);
    section.finish();
    if means.is_empty() && !may_duplicate {
        section.complain(Complaint::new("Q7403"));
    }
    Some(Duplicates { means, may_duplicate, resend })
}
