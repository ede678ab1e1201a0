//! Another user, who owns nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

pub const NOBODY: u32 = 65534;

/// A command of that user. Only root can run one: `is_possible`.
pub fn as_nobody(arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]).args(arguments);
    command
}

pub fn is_possible() -> bool {
    as_nobody(&["true"]).output().is_ok_and(|output| output.status.success())
}

/// The path of the program in `folder`, which that user can enter: nobody else may be able to enter the folder of the build.
pub fn program_in(folder: &Path) -> String {
    let (built, there) = (env!("CARGO_BIN_EXE_fngate"), folder.join("fngate"));
    if !there.exists() && fs::hard_link(built, &there).is_err() {
        fs::copy(built, &there).expect("a copy of the program");
    }
    there.to_str().expect("UTF-8").to_owned()
}
