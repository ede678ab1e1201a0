//! Where the files of a configuration are read from and written to.
//!
//! Whoever edits them knows nothing else of where they are: files on the disk, files in memory, or later a store that several gateways
//! share. One change is made at a time, and only of what the files held when it was thought of ([`Write::expected`]).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::source::disk::Disk;
use super::source::memory::Memory;
use super::source::{EntryKind, Names, Source};
use super::store::{Store, Write, WriteError, is_writable};

/// Files that can be changed.
pub trait Editable: Source {
    /// Writes all of these files, or none.
    ///
    /// # Errors
    /// Why nothing was written.
    fn write(&self, writes: &[Write]) -> Result<(), WriteError>;

    /// Whether a file may be written, or made.
    fn can_write(&self, path: &Path) -> bool;
}

/// Files on the disk, written by a [`Store`].
#[derive(Debug)]
pub struct DiskFiles {
    store: Store,
}

impl DiskFiles {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Source for DiskFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read(path)
    }

    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>> {
        Ok(Box::new(Disk.list(directory)?.collect::<Vec<_>>().into_iter()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        Disk.kind(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        Disk.identity(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        Disk.is_directory(path)
    }
}

impl Editable for DiskFiles {
    fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        self.store.write(writes)
    }

    fn can_write(&self, path: &Path) -> bool {
        is_writable(path)
    }
}

/// Files in memory. All of them may be written.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    files: Mutex<Memory>,
}

impl MemoryFiles {
    #[must_use]
    pub fn new(files: Memory) -> Self {
        Self { files: Mutex::new(files) }
    }

    fn files(&self) -> MutexGuard<'_, Memory> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files().read(path)
    }

    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>> {
        let names: Vec<_> = self.files().list(directory)?.collect();
        Ok(Box::new(names.into_iter()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.files().kind(path)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        self.files().identity(path)
    }
}

impl Editable for MemoryFiles {
    fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let mut files = self.files();
        if let Some(changed) = writes.iter().find(|write| files.read(&write.path).ok() != write.expected) {
            return Err(WriteError::Changed { path: changed.path.clone() });
        }
        writes.iter().for_each(|write| files.set(&write.path, write.content.clone()));
        Ok(())
    }

    fn can_write(&self, _path: &Path) -> bool {
        true
    }
}
