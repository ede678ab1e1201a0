//! What a change of objects does to the files: which of them it touches, and what is wrong with it before anything is written.

use std::fmt;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use http::Method;
use serde_json::{Map, Value};

use super::change::assign::{assignments, unnamed};
use super::change::{Condition, Effect};
use super::problem::Problem;
use crate::config::edit::{Assignment, EditError, Edited, Editor, Existing, Home, Pointers};
use crate::config::{self, Environment, Inputs, MethodRule, PathRule, Place};
use crate::inspect::function::triggers;
use crate::inspect::object::{Object, Target};
use crate::snapshot::Snapshot;

/// What the files are, and which of them can be written.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    pub snapshot: &'a Snapshot,
    pub inputs: &'a Inputs,
    pub is_writable: &'a dyn Fn(&Path) -> bool,
}

impl fmt::Debug for Files<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("inputs", self.inputs).finish_non_exhaustive()
    }
}

/// The files that a change writes.
#[derive(Debug)]
pub struct Edit {
    pub effect: Effect,
    pub edited: Vec<Edited>,
    pub pointers: Pointers,
}

impl Files<'_> {
    /// Makes an object, or gives one these keys and no others.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn put(&self, target: &Target, keys: Map<String, Value>, condition: &Condition) -> Result<Edit, Problem> {
        let object = target.find(self.snapshot);
        let mut needed = assignments(target, object.as_ref().map(|object| &object.keys), keys)?;
        if let (Some(object), true) = (&object, needed.is_empty()) {
            check_new(condition, object)?;
            return Ok(Edit { effect: Effect::Unchanged, edited: Vec::new(), pointers: Pointers::default() });
        }
        check(target, object.as_ref(), condition)
            .map_err(|problem| self.compared(problem, target, object.as_ref(), &mut needed))?;
        self.refuse_taken(target, object.as_ref(), &needed)?;
        let mut editor = Editor::default();
        let effect = match object {
            Some(object) => {
                self.open(&mut editor, &object.place.file, target)?;
                keep_name(target, &object, &mut needed);
                editor.change(existing(target, &object.place), &needed).map_err(|error| moved(&error))?;
                Effect::Changed
            }
            None => {
                self.add(&mut editor, target, &mut needed)?;
                Effect::Created
            }
        };
        let (edited, pointers) = editor.finish();
        Ok(Edit { effect, edited, pointers })
    }

    /// Adds to a refusal what the change would do to the object as it is now, for whoever knows an older one.
    fn compared(
        &self,
        problem: Problem,
        target: &Target,
        object: Option<&Object>,
        needed: &mut Vec<Assignment>,
    ) -> Problem {
        let Some(object) = object.filter(|_| problem.current.is_some()) else { return problem };
        let mut editor = Editor::default();
        keep_name(target, object, needed);
        let opened = editor.open(&object.place.file, self.text(&object.place.file));
        let changed = opened.and_then(|()| editor.change(existing(target, &object.place), needed));
        // A file that says something else by now is the next thing that the client learns.
        let diff = changed.ok().map(|()| editor.difference(&target.url()).into());
        Problem { diff, ..problem }
    }

    /// Removes an object that nothing else needs.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn delete(&self, target: &Target, condition: &Condition) -> Result<Edit, Problem> {
        let Some(object) = target.find(self.snapshot) else {
            return Err(Problem::not_found(format!("there is no {}", target.title())));
        };
        check(target, Some(&object), condition)?;
        self.refuse_used(target)?;
        let mut editor = Editor::default();
        self.open(&mut editor, &object.place.file, target)?;
        editor.remove(existing(target, &object.place)).map_err(|error| moved(&error))?;
        let (edited, pointers) = editor.finish();
        Ok(Edit { effect: Effect::Deleted, edited, pointers })
    }

    /// Takes a file along that can be written.
    fn open(&self, editor: &mut Editor, path: &Path, target: &Target) -> Result<(), Problem> {
        if editor.has(path) {
            return Ok(());
        }
        if !(self.is_writable)(path) {
            return Err(read_only(target, path));
        }
        editor.open(path, self.text(path)).map_err(|error| moved(&error))
    }

    /// The documents of the configuration in use.
    #[must_use]
    pub fn texts(&self) -> Vec<(&Path, &str)> {
        let documents = self.inputs.documents();
        documents
            .filter_map(|input| Some((input.path.as_path(), std::str::from_utf8(input.content.as_deref()?).ok()?)))
            .collect()
    }

    /// Whether a file is one of them.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.inputs.documents().any(|input| input.path == path)
    }

    #[must_use]
    pub fn can_write(&self, path: &Path) -> bool {
        (self.is_writable)(path)
    }

    /// The file of new objects that have no neighbour: in the directory of edits, or the main one.
    #[must_use]
    pub fn default_home(&self, name: &str) -> PathBuf {
        let Some(directory) = &self.snapshot.config.admin.edit_dir else {
            return self.inputs.documents().next().map(|input| input.path.clone()).unwrap_or_default();
        };
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
        directory.join(format!("{}.toml", name.chars().map(safe).collect::<String>()))
    }

    /// What a file of the configuration in use says; none for another file.
    #[must_use]
    pub fn text(&self, path: &Path) -> Option<String> {
        let input = self.inputs.documents().find(|input| input.path == path)?;
        String::from_utf8(input.content.clone()?).ok()
    }

    /// Adds a new object beside its neighbours, or to the directory of edits.
    fn add(&self, editor: &mut Editor, target: &Target, needed: &mut Vec<Assignment>) -> Result<(), Problem> {
        let config = &self.snapshot.config;
        let (neighbour, name) = match target {
            Target::Function(id) => {
                let mut same = config
                    .functions
                    .iter()
                    .filter(|other| (&other.id.namespace, &other.id.name) == (&id.namespace, &id.name));
                (same.next_back().map(|function| &function.place), "functions".to_owned())
            }
            Target::Service(name) => (None, name.clone()),
            Target::Api { service, name } => {
                let found = config.service(service);
                let missing = || Problem::not_found(format!("there is no service `{service}`"));
                unnamed(needed, name);
                (Some(&found.ok_or_else(missing)?.place), service.clone())
            }
        };
        let beside = neighbour.filter(|place| (self.is_writable)(&place.file));
        let file = match beside {
            Some(place) => place.file.to_path_buf(),
            None => self.home(&name, neighbour, target)?,
        };
        self.open(editor, &file, target)?;
        let home = match target {
            Target::Function(_) => Home::Functions,
            Target::Service(_) => Home::Services,
            Target::Api { service, .. } => Home::ApisOf { service, place: beside },
        };
        editor.add(&file, home, needed).map_err(|error| moved(&error))
    }

    /// The file of new objects that have no neighbour in a file that can be written.
    fn home(&self, name: &str, neighbour: Option<&Place>, target: &Target) -> Result<PathBuf, Problem> {
        let home = self.default_home(name);
        // A service is added to in the directory of edits only.
        let fits = neighbour.is_none()
            || self.snapshot.config.admin.edit_dir.is_some()
            || !matches!(target, Target::Api { .. });
        if fits && (self.is_writable)(&home) {
            return Ok(home);
        }
        Err(read_only(target, neighbour.map_or(&home, |place| &place.file)))
    }

    /// Refuses an API whose path and method another one has.
    fn refuse_taken(&self, target: &Target, object: Option<&Object>, needed: &[Assignment]) -> Result<(), Problem> {
        let Target::Api { service, name } = target else { return Ok(()) };
        let set = |key: &str| needed.iter().find(|assignment| assignment.key == [key]);
        let text = |key: &str| match (set(key), object) {
            (Some(assignment), _) => assignment.value.clone(),
            (None, Some(object)) => object.keys.get(key).cloned(),
            (None, None) => None,
        };
        let path = text("path").and_then(|path| PathRule::parse(path.as_str()?).ok());
        let method = text("method").map_or(Some(MethodRule::One(Method::GET)), |method| rule(method.as_str()?));
        let (Some(path), Some(method)) = (path, method) else { return Ok(()) };
        let found = self.snapshot.config.service(service);
        let apis = found.into_iter().flat_map(|service| &service.apis);
        let holder =
            apis.into_iter().find(|api| api.name != *name && api.method == method && api.path.shape() == path.shape());
        let Some(holder) = holder else { return Ok(()) };
        let held = Target::Api { service: service.clone(), name: holder.name.clone() };
        let detail = format!("`{} {}` is bound already: the {} holds it", holder.method, holder.path, held.title());
        Err(Problem { holder: Some(held.url().into()), ..Problem::new(StatusCode::CONFLICT, "taken", detail) })
    }

    /// Refuses to remove what others need.
    fn refuse_used(&self, target: &Target) -> Result<(), Problem> {
        let users: Vec<String> = match target {
            Target::Function(id) => {
                let index = self.snapshot.function(id);
                let triggers = index.map(|index| triggers(self.snapshot, index)).unwrap_or_default();
                triggers
                    .into_iter()
                    .map(|trigger| format!("{} {} of `{}`", trigger.method, trigger.path, trigger.service))
                    .collect()
            }
            Target::Service(name) => {
                let found = self.snapshot.config.service(name);
                let apis = found.into_iter().flat_map(|service: &config::Service| &service.apis);
                apis.map(|api| format!("{} {}", api.method, api.path)).collect()
            }
            Target::Api { .. } => Vec::new(),
        };
        if let Some((environment, revision)) = self.pinned_user(target) {
            let (title, name) = (target.title(), environment.as_str());
            let detail = format!(
                "the {title} is used by the environment `{name}`, which is pinned to revision {revision}: run `fngate follow {name}`, or release another revision, first"
            );
            return Err(Problem::new(StatusCode::CONFLICT, "in_use", detail));
        }
        if users.is_empty() {
            return Ok(());
        }
        let more = if users.len() > 3 { format!(" and {} more", users.len() - 3) } else { String::new() };
        let named = users.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let detail = format!("the {} is in use: {named}{more}; unbind first", target.title());
        Err(Problem::new(StatusCode::CONFLICT, "in_use", detail))
    }
}

