//! One compiled, immutable routing table with the functions behind it. A request sees one snapshot from its first look-up to
//! its log line.

mod reach;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderName;
use tokio::sync::Notify;

use crate::config::{self, Binding, Config, Diagnostic, Environment, FunctionId, ListenAddress, Listener, Service};
use crate::entrance::{Door, Entrance, doors, https_port};
use crate::function::Function;
use crate::message::lines::{Lines, title_case};
use crate::message::rules::Rules;
use crate::net::issued::Issued;
use crate::net::tls::TlsError;
use crate::route::{ApiEntry, BuildError, Builder, RouteTable};
use crate::telemetry::metrics::{ApiLabels, Metrics};
use crate::telemetry::route::Route;

/// A routing table and everything that its requests need, made once and never changed.
#[derive(Debug)]
pub struct Snapshot {
    pub revision: u64,
    pub config: Arc<Config>,
    /// Leads to indices of `apis`.
    pub table: RouteTable<usize>,
    /// Every API in every environment.
    pub apis: Vec<Arc<Api>>,
    /// In the order of [`Config::functions`].
    pub functions: Vec<Arc<Function>>,
    /// Indices of `functions`.
    by_id: HashMap<FunctionId, usize>,
    /// The listeners that have sockets: those of the configuration that the process started with.
    live: Arc<[Door]>,
    /// What each of them speaks. One that is gone from the configuration keeps what it had.
    pub entrances: HashMap<Door, Arc<Entrance>>,
    /// What an ACME server has issued and asks for. Every table has the same.
    pub issued: Arc<Issued>,
    pub rules: Rules,
    /// Where requests without a service are counted.
    pub nowhere: Arc<Route>,
    /// Where requests to a service without an API are counted.
    services: HashMap<String, Arc<Route>>,
}

/// An API in one environment, with all that can be known before a request arrives.
#[derive(Debug)]
pub struct Api {
    /// Index into [`Snapshot::functions`].
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

/// Why a configuration that could be read cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("the routing table")]
    Route(#[from] BuildError),
    #[error("TLS at {listener}")]
    Tls {
        listener: ListenAddress,
        #[source]
        source: TlsError,
    },
}

impl Snapshot {
    /// Compiles a configuration. What `previous` has in common with it keeps its slots, counters and instances.
    ///
    /// # Errors
    /// When two domains or APIs are the same or a certificate cannot be used, which a loaded configuration rules out.
    pub fn compile(config: Config, previous: Option<&Self>, metrics: &Metrics) -> Result<Self, CompileError> {
        let issued = previous.map(|previous| previous.issued.clone()).unwrap_or_default();
        let live = previous.map_or_else(|| doors(&config.listeners).into(), |previous| previous.live.clone());
        let entrances = entrances(&config, &live, previous, &issued, metrics)?;
        let known = |id| previous.and_then(|previous| Some(&*previous.functions[previous.function(id)?]));
        let functions: Vec<_> = config
            .functions
            .iter()
            .map(|spec| Arc::new(Function::new(spec.clone(), known(&spec.id), metrics)))
            .collect();
        let by_id = functions.iter().enumerate().map(|(index, function)| (function.spec.id.clone(), index)).collect();
        let labels: Vec<_> = config.functions.iter().map(|spec| Labels::new(&spec.id)).collect();
        let count = config.services.iter().flat_map(|service| &service.apis).map(|api| api.bindings.len()).sum();
        metrics.expect_apis(count);
        let (mut builder, mut apis) = (Builder::new(), Vec::with_capacity(count));
        for service in &config.services {
            let index = builder.service(&service.name);
            let name: Arc<str> = service.name.as_str().into();
            for domain in &service.domains {
                builder.domain(index, &domain.host, &domain.base_path, domain.environment)?;
            }
            for api in &service.apis {
                for binding in &api.bindings {
                    let function = &labels[binding.function];
                    let route = function.route(&name, api, binding.environment, metrics);
                    apis.push(Arc::new(Api::compile(&config, service, api, *binding, route)));
                    let entry = ApiEntry {
                        rule: &api.path,
                        method: &api.method,
                        enabled: api.enabled,
                        raw_path: api.raw_path,
                        payload: apis.len() - 1,
                    };
                    builder.api(index, binding.environment, entry)?;
                }
            }
        }
        let unrouted = |service: &str| Arc::new(unrouted(service, metrics));
        Ok(Self {
            revision: previous.map_or(1, |previous| previous.revision + 1),
            table: builder.build(),
            apis,
            functions,
            by_id,
            live,
            entrances,
            issued,
            rules: rules(&config.gateway),
            nowhere: unrouted(""),
            services: config.services.iter().map(|service| (service.name.clone(), unrouted(&service.name))).collect(),
            config: Arc::new(config),
        })
    }

    /// What no request would reach, although it can be used.
    #[must_use]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        reach::warnings(&self.config, &self.table)
    }

    /// Shows in the metrics what comes into use with it.
    fn show(&self) {
        self.entrances.values().for_each(|entrance| entrance.show());
    }

    /// The certificates in use that are not ordered: the listener, the first name, and when it expires, in seconds since 1970.
    pub fn certificates(&self) -> impl Iterator<Item = (&ListenAddress, String, i64)> {
        let entrances = self.entrances.iter();
        entrances.flat_map(|((address, _), entrance)| {
            let ordered = entrance.tls.as_ref().map(|secure| &secure.acceptor.spec().acme);
            let is_ordered = move |name: &String| ordered.is_some_and(|names| names.contains(name));
            let configured = entrance.certificates().into_iter().filter(move |(name, _)| !is_ordered(name));
            configured.map(move |(name, expiry)| (address, name, expiry))
        })
    }

