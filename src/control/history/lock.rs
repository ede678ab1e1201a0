//! The lock file: one process uses a history at a time.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::HistoryError;

/// The lock of a history. The kernel releases it when the process ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    pub(super) fn take(directory: &Path) -> Result<Self, HistoryError> {
        let path = directory.join("lock");
        let failed = HistoryError::at(&path);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(&failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(HistoryError::Locked { directory: directory.to_owned(), pid: read_pid(&mut file) });
            }
            Err(error) => return Err(failed(error.into())),
        }
        // The pid is only information, so a full disk is not an error here.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Between fork and exec a child has a copy of the file descriptor, which would keep the lock.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
