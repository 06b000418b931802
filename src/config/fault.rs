//! Where in a file something is wrong.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;

use crate::record::{Complaint, Language};

/// A complaint about a place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub complaint: Complaint,
}

impl Fault {
    /// `routes/achievement.toml:12:5: Q1003 …` and, on its own line, what to do.
    pub fn show(&self, language: Language) -> String {
        let Fault { file, line, column, complaint } = self;
        format!(
            "{}:{line}:{column}: {} {}\n    {}",
            file.display(),
            complaint.id,
            complaint.message(language),
            complaint.advice(language)
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(Language::English))
    }
}

/// A value with the place where it was written, so that a later check can point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    pub value: T,
    pub line: usize,
    pub column: usize,
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Located<T> {
    /// A fault at this place; `offset` characters further on where the fault lies inside the value.
    pub fn fault(&self, file: impl Into<PathBuf>, offset: usize, complaint: Complaint) -> Fault {
        Fault { file: file.into(), line: self.line, column: self.column + offset, complaint }
    }
}
