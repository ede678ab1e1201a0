//! What a configuration was read from, and whether that has changed since.
//!
//! Two loads that see the same give the same result, environment variables aside. So a watcher need not read a configuration to its end
//! to learn that nothing is new, which is long work for a large one.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use super::pattern::{Expansion, expand};
use super::source::Source;

/// All that a load has looked at.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The main file first, then the other documents in reading order, then the files that keys name.
    pub files: Vec<Input>,
    /// The directories in which a change may change the configuration.
    pub directories: Vec<PathBuf>,
    pub(super) listings: Vec<Listing>,
}

/// A file, or the place of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    /// What the file held; `None` when it could not be read.
    pub content: Option<Vec<u8>>,
    pub role: Role,
}

/// Why a file belongs to a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Main,
    /// `include` names it.
    Included,
    /// It is in `edit_dir`, and no `include` names it.
    Edited,
    /// A key names it, for example a certificate. It is not TOML.
    Named,
}

impl Role {
    /// The role of a TOML file other than the main one.
    #[must_use]
    pub fn of_further(path: &Path, edit_dir: Option<&Path>) -> Self {
        if edit_dir.is_some() && path.parent() == edit_dir { Self::Edited } else { Self::Included }
    }
}

/// The files that matched a pattern.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    base: PathBuf,
    pattern: String,
    /// `None` when some of it could not be looked at.
    paths: Option<BTreeSet<PathBuf>>,
}

impl Role {
    /// Whether the file is a TOML document of the configuration.
    #[must_use]
    pub fn is_document(self) -> bool {
        self != Self::Named
    }
}

impl Inputs {
    /// Whether `source` still has the same contents. Reads every file again; a directory that could not be listed counts as changed.
    #[must_use]
    pub fn is_current(&self, source: &dyn Source) -> bool {
        self.listings.iter().all(|listing| listing.is_current(source))
            && self.files.iter().all(|file| source.read(&file.path).ok() == file.content)
    }

    /// The TOML files, the main one first.
    pub fn documents(&self) -> impl Iterator<Item = &Input> {
        self.files.iter().filter(|file| file.role.is_document())
    }

    /// What a file held, if it was read.
    pub(super) fn content(&self, path: &Path) -> Option<&[u8]> {
        self.files.iter().find(|file| file.path == path)?.content.as_deref()
    }
}

impl Input {
    /// Reads a file that a key names.
    #[must_use]
    pub fn named(source: &dyn Source, path: &Path) -> Self {
        Self { path: path.to_owned(), content: source.read(path).ok(), role: Role::Named }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.content.as_ref().map(Vec::len);
        f.debug_struct("Input").field("path", &self.path).field("role", &self.role).field("bytes", &bytes).finish()
    }
}

impl Listing {
    pub(super) fn new(base: &Path, pattern: &str, found: &Expansion) -> Self {
        Self { base: base.to_owned(), pattern: pattern.to_owned(), paths: complete(found) }
    }

    fn is_current(&self, source: &dyn Source) -> bool {
        let now = expand(source, &self.base, &self.pattern).ok();
        self.paths.is_some() && now.is_some_and(|found| complete(&found) == self.paths)
    }
}

fn complete(found: &Expansion) -> Option<BTreeSet<PathBuf>> {
    (!found.cut && found.unreadable.is_empty()).then(|| found.paths.clone())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::config::{Disk, load};

    #[test]
    fn a_change_anywhere_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let main = at("main.toml");
        fs::write(&main, "include = [\"more/*.toml\", \"one.toml\"]").expect("written");
        fs::create_dir(at("more")).expect("made");
        for name in ["one.toml", "more/two.toml"] {
            fs::write(at(name), "").expect("written");
        }
        let change = |name: &str, content: &str| fs::write(at(name), content).expect("written");
        let inputs = || load(&main).map_or_else(|failure| failure.inputs, |loaded| loaded.inputs);
        for (name, content) in [
            ("main.toml", "include = [\"more/*.toml\", \"one.toml\"]#"),
            ("one.toml", "# changed"),
            ("more/two.toml", "# changed"),
            ("more/three.toml", ""),
        ] {
            let before = inputs();
            change("more/readme", name);
            assert!(before.is_current(&Disk), "{name}: nothing has changed");
            change(name, content);
            assert!(!before.is_current(&Disk), "{name}");
            assert!(inputs().is_current(&Disk), "{name}");
        }
        let before = inputs();
        fs::remove_file(at("more/three.toml")).expect("removed");
        assert!(!before.is_current(&Disk));
        fs::remove_file(at("one.toml")).expect("removed");
        let without = inputs();
        assert!(without.is_current(&Disk), "a file that is missing is missing still");
        change("one.toml", "");
        assert!(!without.is_current(&Disk));
    }
}
