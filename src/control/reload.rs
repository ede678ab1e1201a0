//! Loading the configuration again. A bad one changes nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::audit::{Audit, Line};
use super::board::{Board, Refused};
use super::change::Author;
use super::problem::Finding;
use super::revisions::{self, Revisions};
use super::watch::Watched;
use crate::clock::unix_time;
use crate::config::editable::{Editable, MemoryFiles};
use crate::config::{self, Config, Diagnostic, Failure, Input, Inputs, ListenAddress, Loaded, Report, SocketRights};
use crate::snapshot::release::Releases;
use crate::snapshot::{Plan, Shared, Snapshot};
use crate::telemetry::log::{self, with_sources};
use crate::telemetry::metrics::Metrics;

/// Where a configuration was read from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub path: PathBuf,
    pub inputs: Inputs,
    /// What was said of it when it was read.
    pub report: Report,
}

/// What a load gives.
pub type Outcome = Result<Loaded, Failure>;

/// A configuration that was put in use.
#[derive(Clone, Debug)]
pub struct Applied {
    pub revision: u64,
    /// Its warnings.
    pub report: Arc<Report>,
}

/// What becomes of a load: if it is refused, the report says why, and the configuration in use stays.
pub type Reloaded = Result<Applied, Arc<Report>>;

/// What a reloader works with.
#[derive(Debug)]
pub struct Parts {
    pub shared: Arc<Shared>,
    pub metrics: Arc<Metrics>,
    pub board: Board,
    /// Where the configuration is read from and written to.
    pub files: Arc<dyn Editable>,
    pub revisions: Revisions,
    pub audit: Audit,
}

impl Parts {
    /// Those of a configuration that comes from no file.
    #[must_use]
    pub fn without_files(shared: Arc<Shared>, metrics: Arc<Metrics>) -> Self {
        let audit = Audit::new(None, metrics.lost_audit_lines.clone());
        Self {
            shared,
            metrics,
            board: Board::new(),
            files: Arc::new(MemoryFiles::default()),
            revisions: Revisions::none(),
            audit,
        }
    }
}

/// Loads the configuration and puts it in use: when asked, when its files have changed, or when a change of objects changes them.
#[derive(Debug)]
pub struct Reloader {
    path: Option<PathBuf>,
    parts: Parts,
    /// What was last read, whether or not what it said was good.
    inputs: Inputs,
    /// What the configuration in use was read from, and what it was warned of.
    applied: Inputs,
    report: Report,
    /// Tables that workers may still use. They are taken apart here, not by the last worker that lets go: with many APIs that takes
    /// longer than a request should wait.
    retired: Vec<Arc<Snapshot>>,
    /// The configuration that the process started with: some of it holds until the next start.
    started: Arc<Config>,
}

/// A configuration that can be put in use.
pub(super) struct Prepared {
    pub(super) config: Config,
    pub(super) report: Report,
    pub(super) inputs: Inputs,
    pub(super) releases: Releases,
    pub(super) pending: Vec<&'static str>,
}

impl Prepared {
    /// What it will be warned of.
    pub(super) fn warnings(&self) -> Vec<Finding> {
        let known = self.report.warnings().iter().map(Finding::from);
        known.chain(self.pending.iter().map(|key| Finding::from(&waits(key)))).collect()
    }
}

/// Who has a configuration applied, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause<'a> {
    pub(super) author: &'a Author,
    pub(super) note: Option<&'a str>,
}

impl Reloader {
    /// `origin` is none for a configuration that comes from no file.
    #[must_use]
    pub fn new(origin: Option<Origin>, parts: Parts) -> Self {
        let started = parts.shared.load().config.clone();
        let (path, inputs, report) = match origin {
            Some(Origin { path, inputs, report }) => (Some(path), inputs, report),
            None => (None, Inputs::default(), Report::default()),
        };
        let reloader = Self { path, parts, applied: inputs.clone(), inputs, report, retired: Vec::new(), started };
        reloader.succeeded();
        let (state, read_only) = (reloader.parts.revisions.state(), reloader.read_only());
        reloader.parts.board.change(|known| (known.history, known.read_only) = (state, read_only));
        reloader
    }

    /// The files that make up the configuration, and the folders where more may appear.
    #[must_use]
    pub fn watched(&self) -> Watched {
        let main = self.path.iter().cloned();
        Watched {
            files: main.chain(self.inputs.files.iter().map(|file| file.path.clone())).collect(),
            folders: self.inputs.directories.iter().cloned().collect(),
        }
    }

    /// Whether a table that was in use before is still there.
    #[must_use]
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Lets go of the tables that nobody uses any more.
    pub fn tidy(&mut self) {
        self.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
    }

