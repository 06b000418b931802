//! The decision about one record.

use super::{Action, Verdict};
use crate::config::{Act, Withdraw};
use crate::record::{Complaint, Fingerprint};

/// What the listing asks for, after mapping and schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// This content should stand at the province.
    Publish(Fingerprint),
    /// The city does not publish it.
    Filtered,
    /// The city's own flag says: take it down.
    Withdraw,
    /// A person must decide.
    Held,
    /// It breaks the province's schema or could not be mapped.
    Invalid,
}

/// What we know of the record before this run.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub presence: Presence,
    /// The newest delivery that is neither accepted nor superseded.
    pub owed: Option<Owed>,
    /// The row is the same as the last time; only mapping, schema or program differ.
    pub row_same: bool,
}

/// Whether the province has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Never,
    /// With this content; `None` where the record was adopted and its content is not known to be ours.
    There(Option<Fingerprint>),
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    pub action: Action,
    /// The content that it carries; a withdrawal has none.
    pub print: Option<Fingerprint>,
    pub state: OwedState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwedState {
    /// Proved never to have left: queued, waiting, parked, refused.
    Home,
    /// It never left, but an older one of the same record is in flight or in doubt before it.
    Behind,
    /// In flight or in doubt: the province may have it.
    Out,
}

/// Why a delivered record changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Data,
    /// Mapping, schema, code tables or program.
    Program,
}

/// What is to be done about the delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing: what is there, or what is owed already, is right.
    Leave,
    /// A new delivery. It supersedes an owed one that never left.
    Queue(Action, Cause),
    /// A withdrawal that waits for a person's word.
    Propose(Complaint),
    /// What was owed and never left is no longer wanted.
    Drop,
}

/// The decision: a verdict, a step, and a reason to show beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub verdict: Verdict,
    pub step: Step,
}

/// Decides about a record whose row was read.
///
/// Shape: one known state and one wish → exactly one decision; total and pure.
pub fn decide(known: &Known, wanted: &Wanted, rule: Withdraw) -> Decision {
    match wanted {
        Wanted::Publish(print) => Decision { verdict: Verdict::Publishable, step: publish(known, *print) },
        Wanted::Filtered => match known.presence {
            // The city published it once and does so no longer, without saying "withdraw": that is absence.
            Presence::There(_) => withdraw(known, rule.absence, "Q6002", Verdict::Filtered),
            Presence::Never | Presence::Withdrawn => {
                Decision { verdict: Verdict::Filtered, step: drop_owed(known) }
            }
        },
        Wanted::Withdraw => match known.presence {
            Presence::There(_) => withdraw(known, rule.flag, "Q6001", Verdict::Filtered),
            Presence::Never | Presence::Withdrawn => {
                Decision { verdict: Verdict::Filtered, step: drop_owed(known) }
            }
        },
        Wanted::Held => Decision { verdict: Verdict::Held, step: drop_owed(known) },
        Wanted::Invalid => Decision { verdict: Verdict::Invalid, step: drop_owed(known) },
    }
}

/// Decides about a record whose row is gone from a complete scan. While it may still come back (`in_grace`), what the
/// province has stays there, and what is owed stays owed, as if nothing had happened.
pub fn decide_absent(known: &Known, rule: Withdraw, in_grace: bool) -> Decision {
    match known.presence {
        Presence::There(_) if in_grace && rule.absence != Act::Never => {
            Decision { verdict: Verdict::Held, step: Step::Leave }
        }
        Presence::There(_) => withdraw(known, rule.absence, "Q6003", Verdict::Absent),
        Presence::Never | Presence::Withdrawn => {
            Decision { verdict: Verdict::Absent, step: drop_owed(known) }
        }
    }
}

fn publish(known: &Known, print: Fingerprint) -> Step {
    let cause = if known.row_same { Cause::Program } else { Cause::Data };
    if let Some(owed) = known.owed {
        if owed.print == Some(print) {
            return Step::Leave;
        }
        // The change was taken back before it left, and the province still has the right content. Behind another one
        // that is out nobody knows what the province has, and the content has to be sent once more.
        if owed.state == OwedState::Home && known.presence == Presence::There(Some(print)) {
            return Step::Drop;
        }
    } else if known.presence == Presence::There(Some(print)) {
        return Step::Leave;
    }
    match known.presence {
        // What is out may be accepted; the ledger turns a create into an update once it knows.
        Presence::Never => Step::Queue(Action::Create, Cause::Data),
        Presence::There(_) | Presence::Withdrawn => Step::Queue(Action::Update, cause),
    }
}

fn withdraw(known: &Known, act: Act, id: &str, verdict: Verdict) -> Decision {
    if known.owed.is_some_and(|owed| owed.action == Action::Withdraw) {
        return Decision { verdict, step: Step::Leave };
    }
    match act {
        Act::Auto => Decision { verdict, step: Step::Queue(Action::Withdraw, Cause::Data) },
        Act::Ask => Decision { verdict: Verdict::Held, step: Step::Propose(Complaint::new(id)) },
        Act::Never => Decision { verdict, step: drop_owed(known) },
    }
}

