//! Function versions and their instances, as the configuration has them and as they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::fields::headers;
use super::origin::Origin;
use crate::config::{self, FunctionId, ProxyProtocol};
use crate::function::instance::Instance as Live;
use crate::snapshot::Snapshot;
use crate::units::{format_duration, format_size};

/// A version of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Function {
    pub namespace: String,
    pub name: String,
    pub version: String,
    /// Addresses: `http://host:port`, `https://host:port`, `h2c://host:port`, `unix:/path` or `builtin:echo`.
    pub instances: Vec<String>,
    /// The sync-wait timeout.
    pub timeout: String,
    pub connect_timeout: String,
    pub start_wait: String,
    pub stream_idle: String,
    /// `0s` is no limit.
    pub stream_max: String,
    pub websocket_idle: String,
    /// 0 is no limit.
    pub max_concurrency: usize,
    pub queue: usize,
    pub queue_timeout: String,
    /// `auto`, or a duration.
    pub keepalive: String,
    /// `off`, or a duration.
    pub ping_interval: String,
    pub max_response_header_bytes: String,
    pub max_response_headers: usize,
    /// MB, announced to the function; 0 is not announced.
    pub memory: u32,
    /// `off`, `v1` or `v2`.
    pub proxy_protocol: String,
    /// Custom fields; `***` stands for a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    pub status: FunctionStatus,
}

/// What follows from the rest of the configuration, and from what has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FunctionStatus {
    pub origin: Origin,
    /// `namespace/name:version`, as metrics have it.
    pub id: String,
    pub instances: Vec<Instance>,
    /// APIs that are bound to it in the table in use, in any environment.
    pub triggers: usize,
    /// Requests and tunnels that it has to serve now.
    pub in_flight: i64,
    /// Requests that wait for a slot.
    pub queued: i64,
}

/// One address at which a function runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Instance {
    /// `namespace/name:version`.
    pub function: String,
    pub address: String,
    pub state: InstanceState,
}

/// What the last connections to an instance have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// No connection has been tried yet.
    Unused,
    Up,
    /// The last connection could not be opened.
    Down,
    /// None of the connections that were tried could be opened.
    NeverAnswered,
}

/// An API that is bound to a function, seen from the function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trigger {
    pub service: String,
    pub api: String,
    pub method: String,
    pub path: String,
    pub environments: Vec<String>,
    /// The effective sync-wait timeout.
    pub timeout: String,
    pub enabled: bool,
}

impl InstanceState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Up => "up",
            Self::Down => "down",
            Self::NeverAnswered => "never answered",
        }
    }
}

/// All function versions, in the order of the files.
pub fn functions(snapshot: &Snapshot) -> impl Iterator<Item = Function> + '_ {
    let mut counts = vec![0; snapshot.functions.len()];
    let mut known = HashSet::new();
    for (entry, bound) in snapshot.apis.iter().enumerate() {
        let (service, api, _) = snapshot.origin(entry);
        if known.insert((bound.function, &service.name, &api.name)) {
            counts[bound.function] += 1;
        }
    }
    counts.into_iter().enumerate().map(|(index, triggers)| Function::with(snapshot, index, triggers))
}

impl Function {
    #[must_use]
    pub fn new(snapshot: &Snapshot, index: usize) -> Self {
        Self::with(snapshot, index, triggers(snapshot, index).len())
    }

    fn with(snapshot: &Snapshot, index: usize, triggers: usize) -> Self {
        let live = &snapshot.functions[index];
        let status = FunctionStatus {
            origin: (&live.spec.place).into(),
            id: live.spec.id.to_string(),
            instances: instances_of(snapshot, index).collect(),
            triggers,
            in_flight: live.metrics.in_flight(),
            queued: live.metrics.queued(),
        };
        Self::of(&live.spec, status)
    }

