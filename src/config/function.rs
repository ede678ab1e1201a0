//! Reads `[[function]]` and finds functions by the references of APIs.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use rustls::pki_types::ServerName;

use super::address::INSTANCE;
use super::connection::ConnectionSettings;
use super::error::{Diagnostic, Problem, closest, quoted};
use super::field;
use super::file::Span;
use super::gateway::{HEADER_BYTES, HEADERS, LONGEST, MANY, SHORTEST};
use super::name::{DEFAULT_NAMESPACE, FUNCTION, LATEST, Reference, VERSION};
use super::pem;
use super::reader::Section;
use super::tls::FunctionTls;
use super::types::{Function, FunctionId, InstanceAddress, ProxyProtocol, Setting};
use super::value::{DURATION, Found, Kind};
use crate::header::ReservedPrefix;
use crate::units::format_duration;

const TIMEOUT: Duration = Duration::from_secs(15);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The shortest pause between two PINGs. Functions that limit them at all allow few.
const SHORTEST_PING: Duration = Duration::from_secs(1);

const KEEPALIVE: Kind<Duration> = Kind { example: "auto", number: DURATION.number, parse: keepalive };
const PING_INTERVAL: Kind<Option<Duration>> = Kind { example: "5m", number: DURATION.number, parse: ping_interval };
const SERVER_NAME: Kind<Option<String>> = Kind::new("orders.example.com", server_name);

/// Reads one function. `None` is one that cannot be named, which has been reported.
pub(super) fn read(section: &Section<'_>, prefix: &ReservedPrefix) -> Option<Found<Function>> {
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
    let memory = section.number("memory", 0, 0..=u32::MAX);
    let headers = field::read(section, prefix);
    let proxy_protocol = read_proxy_protocol(section, &instances);
    let connection = read_connection(section);
    let tls = section.table("tls", |tls| read_tls(tls, &instances));
    id.map(|id| {
        id.map(|id| Function {
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
        })
    })
}

/// The sync-wait timeout of a function or an API.
pub(super) fn read_timeout(section: &Section<'_>) -> Option<Setting<Duration>> {
    const RANGE: RangeInclusive<Duration> = SHORTEST..=LONGEST_TIMEOUT;
    let found = section.duration_if_set("timeout", &RANGE)?;
    Some(Setting { value: found.value, place: Some(found.span.place()) })
}

fn read_connection(section: &Section<'_>) -> ConnectionSettings {
    let default = ConnectionSettings::default();
    let keepalive = section.optional("keepalive", &KEEPALIVE);
    let ping_interval = section.optional("ping_interval", &PING_INTERVAL);
    let header_bytes =
        section.size("max_response_header_bytes", default.max_response_header_bytes as u64, HEADER_BYTES);
    ConnectionSettings {
        keepalive: keepalive.map_or(default.keepalive, |found| found.value),
        ping_interval: ping_interval.map_or(default.ping_interval, |found| found.value),
        max_response_header_bytes: usize::try_from(header_bytes).unwrap_or(usize::MAX),
        max_response_headers: section.number("max_response_headers", default.max_response_headers, HEADERS),
    }
}

fn keepalive(text: &str) -> Result<Duration, Problem> {
    match text {
        "auto" => Ok(ConnectionSettings::default().keepalive),
        _ => within("keepalive", text, Duration::ZERO),
    }
}

fn ping_interval(text: &str) -> Result<Option<Duration>, Problem> {
    match text {
        "off" => Ok(None),
        _ => within("ping_interval", text, SHORTEST_PING).map(Some),
    }
}

