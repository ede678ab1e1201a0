//! Writes several files of a configuration, all or nothing.
//!
//! A write survives its process: [`Store::recover`] brings what was interrupted to one side, at the next start. A file that
//! someone else has changed meanwhile is never overwritten: what a file holds is compared after its name was exchanged, so there
//! is no moment between the look and the change.

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

/// A file that is to be written. If it is a link, the file behind it is meant.
#[derive(Clone)]
pub struct Write {
    pub path: PathBuf,
    /// What it holds now; `None`: it is not there.
    pub expected: Option<Vec<u8>>,
    /// What it is to hold; `None`: it is to be removed.
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

/// What became of an interrupted write.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovered {
    /// All files are as they were before, but for those that someone else has changed since.
    Undone { changed: Vec<PathBuf> },
    /// All files are new.
    Done,
    /// The journal is not one that may be obeyed. It is kept under another name, and nothing was done.
    Refused { journal: PathBuf, reason: String },
}

/// Writes files, one write at a time.
#[derive(Clone, Debug)]
pub struct Store {
    journals: PathBuf,
}

impl Store {
    /// `journals` is the directory for the journal and its lock, on any file system. Their names start with a dot. It has to be there.
    #[must_use]
    pub fn new(journals: &Path) -> Self {
        Self { journals: journals.to_owned() }
    }

    /// Writes all of `writes`, or none. A new file has the mode 0640, and directories that are missing are made; another one keeps its mode, owner and group.
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
        // All is new. Should this fail, the journal says what is left to do.
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

    /// Brings a write that was interrupted to its end, or back to its beginning: all files are new if the last of them had been
    /// exchanged, else all are old. It may be interrupted itself. `is_allowed` says which files may be touched, by their paths without links.
    ///
    /// # Errors
    /// Why it has to be tried again. The files may be between old and new.
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

/// Makes all files what they were. Says which of them someone else has changed.
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

/// Removes what a write that is done has left.
fn finish(journal: Journal, changes: &[Change<'_>]) -> io::Result<()> {
    changes.iter().try_for_each(Change::tidy)?;
    journal.remove()
}

fn sync(changes: &[Change<'_>]) -> io::Result<()> {
    let directories: BTreeSet<_> = changes.iter().map(Change::directory).collect();
    directories.into_iter().filter(|directory| directory.exists()).try_for_each(effect::sync_directory)
}
