//! What the process asks of the kernel for itself: files, memory, processors.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit};
use rustix::stdio::stderr;
use rustix::thread::disable_transparent_huge_pages;

use crate::throttle::Throttle;

/// Descriptors that connections leave to the admin listener, the files of a reload and the logs.
const RESERVED: u64 = 64;
/// Open files that are neither a client's nor a function's connection.
const OTHER_FILES: u64 = 64;
/// Descriptors that get their place in the kernel's table at once: half a megabyte of it.
const PLACES: u64 = 1 << 16;

/// The lowest descriptor that is kept in reserve.
static RESERVE: AtomicI32 = AtomicI32::new(i32::MAX);
static SHORTAGE: Throttle = Throttle::new();

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
    let reserved = RESERVED.min(files / 4);
    RESERVE.store(i32::try_from(files.saturating_sub(reserved)).unwrap_or(i32::MAX), Ordering::Relaxed);
    usize::try_from(files.saturating_sub(OTHER_FILES + reserved)).unwrap_or(usize::MAX)
}

/// Whether a descriptor takes up what is kept in reserve. The kernel gives out the lowest one that is free: then all below it are taken.
pub fn is_of_reserve(descriptor: &impl AsFd) -> bool {
    descriptor.as_fd().as_raw_fd() >= RESERVE.load(Ordering::Relaxed)
}

/// Whether the next descriptor would be one of the reserve. Asks the kernel.
#[must_use]
pub fn is_short_of_files() -> bool {
    // The copy is closed at once.
    fcntl_dupfd_cloexec(stderr(), 0).map_or(true, |copy| is_of_reserve(&copy))
}

/// The error of a connection that would take up the reserve.
#[must_use]
pub fn out_of_files() -> io::Error {
    Errno::MFILE.into()
}

#[must_use]
pub fn is_out_of_files(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Logs that there are no descriptors left, once a second at most.
pub fn report_shortage(what: &str) {
    if let Some(others) = SHORTAGE.permit() {
        let limit = getrlimit(Resource::Nofile).current;
        tracing::error!(
            others,
            limit,
            "{what}: out of file descriptors; raise the limit (`LimitNOFILE=`, `ulimit -n`)"
        );
    }
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
