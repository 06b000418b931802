//! Whom we believe to be the province, and how we prove to be ourselves.
//!
//! One judge for everybody who speaks TLS here: the client that carries requests and the look that only wants to
//! see the certificate. There is no way to accept just any certificate.

mod certificate;
mod load;
mod pin;
mod witness;

pub use certificate::Certificate;
pub(super) use load::{client_config, judge};
pub(super) use witness::Witness;
