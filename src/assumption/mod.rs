//! What we have assumed about a province that published nothing, as one sheet that it can fill in.
//!
//! Three parts: questions that only the province can answer, how we think its interface works, and every field that
//! no law or standard asks for. All of it is read from the profile, the schema files and a list of questions; the
//! room judges nothing and decides nothing.

mod interface;
mod row;
mod sheet;

pub use row::{Part, Question, Row, Sheet, questions};
pub use sheet::{Form, markdown};
