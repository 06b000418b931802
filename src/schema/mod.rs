//! Is this document what the province asks?
//!
//! Reads the province's schema files — JSON Schema 2020-12 with keywords of our own — and turns a document into
//! a `Checked` or into every complaint about it at once, at the field that is meant and in words for a clerk.
//! Refuses to mend: a document is never changed here. Knows nothing of columns but what it is told.

mod complain;
mod engine;
mod field;
mod formats;
mod keywords;
mod kind;
mod load;
mod natural;
mod place;
mod read;
mod rules;
mod set;
mod text;
mod verify;
mod words;

pub use field::{Basis, Class, FieldInfo, Source};
pub use kind::{Checked, Kind};
pub use natural::{alike, natural_keys, plain};
pub use rules::Rule;
pub use set::SchemaSet;

#[cfg(test)]
mod tests;
