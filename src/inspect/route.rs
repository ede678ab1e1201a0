//! The rows of the table: each API in each environment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::origin::{Origin, set_at};
use crate::config::{Domain, Environment};
use crate::snapshot::Snapshot;
use crate::snapshot::release::Release;
use crate::units::format_duration;

/// One API in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Route {
    pub service: String,
    pub environment: String,
    /// The revision that the environment is pinned to; null when it follows the configuration in use.
    pub pinned: Option<u64>,
    /// The domains that lead to it. None: no request reaches it.
    pub domains: Vec<Reached>,
    /// A method, or `ANY`.
    pub method: String,
    /// As the rule writes it.
    pub path: String,
    pub api: String,
    /// `namespace/name`.
    pub function: String,
    pub version: String,
    /// The addresses of the function's instances.
    pub instances: Vec<String>,
    pub timeout_ms: u64,
    pub timeout: String,
    /// Where the timeout was set: `file:line:column`, or `default`.
    pub timeout_set_at: String,
    pub enabled: bool,
    pub origin: Origin,
}

/// A domain that leads to an API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reached {
    /// A name, `*.name` or `*`.
    pub host: String,
    pub base_path: String,
}

impl Reached {
    pub(super) fn new(domain: &Domain) -> Self {
        Self { host: domain.host.to_string(), base_path: domain.base_path.to_string() }
    }

    /// `shop.example.com/test`.
    #[must_use]
    pub fn location(&self) -> String {
        if self.base_path == "/" { self.host.clone() } else { format!("{}{}", self.host, self.base_path) }
    }
}

impl Route {
    /// The row of an entry of the table.
    #[must_use]
    pub fn new(snapshot: &Snapshot, entry: usize) -> Self {
        let (service, api, origin) = snapshot.origin(entry);
        let function = &snapshot.functions[snapshot.apis[entry].function];
        let timeout = api.timeout.as_ref().unwrap_or(&function.spec.timeout);
        let id = &function.spec.id;
        let leads = |domain: &&Domain| domain.environment == origin.environment;
        Self {
            service: service.name.clone(),
            environment: origin.environment.as_str().to_owned(),
            pinned: pinned(snapshot, origin.environment),
            domains: service.domains.iter().filter(leads).map(Reached::new).collect(),
            method: api.method.to_string(),
            path: api.path.to_string(),
            api: api.name.clone(),
            function: format!("{}/{}", id.namespace, id.name),
            version: id.version.clone(),
            instances: function.instances.iter().map(|instance| instance.label().to_owned()).collect(),
            timeout_ms: u64::try_from(timeout.value.as_millis()).unwrap_or(u64::MAX),
            timeout: format_duration(timeout.value),
            timeout_set_at: set_at(timeout),
            enabled: api.enabled,
            origin: (&api.place).into(),
        }
    }

    /// `namespace/name:version`.
    #[must_use]
    pub fn function_version(&self) -> String {
        format!("{}:{}", self.function, self.version)
    }

    #[must_use]
    pub fn effective_timeout(&self) -> String {
        format!("{} ({})", self.timeout, self.timeout_set_at)
    }
}

/// Whether `wanted` names a function, with or without its namespace and version.
#[must_use]
pub fn is_function(wanted: &str, function: &str, version: &str) -> bool {
    let (name, of_version) = wanted.split_once(':').map_or((wanted, None), |(name, version)| (name, Some(version)));
    let is_named = match name.contains('/') {
        true => name == function,
        false => function.strip_prefix("default/") == Some(name),
    };
    is_named && of_version.is_none_or(|wanted| wanted == version)
}

/// The revision that an environment is pinned to.
#[must_use]
pub fn pinned(snapshot: &Snapshot, environment: Environment) -> Option<u64> {
    match snapshot.releases.of(environment) {
        Release::Pinned { revision, .. } => Some(*revision),
        Release::Unavailable { revision } => *revision,
        Release::Follows | Release::Unreleased => None,
    }
}

/// Every API in every environment, in the order of the table.
pub fn routes(snapshot: &Snapshot) -> impl Iterator<Item = Route> + '_ {
    (0..snapshot.apis.len()).map(|entry| Route::new(snapshot, entry))
}
