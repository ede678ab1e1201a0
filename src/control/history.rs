//! The history of the configuration: its revisions, and the releases that pin environments to them.
//!
//! A history is a directory of plain TOML: each revision is a folder with a `meta.toml` and the files as they were. Revisions and releases
//! are written atomically, and a damaged one does not affect the others.

mod documents;
mod error;
mod folder;
mod lock;
mod meta;
mod releases;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use self::documents::digest;
use self::lock::Lock;
use self::meta::Written;
use self::releases::Releases;
use crate::config::Environment;

pub use self::documents::{Document, Documents};
pub use self::error::HistoryError;
pub use self::meta::{Meta, Revision, Stamp};
pub use self::releases::Release;

/// The version of the directory layout.
const VERSION: u32 = 1;

/// A configuration to record.
#[derive(Clone, Debug)]
pub struct RevisionData {
    pub documents: Documents,
    pub author: String,
    pub note: String,
}

/// A history that is open and locked.
#[derive(Debug)]
pub struct History {
    directory: PathBuf,
    keep: usize,
    /// The meta data of each revision; `None` if it is damaged.
    revisions: BTreeMap<u64, Option<Meta>>,
    /// The last number in use, also of revisions that are gone.
    last: u64,
    releases: Releases,
    _lock: Lock,
}

impl History {
    /// Opens a history or creates it. `keep` is the number of revisions to keep.
    ///
    /// # Errors
    /// `Locked` if another process uses it. `Newer` if a newer fngate has written it; nothing is touched then. `Io` and `Version` if the
    /// directory cannot be used. A damaged revision is not an error here.
    pub fn open(directory: &Path, keep: usize) -> Result<Self, HistoryError> {
        let version = read_version(directory)?;
        folder::create(directory)?;
        let lock = Lock::take(directory)?;
        let (revisions, releases) = (directory.join("revisions"), directory.join("releases"));
        if version.is_none() && read_version(directory)?.is_none() {
            if revisions.exists() {
                return Err(HistoryError::Version { path: directory.join("VERSION") });
            }
            folder::write_file(&directory.join("VERSION"), format!("{VERSION}\n").as_bytes())?;
        }
        for part in [&revisions, &releases] {
            folder::create(part)?;
            folder::settle(part)?;
        }
        let mut history = Self {
            directory: directory.to_owned(),
            keep: keep.max(1),
            revisions: read_revisions(&revisions)?,
            last: 0,
            releases: Releases::new(releases),
            _lock: lock,
        };
        let newest = history.revisions.keys().next_back().copied().unwrap_or(0);
        history.last = history.read_counter().max(newest).max(history.releases.newest());
        history.prune();
        Ok(history)
    }

    /// Reads the releases without opening the history, for example from a read-only disk, or of another version: what is not understood is
    /// [`Release::Unknown`].
    #[must_use]
    pub fn releases_in(directory: &Path) -> BTreeMap<Environment, Release> {
        Releases::new(directory.join("releases")).all()
    }

    /// Goes on counting behind a number that was used without being kept.
    pub fn skip_to(&mut self, number: u64) {
        self.last = self.last.max(number);
    }

    /// Records a configuration and returns its number. If it is equal to the newest revision, it returns that number and writes nothing.
    ///
    /// # Errors
    /// Why it was not recorded. The number may be skipped then; nothing else changes.
    pub fn record(&mut self, data: &RevisionData) -> Result<u64, HistoryError> {
        let hash = digest(&data.documents.named()?);
        if let Some(newest) = self.revisions.values().next_back().and_then(Option::as_ref)
            && newest.hash == hash
        {
            return Ok(newest.number);
        }
        let number = self.last + 1;
        // The counter first: a number is never used twice, even if the process is killed now.
        folder::write_file(&self.directory.join("COUNTER"), format!("{number}\n").as_bytes())?;
        self.last = number;
        let stamp = Stamp::now(&data.author, &data.note);
        let place = self.place(number);
        let draft = folder::beside(&place, "new");
        let written = Written::new(Some(number), None, &stamp).write(&draft, Some(&data.documents));
        written.and_then(|()| fs::rename(&draft, &place).map_err(HistoryError::at(&place))).inspect_err(|_| {
            // Best effort: free the space. The next start removes it, too.
            let _ = fs::remove_dir_all(&draft);
        })?;
        let Stamp { time, author, note } = stamp;
        self.revisions.insert(number, Some(Meta { number, time, hash, author, note }));
        folder::sync(&self.directory.join("revisions"))?;
        self.prune();
        Ok(number)
    }

    /// The meta data of all revisions, newest first, without damaged ones and those that somebody has removed.
    #[must_use]
    pub fn list(&self) -> Vec<Meta> {
        let is_there = |meta: &&Meta| self.place(meta.number).is_dir();
        self.revisions.values().rev().flatten().filter(is_there).cloned().collect()
    }