    /// The files of certificates in use that a configuration does not name any more.
    #[must_use]
    pub fn orphaned_files(&self, config: &Config) -> Vec<PathBuf> {
        let orphans = assigned(&self.live, &self.entrances, &config.listeners).orphans;
        let entrances = orphans.into_iter().filter_map(|door| self.entrances.get(door)?.tls.as_ref());
        let identities = entrances.flat_map(|secure| &secure.acceptor.spec().identities);
        identities.flat_map(|identity| [identity.files.certificate.clone(), identity.files.key.clone()]).collect()
    }

    /// The names that certificates are ordered for at live listeners.
    #[must_use]
    pub fn ordered_names(&self) -> BTreeSet<String> {
        let secure = self.entrances.values().filter_map(|entrance| entrance.tls.as_ref());
        secure.flat_map(|secure| secure.acceptor.spec().acme.iter().cloned()).collect()
    }

    /// The way in at this door.
    #[must_use]
    pub fn entrance(&self, door: &Door) -> Arc<Entrance> {
        self.entrances.get(door).cloned().unwrap_or_default()
    }

    /// The index of a function version in `functions`.
    #[must_use]
    pub fn function(&self, id: &FunctionId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Where to count a request that reached a service but no API.
    #[must_use]
    pub fn service(&self, name: &str) -> &Arc<Route> {
        self.services.get(name).unwrap_or(&self.nowhere)
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

fn entrances(
    config: &Config,
    live: &[Door],
    previous: Option<&Snapshot>,
    issued: &Arc<Issued>,
    metrics: &Metrics,
) -> Result<HashMap<Door, Arc<Entrance>>, CompileError> {
    let mut entrances = previous.map(|previous| previous.entrances.clone()).unwrap_or_default();
    let https = https_port(&config.listeners);
    let Assigned { listeners, orphans } = assigned(live, &entrances, &config.listeners);
    let kept = orphans.into_iter().filter_map(|door| Some((door, entrances.get(door)?.renewed(&door.0)?)));
    let listeners: Vec<_> = kept.chain(listeners).collect();
    for (door, listener) in listeners {
        let before = entrances.get(door).map(|entrance| &**entrance);
        let made = Entrance::new(&listener, https, issued, before, metrics);
        let made = made.map_err(|source| CompileError::Tls { listener: listener.address.clone(), source })?;
        entrances.insert(door.clone(), Arc::new(made));
    }
    Ok(entrances)
}

/// What the configuration says of live listeners.
#[derive(Default)]
struct Assigned<'a> {
    listeners: Vec<(&'a Door, Listener)>,
    /// Those with TLS of which it says nothing any more.
    orphans: Vec<&'a Door>,
}

/// Finds what the configuration says of each live listener. One that it has at another address, or not at all, goes on as it is until the next
/// start: whatever is said of another one must not change whom it lets in.
fn assigned<'a>(live: &'a [Door], before: &HashMap<Door, Arc<Entrance>>, listeners: &[Listener]) -> Assigned<'a> {
    let mut configured: HashMap<_, _> = doors(listeners).into_iter().zip(listeners).collect();
    let mut assigned = Assigned::default();
    for door in live {
        match configured.remove(door) {
            Some(listener) => assigned.listeners.push((door, listener.clone())),
            None if before.get(door).is_some_and(|entrance| entrance.tls.is_some()) => assigned.orphans.push(door),
            None => {}
        }
    }
    assigned
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

fn rules(gateway: &config::Gateway) -> Rules {
    Rules {
        prefix: gateway.reserved_prefix.clone(),
        reserved: gateway.reserved,
        via: gateway.via,
        remove: gateway.remove.clone(),
        request_id: reserved_name(gateway, "Request-Id"),
        path_parameters: reserved_name(gateway, "Path-Parameters"),
        client_subject: reserved_name(gateway, "Client-Subject"),
    }
}

fn reserved_name(gateway: &config::Gateway, name: &str) -> String {
    format!("{}{name}", gateway.reserved_prefix.as_str())
}

fn unrouted(service: &str, metrics: &Metrics) -> Route {
    let labels = ApiLabels { service: service.into(), ..ApiLabels::default() };
    Route {
        service: labels.service.clone(),
        api: Arc::default(),
        path: Arc::default(),
        environment: "",
        function: Arc::default(),
        version: Arc::default(),
        metrics: metrics.api(labels),
    }
}

/// The snapshot in use, shared by all workers.
#[derive(Debug)]
pub struct Shared {
    current: ArcSwap<Snapshot>,
    /// The revision beside the snapshot, so that a worker sees with one load that nothing changed.
    revision: AtomicU64,
    replaced: Notify,
}

impl Shared {
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        snapshot.show();
        let revision = AtomicU64::new(snapshot.revision);
        Self { revision, current: ArcSwap::from_pointee(snapshot), replaced: Notify::new() }
    }

    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    #[must_use]
    pub fn load(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts a snapshot in use, and returns the one before. Requests that run keep the one that they have.
    #[must_use = "whoever lets go of a snapshot last takes it apart, which is long work for a worker"]
    pub fn replace(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        snapshot.show();
        let revision = snapshot.revision;
        let before = self.current.swap(Arc::new(snapshot));
        self.revision.store(revision, Ordering::Release);
        self.replaced.notify_one();
        before
    }

    /// Returns when a snapshot was put in use since the last time. One task at most may wait for that.
    pub async fn replaced(&self) {
        self.replaced.notified().await;
    }
}
