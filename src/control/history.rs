//! The configurations that were in use: revisions, and which of them environments are pinned to.
//!
//! A history is a directory. Everything in it can be read with the eye: a revision is a directory with a `meta.toml` and the files as
//! they were. Each part is there as a whole or not at all, however the process ends, and one that is damaged does not hurt the others.

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

/// The version of the directory's form.
const VERSION: u32 = 1;

/// A configuration that was put in use.
#[derive(Clone, Debug)]
pub struct RevisionData {
    pub documents: Documents,
    pub author: String,
    pub note: String,
}

/// A history that this process alone uses.
#[derive(Debug)]
pub struct History {
    directory: PathBuf,
    keep: usize,
    /// What each revision says of itself; `None` is one that is damaged.
    revisions: BTreeMap<u64, Option<Meta>>,
    /// The last number that was given to a revision.
    last: u64,
    releases: Releases,
    _lock: Lock,
}

impl History {
    /// Opens a history, or begins one. `keep` is the number of revisions that stay.
    ///
    /// # Errors
    /// `Locked` if another process uses it, `Newer` if a newer fngate has written it: it is left alone then. Otherwise what is wrong with
    /// the directory. A damaged revision is no error here.
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

    /// The releases in a directory that cannot be opened: it may be read-only.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn releases_in(directory: &Path) -> Result<BTreeMap<Environment, Release>, HistoryError> {
        read_version(directory)?;
        Ok(Releases::new(directory.join("releases")).all())
    }

    /// Keeps a configuration, and says which number it has: a new one, or that of the newest revision if that is the same.
    ///
    /// # Errors
    /// Why it is not kept. Its number may be lost then; all else stays as it was.
    pub fn record(&mut self, data: &RevisionData) -> Result<u64, HistoryError> {
        let hash = digest(&data.documents.named()?);
        if let Some(newest) = self.revisions.values().next_back().and_then(Option::as_ref)
            && newest.hash == hash
        {
            return Ok(newest.number);
        }
        let number = self.last + 1;
        // First the counter: a number that was given away is never given again, whatever becomes of its revision.
        folder::write_file(&self.directory.join("COUNTER"), format!("{number}\n").as_bytes())?;
        self.last = number;
        let stamp = Stamp::now(&data.author, &data.note);
        let place = self.place(number);
        let draft = folder::beside(&place, "new");
        let written = Written::new(Some(number), None, &stamp).write(&draft, Some(&data.documents));
        written.and_then(|()| fs::rename(&draft, &place).map_err(HistoryError::at(&place))).inspect_err(|_| {
            // Half of it is of no use, and may be what fills the disk.
            let _ = fs::remove_dir_all(&draft);
        })?;
        let Stamp { time, author, note } = stamp;
        self.revisions.insert(number, Some(Meta { number, time, hash, author, note }));
        folder::sync(&self.directory.join("revisions"))?;
        self.prune();
        Ok(number)
    }

    /// What the revisions say of themselves, the newest first; those that are damaged are left out.
    #[must_use]
    pub fn list(&self) -> Vec<Meta> {
        self.revisions.values().rev().flatten().cloned().collect()
    }

    /// The numbers of the revisions that are damaged. [`Self::get`] says why.
    #[must_use]
    pub fn damaged(&self) -> Vec<u64> {
        self.revisions.iter().filter(|(_, meta)| meta.is_none()).map(|(number, _)| *number).collect()
    }

    /// What the newest revision says of itself; of those that are not damaged.
    #[must_use]
    pub fn newest(&self) -> Option<&Meta> {
        self.revisions.values().rev().flatten().next()
    }

    /// A revision with its files, as they were.
    ///
    /// # Errors
    /// `Missing`, or what is wrong with it.
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

    /// Has an environment serve a revision from now on. The release has a copy of its own.
    ///
    /// # Errors
    /// Why it could not be written; the environment serves what it did.
    pub fn pin(
        &mut self,
        environment: Environment,
        revision: &Revision,
        author: &str,
        note: &str,
    ) -> Result<(), HistoryError> {
        self.releases.pin(environment, revision, &Stamp::now(author, note))
    }

    /// Has an environment serve nothing.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub fn unrelease(&mut self, environment: Environment, author: &str, note: &str) -> Result<(), HistoryError> {
        self.releases.unrelease(environment, &Stamp::now(author, note))
    }

    /// Has an environment serve the newest revision again.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub fn follow(&mut self, environment: Environment) -> Result<(), HistoryError> {
        self.releases.follow(environment)
    }

    /// The environments that do not follow the newest revision.
    #[must_use]
    pub fn releases(&self) -> BTreeMap<Environment, Release> {
        self.releases.all()
    }

    fn place(&self, number: u64) -> PathBuf {
        self.directory.join("revisions").join(format!("{number:06}"))
    }

    /// 0 if there is no counter, or none that can be read.
    fn read_counter(&self) -> u64 {
        let path = self.directory.join("COUNTER");
        let counter = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
        if counter.is_none() && !self.revisions.is_empty() {
            tracing::warn!(path = %path.display(), "no counter of revisions; numbering goes on after the newest one");
        }
        counter.unwrap_or(0)
    }

    /// Removes the oldest revisions. What cannot be removed is tried again the next time.
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

/// The version of a history. `None`: there is none yet.
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

/// The revisions in a directory, with what they say of themselves.
fn read_revisions(directory: &Path) -> Result<BTreeMap<u64, Option<Meta>>, HistoryError> {
    let mut revisions = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(HistoryError::at(directory))? {
        let path = entry.map_err(HistoryError::at(directory))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Something else is somebody else's.
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