/// An API that is named by its path and method keeps its name, and so its address, when these change.
fn keep_name(target: &Target, object: &Object, needed: &mut Vec<Assignment>) {
    let Target::Api { name, .. } = target else { return };
    let text = |key: &str| object.keys.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_moved = needed.iter().any(|assignment| assignment.key == ["path"] || assignment.key == ["method"]);
    if is_moved && *name == format!("{} {}", text("method"), text("path")) {
        needed.push(Assignment { key: vec!["name".to_owned()], value: Some(Value::from(name.as_str())) });
    }
}

impl Files<'_> {
    /// The release that needs a function which the files do not bind any more.
    fn pinned_user(&self, target: &Target) -> Option<(Environment, u64)> {
        let Target::Function(id) = target else { return None };
        let index = self.snapshot.function(id)?;
        let binds = |service: &config::Service| {
            service.apis.iter().flat_map(|api| &api.bindings).any(|binding| binding.function == index)
        };
        if self.snapshot.config.services.iter().any(binds) {
            return None;
        }
        let mut pinned = self.snapshot.releases.pinned();
        pinned
            .find(|(_, _, services)| services.iter().any(binds))
            .map(|(environment, revision, _)| (environment, revision))
    }
}

fn rule(text: &str) -> Option<MethodRule> {
    if text == "ANY" { Some(MethodRule::Any) } else { text.parse().ok().map(MethodRule::One) }
}

