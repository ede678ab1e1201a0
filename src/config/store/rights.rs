//! Which file a path stands for, and whether this process may replace it.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, StatxAttributes, StatxFlags, accessat, statx};
use rustix::process::{getegid, geteuid, getgroups};

/// The path without links of a file that is there, or can be made.
///
/// # Errors
/// If it is a link to nothing, or in a volume whose files are exchanged as a whole.
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

/// The directory of a file without links, be it there or not.
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

/// Whether this process may replace the file, or make it if it is not there. Nothing is touched; a full disk, say, shows only when
/// the file is written.
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

/// Whether the name of a file cannot be given to another one: a file that is mounted by itself, or that is immutable.
fn is_pinned(path: &Path) -> bool {
    let pinned = StatxAttributes::MOUNT_ROOT | StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    statx(CWD, path, AtFlags::empty(), StatxFlags::TYPE).is_ok_and(|found| found.stx_attributes.intersects(pinned))
}

/// Whether a file in place of this one can have the same owner and group.
fn can_pass_on(found: &fs::Metadata) -> bool {
    let has_group = || {
        let groups = getgroups().unwrap_or_default();
        getegid().as_raw() == found.gid() || groups.iter().any(|group| group.as_raw() == found.gid())
    };
    geteuid().is_root() || (geteuid().as_raw() == found.uid() && has_group())
}