    fn of(spec: &config::Function, status: FunctionStatus) -> Self {
        let config::ConnectionSettings { keepalive, ping_interval, max_response_header_bytes, max_response_headers } =
            spec.connection;
        let auto = config::ConnectionSettings::default().keepalive;
        Self {
            namespace: spec.id.namespace.clone(),
            name: spec.id.name.clone(),
            version: spec.id.version.clone(),
            instances: spec.instances.iter().map(ToString::to_string).collect(),
            timeout: format_duration(spec.timeout.value),
            connect_timeout: format_duration(spec.connect_timeout),
            start_wait: format_duration(spec.start_wait),
            stream_idle: format_duration(spec.stream_idle),
            stream_max: format_duration(spec.stream_max.unwrap_or_default()),
            websocket_idle: format_duration(spec.websocket_idle),
            max_concurrency: spec.max_concurrency.map_or(0, usize::from),
            queue: spec.queue,
            queue_timeout: format_duration(spec.queue_timeout),
            keepalive: if keepalive == auto { "auto".to_owned() } else { format_duration(keepalive) },
            ping_interval: ping_interval.map_or_else(|| "off".to_owned(), format_duration),
            max_response_header_bytes: format_size(max_response_header_bytes as u64),
            max_response_headers,
            memory: spec.memory,
            proxy_protocol: match spec.proxy_protocol {
                None => "off",
                Some(ProxyProtocol::V1) => "v1",
                Some(ProxyProtocol::V2) => "v2",
            }
            .to_owned(),
            headers: headers(&spec.headers),
            status,
        }
    }
}

impl Instance {
    fn new(function: &FunctionId, live: &Live) -> Self {
        Self { function: function.to_string(), address: live.label().to_owned(), state: state(live) }
    }
}

fn state(live: &Live) -> InstanceState {
    match (live.is_up(), live.was_reached(), live.cooldown().is_active(Instant::now())) {
        (true, true, _) => InstanceState::Up,
        (false, true, _) => InstanceState::Down,
        (false, false, _) | (true, false, true) => InstanceState::NeverAnswered,
        (true, false, false) => InstanceState::Unused,
    }
}

/// All instances of all functions.
pub fn instances(snapshot: &Snapshot) -> impl Iterator<Item = Instance> + '_ {
    (0..snapshot.functions.len()).flat_map(|index| instances_of(snapshot, index))
}

/// The instances of the function version at an index of the snapshot.
pub(super) fn instances_of(snapshot: &Snapshot, index: usize) -> impl Iterator<Item = Instance> + '_ {
    let function = &snapshot.functions[index];
    function.instances.iter().map(|live| Instance::new(&function.spec.id, live))
}

/// The APIs of the table in use that are bound to a function version.
#[must_use]
pub fn triggers(snapshot: &Snapshot, function: usize) -> Vec<Trigger> {
    let mut triggers: Vec<Trigger> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    let own = (0..snapshot.apis.len()).filter(|entry| snapshot.apis[*entry].function == function);
    for entry in own {
        let (service, api, origin) = snapshot.origin(entry);
        let environment = origin.environment.as_str().to_owned();
        if let Some(index) = known.get(&(service.name.as_str(), api.name.as_str())) {
            triggers[*index].environments.push(environment);
            continue;
        }
        known.insert((&service.name, &api.name), triggers.len());
        triggers.push(Trigger {
            service: service.name.clone(),
            api: api.name.clone(),
            method: api.method.to_string(),
            path: api.path.to_string(),
            environments: vec![environment],
            timeout: format_duration(snapshot.apis[entry].timeout),
            enabled: api.enabled,
        });
    }
    triggers
}

/// How much of its name a reference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    NameOnly,
    WithVersion,
}

/// The shortest reference to a function version.
#[must_use]
pub fn reference(id: &FunctionId, form: Reference) -> String {
    let name = if id.namespace == "default" { id.name.clone() } else { format!("{}/{}", id.namespace, id.name) };
    if form == Reference::WithVersion && id.version != "$LATEST" { format!("{name}:{}", id.version) } else { name }
}

/// A function version by the two last parts of its address: `namespace` and `name` or `name:version`.
#[must_use]
pub fn id_of(namespace: &str, name: &str) -> FunctionId {
    let (name, version) = name.split_once(':').unwrap_or((name, "$LATEST"));
    FunctionId { namespace: namespace.to_owned(), name: name.to_owned(), version: version.to_owned() }
}
