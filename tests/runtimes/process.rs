//! A child process with its output in a file; ended when dropped.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How often a process that is to end is looked at, and for how long before it is killed.
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts the command; what it prints goes to `NAME.log` in the folder.
    pub(crate) fn start(name: &str, mut command: Command, folder: &Path) -> io::Result<Self> {
        let output = folder.join(format!("{name}.log"));
        let file = File::create(&output)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        Ok(Self { name: name.to_owned(), child: command.spawn()?, output })
    }

    /// What it has printed so far.
    pub(crate) fn printed(&self) -> String {
        std::fs::read(&self.output)
            .map_or_else(|error| error.to_string(), |text| String::from_utf8_lossy(&text).into_owned())
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of this process")
    }

    /// Asks it to end, and kills it if it does not.
    fn end(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // Not reaped yet, so the number cannot be another's by now.
            let _ = kill_process(pid, Signal::TERM);
        }
        let mut left = PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && !left.is_zero() {
            std::thread::park_timeout(LOOK);
            left = left.saturating_sub(LOOK);
        }
        // It has ended, or does now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
        if std::thread::panicking() {
            report(&self.name, &self.printed());
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown with the message of the test that fails")]
fn report(name: &str, printed: &str) {
    eprintln!("---- {name} printed\n{printed}----");
}
