//! Where the files of a configuration come from.
//!
//! Every file is read through a [`Source`]: the main file, included files, and files that keys name. This allows to check a changed
//! configuration as a whole before anything is written.

pub mod disk;
pub mod memory;
pub mod overlay;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The names in a directory, in no particular order.
pub type Names<'a> = Box<dyn Iterator<Item = OsString> + 'a>;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    Directory,
    /// A symbolic link, even if its target is missing.
    Link,
    /// A regular file, or any other kind of entry.
    File,
}

/// A read-only file tree. Relative paths start at the working directory.
pub trait Source: fmt::Debug + Send + Sync {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Lists the names in a directory. Follows links. An empty path is the working directory.
    ///
    /// # Errors
    /// Why it cannot be listed.
    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>>;

    /// The kind of entry at a path, if there is one. A link as the last component is not followed.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// The canonical path of a file: equal for all paths that lead to it. May return the path unchanged if nothing is there.
    fn identity(&self, path: &Path) -> PathBuf;

    /// Whether there is a directory at a path. Follows links.
    fn is_directory(&self, path: &Path) -> bool {
        match self.kind(path) {
            Some(EntryKind::Link) => self.kind(&self.identity(path)) == Some(EntryKind::Directory),
            found => found == Some(EntryKind::Directory),
        }
    }
}
