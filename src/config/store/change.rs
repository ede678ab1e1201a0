//! The change of one file, and how to undo it.
//!
//! The new content is written to a spare file beside the target. Then the two exchange names in one atomic step, which leaves the old
//! content in the spare file. At any moment the contents of both files tell whether the exchange has happened, so it can be undone.

use std::io;
use std::path::{Path, PathBuf};

use super::effect::{self, Rights};
use super::error::WriteError;
use super::journal::{Entry, Record};
use crate::config::digest::Digest;
use crate::config::source::Source;
use crate::config::source::disk::Disk;

/// A file that changes.
#[derive(Debug)]
pub(super) struct Change<'a> {
    entry: &'a Entry,
    spare: PathBuf,
    /// A copy of the old content, only used on file systems without an exchange of names.
    copy: PathBuf,
}

/// The outcome of an undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reverted {
    /// The old content is back.
    Old,
    /// Someone else has changed the file. Their content stays.
    Theirs,
}

/// The content at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Content(Digest),
    /// Not a regular file, for example a directory.
    Other,
}

impl Held {
    fn at(path: &Path) -> io::Result<Self> {
        match Disk.read(path) {
            Ok(content) => Ok(Self::Content(Digest::of(&content))),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => Ok(Self::Nothing),
                io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput | io::ErrorKind::FileTooLarge => {
                    Ok(Self::Other)
                }
                _ => Err(error),
            },
        }
    }

    fn is(self, digest: Option<Digest>) -> bool {
        self == digest.map_or(Self::Nothing, Self::Content)
    }
}

/// The changes of a write.
pub(super) fn changes(record: &Record) -> Vec<Change<'_>> {
    record.files.iter().enumerate().map(|(index, entry)| Change::new(record.id, index, entry)).collect()
}

impl<'a> Change<'a> {
    fn new(id: u64, index: usize, entry: &'a Entry) -> Self {
        // No pattern of `include` matches a name with a leading dot.
        let beside = |kind: &str| entry.path.with_file_name(format!(".fngate-{id:016x}-{index}.{kind}"));
        Self { entry, spare: beside("spare"), copy: beside("copy") }
    }

    pub(super) fn target(&self) -> &Path {
        &self.entry.path
    }

    pub(super) fn directory(&self) -> &Path {
        self.entry.path.parent().unwrap_or(Path::new("/"))
    }

    /// Whether the target has the expected old content.
    pub(super) fn is_untouched(&self) -> io::Result<bool> {
        Ok(Held::at(&self.entry.path)?.is(self.entry.old))
    }

    /// Whether old and new are the same.
    fn is_none(&self) -> bool {
        self.entry.old == self.entry.new
    }

    /// Writes the new content to the spare file, with mode and owner of the target.
    pub(super) fn prepare(&self, content: Option<&[u8]>) -> io::Result<()> {
        let Some(content) = content.filter(|_| !self.is_none()) else { return Ok(()) };
        let rights = match self.entry.old {
            Some(_) => Rights::of(&self.entry.path)?,
            None => {
                effect::create_directory(self.directory())?;
                Rights::NEW
            }
        };
        effect::create(&self.spare, content, rights)
    }

    /// Puts the new content in its place.
    ///
    /// # Errors
    /// `Changed` if the old content is not the expected one. After any error call [`Self::revert`].
    pub(super) fn apply(&self) -> Result<(), WriteError> {
        let target = &self.entry.path;
        let failed = |error: io::Error| WriteError::of(target, error);
        let changed = || WriteError::Changed { path: target.clone() };
        if self.is_none() {
            return if self.is_untouched().map_err(failed)? { Ok(()) } else { Err(changed()) };
        }
        let moved = match (self.entry.old, self.entry.new) {
            (Some(_), Some(_)) => self.exchange(),
            (None, Some(_)) => effect::move_to(&self.spare, target),
            (Some(_), None) => effect::move_to(target, &self.spare),
            (None, None) => Ok(()),
        };
        match moved {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(changed()),
            // The target was removed.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.entry.old.is_some() => return Err(changed()),
            Err(error) => return Err(failed(error)),
            Ok(()) => {}
        }
        // The spare file now has what the target had at the moment of the exchange.
        let is_expected = Held::at(&self.spare).map_err(failed)?.is(self.entry.old);
        if is_expected { Ok(()) } else { Err(changed()) }
    }

    /// Exchanges target and spare file. Without support of the file system it takes several steps, with the old content in the copy.
    fn exchange(&self) -> io::Result<()> {
        let target = &self.entry.path;
        if effect::exchange(&self.spare, target)? {
            return Ok(());
        }
        let content = Disk.read(target)?;
        effect::create(&self.copy, &content, Rights::of(target)?)?;
        if !Held::at(target)?.is(self.entry.old) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        effect::replace(&self.spare, target)?;
        effect::replace(&self.copy, &self.spare)
    }

    /// Undoes [`Self::apply`], even if it was interrupted.
    pub(super) fn revert(&self) -> io::Result<Reverted> {
        let target = &self.entry.path;
        let (here, spare) = (Held::at(target)?, Held::at(&self.spare)?);
        let is_new = here.is(self.entry.new);
        match (self.entry.old, self.entry.new) {
            _ if here.is(self.entry.old) => return Ok(Reverted::Old),
            (Some(_), Some(_)) if is_new && spare != Held::Nothing => {
                if !effect::exchange(&self.spare, target)? {
                    effect::replace(&self.spare, target)?;
                } else if !Held::at(&self.spare)?.is(self.entry.new) {
                    // Someone changed the target just before the exchange.
                    effect::exchange(&self.spare, target)?;
                    return Ok(Reverted::Theirs);
                }
            }
            (Some(_), Some(_)) if is_new && Held::at(&self.copy)? != Held::Nothing => {
                effect::replace(&self.copy, target)?;
            }
            (None, Some(_)) if is_new && spare == Held::Nothing => effect::move_to(target, &self.spare)?,
            (Some(_), None) if is_new && spare != Held::Nothing => effect::move_to(&self.spare, target)?,
            _ => return Ok(Reverted::Theirs),
        }
        // The content that came back is not the expected one if someone had changed the file before `apply`.
        Ok(if Held::at(target)?.is(self.entry.old) { Reverted::Old } else { Reverted::Theirs })
    }

    /// Removes spare file and copy. A spare file with a third content is someone else's work and stays.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let spare = Held::at(&self.spare)?;
        if spare.is(self.entry.old) || spare.is(self.entry.new) {
            effect::remove(&self.spare)?;
        }
        effect::remove(&self.copy)
    }

    /// Removes the spare file, even if it is incomplete. Only before the first exchange.
    pub(super) fn discard(&self) -> io::Result<()> {
        effect::remove(&self.spare)
    }
}
