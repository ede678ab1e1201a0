//! The programs that judge what is deployed, and the files that they judge.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::skip::skipped;
use super::support::process::{Finished, run};
use super::support::project::project;

/// The text of a file, by its path from the root of the project.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether Prometheus and its tool are there; says so if they are not.
pub fn has_prometheus() -> bool {
    let found = ["prometheus", "promtool"].iter().all(|program| {
        let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        match version {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => panic!("{program}: {error}"),
        }
    });
    if !found {
        skipped("rules and alerts: prometheus and promtool are not installed");
    }
    found
}

/// Runs `promtool`, which has to be content.
#[track_caller]
pub fn promtool(arguments: &[&str]) {
    let finished = run(Command::new("promtool").args(arguments).current_dir(project("deploy/prometheus")));
    assert_eq!(finished.code(), Some(0), "{}\n{}", finished.out, finished.err);
}

/// What a file says, if those who read such files would take it.
#[track_caller]
pub fn judge(kind: &str, file: &Path) -> Value {
    let mut command = Command::new(installed("deploy", "bin/python"));
    let Finished { status, out, err } = run(command.arg(project("tests/deploy/judge.py")).arg(kind).arg(file));
    assert!(status.success(), "{}:\n{err}", file.display());
    serde_json::from_str(&out).expect("JSON")
}

/// What `tests/setup` has installed. Its stamp says that it was not interrupted.
#[track_caller]
pub fn installed(environment: &str, path: &str) -> PathBuf {
    let folder = project("target/tests").join(environment);
    assert!(folder.join(".stamp").exists(), "{} is missing: run tests/setup", folder.display());
    folder.join(path)
}