    /// The numbers of damaged revisions. [`Self::get`] returns the reason.
    #[must_use]
    pub fn damaged(&self) -> Vec<u64> {
        self.revisions.iter().filter(|(_, meta)| meta.is_none()).map(|(number, _)| *number).collect()
    }

    /// The meta data of the newest revision that is not damaged.
    #[must_use]
    pub fn newest(&self) -> Option<&Meta> {
        self.revisions.values().rev().flatten().next()
    }

    /// Reads a revision with its files.
    ///
    /// # Errors
    /// `Missing`, or `Io` and `Damaged` if it cannot be read.
    pub fn get(&self, number: u64) -> Result<Revision, HistoryError> {
        if !self.revisions.contains_key(&number) {
            return Err(HistoryError::Missing { number });
        }
        let place = self.place(number);
        let written = Written::read(&place)?;
        let documents = written.documents(&place)?;
        match written.revision().filter(|meta| meta.number == number) {
            Some(meta) => Ok(Revision { meta, documents }),
            None => Err(HistoryError::damaged(&place, "its meta.toml is not that of this revision")),
        }
    }

    /// Pins an environment to a revision. The release gets its own copy of the files.
    ///
    /// # Errors
    /// Why it could not be written. The release before it stays.
    pub fn pin(
        &mut self,
        environment: Environment,
        revision: &Revision,
        author: &str,
        note: &str,
    ) -> Result<(), HistoryError> {
        self.releases.pin(environment, revision, &Stamp::now(author, note))
    }

    /// Marks an environment as unreleased.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub fn unrelease(&mut self, environment: Environment, author: &str, note: &str) -> Result<(), HistoryError> {
        self.releases.unrelease(environment, &Stamp::now(author, note))
    }

    /// Removes the release of an environment, so that it follows the newest revision.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub fn follow(&mut self, environment: Environment) -> Result<(), HistoryError> {
        self.releases.follow(environment)
    }

    /// Reads the releases. An environment without one follows the newest revision.
    #[must_use]
    pub fn releases(&self) -> BTreeMap<Environment, Release> {
        self.releases.all()
    }

    fn place(&self, number: u64) -> PathBuf {
        self.directory.join("revisions").join(format!("{number:06}"))
    }

    /// 0 if the counter is missing or invalid.
    fn read_counter(&self) -> u64 {
        let path = self.directory.join("COUNTER");
        let counter = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
        if counter.is_none() && !self.revisions.is_empty() {
            tracing::warn!(path = %path.display(), "no counter of revisions; numbering goes on after the newest one");
        }
        counter.unwrap_or(0)
    }

    /// Removes the oldest revisions. Failures are logged, and the next call tries again.
    fn prune(&mut self) {
        let surplus = self.revisions.len().saturating_sub(self.keep);
        let oldest: Vec<_> = self.revisions.keys().copied().take(surplus).collect();
        for number in oldest {
            match folder::take_away(&self.place(number)) {
                Ok(()) => {
                    self.revisions.remove(&number);
                }
                Err(error) => {
                    tracing::warn!(number, %error, "an old revision cannot be removed");
                    return;
                }
            }
        }
    }
}

/// The version of a history; `None` if it has none yet.
fn read_version(directory: &Path) -> Result<Option<u32>, HistoryError> {
    let path = directory.join("VERSION");
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(HistoryError::at(&path))?,
    };
    match String::from_utf8_lossy(&text).trim().parse() {
        Ok(VERSION) => Ok(Some(VERSION)),
        Ok(found) if found > VERSION => {
            Err(HistoryError::Newer { directory: directory.to_owned(), found, known: VERSION })
        }
        _ => Err(HistoryError::Version { path }),
    }
}

/// Reads the meta data of all revisions.
fn read_revisions(directory: &Path) -> Result<BTreeMap<u64, Option<Meta>>, HistoryError> {
    let mut revisions = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(HistoryError::at(directory))? {
        let path = entry.map_err(HistoryError::at(directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Not a revision: leave it alone.
        let Some(number) = name.parse::<u64>().ok().filter(|number| format!("{number:06}") == name) else { continue };
        let meta = Written::read(&path).and_then(|written| {
            let meta = written.revision().filter(|meta| meta.number == number);
            meta.ok_or_else(|| HistoryError::damaged(&path, "its meta.toml is not that of this revision"))
        });
        if let Err(error) = &meta {
            tracing::warn!(number, error = %crate::telemetry::log::with_sources(error), "a revision is damaged");
        }
        revisions.insert(number, meta.ok());
    }
    Ok(revisions)
}
