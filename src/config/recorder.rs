//! Reads the files of a configuration, and keeps in mind what was looked at: the main file, those that its `include` names, those in
//! `edit_dir`, and those that keys name.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Diagnostic, Diagnostics, Problem};
use super::file::{File, Span};
use super::inputs::{Input, Inputs, Listing, Role};
use super::pattern::{Expansion, expand, fixed, is_wild};
use super::source::Source;
use super::value::Found;

/// Where a configuration is read from, and what has been looked at so far.
pub(super) struct Recorder<'a> {
    source: &'a dyn Source,
    /// The main file.
    main: PathBuf,
    inputs: RefCell<Inputs>,
    /// The identities of the documents.
    documents: RefCell<HashSet<PathBuf>>,
}

impl<'a> Recorder<'a> {
    /// Nothing is read yet. Relative paths are seen from the directory of `main`.
    pub(super) fn new(source: &'a dyn Source, main: &Path) -> Self {
        Self { source, main: main.to_owned(), inputs: RefCell::default(), documents: RefCell::default() }
    }

    pub(super) fn into_inputs(self) -> Inputs {
        self.inputs.into_inner()
    }

    pub(super) fn read_main(&self) -> Result<Arc<File>, Diagnostic> {
        self.documents.borrow_mut().insert(self.source.identity(&self.main));
        self.read(&self.main, Role::Main)
    }

    /// What a file holds that a key names. A file that several keys name is read once, so that they agree.
    pub(super) fn bytes(&self, path: &Path) -> Result<Vec<u8>, Problem> {
        let path = self.place(path);
        let known = self.inputs.borrow().content(&path).map(<[u8]>::to_owned);
        match known {
            Some(bytes) => Ok(bytes),
            None => self.look(&path, Role::Named).map_err(|error| Problem::new(unreadable(&path, &error))),
        }
    }

    /// Where a file is that a key names.
    pub(super) fn place(&self, path: &Path) -> PathBuf {
        parent(&self.main).join(path)
    }

    /// Whether a path leads to a file that the configuration was read from.
    pub(super) fn has_read(&self, path: &Path) -> bool {
        let identity = self.source.identity(path);
        self.inputs.borrow().files.iter().any(|file| self.source.identity(&file.path) == identity)
    }

    fn look(&self, path: &Path, role: Role) -> io::Result<Vec<u8>> {
        self.watch(parent(path));
        let content = self.source.read(path);
        let input = Input { path: path.to_owned(), content: content.as_ref().ok().cloned(), role };
        self.inputs.borrow_mut().files.push(input);
        content
    }

    fn read(&self, path: &Path, role: Role) -> Result<Arc<File>, Diagnostic> {
        let bytes = self.look(path, role).map_err(|error| Diagnostic::new(unreadable(path, &error)))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
            Diagnostic::new(format!("cannot read {}: line {line} is not UTF-8", path.display()))
        })?;
        Ok(File::new(path, text))
    }

    /// Reads a document that has not been read yet, however many patterns match it. An error says where it is named.
    fn read_once(&self, path: &Path, role: Role) -> Option<Result<Arc<File>, Diagnostic>> {
        let is_new = self.documents.borrow_mut().insert(self.source.identity(path));
        is_new.then(|| self.read(path, role))
    }

    /// Reads the files that patterns of `include` name, seen from the directory of the main file.
    pub(super) fn follow(&self, patterns: Vec<Found<String>>, diagnostics: &Diagnostics) -> Vec<Arc<File>> {
        let mut files = Vec::new();
        for Found { value, span } in patterns {
            for path in self.expand(parent(&self.main), &value, &span, diagnostics) {
                match self.read_once(&path, Role::Included) {
                    Some(Ok(file)) => files.push(file),
                    Some(Err(error)) => diagnostics.push(error.at_labelled(&span, "included here")),
                    None => {}
                }
            }
        }
        files
    }

    /// Reads the `*.toml` files of `edit_dir`, in the order of their names. `span` is where the configuration names it.
    pub(super) fn follow_edits(&self, dir: &Path, span: Option<&Span>, diagnostics: &Diagnostics) -> Vec<Arc<File>> {
        const PATTERN: &str = "*.toml";
        let report = |error: Diagnostic| {
            diagnostics.push(match span {
                Some(span) => error.at_labelled(span, "the directory of edits"),
                None => error,
            });
        };
        self.watch(dir);
        // The pattern is a good one.
        let Ok(found) = expand(self.source, dir, PATTERN) else { return Vec::new() };
        self.note(dir, PATTERN, &found, report);
        let read = found.paths.iter().filter_map(|path| match self.read_once(path, Role::Edited)? {
            Ok(file) => Some(file),
            Err(error) => {
                report(error);
                None
            }
        });
        read.collect()
    }

    /// The paths that a pattern stands for, sorted. Without a wildcard that is the path itself, be it there or not.
    fn expand(&self, base: &Path, pattern: &str, span: &Span, diagnostics: &Diagnostics) -> Vec<PathBuf> {
        if !is_wild(pattern) {
            return vec![base.join(pattern)];
        }
        self.watch(&base.join(fixed(pattern)));
        let found = match expand(self.source, base, pattern) {
            Ok(found) => found,
            Err(error) => {
                diagnostics.push(Diagnostic::new(format!("not a pattern for files: {}", error.msg)).at(span));
                return Vec::new();
            }
        };
        self.note(base, pattern, &found, |error| diagnostics.push(error.at_labelled(span, "included here")));
        found.paths.into_iter().collect()
    }

    /// Keeps what a pattern stands for, and reports what could not be looked at.
    fn note(&self, base: &Path, pattern: &str, found: &Expansion, report: impl Fn(Diagnostic)) {
        if found.cut {
            let error = Diagnostic::new("the pattern has more than 100,000 files and directories to look at");
            report(error.hint("name the directories more closely".to_owned()));
        }
        for (path, error) in &found.unreadable {
            report(Diagnostic::new(unreadable(path, error)));
        }
        for path in &found.paths {
            self.watch(parent(path));
        }
        self.inputs.borrow_mut().listings.push(Listing::new(base, pattern, found));
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
