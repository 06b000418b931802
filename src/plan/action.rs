//! What may be owed to the province.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a delivery does at the province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Create,
    Update,
    Withdraw,
}

impl Action {
    pub const ALL: [Action; 3] = [Action::Create, Action::Update, Action::Withdraw];

    /// The word in the ledger, the audit log and the platform profile.
    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Withdraw => "withdraw",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Action::ALL.into_iter().find(|action| action.word() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
