//! Directories that are there as a whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::error::HistoryError;

type Result<T> = std::result::Result<T, HistoryError>;

/// Makes a directory, and those that it is in, for its owner alone.
pub(super) fn create(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(HistoryError::at(path))
}

/// Waits until the disk has the names in a directory.
pub(super) fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(HistoryError::at(path))
}

/// Writes files below a new directory. The disk has them when it is done.
pub(super) fn write(directory: &Path, files: &[(String, &[u8])]) -> Result<()> {
    remove(directory)?;
    create(directory)?;
    let mut directories = BTreeSet::from([directory.to_owned()]);
    for (name, content) in files {
        let path = directory.join(name);
        for parent in path.ancestors().skip(1).take_while(|parent| *parent != directory) {
            directories.insert(parent.to_owned());
        }
        if let Some(parent) = path.parent() {
            create(parent)?;
        }
        write_new(&path, content)?;
    }
    directories.iter().try_for_each(|directory| sync(directory))
}

/// Writes a file in the place of one that may be there, in one step.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let draft = beside(path, "new");
    let discarded = fs::remove_file(&draft);
    discarded.or_else(unless_missing).map_err(HistoryError::at(&draft))?;
    let written = write_new(&draft, content).and_then(|()| fs::rename(&draft, path).map_err(HistoryError::at(path)));
    written.inspect_err(|_| {
        // Nobody reads it.
        let _ = fs::remove_file(&draft);
    })?;
    sync(path.parent().unwrap_or(Path::new(".")))
}

fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(HistoryError::at(path))
}

/// Puts a directory in the place of one that may be there, which is removed.
pub(super) fn put(from: &Path, to: &Path) -> Result<()> {
    let failed = HistoryError::at(to);
    match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::NOENT) => fs::rename(from, to).map_err(failed)?,
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => put_in_steps(from, to)?,
        Err(error) => return Err(failed(error.into())),
    }
    sync(to.parent().unwrap_or(Path::new(".")))?;
    // What was there has the name of the draft now. The next draft removes it if this fails.
    let _ = remove(from);
    Ok(())
}

/// As [`put`], where the file system cannot exchange two names. If the process ends in between, [`settle`] goes back.
fn put_in_steps(from: &Path, to: &Path) -> Result<()> {
    let old = beside(to, "old");
    let steps = || {
        remove_any(&old)?;
        match fs::rename(to, &old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::rename(from, to),
            result => result?,
        }
        fs::rename(from, to).inspect_err(|_| {
            // If this fails, too, it is done at the next start.
            let _ = fs::rename(&old, to);
        })?;
        fs::rename(&old, from)
    };
    steps().map_err(HistoryError::at(to))
}

/// Removes a directory, in one step for those who look at its name.
pub(super) fn take_away(path: &Path) -> Result<()> {
    let gone = beside(path, "gone");
    remove(&gone)?;
    match fs::rename(path, &gone) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result.map_err(HistoryError::at(path))?,
    }
    sync(path.parent().unwrap_or(Path::new(".")))?;
    remove(&gone)
}

/// Removes what an interrupted process has left in a directory, or puts it back where there is nothing in its place.
pub(super) fn settle(directory: &Path) -> Result<()> {
    for entry in fs::read_dir(directory).map_err(HistoryError::at(directory))? {
        let path = entry.map_err(HistoryError::at(directory))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some((kind, name)) = name.strip_prefix('.').and_then(|name| name.split_once('-')) else { continue };
        match kind {
            "old" if directory.join(name).symlink_metadata().is_err() => {
                fs::rename(&path, directory.join(name)).map_err(HistoryError::at(&path))?;
            }
            "old" | "new" | "gone" => remove(&path)?,
            _ => {}
        }
    }
    Ok(())
}

/// The name under which a directory or a file is made, kept or removed.
pub(super) fn beside(path: &Path, kind: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{kind}-{name}"))
}

/// Removes a file or a whole directory, if it is there.
fn remove(path: &Path) -> Result<()> {
    remove_any(path).map_err(HistoryError::at(path))
}

fn remove_any(path: &Path) -> io::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(unless_missing)
}

fn unless_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_takes_the_place_of_another_with_and_without_an_exchange() {
        for put in [put, |from: &Path, to: &Path| put_in_steps(from, to).and_then(|()| remove(from))] {
            let folder = tempfile::tempdir().expect("a folder");
            let (from, to) = (folder.path().join(".new-a"), folder.path().join("a"));
            for text in ["first", "second"] {
                write(&from, &[("b/c".to_owned(), text.as_bytes())]).expect("written");
                put(&from, &to).expect("put");
                assert_eq!(fs::read_to_string(to.join("b/c")).expect("a file"), text);
                let names = fs::read_dir(folder.path()).expect("a folder").count();
                assert_eq!(names, 1, "nothing else is left");
            }
        }
    }

    #[test]
    fn what_was_interrupted_is_settled() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [".old-a", ".new-a", ".old-b", "b", ".gone-c", ".hidden", "d"] {
            fs::create_dir(at(name)).expect("a folder");
            fs::write(at(name).join("file"), name).expect("written");
        }
        fs::write(at(".new-e"), "a file").expect("written");
        settle(folder.path()).expect("settled");
        let mut names: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        names.sort_by_key(fs::DirEntry::file_name);
        let names: Vec<_> = names.iter().map(|entry| entry.file_name().into_string().expect("text")).collect();
        assert_eq!(names, [".hidden", "a", "b", "d"]);
        assert_eq!(fs::read_to_string(at("a/file")).expect("a file"), ".old-a");
        assert_eq!(fs::read_to_string(at("b/file")).expect("a file"), "b");
    }
}
