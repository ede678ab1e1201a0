//! What can be wrong with a history.

use std::io;
use std::path::{Path, PathBuf};

/// What can be wrong with a history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("another process uses the history in {}{}", directory.display(), holder(*.pid))]
    Locked {
        directory: PathBuf,
        /// Who it is, if that can be told.
        pid: Option<u32>,
    },
    #[error(
        "the history in {} has version {found}, and this fngate knows {known}: use a newer fngate, or another directory",
        directory.display()
    )]
    Newer { directory: PathBuf, found: u32, known: u32 },
    #[error("{} does not hold the version of a history: is this its directory?", path.display())]
    Version { path: PathBuf },
    #[error("there is no revision {number}")]
    Missing { number: u64 },
    /// A part of the history is damaged; the rest can be used.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the path {} is not UTF-8, so the history cannot name it", path.display())]
    Name { path: PathBuf },
    #[error("the history cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl HistoryError {
    /// Makes an error of the disk one of `path`.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
