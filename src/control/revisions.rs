//! The history as the loader uses it: what is in use gets a number, and what environments are pinned to is compiled.
//!
//! Nothing here stops traffic. Without a history, or with one that cannot be written, numbers go on for as long as the process runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change::Author;
use super::history::{Document, Documents, History, HistoryError, Meta, Release as Pin, Revision, RevisionData};
use crate::config::edit::object::{Name, objects};
use crate::config::{self, Config, Diagnostic, Environment, Inputs, Other, Report, Role, Service};
use crate::snapshot::release::{Release, Releases, place_of};
use crate::telemetry::log::with_sources;

/// The history, if there is one.
#[derive(Debug, Default)]
pub struct Revisions {
    directory: Option<PathBuf>,
    /// How many revisions are kept.
    keep: usize,
    history: Option<History>,
    /// Why there is none, or why the last revision could not be kept.
    trouble: Option<String>,
    /// As they were read at the start, and as they were changed since: whatever becomes of the directory, what is served stays.
    pins: Pins,
}

/// What environments are pinned to.
pub type Pins = BTreeMap<Environment, Arc<Pin>>;

impl Revisions {
    #[must_use]
    pub fn open(config: &config::History) -> Self {
        let Some(directory) = &config.directory else {
            let trouble = Some("`directory` in `[history]` is empty".to_owned());
            return Self { trouble, ..Self::default() };
        };
        let (keep, directory) = (config.keep, directory.clone());
        // Read also where the history itself cannot be used: a release that is not understood must not mean that there is none.
        let pins = History::releases_in(&directory).into_iter().map(|(name, pin)| (name, Arc::new(pin))).collect();
        match History::open(&directory, keep) {
            Ok(history) => {
                let pins = history.releases().into_iter().map(|(name, pin)| (name, Arc::new(pin))).collect();
                Self { directory: Some(directory), keep, history: Some(history), trouble: None, pins }
            }
            Err(error) => {
                let trouble = with_sources(&error);
                tracing::warn!(directory = %directory.display(), "no history of the configuration: {trouble}");
                Self { directory: Some(directory), keep, history: None, trouble: Some(trouble), pins }
            }
        }
    }

    /// None at all, for a configuration that comes from no file.
    #[must_use]
    pub fn none() -> Self {
        Self { trouble: Some("the configuration comes from no file".to_owned()), ..Self::default() }
    }

    /// Opens a history that could not be used: the process that used it may have ended. What is pinned stays as it is served.
    pub fn try_again(&mut self) {
        let (Some(directory), None) = (&self.directory, &self.history) else { return };
        match History::open(directory, self.keep) {
            Ok(history) => {
                tracing::info!(directory = %directory.display(), "the history of the configuration can be used now");
                (self.history, self.trouble) = (Some(history), None);
            }
            Err(error) => self.trouble = Some(with_sources(&error)),
        }
    }

    /// Where revisions are kept, or why they are not.
    ///
    /// # Errors
    /// The reason.
    pub fn state(&self) -> Result<String, String> {
        match (&self.directory, &self.trouble) {
            (Some(directory), None) => Ok(directory.to_string_lossy().into_owned()),
            (_, Some(trouble)) => Err(trouble.clone()),
            (None, None) => Err("there is none".to_owned()),
        }
    }

    /// Keeps a configuration, and says its number. The one before had `last`.
    pub fn record(&mut self, inputs: &Inputs, last: u64, author: &Author, note: Option<&str>) -> u64 {
        let (Some(history), Some(documents)) = (&mut self.history, Documents::of(inputs)) else { return last + 1 };
        let data = RevisionData { documents, author: author.name.clone(), note: note.unwrap_or_default().to_owned() };
        history.skip_to(last);
        match history.record(&data) {
            Ok(number) => {
                self.trouble = None;
                number
            }
            Err(error) => {
                let trouble = with_sources(&error);
                tracing::error!("the configuration in use could not be kept in the history: {trouble}");
                self.trouble = Some(trouble);
                last + 1
            }
        }
    }

    #[must_use]
    pub fn list(&self) -> Vec<Meta> {
        self.history.as_ref().map(History::list).unwrap_or_default()
    }