    /// What a load gives, if any file says something else than when it was last read.
    #[must_use]
    pub fn changed(&self) -> Option<Outcome> {
        let path = self.path.as_ref()?;
        // Most looks find nothing new: a table that was asked for has been read already.
        if self.inputs.is_current(&*self.parts.files) {
            return None;
        }
        let outcome = config::load_from(&*self.parts.files, path);
        let inputs = match &outcome {
            Ok(loaded) => &loaded.inputs,
            Err(failure) => &failure.inputs,
        };
        (inputs.files != self.inputs.files).then_some(outcome)
    }

    /// Loads the configuration and puts it in use. The outcome is logged and counted.
    ///
    /// # Errors
    /// Why it is not used; the one in use stays.
    pub fn reload(&mut self) -> Reloaded {
        match &self.path {
            Some(path) => self.take(config::load_from(&*self.parts.files, path)),
            None => {
                let error = Diagnostic::new("this gateway was started without a configuration file");
                Err(Arc::new(Report::of(error)))
            }
        }
    }

    /// Puts what was loaded in use. The outcome is logged, counted and shown on the board.
    ///
    /// # Errors
    /// As [`Self::reload`].
    pub fn take(&mut self, outcome: Outcome) -> Reloaded {
        let prepared = match outcome {
            Ok(loaded) => {
                self.inputs = loaded.inputs.clone();
                self.prepare(loaded)
            }
            Err(failure) => {
                self.inputs = failure.inputs;
                Err(failure.report)
            }
        };
        let before = self.parts.shared.load().revision;
        let author = Author::file();
        let applied = prepared.and_then(|prepared| self.apply(prepared, Cause { author: &author, note: None }));
        if let Some(applied) = applied.as_ref().ok().filter(|applied| applied.revision != before) {
            self.parts.audit.write(&Line::of_files(&author, applied.revision));
        }
        applied.map_err(|report| {
            self.parts.metrics.count_reload(false);
            tracing::error!("configuration refused, the one in use stays:\n{report}");
            let errors = report.diagnostics().map(Finding::from).collect();
            self.parts.board.change(|known| known.refused = Some(Refused { at: SystemTime::now(), errors }));
            Arc::new(report)
        })
    }

    /// Looks at what a configuration means beside the releases, before anything is changed.
    pub(super) fn prepare(&self, loaded: Loaded) -> Result<Prepared, Report> {
        let Loaded { config, report, inputs } = loaded;
        let pending = waiting(&self.started, &config);
        let releases = revisions::compile(&self.parts.revisions.pins(), &config, &inputs)?;
        Ok(Prepared { config, report, inputs, releases, pending })
    }

    pub(super) fn apply(&mut self, prepared: Prepared, cause: Cause<'_>) -> Result<Applied, Report> {
        let Prepared { config, mut report, inputs, releases, pending } = prepared;
        let before = self.parts.shared.load();
        // They are looked at as those of the configuration are. Read before they are used: what changes in between is seen then.
        let orphaned = before.orphaned_files(&config);
        let level = config.log.level;
        let plan = Plan { revision: before.revision, config, releases };
        let mut snapshot = Snapshot::make(plan, Some(&before), &self.parts.metrics)
            .map_err(|error| Report::of(Diagnostic::new(with_sources(&error))))?;
        self.parts.revisions.try_again();
        // Kept before it is used, so that nothing is served that nobody could look up. Whether it can be kept is no reason not to serve it.
        if !inputs.documents().eq(self.applied.documents()) {
            snapshot.revision = self.parts.revisions.record(&inputs, before.revision, cause.author, cause.note);
        }
        let revision = snapshot.revision;
        self.report = report.clone();
        self.applied = inputs.clone();
        self.inputs = inputs;
        self.inputs.files.extend(orphaned.iter().map(|path| Input::named(&*self.parts.files, path)));
        log::set_level(level);
        drop(before);
        self.retired.push(self.parts.shared.replace(snapshot));
        // Long work for a large table, which is in use meanwhile.
        self.parts.shared.load().warnings().into_iter().for_each(|warning| report.push(warning));
        let warnings = report.warnings().iter().map(Finding::from).collect();
        pending.iter().for_each(|key| report.push(waits(key)));
        self.succeeded();
        tracing::info!(revision, "configuration applied");
        warn_of(report.warnings());
        self.parts.metrics.show_warnings(report.warnings().len());
        let (history, read_only) = (self.parts.revisions.state(), self.read_only());
        self.parts.board.change(|known| {
            (known.applied, known.refused, known.pending) = (SystemTime::now(), None, pending);
            (known.warnings, known.history, known.read_only) = (warnings, history, read_only);
        });
        Ok(Applied { revision, report: Arc::new(report) })
    }

