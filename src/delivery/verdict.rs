//! The remedy table: what a whole exchange that is no success means. The profile's rules first, then ours.

use std::time::Duration;

use chrono_tz::Asia::Shanghai;

use super::heard::Heard;
use super::login::of_login;
use crate::clock::{Clock, Timestamp};
use crate::config::platform::{Operation, Remedy, RemedyRule};
use crate::ledger::{LaneEffect, Trouble};
use crate::platform::{
    Answer, Bindings, Break, Broken, Closed, Content, Generation, Known, Profile, Street, one_line,
};
use crate::record::Complaint;

/// What a failed exchange means.
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) trouble: Trouble,
    /// What may help at once.
    pub(super) renewal: Option<Renewal>,
}

/// What another attempt at once needs, after an answer of which it is proved that nothing was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// A new session.
    Session,
    /// Other secrets than those that were refused, should the files hold others by now.
    Secrets,
}

impl Renewal {
    /// Sees to it. True if another attempt would go out with something else than what was refused.
    pub(super) async fn take(self, street: &Street, refused: Generation, clock: &Clock) -> bool {
        match self {
            Renewal::Session => street.forget(refused, clock).await,
            Renewal::Secrets => street.look_again(refused, clock).await,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Proved: by the profile's word or because the request never arrived whole.
    NotAccepted,
    InDoubt,
    /// The batch as such is refused, every record of it.
    Refused,
    /// The province says no to the one record that was sent.
    RecordRefused,
    /// The one record that was to be created is there already.
    Duplicate,
}

impl Outcome {
    fn of(remedy: Remedy) -> Self {
        match remedy {
            Remedy::Retry | Remedy::Wait | Remedy::Block | Remedy::Relogin => Outcome::NotAccepted,
            Remedy::Doubt => Outcome::InDoubt,
            Remedy::Refuse => Outcome::Refused,
            Remedy::Duplicate => Outcome::Duplicate,
        }
    }
}

/// The longest message of the province that a complaint repeats, in characters.
const MESSAGE_CHARS_MAX: usize = 200;
/// From this difference on, a refused signature is first of all a matter of clocks.
const CLOCK_AHEAD_S_MAX: i64 = 120;
/// The least a lane pauses: also where the province says "0 seconds".
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The verdict on an answer that is no success; `count` records were sent.
///
/// An answer that is not believed proves nothing: no rule is asked what it means, and it stays in doubt.
pub(super) fn of_answer(
    profile: &Profile,
    operation: Operation,
    count: usize,
    answer: &Answer,
    heard: &Heard,
) -> Verdict {
    let limits = &profile.platform().limits;
    let asked = retry_after(answer).map(|wait| wait.clamp(PAUSE_MIN, limits.retry_after_max));
    let bindings = heard.bind(operation).with("transport", Known::NULL);
    let fits = |rule: &RemedyRule| {
        rule.remedy != Remedy::Duplicate || (operation == Operation::Create && count == 1)
    };
    let mut rules = profile.rules().iter().filter(|_| !heard.is_unbelieved());
    let ruled = rules.find(|rule| fits(&rule.rule) && rule.when.holds(&bindings)).map(|found| &found.rule);
    let refused = profile.answer(operation).refused.as_ref();
    let is_refused = ruled.is_none()
        && count == 1
        && !heard.is_unbelieved()
        && refused.is_some_and(|refused| refused.holds(&heard.bind(operation)));
    let wait = ruled.and_then(|rule| rule.wait);
    let pause = asked.or(wait).unwrap_or(limits.pause).max(PAUSE_MIN);
    let remedy = ruled.map(|rule| rule.remedy);
    let mut complaint = match complaint_by_status(answer, remedy).filter(|_| !heard.is_unbelieved()) {
        Some(id) => Complaint::new(id),
        None => heard.complaint(profile, operation, answer),
    };
    complaint = heard.quote(complaint);
    if let Some(ahead) = answer.clock_ahead_s() {
        let theirs = Timestamp(answer.received.0.saturating_add(ahead.saturating_mul(1_000_000)));
        complaint = complaint
            .fact("clock", ahead)
            .fact("theirs", theirs.show(Shanghai))
            .fact("ours", answer.received.show(Shanghai));
    }
    if complaint.id == "Q7440" {
        complaint = complaint.fact("credentials", named_credentials(profile));
    }
    complaint = complaint.fact("pause", pause.as_secs());
    if let Some(rule) = ruled {
        complaint = complaint.fact("hint_zh", &rule.zh).fact("hint_en", &rule.en);
        if let Some(who) = rule.who {
            complaint = complaint.owner(who);
        }
    }
    let renewal = match remedy {
        Some(Remedy::Relogin) => Some(Renewal::Session),
        Some(Remedy::Block) => Some(Renewal::Secrets),
        _ => None,
    };
    let (outcome, lane) = match remedy {
        Some(remedy @ Remedy::Wait) => (Outcome::of(remedy), LaneEffect::Pause(pause)),
        Some(remedy @ (Remedy::Block | Remedy::Relogin)) => (Outcome::of(remedy), LaneEffect::Block),
        // Whatever the answer means for the batch, a Retry-After is an order to keep away.
        Some(remedy) => (Outcome::of(remedy), asked.map_or(LaneEffect::None, LaneEffect::Pause)),
        None if is_refused => (Outcome::RecordRefused, asked.map_or(LaneEffect::None, LaneEffect::Pause)),
        None => (Outcome::InDoubt, built_in(answer.status, asked, pause)),
    };
    Verdict { outcome, trouble: Trouble { complaint, lane }, renewal }
}

/// The verdict on an exchange that broke.
pub(super) fn of_break(profile: &Profile, operation: Operation, broken: &Broken) -> Verdict {
    if broken.class == Break::Login {
        return of_login(profile, broken);
    }
    let platform = profile.platform();
    let bindings = Bindings::default()
        .with("status", Known::NULL)
        .with("headers", Known::NULL)
        .with("body", Known::NULL)
        .with("code", Known::NULL)
        .with("message", Known::NULL)
        .with("action", Known::Text(operation.word()))
        .with("transport", Known::Text(broken.class.word()));
    // What never arrived says nothing of what is there.
    let mut rules = profile.rules().iter().filter(|rule| rule.rule.remedy != Remedy::Duplicate);
    let ruled = rules.find(|rule| rule.when.holds(&bindings)).map(|found| &found.rule);
    let remedy = match (ruled, broken.class) {
        // No rule may turn doubt into proof: what may have arrived stays doubtful.
        (Some(_), class) if !class.is_proved_not_sent() => Remedy::Doubt,
        (Some(rule), _) => rule.remedy,
        (None, Break::Refused | Break::Dns | Break::Connect) => Remedy::Wait,
        (None, Break::Tls) => Remedy::Block,
        (None, Break::LateBefore | Break::Login) => Remedy::Retry,
        (None, Break::LateAfter | Break::Reset | Break::Truncated | Break::TooLarge) => Remedy::Doubt,
    };
    let pause = ruled.and_then(|rule| rule.wait).unwrap_or(platform.limits.pause).max(PAUSE_MIN);
    let id = match broken.class {
        Break::Refused => "Q7001",
        Break::Dns => "Q7002",
        Break::Connect => "Q7003",
        Break::Tls => "Q7004",
        Break::LateBefore => "Q7005",
        Break::LateAfter => "Q7006",
        Break::Reset => "Q7007",
        Break::Truncated => "Q7008",
        Break::TooLarge => "Q7009",
        Break::Login => "Q7442",
    };
    let mut complaint = Complaint::new(id)
        .fact("address", &*platform.base_url)
        .fact("reason", one_line(&broken.reason, MESSAGE_CHARS_MAX))
        .fact("pause", pause.as_secs());
    if let Some(rule) = ruled {
        complaint = complaint.fact("hint_zh", &rule.zh).fact("hint_en", &rule.en);
        if let Some(who) = rule.who {
            complaint = complaint.owner(who);
        }
    }
    let lane = match remedy {
        Remedy::Wait => LaneEffect::Pause(pause),
        Remedy::Block | Remedy::Relogin => LaneEffect::Block,
        Remedy::Retry | Remedy::Doubt | Remedy::Refuse | Remedy::Duplicate => LaneEffect::None,
    };
    Verdict { outcome: Outcome::of(remedy), trouble: Trouble { complaint, lane }, renewal: None }
}

/// How long the province wants to be left alone, by an answer that is no success: as long as it asked, up to the
/// profile's ceiling, and whoever would ask next.
pub(super) fn wish_to_be_left_alone(
    profile: &Profile,
    operation: Operation,
    answer: &Answer,
    content: &Content,
) -> Option<Duration> {
    let asked = retry_after(answer)?.clamp(PAUSE_MIN, profile.platform().limits.retry_after_max);
    // What an answer that succeeded asks for concerns its own matter alone.
    let heard = Heard::read(profile, operation, answer, content.clone());
    (!heard.is_success(profile, operation)).then_some(asked)
}

/// Nothing was sent, and nothing may be before then.
pub(super) fn not_admitted(closed: &Closed, now: Timestamp) -> Trouble {
    let pause = closed.until.since(now).max(PAUSE_MIN);
    Trouble { complaint: closed.complaint.clone(), lane: LaneEffect::Pause(pause) }
}

/// The trouble of an answer that says success and does not hold what a success holds.
pub(super) fn not_understood(heard: &Heard, what: &str) -> Trouble {
    let complaint = heard.quote(Complaint::new("Q7103")).fact("what", what);
    Trouble { complaint, lane: LaneEffect::None }
}

/// What a status does to the lane where the profile says nothing. The batch itself stays in doubt: a status comes
/// from whoever answered first, and that may be a gateway behind which the request went through.
fn built_in(status: u16, asked: Option<Duration>, pause: Duration) -> LaneEffect {
    match status {
        // Whoever answers so will answer so again, until a person has looked.
        300..=399 | 401 | 403 | 404 | 407 => LaneEffect::Block,
        429 | 503 => LaneEffect::Pause(pause),
        _ => asked.map_or(LaneEffect::None, LaneEffect::Pause),
    }
}

/// The complaint's id where the status says what is wrong; the profile's rule adds its own sentence.
fn complaint_by_status(answer: &Answer, remedy: Option<Remedy>) -> Option<&'static str> {
    let skewed = answer.clock_ahead_s().is_some_and(|ahead| ahead.abs() > CLOCK_AHEAD_S_MAX);
    Some(match answer.status {
        _ if remedy == Some(Remedy::Relogin) && skewed => "Q7114",
        _ if remedy == Some(Remedy::Relogin) => "Q7440",
        300..=399 => "Q7111",
        401 if skewed => "Q7114",
        401 | 407 => "Q7105",
        403 => "Q7106",
        404 => "Q7107",
        409 => "Q7112",
        413 => "Q7113",
        429 => "Q7108",
        503 => "Q7109",
        500.. => "Q7110",
        _ => return None,
    })
}

/// The names under which the profile has its secrets, with where they are kept.
pub(super) fn named_credentials(profile: &Profile) -> String {
    let credentials = profile.platform().credentials.iter();
    let named = credentials.map(|one| format!("{} ({})", one.name.value, one.expression.value));
    named.collect::<Vec<_>>().join(", ")
}

/// Source: RFC 9110 §10.2.3. A date counts from the answer's own `Date` where it has one, so that a clock that
/// is off does not matter.
fn retry_after(answer: &Answer) -> Option<Duration> {
    use crate::platform::http_date;
    let written = answer.header("retry-after")?.trim();
    if let Ok(seconds) = written.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(written)?;
    let now = answer.header("date").and_then(http_date).unwrap_or(answer.received.0.div_euclid(1_000_000));
    Some(Duration::from_secs(u64::try_from(until.saturating_sub(now)).unwrap_or(0)))
}