fn existing<'a>(target: &Target, place: &'a Place) -> Existing<'a> {
    match target {
        Target::Function(_) => Existing::Function(place),
        Target::Service(_) => Existing::Service(place),
        Target::Api { .. } => Existing::Api(place),
    }
}

fn check_new(condition: &Condition, object: &Object) -> Result<(), Problem> {
    if condition.is_new {
        return Err(stale("the object is there already", object));
    }
    Ok(())
}

/// Whether the change is made of what the object is now.
fn check(target: &Target, object: Option<&Object>, condition: &Condition) -> Result<(), Problem> {
    match (object, &condition.is) {
        (None, Some(_)) => {
            let detail = format!("there is no {} that could match", target.title());
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail))
        }
        (None, None) => Ok(()),
        (Some(object), _) if condition.is_new => Err(stale("the object is there already", object)),
        (Some(object), Some(tags)) if tags.contain(&object.etag) => Ok(()),
        (Some(object), Some(_)) => Err(stale("the object has changed since it was read", object)),
        (Some(object), None) => {
            let detail = format!("a change of the {} needs `If-Match` with its ETag, {}", target.title(), object.etag);
            Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "condition_needed", detail))
        }
    }
}

fn stale(detail: &str, object: &Object) -> Problem {
    let current = Some(Box::new(object.clone().into_json()));
    Problem { current, ..Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail) }
}

fn read_only(target: &Target, path: &Path) -> Problem {
    let detail = format!(
        "the {} cannot be written: {} is read-only for the gateway; change it by hand, or let `edit_dir` in `[admin]` name a directory that the gateway may write to, for new objects",
        target.title(),
        path.display()
    );
    Problem::new(StatusCode::CONFLICT, "read_only", detail)
}

/// The file says something else than the configuration in use, which the next look at it will show.
fn moved(error: &EditError) -> Problem {
    Problem::new(StatusCode::CONFLICT, "files_changed", error.to_string())
}
