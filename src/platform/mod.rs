//! The street to the province: TLS, credentials, signing, envelopes, limits, redaction.
//!
//! A profile is compiled once; from it requests are built as plain data, by pure code, and carried by a
//! `Transport`. The room decides nothing about a delivery and keeps nothing: what an answer means is the
//! business of `delivery`. It never follows a redirect, never repeats a request by itself, uses no proxy that
//! is not configured, and cannot be told to trust just any certificate.

mod answer;
mod bindings;
mod call;
mod callback;
mod credentials;
mod decode;
mod files;
mod formula;
mod gate;
mod hand;
mod limiter;
mod login;
mod look;
mod markup;
mod names;
mod paper;
mod pending;
mod profile;
mod reading;
mod request;
mod session;
mod shown;
mod street;
mod template;
mod trust;
mod wire;
mod write;

pub(crate) use answer::http_date;
pub use answer::{Answer, Break, Broken, FailedLogin};
pub use bindings::{Bindings, Known};
pub use callback::{Believed, CallbackReading, Message};
pub use credentials::Credentials;
pub use decode::{Content, Unread, headers};
pub use files::FileForms;
pub use formula::Formula;
pub use gate::{Closed, Memory, day_of};
pub use hand::{HandReading, LayoutReading, PackageReading, ReceiptReading, SheetReading};
pub use login::Login;
pub use look::{Look, Shown, look};
pub(crate) use paper::one_line;
pub use pending::{PendingReading, StatusReading};
pub use profile::{Profile, Rule};
pub use reading::{
    AnswerReading, DictionaryReading, ItemsReading, ListReading, RecordReading, ReviewsReading,
};
pub use request::{Fresh, Request};
pub use session::Generation;
pub use shown::Masked;
pub use street::{Passage, Street, Transport};
pub use template::Part;
pub use trust::Certificate;
pub use wire::Wire;

#[cfg(test)]
mod tests;
