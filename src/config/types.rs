//! The configuration as the rest of the program sees it: plain data that cannot hold a wrong value.
//!
//! Nothing here reads a file; [`super::load`] does.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use ipnet::IpNet;

use super::connection::ConnectionSettings;
use super::http2::Http2;
use super::path::{BasePath, PathRule};
use super::tls::{Acme, FunctionTls, ListenerTls};
use crate::header::ReservedPrefix;

/// A whole configuration, checked: every reference resolves and every value is in its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub gateway: Gateway,
    pub acme: Acme,
    pub listeners: Vec<Listener>,
    pub admin: Admin,
    pub log: Log,
    /// `None`: no request is traced, and `traceparent` passes untouched.
    pub traces: Option<super::traces::Traces>,
    /// The function versions. [`Binding::function`] counts from here.
    pub functions: Vec<Arc<Function>>,
    pub services: Vec<Service>,
}

/// `[gateway]`: limits and identity that hold for every request.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// Worker threads; `None` is one per available core.
    pub workers: Option<NonZeroUsize>,
    pub header_read_timeout: Duration,
    pub keepalive_timeout: Duration,
    pub client_body_idle: Duration,
    /// Bytes of a request head, request line included.
    pub max_header_bytes: usize,
    /// Header fields of a request.
    pub max_headers: usize,
    /// Bytes of a request target.
    pub max_uri_bytes: usize,
    /// Bytes of a request body; `None` is no limit.
    pub max_body_bytes: Option<u64>,
    /// Client connections; `None` follows the limit of open files.
    pub max_connections: Option<NonZeroUsize>,
    pub drain_timeout: Duration,
    pub trusted_proxies: TrustedProxies,
    pub reserved: ReservedPolicy,
    pub reserved_prefix: ReservedPrefix,
    /// Whether requests to functions carry `Via: 1.1 fngate`.
    pub via: bool,
    /// Further fields that are removed from requests.
    pub remove: Vec<HeaderName>,
    pub http2: Http2,
    /// Identity values; an empty one is not sent.
    pub region: String,
    pub appid: String,
    pub uin: String,
}

/// What happens to a reserved field that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservedPolicy {
    Strip,
    Reject,
}

/// The peers whose `X-Forwarded-*` fields are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    pub networks: Vec<IpNet>,
}

impl TrustedProxies {
    /// Whether a peer at `ip` may speak for others. IPv4-mapped IPv6 addresses count as IPv4.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

/// One `[[listener]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub address: ListenAddress,
    /// Whether HTTP/2 is spoken with clients who can.
    pub http2: bool,
    /// Whether requests are answered with where they are served over TLS, and with nothing else.
    pub redirect_https: bool,
    pub tls: Option<ListenerTls>,
    /// Whether connections begin with a PROXY header.
    pub proxy_protocol: bool,
    /// Connections that the kernel may hold until they are accepted.
    pub backlog: u16,
    pub rights: SocketRights,
}

/// Who may connect to a socket file; what is not set is left to the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketRights {
    /// Permission bits, at most `0o777`.
    pub mode: Option<u32>,
    pub owner: Option<u32>,
    pub group: Option<u32>,
}

/// The form of a PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyProtocol {
    V1,
    V2,
}

/// Where a listener's socket comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    Tcp(std::net::SocketAddr),
    Unix(PathBuf),
    /// A socket inherited from the service manager, by its name.
    Systemd(String),
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Systemd(name) => write!(f, "systemd:{name}"),
        }
    }
}

/// `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `None` turns the admin listener off.
    pub address: Option<std::net::SocketAddr>,
    /// The names under which it answers, beside IP addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
}

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub level: tracing::Level,
    pub format: LogFormat,
    pub access: AccessLog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

/// Where access lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessLog {
    Off,
    Stdout,
    Stderr,
    File(PathBuf),
}

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
}

/// Where one instance of a function listens. Displays as it is written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceAddress {
    /// `http://host:port`; the host is a name or an address without brackets.
    Http { host: String, port: u16 },
    /// `https://host:port`.
    Https { host: String, port: u16 },
    /// `h2c://host:port`: HTTP/2 without TLS, from the first byte.
    H2c { host: String, port: u16 },
    /// `unix:/path`.
    Unix(PathBuf),
    /// `builtin:echo`, the embedded demo function.
    Echo,
}

impl fmt::Display for InstanceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Http { host, port } => ("http", host, port),
            Self::Https { host, port } => ("https", host, port),
            Self::H2c { host, port } => ("h2c", host, port),
            Self::Unix(path) => return write!(f, "unix:{}", path.display()),
            Self::Echo => return f.write_str("builtin:echo"),
        };
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}

impl InstanceAddress {
    /// Host and port of an instance on the network.
    #[must_use]
    pub fn authority(&self) -> Option<(&str, u16)> {
        match self {
            Self::Http { host, port } | Self::Https { host, port } | Self::H2c { host, port } => Some((host, *port)),
            Self::Unix(_) | Self::Echo => None,
        }
    }
}

/// Where an API is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    Release,
    Prepub,
    Test,
}

impl Environment {
    pub const ALL: [Self; 3] = [Self::Release, Self::Prepub, Self::Test];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Prepub => "prepub",
            Self::Test => "test",
        }
    }
}

/// One `[[service]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: String,
    pub domains: Vec<Domain>,
    pub apis: Vec<Api>,
}

/// A host and base path that select a service and an environment. No two domains of a configuration share both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    pub host: HostPattern,
    pub base_path: BasePath,
    pub environment: Environment,
    pub place: Place,
}

/// The hosts that a domain answers to, in lower case and without a port or a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: one label or more in front of it.
    Suffix(String),
    Any,
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => f.write_str(host),
            Self::Suffix(suffix) => write!(f, "*{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// One `[[service.api]]`. Its identity is (service, path shape, method).
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    pub name: String,
    pub path: PathRule,
    pub method: MethodRule,
    /// One for each environment in which the API is published, in the order of [`Environment::ALL`].
    pub bindings: Vec<Binding>,
    /// Overrides the function's sync-wait timeout.
    pub timeout: Option<Setting<Duration>>,
    /// Overrides the gateway's limit: `Some(None)` lifts it.
    pub max_body_bytes: Option<Option<u64>>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub enabled: bool,
    pub raw_path: bool,
    pub place: Place,
}

/// The function version that serves an API in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub environment: Environment,
    /// Index into [`Config::functions`].
    pub function: usize,
}

/// The method of an API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MethodRule {
    /// Every method that has no API of its own on the same path; never `CONNECT` or `TRACE`.
    Any,
    One(Method),
}

impl fmt::Display for MethodRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("ANY"),
            Self::One(method) => f.write_str(method.as_str()),
        }
    }
}

/// A value and the place that set it; no place means the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub place: Option<Place>,
}

/// A position in a configuration file, counted from one. Displays as `file:line:column`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub file: Arc<Path>,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}
