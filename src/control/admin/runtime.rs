//! The runtime directory: what a gateway leaves there for its own user, in files that nobody else can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// Writes a file to the first directory that takes it, and says where that is.
///
/// # Errors
/// When no directory does.
pub fn write(name: &str, content: &[u8]) -> io::Result<PathBuf> {
    let mut last =
        io::Error::new(ErrorKind::NotFound, "no runtime directory: set RUNTIME_DIRECTORY or XDG_RUNTIME_DIR");
    for path in places(name) {
        match write_privately(&path, content) {
            Ok(()) => return Ok(path),
            Err(error) => last = io::Error::new(error.kind(), format!("{}: {error}", path.display())),
        }
    }
    Err(last)
}

/// Reads a file that a gateway of this user has left, if there is one.
///
/// # Errors
/// When it cannot be read, or when somebody else could have written it.
pub fn read_own(name: &str) -> io::Result<Option<Vec<u8>>> {
    for path in places(name) {
        match read_privately(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
            Ok(content) => return Ok(Some(content)),
        }
    }
    Ok(None)
}

fn read_privately(path: &Path) -> io::Result<Vec<u8>> {
    // Of what is no file, neither the target is looked at nor the other end waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let found = file.metadata()?;
    let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0;
    if !found.is_file() || !is_own {
        return Err(io::Error::other("it must be a regular file owned by this user with mode 0600"));
    }
    let mut content = Vec::new();
    File::take(file, LARGEST).read_to_end(&mut content)?;
    Ok(content)
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
        if error.kind() != ErrorKind::AlreadyExists {
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_read_that_nobody_else_could_have_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        assert_eq!(read_privately(&path).map_err(|error| error.kind()), Err(ErrorKind::NotFound));
        write_privately(&path, b"one").expect("written");
        write_privately(&path, b"two").expect("written again");
        assert_eq!(read_privately(&path).expect("read"), b"two");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");

        let link = folder.path().join("link");
        symlink(&path, &link).expect("a link");
        assert!(read_privately(&link).is_err(), "a link");
        write_privately(&link, b"three").expect("in place of the link");
        assert_eq!(fs::read(&path).expect("read"), b"two", "what the link led to stays");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        assert!(read_privately(&path).is_err(), "others may read it");
        assert!(read_privately(folder.path()).is_err(), "a folder");
    }
}
