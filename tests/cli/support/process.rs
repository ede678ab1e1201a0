//! A child process with its output in files; ended when dropped.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{directories, eventually, pause};

/// How long a process may take to end on its own.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Process {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// How a process ended and what it printed.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Process {
    /// Starts the command; what it prints goes to two files in the folder. Its input is what the command says.
    #[track_caller]
    pub fn start(command: &mut Command, folder: &Path) -> Self {
        let err = free(folder, "err");
        let file = create(&err);
        let mut process = Self::start_with_err(command, folder, file.into());
        process.err = err;
        process
    }

    /// The same with a standard error of one's own.
    #[track_caller]
    pub fn start_with_err(command: &mut Command, folder: &Path, err: Stdio) -> Self {
        directories::separate(command, folder);
        let out = free(folder, "out");
        let child = command.stdout(create(&out)).stderr(err).spawn();
        // The command would keep the end of a pipe that the child may lose.
        command.stderr(Stdio::null());
        Self { child: child.unwrap_or_else(|error| panic!("{command:?}: {error}")), out, err: PathBuf::new() }
    }

    pub fn id(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process")
    }

    /// What it has written to standard output so far.
    pub fn out(&self) -> String {
        read(&self.out)
    }

    /// What it has written to standard error so far.
    pub fn err(&self) -> String {
        read(&self.err)
    }

    /// Sends a signal. The process is not reaped before it is dropped or waited for, so the number is its own.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).expect("it lives");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of this process")
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        let status = eventually("the process ends", || self.ended());
        Finished { status, out: self.out(), err: self.err() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // Asked first: `dev` then ends what it has started.
            let _ = kill_process(self.id(), Signal::TERM);
            let deadline = Instant::now() + GRACE;
            while self.ended().is_none() && Instant::now() < deadline {
                pause();
            }
        }
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            report(&self.out(), &self.err());
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with the message of the test that fails")]
fn report(out: &str, err: &str) {
    eprintln!("---- a process wrote to standard output\n{out}\n---- and to standard error\n{err}\n----");
}

impl Finished {
    /// The exit code; none after a signal.
    pub fn code(&self) -> Option<i32> {
        assert_eq!(self.status.signal(), None, "{self:?}");
        self.status.code()
    }
}

/// Runs the command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Finished {
    let folder = tempfile::tempdir().expect("a folder");
    Process::start(command.stdin(Stdio::null()), folder.path()).finish()
}

/// A path in the folder where nothing is yet.
fn free(folder: &Path, kind: &str) -> PathBuf {
    (0..).map(|index| folder.join(format!("{index}.{kind}"))).find(|path| !path.exists()).expect("a name")
}

#[track_caller]
fn create(path: &Path) -> File {
    File::create_new(path).expect("the folder can be written to")
}

fn read(path: &Path) -> String {
    std::fs::read(path).map_or_else(|error| error.to_string(), |text| String::from_utf8_lossy(&text).into_owned())
}
