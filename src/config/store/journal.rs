//! The journal of a write: what was to be done, and how far it got.
//!
//! Its name says how far: it gets the next one when a phase is over. So there is one journal at most, and it is whole.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::effect::{self, Rights};
use super::rights::directory;
use crate::config::digest::Digest;
use crate::config::source::Source;
use crate::config::source::disk::Disk;

const VERSION: u32 = 1;
const LOCK: &str = ".fngate-write.lock";
/// A journal that is not finished.
const DRAFT: &str = ".fngate-write.draft";

/// How far a write got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The new contents are written beside their targets. No target is touched.
    Preparing,
    /// All new contents are there. Targets are exchanged with them.
    Exchanging,
    /// All targets are new. What is left is to remove the old contents.
    Committed,
}

impl Phase {
    pub(super) const ALL: [Self; 3] = [Self::Committed, Self::Exchanging, Self::Preparing];

    fn name(self) -> &'static str {
        match self {
            Self::Preparing => ".fngate-write.preparing",
            Self::Exchanging => ".fngate-write.exchanging",
            Self::Committed => ".fngate-write.committed",
        }
    }

    pub(super) fn path(self, directory: &Path) -> PathBuf {
        directory.join(self.name())
    }
}

/// What a journal holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    /// A part of the names of all files that the write makes.
    pub(super) id: u64,
    pub(super) files: Vec<Entry>,
}

/// A file that changes. Without a digest it is not there, before or after.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Absolute, without links.
    pub(super) path: PathBuf,
    pub(super) old: Option<Digest>,
    pub(super) new: Option<Digest>,
}

impl Record {
    pub(super) fn new(files: Vec<Entry>) -> Self {
        Self { version: VERSION, id: fastrand::u64(..), files }
    }

    /// The files of a journal that may be obeyed: those that `is_allowed` says of all of its paths.
    pub(super) fn read(path: &Path, is_allowed: &dyn Fn(&Path) -> bool) -> Result<Self, String> {
        let bytes = Disk.read(path).map_err(|error| error.to_string())?;
        let record: Self = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        if record.version != VERSION {
            return Err(format!("it has version {}, not {VERSION}", record.version));
        }
        match record.files.iter().find(|entry| !is_plain(&entry.path) || !is_allowed(&entry.path)) {
            Some(entry) => Err(format!("{} is none of the files that may be written", entry.path.display())),
            None => Ok(record),
        }
    }
}

/// Whether a path is absolute and leads where it says: not through a link, not up.
fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && directory(path)
            .is_ok_and(|place| path.parent().is_some_and(|parent| place.as_os_str() == parent.as_os_str()))
}

/// The right to write: one at a time, in all processes. It ends with the process.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// `None`: another one has it.
    pub(super) fn take(directory: &Path) -> io::Result<Option<Self>> {
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(directory.join(LOCK))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A process that is being started may have a copy of the file for a moment, which would hold the lock.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// The journal on the disk.
#[derive(Debug)]
pub(super) struct Journal {
    directory: PathBuf,
    phase: Phase,
}

impl Journal {
    pub(super) fn begin(directory: &Path, record: &Record) -> io::Result<Self> {
        let content = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
        let draft = directory.join(DRAFT);
        effect::remove(&draft)?;
        effect::create(&draft, &content, Rights::PRIVATE).inspect_err(|_| {
            // The next write removes it otherwise.
            let _ = effect::remove(&draft);
        })?;
        let journal = Self { directory: directory.to_owned(), phase: Phase::Preparing };
        effect::replace(&draft, &journal.path())?;
        effect::sync_directory(directory).inspect_err(|_| {
            // It may be there for good. The next write will say so.
            let _ = effect::remove(&journal.path());
        })?;
        Ok(journal)
    }

    /// A journal that is there.
    pub(super) fn find(directory: &Path) -> Option<Self> {
        let phase = Phase::ALL.into_iter().find(|phase| phase.path(directory).symlink_metadata().is_ok())?;
        Some(Self { directory: directory.to_owned(), phase })
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn path(&self) -> PathBuf {
        self.phase.path(&self.directory)
    }

    /// Enters the next phase. After an error it is the one before. If the directory can neither be brought to the disk nor changed
    /// back, the phase is entered: that is what whoever looks will find.
    pub(super) fn enter(&mut self, phase: Phase) -> io::Result<()> {
        let (before, after) = (self.path(), phase.path(&self.directory));
        effect::replace(&before, &after)?;
        if let Err(error) = effect::sync_directory(&self.directory)
            && effect::replace(&after, &before).is_ok()
        {
            return Err(error);
        }
        self.phase = phase;
        Ok(())
    }

    pub(super) fn remove(self) -> io::Result<()> {
        effect::remove(&self.path())?;
        effect::sync_directory(&self.directory)
    }

    /// Gives the journal a name under which nobody obeys it.
    pub(super) fn set_aside(self) -> io::Result<PathBuf> {
        let aside = self.directory.join(format!(".fngate-write.refused-{:016x}", fastrand::u64(..)));
        fs::rename(self.path(), &aside)?;
        effect::sync_directory(&self.directory)?;
        Ok(aside)
    }
}
