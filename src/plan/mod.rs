//! Known × wanted → what to do.

mod action;

pub use action::Action;
