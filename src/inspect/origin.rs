//! Where in the files an object is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::{Place, Setting};

/// Where in the files an object stands, and whether it can be changed there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Origin {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// Why the admin API cannot change the object; null if it can, or if this was read from files without a running gateway.
    pub read_only: Option<String>,
}

impl From<&Place> for Origin {
    fn from(place: &Place) -> Self {
        let file = place.file.to_string_lossy().into_owned();
        Self { file, line: place.line, column: place.column, read_only: None }
    }
}

/// Why the admin API cannot change the objects of a file.
#[must_use]
pub fn read_only(file: &Path) -> String {
    format!("{} cannot be written by the gateway", file.display())
}

/// `file:line:column`, or `default`.
#[must_use]
pub fn set_at<T>(setting: &Setting<T>) -> String {
    setting.place.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string)
}
