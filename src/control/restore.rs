//! Makes functions, services and APIs what other files say: a revision of before, or a directory that somebody applies.
//!
//! Objects are compared by what they say, so whatever is the same already stays as its file has it, comments and all. Everything else of
//! the files, such as `[admin]` and listeners, is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use axum::http::StatusCode;

use super::change::Effect;
use super::edit::{Edit, Files};
use super::problem::Problem;
use crate::config::edit::object::{Name, Written, objects};
use crate::config::edit::{EditError, Editor, Home};
use crate::config::{self, Other, Role};

/// A file that says what is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where a new object of it goes, if there is such a file.
    pub path: PathBuf,
    pub text: String,
}

/// The edit that makes the objects of the configuration in use what `wanted` says.
///
/// # Errors
/// Files with errors, which could hide objects, or a file that would have to change and cannot be written.
pub fn restore(files: &Files<'_>, wanted: &[Wanted]) -> Result<Edit, Problem> {
    check(files, wanted)?;
    let texts = files.texts();
    let current = objects(texts.iter().map(|(path, text)| (*path, *text))).map_err(malformed)?;
    let asked = objects(wanted.iter().map(|file| (file.path.as_path(), file.text.as_str()))).map_err(malformed)?;
    if asked.is_empty() && !current.is_empty() {
        let detail =
            "these files hold no function and no service, so that nothing would be left: remove objects one by one";
        return Err(Problem::new(StatusCode::CONFLICT, "nothing_left", detail));
    }
    let mut editor = Editor::default();
    for (name, object) in &current {
        match asked.get(name) {
            Some(wanted) if object.is_same(wanted) => {}
            Some(wanted) => {
                open(files, &mut editor, &object.file)?;
                editor.replace(object, wanted).map_err(moved)?;
            }
            // An API of a service that is removed goes along with it.
            None if matches!(name, Name::Api { service, .. } if !asked.contains_key(&Name::Service(service.clone()))) =>
                {}
            None => {
                object.files().try_for_each(|file| open(files, &mut editor, file))?;
                editor.remove_written(object).map_err(moved)?;
            }
        }
    }
    let mut new: Vec<_> = asked.iter().filter(|(name, _)| !current.contains_key(name)).collect();
    new.sort_by_key(|(name, object)| (rank(name), object.order));
    let mut grown = BTreeSet::new();
    for (name, object) in new {
        let file = home(files, name, object, &current, &asked);
        open(files, &mut editor, &file)?;
        let home = match name {
            Name::Function { .. } => Home::Functions,
            Name::Service(_) => Home::Services,
            Name::Api { service, .. } => Home::ApisOf { service, place: None },
        };
        editor.add_written(&file, home, object).map_err(moved)?;
        grown.insert(file);
    }
    for (service, file) in emptied(&current, &asked).filter(|(_, file)| !grown.contains(*file)) {
        editor.remove_extension(service, file).map_err(moved)?;
    }
    let (edited, pointers) = editor.finish();
    let effect = if edited.is_empty() { Effect::Unchanged } else { Effect::Changed };
    Ok(Edit { effect, edited, pointers })
}

/// Refuses files that the gateway could not have for its own. Without that, a mistyped table would be no object, and would be removed.
fn check(files: &Files<'_>, wanted: &[Wanted]) -> Result<(), Problem> {
    let edit_dir = files.snapshot.config.admin.edit_dir.as_deref();
    let other = |file: &Wanted| Other {
        path: file.path.clone(),
        text: file.text.clone(),
        role: Role::of_further(&file.path, edit_dir),
    };
    config::check_objects(files.inputs, &wanted.iter().map(other).collect::<Vec<_>>())
        .map_err(|report| Problem::of_report("the files have errors", &report))
}

/// The file of a new object.
fn home(
    files: &Files<'_>,
    name: &Name,
    object: &Written,
    current: &BTreeMap<Name, Written>,
    asked: &BTreeMap<Name, Written>,
) -> PathBuf {
    if let Name::Api { service, .. } = name {
        // With its service, be it there or new.
        let service = Name::Service(service.clone());
        if let Some(found) = current.get(&service).filter(|found| files.can_write(&found.file)) {
            return found.file.clone();
        }
        if let Some(found) = asked.get(&service).filter(|_| !current.contains_key(&service)) {
            return home(files, &service, found, current, asked);
        }
    }
    if files.has(&object.file) && files.can_write(&object.file) {
        return object.file.clone();
    }
    files.default_home(match name {
        Name::Function { .. } => "functions",
        Name::Service(service) | Name::Api { service, .. } => service,
    })
}

/// The files that add nothing to a service any more once the APIs are gone that nobody asked for.
fn emptied<'a>(
    current: &'a BTreeMap<Name, Written>,
    asked: &'a BTreeMap<Name, Written>,
) -> impl Iterator<Item = (&'a Written, &'a Path)> {
    let kept = current.iter().filter(|(name, _)| matches!(name, Name::Service(_)) && asked.contains_key(name));
    kept.flat_map(move |(name, service)| {
        let is_own = move |api: &Name| matches!((api, name), (Name::Api { service, .. }, Name::Service(name)) if service == name);
        service.files().skip(1).filter_map(move |file| {
            let mut apis = current.iter().filter(|(api, written)| is_own(api) && written.file == file).peekable();
            let is_emptied = apis.peek().is_some() && apis.all(|(api, _)| !asked.contains_key(api));
            is_emptied.then_some((service, file))
        })
    })
}

/// Functions come first, then services, then what is in them.
fn rank(name: &Name) -> u8 {
    match name {
        Name::Function { .. } => 0,
        Name::Service(_) => 1,
        Name::Api { .. } => 2,
    }
}

fn open(files: &Files<'_>, editor: &mut Editor, path: &Path) -> Result<(), Problem> {
    if editor.has(path) {
        return Ok(());
    }
    if !files.can_write(path) {
        let detail = format!("{} would have to change, and is read-only for the gateway", path.display());
        return Err(Problem::new(StatusCode::CONFLICT, "read_only", detail));
    }
    editor.open(path, files.text(path)).map_err(moved)
}

fn malformed((path, error): (PathBuf, String)) -> Problem {
    Problem::invalid(format!("{} cannot be read: {error}", path.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "the end of an error")]
fn moved(error: EditError) -> Problem {
    Problem::new(StatusCode::CONFLICT, "files_changed", error.to_string())
}

#[cfg(test)]
mod tests;
