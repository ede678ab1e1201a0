//! Processes, files and a raw client, for all tests that run the built program.

// The paths are written out because more than one test binary includes this file.
#[path = "support/client.rs"]
pub mod client;
#[path = "../support/directories.rs"]
pub mod directories;
#[path = "support/gateway.rs"]
pub mod gateway;
#[path = "support/nobody.rs"]
pub mod nobody;
#[path = "../support/port.rs"]
pub mod port;
#[path = "support/process.rs"]
pub mod process;
#[path = "../support/project.rs"]
pub mod project;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use project::project;
use tokio::time::Instant;

/// How long anything in these tests may take that should be quick; a busy machine is slow to start interpreters.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(10);

/// Waits until `condition` gives something.
#[track_caller]
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "it never happened: {what}");
        pause();
    }
}

/// Between two looks at a condition.
#[expect(clippy::disallowed_methods, reason = "the threads of these tests serve nobody")]
fn pause() {
    std::thread::sleep(LOOK);
}

/// The program with these arguments and nothing in its environment that changes what it does.
pub fn fngate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fngate"));
    command.args(arguments);
    for variable in [
        "FNGATE_CONFIG",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "LISTEN_FDS",
        "LISTEN_PID",
        "STATE_DIRECTORY",
        "LOGS_DIRECTORY",
        "RUNTIME_DIRECTORY",
        "FNGATE_TOKEN",
    ] {
        command.env_remove(variable);
    }
    command
}

/// The folder of the functions that the tests start.
pub fn functions() -> PathBuf {
    project("tests/cli/functions")
}

/// Held by a test that uses the default admin port: it is given away once at a time.
pub fn admin_port() -> MutexGuard<'static, ()> {
    static TAKEN: Mutex<()> = Mutex::new(());
    // What a failed test leaves behind is nothing.
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}
