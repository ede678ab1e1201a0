//! The journal of a write: its files and its phase.
//!
//! The file name is the phase, and a rename enters the next one. The journal itself never changes, so it is never incomplete.

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
/// A journal that is still being written.
const DRAFT: &str = ".fngate-write.draft";

/// How far a write got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The new contents are being written beside their targets.
    Preparing,
    /// All new contents are on the disk. Targets are being exchanged.
    Exchanging,
    /// All targets are new. The old contents are being removed.
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

/// The content of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    /// Part of the names of all temporary files.
    pub(super) id: u64,
    pub(super) files: Vec<Entry>,
}

/// A file with its digests before and after; `None` means that it does not exist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Canonical.
    pub(super) path: PathBuf,
    pub(super) old: Option<Digest>,
    pub(super) new: Option<Digest>,
}

impl Record {
    pub(super) fn new(files: Vec<Entry>) -> Self {
        Self { version: VERSION, id: fastrand::u64(..), files }
    }

    /// Reads a journal. Refuses it if it is invalid or names a path that is not allowed.
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

/// Whether the directory of a path is absolute and has neither links nor `..`.
fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && directory(path)
            .is_ok_and(|place| path.parent().is_some_and(|parent| place.as_os_str() == parent.as_os_str()))
}

/// The exclusive right to write, across processes. The kernel releases it when the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// `None` if it is taken.
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
        // Between fork and exec a child has a copy of the file descriptor, which would keep the lock.
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
            // Best effort: the next write removes it, too.
            let _ = effect::remove(&draft);
        })?;
        let journal = Self { directory: directory.to_owned(), phase: Phase::Preparing };
        effect::replace(&draft, &journal.path())?;
        effect::sync_directory(directory).inspect_err(|_| {
            // Best effort: if it stays, the next write returns `Unfinished`.
            let _ = effect::remove(&journal.path());
        })?;
        Ok(journal)
    }

    /// The journal of an earlier write.
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

    /// Enters the next phase. After an error the phase is unchanged. If the directory can neither be synced nor renamed back, the new
    /// phase counts, because it is what `recover` would find.
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

    /// Renames the journal, so that no later recovery reads it.
    pub(super) fn set_aside(self) -> io::Result<PathBuf> {
        let aside = self.directory.join(format!(".fngate-write.refused-{:016x}", fastrand::u64(..)));
        fs::rename(self.path(), &aside)?;
        effect::sync_directory(&self.directory)?;
        Ok(aside)
    }
}
