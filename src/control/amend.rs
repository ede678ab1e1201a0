//! Makes changes that somebody asks for: of objects, whose files are edited, checked as a whole, written, and put in use; and of releases.
//!
//! Nothing is written that has not been loaded as it will be. One change at a time, on the thread that loads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::audit::Line;
use super::board::Refused;
use super::change::{Answer, Author, Change, Done, Effect, Mode, Outcome, Request, Source, Written};
use super::edit::{Edit, Files};
use super::history::{Document, Release as Pin, Revision, Stamp};
use super::problem::{Finding, Problem};
use super::reload::{Cause, Prepared, Reloader};
use super::restore::{Wanted, restore};
use super::revisions::{self, Revisions};
use super::rewrite::rewrite;
use crate::config::edit::Edited;
use crate::config::store::{Write, WriteError};
use crate::config::typed::check_tls;
use crate::config::{self, Diagnostic, Environment, Overlay, diff};
use crate::inspect::environment::Environment as Shown;
use crate::inspect::object::{Object, Target};
use crate::snapshot::{Plan, Snapshot};
use crate::telemetry::log::with_sources;
use crate::telemetry::metrics::Metrics;

/// The most that the files of one change may hold, in bytes.
const LARGEST_TEXTS: usize = 2 << 20;

/// Changes the configuration of a reloader.
#[derive(Debug)]
pub struct Amendment<'a> {
    pub reloader: &'a mut Reloader,
}

/// What the audit log calls a change.
struct Named {
    action: &'static str,
    object: String,
}

