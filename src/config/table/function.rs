//! `[[function]]`: a version of a function, and where it runs.

pub mod connection;
pub mod tls;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::time::Duration;

use foldhash::HashMap;
use http::{HeaderName, HeaderValue};

use self::connection::ConnectionSettings;
use self::tls::FunctionTls;
use crate::config::address::{INSTANCE, InstanceAddress};
use crate::config::error::Diagnostic;
use crate::config::field;
use crate::config::file::Span;
use crate::config::name::{DEFAULT_NAMESPACE, FUNCTION, LATEST, VERSION};
use crate::config::place::{Place, Setting};
use crate::config::range::{LONGEST, MANY, SHORTEST};
use crate::config::section::Section;
use crate::config::value::Found;
use crate::header::ReservedPrefix;

const TIMEOUT: Duration = Duration::from_secs(15);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The full name of a function version. Displays as `namespace/name:version`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId {
    pub namespace: String,
    pub name: String,
    pub version: String,
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.name, self.version)
    }
}

/// One `[[function]]`: a version and where it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub id: FunctionId,
    /// At least one.
    pub instances: Vec<InstanceAddress>,
    /// The sync-wait timeout.
    pub timeout: Setting<Duration>,
    pub connect_timeout: Duration,
    pub connection: ConnectionSettings,
    /// How long to keep trying to connect; zero is one try.
    pub start_wait: Duration,
    /// Between two chunks of a response body.
    pub stream_idle: Duration,
    /// The whole response; `None` is no limit.
    pub stream_max: Option<Duration>,
    pub websocket_idle: Duration,
    /// Requests in flight in all instances; `None` is no limit.
    pub max_concurrency: Option<NonZeroUsize>,
    /// How many may wait for a slot.
    pub queue: usize,
    pub queue_timeout: Duration,
    /// MB, only announced; zero is not announced.
    pub memory: u32,
    /// Custom fields sent to the function.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Of the instances at `https://`.
    pub tls: FunctionTls,
    /// The header that every connection to the function begins with.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// Of its name.
    pub place: Place,
}

/// The form of a PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocol {
    V1,
    V2,
}

/// Reads one function. `None` is one that cannot be named, which has been reported.
pub(in crate::config) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> Option<Found<Function>> {
    let name = section.required("name", &FUNCTION);
    let namespace = section.optional("namespace", &FUNCTION);
    let version = section.optional("version", &VERSION);
    let or =
        |found: Option<Found<String>>, default: &str| found.map_or_else(|| default.to_owned(), |found| found.value);
    let id = name.map(|name| {
        name.map(|name| FunctionId { name, namespace: or(namespace, DEFAULT_NAMESPACE), version: or(version, LATEST) })
    });
    let time = |key, default: u64, shortest| section.duration(key, Duration::from_secs(default), shortest..=LONGEST);
    let instances = read_instances(section);
    let timeout = read_timeout(section).unwrap_or(Setting { value: TIMEOUT, place: None });
    let connect_timeout = time("connect_timeout", 5, SHORTEST);
    let start_wait = time("start_wait", 1, Duration::ZERO);
    let stream_idle = time("stream_idle", 60, SHORTEST);
    let stream_max = time("stream_max", 0, Duration::ZERO);
    let websocket_idle = time("websocket_idle", 600, SHORTEST);
    let max_concurrency = NonZeroUsize::new(section.number("max_concurrency", 0, 0..=MANY));
    let queue = section.number("queue", 0, 0..=MANY);
    let queue_timeout = time("queue_timeout", 1, SHORTEST);
    if max_concurrency.is_none() && queue > 0 {
        let warning =
            Diagnostic::warning("`queue` does nothing without `max_concurrency`: no request waits for a slot");
        section.report(section.value("queue").map_or(warning.clone(), |value| warning.at(&value.key_span())));
    }
    let memory = section.number("memory", 0, 0..=u32::MAX);
    let headers = field::read(section, prefix);
    let proxy_protocol = read_proxy_protocol(section, &instances);
    let connection = connection::read(section);
    let tls = section.table("tls", |section| tls::read(section, &instances));
    id.map(|id| {
        id.with_span(|id, span| Function {
            id,
            instances,
            timeout,
            connect_timeout,
            connection,
            start_wait,
            stream_idle,
            stream_max: (!stream_max.is_zero()).then_some(stream_max),
            websocket_idle,
            max_concurrency,
            queue,
            queue_timeout,
            memory,
            headers,
            tls,
            proxy_protocol,
            place: span.place(),
        })
    })
}

/// The sync-wait timeout of a function or an API.
pub(in crate::config) fn read_timeout(section: &Section<'_>) -> Option<Setting<Duration>> {
    const RANGE: RangeInclusive<Duration> = SHORTEST..=LONGEST_TIMEOUT;
    let found = section.duration_if_set("timeout", &RANGE)?;
    Some(Setting { value: found.value, place: Some(found.span.place()) })
}

fn read_proxy_protocol(section: &Section<'_>, instances: &[InstanceAddress]) -> Option<ProxyProtocol> {
    let versions = [("off", None), ("v1", Some(ProxyProtocol::V1)), ("v2", Some(ProxyProtocol::V2))];
    let version = section.choice("proxy_protocol", None, &versions);
    if let Some(value) = section.value("proxy_protocol")
        && version.is_some()
        && instances.contains(&InstanceAddress::Echo)
    {
        section.report(Diagnostic::new("`builtin:echo` takes no PROXY header").at(&value.span));
    }
    version
}

fn read_instances(section: &Section<'_>) -> Vec<InstanceAddress> {
    if section.value("instances").is_none() {
        section.missing("instances", "instances = [\"http://127.0.0.1:9000\"]");
    }
    let mut first: HashMap<InstanceAddress, Span> = HashMap::default();
    let mut instances = Vec::new();
    for Found { value, span } in section.filled("instances", &INSTANCE) {
        if let Some(first) = first.get(&value) {
            let error = Diagnostic::new(format!("the instance {value} is listed twice")).at(&span);
            section.report(error.at_labelled(first, "first listed here"));
            continue;
        }
        first.insert(value.clone(), span);
        instances.push(value);
    }
    instances
}
