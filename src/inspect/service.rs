//! Services and their domains, as the configuration has them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::origin::Origin;
use crate::config::{self, Environment};

/// A service: APIs that share domains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Service {
    pub name: String,
    pub domains: Vec<Domain>,
    pub status: ServiceStatus,
}

/// A host and base path that select a service and an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// A name, `*.name` or `*`.
    pub host: String,
    /// Removed before paths are matched, and before the function sees them.
    #[serde(default = "root")]
    pub base_path: String,
    /// `release`, `prepub` or `test`.
    #[serde(default = "release")]
    pub environment: String,
}

/// What follows from the rest of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    pub origin: Origin,
    pub apis: usize,
}

fn root() -> String {
    "/".to_owned()
}

fn release() -> String {
    Environment::Release.as_str().to_owned()
}

impl Service {
    #[must_use]
    pub fn new(service: &config::Service) -> Self {
        let domain = |domain: &config::Domain| Domain {
            host: domain.host.to_string(),
            base_path: domain.base_path.to_string(),
            environment: domain.environment.as_str().to_owned(),
        };
        Self {
            name: service.name.clone(),
            domains: service.domains.iter().map(domain).collect(),
            status: ServiceStatus { origin: (&service.place).into(), apis: service.apis.len() },
        }
    }
}
