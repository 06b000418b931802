//! The tamper-evident log: append, seal, prove, verify, list, export.
//!
//! One event is one committed transaction of the ledger, written inside that transaction: there is no action
//! without its event and no event without its action. The events are the leaves of an RFC 6962 tree, whose head
//! is signed as a checkpoint and exported off the host. The log holds random record ids and salted commitments;
//! keys, bodies and salts live elsewhere and can be erased without breaking it.
//!
//! What this room refuses to do: it changes no event, ever; it signs nothing that does not extend what it signed
//! before; it appends nothing to a log that does not fit its own tree. `verify` shares no code with `append`.

mod append;
mod deed;
mod difference;
mod erase;
mod error;
mod event;
mod export;
mod keep;
mod key;
mod leaf;
mod list;
mod load;
mod note;
mod prove;
mod seal;
mod stored;
mod tables;
mod tiles;
mod tree;
mod verify;

pub use append::append;
pub use deed::Deed;
pub use difference::Difference;
pub use erase::erase_salts;
pub use error::Error;
pub use event::{Event, Item, Versions};
pub use export::{export_checkpoints, export_evidence};
pub use keep::{configuration, keep, kept};
pub use key::{PublicKey, Signer, origin};
pub use list::{Entry, EntryItem, Filter, Page, items, list, size};
pub use load::{create_signer, load_notes, load_public_key, load_signer};
pub use note::{Checkpoint, SignedNote};
pub use prove::{Evidence, consistency, opens, prove};
pub use seal::{Sealed, last_sealed, seal};
pub use tables::MIGRATIONS;
pub use verify::{CheckedEvidence, Fault, Finding, Head, Report, check_evidence, verify};
