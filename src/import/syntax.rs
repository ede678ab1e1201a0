//! Where a document stops being YAML or JSON.

use std::fmt;

/// What is wrong, and where: line and column, counted from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl SyntaxError {
    /// The one of two readers that came further: it understood more of the document.
    pub(super) fn later(self, other: Self) -> Self {
        if (other.line, other.column) > (self.line, self.column) { other } else { self }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for SyntaxError {}
