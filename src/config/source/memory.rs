//! Files in memory: for tests, and for configurations that are text.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{EntryKind, Names, Source};

/// Files by path. There are no links. A directory exists if it contains a file.
#[derive(Clone, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// `.` and `..` in paths are resolved lexically.
    pub fn new<P: AsRef<Path>, C: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, C)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (normal(path.as_ref()), content.into()));
        Self { files: files.collect() }
    }

    /// Makes a file hold something else, or removes it.
    pub(crate) fn set(&mut self, path: &Path, content: Option<Vec<u8>>) {
        match content {
            Some(content) => drop(self.files.insert(normal(path), content)),
            None => drop(self.files.remove(&normal(path))),
        }
    }

    /// The names in a directory.
    fn names<'a>(&'a self, directory: &Path) -> impl Iterator<Item = OsString> + use<'a> {
        let directory = normal(directory);
        // The map is sorted: the files of a directory are adjacent, and so are those of each subdirectory.
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

/// Removes `.` and `..` from a path. A leading `..` is dropped.
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
