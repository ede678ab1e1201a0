//! Why files were not written.

use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was written. After [`Self::NotUndone`] some files may be new.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The content is not the expected one.
    #[error("{} was changed by someone else", path.display())]
    Changed { path: PathBuf },
    /// This process may not replace the file.
    #[error("{} cannot be written by this process", path.display())]
    ReadOnly { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// Two paths lead to one file.
    #[error("{} is written twice in one change", path.display())]
    Twice { path: PathBuf },
    #[error("another change is being written")]
    Busy,
    /// An earlier write was interrupted: call `recover` first.
    #[error("an earlier change is unfinished: see {}", journal.display())]
    Unfinished { journal: PathBuf },
    /// The write failed and could not be undone: call `recover`.
    #[error("a change that failed could not be undone: see {}", journal.display())]
    NotUndone { journal: PathBuf, source: io::Error },
}

impl WriteError {
    /// Replaces the canonical path by the one that the caller knows.
    pub(super) fn about(mut self, known: &Path) -> Self {
        if let Self::Changed { path } | Self::ReadOnly { path, .. } | Self::Io { path, .. } = &mut self {
            known.clone_into(path);
        }
        self
    }

    /// Classifies an I/O error of `path`.
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::ResourceBusy => {
                Self::ReadOnly { path, source }
            }
            _ => Self::Io { path, source },
        }
    }
}
