//! Environments: what each of them serves.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Environment as Name;
use crate::snapshot::Snapshot;
use crate::snapshot::release::Release;

/// One environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Environment {
    /// `release`, `prepub` or `test`.
    pub name: String,
    pub state: State,
    /// The revision that it serves.
    pub revision: Option<u64>,
    /// APIs that are published there.
    pub apis: usize,
    /// Domains that lead there.
    pub domains: usize,
}

/// How an environment comes to what it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It serves the configuration in use.
    Follows,
    /// It serves a revision until it is released again.
    Pinned,
    /// Its APIs answer 404.
    Unreleased,
    /// The revision that it is pinned to cannot be read, or not be served with the functions of now: its APIs answer 503.
    Unavailable,
}

impl Environment {
    #[must_use]
    pub fn new(snapshot: &Snapshot, name: Name) -> Self {
        let (state, revision) = match snapshot.releases.of(name) {
            Release::Follows => (State::Follows, Some(snapshot.revision)),
            Release::Pinned { revision, .. } => (State::Pinned, Some(*revision)),
            Release::Unreleased => (State::Unreleased, None),
            Release::Unavailable { revision } => (State::Unavailable, *revision),
        };
        let services = snapshot.releases.services(&snapshot.config, name);
        let domains = services.iter().flat_map(|service| &service.domains);
        Self {
            name: name.as_str().to_owned(),
            state,
            revision,
            apis: (0..snapshot.apis.len()).filter(|entry| snapshot.origin(*entry).2.environment == name).count(),
            domains: domains.filter(|domain| domain.environment == name).count(),
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(snapshot: &Snapshot) -> Vec<Self> {
        Name::ALL.into_iter().map(|name| Self::new(snapshot, name)).collect()
    }
}
