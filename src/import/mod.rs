//! Remote records come home: fetched page by page, checked, mapped onto the city's columns, written to its table.
//!
//! Nothing lands unchecked, and nothing of the city's own lands at all. What fails a check waits in quarantine
//! for a person and keeps no other record waiting. A row that somebody edited at home is never overwritten but
//! by the route's own rule. Refuses to decide what is a duplicate: it only holds what looks like one.

mod counts;
mod judge;
mod land;
mod markup;
mod page;
mod pass;
mod route;
mod rowprint;

pub use counts::{ImportCounts, ImportReport};
pub use pass::{Importer, Watch};
pub use route::ImportRoute;

#[cfg(test)]
mod tests;
