//! How a session is had: one step of `[[logins]]`, and how long what it gives is good for.

use std::time::Duration;

use serde_json::Value as Json;

use super::call::read_call;
use super::{AnswerText, Call, Named, Writing, expected_at, named};
use crate::config::{Located, Section};
use crate::record::Complaint;

/// One login. Its request and answer are described as those of an operation; it may use what the logins before it
/// gave.
#[derive(Clone, Debug)]
pub struct Login {
    /// `session.NAME` in expressions.
    pub name: Located<String>,
    pub call: Call,
    /// How its answer is read: its own keys over those of `[answer]`.
    pub answer: AnswerText,
    /// `session.NAME.KEY`: expressions over the answer.
    pub gives: Vec<Named>,
    pub term: Term,
    /// How long before its end a session is not used any more.
    pub renew_before: Duration,
}

/// How long a session is good for.
#[derive(Clone, Debug)]
pub enum Term {
    /// From the answer on.
    Lifetime(Duration),
    /// Expression over the answer: a time, or seconds or milliseconds since 1970.
    Expires(Located<String>),
    /// Until the province says that it is over.
    UntilRefused,
}

const RENEW_BEFORE: Duration = Duration::from_secs(60);

pub(super) fn read(root: &Section<'_>, writing: Writing, general: &AnswerText) -> Vec<Login> {
    let shapes = root.json("logins").unwrap_or_default();
    let sections = root.sections("logins");
    let mut logins: Vec<Login> = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        let Some(login) = read_login(section, &shapes[index], writing, general) else { continue };
        let taken = logins.iter().any(|earlier| earlier.name.value == login.name.value);
        if taken || !is_word(&login.name) {
            let expected = "a word of letters, digits and _ that no other login has";
            let complaint = expected_at(&format!("{}.name", section.path()), expected);
            section.complain_at("name", complaint.found(&login.name.value));
        }
        logins.push(login);
    }
    logins
}

fn read_login(section: &Section<'_>, shape: &Json, writing: Writing, general: &AnswerText) -> Option<Login> {
    let name = section.need_text("name");
    let call = read_call(section, shape, writing);
    let answer = call.as_ref().and_then(|call| call.answer.clone()).unwrap_or_default().or_general(general);
    if answer.success.is_none() {
        section.complain(Complaint::new("Q1002").fact("key", format!("{}.answer.success", section.path())));
    }
    let gives = section.need_section("gives").map(|found| named(found.all_texts())).unwrap_or_default();
    let lifetime = section.duration("lifetime");
    let expires = section.text("expires");
    let term = match (lifetime, expires) {
        (Some(_), Some(_)) => {
            let complaint = expected_at(section.path(), "one of `lifetime` and `expires`").found("both");
            section.complain_at("expires", complaint);
            Term::UntilRefused
        }
        (Some(lifetime), None) => Term::Lifetime(lifetime),
        (None, Some(expires)) => Term::Expires(expires),
        (None, None) => Term::UntilRefused,
    };
    let renew_before = section.duration("renew_before").unwrap_or(RENEW_BEFORE);
    for key in ["payload", "item", "records_max"] {
        if section.has(key) {
            // Nothing of a login is stored before it is sent: its body is an envelope, made afresh each time.
            section.complain_at(key, Complaint::new("Q7445").found(key));
        }
    }
    section.finish();
    Some(Login { name: name?, call: call?, answer, gives, term, renew_before })
}

fn is_word(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}
