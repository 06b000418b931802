//! Collection forms: what a city that has no system yet sends round as a workbook, and reads back.
//!
//! A kind's schema says everything: the headings, the drop-downs, the explanations, and the expressions by which a
//! filled-in form becomes documents. Makes and reads workbooks as bytes; whose files they are, others know.

mod column;
mod complete;
mod explanation;
mod note;
mod shown;
mod workbook;

pub use column::{Choice, Column, Form, Group};
pub use complete::complete;
pub use note::{Note, annotate, workbook_of};
pub use workbook::{EXAMPLE_KEY, template};

#[cfg(test)]
mod tests;
