//! What the process asks of the kernel for itself: files, memory, processors.

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit};
use rustix::stdio::stderr;
use rustix::thread::disable_transparent_huge_pages;

/// Open files that are neither a client's nor a function's connection.
const OTHER_FILES: u64 = 64;
/// Descriptors that get their place in the kernel's table at once: half a megabyte of it.
const PLACES: u64 = 1 << 16;

/// How much nicer than a worker a thread is whose work can wait. The kernel gives it a third of what it gives the worker then, if both want
/// the same processor.
const NICER: i32 = 5;

/// Raises the soft limit of open files to the hard one, and returns how many are there for connections.
#[must_use]
pub fn raise_open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let files = current.unwrap_or(1 << 20);
    usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX)
}

/// Takes out of the way what makes all requests of a worker wait now and then, for milliseconds.
///
/// The kernel doubles the table of descriptors when connections fill it, and the thread that asked waits until every processor
/// has been seen to let go of the old one. A process of one thread does not wait, so this comes before the second one. And a first
/// touch of memory that is given out in huge pages clears two megabytes.
///
/// # Errors
/// What the kernel refused. None of it is vital.
pub fn avoid_pauses() -> Result<(), Errno> {
    let last = PLACES.min(raise_open_files() as u64).saturating_sub(1);
    // The copy is closed at once; the table stays as long as it is.
    let room = fcntl_dupfd_cloexec(stderr(), i32::try_from(last).unwrap_or(i32::MAX)).map(drop);
    disable_transparent_huge_pages(true).and(room)
}

/// Lets the workers go first where there are not processors enough: for the calling thread, whose work can wait.
pub fn give_way() {
    // On Linux both concern the thread.
    let nicer = getpriority_process(None).and_then(|nice| setpriority_process(None, nice + NICER));
    if let Err(error) = nicer {
        tracing::debug!(%error, "a thread keeps the priority of the workers");
    }
}
