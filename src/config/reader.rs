//! One reading of a configuration: what all of its sections share.
//!
//! A value that is wrong is reported where it stands and replaced by its default, so that one run finds all errors. The
//! configuration that comes out is used only when nothing was reported.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::error::Diagnostics;
use super::file::File;
use super::recorder::Recorder;
use super::schema::{self, Form, Key};
use super::source::memory::Memory;
use super::variable::Lookup;

/// What all sections of one reading share.
pub(super) struct Reader<'a> {
    pub(super) diagnostics: Diagnostics,
    pub(super) lookup: Lookup<'a>,
    /// Where the files are that keys name.
    pub(super) files: &'a Recorder<'a>,
    /// The files of the directory of edits. A service in one of them may add to a service of another file.
    pub(super) extensions: Vec<Arc<File>>,
    /// The names of the services in those files.
    pub(super) extended: HashSet<String>,
    purpose: Purpose<'a>,
}

enum Purpose<'a> {
    /// Reads a configuration. Knows all keys, for hints about keys in the wrong table.
    Load { schema: &'a [String] },
    /// Learns the keys: every table is visited, also one that is not there.
    Learn { keys: RefCell<Vec<Key>> },
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: Lookup<'a>, files: &'a Recorder<'a>, schema: &'a [String]) -> Self {
        Self {
            diagnostics: Diagnostics::default(),
            lookup,
            files,
            extensions: Vec::new(),
            extended: HashSet::new(),
            purpose: Purpose::Load { schema },
        }
    }

    /// Runs `read` over nothing and returns every key that it asks for, in that order.
    pub(super) fn learn(read: impl FnOnce(&Reader<'_>)) -> Vec<Key> {
        let purpose = Purpose::Learn { keys: RefCell::new(Vec::new()) };
        let nothing = Memory::default();
        let files = Recorder::new(&nothing, Path::new(""));
        let reader = Reader { purpose, ..Reader::new(&|name| std::env::var(name), &files, &[]) };
        read(&reader);
        match reader.purpose {
            Purpose::Learn { keys } => keys.into_inner(),
            Purpose::Load { .. } => Vec::new(),
        }
    }

    /// Whether a file is in the directory of edits.
    pub(super) fn is_extension(&self, file: &Arc<File>) -> bool {
        self.extensions.iter().any(|own| Arc::ptr_eq(own, file))
    }

    pub(super) fn is_learning(&self) -> bool {
        matches!(self.purpose, Purpose::Learn { .. })
    }

    pub(super) fn note(&self, name: impl FnOnce() -> String, form: impl FnOnce() -> Form, required: bool) {
        if let Purpose::Learn { keys } = &self.purpose {
            schema::note(&mut keys.borrow_mut(), name(), form(), required);
        }
    }

    /// The tables that a key would be right in.
    pub(super) fn homes(&self, key: &str) -> Vec<&str> {
        let Purpose::Load { schema } = &self.purpose else { return Vec::new() };
        schema
            .iter()
            .filter_map(|dotted| dotted.rsplit_once('.'))
            .filter(|(_, last)| *last == key)
            .map(|(home, _)| home)
            .collect()
    }
}
