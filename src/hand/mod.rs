//! A province without an interface: a person carries files there and brings receipts back.
//!
//! An equal of the street by HTTP: the same ledger claims the batch, the same audit holds its hash, the same states
//! follow. The room makes the file of a batch (a workbook in the province's own form, or a packed table of cells),
//! lays it out without ever overwriting anything, and reads what a receipt says, item by item, with the rules that
//! hold for answers: what is not mentioned is unknown, and never accepted. It moves no record: that is the ledger's.

mod courier;
mod export;
mod judge;
mod load;
mod package;
mod paper;
mod receipt;
mod sqlite;
mod table;
mod workbook;

pub use courier::Courier;
pub use export::{Laid, lay_out, look, set_aside};
pub use judge::{Judged, judge};
pub use load::read_receipt;
pub use paper::Sheet;
pub use receipt::Receipt;
pub use table::{Column, Line, Table};

#[cfg(test)]
mod tests;
