//! Reads from the disk: the main file, those that its `include` names, and those that keys name.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Diagnostic, Diagnostics, Problem};
use super::file::{File, Span};
use super::inputs::{Inputs, Listing, Source, read_bytes};
use super::pattern::{expand, fixed, is_wild};
use super::value::Found;

/// Where a configuration is read from, and what has been looked at so far.
pub(super) struct Disk {
    /// The main file.
    main: PathBuf,
    inputs: RefCell<Inputs>,
}

impl Disk {
    /// Nothing is read yet. Relative paths are seen from the directory of `main`.
    pub(super) fn new(main: &Path) -> Self {
        Self { main: main.to_owned(), inputs: RefCell::default() }
    }

    pub(super) fn into_inputs(self) -> Inputs {
        self.inputs.into_inner()
    }

    pub(super) fn read_main(&self) -> Result<Arc<File>, Diagnostic> {
        self.read(&self.main)
    }

    /// What a file holds that a key names. A file that several keys name is read once, so that they agree.
    pub(super) fn bytes(&self, path: &Path) -> Result<Vec<u8>, Problem> {
        let path = self.place(path);
        let known = self.inputs.borrow().content(&path).map(<[u8]>::to_owned);
        match known {
            Some(bytes) => Ok(bytes),
            None => self.look(&path).map_err(|error| Problem::new(unreadable(&path, &error))),
        }
    }

    /// Where a file is that a key names.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        parent(&self.main).join(path)
    }

    /// Whether a path leads to a file that the configuration was read from.
    pub(super) fn has_read(&self, path: &Path) -> bool {
        let identity = identity(path);
        self.inputs.borrow().sources.iter().any(|source| self::identity(&source.path) == identity)
    }

    fn look(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.watch(parent(path));
        let content = read_bytes(path);
        self.inputs
            .borrow_mut()
            .sources
            .push(Source { path: path.to_owned(), content: content.as_ref().ok().cloned() });
        content
    }

    fn read(&self, path: &Path) -> Result<Arc<File>, Diagnostic> {
        let bytes = self.look(path).map_err(|error| Diagnostic::new(unreadable(path, &error)))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
            Diagnostic::new(format!("cannot read {}: line {line} is not UTF-8", path.display()))
        })?;
        Ok(File::new(path, text))
    }

    /// Reads the files that patterns name, seen from the directory of the main file. Each is read once, however many patterns
    /// match it.
    pub(super) fn follow(&self, patterns: Vec<Found<String>>, diagnostics: &Diagnostics) -> Vec<Arc<File>> {
        let mut seen = HashSet::from([identity(&self.main)]);
        let mut files = Vec::new();
        for Found { value, span } in patterns {
            for path in self.expand(parent(&self.main), &value, &span, diagnostics) {
                if !seen.insert(identity(&path)) {
                    continue;
                }
                match self.read(&path) {
                    Ok(file) => files.push(file),
                    Err(error) => diagnostics.push(error.at_labelled(&span, "included here")),
                }
            }
        }
        files
    }

    /// The paths that a pattern stands for, sorted. Without a wildcard that is the path itself, be it there or not.
    fn expand(&self, base: &Path, pattern: &str, span: &Span, diagnostics: &Diagnostics) -> Vec<PathBuf> {
        if !is_wild(pattern) {
            return vec![base.join(pattern)];
        }
        self.watch(&base.join(fixed(pattern)));
        let found = match expand(base, pattern) {
            Ok(found) => found,
            Err(error) => {
                diagnostics.push(Diagnostic::new(format!("not a pattern for files: {}", error.msg)).at(span));
                return Vec::new();
            }
        };
        if found.cut {
            let error = Diagnostic::new("the pattern has more than 100,000 files and directories to look at");
            diagnostics.push(error.at(span).hint("name the directories more closely".to_owned()));
        }
        for (path, error) in &found.unreadable {
            diagnostics.push(Diagnostic::new(unreadable(path, error)).at_labelled(span, "included here"));
        }
        for path in &found.paths {
            self.watch(parent(path));
        }
        self.inputs.borrow_mut().listings.push(Listing::new(base, pattern, &found));
        found.paths.into_iter().collect()
    }

    fn watch(&self, directory: &Path) {
        let directories = &mut self.inputs.borrow_mut().directories;
        if !directories.iter().any(|known| known == directory) {
            directories.push(directory.to_owned());
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory, not a file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    format!("cannot read {}: {reason}", path.display())
}

/// The directory of a file; the current one has a name, so that it can be watched.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What two paths to one file have in common.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
