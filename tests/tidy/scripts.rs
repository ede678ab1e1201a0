//! Scripts: asked for help they say what they do, and do nothing else.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::project::project;
use super::{assert_none, files};

/// Executable files that people do not start, each with who does.
const NOT_FOR_PEOPLE: [(&str, &str); 5] = [
    ("debian/postinst", "dpkg"),
    ("debian/postrm", "dpkg"),
    ("debian/prerm", "dpkg"),
    ("tests/cli/functions/scf_bootstrap", "tests/cli"),
    ("tests/systemd/checks", "tests/systemd/run, in the machine that it boots"),
];
/// All that a script needs to print its help. What installs, builds or measures is not among it.
const TOOLS: [&str; 4] = ["bash", "env", "python3", "sed"];

fn scripts() -> Vec<String> {
    let mut found: Vec<_> = ["bench", "debian", "tests", ".ci"].into_iter().flat_map(files).collect();
    let is_executable = |path: &str| {
        let metadata = project(path).metadata().unwrap_or_else(|error| panic!("{path}: {error}"));
        metadata.permissions().mode() & 0o111 != 0
    };
    found.retain(|path| is_executable(path) && NOT_FOR_PEOPLE.iter().all(|(other, _)| other != path));
    found
}

/// Where the tool itself is, whatever wrapper the search path has for it.
fn tool(name: &str) -> PathBuf {
    let script = match name {
        "python3" => "python3 -c 'import sys; print(sys.executable)'".to_owned(),
        _ => format!("command -v {name}"),
    };
    let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
    String::from_utf8(output.stdout).expect("a path").trim_end().into()
}

#[test]
fn scripts_say_what_they_do_and_do_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in TOOLS {
        symlink(tool(name), folder.path().join(name)).expect("a link");
    }
    let mut wrong = Vec::new();
    for script in scripts() {
        for option in ["--help", "-h"] {
            let mut command = Command::new(folder.path().join("env"));
            command.arg(project(&script)).arg(option);
            command.env_clear().env("PATH", folder.path()).env("HOME", folder.path());
            let output = command.current_dir(Path::new("/")).output().expect("env");
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            // What to type, with a word about it.
            let says = out.contains(&script) && out.lines().count() > 1;
            if !(output.status.success() && says && err.is_empty()) {
                wrong.push(format!("{script} {option}: {}, {} bytes, {err}", output.status, out.len()));
            }
        }
    }
    assert_none("scripts that have no help", &wrong);
}
