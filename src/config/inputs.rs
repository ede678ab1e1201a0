//! What a configuration was read from, and whether that has changed since.
//!
//! Two loads that see the same give the same result, environment variables aside. So a watcher need not read a configuration to its end
//! to learn that nothing is new, which is long work for a large one.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::pattern::{Expansion, expand};

/// Far above any configuration; a device or a log given by mistake must not fill the memory.
const LARGEST: u64 = 64 << 20;

/// All that a load has looked at.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The main file first, then what it includes, then what keys name.
    pub sources: Vec<Source>,
    /// The directories in which a change may change the configuration.
    pub directories: Vec<PathBuf>,
    pub(super) listings: Vec<Listing>,
}

/// A file, or the place of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    /// What the file held; `None` when it could not be read.
    pub content: Option<Vec<u8>>,
}

/// What a pattern of `include` stood for.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    base: PathBuf,
    pattern: String,
    /// `None` when some of it could not be looked at.
    paths: Option<BTreeSet<PathBuf>>,
}

impl Inputs {
    /// Whether the disk still says the same. Reads every file again; what could not be looked at counts as changed.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.listings.iter().all(Listing::is_current) && self.sources.iter().all(Source::is_current)
    }

    /// What a file held, if it was read.
    pub(super) fn content(&self, path: &Path) -> Option<&[u8]> {
        self.sources.iter().find(|source| source.path == path)?.content.as_deref()
    }
}

impl Source {
    /// A file as it is now.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        Self { path: path.to_owned(), content: read_bytes(path).ok() }
    }

    fn is_current(&self) -> bool {
        read_bytes(&self.path).ok() == self.content
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).field("bytes", &self.content.as_ref().map(Vec::len)).finish()
    }
}

impl Listing {
    pub(super) fn new(base: &Path, pattern: &str, found: &Expansion) -> Self {
        Self { base: base.to_owned(), pattern: pattern.to_owned(), paths: complete(found) }
    }

    fn is_current(&self) -> bool {
        let now = expand(&self.base, &self.pattern).ok();
        self.paths.is_some() && now.is_some_and(|found| complete(&found) == self.paths)
    }
}

pub(super) fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // To open a named pipe would wait for a writer, for ever if there is none.
    if fs::metadata(path)?.file_type().is_fifo() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe, not a file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 MiB"));
    }
    Ok(bytes)
}

fn complete(found: &Expansion) -> Option<BTreeSet<PathBuf>> {
    (!found.cut && found.unreadable.is_empty()).then(|| found.paths.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

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
            assert!(before.is_current(), "{name}: nothing has changed");
            change(name, content);
            assert!(!before.is_current(), "{name}");
            assert!(inputs().is_current(), "{name}");
        }
        let before = inputs();
        fs::remove_file(at("more/three.toml")).expect("removed");
        assert!(!before.is_current());
        fs::remove_file(at("one.toml")).expect("removed");
        let without = inputs();
        assert!(without.is_current(), "a file that is missing is missing still");
        change("one.toml", "");
        assert!(!without.is_current());
    }
}
