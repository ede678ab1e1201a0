//! Where a gateway keeps what outlives it: the history, the directory of edits and its token.
//!
//! The tests run as root, which can write to the directories of an installed gateway. Each gets its own instead.

use std::path::Path;
use std::process::Command;

/// Where edits and the history go.
pub(crate) const STATE: &str = "state";
/// Where the token goes.
pub(crate) const RUNTIME: &str = "run";

/// Gives a command directories below `folder`, as the service manager would. What it was given before stays.
pub(crate) fn separate(command: &mut Command, folder: &Path) {
    for (variable, name) in [("STATE_DIRECTORY", STATE), ("RUNTIME_DIRECTORY", RUNTIME)] {
        // What was taken from it, it does not have.
        if command.get_envs().any(|(given, value)| given == variable && value.is_some()) {
            continue;
        }
        let directory = folder.join(name);
        // One that cannot be made is the test's own: a gateway has to start without it.
        let _ = std::fs::create_dir_all(&directory);
        command.env(variable, directory);
    }
}
