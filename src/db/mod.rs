//! Our own database: opens it, migrates it, hands out transactions.
//!
//! The one seam between dialects. Rooms write statements that SQLite and PostgreSQL both understand: `$1`
//! places, `on conflict`, `returning`; types are whole numbers, text and blobs, nothing else. What the rows
//! mean is the business of `audit`, `ledger` and `schedule`.

mod store;

pub use store::{Db, Error, Migration, Row, Trouble, Tx};

/// One argument of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Int(number)
    }
}

impl From<bool> for Arg<'_> {
    fn from(flag: bool) -> Self {
        Arg::Int(i64::from(flag))
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Arg::Blob(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Arg::Blob(bytes)
    }
}

impl<'a> From<&'a crate::record::Fingerprint> for Arg<'a> {
    fn from(print: &'a crate::record::Fingerprint) -> Self {
        Arg::Blob(print.as_bytes())
    }
}

impl From<crate::clock::Timestamp> for Arg<'_> {
    fn from(time: crate::clock::Timestamp) -> Self {
        Arg::Int(time.0)
    }
}

impl<'a, T: Into<Arg<'a>>> From<Option<T>> for Arg<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Arg::Null, Into::into)
    }
}

/// The arguments of a statement, each turned into an [`Arg`].
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Arg::from($value)),*] };
}

/// One row of [`Tx::execute_rows`], each value turned into an [`Arg`].
#[macro_export]
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
