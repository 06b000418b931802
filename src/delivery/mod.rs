//! Batches become requests, answers become events.
//!
//! What an answer means is decided here and nowhere else: one remedy table, the profile's first, ours after it.
//! HTTP's status alone proves nothing; an answer that is not understood is doubt, never success; an item that
//! the answer does not mention is unknown. The room keeps no state and repeats nothing: when a batch goes again
//! is the ledger's business, `next_wait` only says how long to wait.

mod callback;
mod dictionary;
mod exchange;
mod heard;
mod judge;
mod knock;
mod login;
mod pending;
mod read;
mod render;
mod reviews;
mod said;
mod upload;
mod verdict;
mod wait;

pub use callback::told;
pub use dictionary::{DictionaryEntry, RemoteDictionary, dictionary};
pub use exchange::exchange;
pub use judge::{Judgement, judge, weigh};
pub use knock::{Knock, is_harmless, knock, sign_in};
pub use pending::{ask_about, next_ask};
pub use read::{Bookmark, LookFor, Page, Ping, RemoteRecord, Scope, list, lookup, ping};
pub use render::{Rendering, portion, preview, render};
pub use reviews::{About, Review, ReviewPage, review_of, reviews_after, reviews_since};
pub use upload::{Upload, upload};
pub use wait::next_wait;

use crate::config::platform::Operation;
use crate::plan::Action;

/// The operation of the profile that carries an action out.
pub fn operation(action: Action) -> Operation {
    match action {
        Action::Create => Operation::Create,
        Action::Update => Operation::Update,
        Action::Withdraw => Operation::Withdraw,
    }
}

#[cfg(test)]
mod tests;
