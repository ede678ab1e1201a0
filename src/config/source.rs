//! Where the files of a configuration come from.
//!
//! All of them are read through a [`Source`]: the main file, those that it includes, and those that keys name. So a
//! configuration can be checked as a whole before any of it is on the disk.

pub mod disk;
pub mod memory;
pub mod overlay;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The names in a directory, in no order.
pub type Names<'a> = Box<dyn Iterator<Item = OsString> + 'a>;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    Directory,
    /// A symbolic link, wherever it leads.
    Link,
    /// A file, or something else that has a name.
    File,
}

/// A tree of files. Relative paths are seen from the working directory.
pub trait Source: fmt::Debug + Send + Sync {
    /// What a file holds.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a directory; it may be the end of a link. An empty path is the working directory.
    ///
    /// # Errors
    /// Why it cannot be listed.
    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>>;

    /// What is at a path, if anything is. Links in front of the last name are followed.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// What two paths to one file have in common: the path without links. A path that leads to nothing may be returned as it is.
    fn identity(&self, path: &Path) -> PathBuf;

    /// Whether a path leads to a directory, links followed.
    fn is_directory(&self, path: &Path) -> bool {
        match self.kind(path) {
            Some(EntryKind::Link) => self.kind(&self.identity(path)) == Some(EntryKind::Directory),
            found => found == Some(EntryKind::Directory),
        }
    }
}
