//! Why files were not written.

use std::io;
use std::path::{Path, PathBuf};

/// Why files were not written. All of them are as they were, unless it is [`Self::NotUndone`].
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file does not hold what the change was made from.
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
    /// An earlier write was interrupted. `recover` comes first.
    #[error("an earlier change is unfinished: see {}", journal.display())]
    Unfinished { journal: PathBuf },
    /// The write failed, and so did going back. `recover` tries again.
    #[error("a change that failed could not be undone: see {}", journal.display())]
    NotUndone { journal: PathBuf, source: io::Error },
}

impl WriteError {
    /// The error with the path that its caller knows the file by.
    pub(super) fn about(mut self, known: &Path) -> Self {
        if let Self::Changed { path } | Self::ReadOnly { path, .. } | Self::Io { path, .. } = &mut self {
            known.clone_into(path);
        }
        self
    }

    /// What a failure to write `path` means.
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