impl Amendment<'_> {
    /// Makes a change.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn change(&mut self, request: Request) -> Answer {
        let Some(path) = self.reloader.path().map(Path::to_owned) else {
            let detail = "this gateway was started without a configuration file";
            return Err(Box::new(Problem::new(StatusCode::CONFLICT, "read_only", detail)));
        };
        // What somebody has written by hand comes first.
        if let Some(outcome) = self.reloader.changed() {
            // Its errors are on the board.
            let _ = self.reloader.take(outcome);
        }
        let Request { author, note, change, mode } = request;
        refuse_large(&change)?;
        let is_of_files = !matches!(change, Change::Release { .. } | Change::Unrelease { .. } | Change::Follow { .. });
        if is_of_files {
            self.refuse_broken()?;
        }
        let cause = Cause { author: &author, note: note.as_deref() };
        let (done, named) = match change {
            Change::Put { target, keys, condition } => {
                let before = target.find(&self.reloader.parts().shared.load());
                let edit = self.files(|files| files.put(&target, keys, &condition))?;
                let action = if edit.effect == Effect::Created { "create" } else { "change" };
                (
                    self.write(&path, mode, &edit, cause, Some((&target, before)))?,
                    Named { action, object: target.url() },
                )
            }
            Change::Delete { target, condition } => {
                let before = target.find(&self.reloader.parts().shared.load());
                let edit = self.files(|files| files.delete(&target, &condition))?;
                let named = Named { action: "delete", object: target.url() };
                (self.write(&path, mode, &edit, cause, Some((&target, before)))?, named)
            }
            Change::Apply { documents } => {
                let edit = self.applied(&path, documents)?;
                (self.write(&path, mode, &edit, cause, None)?, Named { action: "apply", object: String::new() })
            }
            Change::Rewrite { files: typed } => {
                let edit = self.files(|files| rewrite(files, &typed))?;
                let names: Vec<_> = edit.edited.iter().map(|edited| edited.path.to_string_lossy()).collect();
                let named = Named { action: "rewrite", object: names.join(" ") };
                (self.write(&path, mode, &edit, cause, None)?, named)
            }
            Change::Rollback { revision } => {
                let wanted = wanted(&self.revision(revision)?);
                let edit = self.files(|files| restore(files, &wanted))?;
                let named = Named { action: "rollback", object: revision.to_string() };
                (self.write(&path, mode, &edit, cause, None)?, named)
            }
            Change::Release { environment, revision } => {
                let done = self.release(environment, revision, mode, cause)?;
                (done, Named { action: "release", object: environment.as_str().to_owned() })
            }
            Change::Unrelease { environment } => {
                let pin = Pin::Unreleased { stamp: stamp(cause) };
                let done = self.serve(environment, Some(pin), mode, cause, |revisions| {
                    revisions.unrelease(environment, cause.author, cause.note)
                })?;
                (done, Named { action: "unrelease", object: environment.as_str().to_owned() })
            }
            Change::Follow { environment } => {
                let done = self.serve(environment, None, mode, cause, |revisions| revisions.follow(environment))?;
                (done, Named { action: "follow", object: environment.as_str().to_owned() })
            }
        };
        if mode == Mode::Make && done.outcome.result != Effect::Unchanged {
            self.note(&author, note, &done, named);
        }
        Ok(done)
    }

    /// Refuses to change files that were refused: what they say is not what is in use.
    fn refuse_broken(&self) -> Result<(), Box<Problem>> {
        let Some(Refused { errors, .. }) = self.reloader.parts().board.refused() else { return Ok(()) };
        let first = errors.first().map(|error| format!(": {}", error.message)).unwrap_or_default();
        let detail =
            format!("the configuration files have errors and the last load was refused; fix them first{first}");
        Err(Box::new(Problem { errors, ..Problem::new(StatusCode::CONFLICT, "files_refused", detail) }))
    }

    fn note(&self, author: &Author, note: Option<String>, done: &Done, Named { action, object }: Named) {
        let line = Line {
            time: Timestamp::now().to_string(),
            author: author.name.clone(),
            from: author.from.clone(),
            action: action.to_owned(),
            object,
            revision: done.outcome.revision,
            note,
            before: done.before.clone(),
            after: done.object.clone(),
        };
        tracing::info!(
            author = line.author,
            from = line.from,
            action,
            object = line.object,
            revision = line.revision,
            "changed"
        );
        self.reloader.parts().audit.write(&line);
    }

    fn files<T>(&self, with: impl FnOnce(&Files<'_>) -> Result<T, Problem>) -> Result<T, Box<Problem>> {
        let snapshot = self.reloader.parts().shared.load();
        let can_write = |path: &Path| self.reloader.can_write(path);
        with(&Files { snapshot: &snapshot, inputs: self.reloader.applied(), is_writable: &can_write }).map_err(Box::new)
    }

    /// The edit that applies files.
    fn applied(&self, main: &Path, documents: Vec<Source>) -> Result<Edit, Box<Problem>> {
        let wanted = applied(main, documents);
        self.files(|files| {
            // Before anything reads the files that it names.
            let in_use = files.texts().into_iter().map(|(_, text)| text);
            check_tls(in_use, wanted.iter().map(|file| (file.path.as_path(), file.text.as_str())))
                .map_err(|report| Problem::of_report("the files cannot be applied", &report))?;
            restore(files, &wanted)
        })
    }

    fn write(
        &mut self,
        path: &Path,
        mode: Mode,
        edit: &Edit,
        cause: Cause<'_>,
        object: Option<(&Target, Option<Object>)>,
    ) -> Answer {
        let (target, before) = object.unzip();
        let before = before.flatten().map(Object::into_json);
        let texts = edit.pointers.texts();
        let toml = (!texts.is_empty()).then(|| config::masked(&texts.join("\n")));
        let (mut warnings, mut preview) = (Vec::new(), None);
        if edit.edited.is_empty() && edit.effect != Effect::Unchanged {
            return Err(Box::new(not_editable()));
        }
        if !edit.edited.is_empty() {
            let prepared = self.check(path, edit)?;
            let is_there = target.is_none_or(|target| target.is_in(&prepared.config));
            if is_there == (edit.effect == Effect::Deleted) && target.is_some() {
                return Err(Box::new(not_editable()));
            }
            if mode == Mode::Make {
                self.store(&edit.edited)?;
                // It was good a moment ago, and the files say it now.
                let applied = self.reloader.apply(prepared, cause);
                let applied =
                    applied.map_err(|report| Box::new(Problem::of_report("the change cannot be used", &report)))?;
                warnings = applied.report.warnings().iter().map(Finding::from).collect();
            } else {
                warnings = prepared.warnings();
                let table = preview_of(prepared, 0)?;
                warnings.extend(table.warnings().iter().map(Finding::from));
                preview = Some(table);
            }
        }
        let current = self.reloader.parts().shared.load();
        warnings.extend(target.into_iter().flat_map(|target| not_served(target, &current)));
        let mut done = done(edit.effect, (&current, preview.as_ref().unwrap_or(&current)), target, before);
        // Long work for a large file, which is in use meanwhile.
        let files = edit.edited.iter().map(written).collect();
        (done.outcome.files, done.outcome.toml, done.outcome.warnings) = (files, toml, warnings);
        Ok(done)
    }

    /// Loads the configuration as it would be.
    fn check(&self, path: &Path, edit: &Edit) -> Result<Prepared, Box<Problem>> {
        let files = self.reloader.parts().files.clone();
        let replaced = edit.edited.iter().map(|edited| (edited.path.clone(), Some(edited.after.clone().into_bytes())));
        let source = Overlay::new(&*files, replaced.collect());
        let loaded = config::load_from(&source, path).map_err(|failure| failure.report);
        let prepared = loaded.and_then(|loaded| self.reloader.prepare(loaded));
        prepared.map_err(|report| {
            let mut problem = Problem::of_report("the change would break the configuration", &report);
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
        let files = self.reloader.parts().files.clone();
        files.write(&edited.iter().map(write).collect::<Vec<_>>()).map_err(|error| {
            let (status, reason) = match &error {
                WriteError::Changed { .. } => (StatusCode::PRECONDITION_FAILED, "files_changed"),
                WriteError::ReadOnly { .. } => (StatusCode::CONFLICT, "read_only"),
                _ => (StatusCode::INSUFFICIENT_STORAGE, "not_written"),
            };
            Box::new(Problem::new(status, reason, with_sources(&error)))
        })
    }

    fn refuse_without_history(&self) -> Result<(), Box<Problem>> {
        match self.reloader.parts().revisions.trouble() {
            Some(reason) => Err(no_history(format!("there is no history: {reason}"))),
            None => Ok(()),
        }
    }

    fn revision(&self, number: u64) -> Result<Revision, Box<Problem>> {
        self.refuse_without_history()?;
        let read = self.reloader.parts().revisions.get(number);
        read.map_err(|reason| Box::new(Problem::not_found(reason)))
    }

    /// Pins an environment to a revision.
    fn release(&mut self, environment: Environment, revision: Option<u64>, mode: Mode, cause: Cause<'_>) -> Answer {
        let number = revision.unwrap_or_else(|| self.reloader.parts().shared.load().revision);
        let revision = self.revision(number)?;
        let documents = Ok(revision.documents.clone());
        let pin = Pin::Pinned { revision: number, stamp: stamp(cause), documents };
        self.serve(environment, Some(pin), mode, cause, |revisions| {
            revisions.pin(environment, &revision, cause.author, cause.note)
        })
    }

    /// Changes what an environment serves, after a look at what would be served then. Without a pin it follows the configuration in use.
    fn serve(
        &mut self,
        environment: Environment,
        pin: Option<Pin>,
        mode: Mode,
        cause: Cause<'_>,
        keep: impl FnOnce(&mut Revisions) -> Result<(), String>,
    ) -> Answer {
        self.refuse_without_history()?;
        let shown = |snapshot: &Snapshot| serde_json::to_value(Shown::new(snapshot, environment)).ok();
        let before = shown(&self.reloader.parts().shared.load());
        let mut pins = self.reloader.parts().revisions.pins();
        pins.remove(&environment);
        pins.extend(pin.map(|pin| (environment, Arc::new(pin))));
        let config = self.reloader.parts().shared.load().config.clone();
        let releases = revisions::compile(&pins, &config, self.reloader.applied())
            .map_err(|report| Box::new(Problem::of_report("the environment cannot serve this revision", &report)))?;
        // What keeps the files from being used may be the release that ends here.
        let were_refused = self.reloader.parts().board.refused().is_some();
        let prepared = self.reloader.again(releases);
        let after = if mode == Mode::Make {
            keep(&mut self.reloader.parts_mut().revisions).map_err(no_history)?;
            let applied = self.reloader.apply(prepared, cause);
            applied.map_err(|report| Box::new(Problem::of_report("the releases cannot be used", &report)))?;
            if were_refused {
                // If they still cannot be, the board says so again.
                let _ = self.reloader.reload();
            }
            shown(&self.reloader.parts().shared.load())
        } else {
            let revision = self.reloader.parts().shared.load().revision;
            shown(&preview_of(prepared, revision)?)
        };
        let current = self.reloader.parts().shared.load();
        let effect = if after == before { Effect::Unchanged } else { Effect::Changed };
        let mut done = done(effect, (&current, &current), None, before);
        done.object = after;
        Ok(done)
    }
}

fn no_history(reason: String) -> Box<Problem> {
    Box::new(Problem::new(StatusCode::CONFLICT, "no_history", reason))
}

fn stamp(cause: Cause<'_>) -> Stamp {
    let (author, note) = (cause.author.name.clone(), cause.note.unwrap_or_default().to_owned());
    Stamp { time: Timestamp::now(), author, note }
}

/// Refuses texts that would take long to read, since one change is made after the other.
fn refuse_large(change: &Change) -> Result<(), Box<Problem>> {
    let bytes: usize = match change {
        Change::Apply { documents } => documents.iter().map(|document| document.text.len()).sum(),
        Change::Rewrite { files } => files.iter().map(|file| file.text.len()).sum(),
        _ => 0,
    };
    if bytes <= LARGEST_TEXTS {
        return Ok(());
    }
    let detail = format!("the texts are larger than {} MiB", LARGEST_TEXTS >> 20);
    Err(Box::new(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)))
}

/// What came of a change: the table in use, and the one that the change would make.
fn done(
    result: Effect,
    (current, wanted): (&Snapshot, &Snapshot),
    target: Option<&Target>,
    before: Option<Value>,
) -> Done {
    let object = target.and_then(|target| target.find(wanted));
    let etag = object.as_ref().map(|object| object.etag.clone());
    let revision = current.revision;
    let outcome = Outcome { result, revision, files: Vec::new(), toml: None, warnings: Vec::new() };
    Done { outcome, object: object.map(Object::into_json), etag, before }
}

/// The table that a change would make, which shares nothing with the one in use.
fn preview_of(prepared: Prepared, revision: u64) -> Result<Snapshot, Box<Problem>> {
    let Prepared { config, releases, .. } = prepared;
    let made = Snapshot::make(Plan { revision, config, releases }, None, &Metrics::new());
    made.map_err(|error| Box::new(Problem::invalid(with_sources(&error))))
}

/// The files of a revision, at the paths that they had.
fn wanted(revision: &Revision) -> Vec<Wanted> {
    let file = |document: &Document| Wanted {
        path: document.path.clone(),
        text: String::from_utf8_lossy(&document.content).into_owned(),
    };
    revision.documents.iter().map(file).collect()
}

/// Files that are applied, at their places beside the main file.
fn applied(main: &Path, documents: Vec<Source>) -> Vec<Wanted> {
    let base = main.parent().unwrap_or(Path::new("")).to_owned();
    let path = |name: &str| -> PathBuf { base.join(name.trim_start_matches('/')) };
    documents.into_iter().map(|Source { name, text }| Wanted { path: path(&name), text }).collect()
}

/// Warnings of the environments that go on serving another revision of an object.
fn not_served(target: &Target, current: &Snapshot) -> Vec<Finding> {
    if matches!(target, Target::Function(_)) {
        return Vec::new();
    }
    let pinned = current.releases.pinned().map(|(environment, revision, _)| (environment.as_str(), revision));
    let warning = |(name, revision): (&str, u64)| {
        let message =
            format!("the environment `{name}` stays at revision {revision}: release it to serve this change there");
        Finding::from(&Diagnostic::warning(message).hint(format!("`fngate release {name}`")))
    };
    pinned.map(warning).collect()
}

/// What is written in a way that the editor does not know; nothing is written then.
fn not_editable() -> Problem {
    let detail = "the object is written in a form that cannot be edited: change it by hand";
    Problem::new(StatusCode::CONFLICT, "not_editable", detail)
}

/// A file that is written, with its diff.
fn written(edited: &Edited) -> Written {
    let name = edited.path.to_string_lossy();
    let before = edited.before.as_deref().unwrap_or_default();
    let old = [(&*name, before.as_bytes())];
    let diff = diff(if edited.before.is_some() { &old } else { &[] }, &[(&*name, edited.after.as_bytes())]);
    Written { file: name.into_owned(), diff }
}

#[cfg(test)]
mod tests;
