//! The verifier: reads the tables and the encoding by itself, hashes by itself, and shares nothing with the
//! writer but the form of signed notes.
//!
//! It goes once through the log in pages, with two trees growing side by side: one over the hashes that the
//! events have *now*, one over the hashes that the tree *kept*. Where they differ, an event or the tree has been
//! changed, and a signed checkpoint tells which of the two. An alteration that recomputed everything differs from
//! every checkpoint signed after it; with a checkpoint kept elsewhere, not even the holder of the key escapes.

mod evidence;
#[cfg(test)]
mod flips;
mod heads;
mod kept;
#[cfg(test)]
mod mutations;
mod reading;
mod report;
mod runs;
mod tiles;
mod tree;
mod walk;

pub use evidence::{CheckedEvidence, check_evidence};
pub(super) use reading::leaf_of;
pub use report::{Fault, Finding, Head, Report};

use super::error::Error;
use super::key::PublicKey;
use crate::db::Db;

/// Verifies the whole log and tells everything that is wrong with it, and where.
///
/// Shape:  `keys` are those that may have signed; `known_notes` are checkpoints that came from elsewhere: exported
///         files, an earlier report. Constant memory, one pass.
/// Errors: only a database that cannot be read. Whatever is wrong with the log is a finding.
pub async fn verify(db: &Db, keys: &[PublicKey], known_notes: &[String]) -> Result<Report, Error> {
    let mut report = Report::new(keys);
    walk::events(db, keys, known_notes, &mut report).await?;
    Ok(report)
}
