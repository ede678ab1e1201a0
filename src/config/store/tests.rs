//! All or nothing: stopped at every step, killed at random, and in places where nothing can be written.

mod hostile;
mod killed;
mod stopped;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Store, Write};

/// A directory of files that change, with one for journals beside it.
struct Stand {
    folder: TempDir,
    store: Store,
}

impl Stand {
    fn new(files: &[(&str, &str)]) -> Self {
        // In memory, if there is a place: thousands of files are brought to the disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
        for name in ["files", "journals"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let store = Store::new(&folder.path().join("journals"));
        let stand = Self { folder, store };
        for (name, text) in files {
            stand.put(name, text);
        }
        stand
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("written");
    }

    fn write(&self, name: &str, expected: Option<&str>, content: Option<&str>) -> Write {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Write { path: self.at(name), expected: bytes(expected), content: bytes(content) }
    }

    /// All files with what they hold, those included that should not be there.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        collect(&self.at(""), &self.at(""), &mut found);
        found
    }

    /// What is left of journals.
    fn journals(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path().join("journals")).expect("a folder").flatten();
        let mut names: Vec<_> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.ends_with(".lock") && !name.ends_with(".draft"));
        names
    }

    /// Whether a path may be touched: one of the files of this stand.
    fn is_allowed(&self, path: &Path) -> bool {
        path.starts_with(self.at("").canonicalize().expect("a folder"))
    }

    fn recover(&self) -> Result<Option<super::Recovered>, super::WriteError> {
        self.store.recover(&|path| self.is_allowed(path))
    }
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("below").display().to_string();
            found.insert(name, fs::read_to_string(&path).unwrap_or_else(|error| error.to_string()));
        }
    }
}

fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}
