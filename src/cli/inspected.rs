//! A configuration compiled for a look, not to be served.

use super::outcome::Failure;
use crate::config::Config;
use crate::snapshot::Snapshot;
use crate::telemetry::metrics::Metrics;

/// The table that a configuration would make.
#[derive(Debug)]
pub(super) struct Inspection {
    pub(super) snapshot: Snapshot,
}

impl Inspection {
    pub(super) fn new(config: Config) -> Result<Self, Failure> {
        let snapshot = Snapshot::compile(config, None, &Metrics::new()).map_err(|error| Failure::system(&error))?;
        Ok(Self { snapshot })
    }
}
