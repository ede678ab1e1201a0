//! Makes changes of objects: the files are edited, checked as a whole, written, and put in use.
//!
//! Nothing is written that has not been loaded as it will be. One change at a time, on the thread that loads.

use std::path::Path;

use axum::http::StatusCode;
use serde_json::Value;

use super::change::{Answer, Change, Done, Effect, Mode, Outcome, Request, Written};
use super::edit::{Edit, Files};
use super::problem::{Finding, Problem};
use super::reload::{Prepared, Reloader};
use crate::config::edit::Edited;
use crate::config::store::{Write, WriteError, is_writable};
use crate::config::{self, Disk, Overlay, Report};
use crate::inspect::object::{Object, Target};
use crate::telemetry::log::with_sources;

/// Changes the configuration of a reloader.
#[derive(Debug)]
pub struct Amendment<'a> {
    pub reloader: &'a mut Reloader,
}

impl Amendment<'_> {
    /// Makes a change of objects: the files are checked as a whole, written, and put in use.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn change(&mut self, request: Request) -> Answer {
        let Some(path) = self.reloader.path().map(Path::to_owned) else {
            return Err(Box::new(Problem::new(
                StatusCode::CONFLICT,
                "read_only",
                "this gateway was started without a configuration file",
            )));
        };
        // What somebody has written by hand comes first.
        if let Some(outcome) = self.reloader.changed()
            && let Err(report) = self.reloader.take(outcome)
        {
            return Err(Box::new(self.refused("the files on the disk have errors: mend them first", &report)));
        }
        match request.change {
            Change::Put { target, keys, condition } => {
                let before = target.find(&self.reloader.parts().shared.load());
                let edit = self.files(|files| files.put(&target, keys, &condition))?;
                self.write(&path, request.mode, edit, Some((&target, before)))
            }
            Change::Delete { target, condition } => {
                let before = target.find(&self.reloader.parts().shared.load());
                let edit = self.files(|files| files.delete(&target, &condition))?;
                self.write(&path, request.mode, edit, Some((&target, before)))
            }
            Change::Apply { .. }
            | Change::Rollback { .. }
            | Change::Release { .. }
            | Change::Unrelease { .. }
            | Change::Follow { .. } => Err(Box::new(Problem::unavailable("there is no history"))),
        }
    }

    fn files<T>(&self, with: impl FnOnce(&Files<'_>) -> Result<T, Problem>) -> Result<T, Box<Problem>> {
        let snapshot = self.reloader.parts().shared.load();
        let can_write = |path: &Path| self.reloader.parts().store.is_some() && is_writable(path);
        with(&Files { snapshot: &snapshot, inputs: self.reloader.applied(), is_writable: &can_write }).map_err(Box::new)
    }

    fn write(&mut self, path: &Path, mode: Mode, edit: Edit, object: Option<(&Target, Option<Object>)>) -> Answer {
        let files: Vec<_> = edit.edited.iter().map(written).collect();
        let (target, before) = object.unzip();
        let before = before.flatten().map(Object::into_json);
        if edit.edited.is_empty() || mode == Mode::DryRun {
            if !edit.edited.is_empty() {
                self.check(path, &edit)?;
            }
            return Ok(self.done(edit.effect, files, target, before));
        }
        let prepared = self.check(path, &edit)?;
        self.store(&edit.edited)?;
        let effect = edit.effect;
        // It was good a moment ago, and the files say it now.
        let applied = self
            .reloader
            .apply(prepared)
            .map_err(|report| Box::new(self.refused("the change cannot be used", &report)))?;
        let mut done = self.done(effect, files, target, before);
        done.outcome.warnings = applied.report.warnings().iter().map(Finding::from).collect();
        Ok(done)
    }

    /// Loads the configuration as it would be.
    fn check(&self, path: &Path, edit: &Edit) -> Result<Prepared, Box<Problem>> {
        let replaced = edit.edited.iter().map(|edited| (edited.path.clone(), Some(edited.after.clone().into_bytes())));
        let source = Overlay::new(&Disk, replaced.collect());
        let loaded = config::load_from(&source, path).map_err(|failure| failure.report);
        let prepared = loaded.and_then(|loaded| self.reloader.prepare(loaded));
        prepared.map_err(|report| {
            let mut problem = self.refused("the change would break the configuration", &report);
            for (finding, diagnostic) in problem.errors.iter_mut().zip(report.errors()) {
                finding.pointer = diagnostic.place().and_then(|place| edit.pointers.find(&place, &edit.edited));
            }
            Box::new(problem)
        })
    }

    fn store(&self, edited: &[Edited]) -> Result<(), Box<Problem>> {
        let write = |edited: &Edited| Write {
            path: edited.path.clone(),
            expected: edited.before.clone().map(String::into_bytes),
            content: Some(edited.after.clone().into_bytes()),
        };
        let Some(store) = &self.reloader.parts().store else {
            return Err(Box::new(Problem::unavailable("nothing can be edited")));
        };
        store.write(&edited.iter().map(write).collect::<Vec<_>>()).map_err(|error| {
            let (status, reason) = match &error {
                WriteError::Changed { .. } => (StatusCode::PRECONDITION_FAILED, "files_changed"),
                WriteError::ReadOnly { .. } => (StatusCode::CONFLICT, "read_only"),
                _ => (StatusCode::INSUFFICIENT_STORAGE, "not_written"),
            };
            Box::new(Problem::new(status, reason, with_sources(&error)))
        })
    }

    fn refused(&self, detail: &str, report: &Report) -> Problem {
        let errors = report.errors().iter().map(Finding::from).collect();
        let first = report.errors().first().map(|error| format!("{detail}: {}", error.message()));
        Problem { errors, ..Problem::invalid(first.unwrap_or_else(|| detail.to_owned())) }
    }

    fn done(&self, result: Effect, files: Vec<Written>, target: Option<&Target>, before: Option<Value>) -> Done {
        let snapshot = self.reloader.parts().shared.load();
        let object = target.and_then(|target| target.find(&snapshot));
        let etag = object.as_ref().map(|object| object.etag.clone());
        let outcome = Outcome { result, revision: snapshot.revision, files, toml: None, warnings: Vec::new() };
        Done { outcome, object: object.map(Object::into_json), etag, before }
    }
}

/// A file that is written, with its diff.
fn written(edited: &Edited) -> Written {
    Written { file: edited.path.to_string_lossy().into_owned(), diff: String::new() }
}
