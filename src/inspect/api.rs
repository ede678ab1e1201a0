//! APIs as the configuration has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::headers;
use super::function::{Reference, reference};
use super::origin::{Origin, set_at};
use super::route::{Reached, pinned};
use crate::config::{self, Binding, Config, Environment, Service};
use crate::snapshot::Snapshot;
use crate::snapshot::release::Release;
use crate::units::{format_duration, format_size};

/// An API: a path and a method that are bound to one function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Api {
    pub service: String,
    /// Unique in its service.
    pub name: String,
    /// The rule, such as `/orders/{id}`.
    pub path: String,
    /// A method, or `ANY`.
    pub method: String,
    /// `name`, `namespace/name` or `namespace/name:version`.
    pub function: String,
    /// Environments that use another version of the function.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// Where it is published: `release`, `prepub`, `test`.
    pub environments: Vec<String>,
    /// The sync-wait timeout, if it is not the function's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// The largest request body, if it is not the gateway's limit; `0` is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_body_bytes: Option<String>,
    /// Custom fields; `***` stands for a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    pub enabled: bool,
    pub raw_path: bool,
    pub status: ApiStatus,
}

/// What follows from the rest of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiStatus {
    pub origin: Origin,
    pub environments: Vec<ApiEnvironment>,
    pub timeout_ms: u64,
    pub timeout: String,
    /// Where the timeout was set: `file:line:column`, or `default`.
    pub timeout_set_at: String,
}

/// An API in one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiEnvironment {
    pub environment: String,
    /// The revision that serves there in place of this one; null when the environment follows the configuration in use.
    pub pinned: Option<u64>,
    /// Whether it is on in what the environment serves now; null if it is not served there.
    pub enabled: Option<bool>,
    /// `namespace/name:version`.
    pub function: String,
    /// The domains that lead to it there.
    pub domains: Vec<Reached>,
}

impl Api {
    /// The API as the files have it now, whatever an environment is pinned to.
    #[must_use]
    pub fn new(snapshot: &Snapshot, service: &Service, api: &config::Api) -> Self {
        let config = &snapshot.config;
        let Written { reference, versions } = written(config, &api.bindings);
        let first = api.bindings.first().map(|binding| &config.functions[binding.function]);
        let timeout = api.timeout.as_ref().or(first.map(|function| &function.timeout));
        let environment = |binding: &Binding| ApiEnvironment {
            environment: binding.environment.as_str().to_owned(),
            pinned: pinned(snapshot, binding.environment),
            enabled: enabled(snapshot, service, api, binding.environment),
            function: config.functions[binding.function].id.to_string(),
            domains: domains(service, binding.environment),
        };
        Self {
            service: service.name.clone(),
            name: api.name.clone(),
            path: api.path.to_string(),
            method: api.method.to_string(),
            function: reference,
            versions,
            environments: api.bindings.iter().map(|binding| binding.environment.as_str().to_owned()).collect(),
            timeout: api.timeout.as_ref().map(|timeout| format_duration(timeout.value)),
            max_body_bytes: api.max_body_bytes.map(|limit| limit.map_or_else(|| "0".to_owned(), format_size)),
            headers: headers(&api.headers),
            enabled: api.enabled,
            raw_path: api.raw_path,
            status: ApiStatus {
                origin: (&api.place).into(),
                environments: api.bindings.iter().map(environment).collect(),
                timeout_ms: timeout.map_or(0, |timeout| u64::try_from(timeout.value.as_millis()).unwrap_or(u64::MAX)),
                timeout: timeout.map(|timeout| format_duration(timeout.value)).unwrap_or_default(),
                timeout_set_at: timeout.map(set_at).unwrap_or_default(),
            },
        }
    }
}

/// The API of this name, with its service.
#[must_use]
pub fn find<'a>(config: &'a Config, service: &str, name: &str) -> Option<(&'a Service, &'a config::Api)> {
    let service = config.service(service)?;
    Some((service, service.apis.iter().find(|api| api.name == name)?))
}

/// Whether an API is on in what an environment serves, which may be an older revision.
fn enabled(snapshot: &Snapshot, service: &Service, api: &config::Api, environment: Environment) -> Option<bool> {
    let release = snapshot.releases.of(environment);
    if *release == Release::Follows {
        return Some(api.enabled);
    }
    let older = release.pinned_api(&service.name, &api.name)?;
    let is_bound = older.bindings.iter().any(|binding| binding.environment == environment);
    is_bound.then_some(older.enabled)
}

fn domains(service: &Service, environment: Environment) -> Vec<Reached> {
    let own = service.domains.iter().filter(|domain| domain.environment == environment);
    own.map(Reached::new).collect()
}

/// How a configuration writes the bindings of an API.
struct Written {
    reference: String,
    versions: BTreeMap<String, String>,
}

fn written(config: &Config, bindings: &[Binding]) -> Written {
    let id = |binding: &Binding| &config.functions[binding.function].id;
    let Some(first) = bindings.first().map(id) else {
        return Written { reference: String::new(), versions: BTreeMap::new() };
    };
    if bindings.iter().all(|binding| id(binding).version == first.version) {
        return Written { reference: reference(first, Reference::WithVersion), versions: BTreeMap::new() };
    }
    let others = bindings.iter().map(|binding| (binding.environment.as_str().to_owned(), id(binding).version.clone()));
    Written { reference: reference(first, Reference::NameOnly), versions: others.collect() }
}
