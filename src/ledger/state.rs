//! The life of a delivery: its states, what can happen to it, and the one function that moves it.

use crate::record::Language;

/// Where a delivery is. Only this room moves it, and only by [`State::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// May leave now.
    Queued,
    /// Waits for its next attempt.
    WaitingTime,
    /// Waits until the province knows its parents.
    WaitingParent,
    /// Waits for the end of its run, where the brakes are checked.
    WaitingRun,
    /// Waits until what the province already holds has been matched.
    WaitingAdoption,
    /// Waits for a person's word.
    WaitingPerson,
    /// Handed to the wire; the answer is not in yet.
    InFlight,
    /// The province may have it or not.
    InDoubt,
    /// The province took it in under a ticket and has not decided.
    Pending,
    /// The province has it.
    Accepted,
    /// Attempts are used up.
    Parked,
    /// The province said no.
    Refused,
    /// A newer version took its place before it left, or it is no longer wanted.
    Superseded,
}

/// What can happen to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Taken into a batch, or its batch taken again.
    Leased,
    /// The province will decide later.
    TakenIn,
    Accepted,
    Refused,
    /// Not accepted; worth another attempt later.
    Postponed,
    /// Not accepted, and no attempts are left.
    Spent,
    /// Proved not to have been looked at: the lane failed, not the record.
    NotAccepted,
    /// The answer was lost, or says nothing about it.
    Lost,
    /// A parent is not at the province.
    ParentMissing,
    ParentsThere,
    /// A brake holds its run's changes.
    Braked,
    /// A person, the end of a run or the end of adoption lets it go.
    Released,
    /// A newer version, or nothing at all, is wanted instead.
    Dropped,
}

impl State {
    pub const ALL: [State; 13] = [
        State::Queued,
        State::WaitingTime,
        State::WaitingParent,
        State::WaitingRun,
        State::WaitingAdoption,
        State::WaitingPerson,
        State::InFlight,
        State::InDoubt,
        State::Pending,
        State::Accepted,
        State::Parked,
        State::Refused,
        State::Superseded,
    ];

    /// The state after something happened; `None` where it cannot happen in this state.
    pub fn next(self, happening: Happening) -> Option<State> {
        use Happening as H;
        match self {
            State::Queued | State::WaitingTime => match happening {
                H::Leased => Some(State::InFlight),
                H::ParentMissing => Some(State::WaitingParent),
                // It cannot be put into the words of the profile.
                H::Refused => Some(State::Refused),
                H::Dropped => Some(State::Superseded),
                H::TakenIn | H::Accepted | H::Postponed | H::Spent | H::NotAccepted => None,
                H::Lost | H::ParentsThere | H::Braked | H::Released => None,
            },
            State::WaitingParent => match happening {
                H::ParentsThere => Some(State::Queued),
                H::Dropped => Some(State::Superseded),
                H::Leased | H::TakenIn | H::Accepted | H::Refused | H::Postponed | H::Spent => None,
                H::NotAccepted | H::Lost | H::ParentMissing | H::Braked | H::Released => None,
            },
            State::WaitingRun | State::WaitingAdoption | State::WaitingPerson => match happening {
                H::Released => Some(State::Queued),
                H::ParentMissing => Some(State::WaitingParent),
                H::Braked => Some(State::WaitingPerson),
                // Adoption found that the province holds it already.
                H::Accepted if self == State::WaitingAdoption => Some(State::Accepted),
                H::Dropped => Some(State::Superseded),
                H::Leased | H::TakenIn | H::Accepted | H::Refused | H::Postponed | H::Spent => None,
                H::NotAccepted | H::Lost | H::ParentsThere => None,
            },
            State::InFlight => match happening {
                H::TakenIn => Some(State::Pending),
                H::Accepted => Some(State::Accepted),
                H::Refused => Some(State::Refused),
                H::Postponed => Some(State::WaitingTime),
                H::Spent => Some(State::Parked),
                H::NotAccepted => Some(State::Queued),
                H::Lost => Some(State::InDoubt),
                H::Leased | H::ParentMissing | H::ParentsThere | H::Braked | H::Released => None,
                // What is out cannot be taken back: the newer version waits behind it.
                H::Dropped => None,
            },
            State::InDoubt => match happening {
                H::Leased => Some(State::InFlight),
                H::TakenIn => Some(State::Pending),
                H::Accepted => Some(State::Accepted),
                H::Refused => Some(State::Refused),
                // Not accepted, or so that sending it again does no harm.
                H::Postponed => Some(State::WaitingTime),
                H::Spent => Some(State::Parked),
                H::NotAccepted => Some(State::Queued),
                H::Lost => Some(State::InDoubt),
                H::ParentMissing | H::ParentsThere => None,
                H::Braked | H::Released | H::Dropped => None,
            },
            State::Pending => match happening {
                H::Accepted => Some(State::Accepted),
                H::Refused => Some(State::Refused),
                H::Postponed => Some(State::WaitingTime),
                H::Spent => Some(State::Parked),
                H::NotAccepted => Some(State::Queued),
                // It has not been decided in all the time that the profile allows: nobody calls that a failure.
                H::Lost => Some(State::InDoubt),
                // It is at the province: asked about, never sent again.
                H::Leased | H::TakenIn | H::ParentMissing | H::ParentsThere => None,
                H::Braked | H::Released | H::Dropped => None,
            },
            State::Parked | State::Refused => match happening {
                H::Dropped => Some(State::Superseded),
                H::Leased | H::TakenIn | H::Accepted | H::Refused | H::Postponed | H::Spent => None,
                H::NotAccepted | H::Lost | H::ParentMissing | H::ParentsThere | H::Braked | H::Released => {
                    None
                }
            },
            State::Accepted | State::Superseded => None,
        }
    }

