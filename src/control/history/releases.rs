//! Which environments do not follow the newest revision.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::documents::Documents;
use super::error::HistoryError;
use super::folder;
use super::meta::{Revision, Stamp, State, Written};
use crate::config::Environment;

/// What an environment serves in place of the newest revision.
#[derive(Debug)]
pub enum Release {
    /// A revision, of which there is a copy.
    Pinned {
        revision: u64,
        stamp: Stamp,
        /// Its files, or why they cannot be read.
        documents: Result<Documents, HistoryError>,
    },
    /// Nothing.
    Unreleased { stamp: Stamp },
    /// It cannot be told which.
    Unknown { error: HistoryError },
}

/// The directory of releases.
#[derive(Debug)]
pub(super) struct Releases {
    directory: PathBuf,
}

impl Releases {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn place(&self, environment: Environment) -> PathBuf {
        self.directory.join(environment.as_str())
    }

    pub(super) fn pin(&self, environment: Environment, revision: &Revision, stamp: &Stamp) -> Result<(), HistoryError> {
        let written = Written::new(Some(revision.meta.number), Some(State::Pinned), stamp);
        self.put(environment, written, Some(&revision.documents))
    }

    pub(super) fn unrelease(&self, environment: Environment, stamp: &Stamp) -> Result<(), HistoryError> {
        self.put(environment, Written::new(None, Some(State::Unreleased), stamp), None)
    }

    fn put(
        &self,
        environment: Environment,
        written: Written,
        documents: Option<&Documents>,
    ) -> Result<(), HistoryError> {
        let place = self.place(environment);
        let draft = folder::beside(&place, "new");
        let put = written.write(&draft, documents).and_then(|()| folder::put(&draft, &place));
        put.inspect_err(|_| {
            // Half of it is of no use, and may be what fills the disk.
            let _ = std::fs::remove_dir_all(&draft);
        })
    }

    pub(super) fn follow(&self, environment: Environment) -> Result<(), HistoryError> {
        folder::take_away(&self.place(environment))
    }

    pub(super) fn all(&self) -> BTreeMap<Environment, Release> {
        let found = |environment| Some((environment, self.read(environment)?));
        Environment::ALL.into_iter().filter_map(found).collect()
    }

    /// `None`: it follows the newest revision.
    fn read(&self, environment: Environment) -> Option<Release> {
        let place = self.place(environment);
        // Nobody has put it back yet.
        let old = folder::beside(&place, "old");
        let is_missing =
            |path: &Path| path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let place = match (is_missing(&place), is_missing(&old)) {
            (true, true) => return None,
            (true, false) => old,
            (false, _) => place,
        };
        let release = Written::read(&place).and_then(|written| match (written.state, written.number) {
            (Some(State::Pinned), Some(revision)) => {
                Ok(Release::Pinned { revision, stamp: written.stamp(), documents: written.documents(&place) })
            }
            (Some(State::Unreleased), None) => Ok(Release::Unreleased { stamp: written.stamp() }),
            _ => Err(HistoryError::damaged(&place, "its meta.toml is not that of a release")),
        });
        Some(release.unwrap_or_else(|error| Release::Unknown { error }))
    }

    /// The highest number that is pinned.
    pub(super) fn newest(&self) -> u64 {
        let numbers =
            Environment::ALL.into_iter().filter_map(|environment| Written::read(&self.place(environment)).ok());
        numbers.filter_map(|written| written.number).max().unwrap_or(0)
    }
}
