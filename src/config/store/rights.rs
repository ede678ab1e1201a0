//! Resolves paths, and tells whether this process may replace a file.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, StatxAttributes, StatxFlags, accessat, statx};
use rustix::process::{getegid, geteuid, getgroups};

/// The canonical path of a file, which need not exist.
///
/// # Errors
/// If it is a dangling link, or in a projected volume, whose files are replaced as a whole.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let resolved = match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            directory(path)?.join(name)
        }
        result => result?,
    };
    if is_projected(&resolved) {
        let message = "it is in a volume that Kubernetes projects: change the ConfigMap or Secret";
        return Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, message));
    }
    Ok(resolved)
}

/// The canonical path of a file's directory, which need not exist.
pub(super) fn directory(path: &Path) -> io::Result<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match parent.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent.symlink_metadata().is_err() => {
            let name = parent.file_name().ok_or(error)?;
            Ok(directory(parent)?.join(name))
        }
        result => result,
    }
}

/// ConfigMap and Secret volumes are links to `..data`, a link to a directory such as `..2024_05_01`.
fn is_projected(path: &Path) -> bool {
    path.components().any(|part| matches!(part, Component::Normal(name) if name.as_bytes().starts_with(b"..")))
}

/// Whether this process may replace or create the file. Nothing is written to find out, so a full disk, for example, is not
/// detected.
#[must_use]
pub fn is_writable(path: &Path) -> bool {
    let Ok(target) = resolve(path) else { return false };
    let Some(parent) = target.parent() else { return false };
    let may = |path: &Path, access: Access| accessat(CWD, path, access, AtFlags::EACCESS).is_ok();
    let Some(there) = parent.ancestors().find(|directory| directory.exists()) else { return false };
    if !there.is_dir() || !may(there, Access::WRITE_OK | Access::EXEC_OK) {
        return false;
    }
    match fs::metadata(&target) {
        Ok(found) => found.is_file() && !is_pinned(&target) && can_pass_on(&found),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Whether a file cannot be renamed over: a mount point, or immutable.
fn is_pinned(path: &Path) -> bool {
    let pinned = StatxAttributes::MOUNT_ROOT | StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    statx(CWD, path, AtFlags::empty(), StatxFlags::TYPE).is_ok_and(|found| found.stx_attributes.intersects(pinned))
}

/// Whether this process can create a file with the same owner and group.
fn can_pass_on(found: &fs::Metadata) -> bool {
    let has_group = || {
        let groups = getgroups().unwrap_or_default();
        getegid().as_raw() == found.gid() || groups.iter().any(|group| group.as_raw() == found.gid())
    };
    geteuid().is_root() || (geteuid().as_raw() == found.uid() && has_group())
}
