//! One suite for every engine: what is stored comes out as the right value or is refused by its column's name, in the
//! order of keys, from one state, and nothing is ever changed.
//!
//! The suite knows no engine; a file for each says how it declares and writes things. Nothing here depends on the zone
//! of the machine: run it under `TZ=America/New_York` too.

#[path = "../servers/mod.rs"]
mod servers;

mod mysql;
#[cfg(feature = "odbc")]
mod odbc;
mod postgres;
mod sqlite;
mod suite;
mod versions;
mod walk;
