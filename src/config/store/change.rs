//! One file of a write: how it becomes new, and how it becomes old again.
//!
//! The new content waits in a spare file beside the target. The two exchange their names in one step, so the target is never
//! half there, and what it held is in the spare file then. From the contents of both anybody can tell, at any moment, whether that
//! step has been made, and make it backwards.

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
    /// A copy of the old content, only on file systems that cannot exchange names.
    copy: PathBuf,
}

/// What became of a target that was to be as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reverted {
    /// It is as it was.
    Old,
    /// Someone else has changed it: it stays as they left it.
    Theirs,
}

/// What a path holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Content(Digest),
    /// It is not a file that can be read: a directory, say.
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
        // The dot keeps patterns away.
        let beside = |kind: &str| entry.path.with_file_name(format!(".fngate-{id:016x}-{index}.{kind}"));
        Self { entry, spare: beside("spare"), copy: beside("copy") }
    }

    pub(super) fn target(&self) -> &Path {
        &self.entry.path
    }

    pub(super) fn directory(&self) -> &Path {
        self.entry.path.parent().unwrap_or(Path::new("/"))
    }

    /// Whether the target holds what the change was made from.
    pub(super) fn is_untouched(&self) -> io::Result<bool> {
        Ok(Held::at(&self.entry.path)?.is(self.entry.old))
    }

    /// Whether old and new are the same.
    fn is_none(&self) -> bool {
        self.entry.old == self.entry.new
    }

    /// Writes the new content into the spare file, with the rights of the file that it replaces.
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
    /// `Changed` if the file was not as expected. Whether or not the step was made, [`Self::revert`] makes it good.
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
            // It was there before.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.entry.old.is_some() => return Err(changed()),
            Err(error) => return Err(failed(error)),
            Ok(()) => {}
        }
        // What was exchanged out is what was in use to the last moment.
        let is_expected = Held::at(&self.spare).map_err(failed)?.is(self.entry.old);
        if is_expected { Ok(()) } else { Err(changed()) }
    }

    /// Exchanges target and spare file. Where that takes several steps, the old content is kept in the copy meanwhile.
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

    /// Makes the target what it was, whatever part of [`Self::apply`] was done.
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
                    // It was changed between the look and the exchange.
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
        // What comes back is what was exchanged out, which may not be what was expected.
        Ok(if Held::at(target)?.is(self.entry.old) { Reverted::Old } else { Reverted::Theirs })
    }

    /// Removes the files that the write made beside its target. What neither the old nor the new content is someone else's, and stays.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let spare = Held::at(&self.spare)?;
        if spare.is(self.entry.old) || spare.is(self.entry.new) {
            effect::remove(&self.spare)?;
        }
        effect::remove(&self.copy)
    }

    /// Removes the spare file, also one that is not finished. Only before any exchange.
    pub(super) fn discard(&self) -> io::Result<()> {
        effect::remove(&self.spare)
    }
}
