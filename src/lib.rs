//! qilu: the connector between a city's science-and-technology market and the provincial platform.
//!
//! The order of the `mod` lines below is the section drawing of the house: a room uses only rooms above it.
//! `tests/architecture.rs` holds the exact table of who may use whom.

pub mod record;

pub mod clock;

pub mod config;

pub mod codes;

pub mod crypto;

pub mod expression;

pub mod mapping;

pub mod schema;

pub mod form;

pub mod plan;

pub mod db;

pub mod audit;

pub mod ledger;

pub mod schedule;

pub mod city;

pub mod source;

pub mod propose;

pub mod attachment;

pub mod platform;

pub mod openapi;

pub mod assumption;

pub mod delivery;

pub mod hand;

pub mod import;

pub mod sync;

pub mod check;

pub mod doctor;

pub mod sandbox;

pub mod console;

pub mod init;

pub mod daemon;

pub mod demo;

pub mod cli;
