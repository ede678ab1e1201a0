//! Files in memory: for tests, and for configurations that are text.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{EntryKind, Names, Source};

/// Files by their paths. There are no links, and a directory is there if a file is in it.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// These files. `.` and `..` in paths are resolved by their names.
    pub fn new<P: AsRef<Path>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (normal(path.as_ref()), content.into()));
        Self { files: files.collect() }
    }

    /// The first names behind a directory, of all files in it.
    fn names<'a>(&'a self, directory: &Path) -> impl Iterator<Item = OsString> + use<'a> {
        let directory = normal(directory);
        // The files in a directory follow one another, and so do those of one of its directories.
        let mut last = None;
        let within = self.files.range(directory.clone()..).map_while(move |(path, _)| {
            let rest = path.strip_prefix(&directory).ok()?;
            Some(rest.components().next().map(|first| first.as_os_str().to_owned()))
        });
        within.flatten().filter(move |name| last.replace(name.clone()).as_ref() != Some(name))
    }
}

impl Source for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(&normal(path)) {
            Some(content) => Ok(content.clone()),
            None if self.is_directory(path) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>> {
        match self.kind(directory) {
            Some(EntryKind::Directory) => Ok(Box::new(self.names(directory))),
            Some(_) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let path = normal(path);
        if self.files.contains_key(&path) {
            return Some(EntryKind::File);
        }
        let is_directory = path.as_os_str().is_empty() || self.names(&path).next().is_some();
        is_directory.then_some(EntryKind::Directory)
    }

    fn identity(&self, path: &Path) -> PathBuf {
        normal(path)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What files hold may be secret.
        f.debug_set().entries(self.files.keys()).finish()
    }
}

/// A path without `.` and `..`; those at its start are the working directory.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}
