//! One compiled, immutable routing table with the functions behind it. A request sees one snapshot from its first look-up to
//! its log line.

mod api;
mod reach;
pub mod release;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

pub use self::api::{Api, ApiOrigin};

use self::api::Entries;
use self::reach::Asked;
use self::release::{Release, Releases};
use crate::config::{self, Config, Diagnostic, FunctionId, ListenAddress, Listener, Report, Service};
use crate::entrance::{Door, Entrance, doors, https_port};
use crate::function::Function;
use crate::message::rules::Rules;
use crate::net::issued::Issued;
use crate::net::tls::TlsError;
use crate::route::{BuildError, RouteTable};
use crate::telemetry::metrics::{ApiLabels, Metrics};
use crate::telemetry::route::Route;

/// A routing table and everything that its requests need, made once and never changed.
#[derive(Debug)]
pub struct Snapshot {
    /// Which table this is: another one for each.
    pub generation: u64,
    /// Which configuration it was made of: the same as before when no file has changed.
    pub revision: u64,
    pub config: Arc<Config>,
    pub releases: Releases,
    /// Leads to indices of `apis`.
    pub table: RouteTable<usize>,
    /// Every API in every environment.
    pub apis: Vec<Arc<Api>>,
    /// Which APIs of the configuration they are.
    origins: Vec<ApiOrigin>,
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

/// What a table is made of.
#[derive(Debug)]
pub struct Plan {
    pub revision: u64,
    pub config: Config,
    pub releases: Releases,
}

/// Why a configuration that could be read cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("the routing table")]
    Route(#[from] BuildError),
    #[error("{0}")]
    Release(Report),
    #[error("TLS at {listener}")]
    Tls {
        listener: ListenAddress,
        #[source]
        source: TlsError,
    },
}

impl Snapshot {
    /// Compiles a configuration that is followed in every environment. What `previous` has in common with it keeps its slots, counters and
    /// instances.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub fn compile(config: Config, previous: Option<&Self>, metrics: &Metrics) -> Result<Self, CompileError> {
        let revision = previous.map_or(1, |previous| previous.revision + 1);
        Self::make(Plan { revision, config, releases: Releases::default() }, previous, metrics)
    }

    /// Compiles a table. What `previous` has in common with it keeps its slots, counters and instances.
    ///
    /// # Errors
    /// When a release has a domain that the configuration has as well. A certificate that cannot be used, and domains or APIs that are the
    /// same, are ruled out by a loaded configuration.
    pub fn make(plan: Plan, previous: Option<&Self>, metrics: &Metrics) -> Result<Self, CompileError> {
        let Plan { revision, config, releases } = plan;
        let mut collisions = Report::default();
        releases.collisions(&config).into_iter().for_each(|error| collisions.push(error));
        if !collisions.is_empty() {
            return Err(CompileError::Release(collisions));
        }
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
        let entries = Entries::compile(&config, &releases, metrics)?;
        let unrouted = |service: &str| Arc::new(unrouted(service, metrics));
        let pinned = releases.pinned().flat_map(|(_, _, services)| services);
        let names = config.services.iter().chain(pinned).map(|service| service.name.clone());
        Ok(Self {
            generation: previous.map_or(1, |previous| previous.generation + 1),
            revision,
            table: entries.builder.build(),
            apis: entries.apis,
            origins: entries.origins,
            functions,
            by_id,
            live,
            entrances,
            issued,
            rules: rules(&config.gateway),
            nowhere: unrouted(""),
            services: names.map(|name| (name.clone(), unrouted(&name))).collect(),
            releases,
            config: Arc::new(config),
        })
    }

    /// The API of the configuration, or of a pinned revision, that an entry of the table is made of, with its service.
    #[must_use]
    pub fn origin(&self, entry: usize) -> (&Service, &config::Api, ApiOrigin) {
        let origin = self.origins[entry];
        let service = &self.releases.services(&self.config, origin.environment)[origin.service];
        (service, &service.apis[origin.api], origin)
    }

    /// What no request would reach, although it can be used.
    #[must_use]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let follows = |environment| *self.releases.of(environment) == Release::Follows;
        let origin = |entry: usize| {
            let ApiOrigin { environment, service, api } = self.origins[entry];
            follows(environment).then_some((service, api))
        };
        let pinned = self.releases.pinned().flat_map(|(_, _, services)| services);
        let mut warnings = reach::unused(&self.config, pinned);
        warnings
            .extend(reach::warnings(&self.config, &Asked { table: &self.table, origin: &origin, follows: &follows }));
        warnings
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
    /// The generation beside the snapshot, so that a worker sees with one load that nothing changed.
    generation: AtomicU64,
    replaced: Notify,
}

impl Shared {
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        snapshot.show();
        let generation = AtomicU64::new(snapshot.generation);
        Self { generation, current: ArcSwap::from_pointee(snapshot), replaced: Notify::new() }
    }

    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    #[must_use]
    pub fn load(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts a snapshot in use, and returns the one before. Requests that run keep the one that they have.
    #[must_use = "whoever lets go of a snapshot last takes it apart, which is long work for a worker"]
    pub fn replace(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        snapshot.show();
        let generation = snapshot.generation;
        let before = self.current.swap(Arc::new(snapshot));
        self.generation.store(generation, Ordering::Release);
        self.replaced.notify_one();
        before
    }

    /// Returns when a snapshot was put in use since the last time. One task at most may wait for that.
    pub async fn replaced(&self) {
        self.replaced.notified().await;
    }
}
