//! What the province is asked, once it is known to be the province: our secrets, our logins, one harmless question
//! for each operation, and what time it has.

use std::sync::Arc;

use chrono_tz::Asia::Shanghai;

use super::{About, Line};
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::config::platform::Operation;
use crate::config::{Instance, Mode, Platform, Secret};
use crate::delivery::{is_harmless, knock, sign_in};
use crate::platform::{Credentials, Profile, Street};
use crate::record::Complaint;

/// From this difference on signatures are refused sooner or later.
const AHEAD_S_MAX: i64 = 120;
/// From this one on it is worth a word.
const AHEAD_S_REMARK: i64 = 30;

/// `open`: the way there is free, and whoever answers is trusted.
pub(super) async fn ask(
    instance: &Instance,
    platform: &Arc<Platform>,
    open: bool,
    clock: &Clock,
    lines: &mut Vec<Line>,
) {
    let complete = secrets(instance, platform, lines);
    let street = match open && complete {
        true => open_street(instance, platform, lines),
        false => None,
    };
    let Some(street) = street else {
        if !open {
            let (zh, en) = ("还不能提问，先看上面的问题", "not asked yet: see above");
            lines.push(Line::skipped(About::Clock, zh, en));
        }
        for operation in offered(platform) {
            lines.push(Line::skipped(About::Operation(operation), "没有提问", "not asked"));
        }
        return;
    };
    let mut clocks = Clocks::default();
    let mut signed_in = true;
    for (place, login) in street.profile().logins().iter().enumerate() {
        let line = match sign_in(&street, place, clock).await {
            Ok(()) => Line::well(About::Login, "成功", "succeeded"),
            Err(trouble) => {
                signed_in = false;
                clocks.overhear(&trouble.complaint, clock.now());
                Line::bad(About::Login, trouble.complaint)
            }
        };
        lines.push(line.named(&login.name));
    }
    let (kind, table) = (a_kind(instance, platform), a_table(instance, platform));
    for operation in offered(platform) {
        let about = About::Operation(operation);
        if !is_harmless(operation) {
            let (zh, en) = ("要有真实业务才能问，没有提问", "needs a real case; not asked");
            lines.push(Line::skipped(about, zh, en));
            continue;
        }
        if !signed_in {
            lines.push(Line::skipped(about, "登录未成功，没有提问", "not asked: no login"));
            continue;
        }
        match knock(&street, operation, &kind, &table, clock).await {
            Ok(knocked) => {
                clocks.note(knocked.clock_ahead_s, knocked.received);
                lines.push(Line::well(about, "答复正常", "answers as it should"));
            }
            Err(trouble) => {
                clocks.overhear(&trouble.complaint, clock.now());
                lines.push(Line::bad(about, trouble.complaint));
            }
        }
    }
    lines.push(clocks.line());
}

/// Whether every secret is there.
fn secrets(instance: &Instance, platform: &Platform, lines: &mut Vec<Line>) -> bool {
    let mut complete = true;
    for named in &platform.credentials {
        let about = About::Credential;
        let line = match Secret::resolve(&named.expression, &instance.root) {
            Ok(_) => Line::well(
                about,
                format!("可取用（{}）", named.expression.value),
                format!("is there ({})", named.expression.value),
            ),
            Err(complaint) => {
                complete = false;
                match platform.mode {
                    Mode::Rehearse => Line::remark(about, complaint),
                    Mode::Live => Line::bad(about, complaint),
                }
            }
        };
        lines.push(line.named(&named.name.value));
    }
    if !complete {
        lines.push(Line::bad(About::Credential, Complaint::new("Q7449")));
    }
    complete
}

fn open_street(instance: &Instance, platform: &Arc<Platform>, lines: &mut Vec<Line>) -> Option<Street> {
    let told = |found: Vec<crate::config::Fault>, lines: &mut Vec<Line>| {
        lines.extend(found.into_iter().map(|fault| Line::bad(About::Credential, fault.complaint)));
    };
    let credentials = match Credentials::resolve(platform, &instance.root) {
        Ok(credentials) => credentials,
        Err(found) => {
            told(found, lines);
            return None;
        }
    };
    let profile = match Profile::compile(platform.clone()) {
        Ok(profile) => profile,
        Err(found) => {
            told(found, lines);
            return None;
        }
    };
    match Street::open(profile, credentials, &instance.root) {
        Ok(street) => Some(street),
        Err(complaint) => {
            lines.push(Line::bad(About::Tls, complaint));
            None
        }
    }
}

/// What the province offers besides deliveries, the simplest first.
fn offered(platform: &Platform) -> Vec<Operation> {
    let mut offered: Vec<Operation> =
        platform.operations.keys().copied().filter(|operation| !operation.is_delivery()).collect();
    offered.sort_by_key(|operation| (*operation != Operation::Ping, *operation));
    offered
}

/// A kind that the city reports, or else takes over.
fn a_kind(instance: &Instance, platform: &Platform) -> String {
    let mut routes = instance.routes.values().filter(|route| route.platform == platform.name);
    routes.next().map_or_else(|| "achievement".to_owned(), |route| route.kind.clone())
}

/// A code table, by the province's name for it.
fn a_table(instance: &Instance, platform: &Platform) -> String {
    if let Some(table) = platform.dictionaries.as_ref().and_then(|all| all.tables.first()) {
        return table.remote.value.clone();
    }
    let folder = instance.schemas.join(&platform.schemas.value).join("codes");
    let (codes, _) = Codes::load(&folder, &instance.crosswalks);
    codes.tables().next().unwrap_or_default().to_owned()
}

/// What the answers said of the time.
#[derive(Default)]
struct Clocks {
    ahead: Option<(i64, Timestamp)>,
    answered: bool,
}

impl Clocks {
    fn note(&mut self, ahead_s: Option<i64>, ours: Timestamp) {
        self.answered = true;
        self.ahead = self.ahead.or(ahead_s.map(|ahead| (ahead, ours)));
    }

    /// A refusal has a date too.
    fn overhear(&mut self, complaint: &Complaint, ours: Timestamp) {
        let said = complaint.facts.iter().find(|(name, _)| name == "clock");
        if let Some(ahead) = said.and_then(|(_, ahead)| ahead.parse().ok()) {
            self.note(Some(ahead), ours);
        }
    }

    fn line(&self) -> Line {
        let Some((ahead, ours)) = self.ahead else {
            return match self.answered {
                true => Line::skipped(About::Clock, "答复里没有 Date", "the answers have no Date"),
                false => Line::skipped(About::Clock, "还没有得到答复", "no answer yet"),
            };
        };
        let theirs = Timestamp(ours.0.saturating_add(ahead.saturating_mul(1_000_000)));
        let complaint = || {
            let complaint = Complaint::new("Q7448").fact("clock", ahead);
            complaint.fact("theirs", theirs.show(Shanghai)).fact("ours", ours.show(Shanghai))
        };
        match ahead.abs() {
            difference if difference > AHEAD_S_MAX => Line::bad(About::Clock, complaint()),
            difference if difference > AHEAD_S_REMARK => Line::remark(About::Clock, complaint()),
            difference => Line::well(
                About::Clock,
                format!("与省平台相差 {difference} 秒"),
                format!("{difference} s from the province's"),
            ),
        }
    }
}
