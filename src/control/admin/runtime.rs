//! The runtime directory: what a gateway leaves there for its own user, in files that nobody else can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes a file to the first directory that takes it, and says where that is.
///
/// # Errors
/// When no directory does.
pub fn write(name: &str, content: &[u8]) -> io::Result<PathBuf> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no folder for it");
    for path in places(name) {
        match write_privately(&path, content) {
            Ok(()) => return Ok(path),
            Err(error) => last = io::Error::new(error.kind(), format!("{}: {error}", path.display())),
        }
    }
    Err(last)
}

/// Where a file of this name may be: in `$RUNTIME_DIRECTORY`, else in `/run/fngate` or in `$XDG_RUNTIME_DIR`.
#[must_use]
pub fn places(name: &str) -> Vec<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let first = |value: std::ffi::OsString| value.to_string_lossy().split(':').next().map(PathBuf::from);
    if let Some(folder) = variable("RUNTIME_DIRECTORY").and_then(first) {
        return vec![folder.join(name)];
    }
    let own = std::iter::once(PathBuf::from("/run/fngate"));
    own.chain(variable("XDG_RUNTIME_DIR").map(PathBuf::from)).map(|folder| folder.join(name)).collect()
}

/// Writes beside the place and renames: nobody reads half a file, and a link that somebody laid there is not followed.
fn write_privately(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.exists() {
        // Only root can make one in /run.
        fs::create_dir(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!("-{}", std::process::id()));
    let beside = Path::new(&beside);
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside).or_else(|error| {
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
        fs::remove_file(beside)?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)
    });
    let written = written.and_then(|mut file| file.write_all(content));
    written.and_then(|()| fs::rename(beside, path)).inspect_err(|_error| {
        // The first error is the one that counts.
        let _ = fs::remove_file(beside);
    })
}
