//! What travels through the house: keys, values, rows, documents, fingerprints and complaints.
//!
//! Free to all rooms. Knows no file, no database, no clock and no network; everything here is total and
//! gives the same answer every time.

mod catalogue;
mod complaint;
mod document;
mod file;
mod fingerprint;
mod heading;
mod identity;
mod key;
mod mask;
mod row;
mod stranger;
mod value;

pub use catalogue::{Entry, ID_PREFIXES, catalogue, entry};
pub use complaint::{Complaint, Language, Owner, Severity};
pub use document::{Document, PARENT_PREFIX, ParentRef, canonical_json};
pub use file::{FILE_PREFIX, FileRef, FileSource};
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use heading::{heading, is_heading_of};
pub use identity::{patent_check, resident_id_check, uscc_check};
pub use key::{Key, KeyError, KeyPart};
pub use mask::mask;
pub use row::{Columns, Row, find_column};
pub use stranger::{Scale, TreeFault, TreeLimits, read_json};
pub use value::Value;
