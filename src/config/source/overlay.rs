//! Files as they would be after a change: the change can be checked before it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{EntryKind, Names, Source};

/// A source in which some files have other contents, are new, or are gone.
///
/// A link stays what it is, and the file behind it is the one that changes, as it is when files are written.
pub struct Overlay<'a> {
    base: &'a dyn Source,
    /// By the paths without links; `None` is a file that is gone.
    replaced: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl<'a> Overlay<'a> {
    /// `base` with these files replaced, or removed where there is no content.
    pub fn new(base: &'a dyn Source, replaced: BTreeMap<PathBuf, Option<Vec<u8>>>) -> Self {
        let replaced = replaced.into_iter().map(|(path, content)| (target(base, &path), content)).collect();
        Self { base, replaced }
    }

    /// The new files in a directory, or in directories of it: their paths behind its own.
    fn added<'b>(&'b self, directory: &'b Path) -> impl Iterator<Item = &'b Path> {
        let files = self.replaced.iter().filter(|(_, content)| content.is_some());
        let within = files.filter_map(move |(path, _)| path.strip_prefix(directory).ok());
        within.filter(|rest| !rest.as_os_str().is_empty())
    }
}

impl Source for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.replaced.get(&target(self.base, path)) {
            Some(Some(content)) => Ok(content.clone()),
            Some(None) => Err(io::ErrorKind::NotFound.into()),
            None => self.base.read(path),
        }
    }

    fn list<'a>(&'a self, directory: &Path) -> io::Result<Names<'a>> {
        let place = target(self.base, directory);
        let added: BTreeSet<OsString> = self
            .added(&place)
            .filter_map(|rest| rest.components().next())
            .map(|first| first.as_os_str().to_owned())
            .collect();
        let base: Names<'a> = match self.base.list(directory) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !added.is_empty() => Box::new(std::iter::empty()),
            Err(error) => return Err(error),
        };
        let known = added.clone();
        let kept = base
            .filter(move |name| !known.contains(name) && !matches!(self.replaced.get(&place.join(name)), Some(None)));
        Ok(Box::new(kept.chain(added)))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let found = self.base.kind(path);
        if found == Some(EntryKind::Link) {
            return found;
        }
        let place = target(self.base, path);
        match self.replaced.get(&place) {
            Some(Some(_)) => Some(EntryKind::File),
            Some(None) => None,
            None if self.added(&place).next().is_some() => Some(EntryKind::Directory),
            None => found,
        }
    }

    fn identity(&self, path: &Path) -> PathBuf {
        target(self.base, path)
    }
}

impl fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What files hold may be secret.
        let replaced: Vec<_> = self.replaced.keys().collect();
        f.debug_struct("Overlay").field("base", &self.base).field("replaced", &replaced).finish()
    }
}

/// The path without links of a file that is there, or could be: what of it is there decides.
fn target(base: &dyn Source, path: &Path) -> PathBuf {
    if base.kind(path).is_some() || path.as_os_str().is_empty() {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        return base.identity(path);
    }
    let Some(parent) = path.parent() else { return path.to_owned() };
    let mut place = target(base, parent);
    match path.components().next_back() {
        // What is not there is no link.
        Some(Component::ParentDir) => {
            place.pop();
        }
        Some(last) => place.push(last),
        None => {}
    }
    place
}
