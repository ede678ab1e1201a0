//! Where in the files something stands.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A value and the place that set it; no place means the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub place: Option<Place>,
}

/// A position in a configuration file, counted from one. Displays as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub file: Arc<Path>,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}
