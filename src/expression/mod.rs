//! The one expression language: Jinja's syntax, our own meaning.
//!
//! Null propagates, decimals stay exact, and a comparison of unlike things is a complaint instead of a quiet
//! `false`. The filters are the closed set of [`filters()`]. Nothing here reaches a file, a clock or a network,
//! and an evaluation ends: there are no loops, and texts have a limit.

mod compile;
mod filters;
mod node;
mod operators;
mod scope;

#[cfg(test)]
mod properties;

use std::fmt;
use std::sync::Arc;

use crate::record::{Complaint, Value};

pub use compile::CompileFault;
pub use filters::{Filter, filters};
pub use scope::{Hint, Names, Scope, Witness};

use node::Node;

/// The version of what filters and operators mean; it goes up when a result changes for the same input, so that
/// the change shows as ours and not as the city's.
pub const MEANING_VERSION: u64 = 2;

/// A compiled expression; a clone shares it.
///
/// Names are columns or document fields; `row['odd name']` writes those that are no identifiers.
#[derive(Clone)]
pub struct Expression(Arc<Compiled>);

struct Compiled {
    text: Box<str>,
    root: Node,
    uses: compile::Uses,
}

impl Expression {
    /// Reads and resolves an expression. Errors: all that is wrong with it, where it can be read at all.
    pub fn compile(text: &str) -> Result<Self, Vec<CompileFault>> {
        let (root, uses) = compile::compile(text)?;
        Ok(Expression(Arc::new(Compiled { text: text.into(), root, uses })))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its parts where it is `a or b or c`, so that people can be told which of them is true; else itself.
    pub fn alternatives(&self) -> Vec<Expression> {
        let parts = compile::alternatives(self.text());
        let parts: Result<Vec<_>, _> = parts.into_iter().map(Expression::compile).collect();
        parts.unwrap_or_else(|_| vec![self.clone()])
    }

    /// The columns or fields it reads, in order of appearance.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0.uses.names
    }

    /// `name.member`, wherever the expression says so: what of a name it reads.
    pub fn members(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.0.uses.members
    }

    /// The code tables it names.
    pub fn tables(&self) -> &[Arc<str>] {
        &self.0.uses.tables
    }

    /// The kinds of parents it refers to.
    pub fn parents(&self) -> &[Arc<str>] {
        &self.0.uses.parents
    }

    /// The filters it applies, those inside `map` included.
    pub fn filters(&self) -> &[&'static str] {
        &self.0.uses.filters
    }

    /// The value over one row or document.
    ///
    /// Errors: a complaint without pointer and column; who knows the field adds them.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, Complaint> {
        self.0.root.evaluate(scope).map(|value| value.into_owned())
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.0.text)
    }
}

/// What a predicate says: yes, no, or unknown (null). Errors: Q3106 for anything else.
pub fn truth(value: &Value) -> Result<Option<bool>, Complaint> {
    operators::truth(value)
}

#[cfg(test)]
mod tests;
