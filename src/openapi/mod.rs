//! The province's interface as an OpenAPI 3.1 document, for readers and tools that have never heard of us.
//!
//! Everything in it comes from a platform's profile and the schema files it names: an expression is tried out on
//! made-up names to see which text or type comes of it. The room sends nothing, reads no file, and adds nothing
//! that the profile does not say. The same profile and schemas give the same document, byte for byte.

mod answer;
mod document;
mod operation;
mod parameter;
mod probe;
mod template;

pub use document::document;

#[cfg(test)]
mod tests;