    /// The word in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::WaitingTime => "waiting_time",
            State::WaitingParent => "waiting_parent",
            State::WaitingRun => "waiting_run",
            State::WaitingAdoption => "waiting_adoption",
            State::WaitingPerson => "waiting_person",
            State::InFlight => "in_flight",
            State::InDoubt => "in_doubt",
            State::Pending => "pending",
            State::Accepted => "accepted",
            State::Parked => "parked",
            State::Refused => "refused",
            State::Superseded => "superseded",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Proved never to have reached the province, and still open.
    pub fn is_home(self) -> bool {
        !matches!(
            self,
            State::InFlight | State::InDoubt | State::Pending | State::Accepted | State::Superseded
        )
    }

    pub fn name(self, language: Language) -> &'static str {
        match self {
            State::Queued => language.pick("待发送", "queued"),
            State::WaitingTime => language.pick("等待重试", "waiting to retry"),
            State::WaitingParent => language.pick("等待上级记录", "waiting for its parent"),
            State::WaitingRun => language.pick("等待本次读取结束", "waiting for the end of the scan"),
            State::WaitingAdoption => language.pick("等待认领结束", "waiting for adoption"),
            State::WaitingPerson => language.pick("待人工确认", "waiting for a person"),
            State::InFlight => language.pick("发送中", "in flight"),
            State::InDoubt => language.pick("待核实", "in doubt"),
            State::Pending => language.pick("受理中", "taken in, not decided"),
            State::Accepted => language.pick("已接收", "accepted"),
            State::Parked => language.pick("多次未成，待人工", "parked"),
            State::Refused => language.pick("被退回", "refused"),
            State::Superseded => language.pick("已被新版取代", "superseded"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAPPENINGS: [Happening; 13] = [
        Happening::Leased,
        Happening::TakenIn,
        Happening::Accepted,
        Happening::Refused,
        Happening::Postponed,
        Happening::Spent,
        Happening::NotAccepted,
        Happening::Lost,
        Happening::ParentMissing,
        Happening::ParentsThere,
        Happening::Braked,
        Happening::Released,
        Happening::Dropped,
    ];

    /// One line a state; one letter a happening in the order above: the state it leads to, or `.`.
    const TABLE: [(State, &str); 13] = [
        (State::Queued, "F..R....p...x"),
        (State::WaitingTime, "F..R....p...x"),
        (State::WaitingParent, ".........Q..x"),
        (State::WaitingRun, "........p.hQx"),
        (State::WaitingAdoption, "..A.....p.hQx"),
        (State::WaitingPerson, "........p.hQx"),
        (State::InFlight, ".TARtPQD....."),
        (State::InDoubt, "FTARtPQD....."),
        (State::Pending, "..ARtPQD....."),
        (State::Accepted, "............."),
        (State::Parked, "............x"),
        (State::Refused, "............x"),
        (State::Superseded, "............."),
    ];

    #[test]
    fn every_state_meets_every_happening() {
        let letter = |state| match state {
            State::Queued => 'Q',
            State::WaitingTime => 't',
            State::WaitingParent => 'p',
            State::WaitingPerson => 'h',
            State::InFlight => 'F',
            State::InDoubt => 'D',
            State::Pending => 'T',
            State::Accepted => 'A',
            State::Parked => 'P',
            State::Refused => 'R',
            State::Superseded => 'x',
            State::WaitingRun | State::WaitingAdoption => '?',
        };
        for ((state, expect), known) in TABLE.into_iter().zip(State::ALL) {
            assert_eq!(state, known);
            let found: String =
                HAPPENINGS.into_iter().map(|happening| state.next(happening).map_or('.', letter)).collect();
            assert_eq!(found, expect, "{state:?}");
        }
    }

    #[test]
    fn words_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.word()), Some(state));
        }
    }
}
