//! The APIs of a table, compiled: everything that can be known of one before a request arrives.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::release::{Release, Releases};
use crate::config::{self, Binding, Config, Environment, FunctionId, Service};
use crate::message::lines::{Lines, title_case};
use crate::route::{ApiEntry, BuildError, Builder, ServiceIndex};
use crate::telemetry::metrics::{ApiLabels, Metrics};
use crate::telemetry::route::Route;

/// Which API of the configuration an entry of the table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiOrigin {
    pub environment: Environment,
    /// Index into [`Releases::services`] of the environment.
    pub service: usize,
    /// Index into the APIs of the service.
    pub api: usize,
}

/// An API in one environment, with all that can be known before a request arrives.
#[derive(Debug)]
pub struct Api {
    /// Index into the functions of the snapshot.
    pub function: usize,
    /// The effective sync-wait timeout.
    pub timeout: Duration,
    pub max_body_bytes: Option<u64>,
    /// The field line that tells of the timeout.
    pub timeout_line: Box<[u8]>,
    /// The other field lines that every request of the API gets.
    pub lines: Box<[u8]>,
    /// The names among them that were configured, and so replace a client's own.
    pub custom: Vec<HeaderName>,
    pub has_parameters: bool,
    pub route: Arc<Route>,
}

/// The table in the making.
pub(super) struct Entries {
    pub(super) builder: Builder<usize>,
    pub(super) apis: Vec<Arc<Api>>,
    pub(super) origins: Vec<ApiOrigin>,
}

impl Entries {
    pub(super) fn compile(config: &Config, releases: &Releases, metrics: &Metrics) -> Result<Self, BuildError> {
        let pinned = releases.pinned().flat_map(|(_, _, services)| services);
        let all = config.services.iter().chain(pinned).flat_map(|service| &service.apis);
        let count = all.map(|api| api.bindings.len()).sum();
        metrics.expect_apis(count);
        let (apis, origins) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut entries = Self { builder: Builder::new(), apis, origins };
        let labels: Vec<_> = config.functions.iter().map(|spec| Labels::new(&spec.id)).collect();
        // One service of the table is one of the configuration, or of a pinned revision, in all the environments that have it.
        let follows = |environment: &Environment| !matches!(releases.of(*environment), Release::Pinned { .. });
        let followed: Vec<_> = Environment::ALL.into_iter().filter(follows).collect();
        let views = std::iter::once((followed.as_slice(), config.services.as_slice()));
        let pinned: Vec<_> = releases.pinned().map(|(environment, _, services)| ([environment], services)).collect();
        for (environments, services) in views.chain(pinned.iter().map(|(one, services)| (one.as_slice(), *services))) {
            for (index, service) in services.iter().enumerate() {
                let place = entries.builder.service(&service.name);
                for domain in service.domains.iter().filter(|domain| environments.contains(&domain.environment)) {
                    entries.builder.domain(place, &domain.host, &domain.base_path, domain.environment)?;
                }
                let served =
                    |environment: &Environment| environments.contains(environment) && releases.serves(*environment);
                entries.add(config, (index, service, place), &labels, metrics, served)?;
            }
        }
        Ok(entries)
    }

    /// Adds the APIs of a service in the environments where they are `served`.
    fn add(
        &mut self,
        config: &Config,
        (index, service, place): (usize, &Service, ServiceIndex),
        labels: &[Labels],
        metrics: &Metrics,
        served: impl Fn(&Environment) -> bool,
    ) -> Result<(), BuildError> {
        let name: Arc<str> = service.name.as_str().into();
        for (number, api) in service.apis.iter().enumerate() {
            for binding in api.bindings.iter().filter(|binding| served(&binding.environment)) {
                let route = labels[binding.function].route(&name, api, binding.environment, metrics);
                self.apis.push(Arc::new(Api::compile(config, service, api, *binding, route)));
                self.origins.push(ApiOrigin { environment: binding.environment, service: index, api: number });
                let entry = ApiEntry {
                    rule: &api.path,
                    method: &api.method,
                    enabled: api.enabled,
                    raw_path: api.raw_path,
                    payload: self.apis.len() - 1,
                };
                self.builder.api(place, binding.environment, entry)?;
            }
        }
        Ok(())
    }
}

impl Api {
    fn compile(config: &Config, service: &Service, api: &config::Api, binding: Binding, route: Route) -> Self {
        let function = &config.functions[binding.function];
        let timeout = api.timeout.as_ref().unwrap_or(&function.timeout).value;
        let mut custom: Vec<_> = function.headers.clone();
        custom.retain(|(name, _)| !api.headers.iter().any(|(other, _)| other == name));
        custom.extend(api.headers.iter().cloned());
        let names = custom.iter().map(|(name, _)| name.clone()).collect();
        let mut timeout_line = Lines::default();
        let prefix = config.gateway.reserved_prefix.as_str();
        timeout_line.push_prefixed(prefix, "Timeout", timeout.as_millis().to_string().as_bytes());
        let mut lines = identity(config, service, api, binding);
        for (name, value) in custom {
            lines.push(&title_case(name.as_str()), value.as_bytes());
        }
        Self {
            function: binding.function,
            timeout,
            max_body_bytes: api.max_body_bytes.unwrap_or(config.gateway.max_body_bytes),
            timeout_line: timeout_line.into_bytes().into(),
            lines: lines.into_bytes().into(),
            custom: names,
            has_parameters: api.path.has_parameters(),
            route: Arc::new(route),
        }
    }
}

/// What a function version is called in records and series, shared by all of its APIs.
struct Labels {
    /// `namespace/name`.
    name: Arc<str>,
    version: Arc<str>,
    /// `namespace/name:version`.
    full: Arc<str>,
}

impl Labels {
    fn new(id: &FunctionId) -> Self {
        Self {
            name: format!("{}/{}", id.namespace, id.name).into(),
            version: id.version.as_str().into(),
            full: id.to_string().into(),
        }
    }

    fn route(&self, service: &Arc<str>, api: &config::Api, environment: Environment, metrics: &Metrics) -> Route {
        let name: Arc<str> = api.name.as_str().into();
        let labels = ApiLabels {
            service: service.clone(),
            api: name.clone(),
            function: self.full.clone(),
            environment: environment.as_str(),
        };
        Route {
            service: service.clone(),
            api: name,
            path: api.path.shared(),
            environment: environment.as_str(),
            function: self.name.clone(),
            version: self.version.clone(),
            metrics: metrics.api(labels),
        }
    }
}

/// Room for the lines of most APIs.
const IDENTITY_ROOM: usize = 512;

/// The fields that tell a function who it is and what triggered it. A value that is empty, or no field value, is left out.
fn identity(config: &Config, service: &Service, api: &config::Api, binding: Binding) -> Lines {
    let function = &config.functions[binding.function];
    let gateway = &config.gateway;
    let memory = if function.memory == 0 { String::new() } else { function.memory.to_string() };
    let mut lines = Lines::with_capacity(IDENTITY_ROOM);
    for (name, value) in [
        ("Name", function.id.name.as_str()),
        ("Namespace", &function.id.namespace),
        ("Version", &function.id.version),
        ("Memory", &memory),
        ("Region", &gateway.region),
        ("Appid", &gateway.appid),
        ("Uin", &gateway.uin),
        ("Service", &service.name),
        ("Api", &api.name),
        ("Environment", binding.environment.as_str()),
        ("Path", api.path.as_str()),
    ] {
        if !value.is_empty() && is_field_value(value) {
            lines.push_prefixed(gateway.reserved_prefix.as_str(), name, value.as_bytes());
        }
    }
    lines
}

fn is_field_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control())
}
