//! What is done to the disk, one step at a time. Each step can fail, and after each the process can be killed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{CWD, Gid, Mode, RenameFlags, Uid, fchmod, fchown, renameat_with};
use rustix::io::Errno;

/// Who may do what with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) mode: u32,
    owner: Option<(u32, u32)>,
}

impl Rights {
    /// Those of a file that is new: its owner may write it, its group read it.
    pub(super) const NEW: Self = Self { mode: 0o640, owner: None };
    /// Those of what is nobody else's business.
    pub(super) const PRIVATE: Self = Self { mode: 0o600, owner: None };

    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self { mode: found.mode() & 0o7777, owner: Some((found.uid(), found.gid())) })
    }
}

/// Makes a file that is not there yet, and waits until the disk has it.
pub(super) fn create(path: &Path, content: &[u8], rights: Rights) -> io::Result<()> {
    step()?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    step()?;
    let (half, rest) = content.split_at(content.len() / 2);
    file.write_all(half)?;
    step()?;
    file.write_all(rest)?;
    step()?;
    if let Some((user, group)) = rights.owner {
        let made = file.metadata()?;
        // Only root may give files away; what is right already is nobody's favour.
        let user = (made.uid() != user).then(|| Uid::from_raw(user));
        let group = (made.gid() != group).then(|| Gid::from_raw(group));
        if user.is_some() || group.is_some() {
            fchown(&file, user, group)?;
        }
    }
    fchmod(&file, Mode::from_raw_mode(rights.mode))?;
    file.sync_all()
}

/// Exchanges two files. `false`: the file system cannot.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    step()?;
    #[cfg(test)]
    if faults::cannot_exchange() {
        return Ok(false);
    }
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file another name, which nobody must have.
pub(super) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system knows no such condition.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match to.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(from, to),
        },
        result => Ok(result?),
    }
}

/// Puts a file in the place of another one.
pub(super) fn replace(from: &Path, to: &Path) -> io::Result<()> {
    step()?;
    fs::rename(from, to)
}

/// Removes a file if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    // A mount that is read-only says so before it says that there is nothing to remove.
    if path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(());
    }
    step()?;
    fs::remove_file(path)
}

/// Makes a directory, and those that it is in. One that is there stays as it is.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directory(parent)?;
        step()?;
        match fs::DirBuilder::new().mode(0o750).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            result => result?,
        }
        sync_directory(parent)?;
    }
    Ok(())
}

/// Waits until the disk has the names in a directory.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    step()?;
    File::open(path)?.sync_all()
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "tests put failures in")]
fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use faults::step;

/// What happens at a step that a test chooses, on its own thread.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::{Cell, RefCell};
    use std::io;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// Happens before the step, and in its place if it fails.
    pub(in crate::config::store) type Fault = Box<dyn FnOnce() -> io::Result<()>>;

    /// What unwinds in place of a process that is killed. Nothing that is dropped on the way touches a file.
    struct Killed;

    thread_local! {
        static FAULT: RefCell<Option<(usize, Fault)>> = const { RefCell::new(None) };
        static STEPS: Cell<usize> = const { Cell::new(0) };
        static CANNOT_EXCHANGE: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn step() -> io::Result<()> {
        let at = STEPS.replace(STEPS.get() + 1);
        let fault = FAULT.with_borrow_mut(|fault| fault.take_if(|(chosen, _)| *chosen == at));
        fault.map_or(Ok(()), |(_, fault)| fault())
    }

    pub(super) fn cannot_exchange() -> bool {
        CANNOT_EXCHANGE.get()
    }

    /// Has the file system exchange nothing, or be itself again.
    pub(in crate::config::store) fn forbid_exchange(forbidden: bool) {
        CANNOT_EXCHANGE.set(forbidden);
    }

    /// The process is killed.
    pub(in crate::config::store) fn kill() -> Fault {
        Box::new(|| resume_unwind(Box::new(Killed)))
    }

    pub(in crate::config::store) fn fail() -> Fault {
        Box::new(|| Err(io::Error::other("made to fail")))
    }

    /// Runs `work` with a fault at one of its steps. `None`: it was killed. Says as well whether it came to that step.
    pub(in crate::config::store) fn with<T>(at: usize, fault: Fault, work: impl FnOnce() -> T) -> (Option<T>, bool) {
        FAULT.set(Some((at, fault)));
        STEPS.set(0);
        let result = catch_unwind(AssertUnwindSafe(work));
        let happened = FAULT.take().is_none();
        let result = result.map_err(|cause| {
            if !cause.is::<Killed>() {
                resume_unwind(cause);
            }
        });
        (result.ok(), happened)
    }
}
