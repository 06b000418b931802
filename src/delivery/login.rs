//! What a login that gave no session means for the request that waited for it.

use super::heard::Heard;
use super::verdict::{Outcome, Verdict, named_credentials, of_answer};
use crate::config::platform::Operation;
use crate::ledger::{LaneEffect, Trouble};
use crate::platform::{Broken, FailedLogin, Profile, one_line};
use crate::record::Complaint;

/// The verdict on a request that was not sent, since no session could be had for it.
///
/// Shape:  always proved not accepted, whatever became of the login: nothing of the batch has left. The lane pauses
///         or waits for a person; a login never spends an attempt of a record.
pub(super) fn of_login(profile: &Profile, broken: &Broken) -> Verdict {
    let pause = profile.platform().limits.pause;
    let not_accepted = |complaint, lane| Verdict {
        outcome: Outcome::NotAccepted,
        trouble: Trouble { complaint, lane },
        renewal: None,
    };
    let name = broken.login.as_ref().map_or("–", |login| login.name.as_str());
    let (Some(login), Some((answer, content))) = (&broken.login, broken.login_answer()) else {
        let complaint = Complaint::new("Q7442").fact("login", name).fact("pause", pause.as_secs());
        let complaint = complaint.fact("reason", one_line(&broken.reason, 200));
        return not_accepted(complaint, LaneEffect::Pause(pause));
    };
    if let FailedLogin { lacks: Some(what), .. } = login.as_ref() {
        let complaint = Complaint::new("Q7443").fact("login", name).fact("what", what);
        return not_accepted(complaint, LaneEffect::Block);
    }
    let heard = Heard::read(profile, Operation::Login, answer, content.clone());
    let Verdict { outcome, trouble, .. } = of_answer(profile, Operation::Login, 0, answer, &heard);
    let lane = match trouble.lane {
        LaneEffect::None if outcome == Outcome::Refused => LaneEffect::Block,
        // Nobody said no: a page, an internal error, a rule that says to try again.
        LaneEffect::None
            if answer.status >= 500 || heard.body().is_none() || outcome == Outcome::NotAccepted =>
        {
            LaneEffect::Pause(pause)
        }
        LaneEffect::None => LaneEffect::Block,
        said => said,
    };
    // Clocks, throttling and maintenance say already what must be done; all else is about this login.
    let complaint = match trouble.complaint.id.as_str() {
        "Q7114" | "Q7108" | "Q7109" => trouble.complaint,
        _ => Complaint { facts: trouble.complaint.facts, ..Complaint::new("Q7441") }
            .fact("login", name)
            .fact("credentials", named_credentials(profile)),
    };
    not_accepted(complaint, lane)
}
