//! What outlives the process: the journal of edits, the history, the audit log.

use std::path::Path;
use std::sync::Arc;

use super::plane::Plane;
use crate::config::editable::{DiskFiles, Editable, MemoryFiles};
use crate::config::store::{Recovered, Store};
use crate::config::{self, Config, Inputs};
use crate::control::audit::Audit;
use crate::control::change::Author;
use crate::control::history::Release;
use crate::control::reload::{Origin, Parts};
use crate::control::revisions::{self, Revisions};
use crate::snapshot::Plan;
use crate::snapshot::release::Releases;
use crate::telemetry::log::with_sources;
use crate::telemetry::metrics::Metrics;

/// All of it.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) files: Arc<dyn Editable>,
    pub(super) revisions: Revisions,
    pub(super) audit: Audit,
}

/// Brings an edit to its end, or back to its beginning, that a process before left in the middle. To be called before the configuration is
/// read.
pub fn recover(main: &Path) {
    let is_configuration = |path: &Path| path == main || path.extension().is_some_and(|kind| kind == "toml");
    match store(main).recover(&is_configuration) {
        Ok(None) => {}
        Ok(Some(Recovered::Done)) => {
            tracing::warn!("an edit of the configuration that was interrupted is complete now")
        }
        Ok(Some(Recovered::Undone { changed })) => {
            tracing::warn!(?changed, "an edit of the configuration that was interrupted is undone");
        }
        Ok(Some(Recovered::Refused { journal, reason })) => {
            tracing::error!(journal = %journal.display(), reason, "the journal of an edit cannot be used");
        }
        // Where nothing can be written, nothing was.
        Err(error) => tracing::debug!("no edit to recover: {}", with_sources(&error)),
    }
}

/// The journal is with the state of the service, or beside the main file.
fn store(main: &Path) -> Store {
    let state = config::state_directory(&|name| std::env::var(name)).filter(|path| path.is_dir());
    let beside = main.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Store::new(&state.unwrap_or_else(|| beside.to_owned()))
}

impl Keeping {
    pub(super) fn open(config: &Config, origin: Option<&Origin>, metrics: &Metrics) -> Self {
        let audit =
            Audit::new(config.admin.audit.as_deref().filter(|_| origin.is_some()), metrics.lost_audit_lines.clone());
        match origin {
            Some(origin) => Self {
                files: Arc::new(DiskFiles::new(store(&origin.path))),
                revisions: Revisions::open(&config.history),
                audit,
            },
            None => Self { files: Arc::new(MemoryFiles::default()), revisions: Revisions::none(), audit },
        }
    }

    pub(super) fn into_parts(self, plane: &Plane) -> Parts {
        let Self { files, revisions, audit } = self;
        let (shared, metrics, board) = (plane.shared.clone(), plane.metrics.clone(), plane.board.clone());
        Parts { shared, metrics, board, files, revisions, audit }
    }

    /// What the process serves at first: the configuration with its number, and the releases.
    pub(super) fn plan(&mut self, config: Config, inputs: Option<&Inputs>) -> Plan {
        let Some(inputs) = inputs else { return Plan { revision: 1, config, releases: Releases::default() } };
        let revision = self.revisions.record(inputs, 0, &Author::file(), None);
        let pins = self.revisions.pins();
        let (releases, errors) = revisions::compile_what_can_be(&pins, &config, inputs);
        if !errors.is_empty() {
            tracing::error!("not everything that is released can be served:\n{errors}");
        }
        for (environment, pin) in &pins {
            if let Release::Pinned { documents: Err(error), .. } | Release::Unknown { error } = &**pin {
                tracing::error!(
                    environment = environment.as_str(),
                    "the release cannot be read: {}",
                    with_sources(error)
                );
            }
        }
        Plan { revision, config, releases }
    }
}