/// A duration from `shortest` to the longest that there is.
fn within(key: &str, text: &str, shortest: Duration) -> Result<Duration, Problem> {
    let duration = (DURATION.parse)(text)?;
    if (shortest..=LONGEST).contains(&duration) {
        return Ok(duration);
    }
    let (low, high) = (format_duration(shortest), format_duration(LONGEST));
    Err(Problem::new(format!("`{key}` must be from {low} to {high}, not {text}")))
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

fn read_tls(section: &Section<'_>, instances: &[InstanceAddress]) -> FunctionTls {
    let tls = FunctionTls {
        roots: pem::roots(section, "ca"),
        identity: pem::identity(section, "certificate", "key"),
        server_name: section.optional("server_name", &SERVER_NAME).and_then(|found| found.value),
        http2: section.boolean("http2", true),
    };
    let used = instances.iter().any(|instance| matches!(instance, InstanceAddress::Https { .. }));
    // Without an instance that could be read there is nothing to compare with.
    if let Some(span) = section.span.as_ref().filter(|_| !used && !instances.is_empty())
        && tls != FunctionTls::default()
    {
        let error = Diagnostic::new("no instance of this function is at `https://`").at(span);
        section.report(error.hint("the settings in `[function.tls]` are for those".to_owned()));
    }
    tls
}

/// `None` is the empty string.
fn server_name(text: &str) -> Result<Option<String>, Problem> {
    match ServerName::try_from(text) {
        _ if text.is_empty() => Ok(None),
        Ok(_) => Ok(Some(text.to_ascii_lowercase())),
        Err(_invalid) => Err(Problem::new(format!("{} is not a name that a certificate can be for", quoted(text)))),
    }
}

/// All function versions of a configuration, by their names.
#[derive(Debug, Default)]
pub(super) struct Functions {
    pub(super) all: Vec<Arc<Function>>,
    places: HashMap<FunctionId, (usize, Span)>,
}

impl Functions {
    /// Takes the functions as they were read. The second of two equal names is refused.
    pub(super) fn collect(read: impl IntoIterator<Item = Found<Function>>) -> (Self, Vec<Diagnostic>) {
        let mut functions = Self::default();
        let mut errors = Vec::new();
        for Found { value, span } in read {
            if let Some((_, first)) = functions.places.get(&value.id) {
                let error = Diagnostic::new(format!("the function `{}` is defined twice", value.id)).at(&span);
                let hint = "the same function with another `version` is another function version".to_owned();
                errors.push(error.at_labelled(first, "first defined here").hint(hint));
                continue;
            }
            functions.places.insert(value.id.clone(), (functions.all.len(), span));
            functions.all.push(Arc::new(value));
        }
        (functions, errors)
    }

    /// The index of the version of a function.
    pub(super) fn find(&self, reference: &Reference, version: &Found<String>) -> Result<usize, Diagnostic> {
        let id = FunctionId {
            namespace: reference.namespace.clone(),
            name: reference.name.clone(),
            version: version.value.clone(),
        };
        match self.places.get(&id) {
            Some((index, _)) => Ok(*index),
            None => Err(self.unknown(&id, &version.span)),
        }
    }

    fn unknown(&self, id: &FunctionId, span: &Span) -> Diagnostic {
        let full = |id: &FunctionId| format!("{}/{}", id.namespace, id.name);
        let ids = || self.all.iter().map(|function| &function.id);
        let versions: Vec<_> =
            ids().filter(|other| full(other) == full(id)).map(|other| other.version.as_str()).collect();
        if !versions.is_empty() {
            let message = format!("the function `{}` has no version `{}`", full(id), id.version);
            let listed = versions.iter().map(|version| format!("`{version}`")).collect::<Vec<_>>().join(", ");
            return Diagnostic::new(message).at(span).hint(format!("its versions are {listed}"));
        }
        let error = Diagnostic::new(format!("there is no function `{}`", full(id))).at(span);
        if let Some(other) = ids().find(|other| other.name == id.name) {
            return error.hint(format!("it is in another namespace: \"{}\"", full(other)));
        }
        let near = ids().filter(|other| other.namespace == id.namespace).map(|other| other.name.as_str());
        let close = closest(&id.name, near).map(|name| match id.namespace.as_str() {
            DEFAULT_NAMESPACE => format!("did you mean \"{name}\"?"),
            namespace => format!("did you mean \"{namespace}/{name}\"?"),
        });
        error.hint(close)
    }
}