    /// A revision with its files.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub fn get(&self, number: u64) -> Result<Revision, String> {
        self.with(|history| history.get(number))
    }

    /// Pins an environment.
    ///
    /// # Errors
    /// Why it was not, in words.
    pub fn pin(
        &mut self,
        environment: Environment,
        revision: &Revision,
        author: &Author,
        note: Option<&str>,
    ) -> Result<(), String> {
        self.with_mut(|history| history.pin(environment, revision, &author.name, note.unwrap_or_default()))?;
        self.read_again(environment);
        Ok(())
    }

    /// Takes the APIs of an environment away.
    ///
    /// # Errors
    /// Why they were not, in words.
    pub fn unrelease(&mut self, environment: Environment, author: &Author, note: Option<&str>) -> Result<(), String> {
        self.with_mut(|history| history.unrelease(environment, &author.name, note.unwrap_or_default()))?;
        self.read_again(environment);
        Ok(())
    }

    /// Lets an environment follow the configuration in use.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub fn follow(&mut self, environment: Environment) -> Result<(), String> {
        self.with_mut(|history| history.follow(environment))?;
        self.read_again(environment);
        Ok(())
    }

    fn read_again(&mut self, environment: Environment) {
        self.pins.remove(&environment);
        let pin = self.history.as_ref().and_then(|history| history.releases().remove(&environment));
        self.pins.extend(pin.map(|pin| (environment, Arc::new(pin))));
    }

    /// Why nothing is kept, in words.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        if self.history.is_some() { None } else { Some(self.trouble.as_deref().unwrap_or("no directory")) }
    }

    fn with<T>(&self, ask: impl FnOnce(&History) -> Result<T, HistoryError>) -> Result<T, String> {
        let trouble = || format!("there is no history: {}", self.trouble().unwrap_or_default());
        let history = self.history.as_ref().ok_or_else(trouble)?;
        ask(history).map_err(|error| with_sources(&error))
    }

    fn with_mut<T>(&mut self, ask: impl FnOnce(&mut History) -> Result<T, HistoryError>) -> Result<T, String> {
        let trouble = self.trouble().map(|reason| format!("there is no history: {reason}"));
        let history = self.history.as_mut().ok_or_else(|| trouble.unwrap_or_default())?;
        ask(history).map_err(|error| with_sources(&error))
    }

    /// What the environments are pinned to.
    #[must_use]
    pub fn pins(&self) -> Pins {
        self.pins.clone()
    }
}

/// What the environments of a configuration serve.
///
/// # Errors
/// Why a release cannot be served with the functions of the configuration, or beside it.
pub fn compile(pins: &Pins, config: &Config, inputs: &Inputs) -> Result<Releases, Report> {
    let (releases, errors) = compile_what_can_be(pins, config, inputs);
    if errors.is_empty() { Ok(releases) } else { Err(errors) }
}

/// The same at a start, which nothing keeps from serving the rest: a release that cannot be served is unavailable.
#[must_use]
pub fn compile_what_can_be(pins: &Pins, config: &Config, inputs: &Inputs) -> (Releases, Report) {
    let (mut releases, mut errors) = (Releases::default(), Report::default());
    for (environment, pin) in pins {
        let release = match &**pin {
            Pin::Unreleased { .. } => Release::Unreleased,
            Pin::Unknown { .. } => Release::Unavailable { revision: None },
            Pin::Pinned { revision, documents: Err(_), .. } => Release::Unavailable { revision: Some(*revision) },
            Pin::Pinned { revision, documents: Ok(documents), .. } => {
                let others = others(documents, &place_of(*environment, *revision), config);
                match rebind(inputs, others) {
                    Ok(services) => Release::pinned(*revision, services),
                    Err(report) => {
                        report
                            .errors()
                            .iter()
                            .for_each(|error| errors.push(of_release(*environment, *revision, error)));
                        Release::Unavailable { revision: Some(*revision) }
                    }
                }
            }
        };
        releases.set(*environment, release);
    }
    releases.collisions(config).into_iter().for_each(|collision| errors.push(collision));
    // As few as possible give way.
    for (environment, revision) in pins.iter().filter_map(pinned) {
        let mut without = releases.clone();
        without.set(environment, Release::Unavailable { revision: Some(revision) });
        if without.collisions(config).len() < releases.collisions(config).len() {
            releases = without;
        }
    }
    (releases, errors)
}

fn pinned((environment, pin): (&Environment, &Arc<Pin>)) -> Option<(Environment, u64)> {
    match &**pin {
        Pin::Pinned { revision, .. } => Some((*environment, *revision)),
        Pin::Unreleased { .. } | Pin::Unknown { .. } => None,
    }
}

fn of_release(environment: Environment, revision: u64, error: &Diagnostic) -> Diagnostic {
    let name = environment.as_str();
    let message =
        format!("the environment `{name}`, pinned to revision {revision}, cannot be served: {}", error.message());
    let error = match error.place() {
        Some(place) => Diagnostic::new(message).at_place(&place),
        None => Diagnostic::new(message),
    };
    error.hint(format!("run `fngate follow {name}`, or `fngate release {name}` with another revision"))
}

/// The services of a revision. If it cannot be served as it stands, documents that add to the services of others are taken for edits: the
/// directory of edits may have been another one.
fn rebind(inputs: &Inputs, mut others: Vec<Other>) -> Result<Vec<Service>, Report> {
    let report = match config::rebind(inputs, &others) {
        Ok(services) => return Ok(services),
        Err(report) => report,
    };
    let mut known = BTreeSet::new();
    for other in &mut others {
        let Ok(objects) = objects([(other.path.as_path(), other.text.as_str())]) else { continue };
        let services: Vec<_> = objects.into_keys().filter(|name| matches!(name, Name::Service(_))).collect();
        if services.iter().any(|service| known.contains(service)) {
            other.role = Role::Edited;
        }
        known.extend(services);
    }
    config::rebind(inputs, &others).map_err(|_same| report)
}

/// Documents of a revision under the names that messages have for them.
fn others(documents: &Documents, place: &Path, config: &Config) -> Vec<Other> {
    let edit_dir = config.admin.edit_dir.as_deref();
    let named = |path: &Path| place.join(path.strip_prefix("/").unwrap_or(path));
    let other = |document: &Document| Other {
        path: named(&document.path),
        text: String::from_utf8_lossy(&document.content).into_owned(),
        role: Role::of_further(&document.path, edit_dir),
    };
    documents.iter().map(other).collect()
}

#[cfg(test)]
mod tests;