fn drop_owed(known: &Known) -> Step {
    match known.owed {
        Some(Owed { state: OwedState::Home | OwedState::Behind, .. }) => Step::Drop,
        Some(Owed { state: OwedState::Out, .. }) | None => Step::Leave,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Withdraw = Withdraw { flag: Act::Auto, absence: Act::Ask };

    fn print(seed: u8) -> Fingerprint {
        Fingerprint([seed; 32])
    }

    fn known(presence: Presence, owed: Option<(Action, u8, OwedState)>) -> Known {
        let owed = owed.map(|(action, seed, state)| Owed { action, print: Some(print(seed)), state });
        Known { presence, owed, row_same: false }
    }

    #[test]
    fn every_wish_meets_every_state_with_the_step_an_operator_expects() {
        use Action::{Create, Update};
        use OwedState::{Behind, Home, Out};
        use Presence::{Never, There, Withdrawn};
        let there = |seed| There(Some(print(seed)));
        let rows = [
            (Never, None, Wanted::Publish(print(1)), Step::Queue(Create, Cause::Data)),
            (Never, Some((Create, 1, Home)), Wanted::Publish(print(1)), Step::Leave),
            (Never, Some((Create, 1, Home)), Wanted::Publish(print(2)), Step::Queue(Create, Cause::Data)),
            (Never, Some((Create, 1, Out)), Wanted::Publish(print(1)), Step::Leave),
            (Never, Some((Create, 1, Out)), Wanted::Publish(print(2)), Step::Queue(Create, Cause::Data)),
            (there(1), None, Wanted::Publish(print(1)), Step::Leave),
            (there(1), None, Wanted::Publish(print(2)), Step::Queue(Update, Cause::Data)),
            (there(1), Some((Update, 2, Home)), Wanted::Publish(print(1)), Step::Drop),
            (there(1), Some((Update, 2, Out)), Wanted::Publish(print(1)), Step::Queue(Update, Cause::Data)),
            (
                there(1),
                Some((Update, 3, Behind)),
                Wanted::Publish(print(1)),
                Step::Queue(Update, Cause::Data),
            ),
            (there(1), Some((Update, 3, Behind)), Wanted::Publish(print(3)), Step::Leave),
            (there(1), Some((Update, 3, Behind)), Wanted::Invalid, Step::Drop),
            (Never, Some((Create, 2, Behind)), Wanted::Withdraw, Step::Drop),
            (There(None), None, Wanted::Publish(print(1)), Step::Queue(Update, Cause::Data)),
            (Withdrawn, None, Wanted::Publish(print(1)), Step::Queue(Update, Cause::Data)),
            (Never, Some((Create, 1, Home)), Wanted::Invalid, Step::Drop),
            (Never, Some((Create, 1, Out)), Wanted::Invalid, Step::Leave),
            (there(1), None, Wanted::Invalid, Step::Leave),
            (Never, None, Wanted::Filtered, Step::Leave),
            (Never, Some((Create, 1, Home)), Wanted::Withdraw, Step::Drop),
            (there(1), None, Wanted::Withdraw, Step::Queue(Action::Withdraw, Cause::Data)),
            (there(1), None, Wanted::Filtered, Step::Propose(Complaint::new("Q6002"))),
            (Withdrawn, None, Wanted::Withdraw, Step::Leave),
        ];
        for (presence, owed, wanted, expect) in rows {
            let given = known(presence, owed);
            assert_eq!(decide(&given, &wanted, RULE).step, expect, "{given:?} {wanted:?}");
        }
    }

    #[test]
    fn absence_asks_and_never_withdraws_by_itself() {
        let decision = decide_absent(&known(Presence::There(Some(print(1))), None), RULE, false);
        assert_eq!(
            decision,
            Decision { verdict: Verdict::Held, step: Step::Propose(Complaint::new("Q6003")) }
        );
        let never = Withdraw { flag: Act::Never, absence: Act::Never };
        let decision = decide_absent(&known(Presence::There(Some(print(1))), None), never, false);
        assert_eq!(decision, Decision { verdict: Verdict::Absent, step: Step::Leave });
    }

    #[test]
    fn grace_keeps_what_the_province_has_and_nothing_else() {
        let auto = Withdraw { flag: Act::Auto, absence: Act::Auto };
        let never = Withdraw { flag: Act::Auto, absence: Act::Never };
        let there = Presence::There(Some(print(1)));
        let owed = Some((Action::Update, 2, OwedState::Home));
        let new = Some((Action::Create, 1, OwedState::Home));
        let rows = [
            (there, owed, auto, true, Verdict::Held, Step::Leave),
            (there, owed, auto, false, Verdict::Absent, Step::Queue(Action::Withdraw, Cause::Data)),
            (there, None, RULE, true, Verdict::Held, Step::Leave),
            (there, None, never, true, Verdict::Absent, Step::Leave),
            (Presence::Never, new, auto, true, Verdict::Absent, Step::Drop),
        ];
        for (presence, owed, rule, in_grace, verdict, step) in rows {
            let given = known(presence, owed);
            let found = decide_absent(&given, rule, in_grace);
            assert_eq!(found, Decision { verdict, step }, "{given:?} {rule:?} {in_grace}");
        }
    }

    #[test]
    fn a_change_without_a_changed_row_is_the_programs_doing() {
        let given = Known { row_same: true, ..known(Presence::There(Some(print(1))), None) };
        let step = decide(&given, &Wanted::Publish(print(2)), RULE).step;
        assert_eq!(step, Step::Queue(Action::Update, Cause::Program));
    }
}