    /// Where the configuration is, if it is in a file.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(super) fn parts_mut(&mut self) -> &mut Parts {
        &mut self.parts
    }

    /// The configuration in use, to be applied again beside other releases.
    pub(super) fn again(&self, releases: Releases) -> Prepared {
        let config = Config::clone(&self.parts.shared.load().config);
        let pending = waiting(&self.started, &config);
        Prepared { config, report: self.report.clone(), inputs: self.applied.clone(), releases, pending }
    }

    /// What the configuration in use was read from.
    pub(super) fn applied(&self) -> &Inputs {
        &self.applied
    }

    /// Whether objects of a file can be changed.
    pub(super) fn can_write(&self, file: &Path) -> bool {
        self.parts.files.can_write(file)
    }

    fn read_only(&self) -> BTreeSet<PathBuf> {
        let files = self.applied.documents().map(|input| input.path.clone());
        files.filter(|file| !self.can_write(file)).collect()
    }

    fn succeeded(&self) {
        let metrics = &self.parts.metrics;
        metrics.count_reload(true);
        metrics.config_revision.set(i64::try_from(self.parts.shared.load().revision).unwrap_or(i64::MAX));
        metrics.config_last_success.set(unix_time());
    }
}

/// Logs warnings of a configuration, a line each.
pub fn warn_of(warnings: &[Diagnostic]) {
    for warning in warnings {
        let place = warning.place().map(|place| place.to_string());
        tracing::warn!(place, advice = warning.advice(), "{}", warning.message());
    }
}

fn waits(key: &str) -> Diagnostic {
    Diagnostic::warning(format!("`{key}` changed: restart to apply"))
}

/// What a configuration says that the process cannot do before it starts again.
fn waiting(started: &Config, config: &Config) -> Vec<&'static str> {
    let changes = [
        ("listener", sockets(started) != sockets(config)),
        ("admin.address", started.admin.address != config.admin.address),
        ("history", started.history != config.history),
        ("log.format", started.log.format != config.log.format),
        ("log.access", started.log.access != config.log.access),
        ("gateway.workers", started.gateway.workers != config.gateway.workers),
        ("gateway.max_connections", started.gateway.max_connections != config.gateway.max_connections),
    ];
    changes.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect()
}

/// Where and how a configuration wants to listen. What else a listener says holds for the next connection.
fn sockets(config: &Config) -> Vec<(&ListenAddress, u16, SocketRights)> {
    config.listeners.iter().map(|listener| (&listener.address, listener.backlog, listener.rights)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_table_is_kept_until_no_worker_uses_it() {
        let parse = || config::parse(Path::new("test.toml"), "[[listener]]\naddress = \"127.0.0.1:0\"").expect("good");
        let metrics = Metrics::new();
        let first = Snapshot::compile(parse(), None, &metrics).expect("a table");
        let shared = Arc::new(Shared::new(first));
        let parts = Parts::without_files(shared.clone(), metrics);
        let mut reloader = Reloader::new(None, parts);
        let in_use = shared.load();
        let (seen, generation) = (Arc::downgrade(&in_use), in_use.generation);
        let loaded = Loaded { config: parse(), report: Report::default(), inputs: Inputs::default() };
        let prepared = reloader.prepare(loaded).expect("no release");
        let cause = Cause { author: &Author::file(), note: None };
        reloader.apply(prepared, cause).expect("applied");
        assert_ne!(shared.generation(), generation);
        reloader.tidy();
        drop(in_use);
        assert!(seen.upgrade().is_some() && reloader.has_retired(), "the worker would have had to take it apart");
        reloader.tidy();
        assert!(seen.upgrade().is_none() && !reloader.has_retired());
    }

    #[test]
    fn only_what_belongs_to_the_process_waits_for_the_next_start() {
        let parse = |listener: &str, more: &str| {
            let text = format!(
                "[[listener]]\naddress = \"unix:/run/a\"\n{listener}\n[[function]]\nname = \"f\"\ninstances = [\"builtin:echo\"]\n\
                 [[service]]\nname = \"s\"\nhosts = [\"*\"]\n{more}"
            );
            config::parse(Path::new("test.toml"), &text).unwrap_or_else(|report| panic!("{report}"))
        };
        let started = parse("", "");
        for (listener, more, keys) in [
            ("http2 = false\nredirect_https = true\nproxy_protocol = true", "[gateway]\nvia = true", &[][..]),
            ("backlog = 1", "", &["listener"]),
            ("mode = \"0600\"", "", &["listener"]),
            ("[[listener]]\naddress = \"127.0.0.1:80\"", "", &["listener"]),
            ("", "[admin]\naddress = \"\"\n[log]\naccess = \"off\"", &["admin.address", "log.access"]),
            ("", "[log]\nlevel = \"debug\"\n[admin]\nedit_dir = \"edits\"\nhosts = [\"a.test\"]\nconsole = false", &[]),
            ("", "[history]\nkeep = 7", &["history"]),
            ("", "[log]\nformat = \"text\"", &["log.format"]),
            ("", "[gateway]\nworkers = 7\nmax_connections = 7", &["gateway.workers", "gateway.max_connections"]),
        ] {
            assert_eq!(waiting(&started, &parse(listener, more)), keys, "{listener} {more}");
        }
    }
}
