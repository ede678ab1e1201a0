//! Writes several files of a configuration, all or nothing.
//!
//! If the process is killed during a write, [`Store::recover`] completes or undoes it at the next start. A file that someone else has
//! changed is never overwritten: the old content is compared after the names were exchanged, so there is no window between check
//! and change. Extended attributes and ACLs are not copied.

mod change;
mod effect;
mod error;
mod journal;
mod rights;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use self::change::{Change, Reverted, changes};
use self::journal::{Entry, Journal, Lock, Phase, Record};
use self::rights::resolve;
use super::digest::Digest;

pub use self::error::WriteError;
pub use self::rights::is_writable;

/// A change of one file. A link is followed.
#[derive(Clone)]
pub struct Write {
    pub path: PathBuf,
    /// The current content; `None` if the file must not exist.
    pub expected: Option<Vec<u8>>,
    /// The new content; `None` removes the file.
    pub content: Option<Vec<u8>>,
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What files hold may be secret.
        let bytes = |content: &Option<Vec<u8>>| content.as_ref().map(Vec::len);
        let mut shown = f.debug_struct("Write");
        shown
            .field("path", &self.path)
            .field("expected", &bytes(&self.expected))
            .field("content", &bytes(&self.content));
        shown.finish()
    }
}

/// The outcome of a recovery.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovered {
    /// All files have their old content, except those that someone else has changed since.
    Undone { changed: Vec<PathBuf> },
    /// All files have their new content.
    Done,
    /// The journal is invalid or names other files. It was renamed, and no other file was touched.
    Refused { journal: PathBuf, reason: String },
}

/// Writes files, one write at a time.
#[derive(Clone, Debug)]
pub struct Store {
    journals: PathBuf,
}

impl Store {
    /// `journals` is an existing directory for the journal and its lock file. Their names start with a dot.
    #[must_use]
    pub fn new(journals: &Path) -> Self {
        Self { journals: journals.to_owned() }
    }

    /// Writes all files, or none. A replaced file keeps its mode, owner and group; a new one gets mode 0640. Missing directories are created
    /// and stay.
    ///
    /// # Errors
    /// Why nothing was written.
    pub fn write(&self, writes: &[Write]) -> Result<(), WriteError> {
        let failed = |source| WriteError::of(&self.journals, source);
        let Some(_lock) = Lock::take(&self.journals).map_err(failed)? else { return Err(WriteError::Busy) };
        if let Some(journal) = Journal::find(&self.journals) {
            return Err(WriteError::Unfinished { journal: journal.path() });
        }
        let record = Record::new(entries(writes)?);
        let changes = changes(&record);
        for (change, write) in changes.iter().zip(writes) {
            if !change.is_untouched().map_err(|error| WriteError::of(&write.path, error))? {
                return Err(WriteError::Changed { path: write.path.clone() });
            }
        }
        let mut journal = Journal::begin(&self.journals, &record).map_err(failed)?;
        if let Err(error) = self.apply(&mut journal, &changes, writes) {
            let path = journal.path();
            return match undo(journal, &changes) {
                Ok(_) => Err(error),
                Err(source) => Err(WriteError::NotUndone { journal: path, source }),
            };
        }
        // All files are new. If the cleanup fails, the journal stays and `recover` repeats it.
        let _ = finish(journal, &changes);
        Ok(())
    }

    fn apply(&self, journal: &mut Journal, changes: &[Change<'_>], writes: &[Write]) -> Result<(), WriteError> {
        let each = || changes.iter().zip(writes);
        let failed = |source| WriteError::of(&self.journals, source);
        for (change, write) in each() {
            change.prepare(write.content.as_deref()).map_err(|error| WriteError::of(&write.path, error))?;
        }
        sync(changes).map_err(failed)?;
        journal.enter(Phase::Exchanging).map_err(failed)?;
        for (change, write) in each() {
            change.apply().map_err(|error| error.about(&write.path))?;
        }
        sync(changes).map_err(failed)?;
        journal.enter(Phase::Committed).map_err(failed)
    }

    /// Completes or undoes an interrupted write: if it was committed, which is after the last exchange, all files are new, else all are
    /// old. Safe to interrupt and repeat. `is_allowed` gets the canonical path of each file in the journal.
    ///
    /// # Errors
    /// Recovery is incomplete: call it again. Until then some files may be old and some new.
    pub fn recover(&self, is_allowed: &dyn Fn(&Path) -> bool) -> Result<Option<Recovered>, WriteError> {
        let failed = |source| WriteError::of(&self.journals, source);
        let Some(_lock) = Lock::take(&self.journals).map_err(failed)? else { return Err(WriteError::Busy) };
        let Some(journal) = Journal::find(&self.journals) else { return Ok(None) };
        let path = journal.path();
        let record = match Record::read(&path, is_allowed) {
            Ok(record) => record,
            Err(reason) => {
                let journal = journal.set_aside().map_err(failed)?;
                return Ok(Some(Recovered::Refused { journal, reason }));
            }
        };
        let changes = changes(&record);
        let recovered = match journal.phase() {
            Phase::Committed => finish(journal, &changes).map(|()| Recovered::Done),
            Phase::Preparing | Phase::Exchanging => {
                undo(journal, &changes).map(|changed| Recovered::Undone { changed })
            }
        };
        recovered.map(Some).map_err(|source| WriteError::NotUndone { journal: path, source })
    }
}

fn entries(writes: &[Write]) -> Result<Vec<Entry>, WriteError> {
    let mut taken = BTreeSet::new();
    let entry = |write: &Write| {
        let path = resolve(&write.path).map_err(|error| WriteError::of(&write.path, error))?;
        if !taken.insert(path.clone()) {
            return Err(WriteError::Twice { path: write.path.clone() });
        }
        let digest = |content: &Option<Vec<u8>>| content.as_deref().map(Digest::of);
        Ok(Entry { path, old: digest(&write.expected), new: digest(&write.content) })
    };
    writes.iter().map(entry).collect()
}

/// Restores all files. Returns those that someone else has changed and that were left alone.
fn undo(journal: Journal, changes: &[Change<'_>]) -> io::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    if journal.phase() == Phase::Preparing {
        changes.iter().try_for_each(Change::discard)?;
    } else {
        for change in changes {
            if change.revert()? == Reverted::Theirs {
                changed.push(change.target().to_owned());
            }
        }
        sync(changes)?;
        changes.iter().try_for_each(Change::tidy)?;
    }
    journal.remove()?;
    Ok(changed)
}

/// Removes the old contents after a commit.
fn finish(journal: Journal, changes: &[Change<'_>]) -> io::Result<()> {
    changes.iter().try_for_each(Change::tidy)?;
    journal.remove()
}

fn sync(changes: &[Change<'_>]) -> io::Result<()> {
    let directories: BTreeSet<_> = changes.iter().map(Change::directory).collect();
    directories.into_iter().filter(|directory| directory.exists()).try_for_each(effect::sync_directory)
}
