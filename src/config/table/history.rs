//! `[history]`: where the configurations that were in use are kept.

use std::path::PathBuf;

use crate::config::error::{Problem, quoted};
use crate::config::section::Section;
use crate::config::value::Kind;
use crate::config::variable::state_directory;

/// `None` is the empty string.
const DIRECTORY: Kind<Option<PathBuf>> = Kind::new("/var/lib/fngate/history", directory);
/// Where the service manager gives no directory for state.
const STATE: &str = "/var/lib/fngate";

/// `[history]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// `None`: nothing is kept.
    pub directory: Option<PathBuf>,
    /// How many revisions stay.
    pub keep: usize,
}

pub(in crate::config) fn read(section: &Section<'_>) -> History {
    let directory = match section.optional("directory", &DIRECTORY) {
        Some(found) => found.value,
        None => Some(state_directory(section.reader.lookup).unwrap_or_else(|| STATE.into()).join("history")),
    };
    History { directory, keep: section.number("keep", 100, 1..=10_000) }
}

fn directory(text: &str) -> Result<Option<PathBuf>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('/') && !text.contains('\0') {
        return Ok(Some(PathBuf::from(text)));
    }
    Err(Problem::new(format!("{} is not the absolute path of a directory", quoted(text))))
}
